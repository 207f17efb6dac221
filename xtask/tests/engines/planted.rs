//! A secret value in every place that one can stand in, and every command: none of them is in any output of ours, on a command
//! line that we write, or in a file that a command leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::harness::{Ended, Engine};
use crate::project::Project;

on_each_engine!(no_command_shows_keeps_or_passes_a_secret);

/// Every planted value begins with it, and nothing else does.
const PLANT: &str = "pl4nt-";

const TASKS: &str = r#"
[compose]
files = ["FILE"]
project = "PROJECT"
wait = 20
cli = "CLI"

[env]
TASKS_TOKEN = "pl4nt-tasks"
TASKS_URL = "postgres://me:pl4nt-tasks-url@database/app"

[tasks.build]
steps = ["compose build {args}"]
[tasks.dev]
steps = ["task build", "compose up {detached}"]
flags.detached = { short = "d", words = ["--detach"] }
[tasks.up]
steps = ["compose up --detach"]
env = { STEP_SECRET = "pl4nt-step" }
[tasks.words]
about = "Runs with TOKEN=pl4nt-about"
steps = ["compose run -e WORD_TOKEN=pl4nt-word api x --password pl4nt-option",
         "docker build --build-arg NPM_TOKEN=pl4nt-joined ."]
[tasks.flag]
steps = ["docker version"]
flags.pw = { value = "PW", env = "FLAG_PASSWORD", default = "pl4nt-default" }
[tasks.ask]
steps = ["docker version"]
confirm = "with TOKEN=pl4nt-confirm?"
[tasks.fails]
steps = ["docker run --rm -e API_TOKEN nothing-of-this-name:at-all"]
"#;

const COMPOSE: &str = r#"version: "3.8"
x-common: &common
  ANCHOR_TOKEN: pl4nt-anchor
services:
  api:
    build:
      context: .
      args: { NPM_TOKEN: pl4nt-arg, NEXT_TOKEN: "${ARG_TOKEN}", INDEX: "https://me:pl4nt-index@pypi.example/simple" }
    env_file: [service.env, "${WHICH}.env"]
    environment:
      <<: *common
      POSTGRES_PASSWORD: pl4nt-environment
      URL: ${URL}
      PERSON_TOKEN: ${PERSON_TOKEN}
      NEVER: "${NEVER_TOKEN:-pl4nt-1-default}"
    labels: { app.token: pl4nt-label }
    secrets: [by_file]
secrets:
  by_file: { file: ./by-file }
"#;

const DOCKERFILE: &str = r#"FROM debian-python:local
ARG NPM_TOKEN
ARG NEXT_TOKEN
ARG INDEX
ARG PIP_TOKEN=pl4nt-of-dockerfile
ENV APP_KEY=pl4nt-image B=${BASE_KEY:-pl4nt-2-default} C_KEY=$HOME/pl4nt-beside
RUN --mount=type=cache,target=/c mkdir -p /c && date >> /c/x
COPY service.sh /service.sh
CMD ["sh", "/service.sh"]
"#;

/// What ends badly, and says all that it knows.
const SERVICE: &str = "echo \"$POSTGRES_PASSWORD $ANCHOR_TOKEN $SERVICE_SECRET $OTHER_SECRET $URL $PERSON_TOKEN $NEVER\"\n\
    echo \"$APP_KEY $(cat /run/secrets/by_file)\"\necho \"$(cat /run/secrets/by_variable)\"\nexit 7\n";

/// A step of a build that does so.
const FAILS: &str = "RUN --mount=type=cache,target=/c echo \"theirs: $NPM_TOKEN $NEXT_TOKEN $INDEX $PIP_TOKEN $APP_KEY $B $C_KEY\"; exit 4\n";

struct World<'a> {
    project: Project<'a>,
    home: PathBuf,
    /// The files that values were planted in.
    planted: BTreeSet<PathBuf>,
}

