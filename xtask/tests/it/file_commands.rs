//! `cp`, `mv`, `rm`, `mkdir` and `touch` of steps: what they say, what they refuse, and how they look.

use std::fs;

use crate::harness::{Done, Sandbox};

const TASKS: &str = "[tasks.cp]\nsteps = ['cp {args}']\n[tasks.mv]\nsteps = ['mv {args}']\n[tasks.rm]\nsteps = ['rm {args}']\n\
[tasks.mkdir]\nsteps = ['mkdir {args}']\n[tasks.touch]\nsteps = ['touch {args}']\n";

impl Sandbox {
    /// Runs a file command quietly with the words of a line.
    fn files(&self, line: &str) -> Done {
        let (name, words) = line.split_once(' ').unwrap_or((line, ""));
        let mut all = vec!["-q", name, "--"];
        all.extend(words.split(' ').map(|word| if word == "''" { "" } else { word }).filter(|_| !words.is_empty()));
        self.run_words(&all)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.project().join(path)).expect(path)
    }

    fn has(&self, path: &str) -> bool {
        self.project().join(path).symlink_metadata().is_ok()
    }
}

/// `a` and `b` are files, `d` is a folder with `d/e/f`, and `x` is a folder.
fn with_files() -> Sandbox {
    let sandbox = Sandbox::with(TASKS);
    sandbox.file("a", "of a");
    sandbox.file("b", "of b");
    sandbox.file("d/e/f", "of f");
    sandbox.folder("x");
    sandbox
}

#[test]
fn they_work_in_the_steps_folder_and_say_nothing() {
    let sandbox = Sandbox::with(
        "[tasks.t]\ndir = 'sub'\nsteps = ['mkdir -p out/two', 'touch out/new', 'cp ../a out', 'cp -r out copy', 'mv copy/a two', 'rm -rf out no']\n",
    );
    sandbox.file("a", "of a");
    sandbox.run("t").is(
        2,
        "",
        "error: there is no folder `sub`\n --> tasks.toml:2:7\n  |\n2 | dir = 'sub'\n  |       ^^^^^\n  |\n  \
         = hint: `dir` is relative to the folder of tasks.toml\n",
    );
    sandbox.folder("sub");
    let echo =
        "$ mkdir -p out/two\n$ touch out/new\n$ cp ../a out\n$ cp -r out copy\n$ mv copy/a two\n$ rm -rf out no\n";
    sandbox.run("t").is(0, "", echo);
    assert_eq!(sandbox.text("sub/two"), "of a");
    assert!(sandbox.has("sub/copy/two") && sandbox.has("sub/copy/new") && !sandbox.has("sub/out"));
}

#[test]
fn no_program_and_no_task_of_the_name_runs() {
    let sandbox = Sandbox::with("[tasks.rm]\nsteps = ['rm a', './rm b']\n");
    sandbox.program("rm");
    sandbox.program_at(&sandbox.project().join("rm"));
    sandbox.on("rm b").out("the file\n");
    fs::copy(sandbox.bin().join("script.txt"), sandbox.project().join("script.txt")).expect("its answers");
    sandbox.file("a", "");
    sandbox.run("rm").is(0, "the file\n", "$ rm a\n$ ./rm b\n");
    assert!(!sandbox.has("a"));
}

#[test]
fn unknown_flags_and_missing_names_are_mistakes_of_the_file() {
    let steps =
        ["rm -rfi x", "cp -a x y", "cp --recusive x y", "mv -n x y", "mkdir -m 700 x", "touch -t 1 x", "rm --", "cp x"];
    let good = ["rm -f", "rm -- -x", "cp {args}", "mv -- {args}", "touch -- -x"];
    let lines = |steps: &[&str]| steps.iter().map(|step| format!("    '{step}',\n")).collect::<String>();
    let sandbox = Sandbox::with(&format!("[tasks.t]\nsteps = [\n{}{}]\n", lines(&steps), lines(&good)));
    sandbox.run("t").is_snapshot("file_commands");
    let sandbox = Sandbox::with(&format!("[tasks.t]\nsteps = [\n{}]\n", lines(&good)));
    sandbox.run("-n --os linux t -- a b").is(0, "rm -f\nrm -- -x\ncp a b\nmv -- a b\ntouch -- -x\n", "");
}

