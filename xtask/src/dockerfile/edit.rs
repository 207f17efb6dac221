//! A Dockerfile's text with a few places changed: words put before the commands of its `RUN`s, or its cache mounts taken
//! out. Everything else stays byte by byte.

use std::ops::Range;

use parse_dockerfile::{Command, Instruction};

use super::{kind_of_run, mount};
use crate::diagnostic::LineIndex;

/// A `RUN` as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The number of its stage, from 0.
    pub stage: usize,
    pub line: usize,
    /// Its command, without the options, as it is written.
    pub command: String,
    /// Where words for the shell can be put before its command. None for the exec form, a here-document, and another
    /// shell than those that read `:` and `;` as sh does.
    pub before: Option<usize>,
    /// Its `--mount=type=cache,…`.
    pub cache_mounts: Vec<Range<usize>>,
    /// Where the next instruction begins.
    pub end: usize,
}

/// The `RUN`s of a Dockerfile, in its order. The error is that of `Dockerfile::parse`.
pub fn runs(text: &str) -> Result<Vec<Run>, String> {
    let parsed = parse_dockerfile::parse(text).map_err(|error| error.to_string())?;
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
                let behind_options = run.options.iter().map(|option| option.span().end).max();
                let is_shell = matches!(run.arguments, Command::Shell(_)) && run.here_docs.is_empty();
                let cache = run.options.iter().filter(|option| {
                    let value = option.value.as_ref().filter(|_| option.name.value == "mount");
                    value.is_some_and(|value| mount(&value.value).kind == "cache")
                });
                runs.push(Run {
                    stage: stage.unwrap_or_default(),
                    line: lines.line(run.run.span.start) + 1,
                    command: kind_of_run(run).into_command(),
                    before: (is_shell && is_sh).then(|| behind_options.unwrap_or(run.run.span.end)),
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
        if let (Some(at), Some(words)) = (run.before, words(run)) {
            edited.push_str(&text[from..at]);
            edited.push(' ');
            edited.push_str(&words);
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
        assert_eq!(places, [(0, 2, true, 0), (1, 4, true, 2), (1, 9, false, 0), (1, 10, false, 0), (1, 13, true, 0)]);
        let edited = with_words(TEXT, &runs, runs[1].end, |run| Some(format!(": {};", run.line)));
        let wanted = "FROM a\nRUN : 2; one\nFROM b AS c\nRUN --mount=type=cache,target=/x --network=none \\\n    \
                      --mount=type=secret,id=s --mount=type=cache,id=y,dst=/y : 4; \\\n    # why\n    two && \\\n    three\n";
        assert_eq!(edited, wanted);
        assert_eq!(with_words(TEXT, &runs, TEXT.len(), |_| None), TEXT);
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
