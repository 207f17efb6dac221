//! Evaluates a Makefile for one world: a system, and what holds of the conditions that only a run can decide.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::init::makefile::assign::assigned;
use crate::init::makefile::comments::Comments;
use crate::init::makefile::condition::{self, Decided};
use crate::init::makefile::expand::Scope;
use crate::init::makefile::include::only_env_files;
use crate::init::makefile::piece::{self, Piece, Pieces};
use crate::init::makefile::read::{self, Assign, Condition, How, Kind, Rule, Statement};
use crate::init::makefile::recipe::{self, Line, Test, fails, is_recipe};
pub use crate::init::makefile::target::Target;
use crate::system::os::Os;

/// What is assumed while a Makefile is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    pub os: Os,
    /// Conditions by their text.
    pub holds: BTreeMap<String, bool>,
}

/// A Makefile in one world.
#[derive(Debug)]
pub struct Evaluated {
    pub scope: Scope,
    /// In the order of the file.
    pub targets: Vec<Target>,
    pub env_files: Vec<EnvFile>,
    pub exports: Exports,
    pub phony: BTreeSet<String>,
    pub is_one_shell: bool,
    /// What was undecided, and what was assumed of it.
    pub assumed: BTreeMap<String, bool>,
    /// What else it does.
    pub notes: Vec<String>,
    /// Whether make ends with a message in this world.
    pub dies: bool,
    /// Why nothing of it can be translated.
    pub why_not: Option<String>,
}

/// A file of variables that it includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFile {
    pub path: String,
    pub optional: bool,
    /// The names of its variables, as far as it or its template is there.
    pub names: Option<BTreeSet<String>>,
}

/// The variables that programs get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    pub all: bool,
    pub names: BTreeSet<String>,
    /// Not to be passed on.
    pub without: BTreeSet<String>,
}

/// How a file that a Makefile includes is read. `None`: it is not there, or can't be read.
pub type Includes<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Targets that one Makefile may have.
const MOST_TARGETS: usize = 5000;

/// Evaluates the text of `makefile`.
pub fn evaluate(text: &str, makefile: &str, world: &World, includes: Includes<'_>) -> Evaluated {
    let result = Evaluated {
        scope: Scope::new(world.os, makefile),
        targets: Vec::new(),
        env_files: Vec::new(),
        exports: Exports::default(),
        phony: BTreeSet::new(),
        is_one_shell: false,
        assumed: BTreeMap::new(),
        notes: Vec::new(),
        dies: false,
        why_not: None,
    };
    let mut walk = Walk { result, world, includes, comments: Comments::default(), current: Vec::new(), depth: 0 };
    let statements = read::read(text);
    walk.result.scope.assigned = Rc::new(recipe::assigned(&statements));
    walk.statements(&statements);
    if walk.result.scope.is_spent() {
        walk.refuse("its variables grow without end".to_owned());
    }
    walk.result
}

/// On the way through the statements.
pub struct Walk<'a> {
    pub result: Evaluated,
    world: &'a World,
    pub includes: Includes<'a>,
    pub comments: Comments,
    /// The targets of the last rule, by their places.
    pub current: Vec<usize>,
    pub depth: usize,
}

