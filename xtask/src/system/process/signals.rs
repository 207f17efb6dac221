//! Signals while a child runs: we never end before it does, and nothing starts after a stop. While a command in Rust does
//! its own work, they end us as they end any program.

#[cfg(unix)]
pub use unix::{run, watch};
#[cfg(windows)]
pub use windows::{run, watch};

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::system::exit::Exit;

/// The first signal that asked us to stop; 0 for none.
static FIRST: AtomicI32 = AtomicI32::new(0);

/// Whether a signal ends us when no child of ours runs.
static ENDS_US: AtomicBool = AtomicBool::new(false);

/// Runs `work`, which a signal ends or doesn't while no child of ours runs.
pub fn ended_by_signals<T>(ends: bool, work: impl FnOnce() -> T) -> T {
    watch();
    let before = ENDS_US.swap(ends, Ordering::SeqCst);
    let done = work();
    ENDS_US.store(before, Ordering::SeqCst);
    done
}

/// The person, or a process, wants everything to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(i32);

impl Stop {
    /// The code for work that was left undone: 130 for Ctrl-C, 128 + n for signal n.
    pub fn exit(self) -> Exit {
        Exit::of_signal(self.0)
    }
}

/// The signal that asked us to stop, if one did since `watch`.
pub fn stopped() -> Option<Stop> {
    match FIRST.load(Ordering::SeqCst) {
        0 => None,
        number => Some(Stop(number)),
    }
}

