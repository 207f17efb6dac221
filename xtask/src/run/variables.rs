//! The variables of steps that are known only when they run: those of env files, and those that commands print.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::env_file;
use crate::compose::yaml::{self, Mistake};
use crate::project::context::{Context, Project};
use crate::run::step::{Step, Tool};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::system::files;
use crate::system::os::Os;
use crate::system::process::{self, Ended};
use crate::tasks::config::setting::EnvFile;
use crate::tasks::config::variable::Output;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::secret::is_secret;

/// How long a command may take that is asked for a variable.
const PATIENCE: Duration = Duration::from_secs(30);

/// What commands answered in this run, by their words: each is asked once.
#[derive(Default)]
pub struct Answers(HashMap<Vec<String>, String>);

impl Answers {
    /// Asks for the variables that a step has from commands.
    ///
    /// # Errors
    ///
    /// A command fails, is not there, or takes too long: its mistake in tasks.toml.
    pub fn add_to(&mut self, context: &Context, project: &Project, step: &mut Step) -> Result<()> {
        if !has_any(step) {
            return Ok(());
        }
        for (name, output) in std::mem::take(&mut step.asked) {
            let answer = match self.0.get(&output.words) {
                Some(answer) => answer.clone(),
                None => {
                    let answer =
                        answer(context, project, &name, &output).map_err(|finding| project.mistake(finding))?;
                    self.0.entry(output.words).or_insert(answer).clone()
                }
            };
            step.env.push((name, answer.into()));
        }
        Ok(())
    }
}

fn answer(context: &Context, project: &Project, name: &str, output: &Output) -> Result<String, Finding> {
    let words = output.words.iter().map(Into::into).collect();
    let command = Invocation::new(words, Vec::new(), project.file.root().to_owned());
    context.ui.detail(format_args!("{name}=$({})", command.command_line(Os::HERE)));
    let failed = |why: String| {
        let message = format!("can't ask `{}` for {name}: {why}", output.words[0]);
        mistake(message, output.span.clone()).fix(format!("where {name} is set already, nothing is asked"))
    };
    let ended = process::answer_until(&command, &context.environment, Instant::now() + PATIENCE);
    let answer = match ended {
        Ok(Ended::Itself(answer)) => answer,
        Ok(Ended::TooLate) => return Err(failed(format!("no answer in {} seconds", PATIENCE.as_secs()))),
        Ok(Ended::TooMuch(_)) => return Err(failed("it prints without end".to_owned())),
        Err(error) => return Err(failed(format!("{error:#}"))),
    };
    let exit = Exit::of_child(answer.status);
    if !exit.is_success() {
        let text = answer.stderr;
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = if last.is_empty() || is_secret(name) { String::new() } else { format!(": {}", last.trim()) };
        return Err(failed(format!("it ended with exit code {}{said}", exit.code())));
    }
    if answer.stdout.contains('\0') {
        return Err(failed("it prints a NUL, which no variable can hold".to_owned()));
    }
    Ok(answer.stdout.trim_end_matches(['\n', '\r']).to_owned())
}

/// The variables of env files, by name.
#[derive(Default)]
struct OfFiles {
    weak: BTreeMap<String, String>,
    /// Of files with `override`.
    strong: BTreeMap<String, String>,
}

/// Reads env files; their values may use the variables of `environment`.
fn read(project: &Project, files: &[EnvFile], environment: &Environment) -> Result<OfFiles> {
    let OfFiles { mut weak, mut strong } = OfFiles::default();
    for file in files {
        let shown = file.path.get_ref();
        let path = project.file.root().join(shown);
        let of = |why: String| project.mistake(mistake(why, file.path.span()));
        let text = match files::lossy_up_to(&path, yaml::LARGEST) {
            Ok(text) => text,
            Err(_) if !path.exists() && !file.required => continue,
            Err(_) if !path.exists() => {
                let finding = mistake(format!("there is no env file `{shown}`"), file.path.span());
                return Err(project.mistake(finding.fix("if it need not be there: { path = \"…\", required = false }")));
            }
            Err(why) => return Err(of(format!("can't read `{shown}`: {}", why.why))),
        };
        // In the values of a file that overrides, its own variables are stronger than the person's, too.
        let names = if file.overrides { env_file::names(&text) } else { Vec::new() };
        let is_its = |name: &str| names.iter().any(|own| own == name) || file.overrides && strong.contains_key(name);
        let own = |name: &str| environment.text(name).filter(|_| !is_its(name));
        let before = if file.overrides { &strong } else { &weak };
        let read = env_file::read(&text, own, before.clone()).map_err(|Mistake { line, .. }| {
            // Why is in compose's words, which quote the value.
            of(format!("compose would refuse `{shown}`: line {}", line.unwrap_or(1)))
        })?;
        *(if file.overrides { &mut strong } else { &mut weak }) = read;
    }
    Ok(OfFiles { weak, strong })
}

