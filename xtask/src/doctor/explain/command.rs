//! `doctor --explain`: what a message means and what to do.

use std::io::Read as _;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::doctor::explain;
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::ui::problem::Problem;
use crate::ui::style::Paint as _;

/// A whole log may come from standard input: only its end is looked at.
const MOST_BYTES: usize = 1 << 20;

/// Explains `message`, or what standard input says. Exit code 1 if it is unknown.
pub fn explain(context: &Context, message: Option<&str>, as_json: bool) -> Result<Exit> {
    let read;
    let message = match message {
        Some(message) => message,
        None => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("can't read standard input")?;
            read = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(MOST_BYTES)..]).into_owned();
            &read
        }
    };
    if message.trim().is_empty() {
        let hint = format!("for example: {} doctor --explain 'port is already allocated'", context.program());
        return Err(Problem::new("there is no message to explain").hint(hint).into());
    }
    let rows = explain::find(message);
    // The table says `cargo xtask`, which may not be what was typed.
    let fix = |row: &explain::Row| row.remedy(Os::HERE).replace("cargo xtask", context.program());
    if as_json {
        let explanation = |row: &&explain::Row| json!({ "message": row.shown, "means": row.meaning, "fix": fix(row) });
        let explanations: Vec<_> = rows.iter().map(explanation).collect();
        context.ui.json(json!({ "explanations": explanations }));
        return Ok(if rows.is_empty() { Exit::FINDINGS } else { Exit::DONE });
    }
    if rows.is_empty() {
        context.ui.problem("no explanation is known for this message");
        let hint = context.built_in("doctor").map(|typed| format!("check this machine: {typed}"));
        context.ui.hint(&hint.unwrap_or_default());
        return Ok(Exit::FINDINGS);
    }
    let styles = &context.ui.out;
    for (at, row) in rows.iter().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        context.ui.result(format_args!("{gap}{}", row.shown.style(styles.heading)));
        context.ui.result(format_args!("  {}", row.meaning));
        context.ui.result(format_args!("  {}: {}", "fix".style(styles.hint), fix(row)));
    }
    Ok(Exit::DONE)
}
