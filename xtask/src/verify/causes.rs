//! Why a cache mount does not work: compares what was seen inside the step with what the table says about its installer.

use crate::docker::how_to_get;
use crate::docker::output::progress::State;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::shell::{self, Seen, Value};
use crate::installers::command::{self, Install};
use crate::installers::folder::{self, Surroundings};
use crate::installers::installer::{Installer, Off, Sharing};
use crate::system::os::Os;
use crate::verify::index;
use crate::verify::look::Look;
use crate::verify::verdict::{Mount, Step, Verdict};

/// Why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub why: String,
    /// Ends in something to type where that is possible; empty when there is nothing.
    pub fix: String,
}

pub fn cause(why: impl Into<String>, fix: impl Into<String>) -> Cause {
    Cause { why: why.into(), fix: fix.into() }
}

/// A step of a mount, with what explains its cause.
pub struct Case<'a> {
    pub file: &'a str,
    pub target: &'a str,
    pub step: &'a Step,
    pub installer: &'static Installer,
    /// The simple commands of the step.
    pub commands: Vec<Command<'a>>,
    /// The variables of the command that installs. Those that the script sets come before those the step started with.
    variables: Vec<(String, String)>,
    /// Those of the user who runs that command.
    uid: Option<u32>,
    home: Option<String>,
    /// Neither HOME nor a variable of the installer has a value that only the build knows.
    is_clear: bool,
    /// What the step saw before its own command began.
    pub look: Option<&'a Look>,
    /// The lines of the installer's configuration files.
    pub settings: Vec<String>,
}

/// The likeliest cause.
pub fn find(mount: &Mount, verdict: Verdict) -> Cause {
    match verdict {
        Verdict::NotReached => return not_reached(mount),
        Verdict::Kept => return not_seen(mount),
        _ => {}
    }
    let installer = mount.installer();
    let mut unread = String::new();
    for step in &mount.steps {
        let commands = Commands::read(&step.command);
        let case = installer.map(|installer| Case::new(mount, step, installer, &commands));
        let found = emptied(mount, step, &commands)
            .or_else(|| turned_off(case.as_ref()?))
            .or_else(|| elsewhere(case.as_ref()?))
            .or_else(|| not_writable(mount, step))
            .or_else(|| index::cause_of(case.as_ref().filter(|case| case.is_clear && commands.unread().is_none())?));
        if let Some(found) = found {
            return found;
        }
        if let Some(why) = commands.unread() {
            unread = format!("; not everything in the step could be read: {why}");
        }
    }
    let (file, target, first) = (&mount.file, &mount.target, mount.said(0));
    if first.fetched == Some(0) && first.cached.unwrap_or(0) == 0 {
        return cause("the step downloaded nothing that could be kept", "");
    }
    match installer {
        Some(installer) => cause(
            format!("{} kept nothing there; the cause is not known{unread}", installer.name),
            format!("look at the step's own output: docker build --no-cache-filter STAGE --progress=plain -f {file} …"),
        ),
        None => cause(
            format!("the step wrote nothing into `{target}`{unread}"),
            "the target has to be the folder where the installer keeps its downloads",
        ),
    }
}

impl<'a> Case<'a> {
    fn new(mount: &'a Mount, step: &'a Step, installer: &'static Installer, commands: &'a Commands) -> Case<'a> {
        let look = step.runs.iter().find_map(|run| run.look.as_ref());
        let settings = look.iter().flat_map(|look| &look.settings).filter(|(name, _)| name == installer.name);
        let settings = settings.map(|(_, line)| line.clone()).collect();
        let commands: Vec<Command<'a>> = commands.iter().collect();
        let is_install = |command: &&Command<'_>| {
            command::install(&command.words).is_some_and(|install| install.installer == installer)
        };
        let install = commands.iter().find(is_install).map(|found| found.read);
        let seen = |name: &str| install.map_or(Seen::Nowhere, |install| install.variable(name));
        let known = |(name, value): (&str, &Value)| Some((name.to_owned(), value.known()?.to_owned()));
        let mut variables: Vec<_> = install.into_iter().flat_map(shell::Command::variables).filter_map(known).collect();
        let of_step = look.iter().flat_map(|look| &look.variables);
        variables.extend(of_step.filter(|(name, _)| seen(name) == Seen::Nowhere).cloned());
        let home = match seen("HOME") {
            Seen::Nowhere => look.and_then(|look| look.home.clone()),
            Seen::Value(home) => Some(home.to_owned()),
            Seen::Unset | Seen::Unknown => None,
        };
        let uid = match install.and_then(|install| install.user.as_ref()) {
            None => look.and_then(|look| look.uid),
            Some(user) => (user.known() == Some("root")).then_some(0),
        };
        let is_clear = !installer.variables().chain(["HOME"]).any(|name| seen(name) == Seen::Unknown);
        let (file, target) = (&mount.file, &mount.target);
        Case { file, target, step, installer, commands, variables, uid, home, is_clear, look, settings }
    }

    /// Its install commands that call the installer.
    pub fn installs(&self) -> impl Iterator<Item = Install<'_>> {
        let installs = self.commands.iter().filter_map(|command| command::install(&command.words));
        installs.filter(|install| install.installer == self.installer)
    }

    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { uid: self.uid, home: self.home.as_deref(), variables: &self.variables, settings: &self.settings }
    }

    fn has(&self, option: &str) -> bool {
        self.installs().any(|install| install.arguments.contains(&Some(option)))
    }
}

