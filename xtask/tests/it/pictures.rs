//! The pictures in `docs/pictures` say what the program says. `.ci/pictures` makes them.

use std::fs;
#[cfg(target_os = "linux")]
use std::{
    io::{Read, Write},
    net::TcpListener,
};

use crate::harness::{Sandbox, repository, shipped_tasks};
#[cfg(target_os = "linux")]
use crate::{
    doctor::{Machine, OF_28},
    harness::PING_OF_28,
};

/// The lines of a picture, without what was typed and the empty line below it.
fn lines(name: &str) -> Option<Vec<String>> {
    shipped_tasks()?;
    let svg = fs::read_to_string(repository().join("docs/pictures").join(name)).expect("a picture");
    let text = |line: &str| {
        let parts = line.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        parts.collect::<String>().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    Some(svg.lines().filter(|line| line.starts_with("<text ")).skip(2).map(text).collect())
}

#[test]
fn the_picture_of_help_says_what_help_says() {
    let (Some(picture), Some(tasks)) = (lines("help.svg"), shipped_tasks()) else { return };
    let done = Sandbox::with(&tasks).run("help");
    done.is(0, &format!("{}\n", picture.join("\n")), "");
}

/// The same project with a recorded engine 28 in place of a real one. What is this machine's own is compared by its form:
/// where docker and the engine are, and who has the port. How full the disk is can be seen only where the engine is.
#[cfg(target_os = "linux")]
#[test]
fn the_picture_of_doctor_says_what_doctor_says() {
    let (Some(picture), Some(_)) = (lines("doctor.svg"), shipped_tasks()) else { return };
    let project = repository().join("docs/pictures/project");
    let sandbox = Sandbox::with_docker("");
    sandbox.plugin_named("docker-buildx");
    for entry in fs::read_dir(&project).expect("the project").flatten() {
        sandbox.file(&entry.file_name().to_string_lossy(), fs::read(entry.path()).expect("a file"));
    }
    sandbox.file(".git/HEAD", "ref: refs/heads/main\n");
    sandbox.file(".git/config", "[core]\n");
    // The ports of a machine are looked at where the engine is on it: so not by tcp. A socket's path has to be short.
    let socket = std::env::temp_dir().join(format!("xtask-{}.sock", std::process::id()));
    let _ = fs::remove_file(&socket);
    let engine = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    sandbox.set("DOCKER_HOST", format!("unix://{}", socket.display()));
    std::thread::spawn(move || {
        for mut stream in engine.incoming().flatten() {
            let _ = stream.read(&mut [0; 512]).and_then(|_| stream.write_all(PING_OF_28.as_bytes()));
        }
    });
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": ".", "dockerfile": "Dockerfile"}, "command": null,
        "ports": [{"mode": "ingress", "target": 8000, "published": "8000", "protocol": "tcp"}]}}}"#;
    let config = config.replace("\"published\": \"8000\"", &format!("\"published\": \"{port}\""));
    Machine { config: config.leak(), ..OF_28 }.script(&sandbox, "docker compose");

    let done = sandbox.run("doctor");
    let _ = fs::remove_file(&socket);
    assert_eq!((done.code, done.stderr.as_str()), (1, ""), "{}", done.stdout);
    // What stands behind these words is each machine's own.
    let without = |line: &str, before: &str| match line.split_once(before) {
        Some((left, _)) => format!("{left}{before}…"),
        None => line.to_owned(),
    };
    let form = |line: &str| {
        let line = line.replace("<T>/bin/docker", "/usr/bin/docker");
        let line = line.replace(&*socket.to_string_lossy(), "/var/run/docker.sock");
        let line = line.replace(&format!("port {port} "), "port 8000 ");
        let line = without(&line, " is taken by ");
        let line = without(&line, " gets into the image (");
        without(&line, "stop that program: kill ")
    };
    let printed: Vec<String> = done.stdout.lines().map(form).collect();
    let shown: Vec<String> =
        picture.iter().filter(|line| !line.starts_with("ok       disk ")).map(|line| form(line)).collect();
    assert_eq!(shown, printed);
}
