//! Each verdict and each cause, from what a probe could have seen.

mod emptied;
mod index;

use crate::verify::verdict::*;

fn done(said: Said) -> Run {
    Run { state: Some(State::Done(2.0)), said, look: Some(root()), mount: Some(held(3)), ..Run::default() }
}

fn root() -> Look {
    Look { uid: Some(0), home: Some("/root".to_owned()), ..Look::default() }
}

fn held(files: u64) -> MountLook {
    MountLook { writable: Some(true), files: Some(files), ..MountLook::default() }
}

fn said(fetched: u64, cached: u64) -> Said {
    Said { fetched: Some(fetched), fetched_bytes: Some(fetched * 1000), at_least: fetched * 1000, cached: Some(cached) }
}

/// pip's mount of one step: the first build fetches three packages, the second `again`.
fn pip(command: &str, again: u64) -> Mount {
    let runs = [done(said(3, 0)), done(said(again, 3 - again))];
    let step = Step { line: 5, command: command.to_owned(), options: String::new(), runs, answer: None };
    let target = "/root/.cache/pip".to_owned();
    let (id, file) = (target.clone(), "Dockerfile".to_owned());
    Mount { id, target, file, steps: vec![step], sizes: [Some(9000), Some(9000)], ..Mount::default() }
}

/// The same with nothing kept.
fn empty(command: &str) -> Mount {
    let mut mount = pip(command, 3);
    mount.sizes = [Some(0), Some(0)];
    mount.steps[0].runs[1].mount = Some(held(0));
    mount
}

#[track_caller]
fn assert_judged(mount: &Mount, verdict: Verdict, cause: &str, fix: &str) {
    let judged = judge(mount);
    assert_eq!(judged.verdict, verdict, "{judged:?}");
    let found = judged.cause.clone().unwrap_or_else(|| causes::cause("", ""));
    assert!(found.why.contains(cause), "no `{cause}` in {judged:?}");
    assert!(found.fix.contains(fix), "no `{fix}` in {judged:?}");
}

#[test]
fn full_and_used_again_works() {
    let judged = judge(&pip("pip install x", 0));
    let evidence = "9.0 kB kept; first build fetched 3 (3.0 kB), second fetched nothing and found 3 in the cache; 2.0 s, then 2.0 s";
    assert_eq!(
        judged,
        Judged { verdict: Verdict::Works, evidence: evidence.to_owned(), cause: None, last_lines: vec![] }
    );
    // Files alone do not show that anything uses them.
    let mut silent = pip("make", 0);
    silent.target = "/data".to_owned();
    silent.steps[0].runs.iter_mut().for_each(|run| run.said = Said::default());
    assert_judged(&silent, Verdict::Kept, "no installer is known whose output would show it", "");
    silent.sizes = [None, None];
    assert_eq!(judge(&silent).evidence, "3 files kept; 2.0 s, then 2.0 s");
}

#[test]
fn an_installer_that_does_not_print_what_it_downloads() {
    let mut npm = pip("npm ci", 0);
    npm.target = "/root/.npm".to_owned();
    npm.steps[0].runs.iter_mut().for_each(|run| run.said = Said::default());
    let fix = "to see it, add `--loglevel http` to line 5 of `Dockerfile`";
    assert_judged(&npm, Verdict::Kept, "npm did not print what it downloads", fix);
    assert_eq!(judge(&npm).evidence, "9.0 kB kept; 2.0 s, then 2.0 s");
    npm.steps[0].command = "npm install -g yarn && yarn".to_owned();
    npm.target = "/usr/local/share/.cache/yarn".to_owned();
    assert_judged(&npm, Verdict::Kept, "can't tell from the output of yarn whether it downloaded", "");
}

