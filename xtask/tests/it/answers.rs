//! Answers of docker and compose that nobody understands, that are too long, or that never come: each is said with how it
//! begins, and is never taken for "there are none".

use crate::doctor::{HEALTHY, OF_28, healthy, without_port};
use crate::harness::{Done, Sandbox, as_found, under_wine};
use crate::wait;

/// A proxy's page.
const PAGE: &str = "<html>\n<body>Sign in</body>";
const BEGINS: &str = "it begins with `<html>\\n<body>Sign in</body>`";

fn doctor(sandbox: &Sandbox) -> Done {
    let mut done = sandbox.run("doctor");
    done.stdout = without_port(&done.stdout).replace("docker.exe", "docker");
    done
}

/// What doctor says where one question is answered by a page: the line of a check changed, and the last lines.
#[track_caller]
fn one_page(question: &str, code: i32, changes: &[(&str, &str)], end: &str) {
    let sandbox = healthy();
    sandbox.on(question).out(PAGE);
    OF_28.script(&sandbox, "docker compose");
    let mut expected = HEALTHY.replace("no problems found\n", "");
    for (check, instead) in changes {
        let line = HEALTHY.lines().find(|line| line.split_whitespace().nth(1) == Some(check)).expect("a check");
        expected = expected.replace(&format!("{line}\n"), &instead.replace("BEGINS", BEGINS));
    }
    let end = end.replace("BEGINS", BEGINS);
    let expected = format!("{}\n{end}", expected.trim_end());
    doctor(&sandbox).is(code, &expected, "");
}

#[test]
fn a_page_in_place_of_dockers_own_version() {
    let line = "\
warning  docker        `<T>/bin/docker` does not report its version: the answer of `docker --version` can't be read; BEGINS
                       it may be another program named docker
                       fix: try it: docker --version
";
    one_page("docker --version", 0, &[("docker", line)], "\n0 errors, 1 warning\n");
}

#[test]
fn a_page_in_place_of_the_engines_version() {
    let line = "\
error    engine        docker can't talk to its engine: the answer of `docker version` can't be read; BEGINS
                       nothing can be built or started
                       fix: try it: docker version
";
    let changes = [("engine", line), ("buildkit", ""), ("builder", "")];
    one_page("docker version *", 1, &changes, "\n1 error, 0 warnings\n");
}

#[test]
fn a_page_in_place_of_what_is_looked_at_besides() {
    for (question, command, subject) in [
        ("docker info *", "docker info", "the engine's settings and its disk"),
        ("docker ps *", "docker ps", "ports of other containers"),
    ] {
        let end = format!(
            "not looked at: {subject} (the answer of `{command}` can't be read; BEGINS)\n\nno problems found\n"
        );
        one_page(question, 0, &[], &end);
    }
    let end = "not looked at: the selected builder (the answer of `docker buildx inspect` can't be read; BEGINS)\n\nno problems found\n";
    one_page("docker buildx inspect", 0, &[("builder", "")], end);
}

/// Docker answers everything with the same, so that no check has anything to judge.
#[test]
fn a_page_in_place_of_every_answer() {
    let sandbox = healthy();
    sandbox.on("docker *").out(PAGE);
    let page = |command: &str| format!("the answer of `{command}` can't be read; {BEGINS}");
    doctor(&sandbox).is(1, &nothing_understood(page), "");
}

#[test]
fn answers_that_are_too_long() {
    let sandbox = healthy();
    sandbox.on("docker *").act("forever", "xyz");
    let too_long = |command: &str| {
        format!("`{command}` printed more than 32 MB and was ended; it begins with `{}`", "xyz".repeat(20))
    };
    doctor(&sandbox).is(1, &nothing_understood(too_long), "");
}

/// They are taken out before it is cut, since half a value can't be found. Quotes stay as they were printed.
#[test]
fn the_beginning_of_an_answer_is_shown_without_secret_values() {
    let sandbox = healthy();
    let plant = "plant".repeat(300);
    sandbox.file(".env", format!("A_TOKEN=\"it's\"\nB_TOKEN={plant}\n"));
    let printed = format!("{{\"Name\": [it's],\n{}{plant}", ".".repeat(20));
    sandbox.on("docker compose --profile *").out(&printed);
    OF_28.script(&sandbox, "docker compose");
    let done = doctor(&sandbox);
    let shown = format!("it begins with `{{\"Name\": [${{A_TOKEN}}],\\n{}${{B_TOKEN}}`", ".".repeat(20));
    let said = format!(
        "not looked at: how compose reads its files (the answer of `docker compose config` can't be read; {shown})\n"
    );
    assert!(done.stdout.contains(&said) && !done.stdout.contains("plant"), "{done:?}");
}

/// Compose has no bounds; ours are said, and so is a line that is no YAML.
#[test]
fn what_is_wrong_with_the_yaml_of_compose_1_is_said() {
    let nested = format!("networks:\n  a: {}x{}\n", "[".repeat(200), "]".repeat(200));
    for (printed, why, begins) in [
        ("networks:\n  a: b\n c: 'd\n", ": line 3: did not find expected key", "networks:\\n  a: b\\n c: 'd"),
        (&nested, ": line 2: it is more than 100 levels deep", &format!("networks:\\n  a: {}", "[".repeat(45))),
        ("networks: {}\n", "", "networks: {}"),
    ] {
        let sandbox = healthy();
        sandbox.program("docker-compose");
        sandbox.file("tasks.toml", "[compose]\ncli = 'docker-compose'\n[tasks.build]\nsteps = ['compose build']\n");
        sandbox.on("docker-compose --profile * config").out(printed);
        sandbox.on("docker-compose version --short").out("1.29.2\n");
        OF_28.script(&sandbox, "docker compose");
        let done = doctor(&sandbox);
        let said = format!(
            "not looked at: how compose reads its files (the answer of `docker-compose config` can't be read{why}; \
             it begins with `{begins}`)\n"
        );
        assert!(done.stdout.contains(&as_found(&said)), "{done:?}");
    }
}

