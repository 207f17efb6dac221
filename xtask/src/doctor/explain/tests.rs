use crate::doctor::explain::*;

/// Recorded on engines 20.10.24, 26.1.5 and 28.5.2 with compose 1.29.2, 2.26.1 and 2.40.3; names of machines and
/// folders are changed. Each with a part of the row that has to come first.
const RECORDED: &[(&str, &str)] = &[
    // 20, 26 and 28, classic builder
    (
        "Step 2/2 : RUN --mount=type=cache,target=/x true\nthe --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled",
        "the --mount option",
    ),
    // 20, compose 1
    (
        "the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled\nService 'api' failed to build : Build failed",
        "the --mount option",
    ),
    // 20, 26, 28
    (
        "DOCKER_BUILDKIT environment variable expects boolean value: strconv.ParseBool: parsing \"yes\": invalid syntax",
        "DOCKER_BUILDKIT environment",
    ),
    // Podman 4.3.1, with the tools of 20; of 28, and without Debian's `catatonit`; of 28 and 26, with no network
    (
        "failed to dial gRPC: unable to upgrade to h2c, received 404\nService 'web' failed to build : Build failed",
        "failed to dial gRPC",
    ),
    (
        "Error response from daemon: container create: container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory",
        "container-init binary",
    ),
    (
        "initializing source docker://moby/buildkit:buildx-stable-1: pinging container registry registry-1.docker.io: Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host",
        "initializing source docker://moby/buildkit",
    ),
    (
        "Error response from daemon: no such image: docker.io/moby/buildkit:buildx-stable-1: image not known",
        "initializing source docker://moby/buildkit",
    ),
    // 26 and 28 without the plugin
    (
        "ERROR: BuildKit is enabled but the buildx component is missing or broken.\n       Install the buildx component to build images with BuildKit:\n       https://docs.docker.com/go/buildx/",
        "BuildKit is enabled",
    ),
    // 20
    ("docker: 'buildx' is not a docker command.\nSee 'docker --help'", "BuildKit is enabled"),
    (
        "Get \"https://nosuch.invalid/v2/\": dial tcp: lookup nosuch.invalid on 192.0.2.53:53: no such host",
        "no such host",
    ),
    (
        "failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do request: Head \"https://nosuch.invalid/v2/x/y/manifests/1\": dial tcp: lookup nosuch.invalid on 192.0.2.53:53: no such host",
        "no such host",
    ),
    // 28, compose 2.40
    ("service \"migrate\" didn't complete successfully: exit 3", "service … didn't complete"),
    ("dependency failed to start: container demo-db-1 is unhealthy", "service … didn't complete"),
    // 20, compose 1
    (
        "Creating demo_migrate_1 ... done\n\nERROR: for web  Container \"4c67448b14b5\" exited with code 3.\nEncountered errors while bringing up the project.",
        "service … didn't complete",
    ),
    (
        "ERROR: for web  Container \"29feea134f52\" is unhealthy.\nEncountered errors while bringing up the project.",
        "service … didn't complete",
    ),
    // a registry that refuses: 20, 26 and 28; builds on 20, 26, 28
    (
        "Error response from daemon: Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
        "no such host",
    ),
    (
        "failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do request: Head \"http://127.0.0.1:1/v2/x/y/manifests/1\": dial tcp 127.0.0.1:1: connect: connection refused",
        "no such host",
    ),
    (
        "ERROR: failed to solve: 127.0.0.1:1/x/y:1: failed to resolve source metadata for 127.0.0.1:1/x/y:1: failed to do request: Head \"https://127.0.0.1:1/v2/x/y/manifests/1\": dial tcp 127.0.0.1:1: connect: connection refused",
        "no such host",
    ),
    (
        "ERROR: failed to build: failed to solve: 127.0.0.1:1/x/y:1: failed to resolve source metadata for 127.0.0.1:1/x/y:1: failed to do request: Head \"https://127.0.0.1:1/v2/x/y/manifests/1\": dial tcp 127.0.0.1:1: connect: connection refused",
        "no such host",
    ),
    // 28
    (
        "ERROR: failed to build: failed to solve: nosuch.invalid/x/y:1: failed to resolve source metadata for nosuch.invalid/x/y:1: failed to do request: Head \"https://nosuch.invalid/v2/x/y/manifests/1\": dial tcp: lookup nosuch.invalid on 192.0.2.53:53: no such host",
        "no such host",
    ),
    // 20, 26, 28
    (
        "failed to solve with frontend dockerfile.v0: failed to create LLB definition: 127.0.0.1:5000/library/gone:1: not found",
        "pull access denied",
    ),
    (
        "ERROR: failed to solve: 127.0.0.1:5000/library/gone:1: failed to resolve source metadata for 127.0.0.1:5000/library/gone:1: 127.0.0.1:5000/library/gone:1: not found",
        "pull access denied",
    ),
    (
        "Error response from daemon: manifest for 127.0.0.1:5000/library/gone:1 not found: manifest unknown: manifest unknown",
        "pull access denied",
    ),
    // 20 and 28
    ("failed to compute cache key: \"/missing\" not found: not found", "failed to compute cache key"),
    (
        "ERROR: failed to build: failed to solve: failed to compute cache key: failed to calculate checksum of ref 02c1b942-2c8c-4d1b-96e6-1c9b73e573ba::uzrouzh8ed3ypxz61l97qwdhl: \"/missing\": not found",
        "failed to compute cache key",
    ),
    (
        "COPY failed: file not found in build context or excluded by .dockerignore: stat missing: file does not exist",
        "failed to compute cache key",
    ),
    // a script with \r, all three
    ("exec /s.sh: no such file or directory", "exec /"),
    (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "docker's engine is not running",
    ),
    (
        "Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?",
        "docker's engine is not running",
    ),
    // compose 2.40
    (
        "unable to get image 'msgtest': Cannot connect to the Docker daemon at unix:///nonexistent.sock. Is the docker daemon running?",
        "docker's engine is not running",
    ),
    // compose 1
    (
        "docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))",
        "docker's engine is not running",
    ),
    (
        "docker.errors.DockerException: Error while fetching server API version: HTTPConnectionPool(host='127.0.0.1', port=1): Max retries exceeded with url: /version (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7fcba910f990>: Failed to establish a new connection: [Errno 111] Connection refused'))",
        "docker's engine is not running",
    ),
    (
        "docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', PermissionError(13, 'Permission denied'))",
        "no permission",
    ),
    (
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json\": dial unix /var/run/docker.sock: connect: permission denied",
        "no permission",
    ),
    // 20; 26 and 28
    ("unable to resolve docker endpoint: context \"nosuch\" does not exist", "context"),
    (
        "Failed to initialize: unable to resolve docker endpoint: context \"nosuch\": context not found: open /home/me/.docker/contexts/meta/9e62f93eb7d2499903ac66232f187c56fc050eb74c765f90eb214360b21f0e96/meta.json: no such file or directory",
        "context",
    ),
    ("Failed to initialize: unable to resolve docker endpoint: invalid bind address format: nonsense://x", "context"),
    (
        "error during connect: Get \"http://nosuch.invalid:2375/v1.51/containers/json\": dial tcp: lookup nosuch.invalid on 192.0.2.53:53: no such host",
        "context",
    ),
    // 26; 28
    ("docker: 'compose' is not a docker command.\nSee 'docker --help'", "docker is installed, but"),
    ("docker: unknown command: docker compose\n\nRun 'docker --help' for more information", "docker is installed, but"),
    ("unknown shorthand flag: 'f' in -f\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]", "docker is installed, but"),
    ("docker: 'foo' is not a docker command.\nSee 'docker --help'", "… is not a docker command"),
    ("docker: unknown command: docker foo", "… is not a docker command"),
    // 20, 26, 28
    (
        "docker: Error response from daemon: driver failed programming external connectivity on endpoint x (2395a158add90db6fa5d74eaef559d47aabba66dbe088773f720d59df6c8a12d): Bind for 0.0.0.0:18000 failed: port is already allocated.",
        "port is already allocated",
    ),
    (
        "docker: Error response from daemon: driver failed programming external connectivity on endpoint x (f18cbf0fc43dc6bc926075e7131fc8526b09b48a80be214971d55ab2cd5af9da): Error starting userland proxy: listen tcp4 0.0.0.0:18000: bind: address already in use.",
        "address already in use",
    ),
    (
        "docker: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint x (1f8a57f00bc4b01cae5f0202705bfec160de333c5d815a8d2bfef10f9c7a04c4): failed to bind host port for 0.0.0.0:18000:172.29.28.2:1/tcp: address already in use",
        "address already in use",
    ),
    ("Version \"9\" in \"./v9.yaml\" is invalid.", "Version"),
    (
        "The Compose file './bad.yaml' is invalid because:\nUnsupported config option for services.api: 'imagee'",
        "Version",
    ),
    ("validating /p/bad.yaml: services.api additional properties 'imagee' not allowed", "additional properties"),
    ("validating /p/bad.yaml: services.api Additional property imagee is not allowed", "additional properties"),
    (
        "error while interpolating services.api.image: required variable NEED is missing a value: set NEED to the image",
        "additional properties",
    ),
    (
        "Missing mandatory value for \"image\" option interpolating ${NEED:?set NEED to the image} in service \"api\": set NEED to the image",
        "additional properties",
    ),
    (
        "Error response from daemon: client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version",
        "client version … is too old",
    ),
    (
        "Error response from daemon: {\"message\":\"client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\"}",
        "client version … is too old",
    ),
    (
        "Error response from daemon: client version 9.10 is too new. Maximum supported API version is 1.41",
        "client version … is too new",
    ),
];