impl<'a> World<'a> {
    fn new(engine: &'a Engine) -> World<'a> {
        let project = Project::small(engine, SERVICE);
        let home = PathBuf::from(format!("{}.home", project.dir.display()));
        let _ = fs::remove_dir_all(&home);
        for folder in ["tmp", "state", ".docker/cli-plugins"] {
            fs::create_dir_all(home.join(folder)).expect("makes a folder");
        }
        for plugin in fs::read_dir(format!("{}/cli-plugins", engine.variable("DOCKER_CONFIG"))).into_iter().flatten() {
            let plugin = plugin.expect("a plugin").path();
            let name = home.join(".docker/cli-plugins").join(plugin.file_name().expect("a name"));
            symlink(plugin.canonicalize().expect("a file"), name).expect("makes a link");
        }
        let auth = base64("me:pl4nt-login");
        let login = format!(
            "{{\"auths\": {{\"registry.example\": {{\"auth\": \"{auth}\", \"identitytoken\": \"pl4nt-identity\"}}}}}}"
        );
        fs::write(home.join(".docker/config.json"), login).expect("writes docker's configuration");
        let mut world = World { project, home, planted: BTreeSet::new() };
        world.write_files();
        world.planted = world.found();
        world
    }

    fn write_files(&self) {
        let (project, engine) = (&self.project, self.project.engine);
        let cli = engine.compose().join(" ");
        let tasks = |file: &str| TASKS.replace("PROJECT", &engine.name).replace("FILE", file);
        let mut compose = COMPOSE.to_owned();
        if engine.tier > 20 {
            // Compose 1 knows none of these.
            compose = compose.replace("      args:", "      secrets: [by_file, by_variable]\n      args:");
            compose = compose.replace("secrets: [by_file]\n", "secrets: [by_file, by_variable]\n");
            compose += "  by_variable: { environment: APP_CODE }\nconfigs:\n  app_token: { content: pl4nt-config }\n";
            compose = compose.replace("version: \"3.8\"\n", "");
        }
        let refused = compose.replace("    environment:\n", "    ports: [\"${PORT_TOKEN}:80\"]\n    environment:\n");
        let far = compose.replace(
            "      args:",
            "      additional_contexts: { far: \"https://me:pl4nt-context@git.example/x.git\" }\n      args:",
        );
        let files = [
            ("service.env", "SERVICE_SECRET=pl4nt-service\n"),
            ("other.env", "OTHER_SECRET='pl4nt-other'\n"),
            (
                ".env",
                "URL=redis://:pl4nt-url@cache/0\nWHICH=other\nARG_TOKEN=pl4nt-dotenv\nPORT_TOKEN=pl4nt-port\nAPP_CODE=pl4nt-4-variable\n",
            ),
            ("by-file", "pl4nt-by-file\n"),
            ("broken.env", "GOOD=1\nBAD_TOKEN=\"pl4nt-open\nno pl4nt-line\n"),
            ("compose.yaml", &compose),
            ("refused.yaml", &refused),
            ("required.yaml", &compose.replace("${WHICH}", "${NOT_SET:?is needed}")),
            ("mistaken.yaml", &compose.replace("  api:\n", "  api:\n    pl4ce: [\n")),
            ("far.yaml", &far),
            ("fails.yaml", &compose.replace("context: .", "context: .\n      dockerfile: Dockerfile.fails")),
            ("Dockerfile", DOCKERFILE),
            ("Dockerfile.fails", &DOCKERFILE.replace("COPY", &format!("{FAILS}COPY"))),
            ("tasks.toml", &tasks("compose.yaml").replace("CLI", &cli)),
            ("refused.toml", &tasks("refused.yaml").replace("CLI", &cli)),
            ("required.toml", &tasks("required.yaml").replace("CLI", &cli)),
            ("mistaken.toml", &tasks("mistaken.yaml").replace("CLI", &cli)),
            ("far.toml", &tasks("far.yaml").replace("CLI", &cli)),
            ("fails.toml", &tasks("fails.yaml").replace("CLI", &cli)),
            ("env-file.toml", &tasks("compose.yaml").replace("CLI", &format!("{cli} --env-file broken.env"))),
            ("broken.toml", &format!("[env]\nA_TOKEN = \"pl4nt-toml\" x\n{}", tasks("compose.yaml"))),
        ];
        files.iter().for_each(|(name, text)| project.write(name, text));
    }

    /// The files with a value in them, wherever a command could leave one.
    fn found(&self) -> BTreeSet<PathBuf> {
        fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => walk(&path, found),
                    Ok(kind) if kind.is_file() => {
                        let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
                        if shown(&text).is_some() {
                            found.insert(path);
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut found = BTreeSet::new();
        walk(&self.project.dir, &mut found);
        walk(&self.home, &mut found);
        found
    }

    /// Runs a command, and fails if a value gets out.
    #[track_caller]
    fn run(&self, words: &[&str]) -> Ended {
        let mut command = self.project.xtask(words);
        command.env("HOME", &self.home).env_remove("DOCKER_CONFIG").env("TMPDIR", self.home.join("tmp"));
        command.env("XDG_STATE_HOME", self.home.join("state"));
        command.env("PERSON_TOKEN", "pl4nt-person").env("AWS_URL", "https://me:pl4nt-aws@aws.example/");
        let running = self.project.start(command);
        let watch = Watch::start(running.child.id());
        let ended = running.end();
        let open = watch.end();
        for text in [&ended.stdout, &ended.stderr] {
            let runs_steps = words.iter().any(|word| ["build", "build-fresh", "dev", "up"].contains(word));
            for line in text.lines().filter(|line| !(runs_steps && is_theirs(line))) {
                assert_eq!(shown(line), None, "{words:?} prints it:\n{}", ended.all());
            }
        }
        // Compose 1 calls docker itself, and gives it the arguments of a build as they are.
        let is_ours = |by: &&String| self.project.engine.tier > 20 || !by.contains("docker-compose");
        let ours: BTreeMap<_, _> = open.iter().filter(|(_, by)| is_ours(by)).collect();
        assert!(ours.is_empty(), "{words:?} passes it: {ours:#?}");
        let left: Vec<PathBuf> = self.found().difference(&self.planted).cloned().collect();
        assert!(left.is_empty(), "{words:?} leaves it: {left:?}");
        ended
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// A line that docker, compose or a build printed itself, not one of ours that repeats it.
fn is_theirs(line: &str) -> bool {
    let line = without_colours(line);
    let is_ours =
        ["error: ", "warning: ", "hint: ", "note: ", "$ ", "| "].iter().any(|it| line.trim_start().starts_with(it));
    // BuildKit also shows the Dockerfile around a step that fails.
    let is_of_build = line.contains("theirs: ") || line.contains(" |     ENV APP_KEY=pl4nt-image");
    !is_ours && (is_of_build || line.contains("pl4nt-port"))
}

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    for (at, part) in text.split("\x1b[").enumerate() {
        let code = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |end| end + 1);
        plain.push_str(if at == 0 { part } else { &part[code..] });
    }
    plain
}

/// The value that a text shows: as it is, in colours, or as base64.
fn shown(text: &str) -> Option<String> {
    for text in [text.to_owned(), without_colours(text)] {
        if let Some((_, rest)) = text.split_once(PLANT) {
            return Some(format!("{PLANT}{}", rest.chars().take(20).collect::<String>()));
        }
        // Which letters it has there depends on what comes before it.
        for before in 0..3 {
            let coded = base64(&format!("{}{PLANT}", &"   "[..before]));
            let coded = &coded[(before * 4).div_ceil(3)..(before + PLANT.len()) * 4 / 3];
            if text.contains(coded) {
                return Some(format!("{coded} in base64"));
            }
        }
    }
    None
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for bytes in text.as_bytes().chunks(3) {
        let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or_default());
        let number = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * place) & 63) as usize];
            coded.push(if place > bytes.len() { '=' } else { char::from(letter) });
        }
    }
    coded
}

