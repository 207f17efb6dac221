//! Compose is found and not assumed; what is missing is said before anything runs.

use std::fs;

use crate::harness::Sandbox;

const TASKS: &str = "[tasks.up]\nsteps = ['compose up']\n";

/// Where a machine has docker's plugins for everybody, the search ends there and these cases can't be made.
fn system_has_the_plugin() -> bool {
    let found = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"]
        .iter()
        .any(|dir| std::path::Path::new(dir).join("docker/cli-plugins/docker-compose").is_file());
    let on_windows = ["ProgramData", "ProgramFiles"]
        .iter()
        .filter_map(std::env::var_os)
        .any(|dir| std::path::Path::new(&dir).join("Docker").join("cli-plugins").join("docker-compose.exe").is_file());
    if found || on_windows {
        eprintln!("stepping aside: this machine has compose as a plugin for everybody");
    }
    found || on_windows
}

/// Docker without a plugin file in the person's folder.
fn without_plugin(tasks: &str) -> Sandbox {
    let sandbox = Sandbox::with_docker(tasks);
    fs::remove_dir_all(sandbox.home().join(".docker")).expect("no plugins");
    sandbox
}

#[test]
fn with_the_plugins_file_no_process_runs_before_compose() {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.program("docker-compose");
    sandbox.on("docker compose up").out("up\n");
    sandbox.run("up").is(0, "up\n", "$ docker compose up\n");
    assert_eq!(sandbox.called(), ["docker compose up"]);
}

#[test]
fn the_plugins_file_can_lie_in_docker_config_or_an_extra_folder() {
    let sandbox = without_plugin(TASKS);
    sandbox.on("docker compose up");
    let plugins = sandbox.root().join("config").join("cli-plugins");
    fs::create_dir_all(&plugins).unwrap();
    let plugin = format!("docker-compose{}", crate::harness::EXE);
    fs::write(plugins.join(&plugin), "").unwrap();
    sandbox.set("DOCKER_CONFIG", sandbox.root().join("config"));
    sandbox.run("-q up").is(0, "", "");
    assert_eq!(sandbox.called(), ["docker compose up"]);

    sandbox.forget_calls();
    let extra = sandbox.root().join("extra");
    fs::rename(&plugins, &extra).unwrap();
    let json = format!("{{\"cliPluginsExtraDirs\": [\"{}\"]}}", extra.display().to_string().replace('\\', "/"));
    fs::write(sandbox.root().join("config").join("config.json"), json).unwrap();
    sandbox.run("-q up").is(0, "", "");
    assert_eq!(sandbox.called(), ["docker compose up"]);
}

#[test]
fn a_wrapper_without_plugin_files_is_asked_once() {
    if system_has_the_plugin() {
        return;
    }
    let sandbox = without_plugin("[tasks.up]\nsteps = ['compose build', 'compose up']\n");
    sandbox.on("docker compose version").out("Docker Compose version 2.40.3\n");
    sandbox.on("docker compose *");
    sandbox.run("-q up").is(0, "", "");
    assert_eq!(sandbox.called(), ["docker compose version", "docker compose build", "docker compose up"]);
}

#[test]
fn docker_compose_with_a_dash_is_the_fallback_and_is_never_asked() {
    if system_has_the_plugin() {
        return;
    }
    let sandbox = without_plugin(TASKS);
    sandbox.program("docker-compose");
    sandbox.on("docker compose version").err("docker: 'compose' is not a docker command.\n").exit(1);
    sandbox.on("docker-compose up").exit(0);
    sandbox.run("up").is(0, "", "$ docker-compose up\n");
    assert_eq!(sandbox.called(), ["docker compose version", "docker-compose up"]);
}

#[test]
fn without_docker_the_compose_with_a_dash_is_enough() {
    let sandbox = Sandbox::with_docker(TASKS);
    fs::remove_file(sandbox.bin().join(format!("docker{}", crate::harness::EXE))).unwrap();
    sandbox.program("docker-compose");
    sandbox.on("docker-compose up");
    sandbox.run("up").is(0, "", "$ docker-compose up\n");
}

