//! Secret values are in no output of ours, wherever they stand: each place that one can be in has a value of its own here,
//! and every command is run. What a child prints itself is its own.

use crate::doctor::{Machine, OF_28};
use crate::harness::{Done, PING_OF_28, Sandbox};

const TASKS: &str = r#"
[compose]
files = ["compose.yaml"]
wait = 5

[env]
TASKS_TOKEN = "plant-env"
TASKS_URL = "postgres://me:plant-url@database/app"
STAGE = "production"
PEM_KEY = """
plant line
another plant
"""
SETTINGS = '{"host":"database","password":"plant-json"}'

[tasks.build]
steps = ["compose build {args}"]
[tasks.up]
steps = ["compose up --detach {args}"]
env = { STEP_SECRET = "plant-step", TWO_TOKEN = "plant one\nplant two", TAB_TOKEN = "x\tplant\n", Q_TOKEN = "x'plant\"1", B_DSN = "a\\b'plant c", D_TOKEN = "$plant" }
[tasks.words]
about = "Runs with TOKEN=plant-about"
steps = ["compose run -e WORD_TOKEN=plant-word --env=A_KEY=plant-joined api x --password plant-option {args}",
         "docker build --build-arg 'NPM_TOKEN=plant quoted' --secret id=token,src=api/token --build-arg STAGE=production .",
         "docker run --api-key plant-1 --private-key 'plant 2' --secret-key plant-3 --db-pass plant-4 -e CONFIG='{\"password\":\"plant\"}' image"]
[tasks.flag]
steps = ["compose ps"]
flags.pw = { value = "PW", env = "FLAG_PASSWORD", default = "plant-default" }
[tasks.option]
steps = ["compose ps {code} {pin}"]
flags.code = { value = "CODE", words = ["--password", "{value}"], default = "plant-of-option" }
flags.pin = { value = "PIN", words = ["--env=API_KEY={value}"], default = "plant-of-word" }
[tasks.ask]
steps = ["compose ps"]
confirm = "really, with TOKEN=plant-confirm?"
[tasks.fails]
steps = ["docker run -e TOKEN=plant-failing image"]
"#;

const COMPOSE: &str = r#"include: [more.yaml]
x-common: &common
  ANCHOR_TOKEN: plant-anchor
services:
  api:
    build:
      context: api
      args: { NPM_TOKEN: plant-arg, MODE: production }
    env_file: api/${WHICH}.env
    environment:
      <<: *common
      POSTGRES_PASSWORD: plant-environment
      DB_HOST: database
    command: [serve, "${CLI_TOKEN:-plant-of-command}"]
    labels: { app.token: plant-of-label }
    secrets: [by-file, by-variable]
secrets:
  by-file: { file: api/by-file }
  by-variable: { environment: APP_CODE }
configs:
  app_token: { content: plant-config-1 }
  app: { content: an-app }
"#;

const CONFIG: &str = r#"{"name": "project", "services": {"api": {"build": {"context": "CONTEXT", "dockerfile": "Dockerfile",
    "args": {"NPM_TOKEN": "plant-arg", "MODE": "production"}}, "environment": {"POSTGRES_PASSWORD": "plant-environment"}}}}"#;

const DOCKERFILE: &str = "FROM python:3.12-slim\nARG NPM_TOKEN\nARG PIP_TOKEN=plant-default\nENV STAGE=production APP_KEY='plant of image' PY_PASSWORD=python B=${BASE_KEY:-plant-of-base}\n\
    RUN --mount=type=cache,target=/root/.cache/pip API_TOKEN=plant-run [\"pip\", \"install\", \"x\"]\n\
    RUN --mount=type=cache,target=/x [\"pip\", \"--index-url\", \"https://me:plant-index@pypi.example/simple\"]\n";

/// What a failed build prints: a build arg, and what the Dockerfile has.
const LOG: &str = "#5 [2/3] RUN --mount=type=cache,target=/root/.cache/pip API_TOKEN=plant-run [\"pip\", \"install\", \"x\"]\n\
    #5 0.1 in production: token plant-arg of API_TOKEN=plant-run\n\
    #5 ERROR: process \"/bin/sh -c API_TOKEN=plant-run\" did not complete successfully: exit code: 4\n------\n";

