//! What only looks starts no program that the repository names, and none of its variables chooses one. Below a step that
//! failed, the step's own tools and variables are used.

use crate::doctor::OF_28;
use crate::harness::{Call, Sandbox};

const TASKS: &str = "[tasks.up]\nsteps = ['compose up']\n";
const LOOKING: [&str; 3] = ["doctor", "cache", "-n cache prune --all"];

/// A healthy machine with a compose file, and what docker answers.
fn with(tasks: &str, compose_file: &str) -> Sandbox {
    let sandbox = Sandbox::with_docker(&format!("{tasks}\n{TASKS}"));
    sandbox.plugin_named("docker-buildx");
    sandbox.file("compose.yaml", compose_file);
    sandbox.file("api/Dockerfile", "FROM scratch\n");
    OF_28.script(&sandbox, "docker compose");
    sandbox
}

fn is_compose(call: &Call) -> bool {
    call.words.iter().any(|word| word == "config")
}

#[test]
fn variables_that_change_programs_reach_none() {
    let names = ["LD_PRELOAD", "DOCKER_CONFIG", "BUILDX_BUILDER", "GIT_SSH_COMMAND", "BASH_ENV", "PYTHONPATH"];
    let set: String = names.iter().map(|name| format!("{name} = './evil'\n")).collect();
    let sandbox = with(
        &format!("[env]\n{set}TAG = 'of-tasks'\nUNUSED = 'x'\nCOMPOSE_PROFILES = 'p'\nDOCKER_BUILDKIT = 't'"),
        "services:\n  api:\n    image: 'x:${TAG}-${LD_PRELOAD:-none}'\n",
    );
    for line in LOOKING {
        sandbox.forget_calls();
        let done = sandbox.run(line);
        let said = "not looked at: what `LD_PRELOAD`, `DOCKER_CONFIG`, `BUILDX_BUILDER`, `GIT_SSH_COMMAND`, `BASH_ENV` and \
`PYTHONPATH` of `[env]` changes (only a step gets them)\n";
        assert!(done.code == 0 && format!("{}{}", done.stdout, done.stderr).contains(said), "{done:?}");
        let calls = sandbox.calls();
        assert!(calls.len() > 1 && calls.iter().filter(|call| is_compose(call)).count() == 1, "{calls:?}");
        for call in &calls {
            for name in names.iter().chain(&["UNUSED"]) {
                assert_eq!(call.env(name), None, "{line}: {}", call.line());
            }
            let of_compose = |value| is_compose(call).then_some(value);
            assert_eq!(call.env("TAG"), of_compose("of-tasks"), "{line}: {}", call.line());
            assert_eq!(call.env("COMPOSE_PROFILES"), of_compose("p"), "{line}: {}", call.line());
            // Whatever is read wrongly here, or turned on in `.env`: compose itself fetches nothing then.
            assert_eq!(call.env("COMPOSE_EXPERIMENTAL_GIT_REMOTE"), of_compose("0"), "{line}: {}", call.line());
            assert_eq!(call.env("COMPOSE_EXPERIMENTAL_OCI_REMOTE"), of_compose("0"), "{line}: {}", call.line());
        }
        assert_eq!(calls.iter().find(|call| is_compose(call)).expect("one").env("DOCKER_BUILDKIT"), Some("t"));
    }
}

#[test]
fn another_compose_is_not_started_and_that_is_said() {
    for cli in ["./evil", "compose-by-hand --host tcp://far:1", "docker run image compose", "docker --unknown compose"]
    {
        let sandbox = with(&format!("[compose]\ncli = '{cli}'"), "services: {}\n");
        sandbox.program("compose-by-hand");
        sandbox.program_at(&sandbox.project().join("evil"));
        let program = cli.split(' ').next().expect("a word");
        for line in LOOKING {
            sandbox.forget_calls();
            let done = sandbox.run(line);
            let said = format!(
                "not looked at: the engine that steps use (`{program}` may name another than docker's own, which is looked at)\n"
            );
            assert!(done.code == 0 && format!("{}{}", done.stdout, done.stderr).contains(&said), "{done:?}");
            let called = sandbox.called();
            let is_dockers =
                |call: &String| call.starts_with("docker ") && !call.contains(" run ") && !call.contains("config");
            assert!(!called.is_empty() && called.iter().all(is_dockers), "{called:?}");
        }
    }
}

