//! Variables that are more than a text: from the user, from a command, stronger than one's own, and those of env files.

use crate::harness::{Done, Sandbox};

fn sandbox(head: &str) -> Sandbox {
    let sandbox = Sandbox::with(&format!("{head}\n[tasks.t]\nsteps = ['one', 'one']\n"));
    for name in ["one", "ask"] {
        sandbox.program(name);
    }
    sandbox.on("one").exit(0);
    sandbox
}

/// What a variable was in each call of `one`.
fn seen(sandbox: &Sandbox, name: &str) -> Vec<Option<String>> {
    let calls = sandbox.calls();
    let seen =
        calls.iter().filter(|call| call.words[0] == "one").map(|call| call.env(name).map(str::to_owned)).collect();
    sandbox.forget_calls();
    seen
}

fn both(value: &str) -> Vec<Option<String>> {
    vec![Some(value.to_owned()); 2]
}

fn done(done: Done) {
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn a_command_is_asked_once_a_run_and_only_where_it_is_needed() {
    let sandbox = sandbox("[env]\nCOMMIT = { output = 'ask the commit' }\nAGAIN = { output = 'ask the commit' }");
    sandbox.on("ask the commit").out("abc\n\n").exit(0);
    sandbox.run("t").is(0, "", "$ one\n$ one\n");
    assert_eq!(sandbox.called(), ["ask the commit", "one", "one"]);
    assert_eq!(seen(&sandbox, "COMMIT"), both("abc"));
    for name in ["COMMIT", "AGAIN"] {
        sandbox.set(name, "own");
    }
    sandbox.run("t").is(0, "", "$ one\n$ one\n");
    assert_eq!(sandbox.called(), ["one", "one"]);
    assert_eq!(seen(&sandbox, "COMMIT"), both("own"));
}

#[test]
fn what_only_looks_asks_no_command() {
    let sandbox = sandbox("[env]\nCOMMIT = { output = 'ask \"the commit\"' }\nTEXT = 'x'");
    let line = "TEXT=x DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 COMMIT=\"$(ask 'the commit')\" one\n";
    sandbox.run("-n --os linux t").is(0, &line.repeat(2), "");
    let windows = sandbox.run("-n --os windows t").stdout;
    assert!(windows.contains("${env:COMMIT} = $(ask 'the commit'); "), "{windows}");
    let env = sandbox.run("env --shell sh");
    assert_eq!(env.stderr, "warning: `COMMIT` is left out: `ask \"the commit\"` has to be asked for it\n");
    assert!(env.stdout.starts_with("export TEXT='x'\n") && !env.stdout.contains("COMMIT"), "{env:?}");
    assert!(sandbox.run("help t --json").stdout.contains("\"env\": {}"));
    assert_eq!(sandbox.run("help t").code, 0);
    assert_eq!(sandbox.called(), [""; 0]);
}

#[test]
fn a_command_that_fails_stops_the_run_before_its_first_step() {
    let sandbox = sandbox("[env]\nCOMMIT = { output = 'ask it' }");
    sandbox.on("ask it").err("first\nno repository\n").exit(128);
    let error = "error: can't ask `ask` for COMMIT: it ended with exit code 128: no repository\n --> tasks.toml:2:21\n  |\n\
                 2 | COMMIT = { output = 'ask it' }\n  |                     ^^^^^^^^\n  |\n  = hint: where COMMIT is set already, \
                 nothing is asked\n";
    sandbox.run("t").is(2, "", error);
    assert_eq!(sandbox.called(), ["ask it"]);
}

#[test]
fn a_variable_may_be_stronger_than_ones_own_and_weaker_than_a_flag() {
    let sandbox = sandbox("[env]\nSTAGE = { value = 'test', override = true }");
    sandbox.set("STAGE", "own");
    done(sandbox.run("t"));
    assert_eq!(seen(&sandbox, "STAGE"), both("test"));
    sandbox.file(
        "tasks.toml",
        "[env]\nSTAGE = { value = 'test', override = true }\n[tasks.t]\nsteps = ['one', { run = 'one', env = { STAGE = 'step' } }]\n\
         flags.stage = { value = 'S', env = 'STAGE' }\n",
    );
    done(sandbox.run("t"));
    assert_eq!(seen(&sandbox, "STAGE"), [Some("test".to_owned()), Some("step".to_owned())]);
    done(sandbox.run("t --stage flag"));
    assert_eq!(seen(&sandbox, "STAGE"), both("flag"));
}

#[cfg(unix)]
#[test]
fn the_user_is_known_and_not_on_windows() {
    let sandbox = sandbox("[env]\nU = { from = 'user' }\nI = { from = 'uid' }\nG = { from = 'gid' }");
    done(sandbox.run("t"));
    // SAFETY: both take nothing and can't fail.
    let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
    let calls = sandbox.calls();
    assert_eq!(calls[0].env("U"), Some(format!("{uid}:{gid}").as_str()));
    assert_eq!(
        (calls[0].env("I"), calls[0].env("G")),
        (Some(uid.to_string().as_str()), Some(gid.to_string().as_str()))
    );
    assert!(!sandbox.run("-n --os windows t").stdout.contains("env:U}"));
}

#[test]
fn env_files_are_weaker_than_everything_but_composes_own() {
    let sandbox = sandbox("env-files = ['.env', { path = 'more.env', required = false }]\n[env]\nA = 'env'");
    sandbox.file(".env", "A=file\nB=file\nexport C=\"$B and $OWN\"\nD='$B'\n");
    sandbox.set("OWN", "own");
    done(sandbox.run("t"));
    let calls = sandbox.calls();
    let value = |name| calls[0].env(name);
    let values = (value("A"), value("B"), value("C"), value("D"));
    assert_eq!(values, (Some("env"), Some("file"), Some("file and own"), Some("$B")));
    sandbox.forget_calls();
    // A later file is stronger.
    sandbox.file("more.env", "B=more\n");
    sandbox.set("D", "own");
    done(sandbox.run("t"));
    let calls = sandbox.calls();
    assert_eq!((calls[0].env("B"), calls[0].env("D")), (Some("more"), Some("own")));
}

#[test]
fn an_env_file_may_be_stronger_than_ones_own_variables() {
    let sandbox = sandbox(
        "env-files = [{ path = '.env', override = true }]\n[env]\nA = 'env'\nC = { value = 'c', override = true }",
    );
    sandbox.file(".env", "A=file\nB=\"$A and $OWN\"\nC=file\n");
    for name in ["A", "B", "C", "OWN"] {
        sandbox.set(name, "own");
    }
    done(sandbox.run("t"));
    let calls = sandbox.calls();
    let value = |name| calls[0].env(name);
    assert_eq!((value("A"), value("B"), value("C")), (Some("file"), Some("file and own"), Some("c")));
    let line = "C=c DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 one\n".repeat(2);
    sandbox.run("-n --os linux t").is(0, &format!("# variables of `.env`: A, B, C\n{line}"), "");
}

#[test]
fn an_env_file_is_read_when_its_step_begins() {
    let sandbox = sandbox("env-files = ['.env']");
    let error = "error: there is no env file `.env`\n --> tasks.toml:1:14\n  |\n1 | env-files = ['.env']\n  |              ^^^^^^\n  |\n  = \
                 hint: if it need not be there: { path = \"…\", required = false }\n";
    sandbox.run("t").is(2, "", error);
    sandbox.file("tasks.toml", "env-files = ['.env']\n[tasks.t]\nunless = 'x'\nsteps = [{ say = 'first' }, { run = 'one', may-fail = true }]\n");
    let went_on = "step 2 of 2 (task `t`) ended with exit code 2, as it may: going on\n";
    sandbox.run("t").is(0, "first\n", &format!("{error}{went_on}"));
    sandbox.file(".env", "A=1\nB ='x\n");
    let done = sandbox.run("t");
    assert!(done.stderr.starts_with("error: compose would refuse `.env`: line 2\n"), "{done:?}");
    assert!(!done.stderr.contains("'x"), "{done:?}");
    // Our own commands need no variables, and may write the file.
    let sandbox = Sandbox::with("env-files = ['.env']\n[tasks.setup]\nunless = '.env'\nsteps = ['touch .env']\n");
    sandbox.run("setup").is(0, "", "$ touch .env\n");
    sandbox.run("setup").is(0, "", "nothing to do for task `setup`: `.env` is there\n");
}

#[test]
fn a_dry_run_names_env_files_and_their_variables_and_no_value() {
    let sandbox = sandbox("env-files = ['.env', 'other.env']");
    sandbox.file(".env", "A=geheim-1\nTOKEN=geheim-2\n");
    let line = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 one\n".repeat(2);
    let files = "# variables of `.env`: A, TOKEN\n# variables of `other.env`, which is not there\n";
    sandbox.run("-n --os linux t").is(0, &format!("{files}{line}"), "");
    let env = sandbox.run("env --shell sh");
    assert!(env.stderr.contains("warning: the variables of `.env` are left out\n"), "{env:?}");
    assert!(!env.stdout.contains("geheim"), "{env:?}");
}

#[test]
fn mistakes_about_variables_are_told_when_the_file_is_read() {
    let sandbox = Sandbox::with(
        r#"env-files = ["a", 1, { required = true }]
[env]
A = { }
B = { value = "x", output = "y" }
C = { from = "group" }
D = { output = "a | b" }
E = { output = "compose ps" }
F = { output = "x {y}" }
G = { value = "x", overide = true }
[tasks.t]
env = { H = { output = "" } }
steps = [{ run = "x", env = { I = { value = "x" } } }]
"#,
    );
    sandbox.run("help").is_snapshot("variable_mistakes");
}

#[test]
fn flags_have_their_values_from_env_files_too() {
    let sandbox = Sandbox::with(
        "env-files = ['weak.env', { path = 'strong.env', required = false, override = true }]\n\
         [modes.m]\nenv-files = ['mode.env']\n\
         [tasks.t]\nsteps = ['one {port}']\nflags.port = { value = 'PORT', from-env = 'PORT', required = true, words = ['-p', '{value}:80'] }\n\
         [tasks.in-m]\nmode = 'm'\nsteps = ['task t']\n",
    );
    sandbox.program("one");
    sandbox.on("one *").exit(0);
    let missing = "error: `--port <PORT>` is missing\nhint: type it, or set PORT\n";
    sandbox.run("t").is(2, "", missing);
    sandbox.file("weak.env", "PORT=1\n");
    sandbox.run("t").is(0, "", "$ one -p 1:80\n");
    sandbox.set("PORT", "2");
    sandbox.run("t").is(0, "", "$ one -p 2:80\n");
    sandbox.file("strong.env", "PORT=3\n");
    sandbox.run("t").is(0, "", "$ one -p 3:80\n");
    sandbox.run("t --port 4").is(0, "", "$ one -p 4:80\n");
    sandbox.file("mode.env", "PORT=5\n");
    sandbox.unset("PORT");
    sandbox.run("in-m").is(0, "", "mode `m`: task `in-m`\n$ one -p 5:80\n");
}

/// Whatever the folder is that we were called in.
#[cfg(unix)]
#[test]
fn the_variable_pwd_is_the_folder_of_the_step() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = ['one', { run = 'one', dir = 'sub' }]\n[tasks.own]\nenv.PWD = { value = 'x', override = true }\nsteps = ['one']\n",
    );
    sandbox.program("one");
    sandbox.on("one").exit(0);
    let (root, sub) = (sandbox.project(), sandbox.folder("sub"));
    let link = sandbox.root().join("link");
    std::os::unix::fs::symlink(&root, &link).expect("a link");
    for (called_in, pwd, first) in [(&root, &root, &root), (&sub, &sub, &root), (&root, &link, &link)] {
        sandbox.set("PWD", pwd);
        done(sandbox.run_in(called_in, "t"));
        let expected = [first, &sub].map(|path| Some(path.display().to_string()));
        assert_eq!(seen(&sandbox, "PWD"), expected);
    }
    done(sandbox.run("own"));
    assert_eq!(seen(&sandbox, "PWD"), [Some("x".to_owned())]);
    // Who has none gets none.
    sandbox.unset("PWD");
    done(sandbox.run_in(&sub, "t"));
    assert_eq!(seen(&sandbox, "PWD"), [None, None]);
}

#[cfg(unix)]
#[test]
fn a_dry_run_asks_in_the_folder_of_the_file() {
    let sandbox = Sandbox::with("[env]\nV = { output = 'ask it' }\n[tasks.t]\ndir = 'sub'\nsteps = ['one']\n");
    let sub = sandbox.folder("sub");
    let line = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 V=\"$(cd <T>/home/project && ask it)\" one";
    sandbox.run("-n --os linux t").is(0, &format!("(cd <T>/home/project/sub && {line})\n"), "");
    sandbox.run_in(&sub, "-n --os linux t").is(0, &format!("{line}\n"), "");
}
