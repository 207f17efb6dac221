//! Compose's own reading of its files.

use std::ffi::OsString;
use std::time::Instant;

use crate::compose::call::ComposeCall;
use crate::compose::services::{self, Services};
use crate::system::environment::Environment;
use crate::system::process;
use crate::tasks::variables as buildkit;

/// Why there are no services.
#[derive(Debug)]
pub enum NoServices {
    /// Compose's own sentence about its files.
    Said(String),
    /// It did not answer in time, or could not be started.
    NoAnswer,
}

/// What `compose config` says, and what it printed besides, which names the variables that nothing sets. Version 1 knows
/// no JSON.
pub fn services(
    compose: &ComposeCall,
    environment: &Environment,
    deadline: Instant,
) -> Result<(Services, String), NoServices> {
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
    if !output.status.success() {
        return Err(NoServices::Said(services::last_sentence(&output.stderr)));
    }
    // What is printed can be read as a compose file again: each `$` is written twice (1.29, 2.26, 2.40).
    let stdout = output.stdout.replace("$$", "$");
    let services = if is_json { Services::from_json(&stdout) } else { Services::from_yaml(&stdout) };
    services.map(|services| (services, output.stderr)).map_err(NoServices::Said)
}