#[test]
fn an_installer_that_is_told_to_keep_nothing() {
    assert_judged(
        &empty("pip install --no-cache-dir x"),
        Verdict::Empty,
        "--no-cache-dir",
        "remove `--no-cache-dir` from line 5 of `Dockerfile`",
    );
    let with = |name: &str, value: &str, command: &str| {
        let mut mount = empty(command);
        for run in &mut mount.steps[0].runs {
            run.look.as_mut().unwrap().variables = vec![(name.to_owned(), value.to_owned())];
        }
        mount
    };
    let off = with("PIP_NO_CACHE_DIR", "off", "pip install x");
    assert_judged(
        &off,
        Verdict::Empty,
        "PIP_NO_CACHE_DIR=off is set in the step, and any value",
        "remove PIP_NO_CACHE_DIR from `Dockerfile`",
    );
    let mut by_file = empty("pip install x");
    by_file.steps[0].runs[0].look.as_mut().unwrap().settings =
        vec![("pip".to_owned(), "no-cache-dir = true".to_owned())];
    assert_judged(&by_file, Verdict::Empty, "pip's own file in the image says `no-cache-dir = true`", "/etc/pip.conf");
    by_file.steps[0].runs[0].look.as_mut().unwrap().settings =
        vec![("pip".to_owned(), "no-cache-dir: false".to_owned())];
    assert_judged(
        &by_file,
        Verdict::Empty,
        "`no-cache-dir: false`, and any value turns pip's cache off",
        "/etc/pip.conf",
    );
    by_file.steps[0].runs[0].look.as_mut().unwrap().settings =
        vec![("pip".to_owned(), "cache-dir = /var/pip".to_owned())];
    assert_judged(&by_file, Verdict::Empty, "in `/var/pip` (pip's own file in the image)", "target=/var/pip");
    let mut of_uv = with("UV_NO_CACHE", "1", "uv pip install x");
    of_uv.target = "/root/.cache/uv".to_owned();
    assert_judged(&of_uv, Verdict::Empty, "UV_NO_CACHE=1", "remove UV_NO_CACHE from");
    of_uv.steps[0].command = "uv pip install --no-cache x".to_owned();
    assert_judged(&of_uv, Verdict::Empty, "by `--no-cache`", "line 5");
}

#[test]
fn what_the_step_sets_without_saying_to_what() {
    let at_c = |command: &str| Mount { target: "/c".to_owned(), ..empty(command) };
    let moved = "pip keeps its downloads in `/root/.cache/pip`";
    assert_judged(&at_c("pip install x"), Verdict::Empty, moved, "");
    for command in ["PIP_CACHE_DIR=$X pip install x", "export HOME=$X; pip install x", "su dev -c 'pip install x'"] {
        assert_judged(&at_c(command), Verdict::Empty, "the cause is not known", "");
    }
    let mut as_dev = empty("su dev -c 'pip install x'");
    let dev = crate::verify::look::Account { name: "dev".to_owned(), uid: 1000, home: "/home/dev".to_owned() };
    as_dev.steps[0].runs[0].look.as_mut().unwrap().accounts = vec![dev];
    let home = "pip keeps its downloads in `/home/dev/.cache/pip` (the home of user 1000 is `/home/dev`)";
    assert_judged(&as_dev, Verdict::Empty, home, "target=/home/dev/.cache/pip,uid=1000 …");
    let mut script = empty("sh x.sh");
    script.steps[0].runs[0].look.as_mut().unwrap().scripts =
        [("x.sh".to_owned(), "set -e\nexport PIP_NO_CACHE_DIR=1\npip install x\n".to_owned())].into();
    let fix = "remove PIP_NO_CACHE_DIR from line 5 of `Dockerfile`, or from the script that it runs";
    assert_judged(&script, Verdict::Empty, "PIP_NO_CACHE_DIR=1 is set in the step", fix);
    let second = empty("pip install x && PIP_NO_CACHE_DIR=1 pip install y");
    assert_judged(&second, Verdict::Empty, "PIP_NO_CACHE_DIR=1 is set in the step", fix);
    let mut as_root = at_c("sudo pip install x");
    let app = Look { uid: Some(1000), home: Some("/home/app".to_owned()), ..Look::default() };
    as_root.steps[0].runs[0].look = Some(app);
    assert_judged(&as_root, Verdict::Empty, moved, "target=/root/.cache/pip …");
    let unread = "is not known; not everything in the step could be read: runs the script `x.sh`, which isn't read";
    assert_judged(&empty("sh x.sh"), Verdict::Empty, unread, "look at the step's own output");
    let mut freed = empty("env -u PIP_NO_CACHE_DIR pip install x");
    freed.steps[0].runs[0].look.as_mut().unwrap().variables = vec![("PIP_NO_CACHE_DIR".to_owned(), "1".to_owned())];
    assert_judged(&freed, Verdict::Empty, "the cause is not known", "");
}