/// A project with a secret value in every place, and harmless ones beside them.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    sandbox.set("PERSON_TOKEN", "plant-person");
    sandbox.set("AWS_URL", "https://me:plant-of-person@aws.example/");
    sandbox.file(".env", "DB_PASSWORD=plant-dotenv\nAPI_KEY=\"plant7dotenv two\"\nURL=redis://:plant-dotenv-url@cache/0\nDB_HOST=database\nWHICH=service\nAPP_CODE=plant-by-variable-1\n");
    sandbox.file("more.yaml", "services: { more: { image: x, command: \"${MORE_TOKEN:-plant-\\x41}\", environment: [INCLUDED_KEY=plant-included] } }\n");
    sandbox.file("api/by-file", "plant-by-file\n");
    sandbox.file("api/service.env", "SERVICE_SECRET=plant-service\n");
    sandbox.file("compose.yaml", COMPOSE);
    sandbox.file("api/Dockerfile", DOCKERFILE);
    let login = "{\"auths\":{\"registry.example\":{\"auth\":\"cGxhbnQ6cGxhbnQ=\",\"identitytoken\":\"plant-login\"}}}";
    std::fs::write(sandbox.home().join(".docker/config.json"), login).expect("writes docker's configuration");
    sandbox
}

/// Every command, as far as it gets with this machine's answers.
const COMMANDS: &[&[&str]] = &[
    &["help"],
    &["help", "--json"],
    &["help", "words"],
    &["help", "ask"],
    &["help", "flag"],
    &["help", "option"],
    &["env"],
    &["env", "--json"],
    &["env", "--shell", "powershell"],
    &["-n", "build"],
    &["-n", "-v", "up"],
    &["-n", "-v", "--os", "windows", "up"],
    &["-n", "--os", "linux", "up"],
    &["-n", "--os", "linux", "option", "--code", "plant\n'two'", "--pin", "\"plant\ttwo"],
    &["-n", "--os", "windows", "option", "--code", "plant\n'two'", "--pin", "it's 'plant"],
    &["-v", "option", "--code", "plant\n'two'", "--pin", "it's\nplant"],
    &["-n", "words"],
    &["-n", "--os", "windows", "words"],
    &["-n", "flag", "--pw", "plant-typed"],
    &["-n", "flag"],
    &["-n", "build-fresh"],
    &["-v", "build"],
    &["-v", "words", "--", "-e", "TYPED_TOKEN=plant-typed"],
    &["-v", "flag", "--pw", "plant-typed"],
    &["ask"],
    &["-v", "up"],
    &["-v", "fails"],
    &["-v", "build-fresh"],
    &["cache"],
    &["cache", "--json"],
    &["doctor"],
    &["doctor", "--json"],
    &["doctor", "--explain", "Invalid hostPort: plant-dotenv", "--json"],
    &["-v", "verify"],
    &["verify", "--json"],
    &["-v", "bench"],
    &["bench", "--json"],
    &["buildkit", "status", "--config", "daemon.json"],
    &["schema", "-"],
    &["completions", "bash"],
];

#[track_caller]
fn has_none(done: &Done, of: &str) {
    for text in [&done.stdout, &done.stderr] {
        // JSON may have the quotes of a value escaped.
        let found = text.lines().find(|line| line.contains("plant"));
        assert_eq!(found, None, "{of}:\n{}\n-- stderr --\n{}", done.stdout, done.stderr);
    }
}

fn script(sandbox: &Sandbox, config: &str) {
    let context = sandbox.project().join("api").display().to_string().replace('\\', "\\\\");
    let config: &'static str = config.replace("CONTEXT", &context).leak();
    sandbox.set("DOCKER_HOST", sandbox.engine(PING_OF_28));
    Machine { config, ..OF_28 }.script(sandbox, "docker compose -f compose.yaml");
}

