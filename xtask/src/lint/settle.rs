//! Applies fixes until nothing changes: each round looks again at what the last one left.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::dockerfile::context::Texts;
use crate::dockerfile::edit::{self, Edit};
use crate::dockerfile::model::Dockerfile;
use crate::lint::Judged;
use crate::lint::fix::{Fix, Safety};

/// More rounds than fixes that make room for others need. A file that still changes then is not changed at all.
const MOST_ROUNDS: usize = 100;

/// What became of the files.
pub struct Settled {
    /// What the files will hold: those that change.
    pub texts: Texts,
    /// What they hold; nothing for one that is not there.
    pub old: HashMap<PathBuf, Option<String>>,
    /// How many fixes were applied.
    pub fixed: usize,
    /// What can't be changed, as shown, and why.
    pub refused: BTreeMap<String, String>,
}

/// The files as they are.
pub struct Disk<'a> {
    /// What one holds; `None` if it is not there.
    pub text: &'a dyn Fn(&Path) -> Result<Option<String>, String>,
    pub shown: &'a dyn Fn(&Path) -> String,
}

/// Applies the fixes of what `look` finds, until it finds none that can be applied. `look` gets what files will hold.
pub fn settle(with_unsafe: bool, look: impl Fn(&Texts) -> Vec<Judged>, disk: &Disk<'_>) -> Settled {
    let settled = Settled { texts: Texts::new(), old: HashMap::new(), fixed: 0, refused: BTreeMap::new() };
    let mut files = Files { settled, fixes: HashMap::new(), left: HashSet::new(), with_unsafe, disk };
    loop {
        for round in 0..=MOST_ROUNDS {
            let changed = files.round(&look(&files.settled.texts));
            if changed.is_empty() {
                files.settled.fixed = files.fixes.values().sum();
                return files.settled;
            }
            if round == MOST_ROUNDS {
                for path in changed {
                    files.leave(path, format!("its fixes find no end in {MOST_ROUNDS} rounds; please report this"));
                }
            }
        }
    }
}

struct Files<'a> {
    settled: Settled,
    /// How many were applied to each file.
    fixes: HashMap<PathBuf, usize>,
    /// Those that are not changed.
    left: HashSet<PathBuf>,
    with_unsafe: bool,
    disk: &'a Disk<'a>,
}

impl Files<'_> {
    /// Applies what can be applied at once. Gives the files that changed.
    fn round(&mut self, found: &[Judged]) -> Vec<PathBuf> {
        let mut of_files: Vec<(PathBuf, Vec<&Fix>)> = Vec::new();
        for judged in found {
            let Some(fix) = judged.fix.as_ref().filter(|fix| self.with_unsafe || fix.safety == Safety::Safe) else {
                continue;
            };
            let Some(path) = fix.file.as_ref().or(judged.path.as_ref()) else {
                let why = "it stands in the compose file: change it there";
                self.settled.refused.insert(judged.shown.clone(), why.to_owned());
                continue;
            };
            match of_files.iter_mut().find(|(other, _)| other == path) {
                Some((_, fixes)) => fixes.push(fix),
                None => of_files.push((path.clone(), vec![fix])),
            }
        }
        let mut changed = Vec::new();
        for (path, fixes) in of_files.into_iter().filter(|(path, _)| !self.left.contains(path)).collect::<Vec<_>>() {
            match self.current(&path) {
                Err(why) => self.leave(path, why),
                Ok(old) => {
                    let (new, count) = applied(&old, &fixes);
                    if count > 0 {
                        self.settled.texts.insert(path.clone(), new);
                        *self.fixes.entry(path.clone()).or_default() += count;
                        changed.push(path);
                    }
                }
            }
        }
        changed
    }

    /// What a file holds by now.
    fn current(&mut self, path: &Path) -> Result<String, String> {
        if let Some(text) = self.settled.texts.get(path) {
            return Ok(text.clone());
        }
        let old = (self.disk.text)(path)?;
        self.settled.old.insert(path.to_owned(), old.clone());
        Ok(old.unwrap_or_default())
    }

    fn leave(&mut self, path: PathBuf, why: String) {
        self.settled.texts.remove(&path);
        self.fixes.remove(&path);
        self.settled.refused.insert((self.disk.shown)(&path), why);
        self.left.insert(path);
    }
}

