//! Completion: names and flags are read from tasks.toml when Tab is pressed, and nothing is run.

use crate::harness::{Done, Sandbox};

const TASKS: &str = "[tasks.dev]
about = 'Start the stack'
aliases = ['d']
steps = ['tool {detached} {tail}']
[tasks.dev.flags]
detached = { short = 'd', about = 'Return when it is up', words = ['--detach'] }
tail = { value = 'LEVEL', choices = ['low', 'high'], words = ['{value}'] }
[tasks.deploy]
steps = ['tool']
[tasks.secret]
hidden = true
steps = ['tool']
[tasks.help]
builtin = 'help'
";

/// A shell's question: the words of the line, the last one at the cursor.
fn ask(sandbox: &Sandbox, shell: &str, words: &[&str]) -> Done {
    sandbox.set("XTASK_COMPLETE", shell);
    sandbox.set("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    sandbox.set("_CLAP_IFS", "\n");
    let done = sandbox.run_words(&[&["--"], words].concat());
    for name in ["XTASK_COMPLETE", "_CLAP_COMPLETE_INDEX", "_CLAP_IFS"] {
        sandbox.unset(name);
    }
    done
}

/// The values alone, without what they are for.
fn values(sandbox: &Sandbox, shell: &str, words: &[&str]) -> Vec<String> {
    let done = ask(sandbox, shell, words);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{shell} {words:?}");
    let mark = if shell == "zsh" { ':' } else { '\t' };
    done.stdout.lines().map(|line| line.split(mark).next().unwrap_or_default().to_owned()).collect()
}

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

#[test]
fn names_flags_and_choices_are_offered_in_every_shell() {
    let sandbox = Sandbox::with(TASKS);
    for shell in SHELLS {
        assert_eq!(values(&sandbox, shell, &["xtask", "de"]), ["dev", "deploy"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "-n", "de"]), ["dev", "deploy"], "{shell}");
        let all = values(&sandbox, shell, &["xtask", ""]);
        assert_eq!(all[..5], ["dev", "deploy", "help", "bench", "build-fresh"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "dev", "--de"]), ["--detached"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "d", "--de"]), ["--detached"], "an alias is the task: {shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "dev", "--tail", ""]), ["low", "high"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "dev", "--tail=h"]), ["--tail=high"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "--dry"]), ["--dry-run"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "help", "de"]), ["dev", "deploy"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "completions", "f"]), ["fish"], "{shell}");
    }
    assert_eq!(sandbox.called(), [""; 0], "nothing is run");
}

/// A shell puts a candidate on the line as it is: what it would take apart, or run at Enter, is not offered.
#[test]
fn a_choice_that_a_shell_would_not_take_as_it_is_is_not_offered() {
    let odd = [
        "$(touch ran)",
        "`touch ran`",
        "two words",
        "a;b",
        "a|b",
        "a&b",
        "a>b",
        "it's",
        "say \\\"x\\\"",
        "a\\\\b",
        "*",
        "a?",
        "[a]",
        "{a,b}",
        "~",
        "!x",
        "#x",
        "-x",
        "=x",
        "@x",
        "%x",
        "(a)",
        "^x",
        "a,b",
    ];
    let choices: Vec<String> = odd.iter().map(|choice| format!("\"{choice}\"")).collect();
    let sandbox = Sandbox::with(&format!(
        "[tasks.a]\nsteps = ['tool {{x}}']\n\
         flags.x = {{ value = 'V', words = ['{{value}}'], choices = ['plain', 'v1.2', 'a/b+c', 'größe', {}] }}\n",
        choices.join(", ")
    ));
    for shell in SHELLS {
        let offered = values(&sandbox, shell, &["xtask", "a", "--x", ""]);
        assert_eq!(offered, ["plain", "v1.2", "a/b+c", "größe"], "{shell}");
    }
    // It can be typed all the same.
    sandbox.program("tool");
    sandbox.on_words(&["tool", "two words"]);
    assert_eq!(sandbox.run_words(&["a", "--x", "two words"]).code, 0);
}

#[test]
fn what_they_are_for_is_shown_where_the_shell_can() {
    let sandbox = Sandbox::with(TASKS);
    ask(&sandbox, "fish", &["xtask", "dev"]).is(0, "dev\tStart the stack\n", "");
    ask(&sandbox, "zsh", &["xtask", "dev"]).is(0, "dev:Start the stack", "");
}

