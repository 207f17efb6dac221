//! Reads a Dockerfile as BuildKit does (`frontend/dockerfile/parser` and `instructions`): what BuildKit accepts is read,
//! what it refuses is a mistake with its place.

use std::fmt;
use std::ops::Range;

use crate::dockerfile::edit;
use crate::dockerfile::lines::{self, Document, Parts, Whole};
use crate::dockerfile::model::{Dockerfile, Form, Instruction, Kind, Mount, Run, Stage, Variable};
use crate::dockerfile::placed::Placed;
use crate::dockerfile::words::{self, Flag, List};
use crate::ui::source::LineIndex;

/// Every instruction there is (BuildKit, `command.Commands`).
const NAMES: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Why a Dockerfile can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub message: String,
    pub span: Range<usize>,
    /// From 1.
    line: usize,
}

impl Mistake {
    pub fn new(message: impl Into<String>, span: Range<usize>) -> Mistake {
        Mistake { message: message.into(), span, line: 0 }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl Dockerfile {
    /// Reads the text of a Dockerfile.
    pub fn parse(text: &str) -> Result<Dockerfile, Mistake> {
        let lines = LineIndex::new(text);
        read(text, &lines).map_err(|mistake| Mistake { line: lines.line(mistake.span.start) + 1, ..mistake })
    }
}

fn read(text: &str, lines: &LineIndex) -> Result<Dockerfile, Mistake> {
    let directives = lines::directives(text)?;
    let mut file = Dockerfile { text: text.to_owned(), syntax: directives.syntax, globals: vec![], stages: vec![] };
    let mut is_sh = true;
    for whole in lines::split(text, directives.escape)? {
        let mut instruction = instruction(whole, directives.escape, lines)?;
        match &mut instruction.kind {
            Kind::Shell(words) => is_sh &= edit::is_sh(words),
            Kind::Run(run) => run.is_sh = is_sh,
            _ => {}
        }
        match (instruction, file.stages.last_mut()) {
            (instruction, _) if instruction.name == "FROM" => file.stages.push(stage(instruction)?),
            (instruction, Some(stage)) => stage.instructions.push(instruction),
            (Instruction { kind: Kind::Arg(args), .. }, None) => file.globals.extend(args),
            (early, None) => {
                let message = format!("`{}` before the first `FROM`", early.name);
                return Err(Mistake::new(message, early.span));
            }
        }
    }
    match file.stages.is_empty() {
        true => Err(Mistake::new("no `FROM` in the file", text.len()..text.len())),
        false => Ok(file),
    }
}

fn instruction(whole: Whole, escape: char, lines: &LineIndex) -> Result<Instruction, Mistake> {
    let Parts { name: written, flags, arguments } = Parts::of(&whole.text, escape);
    let Some(name) = NAMES.into_iter().find(|name| written.eq_ignore_ascii_case(name)) else {
        return Err(Mistake::new(format!("unknown instruction `{}`", written.text), written.whole()));
    };
    let line = lines.line(whole.span.start) + 1;
    let refused = |message: &str| Mistake::new(message, whole.span.clone());
    let kind = match name {
        "RUN" => Kind::Run(run(&flags, &arguments, &whole.documents).map_err(refused)?),
        "COPY" | "ADD" => copy(&flags, &arguments).map_err(refused)?,
        "ARG" => {
            Kind::Arg(words::words(&arguments, escape).into_iter().map(|at| variable(&arguments[at], escape)).collect())
        }
        "ENV" => Kind::Env(env(&arguments, escape).map_err(refused)?),
        "SHELL" => match words::list(&arguments) {
            List::Words(words) => Kind::Shell(words),
            _ => return Err(refused("`SHELL` needs a JSON list: [\"program\", \"argument\"]")),
        },
        _ => Kind::Other,
    };
    Ok(Instruction { span: whole.span, line, name, flags, arguments, documents: whole.documents, kind })
}

fn stage(from: Instruction) -> Result<Stage, Mistake> {
    let mut words = spaced(&from.arguments);
    let name = match words.as_slice() {
        [_] => None,
        [_, word, name] if from.arguments[word.clone()].eq_ignore_ascii_case("AS") => {
            Some(from.arguments.slice(name.clone()))
        }
        _ => return Err(Mistake::new("`FROM` needs one word, or three: IMAGE AS NAME", from.span)),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match &name {
        Some(name) if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_plain) => {
            let message = format!(
                "invalid stage name `{}`: it must start with a letter, then letters, digits, `-`, `_` and `.`",
                name.text
            );
            Err(Mistake::new(message, name.whole()))
        }
        _ => Ok(Stage { base: from.arguments.slice(words.swap_remove(0)), name, from, instructions: Vec::new() }),
    }
}

fn run(flags: &[Flag], arguments: &Placed, documents: &[Document]) -> Result<Run, &'static str> {
    let form = match words::list(arguments) {
        List::Words(words) => Form::Exec(words),
        List::NotOfTexts => return Err("a JSON list in `RUN` can hold strings only"),
        List::Text if words::opening(arguments).is_some() => Form::Script,
        List::Text => Form::Shell,
    };
    let command = match (&form, documents) {
        (Form::Exec(words), _) => words.join(" "),
        (Form::Script, [script, ..]) => script.text(),
        _ => documents.iter().fold(arguments.text.clone(), |text, document| {
            format!("{text}\n{}{}", document.content.text, document.name)
        }),
    };
    let values = flags.iter().filter(|flag| flag.name == "mount").filter_map(|flag| Some((flag, flag.value.as_ref()?)));
    Ok(Run { mounts: values.map(|(flag, value)| mount(flag, value)).collect(), form, is_sh: true, command })
}

/// `type=cache,target=/root/.cache/pip,sharing=locked` (Dockerfile reference, `RUN --mount`).
fn mount(flag: &Flag, value: &str) -> Mount {
    let options: Vec<(&str, &str)> = value.split(',').filter_map(|option| option.trim().split_once('=')).collect();
    let option = |names: &[&str]| {
        let found = options.iter().rfind(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        found.map(|(_, value)| value.trim_matches('"').to_owned())
    };
    let target = option(&["target", "dst", "destination"]).unwrap_or_default();
    let target = match target.trim_end_matches('/') {
        "" => target,
        path => path.to_owned(),
    };
    Mount {
        span: flag.span.clone(),
        kind: option(&["type"]).map_or_else(|| "bind".to_owned(), |kind| kind.to_ascii_lowercase()),
        id: option(&["id"]).unwrap_or_else(|| target.clone()),
        target,
        source: option(&["source", "src"]),
        from: option(&["from"]),
    }
}

fn copy(flags: &[Flag], arguments: &Placed) -> Result<Kind, &'static str> {
    let mut words = match words::list(arguments) {
        List::Words(words) => words,
        List::NotOfTexts => return Err("a JSON list in `COPY` and `ADD` can hold strings only"),
        List::Text => spaced(arguments).into_iter().map(|word| arguments[word].to_owned()).collect(),
    };
    if words.len() < 2 {
        return Err("`COPY` and `ADD` need a source and a destination");
    }
    words.pop();
    words.retain(|word| words::opening(word).is_none());
    let from = flags.iter().find(|flag| flag.name == "from").and_then(|flag| flag.value.as_deref());
    Ok(Kind::Copy { sources: words, from: from.map(str::to_owned) })
}

/// `ENV NAME=value …`, or the old `ENV NAME value`.
fn env(arguments: &str, escape: char) -> Result<Vec<Variable>, &'static str> {
    let words = words::words(arguments, escape);
    let Some(first) = words.first() else { return Err("`ENV` needs a variable") };
    if !arguments[first.clone()].contains('=') {
        let (name, value) = arguments.split_once(char::is_whitespace).ok_or("`ENV` needs a value")?;
        return Ok(vec![Variable { name: name.to_owned(), value: Some(words::unquoted(value.trim(), escape)) }]);
    }
    let variables: Vec<Variable> = words.into_iter().map(|at| variable(&arguments[at], escape)).collect();
    match variables.iter().all(|variable| variable.value.is_some()) {
        true => Ok(variables),
        false => Err("each word of `ENV` must be NAME=value"),
    }
}

