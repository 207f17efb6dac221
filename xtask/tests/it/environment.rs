//! Which value a variable has: typed > the person's > tasks.toml's > ours.

use crate::harness::Sandbox;

const TASKS: &str = "[env]
A = 'file'
B = 'file'
[tasks.t]
env = { B = 'task', C = 'task' }
steps = ['tool', 'task u']
[tasks.t.flags]
c = { value = 'C', env = 'C' }
d = { value = 'D', env = 'D', default = 'default' }
[tasks.u]
steps = ['tool']
";

fn values(sandbox: &Sandbox, typed: &str) -> Vec<[Option<String>; 4]> {
    sandbox.forget_calls();
    sandbox.run(&format!("-q {typed}")).is(0, "", "");
    let calls = sandbox.calls();
    calls.iter().map(|call| ["A", "B", "C", "D"].map(|name| call.env(name).map(str::to_owned))).collect()
}

fn some(values: [&str; 4]) -> [Option<String>; 4] {
    values.map(|value| Some(value.to_owned()).filter(|value| !value.is_empty()))
}

#[test]
fn the_stronger_value_wins() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.program("tool");
    sandbox.on("tool");
    assert_eq!(values(&sandbox, "t"), [some(["file", "task", "task", "default"]), some(["file", "file", "", ""])]);
    for name in ["A", "B", "C", "D"] {
        sandbox.set(name, "person");
    }
    let person = some(["person"; 4]);
    assert_eq!(values(&sandbox, "t"), [person.clone(), person.clone()]);
    let typed = some(["person", "person", "typed", "typed"]);
    assert_eq!(values(&sandbox, "t --c typed --d typed"), [typed, person]);
}

/// A value that is set and empty is the person's too.
#[test]
fn an_empty_value_is_a_value() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.program("tool");
    sandbox.on("tool");
    sandbox.set("A", "");
    assert_eq!(values(&sandbox, "t")[0][0].as_deref(), Some(""));
}

/// Docker takes an empty value of BuildKit's variables for none, so BuildKit would be off.
#[test]
fn an_empty_buildkit_variable_is_no_choice() {
    let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose build', 'tool']\n");
    sandbox.program("tool");
    sandbox.on("docker *");
    sandbox.on("tool");
    sandbox.set("DOCKER_BUILDKIT", "");
    sandbox.set("COMPOSE_DOCKER_CLI_BUILD", "");
    sandbox.run("-q t").is(0, "", "");
    for call in sandbox.calls() {
        assert_eq!((call.env("DOCKER_BUILDKIT"), call.env("COMPOSE_DOCKER_CLI_BUILD")), (Some("1"), Some("1")));
    }
}

/// Windows alone: there `Path` and `PATH` are one variable.
#[cfg(windows)]
#[test]
fn names_are_one_in_any_case() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.program("tool");
    sandbox.on("tool");
    sandbox.set("a", "person");
    assert_eq!(values(&sandbox, "t")[0][0].as_deref(), Some("person"));
}

#[test]
fn buildkit_is_chosen_unless_the_person_did() {
    let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose build', 'docker build .', 'tool']\n");
    sandbox.program("tool");
    sandbox.on("docker *");
    sandbox.on("tool");
    sandbox.run("-q t").is(0, "", "");
    for call in sandbox.calls() {
        assert_eq!((call.env("DOCKER_BUILDKIT"), call.env("COMPOSE_DOCKER_CLI_BUILD")), (Some("1"), Some("1")));
    }
    for (value, is_off) in [("0", true), ("false", true), ("F", true), ("1", false), ("true", false), ("yes", false)] {
        sandbox.forget_calls();
        sandbox.set("DOCKER_BUILDKIT", value);
        sandbox.set("COMPOSE_DOCKER_CLI_BUILD", "person");
        let warning = format!(
            "warning: DOCKER_BUILDKIT={value} turns BuildKit off: a Dockerfile with `RUN --mount` does not build\n"
        );
        sandbox.run("-q t").is(0, "", if is_off { &warning } else { "" });
        for call in sandbox.calls() {
            assert_eq!(
                (call.env("DOCKER_BUILDKIT"), call.env("COMPOSE_DOCKER_CLI_BUILD")),
                (Some(value), Some("person"))
            );
        }
    }
}

