//! There is no ignore file, and builds take files that no image needs.

use crate::lint::left_in;
use crate::lint::rule::{Look, Rule};

const NAME: &str = "missing-dockerignore";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "No `.dockerignore`, and files that no image needs",
    why: "Without a `.dockerignore`, `COPY . .` takes everything that lies in the folder: the repository's history, \
          virtual environments, caches, logs, and files with passwords. That makes the image larger and tells others \
          what they should not know. And each commit, each test run and each line in a log changes one of these \
          files, so that the `COPY` and all steps after it run again.\n\n\
          Files that the image may need are not reported: what a `COPY` names, `.git` where a step asks git for a \
          version, `node_modules` where no step installs it.",
    instead: "Write a `.dockerignore` at the top of the context, with a line for each kind of such files: `**/.git`, \
              `**/.venv`, `**/__pycache__`, `**/*.log`, `**/.env`.",
    fix: "`--fix` writes the file, with a line for each kind of file that it saw. If a file with secrets is among \
          them, only `--unsafe-fixes` does: a program may read its `.env` when the image is built, or when it runs.",
    examples: &[],
    look: Look::Context(|facts, _| match &facts.ignore_file {
        None => left_in::found(NAME, facts).into_iter().collect(),
        Some(_) => Vec::new(),
    }),
};