/// All of it, with the reason for each question.
fn nothing_understood(why: impl Fn(&str) -> String) -> String {
    let checks = format!(
        "\
ok       tasks    `tasks.toml`
warning  docker   `<T>/bin/docker` does not report its version: {}
                  it may be another program named docker
                  fix: try it: docker --version
error    engine   docker can't talk to its engine: {}
                  nothing can be built or started
                  fix: try it: docker version
warning  compose  `docker compose` does not report its version: {}
                  it may be missing, broken or another program
                  fix: try it: docker compose version
",
        why("docker --version"),
        why("docker version"),
        why("docker compose version"),
    );
    let rest = [
        ("how compose reads its files", "docker compose config"),
        ("the engine's settings and its disk", "docker info"),
        ("the selected builder", "docker buildx inspect"),
        ("the build cache", "docker buildx du"),
        ("the version of buildx", "docker buildx version"),
        ("ports of other containers", "docker ps"),
    ];
    let rest = rest.map(|(subject, command)| format!("not looked at: {subject} ({})\n", why(command)));
    format!("{checks}{}\n1 error, 2 warnings\n", rest.concat())
}

/// Nothing that docker would have said is "ok".
#[test]
fn answers_that_never_come() {
    if under_wine() {
        return eprintln!("stepping aside: Wine takes too long to start a process for a test of time limits");
    }
    let sandbox = healthy();
    sandbox.on("docker *").act("until", &sandbox.root().join("never").display().to_string());
    let expected = "\
ok       tasks   `tasks.toml`
error    docker  `<T>/bin/docker` does not answer, not even `docker --version`
                 nothing can be built or started
                 fix: try it: docker --version
not looked at: how compose reads its files (`docker compose config` does not answer)
not looked at: the engine's version (`docker version` does not answer)
not looked at: the engine's settings and its disk (`docker info` does not answer)
not looked at: the selected builder (`docker buildx inspect` does not answer)
not looked at: the build cache (`docker buildx du` does not answer)
not looked at: the version of compose (`docker compose version` does not answer)
not looked at: the version of buildx (`docker buildx version` does not answer)
not looked at: ports of other containers (`docker ps` does not answer)

1 error, 0 warnings
";
    doctor(&sandbox).is(1, expected, "");
}

/// Where no file shows whether there is compose, docker is asked, and compose is not missing because docker does not say.
#[test]
fn a_docker_that_does_not_say_whether_it_has_compose() {
    let never = |sandbox: &Sandbox| sandbox.root().join("never").display().to_string();
    let answers = [
        (Some(PAGE), format!("the answer of `docker compose version` can't be read; {BEGINS}")),
        (Some(""), "`docker compose version` printed nothing".to_owned()),
        (None, "`docker compose version` does not answer".to_owned()),
    ];
    for (answer, why) in answers {
        let sandbox = healthy();
        std::fs::remove_dir_all(sandbox.home().join(".docker")).expect("no plugins");
        match answer {
            Some(page) => drop(sandbox.on("docker compose version").out(page)),
            None => drop(sandbox.on("docker compose version").act("until", &never(&sandbox))),
        }
        sandbox.on("docker system *").out("null");
        OF_28.script(&sandbox, "docker compose");
        let said =
            format!("error: can't tell whether compose is installed: {why}\nhint: try it: docker compose version\n");
        sandbox.run("build").is(2, "", &said);
        let expected = format!(
            "\
ok       tasks     `tasks.toml`
ok       docker    28.5.2, `<T>/bin/docker`
ok       engine    28.5.2+dfsg4 at `tcp://ENGINE`: BuildKit is on by default
error    compose   can't tell whether compose is installed: {why}
                   the tasks of this project need it
                   fix: try it: docker compose version
ok       buildx    0.29.1
ok       buildkit  on by default; can't tell whether a Dockerfile needs it

1 error, 0 warnings
"
        );
        doctor(&sandbox).is(1, &expected, "");
    }
}

/// After `up --detach`.
#[test]
fn the_wait_ends_where_an_answer_is_not_understood() {
    let up = |ps: &str, services: &str, inspect: &str, said: &str| {
        let sandbox = Sandbox::with_docker(wait::UP);
        sandbox.on("docker compose up --detach").exit(0);
        sandbox.on("docker compose ps -a -q").out(ps);
        sandbox.on("docker inspect *").out(inspect);
        sandbox.on("docker compose config --services").out(services);
        sandbox.run("-q up").is(2, "", &format!("error: {said}\n"));
    };
    let look = wait::look("running", 0, "healthy", "");
    up(PAGE, "api\n", &look, &format!("the answer of `docker compose ps` can't be read; {BEGINS}"));
    up("a1\n", PAGE, &look, &format!("the answer of `docker compose config` can't be read; {BEGINS}"));
    up("a1\n", "", &look, "`docker compose config` printed nothing");
    up("a1\n", "api\n", PAGE, &format!("the answer of `docker inspect` can't be read; {BEGINS}"));
    let too_long = Sandbox::with_docker(wait::UP);
    too_long.on("docker compose up --detach").exit(0);
    too_long.on("docker compose ps -a -q").act("forever", "a1\n");
    let said = format!(
        "error: `docker compose ps` printed more than 32 MB and was ended; it begins with `{}`\n",
        "a1\\n".repeat(20)
    );
    too_long.run("-q up").is(2, "", &said);
}
