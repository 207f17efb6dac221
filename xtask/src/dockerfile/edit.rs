//! A Dockerfile's text with a few places changed: words put before the commands of its `RUN`s, or its cache mounts taken
//! out. Everything else stays byte by byte.

use std::ops::Range;

use parse_dockerfile::{Command, Instruction, RunInstruction};

use crate::dockerfile::here_documents as documents;
use crate::dockerfile::model::{kind_of_run, mount};
use crate::ui::source::LineIndex;

/// A `RUN` as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The number of its stage, from 0.
    pub stage: usize,
    pub line: usize,
    /// Its command, without the options, as it is written.
    pub command: String,
    /// Where words for the shell can be put before its command. None for the exec form, a here-document for another
    /// program or behind other words, and another shell than those that read `:` and `;` as sh does.
    pub before: Option<Place>,
    /// Its `--mount=type=cache,…`.
    pub cache_mounts: Vec<Range<usize>>,
    /// Where the next instruction begins.
    pub end: usize,
}

/// A place for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: usize,
    /// In a here-document they are a line of their own.
    is_line: bool,
}

/// The `RUN`s of a Dockerfile, in its order. The error is that of `Dockerfile::parse`.
pub fn runs(text: &str) -> Result<Vec<Run>, String> {
    let readable = documents::commented_out(text);
    let parsed = parse_dockerfile::parse(&readable).map_err(|error| error.to_string())?;
    let lines = LineIndex::new(text);
    let is_sh = parsed.instructions.iter().all(|instruction| match instruction {
        Instruction::Shell(shell) => {
            shell.arguments.first().is_some_and(|program| is_like_sh(&program.value))
                // `-c` has to be the last: what comes behind would be read as the command.
                && shell.arguments.last().is_some_and(|last| last.value.starts_with('-') && last.value.ends_with('c'))
        }
        _ => true,
    });
    let (mut stage, mut runs) = (None, Vec::<Run>::new());
    let starts: Vec<usize> = parsed.instructions.iter().map(start).collect();
    for (at, instruction) in parsed.instructions.iter().enumerate() {
        match instruction {
            Instruction::From(_) => stage = Some(stage.map_or(0, |stage: usize| stage + 1)),
            Instruction::Run(run) => {
                let cache = run.options.iter().filter(|option| {
                    let value = option.value.as_ref().filter(|_| option.name.value == "mount");
                    value.is_some_and(|value| mount(&value.value).kind == "cache")
                });
                runs.push(Run {
                    stage: stage.unwrap_or_default(),
                    line: lines.line(run.run.span.start) + 1,
                    command: kind_of_run(run).into_command(),
                    before: place(run, text).filter(|_| is_sh),
                    cache_mounts: cache.map(|option| option.span()).collect(),
                    end: starts.get(at + 1).copied().unwrap_or(text.len()),
                });
            }
            _ => {}
        }
    }
    Ok(runs)
}

/// The text with words put before the commands that can have them, up to `end` and no further.
pub fn with_words(text: &str, runs: &[Run], end: usize, words: impl Fn(&Run) -> Option<String>) -> String {
    let mut edited = String::new();
    let mut from = 0;
    for run in runs.iter().filter(|run| run.end <= end) {
        if let (Some(Place { at, is_line }), Some(words)) = (run.before, words(run)) {
            edited.push_str(&text[from..at]);
            let (before, after) = if is_line { ("", "\n") } else { (" ", "") };
            edited.extend([before, &words, after]);
            from = at;
        }
    }
    edited + &text[from..end]
}

/// The text without its cache mounts.
pub fn without_cache_mounts(text: &str, runs: &[Run]) -> String {
    let mut edited = String::new();
    let mut from = 0;
    for mount in runs.iter().flat_map(|run| &run.cache_mounts) {
        edited.push_str(&text[from..mount.start]);
        from = mount.end;
    }
    edited + &text[from..]
}

fn place(run: &RunInstruction<'_>, text: &str) -> Option<Place> {
    let Command::Shell(command) = &run.arguments else { return None };
    if run.here_docs.is_empty() {
        // Words before `<<` are read by BuildKit, too, which then may not see the here-document any more.
        if documents::has_one(command.value) {
            return None;
        }
        let behind_options = run.options.iter().map(|option| option.span().end).max();
        return Some(Place { at: behind_options.unwrap_or(run.run.span.end), is_line: false });
    }
    // `<<EOF` alone is a script for the shell, unless its first line names another program; `<<EOF bash` is one for bash.
    let at = run.here_docs.first()?.span.start;
    let program = command.value.split_whitespace().next();
    let is_script = program.is_none_or(is_like_sh) && !text[at..].starts_with("#!");
    is_script.then_some(Place { at, is_line: true })
}

fn is_like_sh(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh")
}

