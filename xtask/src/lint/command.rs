//! `lint`: what keeps Dockerfiles from caching, and its fixes.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::dockerfile::context::{LARGEST, Texts};
use crate::lint::output::{self, Fixed, Outcome};
use crate::lint::settle::{Disk, Settled, settle};
use crate::lint::sources::{Read, Sources};
use crate::lint::{Judged, explain, judge, names};
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::change::{self, Change};
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::{files, paths};
use crate::ui::finding::Severity;
use crate::ui::problem::Problem;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "lint",
    about: "Find what keeps Dockerfiles from caching, and fix it",
    needs_tasks: false,
    accepts,
    does: Does::Runs(lint),
};

fn accepts(command: Command) -> Command {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let rules = |name: &'static str| {
        let parser = PossibleValuesParser::new(names());
        Arg::new(name).long(name).value_name("RULE").value_parser(parser).hide_possible_values(true)
    };
    let several = |name: &'static str| rules(name).action(ArgAction::Append).value_delimiter(',');
    command
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .num_args(0..)
                .value_parser(value_parser!(PathBuf))
                .help("Dockerfiles or folders with some, in place of those that compose builds"),
        )
        .arg(flag("fix").help("Apply the safe fixes"))
        .arg(flag("unsafe-fixes").help("Apply those, too, that may change what an image holds"))
        .arg(flag("diff").help("Show the fixes as a diff, and write nothing"))
        .arg(several("select").help("Only these rules"))
        .arg(several("ignore").help("All rules but these"))
        .arg(rules("explain").help("Print the page of a rule"))
        .arg(
            Arg::new("output")
                .long("output")
                .value_name("FORM")
                .value_parser(["text", "json", "sarif", "github"])
                .default_value("text")
                .help("How to print what is found"),
        )
}

fn lint(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    if let Some(page) = matches.get_one::<String>("explain").and_then(|name| explain::page(name, &context.ui.out)) {
        context.ui.result(page);
        return Ok(Exit::DONE);
    }
    let form = matches.get_one::<String>("output").map_or("text", String::as_str);
    let with_unsafe = matches.get_flag("unsafe-fixes");
    let fixes = matches.get_flag("fix") || with_unsafe;
    // What would run is only shown.
    let is_diff = matches.get_flag("diff") || (fixes && context.globals.dry_run);
    if is_diff && form != "text" {
        return Err(Problem::new(format!("a diff can't be shown as `{form}`")).hint("leave out `--output`").into());
    }
    let shown = |path: &Path| paths::shown_from(&context.current_dir, path);
    let typed = matches.get_many::<PathBuf>("path").into_iter().flatten();
    let typed = typed.map(|path| paths::absolute(&context.current_dir, path)).collect();
    let rules = chosen(context, matches);
    let sources = Sources::find(context, typed, shown);
    let look = |texts: &Texts| found(&sources.read(texts), &rules);
    let mut fixed = None;
    if fixes || is_diff {
        let settled = settle(with_unsafe, look, &Disk { text: &text, shown: &shown });
        for (file, why) in &settled.refused {
            context.ui.warning(format_args!("`{file}` is not changed: {why}"), "");
        }
        if is_diff {
            let read = sources.read(&Texts::new());
            differences(context, &settled, shown)?;
            tell(context, &sources, &read);
            return Ok(exit(context, &found(&read, &rules), &read));
        }
        let changes = changes(&settled)?;
        change::write(&changes.iter().collect::<Vec<_>>(), shown)?;
        fixed = Some(Fixed { problems: settled.fixed, files: changes.len() });
    }
    let read = sources.read(&Texts::new());
    let found = found(&read, &rules);
    let outcome = Outcome {
        found: &found,
        builds: &read.builds,
        unread: &read.unread,
        fixed,
        text: &|path| text(path).ok().flatten().unwrap_or_default(),
        shown: &shown,
    };
    match form {
        "json" => context.ui.json(output::json::all(&outcome)),
        "sarif" => context.ui.json(output::sarif::all(&outcome)),
        form => {
            let is_github = form == "github";
            let text =
                if is_github { output::github::all(&outcome) } else { output::text::all(&outcome, &context.ui.out) };
            if !text.is_empty() {
                context.ui.result(text);
            }
        }
    }
    tell(context, &sources, &read);
    Ok(exit(context, &found, &read))
}

/// The rules that count: without those that tasks.toml allows, and as they are typed.
fn chosen(context: &Context, matches: &ArgMatches) -> Vec<&'static str> {
    let typed =
        |name: &str| matches.get_many::<String>(name).map(|rules| rules.map(String::as_str).collect::<Vec<_>>());
    let (selected, ignored) = (typed("select"), typed("ignore").unwrap_or_default());
    let allowed = context.project.iter().flat_map(|project| &project.config.allowed_rules);
    let allowed: Vec<&str> = allowed.map(|rule| rule.get_ref().as_str()).collect();
    let counts = |name: &&'static str| match &selected {
        Some(selected) => selected.contains(name) && !ignored.contains(name),
        None => !allowed.contains(name) && !ignored.contains(name),
    };
    names().into_iter().filter(counts).collect()
}

/// What is wrong, by file and line.
fn found(read: &Read, rules: &[&str]) -> Vec<Judged> {
    let mut found = judge(&read.builds, &read.contexts, Os::HERE);
    found.retain(|found| found.finding.severity > Severity::Ok && rules.contains(&found.finding.rule));
    found.sort_by(|left, right| {
        let key = |found: &Judged| (found.shown.clone(), found.finding.place.is_some(), found.finding.span().start);
        key(left).cmp(&key(right))
    });
    found
}

/// The text of a file; `None` if it is not there.
fn text(path: &Path) -> Result<Option<String>, String> {
    if !path.exists() {
        return Ok(None);
    }
    files::text_up_to(path, LARGEST).map(Some).map_err(|unread| unread.why)
}

/// What is written: links stay links.
fn changes(settled: &Settled) -> Result<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    for (path, new) in &settled.texts {
        let path = files::find(path).map(|found| found.path)?;
        if changes.iter().all(|change| change.path != path) {
            changes.push(Change { path, old: None, new: new.clone() });
        }
    }
    changes.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(changes)
}

fn differences(context: &Context, settled: &Settled, shown: impl Fn(&Path) -> String) -> Result<()> {
    let mut paths: Vec<&PathBuf> = settled.texts.keys().collect();
    paths.sort();
    for path in &paths {
        let (old, new) = (settled.old.get(*path).cloned().flatten(), settled.texts[*path].clone());
        let change = Change { path: (*path).clone(), old, new };
        context.ui.result(change.difference(&shown(path)).trim_end_matches('\n'));
    }
    context.ui.note(match settled.fixed {
        0 => "nothing to fix".to_owned(),
        problems => format!("would fix {}", output::text::of_fixed(problems, paths.len())),
    });
    Ok(())
}

/// What could not be looked at.
fn tell(context: &Context, sources: &Sources, read: &Read) {
    for left_out in &sources.left_out {
        context.ui.note(left_out);
    }
    for unread in &read.unread {
        context.ui.problem(format_args!("can't read `{}`: {}", unread.file, unread.why));
    }
    if let Some(broken) = &context.broken {
        context.ui.error(broken);
    }
}

fn exit(context: &Context, found: &[Judged], read: &Read) -> Exit {
    match found.iter().map(|found| found.finding.severity).max() {
        _ if !read.unread.is_empty() || context.broken.is_some() => Exit::CANNOT,
        Some(Severity::Warning | Severity::Error) => Exit::FINDINGS,
        _ => Exit::DONE,
    }
}
