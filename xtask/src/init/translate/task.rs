//! One target as a task.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::init::draft::{Does, Flag, Task, Word};
use crate::init::makefile::assign::assigned;
use crate::init::makefile::evaluate::{Evaluated, Target};
use crate::init::makefile::expand::Scope;
use crate::init::makefile::piece::{self, Piece, Pieces};
use crate::init::makefile::read::Assign;
use crate::init::makefile::recipe::{self, Line};
use crate::init::translate::branch::{self, Expanded};
use crate::init::translate::files::Kind;
use crate::init::translate::flags::{dashed, is_of};
use crate::init::translate::lines::without_prefix;
use crate::init::translate::made::{Call, Given, Made, Sight};
use crate::init::translate::names::{Names, is_help};
use crate::init::translate::steps;

/// What the targets of one Makefile have in common.
pub struct Around<'a> {
    pub file: &'a Evaluated,
    pub names: &'a Names,
    pub kinds: &'a BTreeMap<String, Kind>,
    pub exists: &'a dyn Fn(&str) -> bool,
    /// Why no program gets the variables that make gives it.
    pub exports: Option<&'a str>,
    pub exported: &'a BTreeSet<String>,
    /// The person's variables that values of exported ones are made of.
    pub asks: &'a BTreeSet<String>,
    /// Lines that every script begins with.
    pub prelude: &'a str,
}

/// A task, and the calls in it that pass on variables.
pub struct Translated {
    pub task: Task,
    pub calls: Vec<Call>,
    /// The person's variables that its own lines use.
    pub uses: BTreeSet<String>,
}

/// Translates a target; what can't be is wrapped.
pub fn task(target: &Target, around: &Around<'_>) -> Translated {
    let name = around.names.of(&target.name).unwrap_or_else(|| target.name.clone());
    let base = Task {
        name: name.clone(),
        source: target.name.clone(),
        about: target.about.clone(),
        group: target.group.clone(),
        ..Task::default()
    };
    if is_help(target) {
        let task = Task { builtin: Some("help"), about: None, ..base };
        return Translated { task, calls: Vec::new(), uses: BTreeSet::new() };
    }
    let scope = scope_of(target, around.file);
    let lines = lines(target, &scope);
    let mut uses = BTreeSet::new();
    lines.iter().for_each(|line| line.uses(&mut uses));
    match translated(target, &scope, &lines, around, &name) {
        Ok((made, needs)) => {
            let mut flags = made.flags;
            for flag in &mut flags.flags {
                // What make passes on, it passes on as it was typed.
                let is_passed = |name: &String| around.exported.contains(name) || around.file.exports.all;
                let is_empty = flag.default.as_deref() == Some("");
                flag.env =
                    flag.env.take().or_else(|| flag.from_env.clone().filter(|name| is_passed(name) && !is_empty));
            }
            let unless = (around.kinds.get(&target.name) == Some(&Kind::Once)).then(|| target.name.clone());
            let task =
                Task { needs, unless, steps: made.steps, flags: flags.flags, args_from: flags.args_from, ..base };
            Translated { task, calls: made.calls, uses }
        }
        Err(why) => Translated { task: base.into_wrapped(&why), calls: Vec::new(), uses },
    }
}

