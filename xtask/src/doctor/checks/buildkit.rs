//! What builds: compose, buildx, the variables that choose BuildKit, and the selected builder.

use crate::docker::answer::Unanswered;
use crate::docker::facts::{Compose, Machine, Plugin, Question, Variable};
use crate::docker::how_to_get;
use crate::docker::version::Version;
use crate::doctor::checks::engine::{FIRST_BY_DEFAULT, FIRST_WITH_BUILDKIT};
use crate::system::os::Os;
use crate::tasks::variables as buildkit;
use crate::ui::finding::Finding;

/// Compose 1 can build by BuildKit from here on (compose 1.25's change log).
const COMPOSE_1_WITH_BUILDKIT: Version = Version::new(1, 25, 0);
/// Compose 5 builds by `buildx bake`, which it asks for from here on (docker/compose, `pkg/compose/build_bake.go`).
const BUILDX_FOR_COMPOSE_5: Version = Version::new(0, 17, 0);

/// What is known of the need for BuildKit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The Dockerfiles could not be read.
    Unknown,
    Nowhere,
    /// The first place that does not build without it.
    There(String),
    /// The first `# syntax`, which the classic builder takes for a comment.
    Syntax(String),
}

/// Which compose runs, and which other one is here; `None` if it does not answer.
pub fn compose(machine: &Machine, os: Os) -> Option<Finding> {
    let Compose { words, version, .. } = &machine.compose;
    let is_silent = machine.unanswered(Question::Compose).is_some_and(Unanswered::is_silent);
    (words.is_none() || version.is_some() || !is_silent).then(|| which_compose(machine, os))
}

fn which_compose(machine: &Machine, os: Os) -> Finding {
    let compose = &machine.compose;
    let unanswered = machine.unanswered(Question::Compose);
    let Some(words) = &compose.words else {
        if let Some(why) = unanswered {
            return Finding::error("compose", format!("can't tell whether compose is installed: {why}"))
                .why("the tasks of this project need it")
                .fix("try it: docker compose version");
        }
        return Finding::error("compose", "docker is installed, but compose is not")
            .why("the tasks of this project need it")
            .fix(how_to_get::compose(os));
    };
    let Some(version) = compose.version else {
        if !compose.is_asked {
            return Finding::ok("compose", format!("`{words}`"));
        }
        let why = unanswered.map(|why| format!(": {why}")).unwrap_or_default();
        return Finding::warning("compose", format!("`{words}` does not report its version{why}"))
            .why("it may be missing, broken or another program")
            .fix(format!("try it: {words} version"));
    };
    if version.major == 1 && version < COMPOSE_1_WITH_BUILDKIT {
        return Finding::error("compose", format!("`{words}` is {version}, which can't build with BuildKit"))
            .why("`RUN --mount` fails with it, whatever variables are set")
            .fix(how_to_get::compose(os));
    }
    if let Some(other) = compose.other.filter(|other| other.major != version.major) {
        let other = other.major;
        return Finding::warning("compose", format!("{version}, `{words}`; and `docker-compose` is version {other}"))
            .why("they name images and containers differently: what one starts, the other does not see")
            .fix(format!("use only one: the tasks use `{words}`; `[compose] cli` in tasks.toml chooses another"));
    }
    Finding::ok("compose", format!("{version}, `{words}`"))
}

