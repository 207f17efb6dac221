//! A task and what was typed become the commands to run, in order: nothing runs before all of them are known.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::iter;
use std::ops::Range;
use std::rc::Rc;

use crate::file_commands::FileCommand;
use crate::system::environment::Environment;
use crate::tasks::clap_errors;
use crate::tasks::config::step::Does;
use crate::tasks::config::{Body, Config, Step, Task};
use crate::tasks::fill::fill;
use crate::tasks::mistake::mistake;
use crate::tasks::typed::{self as task, Given, PlanWord, Typed};
use crate::tasks::variables::{Layers, layers};
use crate::ui::finding::Finding;

/// The commands of one run, and what has to be answered before.
#[derive(Debug, Default)]
pub struct Plan {
    pub commands: Vec<Planned>,
    /// In order; each once.
    pub confirmations: Vec<Confirmation>,
    /// What is left out or may fail as a whole. A part lies within another one that stands before it.
    pub parts: Vec<Part>,
}

/// A question and the task that asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    pub task: String,
    pub question: String,
    pub part: Option<usize>,
}

/// Commands that belong together.
#[derive(Clone, Debug)]
pub struct Part {
    /// The task whose commands they are.
    pub task: String,
    /// The part that this one lies in.
    pub within: Option<usize>,
    pub is: PartIs,
}

/// What is to know of a part when its first command is due.
#[derive(Clone, Debug)]
pub enum PartIs {
    /// Left out when this path, from the folder of tasks.toml, is there.
    Unless(String),
    /// When one of its commands fails, the rest of it is left out, and what follows runs.
    MayFail,
    /// A task that others need, by its place in the file: left out when it ran already.
    Needed(usize),
}

/// One command, before the tools are found.
#[derive(Clone, Debug)]
pub struct Planned {
    pub tool: Tool,
    /// After the tool.
    pub words: Vec<PlanWord>,
    /// The task whose step it is.
    pub task: String,
    /// Relative to the folder of tasks.toml, with `/`, and its place in the file.
    pub dir: Option<(String, Range<usize>)>,
    pub variables: Layers,
    /// The step in tasks.toml; none for a built-in command's own.
    pub span: Option<Range<usize>>,
    /// The built-in command whose step it is.
    pub built_in: Option<String>,
    /// The innermost part that it belongs to.
    pub part: Option<usize>,
    /// The mode that it runs in, by its place, and the task that says so, if it is not the mode of the run.
    pub mode: Option<usize>,
    pub mode_of: Option<String>,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Compose, by whatever command it has here.
    Compose,
    Docker,
    /// A command of our own.
    File(FileCommand),
    /// A program on PATH, or with a `/` in it a file.
    Program(String),
    /// The command in Rust that is called like the task.
    Rust,
    /// A script for `sh`; the words are its own.
    Sh(String),
    /// A text to print.
    Say(String),
}

/// A plan longer than this is a mistake: tasks that call each other twice, many levels deep.
const MOST_COMMANDS: usize = 10_000;
/// The same limit for tasks, since some may run no command themselves.
const MOST_TASKS: usize = 100_000;

/// A part and those that it lies in, the innermost first.
pub fn around(parts: &[Part], part: Option<usize>) -> impl Iterator<Item = usize> {
    iter::successors(part, |at| parts[*at].within)
}

/// The innermost part that may fail and that this one lies in.
pub fn may_fail(parts: &[Part], part: Option<usize>) -> Option<usize> {
    around(parts, part).find(|at| matches!(parts[*at].is, PartIs::MayFail))
}

/// The variables that flags can have their values from, in a mode.
pub type Seen<'a> = &'a dyn Fn(Option<usize>) -> Rc<Environment>;

/// The plan for a task, with what was typed. Without `seen`, flags that have their values from variables are not given, and
/// none has to be. The error has its place in tasks.toml.
pub fn plan(config: &Config, task: &Task, typed: &Typed, seen: Option<Seen<'_>>) -> Result<Plan, Finding> {
    let planner =
        Planner { config, seen, plan: Plan::default(), tasks: 0, done: HashMap::new(), index: OnceCell::new() };
    planner.run(task, typed)
}

struct Planner<'a> {
    config: &'a Config,
    seen: Option<Seen<'a>>,
    plan: Plan,
    /// How many tasks are planned.
    tasks: usize,
    /// Needed tasks that are planned already, by their place in the file, each with the parts that it is planned in: it runs
    /// once, but it may be left out with one of them.
    done: HashMap<usize, Vec<Option<usize>>>,
    /// The places of the tasks by their names, when a task refers to others.
    index: OnceCell<HashMap<&'a str, usize>>,
}

/// A task that is being planned: nested tasks are kept on a list, not on the program's stack.
struct Level<'a> {
    task: &'a Task,
    body: &'a Body,
    typed: Typed,
    variables: OnceCell<Layers>,
    /// The built-in command that it stands for, whose steps are in no file, and the place that refers to it.
    built_in: Option<(String, Range<usize>)>,
    /// The innermost part that it belongs to.
    part: Option<usize>,
    mode: Mode,
    needs_planned: usize,
    steps_planned: usize,
}

