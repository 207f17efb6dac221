//! What builds where the engine is Podman, which has no BuildKit of its own (4.3.1).

use crate::docker::facts::{Machine, Plugin, Podman};
use crate::docker::version::Version;
use crate::docker::{how_to_get, podman};
use crate::doctor::checks::buildkit::{builder, buildx, refused};
use crate::doctor::checks::engine::FIRST_BY_DEFAULT;
use crate::system::os::Os;
use crate::tasks::variables as buildkit;
use crate::ui::finding::Finding;

/// What looks into BuildKit, and so needs one.
const COMMANDS: &str = "`cache`, `verify`, `bench` and `build-fresh`";

/// The program called docker is Podman.
pub fn program(path: &str, version: Option<Version>) -> Finding {
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    Finding::warning("docker", format!("`{path}` is Podman{version}")).why(format!(
        "steps that call docker work as far as Podman knows their words; {COMMANDS} need docker's own program"
    ))
}

/// The checks of what builds there, in place of those for docker's engine. `None` if the engine is docker's own.
pub fn builds(machine: &Machine, os: Os) -> Option<Vec<Finding>> {
    let is_service = machine.engine.podman? == Podman::Service;
    if !is_service {
        return Some(Vec::new());
    }
    if let Some(refused) = refused(machine, os) {
        return Some(vec![refused]);
    }
    Some(match (own_builder(machine, os), cannot_build(machine, false, os)) {
        (Some(found), _) | (None, Some(found)) => vec![found],
        (None, None) => buildx(machine, false, os).into_iter().chain(in_a_container(machine, os)).collect(),
    })
}

/// What makes a build there fail. `by_docker`: it is built by docker itself, not by compose.
pub fn failed_build(machine: &Machine, by_docker: bool, os: Os) -> Option<Finding> {
    if machine.engine.podman != Some(Podman::Service) || own_builder(machine, os).is_some() {
        return None;
    }
    let not_started = (machine.builder.is_running == Some(false)).then(|| {
        Finding::error("builder", "buildx could not start BuildKit in a container on Podman").fix(format!(
            "see why: {}; or let Podman's own builder build: {}",
            podman::START,
            turned_off(os)
        ))
    });
    cannot_build(machine, by_docker, os).or(not_started)
}

/// DOCKER_BUILDKIT=0: docker hands the build to Podman.
fn own_builder(machine: &Machine, os: Os) -> Option<Finding> {
    let off = machine.variable("DOCKER_BUILDKIT").filter(|variable| buildkit::is_off(&variable.value))?;
    let message = format!("DOCKER_BUILDKIT={}: Podman's own builder builds, `RUN --mount` too", off.value);
    let why = format!("{COMMANDS} can't look into it; they need BuildKit in a container");
    let unset = how_to_get::unset("DOCKER_BUILDKIT", os);
    let has_buildx = matches!(machine.buildx, Plugin::Here(_));
    Some(Finding::ok("buildkit", message).why(match has_buildx {
        true => format!("{why}, which buildx starts without the variable: {unset}"),
        false => format!("{why}, which docker's plugin buildx starts"),
    }))
}

/// Docker before 23 asks the engine itself for BuildKit, and compose 1 builds by docker.
fn cannot_build(machine: &Machine, by_docker: bool, os: Os) -> Option<Finding> {
    let client = machine.client.as_ref().and_then(|side| side.version).filter(|it| *it < FIRST_BY_DEFAULT)?;
    let compose_1 = machine.compose.version.map_or(machine.compose.is_python, |version| version.major == 1);
    (by_docker || compose_1).then(|| {
        Finding::error("buildkit", format!("docker {client} can't build with BuildKit on Podman, which has none"))
            .why("every build with DOCKER_BUILDKIT=1 fails, and every command here gets that")
            .fix(format!("let Podman's own builder build: {}", turned_off(os)))
    })
}