#[test]
fn no_command_shows_a_secret_value() {
    let sandbox = sandbox();
    script(&sandbox, CONFIG);
    sandbox.on("docker compose -f compose.yaml config --format json").out(&CONFIG.replace("CONTEXT", "api"));
    sandbox.on_words(&["docker", "buildx", "build", "*"]).err(LOG).exit(1);
    sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", "ps", "*"]).out("");
    for words in ["build", "up", "run", "ps", "-f"] {
        sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", words, "*"]).exit(7);
    }
    sandbox.on_words(&["docker", "run", "*"]).exit(7);
    for words in COMMANDS {
        has_none(&sandbox.run_words(words), &format!("{words:?}"));
    }
    // They got as far as where a value would be, and what is harmless is there.
    for (words, part) in [
        (&["help"][..], "Runs with TOKEN=…"),
        (&["help", "--json"], "\"STEP_SECRET\": \"…\""),
        (&["help", "--json"], "compose run -e WORD_TOKEN=… --env=A_KEY=… api x --password … {args}"),
        (&["help", "words"], "id=token,src=api/token"),
        (&["help", "words"], "STAGE=production"),
        (&["help", "flag"], "[default: …]"),
        (&["help", "option"], "--code <CODE>  [default: …]"),
        (&["help", "option"], "--pin <PIN>    [default: …]"),
        (&["help", "words"], "docker run --api-key '…' --private-key '…' --secret-key '…' --db-pass '…' -e"),
        (&["env", "--json"], "\"STAGE\": \"production\""),
        (&["-v", "build"], "TASKS_URL=postgres://me:…@database/app"),
        (&["ask"], "really, with TOKEN=…"),
        (&["verify"], "first build: RUN --mount=type=cache,target=/root/.cache/pip API_TOKEN=… [\"pip\""),
        (&["bench"], "in production: token ${NPM_TOKEN} of API_TOKEN=…"),
    ] {
        let done = sandbox.run_words(words);
        let all = format!("{}{}", done.stdout, done.stderr);
        assert!(all.contains(part), "{words:?}: no `{part}` in {all}");
    }
}

/// The shell prints these, and they go around everything else that prints.
#[test]
fn completions_have_no_secret_values() {
    let sandbox = sandbox();
    sandbox.set("XTASK_COMPLETE", "fish");
    let done = sandbox.run_words(&["--", "xtask", ""]);
    has_none(&done, "completions");
    assert!(done.stdout.contains("words\tRuns with TOKEN=…\n"), "{done:?}");
    let done = sandbox.run_words(&["--", "xtask", "flag", "--"]);
    has_none(&done, "completions of a flag");
    assert!(done.stdout.contains("--pw\t[sets FLAG_PASSWORD] [default: …]\n"), "{done:?}");
}

/// Compose's sentences have values in them; each way to ask compose says them without.
#[test]
fn compose_can_quote_what_it_likes() {
    for (value, shown) in [
        ("plant-dotenv", "${DB_PASSWORD}"),
        ("plant7dotenv two", "${API_KEY}"),
        ("redis://:plant-dotenv-url@cache/0", "${URL}"),
        ("plant-service", "${SERVICE_SECRET}"),
        ("plant-environment", "${POSTGRES_PASSWORD}"),
        ("plant-arg", "${NPM_TOKEN}"),
        ("plant-anchor", "${ANCHOR_TOKEN}"),
        ("plant-included", "${INCLUDED_KEY}"),
        ("plant-by-file", "${by-file}"),
        ("plant-by-variable-1", "${APP_CODE}"),
        ("plant-config-1", "${app_token}"),
        ("plant-default", "${PIP_TOKEN}"),
        ("plant of image", "${APP_KEY}"),
        ("plant-of-command", "${CLI_TOKEN}"),
        ("plant-of-label", "${app.token}"),
        ("plant-A", "${MORE_TOKEN}"),
        ("plant-of-base", "${BASE_KEY}"),
        ("plant-person", "${PERSON_TOKEN}"),
        ("plant-env", "${TASKS_TOKEN}"),
        // Harmless ones stay, whatever they are the value of.
        ("database", "database"),
        ("production", "production"),
        ("an-app", "an-app"),
        ("python", "python"),
    ] {
        let sandbox = sandbox();
        let says = format!("service \"api\" depends on undefined service \"{value}\": invalid compose project\n");
        sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", "*"]).err(&says).exit(15);
        script(&sandbox, CONFIG);
        let expected = format!("depends on undefined service {shown}");
        for words in [&["doctor"][..], &["verify"], &["bench"], &["build-fresh"], &["cache"]] {
            let done = sandbox.run_words(words);
            has_none(&done, &format!("{words:?} with {value}"));
            // A value in quotes goes with them.
            let all = (done.stdout + &done.stderr).replace(['"', '\\'], "");
            assert!(all.contains(&expected), "{words:?}: no `{expected}` in {all}");
        }
    }
}

