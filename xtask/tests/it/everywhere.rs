//! One table for all systems: the plan as each system's shell would take it, what the program gets, and what comes
//! back. Where two systems differ, the table says so; nothing else may.

use std::path::Path;
use std::process::Command;

use crate::fakes::Call;
use crate::harness::Sandbox;

struct Case {
    tasks: &'static str,
    typed: &'static [&'static str],
    /// What `--dry-run` prints for a POSIX shell and for PowerShell. `<P>` is the project's folder, `<V>` sets BuildKit's
    /// variables, and `</V>` sets them back.
    posix: &'static str,
    powershell: &'static str,
    /// For each call: its words, its folder, and the variables that count.
    calls: &'static [(&'static [&'static str], &'static str, Variables)],
    code: i32,
    stdout: &'static str,
    stderr: &'static str,
}

type Variables = &'static [(&'static str, &'static str)];

const TABLE: &[Case] = &[
    // Words as they were typed.
    Case {
        tasks: "[tasks.t]\nsteps = ['tool {args}']\n",
        typed: &[
            "t", "--", "a b", "", "it's", "\"", "%PATH%", "^", "&", "!x!", "*", "ünï 日本", "🦀", "a b\\", "\\\\", "$HOME",
        ],
        posix: r#"<V>tool 'a b' '' "it's" '"' '%PATH%' '^' '&' '!x!' '*' 'ünï 日本' '🦀' "a b\\" "\\\\" '$HOME'
"#,
        powershell: r#"<V>try { tool 'a b' '' 'it''s' '"' '%PATH%' '^' '&' '!x!' '*' 'ünï 日本' '🦀' 'a b\' \\ '$HOME' } finally { </V>}
"#,
        calls: &[(
            &[
                "tool", "a b", "", "it's", "\"", "%PATH%", "^", "&", "!x!", "*", "ünï 日本", "🦀", "a b\\", "\\\\", "$HOME",
            ],
            "<P>",
            &[],
        )],
        code: 0,
        stdout: "",
        stderr: "",
    },
    // Words as they stand in the file.
    Case {
        tasks: "[tasks.t]\nsteps = [\"\"\"tool 'a  b' '' \"it's\" '\\\\' %A% a^b '&' ! '*' ünï 'a b\\\\' a=b -x:y -a.b\"\"\"]\n",
        typed: &["t"],
        posix: "<V>tool 'a  b' '' \"it's\" \"\\\\\" '%A%' a'^b' '&' '!' '*' 'ünï' \"a b\\\\\" 'a=b' -x:y -a.b\n",
        powershell: "<V>try { tool 'a  b' '' 'it''s' \\ '%A%' 'a^b' '&' '!' '*' ünï 'a b\\' a=b '-x:y' '-a.b' } finally { </V>}\n",
        calls: &[(
            &["tool", "a  b", "", "it's", "\\", "%A%", "a^b", "&", "!", "*", "ünï", "a b\\", "a=b", "-x:y", "-a.b"],
            "<P>",
            &[],
        )],
        code: 0,
        stdout: "",
        stderr: "",
    },
    // Values of variables, from the file and typed.
    Case {
        tasks: "[env]\nFILE = '%PATH% ^ & ! * \"'\n[tasks.t]\nenv = { SPACED = 'a b', SLASH = 'a b\\', NAME = 'ünï' }\nsteps = ['tool']\nflags.x = { value = 'X', env = 'TYPED' }\n",
        typed: &["t", "--x=it's $HOME"],
        posix: "TYPED=\"it's \"'$HOME' SPACED='a b' SLASH=\"a b\\\\\" NAME='ünï' FILE='%PATH% ''^ & ! * \"' <V>tool\n",
        powershell: "$was0 = ${env:TYPED}; ${env:TYPED} = 'it''s $HOME'; \
$was1 = ${env:SPACED}; ${env:SPACED} = 'a b'; \
$was2 = ${env:SLASH}; ${env:SLASH} = 'a b\\'; \
$was3 = ${env:NAME}; ${env:NAME} = 'ünï'; \
$was4 = ${env:FILE}; ${env:FILE} = '%PATH% ^ & ! * \"'; \
$was5 = ${env:DOCKER_BUILDKIT}; ${env:DOCKER_BUILDKIT} = '1'; \
$was6 = ${env:COMPOSE_DOCKER_CLI_BUILD}; ${env:COMPOSE_DOCKER_CLI_BUILD} = '1'; \
try { tool } finally { \
${env:TYPED} = $was0; ${env:SPACED} = $was1; ${env:SLASH} = $was2; ${env:NAME} = $was3; ${env:FILE} = $was4; ${env:DOCKER_BUILDKIT} = $was5; ${env:COMPOSE_DOCKER_CLI_BUILD} = $was6; }\n",
        calls: &[(
            &["tool"],
            "<P>",
            &[
                ("TYPED", "it's $HOME"),
                ("SPACED", "a b"),
                ("SLASH", "a b\\"),
                ("NAME", "ünï"),
                ("FILE", "%PATH% ^ & ! * \""),
                ("DOCKER_BUILDKIT", "1"),
            ],
        )],
        code: 0,
        stdout: "",
        stderr: "",
    },
    // Folders are written with `/`, whatever is in their names.
    Case {
        tasks: "[tasks.t]\ndir = 'a b/./ü & %A%'\nsteps = ['tool x']\n",
        typed: &["t"],
        posix: "(cd '<P>/a b/ü & %A%' && <V>tool x)\n",
        powershell: "<V>Push-Location -LiteralPath '<P>/a b/ü & %A%'; try { tool x } finally { </V>Pop-Location; }\n",
        calls: &[(&["tool", "x"], "<P>/a b/ü & %A%", &[])],
        code: 0,
        stdout: "",
        stderr: "",
    },
    // Compose files: relative where they can be, and the same file from another folder.
    Case {
        tasks: "[compose]\nfiles = ['a b/one.yaml', './two two.yaml']\nproject = 'demo'\n[tasks.t]\nsteps = ['compose config', 'task below']\n[tasks.below]\ndir = 'a b'\nsteps = ['compose -f one.yaml config', 'compose config']\n",
        typed: &["t"],
        posix: "<V>docker compose -f 'a b/one.yaml' -f './two two.yaml' -p demo config
(cd '<P>/a b' && <V>docker compose -p demo -f one.yaml config)
(cd '<P>/a b' && <V>docker compose -f '<P>/a b/one.yaml' -f '<P>/two two.yaml' -p demo config)
",
        powershell: "<V>try { docker compose -f 'a b/one.yaml' -f './two two.yaml' -p demo config } finally { </V>}
<V>Push-Location -LiteralPath '<P>/a b'; try { docker compose -p demo -f one.yaml config } finally { </V>Pop-Location; }
<V>Push-Location -LiteralPath '<P>/a b'; try { docker compose -f '<P>/a b/one.yaml' -f '<P>/two two.yaml' -p demo config } finally { </V>Pop-Location; }
",
        calls: &[
            (&["docker", "compose", "-f", "a b/one.yaml", "-f", "./two two.yaml", "-p", "demo", "config"], "<P>", &[]),
            (&["docker", "compose", "-p", "demo", "-f", "one.yaml", "config"], "<P>/a b", &[]),
            (
                &["docker", "compose", "-f", "<P>/a b/one.yaml", "-f", "<P>/two two.yaml", "-p", "demo", "config"],
                "<P>/a b",
                &[],
            ),
        ],
        code: 0,
        stdout: "",
        stderr: "",
    },
    // What a program prints is passed on to the byte, and its code is ours.
    Case {
        tasks: "[tasks.t]\nsteps = ['tool', 'fails', 'tool']\n",
        typed: &["t"],
        posix: "<V>tool\n<V>fails\n<V>tool\n",
        powershell: "<V>try { tool } finally { </V>}\n<V>try { fails } finally { </V>}\n<V>try { tool } finally { </V>}\n",
        calls: &[(&["tool"], "<P>", &[]), (&["fails"], "<P>", &[])],
        code: 17,
        stdout: "out\tü\r\n",
        stderr: "no \u{1b}[1m\nerror: step 2 of 3 (task `t`) ended with exit code 17\n",
    },
];

