//! Why a cache mount does not work: compares what was seen inside the step with what the table says about its installer.

use crate::dockerfile::commands::Command;
use crate::dockerfile::shell::Seen;
use crate::installers::command::{self, Install};
use crate::installers::folder::{self, Surroundings};
use crate::installers::installer::{Installer, Off, Sharing};
use crate::verify::emptied;
use crate::verify::index;
use crate::verify::look::Look;
use crate::verify::not_reached;
use crate::verify::not_writable;
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

pub const NOT_SEEN_TO_RUN: &str = "whether that command ran was not seen";

/// An install command of a step of a mount, with what explains its cause.
pub struct Case<'a> {
    pub file: &'a str,
    /// Where the mount is.
    pub target: &'a str,
    pub step: &'a Step,
    pub installer: &'static Installer,
    /// The simple commands of the step.
    pub commands: &'a [Command<'a>],
    /// The one that installs; `None` if none was found.
    install: Option<&'a Command<'a>>,
    /// Nothing in the step decides whether it runs.
    has_run: bool,
    /// The variables that it sees.
    variables: Vec<(String, String)>,
    /// Those of the user who runs it.
    uid: Option<u32>,
    home: Option<String>,
    /// Neither HOME nor a variable of the installer has a value that only the build knows.
    is_clear: bool,
    /// What the step saw before its own command began.
    look: Option<&'a Look>,
    /// The lines of the installer's configuration files.
    settings: Vec<String>,
}

/// The likeliest cause.
pub fn find(mount: &Mount, verdict: Verdict) -> Cause {
    match verdict {
        Verdict::NotReached => return not_reached::cause_of(mount),
        Verdict::Kept => return thrown_away(mount).unwrap_or_else(|| nothing_seen(mount)),
        _ => {}
    }
    in_steps(mount)
        .or_else(|| index::forbids(mount))
        .or_else(|| may_be(mount))
        .unwrap_or_else(|| not_known(mount, verdict))
}

/// A cause that stands in the steps, or in what they ran in.
pub fn in_steps(mount: &Mount) -> Option<Cause> {
    mount.steps.iter().find_map(|step| {
        let read = step.commands();
        let commands: Vec<Command<'_>> = read.iter().collect();
        let found = emptied::surely(mount, step, &commands)
            .or_else(|| of_cases(mount, step, &commands, read.unread().is_none(), true));
        found.or_else(|| not_writable::seen(mount, step, step.look().and_then(|look| look.uid)))
    })
}

/// The same of commands that may not have run, or that remove only a part.
fn may_be(mount: &Mount) -> Option<Cause> {
    mount.steps.iter().find_map(|step| {
        let read = step.commands();
        let commands: Vec<Command<'_>> = read.iter().collect();
        let found = of_cases(mount, step, &commands, read.unread().is_none(), false);
        let unseen = |found: Cause| cause(format!("{}; {NOT_SEEN_TO_RUN}", found.why), found.fix);
        emptied::maybe(mount, step, &commands).or_else(|| found.map(unseen))
    })
}

fn of_cases(mount: &Mount, step: &Step, commands: &[Command<'_>], is_all_read: bool, has_run: bool) -> Option<Cause> {
    let of_case = |case: &Case<'_>| {
        // An installer that something unread calls may be told there where to keep things, and what to trust.
        turned_off(case)
            .or_else(|| elsewhere(case).filter(|_| is_all_read || case.install.is_some()))
            .or_else(|| not_writable::seen(mount, case.step, case.uid))
            .or_else(|| index::is_untrusted(case).filter(|_| is_all_read && case.is_clear))
    };
    let cases = Case::all(mount, step, commands);
    // What was downloaded came from the only command that downloads.
    let is_only = cases.len() == 1 && is_all_read && step.runs[0].said.fetched.is_some_and(|fetched| fetched > 0);
    cases.iter().filter(|case| (case.has_run || is_only) == has_run).find_map(of_case)
}

/// Files were kept, but the step throws them away, or the installer is told to keep none.
fn thrown_away(mount: &Mount) -> Option<Cause> {
    mount.steps.iter().find_map(|step| {
        let read = step.commands();
        let commands: Vec<Command<'_>> = read.iter().collect();
        let cases = Case::all(mount, step, &commands);
        emptied::surely(mount, step, &commands)
            .or_else(|| cases.iter().filter(|case| case.has_run).find_map(turned_off))
    })
}

