//! The progress log of a build, `--progress=plain`, read line by line: the same form on engines 20.10 to 28.5, by docker
//! itself, by buildx and by compose.

use std::collections::HashMap;

/// A build, as its log shows it so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub steps: Vec<Step>,
    /// The place of a step in that list, by its number.
    places: HashMap<u32, usize>,
    /// How many bytes of names and lines are kept.
    kept: usize,
    /// Some of what was printed is missing, here or already in what BuildKit sent.
    pub is_cut: bool,
    /// The last line that begins as an error of the whole build does.
    pub error: Option<String>,
}

/// The most that is kept of a log. BuildKit itself clips what a step prints (28.5.2: at 200 KiB a second).
const MOST_KEPT: usize = 64 << 20;

/// How BuildKit begins the line that stands in place of what it left out (moby/buildkit, `util/progress/logs`).
const CLIPPED: &str = "[output clipped, log ";

/// One step: `#7 [base 3/3] RUN …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub number: u32,
    /// As printed: `[base 3/3] RUN …`; compose puts the service before the stage.
    pub name: String,
    pub state: State,
    /// What it printed, on both streams.
    pub lines: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum State {
    Running,
    /// It did not run: its layer was there.
    Cached,
    /// It ran, for so many seconds.
    Done(f64),
    Failed(String),
    /// Another step failed, or the user interrupted the build.
    Canceled,
}

impl Step {
    /// `RUN …`, without the stage in brackets.
    pub fn command(&self) -> &str {
        match self.name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((_, command)) => command.trim_start(),
            None => &self.name,
        }
    }

    /// Whether it is a step of the Dockerfile: the others load files and export images.
    pub fn is_of_dockerfile(&self) -> bool {
        let inside = self.name.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
        let last = inside.and_then(|inside| inside.rsplit(' ').next());
        last.and_then(|last| last.split_once('/'))
            .is_some_and(|(at, of)| at.parse::<u32>().is_ok() && of.parse::<u32>().is_ok())
    }

    pub fn seconds(&self) -> Option<f64> {
        match self.state {
            State::Done(seconds) => Some(seconds),
            _ => None,
        }
    }
}

impl Progress {
    #[cfg(test)]
    pub fn read(log: &str) -> Progress {
        let mut progress = Progress::default();
        log.lines().for_each(|line| progress.line(line));
        progress
    }

    /// Takes the next line of the log.
    pub fn line(&mut self, line: &str) {
        let line = line.trim_end_matches('\r');
        let Some((number, rest)) = numbered(line) else {
            self.of_the_whole(line);
            return;
        };
        // Buildx says which builder it is.
        if number == 0 {
            return;
        }
        // Each has a cost of its own.
        let cost = line.len() + 100;
        let keeps = self.kept <= MOST_KEPT;
        let Some(step) = self.places.get(&number).and_then(|at| self.steps.get_mut(*at)) else {
            if !keeps {
                self.is_cut = true;
                return;
            }
            self.kept += cost;
            let (name, state, lines) = (rest.to_owned(), State::Running, Vec::new());
            self.places.insert(number, self.steps.len());
            self.steps.push(Step { number, name, state, lines });
            return;
        };
        if let Some(state) = state(rest) {
            step.end(state);
        } else if let Some(text) = timed(rest) {
            self.is_cut |= !keeps || text.starts_with(CLIPPED);
            if !keeps {
                return;
            }
            self.kept += cost;
            // Engine 20.10 appends to a last line that has no newline: `no newline#11 DONE 0.4s`.
            let end = text.rsplit_once('#').and_then(|(before, after)| {
                let rest = after.strip_prefix(&number.to_string())?.strip_prefix(' ')?;
                Some((before, state(rest)?))
            });
            match end {
                Some((before, state)) => {
                    step.lines.push(before.to_owned());
                    step.end(state);
                }
                None => step.lines.push(text.to_owned()),
            }
        }
        // Else it is the name once more, a digest, or how much was sent.
    }

