//! Docker itself: the program on PATH, and the engine that it talks to.

use crate::docker::answer::Unanswered;
use crate::docker::facts::{Engine, Machine, Podman, Question, Reach};
use crate::docker::how_to_get;
use crate::docker::programs::Unread;
use crate::docker::reach::reach;
use crate::docker::version::Version;
use crate::doctor::checks::podman;
use crate::doctor::explain;
use crate::system::os::Os;
use crate::ui::finding::Finding;

/// BuildKit is there from here on, behind the variables (Docker 18.09's release notes).
pub const FIRST_WITH_BUILDKIT: Version = Version::new(18, 9, 0);
/// BuildKit is the default from here on (Docker 23.0's release notes; measured on 26.1 and 28.5).
pub const FIRST_BY_DEFAULT: Version = Version::new(23, 0, 0);
/// The newest API that compose 1 speaks (docker-py 5.0; its `auto` stops there).
const NEWEST_OF_COMPOSE_1: Version = Version::new(1, 41, 0);

/// The docker that runs when `docker` is typed, and others on PATH.
pub fn cli(machine: &Machine, os: Os) -> Finding {
    let Some(first) = machine.dockers.first() else {
        return Finding::error("docker", "docker is not installed, or not on PATH")
            .why("nothing can be built or started")
            .fix(how_to_get::docker(os));
    };
    let path = first.path.display();
    if machine.engine.podman == Some(Podman::Program) {
        return podman::program(&path.to_string(), first.version);
    }
    let Some(version) = first.version else {
        let is_silent = |question| machine.unanswered(question).is_some_and(Unanswered::is_silent);
        if [Question::Cli, Question::Version, Question::Info].into_iter().all(is_silent) {
            return Finding::error("docker", format!("`{path}` does not answer, not even `docker --version`"))
                .why("nothing can be built or started")
                .fix("try it: docker --version");
        }
        let why = machine.unanswered(Question::Cli).map(|why| format!(": {why}")).unwrap_or_default();
        return Finding::warning("docker", format!("`{path}` does not report its version{why}"))
            .why("it may be another program named docker")
            .fix("try it: docker --version");
    };
    if version < FIRST_WITH_BUILDKIT {
        return Finding::error("docker", format!("`{path}` is {version}, which has no BuildKit"))
            .why("`RUN --mount` needs at least 18.09")
            .fix(how_to_get::docker(os));
    }
    let others: Vec<String> = machine.dockers[1..]
        .iter()
        .filter(|other| other.version.is_some_and(|other| other != version))
        .map(|other| format!("`{}` ({})", other.path.display(), other.version.unwrap_or(version)))
        .collect();
    let behind = if others.is_empty() { String::new() } else { format!("; also on PATH: {}", others.join(", ")) };
    Finding::ok("docker", format!("{version}, `{path}`{behind}"))
}

/// Docker's configuration, if a file of it can't be read.
pub fn config(machine: &Machine) -> Option<Finding> {
    let Unread { path, why, may_wait } = machine.unread.as_ref()?;
    let message = format!("docker's `{}` can't be read: {why}", path.display());
    let finding = match may_wait {
        true => Finding::error("docker-config", message).why("docker waits for it before it does anything"),
        false => Finding::warning("docker-config", message)
            .why("the contexts, logins and plugin folders that it names have no effect"),
    };
    Some(finding.fix("correct it, or move it away"))
}

