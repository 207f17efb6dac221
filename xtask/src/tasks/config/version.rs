//! `xtask = "0.2"`: the oldest version that understands a file.

use toml::Spanned;

use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// This program's version.
const OURS: &str = env!("CARGO_PKG_VERSION");

/// The one mistake of a file that is written for a newer program: whatever else seems wrong in it may be right there.
pub fn too_new(least: &Spanned<String>) -> Option<Finding> {
    let is_newer = parts(least.get_ref()).is_some_and(|least| Some(least) > parts(OURS));
    let finding = mistake(format!("this file needs xtask {} or newer", least.get_ref()), least.span());
    is_newer.then(|| finding.label(format!("this is {OURS}")).fix("update xtask"))
}

/// A mistake if this is no version.
pub fn mistaken(least: &Spanned<String>) -> Option<Finding> {
    let finding = || mistake(format!("`{}` is no version", least.get_ref()), least.span());
    parts(least.get_ref()).is_none().then(|| finding().fix(format!("this program's: `{OURS}`")))
}

/// `1`, `1.2` or `1.2.3`; what is missing is 0.
fn parts(version: &str) -> Option<[u64; 3]> {
    let mut parts = [0; 3];
    let mut written = version.split('.');
    for (part, text) in parts.iter_mut().zip(&mut written) {
        // A sign is no digit.
        *part = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())??;
    }
    written.next().is_none().then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_part_by_part() {
        assert_eq!(parts("1"), Some([1, 0, 0]));
        assert_eq!(parts("0.10.2"), Some([0, 10, 2]));
        assert!(parts("0.10") > parts("0.9.9"));
        for none in ["", "1.", ".1", "1.2.3.4", "+1", "1.x", "^1", "99999999999999999999"] {
            assert_eq!(parts(none), None, "{none}");
        }
    }

    #[test]
    fn only_a_newer_one_stops_us() {
        let at = |version: &str| Spanned::new(3..6, version.to_owned());
        assert!(too_new(&at(OURS)).is_none() && too_new(&at("0")).is_none() && too_new(&at("x")).is_none());
        assert_eq!(too_new(&at("99")).expect("newer").message, "this file needs xtask 99 or newer");
        assert!(mistaken(&at("x")).is_some() && mistaken(&at("99")).is_none());
    }
}
