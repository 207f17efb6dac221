//! With what each target is compared: the person's variables unset and set, and what can be typed.

use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;

use crate::compose::env_file;
use crate::project::context::{Context, Project};
use crate::system::environment::Environment;
use crate::system::files;
use crate::system::os::Os;
use crate::tasks::config::{Config, Flag, Task};

use super::shell::words;
use super::{Args, make};

/// The person's variables, and the project with them.
pub struct Setting {
    pub kind: Kind,
    /// Variables that the tasks read; none of the others that they know is set.
    pub set: Vec<(String, String)>,
    /// All variables that the tasks know.
    pub known: Vec<String>,
    /// Those that only choose a mode.
    pub choosing: Vec<String>,
    pub context: Context,
}

/// One comparison of a target.
pub struct Run<'a> {
    pub kind: Kind,
    pub setting: &'a Setting,
    /// For people: what is typed; empty for nothing.
    pub name: String,
    /// Behind `make TARGET`.
    pub makes: Vec<OsString>,
    /// Behind `xtask TASK`.
    pub typed: Vec<OsString>,
    /// The commands that the Makefile has in `$(shell …)`: make has run them.
    pub shell_calls: Vec<String>,
    pub readers: Readers,
}

/// Which of the variables that make exports count.
#[derive(Clone, Debug, Default)]
pub struct Readers {
    /// Whether make exports all that it has, its own too.
    pub exports_all: bool,
    /// Whether it takes variables away.
    pub unexports: bool,
    /// Those that it exports by name, and those that a script of it or a compose file uses.
    pub names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is typed.
    Plain,
    /// The same with all variables set.
    All,
    /// With one of them, to say which it is.
    Alone,
    /// A flag, or words after `--`.
    Typed,
    /// The same where it is not known how make gets the words.
    Guess,
}

/// How many variables are tried alone.
const MOST_ALONE: usize = 40;

/// Variables that programs need to work at all.
const NEEDED: [&str; 10] = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "TERM", "TMPDIR", "MAKE"];

/// A run of ours with other variables.
pub fn context(context: &Context, tasks: &Path, environment: Environment) -> Result<Context> {
    let mut project = Project::read(tasks, &context.current_dir, context.known, Os::HERE)?;
    let chosen = project.config.choose(context.globals.mode.as_deref(), &environment)?;
    let mut why_mode = String::new();
    if let Some((mode, why)) = chosen {
        (project.config.mode, why_mode) = (Some(mode), why);
    }
    Ok(Context {
        environment,
        current_dir: context.current_dir.clone(),
        globals: context.globals.clone(),
        ui: context.ui,
        program: context.program.clone(),
        known: context.known,
        file: Some(tasks.to_owned()),
        project: Some(project),
        why_mode,
        state: OnceLock::new(),
        broken: None,
    })
}

