//! The instructions before an install step: those of its stage, and of the stages it is based on.

use std::collections::HashMap;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::Command;
use crate::dockerfile::model::Instruction;
use crate::installers::command::{self, Install};

/// Hands each instruction that a build runs to `look`, once, with what those before it in its image left. A stage goes on from
/// where the stage that it is based on ended; `enter` is told so.
pub fn follow<'a, S: Clone + Default>(
    build: &'a BuildFacts,
    enter: impl Fn(&mut S),
    mut look: impl FnMut(&mut S, &'a Instruction),
) {
    let Ok(file) = &build.dockerfile else { return };
    let mut ends: HashMap<usize, S> = HashMap::new();
    for stage in build.stages() {
        let base = file.base(stage, &build.args).and_then(|base| ends.get(&base.at));
        let mut state = base.cloned().unwrap_or_default();
        enter(&mut state);
        stage.instructions.iter().for_each(|step| look(&mut state, step));
        ends.insert(stage.at, state);
    }
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
