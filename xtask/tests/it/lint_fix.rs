//! `lint --fix`: what is written, and what is left alone.

use std::fs;

use crate::harness::Sandbox;

/// A comment that can go, beside what can't be fixed.
const COMMENT: &str = "# xtask: allow line-endings they are fine\n";

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.project().join(path)).expect("a file")
}

#[test]
fn fixes_are_written_and_what_is_left_is_told() {
    let sandbox = Sandbox::bare();
    sandbox.file("a/Dockerfile", format!("FROM x:1.2\n{COMMENT}RUN y\n"));
    sandbox.file("b/Dockerfile", format!("\u{feff}FROM x:1.2  \r\n{}RUN y\t\r\n# end", COMMENT.replace('\n', "\r\n")));
    sandbox.run("lint --fix").is(0, "fixed 2 problems in 2 files\nno problems left\n", "");
    assert_eq!(read(&sandbox, "a/Dockerfile"), "FROM x:1.2\nRUN y\n");
    assert_eq!(read(&sandbox, "b/Dockerfile"), "\u{feff}FROM x:1.2  \r\nRUN y\t\r\n# end");
    sandbox.run("lint --fix").is(0, "no problems found in 2 Dockerfiles\n", "");
    sandbox.file("a/Dockerfile", format!("FROM x:1.2\n{COMMENT}RUN y\n# xtask: allow it\n"));
    let done = sandbox.run("lint --fix");
    assert_eq!((done.code, done.stderr.as_str()), (1, ""));
    assert!(done.stdout.ends_with("\n\nfixed 1 problem in 1 file\n1 warning left\n"), "{}", done.stdout);
    assert_eq!(read(&sandbox, "a/Dockerfile"), "FROM x:1.2\nRUN y\n# xtask: allow it\n");
}

#[test]
fn a_missing_cache_mount_is_added() {
    let sandbox = Sandbox::bare();
    sandbox.file("Dockerfile", "FROM python:3.12\nRUN pip install flask==3.0.3\n");
    sandbox.run("lint --fix").is(0, "fixed 1 problem in 1 file\nno problems left\n", "");
    let expected =
        "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    pip install flask==3.0.3\n";
    assert_eq!(read(&sandbox, "Dockerfile"), expected);
}

#[test]
fn a_diff_writes_nothing() {
    let sandbox = Sandbox::bare();
    let text = format!("FROM x:1.2\n{COMMENT}RUN y");
    sandbox.file("a/Dockerfile", &text);
    let diff = "--- a/Dockerfile\n+++ a/Dockerfile\n@@ -1,3 +1,2 @@\n FROM x:1.2\n-# xtask: allow line-endings they are fine\n RUN y\n\
                \\ No newline at end of file\n";
    for line in ["lint --diff", "lint --fix -n", "lint --diff --unsafe-fixes a"] {
        sandbox.run(line).is(1, diff, "would fix 1 problem in 1 file\n");
        assert_eq!(read(&sandbox, "a/Dockerfile"), text);
    }
    sandbox.file("a/Dockerfile", "FROM x:1.2\n");
    sandbox.run("lint --diff").is(0, "", "nothing to fix\n");
    sandbox.run("lint --diff --output json").is(
        2,
        "",
        "error: a diff can't be shown as `json`\nhint: leave out `--output`\n",
    );
}

#[test]
fn what_cannot_be_changed_is_said_and_stays() {
    let sandbox = Sandbox::with("[tasks.up]\nsteps = ['compose up']\n");
    let inline = COMMENT.trim_end();
    sandbox.file(
        "compose.yaml",
        format!(
            "services:\n  a:\n    build: {{context: ., dockerfile_inline: \"FROM x:1.2\\n{inline}\\nRUN y\\n\"}}\n  b:\n    build: .\n"
        ),
    );
    let bytes = [b"FROM x:1.2\n# \xff\n", COMMENT.as_bytes(), b"RUN y\n"].concat();
    sandbox.file("Dockerfile", &bytes);
    let done = sandbox.run("lint --fix --select unused-allow");
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (
            1,
            "warning: `Dockerfile` is not changed: line 2 is not UTF-8\n\
             warning: `dockerfile_inline of a` is not changed: it stands in the compose file: change it there\n"
        )
    );
    assert!(done.stdout.ends_with("\n\n2 warnings\n"), "{}", done.stdout);
    assert_eq!(fs::read(sandbox.project().join("Dockerfile")).expect("a file"), bytes);
}

