//! A Dockerfile as far as its builds matter here: stages, what needs BuildKit, cache mounts, what is copied and run.

use crate::dockerfile::here_documents as documents;
use parse_dockerfile::{Command, Flag, Instruction, RunInstruction, Source};

use crate::ui::source::LineIndex;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// `ARG` before the first `FROM`, with the default that stands there.
    pub globals: Vec<(String, Option<String>)>,
    /// What `# syntax=` names, and its line.
    pub syntax: Option<(String, usize)>,
    /// Never empty.
    pub stages: Vec<Stage>,
    /// What stands in the file.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub name: Option<String>,
    /// The image or the stage that it begins with, as it is written.
    pub base: String,
    /// Lines count from 1.
    pub line: usize,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub line: usize,
    pub kind: Kind,
    /// What of it only BuildKit can build: `RUN --mount`.
    pub needs_buildkit: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `COPY` or `ADD`. `from`: a stage or an image, in place of the build context.
    Copy {
        sources: Vec<String>,
        from: Option<String>,
    },
    Run {
        command: String,
        mounts: Vec<Mount>,
    },
    Arg {
        /// Each with the default that stands there.
        args: Vec<(String, Option<String>)>,
    },
    Other,
}

/// One `--mount` of a `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `cache`, `bind` (which is what none means), `secret`, `ssh`, `tmpfs`.
    pub kind: String,
    /// The id that BuildKit keeps a cache mount by: the target, unless another is written.
    pub id: String,
    pub target: String,
    /// The part of `from`, or of the context, that a `bind` mounts; none: all of it.
    pub source: Option<String>,
    pub from: Option<String>,
}

impl Dockerfile {
    /// Reads a Dockerfile's text. The error has its line in it.
    pub fn parse(text: &str) -> Result<Dockerfile, String> {
        let readable = documents::commented_out(text);
        let parsed = parse_dockerfile::parse(&readable).map_err(|error| error.to_string())?;
        let lines = LineIndex::new(text);
        let line = |start: usize| lines.line(start) + 1;
        let syntax = parsed.parser_directives.syntax.as_ref();
        let syntax = syntax.map(|it| (it.value.value.to_owned(), line(it.value.span.start)));
        let globals = parsed.global_args().flat_map(|arg| arguments(&arg.arguments.value)).collect();
        let stages = parsed.stages().map(|stage| Stage {
            name: stage.from.as_.as_ref().map(|(_, name)| name.value.to_ascii_lowercase()),
            base: stage.from.image.value.to_string(),
            line: line(stage.from.from.span.start),
            steps: stage.instructions.iter().filter_map(|instruction| step(instruction, &line)).collect(),
        });
        Ok(Dockerfile { globals, syntax, stages: stages.collect(), text: text.to_owned() })
    }

    /// The stage of a name or number, and all that comes from it: what a build of `target` runs with these build args.
    /// None for a target that is not there. In the order of the file.
    pub fn needed(&self, target: Option<&str>, args: &[(String, String)]) -> Option<Vec<&Stage>> {
        let last = self.target(target)?;
        Some(self.needed_by(last, args).into_iter().map(|at| &self.stages[at]).collect())
    }

    /// The place of the stage that a build of `target` makes; without one it is the last.
    pub fn target(&self, target: Option<&str>) -> Option<usize> {
        match target.filter(|target| !target.is_empty()) {
            Some(target) => self.find(target, self.stages.len()),
            None => self.stages.len().checked_sub(1),
        }
    }

    /// The places of a stage and of all that it comes from, in the order of the file.
    pub fn needed_by(&self, stage: usize, args: &[(String, String)]) -> Vec<usize> {
        let mut wanted = vec![false; self.stages.len()];
        let mut next = vec![stage];
        while let Some(at) = next.pop() {
            if std::mem::replace(&mut wanted[at], true) {
                continue;
            }
            next.extend(self.base(at, args));
            let names = self.stages[at].steps.iter().flat_map(Step::comes_from);
            next.extend(names.filter_map(|name| self.find(name, at)));
        }
        (0..self.stages.len()).filter(|at| wanted[*at]).collect()
    }

    /// The place of the stage that another begins with; none when that is an image.
    pub fn base(&self, stage: usize, args: &[(String, String)]) -> Option<usize> {
        let base = &self.stages[stage].base;
        self.find(self.resolve(base, args).as_deref().unwrap_or(base), stage)
    }

    /// The stage before the one at `before` that a name or a number means.
    pub fn find(&self, name: &str, before: usize) -> Option<usize> {
        let named = |stage: &Stage| stage.name.as_deref() == Some(name.to_ascii_lowercase().as_str());
        let by_number = || name.parse().ok().filter(|number| *number < before);
        self.stages[..before].iter().rposition(named).or_else(by_number)
    }
}

impl Kind {
    /// The command of a `RUN`; empty for others.
    pub fn into_command(self) -> String {
        match self {
            Kind::Run { command, .. } => command,
            _ => String::new(),
        }
    }
}

