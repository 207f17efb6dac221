//! Our reading of compose's files beside the real compose's: they are the same. Asked for with
//! `XTASK_TEST_ENGINES=28 cargo test --lib asked`: it takes compose from that engine, which does not have to run.

mod generated;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::compose::call::ComposeCall;
use crate::compose::files as compose_files;
use crate::compose::services::Services;
use crate::compose::which::ComposeCli;
use crate::compose::{env_file, interpolate, yaml};
use crate::docker::answer;
use crate::project::looking::Purpose;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::random::Random;

/// What of the services has to be the same.
fn shown(services: &Services) -> Value {
    let of = |service: &crate::compose::services::Service| {
        let build = service.build.as_ref().map(|build| {
            let args: serde_json::Map<String, Value> =
                build.args.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            // Compose writes a size in bytes.
            let size = build.flags.iter().position(|flag| flag == "--shm-size").map(|at| at + 1);
            let flags: Vec<&String> =
                build.flags.iter().enumerate().filter(|(at, _)| Some(*at) != size).map(|(_, flag)| flag).collect();
            json!({ "context": build.context, "dockerfile": build.dockerfile, "inline": build.inline,
                "target": build.target, "args": args, "open": build.open_args, "flags": flags })
        });
        (service.name.clone(), json!({ "build": build, "image": service.image, "profiles": service.profiles }))
    };
    json!({ "project": services.project, "services": services.services.iter().map(of).collect::<serde_json::Map<_, _>>() })
}

/// What came of one comparison.
#[derive(Debug)]
enum Compared {
    Same,
    /// Compose refuses the files; whether we do, too.
    Refused {
        compose: String,
        ours: Option<String>,
    },
    Different {
        compose: String,
        ours: String,
    },
}

/// How compose is called.
#[derive(Clone, Debug, Default)]
struct Way {
    dir: PathBuf,
    options: Vec<&'static str>,
    variables: Vec<(&'static str, &'static str)>,
}

/// The tools of engine 28, as variables.
fn tools() -> Vec<(String, OsString)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/engines");
    let tell = format!("eval \"$({} env 28)\" && printf '%s\\n%s\\n' \"$PATH\" \"$DOCKER_CONFIG\"", script.display());
    let told = Command::new("bash").args(["-c", &tell]).output().expect("runs bash");
    assert!(told.status.success(), "there is no engine 28: run .ci/engines up 28");
    let told = String::from_utf8(told.stdout).expect("text");
    let lines = told.lines().map(OsString::from);
    ["PATH", "DOCKER_CONFIG"].map(str::to_owned).into_iter().zip(lines).collect()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Compares the readings of the files that compose finds.
fn compare(way: &Way, tools: &[(String, OsString)]) -> Compared {
    let environment = Environment::read("none").with(tools);
    let cli = ComposeCli { words: vec!["docker".into(), "compose".into()], is_1: false };
    let env: Vec<_> = way.variables.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
    let options = way.options.iter().map(Into::into).collect();
    let call = ComposeCall { cli, options, env, dir: way.dir.clone(), purpose: Purpose::Step };
    let ours = compose_files::services(&call, &environment);
    let mut asked = call.with(["--profile", "*"]).command(["config", "--format", "json"]);
    asked.env.extend_from_slice(tools);
    let output = answer::ask(&asked, &environment, soon()).expect("an answer");
    if !output.status.success() {
        let compose = output.stderr.trim().lines().last().unwrap_or_default().to_owned();
        return Compared::Refused { compose, ours: ours.err().map(|why| why.to_string()) };
    }
    let text = output.stdout.replace("$$", "$");
    let theirs = shown(&Services::from_json(&text).expect("JSON"));
    let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    match ours {
        Ok(ours) if shown(&ours) == theirs => Compared::Same,
        Ok(ours) => Compared::Different { compose: pretty(&theirs), ours: pretty(&shown(&ours)) },
        Err(why) => Compared::Different { compose: pretty(&theirs), ours: why.to_string() },
    }
}

/// The value of the argument `A` in compose's own reading of a project; none if it refuses it.
fn value_of_a(
    folder: &Path,
    compose_yaml: &str,
    env_file: &str,
    tools: &[(String, OsString)],
) -> Option<Option<String>> {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("compose.yaml"), compose_yaml).expect("a file");
    fs::write(folder.join(".env"), env_file).expect("a file");
    let words = ["docker", "compose", "config", "--format", "json"].map(Into::into).to_vec();
    let mut asked = Invocation::new(words, tools.to_vec(), folder.to_owned());
    asked.env.push(("HOST".to_owned(), "h".into()));
    let answer = answer::ask(&asked, &Environment::read("none").with(tools), soon()).expect("an answer");
    let text = answer.on_success().ok()?.stdout.replace("$$", "$");
    let services = Services::from_json(&text).expect("JSON").services;
    let args = services.into_iter().find_map(|service| service.build).map(|build| build.args).unwrap_or_default();
    Some(args.into_iter().find(|(name, _)| name == "A").map(|(_, value)| value))
}

