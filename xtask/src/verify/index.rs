//! Installers that keep a download only if the server's answer allows that: the question to the index, its answer, and
//! what follows from it.

use serde_json::{Value, json};

use crate::compose::redact::Secrets;
use crate::installers::command::values;
use crate::installers::installer::{Index, Installer};
use crate::verify::causes::{self, Case, Cause, cause};
use crate::verify::questions::single_quoted;
use crate::verify::verdict::{self, Mount, Verdict};

/// The program that asks, for the Python that is there because pip is.
const PROGRAM: &str = include_str!("ask_index.py");

/// A file to ask for.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name or address, as the installer printed it.
    file: String,
    /// The addresses of the indexes, as the installer printed them; empty for its usual one.
    indexes: Vec<String>,
}

/// What an index answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Who answered, and with which code; `None` if nobody did.
    pub from: Option<(String, u16)>,
    /// The headers that decide whether a file may be kept, as far as they were sent.
    pub headers: Vec<(String, String)>,
    /// The seconds from its `Date` to its `Expires`.
    pub lasts: Option<i64>,
    /// The code of the answer to the same question with the `ETag`: 304 if the file need not be sent again.
    pub again: Option<u16>,
    /// Why there is no answer.
    pub failed: String,
}

/// What to ask about a mount, and from inside which of its steps: only where nothing in the steps explains why its files
/// are downloaded again.
pub fn question(mount: &Mount) -> Option<(usize, Question)> {
    if !matches!(verdict::look_at(mount).0, Verdict::Empty | Verdict::Partly | Verdict::NotReused)
        || causes::in_steps(mount).is_some()
    {
        return None;
    }
    let index = mount.installer()?.obeys_headers?.is;
    mount.steps.iter().enumerate().find_map(|(at, step)| {
        let run = &step.runs[1];
        // Without a place for our words nothing can be asked there.
        run.look.as_ref()?;
        let lines = run.lines.iter().map(|line| line.trim());
        let file = lines.clone().find_map(index.file)?.to_owned();
        let indexes = lines.filter_map(|line| line.strip_prefix(index.said)).flat_map(|rest| rest.split(", "));
        Some((at, Question { file, indexes: indexes.map(str::to_owned).collect() }))
    })
}

impl Question {
    /// The words for the step. They print lines that begin with `mark`, and end the step before its own command.
    pub fn words(&self, mark: &str) -> String {
        let lines: Vec<String> = PROGRAM.lines().filter(|line| !line.starts_with('#')).map(single_quoted).collect();
        let arguments: Vec<String> = self.indexes.iter().map(|index| single_quoted(index)).collect();
        format!(
            ": {mark}; for _x in python3 python; do command -v $_x >/dev/null 2>&1 || continue; \
             printf '%s\\n' {} | $_x - {mark} {} {} 2>/dev/null && exit 0; done; \
             echo \"{mark} failed there is no Python 3 in the step to ask with\"; exit 0;",
            lines.join(" "),
            single_quoted(&self.file),
            arguments.join(" ")
        )
    }
}

impl Answer {
    /// Reads the lines of a step that asked.
    pub fn read(mark: &str, lines: &[String]) -> Answer {
        let mut answer = Answer { failed: "the step printed no answer".to_owned(), ..Answer::default() };
        for line in lines.iter().filter_map(|line| line.strip_prefix(mark)?.strip_prefix(' ')) {
            match line.split_once(' ') {
                Some(("answer", rest)) => {
                    let (code, host) = rest.split_once(' ').unwrap_or((rest, ""));
                    answer.from = code.parse().ok().map(|code| (host.to_owned(), code));
                }
                Some(("header", rest)) => {
                    let (name, value) = rest.split_once(": ").unwrap_or((rest, ""));
                    answer.headers.push((name.to_owned(), value.to_owned()));
                }
                Some(("lasts", seconds)) => answer.lasts = seconds.parse().ok(),
                Some(("again", code)) => answer.again = code.parse().ok(),
                Some(("failed", why)) => why.clone_into(&mut answer.failed),
                _ => {}
            }
        }
        answer
    }