#[test]
fn words_that_steps_share_are_checked_too_and_a_step_may_fail() {
    let words = "[words]\nclean = 'rm -rx'\n[tasks.t]\nsteps = ['{clean} a']\n";
    let done = Sandbox::with(words).run("t");
    assert!(done.code == 2 && done.stderr.starts_with("error: `rm` has no flag `-x` in a step\n"), "{done:?}");
    let sandbox = Sandbox::with(
        "[words]\nclean = 'rm -r'\n[tasks.t]\nsteps = [{ run = '{clean} no', may-fail = true }, { run = '{clean} a', dir = 'sub' }]\n",
    );
    sandbox.file("sub/a/b", "");
    let done = sandbox.run("t");
    assert!(done.code == 0 && done.stderr.contains("error: rm: there is no `no`\n"), "{done:?}");
    assert!(sandbox.has("sub") && !sandbox.has("sub/a"));
}

#[test]
fn what_a_placeholder_adds_is_checked_when_the_step_begins() {
    let sandbox = with_files();
    sandbox.run("rm -- -i a").is(
        2,
        "",
        "$ rm -i a\nerror: `rm` has no flag `-i` in a step\n --> tasks.toml:6:10\n  |\n6 | steps = ['rm {args}']\n  |          \
         ^^^^^^^^^^^\n  |\n  = hint: it has `-r`, `-R`, `-f` and `-v`, the same on every system; the system's own rm: { sh = \"rm -i …\" }\n",
    );
    sandbox.run("-q mkdir").is(
        2,
        "",
        "error: `mkdir` needs a folder to make\n --> tasks.toml:8:10\n  |\n8 | steps = ['mkdir {args}']\n  |          \
         ^^^^^^^^^^^^^^\n  |\n  = hint: write `mkdir FOLDER`\n",
    );
    assert!(sandbox.has("a"));
}

/// Each with all that it says; 1 is the code of all.
#[test]
fn every_failure_says_what_is_wrong() {
    for (line, said) in [
        ("cp no x", "cp: there is no `no`"),
        ("cp a/ x", "cp: there is no `a/`"),
        ("cp '' x", "cp: there is no ``"),
        ("cp d x", "cp: `d` is a folder: -r copies it"),
        ("cp a b no", "cp: `no` is not a folder: several files can only go into a folder"),
        ("cp a no/", "cp: there is no folder `no/`"),
        ("cp a no/b", "cp: can't write `no/b`: there is no such folder"),
        ("cp a ./a", "cp: `a` and `./a` are the same file"),
        ("cp -r d ./", "cp: `d` and `./d` are the same file"),
        ("cp -r d d/e", "cp: `d` can't be copied into itself: `d/e/d`"),
        ("cp -r d d/new", "cp: `d` can't be copied into itself: `d/new`"),
        ("cp -r . x", "cp: `.` can't be copied into itself: `x/.`"),
        ("cp -r d a", "cp: `d` is a folder, and `a` is not"),
        ("cp a d/../a x", "cp: `d/../a` would overwrite `x/a`, which was just copied"),
        ("mv no x", "mv: there is no `no`"),
        ("mv a b no", "mv: `no` is not a folder: several files can only go into a folder"),
        ("mv a no/", "mv: there is no folder `no/`"),
        ("mv a no/b", "mv: can't move `a` to `no/b`: there is no such folder"),
        ("mv a ./a", "mv: `a` and `./a` are the same file"),
        ("mv d d/e", "mv: `d` can't be moved into itself: `d/e/d`"),
        ("mv d a", "mv: `d` is a folder, and `a` is not"),
        ("rm no", "rm: there is no `no`"),
        ("rm ''", "rm: there is no ``"),
        ("rm a/", "rm: `a/` is not a folder"),
        ("rm d", "rm: `d` is a folder: -r removes it"),
        ("rm -rf .", "rm: `.` can't be removed: name the folder"),
        ("rm -rf x/..", "rm: `x/..` can't be removed: name the folder"),
        ("rm -rf x/./", "rm: `x/./` can't be removed: name the folder"),
        ("rm -rf ../project", "rm: `../project` is the project's folder, and is never removed"),
        ("rm -rf x/../../project/", "rm: `x/../../project/` is the project's folder, and is never removed"),
        ("rm -rf ../../home", "rm: `../../home` is a folder that holds the project, and is never removed"),
        ("mkdir a", "mkdir: `a` is there already"),
        ("mkdir d", "mkdir: `d` is there already"),
        ("mkdir -p a", "mkdir: `a` is there already"),
        ("mkdir no/new", "mkdir: can't make `no/new`: there is no such folder"),
        ("mkdir ''", "mkdir: a folder can't have an empty name"),
        ("touch no/new", "touch: can't touch `no/new`: there is no such folder"),
        ("touch new/", "touch: there is no folder `new/`"),
        ("touch ''", "touch: a file can't have an empty name"),
    ] {
        let sandbox = with_files();
        let before = sandbox.listing();
        sandbox.files(line).is(1, "", &format!("error: {said}\n"));
        if !line.contains("a d/../a") {
            assert_eq!(sandbox.listing(), before, "{line}");
        }
    }
}

