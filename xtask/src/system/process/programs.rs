//! Finds programs as the system does, and explains why one was not found.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::ui::nearest;
use crate::ui::problem::Problem;

/// The file that `program` means: with a folder in its name a file from `dir`, else the first of that name on PATH.
/// On Windows the endings of PATHEXT are tried, so that `docker-compose.cmd` is found too.
pub fn find(program: &OsStr, dir: &Path, environment: &Environment) -> Option<PathBuf> {
    let is_file = Path::new(program).components().count() > 1;
    let folders = if is_file { vec![PathBuf::new()] } else { environment.path() };
    folders.iter().find_map(|folder| in_folder(folder, program, dir, environment))
}

/// Every file of that name on PATH, in its order, each file once.
pub fn find_all(program: &OsStr, dir: &Path, environment: &Environment) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let mut found: Vec<PathBuf> =
        environment.path().iter().filter_map(|folder| in_folder(folder, program, dir, environment)).collect();
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    found
}

fn in_folder(folder: &Path, program: &OsStr, dir: &Path, environment: &Environment) -> Option<PathBuf> {
    with_endings(&crate::system::paths::absolute(dir, &folder.join(program)), environment)
}

#[cfg(unix)]
fn with_endings(path: &Path, _environment: &Environment) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runs = path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
    runs.then(|| path.to_owned())
}

/// What Windows itself can start, in its own order. PATHEXT also names scripts (`.JS`, `.VBS`) that only a shell opens.
#[cfg(windows)]
const STARTABLE: [&str; 4] = [".com", ".exe", ".bat", ".cmd"];

#[cfg(windows)]
fn with_endings(path: &Path, environment: &Environment) -> Option<PathBuf> {
    let own = path.extension().map(|own| format!(".{}", own.to_string_lossy().to_ascii_lowercase()));
    if own.is_some_and(|own| STARTABLE.contains(&own.as_str())) && path.is_file() {
        return Some(path.to_owned());
    }
    let pathext = environment.text("PATHEXT").filter(|endings| !endings.is_empty());
    let endings = pathext.unwrap_or_else(|| STARTABLE.join(";")).to_ascii_lowercase();
    endings.split(';').map(str::trim).filter(|ending| STARTABLE.contains(ending)).find_map(|ending| {
        let mut name: OsString = path.as_os_str().to_owned();
        name.push(ending);
        Some(PathBuf::from(name)).filter(|path| path.is_file())
    })
}

/// The error for a program that `find` does not find.
pub fn missing(invocation: &Invocation, environment: &Environment) -> Problem {
    let name = invocation.program().to_string_lossy();
    if Path::new(name.as_ref()).components().count() > 1 {
        if crate::system::paths::absolute(&invocation.dir, Path::new(name.as_ref())).is_file() && cfg!(unix) {
            return Problem::new(format!("`{name}` is not executable")).hint(format!("chmod +x {name}"));
        }
        return Problem::new(format!("there is no program `{name}` in `{}`", invocation.dir.display()))
            .hint("a program with `/` in its name is looked for in the task's folder (`dir`)");
    }
    let names = names(environment);
    let near = nearest::nearest(&name, names.iter().map(String::as_str).filter(|near| *near != name));
    Problem::new(format!("there is no program `{name}` on PATH")).hint(near.map_or_else(
        || format!("install `{name}`, or add its folder to PATH"),
        |near| format!("did you mean `{near}`?"),
    ))
}

/// The names of all programs on PATH: to offer the nearest.
fn names(environment: &Environment) -> Vec<String> {
    let entries = environment.path().into_iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten().flatten();
    entries
        .map(|entry| {
            let name: OsString = entry.file_name();
            let name = if cfg!(windows) { Path::new(&name).file_stem().unwrap_or(&name).to_owned() } else { name };
            name.to_string_lossy().into_owned()
        })
        .collect()
}
