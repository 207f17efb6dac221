//! Bad input: one plain error with its place and a hint, code 2, all mistakes in one go, and never a panic.

use crate::harness::Sandbox;

#[test]
fn all_mistakes_are_told_in_one_go() {
    let sandbox = Sandbox::with(
        "[compose]
file = ['compose.yaml']
wait = '3'
[env]
PORT = 8000
[tasks.dev]
abuot = 'Start'
steps = 'compose up'
[tasks.build]
steps = ['compose build | tee log', \"cargo test 'unclosed\", 'tool {no-cahce} {args}', 'A=b tool', '', 'task biuld']
needs = ['prepaer']
flags.no-cache = { words = ['--no-cache'] }
flags.quiet = { words = ['-q'], short = 'qq' }
[tasks.prepare]
steps = ['x']
builtin = 'hlep'
[tasks.nothing]
about = 'does nothing'
[tasks.-x]
steps = ['x']
hidden = 'yes'
",
    );
    sandbox.run("dev").is_snapshot("all_mistakes");
    // What needs no tasks works all the same.
    assert_eq!(sandbox.run("completions bash").code, 0);
    assert_eq!(sandbox.run("help").code, 2);
}

#[test]
fn all_mistakes_between_tasks_are_told_in_one_go() {
    let sandbox = Sandbox::with(
        "[tasks.calls]
steps = ['task ready --t nope', 'task ready api -x', 'cd x', 'task fresh --bogus']
flags.pull = { words = '--pull' }
[tasks.ready]
steps = ['x {t}']
flags.t = { value = 'T', choices = ['a'], words = ['{value}'] }
[tasks.fresh]
builtin = 'build-fresh'
[tasks.idle]
needs = ['ready']
dir = 'x'
[unknown]
",
    );
    sandbox.run("calls").is_snapshot("all_mistakes_between_tasks");
}

/// Thousands on one line: the first twenty, how many more, and little of the line.
#[test]
fn of_many_mistakes_the_first_are_shown_and_the_rest_counted() {
    let step = "\"tool {nope} $x\", ";
    let sandbox = Sandbox::with(&format!("[tasks.a]\nsteps = [{}]\n", step.repeat(5_000)));
    let done = sandbox.run("a");
    assert_eq!((done.code, errors(&done).len(), done.stdout.as_str()), (2, 20, ""));
    assert!(done.stderr.ends_with("\n\n… and 4980 more mistakes\n"), "{}", done.stderr.len());
    assert!(done.stderr.len() < 20_000, "{}", done.stderr.len());
}

#[test]
fn mistakes_of_syntax_are_shown_with_their_place() {
    let sandbox = Sandbox::with("[tasks.dev]\nsteps = ['x']\nsteps = ['y']\n[tasks.dev]\nabout = x\n\"x\" 'y'\n");
    sandbox.run("dev").is_snapshot("syntax");
}

fn errors(done: &crate::harness::Done) -> Vec<&str> {
    done.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect()
}

#[test]
fn a_key_that_stands_twice_hides_no_other_mistake() {
    let sandbox = Sandbox::with(
        "[tasks.a]\nstesp = ['x']\nabout = 'one'\nabout = 'two'\nneeds = ['missing']\n[tasks.b]\nsteps = ['a | b']\n",
    );
    let done = sandbox.run("a");
    let expected = ["unknown key `stesp` in [tasks.a]", "duplicate key", "`|` is shell syntax, and there is no shell"];
    assert_eq!((done.code, errors(&done)), (2, expected.to_vec()), "{done:?}");
}

#[test]
fn what_is_shown_in_one_line_has_no_others_in_it() {
    let sandbox = Sandbox::with(
        "[tasks.a]\nabout = \"one\\ntwo\"\nconfirm = \"\\u001b[31mred\"\nsteps = ['x {f}']\n\
         flags.f = { about = \"a\\tb\", value = \"V\", choices = [\"\\u0007\"], words = [\"{value}\\n\"] }\n",
    );
    let done = sandbox.run("help");
    let told =
        ["about", "confirm", "about", "choices"].map(|key| format!("a line break or control character in `{key}`"));
    assert_eq!((done.code, errors(&done)), (2, told.iter().map(String::as_str).collect()), "{done:?}");
    assert!(!done.stderr.contains(['\u{1b}', '\u{7}']), "{done:?}");
}

#[test]
fn a_flag_that_is_nearly_a_global_one_is_told_and_not_its_value() {
    let sandbox = Sandbox::with("[tasks.a]\nsteps = ['x']\n");
    for (line, flag, near) in [("--colour never a", "--colour", "--color"), ("--fiel x a", "--fiel", "--file")] {
        let hint = format!("error: unexpected argument `{flag}`\nhint: did you mean `{near}`?\n");
        sandbox.run(line).is(2, "", &hint);
    }
    sandbox.run("--frob b").is(2, "", "error: no task is called `b`\nhint: list the tasks: xtask help\n");
}

#[test]
fn a_parameter_of_powershells_is_told_whole() {
    let sandbox = Sandbox::with("[tasks.a]\nsteps = ['x {args}']\n[tasks.bf]\nbuiltin = 'build-fresh'\n");
    let flags = "hint: flags are typed as `--name`\n";
    sandbox.run("a -Frobnicate").is(2, "", &format!("error: unexpected argument `-Frobnicate`\n{flags}"));
    for typed in ["-NoCache", "--no-cache"] {
        let hint = format!("error: unexpected argument `{typed}`\nhint: did you mean `--drop-caches`?\n");
        sandbox.run(&format!("bf {typed}")).is(2, "", &hint);
        sandbox.run(&format!("build-fresh {typed}")).is(2, "", &hint);
    }
}

/// `{args}` passes on flags; words for the other task's command stand behind its `--`.
#[test]
fn words_that_are_passed_on_before_the_end_of_flags_are_told_where_they_belong() {
    let tasks = "[tasks.a]\nsteps = ['x {f} {args}']\nflags.f.words = ['f']\n[tasks.b]\nsteps = ['task a {args}']\n";
    let done = Sandbox::with(tasks).run("-n b -- 1");
    assert!(done.stderr.contains("words for its command go after `--`: `task a -- …`"), "{done:?}");
    let tasks = tasks.replace(" {f}", "").replace("flags.f.words = ['f']\n", "");
    let done = Sandbox::with(&tasks).run("help");
    assert_eq!(errors(&done), ["task `a` takes no flags, so `{args}` has no place here"], "{done:?}");
    assert!(done.stderr.contains("words for its command go after `--`: `task a -- {args}`"), "{done:?}");
}

#[cfg(unix)]
#[test]
fn a_folder_above_is_named_and_not_drawn_in_dots() {
    let sandbox = Sandbox::bare();
    let below = sandbox.folder("a/b");
    let done = sandbox.run_in(&below, &format!("--file {} help", sandbox.project().display()));
    assert!(done.stderr.starts_with("error: can't read `<T>/home/project`: "), "{done:?}");
}

#[test]
fn every_kind_of_shell_syntax_names_a_way_out() {
    let steps = [
        "a | b",
        "a && b",
        "a; b",
        "a > b",
        "a < b",
        "(a)",
        "a *.rs",
        "a ?",
        "a ~",
        "a ~/x",
        "# a",
        "a $HOME",
        "a `b`",
        "a \\\"$HOME\\\"",
        "A=b c",
        "a \\\\b",
        "a b\\\\",
        "a 'b",
        "a \\\"b",
        "a {b",
        "a x{b}",
        "a {b}c",
        "a \\u0007",
        "   ",
        "task",
        "task {x}",
        "{x} y",
    ];
    // As many as are shown of one file.
    for (part, steps) in ["shell_syntax", "shell_syntax_more"].into_iter().zip(steps.chunks(15)) {
        let task = |(at, step): (usize, &&str)| format!("[tasks.t{at}]\nsteps = [\"{step}\"]\n");
        let tasks: String = steps.iter().enumerate().map(task).collect();
        Sandbox::with(&tasks).run("t0").is_snapshot(part);
    }
}

#[test]
fn circles_are_found_before_anything_runs() {
    let sandbox = Sandbox::with(
        "[tasks.self]\nneeds = ['self']\nsteps = ['x']\n[tasks.a]\nneeds = ['b']\n[tasks.b]\nsteps = ['task c']\n[tasks.c]\nneeds = ['a']\n[tasks.call]\nsteps = ['x', 'task call']\n[tasks.fine]\nneeds = ['a']\n",
    );
    sandbox.run("fine").is_snapshot("circles");
}

#[test]
fn what_stands_for_one_system_is_checked_on_every_system() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = ['x']\n[tasks.t.windows]\nsteps = ['a | b']\n[tasks.t.linux]\nneeds = ['nobody']\n[tasks.t.macos]\nstep = ['x']\n",
    );
    sandbox.run("t").is_snapshot("other_systems");
}

