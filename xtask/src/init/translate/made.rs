//! What a task is made of while its lines are read, and what they can see.

use crate::init::draft::Step;
use crate::init::translate::flags::Flags;

/// What a task is made of, as its lines are read.
#[derive(Debug, Default)]
pub struct Made {
    pub steps: Vec<Step>,
    pub flags: Flags,
    /// The calls of other targets that give them variables, by the place of their step.
    pub calls: Vec<Call>,
}

/// `$(MAKE) target NAME=value`.
#[derive(Clone, Debug)]
pub struct Call {
    pub step: usize,
    pub target: String,
    pub variables: Vec<(String, Given)>,
}

/// What a call gives a variable.
#[derive(Clone, Debug)]
pub enum Given {
    Text(String),
    /// What the person gave this one.
    Variable(String),
}

/// What the lines of one target can see.
pub struct Sight<'a> {
    /// The name of the task that they are for.
    pub task: &'a str,
    /// The name of the task that a target is.
    pub task_of: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the shell of the Makefile is bash.
    pub is_bash: bool,
    /// Whether a variable that is not set ends it.
    pub is_nounset: bool,
    /// Whether it ends a pipe at the first command that fails.
    pub is_pipefail: bool,
    /// Whether it ends a line at the first command that fails.
    pub is_strict: bool,
    /// What every script begins with.
    pub prelude: &'a str,
}
