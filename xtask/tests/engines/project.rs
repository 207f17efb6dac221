//! Projects to run xtask in: a copy of this repository, or one of a few lines. What they start is taken down again.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Ended, Engine, Running, free_port, repository};

/// A folder with a tasks.toml, and a compose project of its own.
pub struct Project<'a> {
    pub engine: &'a Engine,
    pub dir: PathBuf,
    /// The compose file, from `dir`.
    compose_file: &'static str,
    pub port: u16,
    /// The images of its service so far: those that a later build took the name from have to go, too.
    images: RefCell<BTreeSet<String>>,
}

/// The tasks of a small project: those of this repository that the tests need, and some for signals.
const TASKS: &str = r#"
[compose]
files = ["compose.yaml"]
project = "PROJECT"
wait = 60

[tasks.dev]
steps = ["task build {no-cache}", "compose up {detached} {args}"]
[tasks.dev.flags]
detached = { short = "d", words = ["--detach"] }
no-cache = { words = ["--no-cache"] }

[tasks.build]
steps = ["compose build {no-cache} {args}"]
flags.no-cache = { words = ["--no-cache"] }

[tasks.shell]
steps = ["compose exec {no-tty} api bash {args}"]
flags.no-tty = { short = "T", words = ["-T"] }

[tasks.up-then]
steps = ["compose up", "touch later"]
"#;

/// Takes two seconds to stop, and says what it gets.
pub const SLOW_TO_STOP: &str = "trap 'echo got SIGTERM; sleep 2; echo stopped; exit 0' TERM\n\
echo the service is here\nwhile :; do sleep 60 & wait; done\n";

const DOCKERFILE: &str = "FROM debian-python:local\nCOPY service.sh /service.sh\nCMD [\"sh\", \"/service.sh\"]\n";

impl<'a> Project<'a> {
    /// All files of this repository as they are now, with what git ignores left out.
    pub fn copy_of_repository(engine: &'a Engine) -> Project<'a> {
        let project = Project::empty(engine, "example/compose.yaml");
        let list = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(repository())
            .output()
            .expect("runs git");
        assert!(list.status.success(), "git ls-files: {}", String::from_utf8_lossy(&list.stderr));
        let names = String::from_utf8(list.stdout).expect("names are text");
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (repository().join(name), project.dir.join(name));
            fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("makes the folder");
            if from.is_file() {
                fs::copy(&from, &to).unwrap_or_else(|error| panic!("copies {name}: {error}"));
            }
        }
        // The one change: whoever runs the example on the same engine meanwhile keeps it.
        let tasks = project.read("tasks.toml");
        let shipped = r#"project = "xtask-example""#;
        assert!(tasks.contains(shipped), "tasks.toml names the compose project");
        project.write("tasks.toml", &tasks.replace(shipped, &format!("project = \"{}\"", engine.name)));
        project
    }

    /// One service, `api`, that is built from a Dockerfile and runs `script`.
    pub fn small(engine: &'a Engine, script: &str) -> Project<'a> {
        let project = Project::empty(engine, "compose.yaml");
        project.write("tasks.toml", &TASKS.replace("PROJECT", &engine.name));
        project.write("compose.yaml", "services:\n  api:\n    build: .\n");
        project.write("Dockerfile", DOCKERFILE);
        project.write("service.sh", script);
        project
    }

    fn empty(engine: &'a Engine, compose_file: &'static str) -> Project<'a> {
        let dir = std::env::temp_dir().join(&engine.name);
        fs::create_dir_all(&dir).expect("makes the project's folder");
        Project { engine, dir, compose_file, port: free_port(), images: RefCell::default() }
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.join(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Writes a file anew, with one part of it replaced.
    #[track_caller]
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "`{from}` is in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// The real binary, to be run in the project's folder.
    pub fn xtask(&self, words: &[&str]) -> Command {
        self.remember_image();
        let mut command = self.command(env!("CARGO_BIN_EXE_xtask"));
        command.args(words);
        command
    }

    /// A program in the project's folder, with what a person has in their environment, and PORT.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.engine.command(program);
        // What xtask is there to set.
        command.env_remove("DOCKER_BUILDKIT").env("PORT", self.port.to_string()).current_dir(&self.dir);
        // What xtask keeps of a project elsewhere than in it.
        command.env("XDG_STATE_HOME", self.output_dir().join("state"));
        command
    }

    #[track_caller]
    pub fn start(&self, command: Command) -> Running {
        Running::start(command, &self.output_dir())
    }

    /// Runs xtask to its end, without a terminal.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Ended {
        self.start(self.xtask(words)).end()
    }

    /// Runs compose itself on the project, with BuildKit on.
    #[track_caller]
    pub fn compose(&self, words: &[&str]) -> Ended {
        let (program, rest) = self.engine.compose().split_first().expect("compose has a name");
        let mut command = self.command(program);
        command.args(rest).args(["-f", self.compose_file, "-p", &self.engine.name]).args(words);
        command.env("DOCKER_BUILDKIT", "1").env("COMPOSE_DOCKER_CLI_BUILD", "1");
        self.start(command).end()
    }

    /// The ids of its containers, ended ones too.
    pub fn containers(&self) -> Vec<String> {
        let filter = format!("label=com.docker.compose.project={}", self.engine.name);
        let ids = self.engine.docker(&["ps", "-a", "-q", "--no-trunc", "--filter", &filter]);
        ids.split_whitespace().map(str::to_owned).collect()
    }

    /// Each container's state and exit code: `running 0`, `exited 137`.
    pub fn states(&self) -> Vec<String> {
        let inspect =
            |id: &String| self.engine.docker(&["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", id]);
        self.containers().iter().map(inspect).collect()
    }

    /// What the one container printed.
    #[track_caller]
    pub fn log(&self) -> String {
        let ids = self.containers();
        assert_eq!(ids.len(), 1, "one container");
        self.engine.docker(&["logs", &ids[0]])
    }

    /// The name that its containers and images begin with, up to the service.
    pub fn of_service(&self, service: &str) -> String {
        let separator = self.engine.pick('_', '-', '-');
        format!("{}{separator}{service}", self.engine.name)
    }

    fn remember_image(&self) {
        let image = self.of_service("api");
        let output = self.engine.command("docker").args(["image", "inspect", "--format", "{{.Id}}", &image]).output();
        let output = output.expect("runs docker");
        if output.status.success() {
            self.images.borrow_mut().insert(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
    }

    fn output_dir(&self) -> PathBuf {
        // Beside the project: a build would send it to the engine.
        Path::new(&format!("{}.output", self.dir.display())).to_owned()
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        self.remember_image();
        if self.dir.join(self.compose_file).is_file() {
            let (program, rest) = self.engine.compose().split_first().expect("compose has a name");
            let mut down = self.command(program);
            down.args(rest).args(["-f", self.compose_file, "-p", &self.engine.name]);
            down.args(["down", "--timeout", "0", "--rmi", "local", "--volumes", "--remove-orphans"]);
            let _ = down.output();
        }
        for image in self.images.borrow().iter() {
            let _ = self.engine.command("docker").args(["image", "rm", image]).output();
        }
        let _ = fs::remove_dir_all(&self.dir);
        let _ = fs::remove_dir_all(self.output_dir());
    }
}