/// From the projects' own source or threads: these can't be had from the engines here.
const READ: &[(&str, &str)] = &[
    ("unknown flag: --mount", "the --mount option"),
    ("Error response from daemon: Dockerfile parse error line 5: Unknown flag: mount", "the --mount option"),
    ("compose build requires buildx 0.17.0 or later", "compose build requires"),
    (
        "error during connect: this error may indicate that the docker daemon is not running: Get \"http://%2F%2F.%2Fpipe%2Fdocker_engine/v1.24/info\": open //./pipe/docker_engine: The system cannot find the file specified.",
        "docker's engine is not running",
    ),
    (
        "ERROR: Couldn't connect to Docker daemon at http+docker://localhost - is it running?",
        "docker's engine is not running",
    ),
    (
        "ERROR: Version in \"./docker-compose.yml\" is unsupported. You might be seeing this error because you're using the wrong Compose file version.",
        "Version",
    ),
    (
        "Error response from daemon: pull access denied for gone, repository does not exist or may require 'docker login'",
        "pull access denied",
    ),
    ("toomanyrequests: You have reached your pull rate limit.", "toomanyrequests"),
    ("net/http: TLS handshake timeout", "no such host"),
    ("exec /usr/local/bin/python: exec format error", "exec format error"),
];

#[test]
fn recorded_messages_are_known() {
    for (message, shown) in RECORDED.iter().chain(READ) {
        let first = find(message).first().map(|row| row.shown);
        assert!(
            first.is_some_and(|first| first.starts_with(shown)),
            "{message}\n  is {first:?}, and should be {shown}"
        );
    }
}

