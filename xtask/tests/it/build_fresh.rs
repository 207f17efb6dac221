//! `build-fresh`, and what it keeps: a compose file of ours beside the person's own.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Done, Sandbox};

const DOCKERFILE: &str = "FROM python:3.12-slim\nCOPY requirements.txt .\n\
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\nRUN echo done\n";

/// What compose 2.40.3 says of the project's files, shortened.
const CONFIG: &str = r#"{"name": "shop", "services": {
"api": {"build": {"context": "api", "dockerfile": "Dockerfile"}},
"db": {"image": "postgres"},
"worker": {"build": {"context": "worker", "dockerfile": "Dockerfile"}}}}"#;

/// The commands before and behind a build that ask for records, as they are without buildx.
const RECORDS: &str = "docker system df --verbose --format \"{{json .BuildCache}}\"";

/// A record as engine 28.5.2 prints it in JSON, shortened.
fn layer(id: &str, command: &str) -> String {
    format!(
        "{{\"CacheType\":\"regular\",\"Description\":\"mount / from exec /bin/sh -c {command}\",\"ID\":\"{id}\",\
         \"InUse\":\"false\",\"Shared\":\"true\",\"Size\":\"1B\",\"UsageCount\":\"1\"}}"
    )
}

fn layers(mark: &str, commands: &[&str]) -> String {
    let records: Vec<String> =
        commands.iter().enumerate().map(|(at, command)| layer(&format!("{mark}{at}"), command)).collect();
    records.join(",")
}

const PIP: &str = "pip install -r requirements.txt";
const ALL: [&str; 3] = [PIP, "echo done", "echo worker"];

/// Two services that are built, one that is not; records that show every step again.
fn project(tasks: &str) -> Sandbox {
    let sandbox = Sandbox::with_docker(tasks);
    files(&sandbox);
    scripted(&sandbox);
    sandbox
}

fn files(sandbox: &Sandbox) {
    sandbox.file(
        "compose.yaml",
        "services:\n  api: { build: ./api }\n  worker: { build: ./worker }\n  db: { image: postgres }\n",
    );
    sandbox.file("api/Dockerfile", DOCKERFILE);
    sandbox.file("worker/Dockerfile", "FROM python:3.12-slim\nRUN echo worker\n");
}

fn scripted(sandbox: &Sandbox) {
    sandbox.on("docker compose -f compose.yaml --profile *").out(CONFIG);
    let old = layers("old", &ALL);
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{old}]\n"));
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{old},{}]\n", layers("new", &ALL)));
    sandbox.on("docker compose -f compose.yaml *");
}

const TASKS: &str = "[compose]\nfiles = ['compose.yaml']\n[tasks.build]\nsteps = ['compose build {args}']\n\
[tasks.up]\nsteps = ['compose up {args}']\n[tasks.down]\nsteps = ['compose down']\n\
[tasks.both]\nsteps = ['task build-fresh', 'compose up']\n[tasks.build-fresh]\nbuiltin = 'build-fresh'\n";

/// The value is another one each time.
fn without_host(text: &str) -> String {
    let Some((before, rest)) = text.split_once("xtask-fresh-") else { return text.to_owned() };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '-');
    format!("{before}HOST{}", without_host(after))
}

/// Paths with `/`, and those of the state's files as `STATE/NAME`.
fn with_state(sandbox: &Sandbox, text: &str) -> String {
    let plain = |path: PathBuf| path.display().to_string().replace('\\', "/");
    let root = plain(sandbox.home().parent().expect("the sandbox").to_owned());
    let base = format!("{}/", plain(states(sandbox)));
    // In a line that is quoted for a POSIX shell, each `\` of a path is doubled.
    let text = text.replace("\\\\", "/").replace('\\', "/").replace("<T>", &root);
    let mut parts = text.split(&base);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // A blank in it (macOS), or `\` (Windows), puts it into quotes.
        let quoted = shown.ends_with(['\'', '"']);
        shown.truncate(shown.len() - usize::from(quoted));
        // The name of the project's folder and a mark.
        let name = &part[part.find(['/', ' ', '\'', '"', '`']).unwrap_or(part.len())..];
        let end = name.find(['\'', '"', ' ', '\n']).unwrap_or(name.len());
        shown.push_str(&format!("STATE{}{}", &name[..end], &name[end + usize::from(quoted)..]));
    }
    shown.replace(&root, "<T>")
}

