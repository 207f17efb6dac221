//! What to change in a copy of the build context: one requirement, and some code.

use crate::dockerfile::context::code::is_code_file;
use crate::dockerfile::context::facts::is_whole_context;
use crate::dockerfile::dockerignore::glob_or_above;
use crate::dockerfile::model::{Instruction, Kind, Run, Stage};
use crate::installers::table;

/// Files that say how something is built, and hidden ones.
fn is_about_builds(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".", "Dockerfile", "compose", "docker-compose"].iter().any(|start| name.starts_with(start))
}

/// A file of the context, and its content as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: String,
    pub text: String,
    /// What was changed, for a person.
    pub what: String,
}

/// Whether `COPY source` takes a file of the context.
fn takes(source: &str, path: &str) -> bool {
    is_whole_context(source) || glob_or_above(source, path)
}

/// What is copied before the last step with a cache mount, and what after it.
struct Copied<'a> {
    before: Vec<&'a str>,
    after: Vec<&'a str>,
}

/// `stages`: those that the build runs, in the order of the file.
fn copied<'a>(stages: &[&'a Stage]) -> Copied<'a> {
    let mut copied = Copied { before: Vec::new(), after: Vec::new() };
    let steps = || stages.iter().flat_map(|stage| &stage.instructions);
    let has_mount = |step: &&Instruction| step.run().is_some_and(Run::has_cache_mounts);
    let last_line = steps().filter(has_mount).map(|step| step.line).max();
    for step in steps() {
        let place = if Some(step.line) <= last_line { &mut copied.before } else { &mut copied.after };
        match &step.kind {
            Kind::Copy { sources, from: None } => place.extend(sources.iter().map(String::as_str)),
            Kind::Run(run) => place.extend(run.context_mounts()),
            _ => {}
        }
    }
    copied
}

/// Changes one requirement: removes the last package from one of pip's files, or adds an empty line to another file, which
/// makes the step run again just the same. `None` if no such file is copied before the install.
pub fn requirement(stages: &[&Stage], files: &[String], read: impl Fn(&str) -> Option<String>) -> Option<Change> {
    let before = copied(stages).before;
    let manifests: Vec<&String> = files
        .iter()
        .filter(|path| table::is_requirement(path))
        .filter(|path| before.iter().any(|source| takes(source, path)))
        .collect();
    let without_last = |path: &String| {
        let text = read(path).filter(|_| path.ends_with(".txt"))?;
        // With hashes pip wants every package listed, and an entry spans several lines.
        if text.lines().any(|line| line.trim_end().ends_with('\\') || line.contains("--hash")) {
            return None;
        }
        let is_package = |line: &&str| line.trim_start().starts_with(|c: char| c.is_alphanumeric());
        let last = text.lines().rfind(is_package)?.to_owned();
        let kept: Vec<&str> = text.lines().filter(|line| *line != last).collect();
        let what = format!("`{}` taken out of `{path}`", last.split([';', ' ', '#']).next().unwrap_or(&last));
        // A file with one package would be left empty.
        kept.iter().any(is_package).then(|| Change { path: path.clone(), text: kept.join("\n") + "\n", what })
    };
    manifests.iter().find_map(|path| without_last(path)).or_else(|| {
        let path = (*manifests.first()?).clone();
        let what = format!("an empty line at the end of `{path}`");
        Some(Change { text: read(&path)? + "\n", path, what })
    })
}

