//! What is added to compose's files for a step that builds: the values of `build-fresh`, and the project's own namespace
//! for cache mounts. The person's files stay as they are; another `-f` names a file of ours.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::call::ComposeCall;
use crate::compose::config::{self, NoServices};
use crate::compose::files::{self as compose_files, Found};
use crate::compose::line;
use crate::compose::redact::Secrets;
use crate::compose::services::Services;
use crate::docker::answer::Unanswered;
use crate::fresh::kept_values::{self as values, Fresh};
use crate::fresh::overlay_text;
use crate::project::context::Context;
use crate::project::state::State;
use crate::run::step::Step;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::lock::Held;
use crate::system::{paths, process};
use crate::ui::problem::Problem;

/// How long compose may take to read its files. Python's needs a second on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Why there is an overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The kept values apply to this step too.
    Kept,
    /// `build-fresh`: a new value.
    Fresh,
    /// `build-fresh --drop-caches`: no value from now on.
    Dropped,
}

impl Purpose {
    /// That of a step that builds.
    pub fn of(step: &Step) -> Purpose {
        let without_cache = step.compose().is_some_and(|compose| compose.line.is_build_without_cache());
        match step.built_in.as_deref() {
            Some(values::COMMAND) if without_cache => Purpose::Dropped,
            Some(values::COMMAND) => Purpose::Fresh,
            _ => Purpose::Kept,
        }
    }
}

/// A step's overlay, before its services are known.
pub struct Overlay {
    pub purpose: Purpose,
    state: State,
    /// The values that are kept now.
    kept: Fresh,
    /// The name of its file. For a new value no other run has the same one: two may build at once.
    name: String,
    found: Found,
    call: ComposeCall,
    /// The services that are typed; none for all.
    typed: Vec<String>,
    /// The new value that holds from this step on, or for a dry run from an earlier one.
    host: Option<String>,
    /// Whether the project has cache mounts of its own.
    own_namespace: bool,
}

impl Overlay {
    /// The overlay of a step that builds; `None` if it needs none: nothing is kept and nothing new is asked for.
    /// `host`: a new value; `after_fresh`: in a dry run, an earlier step of the plan would keep it.
    ///
    /// # Errors
    ///
    /// A new value could not be kept, or docker could not read a file where they are.
    pub fn of(context: &Context, step: &Step, after_fresh: bool, host: &str) -> Result<Option<Overlay>> {
        let (Some(compose), Some(call)) = (step.compose(), step.compose_call()) else { return Ok(None) };
        let (project, purpose) = (context.project()?, Purpose::of(step));
        let own_namespace = project.config.cache.own_namespace;
        let environment = step.environment(&context.environment);
        let state = match context.state() {
            Ok(state) => state.clone(),
            Err(_) if purpose == Purpose::Kept && !own_namespace => return Ok(None),
            Err(why) => {
                let message = format!("there is no place to keep the values of builds in: {why}");
                return Err(Problem::new(message).hint(State::another_place()).into());
            }
        };
        let kept = Fresh::kept(&state)?;
        if purpose == Purpose::Kept && !own_namespace && !after_fresh && kept.is_empty() {
            say_if_moved(context, &state);
            return Ok(None);
        }
        let Some(found) = compose_files::of(&call, &environment) else { return Ok(None) };
        check_readable(&state, &call, &environment)?;
        let (name, typed) = match purpose {
            Purpose::Kept => (kept_name(compose.line.has(&line::FILE), &found), Vec::new()),
            Purpose::Fresh | Purpose::Dropped => (format!("{NEXT}{host}.yaml"), compose.line.built_services()),
        };
        let host = (after_fresh || purpose == Purpose::Fresh).then(|| host.to_owned());
        Ok(Some(Overlay { purpose, state, kept, name, found, call, typed, host, own_namespace }))
    }

    /// Asks compose which services there are and what they build: one process.
    ///
    /// # Errors
    ///
    /// What compose says of its files.
    pub fn ask(&self, context: &Context) -> Result<Services, NoServices> {
        // A service whose profile is off now may be built another time.
        let call = self.call.with(self.found_words()).with(["--profile", "*"]);
        config::services(&call, &context.environment, Instant::now() + LIMIT).map(|(services, _)| services)
    }