#[test]
fn the_file_and_the_person_can_choose_the_compose() {
    let sandbox =
        Sandbox::with_docker("[compose]\ncli = 'docker-compose --ansi never'\n[tasks.up]\nsteps = ['compose up']\n");
    sandbox.program("docker-compose");
    sandbox.program("podman");
    sandbox.on("docker-compose --ansi never up");
    sandbox.on("podman compose up");
    sandbox.on("podman a%20b up");
    sandbox.run("up").is(0, "", "$ docker-compose --ansi never up\n");
    sandbox.run_words(&["up", "--compose", "podman compose"]).is(0, "", "$ podman compose up\n");
    assert_eq!(sandbox.called(), ["docker-compose --ansi never up", "podman compose up"]);
    for bad in ["", "a | b", "{args}", "'"] {
        sandbox.run_words(&["up", "--compose", bad]).is(
            2,
            "",
            &format!("error: `--compose` can't be `{bad}`\nhint: for example: --compose \"docker compose\"\n"),
        );
    }
}

#[test]
fn no_docker_and_no_compose_are_two_messages() {
    let sandbox = Sandbox::with_docker("[tasks.up]\nsteps = ['compose up']\n[tasks.ps]\nsteps = ['docker ps']\n");
    let docker = sandbox.bin().join(format!("docker{}", crate::harness::EXE));
    fs::remove_file(&docker).unwrap();
    let get = if cfg!(target_os = "linux") {
        "install it: https://docs.docker.com/engine/install/"
    } else {
        "install Docker Desktop: https://docs.docker.com/get-docker/"
    };
    let no_docker = format!("error: docker is not installed, or not on PATH\nhint: {get}\n");
    sandbox.run("up").is(2, "", &no_docker);
    sandbox.run("ps").is(2, "", &no_docker);
    if system_has_the_plugin() {
        return;
    }
    let sandbox = without_plugin(TASKS);
    sandbox.on("docker compose version").exit(1);
    let get = if cfg!(target_os = "linux") {
        "install docker's plugin `docker-compose-plugin`: https://docs.docker.com/compose/install/linux/"
    } else {
        "install Docker Desktop, which includes it: https://docs.docker.com/get-docker/"
    };
    sandbox.run("up").is(2, "", &format!("error: docker is installed, but compose is not\nhint: {get}\n"));
}

#[test]
fn an_engine_that_is_down_is_said_before_anything_runs() {
    let sandbox =
        Sandbox::with_docker("[tasks.up]\nsteps = ['tool', 'compose up']\n[tasks.ps]\nsteps = ['docker ps']\n");
    // A port that was free a moment ago: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let host = format!("tcp://127.0.0.1:{port}");
    sandbox.set("DOCKER_HOST", &host);
    let unset = if cfg!(windows) { "Remove-Item Env:" } else { "unset " };
    let message = format!(
        "error: docker's engine is not running: nothing is listening at `{host}`
hint: DOCKER_HOST points to it: start that engine, or use another: {unset}DOCKER_HOST
"
    );
    sandbox.run("up").is(2, "", &message);
    sandbox.run("ps").is(2, "", &message);
    assert_eq!(sandbox.called(), [""; 0]);
}

