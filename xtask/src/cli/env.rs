//! `env`: prints the variables that every command of ours gets, for calling docker by hand.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use crate::cli::shell_assignments::Shell;
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::process;
use crate::tasks::variables::{Added, Layers};
use crate::ui::problem::Problem;
use crate::ui::{secret, text};

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "env",
    about: "Print the variables, for calling docker by hand",
    needs_tasks: false,
    accepts,
    does: Does::Runs(env),
};

fn accepts(command: Command) -> Command {
    command
        .arg(
            Arg::new("shell")
                .long("shell")
                .value_name("SHELL")
                .value_parser(Shell::ALL.map(Shell::name))
                .help("The shell to print for [default: the one in use]"),
        )
        .arg(
            Arg::new("secrets")
                .long("secrets")
                .help("Print secret values too, which are left out otherwise")
                .action(ArgAction::SetTrue),
        )
        .arg(Arg::new("json").long("json").help("Print an object of names and values").action(ArgAction::SetTrue))
}

fn env(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    // Some of the variables would be worse than none.
    if context.broken.is_some() {
        return Err(Problem::new("can't read `[env]`: tasks.toml has mistakes")
            .hint(format!("list them: {} help", context.program()))
            .into());
    }
    let config = context.project.as_ref().map(|project| &project.config);
    let common = Layers::common(config);
    // What the person has set is stronger, and already there.
    let Added { env: added, asked, .. } = common.added(&context.environment, context.globals.os);
    let is_added =
        |name: &String| added.iter().any(|(other, _)| other == name) || asked.iter().any(|(other, _)| other == name);
    for variable in common.fallback.iter().filter(|variable| !is_added(&variable.name)) {
        let name = &variable.name;
        match context.environment.get(name) {
            Some(_) => context.ui.detail(format_args!("{name} is set already, and stays as it is")),
            None => context.ui.detail(format_args!("{name} is not set on this system")),
        }
    }
    for (name, output) in &asked {
        context.ui.warning(format_args!("`{name}` is left out: `{}` has to be asked for it", output.line), "");
    }
    for file in config.iter().flat_map(|config| &config.here().env_files) {
        context.ui.warning(format_args!("the variables of `{}` are left out", file.path.get_ref()), "");
    }
    let mut added: Vec<(String, String)> =
        added.into_iter().map(|(name, value)| (name, value.to_string_lossy().into_owned())).collect();
    let with_secrets = matches.get_flag("secrets");
    if !with_secrets {
        let is_harmless = |(name, value): &(String, String)| secret::shown(name, value) == *value;
        let secrets: Vec<String> =
            added.iter().filter(|it| !is_harmless(it)).map(|(name, _)| format!("`{name}`")).collect();
        if !secrets.is_empty() {
            let message = format!("left out, since their values are secret: {}", text::and_list(&secrets, "and"));
            context.ui.warning(message, "to print them too: --secrets");
        }
        added.retain(is_harmless);
    }
    if matches.get_flag("json") {
        context.ui.bare_json(&json!(added.into_iter().collect::<BTreeMap<_, _>>()));
        return Ok(Exit::DONE);
    }
    let named = matches.get_one::<String>("shell").map(String::as_str);
    let shell = Shell::ALL.into_iter().find(|shell| named == Some(shell.name())).unwrap_or_else(|| guess(context));
    for (name, value) in &added {
        match shell.assign(name, value) {
            Ok(line) => context.ui.bare_result(line),
            Err(why) => context.ui.warning(format_args!("`{name}` is left out: {why}"), ""),
        }
    }
    let flag = named.map(|name| format!(" --shell {name}")).unwrap_or_default();
    let flag = if with_secrets { format!("{flag} --secrets") } else { flag };
    context.ui.result(shell.usage(&format!("{} env{flag}", context.program())));
    Ok(Exit::DONE)
}

/// The shell that started us, or cargo before us, where the system shows it; else the person's own. On Windows, PowerShell
/// sets a variable for what it starts; so does a cmd inside a PowerShell have it.
fn guess(context: &Context) -> Shell {
    let by_ancestors = || process::proc::ancestors().iter().find_map(|name| Shell::of_program(name));
    let by_variable = || Shell::of_program(&context.environment.text("SHELL")?);
    let shell = match Os::HERE {
        Os::Windows if context.environment.get("PSModulePath").is_some() => Shell::PowerShell,
        Os::Windows => by_variable().unwrap_or(Shell::Cmd),
        Os::Linux | Os::Mac => by_ancestors().or_else(by_variable).unwrap_or(Shell::Sh),
    };
    context.ui.detail(format_args!("assuming the shell is {}; --shell picks another", shell.name()));
    shell
}
