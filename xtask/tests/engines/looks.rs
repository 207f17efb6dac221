//! What only looks starts, writes and hands on exactly what docs/security.md says, in a repository full of traps: held by
//! strace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Engine, repository};

on_each_engine!(what_only_looks_does_what_the_table_says);

/// A row of the first table.
struct Row {
    /// Each as it is typed.
    commands: Vec<String>,
    programs: Vec<String>,
    may_use_plugins: bool,
    /// Folders below which files may be written.
    writes: Vec<PathBuf>,
    gives_compose_more: bool,
}

fn spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The tables of the page: rows of cells.
fn tables(page: &str) -> Vec<Vec<Vec<String>>> {
    let mut tables = Vec::new();
    for part in page.split("\n\n").filter(|part| part.starts_with('|')) {
        let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        tables.push(part.lines().skip(2).map(cells).collect());
    }
    tables
}

fn rows(page: &str, home: &Path) -> Vec<Row> {
    let of_cells = |cells: &Vec<String>| {
        let [command, starts, writes, variables] = &cells[..] else { panic!("a row of four cells: {cells:?}") };
        let own = |cell: &String| spans(cell).into_iter();
        assert!(spans(starts).is_empty() == (starts == "nothing"), "{starts}");
        assert!(spans(writes).is_empty() == (writes == "nothing"), "{writes}");
        Row {
            commands: spans(command),
            programs: own(starts).collect(),
            may_use_plugins: starts.contains("its plugins"),
            writes: own(writes).map(|path| home.join(path.trim_start_matches("~/"))).collect(),
            gives_compose_more: variables.contains("compose also gets"),
        }
    };
    tables(page)[0].iter().map(of_cells).collect()
}

const TASKS: &str = r#"
[env]
DOCKER_CONFIG = "evil-config"
DOCKER_HOST = "unix:///evil.sock"
DOCKER_CONTEXT = "evil"
LD_PRELOAD = "FOLDER/evil.so"
PATH = "FOLDER/evil-bin"
BASH_ENV = "FOLDER/evil"
ENV = "FOLDER/evil"
HOME = "FOLDER/evil-home"
XDG_STATE_HOME = "FOLDER/evil-state"
XDG_CONFIG_HOME = "FOLDER/evil-config"
TMPDIR = "FOLDER/evil-tmp"
BUILDX_CONFIG = "FOLDER/evil-config"
BUILDX_BUILDER = "evil"
GIT_SSH_COMMAND = "FOLDER/evil"
GIT_CONFIG_GLOBAL = "FOLDER/evil"
PYTHONPATH = "FOLDER/evil-python"
PYTHONSTARTUP = "FOLDER/evil"
HTTPS_PROXY = "http://evil:1"
OTEL_EXPORTER_OTLP_ENDPOINT = "http://evil:1"
COMPOSE_EXPERIMENTAL_GIT_REMOTE = "evil"
XT_UNUSED = "evil"
XT_TAG = "used-by-compose"

[tasks.up]
about = "names with ' \" $(./evil) `./evil` traps"
steps = ["compose build {args}", "compose up"]

[tasks.evil]
steps = ["./evil", "docker ps", "git status", "cargo build"]
"#;

