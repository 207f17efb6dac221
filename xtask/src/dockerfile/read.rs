//! Reads a Dockerfile as BuildKit does (`frontend/dockerfile/parser` and `instructions`): what BuildKit accepts is read,
//! what it refuses is an error with its line. Flags and their values are not checked: a newer BuildKit may know more.

use std::ops::Range;

use crate::dockerfile::model::{Dockerfile, Instruction, Kind, Mount, Run, Slot, Stage, Variable};
use crate::dockerfile::shell::is_shell;
use crate::dockerfile::words::{self, Flag, Parts};

impl Dockerfile {
    /// Reads the text of a Dockerfile. An error is `line N: why`.
    pub fn parse(text: &str) -> Result<Dockerfile, String> {
        let (escape, syntax) = directives(text)?;
        let mut file = Dockerfile::new(text, syntax);
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut reader = Reader { lines: Lines { text, at, count: 0 }, escape, line: 0, is_sh: true, is_read: true };
        while reader.next(&mut file).map_err(|why| format!("line {}: {why}", reader.line))? {}
        match file.stages.is_empty() {
            true => Err(format!("line {}: no `FROM` in the file", text.matches('\n').count() + 1)),
            false => Ok(file),
        }
    }
}

/// The parser directives at the top: the escape character, and the line and value of `# syntax=…`.
fn directives(text: &str) -> Result<(char, Option<(usize, String)>), String> {
    let (mut escape, mut syntax, mut seen) = ('\\', None, Vec::new());
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let Some((name, value)) = line.strip_prefix('#').and_then(|rest| rest.split_once('=')) else { break };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if !matches!(name.as_str(), "syntax" | "escape" | "check") || value.is_empty() {
            break;
        }
        if seen.contains(&name) {
            return Err(format!("line {}: only one `# {name}=` is allowed", at + 1));
        }
        match (name.as_str(), value) {
            ("escape", "\\" | "`") => escape = if value == "`" { '`' } else { '\\' },
            ("escape", _) => return Err(format!("line {}: `# escape=` must be a backslash or a backtick", at + 1)),
            ("syntax", _) => syntax = Some((at + 1, value.to_owned())),
            _ => {}
        }
        seen.push(name);
    }
    Ok((escape, syntax))
}

/// The lines of a text, each with its offset and without its line end.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// How many were read.
    count: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<(usize, &'a str)> {
        let (start, rest) = (self.at, &self.text[self.at..]);
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += length;
        self.count += 1;
        (length > 0).then(|| (start, rest[..length].trim_end_matches(['\n', '\r'])))
    }
}

/// The lines of an instruction, joined as BuildKit joins them: without line ends and comments.
#[derive(Default)]
struct Joined {
    text: String,
    /// Where each piece begins: in `text`, and in the file.
    pieces: Vec<(usize, usize)>,
}

impl Joined {
    fn push(&mut self, piece: &str, at: usize) {
        self.pieces.push((self.text.len(), at));
        self.text.push_str(piece);
    }

    /// The place in the file of a byte of the text.
    fn place(&self, at: usize) -> usize {
        let (start, place) = self.pieces[self.pieces.partition_point(|(start, _)| *start <= at) - 1];
        place + (at - start)
    }

    /// The span in the file of a part that isn't empty.
    fn span(&self, part: &Range<usize>) -> Range<usize> {
        self.place(part.start)..self.place(part.end - 1) + 1
    }
}

/// A here-document.
struct Document {
    name: String,
    /// The place of its first line in the file.
    at: usize,
    /// As the program reads it.
    text: String,
}

struct Reader<'a> {
    lines: Lines<'a>,
    escape: char,
    /// The first line of the instruction that is being read, from 1.
    line: usize,
    /// No `SHELL` so far names something unlike sh.
    is_sh: bool,
    /// The last `SHELL` ends in one that reads scripts as sh does: `conda run bash -c`.
    is_read: bool,
}

