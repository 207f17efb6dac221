//! Questions to docker, compose and their plugins: the one place where their answers come in. What can't be had of one says
//! which question it was and what was printed in place of an answer.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitStatus;
use std::time::Instant;

use anyhow::Result;

use crate::project::looking::VALUED;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::process::{self, Ended, Output};
use crate::ui::escape;

/// What a question was answered.
pub struct Answer {
    /// The question, as a person calls it.
    command: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// A question without an answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The question, as a person calls it: `docker buildx du`.
    pub command: String,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was not answered in its time.
    Silent,
    /// It could not be asked.
    NotStarted(String),
    /// It failed, and this is what it said.
    Failed(String),
    /// It printed more than is read; how that began.
    TooMuch(String),
    /// It was answered by something else; how that began, and what is wrong with it where that is known.
    NotUnderstood(String, Option<String>),
}

impl Unanswered {
    pub fn new(question: &Invocation, why: Why) -> Unanswered {
        Unanswered { command: called(&question.words), why }
    }

    pub fn is_silent(&self) -> bool {
        self.why == Why::Silent
    }

    /// The same with what was printed redacted.
    pub fn redacted(self, redact: impl Fn(&str) -> String) -> Unanswered {
        let why = match self.why {
            Why::Silent | Why::NotStarted(_) => self.why,
            Why::Failed(said) => Why::Failed(redact(&said)),
            Why::TooMuch(start) => Why::TooMuch(redact(&start)),
            Why::NotUnderstood(start, mistake) => Why::NotUnderstood(redact(&start), mistake.as_deref().map(redact)),
        };
        Unanswered { why, ..self }
    }

    /// What it said itself where it failed; else what is wrong with the answer.
    pub fn said(&self) -> String {
        match &self.why {
            Why::Failed(said) => said.clone(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = &self.command;
        match &self.why {
            Why::Silent => write!(f, "`{command}` does not answer"),
            Why::NotStarted(why) => f.write_str(why),
            Why::Failed(said) => write!(f, "`{command}` failed: {said}"),
            Why::TooMuch(start) => {
                let most = process::LARGEST >> 20;
                write!(f, "`{command}` printed more than {most} MB and was ended; it begins with `{}`", shown(start))
            }
            Why::NotUnderstood(start, _) if start.is_empty() => write!(f, "`{command}` printed nothing"),
            Why::NotUnderstood(start, mistake) => {
                write!(f, "the answer of `{command}` can't be read")?;
                mistake.iter().try_for_each(|mistake| write!(f, ": {}", escape::one_line(mistake)))?;
                write!(f, "; it begins with `{}`", shown(start))
            }
        }
    }
}

impl std::error::Error for Unanswered {}

/// Asks, and waits until `deadline`.
///
/// # Errors
///
/// It does not end by then, or can't be started, or prints too much. One that fails is an answer.
pub fn ask(question: &Invocation, environment: &Environment, deadline: Instant) -> Result<Answer, Unanswered> {
    answer(question, process::output_until(question, environment, deadline))
}

/// The same for cleaning up: a Ctrl-C on the terminal does not reach the command.
///
/// # Errors
///
/// As for [`ask`].
pub fn ask_tidying(question: &Invocation, environment: &Environment, deadline: Instant) -> Result<Answer, Unanswered> {
    answer(question, process::tidy_until(question, environment, deadline))
}

fn answer(question: &Invocation, ended: Result<Ended>) -> Result<Answer, Unanswered> {
    let why = match ended {
        Ok(Ended::Itself(Output { status, stdout, stderr })) => {
            return Ok(Answer { command: called(&question.words), status, stdout, stderr });
        }
        Ok(Ended::TooLate) => Why::Silent,
        Ok(Ended::TooMuch(printed)) => Why::TooMuch(start(&printed)),
        Err(error) => Why::NotStarted(format!("{error:#}")),
    };
    Err(Unanswered::new(question, why))
}

impl Answer {
    /// The same, if it did not fail.
    ///
    /// # Errors
    ///
    /// It did, and what it said.
    pub fn on_success(self) -> Result<Answer, Unanswered> {
        if self.status.success() {
            return Ok(self);
        }
        let said = self.stderr.trim().trim_start_matches("ERROR: ");
        // One that was killed says nothing.
        let said = if said.is_empty() { self.status.to_string() } else { said.to_owned() };
        Err(Unanswered { command: self.command, why: Why::Failed(said) })
    }

    /// What `read` makes of its standard output.
    ///
    /// # Errors
    ///
    /// `read` does not understand it.
    pub fn read<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Unanswered> {
        self.parse(|said| read(said).ok_or(None))
    }

    /// The same where `parse` may say what is wrong.
    ///
    /// # Errors
    ///
    /// `parse` does not understand it.
    pub fn parse<T>(&self, parse: impl FnOnce(&str) -> Result<T, Option<String>>) -> Result<T, Unanswered> {
        parse(&self.stdout).map_err(|mistake| {
            let printed = if self.stdout.trim().is_empty() { &self.stderr } else { &self.stdout };
            Unanswered { command: self.command.clone(), why: Why::NotUnderstood(start(printed), mistake) }
        })
    }
}

/// The beginning of what was printed: more than is shown, so that a secret in it is whole when it is redacted.
fn start(printed: &str) -> String {
    printed.trim().chars().take(process::START).collect()
}

/// As much of it as is shown, on one line.
fn shown(start: &str) -> String {
    escape::one_line(start.chars().take(60).collect::<String>())
}

/// A question without its options: `docker buildx du`, `docker --version`.
fn called(words: &[OsString]) -> String {
    let mut words = words.iter().map(|word| word.to_string_lossy());
    let program = words.next().unwrap_or_default();
    let program = program.rsplit(std::path::is_separator).next().unwrap_or_default();
    let name = [".exe", ".cmd", ".bat"].iter().find_map(|ending| program.strip_suffix(ending)).unwrap_or(program);
    let mut called = vec![name.to_owned()];
    let mut first_option = None;
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            words.by_ref().take(VALUED.contains(&&*word).into()).for_each(drop);
            first_option.get_or_insert(word);
        } else {
            called.push(word.clone().into_owned());
            if word != "compose" {
                break;
            }
        }
    }
    match called.len() {
        1 => called.extend(first_option.map(Into::into)),
        _ => called.extend(words.next().filter(|word| !word.starts_with('-')).map(Into::into)),
    }
    called.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_called_without_its_options() {
        for (line, name) in [
            ("/usr/bin/docker --version", "docker --version"),
            ("docker --context far -H tcp://x:1 buildx du --verbose", "docker buildx du"),
            ("docker version --format {{json .}}", "docker version"),
            (
                "docker --host=tcp://x:1 compose -f a.yaml -p x --profile * config --format json",
                "docker compose config",
            ),
            ("docker-compose ps -a -q", "docker-compose ps"),
            ("docker image inspect --format {{.Id}} x", "docker image inspect"),
            ("/opt/docker-compose-1.29.2 config", "docker-compose-1.29.2 config"),
            ("docker.exe compose.d", "docker compose.d"),
            ("docker", "docker"),
            ("docker --context", "docker --context"),
        ] {
            assert_eq!(called(&line.split(' ').map(OsString::from).collect::<Vec<_>>()), name, "{line}");
        }
    }
}
