//! After `compose up --detach`: the wait for the services, and where they are.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::harness::{Done, Sandbox};

pub const UP: &str = "[compose]\nwait = 60\n[tasks.up]\nsteps = ['compose up --detach {args}']\n";

/// What docker says of a container `a1`, in the form that `docker_output.rs` asks for.
pub fn look(status: &str, exit_code: i32, health: &str, ports: &str) -> String {
    format!("a1;/demo-api-1;api;False;{status};{exit_code};0;{health};{ports}")
}

/// A stack of one container that looks, one look after the other, like these.
fn stack(tasks: &str, looks: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_docker(tasks);
    sandbox.on("docker compose up --detach").exit(0);
    sandbox.on("docker compose ps -a -q").out("a1\n");
    sandbox.on("docker compose config --services").out("api\n");
    for look in looks {
        sandbox.on("docker inspect *").out(&format!("{look}\n"));
    }
    sandbox
}

fn up(looks: &[&str]) -> Done {
    stack(UP, looks).run("-q up")
}

/// A stack whose `migrate` ended with 3 while `api` runs, or was never started.
fn with_a_dependency(up: i32, depends: &str, api: &str) -> Sandbox {
    let migrate = look("exited", 3, "", "").replace("a1", "e1").replace("api", "migrate");
    let sandbox = Sandbox::with_docker(UP);
    sandbox.on("docker compose up --detach").exit(up);
    sandbox.on("docker compose ps -a -q").out("a1\ne1\n");
    sandbox.on("docker compose config --services").out("api\nmigrate\n");
    sandbox.file("compose.yaml", format!("services:\n  migrate: {{ image: x }}\n  api:\n    image: x\n    depends_on:\n      migrate: {{ condition: service_completed_successfully{depends} }}\n"));
    sandbox.on("docker inspect *").out(&format!("{migrate}\n{api}\n"));
    sandbox.on("docker logs --tail 20 e1").out("no database\n");
    sandbox
}

#[test]
fn a_dependency_that_nobody_requires_may_end_badly() {
    let sandbox = with_a_dependency(0, ", required: false", &look("running", 0, "healthy", ""));
    let warning = "warning: service `migrate` ended with exit code 3, and no service requires it; its last lines:\n  | no database\n";
    sandbox.run("-q up").is(0, "", warning);
    // Whoever names it wants it.
    sandbox.on("docker compose up --detach api migrate").exit(0);
    sandbox.on("docker compose ps -a -q api migrate").out("a1\ne1\n");
    let error = "error: service `migrate` ended with exit code 3; its last lines:\n  | no database\n";
    sandbox.run("-q up -- api migrate").is(1, "", error);
    let required = with_a_dependency(0, "", &look("running", 0, "healthy", ""));
    required.run("-q up").is(1, "", error);
}

#[test]
fn what_ended_before_a_failed_up_shows_its_last_lines() {
    let failed = |api: &str| {
        let sandbox = with_a_dependency(1, "", api);
        crate::doctor::OF_28.script(&sandbox, "docker compose");
        sandbox.run("-q up")
    };
    let error = "error: service `migrate` ended with exit code 3; its last lines:\n  | no database\n";
    failed(&look("created", 0, "", "")).is(1, "", error);
    // It ended with 3 some other time.
    failed(&look("running", 0, "", "")).is(1, "", "");
}

#[test]
fn a_healthy_service_is_ready_at_once() {
    let sandbox = stack(UP, &[&look("running", 0, "healthy", "")]);
    sandbox.run("up").is(0, "", "$ docker compose up --detach\n");
    let calls = sandbox.calls();
    assert_eq!(calls.len(), 4, "{calls:?}");
    assert_eq!(calls[2].words[..5], ["docker", "inspect", "--type", "container", "--format"]);
    assert_eq!(calls[2].words[6..], ["a1"]);
    // The questions are asked with the same variables, in the same folder.
    assert!(calls.iter().all(|call| call.env("DOCKER_BUILDKIT") == Some("1") && call.dir == "<T>/home/project"));
}

#[test]
fn a_starting_service_is_waited_for() {
    let starting = look("running", 0, "starting", "");
    let created = look("created", 0, "", "");
    let healthy = look("running", 0, "healthy", "");
    up(&[&created, &starting, &starting, &healthy]).is(0, "", "");
}

