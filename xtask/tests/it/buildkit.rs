//! `buildkit`: daemon.json is changed at one place, whole or not at all.

use std::fs;

use crate::doctor::{Machine, OF_28};
use crate::harness::Sandbox;

/// An engine that needs the variables, as 20.10.24 answers.
const OF_20: Machine = Machine {
    version: r#"{"Client":{"Version":"20.10.24+dfsg1","ApiVersion":"1.41"},"Server":{"Version":"20.10.24+dfsg1","ApiVersion":"1.41","MinAPIVersion":"1.12","Os":"linux"}}"#,
    info: r#"{"OperatingSystem":"Debian GNU/Linux 12 (bookworm)","OSType":"linux","DockerRootDir":"/var/lib/docker","SecurityOptions":["name=seccomp,profile=default"],"ClientInfo":{"Debug":false,"Context":"default","Plugins":[],"Warnings":null}}"#,
    ..OF_28
};

fn sandbox(machine: &Machine) -> Sandbox {
    let sandbox = Sandbox::with_docker("");
    machine.script(&sandbox, "docker compose");
    sandbox
}

const BEFORE: &str = "{\n    \"debug\": true,\n    \"n\": 1.0\n}\n";
const AFTER: &str = "{\n    \"features\": {\"buildkit\": true},\n    \"debug\": true,\n    \"n\": 1.0\n}\n";

fn files(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.project()).expect("the project").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.contains("d.json"));
    names.sort();
    names
}

fn next() -> &'static str {
    if cfg!(windows) {
        "next: Restart-Service docker (as an administrator; it stops the containers)\n"
    } else if cfg!(target_os = "macos") {
        "next: restart Docker Desktop (its menu, Restart)\n"
    } else {
        "next: sudo systemctl reload docker\n"
    }
}

#[test]
fn enable_and_disable_change_one_place_and_keep_a_backup() {
    let sandbox = sandbox(&OF_20);
    let path = sandbox.file("d.json", BEFORE);
    let changed = |backup: &str| format!("changed `d.json`; the old one is `{backup}`\n{}", next());
    sandbox.run("buildkit enable --config d.json").is(0, &changed("d.json.backup"), "");
    assert_eq!(fs::read_to_string(&path).expect("the file"), AFTER);
    let twice = "nothing to do: `features.buildkit` is already true in `d.json`\n";
    sandbox.run("buildkit enable --config d.json").is(0, twice, "");
    sandbox.run("buildkit disable --config d.json").is(0, &changed("d.json.backup1"), "");
    assert_eq!(fs::read_to_string(&path).expect("the file"), BEFORE);
    let twice = "nothing to do: `features.buildkit` is not set in `d.json`\n";
    sandbox.run("buildkit disable --config d.json").is(0, twice, "");
    assert_eq!(files(&sandbox), ["d.json", "d.json.backup", "d.json.backup1"]);
    assert_eq!(fs::read_to_string(sandbox.project().join("d.json.backup")).expect("the backup"), BEFORE);
}

#[test]
fn a_dry_run_shows_the_difference_and_touches_nothing() {
    let sandbox = sandbox(&OF_20);
    let path = sandbox.file("d.json", BEFORE);
    sandbox.run("--dry-run buildkit enable --config d.json").is(
        0,
        "d.json:1
  {
+     \"features\": {\"buildkit\": true},
      \"debug\": true,
      \"n\": 1.0
",
        "",
    );
    assert_eq!(fs::read_to_string(path).expect("the file"), BEFORE);
    assert_eq!(files(&sandbox), ["d.json"]);
}

#[test]
fn a_file_that_is_not_there_is_made_with_its_folder() {
    let sandbox = sandbox(&OF_20);
    let done = sandbox.run("buildkit enable --config etc/docker/d.json");
    let shown = if cfg!(windows) { done.stdout.replace('\\', "/") } else { done.stdout.clone() };
    assert_eq!(shown, format!("wrote `etc/docker/d.json`\n{}", next()));
    let text = fs::read_to_string(sandbox.project().join("etc/docker/d.json")).expect("the file");
    assert_eq!(text, "{\n  \"features\": {\"buildkit\": true}\n}\n");
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    let sandbox = sandbox(&OF_20);
    let path = sandbox.file("d.json", "{\n  \"debug\": true,\n}\n");
    sandbox.run("buildkit enable --config d.json").is(
        2,
        "",
        "error: this is not valid JSON: key must be a string
 --> d.json:3:1
  |
3 | }
  | ^
  |
  = hint: docker itself would refuse it: no comments, and no comma before a closing bracket
",
    );
    sandbox.file("e.json", "{\"features\": {\"buildkit\": \"yes\"}}");
    for action in ["enable", "disable", "status"] {
        let done = sandbox.run(&format!("buildkit {action} --config d.json"));
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{action}: {done:?}");
    }
    let done = sandbox.run("buildkit enable --config e.json");
    assert!(
        done.stderr.starts_with("error: `features.buildkit` is neither true nor false\n --> e.json:1:27\n"),
        "{done:?}"
    );
    assert_eq!(fs::read_to_string(path).expect("the file"), "{\n  \"debug\": true,\n}\n");
    assert_eq!(files(&sandbox), ["d.json"]);
}

