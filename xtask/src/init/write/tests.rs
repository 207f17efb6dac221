//! A draft is what a person would have written, and any draft is a valid file with the same words.

use std::collections::{BTreeMap, BTreeSet};

use crate::init::draft::*;
use crate::init::settle::settle;
use crate::init::write::write;
use crate::system::os::Os;
use crate::system::random::Random;
use crate::tasks::config::step::Does as Read;
use crate::tasks::config::step_line::Word as ReadWord;
use crate::tasks::config::{Body, Config, Known};

const KNOWN: Known<'static> = Known {
    builtins: &["help", "build-fresh"],
    rules: Vec::new,
    rust: Vec::new,
    global_flags: || vec![("quiet", Some('q'))],
    task_of: |name| (name == "build-fresh").then(|| Body::built_in("compose build {args}", Vec::new())),
};

fn literals(line: &str) -> Vec<Word> {
    line.split(' ').map(Word::literal).collect()
}

fn run(words: Vec<Word>) -> Step {
    Step::new(Does::Run(words))
}

#[test]
fn a_draft_reads_as_written_by_hand() {
    let compose = |words: &str| literals(&format!("compose {words}"));
    let app = Word::Shared { name: "app".into(), words: compose("run --rm app") };
    let once = Word::Shared { name: "once".into(), words: literals("a 'b'") };
    let task = |name: &str| Task { name: name.into(), ..Task::default() };
    let draft = Draft {
        compose: Compose { files: vec!["a.yaml".into(), "b.yaml".into()], project: Some("demo".into()) },
        env_files: vec![
            EnvFile { path: ".env".into(), required: true, overrides: false },
            EnvFile { path: ".env.local".into(), required: false, overrides: true },
        ],
        env: vec![
            ("A".into(), Value::Text { value: "b".into(), overrides: false }),
            ("B".into(), Value::Text { value: "b \"c\"".into(), overrides: true }),
            ("USER_ID".into(), Value::From { what: "user", overrides: false }),
            ("GIT".into(), Value::Output { command: literals("git rev-parse HEAD"), overrides: false }),
        ],
        words: vec![("uv".into(), literals("uv run"))],
        modes: vec![Mode {
            name: "e2e".into(),
            when: Some(("STAGE".into(), Some("e2e".into()))),
            compose: Compose { files: vec!["e2e.yaml".into()], project: None },
            env: vec![("A".into(), Value::Text { value: "e".into(), overrides: false })],
            words: vec![("uv".into(), literals("uv run --locked"))],
        }],
        tasks: vec![
            Task {
                about: Some("Start\nit".into()),
                group: Some("Stack".into()),
                needs: vec!["env-file".into()],
                aliases: vec!["u".into()],
                steps: vec![
                    run([compose("up --detach"), vec![Word::Placeholder("lines".into())]].concat()),
                    Step { may_fail: true, ..run(literals("docker network create lan")) },
                    Step { dir: Some("web".into()), env: vec![("N".into(), "1".into())], ..run(literals("yarn x")) },
                    Step::new(Does::Say("Open it".into())),
                    Step::new(Does::Sh("a | b \"$@\"".into())),
                    Step::new(Does::Sh("if x; then\n  y 'z'\nfi".into())),
                ],
                flags: vec![Flag {
                    name: "lines".into(),
                    value: Some("LINES".into()),
                    from_env: Some("LINES".into()),
                    default: Some("100".into()),
                    words: vec!["--tail".into(), "{value}".into()],
                    ..Flag::default()
                }],
                ..task("up")
            },
            Task {
                unless: Some(".env".into()),
                steps: vec![run(literals("cp .env.example .env"))],
                ..task("env-file")
            },
            Task { steps: vec![run([vec![app.clone()], literals("migrate")].concat())], ..task("migrate") },
            Task {
                mode: Some("e2e".into()),
                steps: vec![
                    run([vec![app], literals("pytest")].concat()),
                    run(vec![Word::Placeholder("uv".into()), once]),
                ],
                flags: vec![
                    Flag { name: "a".into(), short: Some('a'), env: Some("A".into()), ..Flag::default() },
                    Flag { name: "b".into(), about: Some("B".into()), env: Some("B".into()), ..Flag::default() },
                ],
                ..task("test")
            },
            Task { about: Some("Clean".into()), ..Task::wrapped(&["make"], "clean.all", "it has\n`%`") },
            Task { builtin: Some("help"), hidden: true, ..task("help") },
            Task {
                steps: vec![run(literals("sh build.sh"))],
                systems: BTreeMap::from([("windows", vec![run(literals("powershell -File build.ps1"))])]),
                ..task("build")
            },
        ],
        ..Draft::default()
    };
    let expected = r#"xtask = "0.1"
env-files = [".env", { path = ".env.local", required = false, override = true }]

[compose]
files = ["a.yaml", "b.yaml"]
project = "demo"

[env]
A = "b"
B = { value = 'b "c"', override = true }
USER_ID = { from = "user" }
GIT = { output = "git rev-parse HEAD" }

[words]
uv = "uv run"
app = "compose run --rm app"

[modes.e2e]
when = { env = "STAGE", is = "e2e" }
compose.files = ["e2e.yaml"]
env.A = "e"
words.uv = "uv run --locked"

[tasks.up]
about = "Start it"
group = "Stack"
aliases = ["u"]
needs = ["env-file"]
steps = [
  "compose up --detach {lines}",
  { run = "docker network create lan", may-fail = true },
  { run = "yarn x", dir = "web", env = { N = "1" } },
  { say = "Open it" },
  { sh = 'a | b "$@"' },
  { sh = '''
    if x; then
      y 'z'
    fi
  ''' },
]
flags.lines = { value = "LINES", from-env = "LINES", default = "100", words = ["--tail", "{value}"] }

[tasks.env-file]
unless = ".env"
steps = ["cp .env.example .env"]

[tasks.migrate]
steps = ["{app} migrate"]

[tasks.test]
mode = "e2e"
steps = [
  "{app} pytest",
  "{uv} a \"'b'\"",
]

[tasks.test.flags]
a = { short = "a", env = "A" }
b = { about = "B", env = "B" }

[tasks."clean.all"]
about = "Clean"
# make still runs this: it has `%`
steps = ["make clean.all {args}"]

[tasks.help]
hidden = true
builtin = "help"

[tasks.build]
steps = ["sh build.sh"]
windows.steps = ["powershell -File build.ps1"]
"#;
    assert_eq!(write(&draft).text, expected);
    let settled = settle(draft.clone(), KNOWN).expect("valid");
    assert_eq!((settled.draft, settled.text.as_str()), (draft, expected));
}

