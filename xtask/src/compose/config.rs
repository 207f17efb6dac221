//! Compose's own reading of its files.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::time::Instant;

use crate::compose::call::ComposeCall;
use crate::compose::files;
use crate::compose::model::Unreadable;
use crate::compose::redact::Secrets;
use crate::compose::said;
use crate::compose::services::Services;
use crate::docker::answer::{self, Unanswered};
use crate::project::looking::{self, Purpose};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::tasks::variables as buildkit;

/// Why there are no services.
#[derive(Debug)]
pub enum NoServices {
    /// Compose can't read its files: its own sentence about it, if there is one, without secret values.
    Said(Option<String>),
    /// It did not answer in time, or with something else.
    Unanswered(Unanswered),
    /// Compose is not asked: a file is past our bound, and compose has none.
    TooMuch(Unreadable),
    /// Compose is not asked just to look, since it would start what the repository names, or fetch it. Why.
    OnlyLooking(String),
}

impl fmt::Display for NoServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoServices::Said(Some(sentence)) => write!(f, "compose can't read its files: {sentence}"),
            NoServices::Said(None) => f.write_str("compose can't read its files, and does not say why"),
            NoServices::Unanswered(why) => why.fmt(f),
            NoServices::TooMuch(file) => write!(f, "compose is not asked to read {file}"),
            NoServices::OnlyLooking(why) => f.write_str(why),
        }
    }
}

/// What `compose config` says, and what it printed besides, which names the variables that nothing sets. Version 1 knows
/// no JSON. Its files are read here first: compose takes all memory for some that are past our bound.
pub fn services(
    compose: &ComposeCall,
    environment: &Environment,
    deadline: Instant,
) -> Result<(Services, String), NoServices> {
    let only_looks = compose.purpose == Purpose::Looking;
    if only_looks && looking::cli(&compose.cli.words).is_none() {
        return Err(NoServices::OnlyLooking(looking::not_started(&compose.cli.words[0])));
    }
    let compose = &as_given(compose, environment);
    let used = match files::services_and_used(compose, environment).map_err(Box::new) {
        Ok((services, used)) => match files::without_bound(compose, environment, &services) {
            Some(file) => return Err(NoServices::TooMuch(file)),
            None => used,
        },
        Err(file) if file.too_much => return Err(NoServices::TooMuch(*file)),
        // Version 1 fetches nothing.
        Err(_) if only_looks && !compose.cli.is_1 && !files::stand_alone(compose, environment) => {
            let why = "compose might fetch other files, so it is not asked just to look";
            return Err(NoServices::OnlyLooking(why.to_owned()));
        }
        // Whatever else is wrong with them, compose says it better.
        Err(_) => BTreeSet::new(),
    };
    // Every generation prints YAML without a format; a program that only speaks compose's language may know no other.
    let is_json = compose.cli.words[0] == "docker";
    let words: &[&str] = if is_json { &["config", "--format", "json"] } else { &["config"] };
    let invocation = Invocation { env: compose.env_of_programs(&used), ..compose.command(words) };
    let answer = answer::ask(&invocation, environment, deadline);
    let redact = |said: &str| Secrets::of_project(compose, environment).redact(said);
    let answer = answer.map_err(|why| NoServices::Unanswered(why.redacted(redact)))?;
    if !answer.status.success() {
        return Err(NoServices::Said(said::last_sentence(&answer.stderr).as_deref().map(redact)));
    }
    // What is printed can be read as a compose file again: each `$` is written twice (1.29, 2.26, 2.40).
    let read = |said: &str| {
        let said = said.replace("$$", "$");
        if is_json { Services::from_json(&said).ok_or(None) } else { Services::from_yaml(&said) }
    };
    let services = answer.parse(read).map_err(|why| NoServices::Unanswered(why.redacted(redact)))?;
    Ok((services, answer.stderr))
}

/// The call with the variables that compose really gets, so that its files are read here as it will read them.
fn as_given(compose: &ComposeCall, environment: &Environment) -> ComposeCall {
    let mut compose = compose.clone();
    if compose.purpose == Purpose::Looking {
        compose.env.retain(|(name, _)| !looking::changes_programs(name));
        compose.env.extend(looking::FETCHES_NOTHING.map(|(name, value)| (name.to_owned(), value.into())));
    }
    // With such a value docker refuses even to read files. Doctor reports the value itself.
    let chosen = compose.environment(environment).text("DOCKER_BUILDKIT").unwrap_or_default();
    if !buildkit::is_boolean(&chosen) {
        compose.env.retain(|(name, _)| name != "DOCKER_BUILDKIT");
        compose.env.push(("DOCKER_BUILDKIT".to_owned(), OsString::new()));
    }
    compose
}