/// A text after as many of these fixes as can be applied at once, in their order, and how many that are.
fn applied(text: &str, fixes: &[&Fix]) -> (String, usize) {
    let mut taken: Vec<Edit> = Vec::new();
    let mut count = 0;
    for fix in fixes {
        if fits(text, &fix.edits, &taken) {
            taken.extend(fix.edits.iter().cloned());
            count += 1;
        }
    }
    let new = with_edits(text, taken);
    if is_good(text, &new) {
        return (new, count);
    }
    // One of them is wrong: one after the other shows which.
    let (mut taken, mut new, mut count) = (Vec::new(), text.to_owned(), 0);
    for fix in fixes {
        if fits(text, &fix.edits, &taken) {
            let more: Vec<Edit> = taken.iter().chain(&fix.edits).cloned().collect();
            let next = with_edits(text, more.clone());
            if is_good(&new, &next) {
                (taken, new, count) = (more, next, count + 1);
            }
        }
    }
    (new, count)
}

/// Whether edits are possible beside those that were taken: they change something, lie in the text and touch no other.
fn fits(text: &str, edits: &[Edit], taken: &[Edit]) -> bool {
    let is_in = |edit: &Edit| {
        edit.span.start <= edit.span.end && text.get(edit.span.clone()).is_some_and(|old| old != edit.text)
    };
    let is_apart = |one: &Edit, other: &Edit| one.span.end < other.span.start || other.span.end < one.span.start;
    let in_order = edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
    !edits.is_empty()
        && in_order
        && edits.iter().all(|edit| is_in(edit) && taken.iter().all(|other| is_apart(edit, other)))
}

/// A Dockerfile stays one.
fn is_good(old: &str, new: &str) -> bool {
    old != new && (Dockerfile::parse(new).is_ok() || Dockerfile::parse(old).is_err())
}

