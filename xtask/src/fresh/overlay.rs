//! What is added to compose's files for a command that builds: the values of `build-fresh`, and the project's own
//! namespace for cache mounts. Nobody's files are changed; a further `-f` names a file of ours.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use crate::compose::config::{self, NoServices};
use crate::compose::files::{self as compose_files, Found};
use crate::compose::line::Line;
use crate::compose::services::Services;
use crate::dockerfile::context as build_context;
use crate::fresh::overlay_file::{self as text, Addition};
use crate::fresh::values::{self as fresh, Fresh};
use crate::project::context::{Context, Project};
use crate::project::state::State;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::paths;
use crate::tasks::plan::{Planned, Tool};
use crate::ui::problem::Problem;

/// How long compose may take to read its files. Python's needs a second on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);
/// The file for a build under a new value, until it is known that the build succeeded.
const NEXT: &str = "next.yaml";

/// Why there is an overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What is kept holds for this command, too.
    Kept,
    /// `build-fresh`: a new value.
    Fresh,
    /// `build-fresh --drop-caches`: no value any more.
    Dropped,
}

/// One command's overlay, before it is written.
pub struct Overlay {
    pub purpose: Purpose,
    state: State,
    /// The file's name in the folder of the state, and the one that it has once it holds.
    name: String,
    kept_name: String,
    /// Whether there is anything to add: without a kept value and a namespace, `--drop-caches` has nothing.
    adds: bool,
    /// Whether the folder of the state lies in the project.
    in_project: bool,
    found: Found,
    /// The services that are built fresh; none: all.
    services: Vec<String>,
    /// Whether an earlier command of the same plan makes the value that holds.
    after_fresh: bool,
}

/// The overlay of a command, if it gets one. `compose`: what stands before the command. `after_fresh`: an earlier
/// command of the same plan keeps a value. Starts no process.
pub fn of(
    context: &Context,
    project: &Project,
    planned: &Planned,
    compose: &Invocation,
    after_fresh: bool,
) -> Option<Overlay> {
    let words = planned.exact_words();
    let line = Line::parse(&words);
    if planned.tool != Tool::Compose || !line.may_build() {
        return None;
    }
    let purpose = match planned.built_in.as_deref() {
        Some(name) if name != fresh::COMMAND => Purpose::Kept,
        Some(_) if line.is_build_without_cache() => Purpose::Dropped,
        Some(_) => Purpose::Fresh,
        None => Purpose::Kept,
    };
    let environment = context.environment.with(&compose.env);
    let own_namespace = project.config.cache.own_namespace;
    let root = project.file.root();
    // On the way of every build: nothing is read where nothing is kept.
    if purpose == Purpose::Kept && !own_namespace && !after_fresh && !State::is_kept(root, &environment) {
        return None;
    }
    let found = compose_files::of(compose, &environment)?;
    let state = state_of(root, &environment, &found);
    let services = if purpose == Purpose::Kept { Vec::new() } else { line.built_services() };
    let mut fresh = state.fresh();
    if purpose == Purpose::Dropped {
        match services.is_empty() {
            true => fresh = Fresh::default(),
            false => fresh.set(&services, None),
        }
    }
    let adds = purpose == Purpose::Fresh || after_fresh || own_namespace || !fresh.is_empty();
    if purpose == Purpose::Kept && !adds {
        return None;
    }
    let kept_name = kept_name(&line, &found);
    let name = if purpose == Purpose::Kept { kept_name.clone() } else { NEXT.to_owned() };
    let in_project = state.folder.starts_with(root);
    Some(Overlay { purpose, in_project, state, name, kept_name, adds, found, services, after_fresh })
}

/// The project's state, for who only wants to tell of it.
pub fn state(context: &Context, project: &Project, compose: &Invocation) -> State {
    let environment = context.environment.with(&compose.env);
    let found = compose_files::of(compose, &environment).unwrap_or_default();
    state_of(project.file.root(), &environment, &found)
}

fn state_of(root: &Path, environment: &Environment, found: &Found) -> State {
    State::of(root, environment, |path| {
        build_context::sends(&compose_files::read(&found.files, environment), root, path)
    })
}

/// One file for what compose finds or tasks.toml names, which is the usual; one for each other list of files that a
/// step names.
fn kept_name(line: &Line<'_>, found: &Found) -> String {
    if !line.names_files() {
        return "compose.yaml".to_owned();
    }
    let paths: Vec<String> = found.files.iter().map(|file| file.display().to_string()).collect();
    format!("compose-{}.yaml", &text::mark(paths.iter().map(String::as_str))[..8])
}