    /// Works out the values for these services, and the text of the file.
    pub fn assemble(self, context: &Context, services: Services) -> Prepared {
        let environment = self.call.environment(&context.environment);
        let profiles = compose_files::profiles(&self.call, &environment);
        let built = services.services.iter().filter(|service| service.build.is_some());
        let active = built.clone().filter(|service| service.is_active(&profiles));
        let meant = match self.typed.as_slice() {
            [] => active.map(|service| service.name.clone()).collect(),
            typed => typed.to_vec(),
        };
        let built: Vec<String> = built.map(|service| service.name.clone()).collect();
        let mut fresh = self.kept.clone();
        if self.host.is_some() || self.purpose == Purpose::Dropped {
            fresh.set(&meant, self.host.as_deref());
        }
        fresh.keep_only(&built);
        let project = services.project.clone().or_else(|| compose_files::project(&self.call, &environment));
        let namespace = project.clone().filter(|_| self.own_namespace);
        // Without a kept value and a namespace, `--drop-caches` has nothing to add.
        let text = (self.host.is_some() || !fresh.is_empty() || namespace.is_some()).then(|| {
            // Compose 1 wants the same `version:` in every file; compose 2 warns of it.
            let first = self.found.files.first().filter(|_| self.call.cli.is_1);
            let version = first.and_then(|file| compose_files::version(file));
            let hosts: Vec<_> = built.iter().map(|service| (service.as_str(), fresh.host(service))).collect();
            overlay_text::text(version.as_deref(), &hosts, namespace.as_deref())
        });
        Prepared { overlay: self, services, built, meant, fresh, namespace, project, text }
    }

    fn path(&self) -> PathBuf {
        self.state.path(&self.name)
    }

    /// The files that compose would have found: given `-f`, it no longer looks.
    fn found_words(&self) -> Vec<OsString> {
        let found = self.found.files.iter().filter(|_| !self.found.named);
        let files = found.map(|file| slashed(paths::shown_from(&self.call.dir, file)));
        files.flat_map(|file| ["-f".into(), file.into()]).collect()
    }
}

/// What the files for builds under a new value begin with, and those for all others.
const NEXT: &str = "next-";
const KEPT: &str = "compose";

/// One file for what compose finds or tasks.toml names, which is the usual; one for each other list of files that a
/// step names.
fn kept_name(names_files: bool, found: &Found) -> String {
    if !names_files {
        return format!("{KEPT}.yaml");
    }
    let paths: Vec<String> = found.files.iter().map(|file| file.display().to_string()).collect();
    format!("{KEPT}-{}.yaml", &crate::project::state::mark(&paths.join("\n"))[..8])
}

/// A path from a folder is written with `/` everywhere, as in tasks.toml.
fn slashed(path: String) -> String {
    if cfg!(windows) && Path::new(&path).is_relative() { path.replace('\\', "/") } else { path }
}

/// A checkout that moved must not get its old layers silently.
fn say_if_moved(context: &Context, state: &State) {
    let Some(gone) = &state.perhaps else { return };
    let message = format!(
        "a project in `{}` was built fresh and is no longer there; if this is it, builds here get its older layers",
        gone.root.display()
    );
    let run = context.built_in(values::COMMAND).map(|typed| format!("run {typed} once, or ")).unwrap_or_default();
    let hint = format!("{run}remove `{}`", gone.folder.display());
    context.ui.warning(message, &hint);
}

/// Docker from a snap sees no hidden folder of the home (`personal-files` and `home` interfaces of snapd).
fn check_readable(state: &State, call: &ComposeCall, environment: &Environment) -> Result<()> {
    let program = process::find(&call.cli.words[0], &call.dir, environment);
    let is_snaps = program.is_some_and(|path| path.starts_with("/snap"));
    let in_home = environment.home().and_then(|home| state.folder.strip_prefix(home).ok().map(Path::to_owned));
    let is_hidden = in_home.is_some_and(|path| path.to_string_lossy().starts_with('.'));
    if is_snaps && is_hidden {
        let message = format!("docker is a snap and can't read `{}`", state.folder.display());
        let hint = "keep it where it can: export XDG_STATE_HOME=\"$HOME/state\"";
        return Err(Problem::new(message).hint(hint).into());
    }
    Ok(())
}

/// An overlay with its text, ready to be written.
pub struct Prepared {
    overlay: Overlay,
    /// All services, as compose has them.
    pub services: Services,
    /// Those that are built, by whatever step.
    built: Vec<String>,
    /// Those of them that this step builds.
    meant: Vec<String>,
    fresh: Fresh,
    /// The project's own namespace of cache mounts.
    pub namespace: Option<String>,
    /// Compose's name of the project.
    pub project: Option<String>,
    /// The text of the file; `None` when nothing is added.
    text: Option<String>,
}

