//! The instructions before an install step: those of its stage, and of the stages it is based on.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::Command;
use crate::dockerfile::model::{Instruction, Stage};
use crate::installers::command::{self, Install};

/// For each stage that a build runs: all instructions that make its image, and how many of these come from the stages it
/// is based on.
pub fn chains(build: &BuildFacts) -> Vec<(usize, Vec<&Instruction>)> {
    let Ok(file) = &build.dockerfile else { return Vec::new() };
    let chain = |stage: &'_ Stage| {
        let bases = std::iter::successors(Some(&file.stages[stage.at]), |stage| file.base(stage, &build.args));
        let stages: Vec<&Stage> = bases.collect();
        let chain: Vec<&Instruction> = stages.iter().rev().flat_map(|stage| &stage.instructions).collect();
        (chain.len() - stage.instructions.len(), chain)
    };
    build.stages().into_iter().map(chain).collect()
}

/// The commands among these that fetch packages and don't need the project's code for it.
pub fn installs<'a>(commands: &'a [Command<'a>]) -> Vec<(&'a Command<'a>, Install<'a>)> {
    let installs = commands.iter().filter_map(|command| Some((command, command::install(&command.words)?)));
    installs.filter(|(_, install)| !install.builds).collect()
}

/// Whether a text contains `$NAME` or `${NAME…}`.
pub fn mentions(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name)
            .is_some_and(|behind| !behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_mentioned_whole() {
        assert!(
            mentions("a==$V", "V") && mentions("${V:-x}", "V") && !mentions("$VX ${XV}", "V") && !mentions("V", "V")
        );
    }
}
