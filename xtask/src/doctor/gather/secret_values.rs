//! Keeping secrets out of the facts: a value that comes from a variable may be one.

use crate::compose::call::ComposeCall;
use crate::compose::files as compose_files;
use crate::compose::redact::Secrets;
use crate::compose::services::{Build, Services};
use crate::doctor::gather::Facts;
use crate::system::environment::Environment;
use crate::system::files;

/// The secret values: those of the person's variables, and of every `.env` file that compose reads here.
pub fn secrets(compose: &ComposeCall, environment: &Environment, written: &Services) -> Secrets {
    let mut env_files = compose_files::env_files(compose, environment);
    env_files.push(compose.dir.join(".env"));
    env_files.extend(written.services.iter().flat_map(|service| service.env_files.iter().cloned()));
    let texts: Vec<String> = env_files.iter().filter_map(|file| files::text_of(file)).collect();
    Secrets::of_variables(environment.all()).and(&texts)
}

/// A Dockerfile that stands in the compose file has values of variables in it.
pub fn inline(services: &mut Services, secrets: &Secrets) {
    let builds = services.services.iter_mut().filter_map(|service| service.build.as_mut());
    for inline in builds.filter_map(|build| build.inline.as_mut()) {
        *inline = secrets.redact(inline);
    }
}

/// What only the compose file as it is written tells: which parts of a build come from a variable. Values of `.env` are
/// taken out of them.
pub fn compare_with_written(facts: &mut Facts, written: &Services, secrets: &Secrets) {
    let is_variable = |text: &str| text.contains("${");
    let place = |written: &&Build| {
        let context = written.context.iter().map(|path| path.as_path());
        context.chain([written.dockerfile.as_path()]).any(|path| is_variable(&path.to_string_lossy()))
    };
    let written_of = |names: &[String]| -> Vec<&Build> {
        let services = written.services.iter().filter(|service| names.contains(&service.name));
        services.filter_map(|service| service.build.as_ref()).collect()
    };
    for build in &mut facts.builds {
        let of = written_of(&build.services);
        for written in &of {
            let by_variable = written.args.iter().filter(|(_, value)| is_variable(value)).map(|(name, _)| name);
            build.variable_args.extend(by_variable.chain(&written.open_args).cloned());
        }
        if of.is_empty() || of.iter().any(place) {
            build.shown = secrets.redact(&build.shown);
        }
        // The name of a stage stands in the Dockerfile. Any other may be a secret.
        let is_stage = |target: &str| build.dockerfile.as_ref().is_ok_and(|file| file.target(Some(target)).is_some());
        build.target = build.target.take().map(|it| if is_stage(&it) { it } else { secrets.redact(&it) });
    }
    for context in &mut facts.contexts {
        let of = written_of(&context.services);
        if of.is_empty() || of.iter().any(place) {
            context.shown = secrets.redact(&context.shown);
            context.ignore_place = secrets.redact(&context.ignore_place);
            context.ignore_file = context.ignore_file.as_deref().map(|file| secrets.redact(file));
            for taken in &mut context.taken {
                taken.dockerfile = secrets.redact(&taken.dockerfile);
            }
        }
    }
}
