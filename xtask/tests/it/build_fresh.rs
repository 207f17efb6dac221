//! `build-fresh`, and what it keeps: a compose file of ours beside the person's own.

use std::fs;

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

fn run(sandbox: &Sandbox, line: &str) -> Done {
    let done = sandbox.run(line);
    Done { stdout: without_host(&done.stdout), stderr: without_host(&done.stderr), ..done }
}

/// A file of the state, with the value and the mark made the same.
fn state(sandbox: &Sandbox, name: &str) -> Option<String> {
    let text = fs::read_to_string(sandbox.project().join(".xtask").join(name)).ok()?;
    let lines = text.lines().map(|line| if line.starts_with("# made from ") { "# made from MARK" } else { line });
    Some(without_host(&lines.map(|line| format!("{line}\n")).collect::<String>()))
}

fn names_in_state(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.project().join(".xtask")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const HEAD: &str = "# Written by xtask, which adds it to the project's compose files for a build. It may be removed.\n# made from MARK\n";
const ECHO: &str = "$ docker compose -f compose.yaml -f .xtask/next.yaml build\n";

#[test]
fn every_build_gets_a_name_that_was_not_there_and_keeps_it() {
    let sandbox = project(TASKS);
    run(&sandbox, "build-fresh").is(0, "", &format!("{ECHO}3 steps ran again\n"));
    let expected = [
        "docker compose -f compose.yaml --profile * config --format json",
        RECORDS,
        "docker compose -f compose.yaml -f .xtask/next.yaml build",
        RECORDS,
    ];
    assert_eq!(sandbox.called().iter().map(|call| call.replace('\\', "/")).collect::<Vec<_>>(), expected);
    assert_eq!(names_in_state(&sandbox), [".gitignore", "compose.yaml", "fresh"]);
    assert_eq!(state(&sandbox, ".gitignore").as_deref(), Some("*\n"));
    assert_eq!(state(&sandbox, "fresh").as_deref(), Some("api HOST\nworker HOST\n"));
    let build = |name: &str| format!("  \"{name}\":\n    build:\n      extra_hosts:\n        - \"HOST:127.0.0.1\"\n");
    let expected = format!("{HEAD}services:\n{}{}", build("api"), build("worker"));
    assert_eq!(state(&sandbox, "compose.yaml"), Some(expected));
}

#[test]
fn what_comes_after_gets_the_kept_value_and_no_process_more() {
    let sandbox = project(TASKS);
    run(&sandbox, "-q build-fresh").is(0, "", "");
    sandbox.forget_calls();
    let kept = "docker compose -f compose.yaml -f .xtask/compose.yaml";
    run(&sandbox, "build -- api").is(0, "", &format!("$ {kept} build api\n"));
    run(&sandbox, "up").is(0, "", &format!("$ {kept} up\n"));
    // What builds nothing gets nothing.
    run(&sandbox, "down").is(0, "", "$ docker compose -f compose.yaml down\n");
    assert_eq!(sandbox.called().len(), 3);
    // The files have changed: what is built may be something else.
    sandbox.forget_calls();
    let before = state(&sandbox, "fresh");
    sandbox.file("compose.yaml", "services:\n  api: { build: ./api }\n");
    run(&sandbox, "-q up").is(0, "", "");
    run(&sandbox, "-q up").is(0, "", "");
    let calls = sandbox.called();
    assert_eq!((calls.len(), calls[0].contains(" config ")), (3, true), "{calls:?}");
    assert_eq!(state(&sandbox, "fresh"), before);
    // The next value is another one.
    let old = fs::read_to_string(sandbox.project().join(".xtask").join("fresh")).expect("the values");
    sandbox.run("-q build-fresh");
    assert_ne!(fs::read_to_string(sandbox.project().join(".xtask").join("fresh")).expect("the values"), old);
}

#[test]
fn a_later_step_of_the_same_task_gets_the_new_value() {
    let sandbox = project(TASKS);
    let up = "docker compose -f compose.yaml -f .xtask/compose.yaml up";
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
         hint: is it built by BuildKit, and by the builder that is looked at? xtask doctor\n"
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
        format!("{ECHO}error: nobody can tell whether the steps ran again: permission denied\nhint: xtask doctor\n");
    run(&sandbox, "build-fresh").is(1, "", &expected);
}

#[test]
fn a_build_that_fails_changes_nothing_that_is_kept() {
    let sandbox = Sandbox::with_docker(TASKS);
    files(&sandbox);
    sandbox.on("docker compose -f compose.yaml --profile *").out(CONFIG);
    sandbox.on_words(&["docker", "system", "*"]).out("[]\n");
    sandbox.on("docker compose -f compose.yaml -f .xtask/next.yaml *").err("failed to solve\n").exit(17);
    sandbox.on("docker compose -f compose.yaml -f .xtask\\next.yaml *").err("failed to solve\n").exit(17);
    crate::doctor::OF_28.script(&sandbox, "docker compose -f compose.yaml");
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
    let values = || fs::read_to_string(sandbox.project().join(".xtask").join("fresh")).expect("the values");
    let of = |service: &str| values().lines().find(|line| line.starts_with(service)).expect("a line").to_owned();
    let (api, worker) = (of("api"), of("worker"));
    let done = run(&sandbox, "build-fresh --pull --service worker");
    assert_eq!(done.code, 1, "the records of the fake show no third time: {done:?}");
    assert!(done.stderr.starts_with("$ docker compose -f compose.yaml -f .xtask/next.yaml build --pull worker\n"));
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
    let values = || fs::read_to_string(sandbox.project().join(".xtask").join("fresh")).expect("the values");
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
        every project on this engine that mounts the same target shares them, also one without containers\n\
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
        "warning: `api` takes layers from elsewhere (`cache_from`): none of them fits any more, now and in later builds here\n\
         hint: xtask build-fresh --drop-caches goes back to them\n{ECHO}3 steps ran again\n"
    );
    run(&sandbox, "build-fresh").is(0, "", &expected);
}