/// Nothing explains it: says what was looked at.
fn not_known(mount: &Mount, verdict: Verdict) -> Cause {
    let (file, path, first) = (&mount.file, mount.path(), mount.said(0));
    if first.fetched == Some(0) && first.cached.unwrap_or(0) == 0 {
        return cause("the step downloaded nothing that could be kept", "");
    }
    let unread: Vec<String> =
        mount.steps.iter().filter_map(|step| step.commands().unread().map(str::to_owned)).collect();
    let unread = unread.first().map(|why| format!("; not everything in the step could be read: {why}"));
    let unread = unread.unwrap_or_default();
    let Some(installer) = mount.installer() else {
        return cause(
            format!("the step wrote nothing into `{path}`{unread}"),
            "the target has to be the folder where the installer keeps its downloads",
        );
    };
    let name = installer.name;
    let mut looked_at = vec!["the step's commands".to_owned()];
    match mount.steps.iter().find_map(Step::look) {
        Some(look) => {
            let files = files_of(installer);
            let files = if files.is_empty() { String::new() } else { format!(" and {files}") };
            looked_at.push(format!("{name}'s variables{files}"));
            if let (Some(uid), Some(home)) = (look.uid, &look.home) {
                looked_at.push(format!("user {uid} and its home `{home}`"));
            }
            looked_at.push(format!("whether `{path}` can be written to"));
        }
        None => looked_at.push("not its variables, files and user: there is no place in it for questions".to_owned()),
    }
    looked_at.extend(mount.steps.iter().find_map(|step| step.answer.as_ref()).map(index::Answer::sentence));
    let what = match verdict {
        Verdict::NotReused => "downloaded most of it again",
        Verdict::Partly => "downloaded some of it again",
        _ => "kept nothing there",
    };
    cause(
        format!("{name} {what}; the cause is not known{unread}; looked at: {}", looked_at.join(", ")),
        format!("look at the step's own output: docker build --add-host again:127.0.0.1 --progress=plain -f {file} …"),
    )
}

impl<'a> Case<'a> {
    /// A case for each command that installs with the mount's installer; one without a command if there is none.
    fn all(mount: &'a Mount, step: &'a Step, commands: &'a [Command<'a>]) -> Vec<Case<'a>> {
        let Some(installer) = mount.installer() else { return Vec::new() };
        let is_install =
            |at: &usize| command::install(&commands[*at].words).is_some_and(|install| install.installer == installer);
        let mut installs: Vec<Option<usize>> = (0..commands.len()).filter(is_install).map(Some).collect();
        if installs.is_empty() {
            installs.push(None);
        }
        installs.into_iter().map(|at| Case::new(mount, step, installer, commands, at)).collect()
    }

    fn new(
        mount: &'a Mount,
        step: &'a Step,
        installer: &'static Installer,
        commands: &'a [Command<'a>],
        at: Option<usize>,
    ) -> Case<'a> {
        let install = at.map(|at| &commands[at]);
        let has_run = at.is_none_or(|at| emptied::has_run(commands, at));
        let look = step.look();
        let settings = look.iter().flat_map(|look| &look.settings).filter(|(name, _)| name == installer.name);
        let settings = settings.map(|(_, line)| line.clone()).collect();
        let indexes = installer.obeys_headers.into_iter().flat_map(|index| index.is.variables).copied();
        let (mut variables, mut is_clear) = (Vec::new(), true);
        for name in installer.variables().chain(indexes) {
            let of_step = || look?.variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
            match install.map_or(Seen::Nowhere, |install| install.read.variable(name)) {
                Seen::Value(value) => variables.push((name.to_owned(), value.to_owned())),
                Seen::Nowhere => variables.extend(of_step().map(|value| (name.to_owned(), value.to_owned()))),
                Seen::Unknown => is_clear = false,
                Seen::Unset => {}
            }
        }
        let user = install.and_then(|install| install.read.user.as_ref());
        let account = user.and_then(|user| look?.accounts.iter().find(|account| user.known() == Some(&account.name)));
        let home = match install.map_or(Seen::Nowhere, |install| install.read.variable("HOME")) {
            Seen::Nowhere => look.and_then(|look| look.home.clone()),
            Seen::Value(home) => Some(home.to_owned()),
            Seen::Unset => None,
            Seen::Unknown => account.map(|account| account.home.clone()),
        };
        let is_clear = is_clear && home.is_some();
        let uid = match user {
            None => look.and_then(|look| look.uid),
            Some(user) if user.known() == Some("root") => Some(0),
            Some(_) => account.map(|account| account.uid),
        };
        let (file, target) = (mount.file.as_str(), mount.path());
        Case {
            file,
            target,
            step,
            installer,
            commands,
            install,
            has_run,
            variables,
            uid,
            home,
            is_clear,
            look,
            settings,
        }
    }

    fn install(&self) -> Option<Install<'_>> {
        command::install(&self.install?.words)
    }

    /// The words that install, for a message.
    pub fn what(&self) -> String {
        self.install().map_or_else(|| self.installer.name.to_owned(), |install| install.what())
    }

    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { uid: self.uid, home: self.home.as_deref(), variables: &self.variables, settings: &self.settings }
    }

    fn has(&self, option: &str) -> bool {
        self.install().is_some_and(|install| install.arguments.contains(&Some(option)))
    }
}

