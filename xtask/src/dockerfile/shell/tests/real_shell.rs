//! What is read is what `sh` runs: scripts made at random, whose programs write down how they were started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::dockerfile::shell::{self, HOLE, Reached, Script, Seen, Value};
use crate::system::random::Random;

const SCRIPTS: usize = 100;
const NAMES: [&str; 5] = ["A", "B", "C", "GIVEN", "HOME"];

/// Writes scripts. Each command has a number of its own, by which its run is found again.
struct Writer {
    random: Random,
    /// The folder in which they run.
    root: String,
    commands: usize,
    /// How deep the script is in others.
    depth: usize,
    /// Pipes and `&`: the order in which commands start is not that of the text.
    has_no_order: bool,
}

impl Writer {
    fn program(&mut self) -> String {
        self.commands += 1;
        let program = if self.random.below(8) == 0 { "no" } else { "yes" };
        format!("{program} c{}", self.commands)
    }

    fn value(&mut self) -> String {
        let values =
            ["a", "'b  c'", "\"d\"", "", "$A", "x\"$B\"y", "~/z", "\"$GIVEN\"", "e\\ f", "${C-q}", "a=b", "'$A'"];
        self.random.of(&values).to_owned()
    }

    fn word(&mut self) -> String {
        let words = [
            "plain",
            "x-1",
            "/p/q",
            "'a b'",
            "'$A'",
            "\"a $B c\"",
            "\"${A:-d e}\"",
            "\"\\$x \\\"q\\\" \\z\"",
            "a\\ b",
            "\\'",
            "$A",
            "\"$A\"",
            "${B}",
            "${C:-z}",
            "${C-z w}",
            "${A:+w}",
            "x\"$A\"'y'$B",
            "$((1 + 2))",
            "~",
            "~/x",
            "a#b",
            "A=b",
            "\"\"",
            "''$B",
            "/nope/*",
            "\"~\"",
            "$GIVEN",
            "{x}",
            "!",
            "if",
            "${B:-\"$A\"}",
            "a'b'\"c\"",
            "$",
            "\"$\"",
            "${C:=set}",
            "a\\\n  b",
            "'l1\nl2'",
            "-n",
            "${GIVEN#g}",
            "${#A}",
            "\"`echo x`\"",
            "$(echo y z)",
            "a`echo b`c",
        ];
        match self.random.below(12) {
            0 if self.depth < 3 => {
                let inner = self.deeper(Self::simple);
                if self.random.below(2) == 0 { format!("$({inner})") } else { format!("\"$( {inner} )\"") }
            }
            _ => self.random.of(&words).to_owned(),
        }
    }