/// A mode, by its place, and the task that says so.
type Mode = (Option<usize>, Option<String>);

impl<'a> Planner<'a> {
    fn run(mut self, task: &'a Task, typed: &Typed) -> Result<Plan, Finding> {
        let mut levels = vec![self.level(task, typed.clone(), task.span.clone(), None, (self.config.mode, None))?];
        while let Some(level) = levels.last_mut() {
            let next = if let Some(need) = level.body.needs().get(level.needs_planned) {
                level.needs_planned += 1;
                let (part, mode) = (level.part, level.mode.clone());
                match self.at(need.get_ref()).filter(|at| !self.is_done(*at, part)) {
                    Some(at) => {
                        let planned = self.done.entry(at).or_default();
                        planned.push(part);
                        // Outside of all parts, and the first time, it surely runs.
                        let is_sure = part.is_none() && planned.len() == 1;
                        let task = &self.config.tasks[at];
                        let part = if is_sure { None } else { Some(self.part(task, part, PartIs::Needed(at))) };
                        Some(self.level(task, Typed::default(), need.span(), part, mode)?)
                    }
                    None => None,
                }
            } else if level.body.rust && level.steps_planned == 0 {
                level.steps_planned += 1;
                let (task, words) = (level.task, level.typed.args.clone());
                self.command(level, Tool::Rust, words, task.span.clone())?;
                None
            } else if level.steps_planned < level.body.steps().len() {
                level.steps_planned += 1;
                self.step(level)?
            } else {
                levels.pop();
                continue;
            };
            levels.extend(next);
        }
        Ok(self.plan)
    }

    fn at(&self, name: &str) -> Option<usize> {
        self.index.get_or_init(|| self.config.index()).get(name).copied()
    }

    /// Whether a needed task surely ran when this part is due: it is planned in a part that this one lies in.
    fn is_done(&self, needed: usize, part: Option<usize>) -> bool {
        let planned = self.done.get(&needed).map(Vec::as_slice).unwrap_or_default();
        let within = around(&self.plan.parts, part).map(Some).chain([None]);
        !planned.is_empty() && within.into_iter().any(|part| planned.contains(&part))
    }

    /// A new part.
    fn part(&mut self, task: &Task, within: Option<usize>, is: PartIs) -> usize {
        self.plan.parts.push(Part { task: task.name.clone(), within, is });
        self.plan.parts.len() - 1
    }

