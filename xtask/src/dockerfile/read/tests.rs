use super::*;

fn names(text: &str) -> Vec<String> {
    let file = Dockerfile::parse(text).unwrap_or_else(|mistake| panic!("{mistake}: {text}"));
    file.stages.iter().flat_map(|stage| &stage.instructions).map(|step| step.name.clone()).collect()
}

#[test]
fn what_buildkit_accepts_is_read() {
    for (text, wanted) in [
        ("ENTRYPOINT []", ["ENTRYPOINT"].as_slice()),
        ("ONBUILD ENTRYPOINT []", &["ONBUILD"]),
        ("RUN []", &["RUN"]),
        ("run x\ncmd y", &["RUN", "CMD"]),
        ("RUN a \\\n\n  # why\n  b\n  # no step\nRUN c", &["RUN", "RUN"]),
        ("RUN a \\ \t\n b", &["RUN"]),
        ("RUN a \\\\\nRUN b", &["RUN", "RUN"]),
        ("RUN a \\", &["RUN"]),
        ("\tRUN [ \"a\", \"b\" ]", &["RUN"]),
        ("RUN ['a', 'b']", &["RUN"]),
        ("RUN cat <<A > /a && cat <<-\"B\" > /b\nRUN 1\nA\nRUN 2\n\tB\nRUN 3", &["RUN", "RUN"]),
        ("ONBUILD RUN cat <<A\nRUN 1\nA\nRUN 2", &["ONBUILD", "RUN"]),
        ("ONBUILD COPY <<A /a\nRUN 1\nA", &["ONBUILD"]),
        ("ADD --chmod=600 <<A /a\nx\nA\nRUN 2", &["ADD", "RUN"]),
        ("CMD cat <<EOF\nUSER x", &["CMD", "USER"]),
        ("RUN [\"cat\", \"<<EOF\"]\nUSER x", &["RUN", "USER"]),
        ("RUN --mount=type=cache,target=/x [\"a\", \"<<EOF\"]", &["RUN"]),
        ("FROM b AS x\nFROM c AS x\nCOPY --from=x a b", &["COPY"]),
        ("ENV A b c=d\nENV B=1 C=\"2 3\"\nARG X Y=1", &["ENV", "ENV", "ARG"]),
        ("ENV A =b\nENV A\" b\nLABEL a b\nLABEL \"a b\"=c d=e", &["ENV", "ENV", "LABEL", "LABEL"]),
        ("ONBUILD RUN []\nONBUILD COPY a b\nONBUILD x", &["ONBUILD", "ONBUILD", "ONBUILD"]),
        ("CMD\nCMD []\nENTRYPOINT\nENTRYPOINT [\"a\"]", &["CMD", "CMD", "ENTRYPOINT", "ENTRYPOINT"]),
        ("HEALTHCHECK NONE\nHEALTHCHECK --interval=1s \\\n CMD a", &["HEALTHCHECK", "HEALTHCHECK"]),
        ("MAINTAINER a b\nSTOPSIGNAL 9\nUSER a:b\nWORKDIR /a b", &["MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"]),
        ("EXPOSE 80/tcp 81\nVOLUME /a /b\nVOLUME [\"/c\"]", &["EXPOSE", "VOLUME", "VOLUME"]),
        ("COPY [\"a b\", \"c\", \"/d/\"]\nCOPY [ a b", &["COPY", "COPY"]),
        ("COPY --link --parents --exclude=x a b\nADD --checksum=sha256:1 https://x/y /", &["COPY", "ADD"]),
        ("RUN --security=insecure --device=x a\nRUN --what-comes-next=1 a", &["RUN", "RUN"]),
        ("\\\n\n RUN a\n\\\nRUN b", &["RUN", "RUN"]),
    ] {
        assert_eq!(names(&format!("FROM a\n{text}")), wanted, "{text}");
    }
    let file = Dockerfile::parse("from a\u{a0}b as C\n").unwrap();
    assert_eq!((file.stages[0].base.as_str(), file.stages[0].name.as_deref()), ("a\u{a0}b", Some("C")));
    assert_eq!(names("\u{feff}# escape=`\r\n#syntax = x\r\nFROM a\r\nRUN b `\r\n  c\\\r\nRUN d"), ["RUN", "RUN"]);
}

