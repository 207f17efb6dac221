//! `verify` and `bench` where no engine is needed: what they ask docker for, and odd answers. What they find out on real
//! engines is in `tests/engines`.

use crate::harness::{Done, Sandbox};

const CONFIG: &str = r#"{"name": "p", "services": {"api": {"build": {"context": "CONTEXT", "args": {"A": "1"}}}, "db": {"image": "x"}}}"#;

/// The exec form has no place for our words, so that a log can be scripted.
const DOCKERFILE: &str =
    "FROM a\nCOPY x /x\nRUN --mount=type=cache,target=/root/.cache/pip [\"pip\", \"install\", \"x\"]\n";

const LOG: &str = "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n\n#4 [1/3] FROM a\n#4 CACHED\n\n\
                   #5 [2/3] COPY x /x\n#5 DONE 0.1s\n\n\
                   #6 [3/3] RUN --mount=type=cache,target=/root/.cache/pip [\"pip\", \"install\", \"x\"]\n";

fn sandbox() -> Sandbox {
    let sandbox = without_buildx();
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker buildx du --verbose").out(crate::cache::NO_RECORDS);
    sandbox
}

fn without_buildx() -> Sandbox {
    with_config(CONFIG)
}

fn with_config(config: &str) -> Sandbox {
    let sandbox = Sandbox::with_docker("[tasks.build]\nsteps = ['compose build']\n");
    sandbox.file("Dockerfile", DOCKERFILE);
    let context = sandbox.project().display().to_string().replace('\\', "\\\\");
    sandbox.on("docker compose config --format json").out(&config.replace("CONTEXT", &context));
    sandbox
}

/// Without what differs from run to run.
fn stable(done: Done) -> Done {
    let number = |word: &str| word.starts_with("xtask-verify-");
    let clean = |text: String| {
        let words = text.split_inclusive([' ', '\n', '/', ':']).map(|word| if number(word) { "NS" } else { word });
        words.collect::<String>()
    };
    Done { stdout: clean(done.stdout), stderr: clean(done.stderr), ..done }
}

#[test]
fn a_step_that_came_from_the_cache_proves_nothing() {
    let sandbox = sandbox();
    sandbox.on("docker buildx build *").err(&format!("{LOG}#6 CACHED\n"));
    let stdout = "\
not reached  `/root/.cache/pip` of `Dockerfile`, line 3
             in the first build, the step in line 3 came from the cache and did not run
             its layer was in the cache, so nothing was downloaded, and nothing is known about the mount
             fix: an old `# syntax=` line at the top of the Dockerfile keeps the builder from running it again: remove it

nothing is known about the cache mount: its step did not run to its end
";
    let stderr = "Dockerfile, first build: RUN --mount=type=cache,target=/root/.cache/pip [\"pip\", \"install\", \"x\"]\n\
                  Dockerfile, second build: RUN --mount=type=cache,target=/root/.cache/pip [\"pip\", \"install\", \"x\"]\n";
    stable(sandbox.run("verify")).is(1, stdout, stderr);
}

#[test]
fn a_log_that_was_cut_is_said() {
    let sandbox = sandbox();
    let cut = format!("{LOG}#6 0.1 [output clipped, log limit 2MiB reached]\n#6 CACHED\n");
    sandbox.on("docker buildx build *").err(&cut);
    let step = "RUN --mount=type=cache,target=/root/.cache/pip [\"pip\", \"install\", \"x\"]\n";
    let of_build = |build: &str| {
        let label = format!("Dockerfile, {build} build");
        format!("{label}: {step}warning: {label} printed more than is kept of it: what the rest says is not known\n")
    };
    let done = stable(sandbox.run("verify"));
    assert_eq!((done.code, done.stderr), (1, of_build("first") + &of_build("second")));
}

/// Compose fills in the variables of a Dockerfile that stands in its file.
#[test]
fn secret_values_in_a_mount_are_hidden() {
    let text = "FROM a\\nRUN --mount=type=cache,id=of-plant-arg,target=/c/plant-arg [\\\"pip\\\", \\\"install\\\"]\\n";
    let args = format!("\"A_TOKEN\": \"plant-arg\"}}, \"dockerfile_inline\": \"{text}\", \"labels\": {{");
    let sandbox = with_config(&CONFIG.replace("\"A\": \"1\"", &args));
    mount_is_shown(&sandbox, "of-${A_TOKEN}", "/c/${A_TOKEN}");
}

/// Who reads a path in a Dockerfile does not learn that a part of it is also a password.
#[test]
fn a_path_that_is_written_in_a_dockerfile_stays() {
    let sandbox = with_config(&CONFIG.replace("\"A\": \"1\"", "\"MYSQL_ROOT_PASSWORD\": \"root\""));
    sandbox.file(
        "Dockerfile",
        "FROM a\nRUN --mount=type=cache,id=of-root,target=/root/.cache/pip [\"pip\", \"install\"]\n",
    );
    mount_is_shown(&sandbox, "of-root", "/root/.cache/pip");
}