#[test]
fn what_does_not_fail() {
    let sandbox = with_files();
    for line in [
        "rm -f",
        "rm -f no",
        "rm -rf no/ a/no ''",
        "mkdir -p d/e",
        "touch -c no",
        "touch d",
        "rm --force --recursive no",
    ] {
        let before = sandbox.listing();
        sandbox.files(line).is(0, "", "");
        assert_eq!(sandbox.listing(), before, "{line}");
    }
    sandbox.files("cp a a x").is(0, "", "warning: cp: `a` is named twice\n");
    // Another name that is none, and no second time.
    sandbox.files("cp b/ b x").is(1, "", "error: cp: there is no `b/`\n");
    assert_eq!(sandbox.text("x/b"), "of b");
}

#[test]
fn after_a_failure_the_other_operands_are_done() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['rm a no b', 'touch never']\n");
    sandbox.file("a", "");
    sandbox.file("b", "");
    sandbox.run("t").is(
        1,
        "",
        "$ rm a no b\nerror: rm: there is no `no`\nerror: step 1 of 2 (task `t`) ended with exit code 1\n",
    );
    assert!(!sandbox.has("a") && !sandbox.has("b") && !sandbox.has("never"));
}

#[test]
fn verbose_says_what_was_done() {
    let sandbox = with_files();
    sandbox.files("cp -rv d a x").is(
        0,
        "copied `d` to `x/d`\ncopied `d/e` to `x/d/e`\ncopied `d/e/f` to `x/d/e/f`\ncopied `a` to `x/a`\n",
        "",
    );
    sandbox.files("mv -v a x/b").is(0, "moved `a` to `x/b`\n", "");
    sandbox.files("mkdir -pv d/new/two").is(0, "made `d/new`\nmade `d/new/two`\n", "");
    sandbox.files("rm -rv x/d b").is(0, "removed `x/d/e/f`\nremoved `x/d/e`\nremoved `x/d`\nremoved `b`\n", "");
}

#[test]
fn read_only_files_are_removed_moved_and_replaced() {
    let sandbox = with_files();
    let read_only = |path: &str| {
        let path = sandbox.file(path, "read-only");
        let mut permissions = fs::metadata(&path).expect("a file").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).expect("a mode");
    };
    read_only("x/r");
    read_only("x/s");
    sandbox.files("cp x/r copy").is(0, "", "");
    assert!(fs::metadata(sandbox.project().join("copy")).expect("a copy").permissions().readonly());
    sandbox.files("cp -f a copy").is(0, "", "");
    assert_eq!(sandbox.text("copy"), "of a");
    sandbox.files("mv b x/s").is(0, "", "");
    assert_eq!(sandbox.text("x/s"), "of b");
    sandbox.files("mv x/r moved").is(0, "", "");
    sandbox.files("rm moved").is(0, "", "");
    read_only("x/t/u");
    sandbox.files("rm -r x").is(0, "", "");
    assert!(!sandbox.has("x") && !sandbox.has("moved"));
}

