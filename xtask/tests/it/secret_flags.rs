//! The values of tasks' flags that are secret.

use crate::harness::Sandbox;

#[test]
fn the_value_of_a_secret_flag_is_hidden_wherever_its_words_put_it() {
    let sandbox = Sandbox::with(
        r#"
[tasks.letter]
steps = ["tool {token}"]
flags.token = { value = "T", words = ["-t", "{value}"], choices = ["plant-1", "plant-2"], default = "plant-2" }
[tasks.twice]
steps = ["tool {x} plant-stays"]
flags.x = { value = "X", words = ["--x={value}", "{value}"], env = "B_TOKEN" }
[tasks.passed]
steps = ["task inner --y {pass}", "tool"]
flags.pass = { value = "P", words = ["{value}"], env = "OTHER" }
[tasks.inner]
steps = ["tool {y}"]
flags.y = { value = "Y", words = ["-y{value}"] }
"#,
    );
    let variables = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1";
    for (words, shown) in [
        ("-n --os linux letter", format!("{variables} tool -t '…'\n")),
        ("-n --os linux letter --token plant-1", format!("{variables} tool -t '…'\n")),
        ("-n --os linux twice --x geheim-3", format!("B_TOKEN='…' {variables} tool '--x=…' '…' plant-stays\n")),
        ("-n --os linux passed --pass geheim-4", format!("{variables} tool '-y…'\nOTHER='…' {variables} tool\n")),
    ] {
        let done = sandbox.run(words);
        assert_eq!(done.stdout, shown, "{words}");
        assert_eq!(done.stderr, "`…` stands for a secret value, which is not printed\n", "{words}");
    }
    let help = sandbox.run("help letter").stdout;
    assert!(help.contains("[default: …] [one of: plant-1, plant-2]"), "{help}");
    assert!(help.ends_with("Commands:\n  $ tool -t '…'\n"), "{help}");
    let done = sandbox.run("letter --token geheim-5");
    let expected = "error: `…` is not a value for `--token <T>`\nhint: use `plant-1` or `plant-2`\n";
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (2, "", expected));
}

#[test]
fn a_mistake_with_a_secret_flag_does_not_name_its_value() {
    let sandbox = Sandbox::with(
        r#"
[tasks.default]
steps = ["tool {token}"]
[tasks.default.flags.token]
value = "T"
words = ["{value}"]
choices = ["a"]
default = "geheim-1"
[tasks.calls]
steps = ["task none --token geheim-2"]
[tasks.none]
steps = ["tool"]
"#,
    );
    let done = sandbox.run("none");
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("the default `…` of flag `token` is not one of its choices"), "{done:?}");
    assert_eq!(done.stderr.matches("error: task `none` can't be called like this").count(), 1, "{done:?}");
    assert!(!done.stderr.contains("geheim"), "{done:?}");
}

