//! Before `--drop-caches`: which cache mounts will be emptied, how large they are, and which other projects use them.

use std::path::PathBuf;
use std::time::Instant;

use crate::compose::files as compose_files;
use crate::compose::model::Unreadable;
use crate::compose::services::Services;
use crate::docker::answer::{self, Answer};
use crate::docker::build_cache::{BuildCache, LISTING};
use crate::docker::facts::Record;
use crate::docker::programs::question;
use crate::dockerfile::builds::{BuildFacts, mounts_of};
use crate::dockerfile::context as build_context;
use crate::fresh::overlay::Prepared;
use crate::installers::mounts::{self, Mount};
use crate::project::context::Context;
use crate::system::paths;
use crate::ui::text;

/// One line a container: compose's project, its folder, its files. The labels are the same on compose 1.29, 2.26, 2.40.
const PROJECTS: &str = "{{.Label `com.docker.compose.project`}};{{.Label `com.docker.compose.project.working_dir`}};\
{{.Label `com.docker.compose.project.config_files`}}";

/// Another compose project that has containers on this engine.
struct Project {
    name: String,
    dir: PathBuf,
    /// What its files say, or why that is unknown.
    services: Result<Services, Unreadable>,
}

/// Prints it on stderr, including what can't be found out.
pub fn tell(context: &Context, cache: &BuildCache<'_>, prepared: &Prepared, builds: &[&BuildFacts]) {
    let named = mounts_of(builds.iter().copied());
    if named.is_empty() {
        return;
    }
    let namespace = prepared.namespace.as_deref().unwrap_or_default();
    let records = cache.records(Instant::now() + LISTING).map_err(|why| prepared.redacted(why, cache.environment));
    let there: Vec<Mount> = records.iter().flatten().filter_map(Mount::of).collect();
    let others = if namespace.is_empty() { others(context, cache, prepared) } else { Vec::new() };
    context.ui.note(format_args!("{} will be emptied:", text::count(named.len(), "cache mount")));
    if let Err(why) = &records {
        context.ui.warning(format_args!("docker can't list the build cache: {}", why.said()), "");
    }
    for (id, target) in named {
        let of_it: Vec<&Mount> = there.iter().filter(|mount| mount.is_meant_by(id, target, namespace)).collect();
        let size = match of_it.as_slice() {
            [] if records.is_err() => "of unknown size".to_owned(),
            [] => "not there yet".to_owned(),
            mounts => text::size(Record::total_size(mounts.iter().map(|mount| &mount.record))),
        };
        let shown = |project: &Project| format!("`{}` in `{}`", project.name, project.dir.display());
        let also: Vec<String> = others.iter().filter(|project| uses(project, id)).map(shown).collect();
        let also = match also.as_slice() {
            [] => String::new(),
            names => format!(", used by {} too", text::and_list(names, "and")),
        };
        context.ui.note(format_args!("  {} ({size}){also}", mounts::named(target)));
    }
    for project in &others {
        if let Err(why) = &project.services {
            context.ui.note(format_args!("can't tell whether `{}` uses them too: {why}", project.name));
        }
    }
    if namespace.is_empty() {
        context
            .ui
            .note("every project on this engine that mounts the same target shares them, even one without containers");
    }
}

/// The fields of a line of [`PROJECTS`].
fn fields(line: &str) -> Option<[String; 3]> {
    line.splitn(3, ';').map(str::to_owned).collect::<Vec<_>>().try_into().ok()
}

/// The compose projects of this engine, except the one being built.
fn others(context: &Context, cache: &BuildCache<'_>, prepared: &Prepared) -> Vec<Project> {
    let ps = question(&cache.engine, &["ps", "--all", "--format", PROJECTS], cache.dir);
    let read = |said: &str| said.lines().map(|line| fields(line.trim())).collect::<Option<Vec<_>>>();
    let answer = answer::ask(&ps, cache.environment, Instant::now() + LISTING).and_then(Answer::on_success);
    let containers = match answer.and_then(|answer| answer.read(read)) {
        Ok(containers) => containers,
        Err(why) => {
            let why = prepared.redacted(why, cache.environment);
            context.ui.note(format_args!("can't tell which other projects use them: {}", why.said()));
            return Vec::new();
        }
    };
    let own = prepared.project.as_deref();
    let mut projects: Vec<Project> = Vec::new();
    for [name, dir, files] in &containers {
        if name.is_empty() || Some(name.as_str()) == own || projects.iter().any(|project| project.name == *name) {
            continue;
        }
        let dir = PathBuf::from(dir);
        let files: Vec<PathBuf> = files.split(',').map(|file| paths::absolute(&dir, file.as_ref())).collect();
        let services = compose_files::read(&files, &dir, &context.environment);
        projects.push(Project { name: name.to_owned(), dir, services });
    }
    projects
}

/// Whether its Dockerfiles mount this id, as far as they can be read here.
fn uses(project: &Project, id: &str) -> bool {
    let services = project.services.as_ref();
    let builds = services.map(|services| build_context::read(services, &project.dir)).unwrap_or_default();
    builds.iter().any(|build| build.cache_mounts().any(|(own, _)| own == id))
}