#[cfg(unix)]
#[test]
fn mode_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let sandbox = Sandbox::bare();
    let path = sandbox.file("files/Real", format!("FROM x:1.2\n{COMMENT}RUN y\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    symlink("files/Real", sandbox.project().join("Dockerfile")).expect("a link");
    symlink("files/Real", sandbox.project().join("b.Dockerfile")).expect("a link");
    sandbox.run("lint --fix").is(0, "fixed 2 problems in 1 file\nno problems left\n", "");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "FROM x:1.2\nRUN y\n");
    assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o640);
    assert!(sandbox.project().join("Dockerfile").is_symlink());
}

#[test]
fn an_ignore_file_is_written_and_gets_what_it_lacks() {
    let sandbox = Sandbox::bare();
    sandbox.file("compose.yaml", "services:\n  api:\n    build: api\n");
    sandbox.file("api/Dockerfile", "FROM x:1.2\nCOPY . .\n");
    sandbox.file("api/.git/HEAD", "ref: refs/heads/main\n");
    sandbox.file("api/app/a.log", "");
    let done = sandbox.run("lint");
    assert_eq!((done.code, done.stderr.as_str()), (1, ""));
    assert!(done.stdout.starts_with("warning[missing-dockerignore]: "), "{}", done.stdout);
    sandbox.run("lint --fix").is(0, "fixed 1 problem in 1 file\nno problems left\n", "");
    let written = read(&sandbox, "api/.dockerignore");
    let mut lines: Vec<&str> = written.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["**/*.log", "**/.git"]);
    assert!(written.ends_with('\n'));

    sandbox.file("api/.dockerignore", "# ours\r\n*\r\n!app");
    let done = sandbox.run("lint");
    assert!(done.stdout.starts_with("warning[leaky-dockerignore]: `app/a.log` of `api` "), "{}", done.stdout);
    sandbox.run("lint --fix").is(0, "fixed 1 problem in 1 file\nno problems left\n", "");
    assert_eq!(read(&sandbox, "api/.dockerignore"), "# ours\r\n*\r\n!app\r\n**/*.log\r\n");

    // What a program may read is left out only where that was asked for.
    sandbox.file("api/.dockerignore", "**/.git\n**/*.log\n");
    sandbox.file("api/tls.key", "-----BEGIN PRIVATE KEY-----\n");
    assert_eq!(sandbox.run("lint --fix").code, 1);
    assert_eq!(read(&sandbox, "api/.dockerignore"), "**/.git\n**/*.log\n");
    sandbox.run("lint --unsafe-fixes").is(0, "fixed 1 problem in 1 file\nno problems left\n", "");
    assert_eq!(read(&sandbox, "api/.dockerignore"), "**/.git\n**/*.log\n**/tls.key\n");
}

#[test]
fn a_file_that_is_not_there_is_written() {
    let sandbox = Sandbox::with("[tasks.up]\nsteps = ['compose up']\n");
    sandbox.file("compose.yaml", "services:\n  api:\n    build: api\n");
    sandbox.file("api/Dockerfile", "FROM python:3.12\nCOPY . .\n");
    sandbox.file("api/.git/HEAD", "ref: refs/heads/main\n");
    let diff = "--- /dev/null\n+++ api/.dockerignore\n@@ -0,0 +1,1 @@\n+**/.git\n";
    sandbox.run("lint --diff").is(1, diff, "would fix 1 problem in 1 file\n");
    assert!(!sandbox.project().join("api/.dockerignore").exists());
    sandbox.run("lint --fix").is(0, "fixed 1 problem in 1 file\nno problems left\n", "");
    assert_eq!(read(&sandbox, "api/.dockerignore"), "**/.git\n");
}