impl Walk<'_> {
    pub fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            Kind::Blank => self.comments.blank(),
            Kind::Comment(text) => self.comments.add(text),
            Kind::Recipe(text) => {
                for at in &self.current {
                    self.result.targets[*at].own_needs_first();
                    self.result.targets[*at].recipe.push(Line::Plain(text.clone()));
                }
                self.comments.end();
            }
            Kind::Rule(rule) => self.rule(rule),
            Kind::If { condition, then, otherwise } => self.branches(condition, then, otherwise),
            kind => {
                self.comments.end();
                self.current.clear();
                self.other(kind);
            }
        }
    }

    fn other(&mut self, kind: &Kind) {
        match kind {
            Kind::Assign(assign) if assign.targets.is_some() => self.assign_to_targets(assign),
            Kind::Assign(assign) => self.assign(assign),
            Kind::Export(names) => match names.is_empty() {
                true => self.result.exports.all = true,
                false => {
                    let names = self.words(names);
                    self.result.exports.names.extend(names);
                }
            },
            Kind::Unexport(names) => {
                let names = self.words(names);
                self.result.exports.without.extend(names);
            }
            Kind::Include { paths, optional } => self.include(paths, *optional),
            Kind::Bare(text) => self.bare(text),
            Kind::Unread(text) => self.refuse(format!("`{text}` can't be read")),
            _ => {}
        }
    }

    /// Nothing can be said of the rest.
    pub fn refuse(&mut self, why: String) {
        self.result.why_not.get_or_insert(why);
    }

    fn words(&self, text: &str) -> Vec<String> {
        let text = piece::text(&self.result.scope.expand(text)).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// A line that only has references.
    fn bare(&mut self, text: &str) {
        // What is typed behind a target becomes targets that do nothing.
        let swallows = text.starts_with("$(eval")
            && [":;@:", ": ;@:", ":; @:", ": ; @:", ":;:", ":;"]
                .iter()
                .any(|end| text.replace("\\:", ":").trim_end_matches(')').ends_with(end));
        if swallows {
            return;
        }
        if text.starts_with("$(error") || text.starts_with("${error") {
            self.result.dies = true;
            return;
        }
        let pieces = self.result.scope.expand(text);
        if let [Piece::Shell(command)] = pieces.as_slice() {
            let note = format!("make runs `{}` whenever it is called, and the tasks don't", piece::shown(command));
            self.result.notes.push(note);
            return;
        }
        match piece::text(&pieces) {
            Some(text) if text.trim().is_empty() => {}
            _ => self.refuse(format!("`{text}` can't be known without make")),
        }
    }

    fn assign(&mut self, assign: &Assign) {
        let Some(name) = piece::text(&self.result.scope.expand(&assign.name)) else {
            return self.refuse(format!("the name `{}` is not known", assign.name));
        };
        // Flags change how it runs all of them.
        let is_harmless = |word: &str| {
            let letters = word.trim_start_matches('-');
            [
                "no-print-directory",
                "silent",
                "quiet",
                "no-builtin-rules",
                "no-builtin-variables",
                "warn-undefined-variables",
                "jobs",
            ]
            .iter()
            .any(|long| letters.split('=').next() == Some(long))
                || letters.chars().all(|c| "srRwj".contains(c) || c.is_ascii_digit())
        };
        if name == "MAKEFLAGS" && !assign.value.split_whitespace().all(is_harmless) {
            self.refuse(format!("`MAKEFLAGS` has `{}`", assign.value.trim()));
        }
        if name == ".RECIPEPREFIX" {
            self.refuse("`.RECIPEPREFIX` changes what a recipe is".to_owned());
        }
        let value = assigned(&self.result.scope, &name, assign);
        if assign.export {
            self.result.exports.names.insert(name.clone());
        }
        if assign.unexport {
            self.result.exports.without.insert(name.clone());
        }
        if let Some(value) = value {
            Rc::make_mut(&mut self.result.scope.variables).insert(name, value);
        }
    }

    fn assign_to_targets(&mut self, assign: &Assign) {
        for name in self.words(assign.targets.as_deref().unwrap_or_default()) {
            let at = self.target(&name);
            if let Some(at) = at {
                self.result.targets[at].assigns.push(assign.clone());
            }
        }
    }

    fn branches(&mut self, condition: &Condition, then: &[Statement], otherwise: &[Statement]) {
        let scope = &self.result.scope;
        // `ifneq (,$(wildcard .env))`, `include .env`: an include that may be missing.
        if let Some(paths) = condition::is_there(scope, condition) {
            let includes = then.iter().any(|statement| matches!(&statement.kind, Kind::Include { .. }));
            if includes && paths.split_whitespace().all(only_env_files) {
                let is_include = |statement: &Statement| matches!(&statement.kind, Kind::Include { .. });
                if otherwise.iter().any(is_include) {
                    let note = format!(
                        "of its two files of variables make reads one: both are read where `{paths}` is there, too"
                    );
                    self.result.notes.push(note);
                    self.statements(otherwise);
                }
                for statement in then {
                    match &statement.kind {
                        Kind::Include { paths, .. } => self.include(paths, true),
                        _ => self.statement(statement),
                    }
                }
                return;
            }
        }
        if let Some(name) = condition::is_missing(scope, condition) {
            // `ifndef NAME`, `NAME = value` is `NAME ?= value`.
            if let (Some(assign), true) = (recipe::default_of(then, &name), otherwise.is_empty()) {
                return self.assign(&Assign { how: How::Default, ..assign.clone() });
            }
            if !self.current.is_empty() && !then.is_empty() && then.iter().all(|statement| fails(&statement.kind)) {
                for at in &self.current {
                    self.result.targets[*at].required.insert(name.clone());
                }
                return self.statements(otherwise);
            }
        }
        let holds = match condition::decide(scope, condition) {
            Decided::Known(holds) => holds,
            Decided::Open { test: Some(test), .. }
                if !self.current.is_empty() && is_recipe(then) && is_recipe(otherwise) =>
            {
                return self.branch(test, then, otherwise);
            }
            Decided::Open { key, base, negated, .. } => {
                let holds = self.world.holds.get(&key).copied().unwrap_or(base);
                self.result.assumed.insert(key, holds);
                holds != negated
            }
        };
        let branch = if holds { then } else { otherwise };
        self.statements(branch);
    }

    /// Lines of a recipe under a condition that a run decides.
    fn branch(&mut self, test: Test, then: &[Statement], otherwise: &[Statement]) {
        let current = self.current.clone();
        for at in current.clone() {
            let before = std::mem::take(&mut self.result.targets[at].recipe);
            self.current = vec![at];
            self.statements(then);
            let then = std::mem::take(&mut self.result.targets[at].recipe);
            self.statements(otherwise);
            let otherwise = std::mem::replace(&mut self.result.targets[at].recipe, before);
            self.result.targets[at].recipe.push(Line::Branch { test: test.clone(), then, otherwise });
        }
        self.current = current;
    }

    fn rule(&mut self, rule: &Rule) {
        let (comment_about, group) = self.comments.of_rule(rule.comment.as_deref());
        self.current.clear();
        let scope = &self.result.scope;
        // A target whose name only a run knows can't be a task. What needs it says so.
        let named = scope.expand(&rule.targets);
        let Some(names) = piece::with_defaults(&named) else { return };
        self.note_defaults(&named);
        let scope = &self.result.scope;
        let (needs, order_only) = (scope.expand(&rule.prerequisites), scope.expand(&rule.order_only));
        let why_not = piece::with_defaults(&needs).is_none() || piece::with_defaults(&order_only).is_none();
        let words = |pieces: &Pieces| -> Vec<String> {
            piece::with_defaults(pieces).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        };
        let (needs, order_only) = (words(&needs), words(&order_only));
        for name in names.split_whitespace() {
            match name {
                ".PHONY" => {
                    self.result.phony.extend(needs.iter().cloned());
                    continue;
                }
                ".ONESHELL" => self.result.is_one_shell = true,
                ".EXPORT_ALL_VARIABLES" => self.result.exports.all = true,
                ".IGNORE" | ".SECONDEXPANSION" | ".RECIPEPREFIX" => {
                    self.refuse(format!("`{name}` changes what recipes mean"))
                }
                _ => {}
            }
            let is_special = name.starts_with('.') && name[1..].chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if is_special {
                continue;
            }
            let Some(at) = self.target(name) else { return };
            self.current.push(at);
            let target = &mut self.result.targets[at];
            if rule.is_double && target.has_rule {
                target.why_not = Some("it has several rules with `::`".to_owned());
            }
            // A later recipe replaces this one; make warns.
            if !target.recipe.is_empty() && !rule.is_double {
                target.recipe_may_be_replaced();
            }
            target.has_rule = true;
            target.own_needs = target.needs.len();
            let stem =
                rule.pattern.as_deref().and_then(|pattern| crate::init::makefile::functions::stem(pattern, name));
            let own = |need: &String| stem.map_or_else(|| need.clone(), |stem| need.replacen('%', stem, 1));
            target.stem = target.stem.take().or_else(|| stem.map(str::to_owned));
            target.needs.extend(needs.iter().map(own));
            target.order_only.extend(order_only.iter().map(own));
            target.about = target.about.take().or_else(|| comment_about.clone());
            target.group = target.group.take().or_else(|| group.clone());
            if why_not {
                target.why_not = Some("what it needs can't be known without make".to_owned());
            }
        }
    }

    /// Names that a person can change for make.
    fn note_defaults(&mut self, pieces: &[Piece]) {
        for (name, default) in piece::asked(pieces) {
            let default = default.and_then(|default| piece::with_defaults(default)).unwrap_or_default();
            let note = format!("`{name}` names another target for make; here it is `{default}`");
            if !self.result.notes.contains(&note) {
                self.result.notes.push(note);
            }
        }
    }

    /// The place of a target. None: there are too many.
    fn target(&mut self, name: &str) -> Option<usize> {
        if let Some(at) = self.result.targets.iter().position(|target| target.name == name) {
            return Some(at);
        }
        if self.result.targets.len() >= MOST_TARGETS {
            self.refuse(format!("it has more than {MOST_TARGETS} targets"));
            return None;
        }
        self.result.targets.push(Target { name: name.to_owned(), ..Target::default() });
        Some(self.result.targets.len() - 1)
    }
}
