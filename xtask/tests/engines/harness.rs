//! Engines, processes on them, and waiting for conditions.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The variable that names the engines to test on.
pub const ENGINES: &str = "XTASK_TEST_ENGINES";
/// Longer than anything here takes on a busy machine: after this, it won't come.
pub const LONG: Duration = Duration::from_secs(420);

/// Docker's engines: the major version of each.
pub const TIERS: &[&str] = &["20", "26", "28"];
/// Podman behind docker's socket, with the tools of 28.
pub const PODMAN: &str = "podman";

/// One test a tier for each named function of an engine: `ctrl_c_once::tier_20`, `…::tier_26`, `…::tier_28`.
macro_rules! on_each_engine {
    ($($test:ident),* $(,)?) => { checks!($crate::harness::TIERS, $($test),*); };
}

/// The same on Podman alone: `cache::podman`.
macro_rules! on_podman {
    ($($test:ident),* $(,)?) => { checks!(&[$crate::harness::PODMAN], $($test),*); };
}

macro_rules! checks {
    ($engines:expr, $($test:ident),*) => {
        pub const CHECKS: &[$crate::suite::Check] = &[
            $($crate::suite::Check { module: module_path!(), name: stringify!($test), engines: $engines, run: $test }),*
        ];
    };
}

/// A real engine and the tools that belong to it.
pub struct Engine {
    /// The major version of its tools.
    pub tier: u8,
    /// What a test on it calls its compose project, its folder and the like: a name of its own.
    pub name: String,
    /// All that a child gets from us.
    pub variables: Vec<(String, String)>,
}

/// What a test says whose container had no time to stop.
pub const KILLED: &str = "the container was killed";

/// Whether a panic comes from the machine or another program, not from what is tested: such a test is run once more.
///
/// - The engines share this machine's packet filter, and two that make a network in the same moment take each other's
///   rules away.
/// - Compose 2.40 hears one SIGINT in two ways, the cancelled context of its command and a channel (`up.go`). When a
///   busy machine wakes it by the first, the second is the person's second Ctrl-C to it, and it kills the containers:
///   one of some 400 stops, with a Ctrl-C on the terminal, too, of which xtask passes nothing on.
pub fn is_of_others(said: &str, engine: &str) -> bool {
    said.contains("iptables failed: iptables --wait")
        || said.contains("cni plugin bridge failed")
        || (engine == "28" && said.contains(KILLED))
}

/// The repository that these tests belong to.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is a folder of the repository").to_owned()
}

impl Engine {
    /// An engine by its name, which has to be up, for a test of that name.
    pub fn new(engine: &str, test: &str) -> Engine {
        let script = repository().join(".ci/engines");
        let exports = Command::new(&script).args(["env", engine]).output().expect("runs .ci/engines");
        assert!(exports.status.success(), "`.ci/engines env {engine}`: {}", String::from_utf8_lossy(&exports.stderr));
        let tell = "\nprintf '%s\\n' \"$DOCKER_HOST\" \"$DOCKER_CONFIG\" \"$PATH\"";
        let exports = String::from_utf8(exports.stdout).expect("exports are text") + tell;
        let told = Command::new("bash").args(["-c", &exports]).output().expect("runs bash");
        let told = String::from_utf8(told.stdout).expect("exports are text");
        let [host, config, path] = told.lines().collect::<Vec<_>>()[..] else { panic!("exports of {engine}: {told}") };
        let socket = host.strip_prefix("unix://").expect("the engine listens on a socket");
        if let Err(error) = UnixStream::connect(socket) {
            panic!("engine {engine} is not up ({socket}: {error}): run `.ci/engines up {engine}`, or unset {ENGINES}");
        }
        let home = std::env::var("HOME").expect("HOME is set");
        let variables = [
            ("DOCKER_HOST", host),
            ("DOCKER_CONFIG", config),
            ("PATH", path),
            ("HOME", &home),
            ("LANG", "C.UTF-8"),
            ("TERM", "xterm-256color"),
        ];
        let name = format!("xt{engine}-{}-{}", test.replace('_', "-"), std::process::id());
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let tier = engine.parse().unwrap_or(28);
        Engine { tier, name, variables }
    }

    /// The value for this tier: of 20, 26 and 28.
    pub fn pick<T>(&self, of_20: T, of_26: T, of_28: T) -> T {
        match self.tier {
            20 => of_20,
            26 => of_26,
            _ => of_28,
        }
    }