/// The variables unset, set, and set as each mode wants them.
///
/// # Errors
///
/// tasks.toml has mistakes.
///
/// `typed_only`: variables whose words a task has after `--`.
pub fn settings(
    context: &Context,
    tasks: &Path,
    config: &Config,
    makefile: &str,
    typed_only: &[String],
) -> Result<Vec<Setting>> {
    let mut known = variables(config, tasks.parent().unwrap_or(tasks), makefile);
    known.retain(|(name, _)| !NEEDED.contains(&name.as_str()));
    let is_typed = |name: &String| typed_only.contains(name);
    let whens: Vec<(String, String)> = config
        .modes
        .iter()
        .filter_map(|mode| mode.when.as_ref())
        .map(|when| (when.env.clone(), when.is.clone().unwrap_or_else(|| "1".to_owned())))
        .collect();
    let names: Vec<String> = known.iter().chain(&whens).map(|(name, _)| name.clone()).collect();
    let is_plain = |(name, _): &&(String, String)| !is_typed(name) && !whens.iter().any(|(when, _)| when == name);
    let plain: Vec<(String, String)> = known.iter().filter(is_plain).cloned().collect();
    let of_modes = whens.iter().map(|when| (Kind::Plain, vec![when.clone()]));
    let alone = plain.iter().take(MOST_ALONE).map(|one| (Kind::Alone, vec![one.clone()]));
    let all = [(Kind::Plain, Vec::new()), (Kind::All, plain.clone())].into_iter().chain(of_modes).chain(alone);
    let choosing = whens.iter().filter(|(when, _)| !known.iter().any(|(name, _)| name == when));
    let choosing: Vec<String> = choosing.map(|(name, _)| name.clone()).collect();
    let mut settings: Vec<Setting> = Vec::new();
    for (kind, set) in all {
        if settings.iter().any(|setting| setting.set == set) {
            continue;
        }
        let without = names.iter().map(String::as_str).chain(make::OF_MAKE);
        let added: Vec<(String, OsString)> = set.iter().map(|(name, value)| (name.clone(), value.into())).collect();
        let environment = context.environment.without(without).with(&added);
        // As in a shell that is there.
        let root = tasks.parent().unwrap_or(tasks).as_os_str().to_owned();
        let environment = environment.with(&[("PWD".to_owned(), root)]);
        let context = self::context(context, tasks, environment)?;
        settings.push(Setting { kind, set, known: names.clone(), choosing: choosing.clone(), context });
    }
    Ok(settings)
}

/// The variables that the tasks read or set, each with a value that stands nowhere.
fn variables(config: &Config, root: &Path, makefile: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: Option<String>| match found.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value.unwrap_or_else(|| known.clone()),
        None => found.push((name.to_owned(), value.unwrap_or_else(|| format!("xtask-probe-{name}")))),
    };
    for flag in config.tasks.iter().flat_map(|task| &task.body.flags) {
        // One that make does not know only brings a value into a script.
        let of_makes = flag.env.iter().filter(|name| is_used(makefile, name));
        for name in flag.from_env.iter().chain(of_makes) {
            add(name, choice(flag));
        }
    }
    let settings = std::iter::once(&config.base).chain(config.modes.iter().map(|mode| &mode.setting));
    for setting in settings {
        for variable in setting.of_mode.iter().chain(&setting.env) {
            add(&variable.name, None);
        }
        for file in &setting.env_files {
            let text = files::text_of(&root.join(file.path.get_ref())).unwrap_or_default();
            env_file::names(&text).iter().for_each(|name| add(name, None));
        }
    }
    for variable in config.tasks.iter().flat_map(|task| &task.body.env) {
        add(&variable.name, None);
    }
    found
}

/// One of the values that a flag can have, and not its default.
fn choice(flag: &Flag) -> Option<String> {
    let other = flag.choices.iter().find(|choice| flag.default.as_ref() != Some(choice));
    other.or(flag.choices.first()).cloned()
}

