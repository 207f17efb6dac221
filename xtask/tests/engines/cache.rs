//! `build-fresh`, the namespace and `cache prune` with the real pip, a local index, and its access log as the witness of
//! what was fetched. On an engine of its own: nobody else fills or empties its mounts. It is reached over TCP.

use crate::harness::{Ended, Engine, wait_until};
use crate::index::Index;
use crate::own_engine::OwnEngine;
use crate::project::{Project, SLOW_TO_STOP};
use crate::pty::Terminal;

on_each_engine!(downloads_are_kept_and_layers_are_fresh, files_are_those_that_compose_would_have_used);

const PIP: &str = "/root/.cache/pip";

/// How many packages the index has.
const WHEELS: usize = 3;

fn project<'a>(engine: &'a Engine, index: &Index) -> Project<'a> {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("requirements.txt", &index.requirements());
    project.write("Dockerfile", &dockerfile(index));
    project.write(
        "compose.yaml",
        "version: \"3.8\"\nservices:\n  api:\n    build: { context: ., network: host }\n    network_mode: none\n",
    );
    let more = "\n[tasks.build-fresh]\nbuiltin = \"build-fresh\"\n";
    project.write("tasks.toml", &(project.read("tasks.toml") + more));
    project
}

fn dockerfile(index: &Index) -> String {
    format!(
        "FROM debian-python:local\nCOPY requirements.txt /r.txt\n\
         RUN --mount=type=cache,target=/var/cache/apt echo x >> /var/cache/apt/xt\n\
         RUN --mount=type=cache,target={PIP} pip install --root-user-action=ignore \\\n    {} -r /r.txt \\\n    && date +%s%N > /built\n\
         COPY . /src\nCOPY service.sh /service.sh\nCMD [\"sh\", \"/service.sh\"]\n",
        index.options()
    )
}

/// When the installed packages of the running service were installed.
fn built(project: &Project) -> String {
    project.compose(&["exec", "-T", "api", "cat", "/built"]).expect(0).stdout.trim().to_owned()
}

/// The records of cache mounts with this target: id and description.
fn mounts(engine: &Engine, target: &str) -> Vec<(String, String)> {
    let said = engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
    let value: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let records = value.as_array().expect("a list").iter();
    let text = |record: &serde_json::Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<(String, String)> = records
        .filter(|record| record["CacheType"] == "exec.cachemount")
        .map(|record| (text(record, "ID"), text(record, "Description")))
        .filter(|(_, description)| description.starts_with(&format!("cached mount {target} from ")))
        .collect();
    found.sort();
    found
}

/// What another project on the engine does: the same Dockerfile, by docker alone.
fn another_projects_no_cache(project: &Project) {
    let engine = project.engine;
    let name = format!("{}-other", engine.name);
    let dir = project.dir.display().to_string();
    engine.docker(&["build", "-q", "--no-cache", "--network=host", "-t", &name, &dir]);
    engine.docker(&["image", "rm", &name]);
}

#[track_caller]
fn lacks(ended: Ended, text: &str) -> Ended {
    assert!(!ended.all().contains(text), "`{text}` in:\n{}", ended.all());
    ended
}

