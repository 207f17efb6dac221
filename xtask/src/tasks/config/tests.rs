//! Whatever stands in a file: a valid value, or mistakes with places that can be shown. Never a panic.

use crate::tasks::config::*;
use crate::ui::report::Report;
use crate::ui::source::Source;

const KNOWN: Known<'static> = Known {
    builtins: &["help", "build"],
    rust: Vec::new,
    global_flags: || vec![("quiet", Some('q'))],
    task_of: |name| (name == "build").then(|| Body::built_in("compose build {args}", Vec::new())),
};

const GOOD: &str = r#"#:schema x
[compose]
files = ["a.yaml"]
wait = 1_20
[env]
A = "é"
[tasks.dev]
about = "Start \"it\""
steps = ["task build {no-cache} -- {args}", 'compose up {tail} "b c"']
needs = ["c"]
[tasks.dev.flags]
no-cache = { short = "n", words = ["--no-cache"] }
tail = { value = "N", default = "3", choices = ["3"], words = ["--tail={value}"], env = "T" }
[tasks.build]
steps = ["compose build {no-cache} {args}"]
flags.no-cache = { words = ["--no-cache"] }
windows = { steps = ["x {no-cache} {args}"], env = { B = "1" } }
[tasks.check]
aliases = ["c"]
dir = "a/b"
confirm = "Sure?"
hidden = true
steps = ["cargo test"]
[tasks.help]
builtin = "help"
"#;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

fn parse(source: &str) -> Result<Config, Vec<Finding>> {
    Config::parse(source, KNOWN, Os::Linux)
}

/// Parses, and renders the mistakes as a person would see them.
fn check(source: &str) {
    if let Err(findings) = parse(source) {
        assert!(!findings.is_empty(), "{source:?}");
        for finding in &findings {
            assert!(source.get(finding.span()).is_some(), "{source:?}\n{finding:?}");
        }
        let report = Report::new(Source { path: "tasks.toml".to_owned(), text: source.to_owned() }, findings);
        assert!(report.render(false).starts_with("error: "), "{source:?}");
    }
}

#[test]
fn the_good_file_is_good() {
    let config = parse(GOOD).unwrap_or_else(|found| panic!("{found:?}"));
    assert_eq!(
        config.tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>(),
        ["dev", "build", "check", "help"]
    );
    assert_eq!(config.compose.wait, 120);
    assert_eq!(config.task("c").map(|task| task.name.as_str()), Some("check"));
    assert_eq!(config.task("build").expect("build").body.steps()[0].text, "compose build {no-cache} {args}");
    let config = Config::parse(GOOD, KNOWN, Os::Windows).expect("valid");
    assert_eq!(config.task("build").expect("build").body.steps()[0].text, "x {no-cache} {args}");
}

#[test]
fn a_file_with_pieces_cut_moved_and_doubled_is_read_or_refused() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let pieces: Vec<&str> = GOOD.split_inclusive(['\n', ' ', '"', '{', '}', '=', '.', ']']).collect();
    for _ in 0..1500 {
        let mut mutated = pieces.clone();
        for _ in 0..1 + dice.below(3) {
            let (from, to) = (dice.below(mutated.len()), dice.below(mutated.len()));
            match dice.below(4) {
                0 => drop(mutated.remove(from)),
                1 => mutated.swap(from, to),
                2 => mutated.insert(to, mutated[from]),
                _ => mutated.insert(
                    to,
                    ["'", "\\", "\"\"\"", "é", "\r\n", "[", "$", "|", "{args}", "\u{7}", "\0"][dice.below(11)],
                ),
            }
        }
        check(&mutated.concat());
    }
}

#[test]
fn any_text_is_read_or_refused() {
    let mut dice = Dice(42);
    for _ in 0..3000 {
        let length = dice.below(40);
        let text: String = (0..length)
            .map(|_| {
                ["[", "]", "tasks", ".", "a", "=", "\"", "'", "\n", "{", "}", ",", "1", "é", "\u{1f600}", "steps", "#"]
                    [dice.below(17)]
            })
            .collect();
        check(&text);
    }
}

#[test]
fn a_circle_of_ten_thousand_tasks_is_told_without_an_overflow() {
    let task = |n: usize| format!("[tasks.t{n}]\nneeds = [\"t{}\"]\n", (n + 1) % 10_000);
    let found = parse(&(0..10_000).map(task).collect::<String>()).expect_err("a circle");
    assert_eq!(found.len(), 1);
}