#[test]
fn a_service_without_a_health_check_is_ready_when_it_keeps_running() {
    up(&[&look("running", 0, "", "")]).is(0, "", "");
}

#[test]
fn a_service_that_ended_with_0_is_ready() {
    up(&[&look("exited", 0, "", "")]).is(0, "", "");
}

#[test]
fn a_service_that_died_shows_its_last_lines() {
    let sandbox = stack(UP, &[&look("running", 0, "", ""), &look("exited", 7, "", "")]);
    sandbox.on("docker logs --tail 20 a1").out("on stdout\n").err("on stderr\n");
    let last = "  | on stdout\n  | on stderr\n";
    sandbox.run("-q up").is(1, "", &format!("error: service `api` ended with exit code 7; its last lines:\n{last}"));
}

#[test]
fn an_unhealthy_service_shows_its_last_lines() {
    let sandbox = stack(UP, &[&look("running", 0, "unhealthy", "")]);
    sandbox.on("docker logs --tail 20 a1").exit(0);
    sandbox.run("-q up").is(1, "", "error: service `api` is unhealthy; its last lines:\n  | (it printed nothing)\n");
}

#[test]
fn time_runs_out() {
    let tasks = UP.replace("wait = 60", "wait = 1");
    let sandbox = stack(&tasks, &[&look("running", 0, "starting", "")]);
    sandbox.on("docker logs --tail 20 a1").out("loading\n");
    let last = "the last lines of service `api`:\n  | loading\n";
    sandbox.run("-q up").is(1, "", &format!("error: not ready after 1 s: `api` (starting)\n{last}"));
}

#[test]
fn a_service_that_restarts_again_and_again_is_not_ready() {
    let tasks = UP.replace("wait = 60", "wait = 1");
    let again = "service `api` ended and was restarted; its last lines:\n  | boom\n";
    let not_ready = "error: not ready after 1 s: `api` (restarting)\n";
    let sandbox = stack(&tasks, &[&look("restarting", 3, "", "")]);
    sandbox.on("docker logs --tail 20 a1").out("boom\n");
    sandbox.run("-q up").is(1, "", &format!("{not_ready}{again}"));
    // Its lines are shown as soon as that is seen, and once. On a busy machine the first look takes its time.
    let patient = stack(&UP.replace("wait = 60", "wait = 4"), &[&look("restarting", 3, "", "")]);
    patient.on("docker logs --tail 20 a1").out("boom\n");
    let not_ready = not_ready.replace("1 s", "4 s");
    let early = patient.run("up");
    let shown = [format!("$ docker compose up --detach\n{again}"), not_ready];
    assert!(early.stderr.starts_with(&shown[0]) && early.stderr.ends_with(&shown[1]), "{early:?}");
    assert_eq!(early.stderr.matches("boom").count(), 1, "{early:?}");
    // Between two restarts it runs.
    let seen = |restarts: usize| look("running", 0, "", "").replace(";0;0;", &format!(";0;{restarts};"));
    let looks: Vec<String> = (0..1000).map(seen).collect();
    let sandbox = stack(&tasks, &looks.iter().map(String::as_str).collect::<Vec<_>>());
    sandbox.on("docker logs --tail 20 a1").out("boom\n");
    sandbox.run("-q up").is(1, "", &format!("error: not ready after 1 s: `api` (running)\n{again}"));
}

#[test]
fn containers_that_somebody_removed_are_missed() {
    stack(UP, &[""]).run("-q up").is(1, "", "error: the containers are gone: something removed them\n");
}

#[test]
fn a_step_behind_a_stack_that_died_does_not_run() {
    let sandbox = stack("[tasks.t]\nsteps = ['compose up --detach', 'tool']\n", &[&look("exited", 7, "", "")]);
    sandbox.program("tool");
    sandbox.on("docker logs --tail 20 a1").out("bye");
    sandbox.run("-q t").is(1, "", "error: service `api` ended with exit code 7; its last lines:\n  | bye\n");
}

#[test]
fn only_a_detached_up_without_wait_is_waited_for() {
    let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose {args}']\n");
    sandbox.on("docker *").exit(0);
    for line in ["up", "up -d --wait", "up --detach --wait api", "run -d api", "up -d --no-start", "up -d --help"] {
        sandbox.forget_calls();
        sandbox.run(&format!("-q t -- {line}")).is(0, "", "");
        assert_eq!(sandbox.called(), [format!("docker compose {line}")]);
    }
}

