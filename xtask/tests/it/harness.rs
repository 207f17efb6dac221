//! A folder of its own for each test, a minimal environment, and the fake programs.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

pub use crate::fakes::Call;
use crate::fakes::{Answer, escape, unescape};

/// A home folder with a project in it, and a folder of programs.
pub struct Sandbox {
    root: PathBuf,
    env: RefCell<Vec<(String, Option<OsString>)>>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// What engine 28.5.2 answers to `GET /_ping`, without its date.
pub const PING_OF_28: &str = "HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nBuilder-Version: 2\r\n\
Cache-Control: no-cache, no-store, must-revalidate\r\nDocker-Experimental: false\r\nOstype: linux\r\n\
Pragma: no-cache\r\nServer: Docker/28.5.2 (linux)\r\nSwarm: inactive\r\nContent-Length: 2\r\n\
Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nOK";

pub const EXE: &str = if cfg!(windows) { ".exe" } else { "" };

/// Whether this is Wine, which is not Windows: `.ci/windows` says so.
pub fn under_wine() -> bool {
    std::env::var_os("XTASK_UNDER_WINE").is_some()
}

/// The program under test.
pub fn xtask() -> PathBuf {
    absolute(env!("CARGO_BIN_EXE_xtask"))
}

/// The repository.
pub fn repository() -> PathBuf {
    absolute(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is in the repository").to_owned()
}

/// The tests may run with signals ignored (`nohup`, a script's `&`): the program under test begins as a terminal would
/// start it.
#[cfg(unix)]
fn listen_to_signals(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    let reset = || {
        for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            // SAFETY: signal may be called between fork and exec.
            unsafe { libc::signal(number, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: the closure calls nothing that may not be called there.
    unsafe { command.pre_exec(reset) };
}

#[cfg(not(unix))]
fn listen_to_signals(_command: &mut Command) {}

/// The tasks that this repository ships; none when the package was copied into another, whose tasks are its own.
pub fn shipped_tasks() -> Option<String> {
    let ours = repository().join("docs").join("tasks-toml.md").is_file();
    ours.then(|| fs::read_to_string(repository().join("tasks.toml")).expect("the repository's tasks.toml"))
}

/// A path that was fixed when the tests were compiled: built on Linux for Windows, it has no drive.
fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).expect("a path")
}

fn fake() -> PathBuf {
    let path = xtask().with_file_name("examples").join(format!("fake-docker{EXE}"));
    assert!(path.exists(), "`cargo test` builds it, and so does `cargo build --examples`: {}", path.display());
    path
}

impl Sandbox {
    /// Nothing but an empty project, and no program at all.
    pub fn bare() -> Sandbox {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let root = absolute(env!("CARGO_TARGET_TMPDIR")).join(format!("it-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for folder in ["bin", "home/project"] {
            fs::create_dir_all(root.join(folder)).expect("a folder");
        }
        let sandbox = Sandbox { root, env: RefCell::default() };
        sandbox.set("PATH", sandbox.bin());
        for name in ["HOME", "USERPROFILE"] {
            sandbox.set(name, sandbox.home());
        }
        // Windows starts no program without some of its own.
        for name in ["SystemRoot", "SystemDrive", "windir", "TEMP", "TMP", "WINEPREFIX", "WINEDEBUG"] {
            if let Some(value) = std::env::var_os(name).filter(|_| cfg!(windows)) {
                sandbox.set(name, value);
            }
        }
        sandbox
    }

    /// A project with tasks.
    pub fn with(tasks: &str) -> Sandbox {
        let sandbox = Sandbox::bare();
        sandbox.file("tasks.toml", tasks);
        sandbox
    }

    /// A project with tasks, docker, its compose plugin, an engine that listens, and a compose file.
    pub fn with_docker(tasks: &str) -> Sandbox {
        let sandbox = Sandbox::with(tasks);
        sandbox.engine(PING_OF_28);
        sandbox.program("docker");
        sandbox.plugin();
        sandbox.file("compose.yaml", "services: {}\n");
        sandbox
    }

    /// Somebody who answers every connection in the engine's place, until the tests end.
    pub fn engine(&self, answer: &'static str) -> String {
        let engine = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = engine.local_addr().expect("an address").port();
        let url = format!("tcp://127.0.0.1:{port}");
        self.set("DOCKER_HOST", &url);
        std::thread::spawn(move || {
            for mut stream in engine.incoming().flatten() {
                // The request has to be read: a socket that is closed with unread bytes takes the answer with it.
                let mut request = [0; 512];
                let _ = stream.read(&mut request).and_then(|_| stream.write_all(answer.as_bytes()));
            }
        });
        url
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub fn project(&self) -> PathBuf {
        self.root.join("home").join("project")
    }

    /// Writes a file of the project, with its folders.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    pub fn folder(&self, path: &str) -> PathBuf {
        let path = self.project().join(path);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    /// Puts a fake on PATH.
    pub fn program(&self, name: &str) {
        self.program_at(&self.bin().join(name));
    }

    /// Puts a fake anywhere. Elsewhere than on Windows a hard link, since a program that was just written may still be
    /// "busy" for others; there a copy, since no link to a program that runs can be removed.
    pub fn program_at(&self, path: &Path) {
        let mut path = path.as_os_str().to_owned();
        path.push(EXE);
        if !Path::new(&path).exists() && (cfg!(windows) || fs::hard_link(fake(), &path).is_err()) {
            fs::copy(fake(), &path).expect("a copy of the fake");
        }
    }

    /// Puts a fake there that is a Python script, as compose 1 is.
    #[cfg(unix)]
    pub fn python_program(&self, name: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.program("python3");
        let path = self.bin().join(name);
        fs::write(&path, format!("#!{}\n", self.bin().join("python3").display())).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// Compose as docker's plugin: only its file is looked at.
    pub fn plugin(&self) {
        self.plugin_named("docker-compose");
    }

    pub fn plugin_named(&self, name: &str) {
        let folder = self.home().join(".docker").join("cli-plugins");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{name}{EXE}")), "").expect("a file");
    }

    /// Scripts an answer; `call` is split at blanks, and its last `*` takes any words.
    pub fn on(&self, call: &str) -> Answer<'_> {
        self.on_words(&call.split(' ').collect::<Vec<_>>())
    }

    pub fn on_words(&self, words: &[&str]) -> Answer<'_> {
        let last = words.len().saturating_sub(1);
        let escaped = |(at, word): (usize, &&str)| if *word == "*" && at == last { "*".into() } else { escape(word) };
        let words: Vec<String> = words.iter().enumerate().map(escaped).collect();
        Answer { sandbox: self, text: format!("call {}\n", words.join(" ")) }
    }

    pub fn set(&self, name: &str, value: impl AsRef<OsStr>) {
        let mut env = self.env.borrow_mut();
        env.retain(|(other, _)| other != name);
        env.push((name.to_owned(), Some(value.as_ref().to_owned())));
    }

    pub fn unset(&self, name: &str) {
        self.env.borrow_mut().retain(|(other, _)| other != name);
    }

    /// The program under test in the project's folder, with nothing of this process's environment.
    pub fn command(&self) -> Command {
        self.command_of(&xtask())
    }

    pub fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.project()).stdin(Stdio::null());
        for (name, value) in self.env.borrow().iter() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        listen_to_signals(&mut command);
        command
    }

    /// Runs `xtask` with the words of a line.
    pub fn run(&self, line: &str) -> Done {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub fn run_words(&self, words: &[&str]) -> Done {
        self.finish(self.command().args(words))
    }

    pub fn run_in(&self, folder: &Path, line: &str) -> Done {
        self.finish(self.command().current_dir(folder).args(line.split_whitespace()))
    }

    pub fn run_with_input(&self, line: &str, input: &[u8]) -> Done {
        let mut command = self.command();
        command.args(line.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("xtask");
        // A program that reads nothing may be gone already.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        self.done(&child.wait_with_output().expect("an end"))
    }

    pub fn finish(&self, command: &mut Command) -> Done {
        let output = command.output();
        // Wine on a busy machine fails to start a process now and then, with Windows' ERROR_INTERNAL_ERROR: once more.
        let failed = output.as_ref().err().and_then(std::io::Error::raw_os_error);
        let output = if under_wine() && failed == Some(1359) { command.output() } else { output };
        self.done(&output.expect("xtask"))
    }

    pub fn done(&self, output: &Output) -> Done {
        #[cfg(unix)]
        let code = output.status.code().unwrap_or_else(|| {
            128 + std::os::unix::process::ExitStatusExt::signal(&output.status).expect("a code or a signal")
        });
        #[cfg(windows)]
        let code = output.status.code().expect("a code");
        Done { code, stdout: self.normal(&output.stdout), stderr: self.normal(&output.stderr) }
    }

    /// What differs from run to run and from system to system, made the same: the folder of the test is `<T>`.
    pub fn normal(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let root = self.root.display().to_string();
        if !cfg!(windows) {
            return text.replace(&root, "<T>");
        }
        unix_like(&text.replace("\r\n", "\n")).replace(&unix_like(&root), "<T>")
    }

    /// What the fakes were called with, in order.
    pub fn calls(&self) -> Vec<Call> {
        let text = fs::read_to_string(self.bin().join("calls.txt")).unwrap_or_default();
        text.lines()
            .map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                let [_, _, words, dir, env] = fields[..] else { panic!("a line of five fields: {line}") };
                let pair = |text: &str| {
                    let text = unescape(text);
                    // Windows has names that begin with `=`.
                    let at = text[1..].find('=').expect("a variable") + 1;
                    (text[..at].to_owned(), text[at + 1..].to_owned())
                };
                Call {
                    words: words.split(' ').map(unescape).collect(),
                    dir: self.normal(unescape(dir).as_bytes()),
                    env: env.split(' ').filter(|text| !text.is_empty()).map(pair).collect(),
                }
            })
            .collect()
    }

    /// The calls as lines; a word that is empty or has anything unusual in it is quoted.
    pub fn called(&self) -> Vec<String> {
        self.calls().iter().map(Call::line).collect()
    }

    pub fn forget_calls(&self) {
        let _ = fs::remove_file(self.bin().join("calls.txt"));
    }

    /// Every path below the home folder: to show that nothing was changed.
    pub fn listing(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                let length = entry.metadata().map(|data| if data.is_file() { data.len() } else { 0 }).unwrap_or(0);
                found.push(format!("{} {length}", entry.path().display()));
                if entry.path().is_dir() {
                    walk(&entry.path(), found);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.root, &mut found);
        found.sort();
        found
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the folder of the test is kept: {}", self.root.display());
            return;
        }
        let log = fs::read_to_string(self.bin().join("calls.txt")).unwrap_or_default();
        let unscripted = log.lines().find(|line| line.starts_with("unscripted"));
        let _ = fs::remove_dir_all(&self.root);
        assert_eq!(unscripted, None, "an unscripted call");
    }
}

impl Done {
    /// Compares all of it.
    #[track_caller]
    pub fn is(&self, code: i32, stdout: &str, stderr: &str) {
        let expected = Done { code, stdout: as_found(stdout), stderr: as_found(stderr) };
        assert!(self.text() == expected.text(), "expected:\n{}\n\nfound:\n{}\n", expected.text(), self.text());
    }

