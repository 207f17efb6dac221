//! Fills in variables in `FROM`, from the build args and from the defaults in the file.

use crate::compose::interpolate::end_of_braces;
use crate::dockerfile::model::Dockerfile;

/// How many variables are filled in for one text. Defaults may refer to one another, also in a circle.
const MOST: usize = 500;

impl Dockerfile {
    /// Fills in `${NAME}`, `$NAME`, `${NAME:-word}` and `${NAME:+word}` as BuildKit does in a `FROM`. `None` if a value is
    /// unknown: `TARGETARCH`, or an `ARG` without a value.
    pub fn resolve(&self, text: &str, args: &[(String, String)]) -> Option<String> {
        self.fill_in(text, args, &mut MOST.clone())
    }

    fn fill_in(&self, text: &str, args: &[(String, String)], left: &mut usize) -> Option<String> {
        fill_in(text, &mut |name, left| self.value(name, args, left), left)
    }

    fn value(&self, name: &str, args: &[(String, String)], left: &mut usize) -> Option<String> {
        if let Some((_, value)) = args.iter().find(|(other, _)| other == name) {
            return Some(value.clone());
        }
        let global = self.globals.iter().rev().find(|global| global.name == name)?;
        self.fill_in(global.value.as_deref()?, args, left)
    }
}

/// The same where `value` gives the values, which have no variables in them.
pub fn filled(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    fill_in(text, &mut |name, _| value(name), &mut MOST.clone())
}

/// The value of a variable. The number is how many more can be filled in.
type Values<'a> = dyn FnMut(&str, &mut usize) -> Option<String> + 'a;

fn fill_in(text: &str, values: &mut Values<'_>, left: &mut usize) -> Option<String> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        whole.push_str(before);
        let (inner, behind) = match after.strip_prefix('{') {
            Some(inner) => inner.split_at_checked(end_of_braces(inner)?)?,
            None => after.split_at(after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len())),
        };
        let (name, operator, word) = match inner.split_once(':') {
            Some((name, word)) if word.starts_with(['-', '+']) => (name, &word[..1], &word[1..]),
            _ => (inner, "", ""),
        };
        *left = left.checked_sub(1)?;
        let value = values(name, left).filter(|value| !value.is_empty() || operator.is_empty());
        let value = match operator {
            "+" => value.map_or(Some(String::new()), |_| fill_in(word, values, left)),
            "-" if value.is_none() => fill_in(word, values, left),
            _ => value,
        };
        whole.push_str(&value?);
        rest = if after.starts_with('{') { &behind[1..] } else { behind };
    }
    whole.push_str(rest);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str, args: &[(&str, &str)]) -> Option<String> {
        let file = "ARG TAG=3.12\nARG IMAGE=python:${TAG}\nARG NONE\nARG LOOP=${LOOP}\nFROM x\n";
        let args: Vec<(String, String)> =
            args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Dockerfile::parse(file).unwrap().resolve(text, &args)
    }

    #[test]
    fn build_args_and_defaults_are_filled_in() {
        assert_eq!(resolve("${IMAGE}", &[]).as_deref(), Some("python:3.12"));
        assert_eq!(resolve("$IMAGE-slim", &[("TAG", "3.13")]).as_deref(), Some("python:3.13-slim"));
        assert_eq!(resolve("packages-${INSTALLER:-pip}", &[]).as_deref(), Some("packages-pip"));
        assert_eq!(resolve("packages-${INSTALLER:-pip}", &[("INSTALLER", "uv")]).as_deref(), Some("packages-uv"));
        assert_eq!(resolve("a${TAG:+-tagged}${NONE:+-no}${NONE:-${TAG}}", &[]).as_deref(), Some("a-tagged3.12"));
    }

    #[test]
    fn an_unknown_value_is_none() {
        for text in ["$TARGETARCH", "${NONE}", "${LOOP}", "${", "${IMAGE", "$", "${:-", "${a:-${b}}"] {
            assert_eq!(resolve(text, &[]), None, "{text}");
        }
        assert_eq!(resolve("no variable", &[]).as_deref(), Some("no variable"));
    }

    #[test]
    fn defaults_that_multiply_are_unknown() {
        let args: String = (1..50).map(|n| format!("ARG A{n}={}\n", format!("$A{}", n - 1).repeat(9))).collect();
        let file = Dockerfile::parse(&format!("ARG A0=\n{args}FROM x\n")).unwrap();
        assert_eq!((file.resolve("$A2", &[]), file.resolve("$A49", &[])), (Some(String::new()), None));
    }
}
