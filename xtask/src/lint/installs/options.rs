//! The options of a `--mount`, as they are written, to read one or to change it.

use crate::dockerfile::model::Mount;
use crate::lint::image::accounts::Account;

/// A whole `--mount=…` flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub text: String,
}

impl Options {
    /// Those of a mount. `None` if the flag is written over several lines, or with quotes.
    pub fn of(text: &str, mount: &Mount) -> Option<Options> {
        let written = text.get(mount.span.clone())?;
        let is_plain = written.starts_with("--mount=") && !written.contains(['"', '\'', '\n', '\\', '`']);
        is_plain.then(|| Options { text: written.to_owned() })
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.text["--mount=".len()..].split(',')
    }

    /// The value of an option; `true` for one without a value. As BuildKit does, the last one counts.
    pub fn value(&self, name: &str) -> Option<&str> {
        let value = |part: &'_ str| match part.split_once('=') {
            Some((own, _)) => own.trim().eq_ignore_ascii_case(name),
            None => part.trim().eq_ignore_ascii_case(name),
        };
        let part = self.parts().filter(|part| value(part)).last()?;
        Some(part.split_once('=').map_or("true", |(_, value)| value))
    }

    /// The same with another value of an option that is there by one of its names.
    pub fn with(&self, name: &str, value: &str) -> Option<Options> {
        const TARGETS: [&str; 3] = ["target", "dst", "destination"];
        let is_it = |own: &str| own.eq_ignore_ascii_case(name) || (name == TARGETS[0] && TARGETS.contains(&own));
        let mut is_there = false;
        let parts: Vec<String> = self
            .parts()
            .map(|part| match part.split_once('=') {
                Some((own, _)) if is_it(own) => {
                    is_there = true;
                    format!("{own}={value}")
                }
                _ => part.to_owned(),
            })
            .collect();
        is_there.then(|| Options { text: format!("--mount={}", parts.join(",")) })
    }

    /// The same without these options.
    pub fn without(&self, names: &[&str]) -> Options {
        let is_left = |part: &&str| !names.contains(&part.split('=').next().unwrap_or(part).trim());
        Options { text: format!("--mount={}", self.parts().filter(is_left).collect::<Vec<_>>().join(",")) }
    }

    /// The same with this sharing.
    pub fn with_sharing(&self, sharing: &str) -> Option<Options> {
        Some(
            self.with("sharing", sharing)
                .unwrap_or_else(|| Options { text: format!("{},sharing={sharing}", self.text) }),
        )
    }

    /// The same for a mount that belongs to a user; unchanged for root, and for a user whose number isn't known.
    pub fn owned_by(&self, user: Option<&Account>) -> Options {
        let Some(uid) = user.and_then(|user| user.uid).filter(|uid| *uid != 0) else { return self.clone() };
        let gid = user.and_then(|user| user.gid);
        let mut changed = self.clone();
        for (name, value) in [("uid", Some(uid)), ("gid", gid)] {
            let Some(value) = value.map(|value| value.to_string()) else { continue };
            changed = changed
                .with(name, &value)
                .unwrap_or_else(|| Options { text: format!("{},{name}={value}", changed.text) });
        }
        changed
    }
}