/// Whether builds need docker's plugin buildx, and it is here. `by_docker`: for a build by docker itself, not compose.
pub fn buildx(machine: &Machine, by_docker: bool, os: Os) -> Option<Finding> {
    // An older docker has no plugins; another check reports it.
    let client = machine.client.as_ref().and_then(|side| side.version).filter(|it| *it >= FIRST_WITH_BUILDKIT)?;
    let is_compose_5 = machine.compose.version.is_some_and(|version| version.major >= 5);
    let gone = match &machine.buildx {
        Plugin::Unknown => return None,
        Plugin::Here(Some(version)) if is_compose_5 && *version < BUILDX_FOR_COMPOSE_5 => {
            return Some(
                Finding::error("buildx", format!("buildx is {version}, but compose needs {BUILDX_FOR_COMPOSE_5}"))
                    .why("`compose build` stops with \"compose build requires buildx 0.17.0 or later\"")
                    .fix(how_to_get::buildx(os)),
            );
        }
        Plugin::Here(version) => {
            return Some(Finding::ok("buildx", version.map_or("installed".to_owned(), |version| version.to_string())));
        }
        Plugin::Missing => "buildx is missing".to_owned(),
        Plugin::Broken(path) => format!("docker can't use its plugin `{}`", path.display()),
    };
    if client < FIRST_BY_DEFAULT && !is_compose_5 {
        return Some(Finding::ok("buildx", format!("not needed: docker {client} has BuildKit built in")));
    }
    // Measured: compose 2.26 and 2.40 have buildx built in, and build without the plugin.
    let compose_has_it = machine.compose.version.is_some_and(|version| (2..5).contains(&version.major));
    let older = machine.dockers.iter().skip(1).find(|docker| docker.version.is_some_and(|it| it < FIRST_BY_DEFAULT));
    let folder = older.and_then(|docker| docker.path.parent());
    let fix = match folder {
        Some(folder) if !is_compose_5 => {
            format!("{}; or put the older docker in `{}` first on PATH", how_to_get::buildx(os), folder.display())
        }
        _ => how_to_get::buildx(os).to_owned(),
    };
    let seen = format!("{gone}, but docker {client} builds with it");
    let finding = if compose_has_it && !by_docker {
        Finding::warning("buildx", seen)
            .why("compose builds without it; `docker build` and `docker builder prune` fail")
    } else if is_compose_5 {
        Finding::error("buildx", seen).why("compose falls back to the classic builder, where `RUN --mount` fails")
    } else {
        Finding::error("buildx", seen)
            .why("every build with DOCKER_BUILDKIT=1 fails, even one that does not need BuildKit")
    };
    Some(finding.fix(fix))
}

/// A value of DOCKER_BUILDKIT that docker does not accept.
pub fn refused(machine: &Machine, os: Os) -> Option<Finding> {
    let chosen = machine.variable("DOCKER_BUILDKIT");
    let bad = chosen.filter(|variable| !buildkit::is_boolean(&variable.value))?;
    let whose = if bad.persons { "in your environment" } else { "from tasks.toml" };
    Some(
        Finding::error("buildkit", format!("{}={} ({whose}) is not a boolean", bad.name, bad.value))
            .why("docker accepts 1, 0, true or false; any other value stops every build")
            .fix(taken_out(bad, os)),
    )
}

/// Whether docker refuses every command with such a value, not builds alone (measured: 26.1 and 28.5 do, 20.10 not).
pub fn refuses_all(machine: &Machine) -> bool {
    machine.client.as_ref().and_then(|side| side.version).is_some_and(|version| version >= FIRST_BY_DEFAULT)
}

