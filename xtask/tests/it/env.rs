//! `env`: what a shell evaluates, and what a child of it then has.

use crate::harness::Sandbox;

const TASKS: &str = "[env]\nGREETING = \"it's $HOME\"\n[tasks.t]\nsteps = ['x']\n";

#[test]
fn each_shell_gets_its_own_form() {
    let sandbox = Sandbox::with(TASKS);
    let forms = [
        (
            "sh",
            "export GREETING='it'\\''s $HOME'\nexport DOCKER_BUILDKIT='1'\nexport COMPOSE_DOCKER_CLI_BUILD='1'\n# eval \"$(xtask env --shell sh)\"\n",
        ),
        (
            "fish",
            "set -gx GREETING 'it\\'s $HOME'\nset -gx DOCKER_BUILDKIT '1'\nset -gx COMPOSE_DOCKER_CLI_BUILD '1'\n# xtask env --shell fish | source\n",
        ),
        (
            "powershell",
            "$env:GREETING = 'it''s $HOME'\n$env:DOCKER_BUILDKIT = '1'\n$env:COMPOSE_DOCKER_CLI_BUILD = '1'\n# xtask env --shell powershell | Out-String | Invoke-Expression\n",
        ),
        (
            "cmd",
            "set \"GREETING=it's $HOME\"\nset \"DOCKER_BUILDKIT=1\"\nset \"COMPOSE_DOCKER_CLI_BUILD=1\"\nrem for /f \"delims=\" %i in ('xtask env --shell cmd') do @%i\n",
        ),
    ];
    for (shell, expected) in forms {
        sandbox.run(&format!("env --shell {shell}")).is(0, expected, "");
    }
    let json =
        "{\n  \"COMPOSE_DOCKER_CLI_BUILD\": \"1\",\n  \"DOCKER_BUILDKIT\": \"1\",\n  \"GREETING\": \"it's $HOME\"\n}\n";
    sandbox.run("env --json").is(0, json, "");
}

#[test]
fn what_the_person_has_set_is_theirs() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.set("DOCKER_BUILDKIT", "0");
    sandbox.set("GREETING", "");
    let rest = "export COMPOSE_DOCKER_CLI_BUILD='1'\n# eval \"$(xtask env --shell sh)\"\n";
    sandbox.run("env --shell sh").is(0, rest, "");
    let told = "GREETING is set already, and stays as it is\nDOCKER_BUILDKIT is set already, and stays as it is\n";
    sandbox.run("-v env --shell sh").is(0, rest, told);
}

#[test]
fn without_tasks_it_is_buildkits_variables_and_with_broken_ones_nothing() {
    let sandbox = Sandbox::bare();
    let of_buildkit = "{\n  \"COMPOSE_DOCKER_CLI_BUILD\": \"1\",\n  \"DOCKER_BUILDKIT\": \"1\"\n}\n";
    sandbox.run("env --json").is(0, of_buildkit, "");
    sandbox.file("tasks.toml", "[env\n");
    let message = "error: can't read `[env]`: tasks.toml has mistakes\nhint: list them: xtask help\n";
    sandbox.run("env").is(2, "", message);
    sandbox.run("env --json").is(2, "", message);
}

#[test]
fn what_a_shell_cannot_set_is_left_out_and_said() {
    let sandbox =
        Sandbox::with("[env]\n\"A.B\" = \"x\"\nLINES = \"a\\nb\"\nPART = \"50%\"\n[tasks.t]\nsteps = ['x']\n");
    let done = sandbox.run("env --shell fish");
    assert_eq!(done.stderr, "warning: `A.B` is left out: this shell can't set a variable of that name\n");
    assert!(done.stdout.starts_with("set -gx LINES 'a\nb'\nset -gx PART '50%'\n"), "{done:?}");
    let done = sandbox.run("env --shell cmd");
    assert_eq!(
        done.stderr,
        "warning: `LINES` is left out: cmd can't set a value with a line break\nwarning: `PART` is left out: cmd can't set a value with `%` or `\"`\n"
    );
    assert!(done.stdout.starts_with("set \"A.B=x\"\nset \"DOCKER_BUILDKIT=1\"\n"), "{done:?}");
    let done = sandbox.run("env --shell powershell");
    assert!(done.stdout.starts_with("${env:A.B} = 'x'\n$env:LINES = 'a\nb'\n"), "{done:?}");
}

