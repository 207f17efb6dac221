//! A terminal with a shell in it that runs one command, as a person has it.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::harness::{LONG, group, kill_group, signal, wait_until};

/// What Ctrl-C sends.
const CTRL_C: &[u8] = b"\x03";

/// The shell leads the session and outlives the command, as at a prompt; a Ctrl-C reaches it too and means nothing to
/// it. A SIGHUP does. Without job control all are one process group, as with cargo in front of xtask. The bystander is
/// one more process of that group.
const SHELL: &str = r#"trap : INT
sh -c 'trap "echo [bystander got INT]" INT; trap "echo [bystander got TERM]" TERM; trap "echo [bystander got HUP]" HUP
while :; do sleep 60 & wait; done' &
sh -c 'echo "[pid $$]"; exec "$@"' sh "$@"
echo "[ended $?]"
read prompt"#;

pub struct Terminal {
    shell: Child,
    ours: Option<File>,
    reader: Option<JoinHandle<()>>,
    closed: Arc<AtomicBool>,
    output: Arc<Mutex<Vec<u8>>>,
    /// xtask's own process.
    pub pid: u32,
    start: Instant,
}

impl Terminal {
    /// Runs a command on a new terminal.
    #[track_caller]
    pub fn start(command: &Command) -> Terminal {
        let (ours, theirs) = open();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SHELL, "sh"]).arg(command.get_program()).args(command.get_args());
        shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.current_dir(command.get_current_dir().expect("the command has a folder"));
        let stdio = || Stdio::from(theirs.try_clone().expect("copies the descriptor"));
        shell.stdin(stdio()).stdout(stdio()).stderr(stdio());
        // SAFETY: signal, setsid and ioctl may be called between fork and exec.
        unsafe {
            shell.pre_exec(|| {
                // A shell can't trap what was ignored when it began, as Ctrl-C is in the background of a script.
                for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                    libc::signal(number, libc::SIG_DFL);
                }
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY as _, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let start = Instant::now();
        let child = shell.spawn().expect("starts a shell");
        drop((shell, theirs));
        let output = Arc::new(Mutex::new(Vec::new()));
        let closed = Arc::new(AtomicBool::new(false));
        let reader = ours.try_clone().expect("copies the descriptor");
        let (sink, until) = (Arc::clone(&output), Arc::clone(&closed));
        let reader = std::thread::spawn(move || read(reader, &sink, &until));
        let mut terminal =
            Terminal { shell: child, ours: Some(ours), reader: Some(reader), closed, output, pid: 0, start };
        terminal.pid = terminal.number("[pid ", "the shell tells the pid") as u32;
        terminal
    }

    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().expect("the lock is whole")).into_owned()
    }

    /// The end of the output, for a message: live progress says everything many times.
    fn tail(&self) -> String {
        let output = self.output();
        let start = output.char_indices().rev().nth(2000).map_or(0, |(at, _)| at);
        format!("…{:?}", &output[start..]).replace("\\r\\n", "\n").replace("\\u{1b}", "^[")
    }

    /// Waits for `[word 123]`.
    #[track_caller]
    fn number(&self, before: &str, what: &str) -> i32 {
        let found = wait_until(LONG, || {
            let output = self.output();
            output.split_once(before)?.1.split_once(']')?.0.parse().ok()
        });
        found.unwrap_or_else(|| panic!("{what}:\n{}", self.tail()))
    }

    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let seen = wait_until(LONG, || {
            let seen = self.output().contains(text);
            (seen || self.output().contains("[ended ")).then_some(seen)
        });
        assert!(seen == Some(true), "no `{text}` on the terminal:\n{}", self.tail());
    }

    pub fn types(&mut self, keys: &[u8]) {
        self.ours.as_mut().expect("the terminal is there").write_all(keys).expect("types");
    }

    pub fn ctrl_c(&mut self) {
        self.types(CTRL_C);
    }

    pub fn signal(&self, number: i32) {
        signal(self.pid, number);
    }

    /// Waits until the prompt is back, and gives the code that xtask ended with.
    #[track_caller]
    pub fn code(&self) -> i32 {
        self.number("[ended ", "it does not end")
    }

    #[track_caller]
    pub fn expect(&self, code: i32) {
        let found = self.code();
        assert_eq!(found, code, "another exit code, after {:?}:\n{}", self.start.elapsed(), self.tail());
    }

    /// Closes the window.
    pub fn hang_up(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // Both descriptors of our side have to go: the reader's and ours.
        self.reader.take().map(JoinHandle::join);
        self.ours = None;
    }

    /// The processes that are left of those that ran here, the shell and the bystander included.
    pub fn left(&self) -> Vec<String> {
        group(self.shell.id())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        kill_group(self.shell.id());
        let _ = self.shell.wait();
    }
}

/// Collects what is printed until the terminal is closed, on either side.
fn read(mut ours: File, output: &Mutex<Vec<u8>>, closed: &AtomicBool) {
    let mut buffer = [0; 4096];
    while !closed.load(Ordering::Relaxed) {
        let mut ready = libc::pollfd { fd: ours.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry, which is ours.
        if unsafe { libc::poll(&mut ready, 1, 50) } < 1 {
            continue;
        }
        match ours.read(&mut buffer) {
            Ok(count @ 1..) => output.lock().expect("the lock is whole").extend_from_slice(&buffer[..count]),
            // The other side is closed.
            _ => return,
        }
    }
}

/// A new terminal of usual size: our side, and the shell's.
fn open() -> (File, OwnedFd) {
    let mut size = libc::winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    let (mut ours, mut theirs) = (0, 0);
    // As `*mut`, which macOS asks for.
    let (none, size) = (std::ptr::null_mut(), &raw mut size);
    // SAFETY: the two descriptors are written to, the name and the settings are left out, the size is read.
    let result = unsafe { libc::openpty(&mut ours, &mut theirs, std::ptr::null_mut(), none, size) };
    assert_eq!(result, 0, "openpty: {}", io::Error::last_os_error());
    // SAFETY: both were just opened, and are ours.
    let (ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    // Another test's child must not hold this terminal open.
    for fd in [ours.as_raw_fd(), theirs.as_raw_fd()] {
        // SAFETY: fcntl with F_SETFD only sets a flag.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    (ours, theirs)
}