    fn text(&self) -> String {
        format!("exit code {}\n--- stdout\n{}--- stderr\n{}---", self.code, self.stdout, self.stderr)
    }

    /// Compares all of it with a file of `snapshots`; `UPDATE_SNAPSHOTS=1` writes them anew, to be read by a person.
    #[track_caller]
    pub fn is_snapshot(&self, name: &str) {
        let path = absolute(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots").join(format!("{name}.txt"));
        let found = format!("{}\n", self.text());
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, &found).expect("a snapshot");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(found == expected, "{}:\n{expected}\n\nfound:\n{found}\n", path.display());
    }
}

/// An expected text as [`Sandbox::normal`] leaves it: on Windows some backslashes that are in no path look like those of one.
pub fn as_found(text: &str) -> String {
    if cfg!(windows) { unix_like(text) } else { text.to_owned() }
}

/// Windows' paths with `/` and programs without `.exe`. A backslash that separates no two names is none of a path's,
/// and stays.
fn unix_like(text: &str) -> String {
    let of_name = |c: char| c.is_alphanumeric() || "._-:".contains(c);
    let chars: Vec<char> = text.chars().collect();
    let separates =
        |at: usize| at > 0 && of_name(chars[at - 1]) && chars.get(at + 1).is_some_and(|next| of_name(*next));
    let one = |(at, c): (usize, &char)| if *c == '\\' && separates(at) { '/' } else { *c };
    let slashed: String = chars.iter().enumerate().map(one).collect();
    let mut parts = slashed.split(".exe");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let of_program = whole.ends_with(|c: char| c.is_alphanumeric());
        whole.push_str(if of_program { "" } else { ".exe" });
        whole.push_str(part);
    }
    whole
}