/// Where the system keeps such things.
fn states(sandbox: &Sandbox) -> PathBuf {
    let home = sandbox.home();
    let base = match std::env::consts::OS {
        "windows" => home.join("AppData").join("Local"),
        "macos" => home.join("Library").join("Application Support"),
        _ => home.join(".local").join("state"),
    };
    base.join("xtask")
}

fn state_folder(sandbox: &Sandbox) -> Option<PathBuf> {
    Some(fs::read_dir(states(sandbox)).ok()?.flatten().next()?.path())
}

fn run(sandbox: &Sandbox, line: &str) -> Done {
    let done = sandbox.run(line);
    let plain = |text: &str| without_host(&with_state(sandbox, text));
    Done { stdout: plain(&done.stdout), stderr: plain(&done.stderr), ..done }
}

/// A file of the state, with the value made the same.
fn state(sandbox: &Sandbox, name: &str) -> Option<String> {
    Some(without_host(&fs::read_to_string(state_folder(sandbox)?.join(name)).ok()?))
}

/// The values, as they are.
fn values(sandbox: &Sandbox) -> String {
    fs::read_to_string(state_folder(sandbox).expect("a state").join("fresh")).expect("the values")
}

/// The calls, with the value and the paths made the same.
fn called(sandbox: &Sandbox) -> Vec<String> {
    sandbox.called().iter().map(|call| without_host(&with_state(sandbox, call))).collect()
}

fn names_in_state(sandbox: &Sandbox) -> Vec<String> {
    let entries = state_folder(sandbox).map(fs::read_dir).into_iter().flatten().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const HEAD: &str = "# Written by xtask, which adds it to the project's compose files for a build. It may be removed.\n";
const ECHO: &str = "$ docker compose -f compose.yaml -f STATE/next-HOST.yaml build\n";

#[test]
fn every_build_gets_a_name_that_was_not_there_and_keeps_it() {
    let sandbox = project(TASKS);
    let in_project = || sandbox.listing().iter().filter(|line| line.contains("home/project")).count();
    let before = in_project();
    run(&sandbox, "build-fresh").is(0, "", &format!("{ECHO}3 steps ran again\n"));
    let expected = [
        "docker compose -f compose.yaml --profile * config --format json",
        RECORDS,
        "docker compose -f compose.yaml -f STATE/next-HOST.yaml build",
        RECORDS,
    ];
    assert_eq!(called(&sandbox), expected);
    assert_eq!(names_in_state(&sandbox), ["fresh", "project"], "no file of a value that is not kept is left");
    assert_eq!(in_project(), before, "nothing lies in the project");
    assert!(state(&sandbox, "project").expect("a file").starts_with(&sandbox.project().display().to_string()));
    assert_eq!(state(&sandbox, "fresh").as_deref(), Some("api HOST\nworker HOST\n"));
    run(&sandbox, "-q up").is(0, "", "");
    let build = |name: &str| format!("  \"{name}\":\n    build:\n      extra_hosts:\n        - \"HOST:127.0.0.1\"\n");
    let expected = format!("{HEAD}services:\n{}{}", build("api"), build("worker"));
    assert_eq!(state(&sandbox, "compose.yaml"), Some(expected));
}

#[test]
fn what_comes_after_gets_the_kept_value_and_compose_is_asked_once() {
    let sandbox = project(TASKS);
    run(&sandbox, "-q build-fresh").is(0, "", "");
    sandbox.forget_calls();
    let kept = "docker compose -f compose.yaml -f STATE/compose.yaml";
    run(&sandbox, "build -- api").is(0, "", &format!("$ {kept} build api\n"));
    run(&sandbox, "up").is(0, "", &format!("$ {kept} up\n"));
    // What builds nothing gets nothing.
    run(&sandbox, "down").is(0, "", "$ docker compose -f compose.yaml down\n");
    let config = "docker compose -f compose.yaml --profile * config --format json";
    let expected =
        [config, &format!("{kept} build api"), config, &format!("{kept} up"), "docker compose -f compose.yaml down"];
    assert_eq!(called(&sandbox), expected);
    // The next value is another one.
    let old = values(&sandbox);
    sandbox.run("-q build-fresh");
    assert_ne!(values(&sandbox), old);
}

#[test]
fn a_later_step_of_the_same_task_gets_the_new_value() {
    let sandbox = project(TASKS);
    let up = "docker compose -f compose.yaml -f STATE/compose.yaml up";
    run(&sandbox, "both").is(0, "", &format!("{ECHO}3 steps ran again\n$ {up}\n"));
}

#[test]
fn a_step_that_left_no_new_layer_is_named() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").out(CONFIG);
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{}]\n", layers("old", &ALL)));
    let after = format!("[{},{}]\n", layers("old", &ALL), layers("new", &ALL[1..]));
    sandbox.on_words(&["docker", "system", "*"]).out(&after);
    sandbox.on("docker compose -f compose.yaml *");
    let expected = format!(
        "{ECHO}error: `RUN {PIP}` (api/Dockerfile:3) left no new layer\n\
         hint: is it built by BuildKit, and by the selected builder? xtask doctor\n"
    );
    run(&sandbox, "build-fresh").is(1, "", &expected);
}

