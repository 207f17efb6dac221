//! Reads what a build would send: its Dockerfile, its ignore file, and the files that remain.

pub mod code;
pub mod copy;
pub mod facts;
pub mod find;
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

/// Texts that files will have.
pub type Texts = HashMap<PathBuf, String>;

/// Where builds are, and how they are looked at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The folder that the paths of the builds start from.
    pub root: &'a Path,
    /// The folder that paths are shown from.
    pub from: &'a Path,
    /// What files will hold, in place of what they hold.
    pub texts: Option<&'a Texts>,
    /// Only builds of these Dockerfiles.
    pub only: Option<&'a [PathBuf]>,
}

/// Reads the Dockerfiles and walks their contexts until `deadline`. Builds with the same context and ignore file share one
/// walk.
pub fn look(services: &Services, root: &Path, deadline: Instant) -> (Vec<BuildFacts>, Vec<ContextFacts>) {
    View::of(root).look(services, deadline)
}

/// Reads the Dockerfiles alone. Services with the same build share one entry.
pub fn read(services: &Services, root: &Path) -> Vec<BuildFacts> {
    View::of(root).read(services)
}

/// The largest Dockerfile or ignore file that is read. Large real ones have 100 KB.
pub const LARGEST: u64 = 2 << 20;

/// The Dockerfiles that were read, by their paths: many targets of one are read once.
type Parsed = HashMap<PathBuf, Result<Arc<Dockerfile>, String>>;

impl<'a> View<'a> {
    /// As it is, all of it.
    pub fn of(root: &'a Path) -> View<'a> {
        View { root, from: root, texts: None, only: None }
    }

    /// As [`look`].
    pub fn look(&self, services: &Services, deadline: Instant) -> (Vec<BuildFacts>, Vec<ContextFacts>) {
        let mut builds = self.read(services);
        // Each folder, and what is known of it so far.
        let mut walks: Vec<(PathBuf, ContextFacts)> = Vec::new();
        for build in &mut builds {
            let of = services.services.iter().find(|service| build.services.contains(&service.name));
            let Some(of) = of.and_then(|service| service.build.as_ref()) else { continue };
            let Some(context) = &of.context else { continue };
            let folder = paths::absolute(self.root, context);
            if !folder.is_dir() {
                continue;
            }
            build.code = code::copied(&folder, build);
            build.manifests = Some(manifests::of(&folder));
            let (file, text) = self.ignore_file(of, &folder);
            let facts = ContextFacts {
                shown: self.shown(&folder),
                ignore_file: file.as_ref().map(|file| self.shown(file)),
                ignore_place: self.shown(&folder.join(".dockerignore")),
                ignore_path: file.unwrap_or_else(|| folder.join(".dockerignore")),
                ignore_text: text,
                ..ContextFacts::default()
            };
            let is_same =
                |(of, other): &&mut (PathBuf, ContextFacts)| *of == folder && other.ignore_file == facts.ignore_file;
            match walks.iter_mut().find(is_same) {
                Some((_, facts)) => facts.add(build),
                None => walks.push((folder, facts.with(build))),
            }
        }
        let mut contexts = Vec::new();
        let mut left = walks.len() as u32;
        for (folder, facts) in walks {
            // Each gets its share of the remaining time.
            let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
            contexts.push(walk(&folder, facts, Instant::now() + share));
            left -= 1;
        }
        (builds, contexts)
    }

    /// As [`read`].
    pub fn read(&self, services: &Services) -> Vec<BuildFacts> {
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
            if !self.is_wanted(build) {
                continue;
            }
            seen.push(build);
            builds.push(self.facts(build, &service.name, services, &mut files));
        }
        builds
    }

    /// A Dockerfile of which no compose file says how it is built. What it copies is taken for code where it lies beside the
    /// Dockerfile; of the context nothing else is known.
    pub fn alone(&self, path: &Path) -> BuildFacts {
        let known = BuildFacts::new(self.shown(path), self.dockerfile(path));
        let mut build = BuildFacts { path: Some(path.to_owned()), whole: true, ..known };
        build.code = path.parent().map(|folder| code::copied(folder, &build)).unwrap_or_default();
        build
    }

