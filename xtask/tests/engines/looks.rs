//! What only looks starts, writes and hands on exactly what docs/security.md says, in a repository full of traps: held by
//! strace.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Engine, repository};
use crate::seen::Seen;
use crate::traps::Traps;

on_each_engine!(what_only_looks_does_what_the_table_says);

/// A row of the first table.
struct Row {
    /// Each as it is typed.
    commands: Vec<String>,
    programs: Vec<String>,
    may_use_plugins: bool,
    /// Folders below which files may be written.
    writes: Vec<PathBuf>,
    gives_compose_more: bool,
}

fn spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The tables of the page: rows of cells.
fn tables(page: &str) -> Vec<Vec<Vec<String>>> {
    let mut tables = Vec::new();
    for part in page.split("\n\n").filter(|part| part.starts_with('|')) {
        let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        tables.push(part.lines().skip(2).map(cells).collect());
    }
    tables
}

fn rows(page: &str, home: &Path) -> Vec<Row> {
    let of_cells = |cells: &Vec<String>| {
        let [command, starts, writes, variables] = &cells[..] else { panic!("a row of four cells: {cells:?}") };
        let own = |cell: &String| spans(cell).into_iter();
        assert!(spans(starts).is_empty() == (starts == "nothing"), "{starts}");
        assert!(spans(writes).is_empty() == (writes == "nothing"), "{writes}");
        Row {
            commands: spans(command),
            programs: own(starts).collect(),
            may_use_plugins: starts.contains("its plugins"),
            writes: own(writes).map(|path| home.join(path.trim_start_matches("~/"))).collect(),
            gives_compose_more: variables.contains("compose also gets"),
        }
    };
    tables(page)[0].iter().map(of_cells).collect()
}

/// Fails unless a run did what its row says.
#[track_caller]
fn is_of_row(traps: &Traps, row: &Row, what: &str, seen: &Seen) {
    let inside = |path: &Path| path.starts_with(&traps.project);
    for (program, variables) in &seen.started {
        let name = program.file_name().expect("a name").to_string_lossy();
        let is_plugin = row.may_use_plugins && program.parent().is_some_and(|dir| dir.ends_with("cli-plugins"));
        let is_named = row.programs.iter().any(|program| *program == name);
        assert!((is_named || is_plugin) && !inside(program), "{what} starts `{}`", program.display());
        // Our own folders have no such name, and the value of each trap has it.
        assert!(!variables.contains("evil"), "{what}: variables of `{}`: {variables}", program.display());
        let has_more = variables.contains("used-by-compose");
        assert!(
            !has_more || (row.gives_compose_more && variables.contains("XT_TAG=used-by-compose")),
            "{what}: {variables}"
        );
    }
    let known = ["/dev/null", "/dev/tty", "/proc/self", "/proc/thread-self"];
    for path in &seen.written {
        let is_known = known.iter().any(|known| path.starts_with(known));
        assert!(
            is_known || row.writes.iter().any(|folder| path.starts_with(folder)),
            "{what} writes `{}`",
            path.display()
        );
    }
    // Without git's answer, `lint` looks for Dockerfiles in every folder.
    let lists_folders = row.programs == ["git"];
    let is_evil = |path: &&PathBuf| path.to_string_lossy().contains("evil") && !path.ends_with("evil");
    let opened = seen.opened.iter().find(|path| is_evil(path) && !(lists_folders && path.is_dir()));
    assert!(opened.is_none() || row.programs.is_empty(), "{what} opens `{opened:?}`");
    let elsewhere = seen.connected.iter().find(|words| words.contains("AF_INET") || words.contains("evil"));
    assert_eq!(elsewhere, None, "{what} talks to somebody else");
    assert!(
        !traps.folder.join("ran").exists(),
        "{what}: {}",
        fs::read_to_string(traps.folder.join("ran")).unwrap_or_default()
    );
    assert!(!seen.printed.contains("# planted-outside"), "{what} prints a file from outside: {}", seen.printed);
    assert!(!seen.printed.contains("XT_FILE=planted"), "{what} prints a file from outside: {}", seen.printed);
}

