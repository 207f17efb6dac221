//! `buildkit enable` on the daemon.json of a real engine that needs it: afterwards a cache mount builds with no variable.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Engine, repository, wait_until};
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(enable_and_disable, docker_itself_validates);

/// A throw-away engine of a tier with a daemon.json of its own, dropped with it.
struct Own {
    name: String,
    host: String,
    config: PathBuf,
}

impl Own {
    fn start(engine: &Engine, folder: &Path) -> Own {
        let name = format!("config{}", engine.tier);
        let config = folder.join("daemon.json");
        fs::write(&config, "{\n  \"debug\": false\n}\n").expect("writes a file");
        let socket = PathBuf::from(engine.variable("DOCKER_HOST").trim_start_matches("unix://"));
        let engines = socket.parent().and_then(Path::parent).expect("a folder of engines");
        let host = format!("unix://{}/docker.sock", engines.join(&name).display());
        let own = Own { name, host, config };
        let mut run = Command::new(repository().join(".ci/engines"));
        run.args(["run", &engine.tier.to_string(), &own.name, "--config-file"]).arg(&own.config);
        let started = run.output().expect("runs .ci/engines");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        own
    }

    /// What `systemctl reload docker` does.
    fn reload(&self) {
        let pid = Path::new(self.host.trim_start_matches("unix://")).with_file_name("pid");
        let pid = fs::read_to_string(pid).expect("the engine's number").trim().parse().expect("a number");
        crate::harness::signal(pid, libc::SIGHUP);
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = Command::new(repository().join(".ci/engines")).args(["drop", &self.name]).output();
    }
}

fn enable_and_disable(engine: &Engine) {
    if engine.tier != 20 {
        // From 23 on there is nothing to enable.
        return;
    }
    let project = Project::small(engine, SLOW_TO_STOP);
    // Throw-away engines have no network, and need none.
    project.edit("compose.yaml", "    build: .\n", "    build: { context: ., network: none }\n");
    project.edit("compose.yaml", "services:", "version: \"3.8\"\nservices:");
    project.edit("Dockerfile", "CMD", "RUN --mount=type=cache,target=/root/.cache/x touch /root/.cache/x/y\nCMD");
    let folder = project.dir.with_extension("etc");
    fs::create_dir_all(&folder).expect("makes a folder");
    let own = Own::start(engine, &folder);
    let bare = |program: &str, words: &[&str]| {
        let mut command = project.command(program);
        command.args(words).env("DOCKER_HOST", &own.host);
        project.start(command).end()
    };
    let docker_build = || bare("docker", &["build", "--network=none", "."]);
    let xtask = |action: &str| {
        let mut command = project.xtask(&["buildkit", action, "--config"]);
        command.arg(&own.config).env("DOCKER_HOST", &own.host);
        project.start(command).end()
    };
    docker_build().expect(1).says("the --mount option requires BuildKit");
    xtask("status").expect(0).says("uses BuildKit only where DOCKER_BUILDKIT=1 is set");

    xtask("enable").expect(0).says("next: sudo systemctl reload docker");
    docker_build().expect(1);
    own.reload();
    assert!(
        wait_until(crate::harness::LONG, || (docker_build().code() == 0).then_some(())).is_some(),
        "{}",
        docker_build().all()
    );
    xtask("status").expect(0).says("uses BuildKit, because daemon.json says so");
    xtask("enable").expect(0).says("nothing to do: `features.buildkit` is already true");
    // Compose 1 asks the engine through docker, too.
    bare("docker-compose", &["-p", &engine.name, "build"]).expect(0);

    xtask("disable").expect(0);
    assert_eq!(fs::read_to_string(&own.config).expect("the file"), "{\n  \"debug\": false\n}\n");
    own.reload();
    let refused = || (docker_build().code() == 1).then_some(());
    assert!(wait_until(crate::harness::LONG, refused).is_some(), "BuildKit is off again");
    drop(own);
    let _ = fs::remove_dir_all(folder);
}

/// The real dockerd looks at the file before it takes the old one's place.
fn docker_itself_validates(engine: &Engine) {
    if engine.tier == 20 {
        // It does not know how.
        return;
    }
    let project = Project::small(engine, SLOW_TO_STOP);
    let before = "{\n  \"debug\": false,\n  \"no-such-directive\": 1\n}\n";
    project.write("daemon.json", before);
    let ended = project.run(&["buildkit", "enable", "--config", "daemon.json"]).expect(2);
    let ended =
        ended.says("docker refuses the changed file, and the old one stays: unable to configure the Docker daemon");
    ended.says("hint: it refuses the old one too: fix that first");
    assert_eq!(project.read("daemon.json"), before);
    project.write("daemon.json", "{\n  \"debug\": false\n}\n");
    project.run(&["buildkit", "enable", "--config", "daemon.json"]).expect(0);
    assert!(project.read("daemon.json").contains("\"buildkit\": true"));
}
