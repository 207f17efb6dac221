//! The repository's own tasks: what replaces the Makefile.

use crate::harness::{Sandbox, shipped_tasks};

/// The repository's tasks.toml, with docker.
fn shipped() -> Option<Sandbox> {
    let sandbox = Sandbox::with_docker(&shipped_tasks()?);
    sandbox.file("example/compose.yaml", "services: {}\n");
    Some(sandbox)
}

const COMPOSE: &str = "docker compose -f example/compose.yaml -p xtask-example";

#[test]
fn dev_takes_its_flags_alone_and_together() {
    let Some(sandbox) = shipped() else { return };
    let rows = [
        ("dev", "build", "up"),
        ("dev -d", "build", "up --detach"),
        ("dev --detached", "build", "up --detach"),
        ("dev --no-cache", "build --no-cache", "up"),
        ("dev --pull", "build --pull", "up"),
        ("dev --pull --no-cache", "build --no-cache --pull", "up"),
        ("dev -d --no-cache", "build --no-cache", "up --detach"),
        ("dev --pull -d", "build --pull", "up --detach"),
        ("dev --detached --no-cache --pull", "build --no-cache --pull", "up --detach"),
        ("dev -- api", "build", "up api"),
        ("dev -d -- --wait api", "build", "up --detach --wait api"),
    ];
    sandbox.on("docker compose *");
    for (typed, build, up) in rows {
        sandbox.forget_calls();
        sandbox.run(typed).is(0, "", &format!("$ {COMPOSE} {build}\n$ {COMPOSE} {up}\n"));
        let mut expected = vec![format!("{COMPOSE} {build}"), format!("{COMPOSE} {up}")];
        if up == "up --detach" {
            expected.push(format!("{COMPOSE} ps -a -q"));
        }
        assert_eq!(sandbox.called(), expected, "{typed}");
    }
}

#[test]
fn a_build_that_fails_starts_nothing() {
    let Some(sandbox) = shipped() else { return };
    sandbox.file("api/Dockerfile", "FROM x:1.2\n");
    sandbox.on(&format!("{COMPOSE} build")).err("failed to solve\n").exit(17);
    crate::doctor::OF_28.script(&sandbox, COMPOSE);
    sandbox.run("dev -d").is(
        17,
        "",
        &format!("$ {COMPOSE} build\nfailed to solve\nerror: step 1 of 2 (task `build`) ended with exit code 17\n"),
    );
}

/// The commands of the other tasks, as a dry run shows them.
#[test]
fn every_shipped_task_runs_what_the_readme_says() {
    let Some(sandbox) = shipped() else { return };
    let rows = [
        ("build", "build"),
        ("build --no-cache --pull", "build --no-cache --pull"),
        ("build -- api", "build api"),
        ("build-fresh --drop-caches", "build --no-cache"),
        ("build-fresh --drop-caches --pull --service api -- worker", "build --no-cache --pull api worker"),
        ("down", "down"),
        ("down --volumes", "down --volumes"),
        ("logs", "logs"),
        ("logs -f --tail 20 -- api", "logs --follow --tail 20 api"),
        ("ps", "ps"),
        ("ps -- -a", "ps -a"),
        ("restart", "restart"),
        ("restart -- api", "restart api"),
        ("shell", "exec api bash"),
        ("shell -- -c 'ls'", "exec api bash -c ls"),
    ];
    for (typed, expected) in rows {
        let words: Vec<String> = typed.split(' ').map(|word| word.replace('\'', "")).collect();
        let words: Vec<&str> = ["-n"].into_iter().chain(words.iter().map(String::as_str)).collect();
        sandbox.run_words(&words).is(0, &format!("{}\n", dry(&[], expected)), "");
    }
    let done = sandbox.run("-n build-fresh --pull -- api");
    let last = done.stdout.lines().last().unwrap_or_default();
    // A file of ours is added, in front of the command.
    let (before, after) = last.split_once("xtask-example -f ").expect("a file of ours");
    let line =
        format!("{before}xtask-example {}", after.split_once(".yaml").expect("its name").1.trim_matches(['\'', ' ']));
    assert_eq!((done.code, line), (0, dry(&[], "build --pull api")), "{done:?}");
    sandbox.run("-n build --target production").is(
        0,
        &format!("{}\n", dry(&[("BUILD_TARGET", "production")], "build")),
        "",
    );
    assert_eq!(sandbox.called(), [""; 0], "a dry run starts nothing");
}