#[test]
fn a_failed_up_is_not_waited_for() {
    let sandbox = Sandbox::with_docker(UP);
    sandbox.on("docker compose up --detach").exit(4);
    crate::doctor::OF_28.script(&sandbox, "docker compose");
    sandbox.run("-q up").is(4, "", "");
}

#[test]
fn only_the_services_that_were_named_are_asked_for() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nproject = 'demo'\nfiles = ['compose.yaml']\n[tasks.up]\nsteps = ['compose --profile x up -d {args}']\n",
    );
    sandbox.on("docker compose -f compose.yaml -p demo --profile x up -d --scale api=2 api").exit(0);
    sandbox.on("docker compose -f compose.yaml -p demo --profile x ps -a -q api").out("");
    sandbox.run("-q up -- --scale api=2 api").is(0, "", "");
    assert_eq!(sandbox.called().len(), 2, "with no container there is nothing to wait for");
}

#[cfg(unix)]
#[test]
fn compose_with_a_dash_is_asked_the_same() {
    let sandbox = Sandbox::with_docker("[compose]\ncli = 'docker-compose'\n[tasks.up]\nsteps = ['compose up -d']\n");
    sandbox.python_program("docker-compose");
    sandbox.on("docker-compose up -d").exit(0);
    sandbox.on("docker-compose ps -a -q").out("a1\nb2\n");
    let one_off = look("exited", 9, "", "").replace("a1", "b2").replace(";False;", ";True;");
    let containers = format!("{}\n{one_off}\n", look("running", 0, "healthy", "")).replace("-api-", "_api_");
    sandbox.on("docker inspect *").out(&containers);
    sandbox.run("-q up").is(0, "", "");
    assert_eq!(sandbox.calls()[2].words[6..], ["a1", "b2"], "what `compose run` left is no service");
    assert_eq!(sandbox.called().len(), 3, "version 1 lists no others, and needs a second to say which there are");
}

#[test]
fn what_is_no_service_of_this_up_is_not_judged() {
    let old = look("exited", 3, "", "7/tcp=127.0.0.1:7").replace("a1", "b2").replace("api", "old");
    let containers = format!("{old}\n{}\n", look("running", 0, "healthy", ""));
    let sandbox = stack(UP, &[&containers]);
    sandbox.run("-q up").is(0, "", "");
    // The same by the name of a compose 2 that is no plugin.
    sandbox.program("docker-compose");
    sandbox.on("docker-compose up --detach").exit(0);
    sandbox.on("docker-compose ps -a -q").out("a1\nb2\n");
    sandbox.on("docker-compose config --services").out("api\n");
    sandbox.run_words(&["-q", "--compose", "docker-compose", "up"]).is(0, "", "");
    // Who can't be asked leaves none out.
    let sandbox = Sandbox::with_docker(UP);
    sandbox.on("docker compose up --detach").exit(0);
    sandbox.on("docker compose ps -a -q").out("a1\n");
    sandbox.on("docker compose config --services").exit(1);
    sandbox.on("docker inspect *").out(&old);
    sandbox.on("docker logs --tail 20 b2").exit(0);
    let died = "error: service `old` ended with exit code 3; its last lines:\n  | (it printed nothing)\n";
    sandbox.run("-q up").is(1, "", died);
}

#[test]
fn a_compose_that_cannot_list_is_an_error() {
    let sandbox = Sandbox::with_docker(UP);
    sandbox.on("docker compose up --detach").exit(0);
    sandbox.on("docker compose ps -a -q").err("no such thing\n").exit(1);
    sandbox.run("-q up").is(2, "", "error: compose can't list the containers: no such thing\n");
}

/// Takes one connection after the other, answers as told, and ends with the test's process.
fn server(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut asked = Vec::new();
            let mut part = [0; 1024];
            while let Ok(length @ 1..) = stream.read(&mut part) {
                asked.extend(&part[..length]);
                if asked.ends_with(b"\r\n\r\n") {
                    break;
                }
            }
            let _ = stream.write_all(answer);
        }
    });
    port
}

