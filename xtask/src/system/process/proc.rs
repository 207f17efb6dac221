//! Processes and their parents, where the system shows them.

/// The names of the programs that started us, the nearest first.
#[cfg(target_os = "linux")]
pub fn ancestors() -> Vec<String> {
    let mut names = Vec::new();
    let mut pid = std::os::unix::process::parent_id();
    // There are never that many between a shell and us.
    while pid > 1 && names.len() < 8 {
        let Some((name, parent)) = stat(pid) else { break };
        names.push(name);
        pid = parent;
    }
    names
}

/// Empty: elsewhere, finding out takes another process.
#[cfg(not(target_os = "linux"))]
pub fn ancestors() -> Vec<String> {
    Vec::new()
}

/// Each process and its parent.
#[cfg(unix)]
fn parents() -> Vec<(libc::pid_t, libc::pid_t)> {
    #[cfg(target_os = "linux")]
    {
        let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(|pid: u32| Some((pid as libc::pid_t, stat(pid)?.1 as libc::pid_t))).collect()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let ps = std::process::Command::new("/bin/ps").args(["-A", "-o", "pid=,ppid="]).output();
        let printed = ps.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let pair = |line: &str| {
            let (pid, parent) = line.trim().split_once(' ')?;
            Some((pid.parse().ok()?, parent.trim().parse().ok()?))
        };
        printed.lines().filter_map(pair).collect()
    }
}

/// The processes below `ancestor`, where the system shows them.
#[cfg(unix)]
pub fn descendants(ancestor: libc::pid_t) -> Vec<libc::pid_t> {
    let pairs = parents();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// The name of a process, and its parent.
#[cfg(target_os = "linux")]
fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // `pid (name) state ppid …`; the name may contain anything, even a parenthesis.
    let (before, after) = stat.rsplit_once(')')?;
    Some((before.split_once('(')?.1.to_owned(), after.split_whitespace().nth(1)?.parse().ok()?))
}
