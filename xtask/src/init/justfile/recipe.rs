//! A recipe as a task.

use crate::init::draft::{Does, Flag, Step, Task, Word};
use crate::init::justfile::line::{Piece, Uses, pieces, script, step, without_shell};
use crate::init::justfile::read::{Call, Justfile, Kind, Recipe};
use crate::init::justfile::shell::Shell;
use crate::init::justfile::value::{Input, Scope, Value, flag_name, shouted};
use crate::init::simple::Simple;

/// What holds for all recipes of a file.
pub struct File<'a> {
    pub file: &'a Justfile,
    pub shell: Shell,
    /// Whether scripts get what was typed as `$1`.
    pub has_positional: bool,
    pub dir: Option<String>,
    /// Long names of the global flags.
    pub taken: Vec<&'static str>,
}

/// The steps of a recipe, what runs before it, and its flags.
#[derive(Default)]
pub struct Translated {
    pub steps: Vec<Step>,
    pub needs: Vec<String>,
    pub flags: Vec<Flag>,
    pub is_list: bool,
    /// Whether it depends on the system.
    pub asked_system: bool,
}

impl File<'_> {
    /// # Errors
    ///
    /// Why it can't be translated.
    pub fn translate(&self, recipe: &Recipe, os: &'static str) -> Result<Translated, String> {
        if let Some(line) = &recipe.fault {
            return Err(format!("its first line can't be read: `{line}`"));
        }
        let mut dir = self.dir.clone();
        let mut is_script = false;
        for attribute in &recipe.attributes {
            match (attribute.name.as_str(), &attribute.values[..]) {
                ("group" | "doc" | "private" | "confirm" | "no-exit-message" | "no-quiet" | "default", _) => {}
                ("linux" | "macos" | "windows" | "unix", []) => {}
                ("working-directory", [folder]) if !folder.starts_with('/') => dir = Some(folder.clone()),
                ("script", []) => is_script = true,
                (name, _) => return Err(format!("`[{name}]`")),
            }
        }
        let scope = Scope::new(self.file, &recipe.parameters, &self.taken, os);
        if let Some(why) =
            scope.parameters.values().find_map(|value| if let Value::Unknown(why) = value { Some(why) } else { None })
        {
            return Err(why.clone());
        }
        let mut uses = Uses::default();
        let mut done = Translated::default();
        // From the first that has arguments on they are steps: `needs` gives none.
        for call in &recipe.needs {
            if call.words.is_empty() && done.steps.is_empty() {
                done.needs.push(call.name.clone());
            } else {
                done.steps.push(self.call(call, &scope, &mut uses)?);
            }
        }
        let is_script = is_script || recipe.body.first().is_some_and(|line| line.starts_with("#!"));
        if is_script {
            done.steps.push(self.whole(recipe, &scope, &mut uses)?);
        } else {
            for line in logical_lines(&recipe.body) {
                if is_list(&line) && recipe.needs.is_empty() && recipe.body.len() == 1 {
                    done.is_list = true;
                    return Ok(done);
                }
                done.steps.extend(self.line(recipe, &line, &scope, &mut uses)?);
            }
        }
        for call in &recipe.after {
            done.steps.push(self.call(call, &scope, &mut uses)?);
        }
        for step in done.steps.iter_mut().filter(|step| !is_call(step) && !matches!(step.does, Does::Say(_))) {
            step.dir = match (&dir, step.dir.take()) {
                (Some(dir), Some(own)) => Some(format!("{}/{own}", dir.trim_end_matches('/'))),
                (Some(dir), None) => Some(dir.clone()),
                (None, own) => own,
            };
        }
        done.flags = self.flags(&scope, &uses);
        done.asked_system = scope.asked_system();
        Ok(done)
    }

    fn line(&self, recipe: &Recipe, line: &str, scope: &Scope<'_>, uses: &mut Uses) -> Result<Vec<Step>, String> {
        let code = line.trim_start_matches(['@', '-', '?']);
        let marks = &line[..line.len() - code.len()];
        if marks.contains('?') {
            return Err("a line that begins with `?`".to_owned());
        }
        let code = code.trim();
        if code.is_empty() || code.starts_with('#') {
            return Ok(Vec::new());
        }
        let pieces = pieces(code, scope)?;
        let may_fail = marks.contains('-');
        let mut steps = Vec::new();
        let simple = self.shell.is_of_sh().then(|| without_shell(&pieces, uses)).flatten();
        // Several of which one may fail would go on at another place.
        if let Some(simple) = simple.filter(|simple| simple.len() == 1 || !may_fail) {
            for (words, simple) in simple {
                match self.of_just(&words, &simple)? {
                    Some(calls) => steps.extend(calls),
                    None => match step(words, simple) {
                        Some(step) => steps.push(step),
                        None => {
                            steps.clear();
                            break;
                        }
                    },
                }
            }
        }
        if steps.is_empty() {
            steps.push(self.by_shell(recipe, &pieces, uses)?);
        }
        for step in steps.iter_mut().filter(|step| !matches!(step.does, Does::Say(_))) {
            step.may_fail |= may_fail;
        }
        Ok(steps)
    }

    fn by_shell(&self, recipe: &Recipe, pieces: &[Piece], uses: &mut Uses) -> Result<Step, String> {
        let text = script(pieces, uses)?;
        if text.split_whitespace().next() == Some("just") || text.contains(" just ") {
            return Err("it calls just from a shell".to_owned());
        }
        self.no_parameters(recipe, &text)?;
        let own =
            pieces.iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None });
        self.shell.step(text, &own.collect::<String>())
    }

    /// A recipe with `#!`: a script of its own.
    fn whole(&self, recipe: &Recipe, scope: &Scope<'_>, uses: &mut Uses) -> Result<Step, String> {
        let has_line = recipe.body.first().is_some_and(|line| line.starts_with("#!"));
        let (first, rest) = if has_line { recipe.body.split_at(1) } else { recipe.body.split_at(0) };
        let text = rest.join("\n");
        let text = script(&pieces(&text, scope)?, uses)?;
        self.no_parameters(recipe, &text)?;
        if text.lines().any(|line| line.split_whitespace().next() == Some("just")) {
            return Err("it calls just from a script".to_owned());
        }
        Shell::script(first.first().map_or("#!/bin/sh", String::as_str), &text)
    }

    /// `$1` is what was typed after the name, if the file says so. Here it is what was typed after `--`.
    fn no_parameters(&self, recipe: &Recipe, script: &str) -> Result<(), String> {
        let has_named = recipe.parameters.iter().any(|parameter| parameter.kind == Kind::One);
        let reads = ["$1", "$2", "$@", "$*", "$#", "${1", "${@"].iter().any(|used| script.contains(used));
        match reads && has_named && self.has_positional && !script.contains("() {") {
            true => Err("it reads its parameters as `$1`".to_owned()),
            false => Ok(()),
        }
    }

    /// `just NAME …` as calls of tasks. `None`: it is another command.
    fn of_just(&self, words: &[Word], simple: &Simple) -> Result<Option<Vec<Step>>, String> {
        if !matches!(words.first(), Some(Word::Literal(first)) if first == "just") {
            return Ok(None);
        }
        let texts: Option<Vec<&str>> = words[1..]
            .iter()
            .map(|word| if let Word::Literal(text) = word { Some(text.as_str()) } else { None })
            .collect();
        let texts = texts.filter(|texts| !texts.is_empty() && simple.dir.is_none() && simple.env.is_empty());
        let calls_just = || "it calls just in a way that no step can".to_owned();
        let mut rest = texts.ok_or_else(calls_just)?;
        let mut steps = Vec::new();
        while let Some(name) = rest.first().copied() {
            let recipe = self.recipe(name).ok_or_else(calls_just)?;
            let takes: usize = match recipe.parameters.iter().any(|parameter| parameter.kind != Kind::One) {
                true => rest.len() - 1,
                false => recipe.parameters.len().min(rest.len() - 1),
            };
            let given = rest[1..=takes].iter().map(|word| Value::Text((*word).to_owned())).collect();
            steps.push(call_step(recipe, given, &self.taken, &mut Uses::default())?);
            rest.drain(..=takes);
        }
        Ok(Some(steps))
    }

    fn recipe(&self, name: &str) -> Option<&Recipe> {
        let target =
            self.file.aliases.iter().find(|(alias, _)| alias == name).map_or(name, |(_, target)| target.as_str());
        self.file.recipes.iter().rev().find(|recipe| recipe.name == target)
    }

    fn call(&self, call: &Call, scope: &Scope<'_>, uses: &mut Uses) -> Result<Step, String> {
        let recipe = self.recipe(&call.name).ok_or_else(|| format!("there is no recipe `{}`", call.name))?;
        let given = call.words.iter().map(|word| scope.value(word)).collect();
        call_step(recipe, given, &self.taken, uses)
    }

    fn flags(&self, scope: &Scope<'_>, uses: &Uses) -> Vec<Flag> {
        let mut inputs: Vec<_> = scope
            .parameters
            .values()
            .filter_map(|value| if let Value::Input(input) = value { Some(input) } else { None })
            .collect();
        inputs.extend(uses.inputs.iter().filter(|input| !scope.parameters.contains_key(&input.name)));
        let flag = |input: &Input| {
            let words = uses.words.get(&input.name).cloned().unwrap_or_default();
            let is_exported = input.is_flag && !input.variable.starts_with("ARG_");
            let needs_env = is_exported || uses.in_scripts.contains(&input.name) || (words.is_empty() && input.is_flag);
            Flag {
                name: input.flag.clone(),
                value: Some(shouted(input.name.trim_start_matches('_'))),
                default: input.default.clone(),
                required: input.is_required,
                from_env: input.from_env.clone(),
                env: needs_env.then(|| input.variable.clone()),
                words,
                ..Flag::default()
            }
        };
        inputs.into_iter().map(flag).collect()
    }
}

