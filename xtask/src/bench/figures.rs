//! What was measured, and what it means: medians, ratios, and sentences about surprises.

use crate::bench::changes::Change;
use crate::installers::installer::Installer;
use crate::installers::said::Said;
use crate::ui::text::size;

/// What is built again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    First,
    Unchanged,
    Code,
    Requirement,
    Scratch,
}

impl Case {
    pub const ALL: [Case; 5] = [Case::First, Case::Unchanged, Case::Code, Case::Requirement, Case::Scratch];

    /// Its key in JSON, and its name.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Case::First => ("first", "first build"),
            Case::Unchanged => ("unchanged", "rebuild, no change"),
            Case::Code => ("code", "rebuild after a code change"),
            Case::Requirement => ("requirement", "rebuild after one requirement changed"),
            Case::Scratch => ("scratch", "rebuild from scratch (`build-fresh`)"),
        }
    }

    pub fn key(self) -> &'static str {
        self.words().0
    }

    pub fn name(self) -> &'static str {
        self.words().1
    }
}

/// One build.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measure {
    pub seconds: f64,
    /// The steps that install packages by the project's own installer.
    pub packages: f64,
    /// Whether such a step ran.
    pub installed: bool,
    pub said: Said,
    /// Steps of the Dockerfile.
    pub ran: usize,
    pub cached: usize,
}

/// The runs of one build.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell(pub Vec<Measure>);

/// Median, least and most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Cell {
    pub fn seconds(&self) -> Option<Spread> {
        spread(self.0.iter().map(|measure| measure.seconds))
    }

    pub fn packages(&self) -> Option<Spread> {
        spread(self.0.iter().map(|measure| measure.packages))
    }

    /// What the last run said: it is the same in all of them.
    pub fn last(&self) -> Option<&Measure> {
        self.0.last()
    }

    /// `30.6 MB`, `0 B`, `at least 29.3 MB`; `None` if it was not printed.
    pub fn fetched(&self) -> Option<String> {
        let last = self.last()?;
        if !last.installed {
            return Some(size(0));
        }
        match (last.said.fetched_bytes, last.said.fetched, last.said.at_least) {
            (Some(bytes), ..) => Some(size(bytes)),
            (None, Some(0), _) => Some(size(0)),
            (None, Some(_), least) if least > 0 => Some(format!("at least {}", size(least))),
            _ => None,
        }
    }
}

fn spread(values: impl Iterator<Item = f64>) -> Option<Spread> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (least, most) = (*values.first()?, *values.last()?);
    let middle = values.len() / 2;
    let median = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
    Some(Spread { median, least, most })
}

/// The names of the two cells of a row.
pub const COLUMNS: [&str; 2] = ["without cache mounts", "as it is"];

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub case: Case,
    /// What is changed before the builds, if anything.
    pub change: Option<Change>,
    /// An empty one was not measured.
    pub cells: [Cell; 2],
}

impl Line {
    /// How many times faster the build is with its cache mounts.
    pub fn ratio(&self) -> Option<f64> {
        let [without, with] = &self.cells;
        ratio(without.seconds()?.median, with.seconds()?.median)
    }

    /// The same for the steps that install packages; `None` if they did not run.
    pub fn ratio_of_packages(&self) -> Option<f64> {
        let median = |cell: &Cell| Some(cell.packages().filter(|_| cell.last().is_some_and(|it| it.installed))?.median);
        let [without, with] = &self.cells;
        ratio(median(without)?, median(with)?)
    }
}

fn ratio(without: f64, with: f64) -> Option<f64> {
    // BuildKit reports tenths of a second: less can't be divided by.
    (without > 0.0 && with >= 0.05).then(|| without / with)
}

/// Runs differ by a tenth anyway.
const NO_GAIN: f64 = 1.1;

