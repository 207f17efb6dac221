//! `doctor`, and the hint below a step that failed, with each fault brought about for real.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::harness::{Ended, Engine, LONG, wait_until};
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(
    a_healthy_engine,
    an_engine_that_never_was,
    a_socket_that_never_answers,
    a_port_of_another_stack,
    a_port_of_another_program,
    a_variable_that_is_no_boolean,
    buildkit_turned_off_is_the_cause,
    buildx_is_missing,
    a_builder_that_is_not_there,
    no_cause_no_hint,
    cache_mounts_are_seen,
    variables_of_the_files,
    a_full_disk,
    children_of_doctor,
    an_engine_that_answers_a_ping_alone,
    an_engine_that_was_stopped,
    a_socket_that_is_somebody_elses,
    ports_of_others_are_no_cause,
    values_are_never_shown,
    services_of_a_profile_are_seen,
    compose_1_that_builds_by_itself,
);

/// A daemon that hangs costs seconds, not minutes.
const SECONDS: Duration = Duration::from_secs(30);
const MOUNT: &str = "RUN --mount=type=cache,target=/root/.cache/xtask-doctor touch /root/.cache/xtask-doctor/x\nCMD";

/// The lines of one check, with the lines that belong to them.
fn of_check(ended: &Ended, check: &str) -> String {
    let mut found = String::new();
    let mut is_in = false;
    for line in ended.stdout.lines() {
        if !line.starts_with(' ') {
            is_in = line.split_whitespace().nth(1) == Some(check);
        }
        if is_in {
            found.push_str(line.trim_end());
            found.push('\n');
        }
    }
    found
}

#[track_caller]
fn assert_check(ended: &Ended, check: &str, severity: &str, parts: &[&str]) {
    let found = of_check(ended, check);
    assert!(found.starts_with(severity), "`{check}` is no {severity}:\n{}", ended.all());
    for part in parts {
        assert!(found.contains(part), "no `{part}` in\n{found}");
    }
}

/// Doctor asks with a time limit, and Python's compose may not have started by then on a machine that does other things,
/// too: then it says so, and is asked again.
#[track_caller]
fn doctor(project: &Project) -> Ended {
    let late = ["not looked at:", "does not report its version"];
    for _ in 0..10 {
        let ended = project.run(&["doctor"]);
        if !late.iter().any(|late| ended.stdout.contains(late)) {
            return ended;
        }
    }
    project.run(&["doctor"])
}

fn hints(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().filter(|line| line.starts_with("hint: ")).collect()
}

/// The one hint is the last word.
#[track_caller]
fn assert_hint(ended: &Ended, parts: &[&str]) {
    assert_eq!(hints(ended).len(), 1, "{}", ended.all());
    let last = ended.stderr.lines().last().unwrap_or_default();
    for part in parts {
        assert!(last.starts_with("hint: ") && last.contains(part), "no `{part}` in `{last}`:\n{}", ended.all());
    }
}

fn a_healthy_engine(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("Dockerfile", "CMD", MOUNT);
    project.edit("Dockerfile", "debian-python:local", "python:3.12-slim");
    project.write(".dockerignore", "Dockerfile\n");
    let ended = doctor(&project).expect(0);
    assert_check(
        &ended,
        "engine",
        "ok",
        &[engine.pick("used only if a variable asks for it", "by default", "by default")],
    );
    let buildkit = engine.pick("every command here gets DOCKER_BUILDKIT=1", "on by default", "on by default");
    assert_check(&ended, "buildkit", "ok", &[buildkit, "RUN --mount in `Dockerfile` (line 3) needs it"]);
    assert_check(&ended, "docker", "ok", &[engine.pick("20.10.", "26.1.", "28.")]);
    assert_check(&ended, "compose", "", &[engine.pick("1.29.", "2.26.", "2.40.")]);
    assert_check(&ended, "buildx", "ok", &[engine.pick("not needed", "0.13.", "0.29.")]);
    assert_check(&ended, "context", "ok", &["`.`: only what `COPY` names is sent"]);
    assert_check(&ended, "disk", "", &["free on the file system of"]);
    assert!(!ended.stdout.contains("error"), "{}", ended.all());

    let json = project.run(&["doctor", "--json"]).expect(0);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let checks = value["findings"].as_array().expect("findings").iter().filter_map(|finding| finding["rule"].as_str());
    let lines = ended.stdout.lines().filter(|line| line.starts_with("ok") || line.starts_with("warning"));
    let of_lines: Vec<&str> = lines.filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(checks.collect::<Vec<_>>(), of_lines);
}