#[test]
fn a_copy_with_p_keeps_the_time() {
    let sandbox = with_files();
    let time = |path: &str| fs::metadata(sandbox.project().join(path)).expect(path).modified().expect("a time");
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let file = fs::File::options().write(true).open(sandbox.project().join("a")).expect("a file");
    file.set_modified(old).expect("a time");
    drop(file);
    sandbox.files("cp -p a kept").is(0, "", "");
    sandbox.files("cp a new").is(0, "", "");
    assert!(time("kept") == old && time("new") > old);
    sandbox.files("touch kept").is(0, "", "");
    assert!(time("kept") > old);
}

#[test]
fn home_and_what_holds_it_are_never_removed() {
    let sandbox = with_files();
    let home = sandbox.root().join("elsewhere").join("me");
    fs::create_dir_all(home.join("kept")).expect("a folder");
    for name in ["HOME", "USERPROFILE"] {
        sandbox.set(name, &home);
    }
    let refused = |path: &str, reason: &str| {
        let said = format!("error: rm: `{path}` is {reason}, and is never removed\n");
        sandbox.files(&format!("rm -rf {path}")).is(1, "", &said);
    };
    refused("../../elsewhere/me", "the home folder");
    refused("../../elsewhere/me/kept/../../me", "the home folder");
    refused("../../elsewhere", "a folder that holds the home folder");
    assert!(home.join("kept").is_dir());
    sandbox.files("rm -r ../../elsewhere/me/kept").is(0, "", "");
}

#[test]
fn a_dry_run_is_a_line_to_paste() {
    let steps = "'cp -r a \"b c\" [1]', 'mv a b', 'rm -rf build', 'rm old', 'mkdir -p a/b', 'touch -c a', 'rm {args}'";
    let sandbox = Sandbox::with(&format!("[tasks.t]\nabout = 'x'\ndir = 'sub'\nsteps = [{steps}]\n"));
    let folder = sandbox.folder("sub");
    let line = "cp -r a 'b c' '[1]'\nmv a b\nrm -rf build\nrm old\nmkdir -p a/b\ntouch -c a\nrm\n";
    let done = sandbox.finish(sandbox.command().current_dir(&folder).args(["-n", "--os", "linux", "t"]));
    done.is(0, line, "");
    let done = sandbox.finish(sandbox.command().current_dir(&folder).args(["-n", "--os", "windows", "t"]));
    done.is(
        0,
        "Copy-Item -LiteralPath 'a', 'b c' -Destination '[1]' -Recurse\n\
         Move-Item -LiteralPath 'a' -Destination 'b' -Force\n\
         Get-Item -LiteralPath 'build' -Force -ErrorAction Ignore | Remove-Item -Recurse -Force\n\
         Remove-Item -LiteralPath 'old' -Force\n\
         New-Item -ItemType Directory -Path 'a/b' -Force | Out-Null\n\
         'a' | ForEach-Object { if (Test-Path -LiteralPath $_) { (Get-Item -LiteralPath $_ -Force).LastWriteTime = Get-Date } }\n\
         rm\n",
        "",
    );
    assert!(sandbox.run("--os linux help t").stdout.contains("$ rm -rf build"), "{:?}", sandbox.run("help t"));
}

