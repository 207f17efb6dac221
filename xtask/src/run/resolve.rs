//! From a plan to commands as they are on this machine: which compose, which files, which folder, which variables.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::compose::find;
use crate::compose::line::{self as compose, Line};
use crate::fresh::overlay::{self, Overlay, Purpose};
use crate::project::context::{Context, Project};
use crate::system::command_line::{Invocation, command_line, quote};
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::tasks::config::step::{self, Word};
use crate::tasks::plan::{Planned, Tool};
use crate::tasks::typed::PlanWord;
use crate::ui::problem::Problem;

/// The tools of one run. Compose is looked for when a command first needs it, once.
pub struct Tools<'a> {
    context: &'a Context,
    project: &'a Project,
    compose: OnceCell<Vec<OsString>>,
    /// The value of `build-fresh` in this run, when it is needed.
    new_host: OnceCell<String>,
    /// Whether a process may be started to find out. Not in a dry run, which needs no docker.
    may_run: bool,
}

impl<'a> Tools<'a> {
    pub fn new(context: &'a Context, may_run: bool) -> Result<Tools<'a>> {
        Ok(Tools { context, project: context.project()?, compose: OnceCell::new(), new_host: OnceCell::new(), may_run })
    }

    /// A planned command as it runs here, with its overlay if it gets one. Words that only a help shows are left out.
    fn invocation(&self, planned: &Planned, after_fresh: bool) -> Result<(Invocation, Option<Overlay>)> {
        let mut invocation = self.before_command(planned)?;
        let overlay = overlay::of(self.context, self.project, planned, &invocation, after_fresh);
        let added = overlay.as_ref().map(|overlay| overlay.words(&invocation.dir));
        invocation.words.extend(added.into_iter().flatten());
        invocation.words.extend(command_of(planned));
        Ok((invocation, overlay))
    }

    /// Compose with its files and the options of the step, without the command; any other tool alone.
    pub fn before_command(&self, planned: &Planned) -> Result<Invocation> {
        let mut words = planned.exact_words();
        let tool = self.tool(planned, &words)?;
        words.truncate(globals_of(planned, &words));
        Ok(Invocation {
            words: tool.into_iter().chain(words).collect(),
            env: self.context.added_variables(&planned.variables.typed, &planned.variables.fallback),
            dir: self.dir(planned),
        })
    }

    /// A plan's commands as they run here.
    ///
    /// Compose 2.40's menu below `up` reads Ctrl-C as a key, so that no signal reaches us, and ends with 0: the next
    /// step would begin. So there is no menu where a step comes after, unless the person asks for it.
    pub fn invocations(&self, commands: &[Planned]) -> Result<Vec<Invocation>> {
        Ok(self.with_overlays(commands)?.into_iter().map(|(invocation, _)| invocation).collect())
    }

    /// The same, each with its overlay if it gets one.
    pub fn with_overlays(&self, commands: &[Planned]) -> Result<Vec<(Invocation, Option<Overlay>)>> {
        let mut invocations = Vec::new();
        let mut after_fresh = false;
        for planned in commands {
            let (invocation, overlay) = self.invocation(planned, after_fresh)?;
            after_fresh |= overlay.as_ref().is_some_and(|overlay| overlay.purpose == Purpose::Fresh);
            invocations.push((invocation, overlay));
        }
        let last = commands.len().saturating_sub(1);
        for (planned, (invocation, _)) in commands.iter().zip(&mut invocations).take(last) {
            let words = planned.exact_words();
            let is_set = || {
                let added = invocation.env.iter().any(|(name, _)| Os::HERE.same_variable(name, compose::MENU));
                added || self.context.environment.get(compose::MENU).is_some()
            };
            if planned.tool == Tool::Compose && Line::parse(&words).is_attached_up() && !is_set() {
                invocation.env.push((compose::MENU.to_owned(), "false".into()));
            }
        }
        Ok(invocations)
    }

    /// A command that is next, as it runs now: with the values that an earlier command of the plan may have changed.
    pub fn due(&self, planned: &Planned, invocation: &Invocation) -> Result<(Invocation, Option<Overlay>)> {
        let (now, overlay) = self.invocation(planned, false)?;
        Ok((Invocation { words: now.words, ..invocation.clone() }, overlay))
    }

    /// The value of `build-fresh` in this run.
    pub fn new_host(&self) -> &str {
        self.new_host.get_or_init(overlay::new_host)
    }

    /// The same without an overlay.
    pub fn without_overlay(&self, planned: &Planned, invocation: &Invocation) -> Result<Invocation> {
        let mut words = self.before_command(planned)?.words;
        words.extend(command_of(planned));
        Ok(Invocation { words, ..invocation.clone() })
    }

    /// A planned command as a help shows it: what a flag adds stands in brackets.
    pub fn shown(&self, planned: &Planned) -> Result<String> {
        let os = self.context.globals.os;
        let words = planned.exact_words();
        let mut tool = self.tool(planned, &words)?;
        let before = self.before_command(planned)?;
        let overlay = overlay::of(self.context, self.project, planned, &before, false);
        // Only what always comes with it: a kept value goes with the next `build-fresh --drop-caches`.
        if let Some(overlay) = overlay.filter(|overlay| overlay.purpose == Purpose::Fresh) {
            tool.extend(overlay.words(&before.dir));
        }
        let mut parts = vec![command_line(&tool, os)];
        parts.extend(planned.words.iter().map(|word| match word {
            PlanWord::Exact(word) => quote(word, os),
            PlanWord::Optional { shown, .. } => shown.clone(),
        }));
        Ok(parts.join(" "))
    }

    /// The words that start a tool, before those of the step.
    fn tool(&self, planned: &Planned, words: &[OsString]) -> Result<Vec<OsString>> {
        Ok(match &planned.tool {
            Tool::Docker => vec!["docker".into()],
            Tool::Program(name) => vec![name.into()],
            Tool::Compose => {
                let line = Line::parse(words);
                let mut tool = self.compose()?.to_vec();
                if !line.names_files() {
                    tool.extend(self.files(planned).into_iter().flat_map(|file| ["-f".into(), file]));
                }
                if let Some(project) = self.project.config.compose.project.as_ref().filter(|_| !line.names_project()) {
                    tool.extend(["-p".into(), project.into()]);
                }
                tool
            }
        })
    }

    /// Compose and its options, without a command: for what is asked after a step.
    pub fn compose_like(&self, planned: &Planned, invocation: &Invocation) -> Invocation {
        let words = planned.exact_words();
        let without = words.len() - Line::parse(&words).globals.len();
        let mut compose = invocation.clone();
        compose.words.truncate(compose.words.len() - without);
        compose
    }

    /// Compose with the files and options of tasks.toml, without a command.
    pub fn compose_alone(&self, env: Vec<(String, OsString)>) -> Result<Invocation> {
        let compose = &self.project.config.compose;
        let mut words = self.compose()?.to_vec();
        words.extend(compose.files.iter().flat_map(|file| ["-f".into(), file.get_ref().into()]));
        words.extend(compose.project.iter().flat_map(|name| ["-p".into(), name.into()]));
        Ok(Invocation { words, env, dir: self.project.file.root().to_owned() })
    }

    /// The folder that a command runs in.
    pub fn dir(&self, planned: &Planned) -> PathBuf {
        let root = self.project.file.root();
        planned
            .dir
            .as_ref()
            .map_or_else(|| root.to_owned(), |(dir, _)| crate::system::paths::absolute(root, Path::new(dir)))
    }

    /// `[compose] files`, as they are named from where the command runs.
    fn files(&self, planned: &Planned) -> Vec<OsString> {
        let root = self.project.file.root();
        let here = self.dir(planned) == root;
        let named = |file: &str| {
            // Standard input and addresses are no paths.
            if here || file == "-" || file.contains("://") {
                OsString::from(file)
            } else {
                crate::system::paths::absolute(root, Path::new(file)).into()
            }
        };
        self.project.config.compose.files.iter().map(|file| named(file.get_ref())).collect()
    }

    /// The words that call compose here.
    pub fn compose(&self) -> Result<&[OsString]> {
        if let Some(found) = self.compose.get() {
            return Ok(found);
        }
        let found = match (&self.context.globals.compose, &self.project.config.compose.cli) {
            (Some(typed), _) => words_of(typed)?,
            (None, Some(words)) => words.iter().map(OsString::from).collect(),
            // What another system has is not known here.
            (None, None) if self.context.globals.os != Os::HERE => vec!["docker".into(), "compose".into()],
            (None, None) => find::find_compose(&self.context.environment, self.project.file.root(), self.may_run)?,
        };
        self.context.ui.detail(format_args!("compose is `{}`", command_line(&found, self.context.globals.os)));
        Ok(self.compose.get_or_init(|| found))
    }

    /// The variables that a command gets.
    pub fn environment(&self, planned: &Planned) -> Environment {
        let variables = &planned.variables;
        self.context.environment.with(&self.context.added_variables(&variables.typed, &variables.fallback))
    }
}

/// How many of a step's words are compose's options before its command.
fn globals_of(planned: &Planned, words: &[OsString]) -> usize {
    if planned.tool == Tool::Compose { Line::parse(words).globals.len() } else { 0 }
}

/// The words of a step from the command on.
fn command_of(planned: &Planned) -> Vec<OsString> {
    let words = planned.exact_words();
    words[globals_of(planned, &words)..].to_vec()
}

/// The words of `--compose`.
fn words_of(typed: &str) -> Result<Vec<OsString>> {
    let words = step::split(typed).unwrap_or_default();
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