/// BuildKit in a container, which buildx starts at the first build.
fn in_a_container(machine: &Machine, os: Os) -> Option<Finding> {
    let is_named = machine.variable("BUILDX_BUILDER").is_some_and(|variable| !variable.value.is_empty());
    if is_named || machine.builder.error.is_some() {
        return builder(machine, os);
    }
    let name = machine.builder.name.as_deref()?;
    Some(if machine.builder.is_running? {
        Finding::ok("builder", format!("`{name}`, BuildKit in a container on Podman")).why(
            "`docker build` leaves an image there only with `--load`, and `FROM` finds no image that is only on this machine",
        )
    } else {
        Finding::warning("builder", "BuildKit does not run yet: the first build starts it in a container on Podman")
            .why(format!("{COMMANDS} need it, and the image `moby/buildkit` has to be pulled for it"))
            .fix(format!("start it: {}; without it Podman's own builder builds: {}", podman::START, turned_off(os)))
    })
}

fn turned_off(os: Os) -> &'static str {
    match os {
        Os::Linux | Os::Mac => "export DOCKER_BUILDKIT=0",
        Os::Windows => "$env:DOCKER_BUILDKIT = '0'",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::facts::{Builder, Compose, Engine, Side, Variable};
    use crate::ui::finding::Severity;

    fn machine(client: &str, compose: &str, is_running: Option<bool>) -> Machine {
        let name = is_running.map(|_| "default".to_owned());
        Machine {
            client: Some(Side { version: Version::parse(client), ..Side::default() }),
            server: Some(Side { is_podman: true, ..Side::default() }),
            engine: Engine { podman: Some(Podman::Service), ..Engine::default() },
            compose: Compose { version: Version::parse(compose), ..Compose::default() },
            buildx: if is_running.is_some() { Plugin::Here(Version::parse("0.29.1")) } else { Plugin::Missing },
            builder: Builder { name, driver: Some("docker-container".to_owned()), is_running, error: None },
            variables: vec![variable("1")],
            ..Machine::default()
        }
    }

    fn variable(value: &str) -> Variable {
        Variable { name: "DOCKER_BUILDKIT".to_owned(), value: value.to_owned(), persons: false }
    }

    fn seen(machine: &Machine) -> Vec<(&'static str, Severity)> {
        builds(machine, Os::Linux).expect("it is Podman").iter().map(|it| (it.rule, it.severity)).collect()
    }

    #[test]
    fn each_way_to_build_on_podman_is_told() {
        let running = machine("28.5.2", "2.40.3", Some(true));
        assert_eq!(seen(&running), [("buildx", Severity::Ok), ("builder", Severity::Ok)]);
        assert_eq!(failed_build(&running, false, Os::Linux), None);
        let not_yet = machine("28.5.2", "2.40.3", Some(false));
        assert_eq!(seen(&not_yet), [("buildx", Severity::Ok), ("builder", Severity::Warning)]);
        let failed = failed_build(&not_yet, false, Os::Linux).and_then(|it| it.fix).expect("a cause");
        assert_eq!(
            failed,
            format!("see why: {}; or let Podman's own builder build: export DOCKER_BUILDKIT=0", podman::START)
        );
        let old = machine("20.10.24", "1.29.2", None);
        assert_eq!(seen(&old), [("buildkit", Severity::Error)]);
        assert_eq!(failed_build(&old, false, Os::Linux).map(|it| it.severity), Some(Severity::Error));
        // Compose 2 has a buildx of its own.
        let mixed = machine("20.10.24", "2.40.3", Some(true));
        assert_eq!(failed_build(&mixed, false, Os::Linux), None);
        assert!(failed_build(&mixed, true, Os::Linux).is_some());
    }

    #[test]
    fn its_own_builder_is_no_fault() {
        for (client, compose, is_running) in [("28.5.2", "2.40.3", Some(false)), ("20.10.24", "1.29.2", None)] {
            let off = Machine { variables: vec![variable("0")], ..machine(client, compose, is_running) };
            assert_eq!(seen(&off), [("buildkit", Severity::Ok)]);
            assert_eq!(failed_build(&off, true, Os::Linux), None);
        }
    }

    #[test]
    fn docker_itself_is_judged_elsewhere() {
        assert_eq!(builds(&Machine::default(), Os::Linux), None);
        assert_eq!(failed_build(&Machine::default(), true, Os::Linux), None);
    }
}
