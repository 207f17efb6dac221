//! There is an ignore file, and it lets in files that no image needs.

use crate::lint::left_in;
use crate::lint::rule::{Look, Rule};

const NAME: &str = "leaky-dockerignore";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A `.dockerignore` that lets in files that no image needs",
    why: "The `.dockerignore` leaves some files out, but not all that no image needs: the repository's history, virtual \
          environments, caches, logs, temporary files, or files with passwords. They end up in the image, and each \
          change of one of them runs the `COPY` and all steps after it again.\n\n\
          In a `.dockerignore`, other than in a `.gitignore`, a pattern without `**/` is about the top of the context \
          only: `__pycache__` does not cover `app/__pycache__`.",
    instead: "Add the lines that the finding names. The last line that matches decides, so they belong below those that \
              take something in again with `!`.",
    fix: "`--fix` adds the lines at the end of the file. It does not where a `!` above takes in something that a line \
          would leave out again. If a file with secrets is among them, only `--unsafe-fixes` adds them: a program may \
          read its `.env` when the image is built, or when it runs.",
    examples: &[],
    look: Look::Context(|facts, _| match &facts.ignore_file {
        Some(_) => left_in::found(NAME, facts).into_iter().collect(),
        None => Vec::new(),
    }),
};