#[test]
fn a_mount_at_another_place_than_the_downloads() {
    let mut mount = empty("pip install x");
    let app = Look { uid: Some(1000), home: Some("/home/app".to_owned()), ..Look::default() };
    mount.steps[0].runs.iter_mut().for_each(|run| run.look = Some(app.clone()));
    let cause =
        "pip keeps its downloads in `/home/app/.cache/pip` (the home of user 1000 is `/home/app`), and the mount is at";
    assert_judged(&mount, Verdict::Empty, cause, "--mount=type=cache,target=/home/app/.cache/pip,uid=1000");
    // A folder above or below it is the same place.
    mount.target = "/home/app/.cache".to_owned();
    assert_judged(&mount, Verdict::Empty, "the cause is not known", "");
    let mut moved = empty("pip install --cache-dir=/var/pip x");
    assert_judged(&moved, Verdict::Empty, "in `/var/pip` (--cache-dir)", "target=/var/pip ");
    moved.steps[0].command = "npm ci".to_owned();
    moved.target = "/app/.npm".to_owned();
    assert_judged(&moved, Verdict::Empty, "npm keeps its downloads in `/root/.npm`", "target=/root/.npm ");
}

#[test]
fn a_mount_that_the_user_can_not_write_to() {
    let mut mount = empty("pip install x");
    let app = Look { uid: Some(1000), home: Some("/root".to_owned()), ..Look::default() };
    for run in &mut mount.steps[0].runs {
        run.look = Some(app.clone());
        run.mount = Some(MountLook { writable: Some(false), files: Some(0), path: None });
    }
    assert_judged(&mount, Verdict::Empty, "user 1000 can't write to `/root/.cache/pip`", "uid=1000");
    // Without our words, by what pip says.
    let mut silent = empty("pip install x");
    for run in &mut silent.steps[0].runs {
        (run.look, run.mount) = (None, None);
        run.lines = vec!["WARNING: The directory '/root/.cache/pip' or its parent directory is not owned or is not writable by the current user. The cache has been disabled.".to_owned()];
    }
    assert_judged(&silent, Verdict::Empty, "the step can't write to `/root/.cache/pip`", "uid=…");
}

#[test]
fn the_options_of_a_mount_that_can_not_be_written_to() {
    let with = |uid: u32, options: &str| {
        let mut mount = empty("pip install x");
        mount.steps[0].options = options.to_owned();
        for run in &mut mount.steps[0].runs {
            run.look = Some(Look { uid: Some(uid), ..root() });
            run.mount = Some(MountLook { writable: Some(false), files: Some(0), path: None });
        }
        mount
    };
    for options in ["type=cache,target=/root/.cache/pip,readonly", "type=cache,ro=true,uid=1000,target=/x"] {
        for uid in [0, 1000] {
            let fix =
                if options.contains("ro=") { "remove `ro=true` from line 5" } else { "remove `readonly` from line 5" };
            assert_judged(&with(uid, options), Verdict::Empty, ": the mount is `r", fix);
        }
    }
    let other = "type=cache,target=/x,uid=1000";
    assert_judged(&with(1001, other), Verdict::Empty, "the mount has `uid=1000`", "uid=1001 …");
    let same = "user 1000 can't write to `/root/.cache/pip`, though the mount has `uid=1000`";
    assert_judged(&with(1000, other), Verdict::Empty, same, "");
    assert_judged(&with(1000, "type=cache,readonly=false"), Verdict::Empty, "a new mount belongs to root", "uid=1000");
}

#[test]
fn debians_images_delete_what_apt_has_fetched() {
    let mut mount = empty("apt-get install -y x");
    mount.target = "/var/cache/apt".to_owned();
    mount.steps[0].runs[0].look.as_mut().unwrap().files = vec!["/etc/apt/apt.conf.d/docker-clean".to_owned()];
    assert_judged(&mount, Verdict::Empty, "docker-clean", "rm -f /etc/apt/apt.conf.d/docker-clean");
    mount.steps[0].runs[0].look.as_mut().unwrap().files = Vec::new();
    mount.steps[0].command = "apt install -y x".to_owned();
    assert_judged(&mount, Verdict::Empty, "`apt` deletes each package", "apt-get instead of apt");
}