#[test]
fn what_others_hide_is_left_out() {
    let tasks = r#"
[env]
OPTS = "--password geheim-1 --db x"
LIST = "user=x,password=geheim-2"
ODBC = "UID=sa;PWD={ge;heim-3}"
URLS = "amqp://me:geheim-4@a,amqp://me:geheim-5@b"
ODD = "postgres://me:ge/heim-6@db/x"
PLAIN = "http://host:80/path@x"
[tasks.t]
steps = ['x']
"#;
    let sandbox = Sandbox::with(tasks);
    let done = sandbox.run("env --shell sh");
    let expected = "export PLAIN='http://host:80/path@x'\nexport DOCKER_BUILDKIT='1'\nexport COMPOSE_DOCKER_CLI_BUILD='1'\n\
        # eval \"$(xtask env --shell sh)\"\n";
    assert_eq!(done.stdout, expected);
    let left_out = "`OPTS`, `LIST`, `ODBC`, `URLS` and `ODD`";
    assert_eq!(
        done.stderr,
        format!("warning: left out, since their values are secret: {left_out}\nhint: to print them too: --secrets\n")
    );
    let done = sandbox.run("-n --os linux t");
    let expected = "OPTS='--password … --db x' LIST='user=x,password=…' ODBC='UID=sa;PWD={…}' \
        URLS='amqp://me:…@a,amqp://me:…@b' ODD='postgres://me:…@db/x' PLAIN=http://host:80/path@x DOCKER_BUILDKIT=1 \
        COMPOSE_DOCKER_CLI_BUILD=1 x\n";
    assert_eq!(
        (done.stdout.as_str(), done.stderr.as_str()),
        (expected, "`…` stands for a secret value, which is not printed\n")
    );
}

/// Real shells of this machine: each evaluates the output, and tells what a child of it has.
#[cfg(unix)]
mod shells {
    use std::path::PathBuf;

    use crate::harness::{Sandbox, xtask};

    const VALUES: [&str; 12] = [
        "plain",
        "two words",
        "it's",
        "say \"hi\"",
        "$HOME ${HOME} $(id) `id`",
        "back\\slash \\' \\n end\\",
        "größe 日本",
        "a\nb\n",
        "-n",
        "!history !!",
        "* ? [a-z] ~ {a,b}",
        " #no comment; & | < > ",
    ];

    fn program(name: &str) -> Option<PathBuf> {
        let found = ["/bin", "/usr/bin", "/usr/local/bin"].iter().map(|dir| PathBuf::from(dir).join(name));
        let found = found.into_iter().find(|path| path.exists());
        if found.is_none() {
            eprintln!("stepping aside: there is no {name}");
        }
        found
    }

    fn sandbox() -> Sandbox {
        let quoted = |value: &&str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let lines: String =
            VALUES.iter().enumerate().map(|(at, value)| format!("V{at} = \"{}\"\n", quoted(value))).collect();
        Sandbox::with(&format!("[env]\n{lines}[tasks.t]\nsteps = ['x']\n"))
    }

    #[test]
    fn a_child_of_the_shell_has_every_value() {
        let sandbox = sandbox();
        for shell in ["sh", "dash", "bash", "zsh", "fish"] {
            let Some(program) = program(shell) else { continue };
            let script = match shell {
                "fish" => "$XTASK env | source; /usr/bin/env -0",
                _ => "eval \"$(\"$XTASK\" env)\"; /usr/bin/env -0",
            };
            let mut command = sandbox.command_of(&program);
            // The shell is guessed: SHELL names another one on purpose.
            command.args(["-c", script]).env("XTASK", xtask()).env("SHELL", "/bin/tcsh");
            let output = command.output().expect("runs the shell");
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let has: Vec<&str> = text.split('\0').collect();
            for (at, value) in VALUES.iter().enumerate() {
                let wanted = format!("V{at}={value}");
                assert!(has.contains(&wanted.as_str()), "{shell} has no {wanted:?}:\n{text}");
            }
            assert!(has.contains(&"DOCKER_BUILDKIT=1"), "{shell}");
        }
    }

    /// Who started nothing by a shell gets the form of their own.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_shell_that_asks_is_known() {
        let sandbox = Sandbox::bare();
        for (shell, start) in [("bash", "export "), ("zsh", "export "), ("fish", "set -gx ")] {
            let Some(program) = program(shell) else { continue };
            // Not as the last command, which a shell would become.
            let mut command = sandbox.command_of(&program);
            command.args(["-c", "$XTASK env; true"]).env("XTASK", xtask());
            let done = sandbox.finish(&mut command);
            assert!(done.code == 0 && done.stdout.starts_with(start), "{shell}: {done:?}");
        }
    }
}