#[test]
fn a_context_that_is_down_is_named() {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.unset("DOCKER_HOST");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let meta = sandbox.home().join(".docker/contexts/meta/abc");
    fs::create_dir_all(&meta).unwrap();
    let json = format!(r#"{{"Name":"far","Endpoints":{{"docker":{{"Host":"tcp://127.0.0.1:{port}"}}}}}}"#);
    fs::write(meta.join("meta.json"), json).unwrap();
    fs::write(sandbox.home().join(".docker/config.json"), r#"{"currentContext":"far"}"#).unwrap();
    let message = format!(
        "error: docker's engine is not running: nothing is listening at `tcp://127.0.0.1:{port}`
hint: the context `far` points to it: start that engine, or use another: docker context use default
"
    );
    sandbox.run("up").is(2, "", &message);
    // The one that the line names, whatever else is there.
    sandbox.engine(crate::harness::PING_OF_28);
    let message = format!(
        "error: docker's engine is not running: nothing is listening at `tcp://127.0.0.1:{port}`
hint: the option `--context far` points to it: start that engine, or use another: leave out the option `--context far` \
(`[compose] cli`, `--compose` or the step has it)
"
    );
    sandbox.run_words(&["--compose", "docker --context far compose", "up"]).is(2, "", &message);
    assert_eq!(sandbox.called(), [""; 0]);
    sandbox.unset("DOCKER_HOST");
    sandbox.set("DOCKER_CONTEXT", "unknown");
    sandbox.on("docker compose up").err("docker knows better\n").exit(1);
    crate::doctor::OF_28.script(&sandbox, "docker compose");
    let hint = "docker's context `unknown` does not exist: docker context ls lists them; choose another:";
    let unset = if cfg!(windows) { "Remove-Item Env:" } else { "unset " };
    sandbox.run("-q up").is(1, "", &format!("docker knows better\nhint: {hint} {unset}DOCKER_CONTEXT\n"));
}

/// Unix alone: elsewhere docker has no socket in a folder.
#[cfg(unix)]
#[test]
fn a_socket_that_is_not_there_or_not_ours_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_docker(TASKS);
    // The path of a socket is short, and that of a test's folder is not.
    let folder = std::env::temp_dir().join(format!("xtask-it-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let socket = folder.join("s");
    let host = format!("unix://{}", socket.display());
    sandbox.set("DOCKER_HOST", &host);
    sandbox.run("up").is(
        2,
        "",
        &format!(
            "error: docker's engine is not running: nothing is listening at `{host}`
hint: DOCKER_HOST points to it: start that engine, or use another: unset DOCKER_HOST
"
        ),
    );
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o000)).unwrap();
    // SAFETY: geteuid has no preconditions.
    let is_root = unsafe { libc::geteuid() } == 0;
    let done = if is_root {
        // Root may open everything: become nobody, who must reach the binary and the project.
        let Some(setpriv) =
            ["/usr/bin/setpriv", "/bin/setpriv"].iter().find(|path| std::path::Path::new(path).exists())
        else {
            return eprintln!("stepping aside: root can open every socket, and there is no setpriv");
        };
        let (binary, project) = (folder.join("xtask"), folder.join("project"));
        fs::create_dir_all(&project).unwrap();
        fs::hard_link(crate::harness::xtask(), &binary)
            .or_else(|_| fs::copy(crate::harness::xtask(), &binary).map(drop))
            .unwrap();
        fs::write(project.join("tasks.toml"), TASKS).unwrap();
        fs::write(project.join("compose.yaml"), "services: {}\n").unwrap();
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).unwrap();
        sandbox.program_at(&bin.join("docker"));
        sandbox.set("PATH", &bin);
        sandbox.set("DOCKER_CONFIG", &project);
        fs::create_dir_all(project.join("cli-plugins")).unwrap();
        fs::write(project.join("cli-plugins/docker-compose"), "").unwrap();
        let mut command = sandbox.command_of(std::path::Path::new(setpriv));
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&binary).arg("up").current_dir(&project);
        sandbox.finish(&mut command)
    } else {
        sandbox.run("up")
    };
    let hint = if cfg!(target_os = "linux") {
        "add yourself to the socket's group, then log in again: sudo usermod -aG docker \"$USER\""
    } else {
        "start Docker Desktop from your own account, or ask to be added to the group `docker-users`"
    };
    done.is(2, "", &format!("error: no permission to talk to docker's engine at `{host}`\nhint: {hint}\n"));
    drop(listener);
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn commands_that_only_read_files_need_no_engine() {
    let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose config', 'docker version', 'compose {args}']\n");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    sandbox.set("DOCKER_HOST", format!("tcp://127.0.0.1:{port}"));
    sandbox.on("docker *");
    sandbox.run("-q t -- up --help").is(0, "", "");
    assert_eq!(sandbox.called(), ["docker compose config", "docker version", "docker compose up --help"]);
}

#[test]
fn a_compose_file_that_is_missing_is_shown_in_the_file() {
    let sandbox =
        Sandbox::with_docker("[compose]\nfiles = ['deploy/compose.yaml']\n[tasks.up]\nsteps = ['compose up']\n");
    let message = |hint: &str| {
        format!(
            "error: there is no compose file `deploy/compose.yaml`
 --> tasks.toml:2:10
  |
2 | files = ['deploy/compose.yaml']
  |          ^^^^^^^^^^^^^^^^^^^^^
  |
  = hint: {hint}
"
        )
    };
    sandbox.run("up").is(2, "", &message("`compose.yaml` is there"));
    fs::remove_file(sandbox.project().join("compose.yaml")).unwrap();
    sandbox.run("up").is(2, "", &message("paths are from the folder of tasks.toml"));
}