/// A byte that is not UTF-8, a text that compose can't fill in, and the variables of an included file hide nothing from us.
#[test]
fn a_file_that_is_odd_hides_no_value() {
    let sandbox = sandbox();
    sandbox.file(".env", b"# Schl\xfcssel\nDB_PASSWORD=plant-dotenv\nWHICH=service\n");
    sandbox.file("api/service.env", b"SERVICE_SECRET=plant-s\xe9rvice\nB_TOKEN=plant-two\n");
    sandbox.file("api/Dockerfile", b"FROM a\n# gr\xfc\xdfe\nENV D_TOKEN=plant-image\n");
    sandbox.file("sub/.env", "S_TOKEN=plant-sub\n");
    sandbox.file("sub/named.env", "N_TOKEN=plant-named\n");
    sandbox.file("sub/a.yaml", "services: { sub: { image: x, environment: { I: '${S_TOKEN}' } } }\n");
    sandbox.file("sub/b.yaml", "services: { named: { image: x, environment: { I: '${N_TOKEN}' } } }\n");
    let includes = "include: [more.yaml, sub/a.yaml, { path: sub/b.yaml, env_file: [sub/named.env] }]";
    let compose = COMPOSE.replace("include: [more.yaml]", includes);
    for odd in ["", "  app_secret: { content: \"first\\nplant${-1x-word\" }\n"] {
        sandbox.file("compose.yaml", compose.clone() + odd);
        let said = "plant-dotenv plant-s\u{fffd}rvice plant-two plant-image plant-sub plant-named plant-by-file\n";
        sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", "*"]).err(said).exit(15);
        script(&sandbox, CONFIG);
        let done = sandbox.run("build-fresh");
        has_none(&done, "build-fresh");
        let shown = "${DB_PASSWORD} ${SERVICE_SECRET} ${B_TOKEN} ${D_TOKEN} ${S_TOKEN} ${N_TOKEN} ${by-file}\n";
        assert!(done.stderr.contains(shown), "{done:?}");
    }
}

/// What stands behind a `$` in a secret value is a variable for compose, and a part of the secret for us.
#[test]
fn what_compose_takes_for_a_variable_may_be_a_part_of_a_secret() {
    let sandbox = sandbox();
    sandbox.file(".env", "DB_PASSWORD=pa$plant1\nWHICH=service\nA_URL=postgres://me:x$plant2@database/x\n");
    sandbox.file("compose.yaml", COMPOSE.replace("plant-environment", "zz$plant3") + "x-a: { B_KEY: $NOT_SET }\n");
    let said = ["plant1", "plant2", "plant3", "NOT_SET"].map(|name| {
        format!("level=warning msg=\"The \\\"{name}\\\" variable is not set. Defaulting to a blank string.\"\n")
    });
    let words = "docker compose -f compose.yaml --profile * config --format json";
    sandbox.on(words).out(&CONFIG.replace("CONTEXT", "api")).err(&said.concat());
    script(&sandbox, CONFIG);
    let done = sandbox.run("doctor");
    has_none(&done, "doctor");
    let rows = [
        "warning  variables     the compose file uses `NOT_SET`, which is not set\n",
        "warning  variables     a `$` in the value of `A_URL` begins a variable, which is not set\n",
        "warning  variables     a `$` in the value of `DB_PASSWORD` begins a variable, which is not set\n",
        "warning  variables     a `$` in the value of `POSTGRES_PASSWORD` begins a variable, which is not set\n\
         \x20                      compose uses an empty value for what follows it\n\
         \x20                      fix: write `$$` for it in a compose file; in an env file put the value in single quotes\n",
    ];
    rows.iter().for_each(|row| assert!(done.stdout.contains(row), "no {row} in {done:?}"));
}

/// After `up`, too: what compose and docker say of the containers.
#[test]
fn what_is_said_of_containers_is_without_them() {
    let sandbox = sandbox();
    let compose = |words: &'static str| sandbox.on(&format!("docker compose -f compose.yaml {words}"));
    compose("up --detach").exit(0);
    compose("ps -a -q").err("bad value plant-by-file\n").exit(1);
    sandbox.run("-q up").is(2, "", "error: compose can't list the containers: bad value ${by-file}\n");
    compose("ps -a -q").out("a1\n");
    sandbox.on_words(&["docker", "inspect", "*"]).err("bad value plant-dotenv\n").exit(1);
    sandbox.run("-q up").is(2, "", "error: docker can't inspect the containers: bad value ${DB_PASSWORD}\n");
}