#[test]
fn what_buildkit_refuses_is_a_mistake_with_its_line() {
    for (text, wanted) in [
        ("", "line 1: no `FROM` in the file"),
        ("# x\n", "line 2: no `FROM` in the file"),
        ("ARG A\nRUN x\nFROM y\n", "line 2: `RUN` before the first `FROM`"),
        ("FROM x\nRUNN y\n", "line 2: unknown instruction `RUNN`"),
        ("FROM x\nRUN cat <<EOF\nEOF \n", "line 2: the here-document `EOF` is never closed"),
        ("FROM x y\n", "line 1: `FROM` needs one word, or three: IMAGE AS NAME"),
        (
            "FROM x AS 1a\n",
            "line 1: invalid stage name `1a`: it must start with a letter, then letters, digits, `-`, `_` and `.`",
        ),
        ("FROM x\n\nCOPY a\n", "line 3: `COPY` and `ADD` need a source and a destination"),
        ("FROM x\nRUN [1]\n", "line 2: only strings can be in a JSON list in `RUN`"),
        ("FROM x\nENV A=1 B\n", "line 2: `ENV` needs NAME=value for each of its words"),
        ("FROM x\nENV A=1 =2\n", "line 2: `ENV` needs NAME=value for each of its words"),
        ("FROM x\nENV A\n", "line 2: `ENV` needs a value"),
        ("FROM x\nLABEL A\n", "line 2: `LABEL` needs a value"),
        ("FROM x\nLABEL\n", "line 2: `LABEL` needs a name"),
        ("FROM x\nARG\n", "line 2: `ARG` needs a name"),
        ("ARG =x\nFROM x\n", "line 1: `ARG` needs a name"),
        ("FROM x\nEXPOSE\n", "line 2: `EXPOSE` needs an argument"),
        ("FROM x\nONBUILD\n", "line 2: `ONBUILD` needs an argument"),
        ("FROM\u{a0}x\n", "line 1: unknown instruction `FROM\u{a0}x`"),
        ("FROM x\nSHELL sh -c\n", "line 2: `SHELL` needs a JSON list: [\"program\", \"argument\"]"),
        ("# escape=x\nFROM x\n", "line 1: `# escape=` must be a backslash or a backtick"),
        ("# escape=`\n# escape=`\nFROM x\n", "line 2: only one `# escape=` is allowed"),
    ] {
        assert_eq!(Dockerfile::parse(text), Err(wanted.to_owned()), "{text}");
    }
}

#[test]
fn a_command_is_what_its_program_reads() {
    let command = |text: &str| {
        let text = format!("FROM a\n{text}\n");
        let file = Dockerfile::parse(&text).unwrap();
        let (step, run) = file.runs().next().unwrap();
        (run.command.clone(), step.arguments.clone())
    };
    let is = |text: &str, command_is: &str, written: &str| {
        assert_eq!(command(text), (command_is.to_owned(), written.to_owned()), "{text}");
    };
    is("RUN --network=none a \\\n  # why\n  && b", "a   && b", "a   && b");
    is("RUN [\"a\", \"b c\"]", "a b c", "[\"a\", \"b c\"]");
    is("RUN <<-EOF\n\ta\n\t\tb\n\tEOF", "a\nb\n", "<<-EOF");
    is("RUN cat <<A - <<B\na\nA\nb\nB", "cat <<A - <<B\na\nA\nb\nB", "cat <<A - <<B");
    is("RUN", "", "");
}

#[test]
fn flags_and_first_lines_have_their_places() {
    let text = "# syntax=docker/dockerfile:1\nFROM --platform=$BUILDPLATFORM a AS B\n\
                RUN --mount=type=cache,sharing=locked,\"target=/x y\",target=/z/ c\n";
    let file = Dockerfile::parse(text).unwrap();
    assert_eq!(file.syntax, Some((1, "docker/dockerfile:1".to_owned())));
    let stage = &file.stages[0];
    assert_eq!((&text[stage.span.clone()], &*stage.base), ("FROM --platform=$BUILDPLATFORM a AS B", "a"));
    let mount = &stage.runs().next().unwrap().1.mounts[0];
    assert_eq!((mount.kind.as_str(), mount.target.as_str()), ("cache", "/z"));
    assert_eq!(&text[mount.span.clone()], "--mount=type=cache,sharing=locked,\"target=/x y\",target=/z/");
}

#[test]
fn another_kind_of_shell_leaves_nothing_to_read() {
    let script = |shell: &str, run: &str| {
        let file = Dockerfile::parse(&format!("FROM a\nSHELL {shell}\nRUN {run}\n")).unwrap();
        let (_, run) = file.runs().next().unwrap();
        run.script.clone()
    };
    for shell in [r#"["pwsh", "-Command"]"#, r#"["cmd", "/S", "/C"]"#, r#"["python3", "-c"]"#] {
        let exec_form = r#"["pip", "x"]"#;
        assert_eq!((script(shell, "pip install x").as_str(), script(shell, exec_form).as_str()), ("", exec_form));
    }
    assert_eq!(script(r#"["conda", "run", "bash", "-c"]"#, "pip install x"), "pip install x");
}

/// Work in the square of its size would take hours, and a call for each level would need more stack than there is.
#[test]
fn large_and_deep_texts_are_read() {
    const SIZE: usize = 100_000;
    for part in [
        "\\\n",
        "#\n",
        "a ",
        "\"${",
        "${a:-",
        "<<A ",
        "<<",
        "ONBUILD ",
        "[",
        "[\"a\",",
        "--mount=type=cache ",
        "A=b ",
        "\\",
        "'",
        "\nRUN <<A\nA",
        "\nARG A=$A",
        "\nCOPY a b",
        "\nFROM a",
        "\nSHELL [\"sh\"]",
        "\u{e9}",
        "$",
        "`",
    ] {
        for start in ["RUN <<A ", "RUN ", "COPY a ", "ENV ", "ARG ", "ONBUILD RUN <<A ", "SHELL ", "#", ""] {
            let text = format!("FROM a\n{start}{}", part.repeat(SIZE / part.len()));
            if let Ok(file) = Dockerfile::parse(&text) {
                let _ = (file.needed(None, &[]), file.with_words(|_, _| None), file.without_cache_mounts());
            }
        }
    }
}
