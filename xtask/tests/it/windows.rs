//! What is Windows' own: consoles, PATHEXT, batch files, forms of paths, variables without case.

use std::fs;
use std::io::Read;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::os::windows::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Done, Sandbox, under_wine};

#[link(name = "kernel32")]
unsafe extern "system" {
    fn SetConsoleCtrlHandler(handler: Option<extern "system" fn(u32) -> i32>, add: i32) -> i32;
    fn GenerateConsoleCtrlEvent(event: u32, group: u32) -> i32;
    fn ReadConsoleOutputCharacterW(
        console: *mut std::ffi::c_void,
        text: *mut u16,
        length: u32,
        from: u32,
        read: *mut u32,
    ) -> i32;
}

const CTRL_C: u32 = 0;
const CTRL_BREAK: u32 = 1;
/// A console of its own, hidden.
const CREATE_NO_WINDOW: u32 = 0x0800_0000;
/// Says to this test program that it sits at such a console.
const AT_A_CONSOLE: &str = "XTASK_TEST_AT_A_CONSOLE";

/// What the console sent to us, who share it with the program under test.
static EVENTS: AtomicUsize = AtomicUsize::new(0);

extern "system" fn note(_event: u32) -> i32 {
    EVENTS.fetch_add(1, Ordering::SeqCst);
    1
}