/// So is what docker says where it is asked beside compose.
#[test]
fn what_docker_says_is_without_them() {
    let config = CONFIG.replace("\"context\"", "\"additional_contexts\": {\"lib\": \"service:api\"}, \"context\"");
    for (words, part) in [
        (&["doctor"][..], "not looked at: ports of other containers (`docker ps` failed: bad value ${DB_PASSWORD})\n"),
        (&["build-fresh", "--drop-caches"], "can't tell which other projects use them: bad value ${DB_PASSWORD}\n"),
        (
            &["bench"],
            "error: can't tell whether there is an image `project-api`: `docker image inspect` printed more than 32 MB and \
             was ended; it begins with `${DB_PASSWORD} ${DB_PASSWORD} ",
        ),
    ] {
        let sandbox = sandbox();
        sandbox.on_words(&["docker", "ps", "*"]).err("bad value plant-dotenv\n").exit(1);
        sandbox.on_words(&["docker", "image", "inspect", "*"]).act("forever", "plant-dotenv ");
        sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", "build", "*"]).exit(7);
        script(&sandbox, &config);
        sandbox.on("docker compose -f compose.yaml config --format json").out(&config.replace("CONTEXT", "api"));
        let done = sandbox.run_words(words);
        has_none(&done, &format!("{words:?}"));
        assert!((done.stdout.clone() + &done.stderr).contains(part), "{words:?}: no `{part}` in {done:?}");
    }
}

/// And what it says of its build cache and its builder.
#[test]
fn what_docker_says_of_the_engine_is_without_them() {
    for (call, words, part) in [
        (["docker", "buildx", "du", "*"], &["cache"][..], "docker can't list the build cache: bad ${DB_PASSWORD}"),
        (["docker", "buildx", "du", "*"], &["cache", "prune", "--all", "--yes"], "the build cache: bad ${DB_PASSWORD}"),
        (
            ["docker", "buildx", "prune", "*"],
            &["cache", "prune", "--all", "--yes"],
            "did not remove it: bad ${DB_PASSWORD}",
        ),
        (["docker", "buildx", "du", "*"], &["build-fresh", "--drop-caches"], "the build cache: bad ${DB_PASSWORD}"),
        (["docker", "buildx", "du", "*"], &["build-fresh"], "whether the steps ran again: bad ${DB_PASSWORD}"),
        (["docker", "buildx", "inspect", ""], &["doctor"], "bad ${DB_PASSWORD}"),
    ] {
        let sandbox = sandbox();
        sandbox.on(call.join(" ").trim()).err("bad plant-dotenv\n").exit(1);
        sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", "build", "*"]).exit(0);
        sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", "-f", "*"]).exit(0);
        script(&sandbox, CONFIG);
        sandbox.on("docker compose -f compose.yaml config --format json").out(&CONFIG.replace("CONTEXT", "api"));
        let done = sandbox.run_words(words);
        has_none(&done, &format!("{words:?}"));
        assert!((done.stdout.clone() + &done.stderr).contains(part), "{words:?}: no `{part}` in {done:?}");
    }
}

/// Everybody on the machine can read a command line.
#[test]
fn no_build_argument_is_on_a_command_line() {
    let sandbox = sandbox();
    script(&sandbox, CONFIG);
    sandbox.on("docker compose -f compose.yaml config --format json").out(&CONFIG.replace("CONTEXT", "api"));
    sandbox.on_words(&["docker", "buildx", "build", "*"]).err(LOG).exit(1);
    for words in ["build", "-f"] {
        sandbox.on_words(&["docker", "compose", "-f", "compose.yaml", words, "*"]).exit(7);
    }
    for (words, program) in
        [("build", "compose"), ("build-fresh", "compose"), ("verify", "buildx"), ("bench", "buildx")]
    {
        sandbox.forget_calls();
        sandbox.run(words);
        let calls = sandbox.calls();
        let open = calls
            .iter()
            .flat_map(|call| &call.words)
            .find(|word| word.contains("plant") || word.contains("production"));
        assert_eq!(open, None, "{words}: {calls:#?}");
        let build = calls.iter().find(|call| call.words[1] == program && call.words.iter().any(|word| word == "build"));
        let build = build.unwrap_or_else(|| panic!("{words} builds: {calls:#?}"));
        let given = (program == "buildx").then_some("plant-arg");
        assert_eq!(build.env("NPM_TOKEN"), given, "{words}: {build:?}");
    }
}