/// A repository in which everything that could be started by mistake is a trap, beside a home folder and what lies outside.
struct Traps {
    folder: PathBuf,
    project: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Traps {
    fn new(engine: &Engine) -> Traps {
        let folder = std::env::temp_dir().join(&engine.name);
        let _ = fs::remove_dir_all(&folder);
        let project = folder.join("project");
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes a folder");
            fs::write(path, text).expect("writes a file");
        };
        write(
            "project/compose.yaml",
            "services:\n  odd:\n    build: \"we\\e[31mi'r\\\"d\\nname\"\n  web:\n    image: \"x:${XT_TAG:-}${LD_PRELOAD:-}\"\n    build: linked\n",
        );
        fs::copy(project.join("compose.yaml"), project.join("docker-compose.yml")).expect("copies a file");
        write("outside/context/Dockerfile", "FROM scratch\n# planted-outside\nplanted-outside in a Dockerfile\n");
        write(
            "outside/env",
            "XT_FILE=planted-outside\nDOCKER_HOST=unix:///evil.sock\nCOMPOSE_EXPERIMENTAL_GIT_REMOTE=1\n",
        );
        write("project/sub/here", "");
        write("project/we\x1b[31mi'r\"d\nname/Dockerfile", "FROM scratch\nRUN --mount=type=cache,target=/x true\n");
        let link = |to: &str, from: &str| symlink(folder.join(to), project.join(from)).expect("makes a link");
        link("outside/context", "linked");
        link("outside/env", ".env");
        write(
            "project/.git/config",
            "[core]\nfsmonitor = ./evil\npager = ./evil\nsshCommand = ./evil\n[alias]\nstatus = !./evil\n",
        );
        write(
            "project/.cargo/config.toml",
            "[build]\nrustc = './evil'\nrustc-wrapper = './evil'\n[target.'cfg(all())']\nrunner = './evil'\n",
        );
        let names = ["docker", "docker-compose", "docker-buildx", "git", "sh", "cargo", "dockerd", "python3", "evil"];
        let mut traps: Vec<String> =
            ["", "sub/", "evil-bin/"].iter().flat_map(|dir| names.map(|name| format!("{dir}{name}"))).collect();
        traps.extend(["docker-compose", "docker-buildx"].map(|name| format!("evil-config/cli-plugins/{name}")));
        traps.extend(["post-checkout", "fsmonitor-watchman"].map(|name| format!(".git/hooks/{name}")));
        for trap in &traps {
            write(&format!("project/{trap}"), &format!("#!/bin/sh\necho {trap} >> '{}/ran'\n", folder.display()));
            fs::set_permissions(project.join(trap), fs::Permissions::from_mode(0o755)).expect("executable");
        }
        // The person's own: a context for the engine, so that DOCKER_HOST of the project would count, and the plugins.
        let home = folder.join("home");
        fs::create_dir_all(home.join(".docker/cli-plugins")).expect("makes a folder");
        for plugin in fs::read_dir(format!("{}/cli-plugins", engine.variable("DOCKER_CONFIG"))).into_iter().flatten() {
            let plugin = plugin.expect("a plugin");
            let file = plugin.path().canonicalize().expect("a file");
            symlink(file, home.join(".docker/cli-plugins").join(plugin.file_name())).expect("makes a link");
        }
        let home = home.display().to_string();
        let host = format!("host={}", engine.variable("DOCKER_HOST"));
        for words in [&["context", "create", "mine", "--docker", &host][..], &["context", "use", "mine"]] {
            let mut docker = engine.command("docker");
            docker.args(words).env("HOME", &home).env_remove("DOCKER_CONFIG").env_remove("DOCKER_HOST");
            let output = docker.output().expect("runs docker");
            assert!(output.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let path = format!(".:{}::sub", engine.variable("PATH"));
        let variables = [("HOME", home.as_str()), ("PATH", &path), ("LANG", "C.UTF-8"), ("TERM", "xterm")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Traps { folder, project, variables }
    }

    fn tasks(&self, compose: &str) {
        let text = format!("{compose}{}", TASKS.replace("FOLDER", &self.project.display().to_string()));
        fs::write(self.project.join("tasks.toml"), text).expect("writes tasks.toml");
    }

    /// Runs xtask under strace.
    fn look(&self, dir: &Path, words: &[&str], more: &[(&str, &str)]) -> Seen {
        let trace = self.folder.join("trace");
        let mut strace = Command::new("/usr/bin/strace");
        let calls = "trace=execve,execveat,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,\
mkdirat,rmdir,link,linkat,symlink,symlinkat,chmod,fchmodat,chown,fchownat,lchown,truncate,utimensat,mknod,mknodat,connect";
        strace.args(["-f", "-y", "-v", "-qq", "-s", "8192", "-e", calls, "-o"]).arg(&trace);
        strace.arg(env!("CARGO_BIN_EXE_xtask")).args(words).current_dir(dir).env_clear().envs(&self.variables);
        strace.envs(more.iter().copied()).stdin(std::process::Stdio::null());
        let output = strace.output().expect("strace is installed: apt-get install strace");
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let works = output.status.code().is_some_and(|code| code < 2);
        assert!(works, "{words:?} in {}: {}\n{printed}", dir.display(), output.status);
        Seen::read(&fs::read_to_string(&trace).expect("a trace"), printed)
    }
}

impl Drop for Traps {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// What strace saw below xtask.
#[derive(Debug)]
struct Seen {
    /// The file of each program that was started, with the text of its variables.
    started: Vec<(PathBuf, String)>,
    /// The paths of files that were written, made, moved or removed, as far as that succeeded.
    written: BTreeSet<PathBuf>,
    /// All paths that were opened or tried.
    opened: BTreeSet<PathBuf>,
    connected: Vec<String>,
    printed: String,
}

impl Seen {
    fn read(trace: &str, printed: String) -> Seen {
        let mut seen = Seen {
            started: Vec::new(),
            written: BTreeSet::new(),
            opened: BTreeSet::new(),
            connected: Vec::new(),
            printed,
        };
        // A call that another thread's line interrupted is put together again.
        let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
        for line in trace.lines() {
            let (pid, call) = line.split_once(' ').expect("a process and its call");
            let call = call.trim_start();
            if let Some(start) = call.strip_suffix(" <unfinished ...>") {
                begun.insert(pid, start);
            } else if let Some(rest) = call.strip_prefix("<... ") {
                let end = rest.split_once("resumed>").map_or("", |(_, end)| end);
                if let Some(start) = begun.remove(pid) {
                    seen.call(&format!("{start}{end}"));
                }
            } else if call.contains('(') {
                seen.call(call);
            }
        }
        // One that was killed in the middle of a call.
        begun.into_values().for_each(|start| seen.call(&format!("{start}) = 0")));
        seen.started.remove(0);
        seen
    }

    fn call(&mut self, call: &str) {
        let (name, words) = call.split_once('(').expect("a call");
        let failed = call.rsplit_once(") = ").is_some_and(|(_, result)| result.starts_with('-'));
        if name == "connect" {
            return self.connected.push(words.to_owned());
        }
        // Each path is from the folder that stands before it: AT_FDCWD</folder>, "path".
        let mut folder = PathBuf::from("/");
        let mut paths = Vec::new();
        for (at, part) in words.split('"').enumerate() {
            match at % 2 {
                0 => {
                    let before = part.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
                    folder = before.map_or(folder, |(path, _)| PathBuf::from(path));
                }
                _ => paths.push(folder.join(part)),
            }
        }
        let Some(first) = paths.first().cloned() else { return };
        if name.starts_with("execve") {
            // The variables are the last list.
            let variables = words.rsplit_once("], [").map_or("", |(_, rest)| rest);
            return if failed {
            } else {
                self.started.push((first, variables.to_owned()))
            };
        }
        let writes = !name.starts_with("open")
            || ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| words.contains(flag));
        self.opened.extend(paths.iter().cloned());
        if writes && !failed {
            self.written.extend(paths);
        }
    }
}

/// Fails unless a run did what its row says.
#[track_caller]
fn is_of_row(traps: &Traps, row: &Row, what: &str, seen: &Seen) {
    let inside = |path: &Path| path.starts_with(&traps.project);
    for (program, variables) in &seen.started {
        let name = program.file_name().expect("a name").to_string_lossy();
        let is_plugin = row.may_use_plugins && program.parent().is_some_and(|dir| dir.ends_with("cli-plugins"));
        let is_named = row.programs.iter().any(|program| *program == name);
        assert!((is_named || is_plugin) && !inside(program), "{what} starts `{}`", program.display());
        // Our own folders have no such name, and the value of each trap has it.
        assert!(!variables.contains("evil"), "{what}: variables of `{}`: {variables}", program.display());
        let has_more = variables.contains("used-by-compose");
        assert!(
            !has_more || (row.gives_compose_more && variables.contains("XT_TAG=used-by-compose")),
            "{what}: {variables}"
        );
    }
    let known = ["/dev/null", "/dev/tty", "/proc/self", "/proc/thread-self"];
    for path in &seen.written {
        let is_known = known.iter().any(|known| path.starts_with(known));
        assert!(
            is_known || row.writes.iter().any(|folder| path.starts_with(folder)),
            "{what} writes `{}`",
            path.display()
        );
    }
    let opened = seen.opened.iter().find(|path| path.to_string_lossy().contains("evil") && !path.ends_with("evil"));
    assert!(opened.is_none() || row.programs.is_empty(), "{what} opens `{opened:?}`");
    let elsewhere = seen.connected.iter().find(|words| words.contains("AF_INET") || words.contains("evil"));
    assert_eq!(elsewhere, None, "{what} talks to somebody else");
    assert!(
        !traps.folder.join("ran").exists(),
        "{what}: {}",
        fs::read_to_string(traps.folder.join("ran")).unwrap_or_default()
    );
    assert!(!seen.printed.contains("# planted-outside"), "{what} prints a file from outside: {}", seen.printed);
    assert!(!seen.printed.contains("XT_FILE=planted"), "{what} prints a file from outside: {}", seen.printed);
}

/// The words to type for what stands in the table.
fn typed(command: &str) -> Vec<Vec<String>> {
    let of = |text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let each = |place: &str, values: &[&str]| values.iter().map(|value| of(command.replace(place, value))).collect();
    match command {
        _ if command.contains("TASK") => each("TASK", &["up", "evil"]),
        _ if command.contains("SHELL") => each("SHELL", &["bash", "zsh", "fish", "powershell", "elvish"]),
        _ if command.contains("MESSAGE") => each("MESSAGE", &["port"]),
        _ => vec![of(command.to_owned())],
    }
}

fn what_only_looks_does_what_the_table_says(engine: &Engine) {
    let page = fs::read_to_string(repository().join("docs/security.md")).expect("docs/security.md");
    let traps = Traps::new(engine);
    let rows = rows(&page, &traps.folder.join("home"));
    every_command_has_a_row(&traps, &page);
    let (project, sub) = (traps.project.clone(), traps.project.join("sub"));
    let remote = "[compose]\nfiles = ['compose.yaml', 'remote.yaml']\n";
    fs::write(project.join("remote.yaml"), "include: ['https://127.0.0.1:1/x.git']\n").expect("writes a file");
    let mut asked_compose = false;
    for (compose, dir) in [
        ("", &project),
        ("", &sub),
        ("[compose]\ncli = './evil --host tcp://127.0.0.1:1'\n", &project),
        ("[compose]\ncli = 'docker --config evil-config -H ssh://evil compose'\n", &project),
        ("[compose]\ncli = 'docker run evil'\n", &sub),
        (remote, &project),
    ] {
        traps.tasks(compose);
        for row in &rows {
            // What starts nothing does so whatever compose is.
            let is_repeated = !compose.is_empty() && row.programs.is_empty() && !compose.contains("./evil");
            for words in row.commands.iter().filter(|_| !is_repeated).flat_map(|command| typed(command)) {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let what = format!("{words:?} in {} with {compose:?}", dir.display());
                let seen = traps.look(dir, &words, &[]);
                is_of_row(&traps, row, &what, &seen);
                let starts = row.programs.is_empty() || !seen.started.is_empty();
                assert!(starts && !seen.printed.is_empty(), "{what} does nothing: {}", seen.printed);
                asked_compose |= seen.started.iter().any(|(_, variables)| variables.contains("used-by-compose"));
            }
        }
        if compose.is_empty() {
            let row = rows.iter().find(|row| row.commands.iter().any(|command| command.starts_with("completions")));
            for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
                let words: &[&str] = if shell == "bash" { &["--", "0", "xtask ", ""] } else { &["--", "xtask", ""] };
                let more = [("XTASK_COMPLETE", shell), ("XTASK_COMPLETE_WORDS", "xtask\n")];
                let seen = traps.look(dir, words, &more);
                is_of_row(&traps, row.expect("a row"), &format!("Tab in {shell}"), &seen);
                assert!(seen.printed.contains("evil"), "Tab in {shell} offers the tasks: {}", seen.printed);
            }
        }
    }
    assert!(asked_compose, "compose is asked somewhere, or this shows nothing");
}

/// What has to be in the first table.
const LOOKING: [&str; 16] = [
    "help",
    "help TASK",
    "-n TASK",
    "-n build-fresh",
    "-n verify",
    "-n bench",
    "-n schema",
    "-n cache prune --all",
    "-n buildkit enable",
    "env",
    "schema -",
    "completions SHELL",
    "doctor",
    "doctor --explain MESSAGE",
    "cache",
    "buildkit status",
];

/// Every built-in command is in one of the tables.
fn every_command_has_a_row(traps: &Traps, page: &str) {
    fs::write(traps.project.join("tasks.toml"), "[tasks.t]\nsteps = ['x']\n").expect("writes tasks.toml");
    let listed = traps.look(&traps.project, &["help", "--json"], &[]).printed;
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let names = listed["builtins"].as_array().expect("a list").iter().map(|row| row["name"].as_str().expect("a name"));
    let tables = tables(page);
    let commands = |table: &[Vec<String>]| table.iter().flat_map(|cells| spans(&cells[0])).collect::<Vec<String>>();
    for command in LOOKING {
        assert!(commands(&tables[0]).iter().any(|row| row == command), "`{command}` has no row in docs/security.md");
    }
    let commands = commands(&tables.concat());
    let mut count = 0;
    for name in names {
        let has_row = commands.iter().any(|command| command.split(' ').find(|word| *word != "-n") == Some(name));
        assert!(has_row, "`{name}` has no row in docs/security.md");
        count += 1;
    }
    assert!(count > 5, "{listed}");
}