#[test]
fn a_namespace_goes_with_every_build() {
    let sandbox = project(&format!("{TASKS}[cache]\nnamespace = 'project'\n"));
    run(&sandbox, "build").is(0, "", "$ docker compose -f compose.yaml -f .xtask/compose.yaml build\n");
    let part =
        |name: &str| format!("  \"{name}\":\n    build:\n      args:\n        BUILDKIT_CACHE_MOUNT_NS: \"shop\"\n");
    let expected = format!("{HEAD}services:\n{}{}", part("api"), part("worker"));
    assert_eq!(state(&sandbox, "compose.yaml"), Some(expected));
    sandbox.forget_calls();
    run(&sandbox, "-q build").is(0, "", "");
    assert_eq!(sandbox.called().len(), 1, "the second time it is there");
    // Without compose its name is read in the file, as compose has it.
    sandbox.file("compose.yaml", "name: shop\nservices:\n  api: { build: ./api }\n");
    let done = run(&sandbox, "-n build");
    assert!(done.stdout.contains("BUILDKIT_CACHE_MOUNT_NS: \"shop\""), "{done:?}");
    let other = Sandbox::with("[cache]\nnamespace = 'mine'\n[tasks.t]\nsteps = ['x']\n");
    let expected = "error: `mine` is no namespace\n --> tasks.toml:2:13\n  |\n2 | namespace = 'mine'\n  |             ^^^^^^ expected `project`\n  |\n  = hint: leave it out, and the mounts are those of everyone on the engine\n";
    other.run("t").is(2, "", expected);
}

#[test]
fn a_service_that_is_gone_costs_one_look_and_no_more() {
    let sandbox = project(TASKS);
    run(&sandbox, "-q build-fresh").is(0, "", "");
    sandbox.file("compose.yaml", "services:\n  api: { build: ./api }\n");
    let sandbox = &sandbox;
    let looks = || {
        sandbox.forget_calls();
        run(sandbox, "-q build").is(0, "", "");
        sandbox.called().iter().filter(|call| call.contains("config")).count()
    };
    assert_eq!((looks(), looks()), (1, 0));
}

/// In no build context: an image would get it, and `COPY . .` would run again because of it.
#[test]
fn where_a_build_would_send_it_the_state_lies_elsewhere() {
    let sandbox = project(TASKS);
    for name in ["XDG_STATE_HOME", "LOCALAPPDATA"] {
        sandbox.set(name, sandbox.home().join("kept"));
    }
    sandbox.file("compose.yaml", "services:\n  api: { build: . }\n");
    let elsewhere = |line: &str| line.contains("next.yaml") && !line.contains(".xtask");
    let done = run(&sandbox, "-n build-fresh");
    assert!(done.code == 0 && done.stdout.lines().all(elsewhere), "{done:?}");
    sandbox.file(".dockerignore", ".xtask\n");
    let done = run(&sandbox, "-n build-fresh");
    assert!(done.code == 0 && done.stdout.lines().all(|line| line.contains(".xtask")), "{done:?}");
}