const POSIX: &str = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 ";
const POWERSHELL: &str = "$was0 = ${env:DOCKER_BUILDKIT}; ${env:DOCKER_BUILDKIT} = '1'; \
$was1 = ${env:COMPOSE_DOCKER_CLI_BUILD}; ${env:COMPOSE_DOCKER_CLI_BUILD} = '1'; ";
const SET_BACK: &str = "${env:DOCKER_BUILDKIT} = $was0; ${env:COMPOSE_DOCKER_CLI_BUILD} = $was1; ";

/// The one normaliser: the project's folder is `<P>`, with `/` behind it. A backslash elsewhere stays one.
fn normal(sandbox: &Sandbox, text: &str) -> String {
    let project = sandbox.project().display().to_string();
    // A POSIX shell's line for a path of Windows is quoted another way: each backslash stands twice.
    let (doubled, mut text) = (format!("\"{}", project.replace('\\', r"\\")), text.to_owned());
    while let Some(at) = text.find(&doubled).filter(|_| cfg!(windows)) {
        let end = at + 1 + text[at + 1..].find('"').expect("a closing quote");
        let path = text[at + 1..end].replace(r"\\", r"\");
        text.replace_range(at..=end, &format!("'{path}'"));
    }
    let mut parts = text.split(&project);
    let mut normal = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['\'', '"', '\n']).unwrap_or(part.len());
        let below = if cfg!(windows) { part[..end].replace('\\', "/") } else { part[..end].to_owned() };
        normal.push_str(&format!("<P>{below}{}", &part[end..]));
    }
    normal.replace(POSIX, "<V>").replace(POWERSHELL, "<V>").replace(SET_BACK, "</V>")
}