/// Compose 2 does not read it. Version 1 builds by itself then, without BuildKit.
#[cfg(unix)]
#[test]
fn what_turns_buildkit_off_for_compose_1_alone_is_said_for_it_alone() {
    let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose build']\n");
    sandbox.python_program("docker-compose");
    sandbox.on("docker compose build");
    sandbox.on("docker-compose build");
    for (value, is_off) in [("0", true), ("False", true), ("no", false), ("1", false)] {
        sandbox.set("COMPOSE_DOCKER_CLI_BUILD", value);
        let warning = format!(
            "warning: COMPOSE_DOCKER_CLI_BUILD={value} turns BuildKit off: a Dockerfile with `RUN --mount` does not build\n"
        );
        sandbox.run("-q t").is(0, "", "");
        sandbox.run("-q --compose docker-compose t").is(0, "", if is_off { &warning } else { "" });
    }
    // A compiled `docker-compose` is compose 2.
    std::fs::remove_file(sandbox.bin().join("docker-compose")).expect("the script");
    sandbox.program("docker-compose");
    sandbox.set("COMPOSE_DOCKER_CLI_BUILD", "0");
    sandbox.run("-q --compose docker-compose t").is(0, "", "");
    sandbox.set("DOCKER_BUILDKIT", "0");
    let done = sandbox.run("-q --compose docker-compose t");
    assert_eq!(done.stderr.matches("warning: ").count(), 1, "{done:?}");
}

#[test]
fn the_file_can_turn_buildkit_off_and_is_told_so() {
    let sandbox = Sandbox::with_docker(
        "[env]\nDOCKER_BUILDKIT = '0'\n[tasks.t]\nsteps = ['compose build']\n[tasks.u]\nsteps = ['tool']\n",
    );
    sandbox.program("tool");
    sandbox.on("docker *");
    sandbox.on("tool");
    sandbox.run("-q t").is(
        0,
        "",
        "warning: DOCKER_BUILDKIT=0 turns BuildKit off: a Dockerfile with `RUN --mount` does not build\n",
    );
    assert_eq!(sandbox.calls()[0].env("DOCKER_BUILDKIT"), Some("0"));
    sandbox.run("-q u").is(0, "", "");
}

#[test]
fn verbose_says_what_is_added() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.program("tool");
    sandbox.on("tool");
    let below = sandbox.folder("below");
    sandbox.run_in(&below, "-v u").is(
        0,
        "",
        "the project is in `<T>/home/project`
A=file
B=file
DOCKER_BUILDKIT=1
COMPOSE_DOCKER_CLI_BUILD=1
$ tool
",
    );
}

#[test]
fn values_of_composes_env_file_are_never_printed() {
    let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose up']\n");
    sandbox.file(".env", "SECRET=hunter2\n");
    sandbox.on("docker compose up");
    for line in ["-v t", "-v -n t", "help t"] {
        let done = sandbox.run(line);
        assert_eq!(done.code, 0);
        assert!(!format!("{done:?}").contains("hunter2"), "{done:?}");
    }
}

#[test]
fn values_of_secret_variables_are_not_told_by_verbose() {
    let sandbox =
        Sandbox::with("[env]\nAPI_TOKEN = 'hunter2'\nDB = 'postgres://me:hunter2@db/x'\n[tasks.t]\nsteps = ['tool']\n");
    sandbox.program("tool");
    sandbox.on("tool");
    let done = sandbox.run("-v t");
    let told = "API_TOKEN=…\nDB=postgres://me:…@db/x\nDOCKER_BUILDKIT=1\nCOMPOSE_DOCKER_CLI_BUILD=1\n$ tool\n";
    done.is(0, "", told);
}
