//! The words of a step.

use crate::init::draft::Word;
use crate::init::makefile::piece::{self, Piece};
use crate::init::translate::command::Item;
use crate::init::translate::flags::{GOALS, dashed};
use crate::init::translate::made::{Made, Sight};
use crate::init::translate::shell::{NeedsShell, Part, Word as ShellWord};

/// Shared words with a flag in them are written out, since a shared one can have none.
pub fn unshared(words: Vec<Word>) -> Vec<Word> {
    let has_flag = |word: &Word| match word {
        Word::Shared { words, .. } => Word::flat(words).iter().any(|word| matches!(word, Word::Placeholder(_))),
        _ => false,
    };
    let mut all = Vec::new();
    for word in words {
        match word {
            Word::Shared { words, .. }
                if Word::flat(&words).iter().any(|word| matches!(word, Word::Placeholder(_))) =>
            {
                all.extend(unshared(words))
            }
            word => all.push(word),
        }
    }
    debug_assert!(!all.iter().any(has_flag));
    all
}

/// A word of a step.
pub fn word(made: &mut Made, item: &Item, is_in_folder: bool, sight: &Sight<'_>) -> Result<Word, NeedsShell> {
    match item {
        Item::Word(word) => plain_word(made, word, is_in_folder, sight),
        Item::Group { name, items } => {
            let mut words = Vec::new();
            for item in items {
                words.push(self::word(made, item, is_in_folder, sight)?);
            }
            Ok(Word::Shared { name: dashed(name), words })
        }
    }
}

fn plain_word(made: &mut Made, word: &ShellWord, is_in_folder: bool, sight: &Sight<'_>) -> Result<Word, NeedsShell> {
    if word.is_pattern {
        return Err(NeedsShell);
    }
    if let Some(text) = word.text() {
        return Ok(Word::Literal(text));
    }
    // A path from the folder of the Makefile.
    if let [Part::Hole { piece: Piece::Root, .. }, Part::Text(rest)] = word.parts.as_slice() {
        if rest.starts_with('/') && !rest.contains([':', ',', '=']) && !is_in_folder {
            return Ok(Word::Literal(format!(".{rest}")));
        }
    }
    if let [Part::Hole { piece: Piece::Make, .. }] = word.parts.as_slice() {
        return Ok(Word::literal("make"));
    }
    let holes = word.parts.iter().filter(|part| matches!(part, Part::Hole { .. })).count();
    if holes != 1 {
        return Err(NeedsShell);
    }
    let is_whole = word.parts.len() == 1;
    let mut template = String::new();
    let mut asked = None;
    for part in &word.parts {
        match part {
            Part::Text(text) if text.contains(['{', '}']) => return Err(NeedsShell),
            Part::Text(text) => template.push_str(text),
            Part::Hole { piece, is_quoted } => {
                template.push_str("{value}");
                asked = Some((piece, *is_quoted || word.is_quoted));
            }
        }
    }
    match asked {
        Some((Piece::Args, false)) if is_whole => match made.flags.is_args(GOALS) {
            true => Ok(Word::Placeholder("args".to_owned())),
            false => Err(NeedsShell),
        },
        Some((Piece::Asked { name, default, .. }, is_quoted)) => {
            let default = default.as_ref().map(|default| piece::text(default).ok_or(NeedsShell)).transpose()?;
            let default = default.map(|default| default.trim().to_owned());
            if is_whole && !is_quoted && default.as_deref().unwrap_or_default().is_empty() && made.flags.is_args(name) {
                return Ok(Word::Placeholder("args".to_owned()));
            }
            // Several words, or what a shell would look at twice.
            let is_plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_-./:=,@+%^".contains(c));
            if default.as_deref().is_some_and(|default| !is_plain(default)) {
                return Err(NeedsShell);
            }
            let default = match default {
                // Empty, it is no word.
                Some(default) if default.is_empty() && is_whole && !is_quoted => None,
                None if !is_whole || is_quoted => Some(String::new()),
                default => default,
            };
            // A variable that is set to nothing stays nothing in make, and a flag takes its default then.
            let flag = made.flags.in_words(sight.task, name, &template, default.as_deref())?;
            Ok(Word::Placeholder(flag))
        }
        _ => Err(NeedsShell),
    }
}

/// The text that `echo` prints.
pub fn said(words: &[&ShellWord]) -> Result<String, NeedsShell> {
    let texts: Option<Vec<String>> = words.iter().map(|word| word.text()).collect();
    let texts = texts.ok_or(NeedsShell)?;
    let text = texts.join(" ");
    let is_flag = texts.first().is_some_and(|first| {
        first.len() > 1 && first.starts_with('-') && first[1..].chars().all(|c| "neE".contains(c))
    });
    let is_plain = !text.contains('\\') && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    if is_flag || !is_plain { Err(NeedsShell) } else { Ok(text) }
}