#[track_caller]
fn mount_is_shown(sandbox: &Sandbox, id: &str, target: &str) {
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker buildx du --verbose").out(crate::cache::NO_RECORDS);
    sandbox.on("docker buildx build *").err("ERROR: failed to solve: a: not found\n").exit(1);
    let done = sandbox.run("verify");
    assert!(done.code == 1 && !format!("{done:?}").contains("plant"), "{done:?}");
    let place = format!("not reached  `{target}` (id `{id}`) of `");
    assert!(done.stdout.starts_with(&place), "{done:?}");
    let done = sandbox.run("verify --json");
    assert!(done.code == 1 && !format!("{done:?}").contains("plant"), "{done:?}");
    let value: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let mount = &value["mounts"][0];
    assert_eq!([&mount["id"], &mount["target"], &mount["path"]], [id, target, target]);
}

#[test]
fn both_builds_have_a_namespace_and_a_host_name_of_their_own() {
    let sandbox = sandbox();
    sandbox
        .on("docker buildx build *")
        .err(&format!("{LOG}#6 0.5   Downloading x-1-py3-none-any.whl (9 kB)\n#6 DONE 1.0s\n"));
    sandbox.run("verify --quiet");
    let builds: Vec<Vec<String>> =
        sandbox.calls().into_iter().map(|call| call.words).filter(|words| words[2] == "build").collect();
    assert_eq!(builds.len(), 2, "{builds:#?}");
    // A value may be a secret, and everybody can read argv.
    let values = sandbox
        .calls()
        .into_iter()
        .filter(|call| call.words[2] == "build")
        .map(|call| call.env("A").map(str::to_owned));
    assert_eq!(values.collect::<Vec<_>>(), [Some("1".to_owned()), Some("1".to_owned())]);
    let mut hosts = Vec::new();
    for words in &builds {
        assert_eq!(words[3..7], ["--progress=plain", "--output", "type=cacheonly", "--file"]);
        let namespace =
            words.iter().find_map(|word| word.strip_prefix("BUILDKIT_CACHE_MOUNT_NS=")).expect("a namespace");
        let of_run = namespace.strip_suffix("-0-1").expect("the number of the Dockerfile, and of the attempt");
        assert!(words[7].contains(of_run), "the Dockerfile lies in a folder of its own: {words:?}");
        assert_eq!(words[8..12], ["--build-arg", "A", "--build-arg", &format!("BUILDKIT_CACHE_MOUNT_NS={namespace}")]);
        let host = words[13].strip_prefix(namespace).expect("a host name of our own").to_owned();
        assert_eq!((words[12].as_str(), words.len()), ("--add-host", 15), "{words:?}");
        hosts.push(host);
    }
    assert_eq!(hosts, ["-first:127.0.0.1", "-second:127.0.0.1"]);
    assert_eq!(builds[0][11], builds[1][11], "the mounts are the same for both");
    let left = sandbox.calls().into_iter().filter(|call| call.line().contains("prune")).count();
    assert_eq!(left, 0, "nothing of ours is there, so nothing is pruned");
}

#[test]
fn a_build_that_can_not_begin_is_no_proof_either() {
    let sandbox = sandbox();
    sandbox.on("docker buildx build *").err("ERROR: failed to solve: a: not found\n").exit(1);
    let done = sandbox.run("verify --json");
    assert_eq!((done.code, done.stderr.as_str()), (1, ""));
    let value: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(value["mounts"][0]["verdict"], "not reached");
    assert_eq!(value["mounts"][0]["cause"], "the build stops before it: a: not found");
    assert_eq!(value["left"]["ours"]["records"], 0);
}

#[test]
fn a_docker_without_buildx_is_no_verdict() {
    let sandbox = without_buildx();
    sandbox.on_words(&["docker", "system", "*"]).out("null\n");
    sandbox
        .on("docker build *")
        .err("ERROR: BuildKit is enabled but the buildx component is missing or broken.\n")
        .exit(1);
    let done = sandbox.run("verify");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    assert!(done.stderr.starts_with("error: docker has no buildx, and builds with it\nhint: "), "{}", done.stderr);
    sandbox.file("Dockerfile", "RUN x\n");
    let done = sandbox.run("verify");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    assert!(done.stderr.starts_with("error: `Dockerfile` can't be read: "), "{}", done.stderr);
}

