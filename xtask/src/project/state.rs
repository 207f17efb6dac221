//! What is kept of a project between runs, in a folder of its own below the system's state folder. It never lies in the
//! project, so no build sends it and no image contains it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::system::environment::Environment;
use crate::system::files;

/// The file that says whose state it is: the project's folder, and a mark of its tasks.toml.
const PROJECT: &str = "project";
const TASKS: &str = "tasks.toml";

/// A project's folder, whether it is there or not.
#[derive(Clone, Debug)]
pub struct State {
    pub folder: PathBuf,
    root: PathBuf,
    /// Where it still lies, for a project that has moved. `adopt` brings it here: who only looks moves nothing.
    moved_from: Option<PathBuf>,
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

impl State {
    /// The state of the project at `root`; `None` if there is neither a home folder nor a variable that names another
    /// place. A project that has moved gets its state back: when the folder that it was kept for is gone, and tasks.toml
    /// is the same.
    pub fn of(root: &Path, environment: &Environment) -> Option<State> {
        let folder = base(environment)?.join(folder_name(root));
        let mut state = State { folder, root: root.to_owned(), moved_from: None };
        if !state.folder.is_dir() {
            let own = state.tasks();
            let same = state.gone().into_iter().find(|gone| !own.is_empty() && gone.tasks == own);
            state.moved_from = same.map(|gone| gone.folder);
        }
        Some(state)
    }

    /// The state of a project that may have been this one: nothing is kept for this one, and that one had its name and is
    /// gone from its folder.
    pub fn perhaps_moved(&self) -> Option<Gone> {
        if self.folder.is_dir() || self.moved_from.is_some() {
            return None;
        }
        self.gone().into_iter().find(|gone| gone.root.file_name() == self.root.file_name())
    }

    fn gone(&self) -> Vec<Gone> {
        let entries = self.folder.parent().map(fs::read_dir).into_iter().flatten().flatten().flatten();
        let states = entries.filter_map(|entry| {
            let text = fs::read_to_string(entry.path().join(PROJECT)).ok()?;
            let (root, tasks) = text.trim_end().rsplit_once('\n')?;
            Some(Gone { root: root.into(), folder: entry.path(), tasks: tasks.to_owned() })
        });
        states.filter(|gone| !gone.root.exists()).collect()
    }

    /// A mark of the project's tasks.toml; empty if it is called otherwise.
    fn tasks(&self) -> String {
        fs::read_to_string(self.root.join(TASKS)).map(|text| mark(&text)).unwrap_or_default()
    }

    /// The file of a name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What stands in a file; `None` if it is not there or is no text.
    pub fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.here().join(name)).ok()
    }

    /// Writes a file, whole or not at all, and the folder before it.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        self.adopt()?;
        self.write_project()?;
        files::draft(&self.path(name), text.as_bytes())?.replace()
    }

    /// The folder that it is read from.
    fn here(&self) -> &Path {
        let moved = self.moved_from.as_deref().filter(|_| !self.folder.is_dir());
        moved.unwrap_or(&self.folder)
    }

    /// Takes over the state of a project that has moved here. Does nothing for others.
    pub fn adopt(&self) -> io::Result<()> {
        match &self.moved_from {
            Some(from) if !self.folder.is_dir() => fs::rename(from, &self.folder).and_then(|()| self.write_project()),
            _ => Ok(()),
        }
    }

    /// Says whose state it is.
    fn write_project(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let project = format!("{}\n{}\n", self.root.display(), self.tasks());
        if self.read(PROJECT).as_ref() == Some(&project) {
            return Ok(());
        }
        files::draft(&self.path(PROJECT), project.as_bytes())?.replace()
    }

    /// The names of its files.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.here()).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Removes a file, if it is there, and the folder when nothing else is left in it.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.path(name));
        if self.names() == [PROJECT] {
            let _ = fs::remove_file(self.path(PROJECT));
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// The project's name for people, and a mark of its path for us.
fn folder_name(root: &Path) -> String {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{name}-{}", &mark(&root.to_string_lossy())[..8])
}

/// Where the system keeps what programs keep of a person's (XDG base directories; `%LOCALAPPDATA%` on Windows;
/// `~/Library/Application Support` on macOS).
fn base(environment: &Environment) -> Option<PathBuf> {
    let named = |name: &str| environment.get(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let base = if cfg!(windows) {
        named("LOCALAPPDATA").or_else(|| Some(environment.home()?.join("AppData").join("Local")))
    } else if cfg!(target_os = "macos") {
        Some(environment.home()?.join("Library").join("Application Support"))
    } else {
        named("XDG_STATE_HOME").or_else(|| Some(environment.home()?.join(".local").join("state")))
    };
    Some(base?.join("xtask"))
}

/// A short mark of a text (FNV-1a; it tells texts apart and protects from nothing).
pub fn mark(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}
