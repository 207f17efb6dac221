//! `verify` on real engines: a project that works, each cause of one that does not, and that nothing is left behind.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Ended, Engine, wait_until};
use crate::index::Index;
use crate::project::{Project, SLOW_TO_STOP};
use crate::pty::Terminal;

on_each_engine!(
    a_mount_that_works,
    why_pip_keeps_nothing,
    uv_keeps_what_an_index_forbids,
    why_apt_keeps_nothing,
    steps_that_are_not_reached,
    several_mounts_and_stages,
    here_documents,
    two_services_with_the_same_mount,
    the_persons_own_mounts_stay_as_they_are,
    ctrl_c_leaves_nothing_behind,
);

/// A project whose service is built with the host's network, so that the index is reached.
pub fn project<'a>(engine: &'a Engine, dockerfile: &str) -> Project<'a> {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("compose.yaml", "    build: .\n", "    build: { context: ., network: host }\n");
    if engine.tier == 20 {
        project.edit("compose.yaml", "services:", "version: \"3.8\"\nservices:");
    }
    project.write("Dockerfile", dockerfile);
    project
}

/// A Dockerfile whose only step with a mount is `step`.
pub fn with_step(step: &str) -> String {
    format!("FROM debian-python:local\nCOPY requirements.txt /r.txt\n{step}\nCOPY service.sh /\n")
}

/// What `verify --json` says of each mount.
#[track_caller]
pub fn verdicts(ended: &Ended) -> Vec<Value> {
    let value: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.all()));
    value["mounts"].as_array().unwrap_or_else(|| panic!("no mounts: {}", ended.all())).clone()
}

/// The only mount has this verdict, with this in its cause and its fix.
#[track_caller]
pub fn assert_verdict(ended: Ended, verdict: &str, cause: &str, fix: &str) {
    let ended = ended.expect(i32::from(!["works", "partly used", "kept, use not seen"].contains(&verdict)));
    let mounts = verdicts(&ended);
    assert_eq!(mounts.len(), 1, "{}", ended.all());
    assert_eq!(mounts[0]["verdict"], verdict, "{}", ended.all());
    for (key, part) in [("cause", cause), ("fix", fix)] {
        let found = mounts[0][key].as_str().unwrap_or_default();
        assert!(found.contains(part), "no `{part}` in the {key} `{found}`:\n{}", ended.all());
    }
}

/// Records that probe builds have made, by their namespace, which stands in each of them.
pub fn traces(engine: &Engine) -> Vec<String> {
    let records = engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
    let records: Value = serde_json::from_str(&records).expect("records");
    let descriptions = records.as_array().into_iter().flatten().filter_map(|record| record["Description"].as_str());
    descriptions
        .filter(|description| description.contains("xtask-verify-") || description.contains("xtask-bench-"))
        .map(str::to_owned)
        .collect()
}

/// Images that a step with these words in it made, with a name or without. Others make and remove theirs meanwhile.
pub fn images_with(engine: &Engine, mark: &str) -> Vec<String> {
    let ids = engine.docker(&["images", "-a", "-q", "--no-trunc"]);
    let has = |id: &&str| {
        let history =
            engine.command("docker").args(["history", "--no-trunc", "--format", "{{.CreatedBy}}", id]).output();
        String::from_utf8_lossy(&history.expect("runs docker").stdout).contains(mark)
    };
    ids.lines().filter(has).map(str::to_owned).collect()
}

/// The files of a run of a command, by the number of its process.
pub fn files(command: &str, pid: u32) -> Vec<String> {
    let entries = std::fs::read_dir(std::env::temp_dir()).expect("the folder for temporary files").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(&format!("xtask-{command}-{pid}-"))).collect()
}

