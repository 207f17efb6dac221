//! "Did you mean": the known name that was meant.

/// The known name nearest to what was typed, when one is near enough to be meant: for "did you mean".
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = plain(typed);
    let length = plain.chars().count();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&plain, &self::plain(name)), name))
        .filter(|(distance, _)| *distance <= (length / 3).max(1) && *distance < length.max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A name without case, dashes and underscores, which people write differently.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '-' && *c != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_ignores_case_and_dashes() {
        let known = ["detached", "no-cache", "pull"];
        assert_eq!(nearest("Detached", known), Some("detached"));
        assert_eq!(nearest("NoCache", known), Some("no-cache"));
        assert_eq!(nearest("detatched", known), Some("detached"));
        assert_eq!(nearest("dve", ["logs", "dev"]), Some("dev"));
        assert_eq!(nearest("frobnicate", known), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