/// The words to type for what stands in the table.
fn typed(command: &str) -> Vec<Vec<String>> {
    let of = |text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let each = |place: &str, values: &[&str]| values.iter().map(|value| of(command.replace(place, value))).collect();
    match command {
        _ if command.contains("TASK") => each("TASK", &["up", "evil"]),
        _ if command.contains("SHELL") => each("SHELL", &["bash", "zsh", "fish", "powershell", "elvish"]),
        _ if command.contains("MESSAGE") => each("MESSAGE", &["port"]),
        _ => vec![of(command.to_owned())],
    }
}

fn what_only_looks_does_what_the_table_says(engine: &Engine) {
    let page = fs::read_to_string(repository().join("docs/security.md")).expect("docs/security.md");
    let traps = Traps::new(engine);
    let rows = rows(&page, &traps.folder.join("home"));
    every_command_has_a_row(&traps, &page);
    let (project, sub) = (traps.project.clone(), traps.project.join("sub"));
    let remote = "[compose]\nfiles = ['compose.yaml', 'remote.yaml']\n";
    fs::write(project.join("remote.yaml"), "include: ['https://127.0.0.1:1/x.git']\n").expect("writes a file");
    let mut asked_compose = false;
    for (compose, dir) in [
        ("", &project),
        ("", &sub),
        ("[compose]\ncli = './evil --host tcp://127.0.0.1:1'\n", &project),
        ("[compose]\ncli = 'docker --config evil-config -H ssh://evil compose'\n", &project),
        ("[compose]\ncli = 'docker run evil'\n", &sub),
        (remote, &project),
    ] {
        traps.tasks(compose);
        for row in &rows {
            // What starts nothing does so whatever compose is.
            let is_repeated = !compose.is_empty() && row.programs.is_empty() && !compose.contains("./evil");
            for words in row.commands.iter().filter(|_| !is_repeated).flat_map(|command| typed(command)) {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let what = format!("{words:?} in {} with {compose:?}", dir.display());
                let seen = traps.look(dir, &words, &[]);
                is_of_row(&traps, row, &what, &seen);
                let starts = row.programs.is_empty() || !seen.started.is_empty();
                assert!(starts && !seen.printed.is_empty(), "{what} does nothing: {}", seen.printed);
                asked_compose |= seen.started.iter().any(|(_, variables)| variables.contains("used-by-compose"));
            }
        }
        if compose.is_empty() {
            let row = rows.iter().find(|row| row.commands.iter().any(|command| command.starts_with("completions")));
            for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
                let words: &[&str] = if shell == "bash" { &["--", "0", "xtask ", ""] } else { &["--", "xtask", ""] };
                let more = [("XTASK_COMPLETE", shell), ("XTASK_COMPLETE_WORDS", "xtask\n")];
                let seen = traps.look(dir, words, &more);
                is_of_row(&traps, row.expect("a row"), &format!("Tab in {shell}"), &seen);
                assert!(seen.printed.contains("evil"), "Tab in {shell} offers the tasks: {}", seen.printed);
            }
        }
    }
    assert!(asked_compose, "compose is asked somewhere, or this shows nothing");
}

/// What has to be in the first table.
const LOOKING: [&str; 17] = [
    "help",
    "help TASK",
    "-n TASK",
    "-n build-fresh",
    "-n verify",
    "-n bench",
    "-n schema",
    "-n init",
    "-n cache prune --all",
    "-n buildkit enable",
    "env",
    "schema -",
    "completions SHELL",
    "doctor",
    "doctor --explain MESSAGE",
    "cache",
    "buildkit status",
];

/// Every built-in command is in one of the tables.
fn every_command_has_a_row(traps: &Traps, page: &str) {
    fs::write(traps.project.join("tasks.toml"), "[tasks.t]\nsteps = ['x']\n").expect("writes tasks.toml");
    let listed = traps.look(&traps.project, &["help", "--json"], &[]).printed;
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let names = listed["builtins"].as_array().expect("a list").iter().map(|row| row["name"].as_str().expect("a name"));
    let tables = tables(page);
    let commands = |table: &[Vec<String>]| table.iter().flat_map(|cells| spans(&cells[0])).collect::<Vec<String>>();
    for command in LOOKING {
        assert!(commands(&tables[0]).iter().any(|row| row == command), "`{command}` has no row in docs/security.md");
    }
    let commands = commands(&tables.concat());
    let mut count = 0;
    for name in names {
        let has_row = commands.iter().any(|command| command.split(' ').find(|word| *word != "-n") == Some(name));
        assert!(has_row, "`{name}` has no row in docs/security.md");
        count += 1;
    }
    assert!(count > 5, "{listed}");
}
