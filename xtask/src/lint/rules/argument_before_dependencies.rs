//! An `ARG` that compose fills from a variable comes before an install step that does not use it: each new value runs the
//! step again. Other `ARG`s are left alone: whether they change would be a guess.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::model::{Instruction, Kind, Variable};
use crate::installers::command::Install;
use crate::lint::before::{follow, installs, mentions};
use crate::lint::first_copied;
use crate::lint::fix::{Fix, Safety};
use crate::lint::moved;
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "argument-before-dependencies";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A changing `ARG` before dependencies are installed",
    why: "An `ARG` is part of the environment of every `RUN` below it, used or not. When compose fills it from \
          a variable (a commit, a build number, a date), each new value runs the install again.\n\nOnly \
          arguments that compose fills from a variable are reported: whether others ever change would be a \
          guess.",
    instead: "Put the `ARG` right before the first step that uses it. An argument that the installer reads itself, \
          such as `PIP_INDEX_URL`, has to stay above it.",
    fix: "Unsafe: an installer, or a file that it reads, may use the argument without naming it here. There is a fix where \
          nothing but installs stands between the two.",
    examples: &[Example {
        bad: "\
FROM python:3.13
ARG GIT_COMMIT
COPY requirements.txt .
RUN pip install -r requirements.txt
RUN echo $GIT_COMMIT > /version
",
        good: "\
FROM python:3.13
COPY requirements.txt .
RUN pip install -r requirements.txt
ARG GIT_COMMIT
RUN echo $GIT_COMMIT > /version
",
    }],
    look: Look::Build(|build| look(build.facts)),
};

/// Instructions that set metadata and change no file.
const METADATA: [&str; 6] = ["CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL"];

pub fn look(build: &BuildFacts) -> Vec<Found> {
    let mut findings = Vec::new();
    follow(
        build,
        |_| (),
        |open: &mut Vec<Open<'_>>, step| {
            let script = Commands::read(step.run().map_or("", |run| &run.script));
            let commands: Vec<Command<'_>> = script.iter().collect();
            open.retain_mut(|arg| arg.stays_open(build, step));
            // A step that does more than install may read it, too.
            if step.run().is_some() && !first_copied::only_installs(&commands, true) {
                open.iter_mut().for_each(|arg| arg.others_run = true);
            }
            findings.extend(installs(&commands).iter().filter_map(|(_, install)| {
                let arg = open.iter().find(|arg| !install.installer.may_read(&arg.variable.name))?;
                Some(Found { finding: arg.finding(step, install), fix: arg.moved_below(build, step) })
            }));
            if let Kind::Arg(args) = &step.kind {
                let fresh = args.iter().filter(|arg| is_filled(build, arg));
                open.extend(fresh.map(|variable| Open { variable, step, metadata: Vec::new(), others_run: false }));
            }
        },
    );
    findings
}

/// Whether compose takes its value from a variable. One that selects a base image reruns everything anyway.
fn is_filled(build: &BuildFacts, arg: &Variable) -> bool {
    let bases = build.dockerfile.iter().flat_map(|file| &file.stages).map(|stage| &stage.base);
    build.variable_args.contains(&arg.name) && !bases.into_iter().any(|base| mentions(base, &arg.name))
}

/// An `ARG` that no step has used so far.
#[derive(Clone)]
struct Open<'a> {
    variable: &'a Variable,
    step: &'a Instruction,
    /// The lines of instructions that use it and can move below the install with it.
    metadata: Vec<usize>,
    /// Other steps run before the install and may read it from their environment.
    others_run: bool,
}