fn an_engine_that_never_was(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let mut command = project.xtask(&["doctor"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let ended = project.start(command).end().expect(1);
    let parts =
        ["docker's engine is not running: nothing is listening at `unix:///nowhere/docker.sock`", "unset DOCKER_HOST"];
    assert_check(&ended, "engine", "error", &parts);
    // The files are judged all the same.
    assert_check(&ended, "dockerfile", "ok", &["does not need BuildKit"]);
}

fn a_socket_that_never_answers(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let socket = std::env::temp_dir().join(format!("{}.sock", engine.name));
    let _silent = UnixListener::bind(&socket).expect("makes a socket");
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        project.start(command).end()
    };
    let ended = run(&["doctor"]).expect(1);
    assert_check(&ended, "engine", "error", &["docker's engine does not answer at `unix://"]);
    assert!(ended.took < SECONDS, "{:?}", ended.took);
    let ended = run(&["dev"]).expect(2).says("error: docker's engine does not answer at `unix://");
    assert_eq!(hints(&ended).len(), 1, "{}", ended.all());
    let _ = fs::remove_file(socket);
}

/// A project whose service publishes a port.
fn with_a_port(engine: &Engine) -> Project<'_> {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("compose.yaml", "    build: .\n", "    build: .\n    ports: [\"127.0.0.1:${PORT}:8000\"]\n");
    project
}

/// A container that is removed with it.
struct Container<'a>(&'a Engine, String);

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.0.command("docker").args(["rm", "-f", &self.1]).output();
    }
}

fn a_port_of_another_stack(engine: &Engine) {
    let project = with_a_port(engine);
    let other = format!("{}-other", engine.name);
    let publish = format!("127.0.0.1:{}:8000", project.port);
    let label = format!("com.docker.compose.project={other}");
    let image = "debian-python:local";
    engine.docker(&["run", "-d", "--name", &other, "-p", &publish, "--label", &label, image, "sleep", "300"]);
    let container = Container(engine, other.clone());
    let seen =
        format!("port {} (service `api`) is taken by the container `{other}` of the project `{other}`", project.port);
    let ended = doctor(&project).expect(1);
    assert_check(&ended, "ports", "error", &[&seen, "compose can't start `api`"]);
    for words in [["dev", "-d"], ["dev", "-q"]] {
        let ended = project.run(&words).says("port is already allocated");
        assert!(![0, 2].contains(&ended.code()), "{}", ended.all());
        let stop = engine.pick(
            format!("docker stop {other}"),
            "docker compose -p ".to_owned(),
            "docker compose -p ".to_owned(),
        );
        assert_hint(&ended, &[&seen, &stop]);
    }
    drop(container);
    project.run(&["dev", "-d"]).expect(0);
    // Its own container has the port now.
    let ended = doctor(&project).expect(0);
    assert_check(&ended, "ports", "ok", &[&format!("{} used by this stack", project.port)]);
}

fn a_port_of_another_program(engine: &Engine) {
    let project = with_a_port(engine);
    let _taken = TcpListener::bind(("127.0.0.1", project.port)).expect("takes the port");
    let seen = format!("port {} (service `api`) is taken by `", project.port);
    let pid = format!("(process {})", std::process::id());
    let ended = doctor(&project).expect(1);
    assert_check(&ended, "ports", "error", &[&seen, &pid]);
    let ended = project.run(&["dev", "-d"]).says("address already in use");
    assert_ne!(ended.code(), 0);
    assert_hint(&ended, &[&seen, &pid]);
}

