//! Values in the files that may be secret: the variables of containers, and what `secrets` and `configs` hold.

use std::path::PathBuf;

use serde_json::Value;

use crate::compose::services::build_flags::pairs;
use crate::compose::services::text;
use crate::ui::secret::is_secret;

/// One of `secrets`, or one of `configs` whose name means a secret. Its value is in one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub name: String,
    /// Absolute.
    pub file: Option<PathBuf>,
    pub variable: Option<String>,
    /// What the file says itself, or the variable's value.
    pub content: Option<String>,
}

/// Those of the whole file.
pub fn of(file: &Value) -> Vec<Held> {
    let of = |key: &str| file.get(key).and_then(Value::as_object).into_iter().flatten();
    let configs = of("configs").filter(|(name, _)| is_secret(name));
    let held = of("secrets").chain(configs).map(|(name, it)| Held {
        name: name.clone(),
        file: text(it, "file").map(PathBuf::from),
        variable: text(it, "environment"),
        content: text(it, "content"),
    });
    held.collect()
}

/// The variables of all services' containers.
pub fn environment(file: &Value) -> Vec<(String, String)> {
    let services = file.get("services").and_then(Value::as_object).into_iter().flatten();
    services.flat_map(|(_, service)| pairs(service.get("environment"), &['='])).collect()
}
