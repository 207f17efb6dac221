//! Our reading of compose's files beside the real compose's: they are the same. Asked for with
//! `XTASK_TEST_ENGINES="28" cargo test --lib asked`, with that engine's tools on PATH; `config` needs no engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::compose::call::ComposeCall;
use crate::compose::files as compose_files;
use crate::compose::services::Services;
use crate::compose::which::ComposeCli;
use crate::system::environment::Environment;

/// What of the services has to be the same.
fn shown(services: &Services) -> Value {
    let of = |service: &crate::compose::services::Service| {
        let build = service.build.as_ref().map(|build| {
            let args: serde_json::Map<String, Value> =
                build.args.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({ "context": build.context, "dockerfile": build.dockerfile, "inline": build.inline,
                "target": build.target, "args": args, "open": build.open_args, "flags": build.flags })
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

/// Compares the readings of the files that compose finds in a folder.
fn compare(dir: &Path, options: &[&str]) -> Compared {
    let environment = Environment::read("none");
    let cli = ComposeCli { words: vec!["docker".into(), "compose".into()], is_1: false };
    let call =
        ComposeCall { cli, options: options.iter().map(Into::into).collect(), env: Vec::new(), dir: dir.to_owned() };
    let ours = compose_files::services(&call, &environment);
    let mut command = Command::new("docker");
    command.arg("compose").args(options).args(["--profile", "*", "config", "--format", "json"]);
    let output = command.current_dir(dir).output().expect("runs docker compose");
    if !output.status.success() {
        let compose = String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or_default().to_owned();
        return Compared::Refused { compose, ours: ours.err().map(|why| why.to_string()) };
    }
    let text = String::from_utf8_lossy(&output.stdout).replace("$$", "$");
    let theirs = shown(&Services::from_json(&text).expect("JSON"));
    let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    match ours {
        Ok(ours) if shown(&ours) == theirs => Compared::Same,
        Ok(ours) => Compared::Different { compose: pretty(&theirs), ours: pretty(&shown(&ours)) },
        Err(why) => Compared::Different { compose: pretty(&theirs), ours: why.to_string() },
    }
}

/// The compose files of a folder of projects (`XTASK_COMPOSE_FILES`), each in its own: how many are read alike.
#[test]
fn files_of_others() {
    let Ok(root) = std::env::var("XTASK_COMPOSE_FILES") else { return };
    let version = Command::new("docker").args(["compose", "version"]).output().expect("runs docker compose");
    assert!(version.status.success(), "there is no `docker compose` on PATH");
    let (mut same, mut refused, mut failed) = (0, 0, 0);
    let mut files = Vec::new();
    find(Path::new(&root), &mut files);
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match compare(file.parent().expect("a folder"), &["-f", &name]) {
            Compared::Same => same += 1,
            Compared::Refused { compose, ours } => {
                refused += 1;
                println!("REFUSED {}\n  compose: {compose}\n  ours: {ours:?}", file.display());
            }
            Compared::Different { compose, ours } => {
                failed += 1;
                println!("DIFFERENT {}\n{}", file.display(), difference(&compose, &ours));
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
