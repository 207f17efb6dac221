//! A file with every form is a valid value. What any other text is, `fuzz/` looks at.

use crate::tasks::config::*;

const KNOWN: Known<'static> = Known {
    builtins: &["help", "build"],
    rules: Vec::new,
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

fn parse(source: &str) -> Result<Config, Vec<Finding>> {
    Config::parse(source, KNOWN, Os::Linux)
}

#[test]
fn the_good_file_is_good() {
    let config = parse(GOOD).unwrap_or_else(|found| panic!("{found:?}"));
    assert_eq!(
        config.tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>(),
        ["dev", "build", "check", "help"]
    );
    assert_eq!(config.base.compose.wait, 120);
    assert_eq!(config.task("c").map(|task| task.name.as_str()), Some("check"));
    assert_eq!(config.task("build").expect("build").body.steps()[0].shown, "compose build {no-cache} {args}");
    let config = Config::parse(GOOD, KNOWN, Os::Windows).expect("valid");
    assert_eq!(config.task("build").expect("build").body.steps()[0].shown, "x {no-cache} {args}");
}

#[test]
fn a_circle_of_ten_thousand_tasks_is_told_without_an_overflow() {
    let task = |n: usize| format!("[tasks.t{n}]\nneeds = [\"t{}\"]\n", (n + 1) % 10_000);
    let found = parse(&(0..10_000).map(task).collect::<String>()).expect_err("a circle");
    assert_eq!(found.len(), 1);
}