/// New lines end as those of the text do.
fn with_edits(text: &str, mut edits: Vec<Edit>) -> String {
    let first = text.find('\n');
    if first.is_some_and(|at| text[..at].ends_with('\r')) {
        edits.iter_mut().for_each(|edit| edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n"));
    }
    edits.sort_by_key(|edit| edit.span.start);
    edit::apply(text, &edits)
}

#[cfg(test)]
pub mod any_dockerfile;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::finding::Finding;

    fn edit(span: std::ops::Range<usize>, text: &str) -> Edit {
        Edit { span, text: text.to_owned() }
    }

    fn judged(path: Option<&str>, fix: Fix) -> Judged {
        let shown = path.unwrap_or("inline").to_owned();
        Judged { finding: Finding::warning("rule", "x"), fix: Some(fix), shown, path: path.map(PathBuf::from) }
    }

    /// Settles a file `f` whose fixes come from its text.
    fn settled(text: &str, look: impl Fn(&str) -> Vec<Fix>) -> Settled {
        let of = |texts: &Texts| {
            let text = texts.get(Path::new("f")).map_or(text, String::as_str);
            look(text).into_iter().map(|fix| judged(Some("f"), fix)).collect()
        };
        disk(true, of, |_| Ok(Some(text.to_owned())))
    }

    fn disk(
        with_unsafe: bool,
        look: impl Fn(&Texts) -> Vec<Judged>,
        text: impl Fn(&Path) -> Result<Option<String>, String>,
    ) -> Settled {
        settle(with_unsafe, look, &Disk { text: &text, shown: &|path| path.display().to_string() })
    }

    fn new(settled: &Settled) -> Option<&str> {
        settled.texts.get(Path::new("f")).map(String::as_str)
    }

    #[test]
    fn fixes_that_touch_are_applied_one_round_after_the_other() {
        let one_by_one = |text: &str| {
            let places = text.match_indices('a');
            places.map(|(at, _)| Fix::new(Safety::Safe, vec![edit(at..at + 1, "b")])).collect()
        };
        let settled = settled("FROM aaXa\n", one_by_one);
        assert_eq!((new(&settled), settled.fixed), (Some("FROM bbXb\n"), 3));
        assert!(settled.refused.is_empty());
    }

    #[test]
    fn a_fix_after_which_it_is_no_dockerfile_is_left_out() {
        let look = |text: &str| match text.contains("x") {
            true => {
                vec![Fix::new(Safety::Safe, vec![edit(0..4, "FRM")]), Fix::new(Safety::Safe, vec![edit(5..6, "y")])]
            }
            false => vec![Fix::new(Safety::Safe, vec![edit(0..4, "")])],
        };
        let settled = settled("FROM x\n", look);
        assert_eq!((new(&settled), settled.fixed), (Some("FROM y\n"), 1));
    }

    #[test]
    fn fixes_that_undo_each_other_change_nothing() {
        let look = |text: &str| {
            let other = if text.contains('x') { "y" } else { "x" };
            vec![Fix::new(Safety::Safe, vec![edit(5..6, other)])]
        };
        let settled = settled("FROM x\n", look);
        assert_eq!((new(&settled), settled.fixed), (None, 0));
        assert_eq!(settled.refused.len(), 1);
    }

    #[test]
    fn edits_outside_of_the_text_and_without_effect_are_none() {
        let look = |_: &str| {
            let edits = [vec![edit(5..6, "x")], vec![edit(90..91, "")], vec![edit(6..7, "é"), edit(5..6, "")], vec![]];
            edits.map(|edits| Fix::new(Safety::Safe, edits)).into()
        };
        assert_eq!(new(&settled("FROM x\n", look)), None);
    }

    #[test]
    fn new_lines_end_as_those_of_the_file() {
        let look = |text: &str| match text.contains("RUN") {
            true => Vec::new(),
            false => vec![Fix::new(Safety::Safe, vec![edit(text.len()..text.len(), "RUN a\nRUN b\n")])],
        };
        let text = "\u{feff}FROM x\r\n";
        assert_eq!(new(&settled(text, look)), Some("\u{feff}FROM x\r\nRUN a\r\nRUN b\r\n"));
    }

    #[test]
    fn unsafe_fixes_files_of_their_own_and_what_cannot_be_changed() {
        let look = |texts: &Texts| {
            let add = |safety, file: Option<&str>| Fix {
                safety,
                file: file.map(PathBuf::from),
                edits: vec![edit(0..0, "x\n")],
            };
            match texts.is_empty() {
                true => vec![
                    judged(Some("f"), add(Safety::Unsafe, None)),
                    judged(Some("f"), add(Safety::Safe, Some("new"))),
                    judged(Some("bad"), add(Safety::Safe, None)),
                    judged(None, add(Safety::Safe, None)),
                ],
                false => Vec::new(),
            }
        };
        let text = |path: &Path| match path.to_str() {
            Some("new") => Ok(None),
            Some("bad") => Err("line 1 is not UTF-8".to_owned()),
            _ => Ok(Some("FROM x\n".to_owned())),
        };
        let settled = disk(false, look, text);
        assert_eq!(settled.texts, [(PathBuf::from("new"), "x\n".to_owned())].into());
        let refused: Vec<String> = settled.refused.iter().map(|(file, why)| format!("{file}: {why}")).collect();
        assert_eq!(refused, ["bad: line 1 is not UTF-8", "inline: it stands in the compose file: change it there"]);
    }
}
