//! Colour: when to use it, and for what. Without colour every line still says the same.

use owo_colors::Style;

/// What `--color` was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

impl ColorChoice {
    pub const NAMES: [&'static str; 3] = ["auto", "always", "never"];

    pub fn from_name(name: &str) -> Option<ColorChoice> {
        match name {
            "auto" => Some(ColorChoice::Auto),
            "always" => Some(ColorChoice::Always),
            "never" => Some(ColorChoice::Never),
            _ => None,
        }
    }

    /// Whether to colour a stream. `--color` decides; then `NO_COLOR`, then `CLICOLOR_FORCE`, then whether the
    /// stream is a terminal that can (<https://no-color.org>, <https://bixense.com/clicolors>).
    pub fn decide(self, variable: impl Fn(&str) -> Option<String>, terminal: bool) -> bool {
        let is_set = |name: &str| variable(name).filter(|value| !value.is_empty());
        match self {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if is_set("NO_COLOR").is_some() => false,
            ColorChoice::Auto if is_set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            ColorChoice::Auto => terminal && variable("TERM").as_deref() != Some("dumb"),
        }
    }
}

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
        assert!(ColorChoice::Auto.decide(none, true));
        assert!(!ColorChoice::Auto.decide(none, false));
        assert!(!ColorChoice::Auto.decide(no_color, true));
        assert!(ColorChoice::Auto.decide(force, false));
        assert!(!ColorChoice::Auto.decide(dumb, true));
        assert!(ColorChoice::Always.decide(no_color, false));
        assert!(!ColorChoice::Never.decide(force, true));
    }
}