fn downloads_are_kept_and_layers_are_fresh(shared: &Engine) {
    let mut own = OwnEngine::start(shared, "cache", &[]);
    own.over_tcp();
    let engine = &own.engine;
    let index = Index::start(engine, WHEELS, true);
    let project = project(engine, &index);

    // The first build fetches everything.
    project.run(&["dev", "-d"]).expect(0);
    assert_eq!(index.downloads(), WHEELS);
    let first = built(&project);

    // From scratch: pip runs again and fetches nothing.
    let dry = project.run(&["-n", "build-fresh"]).expect(0).stdout;
    assert!(dry.contains("/next-xtask-fresh-"), "{dry}");
    let ended = project.run(&["build-fresh"]).expect(0).says("Successfully installed").says("2 steps ran again");
    assert!(ended.stderr.contains("/next-xtask-fresh-"), "{}", ended.all());
    assert_eq!(index.downloads(), 0);

    // What comes next has the fresh layers, and not the old ones.
    lacks(project.run(&["dev", "-d"]).expect(0), "Successfully installed");
    let second = built(&project);
    assert_ne!(second, first);
    lacks(project.run(&["build"]).expect(0), "Successfully installed");
    project.run(&["dev", "-d"]).expect(0);
    assert_eq!(built(&project), second);
    // What is kept lies in no build context: no image has it, and no `COPY . /src` runs again because of it.
    let files = project.compose(&["exec", "-T", "api", "ls", "-A", "/src"]).expect(0).stdout;
    assert!(files.contains("tasks.toml") && !files.contains(".xtask"), "{files}");
    // Compose alone knows nothing of the value: it is served the old ones again.
    lacks(project.compose(&["build"]).expect(0), "Successfully installed");
    let words = ["run", "--rm", "--network=none", &project.of_service("api"), "cat", "/built"];
    assert_eq!(engine.docker(&words), first);
    project.run(&["cache"]).expect(0).says("`api`: built fresh ").says("used here: matched by target and id");
    assert_eq!(index.downloads(), 0);

    // One mount by its name; no other.
    let apt = mounts(engine, "/var/cache/apt");
    assert_eq!((apt.len(), mounts(engine, PIP).len()), (1, 1));
    let ended = project.run(&["cache", "prune", "pip"]).expect(2);
    assert!(ended.stderr.contains("no terminal to ask on:"), "{}", ended.all());
    assert_eq!(mounts(engine, PIP).len(), 1);
    project.run(&["cache", "prune", "pip", "--yes"]).expect(0).says("removed 1 of 1 record, ");
    assert_eq!((mounts(engine, PIP), mounts(engine, "/var/cache/apt")), (vec![], apt.clone()));
    project.run(&["build-fresh"]).expect(0);
    assert_eq!(index.downloads(), WHEELS, "its downloads were in it");

    // Mounts belong to the engine: another project's `--no-cache` empties them for all.
    another_projects_no_cache(&project);
    assert_eq!(index.downloads(), WHEELS);
    project.run(&["build-fresh"]).expect(0);
    assert_eq!(index.downloads(), 0, "the other project has filled it again");

    // A namespace keeps them apart. It costs one rebuild.
    let tasks = project.read("tasks.toml");
    project.write("tasks.toml", &format!("{tasks}\n[cache]\nnamespace = \"project\"\n"));
    project.run(&["build"]).expect(0).says("Successfully installed");
    assert_eq!(index.downloads(), WHEELS);
    another_projects_no_cache(&project);
    assert_eq!(index.downloads(), WHEELS);
    project.run(&["build-fresh"]).expect(0).says("Successfully installed");
    assert_eq!(index.downloads(), 0);
    let table = project.run(&["cache"]).expect(0);
    let rows = table.stdout.lines().filter(|line| line.starts_with("pip ")).count();
    assert_eq!(rows, 2, "{}", table.all());
    let id =
        engine.pick("namespace unknown".to_owned(), format!("{}/{PIP}", engine.name), format!("{}/{PIP}", engine.name));
    assert!(table.stdout.contains(&id), "no `{id}`:\n{}", table.all());
    // Two are meant now: the person has to say which.
    let ended = project.run(&["cache", "prune", "pip", "--yes"]).expect(2).says("`pip` means 2 cache mounts");
    assert_eq!(mounts(engine, PIP).len(), 2, "{}", ended.all());

    // The true `--no-cache`: its own mounts go, the others' stay.
    let ended = project.run(&["build-fresh", "--drop-caches"]).expect(0).says("2 cache mounts will be emptied");
    assert!(ended.stderr.contains("pip `/root/.cache/pip` ("), "{}", ended.all());
    assert_eq!(index.downloads(), WHEELS);
    lacks(project.run(&["cache"]).expect(0), "built fresh");
    project.write("tasks.toml", &tasks);
    project.run(&["build-fresh"]).expect(0);
    assert_eq!(index.downloads(), 0, "the mount without a namespace was left alone");

    nothing_in_use_is_pruned(&project);
    everything_can_go(&project);
}

/// A prune while a build runs takes nothing that the build uses.
fn nothing_in_use_is_pruned(project: &Project) {
    let engine = project.engine;
    let target = "/xt/in-use";
    project.write(
        "Dockerfile",
        &format!("FROM debian-python:local\nCOPY requirements.txt /r.txt\nRUN --mount=type=cache,target={target} echo begin; touch {target}/x; while [ ! -e {target}/go ]; do sleep 0.2; done; ls {target}\nRUN --mount=type=cache,target={target} test -e {target}/x\n"),
    );
    let mut build = project.start(project.xtask(&["build"]));
    wait_until(crate::harness::LONG, || (!mounts(engine, target).is_empty()).then_some(()))
        .expect("the step has begun");
    let ended = project.run(&["cache", "prune", target, "--yes"]).expect(1).says("stays: it is in use");
    assert!(ended.stdout.contains("nothing to remove"), "{}", ended.all());
    let record = mounts(engine, target);
    project.run(&["cache", "prune", "--mounts", "--yes"]).says("stays: it is in use");
    assert_eq!(mounts(engine, target), record);
    // The step ends when it sees this file: only somebody in the same mount can write it.
    let folder = project.dir.join("go");
    std::fs::create_dir_all(&folder).expect("makes a folder");
    let text = format!(
        "FROM debian-python:local\nARG AGAIN\nRUN --mount=type=cache,target={target} touch {target}/go # $AGAIN\n"
    );
    std::fs::write(folder.join("Dockerfile"), text).expect("writes");
    let again = format!("AGAIN={}", engine.name);
    engine.docker(&["build", "-q", "--network=none", "--build-arg", &again, &folder.display().to_string()]);
    build.wait_for("test -e");
    build.end().expect(0);
    project.run(&["cache", "prune", target, "--yes"]).expect(0).says("removed 1 of 1 record");
}

