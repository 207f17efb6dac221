//! The steps that a line of a recipe becomes.

use crate::file_commands::FileCommand;
use crate::file_commands::line as file_line;
use crate::init::draft::{Does, Step, Word};
use crate::init::line::line_of;
use crate::init::makefile::piece::{self, Piece, Pieces};
use crate::init::translate::command::{self, Command, Item};
use crate::init::translate::compose;
use crate::init::translate::lines::{split_lines, without_prefix};
use crate::init::translate::made::{Call, Given, Made, Sight};
use crate::init::translate::script::{self, Around};
use crate::init::translate::shell::{self, NeedsShell, Part};
use crate::init::translate::words::{said, unshared, word};

/// Commands of the shell itself, and those that Windows does not have as programs.
pub const OF_SHELLS: [&str; 37] = [
    ".", ":", "[", "alias", "bg", "break", "cd", "command", "continue", "eval", "exec", "exit", "export", "false",
    "fg", "hash", "jobs", "kill", "let", "local", "popd", "printf", "pushd", "pwd", "read", "return", "set", "shift",
    "shopt", "source", "test", "trap", "true", "type", "ulimit", "umask", "wait",
];

/// What bash can do and `sh` can't, or does differently.
const OF_BASH: [&str; 34] = [
    "[[",
    "<(",
    ">(",
    "source ",
    "pipefail",
    "$'",
    "&>",
    ">&",
    "|&",
    "function ",
    "<<<",
    "((",
    "declare ",
    "pushd",
    "popd",
    "shopt",
    "let ",
    "^^",
    ",,",
    " == ",
    "echo -",
    "trap ",
    "printf %q",
    "local ",
    "=(",
    "+=",
    "RANDOM",
    "BASH",
    "read -",
    "select ",
    "time ",
    "coproc",
    "mapfile",
    "${!",
];

/// Adds the steps of one line.
///
/// # Errors
///
/// Why it can't be translated.
pub fn add_line(made: &mut Made, pieces: &Pieces, sight: &Sight<'_>) -> Result<(), String> {
    for line in split_lines(pieces) {
        let (line, may_fail) = without_prefix(line);
        let line = require(made, line, sight);
        if piece::text(&line).is_some_and(|text| text.trim().is_empty() || text.trim_start().starts_with('#')) {
            continue;
        }
        if let Some(why) = piece::unknown(&line) {
            return Err(why.to_owned());
        }
        if let [Piece::Shell(command)] = piece::flat(&line).as_slice() {
            return Err(format!("make runs `{}`, and what that prints is run", piece::shown(command)));
        }
        let before = (made.flags.clone(), made.steps.len(), made.calls.len());
        let is_simple = shell::tokens(&line)
            .and_then(|tokens| match tokens.is_empty() {
                true => Ok(Vec::new()),
                false => command::chain(&tokens),
            })
            .and_then(|commands| match sight.prelude.is_empty() || commands.iter().all(Command::is_echo) {
                true => Ok(commands),
                false => Err(NeedsShell),
            })
            .and_then(|commands| {
                commands.into_iter().try_for_each(|command| add_command(made, command, may_fail, sight))
            });
        if is_simple.is_err() {
            made.flags = before.0;
            made.steps.truncate(before.1);
            made.calls.truncate(before.2);
            let step = add_script(made, &line, sight)?;
            made.steps.push(Step { may_fail, ..step });
        }
    }
    Ok(())
}

/// A line without what only asks for variables: their flags have to be given.
fn require(made: &mut Made, line: Pieces, sight: &Sight<'_>) -> Pieces {
    let flat = piece::flat(&line);
    let asks = |piece: &Piece| matches!(piece, Piece::Required(_));
    // `:` does nothing, so that a line has a command.
    let is_blank = |piece: &Piece| matches!(piece, Piece::Text(text) if matches!(text.trim(), "" | ":"));
    if !flat.iter().any(asks) || !flat.iter().all(|piece| asks(piece) || is_blank(piece)) {
        return line;
    }
    for piece in &flat {
        if let Piece::Required(name) = piece {
            made.flags.require(sight.task, name);
        }
    }
    Pieces::new()
}