fn prepare(case: &Case, tasks: &str) -> Sandbox {
    let sandbox = Sandbox::with_docker(tasks);
    for name in ["tool", "fails"] {
        sandbox.program(name);
    }
    let tool = sandbox.on("tool *");
    drop(if case.stdout.is_empty() { tool } else { tool.out(case.stdout) });
    sandbox.on("fails").err("no \u{1b}[1m\n").exit(17);
    sandbox.on("docker compose *");
    sandbox.folder("a b/ü & %A%");
    for path in ["a b/one.yaml", "two two.yaml"] {
        sandbox.file(path, "services: {}\n");
    }
    sandbox
}

fn check_calls(case: &Case, sandbox: &Sandbox) {
    let found: Vec<Call> = sandbox.calls();
    assert_eq!(found.len(), case.calls.len(), "{found:?}");
    for (call, (words, dir, variables)) in found.iter().zip(case.calls) {
        let got: Vec<String> = call.words.iter().map(|word| normal(sandbox, word)).collect();
        assert_eq!(got, *words);
        assert_eq!(call.dir.replace("<T>/home/project", "<P>"), *dir);
        for (name, value) in *variables {
            assert_eq!(call.env(name), Some(*value), "{name}");
        }
    }
}

#[test]
fn one_table_for_all_systems() {
    for case in TABLE {
        let crlf = format!("\u{feff}{}", case.tasks.replace('\n', "\r\n"));
        for tasks in [case.tasks, &crlf] {
            let sandbox = prepare(case, tasks);
            let with = |flags: &[&'static str]| -> Vec<&str> { flags.iter().chain(case.typed).copied().collect() };
            for (os, expected) in [("linux", case.posix), ("macos", case.posix), ("windows", case.powershell)] {
                let output = sandbox.command().args(with(&["-n", "--os", os])).output().expect("xtask");
                assert_eq!(normal(&sandbox, &String::from_utf8_lossy(&output.stdout)), expected, "{os}");
                assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{os}");
            }
            let output = sandbox.command().args(with(&["-q"])).output().expect("xtask");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(
                (output.status.code(), text(&output.stdout).as_str(), text(&output.stderr).as_str()),
                (Some(case.code), case.stdout, case.stderr)
            );
            check_calls(case, &sandbox);
            if case.code == 0 {
                pasted(case, &sandbox, &with(&["-n"]));
            }
        }
    }
}

/// The lines of a dry run do the same in the shell that people use here: `sh`, or PowerShell 7 where it is installed.
fn pasted(case: &Case, sandbox: &Sandbox, dry: &[&str]) {
    let output = sandbox.command().args(dry).output().expect("xtask");
    let script = String::from_utf8(output.stdout).expect("UTF-8");
    sandbox.forget_calls();
    let Some(mut shell) = shell(sandbox, &script) else {
        return eprintln!("stepping aside: there is no pwsh on PATH");
    };
    let output = shell.output().expect("a shell");
    assert!(output.status.success(), "{script}\n{output:?}");
    check_calls(case, sandbox);
}

#[cfg(unix)]
fn shell(sandbox: &Sandbox, script: &str) -> Option<Command> {
    let mut shell = sandbox.command_of(Path::new("/bin/sh"));
    shell.args(["-c", script]);
    Some(shell)
}

/// Not under Wine, which has no PowerShell: `a_line_for_powershell_follows_its_rules` looks at the text.
#[cfg(windows)]
fn shell(sandbox: &Sandbox, script: &str) -> Option<Command> {
    let path = std::env::var_os("PATH")?;
    let pwsh = std::env::split_paths(&path).map(|dir| dir.join("pwsh.exe")).find(|path| path.is_file())?;
    let file = sandbox.root().join("pasted.ps1");
    std::fs::write(&file, format!("\u{feff}{script}")).expect("a script");
    let mut shell = sandbox.command_of(Path::new(&pwsh));
    for name in ["ProgramFiles", "ProgramData", "LOCALAPPDATA", "APPDATA"] {
        if let Some(value) = std::env::var_os(name) {
            shell.env(name, value);
        }
    }
    shell.args(["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"]).arg(file);
    Some(shell)
}

/// The words of a line by PowerShell's documented rules (about_Parsing, about_Quoting_Rules), as far as our lines go:
/// a bare word of characters that mean nothing to it, or one word in single quotes in which a quote, curly ones too,
/// stands twice, or double quotes with `` `u{…} `` in them.
fn powershell_words(line: &str) -> Vec<String> {
    let is_quote = |c: char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}');
    let mut words = Vec::new();
    let mut rest = line.chars().peekable();
    while rest.peek().is_some() {
        let mut word = String::new();
        if rest.next_if_eq(&'\'').is_some() {
            loop {
                let c = rest.next().expect("a closing quote");
                match rest.next_if(|next| is_quote(c) && is_quote(*next)) {
                    Some(_) => word.push(c),
                    None if is_quote(c) => break,
                    None => word.push(c),
                }
            }
        } else if rest.next_if_eq(&'"').is_some() {
            loop {
                match rest.next().expect("a closing quote") {
                    '"' => break,
                    '`' if rest.next_if_eq(&'u').is_some() => {
                        let number: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                        let number = u32::from_str_radix(&number, 16).expect("a number");
                        word.push(char::from_u32(number).expect("a character"));
                    }
                    '`' => word.push(rest.next().expect("an escaped character")),
                    c => {
                        assert!(c != '$' && !c.is_control(), "{line}");
                        word.push(c);
                    }
                }
            }
        } else {
            while let Some(c) = rest.next_if(|c| *c != ' ') {
                assert!(c.is_alphanumeric() || "_-/\\.:=+".contains(c), "`{c}` needs quotes: {line}");
                word.push(c);
            }
            assert!(!word.is_empty(), "an empty word needs quotes: {line}");
            // `-name.rest` and `-name:rest` would become two words.
            assert!(!(word.starts_with('-') && word.contains(['.', ':'])), "{line}");
        }
        words.push(word);
        assert!(matches!(rest.next(), None | Some(' ')), "a blank between words: {line}");
    }
    words
}

