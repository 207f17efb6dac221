//! The keys of `build:` in the builds of `verify` and `bench`: that docker has the flags, that a build gets them, and that
//! what these builds leave out is named.

use std::collections::BTreeSet;

use crate::harness::Engine;
use crate::project::{Project, SLOW_TO_STOP};
use crate::verify::verdicts;

on_each_engine!(docker_has_the_flags, a_build_gets_what_its_keys_say, contexts_besides, no_cache_in_the_compose_file);

/// The flags that the page names.
fn flags_of_the_page() -> BTreeSet<String> {
    let page = std::fs::read_to_string(crate::harness::repository().join("docs/verify.md")).expect("docs/verify.md");
    let parts = page.split("passed on: `--").skip(1).map(|rest| rest.split('`').next().unwrap_or_default().to_owned());
    parts.collect()
}

fn docker_has_the_flags(engine: &Engine) {
    // BuildKit without buildx has fewer, and compose 1 has no key for the others.
    let words: &[&str] =
        engine.pick(&["build", "--help"], &["buildx", "build", "--help"], &["buildx", "build", "--help"]);
    let help = engine.docker(words);
    let flags = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    let flags: BTreeSet<String> = flags.map(|flag| flag.trim_end_matches(',').to_owned()).collect();
    let mut wanted = flags_of_the_page();
    assert_eq!(wanted.len(), 11, "{wanted:?}");
    if engine.tier == 20 {
        // `shm-size` is taken, although its help says nothing of it.
        for name in ["allow", "build-context", "shm-size", "ulimit"] {
            wanted.remove(name);
        }
    }
    let missing: Vec<&String> = wanted.difference(&flags).collect();
    assert_eq!(missing, Vec::<&String>::new(), "{help}");
    // Why it is named: buildx has no flag for it.
    assert_eq!(flags.contains("isolation"), engine.tier == 20, "{help}");
}

/// A project with a `build:` of these lines, and a Dockerfile with a cache mount.
fn with_build<'a>(engine: &'a Engine, build: &str, dockerfile: &str) -> Project<'a> {
    let project = Project::small(engine, SLOW_TO_STOP);
    let version = engine.pick("version: \"3.8\"\n", "", "");
    let build = build.replace('\n', "\n      ");
    project
        .write("compose.yaml", &format!("{version}services:\n  api:\n    build:\n      context: .\n      {build}\n"));
    project.write("Dockerfile", dockerfile);
    project
}

const STEP: &str = "RUN --mount=type=cache,target=/c mkdir -p /c && head -c 9000 /dev/urandom > /c/x\n";

fn a_build_gets_what_its_keys_say(engine: &Engine) {
    if engine.tier == 20 {
        // As many as compose 1 has.
        let test = "RUN [ $A = one ] && grep -q '127.0.0.9.*other' /etc/hosts && ! ls /sys/class/net | grep -v lo\n";
        let dockerfile = format!("FROM debian-python:local AS stage\nARG A\n{test}{STEP}FROM stage\nRUN exit 1\n");
        let keys = "args: { A: one }\ntarget: stage\nnetwork: none\nextra_hosts: [\"other:127.0.0.9\"]\nlabels: { a: b }\ncache_from: [\"x/y\"]";
        let ended = with_build(engine, keys, &dockerfile).run(&["verify", "--json"]).expect(0);
        assert_eq!(verdicts(&ended)[0]["verdict"], "kept, use not seen", "{}", ended.all());
        return;
    }
    let test = "RUN --mount=type=secret,id=k [ $A = one ] && grep -q '127.0.0.9.*other' /etc/hosts && [ $(ulimit -n) = 1234 ] \
        && df -k /dev/shm | grep -q 32768 && ! ls /sys/class/net | grep -v lo && [ \"$(cat /run/secrets/k)\" = of-build ]\n";
    let dockerfile = format!("FROM debian-python:local AS stage\nARG A\n{test}{STEP}FROM stage\nRUN exit 1\n");
    let keys = "args: { A: one }\ntarget: stage\nnetwork: none\nextra_hosts: [\"other=127.0.0.9\"]\nshm_size: 32m\n\
        ulimits: { nofile: 1234, nproc: { soft: 5000, hard: 6000 } }\nsecrets: [{ source: token, target: k }]\nlabels: { a: b }\n\
        tags: [\"xt/never:made\"]\ncache_from: [\"type=local,src=/nowhere\"]\ncache_to: [\"type=local,dest=/nowhere\"]\n\
        platforms: [linux/amd64, linux/arm64]\nisolation: default";
    let project = with_build(engine, keys, &dockerfile);
    let compose = project.read("compose.yaml");
    project.write("compose.yaml", &format!("{compose}secrets: {{ token: {{ file: ./token }} }}\n"));
    project.write("token", "of-build");
    for command in ["verify", "bench"] {
        let ended = project.run(&[command, "--json"]).expect(0);
        let warnings: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        let wanted = [
            "warning: `isolation` of the build of `Dockerfile` is left out: docker build has no flag for it",
            "warning: `platforms` of the build of `Dockerfile` is left out: only the engine's own platform is built",
        ];
        assert_eq!(warnings, wanted, "{}", ended.all());
        if command == "verify" {
            assert_eq!(verdicts(&ended)[0]["verdict"], "kept, use not seen", "{}", ended.all());
        }
    }
    assert_eq!(engine.docker(&["images", "-q", "xt/never"]), "");
}