#[test]
fn every_row_is_reached_and_ends_in_something_to_do() {
    for row in rows() {
        assert!(!row.patterns.is_empty(), "{}", row.shown);
        for pattern in row.patterns {
            let plain = pattern.to_lowercase();
            assert_eq!(*pattern, plain, "patterns are compared in lower case");
            // Each is found by itself, in its own row.
            let message = pattern.replace('*', " x ");
            assert!(find(&message).iter().any(|found| found.shown == row.shown), "{pattern}");
        }
        for os in [Os::Linux, Os::Mac, Os::Windows] {
            let remedy = row.remedy(os);
            assert!(
                remedy.contains('`') || remedy.contains("https://") || remedy.contains("Docker Desktop"),
                "{remedy}"
            );
        }
    }
}

#[test]
fn what_is_typed_fits_the_shell() {
    for row in rows() {
        let remedy = row.remedy(Os::Windows);
        for posix in ["unset ", "eval ", "`PORT=", "sudo "] {
            assert!(!remedy.contains(posix), "{remedy}");
        }
    }
}

#[test]
fn the_command_that_is_missing_is_explained_once() {
    let shown: Vec<&str> = find("docker: 'compose' is not a docker command.").iter().map(|row| row.shown).collect();
    assert!(shown.len() == 1 && shown[0].starts_with("docker is installed, but"), "{shown:?}");
    assert_eq!(find("docker: 'foo' is not a docker command.").len(), 1);
}

#[test]
fn colours_case_and_line_breaks_do_not_matter() {
    let message = "\u{1b}[31mERROR: THE --MOUNT\r\n   option requires\tBuildKit\u{1b}[0m";
    assert_eq!(find(message).first().map(|row| row.shown.starts_with("the --mount")), Some(true));
    assert!(find("everything is fine").is_empty());
}

#[test]
fn any_text_is_read_without_a_panic() {
    for text in ["", "\u{1b}", "\u{1b}[", "\u{1b}[31", "İ\u{130}ß", "*", "\0\u{1b}x"] {
        let _ = find(text);
    }
}

/// docs/troubleshooting.md's tables, from ours.
fn tables() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut tables = String::new();
    for (subject, rows) in &table::SUBJECTS {
        tables.push_str(&format!("### {subject}\n\n| message | what it means, what to do |\n|---|---|\n"));
        for row in *rows {
            let shown: Vec<String> = row.shown.split("; ").map(|part| format!("`{}`", cell(part))).collect();
            let [linux, mac, windows] = [Os::Linux, Os::Mac, Os::Windows].map(|os| cell(&row.remedy(os)));
            let remedy = match (linux == mac, mac == windows) {
                (true, true) => linux,
                (true, false) => format!("Linux and macOS: {linux} Windows: {windows}"),
                (false, _) => format!("Linux: {linux} Windows and macOS: {mac}"),
            };
            tables.push_str(&format!("| {} | {} {remedy} |\n", shown.join(", "), cell(row.meaning)));
        }
        tables.push('\n');
    }
    tables
}

/// `XTASK_WRITE_DOCS=1 cargo test troubleshooting` writes it anew. Where the package was copied into another repository,
/// the page is not there.
#[test]
#[allow(clippy::disallowed_methods)] // a test reads and writes its own file
fn the_page_on_troubleshooting_has_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/troubleshooting.md");
    let page = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    let (begin, end) = ("<!-- messages: made from xtask/src/doctor/explain/table -->\n", "<!-- end of messages -->\n");
    let Some((before, rest)) = page.split_once(begin) else { return };
    let (found, after) = rest.split_once(end).expect("the tables have an end");
    let made = format!("\n{}", tables());
    if std::env::var_os("XTASK_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{begin}{made}{end}{after}")).expect("the page can be written");
        return;
    }
    assert_eq!(found, made, "write it anew: XTASK_WRITE_DOCS=1 cargo test troubleshooting");
}