fn start(instruction: &Instruction<'_>) -> usize {
    match instruction {
        Instruction::Add(it) => it.add.span.start,
        Instruction::Arg(it) => it.arg.span.start,
        Instruction::Cmd(it) => it.cmd.span.start,
        Instruction::Copy(it) => it.copy.span.start,
        Instruction::Entrypoint(it) => it.entrypoint.span.start,
        Instruction::Env(it) => it.env.span.start,
        Instruction::Expose(it) => it.expose.span.start,
        Instruction::From(it) => it.from.span.start,
        Instruction::Healthcheck(it) => it.healthcheck.span.start,
        Instruction::Label(it) => it.label.span.start,
        Instruction::Maintainer(it) => it.maintainer.span.start,
        Instruction::Onbuild(it) => it.onbuild.span.start,
        Instruction::Run(it) => it.run.span.start,
        Instruction::Shell(it) => it.shell.span.start,
        Instruction::Stopsignal(it) => it.stopsignal.span.start,
        Instruction::User(it) => it.user.span.start,
        Instruction::Volume(it) => it.volume.span.start,
        Instruction::Workdir(it) => it.workdir.span.start,
        // Newer than the parser's version here: it then counts to the step before it.
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "FROM a\nRUN one\nFROM b AS c\nRUN --mount=type=cache,target=/x --network=none \\\n    \
                        --mount=type=secret,id=s --mount=type=cache,id=y,dst=/y \\\n    # why\n    two && \\\n    three\n\
                        RUN [\"exec\", \"form\"]\nRUN <<EOF\nhere\nEOF\nRUN four\n# the end\n";

    #[test]
    fn words_come_before_the_commands_that_a_shell_reads() {
        let runs = runs(TEXT).unwrap();
        let places: Vec<(usize, usize, bool, usize)> =
            runs.iter().map(|run| (run.stage, run.line, run.before.is_some(), run.cache_mounts.len())).collect();
        assert_eq!(places, [(0, 2, true, 0), (1, 4, true, 2), (1, 9, false, 0), (1, 10, true, 0), (1, 13, true, 0)]);
        let edited = with_words(TEXT, &runs, runs[1].end, |run| Some(format!(": {};", run.line)));
        let wanted = "FROM a\nRUN : 2; one\nFROM b AS c\nRUN --mount=type=cache,target=/x --network=none \\\n    \
                      --mount=type=secret,id=s --mount=type=cache,id=y,dst=/y : 4; \\\n    # why\n    two && \\\n    three\n";
        assert_eq!(edited, wanted);
        assert_eq!(with_words(TEXT, &runs, TEXT.len(), |_| None), TEXT);
    }

    #[test]
    fn a_here_document_gets_them_as_its_first_line() {
        let edited = |text: &str| {
            let runs = runs(text).unwrap();
            with_words(text, &runs, text.len(), |_| Some(":;".to_owned()))
        };
        assert_eq!(
            edited("FROM a\nRUN --network=none <<EOF\none\nEOF\n"),
            "FROM a\nRUN --network=none <<EOF\n:;\none\nEOF\n"
        );
        assert_eq!(edited("FROM a\nRUN <<-'END'\n\tone\n\tEND\n"), "FROM a\nRUN <<-'END'\n:;\n\tone\n\tEND\n");
        for other in ["FROM a\nRUN <<EOF\n#!/usr/bin/python3\nEOF\n", "FROM a\nRUN <<EOF python3\none\nEOF\n"] {
            assert_eq!(edited(other), other);
        }
    }

    #[test]
    fn a_here_document_behind_other_words_is_part_of_its_step() {
        let text = "FROM a\nRUN cat <<EOF > /etc/motd\nRUN no step\nEOF\nRUN --mount=type=cache,target=/x two\n";
        let runs = runs(text).unwrap();
        let seen: Vec<(usize, usize)> = runs.iter().map(|run| (run.line, run.cache_mounts.len())).collect();
        assert_eq!(seen, [(2, 0), (5, 1)]);
        let edited = with_words(text, &runs, text.len(), |_| Some(":;".to_owned()));
        let wanted = text.replace("/x two", "/x :; two");
        assert_eq!(edited, wanted);
    }

    #[test]
    fn cache_mounts_are_taken_out_and_other_mounts_stay() {
        let runs = runs(TEXT).unwrap();
        let edited = without_cache_mounts(TEXT, &runs);
        assert!(
            edited.contains("RUN  --network=none \\\n    --mount=type=secret,id=s  \\\n    # why\n    two"),
            "{edited}"
        );
        assert_eq!(self::runs(&edited).unwrap().iter().map(|run| run.cache_mounts.len()).sum::<usize>(), 0);
    }

    #[test]
    fn another_shell_gets_no_words() {
        let before = |shell: &str| {
            let text = format!("FROM a\nSHELL {shell}\nRUN x\n");
            runs(&text).unwrap()[0].before.is_some()
        };
        assert!(before("[\"/bin/bash\", \"-euxo\", \"pipefail\", \"-c\"]") && before("[\"sh\", \"-ec\"]"));
        assert!(!before("[\"python3\", \"-c\"]") && !before("[\"pwsh\", \"-Command\"]"));
        assert!(!before("[\"bash\", \"-c\", \"wrapper\"]"));
    }
}
