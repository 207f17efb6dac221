//! Which parts of a plan are left out while it runs.

use std::collections::HashSet;
use std::path::Path;

use crate::tasks::plan::{self, Part, PartIs};

/// A plan's parts, as far as it ran.
pub struct Parts<'a> {
    parts: &'a [Part],
    root: &'a Path,
    /// Those whose first command was due.
    begun: HashSet<usize>,
    left_out: HashSet<usize>,
    /// Needed tasks that ran, by their place in the file.
    ran: HashSet<usize>,
}

/// Why a command is left out.
pub struct LeftOut<'a> {
    pub task: &'a str,
    /// The path that is there, from the folder of tasks.toml.
    pub path: &'a str,
}

impl<'a> Parts<'a> {
    /// `root` is the folder of tasks.toml.
    pub fn new(parts: &'a [Part], root: &'a Path) -> Parts<'a> {
        Parts { parts, root, begun: HashSet::new(), left_out: HashSet::new(), ran: HashSet::new() }
    }

    /// Whether a command of this part runs; looks at the state of the files when the part begins.
    ///
    /// # Errors
    ///
    /// It does not, with why when it is the first of its part: the first time that it is to be said.
    pub fn enter(&mut self, part: Option<usize>) -> Result<(), Option<LeftOut<'a>>> {
        for at in self.around(part) {
            if self.left_out.contains(&at) {
                return Err(None);
            }
            if !self.begun.insert(at) {
                continue;
            }
            let why = match &self.parts[at].is {
                PartIs::Unless(path) if self.is_there(path) => Some(LeftOut { task: &self.parts[at].task, path }),
                PartIs::Needed(task) if !self.ran.insert(*task) => None,
                PartIs::Unless(_) | PartIs::Needed(_) | PartIs::MayFail => continue,
            };
            self.left_out.insert(at);
            return Err(why);
        }
        Ok(())
    }

    /// After a command failed: leaves out the rest of the innermost part that may fail. `false`: there is none.
    pub fn fail(&mut self, part: Option<usize>) -> bool {
        let Some((may_fail, _)) = self.may_fail(part) else { return false };
        self.left_out.insert(may_fail);
        for at in self.around(part).into_iter().skip_while(|at| *at != may_fail) {
            if let PartIs::Needed(task) = &self.parts[at].is {
                self.ran.remove(task);
            }
        }
        true
    }

    /// The parts around this one that are left out when a path is there, the outermost first.
    pub fn unless(&self, part: Option<usize>) -> Vec<(usize, LeftOut<'a>)> {
        let of = |at: usize| match &self.parts[at].is {
            PartIs::Unless(path) => Some((at, LeftOut { task: &self.parts[at].task, path })),
            PartIs::MayFail | PartIs::Needed(_) => None,
        };
        self.around(part).into_iter().filter_map(of).collect()
    }

    /// The innermost part that may fail and that this one lies in: its place, and its task.
    pub fn may_fail(&self, part: Option<usize>) -> Option<(usize, &'a str)> {
        let at = plan::may_fail(self.parts, part)?;
        Some((at, &self.parts[at].task))
    }

    /// Whether a command of this part may fail, or is left out as the files are now.
    pub fn may_be_missed(&self, part: Option<usize>) -> bool {
        self.is_left_out(part) || self.may_fail(part).is_some()
    }

    /// Whether a command of `part` is one of the part `outer`.
    pub fn lies_in(&self, part: Option<usize>, outer: Option<usize>) -> bool {
        outer.is_none_or(|outer| self.around(part).contains(&outer))
    }

    /// Whether what belongs to this part is left out as the files are now.
    pub fn is_left_out(&self, part: Option<usize>) -> bool {
        self.around(part).iter().any(|at| matches!(&self.parts[*at].is, PartIs::Unless(path) if self.is_there(path)))
    }

    /// A part and those that it lies in, the outermost first.
    fn around(&self, part: Option<usize>) -> Vec<usize> {
        let mut around: Vec<usize> = plan::around(self.parts, part).collect();
        around.reverse();
        around
    }

    fn is_there(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}