    /// The Dockerfiles of all builds.
    pub fn paths(&self, services: &Services) -> Vec<PathBuf> {
        let builds = services.services.iter().filter_map(|service| service.build.as_ref());
        let builds = builds.filter(|build| build.context.is_some() && build.inline.is_none());
        builds.map(|build| path_of(build, self.root)).collect()
    }

    fn is_wanted(&self, build: &Build) -> bool {
        let Some(only) = self.only else { return true };
        build.inline.is_none() && only.contains(&path_of(build, self.root))
    }

    fn shown(&self, path: &Path) -> String {
        paths::shown_from(self.from, path)
    }

    fn dockerfile(&self, path: &Path) -> Result<Arc<Dockerfile>, String> {
        Dockerfile::parse(&self.text(path)?).map(Arc::new)
    }

    fn text(&self, path: &Path) -> Result<String, String> {
        match self.texts.and_then(|texts| texts.get(path)) {
            Some(text) => Ok(text.clone()),
            None => files::lossy_up_to(path, LARGEST).map_err(|unread| unread.why),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        self.texts.is_some_and(|texts| texts.contains_key(path)) || path.is_file()
    }

    fn facts(&self, build: &Build, service: &str, services: &Services, parsed: &mut Parsed) -> BuildFacts {
        let built = services.services.iter().filter(|service| service.build.is_some());
        let folder = build.context.as_ref().map(|context| paths::absolute(self.root, context));
        let (ignore_file, ignore) = folder.as_ref().map(|folder| self.ignore_file(build, folder)).unwrap_or_default();
        let bad_pattern = ignore_file.and_then(|file| Some((self.shown(&file), dockerignore::bad_pattern(&ignore?)?)));
        let path = build.inline.is_none().then(|| path_of(build, self.root));
        let (shown, dockerfile) = match (&build.inline, &path) {
            (None, Some(path)) => {
                let read = |path: &PathBuf| self.dockerfile(path);
                (self.shown(path), parsed.entry(path.clone()).or_insert_with_key(read).clone())
            }
            (inline, _) => {
                let text = inline.as_deref().unwrap_or_default();
                (format!("dockerfile_inline of {service}"), Dockerfile::parse(text).map(Arc::new))
            }
        };
        BuildFacts {
            services: vec![service.to_owned()],
            shown,
            path,
            whole: false,
            target: build.target.clone(),
            args: build.args.clone(),
            variable_args: build.open_args.clone(),
            has_secrets: build.has_secrets,
            no_folder: folder.filter(|folder| !folder.is_dir()).map(|folder| self.shown(&folder)),
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

    /// The ignore file of a build, if there is one, and its text, if it can be read. BuildKit looks beside the Dockerfile first.
    fn ignore_file(&self, build: &Build, folder: &Path) -> (Option<PathBuf>, Option<String>) {
        let own = own_ignore_path(build, self.root).filter(|file| self.is_file(file));
        let of_folder = || Some(folder.join(".dockerignore")).filter(|file| self.is_file(file));
        let file = own.or_else(of_folder);
        let text = file.as_ref().and_then(|file| self.text(file).ok());
        (file, text)
    }
}

/// The ignore file beside the Dockerfile of a build, if there is one.
pub fn own_ignore_file(build: &Build, root: &Path) -> Option<PathBuf> {
    own_ignore_path(build, root).filter(|own| own.is_file())
}

fn own_ignore_path(build: &Build, root: &Path) -> Option<PathBuf> {
    let mut own = path_of(build, root).into_os_string();
    own.push(".dockerignore");
    Some(PathBuf::from(own)).filter(|_| build.inline.is_none())
}

/// The file of a build. Where there is no `Dockerfile`, BuildKit takes `dockerfile` (`dockerui`, `ReadEntrypoint`; measured
/// on 20.10, 26.1 and 28.5 with docker and compose, also where a compose file names `api/Dockerfile`).
fn path_of(build: &Build, root: &Path) -> PathBuf {
    let context = build.context.as_deref().unwrap_or(Path::new(""));
    let path = paths::absolute(&paths::absolute(root, context), &build.dockerfile);
    let small = path.with_file_name("dockerfile");
    if path.ends_with("Dockerfile") && !path.exists() && small.exists() { small } else { path }
}