#[test]
fn a_line_for_powershell_follows_its_rules() {
    let odd = ['ü', '日', '🦀', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2018}', '\u{2019}', '\u{201A}', '\u{201B}'];
    let odd = odd
        .into_iter()
        .chain(['\u{201C}', '\u{201D}', '\u{201E}', '\t', '\n', '\u{a0}', '\u{1b}', '\u{9b}', '\u{202e}']);
    let mut typed: Vec<String> = vec!["--%".into(), String::new(), "--".into(), "a\\\"b".into(), "''".into()];
    for c in (' '..='~').chain(odd) {
        typed.extend([format!("{c}"), format!("a{c}"), format!("{c}b c"), format!("-x{c}y")]);
    }
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool {args}']\n");
    let words: Vec<&str> =
        ["-n", "--os", "windows", "t", "--"].into_iter().chain(typed.iter().map(String::as_str)).collect();
    let output = sandbox.command().args(&words).output().expect("xtask");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let inside = printed
        .strip_prefix(&format!("{POWERSHELL}try {{ tool "))
        .and_then(|line| line.strip_suffix(&format!(" }} finally {{ {SET_BACK}}}\n")));
    assert_eq!(powershell_words(inside.expect("one line")), typed);
}

/// `-f`, `dir` and `--file` are from their own folder, wherever the person stands.
#[test]
fn paths_mean_the_same_from_every_folder() {
    let sandbox = Sandbox::with_docker(
        "[compose]\nfiles = ['deploy/compose.yaml']\n[tasks.t]\ndir = 'deploy'\nsteps = ['compose config', './tool']\n",
    );
    sandbox.file("deploy/compose.yaml", "services: {}\n");
    sandbox.on("docker compose *");
    sandbox.program_at(&sandbox.project().join("deploy").join("tool"));
    sandbox.file("deploy/script.txt", "call tool\n");
    let deep = sandbox.folder("a/b");
    let from = [
        (sandbox.project(), "t"),
        (deep.clone(), "t"),
        (sandbox.project().join("deploy"), "t"),
        (sandbox.home(), "--file project/tasks.toml t"),
        (deep.clone(), "--file ../../tasks.toml t"),
        (deep, "--file=./.././../tasks.toml t"),
    ];
    for (folder, line) in from {
        sandbox.forget_calls();
        sandbox.run_in(&folder, &format!("-q {line}")).is(0, "", "");
        let call = &sandbox.calls()[0];
        let words: Vec<String> = call.words.iter().map(|word| normal(&sandbox, word)).collect();
        assert_eq!(words, ["docker", "compose", "-f", "<P>/deploy/compose.yaml", "config"]);
        assert_eq!(call.dir, "<T>/home/project/deploy");
    }
}