    pub fn variable(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(other, _)| other == name);
        &found.unwrap_or_else(|| panic!("{name} is set")).1
    }

    /// A command with the engine's variables and no others.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let program = program.as_ref();
        let bare = Path::new(program).components().count() == 1;
        // The search for a bare name would be in our PATH, not in the child's.
        let mut folders = std::env::split_paths(self.variable("PATH"));
        let found = folders.find_map(|dir| Some(dir.join(program)).filter(|file| bare && file.is_file()));
        let mut command = Command::new(found.unwrap_or_else(|| program.into()));
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("DOCKER_BUILDKIT", "1");
        // The tests may run with signals ignored (`nohup`, a script's `&`): the child begins as a terminal would start it.
        let reset = || {
            for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                // SAFETY: signal may be called between fork and exec.
                unsafe { libc::signal(number, libc::SIG_DFL) };
            }
            Ok(())
        };
        // SAFETY: the closure calls nothing that may not be called there.
        unsafe { command.pre_exec(reset) };
        command
    }

    /// What docker printed on its stdout. It has to succeed.
    #[track_caller]
    pub fn docker(&self, words: &[&str]) -> String {
        let output = self.command("docker").args(words).output().expect("runs docker");
        assert!(output.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The words that compose has on this tier.
    pub fn compose(&self) -> &'static [&'static str] {
        self.pick(&["docker-compose"], &["docker", "compose"], &["docker", "compose"])
    }
}

/// A process without a terminal: nothing on its stdin, its output in files, a process group of its own.
pub struct Running {
    pub child: Child,
    folder: PathBuf,
    start: Instant,
}

/// How a process ended and what it printed.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Running {
    #[track_caller]
    pub fn start(mut command: Command, folder: &Path) -> Running {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = folder.join(COUNT.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir_all(&folder).expect("makes a folder for the output");
        let file = |name: &str| File::create(folder.join(name)).expect("makes a file for the output");
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr")).process_group(0);
        let child = command.spawn().unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
        Running { child, folder, start: Instant::now() }
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join(name)).unwrap_or_default()).into_owned()
    }

    fn output(&self) -> String {
        format!("{}\n-- stderr --\n{}", self.text("stdout"), self.text("stderr"))
    }

    /// Waits until it printed `text`, on either stream.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let seen = wait_until(LONG, || {
            let seen = self.text("stdout").contains(text) || self.text("stderr").contains(text);
            (seen || self.child.try_wait().is_ok_and(|status| status.is_some())).then_some(seen)
        });
        assert!(seen == Some(true), "no `{text}` in its output:\n{}", self.output());
    }

    pub fn signal(&self, number: i32) {
        signal(self.child.id(), number);
    }

    /// One more process in its process group, which any signal to the group would end.
    pub fn bystander(&self) -> Child {
        let mut command = Command::new("sleep");
        command.arg("300").process_group(self.child.id() as i32).stdout(Stdio::null());
        command.spawn().expect("starts a bystander")
    }

    #[track_caller]
    pub fn end(mut self) -> Ended {
        let status = wait_until(LONG, || self.child.try_wait().expect("waits for the child"));
        let took = self.start.elapsed();
        let Some(status) = status else { panic!("still running after {took:?}:\n{}", self.output()) };
        Ended { status, stdout: self.text("stdout"), stderr: self.text("stderr"), took }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            kill_group(self.child.id());
            let _ = self.child.wait();
        }
    }
}

impl Ended {
    /// The exit code; 128 + n for signal n.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or_default())
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Ended {
        assert_eq!(self.code(), code, "another exit code, after {:?}:\n{}", self.took, self.all());
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Ended {
        assert!(self.all().contains(text), "no `{text}` in:\n{}", self.all());
        self
    }

    pub fn all(&self) -> String {
        format!("{}\n-- stderr --\n{}", self.stdout, self.stderr)
    }
}

/// Asks until there is an answer, or time is up.
pub fn wait_until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let answer = ask();
        if answer.is_some() || Instant::now() > end {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

pub fn signal(pid: u32, number: i32) {
    // SAFETY: kill has no preconditions; the pid is a child's, or a child's child that was just seen.
    let result = unsafe { libc::kill(pid as libc::pid_t, number) };
    assert_eq!(result, 0, "signal {number} to {pid}: {}", std::io::Error::last_os_error());
}

/// Ends all of a process group.
pub fn kill_group(group: u32) {
    // SAFETY: as above. An error says that the group is gone already.
    unsafe { libc::kill(-(group as libc::pid_t), libc::SIGKILL) };
}

/// The processes of a process group, zombies left out.
pub fn group(group: u32) -> Vec<String> {
    let entries = fs::read_dir("/proc").expect("reads /proc").flatten();
    let of_group = |entry: fs::DirEntry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        (fields[2] == group.to_string() && fields[0] != "Z").then(|| stat.split(')').next().unwrap_or("").to_owned())
    };
    entries.filter_map(of_group).collect()
}

/// A free port of this machine that no outgoing connection gets by chance.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = 20_000 + std::process::id() % 100 * 100;
    let mut ports = std::iter::repeat_with(|| (first + NEXT.fetch_add(1, Ordering::Relaxed) % 10_000) as u16);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("there is a free port")
}

/// The status line, the headers and the body that `http://127.0.0.1:PORT/PATH` answers with.
pub fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The registry on loopback, with the example's base image in it: the image's name there.
pub fn registry_image() -> String {
    static IMAGE: OnceLock<String> = OnceLock::new();
    let start = || {
        let output = Command::new(repository().join(".ci/engines")).args(["registry", "up"]).output();
        let output = output.expect("runs .ci/engines");
        assert!(output.status.success(), "`.ci/engines registry up`: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    IMAGE.get_or_init(start).clone()
}
