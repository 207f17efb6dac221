//! `docs/from-make.md`: its Makefile and its tasks run the same, and so does what resists a translation, as far as it is said to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{blocks, repository, words};

/// The commands of a line, by their words: without comments, our two variables, and the folder in front.
fn commands(output: Output) -> Vec<Vec<String>> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let is_ours = |word: &String| word.starts_with("DOCKER_BUILDKIT=") || word.starts_with("COMPOSE_DOCKER_CLI_BUILD=");
    let of_line = |line: &str| {
        let line = line.trim_start_matches('(').trim_end_matches(')');
        let line = line.strip_prefix("cd ").and_then(|rest| rest.split_once(" && ")).map_or(line, |(_, rest)| rest);
        words(line).into_iter().filter(|word| !is_ours(word)).collect()
    };
    text.lines().filter(|line| !line.starts_with('#')).map(of_line).collect()
}

#[test]
fn the_makefile_and_the_tasks_of_the_page_run_the_same_commands() {
    let Some(root) = repository() else { return };
    let page = fs::read_to_string(root.join("docs/from-make.md")).expect("the page");
    let folder = std::env::temp_dir().join(format!("xtask-make-{}", std::process::id()));
    fs::create_dir_all(folder.join("frontend")).expect("a folder");
    for (name, language) in [("Makefile", "make"), ("tasks.toml", "toml")] {
        let (_, block) = blocks(&page, language).into_iter().next().expect("a block");
        fs::write(folder.join(name), block).expect("a file");
    }
    let run = |program: &str, words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).current_dir(&folder).env_remove("LINES").env_remove("DOCKER_BUILDKIT");
        command.env_remove("MAKEFLAGS").env_remove("COMPOSE_DOCKER_CLI_BUILD");
        command.output()
    };
    let is_there = run("make", &["--version"]).is_ok();
    for (target, task) in [
        (".env", "env-file"),
        ("up", "up"),
        ("migrate", "migrate"),
        ("logs", "logs"),
        ("test", "test"),
        ("lint", "lint"),
        ("e2e", "e2e"),
        ("reset", "reset"),
        ("clean", "clean"),
    ] {
        let words = ["-n", "--os", "linux", "--compose", "docker compose", task];
        let ours = commands(run(env!("CARGO_BIN_EXE_xtask"), &words).expect("xtask runs"));
        assert!(!ours.is_empty(), "{task}");
        // `.ci/run` has it.
        if is_there {
            assert_eq!(ours, commands(run("make", &["-n", target]).expect("make runs")), "{target}");
        }
    }
    if is_there {
        let check = run(env!("CARGO_BIN_EXE_xtask"), &["init", "--check", "--yes"]).expect("xtask runs");
        let text = String::from_utf8_lossy(&check.stdout);
        assert!(
            text.starts_with("same          .env (env-file), clean, e2e, lint, logs, migrate, reset, test, up\n"),
            "{text}"
        );
        // One word changed in each line of the tasks is seen.
        let tasks = fs::read_to_string(folder.join("tasks.toml")).expect("the tasks");
        for (from, to) in [
            ("compose up --detach --build", "compose up --build"),
            ("Open http", "open http"),
            ("manage.py migrate", "manage.py migrates"),
            ("default = \"100\"", "default = \"10\""),
            ("from-env = \"LINES\"", "from-env = \"LINE\""),
            ("network create lan", "network create wan"),
            ("dir = \"frontend\"", "dir = \".\""),
            ("compose.e2e.yaml", "compose.yaml"),
            ("--volumes", "--rmi=all"),
            ("build dist", "build"),
            (".env.example .env", ".env.example .env2"),
        ] {
            assert!(tasks.contains(from), "{from}");
            fs::write(folder.join("tasks.toml"), tasks.replacen(from, to, 1)).expect("a file");
            let check = run(env!("CARGO_BIN_EXE_xtask"), &["init", "--check", "--yes"]).expect("xtask runs");
            assert_eq!(check.status.code(), Some(1), "{from}: {}", String::from_utf8_lossy(&check.stdout));
        }
    }
    fs::remove_dir_all(&folder).expect("the folder is ours");
}