/// Whether builds really use BuildKit.
pub fn variables(machine: &Machine, needs: &Needs, program: &str, os: Os) -> Option<Finding> {
    if let Some(refused) = refused(machine, os) {
        return Some(refused);
    }
    let chosen = machine.variable("DOCKER_BUILDKIT").filter(|variable| !variable.value.is_empty());
    let off = chosen.filter(|variable| buildkit::is_off(&variable.value)).map(|it| (it, "turns BuildKit off"));
    // Only compose 1 reads it.
    let is_compose_1 = machine.compose.version.map_or(machine.compose.is_python, |version| version.major == 1);
    let by_itself = machine.variable("COMPOSE_DOCKER_CLI_BUILD");
    let by_itself = by_itself.filter(|variable| is_compose_1 && buildkit::is_off_for_compose_1(&variable.value));
    let off = off.or(by_itself.map(|it| (it, "makes compose 1 build without BuildKit")));
    if let Some((off, what)) = off {
        let seen = format!("{}={} {what}", off.name, off.value);
        let finding = match needs {
            Needs::There(place) => Finding::error("buildkit", seen).why(format!("{place} does not build without it")),
            Needs::Syntax(place) => {
                Finding::warning("buildkit", seen).why(format!("{place} is only a comment without it"))
            }
            Needs::Nowhere => {
                Finding::warning("buildkit", seen).why("no Dockerfile here needs it, but builds are slower without it")
            }
            Needs::Unknown => Finding::warning("buildkit", seen).why(
                "a Dockerfile with `RUN --mount` does not build without it; the Dockerfiles here could not be read",
            ),
        };
        return Some(finding.fix(taken_out(off, os)));
    }
    let by_default = machine.engine.builds_by_default;
    let server = machine.server.as_ref().and_then(|side| side.version);
    // Another check reports a docker or an engine without BuildKit.
    let version = server.filter(|it| *it >= FIRST_WITH_BUILDKIT)?;
    machine.client.as_ref().and_then(|side| side.version).filter(|it| *it >= FIRST_WITH_BUILDKIT)?;
    let needed = match needs {
        Needs::There(place) | Needs::Syntax(place) => format!("{place} needs it"),
        Needs::Nowhere => "no Dockerfile here needs it".to_owned(),
        Needs::Unknown => "can't tell whether a Dockerfile needs it".to_owned(),
    };
    if version >= FIRST_BY_DEFAULT || by_default == Some(true) {
        return Some(Finding::ok("buildkit", format!("on by default; {needed}")));
    }
    if chosen.is_none() {
        // `[env]` of tasks.toml can't remove ours, so it was set to an empty value on purpose.
        return Some(
            Finding::warning("buildkit", format!("engine {version} uses BuildKit only if DOCKER_BUILDKIT=1 is set"))
                .why(needed)
                .fix(format!("take the empty DOCKER_BUILDKIT out, then: {program} build")),
        );
    }
    Some(Finding::ok(
        "buildkit",
        format!("on: every command here gets DOCKER_BUILDKIT=1, which engine {version} needs; {needed}"),
    ))
}

/// How to remove a variable of the user's, or correct one of tasks.toml.
fn taken_out(variable: &Variable, os: Os) -> String {
    match variable.persons {
        true => how_to_get::unset(&variable.name, os),
        false => format!("{} = \"1\" under [env] in tasks.toml", variable.name),
    }
}