fn a_variable_that_is_no_boolean(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("DOCKER_BUILDKIT", "yes");
        project.start(command).end()
    };
    // One cause, one error: compose's files are read all the same.
    let ended = run(&["doctor"]).expect(1).says("\n1 error, ");
    assert_check(&ended, "buildkit", "error", &["DOCKER_BUILDKIT=yes (in your environment) is not a boolean"]);
    assert_check(&ended, "dockerfile", "ok", &["`Dockerfile` does not need BuildKit"]);
    // Compose 1 takes it for its own, and then asks docker.
    let ended = run(&["build"]);
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_hint(&ended, &["DOCKER_BUILDKIT=yes (in your environment) is not a boolean: unset DOCKER_BUILDKIT"]);
}

fn buildkit_turned_off_is_the_cause(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("Dockerfile", "FROM debian-python:local\nRUN --mount=type=cache,target=/root/.cache/xtask true\n");
    let mut command = project.xtask(&["build"]);
    command.env("DOCKER_BUILDKIT", "0");
    let ended = project.start(command).end();
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_hint(&ended, &["DOCKER_BUILDKIT=0 turns BuildKit off: unset DOCKER_BUILDKIT"]);
}

/// The tier's own docker, or on tier 20 a newer one, without its plugin buildx.
fn buildx_is_missing(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let config = project.dir.with_extension("config");
    fs::create_dir_all(config.join("cli-plugins")).expect("makes a folder");
    let mut path = engine.variable("PATH").to_owned();
    if engine.tier == 20 {
        // Beside the folder of this tier lies that of the newer docker.
        let newer = PathBuf::from(engine.variable("DOCKER_HOST").trim_start_matches("unix://"));
        let newer = newer.parent().and_then(|dir| dir.parent()).expect("a folder of engines").join("26/usr/bin");
        assert!(newer.join("docker").is_file(), "the docker of tier 26 is in `{}`", newer.display());
        // It alone: beside it lies a compose of its own.
        let bin = config.join("bin");
        fs::create_dir_all(&bin).expect("makes a folder");
        std::os::unix::fs::symlink(newer.join("docker"), bin.join("docker")).expect("links");
        path = format!("{}:{path}", bin.display());
    } else {
        let plugin = format!("{}/cli-plugins/docker-compose", engine.variable("DOCKER_CONFIG"));
        std::os::unix::fs::symlink(plugin, config.join("cli-plugins/docker-compose")).expect("links");
    }
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("DOCKER_CONFIG", &config).env("PATH", &path);
        project.start(command).end()
    };
    let ended = run(&["doctor"]);
    let build = run(&["build"]);
    if engine.tier == 20 {
        assert_check(
            &ended.expect(1),
            "buildx",
            "error",
            &["buildx is missing, but docker 26.1.", "put the older docker in `/usr/bin` first"],
        );
        let build = build.expect(1).says("buildx component is missing or broken");
        assert_hint(&build, &["buildx is missing", "docker-buildx-plugin"]);
    } else {
        // Compose 2 has it built in.
        assert_check(&ended.expect(0), "buildx", "warning", &["buildx is missing", "compose builds without it"]);
        assert_eq!(hints(&build.expect(0)), [""; 0]);
        project.edit("tasks.toml", "[tasks.up-then]", "[tasks.image]\nsteps = [\"docker build .\"]\n\n[tasks.up-then]");
        let build = run(&["image"]).expect(1).says("buildx component is missing or broken");
        assert_hint(&build, &["buildx is missing", "docker-buildx-plugin"]);
    }
    let _ = fs::remove_dir_all(config);
}

fn a_builder_that_is_not_there(engine: &Engine) {
    if engine.tier == 20 {
        // No buildx, no builders.
        return;
    }
    let project = Project::small(engine, SLOW_TO_STOP);
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("BUILDX_BUILDER", "xtask-nosuch");
        project.start(command).end()
    };
    assert_check(&run(&["doctor"]).expect(1), "builder", "error", &["xtask-nosuch", "unset BUILDX_BUILDER"]);
    let ended = run(&["build"]);
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_hint(&ended, &["xtask-nosuch", "unset BUILDX_BUILDER"]);
}

