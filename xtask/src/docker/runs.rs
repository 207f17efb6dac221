//! The runs of `verify` and `bench`. Each is written down before it leaves anything, in a file that it holds as long as it or
//! a build of it lives. So a later run knows what a killed one left (a folder with a copy of a build context, records in the
//! engine's build cache), removes it, and touches nothing of a run that still goes on.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::docker::build_cache::{BuildCache, LISTING};
use crate::docker::endpoint;
use crate::docker::facts::Record;
use crate::project::state;
use crate::system::drafts;
use crate::system::environment::Environment;
use crate::system::files::{self, Scratch};
use crate::system::lock::{Alone, Held};
use crate::system::permission;
use crate::ui::Ui;
use crate::ui::problem::Problem;
use crate::ui::text;

/// How our names begin, up to the command.
const PREFIX: &str = "xtask-";
/// What the files are called after the name of their run.
const ENDING: &str = ".run";
/// How long the engine may take to let go of what a killed build used.
const RELEASE: Duration = Duration::from_secs(15);
/// A build that is cancelled may leave a layer a moment later.
const LATER: Duration = Duration::from_millis(700);

/// A run of ours. Dropping it removes its folder.
#[derive(Debug)]
pub struct Run {
    /// Its namespace on the engine: it is in the id of each of our mounts and in the commands of our steps.
    pub name: String,
    pub scratch: Scratch,
    file: PathBuf,
    /// Something of it stays on the engine: the next run tries again.
    pub leaves_records: bool,
    held: Option<Held>,
}

impl Run {
    /// Starts a run of the command `word` on the engine that these options and variables name.
    ///
    /// # Errors
    ///
    /// It can't be written down, or its folder can't be made.
    pub fn start(environment: &Environment, options: &[OsString], word: &str) -> Result<Run, Problem> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = format!("{PREFIX}{word}-{}-{now:x}", std::process::id());
        let scratch = std::env::temp_dir().join(&name);
        let text = format!("{}\n{}\n", engine_of(environment, options), scratch.display());
        let mut last = None;
        for folder in folders(environment) {
            let written = write_down(&folder, &name, &text).or_else(|error| match error.kind() {
                // Another run removed the empty folder in this moment.
                io::ErrorKind::NotFound => write_down(&folder, &name, &text),
                _ => Err(error),
            });
            match written {
                Ok((file, held)) => {
                    let made = Scratch::new(&name).inspect_err(|_| drop(fs::remove_file(&file)));
                    let scratch = made.map_err(|error| permission::problem("make", &scratch, &error))?;
                    return Ok(Run { name, scratch, file, leaves_records: false, held: Some(held) });
                }
                Err(error) => last = Some((folder, error)),
            }
        }
        let (folder, error) = last.unwrap_or_else(|| (scratch, io::ErrorKind::NotFound.into()));
        Err(permission::problem("write", &folder, &error))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // The folder first: what is gone needs no note.
        if fs::remove_dir_all(&self.scratch.path).is_ok() && !self.leaves_records {
            // Windows removes no file that is held.
            let _held = self.held.take().filter(|_| !cfg!(windows));
            let _ = fs::remove_file(&self.file);
        }
        remove_temporary();
    }
}

fn write_down(folder: &Path, name: &str, text: &str) -> io::Result<(PathBuf, Held)> {
    make_private(folder)?;
    let file = folder.join(format!("{name}{ENDING}"));
    loop {
        drafts::draft(&file, text.as_bytes())?.replace()?;
        // Until it is held, another run may take it for one that was left.
        if let Some(held) = Held::with_children(&file)? {
            return Ok((file, held));
        }
    }
}

/// Where runs are written down: in the person's state, or where there is no place for it, beside the temporary folders.
fn folders(environment: &Environment) -> Vec<PathBuf> {
    // Whatever tasks.toml gives to commands.
    let state = state::base(&environment.persons()).ok().map(|base| base.join("runs"));
    state.into_iter().chain([temporary()]).collect()
}

fn temporary() -> PathBuf {
    std::env::temp_dir().join(format!("{PREFIX}runs-{}", user()))
}

/// Removes the folder among the temporary ones as soon as nothing is written down in it.
fn remove_temporary() {
    let _ = fs::remove_dir(temporary());
}

#[cfg(unix)]
fn user() -> u32 {
    // SAFETY: geteuid has no preconditions.
    unsafe { libc::geteuid() }
}

/// The folder for temporary files is each user's own there.
#[cfg(not(unix))]
fn user() -> u32 {
    0
}

/// Makes a folder that only this user can change. Fails if another one has it.
fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ if is_ours(folder) => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user")),
    }
}

/// Whether it is a folder, and no link to one, that belongs to this user and that nobody else can change.
fn is_ours(folder: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(folder) else { return false };
    #[cfg(unix)]
    let is_private = {
        use std::os::unix::fs::MetadataExt as _;
        found.uid() == user() && found.mode() & 0o022 == 0
    };
    #[cfg(not(unix))]
    let is_private = true;
    found.is_dir() && is_private
}

/// Which builder a run's records are on.
fn engine_of(environment: &Environment, options: &[OsString]) -> String {
    let builder = environment.text("BUILDX_BUILDER").unwrap_or_default();
    format!("{} {builder}", endpoint::url(environment, options).unwrap_or_default()).replace('\n', " ")
}

