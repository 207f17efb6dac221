//! A target with its recipe.

use std::collections::BTreeSet;

use crate::init::makefile::read::Assign;
use crate::init::makefile::recipe::Line;

/// A target with its recipe.
#[derive(Clone, Debug, Default)]
pub struct Target {
    pub name: String,
    pub about: Option<String>,
    pub group: Option<String>,
    pub needs: Vec<String>,
    pub order_only: Vec<String>,
    /// Where the needs of its last rule begin.
    pub own_needs: usize,
    pub recipe: Vec<Line>,
    pub assigns: Vec<Assign>,
    /// Variables that have to be given.
    pub required: BTreeSet<String>,
    /// What `$*` stands for, of a static pattern.
    pub stem: Option<String>,
    /// Whether it has a rule, and not only variables.
    pub has_rule: bool,
    pub why_not: Option<String>,
}

impl Target {
    /// What the rule with the recipe needs comes before what other rules need.
    pub fn own_needs_first(&mut self) {
        if self.recipe.is_empty() {
            self.needs.rotate_left(std::mem::take(&mut self.own_needs));
        }
    }

    /// A second rule with a recipe takes the place of the first. That one is seen by its first line only, so it is refused.
    pub fn recipe_may_be_replaced(&mut self) {
        self.why_not = Some("it has several rules".to_owned());
    }
}