impl Open<'_> {
    /// False if the instruction needs it there.
    fn stays_open(&mut self, build: &BuildFacts, step: &Instruction) -> bool {
        let text = build.dockerfile.as_ref().map_or("", |file| &file.text[step.span.clone()]);
        if !mentions(text, &self.variable.name) {
            return true;
        }
        self.metadata.push(step.line);
        METADATA.contains(&step.name.as_str())
    }

    /// `None` where more than the `ARG` has to move.
    fn moved_below(&self, build: &BuildFacts, step: &Instruction) -> Option<Fix> {
        let file = build.dockerfile.as_ref().ok()?;
        let stage = |step: &Instruction| file.stages.iter().rposition(|stage| stage.span.start < step.span.start);
        let is_alone = matches!(&self.step.kind, Kind::Arg(args) if args.len() == 1);
        let can_move = is_alone && !self.others_run && self.metadata.is_empty() && stage(self.step) == stage(step);
        can_move.then(|| Fix::new(Safety::Unsafe, moved::below(&file.text, self.step, step, None)))
    }

    fn finding(&self, step: &Instruction, install: &Install<'_>) -> Finding {
        let (name, line) = (&self.variable.name, step.line);
        let with: Vec<String> = self.metadata.iter().map(|line| format!(" and line {line}")).collect();
        // Nor can be seen what an installer reads from its environment, and what its files name.
        let others = if self.others_run { ", or what runs before it," } else { "" };
        Finding::warning(NAME, format!("`{}` (line {line}) runs again for each new `{name}`", install.what()))
            .at(self.step.span.clone())
            .why(format!(
                "`ARG {name}` comes before it (line {}), and compose fills it from a variable",
                self.step.line
            ))
            .fix(format!(
                "move `ARG {name}`{} below line {line}, unless `{}`{others} reads it",
                with.concat(),
                install.what()
            ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let mut build = BuildFacts::of_api(text);
        build.variable_args =
            ["V", "PIP_INDEX_URL", "PIPELINE", "XDG_CACHE_HOME", "HTTP_PROXY"].map(str::to_owned).to_vec();
        look(&build).into_iter().map(|found| (found.finding.message, found.finding.fix.unwrap_or_default())).collect()
    }

    #[test]
    fn an_argument_of_compose_before_an_install_is_found() {
        let text = "FROM python:3.12\nARG V\nCOPY r.txt .\nRUN pip install -r r.txt\n";
        let message = "`pip install` (line 4) runs again for each new `V`".to_owned();
        assert_eq!(
            found(text),
            [(message.clone(), "move `ARG V` below line 4, unless `pip install` reads it".to_owned())]
        );
        let below = "FROM python:3.12 AS base\nARG V\nFROM base\nRUN pip install x\n";
        assert_eq!(found(below).len(), 1);
        let labelled = text.replace("COPY r.txt .", "LABEL v=\"$V\"");
        assert_eq!(
            found(&labelled),
            [(message.clone(), "move `ARG V` and line 3 below line 4, unless `pip install` reads it".to_owned())]
        );
        let others = text.replace("COPY r.txt .", "RUN ./configure");
        let fix = "move `ARG V` below line 4, unless `pip install`, or what runs before it, reads it";
        assert_eq!(found(&others), [(message.clone(), fix.to_owned())]);
        let same_step = text.replace("RUN pip", "RUN ./configure && pip");
        assert_eq!(found(&same_step), [(message, fix.to_owned())]);
    }

    #[test]
    fn a_name_that_only_begins_like_an_installers_is_not_its_own() {
        let text = "FROM python:3.12\nARG PIPELINE\nRUN pip install x\n";
        assert_eq!(found(text)[0].0, "`pip install` (line 3) runs again for each new `PIPELINE`");
    }

    #[test]
    fn an_argument_that_is_used_is_not_reported() {
        for text in [
            "FROM a:1\nRUN pip install x\nARG V\n",
            "FROM a:1\nARG OTHER\nRUN pip install x\n",
            "FROM a:1\nARG V=main\nRUN git clone --branch ${V} https://example.org/app.git .\nRUN pnpm install\n",
            "FROM a:1\nARG V\nRUN pip install app==${V}\n",
            "FROM a:1\nARG V\nENV W=$V\nRUN pip install x\n",
            "FROM a:1\nARG V\nCOPY ${V}/r.txt .\nRUN pip install -r r.txt\n",
            "FROM a:1\nARG V\nRUN pip install poetry==$V\nRUN poetry install\n",
            "FROM a:1\nARG PIP_INDEX_URL HTTP_PROXY XDG_CACHE_HOME\nRUN pip install x\n",
            "ARG V\nFROM a:$V\nARG V\nRUN pip install x\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
