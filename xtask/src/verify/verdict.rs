//! Judges what the two builds showed: is each cache mount filled and used again, and if not, why.

use crate::compose::redact::Secrets;
use crate::docker::output::progress::State;
use crate::dockerfile::commands::Commands;
use crate::installers::installer::Installer;
use crate::installers::said::Said;
use crate::installers::table;
use crate::ui::text::size;
use crate::verify::causes::{self, Cause};
use crate::verify::index::Answer;
use crate::verify::look::{Look, MountLook};

/// How much of what a failed step printed is shown.
const LAST_LINES: usize = 8;

/// One cache mount of one build, with everything that was seen of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mount {
    pub id: String,
    pub target: String,
    /// The Dockerfile, as shown.
    pub file: String,
    /// The services that it is built for.
    pub services: Vec<String>,
    /// The Dockerfile stands in the compose file, which fills in variables.
    pub is_inline: bool,
    /// The steps that have it, in the order of the file.
    pub steps: Vec<Step>,
    /// Bytes of its record after each of the two builds; `None` if there is none, or it could not be read.
    pub sizes: [Option<u64>; 2],
    /// The engine gave one of the builds' steps a second mount in place of the one that was there.
    pub is_doubled: bool,
    /// What ended the build before its steps.
    pub stopped_by: Option<Stop>,
    /// The value of DOCKER_BUILDKIT that turns BuildKit off: nothing was built.
    pub classic_builder: Option<String>,
}

/// What ended a build.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stop {
    /// For a message: the step and its error.
    pub why: String,
    /// The line of the step in the Dockerfile.
    pub line: Option<usize>,
    /// What the step printed.
    pub lines: Vec<String>,
    /// What to do about it, if that is known.
    pub fix: Option<String>,
}

/// A `RUN` that has the mount.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub line: usize,
    /// What it runs, as it stands in the Dockerfile.
    pub command: String,
    /// The options of the mount in it: `type=cache,target=/x`.
    pub options: String,
    /// In the first and in the second build.
    pub runs: [Run; 2],
    /// What the index answered about a file that the second build downloaded again, if it was asked.
    pub answer: Option<Answer>,
}

/// What one build did of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// `None`: the build did not get that far.
    pub state: Option<State>,
    pub said: Said,
    /// `None` if our words could not be inserted: the exec form, a here-document, another shell.
    pub look: Option<Look>,
    /// The mount's part of it.
    pub mount: Option<MountLook>,
    pub lines: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Something was kept, and the second build did not download it.
    Works,
    /// The second build used at least half of what it needed from the mount, and downloaded the rest again.
    Partly,
    /// Nobody saw whether the second build used what was kept, or whether anything was.
    Kept,
    /// The step ran, and nothing was kept.
    Empty,
    /// The second build downloaded most of it again.
    NotReused,
    /// The step did not run to its end, so nothing is known about the mount.
    NotReached,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Works => "works",
            Verdict::Partly => "partly used",
            Verdict::Kept => "kept, use not seen",
            Verdict::Empty => "empty",
            Verdict::NotReused => "not reused",
            Verdict::NotReached => "not reached",
        }
    }
}

/// A verdict with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub verdict: Verdict,
    pub evidence: String,
    /// Why it fails; `None` if it works.
    pub cause: Option<Cause>,
    /// The end of what the step printed that failed.
    pub last_lines: Vec<String>,
}

impl Judged {
    /// Without secret values in what comes from the builds. `written`: what stands in files of the project.
    pub fn redacted(self, written: &[&str], secrets: &Secrets) -> Judged {
        let redact = |text: &str| secrets.redact_except(text, written);
        let cause = self.cause.map(|it| Cause { why: redact(&it.why), fix: redact(&it.fix) });
        let last_lines = self.last_lines.iter().map(|line| redact(line)).collect();
        Judged { evidence: redact(&self.evidence), cause, last_lines, ..self }
    }
}

/// Judges one mount.
pub fn judge(mount: &Mount) -> Judged {
    let (verdict, evidence) = look_at(mount);
    let cause = (verdict != Verdict::Works).then(|| causes::find(mount, verdict));
    let last_lines = if verdict == Verdict::NotReached { mount.last_lines() } else { Vec::new() };
    Judged { verdict, evidence, cause, last_lines }
}

/// The verdict, and its evidence.
pub fn look_at(mount: &Mount) -> (Verdict, String) {
    if let Some(value) = &mount.classic_builder {
        return (Verdict::NotReached, format!("DOCKER_BUILDKIT={value}: nothing was built"));
    }
    if mount.is_doubled {
        return (Verdict::NotReached, "the engine gave a step a second, empty mount".to_owned());
    }
    if let Some((step, build)) = mount.not_run() {
        return (Verdict::NotReached, not_run(step, build));
    }
    let (is_kept, held) = mount.kept();
    let took = mount.times();
    let (first, second) = (mount.said(0), mount.said(1));
    let what = |said: Said| match (said.fetched, said.fetched_bytes, said.cached) {
        (Some(0), _, Some(cached)) if cached > 0 => format!("fetched nothing and found {cached} in the cache"),
        (Some(0), ..) => "fetched nothing".to_owned(),
        (Some(fetched), Some(bytes), _) if bytes > 0 => format!("fetched {fetched} ({})", size(bytes)),
        (Some(fetched), ..) => format!("fetched {fetched}"),
        (None, ..) => "did not print what it fetched".to_owned(),
    };
    let both = match (first.fetched, second.fetched) {
        (None, None) => String::new(),
        _ => format!("; first build {}, second {}", what(first), what(second)),
    };
    let evidence = format!("{held}{both}{took}");
    // An installer that does not print what it found in the cache found what it did not download again.
    let used = |again: u64| second.cached.unwrap_or(first.fetched.unwrap_or(0).saturating_sub(again));
    let fetched_again = second.fetched.is_some_and(|again| again > 0 && used(again) < again);
    let verdict = match is_kept {
        // A lock or a time stamp that a step writes is not a package.
        Some(false) => Verdict::Empty,
        _ if fetched_again => Verdict::NotReused,
        // Where the first build had nothing to download, the second shows nothing: what it found was not in the mount.
        _ if first.fetched.unwrap_or(0) == 0 => Verdict::Kept,
        // One of its steps may have downloaded in silence.
        _ if second.fetched.is_none() || mount.is_silent() => Verdict::Kept,
        _ if second.fetched == Some(0) => Verdict::Works,
        _ => Verdict::Partly,
    };
    (verdict, evidence)
}