fn no_cause_no_hint(engine: &Engine) {
    let project = with_a_port(engine);
    project.edit("Dockerfile", "CMD", "RUN false\nCMD");
    let ended = project.run(&["build"]);
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_eq!(hints(&ended), [""; 0], "{}", ended.all());
    project.edit("Dockerfile", "RUN false\n", "");
    project.write("service.sh", "echo over; exit 3\n");
    let ended = project.run(&["dev", "--", "--exit-code-from", "api"]).expect(3);
    assert_eq!(hints(&ended), [""; 0], "{}", ended.all());
}

fn cache_mounts_are_seen(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    // A mount of this test alone: others prune and fill theirs at the same time.
    let target = format!("/root/.cache/{}", engine.name);
    let run = format!("RUN --mount=type=cache,target={target} head -c 2000000 /dev/zero > {target}/x\nCMD");
    project.edit("Dockerfile", "CMD", &run);
    assert_check(&doctor(&project).expect(0), "cache-mounts", "ok", &[&format!("not there yet: `{target}`")]);
    project.run(&["build"]).expect(0);
    assert_check(&doctor(&project).expect(0), "cache-mounts", "ok", &[&format!("`{target}` (2.0 MB)")]);
    let empty = format!("/root/.cache/{}-empty", engine.name);
    project.edit("Dockerfile", "CMD", &format!("RUN --mount=type=cache,target={empty} true\nCMD"));
    project.run(&["build"]).expect(0);
    assert_check(&doctor(&project).expect(0), "cache-mounts", "warning", &[&format!("one is empty: `{empty}`")]);
}

fn variables_of_the_files(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit(
        "compose.yaml",
        "    build: .\n",
        "    build: .\n    environment: { A: \"${XT_UNSET}\", B: \"${XT_SECRET}\" }\n",
    );
    project.edit("tasks.toml", "[tasks.dev]", "[env]\nXT_SECRET = \"x\"\n\n[tasks.dev]");
    project.write(".env", "XT_SECRET=geheim\n");
    let ended = doctor(&project).expect(0);
    let parts =
        ["the compose file uses `XT_UNSET`, which is not set", "`XT_SECRET` in `.env` has no effect: the tasks set it"];
    assert_check(&ended, "variables", "warning", &parts);
    assert!(!ended.all().contains("geheim"), "{}", ended.all());
    project.edit("compose.yaml", "${XT_UNSET}", "${XT_UNSET:?say what it is}");
    let ended = doctor(&project).expect(1);
    assert_check(&ended, "compose-file", "error", &["XT_UNSET", "say what it is"]);
    assert!(!ended.all().contains("geheim"), "{}", ended.all());
}

/// A throw-away engine, dropped with it.
struct ThrowAway {
    name: String,
    /// Where its data lies, when that is a file system of its own.
    disk: Option<PathBuf>,
}

impl ThrowAway {
    fn start(engine: &Engine, name: &str, disk: Option<PathBuf>) -> ThrowAway {
        let own = ThrowAway { name: format!("{name}{}", engine.tier), disk };
        let script = crate::harness::repository().join(".ci/engines");
        let mut command = Command::new(script);
        command.args(["run", &engine.tier.to_string(), &own.name]);
        command.envs(own.disk.iter().map(|disk| ("ENGINES_DATA", disk)));
        let started = command.output().expect("runs .ci/engines");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        own
    }

    /// On a small file system of its own.
    fn on_a_small_disk(engine: &Engine) -> ThrowAway {
        let folder = std::env::temp_dir().join(format!("{}-disk", engine.name));
        fs::create_dir_all(&folder).expect("makes a folder");
        // Larger than the base image with room for what loads it.
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1100m", "tmpfs"]).arg(&folder).status();
        assert!(mount.is_ok_and(|status| status.success()), "mounts a small file system");
        ThrowAway::start(engine, "full", Some(folder))
    }