const CLASSIC: &str = "the classic builder has no cache mounts, and stops at the first";

fn not_reached(mount: &Mount) -> Cause {
    if mount.classic_builder.is_some() {
        return cause(CLASSIC, how_to_get::unset("DOCKER_BUILDKIT", Os::HERE));
    }
    let Some((step, build)) = mount.not_run() else { return cause("the step did not run", "") };
    let run = &step.runs[build];
    if let Some(refused) = mount.installer().and_then(|installer| index::refused(installer, step.line, &run.lines)) {
        return refused;
    }
    let said = || run.lines.iter().map(String::as_str);
    if said().any(|line| line.contains("Permission denied") && line.contains(mount.target.as_str())) {
        return not_writable_cause(mount, step, run.look.as_ref());
    }
    match &run.state {
        Some(State::Cached) => cause(
            "its layer was in the cache, so nothing was downloaded, and nothing is known about the mount",
            "an old `# syntax=` line at the top of the Dockerfile keeps the builder from running it again: remove it",
        ),
        Some(State::Failed(_)) => {
            let last = said().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned();
            let last = if last.is_empty() { String::new() } else { format!(": {last}") };
            cause(format!("the step itself fails{last}"), format!("fix line {} of `{}` first", step.line, mount.file))
        }
        _ => {
            let why = mount.stopped_by.clone().unwrap_or_else(|| "the build ended before".to_owned());
            cause(format!("the build stops before it: {why}"), format!("fix `{}` first", mount.file))
        }
    }
}

/// Files were kept, and the step does not print whether it uses them.
fn not_seen(mount: &Mount) -> Cause {
    let line = mount.steps.first().map_or(0, |step| step.line);
    let Some(installer) = mount.installer() else {
        return cause("no installer is known whose output would show it", "");
    };
    let name = installer.name;
    match installer.output.map(|output| output.is.verbose) {
        None => cause(format!("can't tell from the output of {name} whether it downloaded"), ""),
        Some(None) => cause(format!("{name} did not print what it downloads"), ""),
        Some(Some(option)) => cause(
            format!("{name} did not print what it downloads"),
            format!("to see it, add `{option}` to line {line} of `{}`", mount.file),
        ),
    }
}

/// The step throws away what it has just kept.
fn emptied(mount: &Mount, step: &Step, commands: &Commands) -> Option<Cause> {
    let commands: Vec<Command<'_>> = commands.iter().collect();
    let is_target = |word: &str| {
        let (folder, target) = (word.trim_end_matches(['*', '/']), mount.target.as_str());
        let is_in = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
        folder.len() > 1 && (folder == target || is_in(folder, target) || is_in(target, folder))
    };
    let removal = |command: &Command<'_>| {
        let words = &command.words;
        let is_removal = words.first() == Some(&Some("rm")) && words[1..].iter().flatten().any(|word| is_target(word));
        is_removal.then(|| words.iter().copied().flatten().collect::<Vec<_>>().join(" "))
    };
    let cleaning = |command: &Command<'_>| {
        let (installer, shown) = command::cleaning(&command.words)?;
        mount.installer().is_none_or(|of_mount| of_mount == installer).then_some(shown)
    };
    let found = commands.iter().find_map(cleaning).or_else(|| commands.iter().find_map(removal))?;
    // A mount is not part of any layer, so emptying it gains nothing.
    Some(cause(
        format!("the step empties it itself, with `{found}`"),
        format!("remove `{found}` from line {} of `{}`: a mount is not part of the image", step.line, mount.file),
    ))
}

/// The installer is told to keep nothing, or the image or the program deletes what was downloaded.
fn turned_off(case: &Case<'_>) -> Option<Cause> {
    case.installer.turned_off.iter().find_map(|off| off_by(case, off.is))
}

