use super::*;
use crate::dockerfile::edit;
use crate::system::random::Random;

const TEXT: &str = "# comment\nARG IMAGE=python:3.12\n\nFROM ${IMAGE} AS Base\nARG GIT_SHA\n\
    RUN --mount=type=cache,target=/root/.cache/pip/,sharing=locked \\\n    --mount=type=cache,id=own,dst=/x pip install x\n\
    FROM base AS dev\nCOPY . .\nFROM scratch AS other\nFROM base\nCOPY --from=dev --chmod=755 /a /b\nCOPY a b c/\n\
    RUN <<EOF\necho hi\nEOF\n";

#[test]
fn stages_steps_and_mounts() {
    let file = Dockerfile::parse(TEXT).unwrap();
    assert_eq!(
        file.globals,
        [Variable { name: "IMAGE".to_owned(), value: Some("python:3.12".to_owned()), span: 14..31 }]
    );
    let base = &file.stages[0];
    assert_eq!((base.name.as_deref(), &*base.base, base.line), (Some("Base"), "${IMAGE}", 4));
    let (step, run) = base.runs().next().unwrap();
    assert_eq!((run.command.as_str(), step.arguments.as_str()), ("pip install x", "pip install x"));
    let mounts: Vec<(&str, &str, &str)> =
        run.mounts.iter().map(|mount| (mount.id.as_str(), mount.target.as_str(), &TEXT[mount.span.clone()])).collect();
    let first = "--mount=type=cache,target=/root/.cache/pip/,sharing=locked";
    assert_eq!(
        mounts,
        [("/root/.cache/pip", "/root/.cache/pip", first), ("own", "/x", "--mount=type=cache,id=own,dst=/x")]
    );
    assert_eq!((step.needs_buildkit.as_deref(), step.line), (Some("RUN --mount"), 6));
    let last = &file.stages[3];
    let needs: Vec<Option<String>> = last.instructions.iter().map(|step| step.needs_buildkit.clone()).collect();
    assert_eq!(needs, [Some("COPY --chmod".to_owned()), None, Some("RUN with a here-document".to_owned())]);
    assert_eq!(last.instructions[1].kind, Kind::Copy { sources: vec!["a".into(), "b".into()], from: None });
    assert_eq!(&TEXT[last.instructions[2].span.clone()], "RUN <<EOF\necho hi\nEOF");
}

#[test]
fn a_target_needs_what_it_comes_from() {
    let file = Dockerfile::parse(TEXT).unwrap();
    let needed = |target: Option<&str>| -> Option<Vec<usize>> {
        Some(file.needed(target, &[])?.into_iter().map(|stage| stage.line).collect())
    };
    assert_eq!(needed(None), Some(vec![4, 8, 11]));
    assert_eq!(needed(Some("DEV")), Some(vec![4, 8]));
    assert_eq!(needed(Some("2")), Some(vec![10]));
    assert_eq!(needed(Some("gone")), None);
}

#[test]
fn a_build_arg_picks_a_stage() {
    let text = "ARG INSTALLER=pip\nFROM a AS packages-pip\nFROM b AS packages-uv\nFROM packages-${INSTALLER} AS last\n";
    let file = Dockerfile::parse(text).unwrap();
    let needed = |args: &[(&str, &str)]| -> Vec<usize> {
        let args: Vec<(String, String)> = args.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        file.needed(Some("last"), &args).unwrap().into_iter().map(|stage| stage.line).collect()
    };
    assert_eq!(needed(&[]), [2, 4]);
    assert_eq!(needed(&[("INSTALLER", "uv")]), [3, 4]);
    assert_eq!(needed(&[("INSTALLER", "poetry")]), [4]);
}

