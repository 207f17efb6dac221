//! Each key of a task does what DESIGN and docs promise.

use crate::harness::Sandbox;

/// Tasks that call the recording programs `one`, `two` and `three`.
fn with_tools(tasks: &str) -> Sandbox {
    let sandbox = Sandbox::with(tasks);
    for name in ["one", "two", "three"] {
        sandbox.program(name);
        sandbox.on(&format!("{name} *"));
    }
    sandbox
}

/// What the programs got for one typed line.
#[track_caller]
fn calls(sandbox: &Sandbox, typed: &str) -> Vec<String> {
    sandbox.forget_calls();
    sandbox.run(&format!("-q {typed}")).is(0, "", "");
    sandbox.called()
}

#[test]
fn steps_run_in_order() {
    let sandbox = with_tools("[tasks.t]\nsteps = ['one a', 'two', 'three b c']\n");
    assert_eq!(calls(&sandbox, "t"), ["one a", "two", "three b c"]);
}

#[test]
fn flags_in_all_their_forms() {
    let sandbox = with_tools(
        "[tasks.t]
        steps = ['one {fast} {tail} {level} x']
        [tasks.t.flags]
        fast = { short = 'f', words = ['--fast', '--now'] }
        slow = { short = 's', env = 'SLOW' }
        tail = { short = 't', value = 'LINES', words = ['--tail', '{value}'] }
        level = { value = 'LEVEL', default = 'low', choices = ['low', 'high'], words = ['-l{value}'] }
        ",
    );
    let rows = [
        ("t", "one -llow x"),
        ("t --fast", "one --fast --now -llow x"),
        ("t -f", "one --fast --now -llow x"),
        ("t --fast -f --fast", "one --fast --now -llow x"),
        ("t --tail 3", "one --tail 3 -llow x"),
        ("t --tail=3", "one --tail 3 -llow x"),
        ("t -t3", "one --tail 3 -llow x"),
        ("t -t 3", "one --tail 3 -llow x"),
        ("t -ft3", "one --fast --now --tail 3 -llow x"),
        ("t -fst3", "one --fast --now --tail 3 -llow x"),
        ("t --tail 3 --tail 4", "one --tail 4 -llow x"),
        ("t --tail=-1", "one --tail -1 -llow x"),
        ("t --tail=", "one --tail \"\" -llow x"),
        ("t --level high", "one -lhigh x"),
        ("--quiet t -f", "one --fast --now -llow x"),
        ("t -fq", "one --fast --now -llow x"),
    ];
    for (typed, expected) in rows {
        assert_eq!(calls(&sandbox, typed), [expected], "{typed}");
    }
}

#[test]
fn a_flag_sets_a_variable() {
    let sandbox = with_tools(
        "[tasks.t]
        steps = ['one']
        [tasks.t.flags]
        target = { value = 'STAGE', env = 'BUILD_TARGET' }
        port = { value = 'PORT', env = 'PORT', default = '8000' }
        trace = { env = 'TRACE' }
        [tasks.u]
        steps = ['one {both}']
        [tasks.u.flags]
        both = { value = 'X', env = 'BOTH', words = ['--both={value}'] }
        ",
    );
    calls(&sandbox, "t");
    let call = &sandbox.calls()[0];
    assert_eq!((call.env("BUILD_TARGET"), call.env("PORT"), call.env("TRACE")), (None, Some("8000"), None));
    calls(&sandbox, "t --target prod --port 1 --trace");
    let call = &sandbox.calls()[0];
    assert_eq!((call.env("BUILD_TARGET"), call.env("PORT"), call.env("TRACE")), (Some("prod"), Some("1"), Some("1")));
    assert_eq!(calls(&sandbox, "u --both x"), ["one --both=x"]);
    assert_eq!(sandbox.calls()[0].env("BOTH"), Some("x"));
}

#[test]
fn a_value_must_be_one_of_the_choices() {
    let sandbox = with_tools(
        "[tasks.t]
        steps = ['one {level}']
        flags.level = { value = 'LEVEL', choices = ['low', 'high'], words = ['{value}'] }
        ",
    );
    sandbox.run("t --level=hihg").is(
        2,
        "",
        "error: `hihg` is not a value for `--level <LEVEL>`\nhint: did you mean `high`?\n",
    );
    sandbox.run("t --level=x").is(
        2,
        "",
        "error: `x` is not a value for `--level <LEVEL>`\nhint: use `low` or `high`\n",
    );
    sandbox.run("t --level").is(2, "", "error: `--level <LEVEL>` needs a value\nhint: use `low` or `high`\n");
    assert_eq!(sandbox.called(), [""; 0]);
}

