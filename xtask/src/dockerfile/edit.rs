//! Edits to a Dockerfile's text: words inserted before the commands of its `RUN`s, cache mounts removed. Every byte
//! outside the edits stays.

use std::ops::Range;

use crate::dockerfile::model::{Dockerfile, Instruction, Run, Slot};

/// Replaces one part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Range<usize>,
    pub text: String,
}

/// Applies the edits, which must be in the order of the text and must not overlap.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edited = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        edited.push_str(&text[from..edit.span.start]);
        edited.push_str(&edit.text);
        from = edit.span.end;
    }
    edited + &text[from..]
}

impl Dockerfile {
    /// Inserts words before each command that can take them.
    pub fn with_words(&self, words: impl Fn(&Instruction, &Run) -> Option<String>) -> Vec<Edit> {
        let edit = |(step, run): (&Instruction, &Run)| {
            let Slot { at, end } = run.slot?;
            Some(Edit { span: at..at, text: format!("{}{end}", words(step, run)?) })
        };
        self.runs().filter_map(edit).collect()
    }

    /// Removes the cache mounts. A `RUN` with flags and no command is left alone: without its flags, its last `\` would
    /// swallow the next line.
    pub fn without_cache_mounts(&self) -> Vec<Edit> {
        let commands = self.runs().filter(|(step, _)| !step.arguments.is_empty());
        let mounts = commands.flat_map(|(_, run)| run.cache_mounts());
        mounts.map(|mount| Edit { span: mount.span.clone(), text: String::new() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "FROM a\nRUN one\nFROM b AS c\nRUN --mount=type=cache,target=/x --network=none \\\n    \
                        --mount=type=secret,id=s --mount=type=cache,id=y,dst=/y \\\n    # why\n    two && \\\n    three\n\
                        RUN [\"exec\", \"form\"]\nRUN <<EOF\nhere\nEOF\nRUN four\n# the end\n";

    fn with_words(text: &str) -> String {
        apply(text, &Dockerfile::parse(text).unwrap().with_words(|_, _| Some(":;".to_owned())))
    }

    #[test]
    fn words_come_before_the_commands_that_a_shell_reads() {
        let file = Dockerfile::parse(TEXT).unwrap();
        let places: Vec<(usize, bool, usize)> =
            file.runs().map(|(step, run)| (step.line, run.slot.is_some(), run.cache_mounts().count())).collect();
        assert_eq!(places, [(2, true, 0), (4, true, 2), (9, false, 0), (10, true, 0), (13, true, 0)]);
        let edits = file.with_words(|step, _| Some(format!(": {};", step.line)));
        let wanted = "FROM a\nRUN : 2; one\nFROM b AS c\nRUN --mount=type=cache,target=/x --network=none \\\n    \
                      --mount=type=secret,id=s --mount=type=cache,id=y,dst=/y \\\n    # why\n    : 4; two && \\\n    three\n\
                      RUN [\"exec\", \"form\"]\nRUN <<EOF\n: 10;\nhere\nEOF\nRUN : 13; four\n# the end\n";
        assert_eq!(apply(TEXT, &edits), wanted);
        assert_eq!(file.with_words(|_, _| None), []);
    }

    #[test]
    fn a_here_document_gets_them_as_its_first_line() {
        for (text, wanted) in [
            ("FROM a\nRUN --network=none <<EOF\none\nEOF\n", "FROM a\nRUN --network=none <<EOF\n:;\none\nEOF\n"),
            ("FROM a\nRUN <<-'END'\n\tone\n\tEND\n", "FROM a\nRUN <<-'END'\n:;\n\tone\n\tEND\n"),
            ("FROM a\nRUN <<EOF bash -x\none\nEOF\n", "FROM a\nRUN <<EOF bash -x\n:;\none\nEOF\n"),
            ("FROM a\nRUN <<EOF\r\nEOF\r\n", "FROM a\nRUN <<EOF\r\n:;\nEOF\r\n"),
        ] {
            assert_eq!(with_words(text), wanted);
        }
        for other in [
            "FROM a\nRUN <<EOF\n#!/usr/bin/python3\nEOF\n",
            "FROM a\nRUN <<EOF python3\none\nEOF\n",
            "FROM a\nRUN <<A <<B\na\nA\nb\nB\n",
        ] {
            assert_eq!(with_words(other), other);
        }
    }

    #[test]
    fn a_here_document_behind_other_words_is_part_of_its_step() {
        let text = "FROM a\nRUN cat <<EOF > /etc/motd\nRUN no step\nEOF\nRUN --mount=type=cache,target=/x two\n";
        let file = Dockerfile::parse(text).unwrap();
        let seen: Vec<(usize, usize)> =
            file.runs().map(|(step, run)| (step.line, run.cache_mounts().count())).collect();
        assert_eq!(seen, [(2, 0), (5, 1)]);
        assert_eq!(with_words(text), text.replace("/x two", "/x :; two"));
    }

    #[test]
    fn cache_mounts_are_taken_out_and_other_mounts_stay() {
        let edited = apply(TEXT, &Dockerfile::parse(TEXT).unwrap().without_cache_mounts());
        assert!(
            edited.contains("RUN  --network=none \\\n    --mount=type=secret,id=s  \\\n    # why\n    two"),
            "{edited}"
        );
        assert_eq!(Dockerfile::parse(&edited).unwrap().without_cache_mounts(), []);
    }

    #[test]
    fn another_shell_gets_no_words() {
        let takes_words = |shell: &str| {
            let text = format!("FROM a\nSHELL {shell}\nRUN x\n");
            with_words(&text) != text
        };
        assert!(takes_words("[\"/bin/bash\", \"-euxo\", \"pipefail\", \"-c\"]") && takes_words("[\"sh\", \"-ec\"]"));
        assert!(!takes_words("[\"python3\", \"-c\"]") && !takes_words("[\"pwsh\", \"-Command\"]"));
        assert!(!takes_words("[\"bash\", \"-c\", \"wrapper\"]"));
        let later = "FROM a\nRUN x\nSHELL [\"pwsh\", \"-Command\"]\n";
        assert_eq!(with_words(later), later.replace("RUN x", "RUN :; x"));
    }
}
