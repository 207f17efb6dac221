//! The lines of cargo's files for a thin `xtask`: put into those that are there, whose other bytes stay.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::init::toml_text::basic;

/// The member, and the folder, of the thin xtask.
pub const MEMBER: &str = "xtask";
const ALIAS: &str = "run --package xtask --";

/// `xtask/Cargo.toml`.
pub fn manifest() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let version = version.rsplit_once('.').map_or(version, |(version, _)| version);
    format!(
        "[package]\nname = \"{MEMBER}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\ncompose-xtask = \"{version}\"\n"
    )
}

/// `xtask/src/main.rs`.
pub fn main() -> String {
    "fn main() -> std::process::ExitCode {\n    compose_xtask::runner!().main()\n}\n".to_owned()
}

/// A `Cargo.toml` whose workspace has the member `xtask`.
///
/// # Errors
///
/// Why it can't be changed.
pub fn with_member(old: Option<&str>) -> Result<String, String> {
    let Some(old) = old.filter(|old| !old.trim().is_empty()) else {
        return Ok(format!("[workspace]\nmembers = [{}]\nresolver = \"3\"\n", basic(MEMBER)));
    };
    let members = members(old)?;
    let changed = match &members {
        Members::Has => return Ok(old.to_owned()),
        Members::List { last, end } => with_entry(old, last.clone(), *end),
        Members::Header(at) => with_line(old, *at, &format!("members = [{}]", basic(MEMBER))),
        Members::None => {
            let line = if old.contains("\r\n") { "\r\n" } else { "\n" };
            let between = if old.ends_with('\n') { line.to_owned() } else { format!("{line}{line}") };
            format!("{old}{between}[workspace]{line}members = [{}]{line}", basic(MEMBER))
        }
    };
    match self::members(&changed) {
        Ok(Members::Has) => Ok(changed),
        _ => Err("its form is not known".to_owned()),
    }
}

/// Where members of a workspace are listed.
enum Members {
    /// `xtask` is one of them.
    Has,
    /// The bytes of the last one, and where the list ends.
    List {
        last: Option<Range<usize>>,
        end: usize,
    },
    /// A workspace without a list: where its header is.
    Header(usize),
    None,
}

fn members(text: &str) -> Result<Members, String> {
    let table = parse(text)?;
    let Some((key, workspace)) = table.get_ref().get_key_value("workspace") else { return Ok(Members::None) };
    let workspace = workspace.get_ref().as_table().ok_or("`workspace` is no table")?;
    let is_xtask = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str() == Some(MEMBER);
    let list = |name: &str| workspace.get(name).and_then(|list| Some((list.span(), list.get_ref().as_array()?)));
    if list("exclude").is_some_and(|(_, list)| list.iter().any(is_xtask)) {
        return Err("its workspace excludes `xtask`".to_owned());
    }
    let Some((span, members)) = list("members") else {
        let line = text[..key.span().start].rfind('\n').map_or(0, |at| at + 1);
        let is_header = text[line..].trim_start().starts_with("[workspace]");
        return Ok(if is_header { Members::Header(key.span().end) } else { Members::None });
    };
    if members.iter().any(|member| is_xtask(member) || member.get_ref().as_str() == Some("*")) {
        return Ok(Members::Has);
    }
    Ok(Members::List { last: members.iter().last().map(Spanned::span), end: span.end })
}

/// The list with one more entry: on a line of its own, if the last one is.
fn with_entry(text: &str, last: Option<Range<usize>>, end: usize) -> String {
    let entry = basic(MEMBER);
    let Some(last) = last else {
        let (before, after) = text.split_at(end - 1);
        return format!("{before}{entry}{after}");
    };
    let (before, after) = text.split_at(last.end);
    let line = before[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &before[line..last.start];
    let has_comma = after.trim_start().starts_with(',');
    if indent.trim().is_empty() && line > 0 {
        // The comment behind the last one stays there.
        let (comma, rest) = if has_comma { after.split_at(after.find(',').unwrap_or(0) + 1) } else { (",", after) };
        let stop = rest.find('\n').unwrap_or(rest.len());
        let (comment, rest) =
            rest.split_at(if rest[..stop].contains(']') && !rest[..stop].contains('#') { 0 } else { stop });
        let end_of_line = if comment.ends_with('\r') { "\r\n" } else { "\n" };
        let comment = comment.trim_end_matches('\r');
        let comma_behind = if has_comma { "," } else { "" };
        let rest = rest.strip_prefix('\n').unwrap_or(rest);
        return format!("{before}{comma}{comment}{end_of_line}{indent}{entry}{comma_behind}{end_of_line}{rest}");
    }
    format!("{before}, {entry}{after}")
}

/// A line below the one with a place in it.
fn with_line(text: &str, at: usize, line: &str) -> String {
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
    let (before, after) = text.split_at(end);
    let end_of_line = if before.ends_with("\r\n") { "\r\n" } else { "\n" };
    let between = if before.ends_with('\n') { "" } else { end_of_line };
    format!("{before}{between}{line}{end_of_line}{after}")
}

/// A `.cargo/config.toml` with the alias `xtask`.
///
/// # Errors
///
/// Why it can't be changed.
pub fn with_alias(old: Option<&str>) -> Result<String, String> {
    let line = format!("xtask = {}", basic(ALIAS));
    let Some(old) = old.filter(|old| !old.trim().is_empty()) else { return Ok(format!("[alias]\n{line}\n")) };
    let alias = alias(old)?;
    let changed = match alias {
        Alias::Is => return Ok(old.to_owned()),
        Alias::Other => return Err("it has another alias `xtask`".to_owned()),
        Alias::Header(at) => with_line(old, at, &line),
        Alias::None => {
            let between = if old.ends_with('\n') { "\n" } else { "\n\n" };
            format!("{old}{between}[alias]\n{line}\n")
        }
    };
    match self::alias(&changed) {
        Ok(Alias::Is) => Ok(changed),
        _ => Err("its form is not known".to_owned()),
    }
}

enum Alias {
    Is,
    Other,
    Header(usize),
    None,
}

fn alias(text: &str) -> Result<Alias, String> {
    let table = parse(text)?;
    let Some((key, aliases)) = table.get_ref().get_key_value("alias") else { return Ok(Alias::None) };
    let aliases = aliases.get_ref().as_table().ok_or("`alias` is no table")?;
    let runs_it = |value: &DeValue<'_>| match value {
        DeValue::String(line) => line.contains("xtask"),
        DeValue::Array(words) => words.iter().any(|word| word.get_ref().as_str() == Some(MEMBER)),
        _ => false,
    };
    Ok(match aliases.get("xtask") {
        Some(value) if runs_it(value.get_ref()) => Alias::Is,
        Some(_) => Alias::Other,
        None => Alias::Header(key.span().end),
    })
}

fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, String> {
    DeTable::parse(text).map_err(|error| error.message().trim().to_owned())
}

/// Whether a manifest is that of this program itself: a copy of its folder, as it was taken over before there was a library.
pub fn is_copy(manifest: &str) -> bool {
    let name = |table: &DeTable<'_>| {
        table.get("package")?.get_ref().as_table()?.get("name")?.get_ref().as_str().map(str::to_owned)
    };
    parse(manifest).is_ok_and(|table| name(table.get_ref()).as_deref() == Some("compose-xtask"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_put_into_what_is_there() {
        let own = "[workspace]\nmembers = [\"xtask\"]\nresolver = \"3\"\n";
        for (old, new) in [
            ("", own),
            (own, own),
            ("[workspace]\nmembers = []\n", "[workspace]\nmembers = [\"xtask\"]\n"),
            (
                "[workspace] # ours\nmembers = [ \"a\" ] # b\n",
                "[workspace] # ours\nmembers = [ \"a\", \"xtask\" ] # b\n",
            ),
            ("[workspace]\nmembers = [\"a\", ]\n", "[workspace]\nmembers = [\"a\", \"xtask\", ]\n"),
            (
                "[workspace]\nmembers = [\n  # first\n  \"a\", # a\n  \"b\" # b\n]\nx = 1\n",
                "[workspace]\nmembers = [\n  # first\n  \"a\", # a\n  \"b\", # b\n  \"xtask\"\n]\nx = 1\n",
            ),
            (
                "[workspace]\nmembers = [\n    \"a\",\n    # last\n]\n",
                "[workspace]\nmembers = [\n    \"a\",\n    \"xtask\",\n    # last\n]\n",
            ),
            (
                "[workspace]\r\nmembers = [\r\n  \"a\",\r\n]\r\n",
                "[workspace]\r\nmembers = [\r\n  \"a\",\r\n  \"xtask\",\r\n]\r\n",
            ),
            ("[package]\nname = \"a\"\n", "[package]\nname = \"a\"\n\n[workspace]\nmembers = [\"xtask\"]\n"),
            ("[workspace]\n\n[package]\nname = \"a\"", "[workspace]\nmembers = [\"xtask\"]\n\n[package]\nname = \"a\""),
            (
                "[workspace.dependencies]\na = \"1\"\n",
                "[workspace.dependencies]\na = \"1\"\n\n[workspace]\nmembers = [\"xtask\"]\n",
            ),
            ("[workspace]\nmembers = [\"*\"]\n", "[workspace]\nmembers = [\"*\"]\n"),
        ] {
            assert_eq!(with_member(Some(old)).as_deref(), Ok(new), "{old}");
        }
        assert_eq!(with_member(None).as_deref(), Ok(own));
        for old in [
            "[workspace]\nexclude = [\"xtask\"]\n",
            "workspace = 1\n",
            "[workspace",
            "workspace = { members = [\"a\"] }\nx =",
        ] {
            assert!(with_member(Some(old)).is_err(), "{old}");
        }
    }

    #[test]
    fn an_alias_is_put_into_what_is_there() {
        let own = "[alias]\nxtask = \"run --package xtask --\"\n";
        for (old, new) in [
            ("", own.to_owned()),
            (own, own.to_owned()),
            (
                "[alias]\nb = \"build\" # b\n",
                "[alias]\nxtask = \"run --package xtask --\"\nb = \"build\" # b\n".to_owned(),
            ),
            ("[build]\njobs = 1", format!("[build]\njobs = 1\n\n{own}")),
            (
                "[alias]\nxtask = [\"run\", \"--package\", \"xtask\", \"--\"]\n",
                "[alias]\nxtask = [\"run\", \"--package\", \"xtask\", \"--\"]\n".to_owned(),
            ),
        ] {
            assert_eq!(with_alias(Some(old)).as_deref(), Ok(new.as_str()), "{old}");
        }
        for old in ["[alias]\nxtask = \"run\"\n", "alias = { b = \"build\" }\n", "alias.b = \"build\"\n[alias", "["] {
            assert!(with_alias(Some(old)).is_err(), "{old}");
        }
    }
}