#[test]
fn a_secret_in_a_name_is_not_shown() {
    let sandbox =
        Sandbox::with("[tasks.t]\nsteps = ['rm {token}']\nflags.token = { value = 'T', words = ['{value}'] }\n");
    sandbox.run("t --token hunter2").is(1, "", "$ rm '…'\nerror: rm: there is no `…`\n");
    let done = sandbox.run("-q t --token=--hunter2");
    assert!(done.code == 2 && done.stderr.starts_with("error: `rm` has no flag `…` in a step\n"), "{done:?}");
    assert!(!done.stderr.contains("hunter2"), "{done:?}");
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn a_link_is_removed_and_not_what_it_leads_to() {
        let sandbox = with_files();
        symlink("d", sandbox.project().join("link")).expect("a link");
        let said = "error: rm: `link/` is a link: write `link` to remove it\n";
        sandbox.files("rm -rf link/").is(1, "", said);
        symlink(sandbox.project(), sandbox.home().join("me")).expect("a link");
        let said = "error: rm: `../me/../project` is the project's folder, and is never removed\n";
        sandbox.files("rm -rf ../me/../project").is(1, "", said);
        // Nothing of its name says it.
        fs::create_dir(sandbox.home().join("other")).expect("a folder");
        symlink("..", sandbox.home().join("other").join("up")).expect("a link");
        let said = "error: rm: `../other/up/project` is the project's folder, and is never removed\n";
        sandbox.files("rm -rf ../other/up/project").is(1, "", said);
        sandbox.files("rm -r link ../me").is(0, "", "");
        assert!(sandbox.has("d/e/f") && sandbox.has("a") && !sandbox.has("link"));
    }

    /// The project is reached through a link: what holds the link holds the project.
    #[test]
    fn the_folder_of_a_link_to_the_project_is_kept() {
        let sandbox = with_files();
        let above = sandbox.root().join("above");
        fs::create_dir(&above).expect("a folder");
        symlink(sandbox.project(), above.join("link")).expect("a link");
        let mut command = sandbox.command();
        let file = above.join("link").join("tasks.toml");
        command.args(["-q", "--file"]).arg(file).args(["rm", "--", "-rf"]).arg(&above);
        let said = "error: rm: `<T>/above` is a folder that holds the project, and is never removed\n";
        sandbox.finish(&mut command).is(1, "", said);
    }

    #[test]
    fn links_in_a_folder_are_copied_as_links() {
        let sandbox = with_files();
        symlink("../../a", sandbox.project().join("d/e/out")).expect("a link");
        symlink("nowhere", sandbox.project().join("d/e/dangling")).expect("a link");
        sandbox.files("cp -r d copy").is(0, "", "");
        for (name, target) in [("out", "../../a"), ("dangling", "nowhere")] {
            let copy = sandbox.project().join("copy/e").join(name);
            assert_eq!(fs::read_link(copy).expect("a link"), Path::new(target));
        }
        sandbox.files("cp a d/e/dangling").is(
            1,
            "",
            "error: cp: `d/e/dangling` is a link to nothing: it can't be written to\n",
        );
    }

    /// Reading a pipe would wait for a writer.
    #[test]
    fn what_is_no_file_is_not_copied_and_the_rest_is() {
        let sandbox = with_files();
        let pipe = sandbox.project().join("d").join("pipe");
        let c_path = std::ffi::CString::new(pipe.to_string_lossy().as_bytes()).expect("no NUL");
        // SAFETY: the path is a string with its NUL.
        assert_eq!(unsafe { libc::mkfifo(c_path.as_ptr(), 0o600) }, 0);
        let said = "error: cp: `d/pipe` is not a file, folder or link: it can't be copied\n";
        sandbox.files("cp -r d copy").is(1, "", said);
        assert!(sandbox.has("copy/e/f") && !sandbox.has("copy/pipe"));
        sandbox.files("cp d/pipe copy").is(1, "", said);
        sandbox.files("cp a d/pipe").is(1, "", "error: cp: `d/pipe` is not a file: it can't be written to\n");
        sandbox.files("cp /dev/null a").is(0, "", "");
        assert_eq!(sandbox.text("a"), "");
        sandbox.files("mv d/pipe p").is(0, "", "");
        sandbox.files("rm p").is(0, "", "");
    }

    /// Deeper than any path that the system takes.
    #[test]
    fn folders_of_any_depth_are_removed() {
        let sandbox = with_files();
        let name = "n".repeat(200);
        let mut shell = std::process::Command::new("/bin/sh");
        let script = format!("for i in $(seq 60); do mkdir {name} && cd -P {name}; done");
        assert!(shell.args(["-c", &script]).current_dir(sandbox.project().join("x")).status().expect("sh").success());
        sandbox.files("rm -r x").is(0, "", "");
        assert!(!sandbox.has("x"));
    }

    #[test]
    fn a_signal_ends_a_long_copy() {
        use std::io::Read as _;
        use std::process::Stdio;
        let sandbox = with_files();
        // What it says is more than a pipe takes that nobody reads, so it waits in the middle.
        let name = "n".repeat(200);
        for number in 0..400 {
            sandbox.file(&format!("many/{name}{number}"), "");
        }
        let mut command = sandbox.command();
        command.args(["-q", "cp", "--", "-rv", "many", "copy"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("xtask");
        let copied = || fs::read_dir(sandbox.project().join("copy")).map_or(0, Iterator::count);
        while copied() < 50 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // SAFETY: kill has no preconditions; the child is not waited for yet.
        assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGTERM) }, 0);
        // The handler has to have run.
        std::thread::sleep(std::time::Duration::from_millis(100));
        let mut said = Vec::new();
        child.stdout.take().expect("a pipe").read_to_end(&mut said).expect("what it says");
        assert_eq!(child.wait().expect("an end").code(), Some(128 + libc::SIGTERM));
        assert!(copied() < 400, "{}", copied());
    }
}

