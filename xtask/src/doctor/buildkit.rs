//! What builds: compose, buildx, the variables that choose BuildKit, and the selected builder.

use super::engine::FIRST_BY_DEFAULT;
use crate::facts::{Machine, Plugin};
use crate::finding::Finding;
use crate::os::Os;
use crate::version::Version;
use crate::{buildkit, install};

/// Compose 1 can build by BuildKit from here on (compose 1.25's change log).
const COMPOSE_1_WITH_BUILDKIT: Version = Version::new(1, 25, 0);
/// Compose 5 builds by `buildx bake`, which it asks for from here on (docker/compose, `pkg/compose/build_bake.go`).
const BUILDX_FOR_COMPOSE_5: Version = Version::new(0, 17, 0);

/// Which compose runs, and which other one is here.
pub fn compose(machine: &Machine, os: Os) -> Finding {
    let compose = &machine.compose;
    let Some(words) = &compose.words else {
        return Finding::error("compose", "docker is here, and compose is not")
            .why("the tasks of this repository call it")
            .fix(install::compose(os));
    };
    let Some(version) = compose.version else {
        return Finding::warning("compose", format!("`{words}` does not tell its version"))
            .why("it may be missing or broken, or another program")
            .fix(format!("try it: {words} version"));
    };
    if version.major == 1 && version < COMPOSE_1_WITH_BUILDKIT {
        return Finding::error("compose", format!("`{words}` is {version}, which can't build by BuildKit"))
            .why("`RUN --mount` fails with it, whatever variables are set")
            .fix(install::compose(os));
    }
    if let Some((name, other)) = &compose.other {
        let differs = other.is_none_or(|other| other.major != version.major);
        if differs {
            let other = other.map_or_else(|| "version 1".to_owned(), |other| other.to_string());
            return Finding::warning("compose", format!("{version}, `{words}`; and `{name}` is {other}"))
                .why("they name images and containers differently: what one starts, the other does not see")
                .fix(format!("use one: the tasks use `{words}`; `[compose] cli` in tasks.toml names another"));
        }
    }
    Finding::ok("compose", format!("{version}, `{words}`"))
}

/// Whether builds need docker's plugin buildx, and it is here. `by_docker`: for a build by docker itself, not compose.
pub fn buildx(machine: &Machine, by_docker: bool, os: Os) -> Option<Finding> {
    let client = machine.client.as_ref().and_then(|side| side.version)?;
    let is_compose_5 = machine.compose.version.is_some_and(|version| version.major >= 5);
    let gone = match &machine.buildx {
        Plugin::Unknown => return None,
        Plugin::Here(Some(version)) if is_compose_5 && *version < BUILDX_FOR_COMPOSE_5 => {
            return Some(
                Finding::error("buildx", format!("buildx is {version}, and compose asks for {BUILDX_FOR_COMPOSE_5}"))
                    .why("`compose build` stops with \"compose build requires buildx 0.17.0 or later\"")
                    .fix(install::buildx(os)),
            );
        }
        Plugin::Here(version) => {
            return Some(Finding::ok("buildx", version.map_or("here".to_owned(), |version| version.to_string())));
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
            format!("{}; or put the older docker in `{}` first on PATH", install::buildx(os), folder.display())
        }
        _ => install::buildx(os).to_owned(),
    };
    let seen = format!("{gone}, and docker {client} builds by it");
    let finding = if compose_has_it && !by_docker {
        Finding::warning("buildx", seen)
            .why("compose builds without it; `docker build` and `docker builder prune` fail")
    } else if is_compose_5 {
        Finding::error("buildx", seen).why("compose falls back to the classic builder, where `RUN --mount` fails")
    } else {
        Finding::error("buildx", seen).why("with DOCKER_BUILDKIT=1 every build fails, one that needs no BuildKit, too")
    };
    Some(finding.fix(fix))
}