#[test]
fn without_records_nobody_can_tell() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").out(CONFIG);
    sandbox.on_words(&["docker", "system", "*"]).err("permission denied\n").exit(1);
    sandbox.on("docker compose -f compose.yaml *");
    let expected =
        format!("{ECHO}error: can't tell whether the steps ran again: permission denied\nhint: xtask doctor\n");
    run(&sandbox, "build-fresh").is(1, "", &expected);
}

#[test]
fn a_build_that_fails_changes_nothing_that_is_kept() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").out(CONFIG);
    sandbox.on_words(&["docker", "system", "*"]).out("[]\n");
    crate::doctor::OF_28.script(&sandbox, "docker compose -f compose.yaml");
    sandbox.on("docker compose -f compose.yaml -f *").err("failed to solve\n").exit(17);
    sandbox.on("docker compose *").out(r#"{"services": {}}"#);
    assert_eq!(run(&sandbox, "-q build-fresh").code, 17);
    assert_eq!(names_in_state(&sandbox), [""; 0]);
}

#[test]
fn compose_that_cannot_read_its_files_is_one_error() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").err("services.api must be a mapping\n").exit(15);
    run(&sandbox, "build-fresh").is(2, "", "error: compose can't read its files: services.api must be a mapping\n");
    assert_eq!(names_in_state(&sandbox), [""; 0]);
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").err("time=x level=warning msg=y\n").exit(15);
    run(&sandbox, "build-fresh").is(2, "", "error: compose can't read its files, and does not say why\n");
}

#[test]
fn where_compose_cannot_read_its_files_a_task_lets_compose_say_it() {
    let sandbox = Sandbox::with_docker(&format!("{TASKS}[cache]\nnamespace = 'project'\n"));
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").exit(15);
    sandbox.on("docker compose -f compose.yaml build").err("services.api must be a mapping\n").exit(15);
    crate::doctor::OF_28.script(&sandbox, "docker compose -f compose.yaml");
    let done = run(&sandbox, "build");
    let expected = "$ docker compose -f compose.yaml build\nservices.api must be a mapping\n";
    assert_eq!((done.code, done.stderr.as_str()), (15, expected), "{done:?}");
}

#[test]
fn one_service_alone_is_fresh() {
    let sandbox = project(TASKS);
    run(&sandbox, "-q build-fresh").is(0, "", "");
    let values = || values(&sandbox);
    let of = |service: &str| values().lines().find(|line| line.starts_with(service)).expect("a line").to_owned();
    let (api, worker) = (of("api"), of("worker"));
    let done = run(&sandbox, "build-fresh --pull --service worker");
    assert_eq!(done.code, 1, "the records of the fake show no third time: {done:?}");
    assert!(done.stderr.starts_with("$ docker compose -f compose.yaml -f STATE/next-HOST.yaml build --pull worker\n"));
    assert!(!done.stderr.contains("pip install"), "only the steps of `worker` are looked for: {done:?}");
    assert_eq!((of("api") == api, of("worker") == worker), (true, false));
}