#[test]
fn without_files_compose_must_find_one_itself() {
    let sandbox = Sandbox::with_docker(TASKS);
    fs::remove_file(sandbox.project().join("compose.yaml")).unwrap();
    let hint = "write a compose.yaml, or name yours in tasks.toml: [compose] files = [\"path/to/compose.yaml\"]";
    let missing = format!("error: there is no compose file in `<T>/home/project` or above\nhint: {hint}\n");
    sandbox.run("up").is(2, "", &missing);
    sandbox.on("docker compose up");
    for name in ["compose.yml", "docker-compose.yml", "docker-compose.yaml"] {
        let path = sandbox.file(name, "services: {}\n");
        sandbox.run("-q up").is(0, "", "");
        fs::remove_file(path).unwrap();
    }
    // The person, or compose's own `.env`, names another.
    sandbox.set("COMPOSE_FILE", "other.yaml");
    sandbox.run("-q up").is(0, "", "");
    sandbox.unset("COMPOSE_FILE");
    let env = sandbox.file(".env", "COMPOSE_FILE=other.yaml\n");
    sandbox.run("-q up").is(0, "", "");
    fs::remove_file(env).unwrap();
    sandbox.run("up").is(2, "", &missing);
}

/// Compose 2 finds the containers of a named project by their labels.
#[test]
fn a_named_project_needs_no_file_where_compose_needs_none() {
    let sandbox = Sandbox::with_docker(
        "[tasks.ps]\nsteps = ['compose -p demo ps']\n[tasks.down]\nsteps = ['compose down']\n\
         [tasks.up]\nsteps = ['compose -p demo up']\n",
    );
    fs::remove_file(sandbox.project().join("compose.yaml")).unwrap();
    sandbox.on("docker *");
    sandbox.run("ps").is(0, "", "$ docker compose -p demo ps\n");
    assert_eq!(sandbox.run("down").code, 2, "nothing names the project");
    sandbox.set("COMPOSE_PROJECT_NAME", "demo");
    sandbox.run("down").is(0, "", "$ docker compose down\n");
    let missing = "error: there is no compose file in `<T>/home/project` or above\n";
    let done = sandbox.run("up");
    assert!(done.code == 2 && done.stderr.starts_with(missing), "{done:?}");
}

#[test]
fn compose_looks_for_its_file_where_the_project_directory_is() {
    let sandbox = Sandbox::with_docker(
        "[tasks.up]\nsteps = ['compose --project-directory {place} up']\nflags.place = { value = 'DIR', words = ['{value}'], default = 'deploy' }\n",
    );
    fs::remove_file(sandbox.project().join("compose.yaml")).unwrap();
    sandbox.file("deploy/compose.yaml", "services: {}\n");
    sandbox.on("docker *");
    sandbox.run("up").is(0, "", "$ docker compose --project-directory deploy up\n");
    let done = sandbox.run("up --place other");
    let missing = "error: there is no compose file in `<T>/home/project/other` or above\n";
    assert!(done.code == 2 && done.stderr.starts_with(missing), "{done:?}");
}

#[test]
fn what_the_named_files_turn_off_is_said() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['deploy/compose.yaml']\n[tasks.up]\nsteps = ['compose ps', 'compose up']\n",
    );
    sandbox.file("deploy/compose.yaml", "services: {}\n");
    let over = sandbox.file("deploy/compose.override.yml", "services: {}\n");
    sandbox.set("COMPOSE_FILE", "x.yaml");
    sandbox.on("docker *");
    let warnings = "\
warning: COMPOSE_FILE is set and has no effect: `[compose] files` in tasks.toml names the files
warning: `deploy/compose.override.yml` has no effect: `[compose] files` in tasks.toml names the files
hint: add it there, last
";
    sandbox.run("-q up").is(0, "", warnings);
    sandbox.unset("COMPOSE_FILE");
    fs::remove_file(over).unwrap();
    sandbox.run("-q up").is(0, "", "");
    sandbox.file("compose.override.yaml", "services: {}\n");
    sandbox.run("-q up").is(0, "", "");
}

#[test]
fn an_override_file_that_is_named_has_its_effect() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['compose.yaml', 'compose.override.yaml']\n[tasks.up]\nsteps = ['compose up']\n",
    );
    sandbox.file("compose.override.yaml", "services: {}\n");
    sandbox.on("docker *");
    sandbox.run("-q up").is(0, "", "");
}

#[test]
fn an_override_file_is_the_same_however_it_is_written() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['compose.yaml', './compose.override.yaml']\n[tasks.up]\nsteps = ['compose up']\n",
    );
    sandbox.file("compose.override.yaml", "services: {}\n");
    sandbox.on("docker *");
    sandbox.run("-q up").is(0, "", "");
}

