//! What the comparison came to, as text and as JSON.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::files;
use crate::ui::escape::one_line;
use crate::ui::secret::{SHORTEST, is_harmless, is_secret};
use crate::ui::style::{Paint as _, Styles};
use crate::ui::text::{and_list, count};

use super::compare::Verdict;
use super::difference::{Difference, Line};
use super::shown;

/// A target and its task.
#[derive(Debug)]
pub struct Row {
    /// Empty: the Makefile has none of the task's name.
    target: String,
    task: Option<String>,
    verdict: Verdict,
}

/// What make does not show.
const NOT_SEEN: &str = "not seen: `-` before a line of a recipe, and what depends on files that are not there now";

impl Row {
    pub fn new(target: &str, task: Option<&str>, verdict: Verdict) -> Row {
        Row { target: target.to_owned(), task: task.map(str::to_owned), verdict }
    }

    fn word(&self) -> &'static str {
        match &self.verdict {
            Verdict::Same => "same",
            Verdict::Wrapped => "wrapped",
            Verdict::Different(differences) if differences.iter().any(|one| one.removes) => "error",
            Verdict::Different(_) => "different",
            Verdict::MakeFailed(_) => "make failed",
            Verdict::NotCompared(_) => "not compared",
            Verdict::NoTask => "no task",
            Verdict::NoTarget => "no target",
        }
    }

    fn name(&self) -> String {
        match &self.task {
            Some(task) if self.target.is_empty() || *task == self.target => task.clone(),
            Some(task) => format!("{} ({task})", self.target),
            None => self.target.clone(),
        }
    }
}

/// Prints all of it. The code: 1 if anything differs, or make fails.
pub fn print(context: &Context, root: &str, makefile: &str, rows: &[Row], as_json: bool) -> Exit {
    let differs = rows.iter().any(|row| matches!(row.verdict, Verdict::Different(_) | Verdict::MakeFailed(_)));
    let shown = Shown { root, secrets: secrets(context, root, rows) };
    if as_json {
        context.ui.json(json!({ "makefile": makefile, "targets": rows.iter().map(|row| of_row(row, &shown)).collect::<Vec<Value>>() }));
    } else {
        context.ui.result(text(rows, &shown, &context.ui.out));
    }
    if differs { Exit::FINDINGS } else { Exit::DONE }
}

const WIDTH: usize = "not compared".len();

fn text(rows: &[Row], shown: &Shown<'_>, styles: &Styles) -> String {
    let mut text = String::new();
    let names = |is: fn(&Verdict) -> bool| -> Vec<String> {
        rows.iter().filter(|row| is(&row.verdict)).map(Row::name).collect()
    };
    let together: [(&str, Vec<String>); 4] = [
        ("same", names(|verdict| matches!(verdict, Verdict::Same))),
        ("wrapped", names(|verdict| matches!(verdict, Verdict::Wrapped))),
        ("no task", names(|verdict| matches!(verdict, Verdict::NoTask))),
        ("no target", names(|verdict| matches!(verdict, Verdict::NoTarget))),
    ];
    for (word, names) in together.iter().filter(|(_, names)| !names.is_empty()) {
        text.push_str(&format!("{:WIDTH$}  {}\n", word, one_line(names.join(", "))));
    }
    for row in rows {
        let (why, differences) = match &row.verdict {
            Verdict::Different(differences) => (String::new(), differences.as_slice()),
            Verdict::MakeFailed(why) | Verdict::NotCompared(why) => (format!(": {why}"), [].as_slice()),
            _ => continue,
        };
        let word = row.word();
        let style = if word == "error" { styles.error } else { styles.warning };
        let gap = " ".repeat(WIDTH - word.len());
        text.push_str(&format!("{}{gap}  {}\n", word.style(style), one_line(format!("{}{why}", row.name()))));
        for (at, difference) in differences.iter().enumerate() {
            // Where only values are others, it is the same once more.
            let is_new = !differences[..at].iter().any(|known| known.marks().eq(difference.marks()));
            if is_new {
                add_difference(difference, shown, styles, &mut text);
            }
        }
        let more = differences.len()
            - differences
                .iter()
                .enumerate()
                .filter(|(at, one)| !differences[..*at].iter().any(|known| known.marks().eq(one.marks())))
                .count();
        if more > 0 {
            text.push_str(&format!("  and alike with {}\n", count(more, "other value")));
        }
    }
    let of = |word: &str| rows.iter().filter(|row| row.word() == word).count();
    let words = ["same", "wrapped", "different", "error", "make failed", "not compared"];
    let counts: Vec<String> = words
        .iter()
        .map(|word| (of(word), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| match *word {
            "same" => format!("{count} the same"),
            "error" if count == 1 => "1 that removes something, with a difference".to_owned(),
            "error" => format!("{count} that remove something, with a difference"),
            word => format!("{count} {word}"),
        })
        .collect();
    let counts = if counts.is_empty() { "nothing to compare".to_owned() } else { and_list(&counts, "and") };
    format!("{text}\n{counts}\n{NOT_SEEN}")
}

fn add_difference(difference: &Difference, how: &Shown<'_>, styles: &Styles, text: &mut String) {
    let lines: Vec<(&str, String)> = difference.lines.iter().map(|line| marked(line, how)).collect();
    let with = with(difference, &lines);
    if !with.is_empty() {
        text.push_str(&format!("  with {}:\n", one_line(with)));
    }
    for (mark, shown) in lines {
        let line = one_line(format!("{mark} {shown}")).to_string();
        let line = match mark {
            "-" => line.style(styles.error),
            "+" => line.style(styles.name),
            _ => line,
        };
        text.push_str(&format!("  {line}\n"));
    }
}

/// What was typed, or the variables that are to be seen in the lines.
fn with(difference: &Difference, lines: &[(&str, String)]) -> String {
    if !difference.typed.is_empty() {
        return difference.typed.clone();
    }
    let is_seen = |(name, value): &&(String, String)| {
        lines.iter().any(|(_, line)| line.contains(value.as_str()) || line.contains(&format!("{name}=")))
    };
    let mut seen: Vec<&(String, String)> = difference.set.iter().filter(is_seen).collect();
    if seen.is_empty() {
        seen = difference.set.iter().collect();
    }
    let more = seen.len().saturating_sub(MOST);
    let shown = seen.iter().take(MOST).map(|(name, value)| format!("{name}={value}"));
    let shown = shown.collect::<Vec<_>>().join(" ");
    if more > 0 { format!("{shown} and {}", count(more, "more variable")) } else { shown }
}

/// How many variables are named.
const MOST: usize = 4;

/// How lines are shown.
struct Shown<'a> {
    /// The project's folder.
    root: &'a str,
    /// Values that are not printed, the longest first.
    secrets: Vec<String>,
}

