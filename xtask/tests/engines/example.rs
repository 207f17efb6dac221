//! The shipped example: from a clean clone to `down`, and its base image from a registry.

use std::time::Duration;

use crate::harness::{Ended, Engine, LONG, get, registry_image, wait_until};
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(from_a_clean_clone_to_down, pull_looks_at_the_registry, uv_installs_the_same_packages);

fn from_a_clean_clone_to_down(engine: &Engine) {
    let project = Project::copy_of_repository(engine);
    let url = format!("api: http://127.0.0.1:{}", project.port);
    let is_up = |ended: Ended, stage: &str| {
        let ended = ended.expect(0);
        // Before it stands what the build of compose 2.40 prints on stdout.
        assert_eq!(ended.stdout.lines().last(), Some(&*url), "{}", ended.all());
        assert!(serves(&project, stage), "{stage}: {:?}", get(project.port, "/"));
        ended
    };

    // what a newcomer types
    is_up(cargo_xtask(&project, &["dev", "--detached"]), "development");
    installed_by_pip(&project);

    // again: nothing to do
    let ended = is_up(project.run(&["dev", "--detached"]), "development");
    assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
    assert!(!ended.all().contains("Successfully installed"), "{}", ended.all());

    // from the index, since `--no-cache` empties the mount too
    project.run(&["build"]).expect(0);
    project.run(&["build-fresh"]).expect(0).says("Successfully installed");
    project.run(&["dev", "-d", "--no-cache"]).expect(0).says("Downloading").says("Successfully installed");

    // the other stage: the flag builds it, the variable starts it as well
    project.run(&["build", "--target", "production"]).expect(0);
    let image = format!("{}:latest", project.of_service("api"));
    assert_eq!(engine.docker(&["image", "inspect", "--format", "{{.Config.User}}", &image]), "app");
    let mut command = project.xtask(&["dev", "-d"]);
    command.env("BUILD_TARGET", "production");
    is_up(project.start(command).end(), "production");
    assert_eq!(project.compose(&["exec", "-T", "api", "id", "-un"]).expect(0).stdout.trim(), "app");

    project.run(&["ps"]).expect(0).says(&project.of_service("api")).says("8000");
    project.run(&["logs", "--", "api"]).expect(0).says("Listening at");
    let ended = project.run(&["logs", "--tail", "2"]).expect(0);
    assert_eq!(ended.stdout.lines().filter(|line| line.contains('|')).count(), 2, "{}", ended.all());
    project.run(&["restart"]).expect(0);
    assert!(wait_until(LONG, || serves(&project, "production").then_some(())).is_some(), "after a restart");

    project.run(&["down"]).expect(0);
    assert_eq!(project.containers(), [""; 0]);
    let filter = format!("label=com.docker.compose.project={}", engine.name);
    assert_eq!(engine.docker(&["network", "ls", "-q", "--filter", &filter]), "");
}

/// The other installer: the same packages, and the service's own tests pass with them.
fn uv_installs_the_same_packages(engine: &Engine) {
    let project = Project::copy_of_repository(engine);
    let mut command = project.xtask(&["build", "--installer", "uv"]);
    command.env("PORT", project.port.to_string());
    project.start(command).end().expect(0).says("uv pip install --system");
    let mut command = project.xtask(&["dev", "-d"]);
    command.env("INSTALLER", "uv");
    project.start(command).end().expect(0);
    installed_by_pip(&project);
    let tests = project.compose(&["exec", "-T", "api", "python", "-m", "unittest"]).expect(0);
    assert!(tests.stderr.contains("\nOK"), "{}", tests.all());
    // Not uv itself, which has done its work.
    let found = project.compose(&["exec", "-T", "api", "sh", "-c", "ls /uv/bin; command -v uv || echo none"]).expect(0);
    assert_eq!(found.stdout.trim(), "none", "{}", found.all());
    project.run(&["down"]).expect(0);
}

fn pull_looks_at_the_registry(engine: &Engine) {
    let image = registry_image();
    let example = Project::copy_of_repository(engine);
    for words in [&["build", "--pull"][..], &["dev", "-d", "--pull"], &["build-fresh", "--pull"]] {
        let mut command = example.xtask(words);
        command.env("PYTHON_IMAGE", &image);
        example.start(command).end().expect(0).says(&image);
    }
    assert!(serves(&example, "development"));
    example.run(&["down"]).expect(0);

    // An image that this engine has, of a registry where nobody answers: only who looks there fails.
    let local = Tag { engine, name: format!("127.0.0.1:{}/{}:local", example.port, engine.name) };
    engine.docker(&["tag", "debian-python:local", &local.name]);
    example.write("Dockerfile", &format!("FROM {}\n", local.name));
    example.write("service.sh", SLOW_TO_STOP);
    example.write("example/compose.yaml", "services:\n  api:\n    build: ..\n");
    example.run(&["build"]).expect(0);
    let refused = example.run(&["build", "--pull"]);
    assert_ne!(refused.code(), 0, "{}", refused.all());
    refused.says("connection refused");
}

/// An image's name that a test gave, taken away again.
struct Tag<'a> {
    engine: &'a Engine,
    name: String,
}

impl Drop for Tag<'_> {
    fn drop(&mut self) {
        let _ = self.engine.command("docker").args(["image", "rm", &self.name]).output();
    }
}

/// `cargo xtask …`, built in the copy.
fn cargo_xtask(project: &Project, words: &[&str]) -> Ended {
    // By its name, as it is typed: rustup's stand-in for it says which toolchain all of its children use. Without that,
    // rustup would heed the `rust-toolchain.toml` that some crates bring along, and exchange the toolchain for it.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cargo = std::env::split_paths(&path).map(|dir| dir.join("cargo")).find(|file| file.is_file());
    let mut command = project.command(cargo.expect("cargo is on PATH"));
    // The copies share what cargo builds of the crates.
    command.env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/clones"));
    for name in ["CARGO_HOME", "RUSTUP_HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let path = format!("{}:{}", project.engine.variable("PATH"), std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).arg("xtask").args(words);
    project.start(command).end()
}

fn serves(project: &Project, stage: &str) -> bool {
    let asks = |path: &str| get(project.port, path).unwrap_or_default().replace(' ', "");
    let index = asks("/");
    let is_ok = |answer: &str| answer.starts_with("HTTP/1.") && answer.contains("200OK\r\n");
    is_ok(&index) && index.contains(&format!("\"stage\":\"{stage}\"")) && is_ok(&asks("/health"))
}

/// The packages of requirements.txt are in the container, and pip knows no other index than the real one.
#[track_caller]
fn installed_by_pip(project: &Project) {
    let installed = project.compose(&["exec", "-T", "api", "pip", "freeze"]).expect(0).stdout.to_lowercase();
    let requirements = project.read("example/requirements.txt");
    let wanted: Vec<&str> = requirements.lines().filter(|line| line.contains("==")).collect();
    assert!(wanted.len() > 2, "{requirements}");
    for line in wanted {
        assert!(installed.lines().any(|other| other == line), "no {line} in:\n{installed}");
    }
    let config = project.compose(&["exec", "-T", "api", "pip", "config", "list"]).expect(0).stdout;
    assert!(!config.contains("index") && !config.contains("find-links"), "{config}");
}