#[test]
fn a_folder_of_plugins_in_the_project_is_not_heeded() {
    let sandbox = with("[compose]\ncli = 'docker --config dc --context far compose'", "services: {}\n");
    for command in ["version", "info", "buildx inspect", "buildx du", "ps", "compose --profile"] {
        let words: Vec<&str> = ["docker", "--context", "far"].into_iter().chain(command.split(' ')).collect();
        sandbox.on_words(&[&words[..], &["*"]].concat()).out("{}\n");
    }
    for line in ["doctor", "cache"] {
        let done = sandbox.run(line);
        let said = "not looked at: what `--config dc` of `[compose] cli` changes (only a step gets it)\n";
        assert!(format!("{}{}", done.stdout, done.stderr).contains(said), "{done:?}");
    }
    let called = sandbox.called();
    assert!(called.iter().any(|call| call.starts_with("docker --context far compose ")), "{called:?}");
    assert!(called.iter().all(|call| !call.contains("dc ")), "{called:?}");
}

/// `.` and an empty entry of PATH are the folder that a program runs in.
#[test]
fn programs_in_relative_folders_of_path_are_not_started() {
    let sandbox = with("", "services: {}\n");
    let folders = [".".into(), "tools".into(), sandbox.bin()];
    let path = std::env::join_paths(folders.iter().map(std::path::PathBuf::as_path)).expect("a path");
    sandbox.set("PATH", path);
    sandbox.folder("tools");
    for name in ["docker", "tools/docker", "docker-compose", "git"] {
        sandbox.program_at(&sandbox.project().join(name));
    }
    for line in LOOKING {
        sandbox.forget_calls();
        let done = sandbox.run(line);
        let said = "not looked at: programs in relative folders of PATH (only a step looks there)\n";
        assert!(done.code == 0 && format!("{}{}", done.stdout, done.stderr).contains(said), "{done:?}");
        let bin = sandbox.bin().display().to_string();
        for call in sandbox.calls() {
            assert_eq!(call.env("PATH"), Some(bin.as_str()), "{line}: {}", call.line());
        }
        assert!(!sandbox.project().join("calls.txt").exists() && !sandbox.project().join("tools/calls.txt").exists());
    }
}

/// A folder of plugins in the project.
#[test]
fn a_relative_docker_config_is_not_heeded() {
    let sandbox = with("", "services: {}\n");
    sandbox.set("DOCKER_CONFIG", "dc");
    for line in LOOKING {
        sandbox.forget_calls();
        let done = sandbox.run(line);
        let said = "not looked at: the relative folder in DOCKER_CONFIG (only a step looks there)\n";
        assert!(done.code == 0 && format!("{}{}", done.stdout, done.stderr).contains(said), "{done:?}");
        assert!(sandbox.calls().iter().all(|call| call.env("DOCKER_CONFIG").unwrap_or_default().is_empty()));
    }
}

#[cfg(unix)]
#[test]
fn the_text_of_a_linked_tasks_toml_outside_is_not_shown() {
    let sandbox = Sandbox::with("");
    std::fs::write(sandbox.home().join("own"), "colour = planted\n").expect("a file");
    std::fs::remove_file(sandbox.project().join("tasks.toml")).expect("removed");
    std::os::unix::fs::symlink(sandbox.home().join("own"), sandbox.project().join("tasks.toml")).expect("a link");
    let own = sandbox.folder(".git");
    let done = sandbox.run("help");
    assert!(done.code == 2 && done.stderr.contains(" --> tasks.toml:1:"), "{done:?}");
    assert!(done.stderr.contains("1 | ****** * *******\n") && !done.stderr.contains("planted"), "{done:?}");
    // In the same repository it is the repository's.
    std::fs::rename(own, sandbox.home().join(".git")).expect("moved");
    assert!(sandbox.run("help").stderr.contains("colour = planted"));
}

