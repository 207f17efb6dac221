//! What a repository has that ran its tasks so far. Only names are looked at, and the first bytes of scripts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::compose::line::{FILES, OVERRIDE_FILES};
use crate::init::place::Place;
use crate::init::script;
use crate::system::{files, paths};
use crate::ui::problem::Problem;

/// The files, all of them in the folder itself.
#[derive(Debug, Default)]
pub struct Found {
    pub makefile: Option<PathBuf>,
    pub justfile: Option<PathBuf>,
    /// Scripts for `sh`: `build.sh`, and those that choose by their first word.
    pub scripts: Vec<PathBuf>,
    /// `build.ps1`.
    pub powershell: Option<PathBuf>,
    /// In compose's order.
    pub compose: Vec<PathBuf>,
    /// Whether compose finds these by itself.
    pub compose_finds_them: bool,
    /// Names of files in the folder, for what is only mentioned.
    pub names: Vec<String>,
}

/// What make looks for, in this order.
const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// More names than this are not looked at.
const MOST: usize = 2000;

impl Found {
    /// # Errors
    ///
    /// A file leads out of the repository, the one that is named is of no known kind, or nothing is there.
    pub fn look(place: &Place, shown: impl Fn(&Path) -> String) -> Result<Found, Problem> {
        let mut found = Found::names(place);
        match &place.from {
            Some(from) => found.one(from, &shown(from))?,
            None => found.all(&place.folder),
        }
        let named = found.makefile.iter().chain(&found.justfile).chain(&found.scripts).chain(&found.powershell);
        if let Some(file) = named.chain(&found.compose).find(|file| !paths::is_really_in(file, &place.top)) {
            let problem = Problem::new(format!("`{}` is a link out of the repository", shown(file)));
            return Err(problem.hint("put the file itself there, or name another: --from FILE"));
        }
        if found.is_nothing() {
            let problem = Problem::new(format!("there is nothing to move in `{}`", shown(&place.folder)));
            let hint = "`init` reads a Makefile, a justfile, `build.sh` and compose files; \
                        to start from nothing: tasks.hello.steps = [\"cargo test\"]";
            return Err(problem.hint(hint));
        }
        Ok(found)
    }

    /// The names alone.
    pub fn names(place: &Place) -> Found {
        let entries = fs::read_dir(&place.folder).into_iter().flatten().flatten().take(MOST);
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        Found { names, ..Found::default() }
    }

    fn all(&mut self, folder: &Path) {
        let has = |name: &str| folder.join(name).is_file() && self.names.iter().any(|other| other == name);
        self.makefile = MAKEFILES.iter().find(|name| has(name)).map(|name| folder.join(name));
        let is_justfile = |name: &&String| matches!(name.to_ascii_lowercase().as_str(), "justfile" | ".justfile");
        self.justfile = self.names.iter().find(is_justfile).map(|name| folder.join(name)).filter(|file| file.is_file());
        let scripts = self.names.iter().filter(|name| script::may_be_one(name)).map(|name| folder.join(name));
        self.scripts = scripts.filter(|path| is_script(path)).collect();
        self.powershell = has("build.ps1").then(|| folder.join("build.ps1"));
        if let Some(first) = FILES.iter().find(|name| has(name)) {
            self.compose_finds_them = true;
            self.compose = std::iter::once(first)
                .chain(OVERRIDE_FILES.iter().find(|name| has(name)))
                .map(|name| folder.join(name))
                .collect();
        } else if let Some(name) = self.names.iter().find(|name| is_compose(name)) {
            self.compose = vec![folder.join(name)];
        }
    }

    /// A file by its name, or as a script by how it begins.
    fn one(&mut self, file: &Path, shown: &str) -> Result<(), Problem> {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_of = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if file.is_dir() {
            return Err(Problem::new(format!("`{shown}` is a folder")).hint("name the file in it"));
        }
        if name.contains("makefile") || is_of(&[".mk", ".mak", ".make"]) {
            self.makefile = Some(file.to_owned());
        } else if name.contains("justfile") || is_of(&[".just"]) {
            self.justfile = Some(file.to_owned());
        } else if is_of(&[".yml", ".yaml"]) {
            self.compose = vec![file.to_owned()];
            self.compose_finds_them = FILES.contains(&name.as_str());
        } else if is_of(&[".ps1"]) {
            self.powershell = Some(file.to_owned());
        } else if is_of(&[".sh", ".bash"]) || files::start_of(file, 2) == "#!" {
            self.scripts = vec![file.to_owned()];
        } else {
            let problem = Problem::new(format!("can't tell what `{shown}` is"));
            return Err(problem.hint("--from takes a Makefile, a justfile, a script or a compose file"));
        }
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        self.makefile.is_none()
            && self.justfile.is_none()
            && self.scripts.is_empty()
            && self.powershell.is_none()
            && self.compose.is_empty()
    }

    /// Whether there is a file or folder of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|other| other == name)
    }
}

/// Whether a file is a script that is worth a task: it is a build's, or chooses by its first word.
fn is_script(path: &Path) -> bool {
    let Some(text) = path.is_file().then(|| files::text_of(path)).flatten() else { return false };
    path.file_name().is_some_and(|name| name == "build.sh") || !script::branches(&text).is_empty()
}

/// A compose file by another name than those that compose looks for: `docker-compose.dev.yml`.
fn is_compose(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    (name.starts_with("docker-compose") || name.starts_with("compose.") || name.starts_with("compose-"))
        && (name.ends_with(".yml") || name.ends_with(".yaml"))
}
