//! Why a cache mount does not work: what was seen inside the step, against what the installer needs.

use crate::docker::install;
use crate::docker::output::progress::State;
use crate::installers::output::Tool;
use crate::system::os::Os;
use crate::verify::look::Look;
use crate::verify::verdict::{Mount, Step, Verdict};

pub struct Cause {
    pub why: String,
    /// Ends in something to type where that is possible; empty when there is nothing.
    pub fix: String,
}

fn cause(why: impl Into<String>, fix: impl Into<String>) -> Cause {
    Cause { why: why.into(), fix: fix.into() }
}

/// The likeliest cause.
pub fn find(mount: &Mount, verdict: Verdict) -> Cause {
    if verdict == Verdict::NotReached {
        return not_reached(mount);
    }
    let (file, target) = (&mount.file, &mount.target);
    let tool = mount.tool();
    for step in &mount.steps {
        let found = emptied(step, file, target)
            .or_else(|| turned_off(step, tool, file))
            .or_else(|| elsewhere(step, tool, file, target))
            .or_else(|| not_writable(step, mount))
            .or_else(|| debian(step, tool, file))
            .or_else(|| index(step, tool, file));
        if let Some(found) = found {
            return found;
        }
    }
    let first = mount.said(0);
    if first.fetched == Some(0) && first.cached.unwrap_or(0) == 0 {
        return cause("the step fetched nothing that could be kept", "");
    }
    match tool {
        Some(tool) => cause(
            format!("{} kept nothing there, and nothing was seen that would explain it", tool.name()),
            format!("look at the step's own output: docker build --no-cache-filter STAGE --progress=plain -f {file} …"),
        ),
        None => cause(
            format!("the step wrote nothing into `{target}`"),
            "the target has to be the folder where the installer keeps its downloads",
        ),
    }
}

const CLASSIC: &str = "the classic builder knows no cache mounts, and stops at the first";

