//! What is known of BuildKit's variables.

/// What every command gets unless somebody said otherwise: BuildKit is chosen before a build starts, and neither a
/// Dockerfile nor a compose file can choose it. `COMPOSE_DOCKER_CLI_BUILD` is read by compose 1.25 to 1.29 alone
/// (1.25 to 1.27 need both); compose 2 and later ignore it.
pub const VARIABLES: [(&str, &str); 2] = [("DOCKER_BUILDKIT", "1"), ("COMPOSE_DOCKER_CLI_BUILD", "1")];

/// Whether a value of `COMPOSE_DOCKER_CLI_BUILD` has compose 1 build without docker's own command, and so without
/// BuildKit (compose 1.29, `Environment.get_boolean`; an empty value never arrives: ours takes its place).
pub fn is_off_for_compose_1(value: &str) -> bool {
    value == "0" || value.eq_ignore_ascii_case("false")
}

/// Whether a value of `DOCKER_BUILDKIT` turns BuildKit off. Docker reads it as Go's `strconv.ParseBool` does; an
/// empty value counts as not set (measured on 20.10, 26.1 and 28.5).
pub fn is_off(value: &str) -> bool {
    matches!(value, "0" | "f" | "F" | "false" | "False" | "FALSE")
}

/// Whether docker takes a value of `DOCKER_BUILDKIT` at all; any other stops every build.
pub fn is_boolean(value: &str) -> bool {
    value.is_empty() || is_off(value) || matches!(value, "1" | "t" | "T" | "true" | "True" | "TRUE")
}

/// Whether a value of `COMPOSE_DOCKER_CLI_BUILD` makes compose 1 build without BuildKit (compose 1.29,
/// `get_boolean`).
pub fn builds_by_itself(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "0" | "false")
}