/// A construct of Makefiles that has no key of its own: what stands for it, and what both run.
struct Construct {
    what: &'static str,
    makefile: &'static str,
    tasks: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// The person's variables.
    persons: &'static [(&'static str, &'static str)],
    /// The words after `make`, and after `xtask`.
    typed: (&'static str, &'static str),
    /// The calls of the program `show`, each with its words and what `X` is for it.
    makes: &'static str,
    /// Where the tasks run something else: what.
    ours: Option<&'static str>,
}

const PLAIN: Construct =
    Construct { what: "", makefile: "", tasks: "", files: &[], persons: &[], typed: ("t", "t"), makes: "", ours: None };

const CONSTRUCTS: &[Construct] = &[
    Construct {
        what: "a variable of several words",
        makefile: "t:\n\tshow a $(ARGS)\n",
        tasks: "tasks.t.steps = ['show a {args}']",
        typed: ("t ARGS='-k b'", "t -- -k b"),
        makes: "show a -k b; X=\n",
        ..PLAIN
    },
    Construct {
        what: "the same as the person's variable: it is not read",
        makefile: "t:\n\tshow a $(ARGS)\n",
        tasks: "tasks.t.steps = ['show a {args}']",
        persons: &[("ARGS", "-k b")],
        makes: "show a -k b; X=\n",
        ours: Some("show a; X=\n"),
        ..PLAIN
    },
    Construct {
        what: "words that stand where none are given",
        makefile: "ARGS = . --all\nt:\n\tshow $(ARGS)\n",
        tasks: "tasks.t.steps = [{ sh = 'if [ $# -gt 0 ]; then show \"$@\"; else show . --all; fi' }]",
        typed: ("t ARGS='a b'", "t -- a b"),
        makes: "show a b; X=\n",
        ..PLAIN
    },
    Construct {
        what: "a variable of an env file inside of a word",
        makefile: "include .env\nexport\nt:\n\tshow -p $(X):80\n",
        tasks: "env-files = [{ path = '.env', override = true }]\n[tasks.t]\nsteps = ['show {port}']\n\
                flags.port = { value = 'PORT', from-env = 'X', words = ['-p', '{value}:80'] }",
        files: &[(".env", "X=8000\n")],
        persons: &[("X", "1")],
        makes: "show -p 8000:80; X=8000\n",
        ..PLAIN
    },
    Construct {
        what: "an env file whose values have quotes: make keeps them",
        makefile: "include .env\nexport\nt:\n\tshow\n",
        tasks: "env-files = [{ path = '.env', override = true }]\ntasks.t.steps = ['show']",
        files: &[(".env", "X=\"a b\"\n")],
        makes: "show; X=\"a b\"\n",
        ours: Some("show; X=a b\n"),
        ..PLAIN
    },
    Construct {
        what: "an env file that a variable names: a mode for each that is known",
        makefile: "CONF ?= .env\ninclude $(CONF)\nexport\nt:\n\tshow\n",
        tasks: "env-files = [{ path = '.env', override = true }]\n[modes.test]\nwhen = { env = 'CONF', is = 'test.env' }\n\
                env-files = [{ path = 'test.env', override = true }]\n[tasks.t]\nsteps = ['show']",
        files: &[(".env", "X=1\n"), ("test.env", "X=2\n")],
        persons: &[("CONF", "test.env")],
        makes: "show; X=2\n",
        ..PLAIN
    },
    Construct {
        what: "the same with a file that no mode has",
        makefile: "CONF ?= .env\ninclude $(CONF)\nexport\nt:\n\tshow\n",
        tasks: "env-files = [{ path = '.env', override = true }]\ntasks.t.steps = ['show']",
        files: &[(".env", "X=1\n"), ("test.env", "X=2\n")],
        persons: &[("CONF", "test.env")],
        makes: "show; X=2\n",
        ours: Some("show; X=1\n"),
        ..PLAIN
    },
    Construct {
        what: "one env file or else another: both are read, so a variable of the first stays",
        makefile: "ifneq ($(wildcard own.env),)\ninclude own.env\nelse\ninclude base.env\nendif\nexport\nt:\n\tshow\n",
        tasks: "env-files = [{ path = 'base.env', override = true }, { path = 'own.env', required = false, override = true }]\n\
                tasks.t.steps = ['show']",
        files: &[("base.env", "X=1\n"), ("own.env", "Y=2\n")],
        makes: "show; X=\n",
        ours: Some("show; X=1\n"),
        ..PLAIN
    },
    Construct {
        what: "a variable of one program alone: it is everyone's",
        makefile: "C = X=1 show\nt:\n\t$(C) up\n\tshow check\n",
        tasks: "env.X = { value = '1', override = true }\ntasks.t.steps = ['show up', 'show check']",
        makes: "show up; X=1\nshow check; X=\n",
        ours: Some("show up; X=1\nshow check; X=1\n"),
        ..PLAIN
    },
    Construct {
        what: "a variable that is changed, and not set",
        makefile: "export X := own:$(X)\nt:\n\tshow\n",
        tasks: "tasks.t.steps = [{ sh = 'X=\"own:$X\" show' }]",
        persons: &[("X", "b")],
        makes: "show; X=own:b\n",
        ..PLAIN
    },
    Construct {
        what: "a variable that is taken away",
        makefile: "unexport X\nt:\n\tshow\n",
        tasks: "tasks.t.steps = ['env -u X show']",
        persons: &[("X", "b")],
        makes: "show; X=\n",
        ..PLAIN
    },
    Construct {
        what: "a list of commands that goes on after a failure",
        makefile: "t:\n\tshow a; false; show b\n",
        tasks: "tasks.t.steps = [{ sh = 'set +e; show a; false; show b' }]",
        makes: "show a; X=\nshow b; X=\n",
        ..PLAIN
    },
    Construct {
        what: "the same without `set +e`: it ends",
        makefile: "t:\n\tshow a; false; show b\n",
        tasks: "tasks.t.steps = [{ run = 'task inner', may-fail = true }]\ntasks.inner.steps = [{ sh = 'show a; false; show b' }]",
        makes: "show a; X=\nshow b; X=\n",
        ours: Some("show a; X=\n"),
        ..PLAIN
    },
    Construct {
        what: "words that have to be given",
        makefile: "t:\n\t@[ -n \"$(ARGS)\" ] || true\n\tshow $(ARGS)\n",
        tasks: "tasks.t.steps = [{ sh = '[ $# -gt 0 ] || { echo \"say which\" >&2; exit 2; }; show \"$@\"' }]",
        typed: ("t ARGS='a b'", "t -- a b"),
        makes: "show a b; X=\n",
        ..PLAIN
    },
    Construct {
        what: "a file that needs another one, which is not there: with the need at both of them in the caller it is made",
        makefile: "t: b\n\tshow t\nb: a\n\tshow b\na:\n\tshow a\n",
        tasks: "[tasks.a]\nunless = 'a'\nsteps = ['show a']\n[tasks.b]\nunless = 'b'\nsteps = ['show b']\n\
                [tasks.t]\nneeds = ['a', 'b']\nsteps = ['show t']",
        files: &[("b", "")],
        makes: "show a; X=\nshow b; X=\nshow t; X=\n",
        ours: Some("show a; X=\nshow t; X=\n"),
        ..PLAIN
    },
    Construct {
        what: "the same with the need at the file: it is left out with it",
        makefile: "t: b\n\tshow t\nb: a\n\tshow b\na:\n\tshow a\n",
        tasks: "[tasks.a]\nunless = 'a'\nsteps = ['show a']\n[tasks.b]\nunless = 'b'\nneeds = ['a']\nsteps = ['show b']\n\
                [tasks.t]\nneeds = ['b']\nsteps = ['show t']",
        files: &[("b", "")],
        makes: "show a; X=\nshow b; X=\nshow t; X=\n",
        ours: Some("show t; X=\n"),
        ..PLAIN
    },
    Construct {
        what: "a pattern: a flag has its place in several words",
        makefile: "%.txt: %.in\n\tshow -o $@ $<\n",
        tasks: "tasks.t.steps = ['show {name}']\n\
                tasks.t.flags.name = { value = 'NAME', required = true, words = ['-o', '{value}.txt', '{value}.in'] }",
        files: &[("x.in", "")],
        typed: ("x.txt", "t --name x"),
        makes: "show -o x.txt x.in; X=\n",
        ..PLAIN
    },
    Construct {
        what: "a file that is made again when another is newer",
        makefile: "t: made\n\tshow t\nmade: from\n\tshow make\n\ttouch made\n",
        tasks: "[tasks.made]\nsteps = [{ sh = '[ made -nt from ] || { show make; touch made; }' }]\n\
                [tasks.t]\nneeds = ['made']\nsteps = ['show t']",
        files: &[("made", ""), ("from", "")],
        makes: "show make; X=\nshow t; X=\n",
        ..PLAIN
    },
];