fn not_run(step: &Step, build: usize) -> String {
    let (line, state) = (step.line, &step.runs[build].state);
    let build = if build == 0 { "first" } else { "second" };
    match state {
        None => format!("the {build} build did not get to line {line}"),
        Some(State::Cached) => {
            format!("in the {build} build, the step in line {line} came from the cache and did not run")
        }
        Some(State::Failed(why)) => format!("in the {build} build, the step in line {line} failed: {why}"),
        Some(_) => format!("in the {build} build, the step in line {line} was cut short"),
    }
}

impl Mount {
    /// The first step that did not run to its end, and in which build.
    pub fn not_run(&self) -> Option<(&Step, usize)> {
        let of_build = |build: usize| {
            let step = self.steps.iter().find(|step| !matches!(step.runs[build].state, Some(State::Done(_))))?;
            Some((step, build))
        };
        of_build(0).or_else(|| of_build(1))
    }

    /// Whether the mount held something between the builds, and a phrase for it. The engine's record tells, or what the
    /// first step of the second build saw.
    pub fn kept(&self) -> (Option<bool>, String) {
        let seen = self.steps.first().and_then(|step| step.runs[1].mount.as_ref()?.files);
        match (self.sizes[0], seen) {
            // A record that something else measured during the build may still say 0; after the second build it does not.
            (Some(0), None) if self.sizes[1] > Some(0) => (None, "what was kept is not known".to_owned()),
            // The records of some engines count folders, too.
            (_, Some(0)) | (Some(0), None) => (Some(false), "nothing was kept".to_owned()),
            // Engine 28.5 once reported 0 bytes for a mount in which the step then found files.
            (None | Some(0), Some(files)) => (Some(true), format!("{files} files kept")),
            (Some(bytes), _) => (Some(true), format!("{} kept", size(bytes))),
            (None, None) => (None, "what was kept is not known".to_owned()),
        }
    }

    /// What the installers said in one build, all steps together.
    pub fn said(&self, build: usize) -> Said {
        self.steps.iter().map(|step| step.runs[build].said).reduce(Said::and).unwrap_or_default()
    }

    /// `; 4.2 s, then 1.3 s`.
    fn times(&self) -> String {
        let [Some(first), Some(second)] = [0, 1].map(|build| self.seconds(build)) else { return String::new() };
        format!("; {first:.1} s, then {second:.1} s")
    }

    /// The seconds of its steps in one build; `None` if one of them did not end.
    pub fn seconds(&self, build: usize) -> Option<f64> {
        let of_step = |step: &Step| match step.runs[build].state {
            Some(State::Done(seconds)) => Some(seconds),
            _ => None,
        };
        self.steps.iter().map(of_step).sum()
    }

    /// Its texts that stand in a file of the project, as they are.
    pub fn written(&self) -> Vec<&str> {
        let of_dockerfile = [&self.target, &self.id].into_iter().filter(|_| !self.is_inline);
        of_dockerfile.chain([&self.file]).map(String::as_str).collect()
    }

    /// Where it is in the step: what was seen there, else as it is written.
    pub fn path(&self) -> &str {
        let runs = self.steps.iter().flat_map(|step| &step.runs);
        runs.filter_map(|run| run.mount.as_ref()?.path.as_deref()).next().unwrap_or(&self.target)
    }

    /// The installer that the mount is for.
    pub fn installer(&self) -> Option<&'static Installer> {
        self.steps.iter().find_map(|step| table::of_mount(self.path(), step.commands().installer()))
    }

    /// Whether a step of its installer printed nothing of its downloads in the second build: `pip install --quiet`.
    fn is_silent(&self) -> bool {
        let installs = |step: &&Step| step.commands().installer().is_some_and(|own| self.installer() == Some(own));
        self.steps.iter().filter(installs).any(|step| step.runs[1].said.fetched.is_none())
    }

    /// The end of what the step printed that failed: one of its own, or one before them.
    fn last_lines(&self) -> Vec<String> {
        let own = self.not_run().filter(|(step, build)| matches!(step.runs[*build].state, Some(State::Failed(_))));
        let lines = own.map(|(step, build)| &step.runs[build].lines);
        let lines = lines.or_else(|| self.stopped_by.as_ref().map(|stop| &stop.lines));
        let lines: Vec<&String> = lines.into_iter().flatten().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|line| line.trim_end().to_owned()).collect()
    }
}

impl Step {
    /// What the step saw in the first build in which it could look.
    pub fn look(&self) -> Option<&Look> {
        self.runs.iter().find_map(|run| run.look.as_ref())
    }

    /// What it runs, with the variables that it started with and the scripts that it found.
    pub fn commands(&self) -> Commands {
        match self.look() {
            Some(look) => Commands::in_step(&self.command, &look.given(), &look.scripts),
            None => Commands::read(&self.command),
        }
    }
}

#[cfg(test)]
mod tests;
