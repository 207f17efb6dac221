//! What is kept of a project between runs, in a folder of its own below the system's state folder. It is never inside
//! the project, so no build sends it and no image contains it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::project::root::TaskFile;
use crate::system::environment::Environment;
use crate::system::lock::{Alone, Held, Turn};
use crate::system::{drafts, files, paths, permission};
use crate::ui::problem::Problem;

/// The file that says whose state it is: the project's folder, and a mark of its tasks.toml.
const PROJECT: &str = "project";

/// How long another run may change it: it takes milliseconds, unless that run was stopped (Ctrl-Z).
const TURN: Duration = Duration::from_secs(30);

/// A project's folder, whether it is there or not.
#[derive(Clone, Debug)]
pub struct State {
    pub folder: PathBuf,
    /// The content of the file that says whose it is.
    project: String,
    /// Where it still is, for a project that has moved. `adopt` moves it here: a command that only looks moves nothing.
    moved_from: Option<PathBuf>,
    /// For a project without one: the state of a project of the same name that is gone from its folder. It may have been
    /// this one.
    pub perhaps: Option<Gone>,
}

/// The state of a project that is gone from its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Where the project was.
    pub root: PathBuf,
    /// Where its state is.
    pub folder: PathBuf,
    tasks: String,
}

/// The variable that names another place than the home folder.
const VARIABLE: Option<&str> = if cfg!(windows) {
    Some("LOCALAPPDATA")
} else if cfg!(target_os = "macos") {
    None
} else {
    Some("XDG_STATE_HOME")
};

/// The variable of the home folder.
const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

impl State {
    /// The state of a project, or why there is no place for it. A project that has moved gets its state back: when the
    /// folder that it was kept for is gone, and tasks.toml is the same.
    pub fn of(file: &TaskFile, environment: &Environment) -> Result<State, String> {
        let (base, root, tasks) = (base(environment)?, file.root(), mark(&file.source));
        if paths::is_really_in(&base, root) {
            return Err(format!("`{}` is in the project, where builds would take it along", base.display()));
        }
        let folder = base.join(folder_name(root));
        let gone = if folder.is_dir() { Vec::new() } else { gone(&base) };
        let moved_from = gone.iter().find(|gone| gone.tasks == tasks).map(|gone| gone.folder.clone());
        let mut perhaps = gone.into_iter().filter(|_| moved_from.is_none());
        let perhaps = perhaps.find(|gone| gone.root.file_name() == root.file_name());
        Ok(State { folder, project: format!("{}\n{tasks}\n", root.display()), moved_from, perhaps })
    }

    /// What to type so that there is another place.
    pub fn another_place() -> String {
        let variable = VARIABLE.unwrap_or(HOME);
        match cfg!(windows) {
            true => format!("name one: $env:{variable} = 'C:\\a\\folder'"),
            false => format!("name one: export {variable}=/a/folder"),
        }
    }

    /// The file of a name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The content of a file; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// It is there and can't be read: what it says is never taken for nothing.
    pub fn read(&self, name: &str) -> Result<Option<String>, Problem> {
        let path = self.here().join(name);
        match text(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(permission::problem("read", &path, &error)),
        }
    }

    /// The folder that it is read from.
    fn here(&self) -> &Path {
        match &self.moved_from {
            Some(from) if !self.folder.is_dir() => from,
            _ => &self.folder,
        }
    }

    /// The names of its files.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.here()).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// A file as it is, for as long as we or what we start use it. `None` if it is not there or says something else.
    pub fn held(&self, name: &str, text: &str) -> Option<Held> {
        let held = Held::with_children(&self.path(name)).ok().flatten()?;
        (self.read(name).ok().flatten().as_deref() == Some(text)).then_some(held)
    }

    /// Waits until no other run changes it. Takes over the state of a project that has moved here.
    ///
    /// # Errors
    ///
    /// It can't be written.
    pub fn change(&self) -> Result<Changing<'_>, Problem> {
        let base = self.folder.parent().unwrap_or(&self.folder);
        let turn = fs::create_dir_all(base).and_then(|()| Alone::wait(&self.lock(), TURN));
        let turn = turn.map_err(|error| permission::problem("write", &self.folder, &error))?;
        let changing = Changing { state: self, _turn: turn };
        match self.here() {
            here if here == self.folder => {}
            from => {
                fs::rename(from, &self.folder).map_err(|error| permission::problem("move", from, &error))?;
                changing.write_project()?;
            }
        }
        self.remove_left();
        Ok(changing)
    }

    /// Removes what a killed run left here: its lock, and its drafts.
    pub fn remove_left(&self) {
        let _ = Alone::left(&self.lock()).map(Alone::remove);
        drafts::remove_all_left(&self.folder);
    }

    /// The file that is there while a run changes it.
    fn lock(&self) -> PathBuf {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        self.folder.with_file_name(format!(".{name}.lock"))
    }
}