fn a_mount_that_works(engine: &Engine) {
    let index = Index::start(engine, 3, true);
    let step =
        format!("RUN --mount=type=cache,target=/root/.cache/pip \\\n    pip install {} -r /r.txt", index.options());
    let project = project(engine, &with_step(&step));
    project.write("requirements.txt", &index.requirements());
    let ended = project.run(&["verify"]).expect(0);
    assert_eq!(index.downloads(), 3, "the first build fetches, the second does not");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "works        `/root/.cache/pip` of `Dockerfile`, line 3", "{}", ended.all());
    let evidence = lines[1].trim();
    let part = " kept; first build fetched 3 (600.0 kB), second fetched nothing and found 3 in the cache; ";
    assert!(evidence.contains(part), "no `{part}` in `{evidence}`");
    assert_eq!(lines[2..], ["", "the cache mount works"], "{}", ended.all());
    let said: Vec<&str> = ended.stderr.lines().collect();
    let shown = format!("RUN pip install {} -r /r.txt", index.options());
    assert_eq!(said[..2], [format!("Dockerfile, first build: {shown}"), format!("Dockerfile, second build: {shown}")]);
    // The same after an ordinary build, whose layers would all be there.
    project.run(&["build"]).expect(0);
    index.reset();
    let ended = project.run(&["verify", "--json", "api"]);
    let value: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_verdict(ended, "works", "", "");
    assert_eq!(index.downloads(), 3);
    // What it costs beside its builds is the difference; no limit of time holds on a busy machine.
    let [whole, builds] = ["seconds", "build_seconds"].map(|key| value[key].as_f64().expect("seconds"));
    assert!(whole > builds && builds > 0.0, "{whole} s, of which the builds took {builds} s");
    assert_eq!(
        project.run(&["verify", "ape"]).expect(2).stderr,
        "error: there is no service `ape`\nhint: did you mean `api`?\n"
    );
}

fn why_pip_keeps_nothing(engine: &Engine) {
    let index = Index::start(engine, 2, true);
    let without_headers = Index::start(engine, 2, false);
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let check = |before: &str, mount: &str, options: &str, verdict: &str, cause: &str, fix: &str| {
        let step = format!(
            "{before}\nRUN --mount=type=cache,{mount} pip install --no-warn-script-location {options} -r /r.txt"
        );
        project.write("Dockerfile", &with_step(&step));
        assert_verdict(project.run(&["verify", "--json"]), verdict, cause, fix);
    };
    let (mount, options) = ("target=/root/.cache/pip", index.options());
    check(
        "",
        mount,
        &format!("--no-cache-dir {options}"),
        "empty",
        "by `--no-cache-dir`",
        "remove `--no-cache-dir` from line 4 of `Dockerfile`",
    );
    check(
        "ENV PIP_NO_CACHE_DIR=1",
        mount,
        &options,
        "empty",
        "PIP_NO_CACHE_DIR=1 is set in the step",
        "remove PIP_NO_CACHE_DIR from",
    );
    let no_headers = without_headers.options();
    let sent = "does not allow keeping its files: asked for one, it sent no `Cache-Control`, `ETag` or `Expires`";
    check("", mount, &no_headers, "empty", sent, "Cache-Control");
    let untrusted = format!("--index-url {}", index.url());
    let host = format!("the index `127.0.0.1:{}` is plain http", index.port);
    check("", mount, &untrusted, "empty", &host, "--trusted-host 127.0.0.1");
    let set = format!("ENV PIP_INDEX_URL={}", index.url());
    check(&set, mount, "", "empty", &host, "--trusted-host 127.0.0.1");

    let user = "RUN useradd --create-home --uid 4711 app\nUSER app";
    let cause = "pip keeps its downloads in `/home/app/.cache/pip` (the home of user 4711 is `/home/app`)";
    check(user, mount, &format!("--user {options}"), "empty", cause, "target=/home/app/.cache/pip,uid=4711");
    let mount = "target=/home/app/.cache/pip";
    let cause = "user 4711 can't write to `/home/app/.cache/pip`";
    check(user, mount, &format!("--user {options}"), "empty", cause, "target=/home/app/.cache/pip,uid=4711");
    check(user, &format!("{mount},uid=4711"), &format!("--user {options}"), "works", "", "");

    let mut command = project.xtask(&["verify", "--json"]);
    command.env("DOCKER_BUILDKIT", "0");
    let ended = project.start(command).end();
    assert_verdict(ended, "not reached", "the classic builder has no cache mounts", "unset DOCKER_BUILDKIT");
}

