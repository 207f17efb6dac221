//! What xtask keeps of a project between two runs: a folder `.xtask` of its own, that git does not see and that no
//! build sends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::fresh::overlay_file as overlay;
use crate::fresh::values::Fresh;
use crate::system::environment::Environment;
use crate::system::files;

/// The folder's name in the project.
const FOLDER: &str = ".xtask";
/// The values of `build-fresh`.
const FRESH: &str = "fresh";
const GIT_IGNORE: &str = ".gitignore";

/// The folder, whether it is there or not.
#[derive(Clone, Debug)]
pub struct State {
    pub folder: PathBuf,
    /// Where the values lie that are kept: another folder when a build began to send that one.
    kept: Option<PathBuf>,
}

impl State {
    /// The folder of the project at `root`: `.xtask` beside tasks.toml, unless a build would send it. Then it lies with the
    /// person's own files of programs, so that no image gets it and no `COPY . .` runs again because of it. `is_sent` says
    /// whether a build sends a path.
    pub fn of(root: &Path, environment: &Environment, is_sent: impl Fn(&Path) -> bool) -> State {
        let own = root.join(FOLDER);
        let elsewhere = elsewhere(root, environment);
        let folder = match &elsewhere {
            Some(elsewhere) if is_sent(&own) => elsewhere.clone(),
            _ => own.clone(),
        };
        let is_kept = |place: &PathBuf| place.join(FRESH).is_file();
        let kept = [Some(folder.clone()), Some(own), elsewhere].into_iter().flatten().find(is_kept);
        State { folder, kept }
    }

    /// Whether anything is kept for the project at `root`.
    pub fn is_kept(root: &Path, environment: &Environment) -> bool {
        [Some(root.join(FOLDER)), elsewhere(root, environment)]
            .iter()
            .flatten()
            .any(|folder| folder.join(FRESH).is_file())
    }

    /// The kept values; none where nothing is kept or nobody can read it.
    pub fn fresh(&self) -> Fresh {
        let folder = self.kept.as_ref().unwrap_or(&self.folder);
        let text = fs::read_to_string(folder.join(FRESH)).ok();
        text.map(|text| Fresh::parse(&text)).unwrap_or_default()
    }

    /// Keeps these values, or forgets the last of them.
    pub fn keep(&self, fresh: &Fresh) -> io::Result<()> {
        if !fresh.is_empty() {
            self.write(FRESH, &fresh.text())?;
        }
        // Those of before, wherever they lie, hold no longer.
        match self.kept.as_ref().filter(|folder| fresh.is_empty() || **folder != self.folder) {
            None => Ok(()),
            Some(folder) => match fs::remove_file(folder.join(FRESH)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        }
    }

    /// The file of an overlay.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What the overlay of this name was made from, if there is one.
    pub fn made_from(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.folder.join(name)).ok()?;
        overlay::made_from(&text).map(str::to_owned)
    }

    /// Writes a file of the folder, whole, and makes the folder first.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let ignore = self.folder.join(GIT_IGNORE);
        if !ignore.is_file() {
            files::draft(&ignore, b"*\n")?.replace()?;
        }
        files::draft(&self.folder.join(name), text.as_bytes())?.replace()
    }

    /// Removes a file of the folder, if it is there.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.folder.join(name));
    }

    /// Removes the folder when nothing of ours is left in it.
    pub fn tidy(&self) {
        let names: Vec<_> =
            fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
        if names.iter().all(|name| name == GIT_IGNORE) && !names.is_empty() {
            let _ = fs::remove_file(self.folder.join(GIT_IGNORE));
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// The place outside of the project: where the system keeps what programs keep of a person's (XDG base directories;
/// `%LOCALAPPDATA%` on Windows; `~/Library/Application Support` on macOS).
fn elsewhere(root: &Path, environment: &Environment) -> Option<PathBuf> {
    let named = |name: &str| environment.get(name).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let absolute = |dir: &PathBuf| dir.is_absolute();
    let base = if cfg!(windows) {
        named("LOCALAPPDATA").filter(absolute).or_else(|| Some(environment.home()?.join("AppData").join("Local")))?
    } else if cfg!(target_os = "macos") {
        environment.home()?.join("Library").join("Application Support")
    } else {
        named("XDG_STATE_HOME").filter(absolute).or_else(|| Some(environment.home()?.join(".local").join("state")))?
    };
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mark = overlay::mark([root.to_string_lossy().as_ref()]);
    Some(base.join("xtask").join(format!("{name}-{}", &mark[..8])))
}
