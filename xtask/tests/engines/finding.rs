//! Which compose is called, and what is started before it: seen by wrappers that write down what they are called with.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::harness::{Ended, Engine};
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(nothing_is_started_needlessly, the_persons_own_choice);

/// xtask with wrappers first on PATH, and the calls they saw.
fn observed(project: &Project, words: &[&str]) -> (Ended, Vec<String>) {
    let engine = project.engine;
    let bin = project.dir.join("bin");
    let log = project.dir.join("calls");
    let _ = fs::remove_file(&log);
    fs::create_dir_all(&bin).expect("makes a folder");
    for name in ["docker", "docker-compose"] {
        let real = engine.command(name).get_program().to_string_lossy().into_owned();
        let wrapper = format!("#!/bin/sh\necho \"{name} $*\" >>'{}'\nexec '{real}' \"$@\"\n", log.display());
        fs::write(bin.join(name), wrapper).expect("writes a wrapper");
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).expect("sets the mode");
    }
    let mut command: Command = project.xtask(words);
    command.env("PATH", format!("{}:{}", bin.display(), engine.variable("PATH")));
    let ended = project.start(command).end();
    let calls = fs::read_to_string(log).unwrap_or_default();
    (ended, calls.lines().map(|line| line.replace(&engine.name, "NAME")).collect())
}

fn nothing_is_started_needlessly(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let (ended, calls) = observed(&project, &["dev", "-d"]);
    ended.expect(0);
    let compose = format!("{} -f compose.yaml -p NAME", engine.compose().join(" "));
    let mut wanted = vec![format!("{compose} build"), format!("{compose} up --detach"), format!("{compose} ps -a -q")];
    if engine.tier == 20 {
        // There is no plugin to be seen, so docker is asked, once. Never `docker-compose version`, which takes a second.
        wanted.insert(0, "docker compose version".to_owned());
    } else {
        // Version 2 lists containers of other services, too.
        wanted.push(format!("{compose} config --services"));
    }
    // Then come looks at the containers; and compose v1 builds by calling docker.
    let ours = |call: &&String| !call.starts_with("docker inspect ") && !call.starts_with("docker build ");
    assert_eq!(calls.iter().filter(ours).collect::<Vec<_>>(), wanted.iter().collect::<Vec<_>>(), "{calls:#?}");
}

fn the_persons_own_choice(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let (ended, calls) = observed(&project, &["--compose", "docker-compose", "build"]);
    ended.expect(0);
    assert_eq!(calls[0], "docker-compose -f compose.yaml -p NAME build", "{calls:#?}");
    project.edit("tasks.toml", "[compose]", "[compose]\ncli = \"docker compose\"");
    let (ended, calls) = observed(&project, &["build"]);
    assert_eq!(calls[0], "docker compose -f compose.yaml -p NAME build", "{calls:#?}");
    // On 20, that is what docker without the plugin says: 125.
    ended.expect(engine.pick(125, 0, 0));
}
