//! Compose's files, read without compose: one tree of all of them, as `docker compose config` merges them. What they
//! include and extend is read too. The rules are those of compose 2.40 (compose-go 2.9).

mod canonical;
mod extends;
mod include;
mod merge;
mod resources;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use crate::compose::env_file;
use crate::compose::interpolate::{self, Filler, Unfilled};
use crate::compose::yaml::{self, Document, Mistake};
use crate::system::environment::Environment;
use crate::system::{files, paths};

/// Why compose's files can't be read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file, as a person there would type it; empty when none is to blame.
    pub file: String,
    pub line: Option<usize>,
    pub why: String,
    /// Whether a file is past our bound, so that compose must not be asked either: it has none, and takes all memory.
    pub too_much: bool,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => f.write_str(&self.why),
            (file, Some(line)) => write!(f, "`{file}`, line {line}: {}", self.why),
            (file, None) => write!(f, "`{file}`: {}", self.why),
        }
    }
}

/// The variables that compose fills in.
#[derive(Clone, Debug)]
pub struct Variables {
    own: Environment,
    /// Those that only files set.
    added: BTreeMap<String, String>,
    /// Leave each as `${NAME}`.
    as_written: bool,
    /// A text whose variables can't be filled in stays as it is written.
    is_tolerant: bool,
    /// All copies share it.
    met: Arc<Mutex<Met>>,
}

/// What was met on reading files, also where that failed.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// The names of the variables that the files use.
    pub used: BTreeSet<String>,
    /// The files, with what they include and extend.
    pub files: BTreeSet<PathBuf>,
    /// The files that set their variables.
    pub env_files: BTreeSet<PathBuf>,
}

impl Variables {
    /// The variables that are set, before any file is read.
    pub fn new(own: &Environment) -> Variables {
        Variables {
            own: own.clone(),
            added: BTreeMap::new(),
            as_written: false,
            is_tolerant: false,
            met: Arc::default(),
        }
    }

    /// The same, with each left as it is written.
    pub fn left_as_written(self) -> Variables {
        Variables { as_written: true, is_tolerant: true, ..self }
    }

    /// The same, but a text whose variables can't be filled in stays as it is written.
    pub fn filled_where_possible(self) -> Variables {
        Variables { is_tolerant: true, ..self }
    }

    pub fn get(&self, name: &str) -> Option<String> {
        if self.as_written {
            return Some(format!("${{{name}}}"));
        }
        self.value(name)
    }

    fn value(&self, name: &str) -> Option<String> {
        if let Ok(mut met) = self.met.lock() {
            met.used.insert(name.to_owned());
        }
        self.own.text(name).or_else(|| self.added.get(name).cloned())
    }

    /// What was met so far.
    pub fn met(&self) -> Met {
        self.met.lock().map(|met| met.clone()).unwrap_or_default()
    }

    /// Sets a variable, unless it is set.
    pub fn add(&mut self, name: &str, value: &str) {
        self.added.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    /// Adds what the `.env` of a folder sets, if it has one.
    pub fn add_file_beside(&mut self, dir: &Path, shown_from: &Path) -> Result<(), Unreadable> {
        let file = dir.join(".env");
        // Compose takes no notice of a folder of that name.
        if file.exists() && !file.is_dir() { self.add_files(&[file], shown_from) } else { Ok(()) }
    }

    /// Adds what these files set, the later ones over the earlier ones.
    pub fn add_files(&mut self, env_files: &[PathBuf], shown_from: &Path) -> Result<(), Unreadable> {
        let mut set: BTreeMap<String, String> = BTreeMap::new();
        for file in env_files {
            if let Ok(mut met) = self.met.lock() {
                met.env_files.insert(file.clone());
            }
            // Compose takes other bytes than UTF-8 there.
            let text = files::lossy_up_to(file, yaml::LARGEST).map_err(|error| unread(file, shown_from, error))?;
            let own = |name: &str| self.value(name);
            set = env_file::read(&text, own, set).map_err(|mistake| of_mistake(file, shown_from, mistake))?;
        }
        for (name, value) in set {
            self.add(&name, &value);
        }
        Ok(())
    }
}

fn at(file: &Path, shown_from: &Path, line: Option<usize>, why: impl Into<String>) -> Unreadable {
    Unreadable { file: paths::shown_from(shown_from, file), line, why: why.into(), too_much: false }
}

fn of_mistake(file: &Path, shown_from: &Path, mistake: Mistake) -> Unreadable {
    Unreadable { too_much: mistake.too_much, ..at(file, shown_from, mistake.line, mistake.why) }
}

/// The text of a file of compose's.
fn text_of(file: &Path, shown_from: &Path) -> Result<String, Unreadable> {
    files::text_up_to(file, yaml::LARGEST).map_err(|error| unread(file, shown_from, error))
}

fn unread(file: &Path, shown_from: &Path, error: files::Unread) -> Unreadable {
    Unreadable { too_much: error.has_no_bound, ..at(file, shown_from, None, error.why) }
}

/// How many files one call reads at most, and how many bytes of them: each service that extends another file's reads that
/// file.
const MOST_FILES: usize = 500;
const MOST_BYTES: usize = 16 << 20;
/// How many nodes they have together (as `yaml::nodes` counts), with those that services get from others.
const MOST_NODES: usize = 2_000_000;

/// What files say together.
pub struct Loader<'a> {
    /// The folder that names of files are shown from.
    shown_from: &'a Path,
    files_left: usize,
    bytes_left: usize,
    nodes_left: usize,
    /// How much text their variables may become.
    text_left: usize,
}

