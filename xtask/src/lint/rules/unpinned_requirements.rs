//! Packages whose versions nothing fixes: named without one in a command or in a file of requirements, or installed without
//! a lock file.

use std::collections::HashSet;

use crate::dockerfile::builds::{BuildFacts, Manifest};
use crate::dockerfile::commands::Commands;
use crate::dockerfile::context::facts::is_whole_context;
use crate::dockerfile::dockerignore::glob_or_above;
use crate::dockerfile::model::{Instruction, Kind, Run};
use crate::installers::command::{self, Install};
use crate::installers::installer::Installer;
use crate::installers::pins::{self, Form, Pins};
use crate::installers::table::INSTALLERS;
use crate::lint::before::follow;
use crate::lint::build::Build;
use crate::lint::left_in::some_of;
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "unpinned-requirements";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "Packages whose versions nothing fixes",
    why: "A package without a version is whatever is newest when the step runs. The step runs on some machines today and on \
          others next month, so that two builds of the same commit hold different versions: what works here fails there, and \
          nobody changed anything.\n\n\
          Reported are packages that a command or a requirements file names without a version, and installs without a lock \
          file where the context shows that there is none, or that it is not copied. A range such as `flask>=3` fixes no \
          version. Packages of a distribution are left alone: their repositories keep only the newest ones.",
    instead: "Write the version behind the name. For what these packages need in turn, let the installer write a lock file, \
              commit it, and copy it to where the install runs.",
    fix: "",
    examples: &[
        Example {
            bad: "FROM python:3.13\nRUN pip install flask gunicorn\n",
            good: "FROM python:3.13\nRUN pip install flask==3.0.3 gunicorn==22.0.0\n",
        },
        Example {
            bad: "FROM node:22\nRUN npm install -g typescript\n",
            good: "FROM node:22\nRUN npm install -g typescript@5.4.2\n",
        },
    ],
    look: Look::Build(|build: &Build<'_>| look(build.facts).into_iter().map(Found::from).collect()),
};

pub fn look(build: &BuildFacts) -> Vec<Finding> {
    let text = build.dockerfile.as_ref().map_or("", |file| &file.text);
    let is_fixed = |variable: &&&str| text.contains(**variable);
    // Wherever one is set, it may fix versions everywhere.
    let by_variable: Vec<&'static Installer> = INSTALLERS
        .iter()
        .filter(|own| own.pins.is_some_and(|pins| pins.is.variables.iter().any(|it| is_fixed(&it))))
        .collect();
    let mut findings = Vec::new();
    follow(
        build,
        |_| (),
        |there: &mut There, step| {
            if let Some(run) = step.run() {
                let mounted: Vec<String> = run.context_mounts().map(str::to_owned).collect();
                let with_mounts = (!mounted.is_empty()).then(|| {
                    let mut here = there.clone();
                    here.take(build, &mounted);
                    here
                });
                findings.extend(of_step(build, with_mounts.as_ref().unwrap_or(there), run, &by_variable));
            }
            there.note(build, step);
        },
    );
    findings
}

/// What is in the image before a step.
#[derive(Clone, Default)]
struct There {
    /// Which of the context's files that say what to install were copied.
    has: Vec<bool>,
    /// The lock files that are copied by their names, whatever the folder.
    named: Vec<&'static str>,
    /// Something came from elsewhere, which may be a file of requirements.
    is_more: bool,
}

impl There {
    fn note(&mut self, build: &BuildFacts, step: &Instruction) {
        match &step.kind {
            Kind::Copy { sources, from: None } => {
                self.is_more |= sources.iter().any(|source| source.contains(['$', ':']));
                self.take(build, sources);
            }
            Kind::Copy { .. } => self.is_more = true,
            _ => {}
        }
    }

    fn take(&mut self, build: &BuildFacts, sources: &[String]) {
        let manifests = build.manifests.as_deref().unwrap_or_default();
        self.has.resize(manifests.len(), false);
        for source in sources {
            let is_whole = is_whole_context(source);
            let path = source.trim_start_matches("./").trim_matches('/');
            for (has, file) in self.has.iter_mut().zip(manifests) {
                *has |= is_whole || glob_or_above(path, &file.path);
            }
            // `lock*` is no name: it may match nothing.
            let name = path.rsplit('/').next().unwrap_or(path);
            let locks = INSTALLERS.iter().filter_map(|own| own.pins).flat_map(|pins| pins.is.locks);
            if let Some(lock) = locks.copied().find(|lock| *lock == name && !self.named.contains(lock)) {
                self.named.push(lock);
            }
        }
    }