/// The builder that buildx has selected: `docker build` does not use it (docker/cli names the context's own to it),
/// compose 2 and `docker buildx` do. One that BUILDX_BUILDER names is used by all of them.
pub fn builder(machine: &Machine, os: Os) -> Option<Finding> {
    // Without an engine its builder can't be inspected, and that is reported already.
    machine.server.as_ref()?;
    let named = machine.variable("BUILDX_BUILDER").filter(|variable| !variable.value.is_empty());
    if let Some(error) = &machine.builder.error {
        let name = machine.builder.name.as_deref().or(named.map(|variable| variable.value.as_str()));
        let name = name.unwrap_or("selected");
        return Some(
            Finding::error("builder", format!("the builder `{name}` can't be used: {}", error.trim()))
                .why("compose builds with it, and stops")
                .fix(match named {
                    Some(variable) => taken_out(variable, os),
                    None => "switch to docker's own: docker buildx use default".to_owned(),
                }),
        );
    }
    let name = machine.builder.name.as_deref()?;
    let driver = machine.builder.driver.as_deref().unwrap_or("unknown");
    // The driver `docker` is the engine's own BuildKit: whatever its name is, both use the same.
    if driver == "docker" {
        return Some(Finding::ok("builder", format!("`{name}`, the engine's own")));
    }
    if named.is_some() {
        return Some(Finding::ok("builder", format!("`{name}` ({driver}), from BUILDX_BUILDER")));
    }
    Some(
        Finding::warning(
            "builder",
            format!("compose builds with `{name}` ({driver}), `docker build` with the engine's own builder"),
        )
        .why("each has its own cache and cache mounts")
        .fix("use only one: docker buildx use default, or set BUILDX_BUILDER for both"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::facts::{Builder, Cli, Side};
    use crate::ui::finding::Severity;

    fn version(text: &str) -> Option<Version> {
        Version::parse(text)
    }

    fn machine(client: &str, server: &str, compose: &str) -> Machine {
        let side = |text: &str| Some(Side { version: version(text), shown: text.to_owned(), ..Side::default() });
        let words = if compose.starts_with('1') { "docker-compose" } else { "docker compose" };
        Machine {
            dockers: vec![Cli { path: "/usr/bin/docker".into(), version: version(client) }],
            client: side(client),
            server: side(server),
            compose: Compose {
                words: Some(words.to_owned()),
                version: version(compose),
                is_asked: true,
                ..Compose::default()
            },
            ..Machine::default()
        }
    }

    fn set(machine: &mut Machine, name: &str, value: &str, persons: bool) {
        machine.variables.push(Variable { name: name.to_owned(), value: value.to_owned(), persons });
    }

    #[test]
    fn both_flavours_of_compose_are_told_where_they_differ() {
        let mut both = machine("28.5.2", "28.5.2", "2.40.3");
        both.compose.other = version("1.0.0");
        let found = which_compose(&both, Os::Linux);
        assert_eq!(
            (found.severity, found.message.as_str()),
            (Severity::Warning, "2.40.3, `docker compose`; and `docker-compose` is version 1")
        );
        both.compose.other = version("2.26.1");
        assert_eq!(which_compose(&both, Os::Linux).severity, Severity::Ok);
        both.compose.words = None;
        assert_eq!(which_compose(&both, Os::Linux).message, "docker is installed, but compose is not");
        let old = which_compose(&machine("20.10.24", "20.10.24", "1.24.0"), Os::Linux);
        assert_eq!(
            (old.severity, old.message.as_str()),
            (Severity::Error, "`docker-compose` is 1.24.0, which can't build with BuildKit")
        );
    }

    /// docker/compose, `pkg/compose/build_bake.go`.
    #[test]
    fn compose_5_wants_buildx() {
        let mut five = machine("29.0.0", "29.0.0", "5.0.0");
        five.buildx = Plugin::Here(version("0.16.2"));
        let found = buildx(&five, false, Os::Linux).expect("a finding");
        assert_eq!(
            (found.severity, found.message.as_str()),
            (Severity::Error, "buildx is 0.16.2, but compose needs 0.17.0")
        );
        five.buildx = Plugin::Missing;
        let found = buildx(&five, false, Os::Linux).expect("a finding");
        assert_eq!(found.severity, Severity::Error);
        assert_eq!(found.why.as_deref(), Some("compose falls back to the classic builder, where `RUN --mount` fails"));
        five.buildx = Plugin::Here(version("0.29.1"));
        assert_eq!(buildx(&five, false, Os::Linux).map(|it| it.severity), Some(Severity::Ok));
    }

    #[test]
    fn buildx_matters_by_the_version_of_docker() {
        let mut old = machine("20.10.24", "20.10.24", "1.29.2");
        old.buildx = Plugin::Missing;
        assert_eq!(
            buildx(&old, false, Os::Linux).map(|it| it.message),
            Some("not needed: docker 20.10.24 has BuildKit built in".to_owned())
        );
        // Another check reports a docker without BuildKit.
        let mut oldest = machine("18.06.1", "18.06.1", "1.29.2");
        oldest.buildx = Plugin::Missing;
        assert_eq!(buildx(&oldest, false, Os::Linux), None);
        assert_eq!(variables(&oldest, &Needs::Nowhere, "xtask", Os::Linux), None);
        let mut newer_first = machine("26.1.5", "20.10.24", "1.29.2");
        newer_first.buildx = Plugin::Missing;
        newer_first.dockers.push(Cli { path: "/opt/bin/docker".into(), version: version("20.10.24") });
        let found = buildx(&newer_first, false, Os::Linux).expect("a finding");
        assert_eq!(found.severity, Severity::Error);
        assert!(found.fix.is_some_and(|fix| fix.contains("put the older docker in `/opt/bin` first on PATH")));
    }

    #[test]
    fn variables_that_turn_buildkit_off() {
        let there = Needs::There("RUN --mount in `Dockerfile` (line 2)".to_owned());
        let mut off = machine("28.5.2", "28.5.2", "2.40.3");
        set(&mut off, "DOCKER_BUILDKIT", "0", true);
        let found = variables(&off, &there, "xtask", Os::Windows).expect("a finding");
        assert_eq!((found.severity, found.fix.as_deref()), (Severity::Error, Some("Remove-Item Env:DOCKER_BUILDKIT")));
        for needs in [Needs::Nowhere, Needs::Unknown, Needs::Syntax("# syntax=x".to_owned())] {
            assert_eq!(
                variables(&off, &needs, "xtask", Os::Linux).map(|it| it.severity),
                Some(Severity::Warning),
                "{needs:?}"
            );
        }
        // Only compose 1 reads the other one.
        for (compose, severity) in [("1.29.2", Severity::Error), ("2.26.1", Severity::Ok)] {
            let mut by_itself = machine("20.10.24", "20.10.24", compose);
            set(&mut by_itself, "DOCKER_BUILDKIT", "1", false);
            set(&mut by_itself, "COMPOSE_DOCKER_CLI_BUILD", "False", true);
            assert_eq!(variables(&by_itself, &there, "xtask", Os::Linux).map(|it| it.severity), Some(severity));
        }
        let mut by_tasks = machine("28.5.2", "28.5.2", "2.40.3");
        set(&mut by_tasks, "DOCKER_BUILDKIT", "on", false);
        let fix = variables(&by_tasks, &there, "xtask", Os::Linux).and_then(|it| it.fix);
        assert_eq!(fix.as_deref(), Some("DOCKER_BUILDKIT = \"1\" under [env] in tasks.toml"));
    }

    #[test]
    fn what_nobody_read_needs_nothing_for_certain() {
        let healthy = machine("28.5.2", "28.5.2", "2.40.3");
        let seen =
            |needs: &Needs| variables(&healthy, needs, "xtask", Os::Linux).map(|it| it.message).unwrap_or_default();
        assert_eq!(seen(&Needs::Nowhere), "on by default; no Dockerfile here needs it");
        assert_eq!(seen(&Needs::Unknown), "on by default; can't tell whether a Dockerfile needs it");
    }

    #[test]
    fn builders_are_told_where_they_differ_and_not_without_an_engine() {
        let mut other = machine("28.5.2", "28.5.2", "2.40.3");
        other.builder =
            Builder { name: Some("x".to_owned()), driver: Some("docker-container".to_owned()), ..Builder::default() };
        assert_eq!(builder(&other, Os::Linux).map(|it| it.severity), Some(Severity::Warning));
        set(&mut other, "BUILDX_BUILDER", "x", true);
        assert_eq!(builder(&other, Os::Linux).map(|it| it.severity), Some(Severity::Ok));
        other.builder.error = Some("gone".to_owned());
        let found = builder(&other, Os::Linux).expect("a finding");
        assert_eq!((found.severity, found.fix.as_deref()), (Severity::Error, Some("unset BUILDX_BUILDER")));
        other.server = None;
        assert_eq!(builder(&other, Os::Linux), None);
    }
}