fn note(number: i32) {
    let _ = FIRST.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst);
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::process::{Child, Command, ExitStatus};
    use std::sync::Once;
    use std::sync::atomic::Ordering;

    use crate::system::exit::Exit;

    /// Ctrl-C, as other systems count it.
    const SIGINT: i32 = 2;

    /// From now on Ctrl-C is noted and does not end us. The console sends it to all its processes, the child too.
    pub fn watch() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // Without a console there is no Ctrl-C.
            let _ = ctrlc::set_handler(|| {
                super::note(SIGINT);
                if super::ENDS_US.load(Ordering::SeqCst) {
                    std::process::exit(Exit::of_signal(SIGINT).0);
                }
            });
        });
    }

    /// Starts a child, lets `meanwhile` look at it, and waits for its end. `None` if interrupted before it
    /// started.
    pub fn run(command: &mut Command, meanwhile: impl FnOnce(&mut Child)) -> io::Result<Option<ExitStatus>> {
        watch();
        if super::stopped().is_some() {
            return Ok(None);
        }
        let mut child = command.spawn()?;
        meanwhile(&mut child);
        let status = child.wait()?;
        // A child that exits with 0 on Ctrl-C may be faster than the thread that tells us of it.
        if status.success() && super::stopped().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Ok(Some(status))
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, IsTerminal as _, Read as _};
    use std::os::fd::{AsRawFd as _, FromRawFd as _, RawFd};
    use std::process::{Child, Command, ExitStatus};
    use std::sync::atomic::Ordering;
    use std::sync::{Mutex, Once, PoisonError};

    use libc::{c_int, pid_t, siginfo_t};

    use crate::system::exit::Exit;
    use crate::system::process::proc;

    /// The running child, and the signals that it has yet to get.
    struct Running {
        child: Option<pid_t>,
        /// A signal from a process that came while there was no child.
        pending: Option<c_int>,
        /// What ran below the child when only the child was sent a signal, each with that signal.
        below: Vec<(pid_t, c_int)>,
    }

    static RUNNING: Mutex<Running> = Mutex::new(Running { child: None, pending: None, below: Vec::new() });

    /// From now on SIGINT, SIGTERM and SIGHUP are noted and do not end us. A handler, not SIG_IGN: children would
    /// inherit that.
    ///
    /// The child already has what the terminal sent: passing it on would be a second Ctrl-C, which compose takes for
    /// "kill now". What a process sent (`kill`, an editor's stop button) reached only us, so it is passed on.
    pub fn watch() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let Ok((reader, writer)) = pipe() else { return };
            for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                // What we were started to ignore (`nohup`, a script's `&`) stays ignored, for the children too.
                if is_ignored(number) {
                    continue;
                }
                // SAFETY: the action stores to an atomic and calls getpid and write, which a signal handler may.
                let _ = unsafe {
                    signal_hook_registry::register_sigaction(number, move |info| {
                        super::note(number);
                        let is_ours_alone = came_from_a_process(info) || number == libc::SIGHUP;
                        let bytes = [number as u8, is_ours_alone.into()];
                        libc::write(writer, bytes.as_ptr().cast(), bytes.len());
                    })
                };
            }
            std::thread::spawn(move || pass_on_from(reader));
        });
    }

    fn is_ignored(number: c_int) -> bool {
        // SAFETY: without a new action, sigaction only fills in the old one, which is ours to write to.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            libc::sigaction(number, std::ptr::null(), &mut old) == 0 && old.sa_sigaction == libc::SIG_IGN
        }
    }

    /// A signal from the terminal has the pid 0; our own pid means that we sent it.
    fn came_from_a_process(info: &siginfo_t) -> bool {
        // SAFETY: si_pid may be read for these three signals; getpid can't fail.
        let (sender, own) = unsafe { (info.si_pid(), libc::getpid()) };
        // The pid is also 0 for a process of another container, but Linux says how the signal was sent.
        #[cfg(target_os = "linux")]
        let by_kill = info.si_code == libc::SI_USER;
        #[cfg(not(target_os = "linux"))]
        let by_kill = false;
        sender != own && (sender != 0 || by_kill)
    }

    fn pipe() -> io::Result<(File, RawFd)> {
        let (reader, writer) = std::os::unix::net::UnixStream::pair()?;
        let fd = writer.as_raw_fd();
        // The handler needs it for as long as we live.
        std::mem::forget(writer);
        // SAFETY: the descriptor is open and ours; into_raw_fd gave up the other owner.
        let reader = unsafe { File::from_raw_fd(std::os::fd::IntoRawFd::into_raw_fd(reader)) };
        Ok((reader, fd))
    }

    fn pass_on_from(mut signals: File) {
        let (mut bytes, mut again) = ([0; 2], false);
        while signals.read_exact(&mut bytes).is_ok() {
            let (number, is_ours_alone) = (c_int::from(bytes[0]), bytes[1] != 0);
            let mut running = lock();
            match running.child {
                Some(child) if is_ours_alone => running.pass_on(child, number),
                None if super::ENDS_US.load(Ordering::SeqCst) => {
                    end(number, is_ours_alone, again);
                    again = true;
                }
                None if is_ours_alone => running.pending = Some(number),
                _ => {}
            }
        }
    }

    /// Ends us. Where a command in Rust has started something itself that still runs, that gets the signal and the
    /// command hears of its end; the next signal ends us all the same.
    fn end(number: c_int, is_ours_alone: bool, again: bool) {
        let mut below = proc::descendants(std::process::id() as pid_t);
        // Where `ps` is what listed them, it is among them, and gone.
        // SAFETY: kill has no preconditions, and 0 sends nothing.
        below.retain(|pid| unsafe { libc::kill(*pid, 0) } == 0);
        if is_ours_alone {
            below.iter().for_each(|pid| send(*pid, number));
        }
        if again || below.is_empty() {
            std::process::exit(Exit::of_signal(number).0);
        }
    }

    fn lock() -> std::sync::MutexGuard<'static, Running> {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
    }

    impl Running {
        /// Sends a signal to the child. Where its stdout is a terminal, `docker` leaves signals to the terminal and
        /// does not tell its compose plugin; and a SIGHUP that `docker` alone gets has the plugin stop the containers
        /// (both measured on 26.1 and 28.5). Then the whole tree of processes below the child gets it.
        fn pass_on(&mut self, child: pid_t, number: c_int) {
            // Listed first, since a child that ends at once leaves them to another parent.
            let below = proc::descendants(child);
            if number == libc::SIGHUP {
                // `docker` dies of it, and a plugin that sees that before its own SIGHUP asks for the stop; a `docker`
                // that sees its plugin's death first exits with 255. So it is held while the plugin gets its signal.
                send(child, libc::SIGSTOP);
                below.into_iter().for_each(|pid| send(pid, number));
                send(child, number);
                send(child, libc::SIGCONT);
                return;
            }
            send(child, number);
            if io::stdout().is_terminal() {
                below.into_iter().for_each(|pid| send(pid, number));
            } else {
                self.below.extend(below.into_iter().map(|pid| (pid, number)));
            }
        }

        /// The child has ended. What it did not take with it gets its signal now: compose v1 dies of a SIGTERM at
        /// once, and the `docker build` that it had started would build on.
        fn ended(&mut self) {
            self.child = None;
            for (pid, number) in self.below.drain(..) {
                // SAFETY: neither call has preconditions. In our own process group it is no stranger with an old pid.
                if unsafe { libc::getpgid(pid) == libc::getpgrp() } {
                    send(pid, number);
                }
            }
        }
    }

    fn send(pid: pid_t, number: c_int) {
        // SAFETY: kill has no preconditions. The child is not reaped while `RUNNING` names it.
        unsafe { libc::kill(pid, number) };
    }

    /// Starts a child, lets `meanwhile` look at it, and waits for its end. A signal that a process sent is passed on to
    /// it. `None` if interrupted before it started.
    pub fn run(command: &mut Command, meanwhile: impl FnOnce(&mut Child)) -> io::Result<Option<ExitStatus>> {
        watch();
        let mut child = {
            let mut running = lock();
            if super::stopped().is_some() {
                return Ok(None);
            }
            let child = command.spawn()?;
            let pid = child.id() as pid_t;
            running.child = Some(pid);
            // What comes while the child starts: a process's signal is passed on as soon as the lock is free, and the
            // terminal's the child has itself. Sending that again could be the second Ctrl-C.
            if let Some(number) = running.pending.take() {
                running.pass_on(pid, number);
            }
            child
        };
        meanwhile(&mut child);
        wait_without_reaping(&child);
        // Until it is reaped, no other process can get its pid.
        lock().ended();
        child.wait().map(Some)
    }

    fn wait_without_reaping(child: &Child) {
        loop {
            // SAFETY: the info is ours to write to; the child is ours and not reaped.
            let result = unsafe {
                let mut info: siginfo_t = std::mem::zeroed();
                libc::waitid(libc::P_PID, child.id() as libc::id_t, &mut info, libc::WEXITED | libc::WNOWAIT)
            };
            if result == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return;
            }
        }
    }
}