/// uv keeps what it fetches, whatever the index says about that; unless its mount is somewhere else.
fn uv_keeps_what_an_index_forbids(engine: &Engine) {
    let index = Index::start(engine, 2, false);
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let check = |mount: &str, verdict: &str, cause: &str, fix: &str| {
        let uv = "RUN pip install --quiet --no-cache-dir --target /uv uv\n";
        let options = format!("--system --break-system-packages --default-index {}", index.url());
        let step = format!(
            "{uv}RUN --mount=type=cache,target={mount} /uv/bin/uv pip install --link-mode copy {options} -r /r.txt"
        );
        project.write("Dockerfile", &with_step(&step));
        let ended = project.run(&["verify", "--json"]);
        let said = verdicts(&ended)[0]["builds"].clone();
        assert_verdict(ended, verdict, cause, fix);
        said
    };
    let said = check("/root/.cache/uv", "works", "", "");
    let of = |build: usize, key: &str| said[build][key].as_u64();
    assert_eq!((of(0, "fetched"), of(1, "fetched"), of(1, "from_cache")), (Some(2), Some(0), Some(2)), "{said}");
    assert_eq!(index.downloads(), 2);
    let cause = "uv keeps its downloads in `/root/.cache/uv` (the home of user 0 is `/root`), and the mount is at `/root/.cache/pip-uv`";
    check("/root/.cache/pip-uv", "empty", cause, "target=/root/.cache/uv ");
}

/// A package of our own, from a folder that apt copies from as if it was far away.
pub const REPOSITORY: &str = "RUN mkdir -p /repo/x/DEBIAN && cd /repo \
&& printf 'Package: xt-hello\\nVersion: 1.0\\nArchitecture: all\\nMaintainer: x <x@localhost>\\nDescription: x\\n' > x/DEBIAN/control \
&& seq 9000 > x/data && find x -exec touch -d @1 {} + && SOURCE_DATE_EPOCH=1 dpkg-deb -b x xt.deb && (cat x/DEBIAN/control; echo Filename: ./xt.deb; \
echo Size: $(stat -c%s xt.deb); echo SHA256: $(sha256sum xt.deb | cut -d' ' -f1)) > Packages \
&& rm -f /etc/apt/sources.list.d/* && echo 'deb [trusted=yes] copy:/repo ./' > /etc/apt/sources.list && apt-get update\n";

/// As in Debian's own images.
pub const DOCKER_CLEAN: &str = "RUN printf '%s\\n' \
'DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true\"; };' \
'Dir::Cache::pkgcache \"\"; Dir::Cache::srcpkgcache \"\";' > /etc/apt/apt.conf.d/docker-clean\n";

fn why_apt_keeps_nothing(engine: &Engine) {
    let project = project(engine, "");
    project.write("requirements.txt", "");
    let check = |before: &str, command: &str, verdict: &str, cause: &str, fix: &str| {
        let mount = "--mount=type=cache,target=/var/cache/apt,sharing=locked";
        project.write("Dockerfile", &with_step(&format!("{REPOSITORY}{before}RUN {mount} {command}")));
        assert_verdict(project.run(&["verify", "--json"]), verdict, cause, fix);
    };
    let install = "apt-get install -y xt-hello";
    check("", install, "works", "", "");
    check(
        DOCKER_CLEAN,
        install,
        "empty",
        "`/etc/apt/apt.conf.d/docker-clean`",
        "rm -f /etc/apt/apt.conf.d/docker-clean",
    );
    let mended = format!("rm -f /etc/apt/apt.conf.d/docker-clean && {install}");
    check(DOCKER_CLEAN, &mended, "works", "", "");
    let cleaned = format!("{install} && apt-get clean");
    check(
        "",
        &cleaned,
        "empty",
        "the step empties it itself, with `apt-get clean`",
        "remove `apt-get clean` from line 4",
    );
}

fn steps_that_are_not_reached(engine: &Engine) {
    let project = project(engine, "");
    project.write("requirements.txt", "");
    let mount = "RUN --mount=type=cache,target=/root/.cache/x";
    project.write("Dockerfile", &with_step(&format!("RUN echo before; exit 3\n{mount} touch /root/.cache/x/y")));
    let cause = "the build stops before it: `RUN echo before; exit 3`: exit code 3: before";
    assert_verdict(project.run(&["verify", "--json"]), "not reached", cause, "fix line 3 of `Dockerfile` first");
    project.write("Dockerfile", &with_step(&format!("{mount} echo no such thing >&2; exit 4")));
    let cause = "the step itself fails: no such thing";
    assert_verdict(project.run(&["verify", "--json"]), "not reached", cause, "fix line 3 of `Dockerfile` first");
    let ended = project.run(&["verify"]).expect(1);
    assert!(ended.stdout.starts_with("not reached  `/root/.cache/x` of `Dockerfile`, line 3\n"), "{}", ended.all());
    assert!(
        ended.stdout.ends_with("\nnothing is known about the cache mount: its step did not run to its end\n"),
        "{}",
        ended.all()
    );

    project.write("Dockerfile", "FROM debian-python:local\nRUN true\n");
    let ended = project.run(&["verify"]).expect(0);
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("", "no build has a step with a cache mount: there is nothing to verify\n")
    );
}