/// The tree of one file or more.
pub type Tree = Map<String, Value>;

/// Where a file is read: the folder that its paths are from, its variables, and the files that led to it.
#[derive(Clone, Copy)]
struct Place<'a> {
    dir: &'a Path,
    variables: &'a Variables,
    through: &'a [PathBuf],
}

impl<'a> Loader<'a> {
    pub fn new(shown_from: &'a Path) -> Loader<'a> {
        Loader {
            shown_from,
            files_left: MOST_FILES,
            bytes_left: MOST_BYTES,
            nodes_left: MOST_NODES,
            text_left: interpolate::LARGEST,
        }
    }

    /// Reads files, each over those before it. `dir`: the folder that their paths are from.
    ///
    /// # Errors
    ///
    /// The first file that can't be read, and why.
    pub fn load(&mut self, files: &[PathBuf], dir: &Path, variables: &Variables) -> Result<Tree, Unreadable> {
        let mut tree = self.files(files, Place { dir, variables, through: &[] })?;
        canonical::set_defaults(&mut tree, variables);
        Ok(tree)
    }

    fn files(&mut self, files: &[PathBuf], place: Place<'_>) -> Result<Tree, Unreadable> {
        let mut tree = Tree::new();
        for file in files {
            for Document { value, cleared } in self.documents(file, place.variables)? {
                let mut own = self.top(file, value)?;
                self.extend_services(&mut own, file, place, &cleared)?;
                merge::clear(&mut tree, &cleared);
                let through: Vec<PathBuf> = place.through.iter().chain([file]).cloned().collect();
                self.include(&mut own, file, Place { through: &through, ..place })?;
                tree = merge::maps(tree, own, &[]);
                canonical::expand(&mut tree);
            }
        }
        resources::resolve_paths(&mut tree, place.dir, place.variables);
        Ok(tree)
    }

    /// The documents of a file, with their variables filled in.
    fn documents(&mut self, file: &Path, variables: &Variables) -> Result<Vec<Document>, Unreadable> {
        let files_left = self.files_left.checked_sub(1);
        self.files_left = files_left.ok_or_else(|| self.too_much(file, format!("{MOST_FILES} files")))?;
        let text = text_of(file, self.shown_from)?;
        if let Ok(mut met) = variables.met.lock() {
            met.files.insert(file.to_owned());
        }
        let bytes_left = self.bytes_left.checked_sub(text.len());
        self.bytes_left = bytes_left.ok_or_else(|| self.too_much(file, format!("{} MB", MOST_BYTES >> 20)))?;
        let mut documents = yaml::documents(&text).map_err(|mistake| of_mistake(file, self.shown_from, mistake))?;
        let value = |name: &str| variables.get(name);
        // All files together have one bound.
        let mut filler = Filler::new(&value);
        filler.left = self.text_left;
        filler.is_tolerant = variables.is_tolerant;
        for document in &mut documents {
            filler.fill_all(&mut document.value).map_err(|(path, why)| Unreadable {
                too_much: why == Unfilled::TooMuch,
                ..self.at(file, format!("{}, in `{path}`", why.why()))
            })?;
            self.take(file, &document.value)?;
        }
        self.text_left = filler.left;
        Ok(documents)
    }

    /// Counts what is kept.
    fn take(&mut self, file: &Path, value: &Value) -> Result<(), Unreadable> {
        let nodes_left = self.nodes_left.checked_sub(yaml::nodes(value));
        self.nodes_left = nodes_left.ok_or_else(|| self.too_much(file, format!("{MOST_NODES} values")))?;
        Ok(())
    }

    fn too_much(&self, file: &Path, most: String) -> Unreadable {
        Unreadable { too_much: true, ..self.at(file, format!("more than {most} are included and extended")) }
    }

    fn top(&self, file: &Path, value: Value) -> Result<Tree, Unreadable> {
        match value {
            Value::Object(map) => Ok(map),
            _ => Err(self.at(file, "it has no keys at its top")),
        }
    }

    fn at(&self, file: &Path, why: impl Into<String>) -> Unreadable {
        at(file, self.shown_from, None, why)
    }
}

/// Whether compose would fetch it from elsewhere: by git, also as `NAME@HOST:PATH`, or from a registry (2.40).
pub fn is_elsewhere(path: &str) -> bool {
    let is_by_ssh = || {
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let place = path.split_once('@').and_then(|(name, rest)| Some((name, rest.split_once(':')?.0)));
        place.is_some_and(|(name, host)| is_name(name) && is_name(host))
    };
    path.contains("://") || path.starts_with("github.com/") || is_by_ssh()
}
