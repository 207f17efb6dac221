//! Which tasks.toml is taken, from where.

use std::fs;

use crate::harness::Sandbox;

const TASKS: &str = "[tasks.t]\nsteps = ['tool']\n";

fn with_tool(tasks: &str) -> Sandbox {
    let sandbox = Sandbox::with(tasks);
    sandbox.program("tool");
    sandbox.on("tool *");
    sandbox
}

const NO_FILE: &str = "\
error: there is no tasks.toml here or above, and no built-in command `t`
hint: go to the project's folder, or name the file: --file path/to/tasks.toml
";

#[test]
fn it_works_from_every_folder_below() {
    let sandbox = with_tool(TASKS);
    let deep = sandbox.folder("a/b/c");
    sandbox.run_in(&deep, "t").is(0, "", "$ tool\n");
    sandbox.run_in(&deep, "-v -q t").is(
        0,
        "",
        "the project is in `<T>/home/project`\nDOCKER_BUILDKIT=1\nCOMPOSE_DOCKER_CLI_BUILD=1\n",
    );
    assert_eq!(sandbox.calls()[0].dir, "<T>/home/project");
    sandbox.file("a/tasks.toml", "[tasks.nearer]\nsteps = ['tool nearer']\n");
    sandbox.run_in(&deep, "nearer").is(0, "", "$ tool nearer\n");
    assert_eq!(sandbox.calls()[2].dir, "<T>/home/project/a");
}

#[test]
fn the_search_ends_at_a_repository() {
    let sandbox = with_tool(TASKS);
    let inner = sandbox.folder("vendor/other/src");
    sandbox.folder("vendor/other/.git");
    sandbox.run_in(&inner, "t").is(2, "", NO_FILE);
    // In the repository's own folder it is found; `.git` of a worktree is a file.
    fs::remove_dir(sandbox.project().join("vendor/other/.git")).unwrap();
    sandbox.file("vendor/other/.git", "gitdir: x\n");
    sandbox.file("vendor/other/tasks.toml", TASKS);
    sandbox.run_in(&inner, "t").is(0, "", "$ tool\n");
    assert_eq!(sandbox.calls()[0].dir, "<T>/home/project/vendor/other");
}

#[test]
fn the_search_ends_at_home() {
    let sandbox = with_tool(TASKS);
    fs::rename(sandbox.project().join("tasks.toml"), sandbox.root().join("tasks.toml")).unwrap();
    sandbox.run("t").is(2, "", NO_FILE);
    fs::rename(sandbox.root().join("tasks.toml"), sandbox.home().join("tasks.toml")).unwrap();
    sandbox.run("t").is(0, "", "$ tool\n");
}

/// Unix alone: making a link takes an administrator elsewhere.
#[cfg(unix)]
#[test]
fn the_search_ends_at_a_home_that_is_a_link() {
    let sandbox = with_tool(TASKS);
    fs::rename(sandbox.project().join("tasks.toml"), sandbox.root().join("tasks.toml")).unwrap();
    let link = sandbox.root().join("link");
    std::os::unix::fs::symlink(sandbox.home(), &link).unwrap();
    sandbox.set("HOME", &link);
    sandbox.run("t").is(2, "", NO_FILE);
    sandbox.run_in(&link.join("project"), "t").is(2, "", NO_FILE);
    fs::rename(sandbox.root().join("tasks.toml"), sandbox.home().join("tasks.toml")).unwrap();
    sandbox.run("t").is(0, "", "$ tool\n");
}

#[test]
fn file_names_another() {
    let sandbox = with_tool("broken");
    sandbox.file("other/my.toml", TASKS);
    for line in ["--file other/my.toml t", "t --file=other/my.toml", "--file ./other/../other/my.toml t"] {
        sandbox.run(line).is(0, "", "$ tool\n");
    }
    assert!(sandbox.calls().iter().all(|call| call.dir == "<T>/home/project/other"), "{:?}", sandbox.calls());
    let below = sandbox.folder("below");
    sandbox.run_in(&below, "--file ../other/my.toml t").is(0, "", "$ tool\n");
    let none = if cfg!(windows) { None } else { Some("No such file or directory (os error 2)") };
    let done = sandbox.run("--file missing/tasks.toml t");
    match none {
        Some(error) => done.is(
            2,
            "",
            &format!(
                "error: can't read `missing/tasks.toml`: {error}\nhint: --file takes the path of a tasks.toml, from the current folder\n"
            ),
        ),
        // The system's own words are in the person's language.
        None => assert_eq!(done.code, 2, "{done:?}"),
    }
    let done = sandbox.run("--file other t");
    assert_eq!(done.code, 2);
    let said = "error: can't read `other`: it is a folder\nhint: name the file in it: --file other/tasks.toml\n";
    assert_eq!(done.stderr, said);
}

