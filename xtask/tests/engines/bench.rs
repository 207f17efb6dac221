//! `bench` on real engines: what it says was fetched is what the index gave away, and nothing of the person's is touched.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::harness::Engine;
use crate::index::Index;
use crate::project::{Project, SLOW_TO_STOP};
use crate::verify::{files, images_with, project, traces};

on_each_engine!(what_the_mounts_save, an_index_that_forbids_caching_saves_nothing, a_stop_leaves_nothing_behind);

/// Every file of a folder with its content.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.display().to_string(), std::fs::read(path).expect("a file"));
            }
        }
    }
    found
}

fn with_packages<'a>(engine: &'a Engine, index: &Index) -> Project<'a> {
    let step = format!("RUN --mount=type=cache,target=/root/.cache/pip pip install {} -r /r.txt", index.options());
    let dockerfile =
        format!("FROM debian-python:local\nCOPY requirements.txt /r.txt\n{step}\nCOPY service.sh app /app/\n");
    let project = project(engine, &dockerfile);
    project.write("requirements.txt", &index.requirements());
    std::fs::create_dir_all(project.dir.join("app")).expect("makes a folder");
    project.write("app/main.py", "print(1)\n");
    project.write("app/left-out.log", "x");
    project.write(".dockerignore", "**/*.log\n");
    project
}

/// The rows of `bench --json`, by their names.
fn rows(json: &str) -> BTreeMap<String, Value> {
    let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let rows = value["rows"].as_array().expect("rows").iter();
    rows.map(|row| (row["row"].as_str().expect("a name").to_owned(), row.clone())).collect()
}

fn what_the_mounts_save(engine: &Engine) {
    let index = Index::start(engine, 3, true);
    let project = with_packages(engine, &index);
    let before = content(&project.dir);
    let ended = project.run(&["bench", "--json"]).expect(0);
    // Without mounts: three, then two after a change, then three. With them: three, once.
    assert_eq!(index.downloads(), 3 + 2 + 3 + 3, "{}", ended.all());
    let rows = rows(&ended.stdout);
    let of = |row: &str, column: &str, key: &str| rows[row][column][key].clone();
    for (row, without, with) in
        [("first", 3, 3), ("unchanged", 0, 0), ("code", 0, 0), ("requirement", 2, 0), ("scratch", 3, 0)]
    {
        assert_eq!(of(row, "without_mounts", "fetched"), without, "{row}: {}", ended.stdout);
        assert_eq!(of(row, "as_it_is", "fetched"), with, "{row}: {}", ended.stdout);
        assert_eq!(of(row, "as_it_is", "fetched_bytes"), with * 200_000, "{row}: {}", ended.stdout);
    }
    assert_eq!(of("unchanged", "as_it_is", "steps_run"), 0);
    assert_eq!((of("code", "as_it_is", "steps_run"), of("code", "as_it_is", "steps_cached")), (1.into(), 2.into()));
    assert!(rows["scratch"]["package_ratio"].is_number(), "{}", ended.stdout);
    assert!(of("scratch", "as_it_is", "seconds")["median"].as_f64().is_some_and(|seconds| seconds > 0.1));
    let value: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(value["changed_requirement"], "`xt-package-2==1.0` taken out of `requirements.txt`");
    assert_eq!(value["changed_code"], "an empty line at the end of `app/main.py`");

    // The tables, with everything in them.
    let table = project.run(&["bench", "--quiet"]).expect(0);
    assert_eq!(table.stderr.lines().filter(|line| line.contains("RUN")).count(), 0, "{}", table.all());
    assert!(
        table.stdout.starts_with("`api` by `Dockerfile`, one run, without the export of the image; packages: line 3\n"),
        "{}",
        table.all()
    );
    for part in [
        "first build",
        "rebuild, no change",
        "from scratch",
        "without cache mounts",
        "as it is",
        "█",
        "600.0 kB fetched",
        "packages",
    ] {
        assert!(table.stdout.contains(part), "no `{part}` in\n{}", table.stdout);
    }
    let markdown = project.run(&["bench", "api", "--markdown"]).expect(0);
    let lines: Vec<&str> = markdown.stdout.lines().collect();
    assert_eq!(lines[2..4], ["| | without cache mounts | as it is | |", "|---|---|---|---|"]);
    assert!(lines[4..9].iter().all(|line| line.matches('|').count() == 5), "{}", markdown.stdout);

    assert_eq!(content(&project.dir), before, "nothing of the person's is touched");
    let mark = format!("127.0.0.1:{}", index.port);
    assert_eq!(images_with(engine, &mark), [""; 0]);
    assert_eq!(traces(engine).iter().filter(|trace| trace.contains(&mark)).count(), 0);
}

fn an_index_that_forbids_caching_saves_nothing(engine: &Engine) {
    let index = Index::start(engine, 2, false);
    let project = with_packages(engine, &index);
    let ended = project.run(&["bench"]).expect(0);
    let sentence = "the mounts are not used: 400.0 kB was downloaded again; find out why: xtask verify";
    assert_eq!(ended.stdout.lines().last(), Some(sentence), "{}", ended.all());
    // A build that fails is told with its place, and what was built before it is taken away.
    project.edit("Dockerfile", "pip install", "false; pip install");
    project.edit("Dockerfile", "false; pip", "echo no such thing >&2; exit 3; pip");
    let ended = project.run(&["bench"]).expect(2);
    let error = "error: the first build fails at line 3: no such thing\n";
    assert!(ended.stderr.contains(error), "{}", ended.all());
    assert_eq!(ended.stdout, "");
}

fn a_stop_leaves_nothing_behind(engine: &Engine) {
    let step = "RUN --mount=type=cache,target=/slow head -c 4000 /dev/urandom > /slow/x; for i in $(seq 300); do echo tick $i; sleep 0.2; done";
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("Dockerfile", &format!("FROM debian-python:local\nCOPY service.sh /\n{step}\n"));
    let mut running = project.start(project.xtask(&["bench"]));
    running.wait_for("first build, without cache mounts: RUN head -c 4000");
    let pid = running.child.id();
    assert_eq!(files("bench", pid).len(), 1);
    running.signal(libc::SIGTERM);
    running.end().expect(143);
    assert_eq!(files("bench", pid), [""; 0]);
    let mark = format!("xtask-bench-{pid}-");
    let left: Vec<String> = traces(engine).into_iter().filter(|trace| trace.contains(&mark)).collect();
    assert_eq!(left, [""; 0]);
}
