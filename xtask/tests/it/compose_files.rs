//! Compose's files, read without compose: as compose reads them, or said to be unreadable.

use crate::harness::Sandbox;

const TASKS: &str = "[tasks.build]\nsteps = ['compose build {args}']\n[tasks.clean]\nsteps = ['compose build --no-cache']\n\
    [tasks.build-fresh]\nbuiltin = 'build-fresh'\n";

const DOCKERFILE: &str = "FROM python:3.12-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n";

/// A project of these files, with a Dockerfile in `app`.
fn project(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.file("app/Dockerfile", DOCKERFILE);
    for (name, text) in files {
        sandbox.file(name, text);
    }
    sandbox
}

/// The services that `-n build-fresh` gives a value to.
fn built(sandbox: &Sandbox) -> Vec<String> {
    let done = sandbox.run("-n --os linux build-fresh");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    let names = done.stdout.split("'  \"").skip(1).filter_map(|rest| rest.split_once("\":'"));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// Whether the Dockerfile in `app` is what is built.
fn builds_app(sandbox: &Sandbox) -> bool {
    sandbox.on("docker compose *");
    sandbox.run("clean").stderr.contains("empties the cache mounts of these builds: pip `/root/.cache/pip`")
}

/// Each row: files that compose takes, in which `web` is built from `app`.
#[test]
fn what_compose_takes_is_read() {
    let rows: &[&[(&str, &str)]] = &[
        // A flow list that closes at the key's column.
        &[(
            "compose.yaml",
            "services:\n  web:\n    build: app\n    healthcheck:\n      test: [\n        \"CMD\", \"true\"\n      ]\n",
        )],
        // A quoted scalar over several lines that ends at the key's column.
        &[("compose.yaml", "services:\n  web:\n    command: \"sleep\n    60\"\n    build: app\n")],
        &[("compose.yaml", "services:\n  web:\n    command: 'sleep\n      60\n    '\n    build: app\n")],
        &[("compose.yaml", "\u{feff}services:\n  web:\n    build: app\n")],
        &[("compose.yaml", "services:\n  web:\n    build: { context: app, args: { A: $REV } }\n")],
        &[("compose.yaml", "services:\r\n  web:\r\n    build: app\r\n")],
        // Variables are filled in after YAML is read.
        &[("compose.yaml", "services:\n  web:\n    build: ${CTX}\n"), (".env", "ROOT=app\nCTX=${ROOT}\n")],
        &[("compose.yaml", "services:\n  web:\n    build: ${A:-${B:-app}}\n")],
        &[("compose.yaml", "services:\n  web:\n    build: ${A:+app}\n"), (".env", "A='x: [y'\n")],
        &[("compose.yaml", "services:\n  web:\n    build: ap${A:?set it}\n"), (".env", "A=p\n")],
        &[("compose.yaml", "services:\n  web:\n    build: app\n    image: ${A}\n"), (".env", "A=\"x: [\n  - y\"\n")],
        // Several files.
        &[
            ("compose.yaml", "include: [svc/compose.yaml]\n"),
            ("svc/compose.yaml", "services: { web: { build: ../app } }\n"),
        ],
        &[
            (
                "compose.yaml",
                "include:\n  - path: [svc/a.yaml, svc/b.yaml]\n    project_directory: .\n    env_file: svc/x.env\n",
            ),
            ("svc/a.yaml", "services: { web: { image: x } }\n"),
            ("svc/b.yaml", "services: { web: { build: '${CTX}' } }\n"),
            ("svc/x.env", "CTX=app\n"),
        ],
        &[
            ("compose.yaml", "services:\n  web: { extends: { file: svc/base.yaml, service: base } }\n"),
            ("svc/base.yaml", "services:\n  base: { extends: other }\n  other: { build: ../app }\n"),
        ],
        &[
            ("compose.yaml", "include: [db.yaml]\nservices:\n  web: { build: { dockerfile: ./Dockerfile } }\n"),
            ("compose.override.yaml", "services:\n  web: { build: app }\n"),
            ("db.yaml", "services: { db: { image: postgres } }\n"),
        ],
        &[
            ("compose.yaml", "services:\n  web: { build: nope }\n  old: { build: app }\n"),
            ("compose.override.yaml", "services:\n  web: { build: !override { context: app } }\n  old: !reset null\n"),
        ],
        &[("compose.yaml", "x-app: &app\n  build: app\nservices:\n  web: { <<: *app, image: x }\n")],
        &[("compose.yaml", "services:\n  web:\n    build: { context: app, additional_contexts: { root: . } }\n")],
        &[
            (".env", "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=a.yaml,b.yaml\n"),
            ("a.yaml", "name: n\n"),
            ("b.yaml", "services: { web: { build: app } }\n"),
        ],
        &[("compose.yaml", "name: x\n---\nservices:\n  web:\n    build: app\n")],
        &[("compose.yaml", "include: [{ project_directory: x }]\nservices:\n  web: { build: app }\n")],
    ];
    for files in rows {
        let sandbox = project(files);
        assert_eq!(built(&sandbox), ["web"], "{files:?}");
        assert!(builds_app(&sandbox), "{files:?}");
    }
}

#[test]
fn env_files_can_be_named_by_a_variable() {
    let sandbox = project(&[
        ("compose.yaml", "services: { web: { build: '${CTX}' } }\n"),
        ("a.env", "CTX=app\n"),
        (".env", "CTX=x"),
    ]);
    sandbox.set("COMPOSE_ENV_FILES", "a.env");
    assert_eq!(built(&sandbox), ["web"]);
    assert!(builds_app(&sandbox));
}

#[test]
fn a_service_of_a_profile_that_is_off_gets_nothing() {
    let text = "services:\n  web: { build: app }\n  jobs: { build: app, profiles: [jobs] }\n";
    let sandbox = project(&[("compose.yaml", text)]);
    assert_eq!(built(&sandbox), ["web"]);
    sandbox.set("COMPOSE_PROFILES", "jobs");
    assert_eq!(built(&sandbox), ["jobs", "web"]);
}

/// Each row: files that can't be read here, and what is said of them.
#[test]
fn what_cannot_be_read_is_said() {
    let asks = "hint: see what compose says: docker compose config\n";
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[("compose.yaml", "services:\n  web: [\n")], "`compose.yaml`, line 3: did not find expected node content"),
        (
            &[("compose.yaml", "services:\n  web: 1\n  web: 2\n")],
            "`compose.yaml`, line 3: the key `web` is there twice (first in line 2)",
        ),
        (
            &[("compose.yaml", "services:\n  web: { build: '${CTX:?set CTX}' }\n")],
            "`compose.yaml`: `CTX` has to be set: set CTX, in `services.web.build`",
        ),
        (
            &[("compose.yaml", "services:\n  web: { build: '${CTX' }\n")],
            "`compose.yaml`: `${CTX` is not a variable (write `$$` for a `$`), in `services.web.build`",
        ),
        (
            &[("compose.yaml", "include: ['https://example.org/x.git']\n")],
            "`compose.yaml`: it includes `https://example.org/x.git`, which is not on this machine",
        ),
        (&[("compose.yaml", "include: [svc/a.yaml]\n")], "`svc/a.yaml`: there is no such file"),
        (
            &[
                ("compose.yaml", "services: { web: { extends: { file: a.yaml, service: b } } }"),
                ("a.yaml", "services: {}\n"),
            ],
            "`a.yaml`: a service extends `b`, which is not there",
        ),
        (
            &[("compose.yaml", "services: { web: { build: . } }"), (".env", "A=1\nB C=2\n")],
            "`.env`, line 2: a name has a space in it",
        ),
        (&[("compose.yaml", "- services\n")], "`compose.yaml`: it has no keys at its top"),
    ];
    for (files, said) in rows {
        let sandbox = project(files);
        sandbox.run("-n build-fresh").is(2, "", &format!("error: can't tell what is built: {said}\n{asks}"));
        sandbox.on("docker compose *");
        let note = format!("can't tell which cache mounts `--no-cache` empties: {said}\n");
        sandbox.run("clean").is(0, "", &format!("{note}$ docker compose build --no-cache\n"));
    }
}

