//! Installers that keep a download only if the server's answer allows that.

use crate::installers::command::values;
use crate::installers::installer::{Index, Installer};
use crate::verify::causes::{Case, Cause, cause};

/// Why the second build downloaded everything again.
pub fn cause_of(case: &Case<'_>) -> Option<Cause> {
    let index = case.installer.obeys_headers?.is;
    if case.step.runs[1].said.fetched.unwrap_or(0) == 0 {
        return None;
    }
    let Some(host) = untrusted(case, &index) else {
        let why = "the index sends no header that allows keeping its files (`Cache-Control`, `ETag`), as some mirrors \
                   and proxies do";
        return Some(cause(why, index.fix));
    };
    let (name, option) = (case.installer.name, index.trust.0);
    let what = case.installs().next().map_or_else(|| name.to_owned(), |install| install.what());
    Some(cause(
        format!("the index `{host}` is plain http, and {name} keeps nothing from one that it is not told to trust"),
        format!(
            "line {} of `{}`: {what} {option} {} …, or an https address",
            case.step.line,
            case.file,
            host.split(':').next().unwrap_or(&host)
        ),
    ))
}

/// The installer said that it ignores an index it does not trust.
pub fn refused(installer: &Installer, line: usize, lines: &[String]) -> Option<Cause> {
    let index = installer.obeys_headers?.is;
    let said = lines.iter().find(|line| line.contains(index.refused))?;
    let host = said.split(" located at ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("HOST");
    let (name, option) = (installer.name, index.trust.0);
    Some(cause(
        format!("{name} ignores the index `{host}`: it is plain http, and {name} is not told to trust it"),
        format!("an https address for the index, or in line {line}: {name} install {option} {host}"),
    ))
}

/// The host of a plain-http index that the installer was not told to trust.
fn untrusted(case: &Case<'_>, index: &Index) -> Option<String> {
    let around = case.surroundings();
    // What the commands, the variables and the configuration files say.
    let said = |options: &[&str], names: &[&str], keys: &[&str]| -> Vec<&str> {
        let options = case.commands.iter().flat_map(|command| values(&command.words, options));
        let variables = names.iter().filter_map(|name| around.variable(name)).flat_map(str::split_whitespace);
        let settings = keys.iter().flat_map(|key| around.settings(key));
        options.chain(variables).chain(settings).collect()
    };
    let (option, variable, setting) = index.trust;
    let trusted = said(&[option], &[variable], &[setting]);
    let mut indexes = said(index.options, index.variables, index.settings);
    let lines = case.step.runs.iter().flat_map(|run| &run.lines);
    indexes.extend(lines.filter_map(|line| line.trim().strip_prefix(index.said)).flat_map(|rest| rest.split(", ")));
    let host = |address: &'_ str| {
        let rest = address.strip_prefix("http://")?;
        let place = rest.split('/').next().unwrap_or(rest);
        Some(place.rsplit('@').next().unwrap_or(place).to_owned())
    };
    let is_trusted =
        |place: &str| trusted.contains(&place) || trusted.contains(&place.split(':').next().unwrap_or(place));
    indexes.into_iter().filter_map(host).find(|place| !is_trusted(place))
}
