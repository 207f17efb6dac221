//! Whether a started stack is ready, judged by the state of its containers.

use crate::docker::output::Container;

/// The result of one look at the containers.
#[derive(Debug, PartialEq, Eq)]
pub enum Readiness<'a> {
    Ready,
    /// The containers that are not ready yet.
    Waiting(Vec<&'a Container>),
    /// A service that will not come up: it ended with a code other than 0, or its health check failed.
    Died(&'a Container),
}

/// Judges one look. A service is ready when it is healthy, has ended with 0, or has no health check and is running while
/// `settled` says that nothing has changed for a moment: one that ends at once, or restarts again and again, is seen
/// running in between.
pub fn readiness(containers: &[Container], settled: bool) -> Readiness<'_> {
    let mut waiting = Vec::new();
    for container in containers.iter().filter(|container| !container.one_off) {
        match (container.status.as_str(), container.health.as_deref()) {
            _ if has_died(container) => return Readiness::Died(container),
            ("exited", _) => {}
            ("running", Some("healthy")) => {}
            ("running", None) if settled => {}
            _ => waiting.push(container),
        }
    }
    if waiting.is_empty() { Readiness::Ready } else { Readiness::Waiting(waiting) }
}

/// Whether a container ended with a code other than 0, or its health check failed.
pub fn has_died(container: &Container) -> bool {
    match (container.status.as_str(), container.health.as_deref()) {
        ("exited", _) => container.exit_code != 0,
        ("dead", _) | ("running", Some("unhealthy")) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(status: &str, exit_code: i32, health: Option<&str>) -> Container {
        Container {
            id: "1".into(),
            name: "demo-api-1".into(),
            service: "api".into(),
            one_off: false,
            status: status.into(),
            exit_code,
            restarts: 0,
            health: health.map(str::to_owned),
            ports: Vec::new(),
        }
    }

    #[test]
    fn a_service_is_ready_when_healthy_running_or_ended_with_0() {
        let ready =
            [container("running", 0, Some("healthy")), container("running", 0, None), container("exited", 0, None)];
        assert_eq!(readiness(&ready, true), Readiness::Ready);
        assert_eq!(readiness(&ready, false), Readiness::Waiting(vec![&ready[1]]));
        let starting = [container("running", 0, Some("starting")), container("created", 0, None)];
        assert_eq!(readiness(&starting, true), Readiness::Waiting(starting.iter().collect()));
    }

    #[test]
    fn a_service_that_ended_or_is_unhealthy_will_not_come() {
        for died in
            [container("exited", 7, None), container("dead", 0, None), container("running", 0, Some("unhealthy"))]
        {
            let all = [container("running", 0, Some("starting")), died.clone()];
            assert_eq!(readiness(&all, true), Readiness::Died(&died));
        }
        let of_run = Container { one_off: true, ..container("exited", 7, None) };
        assert_eq!(readiness(&[of_run], true), Readiness::Ready);
    }
}