/// What flags have their values from: the person's variables, and those of the env files that are there when the run begins.
pub struct OfModes<'a> {
    context: &'a Context,
    project: &'a Project,
    read: RefCell<HashMap<Option<usize>, Rc<Environment>>>,
}

impl<'a> OfModes<'a> {
    pub fn new(context: &'a Context, project: &'a Project) -> OfModes<'a> {
        OfModes { context, project, read: RefCell::default() }
    }

    /// In a mode, by its place. A file that is not there, or can't be read, is told when a step needs it.
    pub fn seen_by_flags(&self, mode: Option<usize>) -> Rc<Environment> {
        let persons = &self.context.environment;
        let see = || {
            let files = &self.project.config.setting(mode).env_files;
            let files: Vec<EnvFile> = files.iter().map(|file| EnvFile { required: false, ..file.clone() }).collect();
            let OfFiles { weak, strong } = read(self.project, &files, persons).unwrap_or_default();
            let weak = weak.into_iter().filter(|(name, _)| persons.get(name).is_none());
            let added: Vec<(String, OsString)> = weak.chain(strong).map(|(name, value)| (name, value.into())).collect();
            Rc::new(persons.with(&added))
        };
        Rc::clone(self.read.borrow_mut().entry(mode).or_insert_with(see))
    }
}

/// Adds to a step the variables of its env files, which are weaker than all others but those of compose's own `.env`.
///
/// # Errors
///
/// A file that has to be there is not, or can't be read: its mistake in tasks.toml, or where compose would refuse it.
pub fn add_env_files(context: &Context, project: &Project, step: &mut Step) -> Result<()> {
    let files = &project.config.setting(step.mode).env_files;
    if files.is_empty() || !has_any(step) {
        return Ok(());
    }
    let OfFiles { weak, strong } = read(project, files, &step.environment(&context.environment))?;
    let is_same = |left: &str, right: &str| Os::HERE.same_variable(left, right);
    for (name, value) in strong {
        if !step.strong.iter().any(|stronger| is_same(stronger, &name)) {
            step.env.retain(|(other, _)| !is_same(other, &name));
            step.env.push((name, value.into()));
        }
    }
    let environment = step.environment(&context.environment);
    let is_new = |name: &str| environment.get(name).is_none();
    step.env.extend(weak.into_iter().filter(|(name, _)| is_new(name)).map(|(name, value)| (name, value.into())));
    Ok(())
}

/// Whether a step starts something that variables are for.
pub fn has_any(step: &Step) -> bool {
    !matches!(step.tool, Tool::Say(..) | Tool::File(..))
}

/// For a dry run: the variables of a step that a file with `override` will set, which is not read for its values.
pub fn beaten_by_files(project: &Project, step: &Step) -> Vec<String> {
    let files = project.config.setting(step.mode).env_files.iter().filter(|file| file.overrides && has_any(step));
    let names = files.filter_map(|file| names(project, file)).flatten();
    names.filter(|name| !step.strong.contains(name)).collect()
}

/// For a dry run: an env file, and the variables that it sets. `None`: it is not there, or can't be read.
pub fn names(project: &Project, file: &EnvFile) -> Option<Vec<String>> {
    let text = files::lossy_up_to(&project.file.root().join(file.path.get_ref()), yaml::LARGEST).ok()?;
    Some(env_file::names(&text))
}
