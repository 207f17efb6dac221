//! `cache` and `cache prune`, with what real engines answered.

use crate::harness::{Done, Sandbox};

/// What buildx prints of an empty cache.
pub const NO_RECORDS: &str = "Reclaimable:\t0B\nTotal:\t\t0B\n";

/// Recorded from buildx 0.29.1 on engine 28.5.2, shortened: two mounts of pip's, one of apt's, a layer, a source.
const DU: &str = "\
ID:           aaaaaaaaaaaaaaaaaaaaaaaaa
Created at:   2026-11-24 16:15:20.682348435 +0000 UTC
Mutable:      true
Reclaimable:  true
Shared:       false
Size:         33.5MB
Description:  cached mount /root/.cache/pip from exec /bin/sh -c pip install -r requirements.txt with id \"//root/.cache/pip\"
Usage count:  3
Last used:    2 hours ago
Type:         exec.cachemount

ID:           bbbbbbbbbbbbbbbbbbbbbbbbb
Mutable:      true
Reclaimable:  true
Shared:       false
Size:         12MB
Description:  cached mount /root/.cache/pip from exec /bin/sh -c pip install x with id \"shop//root/.cache/pip\"
Usage count:  1
Last used:    40 hours ago
Type:         exec.cachemount

ID:           ccccccccccccccccccccccccc
Mutable:      true
Reclaimable:  false
Shared:       false
Size:         0B
Description:  cached mount /var/cache/apt from exec /bin/sh -c apt-get update with id \"//var/cache/apt\"
Usage count:  1
Last used:    5 seconds ago
Type:         exec.cachemount

ID:           ddddddddddddddddddddddddd
Mutable:      false
Reclaimable:  true
Shared:       true
Size:         1.2GB
Description:  mount / from exec /bin/sh -c pip install -r requirements.txt
Usage count:  2
Last used:    2 hours ago
Type:         regular

ID:           eeeeeeeeeeeeeeeeeeeeeeeee
Mutable:      true
Reclaimable:  true
Shared:       false
Size:         12.4kB
Description:  local source for context
Usage count:  2
Last used:    2 hours ago
Type:         source.local

Shared:       1.2GB
Reclaimable:  45.5MB
Total:        1.2GB
";

/// The same on engine 20.10.24, which shows no ids.
const DF: &str = r#"[{"CacheType":"exec.cachemount","CreatedAt":"2026-11-24 16:15:18.981123813 +0000 UTC","CreatedSince":"2 hours ago","Description":"cached mount /root/.cache/pip from exec /bin/sh -c pip install -r requirements.txt","ID":"aaaaaaaaaaaaaaaaaaaaaaaaa","InUse":"false","LastUsedAt":"2026-11-24 16:15:19.198354338 +0000 UTC","LastUsedSince":"3 hours ago","Parent":"","Shared":"false","Size":"33.5MB","UsageCount":"1"}]"#;

const CONFIG: &str =
    r#"{"name": "here", "services": {"api": {"build": {"context": "api", "dockerfile": "Dockerfile"}}}}"#;

const TASKS: &str = "[tasks.build]\nsteps = ['compose build']\n";

fn project() -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.file(
        "api/Dockerfile",
        "FROM python:3.12-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n",
    );
    sandbox.on("docker compose --profile *").out(CONFIG);
    sandbox
}

fn of_28() -> Sandbox {
    let sandbox = project();
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker buildx du --verbose").out(DU);
    sandbox
}