/// Whether builds really use BuildKit. `needs`: the place in a Dockerfile that does, if one does.
pub fn variables(machine: &Machine, needs: Option<&str>, program: &str) -> Option<Finding> {
    if let Some(bad) = machine.variables.iter().find(|variable| is_illegal(&variable.name, &variable.value)) {
        let whose = if bad.persons { "in your environment" } else { "by tasks.toml" };
        return Some(
            Finding::error("buildkit", format!("{}={} ({whose}) is no boolean", bad.name, bad.value))
                .why("docker takes 1 or 0, true or false, and stops every build at anything else")
                .fix(if bad.persons { format!("unset {}", bad.name) } else { format!("{} = \"1\"", bad.name) }),
        );
    }
    let chosen = machine.variable("DOCKER_BUILDKIT").filter(|variable| !variable.value.is_empty());
    if let Some(off) = chosen.filter(|variable| buildkit::is_off(&variable.value)) {
        let finding = match needs {
            Some(place) => Finding::error("buildkit", format!("DOCKER_BUILDKIT={} turns BuildKit off", off.value))
                .why(format!("{place} does not build without it")),
            None => Finding::warning("buildkit", format!("DOCKER_BUILDKIT={} turns BuildKit off", off.value))
                .why("no step of this repository needs it; builds are slower, and nothing is cached by mounts"),
        };
        let fix =
            if off.persons { "unset DOCKER_BUILDKIT" } else { "DOCKER_BUILDKIT = \"1\" under [env] in tasks.toml" };
        return Some(finding.fix(fix));
    }
    let by_default = machine.engine.builds_by_default;
    let version = machine.server.as_ref().and_then(|side| side.version)?;
    let needed = needs.map_or_else(|| "no Dockerfile here needs it".to_owned(), |place| format!("{place} needs it"));
    if version >= FIRST_BY_DEFAULT || by_default == Some(true) {
        return Some(Finding::ok("buildkit", format!("on by default; {needed}")));
    }
    if chosen.is_none() {
        // `[env]` of tasks.toml can't take ours away, so somebody set it to nothing on purpose.
        return Some(
            Finding::warning("buildkit", format!("engine {version} uses BuildKit only when a variable says so"))
                .why(needed)
                .fix(format!("build by {program} build")),
        );
    }
    Some(Finding::ok(
        "buildkit",
        format!("on, by DOCKER_BUILDKIT=1 for every command here (engine {version} needs the variables); {needed}"),
    ))
}

/// Whether a variable is one of BuildKit's with a value that docker refuses (Go's `strconv.ParseBool`).
fn is_illegal(name: &str, value: &str) -> bool {
    let on = ["1", "t", "T", "true", "True", "TRUE"];
    name == "DOCKER_BUILDKIT" && !value.is_empty() && !buildkit::is_off(value) && !on.contains(&value)
}

/// The builder that buildx has selected: `docker build` does not use it (docker/cli names the context's own to it),
/// compose 2 and `docker buildx` do. One that BUILDX_BUILDER names is everybody's.
pub fn builder(machine: &Machine) -> Option<Finding> {
    let named = machine.variable("BUILDX_BUILDER").filter(|variable| !variable.value.is_empty());
    if let Some(error) = &machine.builder.error {
        let name = machine.builder.name.as_deref().or(named.map(|variable| variable.value.as_str()));
        let name = name.unwrap_or("selected");
        return Some(
            Finding::error("builder", format!("the builder `{name}` can't be used: {}", error.trim()))
                .why("compose builds by it, and stops there")
                .fix(match named {
                    Some(_) => "unset BUILDX_BUILDER".to_owned(),
                    None => "choose docker's own: docker buildx use default".to_owned(),
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
        return Some(Finding::ok("builder", format!("`{name}` ({driver}), by BUILDX_BUILDER")));
    }
    Some(
        Finding::warning(
            "builder",
            format!("compose builds by `{name}` ({driver}), `docker build` by the engine's own"),
        )
        .why("each has a cache and cache mounts of its own")
        .fix("use one: docker buildx use default, or set BUILDX_BUILDER for both"),
    )
}
