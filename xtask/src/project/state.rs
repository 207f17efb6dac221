//! What is kept of a project between runs, in a folder of its own below the system's state folder. It is never inside
//! the project, so no build sends it and no image contains it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::project::root::TaskFile;
use crate::system::environment::Environment;
use crate::system::files;

/// The file that says whose state it is: the project's folder, and a mark of its tasks.toml.
const PROJECT: &str = "project";

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

impl State {
    /// The state of a project; `None` if there is neither a home folder nor a variable that names another place. A project
    /// that has moved gets its state back: when the folder that it was kept for is gone, and tasks.toml is the same.
    pub fn of(file: &TaskFile, environment: &Environment) -> Option<State> {
        let (base, root, tasks) = (base(environment)?, file.root(), mark(&file.source));
        let folder = base.join(folder_name(root));
        let gone = if folder.is_dir() { Vec::new() } else { gone(&base) };
        let moved_from = gone.iter().find(|gone| gone.tasks == tasks).map(|gone| gone.folder.clone());
        let mut perhaps = gone.into_iter().filter(|_| moved_from.is_none());
        let perhaps = perhaps.find(|gone| gone.root.file_name() == root.file_name());
        Some(State { folder, project: format!("{}\n{tasks}\n", root.display()), moved_from, perhaps })
    }

    /// The file of a name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The content of a file; `None` if it is missing or not text.
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
        match &self.moved_from {
            Some(from) if !self.folder.is_dir() => from,
            _ => &self.folder,
        }
    }

    /// Takes over the state of a project that has moved here. Does nothing for others.
    pub fn adopt(&self) -> io::Result<()> {
        match self.here() {
            here if here == self.folder => Ok(()),
            from => fs::rename(from, &self.folder).and_then(|()| self.write_project()),
        }
    }

    /// Says whose state it is.
    fn write_project(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        if self.read(PROJECT).as_ref() == Some(&self.project) {
            return Ok(());
        }
        files::draft(&self.path(PROJECT), self.project.as_bytes())?.replace()
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

/// The states of projects that are gone from their folders.
fn gone(base: &Path) -> Vec<Gone> {
    let states = fs::read_dir(base).into_iter().flatten().flatten().filter_map(|entry| {
        let text = fs::read_to_string(entry.path().join(PROJECT)).ok()?;
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

/// A short mark of a text (FNV-1a; it tells texts apart and is no protection).
pub fn mark(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}
