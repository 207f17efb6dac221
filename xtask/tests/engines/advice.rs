//! Each piece of doctor's advice that changes a Dockerfile, an ignore file or a compose file: followed to the letter, the
//! build still works, and doctor has nothing more to say.

use std::fs;

use crate::dockerfiles::{complaints, findings};
use crate::harness::Engine;
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(
    installs_before_the_code,
    arguments_behind_the_install,
    base_images_with_a_version,
    a_stage_that_exists,
    what_no_image_needs,
    what_an_image_needs_is_left_alone,
);

/// Installers that no engine here has. Like the real ones they fail without the files that they read.
const TOOLS: [(&str, &str); 6] = [
    ("npm", "if [ \"$1\" = --prefix ]; then cd \"$2\"; fi; test -f package.json && test -f package-lock.json"),
    ("yarn", "test -f package.json && test -f yarn.lock"),
    ("poetry", "test -f pyproject.toml && test -f poetry.lock; [ \"$2\" = --no-root ] || test -f app/main.py"),
    ("dotnet", "test -f api/Api.csproj"),
    ("corepack", "true"),
    ("pipx", "true"),
];

fn write(project: &Project, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = project.dir.join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("makes a folder");
        fs::write(path, text).expect("writes");
    }
}

fn project(engine: &Engine) -> Project<'_> {
    let project = Project::small(engine, SLOW_TO_STOP);
    write(
        &project,
        &[
            ("app/main.py", "print()\n"),
            ("package.json", "{}"),
            ("yarn.lock", ""),
            ("web/package.json", "{}"),
            ("web/package-lock.json", "{}"),
            ("web/index.js", ""),
            ("pyproject.toml", ""),
            ("poetry.lock", ""),
            ("requirements.txt", ""),
            ("api/Api.csproj", ""),
            ("api/Program.cs", ""),
        ],
    );
    project
}

/// The Dockerfile with the advice followed, whatever it says.
#[track_caller]
fn follow(fix: &str, dockerfile: &str) -> String {
    let mut lines: Vec<String> = dockerfile.lines().map(str::to_owned).collect();
    let number = |behind: &str| -> usize {
        let (_, rest) = fix.split_once(behind).unwrap_or_else(|| panic!("`{behind}` is in `{fix}`"));
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
    };
    let files = || -> Vec<String> {
        let (_, rest) = fix.split_once("copy ").expect("files");
        let list = rest.split(" alone").next().expect("a list").replace(" and ", ", ");
        list.split(", ").map(|file| format!("COPY {file} {file}")).collect()
    };
    // The part of a step that installs, and the rest of it.
    let taken_out = |line: &str| -> (String, String) {
        let command = fix.split('`').nth(1).expect("a command");
        let parts = line.strip_prefix("RUN ").expect("a RUN").split(" && ");
        let (own, rest): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.contains(command));
        (format!("RUN {}", own.join(" && ")), format!("RUN {}", rest.join(" && ")))
    };
    let code = lines.iter().rposition(|line| line == "COPY . .").expect("the code is copied");
    if let Some((options, _)) = fix.split_once(" (").and_then(|(_, rest)| rest.split_once(')')) {
        let command = options.split(" --").next().expect("a command");
        let line = &mut lines[number("before line ") - 1];
        *line = line.replace(command, options);
    }
    if fix.starts_with("move line ") {
        let moved = lines.remove(number("move line ") - 1);
        lines.insert(number("above line ") - 1, moved);
    } else if fix.contains("in a step of its own") {
        let at = lines.len() - 1;
        let (own, rest) = taken_out(&lines[at]);
        lines[at] = rest;
        let copies = if fix.starts_with("copy ") { files() } else { Vec::new() };
        let place = number("above line ") - 1;
        lines.splice(place..place, copies.into_iter().chain([own]));
    } else {
        let at = number("before line ") - 1;
        let copied = lines.remove(code);
        lines.insert(at, copied);
        lines.splice(code..code, files());
    }
    lines.join("\n") + "\n"
}

