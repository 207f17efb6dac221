//! What compose says on stderr.

use std::collections::HashSet;

/// The variables that are not set, from compose's warnings, each once: `The FOO variable is not set. Defaulting to a
/// blank string.` (1.29), `… msg="The \"FOO\" variable is not set. …"` (2.26 and 2.40).
pub fn unset_variables(stderr: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let name = |line: &'_ str| {
        let (before, _) = line.split_once(" variable is not set")?;
        Some(before.rsplit(' ').next().unwrap_or_default().trim_matches(['"', '\\']).to_owned())
    };
    stderr.lines().filter_map(name).filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}

/// What compose said when it could not read its files, in one line and without its own warnings, if it said anything.
pub fn last_sentence(stderr: &str) -> Option<String> {
    let is_noise = |line: &str| {
        line.is_empty()
            || line.contains("level=warning")
            || line.contains(" variable is not set")
            || line.starts_with("Python-dotenv")
            || line.starts_with("Traceback")
            || line.starts_with("File \"")
            || line.starts_with("[")
    };
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !is_noise(line)).collect();
    // Compose 1 says it in two lines, the second of which is the mistake, or in the last of a traceback.
    let last = if stderr.contains("Traceback (most recent") { 1 } else { 4 };
    let lines = match lines.iter().rposition(|line| line.starts_with("The Compose file")) {
        Some(at) => &lines[at..],
        None => &lines[lines.len().saturating_sub(last)..],
    };
    (!lines.is_empty()).then(|| lines.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_compose_says_of_its_files() {
        let said = "time=\"2026-11-24T16:38:07Z\" level=warning msg=\"The \\\"FOO\\\" variable is not set. Defaulting to a blank string.\"\n\
                    The BAZ variable is not set. Defaulting to a blank string.\nThe BAZ variable is not set. Defaulting to a blank string.\n";
        assert_eq!(unset_variables(said), ["FOO", "BAZ"]);
        let of_1 = "The BAZ variable is not set. Defaulting to a blank string.\nThe Compose file './x.yaml' is invalid because:\nUnsupported config option for services.api: 'imagee'\n";
        let sentence =
            "The Compose file './x.yaml' is invalid because: Unsupported config option for services.api: 'imagee'";
        assert_eq!(last_sentence(of_1).as_deref(), Some(sentence));
        let of_2 = "time=\"x\" level=warning msg=\"y\"\nvalidating /p/x.yaml: services.api additional properties 'imagee' not allowed\n";
        assert_eq!(
            last_sentence(of_2).as_deref(),
            Some("validating /p/x.yaml: services.api additional properties 'imagee' not allowed")
        );
        // Recorded from compose 1.29.2 with a `.env` in Latin 1, shortened.
        let traceback = "Traceback (most recent call last):\n  File \"/usr/bin/docker-compose\", line 33, in <module>\n    sys.exit(main())\n    ^^^^^^\n\
            UnicodeDecodeError: 'utf-8' codec can't decode byte 0xfc in position 6: invalid start byte\n";
        let sentence = "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xfc in position 6: invalid start byte";
        assert_eq!(last_sentence(traceback).as_deref(), Some(sentence));
        assert_eq!(last_sentence("\n"), None);
    }
}