/// A dry run's line.
fn dry(typed: &[(&str, &str)], words: &str) -> String {
    let ours = [("DOCKER_BUILDKIT", "1"), ("COMPOSE_DOCKER_CLI_BUILD", "1")];
    let (mut before, mut after) = (String::new(), String::new());
    for (index, (name, value)) in typed.iter().chain(&ours).enumerate() {
        if cfg!(windows) {
            before.push_str(&format!("$was{index} = ${{env:{name}}}; ${{env:{name}}} = '{value}'; "));
            after.push_str(&format!("${{env:{name}}} = $was{index}; "));
        } else {
            before.push_str(&format!("{name}={value} "));
        }
    }
    let command = format!("{COMPOSE} {words}");
    if cfg!(windows) {
        format!("{before}try {{ {command} }} finally {{ {after}}}")
    } else {
        format!("{before}{command}")
    }
}

#[test]
fn powershells_habits_are_answered() {
    let Some(sandbox) = shipped() else { return };
    for (typed, meant) in [
        ("dev -Detached", "detached"),
        ("dev -detached", "detached"),
        ("dev -NoCache", "no-cache"),
        ("dev -Pull", "pull"),
        ("dev -NoCache:$true", "no-cache"),
        ("build -Target prod", "target"),
        ("dev -DryRun", "dry-run"),
        ("-DryRun dev", "dry-run"),
    ] {
        let word = typed
            .split(' ')
            .find(|word| word.starts_with('-'))
            .and_then(|word| word.split(':').next())
            .expect("a flag");
        sandbox.run(typed).is(
            2,
            "",
            &format!("error: unexpected argument `{word}`\nhint: did you mean `--{meant}`?\n"),
        );
    }
    // Behind `--` nothing is ours.
    sandbox.on("docker compose *");
    assert_eq!(sandbox.run("-q dev -- -Pull").code, 0);
    assert_eq!(sandbox.called()[1], format!("{COMPOSE} up -Pull"));
}

#[test]
fn the_nearest_name_is_offered() {
    let Some(sandbox) = shipped() else { return };
    let rows = [
        ("dve", "no task is called `dve`", "did you mean `dev`?"),
        ("biuld", "no task is called `biuld`", "did you mean `build`?"),
        ("buildfresh", "no task is called `buildfresh`", "did you mean `build-fresh`?"),
        ("completion", "no task is called `completion`", "did you mean `completions`?"),
        ("frobnicate", "no task is called `frobnicate`", "list the tasks: xtask help"),
        ("help dve", "no task is called `dve`", "did you mean `dev`?"),
        ("dev --detatched", "unexpected argument `--detatched`", "did you mean `--detached`?"),
        ("dev --dryrun", "unexpected argument `--dryrun`", "did you mean `--dry-run`?"),
        ("dev --zzzzz", "unexpected argument `--zzzzz`", "to pass it on, put `--` before it: xtask dev -- --zzzzz"),
        ("dev -x", "unexpected argument `-x`", "to pass it on, put `--` before it: xtask dev -- -x"),
        (
            "build-fresh --zzzzz",
            "unexpected argument `--zzzzz`",
            "to pass it on, put `--` before it: xtask build-fresh -- --zzzzz",
        ),
        ("help --zzzzz", "unexpected argument `--zzzzz`", "see its flags: xtask help --help"),
        ("completions", "`<SHELL>` is missing", "see its flags: xtask completions --help"),
        ("completions tcsh", "`tcsh` is not a value for `<SHELL>`", "did you mean `zsh`?"),
        ("dev --pull=yes", "`--pull` takes no value, and got `yes`", "see its flags: xtask dev --help"),
        ("logs api", "unexpected argument `api`", "to pass it on, put `--` before it: xtask logs -- api"),
        ("help dev build", "unexpected argument `build`", "see its flags: xtask help --help"),
        ("--color purple dev", "`purple` is not a value for `--color <WHEN>`", "use `auto`, `always` or `never`"),
    ];
    for (typed, message, hint) in rows {
        sandbox.run(typed).is(2, "", &format!("error: {message}\nhint: {hint}\n"));
    }
}

#[test]
fn words_for_a_task_that_takes_none_are_refused() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
    let hint = "hint: see its flags: xtask t --help\n";
    sandbox.run("t x").is(2, "", &format!("error: unexpected argument `x`\n{hint}"));
    sandbox.run("t -- x").is(2, "", &format!("error: unexpected argument `x`\n{hint}"));
}
