//! Reads a Dockerfile as BuildKit does (`frontend/dockerfile/parser` and `instructions`): what BuildKit accepts is read,
//! what it refuses is an error with its line. Flags and their values are not checked: a newer BuildKit may know more.

use std::ops::Range;

use crate::dockerfile::model::{Dockerfile, Instruction, Kind, Mount, Run, Slot, Stage, Variable};
use crate::dockerfile::shell::is_shell;
use crate::instructions::lines::{Directives, Document, Instructions, Places, Written};
use crate::instructions::words::{self, Flag, Parts};

impl Dockerfile {
    /// Reads the text of a Dockerfile. An error is `line N: why`.
    pub fn parse(text: &str) -> Result<Dockerfile, String> {
        let Directives { escape, syntax } = Directives::of(text)?;
        let mut file = Dockerfile::new(text, syntax);
        let mut reader = Reader { instructions: Instructions::of(text, escape), is_sh: true, is_read: true };
        while reader.next(&mut file).map_err(|why| format!("line {}: {why}", reader.instructions.line))? {}
        match file.stages.is_empty() {
            true => Err(format!("line {}: no `FROM` in the file", text.matches('\n').count() + 1)),
            false => Ok(file),
        }
    }
}

struct Reader<'a> {
    instructions: Instructions<'a>,
    /// No `SHELL` so far names something unlike sh.
    is_sh: bool,
    /// The last `SHELL` ends in one that reads scripts as sh does: `conda run bash -c`.
    is_read: bool,
}

impl Reader<'_> {
    /// Reads the next instruction into the file; false at the end of the text.
    fn next(&mut self, file: &mut Dockerfile) -> Result<bool, String> {
        let Some(written) = self.instructions.next() else { return Ok(false) };
        let Written { joined, span, documents, .. } = written;
        let Parts { name, flags, arguments } = Parts::of(&joined.text, self.instructions.escape);
        let places = if arguments.is_empty() { Places::default() } else { joined.places.from(arguments.start) };
        let arguments = &joined.text[arguments];
        let (written, name) = (name, name.to_ascii_uppercase());
        let documents = documents?;
        let list = match name.as_str() {
            "RUN" | "COPY" | "ADD" | "SHELL" => words::list(arguments).map_err(|why| format!("{why} in `{name}`"))?,
            _ => None,
        };
        let kind = match name.as_str() {
            "FROM" => {
                file.add(self.stage(file.stages.len(), span, arguments)?);
                return Ok(true);
            }
            "RUN" => {
                let mounts = flags.iter().filter(|flag| flag.name == "mount");
                let mounts =
                    mounts.filter_map(|flag| Some(mount(joined.places.span(&flag.span), flag.value.as_ref()?)));
                Kind::Run(self.run(mounts.collect(), arguments, &places, list, &documents))
            }
            "COPY" | "ADD" => copy(&flags, arguments, list)?,
            "ARG" => Kind::Arg(args(arguments, self.instructions.escape, &places)?),
            "ENV" | "LABEL" => {
                check_pairs(&name, arguments, self.instructions.escape)?;
                match name.as_str() {
                    "ENV" => Kind::Env(pairs(arguments, self.instructions.escape, &places)),
                    _ => Kind::Other,
                }
            }
            "SHELL" => {
                let words = list.ok_or("`SHELL` needs a JSON list: [\"program\", \"argument\"]")?;
                // A word after `-c` would be taken for the command.
                let is_last = words.last().is_some_and(|last| last.starts_with('-') && last.ends_with('c'));
                self.is_sh &= is_last && is_shell(&words[0]);
                self.is_read = words.iter().any(|word| is_shell(word));
                Kind::Shell(words)
            }
            // The other instructions (BuildKit, `command.Commands`).
            "CMD" | "ENTRYPOINT" => Kind::Other,
            "EXPOSE" | "HEALTHCHECK" | "MAINTAINER" | "ONBUILD" | "STOPSIGNAL" | "USER" | "VOLUME" | "WORKDIR" => {
                if arguments.is_empty() {
                    return Err(format!("`{name}` needs an argument"));
                }
                match name.as_str() {
                    "USER" => Kind::User(arguments.to_owned()),
                    "WORKDIR" => Kind::Workdir(words::unquoted_all(arguments, self.instructions.escape)),
                    _ => Kind::Other,
                }
            }
            _ => return Err(format!("unknown instruction `{written}`")),
        };
        let needs_buildkit = needs_buildkit(&name, &flags, !documents.is_empty());
        let step = Instruction {
            span,
            line: self.instructions.line,
            name,
            arguments: arguments.to_owned(),
            needs_buildkit,
            kind,
        };
        match (file.stages.last_mut(), step.kind) {
            (Some(stage), kind) => stage.instructions.push(Instruction { kind, ..step }),
            (None, Kind::Arg(args)) => file.globals.extend(args),
            (None, _) => return Err(format!("`{}` before the first `FROM`", step.name)),
        }
        Ok(true)
    }

    fn stage(&self, at: usize, span: Range<usize>, arguments: &str) -> Result<Stage, String> {
        let (base, name) = match words::plain(arguments).collect::<Vec<&str>>().as_slice() {
            [base] => (*base, None),
            [base, word, name] if word.eq_ignore_ascii_case("AS") => (*base, Some((*name).to_owned())),
            _ => return Err("`FROM` needs one word, or three: IMAGE AS NAME".to_owned()),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name =
            |name: &&String| name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_plain);
        if let Some(name) = name.as_ref().filter(|name| !is_name(name)) {
            return Err(format!(
                "invalid stage name `{name}`: it must start with a letter, then letters, digits, `-`, `_` and `.`"
            ));
        }
        Ok(Stage { at, span, line: self.instructions.line, base: base.to_owned(), name, instructions: Vec::new() })
    }

    /// `places`: where its arguments stand in the file. `list`: its words in the exec form.
    fn run(
        &self,
        mounts: Vec<Mount>,
        arguments: &str,
        places: &Places,
        list: Option<Vec<String>>,
        documents: &[Document],
    ) -> Run {
        let (mut script, mut places) = (arguments.to_owned(), places.clone());
        for document in documents {
            places.add(script.len() + 1, &document.places);
            script.push_str(&format!("\n{}{}", document.text, document.name));
        }
        let command = match (&list, documents) {
            (Some(words), _) => words.join(" "),
            (None, [script, ..]) if words::opening(arguments).is_some() => script.text.clone(),
            _ => script.clone(),
        };
        let is_read = self.is_read || list.is_some();
        let slot = match (list, documents) {
            (None, []) if !arguments.is_empty() => Some(Slot { at: places.place(0), end: ' ' }),
            // `<<EOF` alone is a script for the shell, unless its first line names another program; `<<EOF bash` is a
            // script for bash. After other words it is left alone: BuildKit splits the words before `<<` too, and with
            // more of them it may miss the here-document.
            (None, [script]) if arguments.starts_with("<<") => {
                let program = arguments.split_whitespace().find(|word| words::opening(word).is_none());
                let is_script = program.is_none_or(is_shell) && !script.text.starts_with("#!");
                is_script.then_some(Slot { at: script.at, end: '\n' })
            }
            _ => None,
        };
        let script = if is_read { script } else { String::new() };
        Run { mounts, slot: slot.filter(|_| self.is_sh), script, places, command }
    }
}