#[test]
fn the_status_is_told_in_words_and_as_json() {
    let sandbox = sandbox(&OF_20);
    sandbox.engine("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nOstype: linux\r\nContent-Length: 2\r\n\r\nOK");
    sandbox.file("d.json", BEFORE);
    sandbox.run("buildkit status --config d.json").is(
        0,
        "`features.buildkit` is not set in `d.json`\nengine 20.10.24+dfsg1 uses BuildKit only where DOCKER_BUILDKIT=1 is set\n",
        "",
    );
    let done = sandbox.run("buildkit status --config d.json --json");
    let value: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!((value["features_buildkit"].is_null(), value["builds_by_buildkit"].is_null()), (true, false));
    assert_eq!(value["engine"], "20.10.24+dfsg1");
}

/// Of the system's own file: nothing is read or written there by this test.
#[test]
fn an_engine_that_has_it_by_default_needs_nothing() {
    let sandbox = sandbox(&OF_28);
    sandbox.set("ProgramData", sandbox.home());
    sandbox.run("buildkit enable").is(0, "nothing to do: engine 28.5.2+dfsg4 uses BuildKit by default\n", "");
}

#[test]
fn an_engine_on_another_machine_is_refused() {
    let sandbox = sandbox(&OF_28);
    sandbox.set("DOCKER_HOST", "ssh://me@192.0.2.1");
    sandbox.run("buildkit enable").is(
        2,
        "",
        "error: DOCKER_HOST names an engine on another machine (`ssh://me@192.0.2.1`), and its daemon.json is there
hint: run this on that machine, or name a file: --config FILE
",
    );
}

/// Docker itself looks at the new file before it takes the old one's place.
#[cfg(unix)]
#[test]
fn a_file_that_docker_refuses_leaves_the_old_one() {
    let sandbox = sandbox(&OF_20);
    sandbox.program("dockerd");
    let refusal = "unable to configure the Docker daemon with file x: the following directives don't match any configuration option: n";
    sandbox.on_words(&["dockerd", "--validate", "*"]).err(&format!("{refusal}\n")).exit(1);
    let path = sandbox.file("d.json", BEFORE);
    sandbox.run("buildkit enable --config d.json").is(
        2,
        "",
        &format!("error: docker refuses the changed file, and the old one stays: {refusal}\nhint: it refuses the old one too: fix that first\n"),
    );
    assert_eq!(fs::read_to_string(path).expect("the file"), BEFORE);
    assert_eq!(files(&sandbox), ["d.json"]);
}

/// Before 23.0 dockerd does not know the flag (20.10.24: code 125): then nothing validates it.
#[cfg(unix)]
#[test]
fn an_old_dockerd_validates_nothing() {
    let sandbox = sandbox(&OF_20);
    sandbox.program("dockerd");
    let said = "Status: unknown flag: --validate\nSee 'dockerd --help'., Code: 125\n";
    sandbox.on_words(&["dockerd", "--validate", "*"]).err(said).exit(1);
    let path = sandbox.file("d.json", BEFORE);
    assert_eq!(sandbox.run("buildkit enable --config d.json").code, 0);
    assert_eq!(fs::read_to_string(path).expect("the file"), AFTER);
}

