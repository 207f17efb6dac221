//! Compose files of every form, on real engines: what compose reads, every command reads.

use crate::harness::Engine;
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(build_fresh_of_unusual_files, a_hint_for_an_unusual_file, aliases_without_end, the_variable_pwd);

/// Files in which `api` is built from `.`, each with its path.
type Files = &'static [(&'static str, &'static str)];

/// A flow list that closes at the column of its key.
const FLOW: Files = &[(
    "compose.yaml",
    "version: \"3.8\"\nservices:\n  api:\n    build:\n      context: .\n      args:\n        FEATURE: ${FEATURE:-a}\n    \
     healthcheck:\n      test: [\n        \"CMD\", \"true\"\n      ]\n",
)];

/// What compose 1 does not know.
const NEWER: [Files; 4] = [
    &[
        ("compose.yaml", "include:\n  - svc/compose.yaml\n"),
        ("svc/compose.yaml", "services:\n  api:\n    build:\n      context: ..\n      dockerfile: Dockerfile\n"),
    ],
    &[
        ("compose.yaml", "services:\n  api: { extends: { file: svc/base.yaml, service: base } }\n"),
        ("svc/base.yaml", "services:\n  base: { build: .. }\n"),
    ],
    &[("compose.yaml", "services:\n  api: { build: \"${CTX}\" }\n"), (".env", "ROOT=.\nCTX=${ROOT}\n")],
    &[(
        "compose.yaml",
        "services:\n  api:\n    build: { context: ., additional_contexts: { root: . } }\n    command: 'sleep\n    60'\n",
    )],
];

fn write(project: &Project, files: Files) {
    std::fs::create_dir_all(project.dir.join("svc")).expect("a folder");
    files.iter().for_each(|(name, text)| project.write(name, text));
}

/// What `build-fresh` builds, the next `build` finds in the cache: both get the same value.
fn build_fresh_of_unusual_files(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write(
        "Dockerfile",
        "FROM debian-python:local\nCOPY service.sh /\nRUN cat /proc/sys/kernel/random/uuid > /id\n",
    );
    let image = project.of_service("api");
    let built = || engine.docker(&["run", "--rm", &image, "cat", "/id"]);
    let newer = NEWER.iter().copied().filter(|_| engine.tier > 20);
    let mut last = String::new();
    for files in newer.chain([FLOW]) {
        write(&project, files);
        if files[0].1.contains("additional_contexts") {
            project.edit("Dockerfile", "COPY service.sh /", "COPY --from=root service.sh /");
        } else if project.read("Dockerfile").contains("root") {
            project.edit("Dockerfile", "COPY --from=root service.sh /", "COPY service.sh /");
        }
        let dry = project.run(&["--dry-run", "build-fresh"]).expect(0);
        assert!(dry.stdout.contains("\"api\":"), "{files:?}\n{}", dry.all());
        project.run(&["build-fresh"]).expect(0).says("1 step ran again");
        let fresh = built();
        assert_ne!(fresh, last, "{files:?}");
        project.run(&["build"]).expect(0);
        assert_eq!(built(), fresh, "{files:?}");
        last = fresh;
    }
}

/// Compose 1 is too slow to be asked for a hint: its files are read here.
fn a_hint_for_an_unusual_file(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    write(&project, FLOW);
    project.write("Dockerfile", "FROM debian-python:local\nRUN --mount=type=cache,target=/root/.cache/xtask true\n");
    let mut command = project.xtask(&["build"]);
    command.env("DOCKER_BUILDKIT", "0");
    let ended = project.start(command).end();
    assert_ne!(ended.code(), 0, "{}", ended.all());
    assert!(ended.stderr.contains("hint: DOCKER_BUILDKIT=0 turns BuildKit off"), "{}", ended.all());
}

/// Compose itself takes all memory for such a file.
fn aliases_without_end(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let mut bomb = "x0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n".to_owned();
    for level in 1..9 {
        let aliases = [format!("*a{}", level - 1).as_str(); 9].join(",");
        bomb += &format!("x{level}: &a{level} [{aliases}]\n");
    }
    let harmless = project.read("compose.yaml");
    project.write("compose.yaml", &(bomb + &harmless));
    let why = "`compose.yaml`, line 6: it has more than 200000 values once its aliases are followed";
    project.run(&["doctor"]).expect(1).says(why);
    for words in [&["--dry-run", "build-fresh"][..], &["build-fresh"], &["verify"], &["bench"], &["cache"]] {
        let ended = project.run(words);
        assert!(ended.all().contains(why), "{words:?}: {}", ended.all());
    }
    // What takes it down again asks compose.
    project.write("compose.yaml", &harmless);
}

/// Compose takes `${PWD}` from the variable: it is the project's folder, whatever folder we are called in.
fn the_variable_pwd(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("compose.yaml", "services:\n  api:\n    build: .\n    volumes: [\"${PWD}/data:/data\"]\n");
    project.write("tasks.toml", "tasks.config.steps = ['compose config']\n");
    let sub = project.dir.join("sub");
    std::fs::create_dir_all(&sub).expect("a folder");
    let mut command = project.xtask(&["-q", "config"]);
    command.current_dir(&sub).env("PWD", &sub);
    project.start(command).end().expect(0).says(&format!("{}/data", project.dir.display()));
}
