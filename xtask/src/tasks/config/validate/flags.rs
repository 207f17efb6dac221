//! The flags of a task.

use crate::tasks::config::words::Words;
use crate::tasks::config::{Body, Config, Flag, Known, check};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::secret;

/// Every mistake in one flag of a task.
pub fn mistakes(flag: &Flag, body: &Body, config: &Config, known: Known<'_>, found: &mut Vec<Finding>) {
    found.extend(check::placeholder(&flag.name, "a flag", flag.span.clone()));
    let mut mistake = |message: String, hint: &str| {
        let finding = mistake(message, flag.span.clone());
        found.push(if hint.is_empty() { finding } else { finding.fix(hint) });
    };
    let name = &flag.name;
    let globals = (known.global_flags)();
    if globals.iter().any(|(global, _)| global == name) {
        mistake(format!("`--{name}` is a flag of every command"), "choose another name");
    }
    if let Some(short) = flag.short {
        if let Some((global, _)) = globals.iter().find(|(_, letter)| *letter == Some(short)) {
            mistake(format!("`-{short}` is `--{global}` of every command"), "choose another letter");
        }
        let first = body.flags.iter().find(|other| other.short == Some(short));
        if let Some(first) = first.filter(|first| first.name != *name && first.span.start < flag.span.start) {
            mistake(format!("`-{short}` is taken by `--{}`", first.name), "choose another letter");
        }
    }
    let is_shared = |words: &Words| words.contains_key(name);
    if is_shared(&config.base.words) || config.modes.iter().any(|mode| is_shared(&mode.setting.words)) {
        mistake(
            format!("`{{{name}}}` is a flag, and stands for shared words"),
            "rename the flag, or the words in [words]",
        );
    }
    if flag.broken {
        return;
    }
    if flag.words.is_empty() && flag.env.is_none() {
        mistake(format!("flag `{name}` does nothing"), "give it `words` for its `{flag}` in a step, or `env`");
    }
    if flag.env.as_deref().is_some_and(|env| env.is_empty() || env.contains('=')) {
        mistake(format!("flag `{name}` has an `env` that can't be the name of a variable"), "");
    }
    let holds_value = flag.words.iter().any(|word| word.contains("{value}"));
    if flag.value.is_none() {
        if flag.required || flag.from_env.is_some() {
            mistake(
                format!("flag `{name}` takes no value"),
                "`required` and `from-env` are about one: `value = \"NAME\"`",
            );
        } else if holds_value || flag.default.is_some() || !flag.choices.is_empty() {
            mistake(format!("flag `{name}` takes no value"), "give the value a name: `value = \"NAME\"`");
        }
    } else {
        if !flag.words.is_empty() && !holds_value {
            mistake(
                format!("the words of flag `{name}` leave out its value"),
                "put `{value}` where it belongs: words = [\"--tail\", \"{value}\"]",
            );
        }
        if flag.required && flag.default.is_some() {
            mistake(format!("flag `{name}` is required, and has a default"), "leave one of them out");
        }
        if flag.from_env.as_deref().is_some_and(|variable| variable.is_empty() || variable.contains('=')) {
            mistake(format!("flag `{name}` has a `from-env` that can't be the name of a variable"), "");
        }
        if let Some(variable) = flag
            .from_env
            .as_ref()
            .filter(|variable| !flag.words.is_empty() && (secret::is_secret(variable) || flag.is_secret()))
        {
            mistake(
                format!("`{variable}` is secret, and flag `{name}` puts it into words, which every process can read"),
                "pass it on as a variable: `env` in place of `words`",
            );
        }
        let is_choice = |default: &String| flag.choices.is_empty() || flag.choices.contains(default);
        if let Some(default) = flag.shown_default().filter(|_| !flag.default.as_ref().is_some_and(is_choice)) {
            mistake(format!("the default `{default}` of flag `{name}` is not one of its choices"), "");
        }
    }
}