#[test]
fn a_project_name_that_has_no_effect_is_said() {
    let sandbox = Sandbox::with_docker("[compose]\nproject = 'p1'\n[tasks.up]\nsteps = ['compose up']\n");
    sandbox.on("docker compose -p p1 up");
    sandbox.set("COMPOSE_PROJECT_NAME", "p1");
    sandbox.run("-q up").is(0, "", "");
    sandbox.set("COMPOSE_PROJECT_NAME", "mine");
    let warning =
        "warning: COMPOSE_PROJECT_NAME is set and has no effect: `[compose] project` in tasks.toml names the project\n";
    sandbox.run("-q up").is(0, "", warning);
}

#[test]
fn a_step_can_name_its_files_and_project_with_joined_values() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nproject = 'p1'\nfiles = ['compose.yaml']\n[tasks.t]\nsteps = ['compose -ftwo.yaml -pmine config']\n",
    );
    sandbox.on("docker compose -ftwo.yaml -pmine config");
    sandbox.run("-q t").is(0, "", "");
}

/// The address of nobody: a port that was free a moment ago.
fn nobody() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("tcp://127.0.0.1:{port}")
}

fn without_docker(sandbox: &Sandbox) {
    fs::remove_file(sandbox.bin().join(format!("docker{}", crate::harness::EXE))).unwrap();
}

#[test]
fn anothers_compose_needs_neither_docker_nor_its_engine() {
    for tasks in [TASKS.to_owned(), format!("[compose]\ncli = 'podman compose'\n{TASKS}")] {
        let sandbox = Sandbox::with_docker(&tasks);
        without_docker(&sandbox);
        sandbox.set("DOCKER_HOST", nobody());
        sandbox.program("podman");
        sandbox.on("podman compose up").out("up\n");
        let words: &[&str] = if tasks.contains("cli") { &["up"] } else { &["--compose", "podman compose", "up"] };
        sandbox.run_words(words).is(0, "up\n", "$ podman compose up\n");
        assert_eq!(sandbox.called(), ["podman compose up"]);
    }
}

#[test]
fn a_compose_that_is_not_there_is_said_before_anything_runs() {
    let steps = "[tasks.up]\nsteps = ['tool', 'compose up', 'compose config']\n";
    let message = "error: there is no program `podmann` to call compose with
hint: --compose or `[compose] cli` names it; leave them out and it is found
";
    let sandbox = Sandbox::with_docker(steps);
    sandbox.program("tool");
    sandbox.run_words(&["--compose", "podmann compose", "up"]).is(2, "", message);
    sandbox.file("tasks.toml", format!("[compose]\ncli = 'podmann'\n{steps}"));
    sandbox.run("up").is(2, "", message);
    assert_eq!(sandbox.called(), [""; 0]);
}

/// The same when it is docker's own: what is missing is the program, whatever the engine does.
#[test]
fn dockers_own_compose_that_is_named_and_not_there_is_no_engine_that_is_down() {
    let sandbox = Sandbox::with_docker(TASKS);
    without_docker(&sandbox);
    for host in [None, Some(nobody())] {
        if let Some(host) = host {
            sandbox.set("DOCKER_HOST", host);
        }
        let done = sandbox.run_words(&["--compose", "docker compose", "up"]);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.stderr.starts_with("error: docker is not installed, or not on PATH\nhint: "), "{done:?}");
        let done = sandbox.run_words(&["--compose", "docker-compose", "up"]);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(
            done.stderr.starts_with("error: there is no program `docker-compose` to call compose with\n"),
            "{done:?}"
        );
    }
}

#[test]
fn an_engine_that_the_words_name_is_not_taken_for_the_default_one() {
    let healthy = crate::wait::look("running", 0, "healthy", "");
    for (cli, step) in [("docker --context far compose", "up -d"), ("docker compose", "--context far up -d")] {
        let tasks = format!("[compose]\ncli = '{cli}'\n[tasks.up]\nsteps = ['compose {step}']\n");
        let sandbox = Sandbox::with_docker(&tasks);
        sandbox.set("DOCKER_HOST", nobody());
        let ps = step.replace("up -d", "ps -a -q");
        sandbox.on(&format!("{cli} {step}")).exit(0);
        sandbox.on(&format!("{cli} {ps}")).out("a1\n");
        sandbox.on(&format!("{cli} {}", ps.replace("ps -a -q", "config --services"))).out("api\n");
        sandbox.on("docker --context far inspect *").out(&healthy);
        sandbox.run("-q up").is(0, "", "");
        let calls = sandbox.called();
        assert_eq!(calls.len(), 4, "{calls:?}");
        assert_eq!(calls[..2], [format!("{cli} {step}"), format!("{cli} {ps}")]);
        assert!(calls[2].starts_with("docker --context far inspect --type container --format "), "{calls:?}");
    }
}