/// Runs the body of a test at a console of its own, in another process: Ctrl-C goes to all who share a console, so it
/// must not be that of the other tests.
fn at_a_console(test: &str, body: impl FnOnce()) {
    if std::env::var_os(AT_A_CONSOLE).is_some() {
        // SAFETY: the handler touches an atomic alone. The first call undoes an inherited "no Ctrl-C".
        assert!(unsafe { SetConsoleCtrlHandler(None, 0) != 0 && SetConsoleCtrlHandler(Some(note), 1) != 0 });
        return body();
    }
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", &format!("windows::{test}"), "--nocapture"]).env(AT_A_CONSOLE, "1");
    let output = command.creation_flags(CREATE_NO_WINDOW).stdin(Stdio::null()).output().expect("this program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("1 passed"), "{}", text(&output.stdout));
}

/// Presses the keys: everybody at this console gets the event.
fn press(event: u32) {
    let before = EVENTS.load(Ordering::SeqCst);
    // SAFETY: no preconditions. 0 is every process at the console.
    assert!(unsafe { GenerateConsoleCtrlEvent(event, 0) } != 0, "{}", std::io::Error::last_os_error());
    until(|| EVENTS.load(Ordering::SeqCst) > before);
}

fn until(mut there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < Duration::from_secs(60), "it did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn start(sandbox: &Sandbox, line: &str) -> Child {
    let mut command = sandbox.command();
    command.args(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("xtask")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn ctrl_c_waits_for_the_child_and_nothing_begins_after_it() {
    at_a_console("ctrl_c_waits_for_the_child_and_nothing_begins_after_it", || {
        // What the child says, whether a step comes after it, and what we say.
        let rows = [(7, true, 7), (0, true, 130), (0, false, 0), (259, true, 259)];
        // Wine 8 has no Ctrl-Break: GenerateConsoleCtrlEvent fails (6, ERROR_INVALID_HANDLE).
        let events = if under_wine() { vec![CTRL_C] } else { vec![CTRL_C, CTRL_BREAK] };
        for (event, (said, has_next, expected)) in events.into_iter().flat_map(|event| rows.map(|row| (event, row))) {
            let next = if has_next { ", 'next'" } else { "" };
            let sandbox = Sandbox::with(&format!("[tasks.t]\nsteps = ['tool'{next}]\n"));
            sandbox.program("tool");
            sandbox.program("next");
            let (ready, go) = (sandbox.root().join("ready"), sandbox.root().join("go"));
            let tool = sandbox.on("tool").act("catch", "").act("file", text(&ready));
            drop(tool.act("await", "INT").act("until", text(&go)).exit(said));
            sandbox.on("next");
            let mut child = start(&sandbox, "-q t");
            until(|| ready.exists());
            press(event);
            std::thread::sleep(Duration::from_millis(300));
            assert_eq!(child.try_wait().expect("a state"), None, "it waits for the child");
            fs::write(&go, "").expect("a file");
            let done = sandbox.done(&child.wait_with_output().expect("an end"));
            done.is(expected, "", "");
            assert_eq!(sandbox.called(), ["tool"]);
        }
    });
}

#[test]
fn a_child_that_ctrl_c_ends_gives_its_own_code() {
    at_a_console("a_child_that_ctrl_c_ends_gives_its_own_code", || {
        if under_wine() {
            return eprintln!("stepping aside: Wine ends such a child with 0, and before our own handler was called");
        }
        let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool', 'next']\n");
        sandbox.program("tool");
        sandbox.program("next");
        let ready = sandbox.root().join("ready");
        sandbox.on("tool").act("file", text(&ready)).act("until", text(&sandbox.root().join("never")));
        sandbox.on("next");
        let child = start(&sandbox, "-q t");
        until(|| ready.exists());
        press(CTRL_C);
        let done = sandbox.done(&child.wait_with_output().expect("an end"));
        // STATUS_CONTROL_C_EXIT
        done.is(0xC000_013A_u32 as i32, "", "");
        assert_eq!(sandbox.called(), ["tool"]);
    });
}

/// The console shows colours or is not sent any; it never shows the codes themselves.
#[test]
fn a_console_never_shows_escape_codes() {
    at_a_console("a_console_never_shows_escape_codes", || {
        let console = || {
            let mut options = fs::OpenOptions::new();
            options.read(true).write(true).share_mode(3).open("CONOUT$").expect("the console")
        };
        let sandbox = Sandbox::with("[tasks.t]\nabout = 'What it is for'\nsteps = ['tool']\n");
        for line in ["help", "nothing"] {
            let status = sandbox.command().arg(line).stdout(console()).stderr(console()).status().expect("xtask");
            assert_eq!(status.code(), Some(if line == "help" { 0 } else { 2 }));
        }
        let mut shown = vec![0_u16; 120 * 60];
        let mut read = 0;
        let console = console();
        // SAFETY: the handle is open, and the text has room for that many characters.
        let result = unsafe {
            let length = shown.len() as u32;
            ReadConsoleOutputCharacterW(console.as_raw_handle().cast(), shown.as_mut_ptr(), length, 0, &mut read)
        };
        assert!(result != 0, "{}", std::io::Error::last_os_error());
        let shown = String::from_utf16_lossy(&shown[..read as usize]);
        assert!(shown.contains("What it is for") && shown.contains("no task is called"), "{shown:?}");
        if under_wine() {
            return eprintln!("stepping aside: Wine's console says that it knows the codes, and shows them as text");
        }
        assert!(!shown.contains('\u{1b}') && !shown.contains("[0m"), "{shown:?}");
    });
}

/// A batch file that calls the fake beside it with all of its words.
fn shim(sandbox: &Sandbox, name: &str) {
    sandbox.program("behind");
    fs::write(sandbox.bin().join(name), "@\"%~dp0behind.exe\" %*\r\n").expect("a batch file");
}

#[test]
fn pathext_decides_on_the_order_and_never_offers_what_cannot_start() {
    // The exit code says which file ran: 3 is tool.exe, 5 is tool.cmd, 2 is that none was found.
    let rows: [(Option<&str>, &str, i32); 12] = [
        (None, "tool", 3),
        (Some(""), "tool", 3),
        (Some(".COM;.EXE;.BAT;.CMD;.VBS;.JS"), "tool", 3),
        (Some(".CMD;.EXE"), "tool", 5),
        (Some(".cmd;.exe"), "tool", 5),
        (Some(".EXE;.CMD"), "tool", 3),
        (Some(".CMD"), "tool", 5),
        (Some(".TXT"), "tool", 2),
        // A script that only the shell could start is passed over.
        (Some(".JS;.CMD"), "tool", 5),
        // An ending that is typed is the file's own.
        (Some(".CMD"), "tool.exe", 3),
        (None, "tool.cmd", 5),
        (None, "TOOL.EXE", 3),
    ];
    for (endings, step, code) in rows {
        let sandbox = Sandbox::with(&format!("[tasks.t]\nsteps = ['{step}']\n"));
        sandbox.program("tool");
        sandbox.on("tool").exit(3);
        fs::write(sandbox.bin().join("tool.cmd"), "@exit 5\r\n").expect("a batch file");
        fs::write(sandbox.bin().join("tool.js"), "").expect("a script");
        fs::write(sandbox.bin().join("tool.txt"), "").expect("a text");
        if let Some(endings) = endings {
            sandbox.set("PATHEXT", endings);
        }
        let done = sandbox.run("-q t");
        assert_eq!(done.code, code, "PATHEXT={endings:?} {step}: {done:?}");
    }
}

#[test]
fn only_files_on_path_are_programs() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n[tasks.own]\nsteps = ['xtask --version']\n");
    sandbox.program("tool");
    sandbox.on("tool");
    // A folder of that name in an earlier folder, and a file without an ending.
    let first = sandbox.folder("first");
    fs::create_dir_all(first.join("tool.exe")).expect("a folder");
    fs::write(first.join("tool"), "").expect("a file");
    sandbox.set("PATH", std::env::join_paths([first, sandbox.bin()]).expect("folders"));
    sandbox.run("-q t").is(0, "", "");
    // The program under test lies in a folder of its own, where Windows itself would look first.
    let own = sandbox.run("-q own");
    assert_eq!(own.code, 2);
    assert!(own.stderr.starts_with("error: there is no program `xtask` on PATH\n"), "{own:?}");
}

#[test]
fn a_program_relative_to_dir_has_its_ending_added() {
    let sandbox = Sandbox::with(
        "[tasks.t]\ndir = 'a/b'\nsteps = ['./tool x', '../up', './tool.exe x', 'c/script']\n[tasks.none]\ndir = 'a/b'\nsteps = ['./none']\n",
    );
    sandbox.folder("a/b/c");
    for path in ["a/b/tool", "a/up"] {
        let path = sandbox.project().join(path);
        sandbox.program_at(&path);
        fs::write(path.with_file_name("script.txt"), "call tool x\nout <tool>\ncall up\nout <up>\n").expect("a script");
    }
    sandbox.file("a/b/c/script.bat", "@echo ^<bat^>\r\n");
    sandbox.run("-q t").is(0, "<tool><up><tool><bat>\n", "");
    sandbox.run("-q none").is(
        2,
        "",
        "error: there is no program `./none` in `<T>/home/project/a/b`
 --> tasks.toml:6:10
  |
6 | steps = ['./none']
  |          ^^^^^^^^
  |
  = hint: a program with `/` in its name is looked for in the task's folder (`dir`)
",
    );
}

#[test]
fn words_reach_the_program_behind_a_batch_file() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['compose config {args} end']\n");
    for name in ["docker-compose.cmd", "docker-compose.bat"] {
        shim(&sandbox, name);
        // Wine's own cmd.exe ends with 0, whatever the last program of the batch file ended with.
        let code = if under_wine() { 0 } else { 259 };
        sandbox.on("behind *").exit(code);
        let mut typed = vec!["plain", "a b", "", "--x=y", "ünï", "it's", "a&b", "a^b", "!x!", "*", "(a)", "a|b", "<a>"];
        if !under_wine() {
            // Wine's own cmd.exe takes these apart before the batch file begins.
            typed.extend(["%", "%PATH%", "100%", "\"", "a \"b\" c", "a\\", "a b\\", "\\\\"]);
        }
        for word in typed {
            sandbox.forget_calls();
            sandbox.run_words(&["-q", "t", "--", word]).is(code, "", "");
            assert_eq!(sandbox.calls()[0].words, ["behind", "config", word, "end"], "{name}");
        }
        fs::remove_file(sandbox.bin().join(name)).expect("removed");
    }
}

#[test]
fn an_exe_is_taken_before_a_batch_file_beside_it() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['compose config']\n");
    shim(&sandbox, "docker-compose.cmd");
    sandbox.program("docker-compose");
    sandbox.on("docker-compose config");
    sandbox.run("-q t").is(0, "", "");
    assert_eq!(sandbox.called(), ["docker-compose config"]);
}