    fn folder(&self, engine: &Engine) -> PathBuf {
        let own = PathBuf::from(engine.variable("DOCKER_HOST").trim_start_matches("unix://"));
        own.parent().and_then(|dir| dir.parent()).expect("a folder of engines").join(&self.name)
    }

    fn host(&self, engine: &Engine) -> String {
        format!("unix://{}/docker.sock", self.folder(engine).display())
    }

    /// Asks its daemon to end, and waits until it has.
    fn stop(&self, engine: &Engine) {
        let pid = fs::read_to_string(self.folder(engine).join("pid")).expect("the daemon's process");
        let pid: u32 = pid.trim().parse().expect("a number");
        crate::harness::signal(pid, libc::SIGTERM);
        let gone = || (!PathBuf::from(format!("/proc/{pid}")).exists()).then_some(());
        assert!(wait_until(LONG, gone).is_some(), "the daemon ends");
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        let script = crate::harness::repository().join(".ci/engines");
        let _ = Command::new(script).args(["drop", &self.name]).output();
        if let Some(disk) = &self.disk {
            let _ = Command::new("umount").arg("-l").arg(disk).status();
            let _ = fs::remove_dir(disk);
        }
    }
}

fn a_full_disk(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let small = ThrowAway::on_a_small_disk(engine);
    let folder = small.disk.clone().expect("a file system of its own");
    let host = small.host(engine);
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("DOCKER_HOST", &host);
        project.start(command).end()
    };
    // The engine's own file system, and no other, has to be the small one before anything is filled.
    let is_small = fs::read_to_string("/proc/mounts").is_ok_and(|mounts| {
        mounts.lines().any(|line| line.starts_with("tmpfs ") && line.contains(&*folder.to_string_lossy()))
    });
    assert!(is_small, "`{}` is a file system of its own", folder.display());
    let fill = fs::File::create(folder.join("fill")).expect("makes a file");
    let mut left = vec![0_u8; 1 << 20];
    left.fill(1);
    // At most what the file system can hold.
    for _ in 0..1200 {
        if std::io::Write::write_all(&mut &fill, &left).is_err() {
            break;
        }
    }
    assert_check(&run(&["doctor"]).expect(1), "disk", "error", &["free on the file system of", "docker system df"]);
    // A hint has two seconds, which an engine without space may need for itself on a busy machine: then there is none.
    let mut builds = (0..5).map(|_| run(&["build"]));
    let ended = builds.find(|ended| !hints(ended).is_empty()).expect("a hint");
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_hint(&ended.says("no space left on device"), &["free on the file system of"]);
}

/// The programs that doctor starts itself, counted while it runs.
fn children_of_doctor(engine: &Engine) {
    let project = with_a_port(engine);
    let mut child = project.xtask(&["doctor"]);
    let mut child = child.stdout(std::process::Stdio::null()).spawn().expect("starts doctor");
    let mut seen = std::collections::BTreeSet::new();
    let start = Instant::now();
    let children = format!("/proc/{}/task", child.id());
    let ended = wait_until(LONG, || {
        // Without a pause, so that hardly one is missed.
        let end = Instant::now() + Duration::from_millis(20);
        while Instant::now() < end {
            for task in fs::read_dir(&children).into_iter().flatten().flatten() {
                let pids = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                seen.extend(pids.split_whitespace().map(str::to_owned));
            }
        }
        child.try_wait().ok().flatten()
    });
    assert!(ended.is_some_and(|status| status.success()), "after {:?}", start.elapsed());
    assert!((5..=12).contains(&seen.len()), "{} children", seen.len());
}

/// A socket in the engine's place, for runs of xtask, and removed with it.
struct Socket(PathBuf);

impl Socket {
    fn new(engine: &Engine) -> (Socket, UnixListener) {
        let path = std::env::temp_dir().join(format!("{}.sock", engine.name));
        let listener = UnixListener::bind(&path).expect("makes a socket");
        (Socket(path), listener)
    }