fn translated(
    target: &Target,
    scope: &Scope,
    lines: &[Expanded],
    around: &Around<'_>,
    name: &str,
) -> Result<(Made, Vec<String>), String> {
    let file = around.file;
    if let Some(why) = file.why_not.as_ref().or(target.why_not.as_ref()) {
        return Err(why.clone());
    }
    if let Some(Kind::ByTime(why)) = around.kinds.get(&target.name) {
        return Err(why.clone());
    }
    let mut made = Made::default();
    let mut needs = Vec::new();
    for need in target.needs.iter().chain(&target.order_only) {
        if let Some(task) = around.names.of(need) {
            if !needs.contains(&task) {
                needs.push(task);
            }
        } else if let Some(variable) = guarded(need, file) {
            made.flags.require(name, &variable);
        } else if around.names.is_idle(need) || (around.exists)(need) {
            // Nothing to do for it.
        } else {
            return Err(format!("it needs `{need}`, which has no rule of its own"));
        }
    }
    own_variables(target, file, around)?;
    let task_of = |target: &str| around.names.of(target).filter(|_| !around.names.is_help(target));
    let of_shell = |name: &str| {
        scope.variables.contains_key(name).then(|| piece::text(&scope.variable(name, 0)).unwrap_or_default())
    };
    let (shell, flags) = (of_shell("SHELL"), of_shell(".SHELLFLAGS").unwrap_or_default());
    let program = shell.as_deref().map(|shell| shell.split_whitespace().next().unwrap_or_default().to_owned());
    let program = program.as_deref().map(|program| program.rsplit('/').next().unwrap_or_default());
    if let (Some(_), Some(shell)) = (program.filter(|program| !matches!(*program, "bash" | "sh" | "dash")), &shell) {
        return Err(format!("its shell is `{shell}`"));
    }
    let all_flags = format!("{} {flags}", shell.as_deref().unwrap_or_default());
    let sight = Sight {
        task: name,
        task_of: &task_of,
        is_bash: program == Some("bash"),
        is_nounset: all_flags.contains("nounset") || has_flag(&all_flags, 'u'),
        is_pipefail: all_flags.contains("pipefail"),
        is_strict: has_flag(&all_flags, 'e'),
        prelude: around.prelude,
    };
    let tells = |line: &&str| line.contains("$(info") || line.contains("$(warning");
    if let Some(line) = recipe::texts(&target.recipe).into_iter().find(tells) {
        return Err(format!("make says something while it reads `{}`", line.trim()));
    }
    match file.is_one_shell && lines.len() > 1 {
        true => {
            let mut all = Pieces::new();
            for (at, line) in lines.iter().enumerate() {
                let Expanded::Line(line) = line else { return Err("it has conditions in one shell".to_owned()) };
                if at > 0 {
                    all.push(Piece::text("\n"));
                }
                let (line, may_fail) = without_prefix(line.clone());
                if may_fail {
                    return Err("its one shell may fail".to_owned());
                }
                all.extend(line);
            }
            steps::add_whole_script(&mut made, &all, &sight)?;
        }
        false => {
            for line in lines {
                branch::add(&mut made, line, &sight)?;
            }
        }
    }
    for variable in &target.required {
        made.flags.require(name, variable);
    }
    if let Some(name) = around.asks.iter().find(|name| made.flags.flags.iter().any(|flag| is_of(flag, name))) {
        return Err(format!("`{name}` is a part of a variable that its programs get"));
    }
    let args = made.flags.args_from.as_deref();
    if let Some(args) = args.filter(|args| made.flags.flags.iter().any(|flag| flag.required && is_of(flag, args))) {
        return Err(format!("`{args}` has to be given, and words behind `--` can't be required"));
    }
    let runs = made.steps.iter().any(|step| !matches!(step.does, Does::Say(_)));
    if let Some(why) = around.exports.filter(|_| runs) {
        return Err(why.to_owned());
    }
    for (name, value) in exports_of(target, scope, around)? {
        for step in made.steps.iter_mut().filter(|step| !matches!(step.does, Does::Say(_))) {
            if !step.env.iter().any(|(own, _)| *own == name) {
                step.env.push((name.clone(), value.clone()));
            }
        }
    }
    Ok((made, needs))
}

/// Whether a shell is called with this letter.
fn has_flag(flags: &str, letter: char) -> bool {
    let mut flags = flags.split_whitespace().skip(1);
    flags.any(|flag| flag.starts_with('-') && !flag.starts_with("--") && flag.contains(letter))
}

/// The scope that the recipe of a target is expanded in.
fn scope_of(target: &Target, file: &Evaluated) -> Scope {
    let text = |text: &str| vec![Piece::text(text)];
    let all: Vec<&str> = target.needs.iter().map(String::as_str).collect();
    let first = all.first().copied().unwrap_or_default();
    let folder = |path: &str| match path.rfind('/') {
        Some(at) => path[..at].to_owned(),
        None => ".".to_owned(),
    };
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut locals = vec![
        ("@".to_owned(), text(&target.name)),
        ("@D".to_owned(), text(&folder(&target.name))),
        ("@F".to_owned(), text(&name(&target.name))),
        ("<".to_owned(), text(first)),
        ("^".to_owned(), text(&all.join(" "))),
        ("+".to_owned(), text(&all.join(" "))),
    ];
    if let Some(stem) = &target.stem {
        locals.push(("*".to_owned(), text(stem)));
    }
    let mut scope = file.scope.with_locals(locals);
    for assign in &target.assigns {
        if let Some(value) = assigned(&scope, &assign.name, assign) {
            Rc::make_mut(&mut scope.of_target).insert(assign.name.clone(), value);
        }
    }
    scope
}

fn lines(target: &Target, scope: &Scope) -> Vec<Expanded> {
    expanded(&target.recipe, scope)
}

fn expanded(lines: &[Line], scope: &Scope) -> Vec<Expanded> {
    lines
        .iter()
        .map(|line| match line {
            Line::Plain(text) => Expanded::Line(scope.expand(text)),
            Line::Branch { test, then, otherwise } => Expanded::Branch {
                test: test.clone(),
                then: expanded(then, scope),
                otherwise: expanded(otherwise, scope),
            },
        })
        .collect()
}