/// The values of variables whose names mean a secret: make puts them into words.
fn secrets(context: &Context, root: &str, rows: &[Row]) -> Vec<String> {
    let differences = rows.iter().flat_map(|row| match &row.verdict {
        Verdict::Different(differences) => differences.as_slice(),
        _ => &[],
    });
    let items = differences.flat_map(|difference| &difference.lines).filter_map(|line| match line {
        Line::Both(item) | Line::Make(item) | Line::Ours(item) => item.place(),
        _ => None,
    });
    let of_items = items.flat_map(|place| place.env.clone());
    let all = of_items.chain(context.environment.all()).chain(of_files(context, root));
    let is_kept = |(name, value): &(String, String)| {
        is_secret(name) && !is_harmless(value) && value.chars().nth(SHORTEST - 1).is_some()
    };
    let mut secrets: Vec<String> = all.filter(is_kept).map(|(_, value)| value).collect();
    secrets.sort_by_key(|value| std::cmp::Reverse(value.len()));
    secrets.dedup();
    secrets
}

/// The variables of `.env` and of env files, as they are written and as make and compose read them.
fn of_files(context: &Context, root: &str) -> Vec<(String, String)> {
    let config = context.project.as_ref().map(|project| &project.config);
    let of_tasks = config.into_iter().flat_map(|config| {
        let settings = std::iter::once(&config.base).chain(config.modes.iter().map(|mode| &mode.setting));
        settings.flat_map(|setting| &setting.env_files).map(|file| file.path.get_ref().clone())
    });
    let paths = std::iter::once(".env".to_owned()).chain(of_tasks);
    let texts = paths.filter_map(|path| files::text_of(&Path::new(root).join(path)));
    let mut found = Vec::new();
    for text in texts {
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let name = name.trim_start_matches("export ").trim_end_matches([':', '?', ' ']).to_owned();
            let value = value.trim();
            let bare = value.trim_matches(['"', '\'']);
            let before_comment = value.split('#').next().unwrap_or_default().trim();
            for form in [value, bare, before_comment, &value.replace("$$", "$")] {
                found.push((name.clone(), form.to_owned()));
            }
        }
    }
    found
}

/// `-` is make's, `+` the task's.
fn marked(line: &Line, how: &Shown<'_>) -> (&'static str, String) {
    let variables = |variables| format!("# variables: {}", shown::variables(variables).trim_end());
    let (mark, shown) = match line {
        Line::Both(item) => (" ", shown::item(item, how.root)),
        Line::Make(item) => ("-", shown::item(item, how.root)),
        Line::Ours(item) => ("+", shown::item(item, how.root)),
        Line::MakesVariables(of_make) => ("-", variables(of_make)),
        Line::OurVariables(of_ours) => ("+", variables(of_ours)),
        Line::Note(text) => ("+", format!("# {text}")),
    };
    (mark, how.secrets.iter().fold(shown, |shown, secret| shown.replace(secret, "…")))
}

fn of_row(row: &Row, how: &Shown<'_>) -> Value {
    let (why, differences) = match &row.verdict {
        Verdict::Different(differences) => (None, differences.as_slice()),
        Verdict::MakeFailed(why) | Verdict::NotCompared(why) => (Some(why), [].as_slice()),
        _ => (None, [].as_slice()),
    };
    let of_difference = |difference: &Difference| {
        let lines = difference.lines.iter().map(|line| {
            let (mark, shown) = marked(line, how);
            json!({ "mark": mark, "line": shown })
        });
        let set: Map<String, Value> = difference.set.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({ "typed": difference.typed, "set": set, "removes": difference.removes, "lines": lines.collect::<Vec<Value>>() })
    };
    let differences: Vec<Value> = differences.iter().map(of_difference).collect();
    let target = (!row.target.is_empty()).then_some(&row.target);
    json!({ "target": target, "task": row.task, "result": row.word(), "why": why, "differences": differences })
}