#[test]
fn a_published_port_is_a_url_where_it_answers_http() {
    let http = server(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let raw = server(b"-ERR unknown command\r\n");
    let ports = format!("8000/tcp=127.0.0.1:{http} 6379/tcp=127.0.0.1:{raw} 53/udp=127.0.0.1:{http} ");
    let mut lines = [
        format!("api: http://127.0.0.1:{http}\n"),
        format!("api: 127.0.0.1:{raw}\n"),
        format!("api: 127.0.0.1:{http}\n"),
    ];
    lines.sort();
    up(&[&look("running", 0, "healthy", &ports)]).is(0, &lines.concat(), "");
}

/// Connections are taken by the system, and nobody ever reads from them.
pub fn silent_ports(number: usize) -> (Vec<TcpListener>, String) {
    let listeners: Vec<TcpListener> = (0..number).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    let ports = listeners.iter().map(|listener| format!("{0}/tcp=127.0.0.1:{0} ", port(listener))).collect();
    (listeners, ports)
}

#[test]
fn ports_that_never_speak_are_asked_at_the_same_time() {
    let (_listeners, ports) = silent_ports(20);
    let start = std::time::Instant::now();
    let done = up(&[&look("running", 0, "healthy", &ports)]);
    assert_eq!((done.code, done.stdout.lines().count()), (0, 20), "{done:?}");
    assert!(!done.stdout.contains("http"), "{done:?}");
    // One after the other they would take forty seconds.
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_port_on_all_addresses_is_reached_by_the_engines_name() {
    let http = server(b"HTTP/1.0 200 OK\r\n\r\n");
    let ports = format!("8000/tcp=0.0.0.0:{http} 8000/tcp=:::{http} ");
    // DOCKER_HOST names 127.0.0.1 in these tests.
    up(&[&look("running", 0, "healthy", &ports)]).is(0, &format!("api: http://127.0.0.1:{http}\n"), "");
}

#[test]
fn a_look_that_fails_is_no_container_that_is_gone() {
    let sandbox = stack(UP, &[]);
    sandbox.on("docker inspect *").err("Error response from daemon: dial unix: permission denied\n").exit(1);
    sandbox.run("-q up").is(
        2,
        "",
        "error: docker can't inspect the containers: Error response from daemon: dial unix: permission denied\n",
    );
    // Whatever it says of one, what it says of the other counts.
    let sandbox = stack(UP, &[]);
    sandbox.on("docker inspect *").err("Error: No such container: a1\nCannot connect to the engine\n").exit(1);
    let done = sandbox.run("-q up");
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.stderr.ends_with("Cannot connect to the engine\n"), "{done:?}");
    // It says nothing at all.
    let sandbox = stack(UP, &[]);
    sandbox.on("docker inspect *").exit(3);
    let done = sandbox.run("-q up");
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.stderr.starts_with("error: docker can't inspect the containers: "), "{done:?}");
}

#[test]
fn containers_of_which_docker_says_no_such_are_gone() {
    for said in ["Error: No such container: a1\n", "error: no such object: a1\n"] {
        let sandbox = stack(UP, &[]);
        sandbox.on("docker inspect *").out("\n").err(said).exit(1);
        sandbox.run("-q up").is(1, "", "error: the containers are gone: something removed them\n");
    }
}

#[test]
fn without_docker_nobody_waits_and_that_is_said() {
    let sandbox = Sandbox::with_docker(&format!("{UP}[tasks.t]\nneeds = ['up']\nsteps = ['tool']\n"));
    std::fs::remove_file(sandbox.bin().join(format!("docker{}", crate::harness::EXE))).expect("no docker");
    sandbox.program("docker-compose");
    sandbox.program("tool");
    sandbox.on("docker-compose up --detach").exit(0);
    sandbox.on("tool").exit(0);
    let note = "docker is not on PATH: can't tell when the services are ready\n";
    sandbox.run("up").is(0, "", &format!("$ docker-compose up --detach\n{note}"));
    sandbox.run("t").is(0, "", &format!("$ docker-compose up --detach\n{note}$ tool\n"));
}

#[test]
fn wait_0_does_not_wait() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nwait = 0\n[tasks.up]\nsteps = ['compose up --detach', 'tool']\n[tasks.alone]\nsteps = ['compose up -d']\n",
    );
    sandbox.program("tool");
    sandbox.on("docker compose up *").exit(0);
    sandbox.on("tool").exit(0);
    sandbox.run("up").is(0, "", "$ docker compose up --detach\n$ tool\n");
    sandbox.run("alone").is(0, "", "$ docker compose up -d\n");
    assert_eq!(sandbox.called(), ["docker compose up --detach", "tool", "docker compose up -d"]);
}