#[test]
fn a_value_that_a_build_would_send_now_still_holds_and_moves() {
    let sandbox = project(TASKS);
    let elsewhere = sandbox.home().join("kept");
    for name in ["XDG_STATE_HOME", "LOCALAPPDATA"] {
        sandbox.set(name, &elsewhere);
    }
    if cfg!(target_os = "macos") {
        return eprintln!("stepping aside: macOS has one place for it, which no variable names");
    }
    run(&sandbox, "-q build-fresh").is(0, "", "");
    sandbox.file("compose.yaml", "services:\n  api: { build: . }\n  worker: { build: ./worker }\n");
    let done = run(&sandbox, "-n build");
    let told = done.stdout.contains("HOST:127.0.0.1") && !done.stdout.contains(".xtask");
    assert!(done.code == 0 && told, "the value is in a file elsewhere: {done:?}");
    sandbox.run("-q build-fresh");
    assert!(!names_in_state(&sandbox).contains(&"fresh".to_owned()), "it has moved");
    let moved = fs::read_dir(elsewhere.join("xtask")).expect("the other place").flatten().next().expect("a folder");
    assert!(moved.path().join("fresh").is_file());
}

#[test]
fn a_dry_run_shows_the_file_that_is_added_and_needs_no_docker() {
    let sandbox = Sandbox::with(TASKS);
    files(&sandbox);
    let before = sandbox.listing();
    let build = "docker compose -f compose.yaml -f .xtask/next.yaml build";
    let up = "docker compose -f compose.yaml -f .xtask/compose.yaml up";
    let done = run(&sandbox, "-n both --os linux");
    let variables = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1";
    let lines: Vec<String> = done.stdout.lines().map(|line| line.replace('\\', "/")).collect();
    assert_eq!((done.code, done.stderr.as_str(), lines.len()), (0, "", 4), "{done:?}");
    assert!(lines[0].starts_with("mkdir -p .xtask && printf '%s/n' \"# Written by xtask"), "{done:?}");
    assert!(
        lines[0].contains("'  \"api\":' '    build:' '      extra_hosts:' '        - \"HOST:127.0.0.1\"'"),
        "{done:?}"
    );
    assert!(lines[0].ends_with(" > .xtask/next.yaml") && lines[2].ends_with(" > .xtask/compose.yaml"), "{done:?}");
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
        let last = done.stdout.lines().last().unwrap_or_default().replace('\\', "/");
        last.split("docker compose ").nth(1).unwrap_or_default().to_owned()
    };
    let empty = "services: {}\n";
    let sandbox = Sandbox::with(tasks);
    sandbox.file("compose.yaml", empty);
    sandbox.file("docker-compose.yml", empty);
    let dry = "-n --os linux build-fresh";
    assert_eq!(words(&sandbox, dry), "-f compose.yaml -f .xtask/next.yaml build");
    sandbox.file("docker-compose.override.yml", empty);
    assert_eq!(words(&sandbox, dry), "-f compose.yaml -f docker-compose.override.yml -f .xtask/next.yaml build");
    sandbox.file("compose.override.yaml", empty);
    assert_eq!(words(&sandbox, dry), "-f compose.yaml -f compose.override.yaml -f .xtask/next.yaml build");
    sandbox.file(".env", "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=${FIRST:-a.yaml},b.yaml\n");
    assert_eq!(words(&sandbox, dry), "-f a.yaml -f b.yaml -f .xtask/next.yaml build");
    sandbox.set("COMPOSE_FILE", "c.yaml");
    assert_eq!(words(&sandbox, dry), "-f c.yaml -f .xtask/next.yaml build");
    let own = words(&sandbox, "-n --os linux own");
    let (before, after) = own.split_once(".xtask/compose-").expect("a file for these files");
    assert_eq!((before, after.len()), ("-f a.yaml -f ", "12345678.yaml up".len()));
    // What stands in a folder above.
    let below = Sandbox::bare();
    below.file("compose.yaml", empty);
    below.file("sub/tasks.toml", tasks);
    let folder = below.project().join("sub");
    let done = below.run_in(&folder, dry);
    let line = done.stdout.lines().last().unwrap_or_default().replace('\\', "/");
    assert!(line.ends_with("docker compose -f ../compose.yaml -f .xtask/next.yaml build"), "{done:?}");
}

#[test]
fn no_cache_says_what_it_empties() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['compose.yaml']\n[tasks.build]\nsteps = ['compose build --no-cache {args}']\n",
    );
    files(&sandbox);
    sandbox.on("docker compose *");
    let told = "`--no-cache` empties the cache mounts of these builds, too: pip `/root/.cache/pip`; `xtask build-fresh` keeps them\n";
    sandbox.run("build").is(0, "", &format!("{told}$ docker compose -f compose.yaml build --no-cache\n"));
    sandbox.run("build -- worker").is(0, "", "$ docker compose -f compose.yaml build --no-cache worker\n");
    sandbox.run("-q build").is(0, "", "");
}
