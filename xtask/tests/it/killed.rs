//! What killed runs leave, and where there is no place to keep anything. On real engines it is in `tests/engines`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::cache::NO_RECORDS;
use crate::harness::{Done, Sandbox};

const TASKS: &str = "[tasks.build]\nsteps = ['compose build']\n";

/// One service with a cache mount, and buildx.
fn project(du: &str) -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    fs::create_dir_all(sandbox.project().join("api")).expect("a folder");
    sandbox.file("compose.yaml", "services:\n  api: { build: ./api }\n");
    sandbox.file("api/Dockerfile", "FROM a\nRUN --mount=type=cache,target=/c [\"pip\", \"install\"]\n");
    sandbox.file("api/id_rsa", "secret");
    let context = sandbox.project().join("api").display().to_string();
    let config =
        format!("{{\"name\": \"p\", \"services\": {{\"api\": {{\"build\": {{\"context\": \"{context}\"}}}}}}}}");
    sandbox.on("docker compose config --format json").out(&config);
    sandbox.on("docker compose --profile *").out(&config);
    sandbox.on("docker compose -f compose.yaml --profile *").out(&config);
    sandbox.on("docker compose *");
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker buildx du --verbose").out(if du.is_empty() { NO_RECORDS } else { du });
    fs::create_dir_all(temporary(&sandbox)).expect("a folder");
    sandbox.set("TMPDIR", temporary(&sandbox));
    sandbox
}

