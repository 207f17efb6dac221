//! From a plan to its steps as they are on this machine: which compose, which files, which folder, which variables.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::compose::call::ComposeCall;
use crate::compose::line::{self, Line};
use crate::compose::which::{self, ComposeCli};
use crate::project::context::{Context, Project};
use crate::project::looking::{self, Purpose};
use crate::run::shell;
use crate::run::step::{ComposeStep, Step, Tool};
use crate::system::command_line::{command_line, quote};
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::paths;
use crate::tasks::config::step_line::{self, Word};
use crate::tasks::plan::{Planned, Tool as PlannedTool};
use crate::tasks::typed::PlanWord;
use crate::tasks::variables::Added;
use crate::ui::problem::Problem;
use crate::ui::secret::hidden_words;

/// Finds the tools of one run, each once. Compose is looked for when a step first needs it.
pub struct Resolver<'a> {
    context: &'a Context,
    project: &'a Project,
    /// By the words that tasks.toml or `--compose` has for it.
    compose: RefCell<HashMap<Option<Vec<OsString>>, ComposeCli>>,
    /// Whether a process may be started to find out. Not in a dry run, which needs no docker.
    may_run: bool,
    purpose: Purpose,
    /// What such a process gets.
    environment: Environment,
}

impl<'a> Resolver<'a> {
    /// # Errors
    ///
    /// There is no project.
    pub fn new(context: &'a Context, may_run: bool) -> Result<Resolver<'a>> {
        let environment = context.environment.clone();
        let (project, compose) = (context.project()?, RefCell::default());
        Ok(Resolver { context, project, compose, may_run, purpose: Purpose::Step, environment })
    }

    /// For what only looks.
    ///
    /// # Errors
    ///
    /// There is no project.
    pub fn to_look(context: &'a Context) -> Result<Resolver<'a>> {
        let resolver = Resolver::new(context, true)?;
        Ok(Resolver { purpose: Purpose::Looking, environment: context.to_look(), ..resolver })
    }

    /// For what reads compose's files itself: nothing is started, and compose need not be there.
    ///
    /// # Errors
    ///
    /// There is no project.
    pub fn to_read(context: &'a Context) -> Result<Resolver<'a>> {
        Ok(Resolver { may_run: false, ..Resolver::to_look(context)? })
    }

    /// A plan's steps, in order.
    ///
    /// Compose 2.40's menu below `up` reads Ctrl-C as a key, so that no signal reaches us, and ends with 0: the next
    /// step would start. So an attached `up` that is not the last step gets no menu, unless the person set the variable.
    ///
    /// # Errors
    ///
    /// There is no compose, and a step needs it.
    pub fn steps(&self, commands: &[Planned]) -> Result<Vec<Step>> {
        let mut steps = commands.iter().map(|planned| self.step(planned)).collect::<Result<Vec<Step>>>()?;
        let last = steps.len().saturating_sub(1);
        for step in &mut steps[..last] {
            let is_set = step.env.iter().any(|(name, _)| Os::HERE.same_variable(name, line::MENU))
                || self.context.environment.get(line::MENU).is_some();
            if step.compose().is_some_and(|compose| compose.line.is_attached_up()) && !is_set {
                step.env.push((line::MENU.to_owned(), "false".into()));
            }
        }
        Ok(steps)
    }

    fn step(&self, planned: &Planned) -> Result<Step> {
        let words = planned.exact_words();
        let root = self.project.file.root();
        let dir = planned.dir.as_ref().map_or_else(|| root.to_owned(), |(dir, _)| paths::absolute(root, dir.as_ref()));
        let tool = match &planned.tool {
            PlannedTool::Docker => Tool::Docker(words),
            PlannedTool::Rust => Tool::Rust(self.context.program.of_rust(&planned.task), words),
            PlannedTool::File(command) => Tool::File(*command, words),
            PlannedTool::Program(name) => Tool::Program(name.into(), words),
            PlannedTool::Sh(script) => Tool::Sh(shell::words(script, words)),
            PlannedTool::Say(text) => Tool::Say(text.clone(), shell::printing(text, self.context.globals.os)),
            PlannedTool::Compose => Tool::Compose(self.compose_step(words, &dir, planned.mode)?),
        };
        let Added { mut env, strong, asked } =
            planned.variables.added(&self.context.environment, self.context.globals.os);
        let mut strong: Vec<String> = env[..strong].iter().map(|(name, _)| name.clone()).collect();
        if matches!(&planned.tool, PlannedTool::Sh(script) if script.contains(shell::XTASK)) {
            let mode = planned.mode.and_then(|at| self.project.config.modes.get(at)).map(|mode| mode.name.as_str());
            for (name, value) in shell::of_this_run(&self.project.file.path, mode) {
                env.retain(|(other, _)| !Os::HERE.same_variable(other, name));
                env.push((name.to_owned(), value));
                strong.push(name.to_owned());
            }
        }
        Ok(Step {
            tool,
            env,
            typed: planned.variables.typed.iter().map(|(name, _)| name.clone()).collect(),
            dir,
            written_dir: planned.dir.clone(),
            task: planned.task.clone(),
            span: planned.span.clone(),
            built_in: planned.built_in.clone(),
            shown_words: planned
                .words
                .iter()
                .filter_map(PlanWord::exact)
                .filter(|(word, shown)| word != shown)
                .collect(),
            shown_env: planned.variables.shown.clone(),
            part: planned.part,
            strong,
            mode: planned.mode,
            mode_of: planned.mode_of.clone(),
            asked,
        })
    }

    fn compose_step(&self, words: Vec<OsString>, dir: &Path, mode: Option<usize>) -> Result<ComposeStep> {
        let line = Line::parse(words);
        Ok(ComposeStep { cli: self.compose_in(mode)?, defaults: self.defaults(&line, dir, mode), line })
    }

    /// A step of compose that a command in Rust adds to its own step.
    ///
    /// # Errors
    ///
    /// There is no compose.
    pub fn compose_from_rust(&self, step: &Step, words: Vec<OsString>) -> Result<Step> {
        Ok(Step { tool: Tool::Compose(self.compose_step(words, &step.dir, step.mode)?), span: None, ..step.clone() })
    }

    /// A planned step as `help` shows it: what a flag adds is in brackets.
    ///
    /// # Errors
    ///
    /// As for [`Resolver::steps`].
    pub fn shown(&self, planned: &Planned) -> Result<String> {
        let os = self.context.globals.os;
        let before = match self.step(planned)?.tool {
            Tool::Compose(compose) => compose.cli.words.into_iter().chain(compose.defaults).collect(),
            Tool::Docker(_) => vec!["docker".into()],
            Tool::File(command, _) => vec![command.name().into()],
            Tool::Program(name, _) => vec![name],
            Tool::Rust(line, _) => line,
            // Its name, where words may follow.
            Tool::Sh(words) => {
                let name = (!planned.words.is_empty()).then(|| "sh".into());
                std::iter::once("sh".into()).chain(words.into_iter().take(3)).chain(name).collect()
            }
            Tool::Say(_, line) => line,
        };
        let exact = planned.words.iter().map(|word| match word {
            PlanWord::Exact { shown, .. } => shown.clone(),
            PlanWord::Optional { shown, .. } => shown.into(),
        });
        let words = hidden_words(&exact.collect::<Vec<_>>());
        let words = planned.words.iter().zip(&words).map(|(planned, word)| match planned {
            PlanWord::Exact { .. } => quote(word, os),
            PlanWord::Optional { .. } => word.to_string_lossy().into_owned(),
        });
        Ok(std::iter::once(command_line(&before, os)).chain(words).collect::<Vec<_>>().join(" "))
    }

    /// Compose as the tasks call it: with the files and the name of tasks.toml, in the project's folder.
    ///
    /// # Errors
    ///
    /// There is no compose.
    pub fn compose_of_project(&self, env: Vec<(String, OsString)>) -> Result<ComposeCall> {
        let dir = self.project.file.root().to_owned();
        let options = self.defaults(&Line::default(), &dir, self.project.config.mode);
        Ok(ComposeCall { cli: self.compose()?, options, env, dir, purpose: self.purpose })
    }

    /// The compose that is called here.
    ///
    /// # Errors
    ///
    /// There is none, or `--compose` can't be read.
    pub fn compose(&self) -> Result<ComposeCli> {
        self.compose_in(self.project.config.mode)
    }

    /// The compose that is called in a mode.
    fn compose_in(&self, mode: Option<usize>) -> Result<ComposeCli> {
        let written = self.written_in(mode)?;
        if let Some(found) = self.compose.borrow().get(&written) {
            return Ok(found.clone());
        }
        let (dir, environment) = (self.project.file.root(), &self.environment);
        let words = match written.clone() {
            // Only what may be started to look. Another program keeps its words: nothing starts it then.
            Some(words) if self.purpose == Purpose::Looking => {
                looking::cli(&words).map_or(words, |heeded| heeded.words)
            }
            Some(words) => words,
            // We can't know what another system has.
            None if self.context.globals.os != Os::HERE => vec!["docker".into(), "compose".into()],
            None => which::find_compose(environment, dir, self.may_run)?,
        };
        self.context.ui.detail(format_args!("compose is `{}`", command_line(&words, self.context.globals.os)));
        let cli = match self.context.globals.os == Os::HERE {
            true => ComposeCli::new(words, dir, environment),
            false => ComposeCli { words, is_1: false },
        };
        Ok(self.compose.borrow_mut().entry(written).or_insert(cli).clone())
    }

    /// The words of `--compose`, else of `[compose] cli`.
    ///
    /// # Errors
    ///
    /// Those of `--compose` can't be read.
    pub fn written_cli(&self) -> Result<Option<Vec<OsString>>> {
        self.written_in(self.project.config.mode)
    }

    fn written_in(&self, mode: Option<usize>) -> Result<Option<Vec<OsString>>> {
        match (&self.context.globals.compose, &self.project.config.setting(mode).compose.cli) {
            (Some(typed), _) => words_of(typed).map(Some),
            (None, Some(words)) => Ok(Some(words.iter().map(OsString::from).collect())),
            (None, None) => Ok(None),
        }
    }

    /// What `[compose]` says and the line does not: its files, as they are named from `dir`, and its name.
    fn defaults(&self, line: &Line, dir: &Path, mode: Option<usize>) -> Vec<OsString> {
        let (root, compose) = (self.project.file.root(), &self.project.config.setting(mode).compose);
        let named = |file: &str| {
            // Standard input and addresses are no paths.
            if dir == root || file == "-" || file.contains("://") {
                OsString::from(file)
            } else {
                paths::absolute(root, Path::new(file)).into()
            }
        };
        let files = compose.files.iter().filter(|_| !line.has(&line::FILE));
        let files = files.flat_map(|file| ["-f".into(), named(file.get_ref())]);
        let project = compose.project.iter().filter(|_| !line.has(&line::PROJECT));
        files.chain(project.flat_map(|project| ["-p".into(), project.into()])).collect()
    }
}

/// The words of `--compose`.
fn words_of(typed: &str) -> Result<Vec<OsString>> {
    let words = step_line::split(typed).unwrap_or_default();
    let words: Option<Vec<OsString>> = words
        .into_iter()
        .map(|(word, _)| match word {
            Word::Literal(text) => Some(text.into()),
            _ => None,
        })
        .collect();
    words.filter(|words| !words.is_empty()).ok_or_else(|| {
        Problem::new(format!("`--compose` can't be `{typed}`")).hint("for example: --compose \"docker compose\"").into()
    })
}
