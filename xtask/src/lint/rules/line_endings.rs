//! Scripts with Windows line ends, which Linux can't run.

use crate::dockerfile::context::facts::ContextFacts;
use crate::lint::left_in::some_of;
use crate::lint::rule::{Found, Look, Rule};
use crate::system::command_line::quote;
use crate::system::os::Os;
use crate::ui::finding::Finding;
use crate::ui::text;

const NAME: &str = "line-endings";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "Scripts with Windows line ends",
    why: "Linux takes the `\\r` at the end of a Windows line as part of the word before it: the kernel looks \
          for a program called `sh\\r` and says \"no such file or directory\", and a shell fails at the first \
          such line. Git on Windows writes these line ends on checkout unless it is told not to.",
    instead: "Tell git with a line in `.gitattributes`, such as `*.sh text eol=lf`, and convert the files that are \
          there already.",
    fix: "",
    examples: &[],
    look: Look::Context(|facts, os| look(facts, os).into_iter().map(Found::from).collect()),
};

pub fn look(facts: &ContextFacts, os: Os) -> Option<Finding> {
    if facts.scripts.is_empty() || facts.fixes_line_ends {
        return None;
    }
    // One line of .gitattributes for each file ending, or for the file if it has none.
    let mut patterns: Vec<String> = Vec::new();
    for path in &facts.scripts {
        let name = path.rsplit('/').next().unwrap_or(path);
        let pattern = name.rsplit_once('.').map_or_else(|| name.to_owned(), |(_, ending)| format!("*.{ending}"));
        let line = format!("`{pattern} text eol=lf`");
        if !patterns.contains(&line) {
            patterns.push(line);
        }
    }
    let from_root = |path: &String| match facts.shown.as_str() {
        "." => path.clone(),
        folder => format!("{folder}/{path}"),
    };
    let paths: Vec<String> = facts.scripts.iter().map(|path| quote(from_root(path).as_ref(), Os::Linux)).collect();
    // Measured: git does not rewrite files that it considers unchanged just because .gitattributes changed.
    let command = match os {
        Os::Mac => "sed -i '' $'s/\\r$//'",
        Os::Linux => "sed -i 's/\\r$//'",
        Os::Windows => "(in Git's bash) sed -i 's/\\r$//'",
    };
    let ends = if facts.scripts.len() == 1 { "ends its lines" } else { "end their lines" };
    let seen = format!("{} in `{}` {ends} with `\\r\\n`", some_of(&facts.scripts), facts.shown);
    Some(
        Finding::error(NAME, seen)
            .why("Linux takes the `\\r` as part of the program's name or of a command: \"no such file or directory\"")
            .fix(format!(
                "{} in .gitattributes for git, and now: {command} {}",
                text::and_list(&patterns, "and"),
                paths.join(" ")
            )),
    )
}
