//! A line of a shell as commands without a shell, where it can be that.

use crate::init::makefile::piece::Piece;
use crate::init::translate::command::{self, Item};
use crate::init::translate::shell;
use crate::init::translate::steps::OF_SHELLS;

/// A command: what a step can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simple {
    pub words: Vec<String>,
    pub dir: Option<String>,
    pub env: Vec<(String, String)>,
    pub may_fail: bool,
}

/// The commands of a line that needs no shell: `cd x && a && b`, `A=b c`, `d || true`. `None`: it needs one.
pub fn commands(line: &str) -> Option<Vec<Simple>> {
    let tokens = shell::tokens(&vec![Piece::text(line.trim())]).ok()?;
    let simple = |own: command::Command| {
        let words: Option<Vec<String>> = Item::flat(&own.items).into_iter().map(shell::Word::text).collect();
        let words = words.filter(|words| words.first().is_some_and(|first| !OF_SHELLS.contains(&first.as_str())))?;
        Some(Simple { words, dir: own.dir, env: own.env, may_fail: own.may_fail })
    };
    command::chain(&tokens).ok()?.into_iter().map(simple).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Option<String> {
        let one = |simple: Simple| {
            let env: String = simple.env.iter().map(|(name, value)| format!("{name}={value} ")).collect();
            let dir = simple.dir.map(|dir| format!("({dir}) ")).unwrap_or_default();
            format!("{dir}{env}{}{}", simple.words.join("|"), if simple.may_fail { " ?" } else { "" })
        };
        Some(commands(line)?.into_iter().map(one).collect::<Vec<_>>().join(" && "))
    }

    #[test]
    fn a_line_is_commands_or_needs_a_shell() {
        for (line, expected) in [
            ("docker compose up -d", "docker|compose|up|-d"),
            ("a 'b c' \"d \\\" e\" f\\ g '' x=y", "a|b c|d \" e|f g||x=y"),
            ("cd web && A=b yarn build && yarn test", "(web) A=b yarn|build && (web) yarn|test"),
            ("cd ./a/ && cd b && c", "(a/b) c"),
            ("docker network create lan || true", "docker|network|create|lan ?"),
        ] {
            assert_eq!(shown(line).as_deref(), Some(expected), "{line}");
        }
        let shells = [
            "a | b",
            "a; b",
            "a > b",
            "a $B",
            "a \"$B\"",
            "a `b`",
            "a *.py",
            "[ -f x ]",
            "export A=b",
            "A=b",
            "a && b || true",
            "a &",
            "(a)",
            "~/x",
            "cd x",
            "cd /x && a",
            "a || b",
            "a {b,c}",
            "'a",
            "",
            "a &&",
            "if a; then b; fi",
        ];
        for line in shells {
            assert_eq!(shown(line), None, "{line}");
        }
    }
}