impl Reader<'_> {
    /// Reads the next instruction into the file; false at the end of the text.
    fn next(&mut self, file: &mut Dockerfile) -> Result<bool, String> {
        let is_content =
            |(_, line): &(usize, &str)| !line.trim_start().is_empty() && !line.trim_start().starts_with('#');
        let Some((at, line)) = self.lines.find(is_content) else { return Ok(false) };
        self.line = self.lines.count;
        let (mut part, start) = (line.trim_start(), at + line.len() - line.trim_start().len());
        let (mut joined, mut span) = (Joined::default(), start..start);
        let mut at = start;
        // A line continues if it ends in one escape character, not in two. Comments and empty lines in between are skipped.
        loop {
            let before = part.trim_end_matches([' ', '\t']).strip_suffix(self.escape);
            let before = before.filter(|before| !before.ends_with(self.escape));
            joined.push(before.unwrap_or(part), at);
            span.end = at + part.len();
            match before.and_then(|_| self.lines.find(is_content)) {
                Some(next) => (at, part) = next,
                None => break,
            }
        }
        let Parts { name, flags, arguments } = Parts::of(&joined.text, self.escape);
        let place = joined.place(arguments.start);
        let arguments = &joined.text[arguments];
        let (written, name) = (name, name.to_ascii_uppercase());
        let documents = self.documents(&joined.text, &mut span)?;
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
                let mounts = mounts.filter_map(|flag| Some(mount(joined.span(&flag.span), flag.value.as_ref()?)));
                Kind::Run(self.run(mounts.collect(), arguments, place, list, &documents))
            }
            "COPY" | "ADD" => copy(&flags, arguments, list)?,
            "ARG" => Kind::Arg(args(arguments, self.escape)?),
            "ENV" | "LABEL" => check_pairs(&name, arguments, self.escape).map(|()| Kind::Other)?,
            "SHELL" => {
                let words = list.ok_or("`SHELL` needs a JSON list: [\"program\", \"argument\"]")?;
                // A word after `-c` would be taken for the command.
                let is_last = words.last().is_some_and(|last| last.starts_with('-') && last.ends_with('c'));
                self.is_sh &= is_last && is_shell(&words[0]);
                self.is_read = words.iter().any(|word| is_shell(word));
                Kind::Other
            }
            // The other instructions (BuildKit, `command.Commands`).
            "CMD" | "ENTRYPOINT" => Kind::Other,
            "EXPOSE" | "HEALTHCHECK" | "MAINTAINER" | "ONBUILD" | "STOPSIGNAL" | "USER" | "VOLUME" | "WORKDIR" => {
                if arguments.is_empty() {
                    return Err(format!("`{name}` needs an argument"));
                }
                Kind::Other
            }
            _ => return Err(format!("unknown instruction `{written}`")),
        };
        let needs_buildkit = needs_buildkit(&name, &flags, !documents.is_empty());
        let step = Instruction { span, line: self.line, name, arguments: arguments.to_owned(), needs_buildkit, kind };
        match (file.stages.last_mut(), step.kind) {
            (Some(stage), kind) => stage.instructions.push(Instruction { kind, ..step }),
            (None, Kind::Arg(args)) => file.globals.extend(args),
            (None, _) => return Err(format!("`{}` before the first `FROM`", step.name)),
        }
        Ok(true)
    }

    /// Reads the here-documents of an instruction from the lines that follow it.
    fn documents(&mut self, joined: &str, span: &mut Range<usize>) -> Result<Vec<Document>, String> {
        let mut documents = Vec::new();
        for (name, strips_tabs) in words::openings(joined, self.escape) {
            let mut document = Document { name, at: self.lines.at, text: String::new() };
            loop {
                let Some((at, line)) = self.lines.next() else {
                    return Err(format!("the here-document `{}` is never closed", document.name));
                };
                let without =
                    |line: &'_ str| if strips_tabs { line.len() - line.trim_start_matches('\t').len() } else { 0 };
                let tabs = without(line);
                if line[tabs..] == document.name {
                    span.end = at + line.len();
                    break;
                }
                document.text.push_str(&self.lines.text[at + tabs..self.lines.at]);
            }
            documents.push(document);
        }
        Ok(documents)
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
        Ok(Stage { at, span, line: self.line, base: base.to_owned(), name, instructions: Vec::new() })
    }

    /// `place`: where its arguments begin in the file. `list`: its words in the exec form.
    fn run(
        &self,
        mounts: Vec<Mount>,
        arguments: &str,
        place: usize,
        list: Option<Vec<String>>,
        documents: &[Document],
    ) -> Run {
        let with = |text: String, document: &Document| format!("{text}\n{}{}", document.text, document.name);
        let script = documents.iter().fold(arguments.to_owned(), with);
        let command = match (&list, documents) {
            (Some(words), _) => words.join(" "),
            (None, [script, ..]) if words::opening(arguments).is_some() => script.text.clone(),
            _ => script.clone(),
        };
        let is_read = self.is_read || list.is_some();
        let slot = match (list, documents) {
            (None, []) if !arguments.is_empty() => Some(Slot { at: place, end: ' ' }),
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
        Run { mounts, slot: slot.filter(|_| self.is_sh), script: if is_read { script } else { String::new() }, command }
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

fn args(arguments: &str, escape: char) -> Result<Vec<Variable>, &'static str> {
    let variable = |word: &str| match word.split_once('=') {
        Some((name, value)) => Variable { name: name.to_owned(), value: Some(words::unquoted(value, escape)) },
        None => Variable { name: word.to_owned(), value: None },
    };
    let args: Vec<Variable> = words::words(arguments, escape).into_iter().map(variable).collect();
    match args.is_empty() || args.iter().any(|arg| arg.name.is_empty()) {
        true => Err("`ARG` needs a name"),
        false => Ok(args),
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