fn not_reached(mount: &Mount) -> Cause {
    if mount.classic_builder.is_some() {
        return cause(CLASSIC, install::unset("DOCKER_BUILDKIT", Os::HERE));
    }
    let Some((step, build)) = mount.not_run() else { return cause("the step did not run", "") };
    let run = &step.runs[build];
    let said = || run.lines.iter().map(String::as_str);
    if let Some(line) = said().find(|line| line.contains("is not a trusted or secure host and is being ignored")) {
        let host = line.split(" located at ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("HOST");
        return cause(
            format!("pip ignores the index `{host}`: it is plain http and nobody told pip to trust it"),
            format!("an https address for the index, or in line {}: pip install --trusted-host {host}", step.line),
        );
    }
    if said().any(|line| line.contains("Permission denied") && line.contains(mount.target.as_str())) {
        return not_writable_cause(step, mount, run.look.as_ref());
    }
    match &run.state {
        Some(State::Cached) => cause(
            "its layer was there already, so nothing was fetched and nothing can be said of the mount",
            "an old `# syntax=` line at the top of the Dockerfile keeps the builder from running it again: take it out",
        ),
        Some(State::Failed(_)) => {
            let last = said().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned();
            let last = if last.is_empty() { String::new() } else { format!(": {last}") };
            cause(format!("the step itself fails{last}"), format!("mend line {} of `{}` first", step.line, mount.file))
        }
        _ => {
            let why = mount.stopped_by.clone().unwrap_or_else(|| "the build ended before".to_owned());
            cause(format!("the build stops before it: {why}"), format!("mend `{}` first", mount.file))
        }
    }
}

/// The step throws away what it has just kept.
fn emptied(step: &Step, file: &str, target: &str) -> Option<Cause> {
    let words = step.command.split_whitespace().collect::<Vec<_>>().join(" ");
    let of_tool = [
        "apt-get clean",
        "apt clean",
        "pip cache purge",
        "pip3 cache purge",
        "npm cache clean",
        "uv cache clean",
        "uv clean",
    ];
    let removes = |command: &str| {
        let parts = command.split([';', '&', '|']).map(str::trim);
        parts
            .filter(|part| part.starts_with("rm "))
            .find(|part| {
                part.split(' ').skip(1).any(|word| {
                    let folder = word.trim_end_matches(['*', '/']);
                    folder.len() > 1
                        && (folder == target
                            || folder.starts_with(&format!("{target}/"))
                            || target.starts_with(&format!("{folder}/")))
                })
            })
            .map(str::to_owned)
    };
    let found = of_tool
        .iter()
        .find(|known| words.contains(**known))
        .map(|known| (*known).to_owned())
        .or_else(|| removes(&words))?;
    // What is in the mount is in no layer: there was nothing to gain.
    Some(cause(
        format!("the step empties it itself, by `{found}`"),
        format!("take `{found}` out of line {} of `{file}`: what lies in a mount gets into no image", step.line),
    ))
}

/// The installer is told to keep nothing.
fn turned_off(step: &Step, tool: Option<Tool>, file: &str) -> Option<Cause> {
    let line = step.line;
    let has = |flag: &str| step.command.split_whitespace().any(|word| word == flag);
    let look = step.runs.iter().find_map(|run| run.look.as_ref());
    let variable = |name: &str| look.and_then(|look| look.variable(name));
    match tool? {
        Tool::Pip => {
            if has("--no-cache-dir") {
                let why = "pip is told to keep nothing, by `--no-cache-dir`";
                return Some(cause(why, format!("take `--no-cache-dir` out of line {line} of `{file}`")));
            }
            if let Some(value) = variable("PIP_NO_CACHE_DIR") {
                // pip turns its cache off whatever the value is, for compatibility with itself.
                return Some(cause(
                    format!("PIP_NO_CACHE_DIR={value} is set in the step, and any value turns pip's cache off"),
                    format!(
                        "take PIP_NO_CACHE_DIR out of `{file}` (or of the base image: RUN env -u PIP_NO_CACHE_DIR pip install …)"
                    ),
                ));
            }
            let is_it = |line: &&String| line.split(['=', ':']).next().is_some_and(|key| key.trim() == "no-cache-dir");
            let conf = look?.pip_conf.iter().find(is_it)?;
            Some(cause(
                format!("pip's own file in the image says `{conf}`, and any value turns pip's cache off"),
                "take that line out of the base image's pip.conf",
            ))
        }
        Tool::Uv => {
            let flag = ["--no-cache", "--no-cache-dir", "-n"].into_iter().find(|flag| has(flag));
            if let Some(flag) = flag {
                return Some(cause(
                    format!("uv is told to keep nothing, by `{flag}`"),
                    format!("take `{flag}` out of line {line} of `{file}`"),
                ));
            }
            let value = variable("UV_NO_CACHE").filter(|value| !matches!(*value, "0" | "false"))?;
            Some(cause(format!("UV_NO_CACHE={value} is set in the step"), format!("take UV_NO_CACHE out of `{file}`")))
        }
        _ => None,
    }
}

/// The mount is at one place, and the installer keeps its downloads at another.
fn elsewhere(step: &Step, tool: Option<Tool>, file: &str, target: &str) -> Option<Cause> {
    let tool = tool?;
    let look = step.runs.iter().find_map(|run| run.look.as_ref())?;
    let (folder, by) = folder_of(tool, look, &step.command)?;
    let is_inside = |inner: &str, outer: &str| inner == outer || inner.starts_with(&format!("{outer}/"));
    if is_inside(&folder, target) || is_inside(target, &folder) {
        return None;
    }
    let user = match look.uid {
        Some(0) | None => String::new(),
        Some(uid) => format!(",uid={uid}"),
    };
    Some(cause(
        format!("{} keeps its downloads in `{folder}` ({by}), and the mount is at `{target}`", tool.name()),
        format!("line {} of `{file}`: RUN --mount=type=cache,target={folder}{user} …", step.line),
    ))
}

/// Where an installer keeps its downloads, and who said so.
fn folder_of(tool: Tool, look: &Look, command: &str) -> Option<(String, String)> {
    let given = options(command, &["--cache-dir"]).into_iter().find(|folder| folder.starts_with('/'));
    let given = given.map(|folder| (folder, "--cache-dir".to_owned()));
    let by = |name: &str| look.variable(name).map(|folder| (folder.to_owned(), name.to_owned()));
    let home = |folder: &str| {
        let home = look.home.as_deref()?;
        let of_user = look.uid.map_or(String::new(), |uid| format!(" of user {uid}"));
        Some((format!("{}/{folder}", home.trim_end_matches('/')), format!("the home{of_user} is `{home}`")))
    };
    let conf = || {
        let line = |line: &String| {
            let (key, folder) = line.split_once(['=', ':'])?;
            (key.trim() == "cache-dir").then(|| (folder.trim().to_owned(), "pip's own file in the image".to_owned()))
        };
        look.pip_conf.iter().find_map(line)
    };
    let cache = |folder: &str| {
        let xdg = look.variable("XDG_CACHE_HOME").map(|base| (format!("{base}/{folder}"), "XDG_CACHE_HOME".to_owned()));
        xdg.or_else(|| home(&format!(".cache/{folder}")))
    };
    let found = match tool {
        Tool::Pip => given.or_else(|| by("PIP_CACHE_DIR")).or_else(conf).or_else(|| cache("pip")),
        Tool::Uv => given.or_else(|| by("UV_CACHE_DIR")).or_else(|| cache("uv")),
        Tool::Npm => by("npm_config_cache").or_else(|| by("NPM_CONFIG_CACHE")).or_else(|| home(".npm")),
        // Their folders differ from image to image.
        Tool::Apt | Tool::Pnpm | Tool::Cargo | Tool::Go => None,
    };
    found.map(|(folder, by)| (folder.trim_end_matches('/').to_owned(), by))
}

/// What pip says when its folder is another user's.
const NOT_OWNED: &str = "is not owned or is not writable by the current user";

fn not_writable(step: &Step, mount: &Mount) -> Option<Cause> {
    let run = &step.runs[0];
    let seen = run.mount.as_ref().and_then(|mount| mount.writable) == Some(false);
    let said = run.lines.iter().any(|line| line.contains(NOT_OWNED));
    (seen || said).then(|| not_writable_cause(step, mount, run.look.as_ref()))
}

fn not_writable_cause(step: &Step, mount: &Mount, look: Option<&Look>) -> Cause {
    let (file, target, line) = (&mount.file, &mount.target, step.line);
    match look.and_then(|look| look.uid) {
        Some(uid) if uid != 0 => cause(
            format!("user {uid} can't write to `{target}`: a new mount is root's"),
            format!("line {line} of `{file}`: RUN --mount=type=cache,target={target},uid={uid} …"),
        ),
        _ => cause(
            format!("the step can't write to `{target}`"),
            format!("line {line} of `{file}`: take `readonly` out, or give the mount the step's user (uid=…)"),
        ),
    }
}

/// Debian's and Ubuntu's images delete what apt has downloaded.
fn debian(step: &Step, tool: Option<Tool>, file: &str) -> Option<Cause> {
    if tool? != Tool::Apt {
        return None;
    }
    let line = step.line;
    let cleans = step.runs.iter().any(|run| run.look.as_ref().is_some_and(|look| look.docker_clean));
    if cleans && !step.command.contains("docker-clean") {
        return Some(cause(
            "the image has `/etc/apt/apt.conf.d/docker-clean`, by which apt deletes each package after installing it",
            format!(
                "line {line} of `{file}`: RUN --mount=… rm -f /etc/apt/apt.conf.d/docker-clean && apt-get install …"
            ),
        ));
    }
    let by_apt = step.command.split(|c: char| c.is_whitespace() || ";&|".contains(c)).any(|word| word == "apt");
    by_apt.then(|| {
        cause(
            "`apt` deletes each package after installing it; `apt-get` keeps them",
            format!("line {line} of `{file}`: apt-get in place of apt"),
        )
    })
}

/// pip keeps only what the index lets it keep.
fn index(step: &Step, tool: Option<Tool>, file: &str) -> Option<Cause> {
    if tool? != Tool::Pip || step.runs[1].said.fetched.unwrap_or(0) == 0 {
        return None;
    }
    let look = step.runs.iter().find_map(|run| run.look.as_ref());
    if let Some(host) = untrusted(step, look) {
        return Some(cause(
            format!("the index `{host}` is plain http, and pip keeps nothing of one that it is not told to trust"),
            format!(
                "line {} of `{file}`: pip install --trusted-host {} …, or an https address",
                step.line,
                host.split(':').next().unwrap_or(&host)
            ),
        ));
    }
    Some(cause(
        "the index sends no header that allows to keep its files (`Cache-Control`, `ETag`), as some mirrors and proxies do",
        "have the index send `Cache-Control: max-age=…`, or install by uv, which keeps its downloads all the same: https://docs.astral.sh/uv/guides/integration/docker/",
    ))
}

/// The host of a plain-http index that pip was not told to trust.
fn untrusted(step: &Step, look: Option<&Look>) -> Option<String> {
    let option = |names: &[&str]| options(&step.command, names);
    let variable = |name: &str| {
        look.and_then(|look| look.variable(name)).into_iter().flat_map(str::split_whitespace).map(str::to_owned)
    };
    let conf = |key: &'static str| {
        let lines = look.into_iter().flat_map(|look| &look.pip_conf);
        lines.filter_map(move |line| {
            line.split_once('=').filter(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
        })
    };
    // `Looking in indexes: http://…`, which pip says where it is not its usual one.
    let said =
        step.runs.iter().flat_map(|run| &run.lines).filter_map(|line| line.trim().strip_prefix("Looking in indexes: "));
    let said = said.flat_map(|rest| rest.split(", ")).map(str::to_owned);
    let indexes = option(&["--index-url", "-i", "--extra-index-url"])
        .into_iter()
        .chain(variable("PIP_INDEX_URL"))
        .chain(variable("PIP_EXTRA_INDEX_URL"))
        .chain(conf("index-url"))
        .chain(conf("extra-index-url"))
        .chain(said);
    let trusted: Vec<String> = option(&["--trusted-host"])
        .into_iter()
        .chain(variable("PIP_TRUSTED_HOST"))
        .chain(conf("trusted-host"))
        .collect();
    indexes
        .filter_map(|index| {
            let rest = index.strip_prefix("http://")?;
            let place = rest.split('/').next().unwrap_or(rest).rsplit('@').next().unwrap_or(rest).to_owned();
            Some(place)
        })
        .find(|place| {
            let host = place.split(':').next().unwrap_or(place);
            !trusted.iter().any(|trusted| trusted == place || trusted == host)
        })
}

/// The values of an option in a command, by any of its names: `--name value`, `--name=value`.
fn options(command: &str, names: &[&str]) -> Vec<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let joined = names.iter().find_map(|name| word.strip_prefix(&format!("{name}=")));
        let next = names.contains(word).then(|| words.get(at + 1).copied()).flatten();
        found.extend(joined.or(next).map(|value| value.trim_matches(['"', '\'']).to_owned()));
    }
    found
}