#[test]
fn a_service_whose_profile_is_off_is_neither_built_nor_asked_about() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    let config = CONFIG.replace(r#""worker": {"#, r#""worker": {"profiles": ["jobs"], "#);
    sandbox.on("docker compose -f compose.yaml --profile *").out(&config);
    let old = layers("old", &ALL);
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{old}]\n"));
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{old},{}]\n", layers("new", &ALL[..2])));
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{old}]\n"));
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{old},{}]\n", layers("new", &ALL)));
    sandbox.on("docker compose -f compose.yaml *");
    run(&sandbox, "build-fresh").is(0, "", &format!("{ECHO}2 steps ran again\n"));
    let values = || values(&sandbox);
    assert!(values().starts_with("api ") && !values().contains("worker"), "{}", values());
    sandbox.set("COMPOSE_PROFILES", "jobs");
    run(&sandbox, "build-fresh").is(0, "", &format!("{ECHO}3 steps ran again\n"));
    assert!(values().contains("worker"), "{}", values());
}

#[test]
fn drop_caches_is_the_true_no_cache_and_forgets_the_value() {
    let sandbox = project(TASKS);
    sandbox.on_words(&["docker", "ps", "*"]).out("shop;/shop;/shop/compose.yaml\nother;/other;/other/compose.yaml\n");
    run(&sandbox, "-q build-fresh").is(0, "", "");
    let expected = "1 cache mount will be emptied:\n  pip `/root/.cache/pip` (not there yet)\n\
        can't tell whether `other` uses them too: `/other/compose.yaml`: there is no such file\n\
        every project on this engine that mounts the same target shares them, even one without containers\n\
        $ docker compose -f compose.yaml build --no-cache\n";
    let done = run(&sandbox, "build-fresh --drop-caches");
    assert!(done.stderr.starts_with(expected), "{done:?}");
    assert_eq!(names_in_state(&sandbox), [""; 0], "nothing is kept, and nothing is left");
    run(&sandbox, "build").is(0, "", "$ docker compose -f compose.yaml build\n");
}

#[test]
fn drop_caches_names_sizes_and_the_other_projects() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").out(CONFIG);
    let mount = r#"[{"CacheType":"exec.cachemount","Description":"cached mount /root/.cache/pip from exec /bin/sh -c x with id \"//root/.cache/pip\"","ID":"m","InUse":"false","Shared":"false","Size":"33.5MB","UsageCount":"1"}]"#;
    sandbox.on_words(&["docker", "system", "*"]).out(mount);
    let other = sandbox.folder("other");
    sandbox.file("other/compose.yaml", "services: { x: { build: . } }\n");
    sandbox.file("other/Dockerfile", DOCKERFILE);
    let line = format!("{0};{0};compose.yaml\n", other.display());
    sandbox.on_words(&["docker", "ps", "*"]).out(&line);
    sandbox.on("docker compose -f compose.yaml *");
    let done = run(&sandbox, "build-fresh --drop-caches");
    let place = "<T>/home/project/other";
    let told = format!("  pip `/root/.cache/pip` (33.5 MB), used by `{place}` in `{place}` too\n");
    assert!(done.stderr.contains(&told), "{done:?}");
}

#[test]
fn a_shared_cache_that_no_longer_fits_is_told() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    let config = CONFIG.replace("\"context\": \"api\"", "\"context\": \"api\", \"cache_from\": [\"type=local,src=x\"]");
    sandbox.on("docker compose -f compose.yaml --profile *").out(&config);
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{}]\n", layers("old", &ALL)));
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{}]\n", layers("new", &ALL)));
    sandbox.on("docker compose -f compose.yaml *");
    let expected = format!(
        "warning: `api` takes layers from elsewhere (`cache_from`): none of them match any more, now and in later builds here\n\
         hint: to go back to them: xtask build-fresh --drop-caches\n{ECHO}3 steps ran again\n"
    );
    run(&sandbox, "build-fresh").is(0, "", &expected);
}

#[test]
fn a_namespace_goes_with_every_build() {
    let sandbox = project(&format!("{TASKS}[cache]\nnamespace = 'project'\n"));
    run(&sandbox, "build").is(0, "", "$ docker compose -f compose.yaml -f STATE/compose.yaml build\n");
    let part =
        |name: &str| format!("  \"{name}\":\n    build:\n      args:\n        BUILDKIT_CACHE_MOUNT_NS: \"shop\"\n");
    let expected = format!("{HEAD}services:\n{}{}", part("api"), part("worker"));
    assert_eq!(state(&sandbox, "compose.yaml"), Some(expected));
    // Without compose its name is read in the file, as compose has it.
    sandbox.file("compose.yaml", "name: shop\nservices:\n  api: { build: ./api }\n");
    let done = run(&sandbox, "-n build");
    assert!(done.stdout.contains("BUILDKIT_CACHE_MOUNT_NS: \"shop\""), "{done:?}");
    let other = Sandbox::with("[cache]\nnamespace = 'mine'\n[tasks.t]\nsteps = ['x']\n");
    let expected = "error: `mine` is no namespace\n --> tasks.toml:2:13\n  |\n2 | namespace = 'mine'\n  |             ^^^^^^ expected `project`\n  |\n  = hint: leave it out to share the mounts with everyone on the engine\n";
    other.run("t").is(2, "", expected);
}