impl Prepared {
    /// The step's command, with the options that add the file.
    pub fn invocation(&self, step: &Step) -> Invocation {
        let mut options = Vec::new();
        if self.text.is_some() {
            options = self.overlay.found_words();
            options.extend(["-f".into(), self.overlay.path().into()]);
        }
        step.invocation_with(&options)
    }

    /// The file and its text.
    pub fn file(&self) -> Option<(PathBuf, String)> {
        self.text.clone().map(|text| (self.overlay.path(), text))
    }

    /// Writes the file, where it is not the same already. It stays as long as what is returned, or until the build has ended.
    ///
    /// # Errors
    ///
    /// It can't be written, or for `build-fresh`, what is to be kept after the build could not be.
    pub fn write(&self) -> Result<Option<Held>> {
        let Overlay { state, name, purpose, .. } = &self.overlay;
        let text = self.text.as_deref();
        if let (Purpose::Kept, Some(held)) = (purpose, text.and_then(|text| state.held(name, text))) {
            return Ok(Some(held));
        }
        let changing = state.change()?;
        if *purpose != Purpose::Kept {
            changing.check_writable(&self.fresh.text())?;
        }
        let Some(text) = text else { return Ok(None) };
        changing.write(name, text)?;
        Ok(state.held(name, text))
    }

    /// What docker said, without the project's secrets.
    pub fn redacted(&self, why: Unanswered, environment: &Environment) -> Unanswered {
        let secrets = Secrets::of_project(&self.overlay.call, environment);
        why.redacted(|said| secrets.redact(said))
    }

    /// Whether the step builds this service.
    pub fn is_meant(&self, service: &str) -> bool {
        self.meant.iter().any(|name| name == service)
    }

    /// After a successful build: its values apply from now on, beside those that another build kept meanwhile.
    ///
    /// # Errors
    ///
    /// They can't be written.
    pub fn keep(&self) -> Result<(), Problem> {
        let state = &self.overlay.state;
        let changing = state.change()?;
        let mut all = Fresh::kept(state)?;
        for service in &self.meant {
            all.set(std::slice::from_ref(service), self.fresh.host(service));
        }
        all.keep_only(&self.built);
        all.keep(&changing)?;
        // The files with earlier values are of no use without one, except to a build that goes on.
        for name in state.names().iter().filter(|name| all.is_empty() && name.starts_with(KEPT)) {
            changing.remove_unless_held(name)?;
        }
        changing.remove(&self.overlay.name)
    }

    /// Removes the file of a new value; what is kept stays as it is.
    pub fn discard(&self) {
        // What stays, the next run removes.
        let _ = self.overlay.state.change().and_then(|changing| changing.remove(&self.overlay.name));
    }

    /// Fails if a build takes the kept values along with its context: its layers would change with them.
    pub fn check_contexts(&self, context: &Context, root: &Path) -> Result<()> {
        let folder = &self.overlay.state.folder;
        let takes = |place: &Path| paths::is_really_in(folder, &paths::absolute(root, place));
        for service in &self.services.services {
            let Some(build) = service.build.as_ref().filter(|_| self.is_meant(&service.name)) else { continue };
            let places = build.context.iter().map(PathBuf::as_path);
            let mut places = places.chain(build.contexts.iter().map(|(_, place)| Path::new(place)));
            let Some(place) = places.find(|place| takes(place)) else { continue };
            let (folder, place) = (folder.display(), place.display());
            let message = format!("`{folder}` is in the build context `{place}` of `{}`", service.name);
            if self.overlay.purpose != Purpose::Kept {
                return Err(Problem::new(message).hint(State::another_place()).into());
            }
            context.ui.warning(message, &State::another_place());
        }
        Ok(())
    }
}

/// Removes what killed runs left, also files of new values that no build has any more.
pub fn remove_left(state: &State) {
    state.remove_left();
    let is_left = |name: &String| name.starts_with(NEXT);
    let left: Vec<String> = state.names().into_iter().filter(is_left).collect();
    if left.is_empty() {
        return;
    }
    // What can't be removed now is no reason not to build.
    let Ok(changing) = state.change() else { return };
    for name in left {
        let _ = changing.remove_unless_held(&name);
    }
}