    /// Begins a task that is referred to at `from`.
    fn level(
        &mut self,
        task: &'a Task,
        mut typed: Typed,
        from: Range<usize>,
        part: Option<usize>,
        mode: Mode,
    ) -> Result<Level<'a>, Finding> {
        self.tasks += 1;
        if self.tasks > MOST_TASKS {
            return Err(mistake(format!("this would run more than {MOST_TASKS} tasks"), from));
        }
        let body = self.config.runs(task);
        if !body.does_something() {
            let message = format!("task `{}` has nothing to do on {}", task.name, self.config.os.name());
            return Err(mistake(message, task.span.clone()).label(task.does_only()));
        }
        let mode = self.config.mode_of(task).map_or(mode, |own| (Some(own), Some(task.name.clone())));
        if let Some(seen) = self.seen {
            let mistaken = |(message, hint)| mistake(message, from.clone()).fix(hint);
            typed.add_variables(body, || seen(mode.0)).map_err(mistaken)?;
            if let Some(flag) = typed.missing(body) {
                let message = format!("task `{}` needs `{}`", task.name, flag.shown());
                return Err(mistake(message, from).fix_if(flag.or_variable()));
            }
        }
        let part = match &body.unless {
            Some(path) => Some(self.part(task, part, PartIs::Unless(body.below_dir(path.get_ref())))),
            None => part,
        };
        if let Some(question) = &body.confirm {
            let confirmation = Confirmation { task: task.name.clone(), question: question.clone(), part };
            if !self.plan.confirmations.contains(&confirmation) {
                self.plan.confirmations.push(confirmation);
            }
        }
        let built_in = task.body.builtin.as_ref().map(|name| (name.get_ref().clone(), from));
        Ok(Level {
            task,
            body,
            typed,
            variables: OnceCell::new(),
            built_in,
            part,
            mode,
            needs_planned: 0,
            steps_planned: 0,
        })
    }

    /// Plans the step before `steps_planned`: a command, or the task that it calls, which is next.
    fn step(&mut self, level: &Level<'a>) -> Result<Option<Level<'a>>, Finding> {
        let step = &level.body.steps()[level.steps_planned - 1];
        let part = match step.may_fail() {
            true => Some(self.part(level.task, level.part, PartIs::MayFail)),
            false => level.part,
        };
        let words = fill(
            &Config::with_shared_words(step, &self.config.setting(level.mode.0).words),
            &level.body.flags,
            &level.typed,
        );
        if let Some((name, _)) = step.calls() {
            let Some(at) = self.at(name) else { return Ok(None) };
            return self.call(&self.config.tasks[at], step, &words[2..], part, level.mode.clone()).map(Some);
        }
        let mut words = words.into_iter();
        let tool = match &step.does {
            Does::Say(text) => Tool::Say(text.clone()),
            Does::Sh(script) => {
                let mut args = level.typed.args.clone();
                // What help shows for them: a script that reads none gets none.
                args.retain(|arg| step.takes_args() || matches!(arg, PlanWord::Exact { .. }));
                words = args.into_iter();
                Tool::Sh(script.clone())
            }
            Does::Run(_) => {
                let Some(PlanWord::Exact { word: program, .. }) = words.next() else { return Ok(None) };
                match program.to_string_lossy().as_ref() {
                    "compose" => Tool::Compose,
                    "docker" => Tool::Docker,
                    program => match FileCommand::from_name(program) {
                        Some(command) => Tool::File(command),
                        None => Tool::Program(program.to_owned()),
                    },
                }
            }
        };
        // A built-in command that the file does not name has no place in it.
        let span = level.built_in.as_ref().map_or(&step.span, |(_, span)| span).clone();
        self.command(level, tool, words.collect(), span)?;
        if let (Some(planned), Some(keys)) = (self.plan.commands.last_mut(), &step.keys) {
            planned.part = part;
            planned.dir = keys.dir.as_ref().map(|dir| (dir.get_ref().clone(), dir.span())).or(planned.dir.take());
            planned.variables.of_step.clone_from(&keys.env);
        }
        Ok(None)
    }

    /// Adds a command to the plan.
    fn command(
        &mut self,
        level: &Level<'a>,
        tool: Tool,
        words: Vec<PlanWord>,
        span: Range<usize>,
    ) -> Result<(), Finding> {
        if self.plan.commands.len() == MOST_COMMANDS {
            return Err(mistake(format!("this would run more than {MOST_COMMANDS} commands"), span));
        }
        self.plan.commands.push(Planned {
            tool,
            words,
            task: level.task.name.clone(),
            dir: level.body.dir.as_ref().map(|dir| (dir.get_ref().clone(), dir.span())),
            variables: level
                .variables
                .get_or_init(|| layers(self.config.setting(level.mode.0), level.body, &level.typed))
                .clone(),
            span: Some(span).filter(|span| !span.is_empty()),
            built_in: level.built_in.clone().map(|(name, _)| name),
            part: level.part,
            mode: level.mode.0,
            mode_of: level.mode.1.clone(),
        });
        Ok(())
    }

    /// `task NAME words…`: the task as if it had been typed.
    fn call(
        &mut self,
        callee: &'a Task,
        step: &Step,
        words: &[PlanWord],
        part: Option<usize>,
        mode: Mode,
    ) -> Result<Level<'a>, Finding> {
        let body = self.config.runs(callee);
        let (least, shown): (Vec<_>, Vec<_>) = words.iter().filter_map(PlanWord::exact).unzip();
        let has_secret = least != shown;
        let refused = |error| {
            // Clap quotes the words in its mistake, so it is asked again about what may be shown of them.
            let of_shown = || task::parse(body, shown.clone()).err().or_else(|| task::parse(body, ["…".into()]).err());
            let error = if has_secret { of_shown().unwrap_or(error) } else { error };
            clap_errors::refused(&error, &callee.name, body, step.span.clone())
        };
        let mut typed = if words.is_empty() { Typed::default() } else { task::parse(body, least).map_err(refused)? };
        typed.args = words[words.len() - typed.args.len()..].to_vec();
        if has_secret {
            let masked = task::parse_any(body, shown.clone()).unwrap_or_default();
            for (flag, given) in &mut typed.flags {
                let Given::Yes(Some(value)) = given else { continue };
                value.shown = match masked.flag(flag) {
                    Some(Given::Yes(Some(masked))) => masked.shown.clone(),
                    _ => "…".to_owned(),
                };
            }
        }
        if words.iter().any(|word| matches!(word, PlanWord::Optional { .. })) {
            let is_end = |word: &PlanWord| matches!(word, PlanWord::Exact { word, .. } if word == "--");
            let end = words.iter().position(is_end).unwrap_or(words.len());
            let most = words[..end].iter().flat_map(|word| match word {
                PlanWord::Exact { word, .. } => vec![word.clone()],
                PlanWord::Optional { words, .. } => words.iter().map(OsString::from).collect(),
            });
            for (flag, _) in task::parse_any(body, most).map_err(refused)?.flags {
                if typed.flag(&flag).is_none() {
                    typed.flags.push((flag, Given::Maybe));
                }
            }
            typed.args = words.get(end + 1..).unwrap_or_default().to_vec();
        }
        self.level(callee, typed, step.span.clone(), part, mode)
    }
}

impl Planned {
    /// The words that run; what a help shows as optional is left out.
    pub fn exact_words(&self) -> Vec<OsString> {
        self.words.iter().filter_map(|word| Some(word.exact()?.0)).collect()
    }
}