#[test]
fn only_when_none_is_found_the_folder_that_cargo_built_from() {
    let sandbox = with_tool(TASKS);
    let built = sandbox.root().join("built");
    fs::create_dir_all(built.join("xtask")).unwrap();
    fs::write(built.join("tasks.toml"), "[tasks.t]\nsteps = ['tool built']\n").unwrap();
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", built.join("xtask"));
    sandbox.run("t").is(0, "", "$ tool\n");
    fs::remove_file(sandbox.project().join("tasks.toml")).unwrap();
    sandbox.run("t").is(0, "", "$ tool built\n");
    assert_eq!(sandbox.calls()[1].dir, "<T>/built");
    // A build script's or another package's variable is none of ours.
    sandbox.set("CARGO_PKG_NAME", "other");
    sandbox.run("t").is(2, "", NO_FILE);
}

/// An xtask package may lie deeper, and another repository's tasks.toml above it is none of ours.
#[test]
fn the_project_that_cargo_built_is_searched_for_upwards() {
    let sandbox = with_tool(TASKS);
    fs::rename(sandbox.project().join("tasks.toml"), sandbox.root().join("tasks.toml")).unwrap();
    let package = sandbox.root().join("tools/dev/xtask");
    fs::create_dir_all(&package).unwrap();
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", &package);
    sandbox.run("t").is(0, "", "$ tool\n");
    assert_eq!(sandbox.calls()[0].dir, "<T>");
    fs::create_dir(sandbox.root().join("tools/.git")).unwrap();
    sandbox.run("t").is(2, "", NO_FILE);
}

/// Unix alone: other systems' names are text.
#[cfg(unix)]
#[test]
fn file_may_be_any_bytes() {
    use std::os::unix::ffi::OsStringExt as _;
    let sandbox = with_tool("broken");
    let folder = std::ffi::OsString::from_vec(b"caf\xe9".to_vec());
    if fs::create_dir(sandbox.project().join(&folder)).is_err() {
        return eprintln!("stepping aside: names of files are text here");
    }
    fs::write(sandbox.project().join(&folder).join("tasks.toml"), TASKS).unwrap();
    let mut joined = std::ffi::OsString::from("--file=");
    joined.push(&folder);
    joined.push("/tasks.toml");
    sandbox.finish(sandbox.command().arg("t").arg(joined)).is(0, "", "$ tool\n");
}

/// Unix alone: on Windows temporary folders are the person's own.
#[cfg(unix)]
#[test]
fn another_users_file_in_a_folder_for_everybody_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = with_tool(TASKS);
    fs::set_permissions(sandbox.project(), fs::Permissions::from_mode(0o1777)).unwrap();
    sandbox.run("t").is(0, "", "$ tool\n");
    if std::os::unix::fs::chown(sandbox.project().join("tasks.toml"), Some(65534), None).is_err() {
        return eprintln!("stepping aside: only root can give a file away");
    }
    let warning = "\
warning: `<T>/home/project/tasks.toml` is ignored: it belongs to another user, in a folder that everybody can write to
hint: use it anyway with --file
";
    sandbox.run("t").is(2, "", &format!("{warning}{NO_FILE}"));
    sandbox.run("--file tasks.toml t").is(0, "", "$ tool\n");
    // Above it, one that can be trusted is taken.
    fs::write(sandbox.home().join("tasks.toml"), TASKS).unwrap();
    sandbox.run("t").is(0, "", &format!("{warning}$ tool\n"));
    assert_eq!(sandbox.calls().last().unwrap().dir, "<T>/home");
    // In a folder of the person's own, whose file it is does not matter.
    fs::set_permissions(sandbox.project(), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run("t").is(0, "", "$ tool\n");
}

#[test]
fn relative_paths_mean_the_same_from_every_folder() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['deploy/compose.yaml']\n[tasks.t]\nsteps = ['compose up']\n[tasks.u]\ndir = 'deploy'\nsteps = ['./tool']\n",
    );
    sandbox.file("deploy/compose.yaml", "services: {}\n");
    sandbox.program_at(&sandbox.project().join("deploy/tool"));
    fs::write(sandbox.project().join("deploy/script.txt"), "call tool\nout ran\n").unwrap();
    sandbox.on("docker compose -f deploy/compose.yaml up");
    let deep = sandbox.folder("a/b");
    for folder in [sandbox.project(), deep.clone(), sandbox.project().join("deploy")] {
        sandbox.run_in(&folder, "-q t").is(0, "", "");
        sandbox.run_in(&folder, "-q u").is(0, "ran", "");
    }
    assert!(sandbox.calls().iter().all(|call| call.dir == "<T>/home/project"), "{:?}", sandbox.calls());
}

#[test]
fn tools_never_see_a_verbatim_path() {
    let sandbox = with_tool("[tasks.t]\ndir = 'a'\nsteps = ['tool']\n");
    sandbox.folder("a");
    let file = sandbox.project().join("tasks.toml").canonicalize().unwrap();
    let words = ["--file", file.to_str().unwrap(), "-q", "t"];
    sandbox.run_words(&words).is(0, "", "");
    assert_eq!(sandbox.calls()[0].dir, "<T>/home/project/a");
}
