//! What a Makefile includes: more of it, or files of variables.

use crate::init::makefile::comments::Comments;
use crate::init::makefile::evaluate::{EnvFile, Walk};
use crate::init::makefile::piece::{self, Piece};
use crate::init::makefile::read;

/// How deep files may include each other.
const DEEPEST: usize = 10;
/// What the template of a file is called behind its name.
const TEMPLATES: [&str; 6] = [".dist", ".example", ".sample", ".template", ".default", ".tmpl"];

impl Walk<'_> {
    pub fn include(&mut self, paths: &str, optional: bool) {
        // `include $(wildcard FILE)`: it may be missing.
        let wildcard = paths.trim().strip_prefix("$(wildcard ").and_then(|paths| paths.strip_suffix(')'));
        let (paths, optional) = (wildcard.unwrap_or(paths), optional || wildcard.is_some());
        let pieces = piece::flat(&self.result.scope.expand(paths));
        let mut known = String::new();
        for piece in &pieces {
            match piece {
                Piece::Text(text) => known.push_str(text),
                // The file that is read where nothing is said.
                Piece::Asked { name, default: Some(default), .. } if piece::text(default).is_some() => {
                    let default = piece::text(default).unwrap_or_default();
                    self.result.notes.push(format!("`{name}` names another file to include for make; here it is `{default}`, and a mode can have another one"));
                    known.push_str(&default);
                }
                _ => {
                    return self
                        .refuse(format!("`include {}`: which file that is can't be known", piece::shown(&pieces)));
                }
            }
        }
        for path in known.split_whitespace() {
            let text = (self.includes)(path).filter(|_| self.depth < DEEPEST);
            let is_env_file = only_env_files(path) || text.as_deref().is_some_and(has_only_variables);
            match text.filter(|_| !is_env_file) {
                Some(text) => {
                    self.depth += 1;
                    self.statements(&read::read(&text));
                    self.depth -= 1;
                    self.comments = Comments::default();
                    self.current.clear();
                }
                None if is_env_file => self.env_file(path, optional),
                // Its template says what it will be: make makes it first.
                None => match TEMPLATES.iter().find_map(|ending| (self.includes)(&format!("{path}{ending}"))) {
                    Some(template) if has_only_variables(&template) => {
                        self.result.notes.push(format!(
                            "make makes `{path}` before anything else; here a task has to be run for it"
                        ));
                        self.env_file(path, true);
                    }
                    _ if optional => {
                        self.result
                            .notes
                            .push(format!("make includes `{path}` where it is there, and the tasks don't"));
                    }
                    _ => self.refuse(format!("`include {path}`: there is no such file")),
                },
            }
        }
    }

    fn env_file(&mut self, path: &str, optional: bool) {
        let path = path.trim_start_matches("./").to_owned();
        let endings = std::iter::once("").chain(TEMPLATES);
        let text = endings.filter_map(|ending| (self.includes)(&format!("{path}{ending}"))).next();
        let is_odd = |line: &str| {
            line.split_once('=').is_some_and(|(_, value)| value.contains(['"', '\'', '#', '$']) || value.ends_with(' '))
        };
        if text.as_deref().is_some_and(|text| text.lines().any(is_odd)) {
            let note = format!(
                "make reads quotes, `#`, `$` and blanks in `{path}` as a part of the value or its own signs; a task reads them as compose does"
            );
            self.result.notes.push(note);
        }
        let names = text.map(|text| {
            let name =
                |line: &str| line.split_once('=').map(|(name, _)| name.trim_start_matches("export ").trim().to_owned());
            text.lines().filter_map(name).collect()
        });
        if !self.result.env_files.iter().any(|file| file.path == path) {
            self.result.env_files.push(EnvFile { path, optional, names });
        }
    }
}

/// Whether the names are those of files with variables, by how they are called: `.env`, `docker/.env.local`, `prod.env`.
pub fn only_env_files(paths: &str) -> bool {
    let is_one = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name == ".env" || name.starts_with(".env.") || name.ends_with(".env") || name.ends_with("/.env")
    };
    !paths.trim().is_empty() && paths.split_whitespace().all(is_one)
}

/// Whether all lines of a file are `NAME=value`, as compose and shells read them.
fn has_only_variables(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            line.strip_prefix("export ").unwrap_or(line).split_once('=').is_some_and(|(name, value)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !value.contains("$(")
            })
        })
}