/// Each run has a file of its own for its new value: none builds with another's.
#[test]
fn two_at_once_do_not_share_a_file() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").out(CONFIG);
    sandbox.on_words(&["docker", "system", "*"]).out(&format!("[{}]\n", layers("old", &ALL)));
    sandbox.on("docker compose -f compose.yaml *");
    let file = || {
        sandbox.forget_calls();
        sandbox.run("-q build-fresh");
        let call = sandbox.called().into_iter().find(|call| call.ends_with(" build")).expect("a build");
        call.split(" -f ").nth(2).expect("a file of ours").to_owned()
    };
    let (first, second) = (file(), file());
    assert_ne!(first, second);
    assert!(first.contains("next-xtask-fresh-") && second.contains("next-xtask-fresh-"), "{first} {second}");
}

/// In no build context, whatever that is: an image would get it, and `COPY . .` would run again because of it.
#[test]
fn the_state_lies_where_the_system_keeps_such_things() {
    let sandbox = project(TASKS);
    for name in ["XDG_STATE_HOME", "LOCALAPPDATA"] {
        sandbox.set(name, sandbox.home().join("kept"));
    }
    if cfg!(target_os = "macos") {
        return eprintln!("stepping aside: macOS has one place for it, which no variable names");
    }
    run(&sandbox, "-q build-fresh").is(0, "", "");
    assert!(state_folder(&sandbox).is_none());
    let kept = fs::read_dir(sandbox.home().join("kept").join("xtask")).expect("the place").flatten().next();
    assert!(kept.expect("a state").path().join("fresh").is_file());
}

/// A value belongs to the project and not to its folder: a build without it is served the older layers.
#[test]
fn a_checkout_that_moved_finds_its_values() {
    let sandbox = project(TASKS);
    run(&sandbox, "-q build-fresh").is(0, "", "");
    let old = values(&sandbox);
    let moved = sandbox.home().join("moved");
    fs::rename(sandbox.project(), &moved).expect("moved");
    // A dry run shows the value and moves nothing.
    let before = sandbox.listing();
    let done = sandbox.run_in(&moved, "-n build");
    assert!(done.code == 0 && done.stdout.contains("xtask-fresh-"), "{done:?}");
    assert_eq!(sandbox.listing(), before);
    let done = sandbox.run_in(&moved, "-q build");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    assert_eq!(values(&sandbox), old);
    let folder = state_folder(&sandbox).expect("a state");
    assert!(folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("moved-")), "{folder:?}");
    let of_build = called(&sandbox).pop().expect("a call");
    assert_eq!(of_build, "docker compose -f compose.yaml -f STATE/compose.yaml build");
    // What it says of its place is true from now on.
    assert!(state(&sandbox, "project").expect("a file").starts_with(&moved.display().to_string()));
}

#[test]
fn a_checkout_that_may_have_moved_is_told() {
    let sandbox = project(TASKS);
    run(&sandbox, "-q build-fresh").is(0, "", "");
    let place = sandbox.home().join("elsewhere");
    fs::create_dir(&place).expect("a folder");
    let moved = place.join("project");
    fs::rename(sandbox.project(), &moved).expect("moved");
    fs::write(moved.join("tasks.toml"), format!("# Edited.\n{TASKS}")).expect("a file");
    let done = sandbox.run_in(&moved, "-q build");
    let expected = "warning: a project in `<T>/home/project` was built fresh and is no longer there; \
        if this is it, builds here get its older layers\n\
        hint: run xtask build-fresh once, or remove `STATE`\n";
    assert_eq!((done.code, with_state(&sandbox, &done.stderr).as_str()), (0, expected), "{done:?}");
}

