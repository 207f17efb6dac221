//! Lines of a recipe that depend on a variable of the person: a script that asks for it.

use std::collections::BTreeSet;

use crate::init::draft::{Does, Step};
use crate::init::makefile::piece::{self, Pieces};
use crate::init::makefile::recipe::Test;
use crate::init::translate::lines;
use crate::init::translate::made::{Made, Sight};
use crate::init::translate::steps;

/// A line of a recipe whose references are expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expanded {
    Line(Pieces),
    Branch { test: Test, then: Vec<Expanded>, otherwise: Vec<Expanded> },
}

impl Expanded {
    /// Adds the person's variables that it uses.
    pub fn uses(&self, all: &mut BTreeSet<String>) {
        match self {
            Expanded::Line(pieces) => all.extend(piece::asked(pieces).into_iter().map(|(name, _)| name.to_owned())),
            Expanded::Branch { test, then, otherwise } => {
                all.insert(test.variable.clone());
                then.iter().chain(otherwise).for_each(|line| line.uses(all));
            }
        }
    }
}

/// Adds the steps of a line.
///
/// # Errors
///
/// Why it can't be translated.
pub fn add(made: &mut Made, line: &Expanded, sight: &Sight<'_>) -> Result<(), String> {
    let (test, then, otherwise) = match line {
        Expanded::Line(pieces) => return steps::add_line(made, pieces, sight),
        Expanded::Branch { test, then, otherwise } => (test, then, otherwise),
    };
    let (then, otherwise) = (script(made, then, sight)?, script(made, otherwise, sight)?);
    // A branch with nothing in it goes to the end.
    let (then, otherwise, test) = match then.trim().is_empty() {
        true => (otherwise, String::new(), Test { negated: !test.negated, ..test.clone() }),
        false => (then, otherwise, test.clone()),
    };
    let asked = condition(&test)?;
    made.flags.in_script(sight.task, &test.variable)?;
    let mut text = String::new();
    match (then.trim().is_empty(), otherwise.trim().is_empty()) {
        (true, _) => return Ok(()),
        (false, true) => text.push_str(&format!("if {asked}; then\n{then}fi")),
        (false, false) => text.push_str(&format!("if {asked}; then\n{then}else\n{otherwise}fi")),
    }
    made.steps.push(Step::new(Does::Sh(text)));
    Ok(())
}

/// The lines of one branch.
fn script(made: &mut Made, lines: &[Expanded], sight: &Sight<'_>) -> Result<String, String> {
    let mut text = String::new();
    for line in lines {
        let Expanded::Line(line) = line else { return Err("its conditions stand in each other".to_owned()) };
        let (line, may_fail) = lines::without_prefix(line.clone());
        if piece::text(&line).is_some_and(|text| text.trim().is_empty() || text.trim_start().starts_with('#')) {
            continue;
        }
        if let Some(why) = piece::unknown(&line) {
            return Err(why.to_owned());
        }
        let own = steps::script_of(made, &line, sight)?;
        // Here each command that fails ends it, and make goes on within a line.
        if own.starts_with("set +e\n") || may_fail || own.contains('\n') && !own.contains("\\\n") {
            return Err("a line under a condition may fail in part".to_owned());
        }
        text.push_str("  ");
        text.push_str(own.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// What a shell asks.
fn condition(test: &Test) -> Result<String, String> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_-./:=,@+%^ ".contains(c));
    if !test.default.iter().chain(&test.is).all(|text| is_plain(text)) {
        return Err(format!("it asks `{}` for a text that can't stand in a script", test.variable));
    }
    let name = &test.variable;
    let value = match &test.default {
        Some(default) => format!("\"${{{name}-{default}}}\""),
        None => format!("\"${name}\""),
    };
    let asked = match &test.is {
        Some(is) => format!("[ {value} = '{is}' ]"),
        None => format!("[ -n {value} ]"),
    };
    Ok(if test.negated { format!("! {asked}") } else { asked })
}