#[test]
fn a_task_with_a_mistake_calls_what_ran_it_before() {
    let program = vec!["make".to_owned()];
    let of_make = |name: &str, steps| Task {
        name: name.into(),
        source: name.into(),
        program: program.clone(),
        steps,
        ..Task::default()
    };
    let mut needs = of_make("a", vec![run(literals("x"))]);
    needs.needs = vec!["gone".into()];
    let draft = Draft {
        tasks: vec![
            needs,
            of_make("empty", Vec::new()),
            Task { aliases: vec!["a".into()], ..of_make("b", vec![run(literals("cd x"))]) },
            Task { name: "hand".into(), steps: vec![run(literals("rm -x y"))], ..Task::default() },
            of_make("a b", vec![run(literals("x"))]),
            of_make("a", vec![run(literals("second"))]),
        ],
        ..Draft::default()
    };
    let settled = settle(draft, KNOWN).expect("valid");
    let expected = r#"xtask = "0.1"

[tasks.a]
# make still runs this: no task is called `gone`
steps = ["make a {args}"]

[tasks.empty]
# make still runs this: task `empty` does nothing
steps = ["make empty {args}"]

[tasks.b]
# make still runs this: `cd` is built into shells, and there is no shell
steps = ["make b {args}"]
"#;
    assert_eq!(settled.text, expected);
    assert_eq!(
        settled.draft.notes,
        [
            "`a` is there twice: the second one is left out",
            "`hand` is left out: `rm` has no flag `-x` in a step",
            "`a b` is left out: `a b` can't be the name of a task",
        ]
    );
}

const PIECES: [&str; 24] = [
    "a", "b-c", " ", "'", "\"", "\\", "$", "`", "{a}", "{", "}", "=", "*", "~", "#", "\u{e9}", "\t", ";", "&&", "'''",
    "args", "task", "-", "/",
];

fn text(random: &mut Random) -> String {
    (0..1 + random.below(4)).map(|_| random.of(&PIECES)).collect()
}

fn words(random: &mut Random, depth: usize) -> Vec<Word> {
    let mut words = vec![Word::literal(random.of(&["x", "./y z", "rm", "docker"]))];
    for _ in 0..random.below(4) {
        words.push(match random.below(6) {
            0 => Word::Placeholder("args".into()),
            1 if depth > 0 => {
                let name = random.of(&["one", "two", "three"]);
                // Mostly the same words for the same name, as a Makefile's variables are.
                let words = match random.below(4) {
                    0 => words_without_flags(self::words(random, depth - 1)),
                    _ => vec![Word::literal(name), Word::literal("it's $x")],
                };
                Word::Shared { name: name.into(), words }
            }
            2 => Word::Placeholder("f".into()),
            _ => Word::Literal(text(random)),
        });
    }
    words
}

fn words_without_flags(mut words: Vec<Word>) -> Vec<Word> {
    words.retain(|word| !matches!(word, Word::Placeholder(_)));
    words
}