/// Docker has no other way for these.
#[test]
fn what_docker_would_get_on_its_command_line_alone_is_not_tried() {
    let arg = r#""HTTP_PROXY": "http://me:plant-proxy@proxy:3128", "PYTHON_VERSION": "3.12""#;
    let contexts = r#""additional_contexts": {"lib": "https://me:plant-context@git.example/lib.git"}, "context""#;
    let hint = "git gets one by the build secret GIT_AUTH_TOKEN, too";
    for (from, to, why, hint) in [
        (
            "\"context\"",
            contexts,
            "the address of `lib` has a password, which docker would get on its command line",
            format!("take it out: {hint}"),
        ),
        (
            "\"MODE\": \"production\"",
            arg,
            "the build argument `HTTP_PROXY` is secret, and docker would get it on its command line",
            "set HTTP_PROXY to the same value in your own environment".to_owned(),
        ),
    ] {
        let sandbox = sandbox();
        let config = CONFIG.replace(from, to);
        script(&sandbox, &config);
        sandbox.on("docker compose -f compose.yaml config --format json").out(&config.replace("CONTEXT", "api"));
        sandbox.run("bench").is(2, "", &format!("error: {why}\nhint: {hint}\n"));
        let done = sandbox.run("verify");
        let said = format!("the build stops before it: {why}\n             fix: {hint}\n");
        assert!(done.code == 1 && done.stdout.contains(&said), "{done:?}");
        let open = sandbox.calls().into_iter().flat_map(|call| call.words).find(|word| word.contains("plant"));
        assert_eq!(open, None);
    }
    // Docker has it anyway.
    let sandbox = sandbox();
    sandbox.set("HTTP_PROXY", "http://me:plant-proxy@proxy:3128");
    let words = words_of_build(&sandbox, arg);
    assert!(words.contains(&"HTTP_PROXY".to_owned()) && words.contains(&"PYTHON_VERSION=3.12".to_owned()), "{words:?}");
}

/// The words of the build that `verify` runs with these arguments.
fn words_of_build(sandbox: &Sandbox, args: &str) -> Vec<String> {
    let config = CONFIG.replace("\"MODE\": \"production\"", args);
    script(sandbox, &config);
    sandbox.on("docker compose -f compose.yaml config --format json").out(&config.replace("CONTEXT", "api"));
    sandbox.on_words(&["docker", "buildx", "build", "*"]).err(LOG).exit(1);
    sandbox.run("verify");
    let build = sandbox.calls().into_iter().find(|call| call.words[1] == "buildx" && call.words[2] == "build");
    build.expect("it builds").words
}

/// Docker may get what is no secret: without a value there is none.
#[test]
fn an_argument_with_a_secret_name_alone_is_built_with() {
    let sandbox = sandbox();
    let args = r#""AWS_SECRET_ACCESS_KEY": "", "DOCKER_TOKEN": "", "DOCKER_AUTH": "false", "DOCKER_KEY": "1""#;
    let words = words_of_build(&sandbox, args);
    for word in ["DOCKER_TOKEN=", "DOCKER_AUTH=false", "DOCKER_KEY=1"] {
        assert!(words.iter().any(|it| it == word), "{word}: {words:?}");
    }
}

#[test]
fn mistakes_of_tasks_toml_are_shown_without_the_values_in_their_lines() {
    for line in [
        "TOKEN = \"plant\" x",
        "TOKEN = [\"plant\"]",
        "TOKEN = plant",
        "TOKEN = { a = \"plant\" }",
        "TOKEN = \"plant\\u0000\"",
        "\"A B_TOKEN\" = \"plant\"",
        "A = 'x --api-key plant --db-pass \"pl plant\"' x",
    ] {
        let sandbox = Sandbox::with(&format!("[env]\n{line}\n[tasks.x]\nsteps = ['a -e TOKEN=plant | b']\n"));
        let done = sandbox.run("help");
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.stderr.contains("2 | ") || done.stderr.contains("4 | "), "{done:?}");
        has_none(&done, line);
    }
}