/// What surprising figures mean: a mount that is not used, or that saves nothing.
pub fn sentences(lines: &[Line], installer: Option<&Installer>, program: &str) -> Vec<String> {
    let Some(scratch) = lines.iter().find(|line| line.case == Case::Scratch) else { return Vec::new() };
    let [all, cached] = &scratch.cells;
    let (Some(without), Some(with)) = (all.last(), cached.last()) else { return Vec::new() };
    let mut sentences = Vec::new();
    let (before, after) = (without.said, with.said);
    if after.fetched.is_some_and(|again| again > 0) && after.fetched >= before.fetched {
        let again = cached.fetched().unwrap_or_else(|| "everything".to_owned());
        sentences
            .push(format!("the mounts are not used: {again} was downloaded again; find out why: {program} verify"));
        return sentences;
    }
    let Some(ratio) = scratch.ratio_of_packages() else { return sentences };
    let faster = installer.and_then(|installer| installer.faster);
    if ratio < NO_GAIN {
        let saved = match (before.fetched_bytes, after.fetched_bytes) {
            (Some(before), Some(after)) if before > after => format!("{} not fetched, ", size(before - after)),
            _ => String::new(),
        };
        let seconds = all.packages().zip(cached.packages());
        let seconds = seconds.map_or(0.0, |(without, with)| (without.median - with.median).max(0.0));
        let would = faster.map(|faster| format!("; {faster}")).unwrap_or_default();
        let why = match after.fetched {
            Some(0) => format!(": the time goes into installing, not into fetching{would}"),
            _ => String::new(),
        };
        sentences.push(format!("{saved}{seconds:.1} s saved{why}"));
    } else if let Some(faster) = faster.filter(|_| with.packages > without.packages / 3.0) {
        sentences.push(format!("most of the rest is installing and compiling: {faster}"));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installers::table::by_name;

    fn cell(packages: f64, fetched: u64, bytes: u64) -> Cell {
        let said = Said { fetched: Some(fetched), fetched_bytes: Some(bytes), at_least: bytes, cached: None };
        Cell(vec![Measure { seconds: packages + 1.0, packages, installed: true, said, ran: 3, cached: 1 }])
    }

    fn said(without: Cell, with: Cell, installer: Option<&Installer>) -> String {
        sentences(&[Line { case: Case::Scratch, change: None, cells: [without, with] }], installer, "xtask").join("\n")
    }

    #[test]
    fn a_mount_that_saves_nothing_is_reported() {
        let said = said(cell(13.7, 12, 33_000_000), cell(13.6, 0, 0), by_name("pip"));
        let wanted = "33.0 MB not fetched, 0.1 s saved: the time goes into installing, not into fetching; uv is faster there, or pip install --no-compile";
        assert_eq!(said, wanted);
    }

    #[test]
    fn a_mount_that_is_not_used_is_reported() {
        let again = said(cell(13.7, 12, 33_000_000), cell(13.6, 12, 33_000_000), None);
        assert_eq!(again, "the mounts are not used: 33.0 MB was downloaded again; find out why: xtask verify");
        assert_eq!(said(cell(20.0, 12, 33_000_000), cell(2.0, 0, 0), by_name("pip")), "");
    }

    #[test]
    fn the_middle_of_the_runs_counts() {
        let cell = |values: &[f64]| {
            Cell(values.iter().map(|seconds| Measure { seconds: *seconds, ..Measure::default() }).collect())
        };
        assert_eq!(cell(&[3.0, 1.0, 2.0]).seconds(), Some(Spread { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(cell(&[3.0, 1.0]).seconds().map(|spread| spread.median), Some(2.0));
        assert_eq!(cell(&[]).seconds(), None);
        let line = Line { case: Case::First, change: None, cells: [cell(&[4.0]), cell(&[0.0])] };
        assert_eq!((line.ratio(), line.ratio_of_packages()), (None, None));
    }

    #[test]
    fn bytes_are_shown_as_far_as_they_are_known() {
        let cell = |installed, said| Cell(vec![Measure { installed, said, ..Measure::default() }]).fetched();
        let of_uv = Said { fetched: Some(5), fetched_bytes: None, at_least: 29_300_000, cached: Some(0) };
        assert_eq!(cell(true, of_uv).as_deref(), Some("at least 29.3 MB"));
        assert_eq!(cell(true, Said::default()), None);
        assert_eq!(cell(false, Said::default()).as_deref(), Some("0 B"));
    }
}
