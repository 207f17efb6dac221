//! The values that `build-fresh` gave to the builds of a project. They are kept: a build without its value is served
//! the older layers again.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::project::state::{Changing, State};
use crate::ui::problem::Problem;

/// A value for each service that was built fresh, and stays so until the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    /// Service and host name, in the order of the file.
    hosts: Vec<(String, String)>,
}

/// The command that makes them.
pub const COMMAND: &str = "build-fresh";

const PREFIX: &str = "xtask-fresh-";

/// The file of the state that they are kept in.
const FILE: &str = "fresh";

/// A host name that was not used before: never the same twice, not even for two runs in the same second.
pub fn new_host() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    host(now(), nanos ^ std::process::id())
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn host(now: u64, salt: u32) -> String {
    format!("{PREFIX}{now}-{salt:x}")
}

/// When a host name was made, in seconds since 1970.
pub fn made_at(host: &str) -> Option<u64> {
    host.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

impl Fresh {
    /// The kept values; none where nothing is kept.
    ///
    /// # Errors
    ///
    /// They can't be read.
    pub fn kept(state: &State) -> Result<Fresh, Problem> {
        Ok(state.read(FILE)?.map(|text| Fresh::parse(&text)).unwrap_or_default())
    }

    /// Keeps these values, or forgets the last of them.
    pub fn keep(&self, state: &Changing<'_>) -> Result<(), Problem> {
        match self.is_empty() {
            true => state.remove(FILE),
            false => state.write(FILE, &self.text()),
        }
    }

    /// Reads the lines `SERVICE HOST`; one of another form is left out.
    pub fn parse(text: &str) -> Fresh {
        let line = |line: &str| {
            let (service, host) = line.trim().split_once(' ')?;
            made_at(host)?;
            let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            plain.then(|| (service.to_owned(), host.to_owned()))
        };
        Fresh { hosts: text.lines().filter_map(line).collect() }
    }

    /// The text of the file; empty without values.
    pub fn text(&self) -> String {
        self.hosts.iter().map(|(service, host)| format!("{service} {host}\n")).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    pub fn host(&self, service: &str) -> Option<&str> {
        self.hosts.iter().find(|(other, _)| other == service).map(|(_, host)| host.as_str())
    }

    /// Gives these services a value, or none.
    pub fn set(&mut self, services: &[String], host: Option<&str>) {
        self.hosts.retain(|(service, _)| !services.contains(service));
        if let Some(host) = host {
            self.hosts.extend(services.iter().map(|service| (service.clone(), host.to_owned())));
        }
    }

    /// Drops the values of services that no longer exist.
    pub fn keep_only(&mut self, services: &[String]) {
        self.hosts.retain(|(service, _)| services.contains(service));
    }

    /// Services with the seconds since they were built fresh, those of one time together.
    pub fn ages(&self, now: u64) -> Vec<(Vec<&str>, u64)> {
        let mut ages: Vec<(Vec<&str>, u64)> = Vec::new();
        for (service, host) in &self.hosts {
            let age = now.saturating_sub(made_at(host).unwrap_or(now));
            match ages.iter_mut().find(|(_, other)| *other == age) {
                Some((services, _)) => services.push(service),
                None => ages.push((vec![service], age)),
            }
        }
        ages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_by_service() {
        let mut fresh = Fresh::default();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        fresh.set(&names(&["api", "worker"]), Some(&host(100, 0xa1)));
        fresh.set(&names(&["api"]), Some(&host(160, 2)));
        assert_eq!(fresh.text(), "worker xtask-fresh-100-a1\napi xtask-fresh-160-2\n");
        assert_eq!(Fresh::parse(&fresh.text()), fresh);
        assert_eq!(fresh.ages(220), [(vec!["worker"], 120), (vec!["api"], 60)]);
        fresh.set(&names(&["api"]), None);
        fresh.keep_only(&names(&["other"]));
        assert!(fresh.is_empty());
    }

    #[test]
    fn what_is_no_value_of_ours_is_left_out() {
        for text in ["", "api", "api x", "api xtask-fresh-", "api xtask-fresh-1:evil\"", "\u{e9} xtask-fresh-\u{e9}"] {
            assert!(Fresh::parse(text).is_empty(), "{text}");
        }
    }
}