impl Overlay {
    /// The words to put before compose's command: with `-f`, what compose would have found has to be named, too.
    pub fn words(&self, dir: &Path) -> Vec<OsString> {
        if !self.adds {
            return Vec::new();
        }
        let found = self.found.files.iter().filter(|_| !self.found.named);
        let mut files: Vec<String> = found.map(|file| slashed(paths::shown_from(dir, file))).collect();
        files.push(self.shown(dir));
        files.into_iter().flat_map(|file| ["-f".into(), file.into()]).collect()
    }

    /// Its file as a person in `dir` would type it: from there when it lies in the project, elsewhere whole.
    fn shown(&self, dir: &Path) -> String {
        let own = self.state.path(&self.name);
        if self.in_project { slashed(paths::shown_from(dir, &own)) } else { own.display().to_string() }
    }
}

/// A path from a folder is written with `/` everywhere, as in tasks.toml.
fn slashed(path: String) -> String {
    if cfg!(windows) && Path::new(&path).is_relative() { path.replace('\\', "/") } else { path }
}

/// An overlay that is written, and what becomes of it.
pub struct Prepared {
    overlay: Overlay,
    /// All services that are built, as compose has them.
    pub services: Services,
    /// Those of them that the command builds.
    meant: Vec<String>,
    fresh: Fresh,
    namespace: Option<String>,
    project: Option<String>,
    basis: Basis,
}

/// What `prepare` came to.
pub enum Ready {
    /// The overlay of an earlier run still holds.
    AsItIs,
    Written(Box<Prepared>),
    /// Compose can't read its files. The command itself will say why, without the overlay.
    Unread,
}

/// Writes the overlay of a command where it is not there yet or is made from something else. `compose`: what stands
/// before the command and the overlay; `host`: the new value. At most one process: compose, which says what it builds.
pub fn prepare(
    context: &Context,
    project: &Project,
    overlay: Overlay,
    compose: &Invocation,
    host: &str,
) -> Result<Ready> {
    let environment = context.environment.with(&compose.env);
    let basis = Basis::of(project, &overlay, compose, &environment);
    if basis.holds(&overlay) {
        return Ok(Ready::AsItIs);
    }
    let mut named = compose.clone();
    if !overlay.found.named {
        let files = overlay.found.files.iter().map(|file| slashed(paths::shown_from(&compose.dir, file)));
        named.words.extend(files.flat_map(|file| ["-f".into(), file.into()]));
    }
    // A service whose profile is not asked for now may be built another time.
    named.words.extend(["--profile", "*"].map(OsString::from));
    let services = match config::services(&named, &environment, Instant::now() + LIMIT) {
        Ok((services, _)) => services,
        Err(_) if overlay.purpose == Purpose::Kept => return Ok(Ready::Unread),
        Err(NoServices::Said(sentence)) => {
            return Err(Problem::new(format!("compose can't read its files: {sentence}")).into());
        }
        Err(NoServices::NoAnswer) => return Err(Problem::new("compose does not answer").into()),
    };
    let prepared = assemble(overlay, basis, services, host);
    if prepared.overlay.adds {
        prepared.write(&prepared.overlay.name)?;
    }
    Ok(Ready::Written(Box::new(prepared)))
}

/// For a dry run: the overlay's file and text, as far as they are known without compose. None where the file is there
/// and holds, or there is nothing to add.
pub fn preview(
    context: &Context,
    project: &Project,
    overlay: Overlay,
    compose: &Invocation,
    host: &str,
) -> Option<(PathBuf, String)> {
    let environment = context.environment.with(&compose.env);
    let basis = Basis::of(project, &overlay, compose, &environment);
    if !overlay.adds || basis.holds(&overlay) {
        return None;
    }
    let services = compose_files::read(&overlay.found.files, &environment);
    let prepared = assemble(overlay, basis, services, host);
    Some((prepared.overlay.shown(&context.current_dir).into(), prepared.text()))
}

fn assemble(overlay: Overlay, basis: Basis, services: Services, host: &str) -> Prepared {
    let built = services.services.iter().filter(|service| service.build.is_some());
    let active = built.clone().filter(|service| service.is_active(&basis.profiles));
    let meant = match overlay.services.as_slice() {
        [] => active.map(|service| service.name.clone()).collect(),
        named => named.to_vec(),
    };
    let built: Vec<String> = built.map(|service| service.name.clone()).collect();
    let mut fresh = overlay.state.fresh();
    match overlay.purpose {
        Purpose::Kept if overlay.after_fresh => fresh.set(&meant, Some(host)),
        Purpose::Kept => {}
        Purpose::Fresh => fresh.set(&meant, Some(host)),
        Purpose::Dropped => fresh.set(&meant, None),
    }
    fresh.keep_only(&built);
    let project = services.project.clone().or_else(|| basis.project.clone());
    let namespace = project.clone().filter(|_| basis.own_namespace);
    Prepared { overlay, services, meant, fresh, namespace, project, basis }
}

