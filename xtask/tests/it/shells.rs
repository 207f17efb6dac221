//! Completion in the shells themselves, where they are. They are programs of Unix, and Wine can start none of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::completions::TASKS;
use crate::harness::Sandbox;
use crate::signals::OnTerminal;

fn find(shell: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(shell)).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("stepping aside: there is no {shell} on PATH");
    }
    found
}

/// A sandbox with the script in it, and a command of the shell that has the system's programs too.
fn start(sandbox: &Sandbox, shell: &str) -> Option<(PathBuf, Command)> {
    let program = find(shell)?;
    let script = sandbox.file("script", sandbox.command().args(["completions", shell]).output().expect("xtask").stdout);
    let mut command = sandbox.command_of(&program);
    command.env("PATH", format!("{}:/usr/bin:/bin", sandbox.bin().display())).env("TERM", "dumb");
    Some((script, command))
}

fn lines(sandbox: &Sandbox, command: &mut Command) -> Vec<String> {
    let done = sandbox.finish(command);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{}", done.stdout);
    done.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash() {
    let sandbox = Sandbox::with(TASKS);
    let Some((script, mut command)) = start(&sandbox, "bash") else { return };
    let test = r#"
        complete -W 'build test' cargo
        _before() { COMPREPLY=(before); }
        complete -F _before cargo
        source "$1"
        ask() {
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=999 COMPREPLY=()
            local function=$(complete -p "$1" | sed 's/.*-F \([^ ]*\).*/\1/')
            "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            echo "${COMPREPLY[*]}"
        }
        ask xtask de
        ask xtask dev --de
        ask cargo xtask de
        ask cargo +stable xtask de
        ask cargo xtask dev --tail ''
        ask cargo bu
        ask cargo xtas
    "#;
    let found = lines(&sandbox, command.args(["--norc", "-c", test, "bash"]).arg(&script));
    let expected = ["dev deploy", "--detached", "dev deploy", "dev deploy", "low high", "before", "before"];
    assert_eq!(found.iter().map(|line| line.replace('\u{b}', " ")).collect::<Vec<_>>(), expected);
}

/// At a real prompt, with the Tab key, where bash splits words at `=` and `:`. What nobody else completes are the
/// names of files.
#[test]
fn bash_at_a_prompt() {
    let sandbox = Sandbox::with(&format!("{TASKS}[tasks.'db:migrate']\nsteps = ['tool']\n"));
    let Some((script, mut command)) = start(&sandbox, "bash") else { return };
    sandbox.file("notes-of-mine.txt", "");
    sandbox.file("folder-of-mine/inner.txt", "");
    let start = format!(
        "PS1=; bind 'set enable-bracketed-paste off'; source '{}'\ncargo() {{ echo \"cargo:$*.\"; }}\nxtask() {{ echo \"xtask:$*.\"; }}\necho READY\n",
        script.display()
    );
    let init = sandbox.file("init", start);
    let mut run = OnTerminal::start(command.args(["--noprofile", "--init-file"]).arg(&init).arg("-i"));
    run.until_printed("READY");
    for (typed, expected) in [
        ("cargo fmt notes-o\t\n", "cargo:fmt notes-of-mine.txt."),
        ("xtask dev -- notes-o\t\n", "xtask:dev -- notes-of-mine.txt."),
        ("cargo xtask dev -- notes-o\t\n", "cargo:xtask dev -- notes-of-mine.txt."),
        ("cargo xtask depl\t\n", "cargo:xtask deploy."),
        ("xtask dev --tail=h\t\n", "xtask:dev --tail=high."),
        ("cargo xtask dev --tail=h\t\n", "cargo:xtask dev --tail=high."),
        ("xtask --color=al\tdev\n", "xtask:--color=always dev."),
        ("xtask db:m\t\n", "xtask:db:migrate."),
        ("cargo +x xtask db:\t\n", "cargo:+x xtask db:migrate."),
        ("xtask db:migrate --dry\t\n", "xtask:db:migrate --dry-run."),
        ("xtask dep\tx\n", "xtask:deploy x."),
        ("xtask --fil\tnotes-o\tdev\n", "xtask:--file notes-of-mine.txt dev."),
        ("xtask --file=notes-o\tdev\n", "xtask:--file=notes-of-mine.txt dev."),
        // No blank behind a folder: the word goes on.
        ("xtask --file fold\tinn\tdev\n", "xtask:--file folder-of-mine/inner.txt dev."),
        ("xtask '--file=fold\tinn\tdev\n", "xtask:--file=folder-of-mine/inner.txt dev."),
    ] {
        run.keyboard.write_all(typed.as_bytes()).expect("a keyboard");
        run.until_printed(expected);
    }
    run.keyboard.write_all(b"exit\n").expect("a keyboard");
    run.end(&sandbox);
}

#[test]
fn zsh() {
    let sandbox = Sandbox::with(TASKS);
    let Some((script, mut command)) = start(&sandbox, "zsh") else { return };
    // What zsh's completion system would be given, printed.
    let test = r#"
        compdef() { completes[$2]=$1 }
        typeset -A completes
        _describe() { shift 2; print -r -- "${(P@)1}" }
        typeset -A compstate
        _default() { print default }
        _cargo() { print before }
        source $1
        ask() {
            words=("$@") CURRENT=$# PREFIX=$@[-1]
            ${completes[$1]}
        }
        ask xtask de
        ask xtask dev --de
        ask cargo xtask de
        ask cargo +stable xtask de
        ask cargo xtask dev --tail ''
        ask cargo bu
    "#;
    let found = lines(&sandbox, command.args(["-f", "-c", test, "zsh"]).arg(&script));
    let names = "dev:Start the stack deploy:tool";
    assert_eq!(found, [names, "--detached:Return when it is up", names, names, "low high", "before"]);
}

#[test]
fn fish() {
    let sandbox = Sandbox::with(TASKS);
    let Some((script, mut command)) = start(&sandbox, "fish") else { return };
    let test = r#"
        source $argv[1]
        for line in 'xtask de' 'xtask dev --de' 'cargo xtask de' 'cargo +stable xtask de' 'cargo xtask dev --tail '
            complete -C $line
        end
    "#;
    let names = ["dev\tStart the stack", "deploy\ttool"];
    let flag = ["--detached\tReturn when it is up"];
    let expected = [&names[..], &flag, &names, &names, &["low", "high"]].concat();
    assert_eq!(lines(&sandbox, command.args(["--no-config", "-c", test]).arg(&script)), expected);
}

#[test]
fn elvish() {
    let sandbox = Sandbox::with(TASKS);
    let Some((script, mut command)) = start(&sandbox, "elvish") else { return };
    // Outside of its editor there is no `edit:` to ask, so the script is only checked for mistakes.
    let done = sandbox.finish(command.arg("-compileonly").arg(&script));
    assert!(!done.stderr.contains("parse error"), "{done:?}");
}

#[test]
fn a_path_with_blanks_and_quotes_is_quoted_in_the_script() {
    let sandbox = Sandbox::with(TASKS);
    let folder = sandbox.root().join("it's a $folder");
    std::fs::create_dir_all(&folder).expect("a folder");
    let program = folder.join("xtask");
    std::fs::hard_link(crate::harness::xtask(), &program)
        .or_else(|_| std::fs::copy(crate::harness::xtask(), &program).map(drop))
        .expect("a copy");
    let rows: [(&str, &[&str], &str); 3] = [
        (
            "bash",
            &["--norc", "-c"],
            "source \"$0\"; COMP_LINE='xtask dev' COMP_POINT=9; _xtask_complete xtask dev xtask; echo $COMPREPLY",
        ),
        (
            "zsh",
            &["-f", "-c"],
            "compdef() { }; _describe() { shift 2; print -r -- ${${(P@)1}%%:*} }; source $0; words=(xtask dev) CURRENT=2 PREFIX=dev; typeset -A compstate; _xtask_complete",
        ),
        ("fish", &["--no-config", "-c"], "source $argv[1]; complete -C 'cargo xtask dev' | string split -f 1 \\t"),
    ];
    for (shell, options, test) in rows {
        let Some(found) = find(shell) else { continue };
        let output = sandbox.command_of(&program).args(["completions", shell]).output().expect("xtask");
        let script = sandbox.file("script", output.stdout);
        let mut command = sandbox.command_of(&found);
        command.env("PATH", "/usr/bin:/bin").args(options).arg(test).arg(Path::new(&script));
        assert_eq!(lines(&sandbox, &mut command), ["dev"], "{shell}");
    }
}

/// Each is one word: it is offered, Tab puts it on the line, and the program gets it as it is. None of them runs.
const NAMES: [&str; 30] = [
    "plain",
    "a b",
    "it's",
    "'",
    "''q'",
    "\"q\"",
    "q\"",
    "$(touch PWNED)",
    "`touch PWNED`",
    "a;touch PWNED;b",
    "a&&touch PWNED",
    "a|touch PWNED",
    "a>PWNED",
    "${HOME}",
    "$HOME",
    "a*",
    "[a]?",
    "{a,b}",
    "~x",
    "~",
    "a\\b",
    "a\\",
    "#x",
    "!x",
    "a!!b",
    "größe 漢字 🦀",
    "a=b c",
    "a:b c",
    "=x",
    "(touch PWNED)",
];

/// A shell at its prompt that has read its script. Its `xtask` only notes its words.
struct Prompt<'a> {
    sandbox: &'a Sandbox,
    run: OnTerminal,
    /// What runs a line after Tab.
    enter: &'static str,
}

