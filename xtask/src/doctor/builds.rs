//! What each Dockerfile and its build context will do to the next build.

use crate::dockerfile::{Dockerfile, Kind, Stage};
use crate::facts::builds::{BuildFacts, ContextFacts, Need, is_whole_context};
use crate::finding::Finding;
use crate::text;

/// A context of this size takes seconds to send, each time something in it changed.
const LARGE_CONTEXT: u64 = 100_000_000;

pub fn judge(builds: &[BuildFacts]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for build in builds {
        let of_build = std::iter::once(dockerfile(build)).chain(reruns(build));
        let of_build = of_build.chain(build.context.as_ref().into_iter().flat_map(|found| context(build, found)));
        // Two targets of one file have their common stages in common, and what is wrong with them.
        for finding in of_build {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

fn dockerfile(build: &BuildFacts) -> Finding {
    let shown = &build.shown;
    let services = text::and_list(&build.services.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), "and");
    let file = match &build.dockerfile {
        Ok(file) => file,
        Err(error) => {
            return Finding::error("dockerfile", format!("`{shown}` can't be read: {error}"))
                .why(format!("{services} can't be built"))
                .fix("mend it, or name another under `build:` in the compose file");
        }
    };
    if let Some(target) = build.target.as_deref().filter(|target| file.needed(Some(target)).is_none()) {
        let names: Vec<String> =
            file.stages.iter().filter_map(|stage| stage.name.as_deref()).map(|it| format!("`{it}`")).collect();
        return Finding::error("dockerfile", format!("`{shown}` has no stage `{target}`"))
            .why(format!("{services} can't be built"))
            .fix(format!("`target:` in the compose file can be {}", text::and_list(&names, "or")));
    }
    let target = build.target.as_deref().map(|target| format!(", stage `{target}`")).unwrap_or_default();
    Finding::ok(
        "dockerfile",
        match build.needs_buildkit() {
            Some(Need { what, line: Some(line), .. }) => {
                format!("`{shown}`{target} needs BuildKit (`{what}`, line {line})")
            }
            Some(need) => format!("`{shown}`{target} needs BuildKit ({} in the compose file)", need.what),
            None => format!("`{shown}`{target} needs no BuildKit"),
        },
    )
}

/// Why an install step runs again although the requirements did not change.
fn reruns(build: &BuildFacts) -> Vec<Finding> {
    let Ok(file) = &build.dockerfile else { return Vec::new() };
    let mut findings = Vec::new();
    for stage in build.stages() {
        findings.extend(moving_base(build, file, stage));
        findings.extend(late_install(build, file, stage));
    }
    findings
}

/// What stands before an install step, in its stage and in those that the stage begins with.
#[derive(Clone, Default)]
struct Before {
    /// The line that copies the whole context.
    whole_context: Option<usize>,
    /// The line of an `ARG` that changes with each build, and its name.
    changing: Option<(usize, String)>,
    /// The tools that installed something before the context was copied.
    installed: Vec<&'static str>,
}

fn late_install(build: &BuildFacts, file: &Dockerfile, stage: &Stage) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut before = before(file, stage, &mut |line, what, tool, before: &Before| {
        let shown = &build.shown;
        let Some(at) = before.whole_context else {
            let (arg, name) = before.changing.as_ref()?;
            return Some(
                Finding::warning(
                    "reruns",
                    format!("`{what}` in `{shown}` (line {line}) runs again for each new `{name}`"),
                )
                .why(format!("`ARG {name}` stands before it (line {arg}), and its value changes with every build"))
                .fix(format!("move `ARG {name}` below line {line}")),
            );
        };
        if before.installed.contains(&tool) {
            return None;
        }
        Some(
            Finding::warning(
                "reruns",
                format!("`{what}` in `{shown}` (line {line}) runs again at every change of the code"),
            )
            .why(format!("the whole context is copied before it (line {at})"))
            .fix(format!("copy {} alone before line {line}, and the rest after it", requirements_of(tool))),
        )
    });
    findings.append(&mut before);
    findings
}

/// Walks a stage, its base first, and gives what `judge` says of the install steps of the stage itself.
fn before(
    file: &Dockerfile,
    stage: &Stage,
    judge: &mut dyn FnMut(usize, &str, &'static str, &Before) -> Option<Finding>,
) -> Vec<Finding> {
    let (mut state, mut findings) = (Before::default(), Vec::new());
    let mut chain = vec![stage];
    while let Some(at) = file.stages.iter().position(|other| std::ptr::eq(other, chain[chain.len() - 1])) {
        match file.find(&file.stages[at].base, at) {
            Some(base) => chain.push(&file.stages[base]),
            None => break,
        }
    }
    for (depth, stage) in chain.iter().rev().enumerate() {
        let is_own = depth + 1 == chain.len();
        for step in &stage.steps {
            match &step.kind {
                Kind::Copy { sources, from: None } if sources.iter().any(|source| is_whole_context(source)) => {
                    state.whole_context.get_or_insert(step.line);
                }
                Kind::Arg { args } => {
                    if let Some(name) = args.iter().map(|(name, _)| name).find(|name| changes_with_each_build(name)) {
                        state.changing.get_or_insert((step.line, name.clone()));
                    }
                }
                Kind::Run { command, .. } => {
                    for (what, tool) in installs(command) {
                        if is_own {
                            findings.extend(judge(step.line, &what, tool, &state));
                        }
                        if state.whole_context.is_none() {
                            state.installed.push(tool);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    findings
}

/// A base image without a version: a newer one, once fetched, runs every step again.
fn moving_base(build: &BuildFacts, file: &Dockerfile, stage: &Stage) -> Option<Finding> {
    let at = file.stages.iter().position(|other| std::ptr::eq(other, stage))?;
    if file.find(&stage.base, at).is_some() || stage.base == "scratch" {
        return None;
    }
    let image = resolve(&stage.base, file, &build.args)?;
    let last = image.rsplit('/').next().unwrap_or(&image);
    let moves = !image.contains('@') && (!last.contains(':') || last.ends_with(":latest"));
    moves.then(|| {
        // A value that compose gives may be nobody's to see: what is shown is what stands in the Dockerfile.
        let by_compose = |(name, _): &(String, String)| {
            [format!("${{{name}"), format!("${name}")].iter().any(|variable| stage.base.contains(variable))
        };
        let given = build.args.iter().find(|arg| by_compose(arg));
        let shown = if given.is_some() { &stage.base } else { &image };
        let fix = match given {
            Some((name, _)) => format!("give `{name}` in the compose file a version: {name}: IMAGE:VERSION"),
            None => format!("name one: FROM {}:VERSION", image.trim_end_matches(":latest")),
        };
        Finding::warning("reruns", format!("`{shown}` in `{}` (line {}) names no version", build.shown, stage.line))
            .why("each newer image that is fetched runs all steps again, on some machines and not on others")
            .fix(fix)
    })
}

/// `${NAME}`, `$NAME` and `${NAME:-default}` by compose's build args and the defaults of the file. None when a value is
/// not known.
fn resolve(text: &str, file: &Dockerfile, args: &[(String, String)]) -> Option<String> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        whole.push_str(before);
        let (name, default, behind) = match after.strip_prefix('{') {
            Some(inner) => {
                let (inner, behind) = inner.split_once('}')?;
                let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, value)| (name, Some(value)));
                (name, default, behind)
            }
            None => {
                let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
                (&after[..end], None, &after[end..])
            }
        };
        let given = args.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let of_file = || file.globals.iter().find(|(other, _)| other == name).and_then(|(_, value)| value.as_deref());
        whole.push_str(given.or_else(of_file).or(default)?);
        rest = behind;
    }
    whole.push_str(rest);
    Some(whole)
}

/// Names that people give to what differs from build to build.
fn changes_with_each_build(name: &str) -> bool {
    const NAMES: [&str; 13] = [
        "GIT_SHA",
        "GIT_COMMIT",
        "GIT_HASH",
        "COMMIT",
        "COMMIT_SHA",
        "COMMIT_HASH",
        "REVISION",
        "VCS_REF",
        "BUILD_DATE",
        "BUILD_TIME",
        "BUILD_NUMBER",
        "BUILD_ID",
        "CACHEBUST",
    ];
    NAMES.contains(&name.to_ascii_uppercase().as_str()) || name.eq_ignore_ascii_case("CACHE_BUST")
}

/// The words that fetch packages, and the tool that they are of.
const INSTALLS: [(&[&str], &str); 30] = [
    (&["pip", "install"], "pip"),
    (&["pip3", "install"], "pip"),
    (&["uv", "sync"], "uv"),
    (&["uv", "pip"], "uv"),
    (&["poetry", "install"], "poetry"),
    (&["pdm", "install"], "pdm"),
    (&["pdm", "sync"], "pdm"),
    (&["pipenv", "install"], "pipenv"),
    (&["pipenv", "sync"], "pipenv"),
    (&["npm", "install"], "npm"),
    (&["npm", "ci"], "npm"),
    (&["npm", "i"], "npm"),
    (&["yarn", "install"], "yarn"),
    (&["pnpm", "install"], "pnpm"),
    (&["pnpm", "i"], "pnpm"),
    (&["bun", "install"], "bun"),
    (&["apt-get", "install"], "apt"),
    (&["apt", "install"], "apt"),
    (&["apk", "add"], "apk"),
    (&["dnf", "install"], "dnf"),
    (&["yum", "install"], "dnf"),
    (&["microdnf", "install"], "dnf"),
    (&["go", "mod"], "go"),
    (&["cargo", "fetch"], "cargo"),
    (&["bundle", "install"], "bundle"),
    (&["composer", "install"], "composer"),
    (&["mvn", "dependency:go-offline"], "mvn"),
    (&["mvn", "dependency:resolve"], "mvn"),
    (&["conda", "install"], "conda"),
    (&["mamba", "install"], "conda"),
];

/// What of a shell command fetches packages: the two words, and the tool.
fn installs(command: &str) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for part in command.split(['\n', ';', '&', '|']) {
        // Flags between the words (`apt-get -y install`) do not matter, nor does where the program lies.
        let words = part.split_whitespace().filter(|word| !word.starts_with('-') && *word != "\\");
        let words: Vec<&str> = words.map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
        for (wanted, tool) in INSTALLS {
            if words.windows(2).any(|pair| pair == wanted) {
                found.push((wanted.join(" "), tool));
            }
        }
    }
    found.dedup();
    found
}

/// The files that say what a tool installs.
fn requirements_of(tool: &str) -> &'static str {
    match tool {
        "pip" => "the requirements file",
        "uv" => "pyproject.toml and uv.lock",
        "poetry" => "pyproject.toml and poetry.lock",
        "pdm" => "pyproject.toml and pdm.lock",
        "pipenv" => "Pipfile and Pipfile.lock",
        "npm" => "package.json and package-lock.json",
        "yarn" => "package.json and yarn.lock",
        "pnpm" => "package.json and pnpm-lock.yaml",
        "bun" => "package.json and bun.lock",
        "go" => "go.mod and go.sum",
        "cargo" => "Cargo.toml and Cargo.lock",
        "bundle" => "Gemfile and Gemfile.lock",
        "composer" => "composer.json and composer.lock",
        "mvn" => "pom.xml",
        _ => "what it needs",
    }
}

/// The build context: what is sent that no image needs.
fn context(build: &BuildFacts, context: &ContextFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shown = &context.shown;
    let more = if context.cut_short { "more than " } else { "" };
    let size = format!("{more}{} files, {}", context.files, text::size(context.bytes));
    let copies_all = build.copied().into_iter().find(|(source, _)| is_whole_context(source));
    let lines: Vec<String> = context.unwanted.iter().map(|unwanted| format!("`{}`", unwanted.line)).collect();
    let seen: Vec<String> = context.unwanted.iter().map(|unwanted| format!("`{}`", unwanted.seen)).collect();
    let place = context.ignore_file.as_deref().unwrap_or(&context.ignore_place);
    let largest: Vec<String> =
        context.largest.iter().map(|(name, bytes)| format!("`{name}` {}", text::size(*bytes))).collect();
    let secret = context.unwanted.iter().any(|unwanted| unwanted.secret);
    // With BuildKit only what a `COPY` names is sent at all.
    findings.push(match copies_all {
        Some((_, line)) if !context.unwanted.is_empty() => {
            let why = if secret { "passwords may get into the image, and every change" } else { "every change" };
            Finding::warning(
                "context",
                format!("{} of `{shown}` get into the image ({size})", text::and_list(&seen, "and")),
            )
            .why(format!("{why} of them runs the steps from `{}` line {line} on again", build.shown))
            .fix(format!("add to `{place}`: {}", lines.join(", ")))
        }
        Some(_) if context.bytes > LARGE_CONTEXT => {
            Finding::warning("context", format!("`{shown}` is large: {size}; {}", largest.join(", ")))
                .why("all of it is looked through at each build, and sent when it changed")
                .fix(format!("name what no image needs in `{place}`"))
        }
        Some(_) => match &context.ignore_file {
            Some(file) => Finding::ok("context", format!("`{shown}`: {size}, without what `{file}` leaves out")),
            None => {
                Finding::ok("context", format!("`{shown}`: {size}; there is no `{place}`, and nothing to leave out"))
            }
        },
        None => Finding::ok("context", format!("`{shown}`: only what `COPY` names is sent")),
    });
    if let Some(first) = context.scripts.first() {
        let all: Vec<String> = context.scripts.iter().map(|path| format!("`{path}`")).collect();
        findings.push(
            Finding::error(
                "line-endings",
                format!("{} in `{shown}` ends its first line with `\\r`", text::and_list(&all, "and")),
            )
            .why("Linux then looks for a program whose name ends in `\\r`: \"no such file or directory\"")
            .fix(format!("`{first} text eol=lf` in .gitattributes, then: git add --renormalize .")),
        );
    }
    findings
}

#[cfg(test)]
mod tests;