fn installs_before_the_code(engine: &Engine) {
    let project = project(engine);
    let mut start = "FROM debian-python:local\nWORKDIR /app\n".to_owned();
    for (name, script) in TOOLS {
        project.write(name, &format!("#!/bin/sh -e\n{script}\n"));
        start.push_str(&format!("COPY --chmod=755 {name} /usr/local/bin/{name}\n"));
    }
    for run in [
        "yarn --frozen-lockfile",
        "yarn",
        "corepack enable && yarn",
        "(cd web && npm ci)",
        "npm --prefix web ci",
        "bash -c \"pip install -r requirements.txt\"",
        "pip install -r requirements.txt",
        "poetry sync",
        "pipx install six",
        "dotnet restore",
        "python3 app/main.py && pip install -r requirements.txt",
        "python3 app/main.py && pipx install six",
        "chmod +x app/main.py && pipx install six",
        "cd web && pipx install six",
    ] {
        let dockerfile = format!("{start}COPY . .\nRUN {run}\n");
        project.write("Dockerfile", &dockerfile);
        project.run(&["build"]).expect(0);
        let found = findings(&project, 0);
        assert_eq!(found.len(), 1, "{run}: {found:?}");
        assert!(found[0].message.ends_with("runs again at every change of the code"), "{run}: {found:?}");
        let followed = follow(&found[0].fix, &dockerfile);
        assert_ne!(followed, dockerfile);
        project.write("Dockerfile", &followed);
        project.run(&["build"]).expect(0);
        assert_eq!(complaints(&project, 0), "", "{followed}");
    }
    // What is not there is not to be copied.
    for run in ["true || go mod download", "true || pip install -r requirements-dev.txt"] {
        project.write("Dockerfile", &format!("{start}COPY . .\nRUN {run}\n"));
        assert_eq!(complaints(&project, 0), "", "{run}");
    }
}

/// `ARG`, and what else names it, moved below the install.
fn arguments_behind_the_install(engine: &Engine) {
    let project = project(engine);
    project.write(
        "compose.yaml",
        "services:\n  api:\n    build:\n      context: .\n      args: { VERSION: \"${XT_VERSION:-1}\" }\n",
    );
    if engine.tier == 20 {
        project.edit("compose.yaml", "services:", "version: \"3.8\"\nservices:");
    }
    let start = "FROM debian-python:local\nWORKDIR /app\n";
    let copy = "COPY requirements.txt .\n";
    let install = "RUN pip install -r requirements.txt\n";
    for (label, fix) in [
        ("", "move `ARG VERSION` below line 5, unless `pip install` reads it"),
        ("LABEL version=\"$VERSION\"\n", "move `ARG VERSION` and line 4 below line 6, unless `pip install` reads it"),
    ] {
        project.write("Dockerfile", &format!("{start}ARG VERSION\n{label}{copy}{install}"));
        project.run(&["build"]).expect(0);
        let found = findings(&project, 0);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].fix, fix);
        project.write("Dockerfile", &format!("{start}{copy}{install}ARG VERSION\n{label}"));
        project.run(&["build"]).expect(0);
        assert_eq!(complaints(&project, 0), "");
    }
    // Steps that need it where it is.
    for needed in [
        "RUN echo \"${VERSION}\" > version.txt\nRUN pip install -r requirements.txt\n",
        "RUN pip install --no-deps \"six==$VERSION\" || true\n",
        "ENV RELEASE=$VERSION\nRUN pip install -r requirements.txt\n",
        "COPY requirements.txt /app/$VERSION/\nRUN pip install -r requirements.txt\n",
    ] {
        project.write("Dockerfile", &format!("{start}{copy}ARG VERSION\n{needed}"));
        assert_eq!(complaints(&project, 0), "", "{needed}");
        project.run(&["build"]).expect(0);
    }
}

fn base_images_with_a_version(engine: &Engine) {
    let project = project(engine);
    project.write("Dockerfile", "FROM python:slim\n");
    let found = findings(&project, 0);
    assert_eq!(found[0].fix, "pin one: FROM python:VERSION-slim");
    project.write("Dockerfile", "FROM python:3.12-slim\n");
    assert_eq!(complaints(&project, 0), "");
    project.run(&["build"]).expect(0);
    let compose = "services:\n  api:\n    build: { context: ., args: { TAG: slim } }\n";
    let version = if engine.tier == 20 { "version: \"3.8\"\n" } else { "" };
    project.write("compose.yaml", &format!("{version}{compose}"));
    project.write("Dockerfile", "ARG TAG\nFROM python:${TAG}\n");
    let found = findings(&project, 0);
    assert_eq!(found[0].fix, "pin the version in the compose file: TAG: VERSION-slim");
    project.edit("compose.yaml", "TAG: slim", "TAG: 3.12-slim");
    assert_eq!(complaints(&project, 0), "");
    project.run(&["build"]).expect(0);
}

