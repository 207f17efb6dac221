//! Colour: when to use it, and for what. Without colour every line still says the same.

use std::fmt::Display;

use owo_colors::Style;

use crate::ui::escape::with_our_colours;

/// What `--color` takes.
pub const WHEN: [&str; 3] = ["auto", "always", "never"];

/// Whether to colour a stream. `--color` decides; then `NO_COLOR`, then `CLICOLOR_FORCE`, then whether the stream is a
/// terminal that can (<https://no-color.org>, <https://bixense.com/clicolors>).
pub fn is_coloured(when: &str, variable: impl Fn(&str) -> Option<String>, terminal: bool) -> bool {
    let is_set = |name: &str| variable(name).filter(|value| !value.is_empty());
    match when {
        "always" => true,
        "never" => false,
        _ if is_set("NO_COLOR").is_some() => false,
        _ if is_set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        _ => terminal && variable("TERM").as_deref() != Some("dumb"),
    }
}

/// What can be painted. The terminal gets the colour only from `Ui`.
pub trait Paint: Display {
    fn style(&self, style: Style) -> String {
        let [before, after] = [style.prefix_formatter().to_string(), style.suffix_formatter().to_string()];
        format!("{}{self}{}", with_our_colours(&before), with_our_colours(&after))
    }
}

impl<T: Display + ?Sized> Paint for T {}

/// The styles of one stream: all empty when it is not coloured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Styles {
    pub coloured: bool,
    pub error: Style,
    pub warning: Style,
    pub hint: Style,
    pub command: Style,
    pub name: Style,
    pub heading: Style,
    pub faint: Style,
}

impl Styles {
    pub fn new(coloured: bool) -> Styles {
        if !coloured {
            return Styles::default();
        }
        Styles {
            coloured,
            error: Style::new().red().bold(),
            warning: Style::new().yellow().bold(),
            hint: Style::new().cyan().bold(),
            command: Style::new().bold(),
            name: Style::new().green(),
            heading: Style::new().bold(),
            faint: Style::new().dimmed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_on_colour() {
        let none = |_: &str| None;
        let no_color = |name: &str| (name == "NO_COLOR").then(|| "1".to_owned());
        let force = |name: &str| (name == "CLICOLOR_FORCE").then(|| "1".to_owned());
        let dumb = |name: &str| (name == "TERM").then(|| "dumb".to_owned());
        assert!(is_coloured("auto", none, true));
        assert!(!is_coloured("auto", none, false));
        assert!(!is_coloured("auto", no_color, true));
        assert!(is_coloured("auto", force, false));
        assert!(!is_coloured("auto", dumb, true));
        assert!(is_coloured("always", no_color, false));
        assert!(!is_coloured("never", force, true));
    }
}
