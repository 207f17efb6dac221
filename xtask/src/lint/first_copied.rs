//! How to install before the code is copied: which files the installer reads, and what has to stand where.

use crate::dockerfile::builds::{BuildFacts, Manifest};
use crate::dockerfile::commands::Command;
use crate::dockerfile::context::facts::is_whole_context;
use crate::dockerfile::model::{Instruction, Kind, Run};
use crate::installers::command::{self, Install};
use crate::ui::text;

/// More files than this are not listed.
const MOST_FILES: usize = 6;

/// What an install reads of the context, as a list for a message; `None` if the context does not have it. `source`: what is
/// copied before it.
pub fn files(build: &BuildFacts, install: &Install<'_>, command: &Command<'_>, source: &str) -> Option<String> {
    let requirements = install.installer.requirements.is;
    if install.arguments.contains(&None) && requirements.files.is_empty() {
        return Some("what it reads".to_owned());
    }
    let shown = if install.is_by_file() { "the requirements file" } else { requirements.shown };
    let Some(manifests) = &build.manifests else { return Some(shown.to_owned()) };
    if install.reads_by_option() {
        return Some("all files that it names".to_owned());
    }
    let found = match install.is_by_file() {
        true => named(manifests, install)?,
        false => in_folder(manifests, install, &folders(install, command, source))?,
    };
    if found.is_empty() || found.len() > MOST_FILES {
        let shown = shown.strip_prefix("the ").unwrap_or(shown);
        return Some(format!("the {shown} that it reads"));
    }
    let mut parts: Vec<String> = found.iter().map(|manifest| manifest.path.clone()).collect();
    for (installer, what) in found.iter().flat_map(|manifest| &manifest.besides) {
        if *installer == install.installer && !parts.iter().any(|part| part == what) {
            parts.push((*what).to_owned());
        }
    }
    Some(text::and_list(&parts, "and"))
}

/// The paths of all that an install reads of the context; `None` if there may be more.
pub fn all_files(
    build: &BuildFacts,
    install: &Install<'_>,
    command: &Command<'_>,
    source: &str,
) -> Option<Vec<String>> {
    let manifests = build.manifests.as_ref()?;
    if install.arguments.contains(&None) || install.reads_by_option() {
        return None;
    }
    let found = match install.is_by_file() {
        true => named(manifests, install)?,
        false => in_folder(manifests, install, &folders(install, command, source))?,
    };
    let reads_more =
        |manifest: &&Manifest| manifest.besides.iter().any(|(installer, _)| *installer == install.installer);
    let is_all = !found.is_empty() && found.len() <= MOST_FILES && !found.iter().any(reads_more);
    is_all.then(|| found.into_iter().map(|manifest| manifest.path.clone()).collect())
}

/// A `COPY` of the whole context that copies only these files, all of one folder, to where they would be. `None` if it is
/// written in a way that isn't read here.
pub fn copy_of(written: &str, source: &str, files: &[String]) -> Option<String> {
    let (before, destination) = written.rsplit_once([' ', '\t'])?;
    let before = before.trim_end().strip_suffix(source)?;
    if !before.ends_with([' ', '\t']) || destination.contains(['"', '\'', '$', ']']) || before.contains('\n') {
        return None;
    }
    let folder = split(files.first()?).0;
    if files.iter().any(|file| split(file).0 != folder || file.contains(' ')) {
        return None;
    }
    let to = match (destination.trim_end_matches('/'), folder) {
        (".", "") if files.len() == 1 => ".".to_owned(),
        (to, "") => format!("{to}/"),
        (to, folder) => format!("{to}/{folder}/"),
    };
    Some(format!("{before}{} {to}", files.join(" ")))
}

/// The files that it names: `-r requirements/dev.txt`. In the image they may lie elsewhere. None of them if one is not
/// known by its name; `None` if one of a known name is not there.
fn named<'a>(manifests: &'a [Manifest], install: &Install<'_>) -> Option<Vec<&'a Manifest>> {
    let mut found = Vec::new();
    let mut are_known = true;
    for name in install.named_files() {
        let name = name.trim_start_matches("./");
        let is_it = |manifest: &&Manifest| {
            name.strip_suffix(&manifest.path).is_some_and(|above| above.is_empty() || above.ends_with('/'))
        };
        match manifests.iter().filter(is_it).max_by_key(|manifest| manifest.path.len()) {
            Some(manifest) => found.push(manifest),
            None if install.installer.requirements.is.include(split(name).1) => return None,
            None => are_known = false,
        }
    }
    Some(if are_known { found } else { Vec::new() })
}

