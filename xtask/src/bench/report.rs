//! The figures: a table with bars, Markdown, or JSON.

use clap::ArgMatches;
use serde_json::{Value, json};

use crate::bench::builds::Builds;
use crate::bench::figures::{COLUMNS, Case, Cell, Line, Spread, sentences};
use crate::project::context::Context;
use crate::trial::leftovers::Left;
use crate::ui::escape::one_line;
use crate::ui::style::{Paint as _, Styles};
use crate::ui::text;

/// How wide the longest bar is.
const BAR: usize = 24;

pub fn print(context: &Context, matches: &ArgMatches, builds: &Builds<'_>, lines: &[Line], left: &Left) {
    let sentences = sentences(lines, builds.installer, context.program());
    if matches.get_flag("json") {
        context.ui.json(as_json(builds, lines, &sentences, left));
        return;
    }
    let heading = heading(builds);
    let mut text = match matches.get_flag("markdown") {
        true => markdown(&heading, lines),
        false => screen(&context.ui.out, &heading, lines),
    };
    sentences.iter().for_each(|sentence| text.push_str(&format!("\n{sentence}\n")));
    context.ui.result(text.trim_end());
    left.sentences().iter().for_each(|sentence| context.ui.note(sentence));
}

fn screen(styles: &Styles, heading: &str, lines: &[Line]) -> String {
    let longest = lines.iter().flat_map(|line| &line.cells);
    let longest = longest.filter_map(|cell| Some(cell.seconds()?.median)).fold(0.1, f64::max);
    let mut text = format!("{}\n", one_line(heading).style(styles.heading));
    for line in lines {
        text.push_str(&format!("\n{}\n", one_line(title(line)).style(styles.heading)));
        for (name, cell) in COLUMNS.iter().zip(&line.cells) {
            let Some(seconds) = cell.seconds() else {
                text.push_str(&format!("  {name:20}  not measured: {}\n", one_line(missing(line))));
                continue;
            };
            let blocks = (seconds.median / longest * BAR as f64).round() as usize;
            let bar = format!("{:BAR$}", "█".repeat(blocks));
            let bar = bar.style(styles.name);
            text.push_str(&format!("  {name:20} {:>16}  {bar} {}\n", shown(seconds), details(cell)));
        }
        let ratios = ratios(line);
        if !ratios.is_empty() {
            text.push_str(&format!("  {ratios}\n"));
        }
    }
    text
}

fn markdown(heading: &str, lines: &[Line]) -> String {
    let [first, second] = COLUMNS;
    let mut text = format!("{heading}\n\n| | {first} | {second} | |\n|---|---|---|---|\n");
    for line in lines {
        let [without, with] = line.cells.each_ref().map(|cell| match cell.seconds() {
            Some(seconds) => format!("{}, {}", shown(seconds), details(cell)),
            None => format!("not measured: {}", missing(line)),
        });
        text.push_str(&format!("| {} | {without} | {with} | {} |\n", title(line), ratios(line)));
    }
    text
}

fn heading(builds: &Builds<'_>) -> String {
    let runs = if builds.runs == 1 { "one run".to_owned() } else { format!("median of {} runs", builds.runs) };
    let lines: Vec<String> = builds.package_lines().iter().map(usize::to_string).collect();
    let line = if lines.len() == 1 { "line" } else { "lines" };
    let packages = format!("packages: {line} {}", text::and_list(&lines, "and"));
    let (service, file) = (&builds.facts.services[0], &builds.facts.shown);
    format!("`{service}` by `{file}`, {runs}, without the export of the image; {packages}")
}

/// The row's name, with what was changed for it.
fn title(line: &Line) -> String {
    let change = line.change.as_ref().map(|change| format!(": {}", change.what)).unwrap_or_default();
    format!("{}{change}", line.case.name())
}

fn missing(line: &Line) -> &'static str {
    match line.case {
        Case::Requirement => "no file of requirements is copied before the packages are installed",
        Case::Code => "no code of the build context is copied",
        _ => "it was not built",
    }
}

/// `28.1 s`, with least and most where there are several.
fn shown(spread: Spread) -> String {
    let half = (spread.most - spread.least) / 2.0;
    if half < 0.05 { format!("{:.1} s", spread.median) } else { format!("{:.1} s ± {half:.1}", spread.median) }
}

/// `packages 27.0 s, 30.6 MB fetched, 9 steps run, 1 cached`.
fn details(cell: &Cell) -> String {
    let Some(last) = cell.last() else { return String::new() };
    let mut parts = Vec::new();
    if last.installed {
        parts.extend(cell.packages().map(|packages| format!("packages {:.1} s", packages.median)));
    }
    parts.push(cell.fetched().map_or_else(|| "bytes unknown".to_owned(), |bytes| format!("{bytes} fetched")));
    parts.push(format!("{} run, {} cached", last.ran, last.cached));
    parts.join(", ")
}

fn ratios(line: &Line) -> String {
    let times = |ratio: f64| format!("{ratio:.1} ×");
    let whole = line.ratio().map(|ratio| format!("{} as fast", times(ratio)));
    let packages = line.ratio_of_packages().map(|ratio| format!("packages {}", times(ratio)));
    whole.into_iter().chain(packages).collect::<Vec<_>>().join(", ")
}

fn as_json(builds: &Builds<'_>, lines: &[Line], sentences: &[String], left: &Left) -> Value {
    let cell = |cell: &Cell| {
        let spread = |spread: Option<Spread>| {
            spread.map(|it| json!({ "median": it.median, "least": it.least, "most": it.most }))
        };
        let last = cell.last()?;
        Some(json!({
            "seconds": spread(cell.seconds()),
            "package_seconds": last.installed.then(|| spread(cell.packages())),
            "fetched": if last.installed { last.said.fetched } else { Some(0) },
            "fetched_bytes": if last.installed { last.said.fetched_bytes } else { Some(0) },
            "fetched_bytes_at_least": last.said.at_least,
            "from_cache": last.said.cached,
            "steps_run": last.ran,
            "steps_cached": last.cached,
        }))
    };
    let row = |line: &Line| {
        json!({
            "row": line.case.key(),
            "without_mounts": cell(&line.cells[0]),
            "as_it_is": cell(&line.cells[1]),
            "ratio": line.ratio(),
            "package_ratio": line.ratio_of_packages(),
        })
    };
    let changed = |case| lines.iter().find(|line| line.case == case)?.change.as_ref().map(|change| &change.what);
    json!({
        "service": builds.facts.services[0],
        "dockerfile": builds.facts.shown,
        "installer": builds.installer.map(|installer| installer.name),
        "package_lines": builds.package_lines(),
        "runs": builds.runs,
        "rows": lines.iter().map(row).collect::<Vec<_>>(),
        "changed_code": changed(Case::Code),
        "changed_requirement": changed(Case::Requirement),
        "sentences": sentences,
        "left": left.as_json(),
    })
}

#[cfg(test)]
mod tests;