/// The two file systems that Linux has.
#[cfg(target_os = "linux")]
mod across {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::path::Path;

    struct Shared(std::path::PathBuf);

    impl Drop for Shared {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// A folder on another file system; none where there is no other.
    fn elsewhere(sandbox: &Sandbox, name: &str) -> Option<Shared> {
        let folder = Path::new("/dev/shm").join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let shared = Shared(folder);
        let device = |path: &Path| path.metadata().expect("a folder").dev();
        (device(&shared.0) != device(&sandbox.project())).then_some(shared)
    }

    #[test]
    fn a_move_copies_the_whole_and_removes_the_source() {
        let sandbox = with_files();
        let Some(shared) = elsewhere(&sandbox, "move") else { return };
        symlink("../a", sandbox.project().join("d/link")).expect("a link");
        fs::set_permissions(sandbox.project().join("d/e/f"), fs::Permissions::from_mode(0o4711)).expect("a mode");
        let before = fs::metadata(sandbox.project().join("d/e/f")).expect("a file");
        let to = shared.0.display();
        sandbox.files(&format!("mv -v d a {to}")).is(0, &format!("moved `d` to `{to}/d`\nmoved `a` to `{to}/a`\n"), "");
        let after = fs::metadata(shared.0.join("d/e/f")).expect("a file");
        assert_eq!((after.mode(), after.mtime_nsec()), (before.mode(), before.mtime_nsec()));
        assert_eq!(fs::read_link(shared.0.join("d/link")).expect("a link"), Path::new("../a"));
        assert!(!sandbox.has("d") && !sandbox.has("a"));
        // Over what is there, and back.
        sandbox.files(&format!("mv b {to}/a")).is(0, "", "");
        sandbox.files(&format!("mv {to}/a {to}/d .")).is(0, "", "");
        assert_eq!((sandbox.text("a"), sandbox.text("d/e/f")), ("of b".to_owned(), "of f".to_owned()));
        assert_eq!(fs::read_dir(&shared.0).expect("a folder").count(), 0);
    }

    #[test]
    fn a_move_that_fails_in_the_middle_leaves_the_source_and_the_target_as_they_were() {
        let sandbox = with_files();
        let Some(shared) = elsewhere(&sandbox, "fail") else { return };
        let pipe =
            std::ffi::CString::new(sandbox.project().join("d/pipe").to_string_lossy().as_bytes()).expect("no NUL");
        // SAFETY: the path is a string with its NUL.
        assert_eq!(unsafe { libc::mkfifo(pipe.as_ptr(), 0o600) }, 0);
        let before = sandbox.listing();
        let said = "error: mv: `d/pipe` is not a file, folder or link: it can't be copied\n";
        sandbox.files(&format!("mv d {}/new", shared.0.display())).is(1, "", said);
        fs::create_dir_all(shared.0.join("x/full")).expect("a folder");
        let said = format!("error: mv: `{0}/x` is there already, and is not empty\n", shared.0.display());
        sandbox.files(&format!("mv x {}", shared.0.display())).is(1, "", &said);
        assert_eq!(sandbox.listing(), before);
        let left: Vec<_> =
            fs::read_dir(&shared.0).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["x"]);
    }
}