#[test]
fn args_are_passed_on_where_they_belong() {
    let sandbox = with_tools("[tasks.t]\nsteps = ['one {args} x', 'two', 'three {args}']\n");
    assert_eq!(calls(&sandbox, "t"), ["one x", "two", "three"]);
    assert_eq!(calls(&sandbox, "t -- a --flag -q"), ["one a --flag -q x", "two", "three a --flag -q"]);
    assert_eq!(calls(&sandbox, "t --"), ["one x", "two", "three"]);
}

#[test]
fn needs_run_before_each_once() {
    let sandbox = with_tools(
        "[tasks.t]
        needs = ['b', 'a']
        steps = ['one t']
        [tasks.a]
        needs = ['c']
        steps = ['one a']
        [tasks.b]
        needs = ['c']
        steps = ['one b {fast}']
        flags.fast = { words = ['--fast'] }
        [tasks.c]
        steps = ['one c']
        [tasks.only]
        needs = ['a', 'b', 'a']
        ",
    );
    assert_eq!(calls(&sandbox, "t"), ["one c", "one b", "one a", "one t"]);
    assert_eq!(calls(&sandbox, "only"), ["one c", "one a", "one b"]);
}

#[test]
fn a_task_step_is_the_task_as_if_typed() {
    let sandbox = with_tools(
        "[tasks.t]
        steps = ['task inner {fast} --tail 3 -- {args} end', 'task alias', 'two']
        flags.fast = { words = ['--fast'] }
        [tasks.inner]
        aliases = ['alias']
        needs = ['before']
        steps = ['one {fast} {tail} {args}']
        dir = 'sub'
        env = { INNER = '1' }
        [tasks.inner.flags]
        fast = { words = ['--very', '--fast'] }
        tail = { value = 'N', words = ['-n{value}'] }
        [tasks.before]
        steps = ['three']
        ",
    );
    sandbox.folder("sub");
    assert_eq!(calls(&sandbox, "t --fast -- a"), ["three", "one --very --fast -n3 a end", "one", "two"]);
    assert_eq!(calls(&sandbox, "t"), ["three", "one -n3 end", "one", "two"]);
    let folders: Vec<String> = sandbox.calls().into_iter().map(|call| call.dir).collect();
    let (project, below) = ("<T>/home/project", "<T>/home/project/sub");
    assert_eq!(folders, [project, below, below, project]);
    assert_eq!(sandbox.calls()[3].env("INNER"), None);
}

#[test]
fn dir_is_from_the_folder_of_the_file_and_programs_are_from_dir() {
    let sandbox = with_tools("[tasks.t]\ndir = 'services/./api'\nsteps = ['one', './local a', '../up', 'sub/deep']\n");
    sandbox.folder("services/api/sub");
    for path in ["services/api/local", "services/up", "services/api/sub/deep"] {
        let path = sandbox.project().join(path);
        sandbox.program_at(&path);
        std::fs::write(path.with_file_name("script.txt"), "call local *\ncall up *\ncall deep *\n").expect("a script");
    }
    sandbox.run("-q t").is(0, "", "");
    assert_eq!(sandbox.calls()[0].dir, "<T>/home/project/services/api");
    let logged = |path: &str| std::fs::read_to_string(sandbox.project().join(path)).expect("a log of its own");
    assert!(logged("services/api/calls.txt").starts_with("call\tlocal+*\tlocal a\t"));
    assert!(logged("services/calls.txt").starts_with("call\tup+*\tup\t"));
    assert!(logged("services/api/sub/calls.txt").starts_with("call\tdeep+*\tdeep\t"));
}

#[test]
fn a_folder_that_is_missing_is_shown_in_the_file() {
    let sandbox = with_tools("[tasks.t]\ndir = 'services/api'\nsteps = ['one']\n");
    sandbox.run("t").is(
        2,
        "",
        "error: there is no folder `services/api`
 --> tasks.toml:2:7
  |
2 | dir = 'services/api'
  |       ^^^^^^^^^^^^^^
  |
  = hint: `dir` is relative to the folder of tasks.toml
",
    );
}

