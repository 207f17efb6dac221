//! What `ARG` and `ENV` of a Dockerfile set, and what it is based on; also of one that can't be built.

use crate::instructions::lines::{Directives, Instructions};
use crate::instructions::words::{self, Parts};

/// A variable that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub name: String,
    /// As BuildKit reads it, before it fills in variables.
    pub value: String,
    /// As it is written, with its quotes and escapes.
    pub written: String,
}

/// Each variable, also one that is set to nothing or to another variable.
pub fn set_by(dockerfile: &str) -> Vec<Set> {
    each(dockerfile, of_instruction)
}

/// What follows each `FROM`.
pub fn bases(dockerfile: &str) -> Vec<String> {
    each(dockerfile, |name, arguments, _| name.eq_ignore_ascii_case("FROM").then(|| arguments.to_owned()))
}

/// What is taken of each instruction: by its name, its arguments and the escape character.
fn each<T, I: IntoIterator<Item = T>>(dockerfile: &str, take: impl Fn(&str, &str, char) -> I) -> Vec<T> {
    let escape = Directives::of(dockerfile).map_or('\\', |directives| directives.escape);
    let of = |text: &str| {
        let (mut name, mut arguments) = ("ONBUILD", text);
        while name.eq_ignore_ascii_case("ONBUILD") {
            let parts = Parts::of(arguments, escape);
            (name, arguments) = (parts.name, &arguments[parts.arguments]);
        }
        take(name, arguments, escape)
    };
    Instructions::of(dockerfile, escape).flat_map(|written| of(&written.joined.text)).collect()
}

fn of_instruction(name: &str, arguments: &str, escape: char) -> Vec<Set> {
    let is_env = name.eq_ignore_ascii_case("ENV");
    if !is_env && !name.eq_ignore_ascii_case("ARG") {
        return Vec::new();
    }
    let unquoted = |word: &str| words::unquoted(word, escape);
    match words::words(arguments, escape).as_slice() {
        // The old `ENV NAME value`.
        [first, rest @ ..] if is_env && !first.contains('=') => {
            let value = rest.iter().map(|word| unquoted(word)).collect::<Vec<_>>().join(" ");
            vec![Set { name: unquoted(first), value, written: arguments[first.len()..].trim().to_owned() }]
        }
        words => {
            let set = words.iter().filter_map(|word| word.split_once('='));
            let set = set.map(|(name, written)| (unquoted(name), unquoted(written), written.to_owned()));
            set.map(|(name, value, written)| Set { name, value, written }).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn sets(text: &str, expected: &[[&str; 3]]) {
        let set = set_by(text);
        let set: Vec<[&str; 3]> = set.iter().map(|Set { name, value, written }| [&**name, value, written]).collect();
        assert_eq!(set, expected, "{text}");
    }

    #[test]
    fn arg_and_env_set_variables() {
        sets("ARG NPM_TOKEN NODE_ENV=production\n", &[["NODE_ENV", "production", "production"]]);
        sets("FROM a\nRUN x=`uname`\nENV A=1\n", &[["A", "1", "1"]]);
        sets("# escape=`\nENV A=1 `\n\n  # why\n  B=2\n", &[["A", "1", "1"], ["B", "2", "2"]]);
        sets("env A=1 \\\n\n# why\n  B=2\nonbuild arg C=3\n", &[["A", "1", "1"], ["B", "2", "2"], ["C", "3", "3"]]);
        sets("ENV A=b\\ c D=\"e f\"", &[["A", "b c", "b\\ c"], ["D", "e f", "\"e f\""]]);
        sets("ENV A  b \"c d\"", &[["A", "b c d", "b \"c d\""]]);
        sets(
            "FROM a\nRUN <<EOF\nENV A=1\nEOF\nENV B=$A C= D=\\$e\nENV",
            &[["B", "$A", "$A"], ["C", "", ""], ["D", "$e", "\\$e"]],
        );
        sets("ENV A=1\nNONSENSE\nRUN <<EOF\nENV B=2\n", &[["A", "1", "1"]]);
    }

    /// What is read may be longer than what is written, or shorter.
    #[test]
    fn a_name_may_be_in_quotes() {
        sets("ENV \"\u{e9}\" x", &[["\u{e9}", "x", "x"]]);
        sets("ENV \\\u{e9} x", &[["\u{e9}", "x", "x"]]);
        sets("FROM a\nenv \"\u{fc}\" \\", &[["\u{fc}", "", ""]]);
        sets("ENV \"AB_KEY\" geheim", &[["AB_KEY", "geheim", "geheim"]]);
    }
}
