//! What to look at, and how: just to look, for a build of ours, or below a step that failed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::compose::call::ComposeCall;
use crate::compose::line::{Line, Started, engine_options};
use crate::compose::redact::Secrets;
use crate::compose::which::{self, ComposeCli};
use crate::docker::answer::Unanswered;
use crate::docker::facts::Variable;
use crate::project::context::Context;
use crate::project::looking::{self, Purpose};
use crate::run::preflight;
use crate::run::resolve::Resolver;
use crate::run::step::{Step, Tool};
use crate::system::environment::Environment;

/// What to look at, and how.
pub struct Asked<'a> {
    /// The person's own variables.
    pub persons: &'a Environment,
    /// The variables of the programs that are started to find out.
    pub environment: Environment,
    /// What steps get beside the person's own: how compose's files are read here.
    pub of_steps: Vec<(String, OsString)>,
    /// The folder of the project.
    pub root: PathBuf,
    /// The compose that is called; `None` when there is none.
    pub compose: Option<ComposeCli>,
    /// Why docker does not say whether there is one.
    pub no_compose: Option<Unanswered>,
    /// Compose with its files and options, as the tasks call it.
    pub compose_like: Option<ComposeCall>,
    /// Options that point docker at an engine, with their values.
    pub engine: Vec<OsString>,
    /// Whether the project has cache mounts of its own.
    pub own_namespace: bool,
    /// What is started: whose ports are looked at.
    pub started: Started,
    /// Look at everything, or only at what can make a step fail.
    pub whole: bool,
    pub deadline: Instant,
    /// What of the repository is not heeded just to look, each with the reason.
    pub left_out: Vec<String>,
}

/// The variables that decide about builds.
const DECISIVE: [&str; 3] = ["DOCKER_BUILDKIT", "COMPOSE_DOCKER_CLI_BUILD", "BUILDX_BUILDER"];

impl<'a> Asked<'a> {
    /// Just to look, from tasks.toml as far as it is there: no program of the repository's is started, and none of its
    /// variables chooses one.
    pub fn to_look(context: &'a Context, deadline: Instant) -> Asked<'a> {
        let resolver = Resolver::to_look(context).ok();
        let mut asked = Asked::of_project(context, resolver.as_ref(), context.to_look(), Purpose::Looking, deadline);
        let written = resolver.and_then(|resolver| resolver.written_cli().ok().flatten());
        match written.as_ref().map(|words| (words, looking::cli(words))) {
            Some((words, None)) => {
                // Its options may name an engine, or mean something else.
                asked.engine.clear();
                let program = &words[0];
                let program = program.to_string_lossy();
                asked.left_out.push(format!(
                    "the engine that steps use (`{program}` may name another than docker's own, which is looked at)"
                ));
            }
            Some((_, Some(heeded))) if !heeded.left_out.is_empty() => {
                let options = heeded.left_out.join(" and ");
                asked.left_out.push(format!("what {options} of `[compose] cli` changes (only a step gets it)"));
            }
            _ => {}
        }
        asked.left_out.extend(looking::left_out_variables(&context.environment, &asked.of_steps));
        asked
    }

    /// For builds of our own, which trust the repository as its steps do.
    pub fn to_build(context: &'a Context, deadline: Instant) -> Asked<'a> {
        let resolver = Resolver::new(context, true).ok();
        let environment = context.environment.with(&context.of_steps());
        Asked::of_project(context, resolver.as_ref(), environment, Purpose::Step, deadline)
    }

    /// Below a step that failed: with its own tool, variables and folder.
    pub fn below(context: &'a Context, step: &Step, deadline: Instant) -> Asked<'a> {
        let resolver = Resolver::new(context, true).ok();
        let of_project = || resolver.as_ref()?.compose_of_project(step.env.clone()).ok();
        // A step that calls docker itself may name another engine than compose does.
        let engine = match &step.tool {
            Tool::Docker(words) => engine_options(&Line::parse(words.clone()).options),
            _ => step.compose_call().map(|compose| compose.engine_options()).unwrap_or_default(),
        };
        let own = step.compose().map(|compose| compose.cli.clone());
        Asked {
            persons: &context.environment,
            environment: step.environment(&context.environment),
            of_steps: step.env.clone(),
            root: step.dir.clone(),
            compose: own.or_else(|| resolver.as_ref()?.compose().ok()),
            no_compose: None,
            compose_like: step.compose_call().or_else(of_project),
            engine,
            own_namespace: false,
            started: step.started(),
            whole: false,
            deadline,
            left_out: Vec::new(),
        }
    }

    fn of_project(
        context: &'a Context,
        resolver: Option<&Resolver<'_>>,
        environment: Environment,
        purpose: Purpose,
        deadline: Instant,
    ) -> Asked<'a> {
        let project = context.project.as_ref();
        let root = project.map_or_else(|| context.current_dir.clone(), |project| project.file.root().to_owned());
        let of_steps = context.of_steps();
        let compose = match resolver {
            Some(resolver) => resolver.compose(),
            None => {
                which::find_compose(&environment, &root, true).map(|words| ComposeCli::new(words, &root, &environment))
            }
        };
        let (compose, no_compose) = match compose {
            Ok(compose) => (Some(compose), None),
            Err(why) => (None, why.downcast().ok()),
        };
        let compose_like = compose.clone().filter(|_| has_file(context, &root)).and_then(|cli| match resolver {
            Some(resolver) => resolver.compose_of_project(of_steps.clone()).ok(),
            None => Some(ComposeCall { cli, options: Vec::new(), env: of_steps.clone(), dir: root.clone(), purpose }),
        });
        let engine = compose.iter().flat_map(|cli| engine_options(&cli.words)).collect();
        let own_namespace = project.is_some_and(|project| project.config.cache.own_namespace);
        Asked {
            persons: &context.environment,
            environment,
            of_steps,
            root,
            compose,
            no_compose,
            compose_like,
            engine,
            own_namespace,
            started: Started::everything(),
            whole: true,
            deadline,
            left_out: Vec::new(),
        }
    }

    /// Those of the project, or of the variables alone where compose has none.
    pub fn secrets(&self) -> Secrets {
        match &self.compose_like {
            Some(compose) => Secrets::of_project(compose, &self.environment),
            None => Secrets::of_variables(self.environment.all()),
        }
    }

    /// What docker said, without secrets.
    pub fn redacted(&self, why: Unanswered) -> Unanswered {
        let secrets = self.secrets();
        why.redacted(|said| secrets.redact(said))
    }

    /// The variables that decide about builds, as they are set.
    pub fn variables(&self) -> Vec<Variable> {
        let of = |name: &&str| {
            let persons = self.persons.get(name).is_some_and(|value| !value.is_empty());
            Some(Variable { name: (*name).to_owned(), value: self.environment.text(name)?, persons })
        };
        DECISIVE.iter().filter_map(of).collect()
    }
}

/// Whether compose has files to read; without any it is not asked.
fn has_file(context: &Context, root: &Path) -> bool {
    match context.project.as_ref().filter(|project| !project.config.here().compose.files.is_empty()) {
        Some(project) => preflight::missing_file(project, project.config.mode).is_none(),
        None => preflight::no_file(&context.environment, root).is_none(),
    }
}
