//! The variables that a Makefile passes on to its programs: `[env]`.

use std::collections::BTreeSet;

use crate::init::draft::{Does, Value, Word};
use crate::init::line::line_of;
use crate::init::makefile::evaluate::Evaluated;
use crate::init::makefile::piece::{self, Piece, Pieces};
use crate::init::translate::command::is_variable;
use crate::init::translate::made::{Made, Sight};
use crate::init::translate::script::{self, Around};
use crate::init::translate::steps;

/// What is exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub env: Vec<(String, Value)>,
    /// The person's variables that their values are made of.
    pub asks: BTreeSet<String>,
    /// Lines at the start of every script, for those that only a script can say.
    pub prelude: String,
    /// Why programs would get other variables than from make.
    pub why_not: Option<String>,
    /// Those that no program gets, since `[env]` can't say them: of all that a plain `export` passes on.
    pub unsaid: Vec<String>,
}

/// What make never passes on as its own variable.
const OF_MAKE: [&str; 4] = ["SHELL", "MAKEFLAGS", "MAKEFILE_LIST", "CURDIR"];

/// Reads them.
pub fn exported(file: &Evaluated) -> Exported {
    let mut found = Exported::default();
    if let Some(name) =
        file.exports.without.iter().find(|name| file.exports.all || !file.scope.variables.contains_key(*name))
    {
        found.why_not = Some(format!("`unexport {name}` takes a variable away"));
    }
    for (name, _) in file.scope.variables.iter() {
        let asks = |found: &mut Exported| {
            let value = file.scope.variable(name, 0);
            let asked = piece::asked(&value).into_iter().map(|(asked, _)| asked.to_owned());
            found.asks.extend(asked.filter(|asked| asked != name));
        };
        let by_name = file.exports.names.contains(name);
        if !(by_name || file.exports.all)
            || file.exports.without.contains(name)
            || !is_variable(name)
            || OF_MAKE.contains(&name.as_str())
        {
            continue;
        }
        match value(name, &piece::flat(&file.scope.variable(name, 0))) {
            Some(value) => found.env.push((name.clone(), value)),
            None if by_name => match computed(name, &file.scope.variable(name, 0)) {
                Ok(Computed::Value(value)) => {
                    asks(&mut found);
                    found.env.push((name.clone(), value));
                }
                Ok(Computed::Line(line)) => found.prelude.push_str(&line),
                Err(why) => {
                    found.why_not.get_or_insert(format!("`export {name}`: {why}"));
                }
            },
            // Of all variables few are for programs.
            None => found.unsaid.push(name.clone()),
        }
    }
    found
}

/// A value that a shell puts together.
enum Computed {
    Value(Value),
    /// A line of a script.
    Line(String),
}

fn computed(name: &str, pieces: &Pieces) -> Result<Computed, String> {
    let mut quoted = vec![Piece::text("\"")];
    quoted.extend(piece::flat(pieces));
    quoted.push(Piece::text("\""));
    let own = piece::flat(pieces);
    if own.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(['"', '\\', '`', '$', '\'', '\n']))) {
        return Err("its value can't be said in `[env]`".to_owned());
    }
    if let Some(why) = piece::unknown(&own) {
        return Err(why.to_owned());
    }
    let around = Around { is_args: &|_| false, task: &|_| None };
    let text = script::script(&quoted, &around)?.text;
    match name {
        // Programs are looked for with it: it has to be another for their script alone.
        "PATH" => Ok(Computed::Line(format!("export {name}={text}\n"))),
        _ => {
            let command =
                ["sh", "-c"].map(Word::literal).into_iter().chain([Word::Literal(format!("printf %s {text}"))]);
            let command: Vec<Word> = command.collect();
            match line_of(&command) {
                Some(_) => Ok(Computed::Value(Value::Output { command, overrides: !is_default(pieces) })),
                None => Err("its value can't be said in `[env]`".to_owned()),
            }
        }
    }
}

/// Whether the person's own variable is stronger.
fn is_default(pieces: &Pieces) -> bool {
    matches!(pieces.as_slice(), [Piece::Asked { .. }])
}

fn value(name: &str, pieces: &Pieces) -> Option<Value> {
    if let [Piece::Asked { name: own, default: Some(default), .. }] = pieces.as_slice() {
        return match value(name, &piece::flat(default)).filter(|_| own == name)? {
            Value::Text { value, .. } => Some(Value::Text { value, overrides: false }),
            Value::Output { command, .. } => Some(Value::Output { command, overrides: false }),
            Value::From { what, .. } => Some(Value::From { what, overrides: false }),
        };
    }
    if let Some(text) = piece::text(pieces) {
        let is_plain = !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
        return is_plain.then_some(Value::Text { value: text, overrides: true });
    }
    let asks = |piece: &Piece| match piece {
        Piece::Shell(command) => piece::text(command).map(|command| command.trim().to_owned()),
        _ => None,
    };
    if let [user, Piece::Text(colon), group] = pieces.as_slice() {
        if colon == ":" && asks(user).as_deref() == Some("id -u") && asks(group).as_deref() == Some("id -g") {
            return Some(Value::From { what: "user", overrides: true });
        }
    }
    let [Piece::Shell(command)] = pieces.as_slice() else { return None };
    match asks(&pieces[0]).as_deref() {
        Some("id -u") => return Some(Value::From { what: "uid", overrides: true }),
        Some("id -g") => return Some(Value::From { what: "gid", overrides: true }),
        _ => {}
    }
    let mut made = Made::default();
    let sight = Sight {
        task: "",
        task_of: &|_| None,
        is_bash: false,
        is_pipefail: false,
        is_nounset: false,
        is_strict: false,
        prelude: "",
    };
    steps::add_line(&mut made, command, &sight).ok()?;
    match made.steps.as_slice() {
        [step] if step.env.is_empty() && step.dir.is_none() && made.flags.flags.is_empty() && !step.may_fail => {
            match &step.does {
                Does::Run(words) => Some(Value::Output { command: words.clone(), overrides: true }),
                _ => None,
            }
        }
        _ => None,
    }
}