#[test]
fn every_address_of_the_engines_name_is_tried() {
    let sandbox = Sandbox::with_docker(TASKS);
    // The engine of these tests listens on 127.0.0.1 alone; `localhost` is `::1` first on many machines.
    let engine = sandbox.command();
    let host = engine.get_envs().find(|(name, _)| *name == "DOCKER_HOST").and_then(|(_, value)| value);
    let host = host.and_then(|host| host.to_str()).expect("an engine").replace("127.0.0.1", "localhost");
    sandbox.set("DOCKER_HOST", host);
    sandbox.on("docker compose up").exit(0);
    sandbox.run("-q up").is(0, "", "");
}

#[test]
fn where_an_env_file_may_name_the_files_compose_looks_itself() {
    let sandbox = Sandbox::with_docker("[tasks.up]\nsteps = ['compose {args}']\n");
    fs::remove_file(sandbox.project().join("compose.yaml")).unwrap();
    sandbox.on("docker compose *");
    for line in ["--env-file x up", "--env-file=x up"] {
        sandbox.run(&format!("-q up -- {line}")).is(0, "", "");
    }
    assert_eq!(sandbox.run("-q up -- up").code, 2);
    sandbox.set("COMPOSE_ENV_FILES", "x");
    sandbox.run("-q up -- up").is(0, "", "");
    assert_eq!(
        sandbox.called(),
        ["docker compose --env-file x up", "docker compose --env-file=x up", "docker compose up"]
    );
}

#[test]
fn files_that_are_no_paths_are_passed_as_they_are() {
    for file in ["-", "oci://registry.example/stack:1", "https://example.org/stack.git"] {
        let sandbox = Sandbox::with_docker(&format!(
            "[compose]\nfiles = ['{file}']\n[tasks.up]\nsteps = ['compose up']\n[tasks.below]\ndir = 'below'\nsteps = ['compose up']\n"
        ));
        sandbox.folder("below");
        sandbox.on_words(&["docker", "compose", "-f", file, "up"]).act("stdin", "");
        for task in ["up", "below"] {
            let input = if file == "-" { "services: {}\n" } else { "" };
            sandbox.run_with_input(&format!("-q {task}"), input.as_bytes()).is(0, input, "");
        }
        assert_eq!(sandbox.calls()[1].dir, "<T>/home/project/below");
    }
}

#[test]
fn another_project_directory_keeps_the_files_of_tasks_toml() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['compose.yaml']\n[tasks.up]\nsteps = ['compose --project-directory . up', 'compose --project-directory=. up']\n",
    );
    sandbox.on("docker *");
    sandbox.run("-q up").is(0, "", "");
    let expected = ["--project-directory . up", "--project-directory=. up"]
        .map(|rest| format!("docker compose -f compose.yaml {rest}"));
    assert_eq!(sandbox.called(), expected);
}

#[test]
fn compose_file_in_the_env_file_beside_the_first_file_is_said_without_its_value() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['deploy/compose.yaml']\n[tasks.up]\nsteps = ['compose up']\n[tasks.t]\nsteps = ['tool']\n",
    );
    sandbox.file("deploy/compose.yaml", "services: {}\n");
    sandbox.program("tool");
    sandbox.on("tool");
    sandbox.on("docker compose -f deploy/compose.yaml up");
    let warning =
        "warning: COMPOSE_FILE in `deploy/.env` has no effect: `[compose] files` in tasks.toml names the files\n";
    for text in ["SECRET=a\nCOMPOSE_FILE=hunter2.yaml\n", "  export COMPOSE_FILE = hunter2.yaml\n"] {
        sandbox.file("deploy/.env", text);
        sandbox.run("-q up").is(0, "", warning);
    }
    // Nothing of compose runs; and what only looks like it.
    sandbox.run("-q t").is(0, "", "");
    for text in ["# COMPOSE_FILE=x\n", "MY_COMPOSE_FILE=x\n", "COMPOSE_FILES=x\n", "COMPOSE_FILE_X=x\n"] {
        sandbox.file("deploy/.env", text);
        sandbox.run("-q up").is(0, "", "");
    }
    // The one of another folder is not compose's.
    fs::remove_file(sandbox.project().join("deploy/.env")).unwrap();
    sandbox.file(".env", "COMPOSE_FILE=x\n");
    sandbox.run("-q up").is(0, "", "");
}
