//! More than one machine: contexts, a remote BuildKit, and a cache that is shared by files.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::harness::{Engine, LONG, free_port, wait_until};
use crate::own_engine::OwnEngine;
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(a_context_names_the_engine, a_shared_cache, a_remote_buildkit);

const TARGET: &str = "/xt/far";

fn project(engine: &Engine) -> Project<'_> {
    let project = Project::small(engine, SLOW_TO_STOP);
    let step = format!("RUN date +%s%N > /built\nRUN --mount=type=cache,target={TARGET} date > {TARGET}/x\nCMD");
    project.edit("Dockerfile", "CMD", &step);
    let more = "\n[tasks.build-fresh]\nbuiltin = \"build-fresh\"\n";
    project.write("tasks.toml", &(project.read("tasks.toml") + more));
    project.write("compose.yaml", "services:\n  api:\n    build: { context: ., network: host }\n");
    project
}

/// Every command of the cache, there.
fn everything_works(project: &Project) {
    project.run(&["build"]).expect(0);
    project.run(&["build-fresh"]).expect(0).says("2 steps ran again");
    let table = project.run(&["cache"]).expect(0).says("`api`: built fresh ");
    assert!(table.stdout.lines().any(|line| line.contains(TARGET) && line.contains(" api ")), "{}", table.all());
    project.run(&["cache", "prune", TARGET, "--yes"]).expect(0).says("removed 1 of 1 record");
    let ended = project.run(&["build-fresh", "--drop-caches"]).expect(0);
    assert!(
        ended.stderr.contains(&format!("1 cache mount will be emptied:\n  `{TARGET}` (not there yet)")),
        "{}",
        ended.all()
    );
}

/// A configuration of docker's own, with the tier's plugins, so that nobody else's gets a context or a builder.
struct Config(PathBuf);