impl Step {
    /// The stages or images that it takes files from.
    fn comes_from(&self) -> impl Iterator<Item = &str> {
        let (copied, mounts) = match &self.kind {
            Kind::Copy { from, .. } => (from.as_deref(), [].as_slice()),
            Kind::Run { mounts, .. } => (None, mounts.as_slice()),
            _ => (None, [].as_slice()),
        };
        copied.into_iter().chain(mounts.iter().filter_map(|mount| mount.from.as_deref()))
    }
}

fn step(instruction: &Instruction<'_>, line: &impl Fn(usize) -> usize) -> Option<Step> {
    let (start, kind, needs_buildkit) = match instruction {
        Instruction::Run(run) => (run.run.span.start, kind_of_run(run), needs_of_run(run)),
        Instruction::Copy(copy) => (
            copy.copy.span.start,
            kind_of_copy(&copy.options, &copy.src),
            needs_of_copy("COPY", &copy.options, &copy.src),
        ),
        Instruction::Add(add) => {
            (add.add.span.start, kind_of_copy(&add.options, &add.src), needs_of_copy("ADD", &add.options, &add.src))
        }
        Instruction::Arg(arg) => {
            let args = arguments(&arg.arguments.value).collect();
            (arg.arg.span.start, Kind::Arg { args }, None)
        }
        Instruction::Env(env) => (env.env.span.start, Kind::Other, None),
        Instruction::Workdir(workdir) => (workdir.workdir.span.start, Kind::Other, None),
        Instruction::User(user) => (user.user.span.start, Kind::Other, None),
        // Nothing is built differently because of the others.
        _ => return None,
    };
    Some(Step { line: line(start), kind, needs_buildkit })
}

pub fn kind_of_run(run: &RunInstruction<'_>) -> Kind {
    let mut command = match &run.arguments {
        Command::Exec(words) => words.value.iter().map(|word| word.value.as_ref()).collect::<Vec<_>>().join(" "),
        Command::Shell(text) => text.value.to_owned(),
        _ => String::new(),
    };
    for document in &run.here_docs {
        command.push('\n');
        command.push_str(&document.value);
    }
    let mounts = run.options.iter().filter(|flag| flag.name.value == "mount").filter_map(|flag| flag.value.as_ref());
    Kind::Run { command, mounts: mounts.map(|value| mount(&value.value)).collect() }
}

/// `type=cache,target=/root/.cache/pip,sharing=locked` (Dockerfile reference, `RUN --mount`).
pub fn mount(text: &str) -> Mount {
    let fields: Vec<(&str, &str)> = text.split(',').filter_map(|field| field.trim().split_once('=')).collect();
    let field = |names: &[&str]| {
        let found = fields.iter().find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        found.map(|(_, value)| value.trim_matches('"').to_owned())
    };
    let target = field(&["target", "dst", "destination"]).unwrap_or_default();
    let target = match target.trim_end_matches('/') {
        "" => target,
        path => path.to_owned(),
    };
    Mount {
        kind: field(&["type"]).unwrap_or_else(|| "bind".to_owned()),
        id: field(&["id"]).unwrap_or_else(|| target.clone()),
        target,
        source: field(&["source", "src"]),
        from: field(&["from"]),
    }
}

/// Engine 20.10 without BuildKit refuses these (`the --mount option requires BuildKit`), and takes a here-document for
/// a word.
fn needs_of_run(run: &RunInstruction<'_>) -> Option<String> {
    let flag = run.options.first().map(|flag| format!("RUN --{}", flag.name.value));
    let behind_words = || match &run.arguments {
        Command::Shell(text) => documents::has_one(text.value),
        _ => false,
    };
    flag.or_else(|| (!run.here_docs.is_empty() || behind_words()).then(|| "RUN with a here-document".to_owned()))
}

fn needs_of_copy(name: &str, options: &[Flag<'_>], sources: &[Source<'_>]) -> Option<String> {
    let is_old = |flag: &&Flag<'_>| matches!(flag.name.value.as_ref(), "from" | "chown");
    let flag = options.iter().find(|flag| !is_old(flag)).map(|flag| format!("{name} --{}", flag.name.value));
    let document = || sources.iter().any(|source| matches!(source, Source::HereDoc(_)));
    flag.or_else(|| document().then(|| format!("{name} with a here-document")))
}

fn kind_of_copy(options: &[Flag<'_>], sources: &[Source<'_>]) -> Kind {
    let path = |source: &Source<'_>| match source {
        Source::Path(path) => Some(path.value.to_string()),
        _ => None,
    };
    let from = options.iter().find(|flag| flag.name.value == "from").and_then(|flag| flag.value.as_ref());
    Kind::Copy { sources: sources.iter().filter_map(path).collect(), from: from.map(|from| from.value.to_string()) }
}