/// `task NAME --flag=value -- words`
fn call_step(recipe: &Recipe, given: Vec<Value>, taken: &[&str], uses: &mut Uses) -> Result<Step, String> {
    let mut words = vec![Word::literal("task"), Word::literal(&recipe.name)];
    let mut given = given.into_iter();
    for parameter in &recipe.parameters {
        let flag = flag_name(&parameter.name, taken);
        if parameter.kind != Kind::One {
            let rest: Vec<Value> = given.by_ref().collect();
            words.extend((!rest.is_empty()).then(|| Word::literal("--")));
            for value in rest {
                words.push(match value {
                    Value::Text(text) => Word::Literal(text),
                    Value::Args => Word::Placeholder("args".to_owned()),
                    _ => return Err(format!("what it gives to `{}` is not known before it runs", recipe.name)),
                });
            }
            continue;
        }
        match given.next() {
            None => {}
            Some(Value::Text(text)) => words.push(Word::Literal(format!("--{flag}={text}"))),
            Some(Value::Input(input)) if uses.as_words(&input, vec![format!("--{flag}={{value}}")]) => {
                words.push(Word::Placeholder(input.flag.clone()));
            }
            Some(_) => return Err(format!("what it gives to `{}` is not known before it runs", recipe.name)),
        }
    }
    if given.next().is_some() {
        return Err(format!("it gives `{}` more than that takes", recipe.name));
    }
    Ok(Step::new(Does::Run(words)))
}

