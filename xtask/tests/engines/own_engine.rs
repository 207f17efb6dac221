//! Throw-away engines: of one test, with a cache of its own, and dropped with it. They have no bridge, so builds use
//! the host's network or none, and services none.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Engine, free_port, repository};

pub struct OwnEngine {
    /// As the shared one of its tier, with another address.
    pub engine: Engine,
    name: String,
    pub tcp_port: u16,
}

impl OwnEngine {
    /// Starts one that listens on its socket and on TCP, on loopback. `flags` are dockerd's.
    #[track_caller]
    pub fn start(shared: &Engine, label: &str, flags: &[&str]) -> OwnEngine {
        let name = format!("{label}{}-{}", shared.tier, std::process::id());
        let tcp_port = free_port();
        let mut run = Command::new(repository().join(".ci/engines"));
        run.args(["run", &shared.tier.to_string(), &name, "-H", &format!("tcp://127.0.0.1:{tcp_port}")]).args(flags);
        let started = run.output().expect("runs .ci/engines");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let socket = PathBuf::from(shared.variable("DOCKER_HOST").trim_start_matches("unix://"));
        let engines = socket.parent().and_then(Path::parent).expect("a folder of engines");
        let host = format!("unix://{}/docker.sock", engines.join(&name).display());
        let engine =
            Engine { tier: shared.tier, name: format!("{}-own", shared.name), variables: shared.variables.clone() };
        let mut own = OwnEngine { engine, name, tcp_port };
        own.at(&host);
        own
    }

    /// The number of its dockerd.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        let socket = PathBuf::from(self.engine.variable("DOCKER_HOST").trim_start_matches("unix://"));
        let text = std::fs::read_to_string(socket.with_file_name("pid")).expect("dockerd writes its pid");
        text.trim().parse().expect("a number")
    }

    /// Starts it again after it was killed, with the data that it had.
    #[track_caller]
    pub fn start_again(&self) {
        let mut run = Command::new(repository().join(".ci/engines"));
        run.args(["run", &self.engine.tier.to_string(), &self.name]);
        let started = run.output().expect("runs .ci/engines");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    }

    /// Reaches it over TCP from now on.
    pub fn over_tcp(&mut self) {
        let host = format!("tcp://127.0.0.1:{}", self.tcp_port);
        self.at(&host);
    }

    fn at(&mut self, host: &str) {
        self.engine.variables.retain(|(name, _)| name != "DOCKER_HOST");
        self.engine.variables.push(("DOCKER_HOST".to_owned(), host.to_owned()));
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        let _ = Command::new(repository().join(".ci/engines")).args(["drop", &self.name]).output();
    }
}