/// The engine: whether it answers, and what it can. Also what the check before a step says.
pub fn engine(machine: &Machine, os: Os) -> Option<Finding> {
    if let Some(finding) = reach(&machine.engine, os) {
        return Some(finding);
    }
    if machine.engine.podman == Some(Podman::Program) {
        return None;
    }
    let Some(server) = &machine.server else {
        // It accepts connections and may even answer a ping, but nothing else. Only if docker itself does answer.
        let version = machine.unanswered(Question::Version);
        let is_silent =
            [version, machine.unanswered(Question::Info)].iter().all(|it| it.is_some_and(Unanswered::is_silent));
        if is_silent && machine.dockers.first().is_some_and(|docker| docker.version.is_some()) {
            return reach(&Engine { reach: Reach::Silent, ..machine.engine.clone() }, os);
        }
        let not_read = version.filter(|why| !why.is_silent()).map(Unanswered::said);
        let error = not_read.as_deref().or(machine.server_error.as_deref())?;
        let unknown_host = ["no such host", "could not resolve hostname"];
        if unknown_host.iter().any(|part| error.to_lowercase().contains(part)) {
            return reach(&Engine { reach: Reach::NoSuchHost, ..machine.engine.clone() }, os);
        }
        let said = error
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with("WARNING: "))
            .unwrap_or("docker gave no reason");
        let finding = Finding::error("engine", format!("docker can't talk to its engine: {said}"));
        return Some(match explain::find(error).first() {
            Some(row) => finding.why(row.meaning).fix(row.remedy(os)),
            None => finding.why("nothing can be built or started").fix("try it: docker version"),
        });
    };
    let place = machine.engine.url.as_deref().map(|url| format!(" at `{url}`")).unwrap_or_default();
    let shown = &server.shown;
    if let (Some(oldest), Some(api)) = (server.min_api, machine.client.as_ref().and_then(|client| client.api)) {
        if oldest > api {
            return Some(too_old("docker", shown, oldest, api).fix(how_to_get::docker(os)));
        }
    }
    let is_compose_1 = machine.compose.version.is_some_and(|version| version.major == 1);
    if let (Some(oldest), true) = (server.min_api, is_compose_1) {
        if oldest > NEWEST_OF_COMPOSE_1 {
            return Some(too_old("compose 1", shown, oldest, NEWEST_OF_COMPOSE_1).fix(how_to_get::compose(os)));
        }
    }
    if machine.info.as_ref().is_some_and(|info| info.os_type == "windows") {
        return Some(
            Finding::warning("engine", format!("{shown}{place} runs Windows containers, which BuildKit can't build"))
                .why("a Dockerfile for Linux does not build there, and cache mounts have no effect")
                .fix("switch Docker Desktop to Linux containers (its menu)"),
        );
    }
    if machine.engine.podman.is_some() {
        return Some(Finding::ok("engine", format!("{shown}{place}, which has no BuildKit of its own")));
    }
    let Some(version) = server.version else { return Some(Finding::ok("engine", format!("{shown}{place}"))) };
    Some(if version < FIRST_WITH_BUILDKIT {
        Finding::error("engine", format!("{shown}{place} has no BuildKit"))
            .why("`RUN --mount` needs at least 18.09")
            .fix(how_to_get::docker(os))
    } else if version < FIRST_BY_DEFAULT {
        Finding::ok("engine", format!("{shown}{place}: BuildKit is available, and used only if a variable asks for it"))
    } else {
        Finding::ok("engine", format!("{shown}{place}: BuildKit is on by default"))
    })
}