/// `NAME`, `NAME=value`, several of them.
fn arguments(text: &str) -> impl Iterator<Item = (String, Option<String>)> {
    text.split_whitespace().map(|word| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.trim_matches(['"', '\'']).to_owned())),
        None => (word.to_owned(), None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::edit;

    const TEXT: &str = "# comment\nARG IMAGE=python:3.12\n\nFROM ${IMAGE} AS Base\nARG GIT_SHA\n\
        RUN --mount=type=cache,target=/root/.cache/pip/,sharing=locked \\\n    --mount=type=cache,id=own,dst=/x pip install x\n\
        FROM base AS dev\nCOPY . .\nFROM scratch AS other\nFROM base\nCOPY --from=dev --chmod=755 /a /b\nCOPY a b c/\n\
        RUN <<EOF\necho hi\nEOF\n";

    #[test]
    fn stages_steps_and_mounts() {
        let file = Dockerfile::parse(TEXT).unwrap();
        assert_eq!(file.globals, [("IMAGE".to_owned(), Some("python:3.12".to_owned()))]);
        let base = &file.stages[0];
        assert_eq!((base.name.as_deref(), base.base.as_str(), base.line), (Some("base"), "${IMAGE}", 4));
        let Kind::Run { command, mounts } = &base.steps[1].kind else { panic!("{:?}", base.steps) };
        assert!(command.contains("pip install x"), "{command}");
        let ids: Vec<(&str, &str)> = mounts.iter().map(|mount| (mount.id.as_str(), mount.target.as_str())).collect();
        assert_eq!(ids, [("/root/.cache/pip", "/root/.cache/pip"), ("own", "/x")]);
        assert_eq!((base.steps[1].needs_buildkit.as_deref(), base.steps[1].line), (Some("RUN --mount"), 6));
        let last = &file.stages[3];
        let needs: Vec<Option<&str>> = last.steps.iter().map(|step| step.needs_buildkit.as_deref()).collect();
        assert_eq!(needs, [Some("COPY --chmod"), None, Some("RUN with a here-document")]);
        assert_eq!(last.steps[1].kind, Kind::Copy { sources: vec!["a".into(), "b".into()], from: None });
    }

    #[test]
    fn a_target_needs_what_it_comes_from() {
        let file = Dockerfile::parse(TEXT).unwrap();
        let needed = |target: Option<&str>| -> Option<Vec<usize>> {
            Some(file.needed(target, &[])?.iter().map(|stage| stage.line).collect())
        };
        assert_eq!(needed(None), Some(vec![4, 8, 11]));
        assert_eq!(needed(Some("DEV")), Some(vec![4, 8]));
        assert_eq!(needed(Some("2")), Some(vec![10]));
        assert_eq!(needed(Some("gone")), None);
    }

    #[test]
    fn a_build_arg_picks_a_stage() {
        let text =
            "ARG INSTALLER=pip\nFROM a AS packages-pip\nFROM b AS packages-uv\nFROM packages-${INSTALLER} AS last\n";
        let file = Dockerfile::parse(text).unwrap();
        let needed = |args: &[(&str, &str)]| -> Vec<usize> {
            let args: Vec<(String, String)> = args.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            file.needed(Some("last"), &args).unwrap().iter().map(|stage| stage.line).collect()
        };
        assert_eq!(needed(&[]), [2, 4]);
        assert_eq!(needed(&[("INSTALLER", "uv")]), [3, 4]);
        assert_eq!(needed(&[("INSTALLER", "poetry")]), [4]);
    }

    #[test]
    fn a_mistake_has_its_line() {
        let error = Dockerfile::parse("FROM x\nRUNN y\n").unwrap_err();
        assert!(error.contains('2'), "{error}");
        assert!(Dockerfile::parse("").is_err());
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        let mut seed = 11_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        const PARTS: [&str; 17] = [
            "\\\n",
            "<<",
            "RUN cat <<EOF > /x\nRUN y\nEOF\n",
            "EOF\n",
            "\"",
            "[",
            "]",
            "=",
            "--mount=",
            "FROM ",
            "\r\n",
            "$",
            "`",
            " AS ",
            "\u{e9}",
            "# escape=`\n",
            ",",
        ];
        for _ in 0..5000 {
            let mut text = TEXT.to_owned();
            for _ in 0..random(8) {
                let mut at = random(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                match random(3) {
                    0 if at > 0 => text.truncate(at),
                    _ => text.insert_str(at, PARTS[random(PARTS.len())]),
                }
            }
            if let Ok(file) = Dockerfile::parse(&text) {
                let runs = edit::runs(&text).expect("it was read once");
                let words = edit::with_words(&text, &runs, text.len(), |_| Some(":;".to_owned()));
                let words_of = |run: &edit::Run| if run.before.is_some() { 3 } else { 0 };
                assert_eq!(words.len(), text.len() + runs.iter().map(words_of).sum::<usize>());
                let _ = edit::without_cache_mounts(&text, &runs);
                let _ = (file.needed(None, &[]), file.needed(Some("base"), &[]));
            }
        }
    }
}