/// A key for one system is read by all: a mistake in it is found, and its meaning is shown, wherever one stands.
#[test]
fn help_as_json_knows_every_system() {
    let sandbox = Sandbox::with(
        "[tasks.t]
steps = ['common']
dir = 'common'
[tasks.t.windows]
steps = ['win {w}']
flags.w = { words = ['w'] }
[tasks.t.unix]
steps = ['unix']
[tasks.t.macos]
dir = 'mac'
[tasks.only.linux]
steps = ['lin']
",
    );
    let rows = [
        ("windows", "win {w}", "common", 1, false),
        ("linux", "unix", "common", 0, true),
        ("macos", "unix", "mac", 0, false),
    ];
    for (os, step, dir, flags, only_runs) in rows {
        let done = sandbox.run(&format!("help --json --os {os}"));
        let json: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
        let task = |name: &str| {
            let tasks = json["tasks"].as_array().expect("tasks");
            tasks.iter().find(|task| task["name"] == name).expect("the task").clone()
        };
        let t = task("t");
        assert_eq!((&json["os"], &t["steps"][0], &t["dir"]), (&os.into(), &step.into(), &dir.into()));
        assert_eq!(t["flags"].as_array().map(Vec::len), Some(flags), "{os}");
        assert_eq!((&task("only")["runs"], &task("only")["systems"][0]), (&only_runs.into(), &"linux".into()));
    }
}