fn temporary(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join("tmp")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Starts a command and waits until its build runs, which lasts until the file `go-on` is there.
fn building(sandbox: &Sandbox, words: &[&str]) -> Child {
    let started = sandbox.root().join("started");
    let mut command = sandbox.command();
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("xtask");
    while !started.exists() {
        std::thread::yield_now();
    }
    fs::remove_file(&started).expect("a file");
    child
}

fn slow_build(sandbox: &Sandbox) {
    let path = |name: &str| sandbox.root().join(name).display().to_string();
    sandbox.on("docker buildx build *").act("file", &path("started")).act("until", &path("go-on"));
    sandbox.on("docker buildx build *").act("file", &path("started")).act("until", &path("go-on"));
    sandbox.on("docker buildx build *").err("ERROR: failed to solve: a: not found\n").exit(1);
}

/// The folder of a run, as `<FOLDER>`.
fn without_name(sandbox: &Sandbox, name: &str, done: Done) -> Done {
    let folder = sandbox.normal(temporary(sandbox).join(name).display().to_string().as_bytes());
    Done { stderr: done.stderr.replace(&folder, "<FOLDER>"), ..done }
}

/// Kills it, and waits until its build has ended too, a moment later: until then that holds what the run left.
fn killed(sandbox: &Sandbox, mut child: Child) {
    child.kill().expect("SIGKILL");
    child.wait().expect("an end");
    #[cfg(target_os = "linux")]
    for folder in [sandbox.home().join(".local/state/xtask/runs"), temporary(sandbox)] {
        let below = names(&folder).into_iter().flat_map(|name| {
            let path = folder.join(name);
            if path.is_dir() { names(&path).into_iter().map(|name| path.join(name)).collect() } else { vec![path] }
        });
        for run in below.filter(|path| path.extension().is_some_and(|ending| ending == "run")) {
            let file = fs::File::open(run).expect("the file of a run");
            // SAFETY: the file is open.
            let is_free = unsafe { libc::flock(std::os::fd::AsRawFd::as_raw_fd(&file), libc::LOCK_EX) } == 0;
            assert!(is_free, "{}", std::io::Error::last_os_error());
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = sandbox;
}

#[test]
fn the_folder_of_a_killed_run_is_removed_by_the_next_and_that_of_another_is_not() {
    let sandbox = project("");
    slow_build(&sandbox);
    let bench = building(&sandbox, &["bench"]);
    let of_killed = names(&temporary(&sandbox)).remove(0);
    assert!(temporary(&sandbox).join(&of_killed).join("context/id_rsa").is_file());
    killed(&sandbox, bench);
    let going = building(&sandbox, &["verify"]);
    assert_eq!(names(&temporary(&sandbox)).len(), 1, "the killed one's is gone as soon as another begins");
    let of_going = names(&temporary(&sandbox)).remove(0);
    // Only looks like one: nobody wrote it down.
    let alike = temporary(&sandbox).join("xtask-bench-1-18f0a1b2c3d4e5f6");
    fs::create_dir(&alike).expect("a folder");
    let done = sandbox.run("verify");
    assert_eq!((done.code, done.stderr.as_str()), (1, ""), "{done:?}");
    assert_eq!(names(&temporary(&sandbox)).len(), 2, "{of_going} goes on, and the other is not ours");
    assert!(temporary(&sandbox).join(&of_going).is_dir() && alike.is_dir());
    killed(&sandbox, going);
    // Without a home folder it is known, too, and then said.
    let done = without_name(&sandbox, &of_going, sandbox.run("verify"));
    assert_eq!((done.code, done.stderr.as_str()), (1, "removed `<FOLDER>`, which a killed run had left\n"), "{done:?}");
    assert_eq!(names(&temporary(&sandbox)), ["xtask-bench-1-18f0a1b2c3d4e5f6"]);
    assert_eq!(names(&sandbox.home().join(".local/state/xtask/runs")), [""; 0]);
    fs::write(sandbox.root().join("go-on"), "").expect("a file");
}

#[test]
fn without_a_home_folder_runs_are_written_down_beside_the_temporary_ones() {
    let sandbox = project("");
    sandbox.unset("HOME");
    sandbox.set("DOCKER_CONFIG", sandbox.home().join(".docker"));
    slow_build(&sandbox);
    killed(&sandbox, building(&sandbox, &["verify"]));
    let mut left = names(&temporary(&sandbox));
    assert_eq!(left.len(), 2, "{left:?}");
    left.retain(|name| !name.starts_with("xtask-runs-"));
    killed(&sandbox, building(&sandbox, &["verify"]));
    assert!(!names(&temporary(&sandbox)).contains(&left[0]));
    let done = sandbox.run("-q verify");
    assert_eq!((done.code, done.stderr.as_str()), (1, ""), "{done:?}");
    assert!(names(&temporary(&sandbox)).iter().all(|name| name.starts_with("xtask-runs-")));
    fs::write(sandbox.root().join("go-on"), "").expect("a file");
}

#[test]
fn prune_removes_the_records_of_a_killed_run_by_its_name() {
    let sandbox = project("");
    slow_build(&sandbox);
    killed(&sandbox, building(&sandbox, &["verify"]));
    let name = names(&temporary(&sandbox)).remove(0);
    let record = |id: &str, parents: &str, description: &str| {
        format!(
            "ID:           {id}\nParents:      {parents}\nCreated at:   2026-01-01 00:00:00 +0000 UTC\nMutable:      false\n\
             Reclaimable:  true\nShared:       false\nSize:         5B\nDescription:  {description}\nUsage count:  1\n\
             Type:         regular\n\n"
        )
    };
    let ours =
        record("aaaa", "", &format!("mount / from exec : {name}-0-1:2; pip")) + &record("bbbb", "aaaa", "copied");
    let other = record("cccc", "", "mount / from exec : xtask-verify-1-18f0a1b2c3d4e5f6-0-1:2; pip");
    fs::remove_file(sandbox.bin().join("script.txt")).expect("the script");
    sandbox.on("docker compose *").out("{\"name\": \"p\", \"services\": {}}");
    sandbox.on("docker buildx du --verbose").out(&format!("{ours}{other}{NO_RECORDS}"));
    sandbox.on("docker buildx du --verbose").out(&(other + NO_RECORDS));
    sandbox.on("docker buildx prune *");
    sandbox.forget_calls();
    let done = without_name(&sandbox, &name, sandbox.run("cache prune --mounts --yes"));
    let said = "removed `<FOLDER>`, which a killed run had left\n\
                removed 2 records of the build cache, which a killed run had left\n";
    done.is(0, "nothing to remove\n", said);
    let prunes: Vec<String> = sandbox.called().into_iter().filter(|call| call.contains("prune")).collect();
    assert_eq!(
        prunes,
        ["docker buildx prune --force --filter \"id=/^(aaaa|bbbb)$/\""].map(|line| line.replace('"', ""))
    );
    sandbox.run("cache prune --mounts --yes").is(0, "nothing to remove\n", "");
    fs::write(sandbox.root().join("go-on"), "").expect("a file");
}

const NO_PLACE: &str = "error: there is no place to keep the values of builds in: ";
const HINT: &str = "hint: name one: export XDG_STATE_HOME=/a/folder\n";

#[test]
fn without_a_home_folder_build_works_and_build_fresh_says_why_not() {
    let sandbox = project("");
    sandbox.set("DOCKER_CONFIG", sandbox.home().join(".docker"));
    let nowhere = sandbox.root().join("nowhere").display().to_string();
    let project = sandbox.project().display().to_string();
    let cases = [
        (None, "there is no home folder (HOME is not set)".to_owned()),
        (Some("."), "there is no home folder (HOME is `.`)".to_owned()),
        (Some(nowhere.as_str()), "there is no home folder (HOME is `<T>/nowhere`)".to_owned()),
        (
            Some(&project),
            "`<T>/home/project/.local/state/xtask` is in the project, where builds would take it along".to_owned(),
        ),
    ];
    // A relative one is to be ignored.
    sandbox.set("XDG_STATE_HOME", "state");
    let before = || sandbox.listing().into_iter().filter(|line| !line.contains("calls.txt")).collect::<Vec<_>>();
    for (home, why) in cases {
        home.map_or_else(|| sandbox.unset("HOME"), |home| sandbox.set("HOME", home));
        let listing = before();
        sandbox.run("build").is(0, "", "$ docker compose build\n");
        sandbox.forget_calls();
        for words in ["build-fresh", "build-fresh --drop-caches", "-n build-fresh"] {
            sandbox.run(words).is(2, "", &format!("{NO_PLACE}{why}\n{HINT}"));
        }
        assert_eq!(sandbox.called(), [""; 0], "nothing is built or emptied");
        assert_eq!(before(), listing);
    }
}

#[test]
fn what_is_kept_lies_in_no_build_context() {
    let sandbox = project("");
    fs::remove_file(sandbox.bin().join("script.txt")).expect("the script");
    let home = sandbox.home().display().to_string();
    let config = format!("{{\"name\": \"p\", \"services\": {{\"api\": {{\"build\": {{\"context\": \"{home}\"}}}}}}}}");
    sandbox.on("docker compose -f compose.yaml --profile *").out(&config);
    let said = "error: `<T>/home/.local/state/xtask/STATE` is in the build context `<T>/home` of `api`\n";
    let done = sandbox.run("build-fresh --drop-caches");
    let stderr = without_mark(&done.stderr);
    assert_eq!((done.code, stderr.as_str()), (2, format!("{said}{HINT}").as_str()));
}

/// The folder of the project's state as `STATE`.
fn without_mark(text: &str) -> String {
    let Some((before, rest)) = text.split_once("/xtask/project-") else { return text.to_owned() };
    format!("{before}/xtask/STATE{}", &rest[8..])
}

fn state(sandbox: &Sandbox) -> PathBuf {
    let base = sandbox.home().join(".local/state/xtask");
    let name = names(&base).into_iter().find(|name| name.starts_with("project-")).expect("a state");
    base.join(name)
}

/// A state with a value for `api`, as a run that was never killed leaves it.
fn kept(sandbox: &Sandbox) -> PathBuf {
    let base = sandbox.home().join(".local/state/xtask");
    // A dry run says where it is.
    let line = sandbox.run("-n build-fresh").stdout;
    let name = line.split("xtask/").nth(1).and_then(|rest| rest.split(['/', ' ']).next()).expect("a folder");
    fs::create_dir_all(base.join(name)).expect("a folder");
    fs::write(base.join(name).join("fresh"), "api xtask-fresh-1-a\n").expect("a file");
    state(sandbox)
}

#[test]
fn values_that_can_not_be_read_are_not_taken_for_none() {
    let sandbox = project("");
    let state = kept(&sandbox);
    fs::remove_file(state.join("fresh")).expect("a file");
    fs::create_dir(state.join("fresh")).expect("a folder");
    let said = "error: can't read `<T>/home/.local/state/xtask/STATE/fresh`: it is a folder\n";
    for words in ["build", "build-fresh", "build-fresh --drop-caches"] {
        let done = sandbox.run(words);
        assert_eq!((done.code, without_mark(&done.stderr).as_str()), (2, said), "{words}");
    }
}

#[test]
fn files_of_killed_builds_are_removed_by_the_next_build() {
    let sandbox = project("");
    let state = kept(&sandbox);
    for name in ["next-xtask-fresh-1-a.yaml", ".fresh.xtask-draft-1-0", ".compose.yaml.xtask-draft-1-0"] {
        fs::write(state.join(name), "half").expect("a file");
    }
    // As a build holds it.
    let held = fs::File::create(state.join("next-xtask-fresh-2-b.yaml")).expect("a file");
    // SAFETY: flock takes an open file.
    assert_eq!(unsafe { libc::flock(std::os::fd::AsRawFd::as_raw_fd(&held), libc::LOCK_SH) }, 0);
    assert_eq!(sandbox.run("-q build").code, 0);
    assert_eq!(names(&state), ["compose.yaml", "fresh", "next-xtask-fresh-2-b.yaml", "project"]);
    drop(held);
    assert_eq!(sandbox.run("-q build").code, 0);
    assert_eq!(names(&state), ["compose.yaml", "fresh", "project"]);
    // A build that changes nothing removes it all the same, and the lock.
    let lock = state.with_file_name(format!(".{}.lock", state.file_name().expect("a name").to_string_lossy()));
    fs::write(state.join(".project.xtask-draft-1-0"), "half").expect("a file");
    fs::write(&lock, "").expect("a file");
    assert_eq!(sandbox.run("-q build").code, 0);
    assert_eq!(names(&state), ["compose.yaml", "fresh", "project"]);
    assert!(!lock.exists());
    // Nor does a new value wait for a lock that a killed run left.
    fs::write(&lock, "").expect("a file");
    assert_eq!(sandbox.run("-q build-fresh").code, 1, "no record says that the step ran");
    assert!(!lock.exists());
}

/// What root's `sudo cargo xtask build-fresh` leaves, and the person afterwards: here nobody, whose number most systems have.
#[test]
fn the_state_that_root_made_is_named_with_its_owner_and_what_to_type() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65534;
    let sandbox = project("");
    let state = kept(&sandbox);
    let home = sandbox.home();
    // SAFETY: geteuid has no preconditions.
    let is_root = unsafe { libc::geteuid() } == 0;
    let can_look =
        home.ancestors().all(|folder| folder.metadata().is_ok_and(|folder| folder.permissions().mode() & 0o001 != 0));
    if !is_root || !can_look {
        return eprintln!("stepping aside: only root can be another user, and that one has to get at the sandbox");
    }
    for path in ["", "project", ".local", ".local/state"] {
        chown(home.join(path), Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    for path in [sandbox.bin(), temporary(&sandbox)] {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    sandbox.forget_calls();
    let run = |line: &str| sandbox.finish(sandbox.command().uid(NOBODY).gid(NOBODY).args(line.split(' ')));
    let base = "<T>/home/.local/state/xtask";
    let hint = format!("hint: make it yours: sudo chown -R \"$USER\" {base}\n");
    // It can be read: what is kept goes on to be used, and a new value is refused before anything is built or emptied.
    for words in ["build-fresh", "build-fresh --drop-caches"] {
        let done = run(words);
        let said = format!("error: can't write `{base}/STATE`: `{base}` belongs to root\n{hint}");
        assert_eq!((done.code, without_mark(&done.stderr)), (2, said), "{words}");
    }
    // Root's umask was 077: it can't even be read.
    fs::set_permissions(state.join("fresh"), fs::Permissions::from_mode(0o600)).expect("root may");
    let said = format!("error: can't read `{base}/STATE/fresh`: `{base}` belongs to root\n{hint}");
    for words in ["build", "build-fresh", "build-fresh --drop-caches"] {
        let done = run(words);
        assert_eq!((done.code, without_mark(&done.stderr)), (2, said.clone()), "{words}");
    }
    assert!(sandbox.called().iter().all(|call| !call.ends_with("build")), "{:?}", sandbox.called());
}
