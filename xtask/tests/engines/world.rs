//! A project with two services on an engine, and every place in which a command could break something or leave something.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Ended, Engine, Running, wait_until};

/// A variable that everything has which a killed run started.
const MARK: &str = "XTASK_KILLED";

const TASKS: &str = "[compose]\nproject = \"PROJECT\"\n[tasks.build]\nsteps = [\"compose build\"]\n";
const COMPOSE: &str = "services:\n  one:\n    build: { context: ./one, network: none }\n  two:\n    build: { context: ./two, network: none }\n";
const DOCKERFILE: &str = "FROM debian-python:local\nCOPY id_rsa code.py /\nRUN --mount=type=cache,id=PROJECT-SERVICE,target=/c date >> /c/x; date +%N > /stamp\n";
pub const DAEMON: &str = "{\n  \"log-level\": \"warn\",\n\t\"labels\" : [ \"x=1\",\"y=2\" ]\n}\n";

/// A project, and all places in which something could be left.
pub struct World<'a> {
    pub engine: &'a Engine,
    pub root: PathBuf,
    /// The layers of an image that was built with a value, by service and value.
    pub built: BTreeMap<(String, String), String>,
    /// What `verify` says of it.
    pub verdicts: String,
}

impl<'a> World<'a> {
    pub fn new(engine: &'a Engine) -> World<'a> {
        let root = std::env::temp_dir().join(&engine.name);
        let _ = fs::remove_dir_all(&root);
        let mut world = World { engine, root, built: BTreeMap::new(), verdicts: String::new() };
        for folder in ["project/one", "project/two", "tmp", "home", "output"] {
            fs::create_dir_all(world.root.join(folder)).expect("a folder");
        }
        for (name, text) in world.files() {
            fs::write(world.root.join("project").join(name), text).expect("a file");
        }
        fs::write(world.daemon_json(), DAEMON).expect("a file");
        world.verdicts = without_numbers(&world.run(&["verify"]).expect(0).stdout);
        world.run(&["build-fresh"]).expect(0);
        world.note_images().expect("both are built");
        world
    }

    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![
            ("tasks.toml".to_owned(), TASKS.replace("PROJECT", &self.engine.name)),
            ("compose.yaml".to_owned(), COMPOSE.to_owned()),
        ];
        for service in ["one", "two"] {
            let dockerfile = DOCKERFILE.replace("PROJECT", &self.engine.name).replace("SERVICE", service);
            files.push((format!("{service}/Dockerfile"), dockerfile));
            files.push((format!("{service}/id_rsa"), "secret\n".to_owned()));
            files.push((format!("{service}/code.py"), "print(1)\n".to_owned()));
        }
        files.sort();
        files
    }

    pub fn daemon_json(&self) -> PathBuf {
        self.root.join("home/daemon.json")
    }

    pub fn start(&self, words: &[&str]) -> Running {
        let mut command = self.engine.command(env!("CARGO_BIN_EXE_xtask"));
        command.args(words).env_remove("DOCKER_BUILDKIT").current_dir(self.root.join("project"));
        command.env("HOME", self.root.join("home")).env("TMPDIR", self.root.join("tmp")).env(MARK, &self.engine.name);
        Running::start(command, &self.root.join("output"))
    }

    pub fn run(&self, words: &[&str]) -> Ended {
        self.start(words).end()
    }

    /// What a killed run started goes on; the next one comes when it is over.
    pub fn wait_for_the_rest(&self) {
        let mark = format!("{MARK}={}", self.engine.name);
        let is_over = || {
            let entries = fs::read_dir("/proc").expect("/proc").flatten();
            // Of a process that is ending, the first thread may have no variables any more, while others have its files open.
            let threads =
                entries.flat_map(|entry| fs::read_dir(entry.path().join("task")).into_iter().flatten().flatten());
            let has_mark = |thread: fs::DirEntry| {
                let environ = fs::read(thread.path().join("environ")).unwrap_or_default();
                environ.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
            };
            (!threads.into_iter().any(has_mark)).then_some(())
        };
        wait_until(Duration::from_secs(120), is_over).expect("what a killed run started ends");
    }