    fn deeper<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let written = write(self);
        self.depth -= 1;
        written
    }

    fn simple(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.random.below(3) / 2 {
            text += &format!("{}={} ", self.random.of(&["A", "B", "C"]), self.value());
        }
        text += self.random.of(&["", "", "", "", "command ", "env ", "env -u A ", "env B=1 C='2 3' ", "nice "]);
        if self.random.below(12) == 0 {
            text += "env -i PATH=\"$PATH\" B=x ";
        }
        text += &self.program();
        for _ in 0..self.random.below(4) {
            text += &format!(" {}", self.word());
        }
        text + self.random.of(&["", "", "", " > /dev/null", " 2>&1", " </dev/null", " >>/dev/null 2>&1"])
    }

    fn list(&mut self, most: usize) -> String {
        let mut text = String::new();
        for at in 0..1 + self.random.below(most) {
            if at > 0 {
                text +=
                    self.random.of(&["; ", "\n", " && ", " || ", " && ", "\n\n# a comment; with 'quotes\n", " &&\n "]);
            }
            text += &self.command();
        }
        text
    }

    fn command(&mut self) -> String {
        if self.depth >= 4 {
            return self.simple();
        }
        match self.random.below(26) {
            0 => format!("export {}={}", self.random.of(&["A", "B", "C"]), self.value()),
            1 => format!("{}={}", self.random.of(&["A", "B", "C"]), self.value()),
            2 => format!("unset {}", self.random.of(&["A", "B", "C", "A B"])),
            3 => "export A".to_owned(),
            4 => {
                // All of them exist: the reader takes every `cd` to succeed.
                let root = self.root.clone();
                let folders = [format!("{root}/d1"), format!("{root}/d1/d2/"), "/tmp".to_owned(), "/".to_owned()];
                let folders: Vec<&str> = folders.iter().map(String::as_str).chain([".", ".."]).collect();
                format!("cd {}", self.random.of(&folders))
            }
            5 => format!("({})", self.deeper(|it| it.list(3))),
            6 => format!("{{ {}\n}}", self.deeper(|it| it.list(3))),
            7 => {
                let (a, b, c) = self.deeper(|it| (it.list(2), it.list(2), it.list(2)));
                match self.random.below(2) {
                    0 => format!("if {a}\nthen {b}\nfi"),
                    _ => format!("if ! {a}\nthen {b}\nelse {c}\nfi"),
                }
            }
            8 => format!("for x in one 'two 2'; do {}\ndone", self.deeper(|it| it.list(3))),
            9 => {
                self.commands += 1;
                let number = self.commands;
                format!("while ! yes c{number}; do {}\ndone", self.deeper(|it| it.list(2)))
            }
            10 => {
                let (a, b) = self.deeper(|it| (it.list(2), it.list(2)));
                format!("case {} in (a|'b  c') {a} ;; *) {b}\n;; esac", self.random.of(&["\"$A\"", "a", "$GIVEN"]))
            }
            11 => {
                let (number, body) = (self.commands, self.deeper(|it| it.list(2)));
                format!("f{number}_{depth}() {{ {body}\n}}\nf{number}_{depth} 1 '2 3'", depth = self.depth)
            }
            12 | 13 => {
                let inner = self.deeper(|it| it.list(3)).replace('\'', "'\\''");
                format!("{}sh -c '{inner}'", self.random.of(&["", "A=1 ", "env -u B ", "B=$A "]))
            }
            14 => {
                let program = self.program();
                format!("sh -ec \"{program} $A\"")
            }
            15 => {
                let end = self.depth;
                let inner = self.deeper(|it| it.list(3));
                format!("sh <<'END{end}'\n{inner}\nEND{end}\n:")
            }
            16 => {
                let program = self.program();
                format!("sh <<END\n{program} $GIVEN \\$A\nEND\n:")
            }
            17 => format!("eval '{}'", self.program()),
            18 => format!("( exec {} x\nyes never )", self.program()),
            19 => {
                self.has_no_order = true;
                format!("{} | {}", self.simple(), self.deeper(Self::command_in_pipe))
            }
            20 => {
                self.has_no_order = true;
                format!("{{ {} & wait; }}", self.simple())
            }
            21 => format!("{}\n( exit 3\nyes never )", self.simple()),
            _ => self.simple(),
        }
    }

    fn command_in_pipe(&mut self) -> String {
        format!("{{ {}\n}}", self.list(2))
    }
}

/// How a program was started: its words, where, and with which variables.
struct Started {
    words: Vec<String>,
    folder: String,
    variables: Vec<Option<String>>,
}