/// What an overlay depends on, besides the values.
struct Basis {
    own_namespace: bool,
    /// The project's name as far as compose does not say it.
    project: Option<String>,
    version: Option<String>,
    /// The active profiles.
    profiles: Vec<String>,
    /// The files and what stands in them, compose and its options.
    marks: Vec<String>,
    /// Whether that is all: what files include or extend is not known here.
    is_whole: bool,
}

impl Basis {
    fn of(project: &Project, overlay: &Overlay, compose: &Invocation, environment: &Environment) -> Basis {
        let own_namespace = project.config.cache.own_namespace;
        let name = compose_files::project(compose, environment);
        // Compose 2 warns of it in every file.
        let first = overlay.found.files.first().filter(|_| compose.program() != "docker");
        let version = first.and_then(|file| compose_files::version(file));
        let mut marks = vec![env!("CARGO_PKG_VERSION").to_owned(), own_namespace.to_string()];
        marks.extend(compose.words.iter().map(|word| word.to_string_lossy().into_owned()));
        marks.extend(name.clone());
        let mut is_whole = overlay.found.here;
        for file in &overlay.found.files {
            let text = paths::text_of(file).unwrap_or_default();
            is_whole &= !text.contains("include") && !text.contains("extends");
            marks.extend([file.display().to_string(), text]);
        }
        let profiles = compose_files::profiles(compose, environment);
        Basis { own_namespace, project: name, version, profiles, marks, is_whole }
    }

    fn mark(&self, fresh: &Fresh) -> String {
        let values = fresh.text();
        match self.is_whole {
            true => text::mark(self.marks.iter().map(String::as_str).chain([values.as_str()])),
            false => "files that others include".to_owned(),
        }
    }

    /// Whether the file of an earlier run is the same as would be written now.
    fn holds(&self, overlay: &Overlay) -> bool {
        overlay.purpose == Purpose::Kept
            && !overlay.after_fresh
            && self.is_whole
            && overlay.state.made_from(&overlay.name) == Some(self.mark(&overlay.state.fresh()))
    }
}

/// Never the same twice, not in two runs of one second either.
pub fn new_host() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    fresh::host(now.as_secs(), now.subsec_nanos() ^ std::process::id())
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Prepared {
    fn text(&self) -> String {
        let host = |name: &String| self.fresh.host(name).map(str::to_owned);
        let additions: Vec<Addition> =
            self.built().into_iter().map(|service| Addition { host: host(&service), service }).collect();
        // As `holds` will see it: with the values of services that are not built any more.
        let is_kept = self.overlay.purpose == Purpose::Kept && !self.overlay.after_fresh;
        let mark = if is_kept { self.basis.mark(&self.overlay.state.fresh()) } else { self.basis.mark(&self.fresh) };
        text::text(self.basis.version.as_deref(), &additions, self.namespace.as_deref(), &mark)
    }

    /// All services that are built, by whatever command.
    fn built(&self) -> Vec<String> {
        let built = self.services.services.iter().filter(|service| service.build.is_some());
        built.map(|service| service.name.clone()).collect()
    }

    /// The project's own namespace of cache mounts; empty without one.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// Compose's name of the project.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    fn write(&self, name: &str) -> Result<()> {
        let path = self.overlay.state.path(name);
        self.overlay.state.write(name, &self.text()).with_context(|| format!("can't write `{}`", path.display()))
    }

    /// The services that the command builds.
    pub fn is_meant(&self, service: &str) -> bool {
        self.meant.iter().any(|name| name == service)
    }

    /// The build succeeded: its values hold from now on, beside those that another build kept meanwhile.
    pub fn keep(mut self) -> Result<()> {
        let state = &self.overlay.state;
        let mut all = state.fresh();
        for name in &self.meant {
            all.set(std::slice::from_ref(name), self.fresh.host(name));
        }
        all.keep_only(&self.built());
        self.fresh = all;
        state.keep(&self.fresh).with_context(|| format!("can't write in `{}`", state.folder.display()))?;
        let kept = &self.overlay.kept_name;
        match self.fresh.is_empty() && self.namespace.is_none() {
            true => state.remove(kept),
            false => self.write(kept)?,
        }
        self.discard();
        Ok(())
    }

    /// The build failed: what held before holds on.
    pub fn discard(&self) {
        self.overlay.state.remove(NEXT);
        self.overlay.state.tidy();
    }
}