/// Each service that extends another file's has that file read once more.
#[test]
fn what_is_extended_is_read_up_to_a_bound() {
    let large = format!("services: {{ b: {{ image: x }} }}\n# {}\n", "x".repeat(1_900_000));
    let extending: String =
        (0..9).map(|at| format!("  a{at}: {{ extends: {{ file: large.yaml, service: b }} }}\n")).collect();
    let sandbox = project(&[("compose.yaml", &format!("services:\n{extending}")), ("large.yaml", &large)]);
    let why = "`large.yaml`: more than 16 MB are included and extended";
    sandbox.run("-n build-fresh").is(2, "", &format!("error: can't tell what is built: {why}\n"));
}

/// Each file by itself stays below the bound.
#[test]
fn variables_of_all_files_together_have_a_bound() {
    let uses = |name: &str| format!("services: {{ {name}: {{ image: x, command: '{}' }} }}\n", "$A".repeat(90));
    let files = [("compose.yaml", "include: [a.yaml, b.yaml]\n"), ("a.yaml", &uses("a")), ("b.yaml", &uses("b"))];
    let sandbox = project(&files);
    sandbox.set("A", "x".repeat(50_000));
    let why = "`b.yaml`: variables become more than 8 MB, in `services.b.command`";
    sandbox.run("-n build-fresh").is(2, "", &format!("error: can't tell what is built: {why}\n"));
}

/// 330 bytes that become half a billion values: compose would take all memory for them, so it is not asked either.
#[test]
fn aliases_without_end_are_refused_before_compose_is_asked() {
    let mut bomb = "x0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n".to_owned();
    for level in 1..9 {
        let aliases = [format!("*a{}", level - 1).as_str(); 9].join(",");
        bomb += &format!("x{level}: &a{level} [{aliases}]\n");
    }
    bomb += "services:\n  a:\n    build: app\n";
    let why = "`compose.yaml`, line 6: it has more than 200000 values once its aliases are followed";
    for (name, text) in [("compose.yaml", "include: [b.yaml]\n"), ("compose.yaml", &bomb)] {
        let sandbox = project(&[("b.yaml", &bomb), (name, text)]);
        let why = if text == bomb { why.to_owned() } else { why.replace("compose.yaml", "b.yaml") };
        sandbox.run("-n build-fresh").is(2, "", &format!("error: can't tell what is built: {why}\n"));
        // No call of compose is scripted: one would fail the test.
        sandbox.run("build-fresh").is(2, "", &format!("error: compose is not asked to read {why}\n"));
        crate::doctor::OF_28.script(&sandbox, "docker compose -f another");
        sandbox.on_words(&["docker", "system", "*"]).out("[]\n");
        let doctor = sandbox.run("doctor");
        assert!(doctor.stdout.contains(&why), "{doctor:?}");
    }
}