    fn host(&self) -> String {
        format!("unix://{}", self.0.display())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn an_engine_that_answers_a_ping_alone(engine: &Engine) {
    use std::io::{Read as _, Write as _};
    let project = Project::small(engine, SLOW_TO_STOP);
    let (socket, listener) = Socket::new(engine);
    let ping =
        "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nOstype: linux\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";
    std::thread::spawn(move || {
        // What is not answered is kept open.
        let mut kept = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 512];
            let read = stream.read(&mut request).unwrap_or(0);
            let asked = String::from_utf8_lossy(&request[..read]).into_owned();
            if asked.contains("/_ping") {
                let body = if asked.starts_with("GET") { "OK" } else { "" };
                let _ = stream.write_all(format!("{ping}{body}").as_bytes());
            } else {
                kept.push(stream);
            }
        }
    });
    let mut command = project.xtask(&["doctor"]);
    command.env("DOCKER_HOST", socket.host());
    let ended = project.start(command).end().expect(1);
    assert_check(&ended, "engine", "error", &["docker's engine does not answer at `unix://"]);
    assert!(ended.took < SECONDS, "{:?}", ended.took);
    let ended = ended.says("not looked at: the engine's settings and its disk (`docker info` does not answer)");
    assert!(!ended.stdout.contains("missing or broken"), "{}", ended.all());
    // The files are judged all the same.
    if engine.tier > 20 {
        assert_check(&ended, "dockerfile", "ok", &["does not need BuildKit"]);
    }
}

fn an_engine_that_was_stopped(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let own = ThrowAway::start(engine, "stop", None);
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("DOCKER_HOST", own.host(engine));
        project.start(command).end()
    };
    let seen = engine.pick("used only if a variable asks for it", "by default", "by default");
    assert_check(&run(&["doctor"]).expect(0), "engine", "ok", &[seen]);
    own.stop(engine);
    let down = "docker's engine is not running: nothing is listening at `unix://";
    assert_check(&run(&["doctor"]).expect(1), "engine", "error", &[down]);
    let ended = run(&["dev"]).expect(2).says(&format!("error: {down}"));
    assert_eq!(hints(&ended).len(), 1, "{}", ended.all());
}

/// Root may open everything, but for the right to: the socket is another user's, and the right is taken away.
fn a_socket_that_is_somebody_elses(engine: &Engine) {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let project = Project::small(engine, SLOW_TO_STOP);
    let (socket, _listener) = Socket::new(engine);
    std::os::unix::fs::chown(&socket.0, Some(65534), Some(65534)).expect("root tests engines");
    fs::set_permissions(&socket.0, fs::Permissions::from_mode(0o600)).expect("a mode");
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("DOCKER_HOST", socket.host());
        let without_right = || {
            // CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capabilities(7)).
            for right in [1, 2] {
                // SAFETY: prctl may be called between fork and exec.
                if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, right, 0, 0, 0) } != 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        };
        // SAFETY: the closure calls nothing that may not be called there.
        unsafe { command.pre_exec(without_right) };
        project.start(command).end()
    };
    let denied = "no permission to talk to docker's engine at `unix://";
    assert_check(&run(&["doctor"]).expect(1), "engine", "error", &[denied, "sudo usermod -aG docker"]);
    run(&["dev"]).expect(2).says(&format!("error: {denied}")).says("hint: add yourself to the socket's group");
}