fn is_call(step: &Step) -> bool {
    matches!(&step.does, Does::Run(words) if words.first() == Some(&Word::literal("task")))
}

/// The lines of a body, those that go on put together.
fn logical_lines(body: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in body {
        let (text, next) = match line.strip_suffix('\\') {
            Some(text) => (text, true),
            None => (line.as_str(), false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => last.push_str(text.trim_start()),
            None => lines.push(text.to_owned()),
        }
        goes_on = next;
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// `just --list` and its like: the list of tasks is built in.
fn is_list(line: &str) -> bool {
    let line = line
        .trim_start_matches('@')
        .replace("{{just_executable()}}", "just")
        .replace("{{ just_executable() }}", "just");
    let mut words = line.split_whitespace();
    let lists = ["--list", "-l", "--list-heading", "--unsorted", "--summary", "-u"];
    words.next() == Some("just") && words.clone().next().is_some() && words.all(|word| lists.contains(&word))
}

/// A wrapped or translated task with what is the same for both.
pub fn named(recipe: &Recipe, aliases: Vec<String>) -> Task {
    let attribute = |name: &str| recipe.attributes.iter().find(|attribute| attribute.name == name);
    let value = |name: &str| attribute(name).and_then(|attribute| attribute.values.first().cloned());
    let question = || value("confirm").unwrap_or_else(|| format!("Run `{}`?", recipe.name));
    Task {
        name: recipe.name.clone(),
        source: recipe.name.clone(),
        about: if attribute("doc").is_some() { value("doc") } else { recipe.doc.clone() },
        group: value("group"),
        hidden: recipe.name.starts_with('_') || attribute("private").is_some(),
        confirm: attribute("confirm").map(|_| question()),
        aliases,
        ..Task::default()
    }
}

/// The keys of the systems that a recipe is for; empty: all.
pub fn systems(recipe: &Recipe) -> Vec<&'static str> {
    let known = ["windows", "macos", "linux", "unix"];
    known.into_iter().filter(|key| recipe.attributes.iter().any(|attribute| attribute.name == *key)).collect()
}