/// A script as it is after reading.
fn script(random: &mut Random) -> String {
    let lines: Vec<String> = (0..1 + random.below(4))
        .map(|at| {
            let line = text(random).replace("{a}", "").trim_start_matches(['\t', ' ', '#']).to_owned();
            if at == 0 { format!("x{line}") } else { format!("{}y{line}", random.of(&["", "  ", "\t", "\n"])) }
        })
        .collect();
    lines.join("\n").trim_end().to_owned()
}

fn draft(random: &mut Random) -> Draft {
    let tasks = (0..1 + random.below(5)).map(|at| {
        let steps: Vec<Step> = (0..1 + random.below(4))
            .map(|_| {
                let does = match random.below(5) {
                    0 => Does::Sh(script(random)),
                    1 => Does::Say(text(random).replace("{a}", "")),
                    _ => Does::Run(words(random, 2)),
                };
                let is_say = matches!(does, Does::Say(_));
                let env =
                    (0..random.below(3)).map(|_| (text(random).replace('=', "E"), text(random).replace("{a}", "")));
                let env = if is_say { Vec::new() } else { env.collect::<BTreeMap<_, _>>().into_iter().collect() };
                Step { does, dir: None, env, may_fail: !is_say && random.one_in(5) }
            })
            .collect();
        let has_flag = steps.iter().any(
            |step| matches!(&step.does, Does::Run(words) if Word::flat(words).contains(&Word::Placeholder("f".into()))),
        );
        let flag = Flag { name: "f".into(), about: Some(text(random)), words: vec![text(random)], ..Flag::default() };
        Task {
            name: format!("t{at}"),
            source: format!("t{at}"),
            program: vec!["make".into()],
            about: Some(text(random)),
            confirm: random.one_in(3).then(|| text(random)),
            needs: if at > 0 && random.one_in(3) { vec![format!("t{}", at - 1)] } else { Vec::new() },
            flags: if has_flag { vec![flag] } else { Vec::new() },
            steps,
            ..Task::default()
        }
    });
    Draft { tasks: tasks.collect(), ..Draft::default() }
}

fn read_words(draft: &Draft, text: &str) -> Vec<Vec<String>> {
    let config = Config::parse(text, KNOWN, Os::Linux).unwrap_or_else(|found| panic!("{text}\n{found:?}\n{draft:?}"));
    let shown = |word: &ReadWord| match word {
        ReadWord::Literal(text) => text.clone(),
        ReadWord::Named(name) => format!("<{name}>"),
        ReadWord::Args => "<args>".into(),
    };
    let steps = config.tasks.iter().flat_map(|task| task.body.steps());
    let of = |step: &crate::tasks::config::Step| {
        let step = Config::with_shared_words(step, &config.base.words).into_owned();
        let mut words: Vec<String> = match &step.does {
            Read::Run(words) => words.iter().map(|(word, _)| shown(word)).collect(),
            Read::Sh(text) | Read::Say(text) => vec![text.clone()],
        };
        let keys = step.keys.unwrap_or_default();
        words.extend(keys.env.iter().map(|(name, value)| format!("{name}={value}")));
        words.push(keys.may_fail.to_string());
        words
    };
    steps.map(of).collect()
}

fn draft_words(draft: &Draft) -> Vec<Vec<String>> {
    let shown = |word: &Word| match word {
        Word::Literal(text) => text.clone(),
        Word::Placeholder(name) => format!("<{name}>"),
        Word::Shared { .. } => unreachable!("they are written out"),
    };
    let of = |step: &Step| {
        let mut words: Vec<String> = match &step.does {
            Does::Run(words) => Word::flat(words).iter().map(shown).collect(),
            Does::Sh(text) | Does::Say(text) => vec![text.clone()],
        };
        words.extend(step.env.iter().map(|(name, value)| format!("{name}={value}")));
        words.push(step.may_fail.to_string());
        words
    };
    draft.tasks.iter().flat_map(|task| &task.steps).map(of).collect()
}

#[test]
fn any_draft_is_a_file_with_the_same_words() {
    let mut shared = BTreeSet::new();
    let mut whole = 0;
    for seed in 0..2000 {
        let draft = draft(&mut Random::new(seed));
        let settled = settle(draft.clone(), KNOWN).unwrap_or_else(|problem| panic!("{seed}: {problem}"));
        shared.extend(settled.text.lines().filter(|line| line.contains("{one}")).map(str::to_owned));
        assert_eq!(read_words(&settled.draft, &settled.text), draft_words(&settled.draft), "{seed}\n{}", settled.text);
        whole += usize::from(settled.draft == draft);
    }
    assert!(shared.len() > 10, "{shared:?}");
    // The others have a task that is wrapped: a flag that `rm` does not know, two of one name.
    assert!(whole > 1000, "{whole}");
}