#[test]
fn a_line_break_for_compose_behind_a_batch_file_is_an_error_before_it_starts() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['compose config {args}']\n");
    shim(&sandbox, "docker-compose.cmd");
    for word in ["a\nb", "a\rb", "\r\n"] {
        let done = sandbox.run_words(&["-q", "t", "--", word]);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""));
        assert!(done.stderr.starts_with("error: `docker-compose` is a batch file, "), "{done:?}");
        assert_eq!(done.stderr.matches("error: ").count(), 1, "{done:?}");
    }
    assert_eq!(sandbox.called(), [""; 0]);
}

/// `path` in the form that `canonicalize` gives.
fn verbatim(path: &Path) -> PathBuf {
    let path = PathBuf::from(format!(r"\\?\{}", path.display().to_string().replace('/', r"\")));
    assert!(path.exists(), "{}", path.display());
    path
}

const WITH_FILES: &str = "[compose]
files = ['a/compose.yaml']
[tasks.t]
steps = ['compose config', 'tool']
[tasks.below]
dir = 'a'
steps = ['compose config', './tool']
";

fn with_files() -> Sandbox {
    let sandbox = Sandbox::with_docker(WITH_FILES);
    sandbox.program("tool");
    sandbox.on("tool");
    sandbox.on("docker compose *");
    sandbox.file("a/compose.yaml", "services: {}\n");
    sandbox.file("a/script.txt", "call tool\ndir\n");
    sandbox.program_at(&sandbox.project().join("a").join("tool"));
    sandbox
}

#[test]
fn no_tool_is_given_a_verbatim_path() {
    let sandbox = with_files();
    let deep = sandbox.folder("b/c");
    let file = verbatim(&sandbox.project().join("tasks.toml"));
    sandbox.set("PATH", verbatim(&sandbox.bin()));
    let runs: [(PathBuf, Vec<&str>); 4] = [
        (verbatim(&sandbox.project()), vec![]),
        (verbatim(&deep), vec![]),
        (sandbox.home(), vec!["--file", text(&file)]),
        (verbatim(&deep), vec!["--file", r"..\../tasks.toml"]),
    ];
    for (folder, flags) in runs {
        for task in ["t", "below"] {
            sandbox.forget_calls();
            let mut command = sandbox.command();
            let done = sandbox.finish(command.current_dir(&folder).args(&flags).args(["-q", task]));
            let ran = if task == "below" { "<T>/home/project/a\n" } else { "" };
            done.is(0, ran, "");
            let dir = if task == "below" { "<T>/home/project/a" } else { "<T>/home/project" };
            let calls = sandbox.calls();
            assert!(!calls.is_empty());
            for call in &calls {
                assert!(!call.words.concat().contains(r"\\?\"), "{call:?}");
                assert_eq!(call.dir, dir);
            }
            let file = &calls[0].words[3];
            assert_eq!(file.starts_with(&*sandbox.project().to_string_lossy()), task == "below", "{file}");
            let dry: Done = sandbox.finish(sandbox.command().current_dir(&folder).args(&flags).args(["-n", task]));
            assert!(dry.code == 0 && !dry.stdout.contains("//?/"), "{dry:?}");
        }
    }
}

/// The share that Windows has for each drive; Wine has no shares.
#[test]
fn a_share_stays_a_share() {
    let sandbox = with_files();
    let plain = sandbox.project().display().to_string();
    let (drive, rest) = plain.split_once(':').expect("a drive");
    let share = PathBuf::from(format!(r"\\localhost\{drive}${rest}"));
    if under_wine() || !share.join("tasks.toml").exists() {
        return eprintln!("stepping aside: there is no share {}", share.display());
    }
    let verbatim = PathBuf::from(format!(r"\\?\UNC\localhost\{drive}${rest}"));
    for folder in [&share, &verbatim] {
        sandbox.forget_calls();
        let done = sandbox.finish(sandbox.command().current_dir(folder).args(["-q", "below"]));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        let expected = folder.join("a").join("compose.yaml");
        assert_eq!(sandbox.calls()[0].words[3], expected.display().to_string());
    }
}

#[test]
fn a_variable_is_one_in_any_case() {
    let sandbox = Sandbox::with_docker(
        "[env]\nAPI_url = 'file'\n[tasks.t]\nenv = { docker_buildkit = '1', Other = 'task' }\nsteps = ['compose config', 'compose build']\nflags.x = { value = 'X', env = 'Other' }\n",
    );
    sandbox.on("docker *");
    for (name, value) in [("Docker_Buildkit", "0"), ("api_URL", "person"), ("OTHER", "person")] {
        sandbox.set(name, value);
    }
    let path = sandbox.bin();
    sandbox.unset("PATH");
    sandbox.set("Path", &path);
    let done = sandbox.run("-q t --x typed");
    assert_eq!(done.code, 0);
    assert!(done.stderr.starts_with("warning: DOCKER_BUILDKIT=0 turns BuildKit off"), "{done:?}");
    for call in sandbox.calls() {
        let values = ["DOCKER_BUILDKIT", "API_URL", "OTHER", "PATH"].map(|name| call.env(name));
        assert_eq!(values, [Some("0"), Some("person"), Some("typed"), path.to_str()]);
        let mut names: Vec<String> = call.env.iter().map(|(name, _)| name.to_uppercase()).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{:?}", call.env);
    }
}

/// The search for tasks.toml ends at the home folder, however the person wrote it.
#[test]
fn the_home_folder_is_the_same_in_any_case() {
    let sandbox = Sandbox::bare();
    fs::write(sandbox.root().join("tasks.toml"), "[tasks.t]\nsteps = ['tool']\n").expect("a file");
    sandbox.set("USERPROFILE", sandbox.home().display().to_string().to_uppercase());
    let done = sandbox.run("t");
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("there is no tasks.toml here or above"), "{done:?}");
}

/// A program's code has 32 bits there, and all of them are ours. 259 is also what Windows says of one that still runs.
#[test]
fn codes_above_255_are_passed_on() {
    for code in [256, 259, 3_221_225_786_u32, u32::MAX] {
        let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool', 'tool']\n");
        sandbox.program("tool");
        sandbox.on("tool").exit(code as i32);
        let status = sandbox.command().args(["-q", "t"]).stderr(Stdio::piped()).output().expect("xtask").status;
        assert_eq!(status.code().map(|code| code as u32), Some(code));
    }
}

/// A pipe gets no colour codes, as little as a file does; who asks for them gets them.
#[test]
fn a_pipe_gets_colours_only_when_it_asks() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
    for (line, coloured) in [("help", false), ("--color always help", true), ("--color auto help", false)] {
        let mut child = start(&sandbox, line);
        let mut shown = String::new();
        child.stdout.take().expect("a pipe").read_to_string(&mut shown).expect("UTF-8");
        assert!(child.wait().expect("an end").success());
        assert_eq!(shown.contains('\u{1b}'), coloured, "{line}");
    }
}