fn everything_can_go(project: &Project) {
    let engine = project.engine;
    // While the person thinks about the question, somebody builds: what comes after the list stays.
    project
        .write("Dockerfile", &format!("FROM debian-python:local\nRUN --mount=type=cache,target={PIP} touch {PIP}/x\n"));
    project.run(&["build"]).expect(0);
    let mut terminal = Terminal::start(&project.xtask(&["cache", "prune", "--mounts"]));
    terminal.wait_for("remove it? [y/N]");
    let folder = project.dir.join("later");
    std::fs::create_dir_all(&folder).expect("makes a folder");
    let text = "FROM debian-python:local\nRUN --mount=type=cache,target=/xt/later touch /xt/later/x\n";
    std::fs::write(folder.join("Dockerfile"), text).expect("writes");
    engine.docker(&["build", "-q", "--network=none", &folder.display().to_string()]);
    terminal.types(b"y\n");
    terminal.expect(0);
    assert_eq!((mounts(engine, PIP).len(), mounts(engine, "/xt/later").len()), (0, 1), "{}", terminal.output());
    // The guide's `docker builder prune -a`.
    let layers =
        || engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]).matches("regular").count();
    assert!(layers() > 0);
    project.run(&["cache", "prune", "--layers", "--yes"]).expect(0).says("removed ");
    project.run(&["cache", "prune", "--all", "--yes"]).expect(0);
    assert_eq!(mounts(engine, "/xt/later"), [], "{}", project.run(&["cache"]).all());
}

/// The overlay is added to exactly the files that compose reads without it.
fn files_are_those_that_compose_would_have_used(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("tasks.toml", "[tasks.build-fresh]\nbuiltin = \"build-fresh\"\n[tasks.sub]\ndir = \"sub\"\nsteps = [\"compose build\"]\n[cache]\nnamespace = \"project\"\n");
    let file = |name: &str, service: &str| {
        let text = format!(
            "version: \"3.8\"\nservices:\n  {service}: {{ build: . }}\n  common: {{ image: x, environment: {{ FROM: {service} }} }}\n"
        );
        project.write(name, &text);
    };
    std::fs::create_dir_all(project.dir.join("sub")).expect("makes a folder");
    // What compose would read, and what it reads with the words of the dry run: the same but for what is added.
    let same = |variables: &[(&str, &str)], task: &str, dir: &str, why: &str| {
        let compose = project.engine.compose();
        let services = |words: &[String]| {
            let mut command = project.command(&words[0]);
            command.current_dir(project.dir.join(dir)).envs(variables.iter().copied()).args(&words[1..]).arg("config");
            let ended = project.start(command).end().expect(0);
            let is_kept = |line: &&str| {
                !line.contains("BUILDKIT_CACHE_MOUNT_NS")
                    && !line.contains("xtask-fresh")
                    && !line.contains("extra_hosts")
                    && !line.trim().is_empty()
            };
            // A service's `args:` is there for the namespace alone.
            let lines: Vec<&str> = ended.stdout.lines().filter(is_kept).filter(|line| line.trim() != "args:").collect();
            assert!(lines.len() > 3, "{why}: {}", ended.all());
            lines.join("\n")
        };
        let mut dry = project.xtask(&["-n", task]);
        dry.envs(variables.iter().copied());
        let shown = project.start(dry).end().expect(0).stdout;
        let written = shown.lines().next().expect("the line that writes the file");
        let mut write = project.command("sh");
        project
            .start({
                write.args(["-c", written]);
                write
            })
            .end()
            .expect(0);
        let line = shown.lines().last().expect("the command");
        let line = line.trim_end_matches(')').split_whitespace().skip_while(|word| !word.starts_with("docker"));
        let words: Vec<String> = line.take_while(|word| *word != "build").map(str::to_owned).collect();
        let alone: Vec<String> = compose.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(services(&words), services(&alone), "{why}: {words:?}");
    };
    let fresh = "build-fresh";
    same(&[], fresh, "", "one file");
    file("docker-compose.yml", "older");
    same(&[], fresh, "", "two names");
    file("compose.override.yml", "over");
    same(&[], fresh, "", "an override file");
    same(&[], "sub", "sub", "files of a folder above");
    file("a.yaml", "a");
    file("b.yaml", "b");
    same(&[("COMPOSE_FILE", "b.yaml:a.yaml")], fresh, "", "COMPOSE_FILE");
    same(&[("COMPOSE_FILE", "../a.yaml")], "sub", "sub", "COMPOSE_FILE from another folder");
    same(&[("COMPOSE_FILE", "a.yaml,b.yaml"), ("COMPOSE_PATH_SEPARATOR", ",")], fresh, "", "COMPOSE_PATH_SEPARATOR");
    project.write(".env", "COMPOSE_FILE=\"${FIRST:-a.yaml}:b.yaml\" # two\n");
    same(&[], fresh, "", "COMPOSE_FILE in .env");
    same(&[("FIRST", "compose.yaml")], fresh, "", "a variable in it");
}
