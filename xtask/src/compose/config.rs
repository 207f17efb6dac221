//! Compose's own reading of its files.

use std::ffi::OsString;
use std::fmt;
use std::time::Instant;

use crate::compose::call::ComposeCall;
use crate::compose::files;
use crate::compose::model::Unreadable;
use crate::compose::redact::Secrets;
use crate::compose::services::{self, Services};
use crate::system::environment::Environment;
use crate::system::process;
use crate::tasks::variables as buildkit;

/// Why there are no services.
#[derive(Debug)]
pub enum NoServices {
    /// Compose's own sentence about its files, without secret values.
    Said(String),
    /// It did not answer in time, or could not be started.
    NoAnswer,
    /// Compose is not asked: a file is past our bound, and compose has none.
    TooMuch(Unreadable),
}

impl fmt::Display for NoServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoServices::Said(sentence) => write!(f, "compose can't read its files: {sentence}"),
            NoServices::NoAnswer => f.write_str("compose does not answer"),
            NoServices::TooMuch(file) => write!(f, "compose is not asked to read {file}"),
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
    // Whatever else is wrong with them, compose says it better.
    if let Err(file) = files::services(compose, environment).map_err(Box::new) {
        if file.too_much {
            return Err(NoServices::TooMuch(*file));
        }
    }
    // Every generation prints YAML without a format; a program that only speaks compose's language may know no other.
    let is_json = compose.cli.words[0] == "docker";
    let words: &[&str] = if is_json { &["config", "--format", "json"] } else { &["config"] };
    let mut invocation = compose.command(words);
    // With such a value docker refuses even to read files. Doctor reports the value itself.
    let chosen = environment.with(&invocation.env).text("DOCKER_BUILDKIT").unwrap_or_default();
    if !buildkit::is_boolean(&chosen) {
        invocation.env.retain(|(name, _)| name != "DOCKER_BUILDKIT");
        invocation.env.push(("DOCKER_BUILDKIT".to_owned(), OsString::new()));
    }
    let output = process::output_until(&invocation, environment, deadline).ok().flatten();
    let Some(output) = output else { return Err(NoServices::NoAnswer) };
    let said = |sentence: String| {
        let written = files::written(compose, environment);
        NoServices::Said(Secrets::of_project(compose, environment, &written).redact(&sentence))
    };
    if !output.status.success() {
        return Err(said(services::last_sentence(&output.stderr)));
    }
    // What is printed can be read as a compose file again: each `$` is written twice (1.29, 2.26, 2.40).
    let stdout = output.stdout.replace("$$", "$");
    let services = if is_json { Services::from_json(&stdout) } else { Services::from_yaml(&stdout) };
    services.map(|services| (services, output.stderr)).map_err(said)
}
