//! What is known of a condition before it runs: `[ -z "" ]` holds, of `[ -f x ]` nothing is known.

use super::script::{Chain, Command, List, Pipeline};

/// Whether a list of commands succeeds, if that can be told and nothing else would have happened.
pub fn list(list: &List) -> Option<bool> {
    match list.as_slice() {
        [chain] if !chain.background => self::chain(chain),
        _ => None,
    }
}

fn chain(chain: &Chain) -> Option<bool> {
    let mut value = pipeline(&chain.first)?;
    for (after_success, next) in &chain.rest {
        if value == *after_success {
            value = pipeline(next)?;
        }
    }
    Some(value)
}

/// The same of a pipeline.
pub fn pipeline(pipeline: &Pipeline) -> Option<bool> {
    let value = match pipeline.commands.as_slice() {
        [Command::Simple(simple)] if simple.redirects.is_empty() => {
            let words: Option<Vec<String>> = simple.words.iter().map(|word| word.plain()).collect();
            let words = words?;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["true" | ":"] => true,
                ["false"] => false,
                ["test", words @ ..] => test(words)?,
                ["[", words @ .., "]"] => test(words)?,
                _ => return None,
            }
        }
        [Command::Group(inner, _, redirects)] if redirects.is_empty() => list(inner)?,
        _ => return None,
    };
    Some(value != pipeline.negated)
}

fn test(words: &[&str]) -> Option<bool> {
    Some(match words {
        ["!", rest @ ..] => !test(rest)?,
        [] => false,
        [text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        ["-n", text] => !text.is_empty(),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, operator, right] => {
            let (left, right): (i64, i64) = (left.parse().ok()?, right.parse().ok()?);
            match *operator {
                "-eq" => left == right,
                "-ne" => left != right,
                "-gt" => left > right,
                "-ge" => left >= right,
                "-lt" => left < right,
                "-le" => left <= right,
                _ => return None,
            }
        }
        _ => return None,
    })
}
