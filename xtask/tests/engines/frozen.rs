//! An engine that stops answering in the middle: what waits for it ends in its time.

use std::time::Duration;

use crate::harness::{Engine, signal};
use crate::own_engine::OwnEngine;
use crate::project::Project;

// All engines stop alike.
checks!(&["28"], a_wait_for_services_ends_although_the_engine_is_frozen);

const WAIT: u64 = 6;
/// What it may take besides: the last question gets a second, and one that does not end is ended.
const BESIDES: Duration = Duration::from_secs(6);

/// Goes on when dropped, so that it can be stopped.
struct Frozen(u32);

impl Drop for Frozen {
    fn drop(&mut self) {
        signal(self.0, libc::SIGCONT);
    }
}

fn a_wait_for_services_ends_although_the_engine_is_frozen(shared: &Engine) {
    let own = OwnEngine::start(shared, "frozen", &[]);
    let project = Project::small(&own.engine, "");
    project.write(
        "tasks.toml",
        &format!("[compose]\nwait = {WAIT}\n[tasks.up]\nsteps = ['compose up -d --pull never']\n"),
    );
    project.write("compose.yaml", "services:\n  a:\n    image: debian-python:local\n    network_mode: none\n    init: true\n    command: ['sleep', '100']\n    healthcheck: { test: ['CMD', 'false'], interval: 1s, retries: 100 }\n");
    let mut running = project.start(project.xtask(&["up"]));
    running.wait_for("waiting for `a` (starting)");
    let _frozen = Frozen(own.pid());
    signal(own.pid(), libc::SIGSTOP);
    let ended = running.end().expect(1);
    assert!(ended.took < Duration::from_secs(WAIT) + BESIDES, "{:?}\n{}", ended.took, ended.all());
    let said = ended.stderr.lines().last().unwrap_or_default();
    let silent = said.strip_prefix("error: not ready after 6 s: docker has not answered for ");
    let rest = silent.and_then(|rest| rest.split_once(' ')).map(|(_, rest)| rest);
    assert_eq!(rest, Some("s; before that: `a` (starting)"), "{}", ended.all());
}