/// A project's state while nobody else changes it.
pub struct Changing<'a> {
    state: &'a State,
    _turn: Turn,
}

impl Changing<'_> {
    /// Writes a file, whole or not at all, and the folder before it.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Problem> {
        self.write_project()?;
        self.replace(name, text)
    }

    /// Fails if this text could not be written later, or for an empty one, a file not removed.
    pub fn check_writable(&self, text: &str) -> Result<(), Problem> {
        if text.is_empty() && !self.state.folder.is_dir() {
            return Ok(());
        }
        let path = self.state.path(PROJECT);
        drafts::draft(&path, text.as_bytes()).map(drop).map_err(|error| permission::problem("write", &path, &error))
    }

    /// Removes a file, if it is there.
    pub fn remove(&self, name: &str) -> Result<(), Problem> {
        let path = self.state.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(permission::problem("remove", &path, &error)),
            _ => Ok(()),
        }
    }

    /// The same for a file that another run may use: then it stays.
    pub fn remove_unless_held(&self, name: &str) -> Result<(), Problem> {
        match Alone::left(&self.state.path(name)) {
            Some(alone) => {
                let path = self.state.path(name);
                alone.remove().map_err(|error| permission::problem("remove", &path, &error))
            }
            None => Ok(()),
        }
    }

    /// Says whose state it is.
    fn write_project(&self) -> Result<(), Problem> {
        if self.state.read(PROJECT)?.as_ref() == Some(&self.state.project) {
            return Ok(());
        }
        self.replace(PROJECT, &self.state.project)
    }

    fn replace(&self, name: &str, text: &str) -> Result<(), Problem> {
        let path = self.state.path(name);
        let written = drafts::draft(&path, text.as_bytes()).and_then(drafts::Draft::replace);
        written.map_err(|error| permission::problem("write", &path, &error))
    }
}

/// Removes a state folder that holds nothing else.
impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if self.state.names().iter().all(|name| name == PROJECT) {
            let _ = fs::remove_file(self.state.path(PROJECT));
            let _ = fs::remove_dir(&self.state.folder);
        }
    }
}

fn text(path: &Path) -> io::Result<String> {
    let bytes = files::bytes_up_to(path, files::LARGEST)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The states of projects that are gone from their folders.
fn gone(base: &Path) -> Vec<Gone> {
    let states = fs::read_dir(base).into_iter().flatten().flatten().filter_map(|entry| {
        let text = text(&entry.path().join(PROJECT)).ok()?;
        let (root, tasks) = text.trim_end().rsplit_once('\n')?;
        Some(Gone { root: root.into(), folder: entry.path(), tasks: tasks.to_owned() })
    });
    states.filter(|gone| !gone.root.exists()).collect()
}

/// The project's name for people, and a mark of its path for us.
fn folder_name(root: &Path) -> String {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{name}-{}", &mark(&root.to_string_lossy())[..8])
}

/// Where the system wants programs to keep a person's state (XDG base directories; `%LOCALAPPDATA%` on Windows;
/// `~/Library/Application Support` on macOS). The error says why there is no such place.
pub fn base(environment: &Environment) -> Result<PathBuf, String> {
    let named = VARIABLE.and_then(|name| environment.get(name)).map(PathBuf::from);
    // A relative one is to be ignored (XDG base directories).
    if let Some(named) = named.filter(|dir| dir.is_absolute()) {
        return Ok(named.join("xtask"));
    }
    let home = environment.home().ok_or_else(|| format!("there is no home folder ({HOME} is not set)"))?;
    // The dot: whether we may look into it.
    if !home.is_absolute() || !home.join(".").is_dir() {
        return Err(format!("there is no home folder ({HOME} is `{}`)", home.display()));
    }
    let below: &[&str] = match cfg!(windows) {
        true => &["AppData", "Local"],
        false if cfg!(target_os = "macos") => &["Library", "Application Support"],
        false => &[".local", "state"],
    };
    Ok(below.iter().fold(home, |folder, name| folder.join(name)).join("xtask"))
}

/// A short mark of a text (FNV-1a; it tells texts apart and is no protection).
pub fn mark(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}
