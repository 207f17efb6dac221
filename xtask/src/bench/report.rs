//! The figures: a table with bars, Markdown, or JSON.

use clap::ArgMatches;
use owo_colors::OwoColorize as _;
use serde_json::{Value, json};

use crate::bench::builds::Measured;
use crate::bench::figures::{Case, Cell, Line, Spread, sentences};
use crate::project::context::Context;
use crate::trial::leftovers::Left;
use crate::ui::text;

/// How wide the longest bar is.
const BAR: usize = 24;
const COLUMNS: [&str; 2] = ["without cache mounts", "as it is"];

pub fn print(context: &Context, matches: &ArgMatches, measured: &Measured, left: &Left) {
    if matches.get_flag("json") {
        context.ui.result(format_args!("{:#}", as_json(context, measured, left)));
        return;
    }
    if matches.get_flag("markdown") {
        context.ui.result(markdown(context, measured));
    } else {
        context.ui.result(screen(context, measured));
    }
    left.sentences().iter().for_each(|sentence| context.ui.note(sentence));
}

fn screen(context: &Context, measured: &Measured) -> String {
    let styles = &context.ui.out;
    let longest = measured.lines.iter().flat_map(|line| [&line.without, &line.with]);
    let longest = longest.filter_map(|cell| Some(cell.seconds()?.median)).fold(0.1, f64::max);
    let mut text = format!("{}\n", heading(measured).style(styles.heading));
    for line in &measured.lines {
        text.push_str(&format!("\n{}\n", title(measured, line).style(styles.heading)));
        for (name, cell) in COLUMNS.iter().zip([&line.without, &line.with]) {
            let Some(seconds) = cell.seconds() else {
                text.push_str(&format!("  {name:20}  not measured: {}\n", missing(line)));
                continue;
            };
            let blocks = (seconds.median / longest * BAR as f64).round() as usize;
            let bar = format!("{}{}", "█".repeat(blocks), " ".repeat(BAR - blocks.min(BAR)));
            text.push_str(&format!(
                "  {name:20} {:>16}  {} {}\n",
                shown(seconds),
                bar.style(styles.name),
                details(cell)
            ));
        }
        let ratios = ratios(line);
        if !ratios.is_empty() {
            text.push_str(&format!("  {ratios}\n"));
        }
    }
    for sentence in sentences(&measured.lines, measured.installer, context.program()) {
        text.push_str(&format!("\n{sentence}\n"));
    }
    text.trim_end().to_owned()
}

fn markdown(context: &Context, measured: &Measured) -> String {
    let mut text = format!("{}\n\n| | {} | {} | |\n|---|---|---|---|\n", heading(measured), COLUMNS[0], COLUMNS[1]);
    for line in &measured.lines {
        let cell = |cell: &Cell| match cell.seconds() {
            Some(seconds) => format!("{}, {}", shown(seconds), details(cell)),
            None => format!("not measured: {}", missing(line)),
        };
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            title(measured, line),
            cell(&line.without),
            cell(&line.with),
            ratios(line)
        ));
    }
    for sentence in sentences(&measured.lines, measured.installer, context.program()) {
        text.push_str(&format!("\n{sentence}\n"));
    }
    text.trim_end().to_owned()
}

fn heading(measured: &Measured) -> String {
    let runs = if measured.runs == 1 { "one run".to_owned() } else { format!("median of {} runs", measured.runs) };
    let lines: Vec<String> = measured.package_lines.iter().map(usize::to_string).collect();
    let line = if lines.len() == 1 { "line" } else { "lines" };
    let packages = format!("packages: {line} {}", text::and_list(&lines, "and"));
    format!("`{}` by `{}`, {runs}, without the export of the image; {packages}", measured.service, measured.file)
}

/// The row with what was changed for it.
fn title(measured: &Measured, line: &Line) -> String {
    let change = match line.case {
        Case::Code => &measured.code,
        Case::Requirement => &measured.requirement,
        _ => &None,
    };
    match change {
        Some(change) => format!("{}: {}", line.case.name(), change.what),
        None => line.case.name().to_owned(),
    }
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

fn as_json(context: &Context, measured: &Measured, left: &Left) -> Value {
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
    let line = |line: &Line| {
        json!({
            "row": line.case.key(),
            "without_mounts": cell(&line.without),
            "as_it_is": cell(&line.with),
            "ratio": line.ratio(),
            "package_ratio": line.ratio_of_packages(),
        })
    };
    json!({
        "service": measured.service,
        "dockerfile": measured.file,
        "installer": measured.installer.map(|installer| installer.name),
        "package_lines": measured.package_lines,
        "runs": measured.runs,
        "rows": measured.lines.iter().map(line).collect::<Vec<_>>(),
        "changed_code": measured.code.as_ref().map(|change| &change.what),
        "changed_requirement": measured.requirement.as_ref().map(|change| &change.what),
        "sentences": sentences(&measured.lines, measured.installer, context.program()),
        "left": left.as_json(),
    })
}