impl Prompt<'_> {
    fn start<'a>(sandbox: &'a Sandbox, shell: &str) -> Option<Prompt<'a>> {
        let (script, mut command) = start(sandbox, shell)?;
        sandbox.program("xtask");
        sandbox.on("xtask *");
        let script = script.display();
        let setup = match shell {
            "bash" => format!("bind 'set enable-bracketed-paste off'; source '{script}'; echo READY\n"),
            "zsh" => format!("autoload -Uz compinit; compinit -u -D; source '{script}'; echo RE''ADY\n"),
            "fish" => format!("source '{script}'; echo READY"),
            _ => format!("eval (slurp < '{script}'); echo READY\n"),
        };
        let init = sandbox.file("init", &setup);
        match shell {
            "bash" => command.args(["--noprofile", "--init-file"]).arg(&init).arg("-i"),
            "zsh" => command.args(["-f", "-i"]),
            "fish" => command.args(["--no-config", "--interactive", "--init-command", &setup]),
            _ => command.arg("-rc").arg(&init),
        };
        let run = OnTerminal::start(command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8"));
        // In Elvish, the first takes what is offered, where that is shown in a list.
        let enter = if shell == "elvish" { "\r\r" } else { "\r" };
        let mut prompt = Prompt { sandbox, run, enter };
        if shell == "zsh" {
            prompt.types(&setup);
        }
        prompt.run.until_printed("READY");
        Some(prompt)
    }

    fn types(&mut self, keys: &str) {
        self.run.keyboard.write_all(keys.as_bytes()).expect("a keyboard");
    }

    /// The words that `xtask` got when `keys` and Enter were typed.
    fn words(&mut self, keys: &str) -> Vec<String> {
        self.sandbox.forget_calls();
        self.types(keys);
        self.types(self.enter);
        let begin = Instant::now();
        loop {
            if let Some(call) = self.sandbox.calls().first() {
                return call.words[1..].to_vec();
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "{keys:?} started nothing:\n{}", self.run.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn end(mut self) {
        self.types("exit\r");
        self.run.end(self.sandbox);
    }
}

fn with_names() -> Sandbox {
    let task = |(at, name): (usize, &&str)| {
        let choice = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!(
            "[tasks.t{at}]\nsteps = ['tool {{x}}']\n\
             flags.x = {{ value = 'V', words = ['{{value}}'], choices = [\"{choice}\"] }}\n"
        )
    };
    let sandbox = Sandbox::with(&NAMES.iter().enumerate().map(task).collect::<String>());
    for (at, name) in NAMES.iter().enumerate() {
        sandbox.file(&format!("f{at}/{name}"), "");
    }
    sandbox
}

fn names_arrive(shell: &str) {
    let sandbox = with_names();
    let Some(mut prompt) = Prompt::start(&sandbox, shell) else { return };
    let mut wrong = Vec::new();
    for (at, name) in NAMES.iter().enumerate() {
        let (task, file, joined) = (format!("t{at}"), format!("f{at}/{name}"), format!("--x={name}"));
        let mut rows = vec![(format!("xtask {task} --x=\t"), vec![task.as_str(), &joined])];
        for open in ["", "'", "\""] {
            // Fish would leave it without quotes.
            if shell != "fish" || !name.starts_with('~') {
                rows.push((format!("xtask {task} --x {open}\t"), vec![&task, "--x", name]));
            }
            rows.push((format!("xtask --file {open}f{at}/\t"), vec!["--file", &file]));
        }
        for begun in ["a\\ ", "'a ", "\"a "] {
            // Elvish has no backslashes.
            if *name == "a b" && (shell != "elvish" || !begun.contains('\\')) {
                rows.push((format!("xtask {task} --x {begun}\t"), vec![&task, "--x", name]));
            }
        }
        for (typed, expected) in rows {
            let found = prompt.words(&typed);
            if found != expected {
                wrong.push(format!("{typed:?}: {found:?} for {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), prompt.run.screen());
    prompt.end();
    assert!(!sandbox.listing().iter().any(|path| path.contains("/PWNED ")), "{:?}", sandbox.listing());
}

#[test]
fn names_arrive_in_bash() {
    names_arrive("bash");
}

/// Bash quotes a name for `'…'` there, and would run the rest of it.
#[test]
fn bash_completes_nothing_behind_an_open_dollar_quote() {
    let sandbox = with_names();
    sandbox.file("g\\';touch PWNED;\\'", "");
    let Some(mut prompt) = Prompt::start(&sandbox, "bash") else { return };
    assert_eq!(prompt.words("xtask --file $'g\t'"), ["--file", "g"]);
    assert_eq!(prompt.words("xtask --file=$'g\t'"), ["--file=g"]);
    assert_eq!(prompt.words("xtask -- 'a' $'g\t'"), ["--", "a", "g"]);
    prompt.end();
    assert!(!sandbox.listing().iter().any(|path| path.contains("/PWNED ")), "{:?}", sandbox.listing());
}

#[test]
fn names_arrive_in_zsh() {
    names_arrive("zsh");
}

#[test]
fn names_arrive_in_fish() {
    names_arrive("fish");
}

#[test]
fn names_arrive_in_elvish() {
    names_arrive("elvish");
}