/// Mounts that steps share, with an id, of stages that a build arg picks, in the exec form, and of a user.
fn several_mounts_and_stages(engine: &Engine) {
    let dockerfile = "ARG KIND=one\nFROM debian-python:local AS fetch-one\n\
        RUN --mount=type=cache,id=shared,target=/cache head -c 9000 /dev/urandom > /cache/one\n\
        FROM debian-python:local AS fetch-two\nRUN --mount=type=cache,id=shared,target=/cache exit 1\n\
        FROM fetch-${KIND} AS base\nARG WHERE=/more\nRUN --mount=type=cache,target=${WHERE} head -c 5000 /dev/urandom > ${WHERE}/x\n\
        FROM base\nRUN --mount=type=cache,id=shared,target=/cache cat /cache/one > /two\n\
        RUN --mount=type=cache,target=/exec [\"sh\", \"-c\", \"head -c 7000 /dev/urandom > /exec/x\"]\n";
    // Engine 20 fills in no variable in a target.
    let dockerfile =
        dockerfile.replace("target=${WHERE}", engine.pick("target=/more", "target=${WHERE}", "target=${WHERE}"));
    let project = project(engine, &dockerfile);
    let ended_json = project.run(&["verify", "--json"]).expect(0);
    let mounts = verdicts(&ended_json);
    let of = |mount: &Value| {
        format!("{} {} {} {}", mount["id"], mount["lines"], mount["verdict"], mount["builds"][0]["bytes_kept"])
    };
    let found: Vec<String> = mounts.iter().map(of).collect();
    assert_eq!(found.len(), 3, "{found:#?}\n{}", ended_json.all());
    assert!(found[0].starts_with("\"shared\" [3,10] \"kept, use not seen\" 9"), "{found:#?}");
    let where_ = engine.pick("/more", "${WHERE}", "${WHERE}");
    assert!(found[1].starts_with(&format!("\"{where_}\" [8] \"kept, use not seen\"")), "{found:#?}");
    assert!(found[2].starts_with("\"/exec\" [11] \"kept, use not seen\" 7"), "{found:#?}");
    // Engine 20 tells no ids, and in the exec form there is no place for our mark: nobody can prove whose it is.
    let ended = project.run(&["verify"]).expect(0);
    let unproved = ended.stderr.lines().find_map(|line| line.split_once("docker builder prune --filter id="));
    assert_eq!(unproved.is_some(), engine.tier == 20, "{}", ended.all());
    if let Some((_, id)) = unproved {
        engine.docker(&["builder", "prune", "-f", "--filter", &format!("id={id}")]);
    }
    let left: Value =
        serde_json::from_str::<Value>(&ended_json.stdout).expect("JSON")["left"]["unproved_mounts"].clone();
    for id in left.as_array().expect("ids") {
        engine.docker(&["builder", "prune", "-f", "--filter", &format!("id={}", id.as_str().expect("an id"))]);
    }
}

/// Two Dockerfiles of one project: each is judged by itself, although their mounts have the same id.
fn two_services_with_the_same_mount(engine: &Engine) {
    let mount = "RUN --mount=type=cache,target=/same";
    let project = project(engine, &format!("FROM debian-python:local\n{mount} head -c 4000 /dev/urandom > /same/x\n"));
    project.write("Other", &format!("FROM debian-python:local\n{mount} true\n"));
    let compose = project.read("compose.yaml");
    project.write("compose.yaml", &format!("{compose}  other:\n    build: {{ context: ., dockerfile: Other }}\n"));
    let ended = project.run(&["verify"]).expect(1);
    assert!(ended.stdout.starts_with("kept, use not seen  `/same` of `Dockerfile`, line 2\n"), "{}", ended.all());
    assert!(ended.stdout.contains("\nempty               `/same` of `Other`, line 2\n"), "{}", ended.all());
    assert!(ended.stdout.contains("the step wrote nothing into `/same`"), "{}", ended.all());
    assert!(ended.stdout.ends_with("\n0 of 2 cache mounts work; 1 kept, use not seen\n"), "{}", ended.all());
    assert_eq!(verdicts(&project.run(&["verify", "--json", "other"]).expect(1)).len(), 1);
}

