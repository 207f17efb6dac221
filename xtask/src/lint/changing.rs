//! Whether an `ARG` has another value in the next build: by the words of its name, its default, and where compose
//! takes its value from.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::model::Dockerfile;

/// Why a value is another one in the next build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changing {
    /// Its name says so, whatever it is used for: a commit, a date.
    Always,
    /// Its name speaks of a version or the like.
    Version,
    /// Compose takes it from a variable.
    Variable,
}

/// Words for what is never the same twice.
const ALWAYS: [&str; 22] = [
    "sha",
    "sha1",
    "commit",
    "revision",
    "rev",
    "date",
    "time",
    "timestamp",
    "datetime",
    "now",
    "number",
    "cachebust",
    "bust",
    "buster",
    "nonce",
    "random",
    "epoch",
    "gitsha",
    "gitcommit",
    "buildid",
    "builddate",
    "buildtime",
];
/// Words for what changes with each release or branch, unless it is the version of something else.
const VERSION: [&str; 6] = ["version", "tag", "ref", "branch", "release", "semver"];
/// Words that say of the one before how it is written.
const HOW: [&str; 9] = ["short", "long", "full", "hash", "id", "number", "utc", "iso", "string"];
/// Behind these an id or a number is one of a build.
const BUILDS: [&str; 6] = ["build", "run", "job", "pipeline", "ci", "workflow"];
/// What the project calls itself. The version of anything else is chosen once, and kept.
const OWN: [&str; 15] = [
    "app",
    "application",
    "build",
    "git",
    "release",
    "image",
    "project",
    "service",
    "package",
    "pkg",
    "api",
    "vcs",
    "ci",
    "source",
    "version",
];
/// Words for what differs between machines and people, not between builds.
const STEADY: [&str; 24] = [
    "uid",
    "gid",
    "user",
    "username",
    "group",
    "home",
    "tz",
    "timezone",
    "lang",
    "locale",
    "proxy",
    "mirror",
    "index",
    "registry",
    "url",
    "host",
    "image",
    "platform",
    "arch",
    "env",
    "environment",
    "stage",
    "target",
    "mode",
];

/// Whether `ARG name=default` of a stage is another one in the next build.
pub fn changing(build: &BuildFacts, file: &Dockerfile, name: &str, default: Option<&str>) -> Option<Changing> {
    let by_variable = build.variable_args.iter().any(|other| other == name);
    let in_compose_file = build.args.iter().any(|(other, _)| other == name) && !by_variable;
    // A value that stands in a file changes with the file. One that chooses the base runs everything again anyway.
    if in_compose_file || file.stages.iter().any(|stage| mentions(&stage.base, name)) {
        return None;
    }
    let global = file.globals.iter().find(|global| global.name == name).and_then(|global| global.value.as_deref());
    let default = default.or(global).unwrap_or_default();
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_pinned = default.len() >= 7 && default.chars().all(|c| c.is_ascii_hexdigit());
    if is_always(&words) && (by_variable || !is_pinned) {
        return Some(Changing::Always);
    }
    let is_kept = default.contains(|c: char| c.is_ascii_digit() && c != '0');
    if words.last().is_some_and(|last| VERSION.contains(last)) && (by_variable || !is_kept) {
        return Some(if words.first().is_some_and(|first| OWN.contains(first)) {
            Changing::Always
        } else {
            Changing::Version
        });
    }
    let is_steady = words.iter().any(|word| STEADY.contains(word));
    (by_variable && !is_steady).then_some(Changing::Variable)
}

fn is_always(words: &[&str]) -> bool {
    match words {
        [.., build, "id" | "number" | "no" | "num" | "counter"] if BUILDS.contains(build) => true,
        [.., "cache" | "bust", "key" | "bust" | "cache"] => true,
        [.., "number"] => false,
        [.., last] if ALWAYS.contains(last) => true,
        [.., before, last] => HOW.contains(last) && ALWAYS.contains(before),
        _ => false,
    }
}

/// Whether a text has `$NAME` or `${NAME…}` in it.
pub fn mentions(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name)
            .is_some_and(|behind| !behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}

/// `GIT_SHA`, `gitSha` and `git-sha` are two words each.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if matches!(c, '_' | '-' | '.') || (was_lower && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric() {
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        was_lower = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arg: &str, base: &str, args: &[(&str, &str)], variable: &[&str]) -> Option<Changing> {
        let text = format!("FROM {base}\nRUN true\n");
        let build = BuildFacts {
            args: args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            variable_args: variable.iter().map(|name| (*name).to_owned()).collect(),
            ..BuildFacts::of_api(&text)
        };
        let (name, default) = arg.split_once('=').map_or((arg, None), |(name, value)| (name, Some(value)));
        changing(&build, build.dockerfile.as_ref().unwrap(), name, default)
    }

    #[test]
    fn names_say_what_changes() {
        for name in [
            "GIT_SHA",
            "COMMIT_SHA",
            "BUILD_SHA",
            "gitSha",
            "SHA_SHORT",
            "GIT_COMMIT",
            "COMMIT_HASH",
            "REVISION",
            "APP_REV",
            "APP_VERSION",
            "VERSION",
            "RELEASE_TAG",
            "VCS_REF",
            "GIT_BRANCH",
            "BUILD_DATE",
            "BUILD_TIME",
            "BUILD_NUMBER",
            "BUILD_ID",
            "CI_PIPELINE_ID",
            "CACHEBUST=1",
            "CACHE_BUST",
            "BUILD_TIMESTAMP",
            "APP_VERSION=dev",
            "APP_VERSION=0.0.0",
        ] {
            assert_eq!(of(name, "x:1", &[], &[]), Some(Changing::Always), "{name}");
        }
        assert_eq!(of("NODE_VERSION", "x:1", &[], &[]), Some(Changing::Version));
    }

    #[test]
    fn what_is_kept_is_left_alone() {
        for name in [
            "UID=1000",
            "TZ",
            "TIMEZONE",
            "PIP_INDEX_URL",
            "POETRY_VERSION=1.8.2",
            "TINI_SHA256",
            "TINI_COMMIT=0a1b2c3d4e",
            "DEBIAN_FRONTEND=noninteractive",
            "BUILD_TIME_DEPS=gcc",
            "TARGETPLATFORM",
            "USER_ID",
            "PHONE_NUMBER",
            "APP_VERSION=1.2",
        ] {
            assert_eq!(of(name, "x:1", &[], &[]), None, "{name}");
        }
        // It stands in the compose file.
        assert_eq!(of("GIT_SHA", "x:1", &[("GIT_SHA", "abc")], &[]), None);
        // A new one is another base.
        assert_eq!(of("PYTHON_VERSION", "python:${PYTHON_VERSION}-slim", &[], &["PYTHON_VERSION"]), None);
    }

    #[test]
    fn compose_gives_the_value_of_a_variable() {
        assert_eq!(of("FEATURE=a", "x:1", &[("FEATURE", "b")], &["FEATURE"]), Some(Changing::Variable));
        assert_eq!(of("APP_VERSION=1.2", "x:1", &[], &["APP_VERSION"]), Some(Changing::Always));
        for name in ["UID", "APP_USER", "PIP_INDEX_URL", "HTTP_PROXY", "BUILD_ENV"] {
            assert_eq!(of(name, "x:1", &[], &[name]), None, "{name}");
        }
    }

    #[test]
    fn a_variable_is_mentioned_whole() {
        assert!(
            mentions("a==$V", "V") && mentions("${V:-x}", "V") && !mentions("$VX ${XV}", "V") && !mentions("V", "V")
        );
    }
}