/// A run that was killed.
struct Killed {
    name: String,
    engine: String,
    scratch: PathBuf,
    file: Alone,
}

fn killed(environment: &Environment) -> Vec<Killed> {
    let mut found = Vec::new();
    for folder in folders(environment).iter().filter(|folder| is_ours(folder)) {
        drafts::remove_all_left(folder);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let Some(name) = file_name.strip_suffix(ENDING).filter(|name| is_name(name)) else { continue };
            let Some(file) = Alone::left(&entry.path()) else { continue };
            let text = files::text_of(&entry.path()).unwrap_or_default();
            let (engine, scratch) = text.trim_end_matches('\n').split_once('\n').unwrap_or_default();
            found.push(Killed { name: name.to_owned(), engine: engine.to_owned(), scratch: scratch.into(), file });
        }
    }
    found
}

/// Names of ours are plain, and so they are in no other name.
fn is_name(name: &str) -> bool {
    let parts: Vec<&str> = name.strip_prefix(PREFIX).unwrap_or_default().split('-').collect();
    matches!(parts[..], ["verify" | "bench", pid, time] if time.len() > 8
        && pid.bytes().chain(time.bytes()).all(|byte| byte.is_ascii_hexdigit()))
}

/// Removes what killed runs left: their folders, and their records where this is their engine. Says so.
pub fn remove_killed(ui: &Ui, cache: &BuildCache<'_>) {
    let (mut of_here, engine) = (Vec::new(), engine_of(cache.environment, &cache.engine));
    for killed in killed(cache.environment) {
        let is_its_folder = killed.scratch.file_name().is_some_and(|name| *name == *killed.name);
        if is_its_folder && is_ours(&killed.scratch) {
            match fs::remove_dir_all(&killed.scratch) {
                Ok(()) => {
                    ui.note(format_args!("removed `{}`, which a killed run had left", killed.scratch.display()));
                }
                Err(error) => {
                    let what = format!("`{}` of a killed run can't be removed: {error}", killed.scratch.display());
                    ui.warning(what, "");
                    continue;
                }
            }
        }
        // On another engine, a later run will find them.
        if killed.engine == engine {
            of_here.push(killed);
        }
    }
    if of_here.is_empty() {
        return;
    }
    let names: Vec<&str> = of_here.iter().map(|killed| killed.name.as_str()).collect();
    let Some(removed) = remove_records(cache, &names) else { return };
    if removed > 0 {
        let records = text::count(removed, "record");
        ui.note(format_args!("removed {records} of the build cache, which a killed run had left"));
    }
    for killed in of_here {
        let _ = killed.file.remove();
    }
    remove_temporary();
}

/// How many records it removed; `None` if some stay, or it is not known.
fn remove_records(cache: &BuildCache<'_>, names: &[&str]) -> Option<usize> {
    let until = Instant::now() + RELEASE;
    let (mut removed, mut is_calm) = (BTreeSet::new(), false);
    loop {
        let records = cache.records(Instant::now() + LISTING).ok()?;
        let ours: BTreeSet<String> = names.iter().flat_map(|name| of_run(&records, name)).collect();
        match (ours.is_empty(), is_calm) {
            (true, true) => return Some(removed.len()),
            (false, _) if Instant::now() > until => return None,
            _ => {}
        }
        is_calm = ours.is_empty();
        if !is_calm {
            cache.remove(&ours.iter().cloned().collect::<Vec<_>>());
            removed.extend(ours);
        }
        std::thread::sleep(LATER);
    }
}

/// The ids of the records that are provably a run's: those with its name in them, and those that stand on these.
pub fn of_run(records: &[Record], name: &str) -> BTreeSet<String> {
    let named = records.iter().filter(|record| record.description.contains(name));
    let mut found: BTreeSet<String> = named.map(|record| record.id.clone()).collect();
    loop {
        let stands = |record: &&Record| record.parents.iter().any(|parent| found.contains(parent));
        let more: Vec<String> =
            records.iter().filter(stands).map(|record| record.id.clone()).filter(|id| !found.contains(id)).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs() {
        assert!(is_name("xtask-verify-123-18f0a1b2c3d4e5f6") && is_name("xtask-bench-1-18f0a1b2c3d4e5f6"));
        for name in
            ["", "xtask-", "xtask-bench", "xtask-bench-1-", "xtask-other-1-18f0a1b2c3", "xtask-bench-.*-18f0a1b2c3"]
        {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn the_records_of_a_run() {
        let record = |id: &str, description: &str, parent: &str| Record {
            id: id.to_owned(),
            description: description.to_owned(),
            parents: vec![parent.to_owned()],
            ..Record::default()
        };
        let records = [
            record("a", "mount / from exec : xtask-bench-1-18f0a1b2c3:2; true", ""),
            record("b", "pulled", ""),
            record("c", "mount / from exec true", "a"),
            record("d", "x", "c"),
        ];
        assert_eq!(of_run(&records, "xtask-bench-1-18f0a1b2c3").into_iter().collect::<Vec<_>>(), ["a", "c", "d"]);
    }
}
