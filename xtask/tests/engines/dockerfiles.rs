//! Dockerfiles of every form, and the advice of doctor's rules: applied, it builds.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;

use crate::harness::{Ended, Engine, free_port};
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(
    commands_that_read_unusual_instructions,
    additional_contexts_are_no_images,
    a_service_of_no_containers_takes_no_port,
    two_containers_want_one_port,
    each_taken_port_is_named,
    a_folder_that_is_missing,
    a_line_that_docker_refuses,
);

/// Instructions that a reader may stumble over, in a stage that nobody builds.
fn commands_that_read_unusual_instructions(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("compose.yaml", "services:\n  api:\n    build: { context: ., target: dev }\n");
    if engine.tier == 20 {
        project.edit("compose.yaml", "services:", "version: \"3.8\"\nservices:");
    }
    let target = format!("/root/.cache/{}", engine.name);
    for (number, unusual) in ["ENTRYPOINT []", "ONBUILD ENTRYPOINT []", "RUN []", "ONBUILD RUN []"].iter().enumerate() {
        let run = format!("mkdir -p {target} && echo {number} > {target}/x");
        let base = "FROM debian-python:local AS dev";
        project.write(
            "Dockerfile",
            &format!("{base}\nRUN --mount=type=cache,target={target} {run}\nFROM dev AS ci\n{unusual}\n"),
        );
        let doctor = project.run(&["doctor"]).expect(0);
        assert!(doctor.stdout.contains("RUN --mount in `Dockerfile` (line 2) needs it"), "{}", doctor.all());
        let verify = project.run(&["verify"]).expect(0);
        let verdict = format!("kept, use not seen  `{target}` of `Dockerfile`, line 2");
        assert_eq!(verify.stdout.lines().next(), Some(verdict.as_str()), "{}", verify.all());
        project.run(&["bench", "--runs", "1"]).expect(0).says("\nfirst build\n  without cache mounts ");
        let emptied = format!("`--no-cache` also empties the cache mounts of these builds: `{target}`; ");
        project.run(&["build", "--no-cache"]).expect(0).says(&emptied);
        let cache = project.run(&["cache"]).expect(0);
        let is_row = |line: &&str| line.contains(&format!(" {target} ")) && line.contains(" api ");
        assert!(cache.stdout.lines().any(|line| is_row(&line)), "{}", cache.all());
        project.run(&["build-fresh"]).expect(0).says("1 step ran again");
    }
}

/// What doctor says of something.
#[derive(Debug)]
pub struct Found {
    rule: String,
    pub message: String,
    why: String,
    pub fix: String,
}

/// What doctor finds wrong in the project, not in the machine.
#[track_caller]
pub fn findings(project: &Project, code: i32) -> Vec<Found> {
    let ended = project.run(&["doctor", "--json"]).expect(code);
    let value: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let of_machine = ["cache-mounts", "buildx", "disk", "compose"];
    // The steps of these projects have no mounts, and no versions, so that they stay short.
    let of_mounts = [
        "missing-cache-mount",
        "defeated-cache-mount",
        "misplaced-cache-mount",
        "unsafe-cache-sharing",
        "unpinned-requirements",
    ];
    let wrong = value["findings"].as_array().expect("findings").iter().filter(|finding| finding["severity"] != "ok");
    let found = wrong.map(|finding| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        Found { rule: text("rule"), message: text("message"), why: text("why"), fix: text("fix") }
    });
    found
        .filter(|found| !of_machine.contains(&found.rule.as_str()) && !of_mounts.contains(&found.rule.as_str()))
        .collect()
}

/// The same as text.
#[track_caller]
pub fn complaints(project: &Project, code: i32) -> String {
    let line = |found: Found| format!("{}: {}\n  {}\n  {}\n", found.rule, found.message, found.why, found.fix);
    findings(project, code).into_iter().map(line).collect()
}

fn hints(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().filter(|line| line.starts_with("hint: ")).collect()
}

/// An additional context is no image: pinning it would break the build.
fn additional_contexts_are_no_images(engine: &Engine) {
    if engine.tier == 20 {
        // Neither compose 1 nor the docker of that time has them.
        return;
    }
    let project = Project::small(engine, SLOW_TO_STOP);
    fs::create_dir_all(project.dir.join("base")).expect("makes a folder");
    project.write("base/Dockerfile", "FROM debian-python:local\nRUN touch /x\n");
    project.write("base/x", "");
    let context = |value: &str| {
        format!(
            "services:\n  base:\n    build: ./base\n  api:\n    build:\n      context: .\n      additional_contexts: {{ base: \"{value}\" }}\n"
        )
    };
    let from_image = "FROM base\nCOPY --from=base /etc/hostname /h\n";
    let from_folder = "FROM debian-python:local\nCOPY --from=base x /x\n";
    for (value, dockerfile) in
        [("service:base", from_image), ("docker-image://debian-python:local", from_image), ("./base", from_folder)]
    {
        // Compose 2.26 has no `service:`.
        if engine.tier == 26 && value.starts_with("service:") {
            continue;
        }
        project.write("compose.yaml", &context(value));
        project.write("Dockerfile", dockerfile);
        assert_eq!(complaints(&project, 0), "", "{value}");
        project.run(&["build"]).expect(0);
    }
}