/// Refuses variables of a target that what it needs would see, too.
fn own_variables(target: &Target, file: &Evaluated, around: &Around<'_>) -> Result<(), String> {
    if target.assigns.is_empty() {
        return Ok(());
    }
    let mut left: Vec<&str> = target.needs.iter().chain(&target.order_only).map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = left.pop() {
        if !seen.insert(name) || around.names.is_idle(name) {
            continue;
        }
        let Some(need) = file.targets.iter().find(|target| target.name == name) else { continue };
        left.extend(need.needs.iter().chain(&need.order_only).map(String::as_str));
        let plain = scope_of(need, file);
        let mut given = scope_of(need, file);
        for assign in &target.assigns {
            if let Some(value) = assigned(&given, &assign.name, assign) {
                Rc::make_mut(&mut given.of_target).entry(assign.name.clone()).or_insert(value);
            }
        }
        let is_exported = target.assigns.iter().any(|assign| exports(assign, around));
        if lines(need, &plain) != lines(need, &given) || is_exported && !need.recipe.is_empty() {
            return Err(format!("its variable `{}` is for `{name}`, too", target.assigns[0].name));
        }
    }
    Ok(())
}

/// Whether programs get the variable.
fn exports(assign: &Assign, around: &Around<'_>) -> bool {
    assign.export || around.exported.contains(&assign.name) || around.file.exports.all
}

/// The variables that its programs alone get.
fn exports_of(target: &Target, scope: &Scope, around: &Around<'_>) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for assign in target.assigns.iter().filter(|assign| exports(assign, around)) {
        match piece::text(&scope.variable(&assign.name, 0)) {
            Some(value) => found.push((assign.name.clone(), value)),
            None => return Err(format!("`export {}`: its value can't be known without make", assign.name)),
        }
    }
    Ok(found)
}

/// The variable that `guard-NAME` asks for.
fn guarded(need: &str, file: &Evaluated) -> Option<String> {
    let (prefix, name) = need.split_once('-')?;
    let pattern = format!("{prefix}-%");
    let guard = file.targets.iter().find(|target| target.name == pattern)?;
    let asks = |line: &str| {
        line.contains("${${*}}") || line.contains("$($(*))") || line.contains("$($*)") || line.contains("${$*}")
    };
    let lines = recipe::texts(&guard.recipe);
    let is_guard = lines.iter().any(|line| asks(line))
        && lines.iter().any(|line| line.contains("exit 1") || line.contains("$(error"));
    is_guard.then(|| name.to_owned())
}

/// Gives the calls of a task the flags that stand for the variables they pass on.
///
/// # Errors
///
/// What is called has no flag for one of them.
pub fn resolve(task: &mut Task, call: &Call, callee: &Task) -> Result<(), String> {
    let Task { steps, flags, args_from, .. } = task;
    let Some(step) = steps.get_mut(call.step) else { return Ok(()) };
    let Does::Run(words) = &mut step.does else { return Ok(()) };
    let mut behind = Vec::new();
    for (name, given) in &call.variables {
        let why = || format!("it gives `{}` to `{}`, which has no flag for it", name, call.target);
        let flag = callee.flags.iter().find(|flag| is_of(flag, name));
        match (given, flag) {
            (Given::Text(value), _) if callee.wrapped.is_some() => {
                behind.push(Word::Literal(format!("{name}={value}")));
            }
            (Given::Text(value), _) if callee.args_from.as_deref() == Some(name.as_str()) => {
                behind.extend(value.split_whitespace().map(Word::literal));
            }
            (Given::Variable(own), _) if callee.args_from.as_deref() == Some(name.as_str()) => {
                if args_from.get_or_insert_with(|| own.clone()) != own {
                    return Err(why());
                }
                behind.push(Word::Placeholder("args".to_owned()));
            }
            (Given::Text(value), Some(flag)) => words.push(Word::Literal(format!("--{}={value}", flag.name))),
            (Given::Variable(own), Some(flag)) if callee.wrapped.is_none() => {
                let template = format!("--{}={{value}}", flag.name);
                let place = flags.iter().position(|flag| is_of(flag, own));
                let place = place.unwrap_or_else(|| {
                    let from_env = Some(own.clone());
                    let value = Some(own.to_uppercase());
                    flags.push(Flag {
                        name: dashed(own),
                        value,
                        from_env,
                        words: vec![template.clone()],
                        ..Flag::default()
                    });
                    flags.len() - 1
                });
                if flags[place].words.is_empty() {
                    flags[place].words.push(template.clone());
                }
                if flags[place].words != [template] {
                    return Err(why());
                }
                words.push(Word::Placeholder(flags[place].name.clone()));
            }
            _ => return Err(why()),
        }
    }
    if !behind.is_empty() {
        words.push(Word::literal("--"));
        words.extend(behind);
    }
    Ok(())
}