/// Adds the whole recipe as one script.
///
/// # Errors
///
/// Why it can't be translated.
pub fn add_whole_script(made: &mut Made, lines: &Pieces, sight: &Sight<'_>) -> Result<(), String> {
    if let Some(why) = piece::unknown(lines) {
        return Err(why.to_owned());
    }
    let step = add_script(made, lines, sight)?;
    made.steps.push(step);
    Ok(())
}

/// A line as a script of its own.
///
/// # Errors
///
/// Why it can't be translated.
pub fn script_of(made: &mut Made, line: &Pieces, sight: &Sight<'_>) -> Result<String, String> {
    match add_script(made, line, sight)?.does {
        Does::Sh(text) => Ok(text),
        Does::Run(_) | Does::Say(_) => Err("it is no script".to_owned()),
    }
}

fn add_script(made: &mut Made, line: &Pieces, sight: &Sight<'_>) -> Result<Step, String> {
    let flags = std::cell::RefCell::new(std::mem::take(&mut made.flags));
    let is_args = |name: &str| flags.borrow_mut().is_args(name);
    let script = script::script(line, &Around { is_args: &is_args, task: sight.task_of });
    made.flags = flags.into_inner();
    let script = script?;
    if sight.is_bash {
        if let Some(own) = OF_BASH.iter().find(|own| script.text.contains(*own)) {
            return Err(format!("`{}` is bash's, and `sh` may not have it", own.trim()));
        }
    }
    // Their `echo` reads backslashes differently, and what they do to a variable is more.
    let is_odd = script.text.contains("echo") && script.text.replace("\\\n", "").contains('\\');
    let replaces = script.text.split("${").skip(1).any(|rest| rest.split('}').next().unwrap_or_default().contains('/'));
    if sight.is_bash && (is_odd || replaces) {
        return Err("bash reads this differently than `sh`".to_owned());
    }
    if sight.is_bash && has_braces(&script.text) {
        return Err("`{a,b}` is bash's, and `sh` leaves it as it is".to_owned());
    }
    if sight.is_nounset && script.text.contains('$') {
        return Err("its shell ends where a variable is not set (`-u`), and `sh` does not".to_owned());
    }
    if sight.is_pipefail && has_pipe(&script.text) {
        return Err("its shell ends a pipe at the first failure (`pipefail`), and `sh` may not".to_owned());
    }
    let script = match script.text.strip_prefix("set +e\n").filter(|_| sight.is_strict) {
        Some(text) => script::Script { text: text.to_owned(), ..script },
        None => script,
    };
    if is_in_background(&script.text) {
        return Err("it starts something in the background".to_owned());
    }
    for variable in &script.reads {
        made.flags.in_script(sight.task, variable)?;
    }
    let text = match script.text.strip_prefix("set +e\n") {
        Some(rest) => format!("set +e\n{}{rest}", sight.prelude),
        None => format!("{}{}", sight.prelude, script.text),
    };
    Ok(Step::new(Does::Sh(text)))
}

/// Whether bash makes several words of something in it.
fn has_braces(script: &str) -> bool {
    let plain = script::unquoted(script);
    plain.match_indices('{').any(|(at, _)| {
        let inside: String = plain[at + 1..].chars().take_while(|c| *c != '}' && !c.is_whitespace()).collect();
        !plain[..at].ends_with('$') && (inside.contains(',') || inside.contains(".."))
    })
}

/// Whether a `|` stands alone in it.
fn has_pipe(script: &str) -> bool {
    script.replace("||", "").contains('|')
}

/// Whether a `&` stands alone in it.
fn is_in_background(script: &str) -> bool {
    let bytes = script.as_bytes();
    let at = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
    (0..bytes.len()).any(|place| {
        let before = if place == 0 { b' ' } else { at(place - 1) };
        at(place) == b'&'
            && !b"&<>".contains(&before)
            && !b"&>".contains(&at(place + 1))
            && (at(place + 1) == b'\n' || at(place + 1) == b' ' && before == b' ' || place + 1 == bytes.len())
            && before != b'\\'
    })
}