/// What is the same in that call, and not in others: nothing is given; the test of the times is one of the script.
const DIFFERS_ELSEWHERE: [&str; 2] = ["words that have to be given", "a file that is made again when another is newer"];

#[test]
fn what_has_no_key_of_its_own_runs_the_same_as_far_as_it_is_said_to() {
    let folder = std::env::temp_dir().join(format!("xtask-constructs-{}", std::process::id()));
    for (at, construct) in CONSTRUCTS.iter().enumerate() {
        let folder = folder.join(at.to_string());
        fs::create_dir_all(folder.join("bin")).expect("a folder");
        let show = folder.join("bin/show");
        fs::write(&show, "#!/bin/sh\necho \"show${*:+ $*}; X=$X\" >> \"$RECORD\"\n").expect("a program");
        fs::set_permissions(&show, fs::Permissions::from_mode(0o755)).expect("its mode");
        let both = [("Makefile", construct.makefile), ("tasks.toml", construct.tasks)];
        let files = construct.files.iter().chain(&both);
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("a file");
        }
        // It is older than what is made from it.
        let age = |name: &str, seconds: u64| {
            let Ok(file) = fs::File::open(folder.join(name)) else { return };
            file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).expect("its time");
        };
        let run = |program: &str, typed: &str| {
            age("made", 1_000_000_000);
            age("from", 1_000_000_100);
            recorded(&folder, program, typed, construct.persons)
        };
        let ours = run(env!("CARGO_BIN_EXE_xtask"), construct.typed.1).expect("xtask runs");
        assert_eq!(ours, construct.ours.unwrap_or(construct.makes), "{}", construct.what);
        // `.ci/run` has it.
        if let Some(makes) = run("make", construct.typed.0) {
            assert_eq!(makes, construct.makes, "{}", construct.what);
            // `init --check` sees each that is not the same, and more than this one call of both.
            let _ = fs::remove_file(folder.join("record"));
            let mut check = Command::new(env!("CARGO_BIN_EXE_xtask"));
            check.args(["init", "--check", "--yes"]).current_dir(&folder).env_clear().env("PATH", "/usr/bin:/bin");
            let output = check.envs(construct.persons.iter().copied()).output().expect("xtask runs");
            let differs = construct.ours.is_some() || DIFFERS_ELSEWHERE.contains(&construct.what);
            assert_eq!(output.status.code(), Some(i32::from(differs)), "{}: {output:?}", construct.what);
        }
    }
    fs::remove_dir_all(&folder).expect("the folder is ours");
}

/// What the program `show` is called with. `None`: there is no such program.
fn recorded(folder: &Path, program: &str, typed: &str, persons: &[(&str, &str)]) -> Option<String> {
    let record: PathBuf = folder.join("record");
    let _ = fs::remove_file(&record);
    let mut command = Command::new(program);
    let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
    command.args(words(typed)).current_dir(folder).env_clear().env("PATH", path).env("RECORD", &record);
    let output = command.envs(persons.iter().copied()).output().ok()?;
    assert!(output.status.success(), "{program}: {output:?}");
    Some(fs::read_to_string(&record).unwrap_or_default())
}