/// The use was not seen; nor what was kept, where neither a record nor a look into the mount tells.
fn nothing_seen(mount: &Mount) -> Cause {
    let found = not_seen(mount);
    if mount.kept().0.is_some() {
        return found;
    }
    let unknown =
        "what was kept is not known: the engine showed no record of the mount, and nothing could be counted in it";
    cause(format!("{unknown}; {}", found.why), found.fix)
}

/// The step does not print whether it uses what was kept.
fn not_seen(mount: &Mount) -> Cause {
    let line = mount.steps.first().map_or(0, |step| step.line);
    let Some(installer) = mount.installer() else {
        return cause("no installer is known whose output would show it", "");
    };
    let name = installer.name;
    if mount.said(1).fetched == Some(0) && mount.said(0).fetched == Some(0) {
        return cause(format!("{name} downloaded nothing in either build"), "");
    }
    match installer.output.map(|output| output.is.verbose) {
        None => cause(format!("can't tell from the output of {name} whether it downloaded"), ""),
        Some(None) => cause(format!("{name} did not print what it downloads"), ""),
        Some(Some(option)) => cause(
            format!("{name} did not print what it downloads"),
            format!("to see it, add `{option}` to line {line} of `{}`", mount.file),
        ),
    }
}

/// The installer is told to keep nothing, or the image or the program deletes what was downloaded.
fn turned_off(case: &Case<'_>) -> Option<Cause> {
    case.installer.turned_off.iter().find_map(|off| off_by(case, off.is))
}

fn off_by(case: &Case<'_>, off: Off) -> Option<Cause> {
    let (name, line, file, command) = (case.installer.name, case.step.line, case.file, &case.step.command);
    let what = || case.what();
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
        Off::Unless(word, option) => {
            case.look?;
            if command.contains(word) || case.settings.iter().any(|line| line.starts_with(word)) {
                return None;
            }
            (
                format!("{name} deletes each package after installing it, unless `{word}` is set"),
                format!("line {line} of `{file}`: {} {option} …", what()),
            )
        }
        Off::Program(program, other) if case.install().is_some_and(|install| install.program() == program) => (
            format!("`{program}` deletes each package after installing it; `{other}` keeps them"),
            format!("line {line} of `{file}`: {other} instead of {program}"),
        ),
        _ => return None,
    };
    Some(cause(why, fix))
}

fn without_variable(case: &Case<'_>, name: &str) -> String {
    let what = case.what();
    let own = case.install.into_iter().flat_map(|install| install.read.variables());
    if own.into_iter().any(|(other, _)| other == name) {
        return format!(
            "remove {name} from line {} of `{}`, or from the script that it runs",
            case.step.line, case.file
        );
    }
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
    let install = case.install();
    let arguments = install.as_ref().map(|install| install.arguments).unwrap_or_default();
    // A relative one is some folder that can't be named here.
    let found =
        folder::of(case.installer, arguments, &case.surroundings()).filter(|found| found.path.starts_with('/'))?;
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