/// All comparisons of a task. `makefile`: its text.
pub fn runs<'a>(
    task: &Task,
    args: Option<Args>,
    makefile: &str,
    readers: &Readers,
    settings: &'a [Setting],
) -> Vec<Run<'a>> {
    let run = |kind, setting, name: &str, makes, typed| {
        let (shell_calls, readers) = (make::shell_calls(makefile), readers.clone());
        Run { readers, kind, setting, name: name.to_owned(), makes, typed, shell_calls }
    };
    let mut runs: Vec<Run<'a>> =
        settings.iter().map(|setting| run(setting.kind, setting, "", Vec::new(), Vec::new())).collect();
    let Some(unset) = settings.first() else { return runs };
    let flags: Vec<(&Flag, OsString, OsString)> =
        task.body.flags.iter().filter_map(|flag| of_flag(flag, makefile)).collect();
    let required = |but: &str| {
        let others = flags.iter().filter(|(flag, ..)| flag.required && flag.name != but);
        others.map(|(_, makes, typed)| (makes.clone(), typed.clone())).collect::<Vec<_>>()
    };
    for (flag, makes, typed) in &flags {
        let given: Vec<_> = required(&flag.name).into_iter().chain([(makes.clone(), typed.clone())]).collect();
        let (makes, typed): (Vec<OsString>, Vec<OsString>) = given.into_iter().unzip();
        let name = format!("make {}, --{}", makes.join(" ".as_ref()).to_string_lossy(), flag.name);
        runs.push(run(Kind::Typed, unset, &name, makes, typed));
    }
    if task.body.takes_args() {
        let is_known = args.is_some();
        let ways = args.map_or_else(|| guesses(makefile), |args| vec![args]);
        for way in ways {
            let (mut makes, mut typed): (Vec<OsString>, Vec<OsString>) = required("").into_iter().unzip();
            typed.extend(["--", "xtask-probe-1", "xtask-probe-2"].map(OsString::from));
            let kind = if is_known { Kind::Typed } else { Kind::Guess };
            let name = match way {
                Args::Variable(name) => {
                    makes.push(format!("{name}=xtask-probe-1 xtask-probe-2").into());
                    format!("make {name}=\"xtask-probe-1 xtask-probe-2\", -- xtask-probe-1 xtask-probe-2")
                }
                Args::Targets => {
                    makes.extend(["xtask-probe-1", "xtask-probe-2"].map(OsString::from));
                    "xtask-probe-1 xtask-probe-2 behind the target, and behind --".to_owned()
                }
            };
            runs.push(run(kind, unset, &name, makes, typed));
        }
    }
    runs
}

/// What reads the variables that a Makefile exports, beside these compose files.
pub fn readers(makefile: &str, compose_files: &[String]) -> Readers {
    let is_all = |line: &str| line == "export" || line.starts_with(".EXPORT_ALL_VARIABLES");
    let by_name = makefile.lines().filter_map(|line| line.trim_start().strip_prefix("export ")).flat_map(|rest| {
        rest.split([':', '=', '?', '+']).next().unwrap_or_default().split_whitespace().map(str::to_owned)
    });
    let of_scripts = words::used_variables(&makefile.replace("$$", "\0").replace('$', " ").replace('\0', "$"));
    let of_compose = compose_files.iter().flat_map(|text| words::used_variables(text));
    Readers {
        unexports: makefile.contains("unexport"),
        exports_all: makefile.lines().map(str::trim).any(is_all),
        names: by_name.chain(of_scripts).chain(of_compose).collect(),
    }
}

/// A flag whose variable of make's is known, what make gets for it, and what the task gets.
fn of_flag<'a>(flag: &'a Flag, makefile: &str) -> Option<(&'a Flag, OsString, OsString)> {
    let of_script = || flag.env.as_deref();
    let of_script = || of_script().filter(|name| is_used(makefile, name));
    let name = flag.from_env.as_deref().or_else(of_script)?;
    let value = choice(flag).unwrap_or_else(|| format!("xtask-typed-{name}"));
    Some(match &flag.value {
        Some(_) => (flag, format!("{name}={value}").into(), format!("--{}={value}", flag.name).into()),
        None => (flag, format!("{name}=1").into(), format!("--{}", flag.name).into()),
    })
}

/// Whether a Makefile uses a variable.
fn is_used(makefile: &str, name: &str) -> bool {
    [format!("$({name})"), format!("${{{name}}}")].iter().any(|used| makefile.contains(used))
}

/// How make may get further words: names that many Makefiles have for them.
fn guesses(makefile: &str) -> Vec<Args> {
    let names = ["ARGS", "args", "ARG", "arg", "CMD", "cmd", "COMMAND", "command", "OPTS", "opts", "OPTIONS", "c", "a"];
    let variables = names.iter().filter(|name| is_used(makefile, name)).map(|name| Args::Variable((*name).to_owned()));
    variables.chain(makefile.contains("MAKECMDGOALS").then_some(Args::Targets)).collect()
}