/// What is hidden ends with its own text, not with what JSON puts around it.
#[test]
fn json_stays_json_where_values_are_hidden() {
    let sandbox = sandbox();
    let about = r#"
[tasks.open]
about = "x TOKEN='plant"
steps = ["a"]
[tasks.quoted]
about = "x TOKEN=\"plant"
steps = ["a"]
"#;
    sandbox.file("tasks.toml", format!("{TASKS}{about}"));
    let json = |sandbox: &Sandbox, words: &[&str]| {
        let done = sandbox.run_words(words);
        has_none(&done, &format!("{words:?}"));
        serde_json::from_str::<serde_json::Value>(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
    };
    let help = json(&sandbox, &["help", "--json", "open"]);
    assert_eq!(help["about"], "x TOKEN='…");
    assert_eq!(help["steps"][0], "a");
    assert_eq!(json(&sandbox, &["help", "--json", "quoted"])["about"], "x TOKEN=\"…");
    assert!(json(&sandbox, &["help", "--json"])["builtins"].is_array());
    let step = LOG.lines().next().expect("a step");
    let end = "#5 ERROR: process \"/bin/sh -c x\" did not complete successfully: exit code: 4\n------\n";
    for last in ["TOKEN='plant", "TOKEN=\"plant", "TOKEN=\\\"plant"] {
        let sandbox = self::sandbox();
        script(&sandbox, CONFIG);
        sandbox.on("docker compose -f compose.yaml config --format json").out(&CONFIG.replace("CONTEXT", "api"));
        sandbox.on_words(&["docker", "buildx", "build", "*"]).err(&format!("{step}\n#5 0.1 {last}\n{end}")).exit(1);
        let verify = json(&sandbox, &["verify", "--json"]);
        assert!(verify["mounts"].to_string().contains("TOKEN="), "{last}: {verify:#}");
    }
}

/// The program that is started gets them all, and `--secrets` is the way to see those of tasks.toml.
#[test]
fn only_what_is_shown_is_without_them() {
    let sandbox = sandbox();
    sandbox.on_words(&["docker", "run", "*"]).exit(0);
    sandbox.set("DOCKER_HOST", sandbox.engine(PING_OF_28));
    sandbox.run("fails").is(0, "", "$ docker run -e 'TOKEN=…' image\n");
    let call = sandbox.calls().pop().expect("a call");
    assert_eq!(call.words, ["docker", "run", "-e", "TOKEN=plant-failing", "image"]);
    assert!(call.env.contains(&("TASKS_TOKEN".to_owned(), "plant-env".to_owned())), "{:?}", call.env);
    let done = sandbox.run("env --secrets --shell sh");
    let stdout = "export TASKS_TOKEN='plant-env'\nexport TASKS_URL='postgres://me:plant-url@database/app'\n\
                  export STAGE='production'\nexport PEM_KEY='plant line\nanother plant\n'\n\
                  export SETTINGS='{\"host\":\"database\",\"password\":\"plant-json\"}'\nexport DOCKER_BUILDKIT='1'\nexport COMPOSE_DOCKER_CLI_BUILD='1'\n\
                  # eval \"$(xtask env --shell sh --secrets)\"\n";
    done.is(0, stdout, "");
    let without = "export STAGE='production'\nexport DOCKER_BUILDKIT='1'\nexport COMPOSE_DOCKER_CLI_BUILD='1'\n\
                   # eval \"$(xtask env --shell sh)\"\n";
    let warning = "warning: left out, since their values are secret: `TASKS_TOKEN`, `TASKS_URL`, `PEM_KEY` and `SETTINGS`\n\
                   hint: to print them too: --secrets\n";
    sandbox.run("env --shell sh").is(0, without, warning);
}

/// A value is hidden before it is quoted: what stands in the line then depends on nothing in it.
#[test]
fn a_line_has_no_secret_value_however_it_would_be_quoted() {
    let tasks = "[tasks.a]\nsteps = ['docker version {pw}']\n\
                 env = { A_TOKEN = \"plant\\ntwo\\n\", B_TOKEN = \"it's \\\"plant\", C = '{\"password\":\"plant\"}', D = \"x y\" }\n\
                 flags.pw = { value = 'PW', words = ['--password', '{value}'] }\n";
    let sandbox = Sandbox::with_docker(tasks);
    let said = "`…` stands for a secret value, which is not printed\n";
    for typed in ["plant\ntwo", "plant 'two'", "$plant", "\tplant\n"] {
        let line = "A_TOKEN='…' B_TOKEN='…' C='{\"password\":\"…\"}' D='x y' DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 docker version --password '…'\n";
        sandbox.run_words(&["-n", "--os", "linux", "a", "--pw", typed]).is(0, line, said);
        let done = sandbox.run_words(&["-n", "--os", "windows", "a", "--pw", typed]);
        has_none(&done, typed);
        assert!(done.stdout.contains("; ${env:A_TOKEN} = '…'; "), "{done:?}");
        assert!(done.stdout.contains(" docker version --password '…' }"), "{done:?}");
    }
    sandbox.on_words(&["docker", "version", "*"]).exit(0);
    sandbox.run_words(&["a", "--pw", "plant\ntwo"]).is(0, "", "$ docker version --password '…'\n");
    assert_eq!(sandbox.calls().pop().expect("a call").words[3], "plant\ntwo");
}

/// A line of a dry run says where something is left out, and only there.
#[test]
fn a_dry_run_says_what_it_hides() {
    let sandbox = sandbox();
    sandbox.unset("AWS_URL");
    let tasks = "[tasks.a]\nsteps = ['compose run --env=API_KEY=plant-joined --build-arg STAGE=production x']\n\
                 [tasks.b]\nsteps = ['docker build --secret id=token,src=key.pem --build-arg TOKEN .']\n";
    sandbox.file("tasks.toml", tasks);
    let variables = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1";
    sandbox.run("-n --os linux a").is(
        0,
        &format!("{variables} docker compose run '--env=API_KEY=…' --build-arg 'STAGE=production' x\n"),
        "`…` stands for a secret value, which is not printed\n",
    );
    sandbox.run("-n --os linux b").is(
        0,
        &format!("{variables} docker build --secret 'id=token,src=key.pem' --build-arg TOKEN .\n"),
        "",
    );
}

/// Each word of a flag is a text of its own, in JSON as in tasks.toml.
#[test]
fn the_words_of_a_flag_have_no_secret_value() {
    let flags = "flags.a = { words = ['run', '--password', 'plant-1', '--secret', 'plant-2', '--key', '2,2n'] }\n\
                 flags.b = { value = 'PW', words = ['--password', '{value}', '--token={value}'] }\n";
    let sandbox = Sandbox::with_docker(&format!("[tasks.x]\nsteps = ['docker {{a}} {{b}}']\n{flags}"));
    let done = sandbox.run("help --json x");
    has_none(&done, "help --json");
    let help: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(
        help["flags"][0]["words"],
        serde_json::json!(["run", "--password", "…", "--secret", "…", "--key", "2,2n"])
    );
    assert_eq!(help["flags"][1]["words"], serde_json::json!(["--password", "{value}", "--token={value}"]));
    let line = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 docker run --password '…' --secret '…' --key '2,2n'\n";
    sandbox.run("-n --os linux x --a").is(0, line, "`…` stands for a secret value, which is not printed\n");
    sandbox.on_words(&["docker", "run", "*"]).exit(0);
    sandbox.run("x --a").is(0, "", "$ docker run --password '…' --secret '…' --key '2,2n'\n");
    sandbox.file("tasks.toml", "tasks.x.steps = ['a']\ntasks.x.word = ['--password', 'plant-1']\n");
    let excerpt = "error: unknown key `word` in [tasks.x]\n --> tasks.toml:2:9\n  |\n\
                   2 | tasks.x.word = ['--password', '*******']\n  |         ^^^^\n  |\n  = hint: the keys here are \
                   `about`, `steps`, `needs`, `flags`, `dir`, `env`, `confirm`, `unless`, `group`, `mode`, `hidden`, `aliases`, `builtin`, `rust`, \
                   `windows`, `linux`, `macos` and `unix`\n";
    sandbox.run("x").is(2, "", excerpt);
}

#[test]
fn the_namespace_of_a_project_may_be_made_of_one() {
    let sandbox = Sandbox::with_docker("cache.namespace = 'project'\n[tasks.build]\nsteps = ['compose build']\n");
    sandbox.file("compose.yaml", "name: shop-${DB_PASSWORD}\nservices:\n  api:\n    build: api\n");
    sandbox.file(".env", "DB_PASSWORD=plant\n");
    let done = sandbox.run("-n build");
    assert!(done.stdout.contains("BUILDKIT_CACHE_MOUNT_NS: \"shop-${DB_PASSWORD}\""), "{done:?}");
    has_none(&done, "-n build");
}