    fn of_the_whole(&mut self, line: &str) {
        let starts =
            ["ERROR: ", "error: ", "failed to solve", "executor failed running", "failed to ", "Cannot connect"];
        if starts.iter().any(|start| line.starts_with(start)) {
            let said = line.trim_start_matches("ERROR: ").trim_start_matches("failed to build: ");
            let said = said.trim_start_matches("failed to solve with frontend dockerfile.v0: ");
            self.error = Some(said.trim_start_matches("failed to solve: ").to_owned());
        }
    }
}

impl Step {
    fn end(&mut self, state: State) {
        // The first step of a Dockerfile can be DONE behind CACHED.
        if !matches!(self.state, State::Cached) {
            self.state = state;
        }
    }
}

/// `#7 rest`.
fn numbered(line: &str) -> Option<(u32, &str)> {
    let rest = line.strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    Some((number.parse().ok()?, rest))
}

/// `CACHED`, `DONE 1.2s`, `ERROR: why`, `CANCELED`.
fn state(rest: &str) -> Option<State> {
    if let Some(seconds) = rest.strip_prefix("DONE ").and_then(|rest| rest.strip_suffix('s')) {
        return seconds.parse().ok().map(State::Done);
    }
    match rest {
        "CACHED" => Some(State::Cached),
        "CANCELED" => Some(State::Canceled),
        _ => rest.strip_prefix("ERROR: ").map(|why| match why {
            "context canceled" => State::Canceled,
            why => State::Failed(why.to_owned()),
        }),
    }
}

