//! Keeping secrets out of the facts: a value that comes from a variable may be one.

use crate::compose::redact::Secrets;
use crate::compose::services::{Build, Services};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::facts::ContextFacts;

/// A Dockerfile that stands in the compose file has values of variables in it.
pub fn inline(services: &mut Services, secrets: &Secrets) {
    let builds = services.services.iter_mut().filter_map(|service| service.build.as_mut());
    for inline in builds.filter_map(|build| build.inline.as_mut()) {
        *inline = secrets.redact(inline);
    }
}

/// What only the compose file as it is written tells: which parts of a build come from a variable. Values of `.env` are
/// taken out of them.
pub fn compare_with_written(
    of_builds: &mut [BuildFacts],
    contexts: &mut [ContextFacts],
    written: &Services,
    secrets: &Secrets,
) {
    for build in of_builds.iter_mut() {
        for written in of(written, &build.services) {
            let by_variable = written.args.iter().filter(|(_, value)| is_variable(value)).map(|(name, _)| name);
            build.variable_args.extend(by_variable.chain(&written.open_args).cloned());
        }
    }
    builds(of_builds, written, secrets);
    for context in contexts {
        if may_be_secret(written, &context.services) {
            context.shown = secrets.redact(&context.shown);
            context.ignore_place = secrets.redact(&context.ignore_place);
            context.ignore_file = context.ignore_file.as_deref().map(|file| secrets.redact(file));
            for taken in &mut context.taken {
                taken.dockerfile = secrets.redact(&taken.dockerfile);
            }
        }
    }
}

/// The names of Dockerfiles and stages, where they come from a variable.
pub fn builds(builds: &mut [BuildFacts], written: &Services, secrets: &Secrets) {
    for build in builds {
        if may_be_secret(written, &build.services) {
            build.shown = secrets.redact(&build.shown);
        }
        // The name of a stage stands in the Dockerfile. Any other may be a secret.
        let is_stage = |target: &str| build.dockerfile.as_ref().is_ok_and(|file| file.target(Some(target)).is_some());
        build.target = build.target.take().map(|it| if is_stage(&it) { it } else { secrets.redact(&it) });
    }
}

/// The builds of these services, with variables as they are written.
fn of<'a>(written: &'a Services, names: &'a [String]) -> impl Iterator<Item = &'a Build> {
    let services = written.services.iter().filter(|service| names.contains(&service.name));
    services.filter_map(|service| service.build.as_ref())
}

/// Whether a path of these services' builds has a variable in it, or that is not known.
fn may_be_secret(written: &Services, names: &[String]) -> bool {
    let place = |written: &Build| {
        let context = written.context.iter().map(|path| path.as_path());
        context.chain([written.dockerfile.as_path()]).any(|path| is_variable(&path.to_string_lossy()))
    };
    of(written, names).next().is_none() || of(written, names).any(place)
}

fn is_variable(text: &str) -> bool {
    text.contains("${")
}