fn a_service_of_no_containers_takes_no_port(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let service = |name: &str, more: &str| {
        format!("  {name}:\n    build: .\n    {more}\n    ports: [\"127.0.0.1:${{PORT}}:81\"]\n")
    };
    let version = engine.pick("version: \"2.4\"\n", "", "");
    for none in ["scale: 0", "deploy: { replicas: 0 }"] {
        // The old format of compose 1 knows `scale`, and the newer one `deploy`.
        let version = if none.starts_with("deploy") { "" } else { version };
        project.write(
            "compose.yaml",
            &format!("{version}services:\n{}{}", service("none", none), service("one", "init: true")),
        );
        assert_eq!(complaints(&project, 0), "", "{none}");
        project.run(&["dev", "-d"]).expect(0);
        assert_eq!(project.states(), ["running 0"], "{none}");
        project.compose(&["down", "--timeout", "0"]).expect(0);
    }
}

fn two_containers_want_one_port(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let two = engine.pick("    scale: 2\n", "    deploy: { replicas: 2 }\n", "    deploy: { replicas: 2 }\n");
    let version = engine.pick("version: \"2.4\"\n", "", "");
    let ports = "    ports: [\"${PORT}:81\"]\n";
    project.write("compose.yaml", &format!("{version}services:\n  api:\n    build: .\n{two}{ports}"));
    let (first, second) = (project.port, project.port + 1);
    let message = format!("port {first} (service `api`) is wanted by each of its 2 containers");
    let fix =
        format!("publish a range in the compose file, as `{first}-{second}:PORT`, or leave the port to docker: `PORT`");
    assert_eq!(complaints(&project, 1), format!("ports: {message}\n  compose can't start `api`\n  {fix}\n"));
    let ended = project.run(&["dev", "-d"]);
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_eq!(hints(&ended), [format!("hint: {message}: {fix}")], "{}", ended.all());
    // Both ways to follow it work.
    for ports in [format!("{first}-{second}:81"), "81".to_owned()] {
        project.compose(&["down", "--timeout", "0"]).expect(0);
        project.write(
            "compose.yaml",
            &format!("{version}services:\n  api:\n    build: .\n{two}    ports: [\"{ports}\"]\n"),
        );
        assert_eq!(complaints(&project, 0), "", "{ports}");
        project.run(&["dev", "-d"]).expect(0);
        assert_eq!(project.states(), ["running 0", "running 0"], "{ports}");
    }
}

/// Docker names the port that it tried first, and the other one has to be freed as well.
fn each_taken_port_is_named(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let other = free_port();
    let service = |name: &str, port: u16| format!("  {name}:\n    build: .\n    ports: [\"127.0.0.1:{port}:81\"]\n");
    project.write("compose.yaml", &format!("services:\n{}{}", service("api", project.port), service("web", other)));
    let _taken = [project.port, other].map(|port| TcpListener::bind(("127.0.0.1", port)).expect("takes the port"));
    let ended = project.run(&["dev", "-d"]).says("address already in use");
    assert_ne!(ended.code(), 0, "{}", ended.all());
    let hints = hints(&ended);
    assert_eq!(hints.len(), 2, "{}", ended.all());
    for (hint, port, service) in [(hints[0], project.port, "api"), (hints[1], other, "web")] {
        assert!(hint.starts_with(&format!("hint: port {port} (service `{service}`) is taken by `")), "{}", ended.all());
    }
}

fn a_folder_that_is_missing(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("compose.yaml", "services:\n  api:\n    build: ./nope\n");
    let fix = "create it, or name another folder under `build:` in the compose file";
    let found = complaints(&project, 1);
    match engine.tier {
        // Compose 1 refuses the whole file and names the folder, unless it is too slow to answer.
        20 => assert!(found.contains("nope"), "{found}"),
        _ => assert_eq!(found, format!("dockerfile: there is no folder `nope`\n  `api` can't be built\n  {fix}\n")),
    }
    for words in [&["build"][..], &["dev", "-d"]] {
        let ended = project.run(words);
        assert_ne!(ended.code(), 0, "{}", ended.all());
        assert_eq!(hints(&ended), [format!("hint: there is no folder `nope`: {fix}")], "{}", ended.all());
    }
    project.write("compose.yaml", "services:\n  api:\n    build: .\n");
    assert_eq!(complaints(&project, 0), "");
    project.run(&["build"]).expect(0);
}

fn a_line_that_docker_refuses(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let patterns = [
        ("[a", "`[` is not closed"),
        ("[]", "a character is missing in `[…]`"),
        ("x\\", "`\\` stands at its end"),
        ("!", "`!` stands alone"),
    ];
    for (pattern, why) in patterns {
        project.write(".dockerignore", &format!("# what no image needs\n*.log\n{pattern}\n"));
        let message = format!("invalid pattern `{pattern}` in line 3 of `.dockerignore`: {why}");
        let complaint = format!(
            "ignore-file: {message}\n  docker refuses the whole file, and with it the build\n  correct the line, or remove it\n"
        );
        assert_eq!(complaints(&project, 1), complaint);
        let ended = project.run(&["build"]);
        assert_ne!(ended.code(), 0, "{}", ended.all());
        assert_eq!(hints(&ended), [format!("hint: {message}: correct the line, or remove it")], "{}", ended.all());
    }
    project.write(".dockerignore", "# what no image needs\n*.log\n");
    assert_eq!(complaints(&project, 0), "");
    project.run(&["build"]).expect(0);
}