fn a_stage_that_exists(engine: &Engine) {
    let project = project(engine);
    let version = if engine.tier == 20 { "version: \"3.8\"\n" } else { "" };
    let compose = "services:\n  api:\n    build: { context: ., target: none }\n";
    project.write("compose.yaml", &format!("{version}{compose}"));
    project.write("Dockerfile", "FROM debian-python:local AS dev\nFROM dev AS prod\n");
    let found = findings(&project, 1);
    assert_eq!(found[0].fix, "`target:` in the compose file can be `dev` or `prod`");
    project.edit("compose.yaml", "none", "dev");
    assert_eq!(complaints(&project, 0), "");
    project.run(&["build"]).expect(0);
}

/// Adds the lines of the advice to the ignore file.
#[track_caller]
fn ignore(project: &Project, fix: &str) {
    let (place, lines) = fix.strip_prefix("add to `").and_then(|rest| rest.split_once("`: ")).expect("lines to add");
    let before = fs::read_to_string(project.dir.join(place)).unwrap_or_default();
    let lines: Vec<&str> = lines.split(", ").map(|line| line.trim_matches('`')).collect();
    project.write(place, &format!("{before}{}\n", lines.join("\n")));
}

fn what_no_image_needs(engine: &Engine) {
    let files = [
        (".git/config", ""),
        (".gitignore", ".env\n"),
        (".env", "DB_PASSWORD=x\n"),
        ("app/__pycache__/x.pyc", ""),
        ("docs/a.md", ""),
        ("tls.key", "-----BEGIN PRIVATE KEY-----\n"),
        ("env.example", "DB_PASSWORD=\n"),
        ("a.log", ""),
    ];
    // Without an ignore file, with one that leaves things out, and with one that says what may be in.
    for (ignored, seen) in [
        ("", [".env", ".git", "a.log", "app/__pycache__", "docs", "tls.key"].as_slice()),
        ("**/.git\n", &[".env", "a.log", "app/__pycache__", "docs", "tls.key"]),
        ("*\n!app\n!service.sh\n!env.example\n", &["app/__pycache__"]),
    ] {
        let project = project(engine);
        write(&project, &files);
        project.write(".dockerignore", ignored);
        let dockerfile = "FROM debian-python:local\nWORKDIR /app\nCOPY env.example env\nCOPY . .\n";
        project.write("Dockerfile", dockerfile);
        project.run(&["build"]).expect(0);
        let found = findings(&project, 0);
        assert_eq!(found.len(), 1, "{found:?}");
        ignore(&project, &found[0].fix);
        assert_eq!(complaints(&project, 0), "", "{}", project.read(".dockerignore"));
        let gone: Vec<String> = seen.iter().map(|path| format!("! test -e {path}")).collect();
        let check = format!("RUN test -f app/main.py && test -f env && {}\n", gone.join(" && "));
        project.write("Dockerfile", &format!("{dockerfile}{check}"));
        project.run(&["build"]).expect(0);
    }
}

/// A build that takes it by name, or asks git, would break.
fn what_an_image_needs_is_left_alone(engine: &Engine) {
    let project = project(engine);
    write(
        &project,
        &[
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("docs/a.md", ""),
            ("certs/tls.key", "-----BEGIN PRIVATE KEY-----\n"),
            ("web/docs/package.json", "{}"),
            ("tmp/.keep", ""),
        ],
    );
    project.write(
        "Dockerfile",
        "FROM debian-python:local\nWORKDIR /app\nCOPY . .\nCOPY docs/ /docs/\nCOPY certs /certs\n\
         RUN git rev-parse HEAD || test -f .git/HEAD\n",
    );
    project.run(&["build"]).expect(0);
    assert_eq!(complaints(&project, 0), "");
    // So would one whose ignore file takes it in.
    project.write(".dockerignore", "*\n!app\n!.git\n!docs\n");
    let check = "RUN test -d .git && test -d docs\n";
    project.write("Dockerfile", &format!("FROM debian-python:local\nWORKDIR /app\nCOPY . .\n{check}"));
    project.run(&["build"]).expect(0);
    assert_eq!(complaints(&project, 0), "");
}