#[test]
fn keys_for_one_system_are_laid_over_the_others() {
    let sandbox = with_tools(
        "[tasks.t]
        steps = ['one common {a} {b}']
        env = { X = 'common', Y = 'common' }
        dir = 'common'
        [tasks.t.flags]
        a = { words = ['a{value}'], default = 'x', value = 'A' }
        b = { words = ['b'] }
        [tasks.t.windows]
        steps = ['one windows {a} {b}']
        env = { X = 'windows' }
        dir = 'windows'
        [tasks.t.unix]
        steps = ['one unix {a} {b}']
        env = { X = 'unix', Z = 'unix' }
        [tasks.t.linux]
        dir = 'linux'
        [tasks.t.macos]
        dir = 'macos'
        ",
    );
    let system = std::env::consts::OS;
    for folder in ["common", "windows", "linux", "macos"] {
        sandbox.folder(folder);
    }
    let expected = if cfg!(windows) { "one windows ax b" } else { "one unix ax b" };
    assert_eq!(calls(&sandbox, "t -q --b"), [expected]);
    let call = &sandbox.calls()[0];
    assert_eq!(call.dir, format!("<T>/home/project/{system}"));
    let x = if cfg!(windows) { "windows" } else { "unix" };
    assert_eq!((call.env("X"), call.env("Y")), (Some(x), Some("common")));
    assert_eq!(call.env("Z"), (!cfg!(windows)).then_some("unix"));
}

#[test]
fn a_task_for_other_systems_says_so() {
    let (other, here) = if cfg!(windows) { ("unix", "windows") } else { ("windows", "unix") };
    let system = std::env::consts::OS;
    let sandbox = with_tools(&format!("[tasks.t.{other}]\nsteps = ['one']\n[tasks.u.{here}]\nsteps = ['two']\n"));
    sandbox.run("t").is(
        2,
        "",
        &format!(
            "error: task `t` has nothing to do on {system}
 --> tasks.toml:1:8
  |
1 | [tasks.t.{other}]
  |        ^ it has steps for `{other}` only
"
        ),
    );
    assert_eq!(calls(&sandbox, "u"), ["two"]);
}

#[test]
fn confirm_asks_and_yes_answers() {
    let sandbox = with_tools(
        "[tasks.t]\nconfirm = 'Really?'\nneeds = ['n']\nsteps = ['one']\n[tasks.n]\nconfirm = 'And this?'\nsteps = ['two']\n",
    );
    sandbox.run("t").is(2, "", "error: no terminal to ask on: \"Really?\"\nhint: answer with --yes\n");
    // A pipe is nobody, whatever comes through it.
    sandbox.run_with_input("t", b"y\ny\n").is(
        2,
        "",
        "error: no terminal to ask on: \"Really?\"\nhint: answer with --yes\n",
    );
    assert_eq!(sandbox.called(), [""; 0]);
    assert_eq!(calls(&sandbox, "t --yes"), ["two", "one"]);
    sandbox.run("-n t").is(0, &format!("{}\n{}\n", dry("two"), dry("one")), "");
}

/// A command without anything of its own, as a dry run prints it.
fn dry(line: &str) -> String {
    if cfg!(windows) {
        format!(
            "$was0 = ${{env:DOCKER_BUILDKIT}}; ${{env:DOCKER_BUILDKIT}} = '1'; \
             $was1 = ${{env:COMPOSE_DOCKER_CLI_BUILD}}; ${{env:COMPOSE_DOCKER_CLI_BUILD}} = '1'; \
             try {{ {line} }} finally {{ ${{env:DOCKER_BUILDKIT}} = $was0; ${{env:COMPOSE_DOCKER_CLI_BUILD}} = $was1; }}"
        )
    } else {
        format!("DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 {line}")
    }
}

#[test]
fn a_hidden_task_runs_and_is_not_listed() {
    let sandbox = with_tools("[tasks.t]\nhidden = true\nsteps = ['one']\n[tasks.u]\nhidden = false\nsteps = ['two']\n");
    assert_eq!(calls(&sandbox, "t"), ["one"]);
    let list = sandbox.run("help").stdout;
    assert!(list.contains("  u            two\n") && !list.contains("  t  "), "{list}");
}

