//! The shells: the script of each, what it asks, and how a candidate is given to it.

use std::ffi::{OsStr, OsString};

use crate::cli::completions::bash;
use crate::system::command_line;
use crate::system::environment::Environment;
use crate::system::os::Os;

pub struct Shell {
    pub name: &'static str,
    pub script: &'static str,
    /// One word of the script.
    pub quote: fn(&str) -> String,
    /// What the script asks.
    pub read: fn(Vec<OsString>, &Environment) -> Option<Line>,
    /// A value and what it is for, on a line.
    pub write: fn(&Line, &str, &str) -> Option<String>,
}

/// What was typed, up to the cursor.
#[derive(Debug, Default)]
pub struct Line {
    /// As they are meant. The last one is being typed.
    pub words: Vec<OsString>,
    /// What the part of the last word means that bash keeps.
    pub kept: String,
    pub open: bash::Open,
}

pub const SHELLS: [Shell; 5] = [
    Shell { name: "bash", script: include_str!("script.bash"), quote: for_posix, read: bash::read, write: bash::write },
    Shell { name: "zsh", script: include_str!("script.zsh"), quote: for_posix, read: words, write: for_zsh },
    Shell { name: "fish", script: include_str!("script.fish"), quote: in_fish, read: words, write: for_fish },
    Shell {
        name: "powershell",
        script: include_str!("script.ps1"),
        quote: in_powershell,
        read: words_of_powershell,
        write: for_powershell,
    },
    Shell {
        name: "elvish",
        script: include_str!("script.elv"),
        quote: in_elvish,
        read: words,
        write: |_, value, _| Some(value.to_owned()),
    },
];

/// Set by PowerShell's script: the words, a line each.
const WORDS: &str = "XTASK_COMPLETE_WORDS";

fn words(words: Vec<OsString>, _: &Environment) -> Option<Line> {
    Some(Line { words, ..Line::default() })
}

fn words_of_powershell(_: Vec<OsString>, environment: &Environment) -> Option<Line> {
    words(environment.text(WORDS)?.split('\n').map(OsString::from).collect(), environment)
}

fn for_posix(word: &str) -> String {
    command_line::quote(OsStr::new(word), Os::Linux)
}

fn in_fish(word: &str) -> String {
    format!("'{}'", word.replace('\\', r"\\").replace('\'', r"\'"))
}

fn in_elvish(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}

fn in_powershell(word: &str) -> String {
    command_line::always_quoted(OsStr::new(word))
}

/// `_describe` splits at colons. A folder begins with a slash: no blank is put after it.
fn for_zsh(_: &Line, value: &str, help: &str) -> Option<String> {
    let mark = if help.is_empty() && value.ends_with('/') { '/' } else { ' ' };
    let value = value.replace('\\', r"\\").replace(':', r"\:");
    let help = help.replace('\\', r"\\");
    Some(if help.is_empty() { format!("{mark}{value}") } else { format!("{mark}{value}:{help}") })
}

/// The one thing that fish leaves without quotes is a tilde at the start.
fn for_fish(_: &Line, value: &str, help: &str) -> Option<String> {
    let written = if help.is_empty() { value.to_owned() } else { format!("{value}\t{help}") };
    (!value.starts_with('~')).then_some(written)
}

/// JSON in ASCII.
fn for_powershell(_: &Line, value: &str, help: &str) -> Option<String> {
    let quoted = command_line::quote(OsStr::new(value), Os::Windows);
    let help = if help.is_empty() { value } else { help };
    let json = serde_json::json!({ "value": value, "quoted": quoted, "help": help }).to_string();
    let ascii = |c: char| match c {
        c if c.is_ascii() => c.to_string(),
        c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    Some(json.chars().map(ascii).collect())
}

#[cfg(all(test, unix))]
#[allow(clippy::disallowed_methods)] // the shells are started to see what they make of words
pub mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::system::random::Random;

    /// Texts of what is special to some shell, or to some place in a word.
    pub fn odd_texts() -> Vec<String> {
        let special: Vec<char> = "ab 'ä\"\\$`!*?[]{}()<>|&;#~=:@%^,-+./\u{2018}\u{2019}\u{201c}🦀".chars().collect();
        let mut random = Random::new(12);
        let mut text = || (0..random.below(7)).map(|_| random.of(&special)).collect();
        (0..3000).map(|_| text()).chain(["$(touch x)".to_owned(), "`touch x`".to_owned()]).collect()
    }

    /// What a shell makes of words, or `None` where there is no such shell.
    pub fn meant(shell: &[&str], script: &str) -> Option<Vec<String>> {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]);
        let mut child = match command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            child => child.expect("a shell"),
        };
        child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("a shell that reads");
        let output = child.wait_with_output().expect("an end");
        assert!(output.status.success() && output.stderr.is_empty(), "{shell:?}: {output:?}");
        let words = String::from_utf8(output.stdout).expect("text");
        Some(words.split_terminator('\0').map(str::to_owned).collect())
    }

    #[test]
    fn a_quoted_word_of_a_script_is_that_word_in_its_shell() {
        let texts = odd_texts();
        for shell in &SHELLS {
            let words: Vec<String> = texts.iter().map(|text| (shell.quote)(text)).collect();
            let words = words.join(" ");
            let found = match shell.name {
                "elvish" => {
                    meant(&["elvish", "-c", "eval (slurp)"], &format!("for word [{words}] {{ print $word\"\\x00\" }}"))
                }
                // Not run: Debian has none.
                "powershell" => None,
                name => meant(&[name], &format!("printf '%s\\0' {words}\n")),
            };
            if let Some(found) = found {
                assert_eq!(found, texts, "{}", shell.name);
            }
        }
    }
}
