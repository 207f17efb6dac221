//! The steps of a task: lines, and tables with a line in them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tasks::config::Step;
use crate::tasks::config::read::{Reader, flag_of, owned, text, variables};
use crate::tasks::config::step::{Does, Keys};
use crate::tasks::config::step_line::{self, PlacedWord};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::text::and_list;

/// The keys that say what a step does: it has one of them.
const DOES: [&str; 3] = ["run", "sh", "say"];

impl Reader<'_> {
    /// Those that can be read, and whether that is all of them.
    pub(super) fn steps(&mut self, task: &DeTable<'_>) -> (Option<Vec<Step>>, bool) {
        let Some(written) = task.get("steps").and_then(|steps| steps.get_ref().as_array()) else {
            return (None, true);
        };
        let steps: Vec<Step> = written.iter().filter_map(|step| self.step(step)).collect();
        let are_all = steps.len() == written.len();
        (Some(steps), are_all)
    }

    fn step(&mut self, written: &Spanned<DeValue<'_>>) -> Option<Step> {
        if let Some(table) = written.get_ref().as_table() {
            return self.table(table, written.span());
        }
        let line = owned(written)?;
        let words = self.line(&line)?;
        Some(Step { does: Does::Run(words), shown: line.get_ref().clone(), span: line.span(), keys: None })
    }

    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Step> {
        if self.is_faulty(table, &["run", "sh", "say", "dir", "env", "may-fail"]) {
            return None;
        }
        let does: Vec<&str> = DOES.into_iter().filter(|key| table.contains_key(*key)).collect();
        let [key] = does[..] else {
            let named: Vec<String> = does.iter().map(|key| format!("`{key}`")).collect();
            self.found.push(match does.is_empty() {
                true => mistake("a step that does nothing", span).fix("give it `run`, `sh` or `say`"),
                false => mistake(format!("a step with {}", and_list(&named, "and")), span)
                    .fix("a step does one thing: write two steps"),
            });
            return None;
        };
        let line = text(table, key)?;
        let places = table.iter().filter_map(|(name, _)| {
            let name = ["dir", "env", "may-fail"].into_iter().find(|key| *key == name.get_ref())?;
            Some((name, table.get_key_value(name)?.0.span()))
        });
        let keys = Keys {
            dir: text(table, "dir"),
            env: variables(table, "env"),
            may_fail: flag_of(table, "may-fail").unwrap_or(false),
            places: places.collect(),
        };
        keys.dir.iter().for_each(|dir| self.forward_slashes(dir));
        let does = match key {
            "run" => Does::Run(self.line(&line)?),
            "sh" => Does::Sh(script(line.get_ref())),
            _ => Does::Say(line.get_ref().clone()),
        };
        let shown = match &does {
            Does::Sh(script) => script.clone(),
            Does::Run(_) | Does::Say(_) => line.get_ref().clone(),
        };
        let step = Step { does, shown, span: line.span(), keys: Some(keys) };
        self.without_effect(&step);
        Some(step)
    }

    /// A text that can't be printed, a script without a command, and keys that do nothing.
    fn without_effect(&mut self, step: &Step) {
        let moves = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\0');
        if matches!(&step.does, Does::Say(text) if text.contains(moves)) {
            let hint = "it would be shown, and not obeyed: { sh = \"printf …\" } can print it";
            self.found.push(mistake("a control character in a text", step.span.clone()).fix(hint));
        }
        let script = |text: &str| text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'));
        if matches!(&step.does, Does::Sh(text) if script(text)) {
            let hint = "write a command, or remove the step";
            self.found.push(mistake("an empty step", step.span.clone()).fix(hint));
        }
        let why = match step.does {
            Does::Say(_) => "the step only prints a text",
            Does::Run(_) if step.is_call() => "a task that is called has its own",
            Does::Run(_) | Does::Sh(_) => return,
        };
        for (name, place) in step.keys.iter().flat_map(|keys| &keys.places) {
            if *name != "may-fail" || !step.is_call() {
                self.found.push(mistake(format!("`{name}` has no effect: {why}"), place.clone()));
            }
        }
    }

    /// The words of a line, with their places in the file. With escapes in it, the whole line is the place of each.
    pub(super) fn line(&mut self, line: &Spanned<String>) -> Option<Vec<PlacedWord>> {
        self.placed(line, step_line::split(line.get_ref()))
    }

    /// The same of words that may stand anywhere in a step.
    pub(super) fn part_of_line(&mut self, line: &Spanned<String>) -> Option<Vec<PlacedWord>> {
        self.placed(line, step_line::split_part(line.get_ref()))
    }

    fn placed(
        &mut self,
        line: &Spanned<String>,
        words: Result<Vec<PlacedWord>, Vec<Finding>>,
    ) -> Option<Vec<PlacedWord>> {
        let raw = self.source.get(line.span()).unwrap_or_default();
        let offset = if line.get_ref().is_empty() { None } else { raw.find(line.get_ref().as_str()) };
        let place = |span: Range<usize>| match offset {
            Some(offset) => line.span().start + offset + span.start..line.span().start + offset + span.end,
            None => line.span(),
        };
        match words {
            Ok(words) => Some(words.into_iter().map(|(word, span)| (word, place(span))).collect()),
            Err(errors) => {
                self.found.extend(errors.into_iter().map(|error| {
                    let span = place(error.span());
                    error.at(span)
                }));
                None
            }
        }
    }
}

/// A script without the blanks that all of its lines begin with, and without the empty lines around it.
fn script(text: &str) -> String {
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = text.lines().filter(|line| !line.trim().is_empty()).map(depth).min().unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(|line| line.get(least..).unwrap_or_default()).collect();
    lines.join("\n").trim_start_matches('\n').trim_end().to_owned()
}