/// Compose 2.40 runs git for such a file; `extends`, an escape and a variable hide none.
#[test]
fn compose_is_not_asked_where_it_would_fetch_files() {
    for (tasks, file) in [
        ("", "include: ['https://example.com/x.git']\nservices: {}\n"),
        ("", "include: ['me@example.com:x/y']\nservices: {}\n"),
        ("", "include: ['oci://example.com/x']\nservices: {}\n"),
        ("", "services: {a: {extends: {service: b, file: github.com/x/y}}}\n"),
        ("", "\"incl\\u0075de\": ['https://example.com/x.git']\nservices: {}\n"),
        ("", "\"incl\\u0075de\": ['https://example.com/x.git']\nservices: {}\n]\n"),
        ("[env]\nWHERE = 'https://example.com/x.git'", "include: ['${WHERE}']\nservices: {}\n"),
        // Compose would not get the variable, and take the default.
        ("[env]\nGIT_X = 'here.yaml'", "include: ['${GIT_X:-https://example.com/x.git}']\nservices: {}\n"),
        ("[compose]\nfiles = ['https://example.com/x.git']", "services: {}\n"),
    ] {
        let sandbox = with(tasks, file);
        sandbox.file("here.yaml", "services: {}\n");
        let done = sandbox.run("doctor");
        let said = "compose might fetch other files, so it is not asked just to look";
        assert!(done.stdout.contains(said), "{file}: {done:?}");
        assert!(sandbox.run("cache").code == 0);
        assert!(!sandbox.calls().iter().any(is_compose), "{file}");
    }
}

/// Where our own files and programs are is the person's choice.
#[test]
fn variables_of_tasks_do_not_move_what_is_kept() {
    let sandbox = Sandbox::with_docker("");
    sandbox.file("compose.yaml", "services: {a: {build: .}}\n");
    let there = sandbox.folder("state").display().to_string();
    sandbox.file("tasks.toml", format!("[env]\nXDG_STATE_HOME = '{there}'\nLOCALAPPDATA = '{there}'\n{TASKS}"));
    let done = sandbox.run("-n build-fresh");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("/xtask/project-") && !done.stdout.contains("/project/state/xtask"), "{done:?}");
}

#[test]
fn a_hint_uses_the_tools_and_variables_of_its_step() {
    let tasks = "[compose]\ncli = 'compose-by-hand'\n[env]\nBUILDX_BUILDER = 'far'\n[tasks.up]\ndir = 'sub'\nenv = { TAG = 'of-task' }\nsteps = ['compose up']\n";
    let sandbox = Sandbox::with_docker(tasks);
    sandbox.plugin_named("docker-buildx");
    sandbox.folder("sub");
    sandbox.program("compose-by-hand");
    sandbox.on("compose-by-hand up").exit(7);
    let config = "services:\n  api:\n    image: x\n    ports: [{target: 80, published: '18477', protocol: tcp}]\n";
    sandbox.on("compose-by-hand --profile * config").out(config);
    sandbox.file("compose.yaml", "services: {}\n");
    let machine = crate::doctor::Machine { ps: "other;demo;0.0.0.0:18477->80/tcp\n", ..OF_28 };
    machine.script(&sandbox, "docker compose");
    let done = sandbox.run("up");
    assert_eq!(done.code, 7, "{done:?}");
    assert!(done.stderr.contains("hint: port 18477 (service `api`) is taken by"), "{done:?}");
    let calls = sandbox.calls();
    let own = calls.iter().filter(|call| call.words[0] == "compose-by-hand").collect::<Vec<_>>();
    assert_eq!(own.len(), 2, "{calls:?}");
    for call in own {
        assert_eq!((call.env("TAG"), call.dir.as_str()), (Some("of-task"), "<T>/home/project/sub"), "{}", call.line());
    }
    let ps = calls.iter().find(|call| call.words[1] == "ps").expect("the containers are asked for");
    assert_eq!((ps.env("BUILDX_BUILDER"), ps.dir.as_str()), (Some("far"), "<T>/home/project/sub"));
}
