//! Reads what a build would send: its Dockerfile, its ignore file, and the files that remain.

pub mod code;
pub mod copy;
pub mod facts;
pub mod manifests;
pub mod unwanted;

pub mod walk;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::compose::services::{Build, Services};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::facts::ContextFacts;
use crate::dockerfile::context::walk::walk;
use crate::dockerfile::dockerignore;
use crate::dockerfile::model::Dockerfile;
use crate::system::files;
use crate::system::paths;

pub use crate::dockerfile::context::copy::copy;

/// Reads the Dockerfiles and walks their contexts until `deadline`. Builds with the same context and ignore file share one
/// walk.
pub fn look(services: &Services, root: &Path, deadline: Instant) -> (Vec<BuildFacts>, Vec<ContextFacts>) {
    let mut builds = read(services, root);
    // Folder, text of the ignore file, and what is known so far.
    let mut walks: Vec<(PathBuf, String, ContextFacts)> = Vec::new();
    for build in &mut builds {
        let of = services.services.iter().find(|service| build.services.contains(&service.name));
        let Some(of) = of.and_then(|service| service.build.as_ref()) else { continue };
        let Some(context) = &of.context else { continue };
        let folder = paths::absolute(root, context);
        if !folder.is_dir() {
            continue;
        }
        build.code = code::copied(&folder, build);
        build.manifests = Some(manifests::of(&folder));
        let (file, text) = ignore_file(of, root, &folder);
        let mut facts = ContextFacts {
            shown: paths::shown_from(root, &folder),
            ignore_file: file.as_ref().map(|file| paths::shown_from(root, file)),
            ignore_place: paths::shown_from(root, &folder.join(".dockerignore")),
            ..ContextFacts::default()
        };
        let is_same =
            |(of, _, other): &&mut (PathBuf, _, ContextFacts)| *of == folder && other.ignore_file == facts.ignore_file;
        match walks.iter_mut().find(is_same) {
            Some((_, _, facts)) => facts.add(build),
            None => {
                facts.add(build);
                walks.push((folder, text, facts));
            }
        }
    }
    let mut contexts = Vec::new();
    let mut left = walks.len() as u32;
    for (folder, ignore, facts) in walks {
        // Each gets its share of the remaining time.
        let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
        contexts.push(walk(&folder, &ignore, facts, Instant::now() + share));
        left -= 1;
    }
    (builds, contexts)
}

/// Reads the Dockerfiles alone. Services with the same build share one entry.
pub fn read(services: &Services, root: &Path) -> Vec<BuildFacts> {
    let mut builds: Vec<BuildFacts> = Vec::new();
    let mut seen: Vec<&Build> = Vec::new();
    let mut files = Parsed::new();
    for service in &services.services {
        let Some(build) = &service.build else { continue };
        if let Some(at) = seen.iter().position(|other| *other == build) {
            builds[at].services.push(service.name.clone());
            continue;
        }
        // Its context is not on this machine.
        if build.context.is_none() && build.inline.is_none() {
            continue;
        }
        seen.push(build);
        builds.push(facts(build, &service.name, services, root, &mut files));
    }
    builds
}

/// The largest Dockerfile or ignore file that is read. Large real ones have 100 KB.
const LARGEST: u64 = 2 << 20;

/// The Dockerfiles that were read, by their paths: many targets of one are read once.
type Parsed = HashMap<PathBuf, Result<Arc<Dockerfile>, String>>;

fn facts(build: &Build, service: &str, services: &Services, root: &Path, parsed: &mut Parsed) -> BuildFacts {
    let built = services.services.iter().filter(|service| service.build.is_some());
    let folder = build.context.as_ref().map(|context| paths::absolute(root, context));
    let (ignore_file, ignore) = folder.as_ref().map(|folder| ignore_file(build, root, folder)).unwrap_or_default();
    let bad_pattern =
        ignore_file.and_then(|file| Some((paths::shown_from(root, &file), dockerignore::bad_pattern(&ignore)?)));
    let parse = |text: String| Dockerfile::parse(&text).map(Arc::new);
    let (shown, dockerfile) = match &build.inline {
        Some(text) => (format!("dockerfile_inline of {service}"), parse(text.clone())),
        None => {
            let path = path_of(build, root);
            let shown = paths::shown_from(root, &path);
            let read = |path: &PathBuf| files::lossy_up_to(path, LARGEST).map_err(|unread| unread.why).and_then(parse);
            (shown, parsed.entry(path).or_insert_with_key(read).clone())
        }
    };
    BuildFacts {
        services: vec![service.to_owned()],
        shown,
        target: build.target.clone(),
        args: build.args.clone(),
        variable_args: build.open_args.clone(),
        has_secrets: build.has_secrets,
        no_folder: folder.filter(|folder| !folder.is_dir()).map(|folder| paths::shown_from(root, &folder)),
        bad_pattern,
        provided: built
            .filter_map(|service| service.image.clone())
            .chain(build.contexts.iter().map(|(name, _)| name.clone()))
            .collect(),
        code: Vec::new(),
        manifests: None,
        dockerfile,
    }
}

/// The ignore file beside the Dockerfile of a build, if there is one.
pub fn own_ignore_file(build: &Build, root: &Path) -> Option<PathBuf> {
    let mut own = path_of(build, root).into_os_string();
    own.push(".dockerignore");
    Some(PathBuf::from(own)).filter(|own| build.inline.is_none() && own.is_file())
}

/// The file of a build. Where there is no `Dockerfile`, BuildKit takes `dockerfile` (`dockerui`, `ReadEntrypoint`; measured
/// on 20.10, 26.1 and 28.5 with docker and compose, also where a compose file names `api/Dockerfile`).
fn path_of(build: &Build, root: &Path) -> PathBuf {
    let context = build.context.as_deref().unwrap_or(Path::new(""));
    let path = paths::absolute(&paths::absolute(root, context), &build.dockerfile);
    let small = path.with_file_name("dockerfile");
    if path.ends_with("Dockerfile") && !path.exists() && small.exists() { small } else { path }
}

/// The ignore file of a build, if there is one, and its text. BuildKit looks beside the Dockerfile first.
fn ignore_file(build: &Build, root: &Path, folder: &Path) -> (Option<PathBuf>, String) {
    let of_folder = || Some(folder.join(".dockerignore")).filter(|file| file.is_file());
    let file = own_ignore_file(build, root).or_else(of_folder);
    let text = file.as_ref().and_then(|file| files::lossy_up_to(file, LARGEST).ok()).unwrap_or_default();
    (file, text)
}