/// Changes some code: adds an empty line to a file that is copied after the install, else to one that is copied before it,
/// so that it runs again. `None` if no code is copied.
pub fn code(stages: &[&Stage], files: &[String], read: impl Fn(&str) -> Option<String>) -> Option<Change> {
    let copied = copied(stages);
    let taken = |sources: &[&str], path: &str| sources.iter().any(|source| takes(source, path));
    // An empty line at the end of a source file does no harm.
    let is_code = |path: &&&String| is_code_file(path.rsplit('/').next().unwrap_or(path));
    let of = |is_in: &dyn Fn(&str) -> bool| {
        let candidates: Vec<&String> =
            files.iter().filter(|path| is_in(path) && !table::is_requirement(path)).collect();
        candidates.iter().find(is_code).or_else(|| candidates.iter().find(|path| !is_about_builds(path))).copied()
    };
    let found = of(&|path| taken(&copied.after, path) && !taken(&copied.before, path))
        .or_else(|| of(&|path| taken(&copied.after, path)))
        .or_else(|| of(&|path| taken(&copied.before, path)))?;
    let what = format!("an empty line at the end of `{found}`");
    Some(Change { path: found.clone(), text: read(found)? + "\n", what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::model::Dockerfile;

    fn changes(dockerfile: &str, files: &[&str]) -> (Option<Change>, Option<Change>) {
        let file = Dockerfile::parse(dockerfile).unwrap();
        let stages: Vec<&Stage> = file.stages.iter().collect();
        let files: Vec<String> = files.iter().map(|path| (*path).to_owned()).collect();
        let read = |path: &str| {
            let text = if path.ends_with(".txt") {
                "# all\nflask==3.1.3\npytz==2025.2 ; python_version > '3'\n\n# end\n"
            } else {
                "x"
            };
            Some(text.to_owned())
        };
        (requirement(&stages, &files, read), code(&stages, &files, read))
    }

    const STEP: &str = "RUN --mount=type=cache,target=/root/.cache/pip pip install -r r.txt\n";

    #[test]
    fn a_line_of_the_requirements_and_a_file_of_the_code() {
        let dockerfile = format!("FROM a AS base\nCOPY requirements.txt .\n{STEP}FROM base\nCOPY . .\n");
        let (requirement, code) = changes(&dockerfile, &[".dockerignore", "app/main.py", "requirements.txt"]);
        let requirement = requirement.unwrap();
        assert_eq!(requirement.what, "`pytz==2025.2` taken out of `requirements.txt`");
        assert_eq!(requirement.text, "# all\nflask==3.1.3\n\n# end\n");
        let code = code.unwrap();
        assert_eq!((code.path.as_str(), code.text.as_str()), ("app/main.py", "x\n"));
    }

    #[test]
    fn requirements_with_hashes_keep_all_their_lines() {
        let file = Dockerfile::parse(&format!("FROM a\nCOPY requirements.txt .\n{STEP}")).unwrap();
        let hashed = "flask==3.1.3 \\\n    --hash=sha256:00\npytz==2025.2 \\\n    --hash=sha256:11\n";
        let changed =
            requirement(&[&file.stages[0]], &["requirements.txt".to_owned()], |_| Some(hashed.to_owned())).unwrap();
        assert_eq!(
            (changed.text, changed.what.as_str()),
            (format!("{hashed}\n"), "an empty line at the end of `requirements.txt`")
        );
    }

    #[test]
    fn other_files_are_touched_and_what_is_not_copied_is_left() {
        let dockerfile = "FROM a\nRUN --mount=type=cache,target=/n --mount=type=bind,source=package.json,target=package.json npm ci\nCOPY src/*.js /x/\n";
        let (requirement, code) = changes(dockerfile, &["other.js", "package.json", "src/a.js"]);
        assert_eq!(requirement.unwrap().what, "an empty line at the end of `package.json`");
        assert_eq!(code.unwrap().path, "src/a.js");
        let (requirement, code) = changes(&format!("FROM a\n{STEP}"), &["requirements.txt", "a.py"]);
        assert_eq!((requirement, code), (None, None));
    }

    #[test]
    fn code_before_the_packages_is_changed_where_there_is_no_other() {
        let dockerfile = format!("FROM a\nCOPY . .\n{STEP}");
        let (requirement, code) = changes(&dockerfile, &["a.py", "requirements.txt"]);
        assert_eq!((requirement.unwrap().path.as_str(), code.unwrap().path.as_str()), ("requirements.txt", "a.py"));
    }
}