/// Programs that write down how they were started.
fn put_programs(folder: &Path, log: &Path) {
    let variables = NAMES.map(|name| format!("\"${{{name}+=}}${{{name}-}}\"")).join(" ");
    let log = log.display();
    for (name, code) in [("yes", 0), ("no", 1)] {
        let text = format!(
            "#!/bin/sh\nrecord=$(printf '%s\\037' \"${{0##*/}}\" \"$@\"; printf '\\036'; \
             printf '%s\\037' \"$(pwd -P)\" {variables}; printf '\\035')\nprintf %s \"$record\" >> '{log}'\nexit {code}\n"
        );
        let path = folder.join(name);
        fs::write(&path, text).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
}

fn started(log: &str) -> Vec<Started> {
    let fields = |text: &str| text.split('\u{1f}').map(str::to_owned).collect::<Vec<_>>();
    let of_record = |record: &str| {
        let (words, rest) = record.split_once('\u{1e}').expect("a whole record");
        let (mut words, mut rest) = (fields(words), fields(rest));
        words.pop();
        rest.pop();
        let folder = rest.remove(0);
        let variables = rest.iter().map(|value| value.strip_prefix('=').map(str::to_owned)).collect();
        Started { words, folder, variables }
    };
    log.split('\u{1d}').filter(|record| !record.is_empty()).map(of_record).collect()
}

/// Whether a text is one in which each `None` stands for anything.
fn fits(parts: &[Option<&str>], text: &str) -> bool {
    match parts {
        [] => text.is_empty(),
        [Some(known), rest @ ..] => text.strip_prefix(known).is_some_and(|behind| fits(rest, behind)),
        [None, rest @ ..] => text.char_indices().any(|(at, _)| fits(rest, &text[at..])) || fits(rest, ""),
    }
}

fn words_fit(words: &[shell::Word], started: &[String]) -> bool {
    let mut parts = Vec::new();
    for (place, word) in words.iter().enumerate() {
        // A value that is not known may be no word at all.
        if place > 0 && !word.is_hole() {
            parts.push(Some("\0"));
        }
        for (at, known) in word.with_holes.split(HOLE).enumerate() {
            parts.extend((at > 0).then_some(None));
            parts.push(Some(known));
        }
    }
    fits(&parts, &started.join("\0"))
}

fn check(text: &str, script: &Script, started: &[Started], root: &Path, has_no_order: bool) {
    let number = |words: &[shell::Word]| words.get(1).and_then(|word| word.text()).unwrap_or_default().to_owned();
    let mut last = 0;
    for start in started {
        let found: Vec<usize> = (0..script.commands.len())
            .filter(|at| {
                let command = &script.commands[*at];
                matches!(command.words[0].text(), Some("yes" | "no")) && number(&command.words) == start.words[1]
            })
            .collect();
        let fitting = found.iter().find(|at| {
            let command = &script.commands[**at];
            let known =
                command.folder.known().map(|folder| root.join(folder).canonicalize().expect("a folder that is there"));
            let folder = known.is_none_or(|folder| folder == Path::new(&start.folder));
            let variables = NAMES.iter().zip(&start.variables).all(|(name, value)| match command.variable(name) {
                Seen::Value(seen) => value.as_deref() == Some(seen),
                Seen::Unknown => true,
                Seen::Unset | Seen::Nowhere => value.is_none(),
            });
            folder && variables && words_fit(&command.words, &start.words)
        });
        let Some(at) = fitting else {
            let read: Vec<_> = found.iter().map(|at| super::of_command(&script.commands[*at])).collect();
            panic!(
                "{text}\n--- ran {:?} in {} with {:?}\n--- read as {read:?}",
                start.words, start.folder, start.variables
            );
        };
        let is_loop = text.contains("for x");
        assert!(has_no_order || is_loop || *at >= last, "{text}\n--- {:?} ran out of order", start.words);
        last = *at;
    }
    for command in script.commands.iter().filter(|command| command.reached == Reached::Always) {
        if matches!(command.words[0].text(), Some("yes" | "no")) {
            let number = number(&command.words);
            let ran = started.iter().any(|start| start.words[1] == number);
            assert!(ran, "{text}\n--- {number} never ran");
        }
    }
}

#[test]
fn what_is_read_is_what_sh_runs() {
    let root = std::env::temp_dir().join(format!("xtask-shell-{}", std::process::id()));
    fs::create_dir_all(root.join("d1/d2/d1/d2")).expect("folders");
    let root = root.canonicalize().expect("a folder");
    let log = root.join("log");
    put_programs(&root, &log);
    let path = format!("{}:/usr/bin:/bin", root.display());
    let mut variables = vec![("PATH".to_owned(), Value::Unknown)];
    variables.extend(
        [("HOME", "/h"), ("GIVEN", "g v")].map(|(name, value)| (name.to_owned(), Value::Known(value.to_owned()))),
    );
    let given = variables.into_iter().collect();
    let mut writer = Writer {
        random: Random::new(1234),
        root: root.display().to_string(),
        commands: 0,
        depth: 0,
        has_no_order: false,
    };
    let mut runs = 0;
    for _ in 0..SCRIPTS {
        (writer.commands, writer.has_no_order) = (0, false);
        let text = writer.list(6);
        // As a here-document of its own: then lines are the shell's, not the Dockerfile's.
        let script = shell::read(&format!("<<'SCRIPT'\n{text}\nSCRIPT\n"), &given);
        assert_eq!(script.unread, [], "{text}");
        fs::write(&log, "").expect("the log");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &text]).env_clear().current_dir(&root);
        command.env("PATH", &path).env("HOME", "/h").env("GIVEN", "g v");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().expect("sh");
        let started = started(&fs::read_to_string(&log).expect("the log"));
        runs += started.len();
        check(&text, &script, &started, &root, writer.has_no_order);
    }
    fs::remove_dir_all(&root).expect("the folder");
    assert!(runs > 2 * SCRIPTS, "only {runs} commands ran");
}