/// `0.322 text`: a line that a step printed, so many seconds after it began. The line may be empty.
fn timed(rest: &str) -> Option<&str> {
    let (time, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let (seconds, parts) = time.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(seconds) && is_number(parts)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded with the same Dockerfile (two stages at the same time, one step that fails): docker, and compose.
    const BUILDS: [&str; 3] =
        [include_str!("logs/build-20.log"), include_str!("logs/build-26.log"), include_str!("logs/build-28.log")];
    const BY_COMPOSE: [&str; 3] =
        [include_str!("logs/compose-20.log"), include_str!("logs/compose-26.log"), include_str!("logs/compose-28.log")];
    /// Recorded with a Dockerfile that installs by pip, built for the second time with one more host name.
    const PIP: [&str; 3] =
        [include_str!("logs/pip-20.log"), include_str!("logs/pip-26.log"), include_str!("logs/pip-28.log")];

    fn step<'a>(progress: &'a Progress, command: &str) -> &'a Step {
        let found = progress.steps.iter().find(|step| step.command().starts_with(command));
        found.unwrap_or_else(|| panic!("no `{command}` in {progress:#?}"))
    }

    #[test]
    fn steps_of_a_build_that_fails() {
        for log in BUILDS {
            let progress = Progress::read(log);
            let left = step(&progress, "RUN --mount=type=cache,target=/c/left : mark");
            assert_eq!(left.lines, ["left 1", "left 2", "left 3", "left 4"]);
            assert!(left.seconds().is_some_and(|seconds| (1.0..4.0).contains(&seconds)), "{left:?}");
            let right = step(&progress, "RUN --mount=type=cache,target=/c/right");
            assert!(right.lines.len() == 4 && right.seconds().is_some(), "{right:?}");
            let glued = step(&progress, "RUN --mount=type=cache,target=/c/left     seq");
            assert_eq!(glued.lines, ["1", "2", "3", "no newline"]);
            assert!(glued.seconds().is_some(), "{glued:?}");
            let failed = step(&progress, "RUN echo failing");
            assert!(matches!(&failed.state, State::Failed(why) if why.ends_with("exit code: 3")), "{failed:?}");
            assert_eq!(failed.lines, ["failing"]);
            assert!(progress.error.as_ref().is_some_and(|error| error.ends_with("exit code: 3")), "{progress:?}");
            assert!(!progress.error.as_ref().is_some_and(|error| error.contains("failed to solve")));
            assert!(!progress.steps.iter().any(|step| step.name.contains("RUN echo never")));
            let from = progress.steps.iter().find(|step| step.name.contains("] FROM ")).unwrap();
            assert_eq!((&from.state, from.is_of_dockerfile()), (&State::Cached, true));
            assert!(!progress.steps[0].is_of_dockerfile(), "{:?}", progress.steps[0]);
        }
    }

    #[test]
    fn compose_prints_the_same_form() {
        for log in BY_COMPOSE {
            let progress = Progress::read(log);
            assert!(matches!(step(&progress, "RUN echo failing").state, State::Failed(_)), "{progress:#?}");
            assert!(step(&progress, "RUN --mount=type=cache,target=/c/right").is_of_dockerfile());
        }
    }

    #[test]
    fn what_did_not_run_and_what_did() {
        for log in PIP {
            let progress = Progress::read(log);
            assert_eq!(step(&progress, "COPY requirements.txt").state, State::Cached);
            let pip = step(&progress, "RUN --mount=type=cache");
            assert_eq!(
                pip.command(),
                "RUN --mount=type=cache,target=/root/.cache/pip     pip install --requirement /tmp/requirements.txt"
            );
            assert!(pip.lines.iter().any(|line| line == "Successfully installed click-8.1.7"), "{pip:?}");
            assert_eq!(progress.error, None);
        }
    }

    #[test]
    fn a_log_without_end_is_kept_up_to_a_limit() {
        let mut progress = Progress::default();
        progress.line("#7 [1/1] RUN yes");
        let line = format!("#7 0.1 {}", "y".repeat(1 << 20));
        (0..200).for_each(|_| progress.line(&line));
        progress.line("#7 DONE 2.0s");
        assert_eq!((progress.steps[0].lines.len(), &progress.steps[0].state), (64, &State::Done(2.0)));
    }

    #[test]
    fn odd_lines() {
        let log =
            "#1 [a 1/1] RUN x\n#1 0.1\n#1 1.5 DONE 0.1s\n#1 CACHED\n#1 DONE 0.0s\n#2 b\n#2 ERROR: context canceled\n";
        let progress = Progress::read(log);
        assert_eq!(
            (progress.steps[0].lines.as_slice(), &progress.steps[0].state),
            (&["".to_owned(), "DONE 0.1s".to_owned()][..], &State::Cached)
        );
        assert_eq!(progress.steps[1].state, State::Canceled);
        assert!(!progress.steps[1].is_of_dockerfile());
    }

    #[test]
    fn a_log_that_is_not_whole_is_known() {
        let start = "#1 [1/1] RUN x\n#1 0.1 a\n";
        assert!(!Progress::read(start).is_cut);
        assert!(Progress::read(&format!("{start}#1 0.2 [output clipped, log limit 2MiB reached]\n")).is_cut);
        let mut long = Progress::read(start);
        let line = format!("#1 0.2 {}", "x".repeat(1 << 20));
        (0..64).for_each(|_| long.line(&line));
        assert!(!long.is_cut);
        long.line("#1 DONE 0.1s");
        assert!(!long.is_cut, "no text of the step");
        (0..2).for_each(|_| long.line(&line));
        assert!(long.is_cut);
    }

    #[test]
    fn any_log_is_read_without_a_panic() {
        const PARTS: [&str; 12] =
            ["#", "#7 ", "\n", "\r\n", " DONE ", "1e9s", "0.", "ERROR: ", "[", "]", "/", "\u{e9}"];
        let mut seed = 5_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for round in 0..3000 {
            let logs = [BUILDS, BY_COMPOSE, PIP];
            let mut text = logs[round % 3][round / 3 % 3].to_owned();
            for _ in 0..random(20) {
                let mut at = random(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                match random(6) {
                    0 if at > 0 => text.truncate(at),
                    _ => text.insert_str(at, PARTS[random(PARTS.len())]),
                }
            }
            let progress = Progress::read(&text);
            // As many steps as there are numbers in it, whatever else was cut and added.
            assert!(progress.steps.iter().all(|step| step.number > 0 && step.command().len() <= step.name.len()));
        }
    }
}