/// `additional_contexts`: a folder, an image, and the image of another service.
fn contexts_besides(engine: &Engine) {
    if engine.tier == 20 {
        // Compose 1 has no such key.
        return;
    }
    let copied = "FROM base\nCOPY --from=folder told /told\nCOPY --from=image /etc/debian_version /version\n";
    let dockerfile = format!("{copied}RUN [ \"$(cat /told /of-base)\" = \"$(printf 'told\\nbase')\" ]\n{STEP}");
    let contexts =
        "additional_contexts:\n  folder: ./folder\n  image: docker-image://debian-python:local\n  base: service:base";
    let project = with_build(engine, contexts, &dockerfile);
    for folder in ["folder", "base"] {
        std::fs::create_dir(project.dir.join(folder)).expect("makes a folder");
    }
    project.write("folder/told", "told\n");
    project.write("base/Dockerfile", "FROM debian-python:local\nRUN echo base > /of-base\n");
    let compose = project.read("compose.yaml");
    project.write("compose.yaml", &format!("{compose}  base:\n    build: ./base\n"));

    // Without the other service's image it says what is missing, and builds nothing.
    let image = format!("{}-base", engine.name);
    let ended = project.run(&["verify"]).expect(1);
    let screen = "not reached  `/c` of `Dockerfile`, line 5\n             the first build did not get to line 5\n             \
                  the build stops before it: `base` is the image of the service `base`, which has none yet\n             \
                  fix: build it first: docker compose build base\n\nnothing is known about the cache mount: its step did not run to its end\n";
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (screen, ""), "{}", ended.all());
    let ended = project.run(&["bench"]).expect(2);
    let said = "error: `base` is the image of the service `base`, which has none yet\nhint: build it first: docker compose build base\n";
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", said));

    project.compose(&["build", "base"]).expect(0);
    let note = format!("`base` is the image of `base` as it was built last: {image}");
    for command in ["verify", "bench"] {
        let ended = project.run(&[command, "--json"]).expect(0);
        assert_eq!(ended.stderr.lines().filter(|line| **line == note).count(), 1, "{}", ended.all());
        if command == "verify" {
            assert_eq!(verdicts(&ended)[0]["verdict"], "kept, use not seen", "{}", ended.all());
        }
    }
    engine.docker(&["image", "rm", &image]);

    // A context takes the place of the stage of its name, whose steps do not run.
    let never = "FROM debian-python:local AS base\nRUN --mount=type=cache,target=/never exit 1\nFROM base\n";
    project.write("Dockerfile", &format!("{never}{STEP}"));
    project.edit("compose.yaml", "base: service:base", "base: docker-image://debian-python:local");
    let ended = project.run(&["verify", "--json", "api"]).expect(0);
    let targets: Vec<String> = verdicts(&ended).iter().map(|mount| mount["target"].to_string()).collect();
    assert_eq!(targets, ["\"/c\""], "{}", ended.all());
}

/// Compose empties the mounts of such a build itself: build-fresh can't keep them, and verify says what it does not show.
fn no_cache_in_the_compose_file(engine: &Engine) {
    if engine.tier == 20 {
        return;
    }
    let target = format!("/xtask-no-cache/{}", engine.name);
    let dockerfile = format!(
        "FROM debian-python:local\nRUN --mount=type=cache,target={target} echo \"held $(ls {target})\"; echo x > {target}/x\n"
    );
    let project = with_build(engine, "no_cache: true", &dockerfile);
    project.run(&["build"]).expect(0);
    // Compose's own builds find the mount empty each time.
    project.run(&["build"]).expect(0).says("held \n");
    let ended = project.run(&["build-fresh"]).expect(0);
    let warning = "warning: `no_cache` of `api`'s build: compose empties its cache mounts with it, in this build too";
    assert_eq!(ended.stderr.lines().filter(|line| **line == *warning).count(), 1, "{}", ended.all());
    let ended = project.run(&["verify", "--json"]).expect(0);
    let warning = "warning: `no_cache` of the build of `Dockerfile` is left out: compose empties the cache mounts with it in \
                   every build, and these builds don't";
    assert_eq!(ended.stderr.lines().next(), Some(warning), "{}", ended.all());
    let records = engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
    let records: serde_json::Value = serde_json::from_str(&records).expect("records");
    for record in records.as_array().into_iter().flatten() {
        let is_own = record["Description"]
            .as_str()
            .is_some_and(|text| text.starts_with("cached mount") && text.contains(&target));
        if let (true, Some(id)) = (is_own, record["ID"].as_str()) {
            engine.docker(&["builder", "prune", "-f", "--filter", &format!("id={id}")]);
        }
    }
}