/// The cases of the tests beside the code: compose says the same.
#[test]
fn cases_of_other_tests() {
    let Ok(_) = std::env::var("XTASK_TEST_ENGINES") else { return };
    let tools = tools();
    let scratch = crate::system::files::Scratch::new(&format!("xtask-cases-{}", std::process::id())).expect("a folder");
    let with =
        |value: &str| format!("services:\n  web:\n    build:\n      context: .\n      args:\n        A: {value}\n");
    let ask = |yaml: &str, env: &str| value_of_a(&scratch.path, yaml, env, &tools);
    let quoted = |text: &str| with(&serde_json::Value::from(text).to_string());
    for (text, filled) in interpolate::tests::CASES {
        assert_eq!(ask(&quoted(text), "A=x\nEMPTY=\n"), Some(Some((*filled).to_owned())), "{text}");
    }
    for text in interpolate::tests::MISTAKES {
        assert_eq!(ask(&quoted(text), "A=x\nEMPTY=\n"), None, "{text}");
    }
    for (text, value) in env_file::tests::CASES {
        assert_eq!(ask(&with(""), text), Some(value.map(str::to_owned)), "{text:?}");
    }
    for text in env_file::tests::MISTAKES {
        assert_eq!(ask(&with(""), text), None, "{text:?}");
    }
    for (text, value) in yaml::tests::words() {
        let shown = (!value.is_null()).then(|| yaml::shown(&value));
        assert_eq!(ask(&with(text), ""), Some(shown), "{text}");
    }
}

/// How many projects are made at random; `XTASK_TEST_ROUNDS` has more of them.
fn rounds(usual: u64) -> u64 {
    std::env::var("XTASK_TEST_ROUNDS").map_or(usual, |rounds| rounds.parse().expect("a number"))
}

/// Compares the readings of projects, each with its seed. Returns how many are the same, and what compose says of those it
/// refuses.
fn compare_projects(name: &str, rounds: u64, project: impl Fn(u64) -> generated::Project) -> (u64, Vec<String>) {
    let scratch =
        crate::system::files::Scratch::new(&format!("xtask-{name}-{}", std::process::id())).expect("a folder");
    let tools = tools();
    let (mut same, mut refused) = (0, Vec::new());
    for seed in 0..rounds {
        let generated::Project { files, mut way } = project(seed);
        let folder = format!("p{seed}");
        for (name, text) in &files {
            scratch.write(&format!("{folder}/{name}"), text.as_bytes()).expect("a file");
        }
        way.dir = scratch.path.join(&folder).join(way.dir);
        let mut compared = compare(&way, &tools);
        // Compose goes through services in no order: with `!reset` and `extends` in one file it has several readings.
        for _ in 0..8 {
            if matches!(compared, Compared::Different { .. }) {
                compared = compare(&way, &tools);
            }
        }
        match compared {
            Compared::Same => same += 1,
            Compared::Refused { compose, .. } => refused.push(compose),
            Compared::Different { compose, ours } => {
                let shown: String = files.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
                panic!("seed {seed} {way:?}\n{}\n{shown}", difference(&compose, &ours));
            }
        }
    }
    println!("{name}: same {same}, refused by compose {}", refused.len());
    (same, refused)
}

#[test]
fn generated_projects() {
    let Ok(_) = std::env::var("XTASK_TEST_ENGINES") else { return };
    let rounds = rounds(150);
    let (same, refused) = compare_projects("generated", rounds, |seed| generated::project(&mut Random::new(seed)));
    assert!(same * 2 > rounds, "compose refuses most of them: {refused:?}");
}

/// What compose still takes when some characters are others, we take for the same.
#[test]
fn projects_with_mistakes() {
    let Ok(_) = std::env::var("XTASK_TEST_ENGINES") else { return };
    let rounds = rounds(100);
    let (same, refused) = compare_projects("mistaken", rounds, |seed| {
        let mut random = Random::new(seed + 1_000_000);
        let mut project = generated::project(&mut random);
        project.spoil(&mut random);
        project
    });
    assert!(same * 10 > rounds, "compose refuses most of them: {refused:?}");
}

/// The compose files below a folder (`XTASK_COMPOSE_FILES`): each by itself, over the one that compose finds beside it, and
/// what compose finds there.
#[test]
fn files_of_others() {
    let Ok(root) = std::env::var("XTASK_COMPOSE_FILES") else { return };
    let tools = tools();
    let (mut same, mut refused, mut failed) = (0, 0, 0);
    let mut files = Vec::new();
    find(Path::new(&root), &mut files);
    files.sort();
    for file in files {
        let (dir, name) = (file.parent().expect("a folder"), file.file_name().expect("a name").to_string_lossy());
        let name: &'static str = String::leak(name.into_owned());
        let found = crate::compose::line::FILES.iter().find(|name| dir.join(name).is_file());
        let mut calls = vec![vec!["-f", name]];
        match found {
            Some(found) if *found == name => calls.push(Vec::new()),
            Some(found) => calls.push(vec!["-f", found, "-f", name]),
            None => {}
        }
        for options in calls {
            let shown = format!("{} {}", dir.display(), options.join(" "));
            match compare(&Way { dir: dir.to_owned(), options, ..Way::default() }, &tools) {
                Compared::Same => {
                    same += 1;
                    println!("SAME {shown}");
                }
                Compared::Refused { compose, ours } => {
                    refused += 1;
                    println!("REFUSED {shown}\n  compose: {compose}\n  ours: {ours:?}");
                }
                Compared::Different { compose, ours } => {
                    failed += 1;
                    println!("DIFFERENT {shown}\n{}", difference(&compose, &ours));
                }
            }
        }
    }
    println!("same {same}, refused by compose {refused}, different {failed}");
    assert_eq!(failed, 0);
}

fn find(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() && name != ".git" {
            find(&path, found);
        } else if name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml")) {
            found.push(path);
        }
    }
}

/// The lines that one of two texts alone has.
fn difference(left: &str, right: &str) -> String {
    let alone = |of: &str, other: &str, mark: &str| {
        let lines = of.lines().filter(|line| !other.lines().any(|same| same == *line)).take(12);
        lines.map(|line| format!("  {mark} {line}\n")).collect::<String>()
    };
    alone(left, right, "compose") + &alone(right, left, "ours   ")
}