/// `type=cache,target=/root/.cache/pip,sharing=locked` (Dockerfile reference, `RUN --mount`).
fn mount(span: Range<usize>, value: &str) -> Mount {
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
        span,
        kind: option(&["type"]).map_or_else(|| "bind".to_owned(), |kind| kind.to_ascii_lowercase()),
        id: option(&["id"]).unwrap_or_else(|| target.clone()),
        target,
        source: option(&["source", "src"]),
        from: option(&["from"]),
    }
}

fn copy(flags: &[Flag], arguments: &str, list: Option<Vec<String>>) -> Result<Kind, String> {
    let mut sources = list.unwrap_or_else(|| words::plain(arguments).map(str::to_owned).collect());
    if sources.len() < 2 {
        return Err("`COPY` and `ADD` need a source and a destination".to_owned());
    }
    sources.pop();
    sources.retain(|word| words::opening(word).is_none());
    let from = flags.iter().find(|flag| flag.name == "from").and_then(|flag| flag.value.clone());
    Ok(Kind::Copy { sources, from })
}

/// `NAME=value …` of `ENV` and `LABEL`, or the old `NAME value`.
fn check_pairs(instruction: &str, arguments: &str, escape: char) -> Result<(), String> {
    let words = words::words(arguments, escape);
    let mistake = match words.first() {
        None => "a name",
        Some(first) if !first.contains('=') && words::plain(arguments).count() < 2 => "a value",
        Some(first) if !first.contains('=') => return Ok(()),
        Some(_) if words.iter().all(|word| word.find('=').is_some_and(|at| at > 0)) => return Ok(()),
        Some(_) => "NAME=value for each of its words",
    };
    Err(format!("`{instruction}` needs {mistake}"))
}

fn args(arguments: &str, escape: char, places: &Places) -> Result<Vec<Variable>, &'static str> {
    let variable = |span: Range<usize>| {
        let word = &arguments[span.clone()];
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let value = value.map(|value| words::unquoted(value, escape));
        Variable { name: name.to_owned(), value, span: places.span(&span) }
    };
    let args: Vec<Variable> = words::spans(arguments, escape).into_iter().map(variable).collect();
    match args.is_empty() || args.iter().any(|arg| arg.name.is_empty()) {
        true => Err("`ARG` needs a name"),
        false => Ok(args),
    }
}

/// The variables of `ENV`; the old `ENV NAME value` has one.
fn pairs(arguments: &str, escape: char, places: &Places) -> Vec<Variable> {
    let words = words::spans(arguments, escape);
    let variable = |name: &str, value: &str, span: &Range<usize>| Variable {
        name: words::unquoted(name, escape),
        value: Some(words::unquoted_all(value, escape)),
        span: places.span(span),
    };
    match words.first() {
        Some(first) if !arguments[first.clone()].contains('=') => {
            vec![variable(&arguments[first.clone()], arguments[first.end..].trim(), &(first.start..arguments.len()))]
        }
        _ => {
            let pairs = words.iter().filter_map(|span| Some((arguments[span.clone()].split_once('=')?, span)));
            pairs.map(|((name, value), span)| variable(name, value, span)).collect()
        }
    }
}

/// The part that only BuildKit can build, such as `RUN --mount`. Engine 20.10 without BuildKit refuses these (`the --mount
/// option requires BuildKit`), and takes a here-document for a plain word.
fn needs_buildkit(name: &str, flags: &[Flag], has_documents: bool) -> Option<String> {
    let old: &[&str] = match name {
        "COPY" | "ADD" => &["from", "chown"],
        "RUN" => &[],
        _ => return has_documents.then(|| format!("{name} with a here-document")),
    };
    let flag =
        flags.iter().find(|flag| !old.contains(&flag.name.as_str())).map(|flag| format!("{name} --{}", flag.name));
    flag.or_else(|| has_documents.then(|| format!("{name} with a here-document")))
}

#[cfg(test)]
mod tests;