/// The port of a service that was not started explains nothing.
fn ports_of_others_are_no_cause(engine: &Engine) {
    let project = with_a_port(engine);
    project.edit("compose.yaml", "services:\n", "services:\n  worker:\n    build: .\n    command: [sh, -c, exit 7]\n");
    let image = "debian-python:local";
    project.edit("tasks.toml", "[tasks.up-then]", "[tasks.run]\nsteps = [\"compose run --rm {args}\"]\n[tasks.image]\nsteps = [\"docker run --rm {args}\"]\n[tasks.up-then]");
    let _taken = TcpListener::bind(("127.0.0.1", project.port)).expect("takes the port");
    let publish = format!("127.0.0.1:{}:80", project.port);
    let ended = project.run(&["dev", "--", "--exit-code-from", "worker", "worker"]).expect(7);
    assert_eq!(hints(&ended), [""; 0], "{}", ended.all());
    for words in [&["run", "--", "worker"][..], &["run", "--", "api", "false"], &["image", "--", image, "false"]] {
        let ended = project.run(words);
        assert!(ended.code() == 7 || ended.code() == 1, "{}", ended.all());
        assert_eq!(hints(&ended), [""; 0], "{words:?}: {}", ended.all());
    }
    let seen = format!("port {} ", project.port);
    let ended = project.run(&["image", "--", "-p", &publish, image, "true"]);
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_hint(&ended, &[&seen, "is taken by `"]);
    let ended = project.run(&["run", "--", "--service-ports", "api", "true"]);
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert_hint(&ended, &[&seen, "(service `api`)"]);
}

fn values_are_never_shown(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let compose = project.read("compose.yaml");
    project.write(".env", "XT_SECRET=hunter2\n");
    for part in
        ["    ports: [\"${XT_SECRET}:80\"]\n", "    mem_limit: ${XT_SECRET}\n", "    privileged: ${XT_SECRET}\n"]
    {
        project.write("compose.yaml", &format!("{compose}{part}"));
        for words in [&["doctor"][..], &["doctor", "--json"]] {
            let ended = project.run(words);
            assert!(!ended.all().contains("hunter2"), "{part}: {}", ended.all());
        }
    }
    project.write(
        "compose.yaml",
        &format!("{compose}      args: {{ BASE: \"${{XT_SECRET}}\" }}\n")
            .replace("build: .", "build:\n      context: ."),
    );
    project.edit("Dockerfile", "FROM debian-python:local", "ARG BASE\nFROM ${BASE}");
    let ended = doctor(&project).expect(0);
    assert_check(&ended, "unpinned-base-image", "advice", &["`${BASE}` names no version"]);
    assert!(!ended.all().contains("hunter2"), "{}", ended.all());
    for line in ["XT_SECRET=\"hunter2", "h!nter2=1", "hunter2 hunter2=1"] {
        project.write(".env", &format!("A=1\n{line}\n"));
        let ended = project.run(&["doctor"]);
        assert!(!ended.all().contains("nter2"), "{line}: {}", ended.all());
    }
}

fn services_of_a_profile_are_seen(engine: &Engine) {
    let project = with_a_port(engine);
    let debug = "services:\n  debug:\n    build: { context: ., dockerfile: debug.Dockerfile }\n    profiles: [debug]\n    ports: [\"127.0.0.1:${PORT}:8000\"]\n";
    project.edit("compose.yaml", "services:\n", debug);
    // Compose 1 knows profiles from version 3.9 of the file on, or without one.
    project.write("debug.Dockerfile", "FROM debian-python:local\nRUN --mount=type=cache,target=/x true\n");
    let ended = doctor(&project).expect(0);
    assert_check(&ended, "buildkit", "ok", &["RUN --mount in `debug.Dockerfile` (line 2) needs it"]);
    // Both want the same port, and are never there together.
    assert_check(&ended, "ports", "ok", &[&format!("{} free", project.port)]);
}

fn compose_1_that_builds_by_itself(engine: &Engine) {
    if engine.tier != 20 {
        return;
    }
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("Dockerfile", "FROM debian-python:local\nRUN --mount=type=cache,target=/root/.cache/xtask true\n");
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env("COMPOSE_DOCKER_CLI_BUILD", "0");
        project.start(command).end()
    };
    let seen = "COMPOSE_DOCKER_CLI_BUILD=0 makes compose 1 build without BuildKit";
    assert_check(&run(&["doctor"]).expect(1), "buildkit", "error", &[seen, "unset COMPOSE_DOCKER_CLI_BUILD"]);
    let ended = run(&["build"]).says("the --mount option requires BuildKit");
    assert_ne!(ended.code(), 0);
    assert_hint(&ended, &[seen, "unset COMPOSE_DOCKER_CLI_BUILD"]);
}