fn too_old(who: &str, shown: &str, oldest: Version, api: Version) -> Finding {
    let short = |version: Version| format!("{}.{}", version.major, version.minor);
    let (oldest, api) = (short(oldest), short(api));
    Finding::error("engine", format!("{who} is too old for this engine"))
        .why(format!("engine {shown} needs API {oldest} or later, {who} supports at most {api}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::answer::Why;
    use crate::docker::facts::{By, Cli, Compose, Info, Side, Source};
    use crate::ui::finding::Severity;

    fn side(version: &str) -> Side {
        Side { version: Version::parse(version), shown: version.to_owned(), ..Side::default() }
    }

    fn machine(client: &str, server: &str) -> Machine {
        Machine {
            dockers: vec![Cli { path: "/usr/bin/docker".into(), version: Version::parse(client) }],
            client: Some(side(client)),
            server: Some(side(server)),
            ..Machine::default()
        }
    }

    #[test]
    fn versions_are_of_three_classes() {
        let seen = |server: &str| engine(&machine("28.5.2", server), Os::Linux).map(|it| (it.severity, it.message));
        let seen = |server: &str| seen(server).expect("a finding");
        assert_eq!(seen("18.06.1-ce"), (Severity::Error, "18.06.1-ce has no BuildKit".to_owned()));
        let with_variables = "20.10.24+dfsg1: BuildKit is available, and used only if a variable asks for it";
        assert_eq!(seen("20.10.24+dfsg1"), (Severity::Ok, with_variables.to_owned()));
        assert_eq!(seen("23.0.0"), (Severity::Ok, "23.0.0: BuildKit is on by default".to_owned()));
    }

    #[test]
    fn a_docker_without_buildkit_is_an_error_and_others_behind_it_are_named() {
        let old = cli(&machine("18.06.1", "28.5.2"), Os::Linux);
        assert_eq!(
            (old.severity, old.message.as_str()),
            (Severity::Error, "`/usr/bin/docker` is 18.06.1, which has no BuildKit")
        );
        let mut two = machine("28.5.2", "28.5.2");
        two.dockers.push(Cli { path: "/opt/docker".into(), version: Version::parse("20.10.24") });
        assert_eq!(cli(&two, Os::Linux).message, "28.5.2, `/usr/bin/docker`; also on PATH: `/opt/docker` (20.10.24)");
    }

    /// Engine 29 talks to API 1.44 and later.
    #[test]
    fn an_engine_that_is_too_new_for_its_clients_is_told() {
        let mut new = machine("20.10.24", "29.0.0");
        new.server = Some(Side { min_api: Version::parse("1.44"), ..side("29.0.0") });
        new.client = Some(Side { api: Version::parse("1.41"), ..side("20.10.24") });
        let found = engine(&new, Os::Linux).expect("a finding");
        assert_eq!((found.severity, found.message.as_str()), (Severity::Error, "docker is too old for this engine"));
        assert_eq!(found.why.as_deref(), Some("engine 29.0.0 needs API 1.44 or later, docker supports at most 1.41"));
        new.client = Some(Side { api: Version::parse("1.51"), ..side("28.5.2") });
        new.compose = Compose { version: Version::parse("1.29.2"), ..Compose::default() };
        assert_eq!(engine(&new, Os::Linux).expect("a finding").message, "compose 1 is too old for this engine");
    }

    #[test]
    fn each_way_not_to_be_reached_is_told_apart() {
        let at = |reach: Reach, source: Source, os: Os| {
            let url = Some("unix:///x.sock".to_owned());
            let engine = Engine { url, source, reach, ..Engine::default() };
            super::reach(&engine, os).map(|it| (it.message, it.fix.unwrap_or_default())).unwrap_or_default()
        };
        let desktop = || Source::Context("desktop-linux".to_owned(), By::Config);
        let (seen, fix) = at(Reach::Refused, desktop(), Os::Linux);
        assert!(
            seen.starts_with("Docker Desktop is not running") && fix.starts_with("start Docker Desktop"),
            "{seen} {fix}"
        );
        let (seen, fix) = at(Reach::Refused, Source::Default, Os::Linux);
        assert!(
            seen.starts_with("docker's engine is not running") && fix.contains("sudo systemctl start docker"),
            "{seen} {fix}"
        );
        assert!(at(Reach::Refused, Source::Default, Os::Mac).1.starts_with("start Docker Desktop"));
        assert!(at(Reach::Denied, Source::Default, Os::Linux).1.contains("sudo usermod -aG docker"));
        assert!(at(Reach::Silent, Source::Default, Os::Linux).0.starts_with("docker's engine does not answer"));
        assert!(at(Reach::NoSuchHost, Source::Host(By::Variable), Os::Linux).1.ends_with("unset DOCKER_HOST"));
        assert!(
            at(Reach::NoSuchHost, Source::Host(By::Variable), Os::Windows).1.ends_with("Remove-Item Env:DOCKER_HOST")
        );
        assert!(
            at(Reach::BadAddress, Source::Host(By::Variable), Os::Linux)
                .0
                .contains("not an address that docker understands")
        );
        let (seen, fix) = at(Reach::NoSuchContext, Source::Context("far".to_owned(), By::Config), Os::Linux);
        assert!(seen.contains("`far` does not exist") && fix.ends_with("docker context use default"), "{seen} {fix}");
        assert_eq!(at(Reach::Answers, Source::Default, Os::Linux), Default::default());
    }

    #[test]
    fn silence_is_the_engines_only_where_docker_itself_speaks() {
        let mut silent = machine("28.5.2", "28.5.2");
        silent.server = None;
        let is_silent =
            |question, command: &str| (question, Unanswered { command: command.to_owned(), why: Why::Silent });
        silent.unanswered = vec![is_silent(Question::Version, "docker version")];
        assert_eq!(engine(&silent, Os::Linux), None);
        silent.unanswered.push(is_silent(Question::Info, "docker info"));
        assert!(engine(&silent, Os::Linux).is_some_and(|it| it.message.contains("does not answer")));
        silent.dockers[0].version = None;
        assert_eq!(engine(&silent, Os::Linux), None);
        assert_eq!(cli(&silent, Os::Linux).severity, Severity::Warning);
        silent.unanswered.push(is_silent(Question::Cli, "docker --version"));
        assert_eq!(cli(&silent, Os::Linux).severity, Severity::Error);
    }

    #[test]
    fn windows_containers_have_no_buildkit() {
        let mut windows = machine("28.5.2", "28.5.2");
        windows.info = Some(Info { os_type: "windows".to_owned(), ..Info::default() });
        assert!(engine(&windows, Os::Windows).is_some_and(|it| it.severity == Severity::Warning));
    }
}