impl Config {
    fn new(engine: &mut Engine, own: &str) -> Config {
        let plugins = Path::new(engine.variable("DOCKER_CONFIG")).join("cli-plugins");
        let folder = std::env::temp_dir().join(format!("{}.{own}", engine.name));
        fs::create_dir_all(&folder).expect("makes a folder");
        std::os::unix::fs::symlink(plugins, folder.join("cli-plugins")).expect("links the plugins");
        set(engine, "DOCKER_CONFIG", &folder.display().to_string());
        Config(folder)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn set(engine: &mut Engine, name: &str, value: &str) {
    engine.variables.retain(|(other, _)| other != name);
    engine.variables.push((name.to_owned(), value.to_owned()));
}

fn a_context_names_the_engine(shared: &Engine) {
    if shared.tier == 20 {
        // Compose 1 knows contexts only as DOCKER_HOST, which `cache.rs` uses.
        return;
    }
    let mut own = OwnEngine::start(shared, "context", &[]);
    let host = format!("host=tcp://127.0.0.1:{}", own.tcp_port);
    let _config = Config::new(&mut own.engine, "config");
    own.engine.docker(&["context", "create", "far", "--docker", &host]);
    own.engine.variables.retain(|(name, _)| name != "DOCKER_HOST");
    set(&mut own.engine, "DOCKER_CONTEXT", "far");
    everything_works(&project(&own.engine));
    // The choice that docker itself keeps.
    own.engine.variables.retain(|(name, _)| name != "DOCKER_CONTEXT");
    own.engine.docker(&["context", "use", "far"]);
    everything_works(&project(&own.engine));
}

/// An engine with containerd's image store, which can export a cache.
fn with_image_store(shared: &Engine, label: &str, folder: &Path) -> OwnEngine {
    fs::create_dir_all(folder).expect("makes a folder");
    let config = folder.join("daemon.json");
    fs::write(&config, r#"{"features": {"containerd-snapshotter": true}}"#).expect("writes a file");
    OwnEngine::start(shared, label, &["--config-file", &config.display().to_string()])
}

/// `cache_to` and `cache_from` of the compose file: what one machine built, another does not build again.
fn a_shared_cache(shared: &Engine) {
    if shared.tier != 28 {
        return;
    }
    let folder = std::env::temp_dir().join(format!("{}.store", shared.name));
    let own = with_image_store(shared, "store", &folder);
    let project = project(&own.engine);
    let place = folder.join("cache");
    let build = format!(
        "build:\n      context: .\n      network: host\n      cache_to: [\"type=local,dest={0}\"]\n      cache_from: [\"type=local,src={0}\"]\n",
        place.display()
    );
    project.edit("compose.yaml", "build: { context: ., network: host }\n", &build);
    project.run(&["build"]).expect(0);
    assert!(place.join("index.json").is_file(), "the cache is there");
    // A machine that never built it.
    // What was used in the moment of the list stays.
    let is_gone = || project.run(&["cache", "prune", "--all", "--yes"]).says(" records").code() == 0;
    wait_until(LONG, || is_gone().then_some(())).expect("all of it goes");
    let ended = project.run(&["build"]).expect(0);
    let log = ended.all();
    let step = log.lines().find(|line| line.contains("RUN date +%s%N")).expect("the step is in the log");
    let number = step.split(' ').next().unwrap_or_default();
    assert!(log.lines().any(|line| line == format!("{number} CACHED")), "it comes from the shared cache:\n{log}");
    // A kept value does not fit it, and that is said.
    project
        .run(&["build-fresh"])
        .expect(0)
        .says("warning: `api` takes layers from elsewhere")
        .says("2 steps ran again");
    project.run(&["build-fresh", "--drop-caches"]).expect(0);
    drop(project);
    drop(own);
    let _ = fs::remove_dir_all(&folder);
}

/// BuildKit on another machine: `docker buildx create --driver remote`, and BUILDX_BUILDER.
fn a_remote_buildkit(shared: &Engine) {
    if shared.tier != 28 {
        return;
    }
    let folder = std::env::temp_dir().join(format!("{}.remote", shared.name));
    let far = with_image_store(shared, "remote", &folder);
    let port = free_port();
    speak_grpc(port, far.engine.variable("DOCKER_HOST").trim_start_matches("unix://"));
    // The images go to the shared engine; what is built, and its cache, stays on the far one.
    let mut near = Engine { tier: shared.tier, name: shared.name.clone(), variables: shared.variables.clone() };
    let _config = Config::new(&mut near, "config");
    near.docker(&["buildx", "create", "--name", "far", "--driver", "remote", &format!("tcp://127.0.0.1:{port}")]);
    set(&mut near, "BUILDX_BUILDER", "far");
    let project = project(&near);
    everything_works(&project);
    project.run(&["build"]).expect(0);
    let far_records = far.engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
    assert!(far_records.contains(TARGET), "{far_records}");
    let near_records = near.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
    assert!(!near_records.contains(TARGET), "{near_records}");
    drop(project);
    drop(far);
    let _ = fs::remove_dir_all(&folder);
}

/// The engine's own BuildKit on a port, as buildkitd listens: no package has buildkitd itself. Docker's API gives its
/// gRPC to whoever asks for an upgrade.
fn speak_grpc(port: u16, socket: &str) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port");
    let socket = socket.to_owned();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let socket = socket.clone();
            std::thread::spawn(move || connect(near, &socket));
        }
    });
}

fn connect(near: TcpStream, socket: &str) -> Option<()> {
    let mut far = UnixStream::connect(socket).ok()?;
    far.write_all(b"POST /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n").ok()?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        far.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let (mut from_near, mut to_far) = (near.try_clone().ok()?, far.try_clone().ok()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_near, &mut to_far);
        let _ = to_far.shutdown(Shutdown::Write);
    });
    let mut near = near;
    let _ = std::io::copy(&mut far, &mut near);
    let _ = near.shutdown(Shutdown::Write);
    Some(())
}