fn add_command(made: &mut Made, command: Command, may_fail: bool, sight: &Sight<'_>) -> Result<(), NeedsShell> {
    let may_fail = may_fail || command.may_fail;
    let words = Item::flat(&command.items);
    let first = words.first().ok_or(NeedsShell)?;
    let is_make = matches!(first.parts.as_slice(), [Part::Hole { piece: Piece::Make, .. }]);
    let program = first.text();
    // Another folder has another Makefile.
    let is_other = command.dir.is_some()
        || words
            .iter()
            .any(|word| word.text().is_some_and(|text| text.starts_with("-C") || text.starts_with("--directory")));
    if (is_make || program.as_deref() == Some("make")) && add_calls(made, &command, may_fail, sight).is_ok() {
        return Ok(());
    }
    if is_make && !is_other {
        return Err(NeedsShell);
    }
    let step = match program.as_deref() {
        Some("echo") => {
            if command.dir.is_some() || !command.env.is_empty() {
                return Err(NeedsShell);
            }
            Step { may_fail: false, ..Step::new(Does::Say(said(&words[1..])?)) }
        }
        Some(":" | "true") if words.len() == 1 => return Ok(()),
        Some(name) if OF_SHELLS.contains(&name) => return Err(NeedsShell),
        _ => {
            let items = compose::named(command.items.clone());
            let mut line = Vec::new();
            for item in &items {
                line.push(word(made, item, command.dir.is_some(), sight)?);
            }
            let line = unshared(line);
            if let Some(file_command) = program.as_deref().and_then(FileCommand::from_name) {
                let flat = Word::flat(&line);
                let literal: Vec<(usize, &str)> = flat
                    .iter()
                    .enumerate()
                    .skip(1)
                    .filter_map(|(at, word)| match word {
                        Word::Literal(text) => Some((at, text.as_str())),
                        _ => None,
                    })
                    .collect();
                if !file_line::mistakes(file_command, &literal, literal.len() + 1 == flat.len()).is_empty() {
                    return Err(NeedsShell);
                }
            }
            line_of(&line).ok_or(NeedsShell)?;
            Step::new(Does::Run(line))
        }
    };
    made.steps.push(Step {
        dir: command.dir,
        env: command.env,
        may_fail: may_fail && !matches!(step.does, Does::Say(_)),
        ..step
    });
    Ok(())
}

/// `$(MAKE) a b NAME=value`
fn add_calls(made: &mut Made, command: &Command, may_fail: bool, sight: &Sight<'_>) -> Result<(), NeedsShell> {
    let mut targets = Vec::new();
    let mut variables: Vec<(String, Given)> =
        command.env.iter().map(|(name, value)| (name.clone(), Given::Text(value.clone()))).collect();
    for word in Item::flat(&command.items).into_iter().skip(1) {
        // `NAME=$(NAME)`
        if let [Part::Text(name), Part::Hole { piece: Piece::Asked { name: own, default, .. }, .. }] =
            word.parts.as_slice()
        {
            let name = name.strip_suffix('=').filter(|name| command::is_variable(name)).ok_or(NeedsShell)?;
            let is_empty = default.as_ref().is_none_or(|default| piece::flat(default).is_empty());
            variables.push((name.to_owned(), Given::Variable(own.clone())));
            if !is_empty {
                return Err(NeedsShell);
            }
            continue;
        }
        let text = word.text().ok_or(NeedsShell)?;
        match text.as_str() {
            "-s" | "--silent" | "--no-print-directory" | "--quiet" => {}
            option if option.starts_with('-') => return Err(NeedsShell),
            text => match text.split_once('=') {
                Some((name, value)) => {
                    variables.push((name.trim_end_matches([':', '?']).to_owned(), Given::Text(value.to_owned())));
                }
                None => targets.push((text.to_owned(), (sight.task_of)(text).ok_or(NeedsShell)?)),
            },
        }
    }
    if targets.is_empty() || command.dir.is_some() {
        return Err(NeedsShell);
    }
    for (target, task) in targets {
        if !variables.is_empty() {
            made.calls.push(Call { step: made.steps.len(), target, variables: variables.clone() });
        }
        let words = vec![Word::literal("task"), Word::Literal(task)];
        made.steps.push(Step { may_fail, ..Step::new(Does::Run(words)) });
    }
    Ok(())
}