#[test]
fn the_value_of_a_secret_flag_is_hidden_where_a_task_passes_it_on_inside_of_a_word() {
    let sandbox = Sandbox::with(
        r#"
[tasks.outer]
steps = ["task inner {token} --z plain", "task ruled {token}", "tool dev {args}"]
flags.token = { value = "T", words = ["--y", "user:{value}"] }
[tasks.inner]
steps = ["tool {y} {z}"]
flags.y = { value = "Y", words = ["-y{value}", "{value}"], env = "WHO" }
flags.z = { value = "Z", words = ["{value}"], choices = ["plain", "-dev"] }
[tasks.ruled]
steps = ["tool {y}"]
env = { STAGE = "dev" }
flags.y = { value = "Y", words = ["{value}"], choices = ["user:dev", "user:geheim-1"] }
[tasks.joined]
steps = ["task inner {secret} --z -dev", "tool dev"]
flags.secret = { value = "S", words = ["--y={value}"] }
[tasks.whole]
steps = ["task inner {pass}"]
flags.pass = { value = "P", words = ["{value}"] }
[tasks.args]
steps = ["task end -- {key} dev"]
flags.key = { value = "K", words = ["a/{value}"] }
[tasks.end]
steps = ["tool {args}"]
"#,
    );
    let variables = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1";
    let outer = format!(
        "WHO='user:…' {variables} tool '-yuser:…' 'user:…' plain\nSTAGE=dev {variables} tool 'user:…'\n{variables} tool dev\n"
    );
    for (words, shown) in [
        ("-n --os linux outer --token geheim-1", outer.clone()),
        ("-n --os linux outer --token dev", outer),
        (
            "-n --os linux joined --secret=-geheim",
            format!("WHO='…' {variables} tool '-y…' '…' -dev\n{variables} tool dev\n"),
        ),
        ("-n --os linux whole --pass=--y=geheim-2", format!("WHO='…' {variables} tool '-y…' '…'\n")),
        ("-n --os linux args --key geheim-3", format!("{variables} tool 'a/…' dev\n")),
    ] {
        let done = sandbox.run(words);
        let note = "`…` stands for a secret value, which is not printed\n";
        assert_eq!((done.code, done.stdout, done.stderr.as_str()), (0, shown, note), "{words}");
    }
    sandbox.run("-n --os linux outer --token geheim-9").is(
        2,
        "",
        "error: task `ruled` can't be called like this: `user:…` is not a value for `--y <Y>`
 --> tasks.toml:3:42
  |
3 | steps = [\"task inner {token} --z plain\", \"task ruled {token}\", \"tool dev {args}\"]
  |                                          ^^^^^^^^^^^^^^^^^^^^
  |
  = hint: did you mean `user:dev`?
",
    );
    sandbox.run("-n --os linux whole --pass=--geheim-8").is(
        2,
        "",
        "error: task `inner` can't be called like this: unexpected argument `…`
  --> tasks.toml:17:10
   |
17 | steps = [\"task inner {pass}\"]
   |          ^^^^^^^^^^^^^^^^^^^
   |
   = hint: no step of `inner` has `{args}`: it takes only flags
",
    );
}

#[test]
fn a_flag_is_secret_by_its_words_in_mistakes_too() {
    let sandbox = Sandbox::with(
        r#"
[tasks.x]
steps = ["tool {x} {how}"]
flags.x = { value = "X", words = ["--password", "{value}"], choices = ["a", "b"] }
flags.how = { value = "HOW", words = ["--auth", "{value}"], default = "basic" }
"#,
    );
    for (words, code, stdout, stderr) in [
        ("x --x geheim", 2, "", "error: `…` is not a value for `--x <X>`\nhint: use `a` or `b`\n"),
        ("x --x=geheim", 2, "", "error: `…` is not a value for `--x <X>`\nhint: use `a` or `b`\n"),
        ("-n --os linux x", 0, "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 tool --auth basic\n", ""),
    ] {
        let done = sandbox.run(words);
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (code, stdout, stderr), "{words}");
    }
    let bad = Sandbox::with(
        r#"
[tasks.x]
steps = ["tool {x}"]
[tasks.x.flags.x]
value = "X"
words = ["--password", "{value}"]
choices = ["a"]
default = "geheim"
"#,
    );
    bad.run("x").is(
        2,
        "",
        "error: the default `…` of flag `x` is not one of its choices
 --> tasks.toml:4:16
  |
4 | [tasks.x.flags.x]
  |                ^
",
    );
}

#[test]
fn what_follows_a_parameter_of_powershells_is_not_printed() {
    let sandbox = Sandbox::with(
        "[tasks.x]\nsteps = [\"tool {token}\"]\nflags.token = { value = \"T\", words = [\"{value}\"] }\n",
    );
    for (words, stderr) in [
        ("x -Token:geheim", "error: unexpected argument `-Token`\nhint: did you mean `--token`?\n"),
        ("x -Token=geheim", "error: unexpected argument `-Token`\nhint: did you mean `--token`?\n"),
        ("x -Other:geheim", "error: unexpected argument `-Other`\nhint: flags are typed as `--name`\n"),
    ] {
        let done = sandbox.run(words);
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (2, "", stderr), "{words}");
    }
}

/// Only the flag's variable says that it is secret: the name of the flag does not.
const LITERAL: &str = r#"
[tasks.outer]
steps = ["task inner --x geheim-1", "task inner -x'geheim-2' -w"]
[tasks.inner]
steps = ["tool {w}"]
flags.x = { value = "X", short = "x", env = "B_TOKEN" }
flags.w = { short = "w", words = ["-w"] }
"#;

#[test]
fn a_secret_value_that_stands_in_a_step_is_not_shown() {
    let sandbox = Sandbox::with(LITERAL);
    let done = sandbox.run("help --json");
    assert!(
        done.stdout.contains(r#""task inner --x …""#) && done.stdout.contains(r#""task inner -x… -w""#),
        "{done:?}"
    );
    let list = sandbox.run("help");
    assert!(list.stdout.contains("  outer        task inner --x …\n"), "{list:?}");
    for words in ["help --json", "help", "help outer", "-n outer", "outer --help"] {
        let done = sandbox.run(words);
        assert!(!done.stdout.contains("geheim") && !done.stderr.contains("geheim"), "{words}: {done:?}");
        assert_eq!(done.code, 0, "{words}: {done:?}");
    }
}

#[test]
fn nor_is_it_in_the_excerpt_of_a_mistake() {
    for (mistake, excerpt) in [
        // The step can't be split,
        ("-w\"]", "-w | cat\"]", r#"3 | steps = ["task inner --x ********", "task inner -x'********' -w | cat"]"#),
        // has a word too many,
        ("-w\"]", "-w more\"]", r#"3 | steps = ["task inner --x ********", "task inner -x'********' -w more"]"#),
        // or the file can't be read.
        ("-w\"]", "-w\"] ]", r#"3 | steps = ["task inner --x ********", "task inner -x'********' -w"] ]"#),
    ]
    .map(|(before, after, excerpt)| (LITERAL.replacen(before, after, 1), excerpt))
    {
        let done = Sandbox::with(&mistake).run("help");
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.stderr.contains(excerpt) && !done.stderr.contains("geheim"), "{done:?}");
    }
}

#[test]
fn an_empty_value_is_no_secret() {
    let sandbox =
        Sandbox::with("[tasks.t]\nsteps = ['one']\nflags.api-key = { value = 'KEY', env = 'API_KEY', default = '' }\n");
    sandbox.run("-n --os linux t").is(0, "API_KEY='' DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 one\n", "");
}