    /// The folder of the project's state, and its files.
    pub fn state(&self) -> (PathBuf, Vec<String>) {
        let base = self.root.join("home/.local/state/xtask");
        let folder = names(&base).into_iter().find(|name| name.starts_with("project-"));
        let folder = base.join(folder.unwrap_or_else(|| "none".to_owned()));
        let names = names(&folder);
        (folder, names)
    }

    /// The kept values by service. An error if the file is not as we write it.
    pub fn kept(&self) -> Result<BTreeMap<String, String>, String> {
        let text = fs::read_to_string(self.state().0.join("fresh")).unwrap_or_default();
        let line = |line: &str| {
            let (service, host) = line.split_once(' ').ok_or(format!("half a line: {text:?}"))?;
            let is_whole = ["one", "two"].contains(&service) && host.starts_with("xtask-fresh-");
            is_whole.then(|| (service.to_owned(), host.to_owned())).ok_or(format!("half a line: {text:?}"))
        };
        let lines: Result<BTreeMap<_, _>, String> = text.lines().map(line).collect();
        if text.is_empty() || text.ends_with('\n') { lines } else { Err(format!("half a file: {text:?}")) }
    }

    /// After a build: a service that has a value has the layers that were built with it, and never another's.
    pub fn note_images(&mut self) -> Result<(), String> {
        let kept = self.kept()?;
        for service in ["one", "two"] {
            let value = kept.get(service).cloned().unwrap_or_default();
            // Compose 1 joins names in another way.
            let joint = if self.engine.tier == 20 { "_" } else { "-" };
            let image = format!("{}{joint}{service}", self.engine.name);
            let layers = self.engine.docker(&["image", "inspect", "--format", "{{.RootFS.Layers}}", &image]);
            let other =
                self.built.iter().find(|((of, other), built)| of == service && *other != value && **built == layers);
            if let Some(((_, other), _)) = other.filter(|_| !value.is_empty()) {
                return Err(format!("`{service}` is kept with {value} and has the layers of {other}"));
            }
            let known = self.built.entry((service.to_owned(), value.clone())).or_insert_with(|| layers.clone());
            if *known != layers && !value.is_empty() {
                return Err(format!("`{service}` has other layers than it was built with under {value}"));
            }
        }
        Ok(())
    }

    /// The ids of the cache mounts, by their names.
    pub fn mounts(&self) -> BTreeMap<String, String> {
        let records = self.engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
        let records: Value = serde_json::from_str(&records).expect("records");
        let mounts = records.as_array().into_iter().flatten().filter(|record| record["CacheType"] == "exec.cachemount");
        let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
        mounts.map(|record| (text(record, "Description"), text(record, "ID"))).collect()
    }

    /// What is wrong with the files, whenever it is looked at.
    pub fn check_files(&self) -> Result<(), String> {
        let project = self.root.join("project");
        let mut found = Vec::new();
        for folder in ["", "one", "two"] {
            for name in names(&project.join(folder)) {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if let Ok(text) = fs::read_to_string(project.join(&path)) {
                    found.push((path, text));
                }
            }
        }
        found.sort();
        if found != self.files() {
            return Err(format!(
                "the project is another one: {:?}",
                found.iter().map(|(name, _)| name).collect::<Vec<_>>()
            ));
        }
        self.kept().map(drop)
    }

    /// What is left after a run that was not killed.
    pub fn check_nothing_is_left(&self) -> Result<(), String> {
        let base = self.root.join("home/.local/state/xtask");
        let mut left = Vec::new();
        // Compose leaves a file of its own there when a signal ends it.
        left.extend(names(&self.root.join("tmp")).into_iter().filter(|name| name.starts_with("xtask-")));
        left.extend(names(&base.join("runs")));
        left.extend(names(&base).into_iter().filter(|name| name.starts_with('.')));
        left.extend(
            self.state().1.into_iter().filter(|name| !["fresh", "project", "compose.yaml"].contains(&name.as_str())),
        );
        left.extend(names(&self.root.join("home")).into_iter().filter(|name| name.contains("draft")));
        left.extend(crate::verify::traces(self.engine));
        left.extend(self.engine.docker(&["ps", "-a", "-q"]).lines().map(str::to_owned));
        if left.is_empty() { Ok(()) } else { Err(format!("left: {left:?}")) }
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A text without its figures, which differ from run to run.
pub fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect()
}