#[test]
fn another_file_is_asked_when_it_is_named() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.file("other/tasks.toml", "[tasks.demolish]\nsteps = ['x']\n");
    assert_eq!(values(&sandbox, "fish", &["xtask", "--file", "other/tasks.toml", "de"]), ["demolish"]);
    let below = sandbox.folder("a/b");
    sandbox.set("XTASK_COMPLETE", "fish");
    sandbox.run_in(&below, "-- xtask dev").is(0, "dev\tStart the stack\n", "");
}

#[test]
fn a_broken_or_missing_file_completes_the_built_in_commands_silently() {
    let sandbox = Sandbox::with("[tasks");
    assert_eq!(values(&sandbox, "fish", &["xtask", "comp"]), ["completions"]);
    std::fs::remove_file(sandbox.project().join("tasks.toml")).expect("no file");
    assert_eq!(values(&sandbox, "fish", &["xtask", "comp"]), ["completions"]);
}

#[test]
fn outside_of_any_project_the_built_in_commands_are_offered() {
    let sandbox = Sandbox::bare();
    for shell in SHELLS {
        let all = values(&sandbox, shell, &["xtask", ""]);
        assert_eq!(all[..3], ["bench", "build-fresh", "buildkit"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "completions", "f"]), ["fish"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "help", "comp"]), ["completions"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "completions", "--dry"]), ["--dry-run"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "unknown", "--dry"]), ["--dry-run"], "{shell}");
    }
    let fish = ask(&sandbox, "fish", &["xtask", "comp"]);
    fish.is(0, "completions\tPrint a script that completes task names and flags in your shell\n", "");
}

#[test]
fn the_script_of_every_shell_is_printed() {
    let sandbox = Sandbox::bare();
    for shell in SHELLS {
        let done = sandbox.run(&format!("completions {shell}"));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        assert!(done.stdout.contains("XTASK_COMPLETE"), "{shell}: {}", done.stdout);
        // PowerShell completes no words behind `cargo`: the README says so.
        assert_eq!(done.stdout.contains("cargo"), shell != "powershell", "{shell}: {}", done.stdout);
    }
}

/// The shells themselves, where they are: they are programs of Unix, and Wine can start none of them.
#[cfg(unix)]
mod shells {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;

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
        let script =
            sandbox.file("script", sandbox.command().args(["completions", shell]).output().expect("xtask").stdout);
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
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=9 COMPREPLY=()
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
        use std::io::Write as _;
        let sandbox = Sandbox::with(&format!("{TASKS}[tasks.'db:migrate']\nsteps = ['tool']\n"));
        let Some((script, mut command)) = start(&sandbox, "bash") else { return };
        sandbox.file("notes-of-mine.txt", "");
        let start = format!(
            "PS1=; bind 'set enable-bracketed-paste off'; source '{}'\ncargo() {{ echo \"cargo:$*.\"; }}\nxtask() {{ echo \"xtask:$*.\"; }}\necho READY\n",
            script.display()
        );
        let init = sandbox.file("init", start);
        let mut run =
            crate::signals::OnTerminal::start(command.args(["--noprofile", "--init-file"]).arg(&init).arg("-i"));
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
        ] {
            run.keyboard.write_all(typed.as_bytes()).expect("a keyboard");
            run.until_printed(expected);
        }
        // Names of files go on the line as the shell would write them: none of them runs.
        sandbox.file("sub/$(touch ran)", "");
        sandbox.file("other/a;touch ran;b", "");
        for (typed, expected) in [
            ("xtask --file sub/\t\n", "xtask:--file sub/$(touch ran)."),
            ("cargo xtask --file sub/\t\n", "cargo:xtask --file sub/$(touch ran)."),
            ("xtask dev --file other/\t\n", "xtask:dev --file other/a;touch ran;b."),
        ] {
            run.keyboard.write_all(typed.as_bytes()).expect("a keyboard");
            run.until_printed(expected);
        }
        assert!(!sandbox.project().join("ran").exists());
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
            _default() { print default }
            _cargo() { print before }
            source $1
            ask() {
                words=("$@") CURRENT=$#
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
                "source \"$0\"; COMP_WORDS=(xtask dev) COMP_CWORD=1; _clap_complete_xtask xtask dev xtask; echo $COMPREPLY",
            ),
            (
                "zsh",
                &["-f", "-c"],
                "compdef() { }; _describe() { shift 2; print -r -- ${${(P@)1}%%:*} }; source $0; words=(xtask dev) CURRENT=2; _clap_dynamic_completer_xtask",
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
}