/// Instructions of every form, with what may stand between their words.
fn generated(random: &mut Random) -> String {
    const STARTS: [&str; 5] = ["", "\u{feff}", "# syntax=docker/dockerfile:1\n", "# escape=`\n", "# why\n\nARG A=1\n"];
    const PARTS: [&str; 22] = [
        "RUN one && \\\n  # why\n\n  two\n",
        "run --mount=type=cache,target=/x --network=none \\\n  --mount=type=cache,id=y,\"dst=/y z\" pip install x\n",
        "RUN --mount=type=secret,id=s cat /run/secrets/s\n",
        "RUN [\"exec\", \"form\"]\n",
        "RUN []\n",
        "RUN\n",
        "ENTRYPOINT []\n",
        "ONBUILD ENTRYPOINT []\n",
        "ONBUILD RUN cat <<EOF\nRUN x\nEOF\n",
        "RUN --mount=type=cache,target=/z <<EOF\none\n\nEOF\n",
        "RUN <<-EOF bash -e\n\tone\n\tEOF\n",
        "RUN <<EOF\nEOF\n",
        "RUN cat <<\"A\" > /a && cat <<B > /b\nRUN 1\nA\n# 2\nB\n",
        "COPY <<EOF /x\ncontent\nEOF\n",
        "COPY --from=0 [\"a b\", \"/c\"]\n",
        "ENV A=\"b c\" D=e\n",
        "ENV OLD form of it\n",
        "ARG B C=\"d\"\n",
        "SHELL [\"/bin/bash\", \"-c\"]\n",
        "  # a comment\n\t\n",
        "FROM b AS Two\n",
        "RUN echo \u{e9} \\\n\\\n  more \\  \n end\n",
    ];
    let mut text = format!("{}FROM a\n", random.of(&STARTS));
    for _ in 0..random.below(8) {
        text.push_str(random.of(&PARTS));
    }
    if text.starts_with("# escape") {
        text = text.replace('\\', "`");
    }
    match random.below(3) {
        0 => text.replace('\n', "\r\n"),
        1 => text.trim_end().to_owned(),
        _ => text,
    }
}

/// A few places changed by what a Dockerfile may have anywhere.
fn mutated(mut text: String, random: &mut Random) -> String {
    const PARTS: [&str; 19] = [
        "\\\n",
        "<<",
        "RUN cat <<EOF > /x\nRUN y\nEOF\n",
        "EOF\n",
        "\"",
        "'",
        "[",
        "]",
        "=",
        "--mount=",
        "--mount=type=cache ",
        "FROM ",
        "\r\n",
        "$",
        "`",
        " AS ",
        "\u{e9}",
        "# escape=`\n",
        ",",
    ];
    for _ in 0..random.below(6) {
        let at = random.boundary(&text);
        match random.below(3) {
            0 if at > 0 => text.truncate(at),
            _ => text.insert_str(at, random.of(&PARTS)),
        }
    }
    text
}

/// Without its edits, an edited text is the one that it was made from.
fn undo(edited: &str, text: &str, edits: &[edit::Edit]) -> String {
    let (mut back, mut at) = (String::new(), 0);
    let mut from = 0;
    for edit in edits {
        let kept = edit.span.start - from;
        back.push_str(&edited[at..at + kept]);
        back.push_str(&text[edit.span.clone()]);
        at += kept + edit.text.len();
        from = edit.span.end;
    }
    back + &edited[at..]
}

#[test]
fn an_edit_changes_nothing_else_and_what_it_makes_is_read_again() {
    let mut random = Random::new(11);
    let mut read = 0;
    for round in 0..2_000 {
        let text = if round % 4 == 0 { TEXT.to_owned() } else { generated(&mut random) };
        let text = if round % 2 == 0 { mutated(text, &mut random) } else { text };
        let file = match Dockerfile::parse(&text) {
            Ok(file) => file,
            Err(mistake) => {
                assert!(round % 2 == 0, "{mistake}: {text:?}");
                continue;
            }
        };
        read += 1;
        let _ = (file.needed(None, &[]), file.needed(Some("base"), &[]));

        let words = file.with_words(|step, _| Some(format!(": mark:{};", step.line)));
        let edited = edit::apply(&text, &words);
        assert_eq!(undo(&edited, &text, &words), text);
        let again = Dockerfile::parse(&edited).unwrap_or_else(|mistake| panic!("{mistake}: {text:?} {edited:?}"));
        assert_eq!(again.runs().count(), file.runs().count(), "{text:?} {edited:?}");
        let marks = again.runs().filter(|(_, run)| run.command.contains(": mark:")).count();
        assert!(marks >= words.len(), "{text:?} {edited:?}");

        let mounts = file.without_cache_mounts();
        let edited = edit::apply(&text, &mounts);
        assert_eq!(undo(&edited, &text, &mounts), text);
        let again = Dockerfile::parse(&edited).unwrap_or_else(|mistake| panic!("{mistake}: {text:?} {edited:?}"));
        assert_eq!(again.without_cache_mounts(), [], "{text:?} {edited:?}");
        let commands = |file: &Dockerfile| -> Vec<String> { file.runs().map(|(_, run)| run.command.clone()).collect() };
        assert_eq!(commands(&again), commands(&file), "{text:?} {edited:?}");
    }
    assert!(read > 1_200, "{read}");
}