#[test]
fn a_dry_run_shows_the_file_that_is_added_and_needs_no_docker() {
    let sandbox = Sandbox::with(TASKS);
    files(&sandbox);
    let before = sandbox.listing();
    let build = "docker compose -f compose.yaml -f STATE/next-HOST.yaml build";
    let up = "docker compose -f compose.yaml -f STATE/compose.yaml up";
    let done = run(&sandbox, "-n both --os linux");
    let variables = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1";
    let lines: Vec<String> = done.stdout.lines().map(str::to_owned).collect();
    assert_eq!((done.code, done.stderr.as_str(), lines.len()), (0, "", 4), "{done:?}");
    assert!(lines[0].starts_with("mkdir -p STATE && printf '%s/n' \"# Written by xtask"), "{done:?}");
    assert!(
        lines[0].contains("'  \"api\":' '    build:' '      extra_hosts:' '        - \"HOST:127.0.0.1\"'"),
        "{done:?}"
    );
    assert!(lines[0].ends_with(" > STATE/next-HOST.yaml") && lines[2].ends_with(" > STATE/compose.yaml"), "{done:?}");
    assert_eq!(
        (lines[1].as_str(), lines[3].as_str()),
        (&*format!("{variables} {build}"), &*format!("{variables} {up}"))
    );
    assert_eq!(sandbox.listing(), before);
}

/// A further `-f` turns compose's own search off: what it would have found is named.
#[test]
fn the_files_that_compose_would_have_found_are_named() {
    let tasks = "[tasks.build-fresh]\nbuiltin = 'build-fresh'\n[tasks.own]\nsteps = ['compose -f a.yaml up']\n\
        [cache]\nnamespace = 'project'\n";
    let words = |sandbox: &Sandbox, line: &str| {
        let done = sandbox.run(line);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
        let last = without_host(&with_state(sandbox, done.stdout.lines().last().unwrap_or_default()));
        last.split("docker compose ").nth(1).unwrap_or_default().to_owned()
    };
    let empty = "services: {}\n";
    let sandbox = Sandbox::with(tasks);
    sandbox.file("compose.yaml", empty);
    sandbox.file("docker-compose.yml", empty);
    let dry = "-n --os linux build-fresh";
    assert_eq!(words(&sandbox, dry), "-f compose.yaml -f STATE/next-HOST.yaml build");
    sandbox.file("docker-compose.override.yml", empty);
    assert_eq!(words(&sandbox, dry), "-f compose.yaml -f docker-compose.override.yml -f STATE/next-HOST.yaml build");
    sandbox.file("compose.override.yaml", empty);
    assert_eq!(words(&sandbox, dry), "-f compose.yaml -f compose.override.yaml -f STATE/next-HOST.yaml build");
    ["a.yaml", "b.yaml", "c.yaml"].iter().for_each(|name| drop(sandbox.file(name, empty)));
    sandbox.file(".env", "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=${FIRST:-a.yaml},b.yaml\n");
    assert_eq!(words(&sandbox, dry), "-f a.yaml -f b.yaml -f STATE/next-HOST.yaml build");
    sandbox.set("COMPOSE_FILE", "c.yaml");
    assert_eq!(words(&sandbox, dry), "-f c.yaml -f STATE/next-HOST.yaml build");
    let own = words(&sandbox, "-n --os linux own");
    let (before, after) = own.split_once("STATE/compose-").expect("a file for these files");
    assert_eq!((before, after.len()), ("-f a.yaml -f ", "12345678.yaml up".len()));
    // What stands in a folder above.
    let below = Sandbox::bare();
    below.file("compose.yaml", empty);
    below.file("sub/tasks.toml", tasks);
    let folder = below.project().join("sub");
    let done = below.run_in(&folder, dry);
    let line = without_host(&with_state(&below, done.stdout.lines().last().unwrap_or_default()));
    assert!(line.ends_with("docker compose -f ../compose.yaml -f STATE/next-HOST.yaml build"), "{done:?}");
}

#[test]
fn no_cache_says_what_it_empties() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['compose.yaml']\n[tasks.build]\nsteps = ['compose build --no-cache {args}']\n",
    );
    files(&sandbox);
    sandbox.on("docker compose *");
    let told = "`--no-cache` also empties the cache mounts of these builds: pip `/root/.cache/pip`; `xtask build-fresh` keeps them\n";
    sandbox.run("build").is(0, "", &format!("{told}$ docker compose -f compose.yaml build --no-cache\n"));
    sandbox.run("build -- worker").is(0, "", "$ docker compose -f compose.yaml build --no-cache worker\n");
    sandbox.run("-q build").is(0, "", "");
}