fn off_by(case: &Case<'_>, off: Off) -> Option<Cause> {
    let (name, line, file, command) = (case.installer.name, case.step.line, case.file, &case.step.command);
    let what = || case.installs().next().map_or_else(|| name.to_owned(), |install| install.what());
    let has_file = |path: &str| Some(case.look?.files.iter().any(|file| file == path));
    let (why, fix) = match off {
        Off::Option(option) if case.has(option) => (
            format!("{name} is told to keep nothing, by `{option}`"),
            format!("remove `{option}` from line {line} of `{file}`"),
        ),
        Off::Variable(variable) => {
            let value = case.surroundings().variable(variable)?;
            let why = format!("{variable}={value} is set in the step, and any value turns {name}'s cache off");
            (why, without_variable(case, variable))
        }
        Off::TrueVariable(variable) => {
            const FALSE: [&str; 7] = ["", "0", "false", "no", "off", "n", "f"];
            let is_true = |value: &&str| !FALSE.iter().any(|no| value.eq_ignore_ascii_case(no));
            let value = case.surroundings().variable(variable).filter(is_true)?;
            (format!("{variable}={value} is set in the step"), without_variable(case, variable))
        }
        Off::Setting(key) => {
            let is_it = |line: &&String| line.split(['=', ':']).next().is_some_and(|own| own.trim() == key);
            let line = case.settings.iter().find(is_it)?;
            (
                format!("{name}'s own file in the image says `{line}`, and any value turns {name}'s cache off"),
                format!("remove that line from {}", files_of(case.installer)),
            )
        }
        // A step that names the file deals with it.
        Off::File(path) if has_file(path)? && !command.contains(path.rsplit('/').next().unwrap_or(path)) => (
            format!("the image has `{path}`, which makes {name} delete each package after installing it"),
            format!("line {line} of `{file}`: RUN --mount=… rm -f {path} && {} …", what()),
        ),
        Off::WithoutFile(path) if !has_file(path)? && !command.contains(path) => (
            format!("{name} keeps packages only where `{path}` is a folder or a link to one"),
            format!("line {line} of `{file}`: RUN --mount=… ln -s {} {path} && {} …", case.target, what()),
        ),
        Off::Unless(word) => {
            case.look?;
            if command.contains(word) || case.settings.iter().any(|line| line.starts_with(word)) {
                return None;
            }
            (
                format!("{name} deletes each package after installing it, unless `{word}` is set"),
                format!("line {line} of `{file}`: {} --setopt={word}=1 …", what()),
            )
        }
        Off::Program(program, other) if case.installs().any(|install| install.program() == program) => (
            format!("`{program}` deletes each package after installing it; `{other}` keeps them"),
            format!("line {line} of `{file}`: {other} instead of {program}"),
        ),
        _ => return None,
    };
    Some(cause(why, fix))
}

fn without_variable(case: &Case<'_>, name: &str) -> String {
    let what = case.installs().next().map_or_else(|| case.installer.name.to_owned(), |install| install.what());
    format!("remove {name} from `{}` (if the base image sets it: RUN env -u {name} {what} …)", case.file)
}

/// The names of its configuration files, for a message.
fn files_of(installer: &Installer) -> String {
    let files = installer.settings.map(|settings| settings.is.files).unwrap_or_default();
    files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(" or ")
}

/// The installer keeps its downloads somewhere else.
fn elsewhere(case: &Case<'_>) -> Option<Cause> {
    case.look.filter(|_| case.is_clear)?;
    let install = case.installs().next();
    let arguments = install.as_ref().map(|install| install.arguments).unwrap_or_default();
    let found = folder::of(case.installer, arguments, &case.surroundings())?;
    let is_inside = |inner: &str, outer: &str| inner == outer || inner.starts_with(&format!("{outer}/"));
    let (path, target) = (found.path.as_str(), case.target);
    // Another version, or another image, may keep them there.
    let is_usual = case.installer.mounted_at.iter().any(|end| target.ends_with(&format!("/{end}")));
    if is_usual || is_inside(path, target) || is_inside(target, path) {
        return None;
    }
    let user = match case.uid {
        Some(0) | None => String::new(),
        Some(uid) => format!(",uid={uid}"),
    };
    let sharing = if case.installer.sharing.is == Sharing::Locked { ",sharing=locked" } else { "" };
    Some(cause(
        format!(
            "{} keeps its downloads in `{path}` ({}), and the mount is at `{target}`",
            case.installer.name, found.by
        ),
        format!("line {} of `{}`: RUN --mount=type=cache,target={path}{user}{sharing} …", case.step.line, case.file),
    ))
}

fn not_writable(mount: &Mount, step: &Step) -> Option<Cause> {
    let run = &step.runs[0];
    let seen = run.mount.as_ref().and_then(|mount| mount.writable) == Some(false);
    let words = mount.installer().and_then(|installer| installer.output?.is.not_writable);
    let said = words.is_some_and(|words| run.lines.iter().any(|line| line.contains(words)));
    (seen || said).then(|| not_writable_cause(mount, step, run.look.as_ref()))
}

fn not_writable_cause(mount: &Mount, step: &Step, look: Option<&Look>) -> Cause {
    let (file, target, line) = (&mount.file, &mount.target, step.line);
    match look.and_then(|look| look.uid) {
        Some(uid) if uid != 0 => cause(
            format!("user {uid} can't write to `{target}`: a new mount belongs to root"),
            format!("line {line} of `{file}`: RUN --mount=type=cache,target={target},uid={uid} …"),
        ),
        _ => cause(
            format!("the step can't write to `{target}`"),
            format!("line {line} of `{file}`: remove `readonly`, or give the mount the step's user (uid=…)"),
        ),
    }
}