/// Looks at the command lines of all processes while a command runs.
struct Watch {
    is_over: Arc<AtomicBool>,
    thread: thread::JoinHandle<BTreeMap<String, String>>,
}

impl Watch {
    /// `root`: whose children count, not what was typed. What runs in a container has its command line from the Dockerfile.
    fn start(root: u32) -> Watch {
        let is_over = Arc::new(AtomicBool::new(false));
        let end = is_over.clone();
        let look = move || {
            let mut found = BTreeMap::new();
            while !end.load(Ordering::Relaxed) {
                let processes = fs::read_dir("/proc").expect("/proc").flatten();
                let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
                for pid in pids.filter(|pid| *pid > root) {
                    let line = command_line(pid);
                    if shown(&line).is_some() && descends(pid, root) {
                        found.insert(line, parent(pid).map(command_line).unwrap_or_default());
                    }
                }
                thread::sleep(Duration::from_millis(5));
            }
            found
        };
        Watch { is_over, thread: thread::spawn(look) }
    }

    /// The command lines with a value in them, each with its parent's.
    fn end(self) -> BTreeMap<String, String> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("it looked")
    }
}

fn command_line(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn descends(pid: u32, root: u32) -> bool {
    pid == root || parent(pid).is_some_and(|parent| parent > 1 && descends(parent, root))
}

/// Those that start nothing, or only look.
const LOOKING: &[&[&str]] = &[
    &["help"],
    &["help", "--json"],
    &["help", "words"],
    &["help", "flag"],
    &["help", "ask"],
    &["env"],
    &["env", "--json"],
    &["env", "--shell", "powershell"],
    &["schema", "-"],
    &["completions", "bash"],
    &["-n", "-v", "build"],
    &["-n", "dev"],
    &["-n", "up"],
    &["-n", "words"],
    &["-n", "--os", "windows", "words"],
    &["-n", "flag"],
    &["-n", "flag", "--pw", "pl4nt-typed"],
    &["-n", "ask"],
    &["-n", "build-fresh"],
    &["-n", "verify"],
    &["-n", "bench"],
    &["ask"],
    &["cache"],
    &["cache", "--json"],
    &["-n", "cache", "prune", "--all"],
    &["buildkit", "status"],
    &["doctor"],
    &["doctor", "--json"],
    &["doctor", "--explain", "Invalid hostPort: pl4nt-port", "--json"],
    &["--file", "required.toml", "doctor"],
    &["--file", "mistaken.toml", "doctor"],
    &["--file", "mistaken.toml", "verify"],
    &["--file", "broken.toml", "help"],
    &["--file", "broken.toml", "doctor", "--json"],
    &["--file", "refused.toml", "verify", "--json"],
    &["--file", "refused.toml", "bench"],
    &["--file", "refused.toml", "cache"],
    &["--file", "refused.toml", "-n", "build-fresh"],
    &["--file", "env-file.toml", "doctor"],
    &["--file", "env-file.toml", "verify"],
    &["--file", "env-file.toml", "-n", "build-fresh"],
    &["--file", "far.toml", "doctor"],
];

fn no_command_shows_keeps_or_passes_a_secret(engine: &Engine) {
    let world = World::new(engine);
    // Without colours the tests of `it` run them.
    let always = |words: &[&str]| world.run(&[&["--color", "always"][..], words].concat());
    LOOKING.iter().for_each(|words| drop(always(words)));
    for word in ["verify", "bench", "build-fresh"] {
        // Compose 1 names the key alone.
        let said = engine.pick("services.api.ports contains", "${PORT_TOKEN}", "${PORT_TOKEN}");
        always(&["--file", "refused.toml", word]).says(said);
    }
    always(&["--file", "refused.toml", "doctor"]);
    always(&["--file", "refused.toml", "build"]);

    // What the service knows, without what it is.
    let ended = always(&["dev", "--detached"]).expect(1);
    let mut lines = "  | ${POSTGRES_PASSWORD} ${ANCHOR_TOKEN} ${SERVICE_SECRET} ${OTHER_SECRET} ${URL} ${PERSON_TOKEN} ${NEVER_TOKEN}\n  | ${APP_KEY} ${by_file}\n".to_owned();
    lines += engine.pick("  | cat", "  | ${APP_CODE}\n", "  | ${APP_CODE}\n");
    assert!(without_colours(&ended.stderr).contains(&lines), "{}", ended.all());
    always(&["-v", "up"]).expect(1);
    always(&["fails"]);

    always(&["build-fresh"]).expect(0);
    always(&["build-fresh", "--service", "api"]);
    always(&["-v", "verify"]).expect(0);
    always(&["bench", "--json"]).expect(0);
    for words in [&["verify"][..], &["verify", "--json"], &["bench"], &["build"], &["-v", "build-fresh"]] {
        let ended = always(&[&["--file", "fails.toml"][..], words].concat());
        if ["verify", "bench"].contains(&words[0]) {
            ended.says("theirs: ${NPM_TOKEN} ${ARG_TOKEN} ${INDEX} ${PIP_TOKEN} ${APP_KEY} ${BASE_KEY} ${C_KEY}");
        }
    }
    if engine.tier > 20 {
        let why = "the address of `far` has a password, which docker would get on its command line";
        always(&["--file", "far.toml", "verify"]).expect(1).says(why);
        always(&["--file", "far.toml", "bench"]).expect(2).says(why);
    }
}