#[cfg(unix)]
#[test]
fn links_and_modes_stay() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let sandbox = sandbox(&OF_20);
    let path = sandbox.file("real/daemon.json", BEFORE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    let link = sandbox.project().join("d.json");
    symlink("real/daemon.json", &link).expect("a link");
    // Root can give a file away.
    // SAFETY: geteuid has no preconditions.
    let is_root = unsafe { libc::geteuid() } == 0;
    if is_root {
        std::os::unix::fs::chown(&path, Some(65534), Some(65533)).expect("an owner");
    }
    assert_eq!(sandbox.run("buildkit enable --config d.json").code, 0);
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(fs::read_to_string(&path).expect("the file"), AFTER);
    for name in ["daemon.json", "daemon.json.backup"] {
        let file = fs::metadata(path.with_file_name(name)).expect("a file");
        assert_eq!(file.mode() & 0o7777, 0o640, "{name}");
        if is_root {
            assert_eq!((file.uid(), file.gid()), (65534, 65533), "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn without_the_right_the_line_that_would_do_it_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = sandbox(&OF_20);
    // SAFETY: geteuid has no preconditions.
    if unsafe { libc::geteuid() } == 0 {
        return eprintln!("stepping aside: root may write everywhere");
    }
    let path = sandbox.file("etc/d.json", BEFORE);
    fs::set_permissions(path.parent().expect("a folder"), fs::Permissions::from_mode(0o555)).expect("a mode");
    let done = sandbox.run("buildkit enable --config etc/d.json");
    fs::set_permissions(path.parent().expect("a folder"), fs::Permissions::from_mode(0o755)).expect("a mode");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(done.stderr.contains("hint: sudo ") && done.stderr.contains(" buildkit enable --config "), "{done:?}");
    // A dry run hints at a dry run.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("a mode");
    let done = sandbox.run("-n buildkit enable --config etc/d.json");
    assert!(done.stderr.contains(" --dry-run buildkit enable --config "), "{done:?}");
}

/// Killed at any moment: the old file or the new one, whole.
#[cfg(unix)]
#[test]
fn a_kill_at_any_moment_leaves_a_whole_file() {
    use std::time::{Duration, Instant};
    let sandbox = Sandbox::with("");
    // Large, so that writing it takes a while.
    let before =
        format!("{{\n  \"labels\": [\n{}    \"x\"\n  ]\n}}\n", "    \"a label of this engine\",\n".repeat(40_000));
    let path = sandbox.file("d.json", &before);
    let words = ["buildkit", "enable", "--config", "d.json"];
    let start = Instant::now();
    assert_eq!(sandbox.run_words(&words).code, 0);
    let whole = start.elapsed();
    let after = fs::read_to_string(&path).expect("the file");
    assert_ne!(after, before);
    let (mut old, mut new) = (0, 0);
    for round in 0..120_u32 {
        fs::write(&path, &before).expect("the file");
        for name in files(&sandbox).iter().filter(|name| name.contains("backup")) {
            fs::remove_file(sandbox.project().join(name)).expect("a backup");
        }
        let mut child = sandbox.command().args(words).stdout(std::process::Stdio::null()).spawn().expect("xtask");
        // From at once to a little after it would have ended.
        std::thread::sleep(whole * round / 100);
        let _ = child.kill();
        child.wait().expect("an end");
        let found = fs::read_to_string(&path).expect("the file is there");
        match () {
            () if found == before => old += 1,
            () if found == after => new += 1,
            () => panic!("half a file, after {:?}", whole * round / 100),
        }
    }
    assert!(old > 0 && new > 0, "both were met: {old} old, {new} new in {:?}", Duration::from_secs(1).min(whole));
    // What the killed ones left is gone after the next that ends by itself.
    fs::write(&path, &before).expect("the file");
    assert_eq!(sandbox.run_words(&words).code, 0);
    let drafts: Vec<String> = files(&sandbox).into_iter().filter(|name| name.contains("draft")).collect();
    assert_eq!(drafts, [""; 0]);
}