#[test]
fn a_step_that_did_not_run_says_nothing_of_its_mount() {
    let mut mount = pip("pip install x", 0);
    mount.steps[0].runs[0].state = Some(State::Cached);
    assert_judged(&mount, Verdict::NotReached, "its layer was in the cache", "# syntax=");
    assert!(judge(&mount).evidence.contains("came from the cache and did not run"), "{:?}", judge(&mount));
    mount.steps[0].runs[0].state = Some(State::Failed("exit code 1".to_owned()));
    mount.steps[0].runs[0].lines = vec!["ERROR: No matching distribution found for x".to_owned(), String::new()];
    let cause = "the step itself fails: ERROR: No matching distribution found for x";
    assert_judged(&mount, Verdict::NotReached, cause, "fix line 5 of `Dockerfile` first");
    assert_eq!(judge(&mount).last_lines, ["ERROR: No matching distribution found for x"]);
    let of_uv = [
        "Resolved 3 packages",
        "error: Failed to fetch: `http://a/x.whl`",
        "  Caused by: no route",
        "hint: Use `--offline`",
    ];
    mount.steps[0].runs[0].lines = of_uv.map(str::to_owned).into();
    assert_judged(&mount, Verdict::NotReached, "the step itself fails: error: Failed to fetch: `http://a/x.whl`", "");
    assert_eq!(judge(&mount).last_lines, of_uv);
    mount.steps[0].runs[0].lines = (0..20).map(|number| format!("line {number}")).collect();
    assert_eq!(judge(&mount).last_lines.first().map(String::as_str), Some("line 12"));
    mount.steps[0].runs[0].state = None;
    mount.stopped_by = Some(Stop { why: "`COPY x .`: not found".to_owned(), ..Stop::default() });
    assert_judged(&mount, Verdict::NotReached, "the build stops before it: `COPY x .`: not found", "fix `Dockerfile`");
    let (why, lines) = ("`RUN x`: exit code 1".to_owned(), vec!["Package six (9.9) not found.".to_owned()]);
    mount.stopped_by = Some(Stop { why, line: Some(2), lines: lines.clone(), fix: None });
    let cause = "the build stops before it: `RUN x`: exit code 1: Package six (9.9) not found.";
    assert_judged(&mount, Verdict::NotReached, cause, "fix line 2 of `Dockerfile` first");
    assert_eq!(judge(&mount).last_lines, lines);

    mount.classic_builder = Some("0".to_owned());
    assert_judged(&mount, Verdict::NotReached, "the classic builder has no cache mounts", "DOCKER_BUILDKIT");
}

#[test]
fn an_engine_that_has_not_measured_the_mount_yet_is_not_believed() {
    let mut mount = pip("pip install x", 0);
    mount.sizes = [Some(0), Some(9000)];
    let judged = judge(&mount);
    assert_eq!(judged.verdict, Verdict::Works, "{judged:?}");
    assert!(judged.evidence.starts_with("3 files kept; "), "{judged:?}");
}

#[test]
fn a_size_that_comes_late_does_not_show_an_empty_mount() {
    let mut mount = pip("pip install flask", 0);
    for run in &mut mount.steps[0].runs {
        run.mount = None;
    }
    mount.sizes = [Some(0), Some(9000)];
    assert_eq!(mount.kept(), (None, "what was kept is not known".to_owned()));
    mount.sizes = [Some(0), Some(0)];
    assert_eq!(mount.kept(), (Some(false), "nothing was kept".to_owned()));
}

#[test]
fn a_second_mount_in_place_of_the_first_says_nothing_of_the_project() {
    let mut mount = empty("pip install flask");
    mount.is_doubled = true;
    assert_judged(&mount, Verdict::NotReached, "something listed the engine's build cache", "run it again");
}

#[test]
fn a_target_is_where_the_step_sees_it() {
    let mut mount = empty("pip install x");
    mount.target = "$PIP_CACHE_DIR".to_owned();
    let look = mount.steps[0].runs[0].look.as_mut().unwrap();
    look.variables = vec![("PIP_CACHE_DIR".to_owned(), "/var/c".to_owned())];
    mount.steps[0].runs[0].mount.as_mut().unwrap().path = Some("/var/c".to_owned());
    assert_judged(&mount, Verdict::Empty, "the cause is not known", "");
    // As engine 20 takes it.
    mount.steps[0].runs[0].mount.as_mut().unwrap().path = Some("/app/$PIP_CACHE_DIR".to_owned());
    let cause = "pip keeps its downloads in `/var/c` (PIP_CACHE_DIR), and the mount is at `/app/$PIP_CACHE_DIR`";
    assert_judged(&mount, Verdict::Empty, cause, "target=/var/c ");
}

#[test]
fn two_builds_that_downloaded_nothing_show_no_use() {
    let mut mount = pip("pip install x", 0);
    mount.steps[0].runs.iter_mut().for_each(|run| run.said = said(0, 0));
    assert_judged(&mount, Verdict::Kept, "pip downloaded nothing in either build", "");
}