    /// The files of the context that were copied.
    fn files<'a>(&self, build: &'a BuildFacts) -> impl Iterator<Item = &'a Manifest> {
        let manifests = build.manifests.as_deref().unwrap_or_default();
        manifests.iter().zip(self.has.iter().copied()).filter(|(_, has)| *has).map(|(file, _)| file)
    }
}

fn of_step(build: &BuildFacts, there: &There, run: &Run, by_variable: &[&'static Installer]) -> Vec<Finding> {
    let script = Commands::read(&run.script);
    let mut found: Vec<Finding> = Vec::new();
    let mut seen = HashSet::new();
    for command in script.iter() {
        let Some(install) = command::install(&command.words) else { continue };
        if by_variable.contains(&install.installer) {
            continue;
        }
        let what = install.what();
        let open = pins::open_packages(&install);
        let form = install.installer.pins.map_or(Form::Python, |pins| pins.is.form);
        let span = run.places.span(&command.read.span);
        let mut add = |message: String, fix: String| {
            if seen.insert((span.start, message.clone())) {
                let finding = Finding::advice(NAME, message).at(span.clone());
                found.push(finding.why("two builds of the same code may get different versions").fix(fix));
            }
        };
        if let Some(first) = open.first() {
            let message = format!("`{what}` names no version of {}", some_of(&open));
            add(message, format!("write the version behind the name: {}", form.pinned(first)));
        }
        for file in requirements(build, there, &install) {
            if let Some(first) = file.open.first() {
                let message = format!("`{}` names no version of {}", file.path, some_of(&file.open));
                add(message, format!("write the version behind each name: {}", form.pinned(first)));
            }
        }
        if let Some((message, fix)) = without_lock(build, there, &install) {
            add(message, fix);
        }
    }
    found
}

/// The files of requirements of the context that it names.
fn requirements<'a>(build: &'a BuildFacts, there: &There, install: &Install<'_>) -> Vec<&'a Manifest> {
    if install.reads_by_option() || install.is_offline() {
        return Vec::new();
    }
    let named = install.named_files().into_iter().filter_map(|name| {
        let name = name.trim_start_matches("./");
        let is_it = |file: &&Manifest| {
            name.strip_suffix(&file.path).is_some_and(|above| above.is_empty() || above.ends_with('/'))
                || file.path.strip_suffix(name).is_some_and(|above| above.ends_with('/'))
        };
        // Of several of that name it may be any.
        let mut found = there.files(build).filter(is_it);
        found.next().filter(|_| found.next().is_none())
    });
    named.collect()
}

/// What to say of an install that goes without the lock file of its project.
fn without_lock(build: &BuildFacts, there: &There, install: &Install<'_>) -> Option<(String, String)> {
    let manifests = build.manifests.as_deref()?;
    let pins = pins::by_project(install).filter(|_| !there.is_more)?;
    // Then the build has another context than the one that was seen.
    if pins.locks.iter().any(|lock| there.named.contains(lock)) {
        return None;
    }
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let name = |path: &'_ str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let is_lock = |file: &&Manifest| pins.locks.contains(&name(&file.path).as_str());
    let projects: Vec<&Manifest> = there.files(build).filter(|file| name(&file.path) == pins.project).collect();
    let locks: Vec<&Manifest> = manifests.iter().filter(is_lock).collect();
    let copied: Vec<&Manifest> = there.files(build).filter(is_lock).collect();
    // Which project it is for may only the build know.
    let is_locked =
        |project: &&Manifest| copied.iter().any(|lock| is_above(&folder(&lock.path), &folder(&project.path)));
    if projects.is_empty() || projects.iter().any(is_locked) {
        return None;
    }
    let Pins { locks: names, lock_with, .. } = pins;
    let message = format!("`{}` runs without {}", install.what(), names[0]);
    let beside: Vec<&str> = locks.iter().map(|lock| lock.path.as_str()).collect();
    match beside.as_slice() {
        [] => Some((message, format!("commit {}, and copy it too: {lock_with}", names[0]))),
        [lock] if is_above(&folder(lock), &folder(&projects[0].path)) => {
            Some((message, format!("copy {lock}, too, before this step")))
        }
        _ => None,
    }
}

/// Whether a folder is this one, or lies above it.
fn is_above(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installers::table;

    /// What is found in a Dockerfile behind `FROM`, with a context of these files, each with its text.
    fn found(text: &str, files: &[(&str, &str)]) -> Vec<String> {
        let manifest = |(path, text): &(&str, &str)| Manifest {
            path: (*path).to_owned(),
            besides: Vec::new(),
            open: table::open(path, text),
        };
        let manifests = Some(files.iter().map(manifest).collect());
        let build = BuildFacts { manifests, ..BuildFacts::of_api(&format!("FROM x:1.2\n{text}\n")) };
        look(&build).into_iter().map(|found| format!("{}; {}", found.message, found.fix.unwrap_or_default())).collect()
    }

    #[test]
    fn packages_that_a_command_names() {
        assert_eq!(
            found("RUN apt-get install -y curl && pip install flask x==1", &[]),
            ["`pip install` names no version of `flask`; write the version behind the name: flask==VERSION"]
        );
        assert_eq!(
            found("RUN npm i -g typescript", &[]),
            ["`npm i` names no version of `typescript`; write the version behind the name: typescript@VERSION"]
        );
        assert_eq!(found("RUN pip install --upgrade pip && pip install flask==1", &[]), [""; 0]);
        assert_eq!(found("ENV PIP_CONSTRAINT=/c.txt\nRUN pip install flask", &[]), [""; 0]);
    }

    #[test]
    fn packages_that_a_copied_file_names() {
        let files = [("requirements.txt", "flask\nx==1\n"), ("api/requirements.txt", "django>=5\n")];
        let told = "`requirements.txt` names no version of `flask`; write the version behind each name: flask==VERSION";
        assert_eq!(found("COPY requirements.txt .\nRUN pip install -r requirements.txt", &files), [told]);
        assert_eq!(found("COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt", &files), [told]);
        let mounted = "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt";
        assert_eq!(found(mounted, &files), [""; 0]);
        for text in [
            // It may be another one of that name.
            "COPY . .\nRUN pip install -r requirements.txt",
            "COPY --from=other /requirements.txt .\nRUN pip install -r requirements.txt",
            "COPY requirements.txt .\nRUN pip install -c constraints.txt -r requirements.txt",
        ] {
            assert_eq!(found(text, &files), [""; 0], "{text}");
        }
        assert_eq!(found("COPY api .\nRUN pip install -r requirements.txt", &files).len(), 1);
        assert_eq!(found("COPY . .\nRUN pip install -r requirements.txt", &files[..1]), [told]);
    }

    #[test]
    fn an_install_without_its_lock_file() {
        let project = [("package.json", "{}")];
        let locked = [("package.json", "{}"), ("package-lock.json", "{}")];
        let told = "`npm install` runs without package-lock.json; ";
        assert_eq!(
            found("COPY . .\nRUN npm install", &project),
            [format!(
                "{told}commit package-lock.json, and copy it too: `npm install` writes it; then install with `npm ci`"
            )]
        );
        assert_eq!(
            found("COPY package.json .\nRUN npm install\nCOPY . .", &locked),
            [format!("{told}copy package-lock.json, too, before this step")]
        );
        for (text, files) in [
            ("COPY package*.json ./\nRUN npm install", &locked[..]),
            ("COPY . .\nRUN npm install", &locked),
            ("COPY package.json .\nRUN npm ci", &project),
            // What is installed is not of this context.
            ("RUN git clone https://x/y && npm install", &project),
            ("COPY package.json .\nCOPY --from=a /package-lock.json .\nRUN npm install", &project),
            ("COPY $LOCK package.json ./\nRUN npm install", &project),
            (
                "COPY . .\nRUN cd web && npm install",
                &[("package.json", ""), ("web/package.json", ""), ("web/package-lock.json", "")],
            ),
            ("COPY . .\nRUN cd web && yarn", &[("web/package.json", ""), ("yarn.lock", "")]),
            ("COPY . .\nRUN npm install", &[("package.json", ""), ("yarn.lock", "")]),
            ("COPY web/package.json .\nRUN npm install", &[("web/package.json", ""), ("api/package-lock.json", "")]),
        ] {
            assert_eq!(found(text, files), [""; 0], "{text}");
        }
    }

    #[test]
    fn nothing_is_told_of_a_context_that_was_not_seen() {
        assert_eq!(look(&BuildFacts::of_api("FROM x:1\nCOPY . .\nRUN npm install && pip install -r r.txt\n")), []);
    }
}