#[test]
fn a_target_that_is_no_stage_is_an_error() {
    let sandbox = with_config(&CONFIG.replace("CONTEXT\"", "CONTEXT\", \"target\": \"pakages\""));
    sandbox.on_words(&["docker", "system", "*"]).out("null\n");
    sandbox.file("Dockerfile", DOCKERFILE.replacen("FROM a", "FROM a AS packages", 1));
    for command in ["verify", "bench"] {
        let said = "error: `Dockerfile` has no stage `pakages`\nhint: did you mean `packages`?\n";
        sandbox.run(command).is(2, "", said);
    }
}

#[test]
fn a_stage_that_only_the_builder_knows_is_named() {
    let sandbox = sandbox();
    let step = "RUN --mount=type=cache,target=/root/.cache/pip pip install x\n";
    sandbox.file("Dockerfile", format!("FROM a AS packages-amd64\n{step}FROM packages-${{TARGETARCH}}\n"));
    let said = "warning: `FROM packages-${TARGETARCH}` (Dockerfile:3): only the builder knows which stage that is, \
        so its cache mounts are not checked\n\
                no build has a step with a cache mount: there is nothing to verify\n";
    sandbox.run("verify").is(0, "", said);
}

#[test]
fn a_build_from_elsewhere_is_named() {
    let config = r#"{"services": {"far": {"build": {"context": "https://example.org/x.git"}}}}"#;
    let other = Sandbox::with_docker("[tasks.build]\nsteps = ['compose build']\n");
    other.plugin_named("docker-buildx");
    other.on("docker compose config --format json").out(config);
    other.on("docker buildx du --verbose").out(crate::cache::NO_RECORDS);
    let said = "warning: `far` is not checked: its build context is not on this machine\n\
                no build has a step with a cache mount: there is nothing to verify\n";
    other.run("verify").is(0, "", said);
}

#[test]
fn only_what_is_ours_is_removed() {
    let sandbox = sandbox();
    let record = |id: &str, description: &str| {
        format!("ID: {id}\nReclaimable: true\nSize: 5B\nDescription: {description}\nType: exec.cachemount\n\n")
    };
    // Not to be known before: the namespace of the run. So the records here are others' and new.
    sandbox
        .on("docker buildx du --verbose")
        .out(&record("theirs", "cached mount /root/.cache/pip from exec x with id \"//root/.cache/pip\""));
    sandbox.on("docker buildx build *").err(&format!("{LOG}#6 DONE 1.0s\n"));
    let done = sandbox.run("verify");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("what was kept is not known: the engine showed no record"), "{done:?}");
    assert!(sandbox.called().iter().all(|call| !call.contains("prune")), "{:?}", sandbox.called());
}

#[test]
fn what_is_wrong_is_told_before_anything_is_built() {
    let sandbox = sandbox();
    sandbox.run("verify apo").is(2, "", "error: there is no service `apo`\nhint: did you mean `api`?\n");
    sandbox.run("verify db").is(2, "", "error: nothing is built for `db`\nhint: built are: api\n");
    sandbox.run("bench db").is(2, "", "error: nothing is built for `db`\nhint: built are: api\n");
    let conflict = sandbox.run("bench --json --markdown");
    assert_eq!(conflict.code, 2, "{conflict:?}");
    let zero = sandbox.run("bench --runs 0");
    assert_eq!(zero.code, 2, "{zero:?}");
    sandbox.set("DOCKER_BUILDKIT", "0");
    let unset = if cfg!(windows) { "Remove-Item Env:DOCKER_BUILDKIT" } else { "unset DOCKER_BUILDKIT" };
    let error = format!("error: DOCKER_BUILDKIT=0: the classic builder has no cache mounts\nhint: {unset}\n");
    sandbox.run("bench").is(2, "", &error);
    let verdict = format!(
        "not reached  `/root/.cache/pip` of `Dockerfile`, line 3\n             DOCKER_BUILDKIT=0: nothing was built\n             \
         the classic builder has no cache mounts, and stops at the first\n             fix: {unset}\n\nnothing is known about the cache mount: its step did not run to its end\n"
    );
    sandbox.run("verify").is(1, &verdict, "");
    assert!(sandbox.called().iter().all(|call| !call.contains(" build ")), "{:?}", sandbox.called());
}

#[test]
fn a_dry_run_needs_no_docker() {
    let sandbox = Sandbox::with("[tasks.x]\nsteps = ['compose build']\n");
    let said = "nothing is built in a dry run: verify builds each Dockerfile with cache mounts twice\n";
    sandbox.run("--dry-run verify").is(0, "", said);
    let said = "nothing is built in a dry run: bench builds ten times, five with cache mounts and five without\n";
    sandbox.run("--dry-run bench").is(0, "", said);
    assert_eq!(sandbox.called(), [""; 0]);
    let done = sandbox.run("verify");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(done.stderr.starts_with("error: docker is not installed, or not on PATH\nhint: "), "{}", done.stderr);
}