#[test]
fn a_first_build_that_downloaded_nothing_proves_nothing() {
    let mut mount = pip("pip install x", 0);
    mount.steps[0].runs.iter_mut().for_each(|run| run.said = said(0, 3));
    assert_judged(&mount, Verdict::Kept, "pip downloaded nothing in either build", "");
}

#[test]
fn an_installer_that_does_not_say_what_it_found() {
    let of_cargo = |again: u64| {
        let mut mount = pip("cargo fetch", 0);
        mount.target = "/root/.cargo/registry".to_owned();
        mount.steps[0].runs[0].said = Said { fetched: Some(200), ..Said::default() };
        mount.steps[0].runs[1].said = Said { fetched: Some(again), ..Said::default() };
        mount
    };
    for (again, verdict) in
        [(0, Verdict::Works), (1, Verdict::Partly), (100, Verdict::Partly), (101, Verdict::NotReused)]
    {
        assert_eq!(judge(&of_cargo(again)).verdict, verdict, "{again} again");
    }
}

#[test]
fn what_was_kept_is_not_known() {
    let unknown = |mut mount: Mount| {
        mount.sizes = [None, None];
        mount.steps[0].runs.iter_mut().for_each(|run| (run.look, run.mount) = (None, None));
        mount
    };
    let used = judge(&unknown(pip("pip install x", 0)));
    assert_eq!((used.verdict, used.cause), (Verdict::Works, None));
    assert!(used.evidence.starts_with("what was kept is not known; first build fetched 3"), "{}", used.evidence);
    let mut silent = unknown(pip("make", 0));
    silent.target = "/data".to_owned();
    silent.steps[0].runs.iter_mut().for_each(|run| run.said = Said::default());
    let why = "what was kept is not known: the engine showed no record of the mount, and nothing could be counted in it; \
               no installer is known whose output would show it";
    assert_judged(&silent, Verdict::Kept, why, "");
    let again = "pip downloaded most of it again; the cause is not known";
    assert_judged(&unknown(pip("pip install x", 3)), Verdict::NotReused, again, "");
}

#[test]
fn a_second_build_that_downloaded_a_part_again_does_not_work() {
    let mount = pip("pip install x", 1);
    assert_judged(&mount, Verdict::Partly, "pip downloaded some of it again; the cause is not known", "");
    let one = pip("pip install x && PIP_NO_CACHE_DIR=1 pip install y", 1);
    assert_judged(&one, Verdict::Partly, "PIP_NO_CACHE_DIR=1 is set in the step", "");
    // Another step with the same mount says nothing.
    let mut silent = pip("pip install x", 0);
    let quiet = Step { command: "pip install -q y".to_owned(), ..silent.steps[0].clone() };
    silent.steps.push(quiet);
    silent.steps[1].runs.iter_mut().for_each(|run| run.said = Said::default());
    assert_judged(&silent, Verdict::Kept, "pip did not print what it downloads", "");
    silent.steps[1].command = "pip freeze".to_owned();
    assert_eq!(judge(&silent).verdict, Verdict::Works);
}

#[test]
fn nothing_to_fetch_is_told_as_such() {
    let mut mount = empty("pip install x");
    mount.steps[0].runs.iter_mut().for_each(|run| run.said = said(0, 0));
    assert_judged(&mount, Verdict::Empty, "the step downloaded nothing that could be kept", "");
    let mut other = empty("make");
    other.target = "/data".to_owned();
    other.steps[0].runs.iter_mut().for_each(|run| run.said = Said::default());
    assert_judged(&other, Verdict::Empty, "the step wrote nothing into `/data`", "");
}

#[test]
fn any_facts_are_judged_without_a_panic() {
    let states =
        [None, Some(State::Cached), Some(State::Done(0.0)), Some(State::Canceled), Some(State::Failed(String::new()))];
    for (first, second) in states.iter().flat_map(|first| states.iter().map(move |second| (first, second))) {
        for command in ["", "pip", "pip install --index-url", "apt install", "rm", "rm -rf /", "uv -n"] {
            let mut mount = Mount { target: "/".to_owned(), ..pip(command, 0) };
            (mount.steps[0].runs[0].state, mount.steps[0].runs[1].state) = (first.clone(), second.clone());
            let _ = judge(&mount);
            mount.sizes = [Some(0), None];
            mount.steps[0].runs.iter_mut().for_each(|run| run.look = None);
            let _ = judge(&mount);
            mount.steps.clear();
            let _ = judge(&mount);
        }
    }
}