#[test]
fn an_empty_file_says_so() {
    for text in ["", "\n", "# nothing\n", "\u{feff}"] {
        let done = Sandbox::with(text).run("dev");
        assert_eq!(done.code, 2);
        assert!(done.stderr.contains("there is no task in this file"), "{done:?}");
        assert!(done.stderr.contains("hint: "), "{done:?}");
    }
    let done = Sandbox::with("[tasks]\n").run("dev");
    assert_eq!(done.code, 2);
}

#[test]
fn a_file_that_is_not_utf8_says_where() {
    let sandbox = Sandbox::bare();
    sandbox.file("tasks.toml", b"[tasks.t]\nabout = '\xff'\n");
    sandbox.run("t").is(2, "", "error: `tasks.toml` is not valid UTF-8 (line 2, byte 19)\nhint: save it as UTF-8\n");
    // What Windows' old tools call Unicode.
    sandbox.file("tasks.toml", b"\xff\xfe[\0t\0");
    sandbox.run("t").is(2, "", "error: `tasks.toml` is not valid UTF-8 (line 1, byte 0)\nhint: save it as UTF-8\n");
}

#[test]
fn a_byte_order_mark_and_crlf_are_fine() {
    let text = "[tasks.t]\nabout = 'x'\nsteps = [\n  'tool a',\n  'tool b',\n]\n";
    for text in
        [text.replace('\n', "\r\n"), format!("\u{feff}{text}"), format!("\u{feff}{}", text.replace('\n', "\r\n"))]
    {
        let sandbox = Sandbox::with(&text);
        sandbox.program("tool");
        sandbox.on("tool *");
        sandbox.run("t").is(0, "", "$ tool a\n$ tool b\n");
        assert_eq!(sandbox.called(), ["tool a", "tool b"]);
    }
    let sandbox = Sandbox::with("[tasks.t]\r\nsteps = ['a | b']\r\n");
    sandbox.run("t").is(
        2,
        "",
        "error: `|` is shell syntax, and there is no shell
 --> tasks.toml:2:13
  |
2 | steps = ['a | b']
  |             ^
  |
  = hint: run both in a shell: { sh = \"… | …\" }
",
    );
}

#[test]
fn ten_thousand_tasks_are_listed_and_run() {
    let mut tasks = String::new();
    for at in 0..10_000 {
        tasks.push_str(&format!("[tasks.t{at}]\nabout = 'number {at}'\nsteps = ['tool {at}', 'tool {{f}}']\nflags.f = {{ words = ['-f'] }}\n"));
    }
    let sandbox = Sandbox::with(&tasks);
    sandbox.program("tool");
    sandbox.on("tool *");
    let list = sandbox.run("help");
    assert_eq!((list.code, list.stderr.as_str()), (0, ""));
    assert_eq!(list.stdout.lines().filter(|line| line.starts_with("  t")).count(), 10_000);
    sandbox.run("-q t9999 --f").is(0, "", "");
    assert_eq!(sandbox.called(), ["tool 9999", "tool -f"]);
}

/// However deep: a stack of the program's own would overflow.
#[test]
fn a_chain_of_ten_thousand_tasks_runs() {
    let chain = |link: fn(usize) -> String| {
        let mut tasks = String::new();
        for at in 0..10_000 {
            tasks.push_str(&format!("[tasks.t{at}]\n{}\n", link(at + 1)));
        }
        tasks + "[tasks.t10000]\nsteps = ['tool']\n"
    };
    for link in [|next| format!("needs = ['t{next}']"), |next| format!("steps = ['task t{next}']")] {
        let sandbox = Sandbox::with(&chain(link));
        sandbox.program("tool");
        sandbox.on("tool");
        sandbox.run("t0").is(0, "", "$ tool\n");
        let help = sandbox.run("help t0");
        assert!(help.code == 0 && help.stdout.ends_with("Commands:\n  $ tool\n"), "{help:?}");
    }
}

/// The literal words of `task NAME words…` are checked as if they had been typed.
#[test]
fn the_words_of_every_call_are_checked() {
    let sandbox = Sandbox::with(
        "[tasks.a]
steps = ['task b api', 'task b -x', 'task b --t nope', 'task b --t', 'task b --fats --fast=1 -fz', 'task b {l} {p}']
[tasks.a.flags]
l = { value = 'L', choices = ['x', 'z'], words = ['--t={value}'] }
p = { words = ['--pull', 'now', '--', 'y'] }
[tasks.b]
steps = ['b {t} {fast}']
[tasks.b.flags]
t = { value = 'T', choices = ['x', 'y'], words = ['{value}'] }
fast = { short = 'f', words = ['fast'] }
[tasks.c]
steps = ['task bf --bogus', 'task bf --pull --pull -- api', 'task d api', 'task bf', 'task e --', 'task e {f} y']
flags.f = { value = 'FILE', words = ['{value}'] }
[tasks.d]
steps = ['d {args}']
[tasks.e]
steps = ['e']
[tasks.bf]
builtin = 'build-fresh'
[tasks.fine]
steps = ['task b {args}', 'task b --t {args}', 'task b {t} {fast} {fast}', 'task d -- {any} {args} -x', 'task b -f --t=x']
[tasks.fine.flags]
t = { value = 'ANY', default = 'x', words = ['--t', '{value}'] }
fast = { words = ['--fast', '-f'] }
any = { value = 'ANY', words = ['{value}'] }
",
    );
    sandbox.run("help").is_snapshot("calls");
}

/// What a flag of the caller adds is checked when it was given, before anything runs.
#[test]
fn words_that_a_flag_adds_to_a_call_are_checked_when_it_is_planned() {
    let tasks = "[tasks.a]\nsteps = ['task b {f}']\nflags.f.words = ['--nope']\n[tasks.b]\nsteps = ['x']\n";
    let sandbox = Sandbox::with(tasks);
    assert_eq!(sandbox.run("-n a").code, 0);
    let done = sandbox.run("-n a --f");
    let expected = ["task `b` can't be called like this: unexpected argument `--nope`"];
    assert_eq!((done.code, errors(&done)), (2, expected.to_vec()), "{done:?}");
}

#[test]
fn what_can_not_be_a_step_is_told_at_the_reference() {
    let sandbox = Sandbox::with(
        "[tasks.w]
aliases = ['win']
windows.steps = ['x']
[tasks.t]
needs = ['w']
steps = ['task win', 'task tasks', 'task help', 'task build-fresh']
macos.steps = ['x']
windows.needs = ['completions']
[tasks.unix]
needs = ['w']
linux.steps = ['x']
windows = { needs = [], steps = ['task w'] }
[tasks.tasks]
builtin = 'help'
[tasks.completions]
builtin = 'completions'
",
    );
    sandbox.run("help").is_snapshot("no_step");
}

#[test]
fn keys_without_effect_are_mistakes() {
    let sandbox = Sandbox::with(
        "[tasks.dev]
steps = ['task build']
env = { FOO = '1' }
dir = 'x'
flags.target = { value = 'S', env = 'BUILD_TARGET' }
[tasks.build]
steps = ['build']
flags.target = { value = 'S', env = 'BUILD_TARGET' }
[tasks.all]
needs = ['build']
env = { FOO = '1' }
[tasks.all.flags]
fast = { words = ['--fast'] }
target = { value = 'S', env = 'BUILD_TARGET' }
[tasks.some]
dir = 'x'
steps = ['x {fast}']
flags.fast = { words = ['--fast'] }
linux.steps = ['task build']
macos.steps = ['task build', 'x']
[tasks.one]
flags.fast = { words = ['--fast'] }
env = { FOO = '1' }
windows.steps = ['x {fast}']
",
    );
    sandbox.run("help").is_snapshot("without_effect");
}

#[test]
fn one_mistake_is_told_once() {
    let rows = [
        (
            "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = '--f' }",
            "`words` in [tasks.t.flags.f] has the wrong type",
        ),
        ("[tasks.t]\nsteps = ['x {f}']\nflags.f = { word = ['--f'] }", "unknown key `word` in [tasks.t.flags.f]"),
        ("[tasks.t]\nsteps = ['x {f}']\nflags.f = '--f'", "`f` in [tasks.t.flags] has the wrong type"),
        ("[tasks.t]\nsteps = ['x {f}']\nflags = ['f']", "`flags` in [tasks.t] has the wrong type"),
        ("[tasks.t]\nsteps = ['x {f}']\nflag.f.words = ['f']", "unknown key `flag` in [tasks.t]"),
        (
            "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = ['{value}'], value = 1, default = 'x' }",
            "`value` in [tasks.t.flags.f] has the wrong type",
        ),
        ("[tasks.t]\nsteps = ['x {targt}']\nflags.target.words = ['y']", "task `t` has no flag `targt`"),
        ("[tasks.t]\nstep = ['x']", "unknown key `step` in [tasks.t]"),
        ("[tasks.t]\nsteps = 'x'", "`steps` in [tasks.t] has the wrong type"),
        (
            "[tasks.t]\nsteps = ['task u --f -- y']\n[tasks.u]\nsteps = ['x | {args} {f}']\nflags.f.words = ['f']",
            "`|` is shell syntax, and there is no shell",
        ),
        (
            "[tasks.t]\nsteps = ['task u --f']\n[tasks.u]\nsteps = ['x {f}']\nflags.f = { words = 'f' }",
            "`words` in [tasks.u.flags.f] has the wrong type",
        ),
        (
            "[tasks.t]\nsteps = ['task u {f}']\nflags.f = { words = 'f' }\n[tasks.u]\nsteps = ['x']",
            "`words` in [tasks.t.flags.f] has the wrong type",
        ),
        ("[tasks.t]\nneeds = ['u']\nsteps = ['task u --f']\n[tasks]\nu = ['x']", "`u` in [tasks] has the wrong type"),
        ("[tasks]\nu = ['x']\nt = { needs = ['u'] }", "`u` in [tasks] has the wrong type"),
        (
            "[tasks.t]\nneeds = ['v']\n[tasks.u]\nsteps = ['x']\naliases = 'v'",
            "`aliases` in [tasks.u] has the wrong type",
        ),
    ];
    for (tasks, mistake) in rows {
        let done = Sandbox::with(tasks).run("help");
        let told: Vec<&str> = done.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        assert_eq!((done.code, told), (2, vec![mistake]), "{tasks}");
    }
}

/// Each task calls the next twice: two to the power of fifty commands, if nobody counted.
#[test]
fn a_plan_that_doubles_at_each_level_is_a_clear_error() {
    let mut tasks = String::new();
    for at in 0..50 {
        tasks.push_str(&format!("[tasks.t{at}]\nsteps = ['task t{}', 'task t{}']\n", at + 1, at + 1));
    }
    let done = Sandbox::with(&format!("{tasks}[tasks.t50]\nsteps = ['tool']\n")).run("t0");
    assert_eq!(done.code, 2);
    assert!(done.stderr.starts_with("error: this would run more than 10000 commands\n"), "{}", done.stderr);
    // Without commands the tasks are counted.
    let sandbox = Sandbox::with(&format!("{tasks}[tasks.t50]\nneeds = ['t51']\n[tasks.t51]\nsteps = ['tool']\n"));
    assert_eq!(sandbox.run("-n t40").code, 0);
    let done = sandbox.run("t0");
    assert_eq!(done.code, 2);
    assert!(done.stderr.starts_with("error: this would run more than 100000 tasks\n"), "{}", done.stderr);
}

/// A small generator, so that every run tries the same.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let valid = "[compose]\nfiles = ['a.yaml']\nwait = 3\n[env]\nA = 'b'\n[tasks.dev]\nabout = 'x'\nneeds = ['b']\nsteps = ['tool {f} {args}', \"task b -- 'c d'\"]\nflags.f = { short = 'f', value = 'F', default = 'x', choices = ['x'], words = ['{value}'] }\n[tasks.b]\ndir = 'a'\nenv = { X = '1' }\nwindows = { steps = ['x {args}'] }\nsteps = ['compose up {args}']\n";
    let pieces: [&[u8]; 24] = [
        b"[",
        b"]",
        b"{",
        b"}",
        b"'",
        b"\"",
        b"\\",
        b"=",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xc3",
        "é".as_bytes(),
        b"{args}",
        b"{value}",
        b"task dev",
        b"''",
        b"needs = ['dev']",
        b"[tasks.dev]",
        b"steps = 3",
        b"9999999999999999999",
        b".",
        b"#",
    ];
    let sandbox = Sandbox::with(valid);
    assert_eq!(sandbox.run("-n dev").code, 0, "{:?}", sandbox.run("-n dev"));
    let mut random = Random(7);
    for round in 0..120 {
        let mut bytes = if round % 10 == 0 { Vec::new() } else { valid.as_bytes().to_vec() };
        for _ in 0..1 + random.below(6) {
            let at = random.below(bytes.len() + 1);
            match random.below(3) {
                0 => bytes.truncate(at),
                1 => drop(bytes.splice(at..at, pieces[random.below(pieces.len())].iter().copied())),
                _ => drop(bytes.drain(at..(at + random.below(8)).min(bytes.len()))),
            }
        }
        sandbox.file("tasks.toml", &bytes);
        let line = ["-n dev", "help", "help dev", "-n dev -f x -- y"][random.below(4)];
        let done = sandbox.run(line);
        let what = String::from_utf8_lossy(&bytes).into_owned();
        assert!(done.code == 0 || done.code == 2, "{line}\n{what}\n{done:?}");
        assert!(!done.stderr.contains("panicked"), "{line}\n{what}\n{done:?}");
        assert!(done.code == 0 || done.stderr.starts_with("error: "), "{line}\n{what}\n{done:?}");
    }
}