/// Without the records of these ids.
fn without(ids: &[&str]) -> String {
    let records =
        DU.split("\n\n").filter(|record| !ids.iter().any(|id| record.contains(&format!("ID:           {id}"))));
    records.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_table_of_mounts_then_sums() {
    let expected = "\
holds  target           id                       size  last used      uses  used here  record
pip    /root/.cache/pip  //root/.cache/pip      33.5 MB  2 hours ago       3  api        aaaaaaaaaaaa
pip    /root/.cache/pip  shop//root/.cache/pip  12.0 MB  40 hours ago      1  no         bbbbbbbbbbbb
apt    /var/cache/apt    //var/cache/apt         in use  5 seconds ago     1  no         cccccccccccc

layers            1.2 GB  1 record
local sources    12.4 kB  1 record
total             1.2 GB  5 records, of which 45.5 MB can be reclaimed

used here: matched by target and id, since the engine only records the step that first made a mount
long unused: `/root/.cache/pip` (40 hours); the engine may collect mounts unused for 48 hours, once the cache is over its cap
";
    let expected = expected.replace(
        "holds  target           id                       size",
        "holds  target            id                        size",
    );
    of_28().run("cache").is(0, &expected, "");
}

#[test]
fn an_engine_that_shows_no_ids_says_so() {
    let sandbox = project();
    sandbox.on_words(&["docker", "system", "*"]).out(DF);
    let expected = "\
holds  target            id                    size  last used    uses  used here  record
pip    /root/.cache/pip  namespace unknown  33.5 MB  3 hours ago     1  api        aaaaaaaaaaaa

layers               0 B  0 records
local sources        0 B  0 records
total            33.5 MB  1 record, of which 33.5 MB can be reclaimed

used here: matched by target and id, since the engine only records the step that first made a mount
";
    sandbox.run("cache").is(0, expected, "");
}

#[test]
fn the_same_as_json() {
    let done = of_28().run("cache --json");
    let value: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let first = serde_json::json!({
        "holds": "pip", "target": "/root/.cache/pip", "namespace": "", "id": "/root/.cache/pip",
        "record": "aaaaaaaaaaaaaaaaaaaaaaaaa", "bytes": 33_500_000, "in_use": false,
        "last_used_seconds_ago": 7200, "uses": 3, "used_by": ["api"],
    });
    assert_eq!(value["mounts"][0], first);
    assert_eq!(value["mounts"][1]["namespace"], "shop");
    assert_eq!(value["reclaimable_bytes"], 45_512_400);
    assert_eq!((&value["built_fresh"], &value["use_is_unknown"]), (&serde_json::json!([]), &serde_json::Value::Null));
}

#[test]
fn without_a_project_the_engines_cache_is_shown_all_the_same() {
    let sandbox = Sandbox::bare();
    sandbox.program("docker");
    sandbox.engine(crate::harness::PING_OF_28);
    sandbox.on_words(&["docker", "system", "*"]).out("null\n");
    sandbox.on("docker compose version").err("docker: 'compose' is not a docker command.\n").exit(1);
    let expected = "\
there are no cache mounts

layers               0 B  0 records
local sources        0 B  0 records
total                0 B  0 records, of which 0 B can be reclaimed

can't tell which mounts this project uses: there is no compose file here
";
    sandbox.run("cache").is(0, expected, "");
}

#[test]
fn a_compose_file_without_tasks_tells_which_mounts_are_used() {
    let sandbox = Sandbox::bare();
    sandbox.program("docker");
    sandbox.engine(crate::harness::PING_OF_28);
    sandbox.file("compose.yaml", "services: {}\n");
    sandbox.file("api/Dockerfile", "FROM x\nRUN --mount=type=cache,target=/root/.cache/pip pip install x\n");
    sandbox.on_words(&["docker", "system", "*"]).out(DF);
    sandbox.on("docker compose version").out("Docker Compose version 2.40.3\n");
    sandbox.on("docker compose --profile *").out(CONFIG);
    let done = sandbox.run("cache --json");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(report["mounts"][0]["used_by"], serde_json::json!(["api"]), "{report}");
}

#[test]
fn without_docker_or_its_answer_there_is_one_error() {
    let sandbox = Sandbox::bare();
    let done = sandbox.run("cache");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(done.stderr.starts_with("error: docker is not installed, or not on PATH\nhint: "), "{done:?}");
    let sandbox = project();
    sandbox.on_words(&["docker", "system", "*"]).err("permission denied\n").exit(1);
    let expected = "error: docker can't list the build cache: permission denied\nhint: xtask doctor\n";
    sandbox.run("cache").is(2, "", expected);
}

#[test]
fn a_mount_is_removed_by_its_exact_id_and_looked_for_again() {
    let sandbox = project();
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker buildx du --verbose").out(DU);
    sandbox.on("docker buildx du --verbose").out(&without(&["aaaa"]));
    sandbox.on_words(&["docker", "buildx", "prune", "*"]).out("Total:\t33.5MB\n");
    let told = "this will be removed:\n  pip `/root/.cache/pip` (aaaaaaaaaaaa), 33.5 MB\nremoving 1 of 1: pip `/root/.cache/pip` (aaaaaaaaaaaa)\n";
    sandbox.run("cache prune //root/.cache/pip --yes").is(0, "removed 1 of 1 record, 33.5 MB freed\n", told);
    let prunes: Vec<String> = sandbox.called().into_iter().filter(|call| call.contains("prune")).collect();
    assert_eq!(prunes, ["docker buildx prune --force --filter id=aaaaaaaaaaaaaaaaaaaaaaaaa"]);
    let calls = sandbox.calls();
    let prune = calls.iter().find(|call| call.words.contains(&"prune".to_owned())).expect("a prune");
    assert_eq!(prune.env("DOCKER_BUILDKIT"), Some(""), "with 1 and no buildx a newer docker refuses");
}

#[test]
fn what_docker_did_not_remove_is_not_said_to_be_gone() {
    let sandbox = of_28();
    sandbox.on_words(&["docker", "buildx", "prune", "*"]).out("Total:\t0B\n");
    let done = sandbox.run("-q cache prune bbbbbb --yes");
    let told = "this will be removed:\n  pip `/root/.cache/pip` (bbbbbbbbbbbb), 12.0 MB\n\
        warning: pip `/root/.cache/pip` (bbbbbbbbbbbb) is still there: docker did not remove it\n";
    done.is(1, "removed 0 of 1 record, 0 B freed\n", told);
}

#[test]
fn what_an_image_keeps_is_not_freed_and_a_refusal_is_an_error() {
    let sandbox = project();
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker buildx du --verbose").out(DU);
    sandbox.on("docker buildx du --verbose").out(DU);
    sandbox.on("docker buildx du --verbose").out(&without(&["dddd"]));
    sandbox.on_words(&["docker", "buildx", "prune", "*"]).out("");
    let told = "this will be removed:\n  1 record of builds, 1.2 GB\n  in all 1.2 GB, of which images keep 1.2 GB\n";
    sandbox.run("cache prune --layers --yes").is(0, "removed 1 of 1 record, 0 B freed\n", told);
    let sandbox = of_28();
    sandbox.on_words(&["docker", "buildx", "prune", "*"]).err("ERROR: permission denied\n").exit(1);
    let told = format!(
        "{told}error: docker did not remove it: permission denied\n1 record of builds stay: docker did not remove them\n"
    );
    sandbox.run("cache prune --layers --yes").is(1, "removed 0 of 1 record, 0 B freed\n", &told);
}

#[test]
fn compose_pointed_at_another_engine_shows_that_ones_cache() {
    let sandbox = project();
    sandbox.plugin_named("docker-buildx");
    sandbox.file("tasks.toml", format!("[compose]\ncli = 'docker --context far compose'\n{TASKS}"));
    sandbox.on("docker --context far compose --profile *").out(CONFIG);
    sandbox.on("docker --context far buildx du --verbose").out(DU);
    sandbox.on("docker --context far buildx du --verbose").out(&without(&["bbbb"]));
    sandbox.on("docker --context far buildx prune *").out("Total:\t12MB\n");
    let done = sandbox.run("-q cache prune bbbbbb --yes");
    let told = "this will be removed:\n  pip `/root/.cache/pip` (bbbbbbbbbbbb), 12.0 MB\n";
    done.is(0, "removed 1 of 1 record, 12.0 MB freed\n", told);
    assert!(sandbox.called().iter().all(|call| call.starts_with("docker --context far ")), "{:?}", sandbox.called());
}

#[test]
fn a_name_that_means_several_is_refused_with_their_ids() {
    let sandbox = of_28();
    let told = "error: `pip` means 2 cache mounts:\n\
        \x20 //root/.cache/pip      pip `/root/.cache/pip`, 33.5 MB\n\
        \x20 shop//root/.cache/pip  pip `/root/.cache/pip`, 12.0 MB\n\
        hint: name it by its id: xtask cache prune //root/.cache/pip\n";
    sandbox.run("cache prune pip --yes").is(2, "", told);
    let told = "error: there is no cache mount `ppi`\nhint: did you mean `pip`?\n";
    sandbox.run("cache prune ppi --yes").is(2, "", told);
    assert!(!sandbox.called().iter().any(|call| call.contains("prune")));
}

#[test]
fn a_mount_in_use_is_left() {
    let sandbox = of_28();
    let told = "warning: apt `/var/cache/apt` (cccccccccccc) stays: it is in use\n";
    sandbox.run("cache prune apt --yes").is(1, "nothing to remove\n", told);
}

#[test]
fn without_an_answer_nothing_is_removed() {
    let sandbox = of_28();
    let told = "this will be removed:\n  pip `/root/.cache/pip` (aaaaaaaaaaaa), 33.5 MB\n\
        error: no terminal to ask on: \"remove it?\"\nhint: answer with --yes\n";
    sandbox.run("cache prune //root/.cache/pip").is(2, "", told);
    assert!(!sandbox.called().iter().any(|call| call.contains("prune")));
}

/// The seconds since the list was read differ from run to run.
fn without_seconds(done: Done) -> Done {
    let digits = |text: &str| {
        text.split("until=")
            .enumerate()
            .map(|(at, part)| {
                if at == 0 {
                    part.to_owned()
                } else {
                    format!("until=N{}", part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
                }
            })
            .collect::<String>()
    };
    Done { stdout: digits(&done.stdout), ..done }
}

#[test]
fn a_dry_run_prints_the_calls_and_makes_none() {
    let sandbox = of_28();
    let line = |words: &str| {
        let done = without_seconds(sandbox.run(&format!("-n cache prune {words}")));
        assert_eq!(done.code, 0, "{done:?}");
        let lines: Vec<String> = done
            .stdout
            .lines()
            .filter_map(|line| Some(line.split_once("docker buildx prune --force ")?.1.to_owned()))
            .collect();
        lines
            .iter()
            .map(|line| line.split(" }").next().unwrap_or(line).replace('\'', ""))
            .collect::<Vec<_>>()
            .join("; ")
    };
    assert_eq!(line("--all"), "--all --filter until=Ns");
    assert_eq!(line("--mounts"), "--all --filter until=Ns --filter type=exec.cachemount");
    assert_eq!(
        line("--layers --mounts"),
        "--all --filter until=Ns --filter type=exec.cachemount; --all --filter until=Ns --filter type=regular"
    );
    assert_eq!(
        line("//root/.cache/pip bbbbbb"),
        "--filter id=aaaaaaaaaaaaaaaaaaaaaaaaa; --filter id=bbbbbbbbbbbbbbbbbbbbbbbbb"
    );
    let done = sandbox.run("-n cache prune --all --unused-for 24h");
    assert!(done.stdout.contains("until=8640"), "a day, and the moment since the list: {done:?}");
    let told = "warning: apt `/var/cache/apt` (cccccccccccc) stays: it is in use\nthis would be removed:\n\
        \x20 pip `/root/.cache/pip` (aaaaaaaaaaaa), 33.5 MB\n  pip `/root/.cache/pip` (bbbbbbbbbbbb), 12.0 MB\n\
        \x20 2 records of builds, 1.2 GB\n  in all 1.2 GB, of which images keep 1.2 GB\n";
    assert_eq!(sandbox.run("-n cache prune --all").stderr, told);
    assert!(!sandbox.called().iter().any(|call| call.contains("prune")));
}

#[test]
fn what_is_younger_than_asked_for_stays() {
    let sandbox = of_28();
    let done = sandbox.run("-n cache prune --mounts --unused-for 1d");
    assert_eq!(
        done.stderr,
        "this would be removed:\n  pip `/root/.cache/pip` (bbbbbbbbbbbb), 12.0 MB\n  in all 12.0 MB\n"
    );
    let told = "warning: pip `/root/.cache/pip` (aaaaaaaaaaaa) stays: it is used in that time\n";
    sandbox.run("cache prune //root/.cache/pip --unused-for 3h").is(1, "nothing to remove\n", told);
}

/// Go's durations end at 292 years, and a sum of sizes may be larger than any disk.
#[test]
fn numbers_beyond_all_measure_are_no_panic() {
    let sandbox = project();
    sandbox.plugin_named("docker-buildx");
    let record = |id: &str| format!("ID: {id}\nReclaimable: true\nSize: 99999PB\nDescription: x\nType: regular\n\n");
    sandbox.on("docker buildx du --verbose").out(&(record("aaaaaaaa") + &record("bbbbbbbb") + NO_RECORDS));
    let told = "this would be removed:\n  2 records of builds, 18446744.1 TB\n  in all 18446744.1 TB\n";
    for time in ["18446744073709551615s", "9999999999999d"] {
        let done = sandbox.run(&format!("-n cache prune --all --unused-for {time}"));
        assert_eq!((done.code, done.stderr.as_str()), (0, told), "{done:?}");
        assert!(done.stdout.contains("until=9000000000s"), "{done:?}");
    }
    let table = "there are no cache mounts\n\nlayers         18446744.1 TB  2 records\nlocal sources        0 B  0 records\n\
        total          18446744.1 TB  2 records, of which 18446744.1 TB can be reclaimed\n";
    sandbox.run("cache").is(0, table, "");
}

#[test]
fn words_that_make_no_sense_are_refused() {
    let sandbox = of_28();
    let refused = |line: &str, told: &str| sandbox.run(line).is(2, "", told);
    refused("cache --mounts", "error: `--mounts` needs `prune`\nhint: cache prune --mounts\n");
    refused(
        "cache prune",
        "error: nothing to prune was named\nhint: a mount (see xtask cache), `--mounts`, `--layers` or `--all`\n",
    );
    refused(
        "cache prune pip --all",
        "error: names can't be combined with `--mounts`, `--layers` or `--all`\nhint: one mount by its name: xtask cache prune pip\n",
    );
    for time in ["x", "24", "0h", "-1h", "1y", "99999999999999999999h"] {
        let told = format!("error: invalid duration `{time}`\nhint: a number with its unit: 90s, 30m, 24h, 7d or 2w\n");
        refused(&format!("cache prune --all --unused-for={time}"), &told);
    }
    assert_eq!(sandbox.called(), [""; 0]);
    let done = sandbox.run("cache purge");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
}

#[test]
fn many_mounts_show_how_far_it_is() {
    let sandbox = project();
    sandbox.plugin_named("docker-buildx");
    let record = |number: u32| {
        format!(
            "ID:           record{number:019}\nReclaimable:  true\nSize:         1MB\n\
             Description:  cached mount /c/{number} from exec /bin/sh -c x with id \"//c/{number}\"\nType:         exec.cachemount\n\n"
        )
    };
    sandbox.on("docker buildx du --verbose").out(&((1..=20).map(record).collect::<String>() + NO_RECORDS));
    sandbox.on("docker buildx du --verbose").out(NO_RECORDS);
    sandbox.on_words(&["docker", "buildx", "prune", "*"]);
    let names: Vec<String> = (1..=20).map(|number| format!("/c/{number}")).collect();
    let done = sandbox.run(&format!("cache prune {} --yes", names.join(" ")));
    assert_eq!((done.code, done.stdout.as_str()), (0, "removed 20 of 20 records, 20.0 MB freed\n"));
    for number in 1..=20 {
        assert!(done.stderr.contains(&format!("removing {number} of 20: `/c/{number}`")), "{done:?}");
    }
}