/// The folder and the name of a file.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folders of the context that it may run in, the likeliest first; none if only the build knows.
fn folders(install: &Install<'_>, command: &Command<'_>, source: &str) -> Vec<String> {
    let folder = command.read.folder.known().filter(|_| !install.arguments.contains(&None));
    let Some(folder) = folder else { return Vec::new() };
    let inner = std::iter::once(folder).chain(install.folder());
    let inner = inner.map(|folder| folder.trim_start_matches("./").trim_matches('/'));
    let inner = inner.filter(|folder| !matches!(*folder, "" | ".")).collect::<Vec<_>>().join("/");
    let source = if is_whole_context(source) { "" } else { source.trim_start_matches("./").trim_matches('/') };
    let join = |above: &str| [above, &inner].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    vec![join(source), join("")]
}

/// Empty if it may be the files of several folders, `None` if there are none.
fn in_folder<'a>(manifests: &'a [Manifest], install: &Install<'_>, folders: &[String]) -> Option<Vec<&'a Manifest>> {
    let requirements = install.installer.requirements.is;
    let all: Vec<&Manifest> = manifests.iter().filter(|it| requirements.include(split(&it.path).1)).collect();
    let inside = |folder: &str| -> Vec<&Manifest> {
        all.iter().copied().filter(|manifest| split(&manifest.path).0 == folder).collect()
    };
    let found = folders.iter().map(|folder| inside(folder)).find(|found| !found.is_empty());
    // The step's WORKDIR may be a folder of the context.
    let first = split(&all.first()?.path).0;
    Some(found.unwrap_or_else(|| if inside(first).len() == all.len() { inside(first) } else { Vec::new() }))
}

/// Whether a step does nothing but install, and what belongs to that. Anything else may need the code. `has_files`: what the
/// installer reads is there, and so is the folder of it.
pub fn only_installs(commands: &[Command<'_>], has_files: bool) -> bool {
    const HARMLESS: [&str; 10] =
        ["set", "export", "mkdir", "echo", "true", ":", "corepack", "useradd", "adduser", "addgroup"];
    commands.iter().all(|command| {
        let program = command.words.first().copied().flatten().unwrap_or_default();
        let installs = command::install(&command.words).is_some_and(|install| !install.builds);
        installs
            || HARMLESS.contains(&program)
            || (program == "cd" && has_files)
            || (matches!(program, "cd" | "rm") && names_nothing_of_the_code(command))
            || command::cleaning(&command.words).is_some()
            || command::is_of_system(&command.words)
    })
}

/// Whether the paths of a command are in folders that no code is copied to.
fn names_nothing_of_the_code(command: &Command<'_>) -> bool {
    const ELSEWHERE: [&str; 6] = ["/tmp", "/var/lib/", "/var/cache/", "/var/tmp", "/root/.", "/usr/share/"];
    command.words[1..].iter().all(|word| {
        word.is_some_and(|word| word.starts_with('-') || ELSEWHERE.iter().any(|folder| word.starts_with(folder)))
    })
}

/// What an instruction between the code and the install means for moving one of them.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Between {
    #[default]
    Nothing,
    /// It changes what later steps see, as ENV and USER do.
    Setting,
    /// It may need the code.
    Step,
}

impl Between {
    pub fn of(step: &Instruction, run: Option<(&Run, &[Command<'_>])>) -> Between {
        match (&step.kind, run) {
            (_, Some((_, commands))) if only_installs(commands, false) => Between::Setting,
            (_, Some(_)) => Between::Step,
            (Kind::Copy { .. }, _) => Between::Nothing,
            _ if matches!(step.name.as_str(), "EXPOSE" | "LABEL" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK") => {
                Between::Nothing
            }
            _ => Between::Setting,
        }
    }
}