    /// Whether pip keeps the file and uses it again (measured with 23.2.1 and 26.3): it needs a `Date` and a `max-age` or
    /// `Expires` after it, or an `ETag` for which the server then sends 304; and no `no-store`. It reads `max-age` in small
    /// letters only.
    fn allows_keeping(&self) -> bool {
        let value =
            |wanted: &str| self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let mut rules = value("Cache-Control").unwrap_or_default().split(',').map(str::trim);
        let age = rules.clone().find_map(|rule| rule.strip_prefix("max-age=")?.parse::<i64>().ok());
        let lasts = value("Date").is_some() && age.or(self.lasts).is_some_and(|seconds| seconds > 0);
        !rules.any(|rule| rule == "no-store") && (lasts || self.again == Some(304))
    }

    /// The headers as they were sent: `Cache-Control: no-store`. A date says nothing by itself.
    fn sent(&self) -> String {
        let sent = self.headers.iter().filter(|(name, _)| name != "Date");
        let sent: Vec<String> = sent.map(|(name, value)| format!("`{name}: {value}`")).collect();
        match (sent.is_empty(), self.again) {
            (true, _) => "no `Cache-Control`, `ETag` or `Expires`".to_owned(),
            (false, None | Some(304)) => sent.join(", "),
            (false, Some(code)) => {
                format!("{}, and answers {code} and not 304 when asked with the `ETag`", sent.join(", "))
            }
        }
    }

    /// What was seen, for where that is not the cause.
    pub fn sentence(&self) -> String {
        match &self.from {
            Some((host, _)) => format!("the index `{host}`, which allows keeping its files ({})", self.sent()),
            None => format!("not the index, which could not be asked ({})", self.failed),
        }
    }

    /// Without secret values.
    pub fn redacted(&self, secrets: &Secrets) -> Answer {
        let redact = |text: &String| secrets.redact(text);
        Answer {
            from: self.from.as_ref().map(|(host, code)| (redact(host), *code)),
            headers: self.headers.iter().map(|(name, value)| (redact(name), redact(value))).collect(),
            failed: redact(&self.failed),
            ..*self
        }
    }

    pub fn as_json(&self) -> Value {
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        json!({
            "host": self.from.as_ref().map(|(host, _)| host),
            "status": self.from.as_ref().map(|(_, code)| code),
            "headers": headers.collect::<serde_json::Map<_, _>>(),
            "error": self.from.is_none().then_some(&self.failed),
        })
    }
}

/// The index does not allow to keep what it sends, by its own answer.
pub fn forbids(mount: &Mount) -> Option<Cause> {
    let index = mount.installer()?.obeys_headers?.is;
    let answers = mount.steps.iter().filter_map(|step| step.answer.as_ref());
    let mut forbidding = answers.filter(|answer| !answer.allows_keeping());
    forbidding.find_map(|answer| {
        let (host, _) = answer.from.as_ref()?;
        let why = format!(
            "the index `{host}`, or a proxy before it, does not allow keeping its files: asked for one, it sent {}",
            answer.sent()
        );
        Some(cause(why, index.fix))
    })
}

/// The index is plain http, and the installer was not told to trust it.
pub fn is_untrusted(case: &Case<'_>) -> Option<Cause> {
    let index = case.installer.obeys_headers?.is;
    if case.step.runs[1].said.fetched.unwrap_or(0) == 0 {
        return None;
    }
    let host = untrusted(case, &index)?;
    let (name, option) = (case.installer.name, index.trust.0);
    Some(cause(
        format!("the index `{host}` is plain http, and {name} keeps nothing from one that it is not told to trust"),
        format!(
            "line {} of `{}`: {} {option} {} …, or an https address",
            case.step.line,
            case.file,
            case.what(),
            without_port(&host)
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
    let is_trusted = |place: &str| {
        let name = without_port(place);
        [place, name, name.trim_matches(['[', ']'])].iter().any(|known| trusted.contains(known))
    };
    indexes.into_iter().filter_map(host).find(|place| !is_trusted(place))
}

/// `[::1]` of `[::1]:8080`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