fn variable(word: &str, escape: char) -> Variable {
    match word.split_once('=') {
        Some((name, value)) => Variable { name: name.to_owned(), value: Some(words::unquoted(value, escape)) },
        None => Variable { name: word.to_owned(), value: None },
    }
}

/// Words split at white space, ignoring quotes.
fn spaced(text: &str) -> Vec<Range<usize>> {
    let offset = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(|word| offset(word)..offset(word) + word.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        let file = Dockerfile::parse(text).unwrap_or_else(|mistake| panic!("{mistake}: {text}"));
        file.stages.iter().flat_map(|stage| &stage.instructions).map(|step| step.name).collect()
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
        ] {
            assert_eq!(names(&format!("FROM a\n{text}")), wanted, "{text}");
        }
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
            ("FROM x\nRUN [1]\n", "line 2: a JSON list in `RUN` can hold strings only"),
            ("FROM x\nENV A=1 B\n", "line 2: each word of `ENV` must be NAME=value"),
            ("FROM x\nENV A\n", "line 2: `ENV` needs a value"),
            ("FROM x\nSHELL sh -c\n", "line 2: `SHELL` needs a JSON list: [\"program\", \"argument\"]"),
            ("# escape=x\nFROM x\n", "line 1: `# escape=` must be a backslash or a backtick"),
            ("# escape=`\n# escape=`\nFROM x\n", "line 2: only one `# escape=` is allowed"),
        ] {
            assert_eq!(
                Dockerfile::parse(text).map_err(|mistake| mistake.to_string()),
                Err(wanted.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_command_is_what_its_program_reads() {
        let command = |text: &str| {
            let text = format!("FROM a\n{text}\n");
            let file = Dockerfile::parse(&text).unwrap();
            let (_, step, run) = file.runs().next().unwrap();
            (run.command.clone(), text[step.arguments.whole()].to_owned())
        };
        let is = |text: &str, command_is: &str, written: &str| {
            assert_eq!(command(text), (command_is.to_owned(), written.to_owned()), "{text}");
        };
        is("RUN --network=none a \\\n  # why\n  && b", "a   && b", "a \\\n  # why\n  && b");
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
        let syntax = file.syntax.as_ref().unwrap();
        assert_eq!((&**syntax, &text[syntax.whole()]), ("docker/dockerfile:1", "docker/dockerfile:1"));
        let stage = &file.stages[0];
        assert_eq!(&text[stage.base.whole()], "a");
        assert_eq!(
            (&text[stage.from.flags[0].span.clone()], stage.from.flags[0].value.as_deref()),
            ("--platform=$BUILDPLATFORM", Some("$BUILDPLATFORM"))
        );
        let mount = &stage.runs().next().unwrap().1.mounts[0];
        assert_eq!((mount.kind.as_str(), mount.target.as_str()), ("cache", "/z"));
        assert_eq!(&text[mount.span.clone()], "--mount=type=cache,sharing=locked,\"target=/x y\",target=/z/");
    }
}