/// A script for the shell is looked into, too, and one for another program at least measured.
fn here_documents(engine: &Engine) {
    if engine.tier == 20 {
        // Its frontend knows none.
        return;
    }
    let dockerfile = "FROM debian-python:local\nRUN --mount=type=cache,target=/script <<EOF\nhead -c 6000 /dev/urandom > /script/x\nEOF\n\
        RUN --mount=type=cache,target=/other <<EOF\n#!/usr/bin/env python3\nopen('/other/x', 'w').write('x' * 8000)\nEOF\n\
        USER 4711\nRUN --mount=type=cache,target=/root/.cache/pip <<EOF\npip config list\ntrue\nEOF\n";
    let project = project(engine, dockerfile);
    let mounts = verdicts(&project.run(&["verify", "--json"]).expect(1));
    let of = |at: usize, key: &str| mounts[at][key].to_string();
    assert_eq!(
        (of(0, "verdict"), of(1, "verdict")),
        ("\"kept, use not seen\"".to_owned(), "\"kept, use not seen\"".to_owned()),
        "{mounts:#?}"
    );
    assert!(of(1, "evidence").contains("8.0 kB kept"), "{mounts:#?}");
    assert!(of(2, "cause").contains("user 4711"), "{mounts:#?}");
}

fn the_persons_own_mounts_stay_as_they_are(engine: &Engine) {
    let target = format!("/xtask-own/{}", engine.name);
    let step = format!("RUN --mount=type=cache,target={target} ls {target}; head -c 3000 /dev/urandom > {target}/x");
    let project = project(engine, &with_step(&step));
    project.write("requirements.txt", "");
    project.run(&["build"]).expect(0);
    let record = || -> Vec<String> {
        let records = engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
        let records: Value = serde_json::from_str(&records).expect("records");
        let of_mount = |record: &&Value| record["Description"].as_str().is_some_and(|text| text.contains(&target));
        let mounts = records.as_array().into_iter().flatten().filter(of_mount);
        let mut found: Vec<String> = mounts
            .map(|record| {
                ["ID", "CacheType", "Size", "UsageCount", "LastUsedAt", "CreatedAt"]
                    .map(|key| record[key].to_string())
                    .join(" ")
            })
            .collect();
        found.sort();
        found
    };
    // The engine counts a use once more some moments after the build.
    let settled = wait_until(Duration::from_secs(20), || {
        let found = record();
        std::thread::sleep(Duration::from_secs(1));
        let is_full = found.iter().any(|line| line.contains("exec.cachemount") && !line.contains("\"0B\""));
        (is_full && record() == found).then_some(found)
    });
    let before = settled.expect("the mount of the build");
    assert_verdict(project.run(&["verify", "--json"]), "kept, use not seen", "", "");
    assert_eq!(record(), before);
    // Its own id, for who counts what is left: one mount, whose size is known.
    for line in before.iter().filter(|line| line.contains("exec.cachemount")) {
        let id = line.split('"').nth(1).expect("an id");
        engine.docker(&["builder", "prune", "-f", "--filter", &format!("id={id}")]);
    }
}

fn ctrl_c_leaves_nothing_behind(engine: &Engine) {
    let step = "RUN --mount=type=cache,target=/slow head -c 4000 /dev/urandom > /slow/x; for i in $(seq 300); do echo tick $i; sleep 0.2; done";
    let project = project(engine, &with_step(step));
    project.write("requirements.txt", "");

    // On a terminal, with the line that lives.
    let mut terminal = Terminal::start(&project.xtask(&["verify"]));
    terminal.wait_for("s: RUN head -c 4000");
    let pid = terminal.pid;
    assert_eq!(files("verify", pid).len(), 1);
    terminal.ctrl_c();
    terminal.expect(130);
    nothing_is_left(engine, pid);

    // Without one, from a process.
    for (number, code) in [(libc::SIGTERM, 143), (libc::SIGINT, 130)] {
        let mut running = project.start(project.xtask(&["verify"]));
        running.wait_for("first build: RUN head -c 4000");
        let pid = running.child.id();
        running.signal(number);
        running.end().expect(code);
        nothing_is_left(engine, pid);
    }
    assert_eq!(project.containers(), [""; 0]);
}

#[track_caller]
fn nothing_is_left(engine: &Engine, pid: u32) {
    assert_eq!(files("verify", pid), [""; 0]);
    let mark = format!("xtask-verify-{pid}-");
    let left: Vec<String> = traces(engine).into_iter().filter(|trace| trace.contains(&mark)).collect();
    assert_eq!(left, [""; 0]);
    assert_eq!(images_with(engine, &mark), [""; 0]);
}