#[test]
fn an_alias_is_the_task() {
    let sandbox = with_tools("[tasks.test]\nabout = 'Test'\naliases = ['t', 'tests']\nsteps = ['one']\n");
    assert_eq!(calls(&sandbox, "t"), ["one"]);
    assert_eq!(calls(&sandbox, "tests"), ["one"]);
    let list = sandbox.run("help").stdout;
    assert!(list.contains("  test         Test [also: t, tests]\n"), "{list}");
}

#[test]
fn a_task_can_be_a_built_in_command_by_another_name() {
    let sandbox = with_tools("[tasks.tasks]\nbuiltin = 'help'\n[tasks.help]\nsteps = ['one']\n");
    let list = sandbox.run("tasks");
    assert!(
        list.stdout.contains("  tasks        List the tasks, or show one with its flags and commands\n"),
        "{list:?}"
    );
    assert_eq!(calls(&sandbox, "help"), ["one"], "the name in the file comes first");
}

#[test]
fn the_help_of_a_built_in_task_says_what_the_task_is_for() {
    let sandbox = with_tools(
        "[tasks.fresh]\nbuiltin = 'build-fresh'\nabout = 'All of it'\n[tasks.bf]\nbuiltin = 'build-fresh'\n",
    );
    for typed in ["help fresh", "fresh --help"] {
        let help = sandbox.run(typed).stdout;
        assert!(help.starts_with("All of it\n\nUsage: xtask fresh [OPTIONS]"), "{help}");
    }
    assert!(sandbox.run("help bf").stdout.starts_with("Run every build step again"));
}

/// A flag's choices may be fewer than what its caller takes: the help is shown all the same.
#[test]
fn a_help_does_not_guess_values() {
    let sandbox = with_tools(
        "[tasks.t]
        steps = ['task u {f}']
        flags.f = { value = 'ANY', words = ['--level={value}'] }
        [tasks.u]
        steps = ['one {level}']
        flags.level = { value = 'LEVEL', choices = ['low'], words = ['-l{value}'] }
        ",
    );
    let help = sandbox.run("help t");
    assert!(help.code == 0 && help.stdout.ends_with("Commands:\n  $ one [-lLEVEL]\n"), "{help:?}");
    assert_eq!(calls(&sandbox, "t --f low"), ["one -llow"]);
    assert_eq!(sandbox.run("t --f x").code, 2);
}

#[test]
fn compose_and_docker_are_tools() {
    let sandbox = Sandbox::with_docker(
        "[compose]
        files = ['a/one.yaml', 'two.yaml']
        project = 'demo'
        [tasks.c]
        steps = ['compose --profile x ps']
        [tasks.f]
        steps = ['compose -f own.yaml ps']
        [tasks.p]
        steps = ['compose -p own ps']
        [tasks.d]
        steps = ['docker ps --format {args}', \"docker ps '{{.ID}}'\"]
        [tasks.in]
        dir = 'a'
        steps = ['compose ps']
        ",
    );
    for path in ["a/one.yaml", "two.yaml", "own.yaml"] {
        sandbox.file(path, "services: {}\n");
    }
    sandbox.on("docker *");
    assert_eq!(calls(&sandbox, "c"), ["docker compose -f a/one.yaml -f two.yaml -p demo --profile x ps"]);
    assert_eq!(calls(&sandbox, "f"), ["docker compose -p demo -f own.yaml ps"]);
    assert_eq!(calls(&sandbox, "p"), ["docker compose -f a/one.yaml -f two.yaml -p own ps"]);
    assert_eq!(calls(&sandbox, "d -- x"), ["docker ps --format x", "docker ps {{.ID}}"]);
    let absolute = calls(&sandbox, "in").concat().replace("\\\\", "/");
    let root = sandbox.normal(absolute.replace('"', "").as_bytes());
    let (one, two) = ("<T>/home/project/a/one.yaml", "<T>/home/project/two.yaml");
    assert_eq!(root, format!("docker compose -f {one} -f {two} -p demo ps"));
    assert_eq!(sandbox.calls()[0].dir, "<T>/home/project/a");
}
