//! Versions as docker, compose and buildx print them.

use std::fmt;

/// The three numbers of a version, without what distributions append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    pub const fn new(major: u32, minor: u32, patch: u32) -> Version {
        Version { major, minor, patch }
    }

    /// Reads `20.10.24+dfsg1`, `v2.40.3-3`, `0.13.1+ds1`, `1.41`, `28`. None when it does not begin with a number.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let mut numbers = text[..end].split('.').map(|number| number.parse::<u32>().ok());
        let major = numbers.next()??;
        let mut next = || numbers.next().flatten().unwrap_or(0);
        Some(Version { major, minor: next(), patch: next() })
    }

    /// The first version in a sentence: `docker-compose version 1.29.2, build unknown`.
    pub fn find(text: &str) -> Option<Version> {
        text.split([' ', ',', '\n']).filter(|word| word.contains('.')).find_map(Version::parse)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Docker's versions were once year and month: 18.06, 19.03.
        let width = if (17..20).contains(&self.major) { 2 } else { 1 };
        write!(f, "{}.{:0width$}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_left_out() {
        let of = |text: &str| Version::parse(text).map(|version| version.to_string());
        assert_eq!(of("20.10.24+dfsg1").as_deref(), Some("20.10.24"));
        assert_eq!(of("v2.40.3-3").as_deref(), Some("2.40.3"));
        assert_eq!(of("18.09").as_deref(), Some("18.09.0"));
        assert_eq!(of("5.0.0-rc.1").as_deref(), Some("5.0.0"));
        assert_eq!(of("23-beta.7").as_deref(), Some("23.0.0"));
        assert_eq!(of("unknown"), None);
        assert_eq!(of("99999999999.1"), None);
        let said = Version::find("Docker version 28.5.2+dfsg4, build 9cc6dea35e9a");
        assert_eq!(said, Some(Version::new(28, 5, 2)));
        assert!(Version::new(18, 9, 0) < Version::new(20, 10, 0));
    }
}
