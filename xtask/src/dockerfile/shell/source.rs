//! The text that a shell sees, and where each byte of it stands in the Dockerfile.

use std::ops::Range;
use std::rc::Rc;

/// Stands for each byte of a continued line's end and of the comments behind it, so that every place stays what it was.
pub const FILLER: char = '\0';

/// The text of one shell.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub text: Rc<str>,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
enum Origin {
    /// It stands in the Dockerfile as it is, from here on.
    At(usize),
    /// It was made of the words that stand here.
    Of(Range<usize>),
}

impl Source {
    /// The words of an instruction: continued lines are one line, and what lies behind the first line that does not go
    /// on is left as it is (BuildKit, `parser.go`).
    pub fn of_instruction(written: &str, offset: usize, escape: char) -> Source {
        let mut text = String::with_capacity(written.len());
        let mut goes_on = false;
        for line in written.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r']);
            let is_comment = content.trim_start().starts_with('#') || content.trim().is_empty();
            let kept = if goes_on && is_comment {
                ""
            } else {
                let before = content.trim_end_matches([' ', '\t']).strip_suffix(escape);
                let Some(before) = before.filter(|before| !before.ends_with(escape)) else {
                    text.push_str(&written[text.len()..]);
                    break;
                };
                before
            };
            text.push_str(kept);
            text.extend((kept.len()..line.len()).map(|_| FILLER));
            goes_on = true;
        }
        Source { text: text.into(), origin: Origin::At(offset) }
    }

    /// A text that comes of words.
    pub fn of_words(text: &str, words: Range<usize>) -> Source {
        Source { text: text.into(), origin: Origin::Of(words) }
    }

    /// A part of a text as a text of its own.
    pub fn part(&self, range: Range<usize>) -> Source {
        let origin = match &self.origin {
            Origin::At(start) => Origin::At(start + range.start),
            of_words => of_words.clone(),
        };
        Source { text: self.text[range].into(), origin }
    }

    /// The text of a word that is in quotes as a whole and has nothing in it to expand: it stands there as it is.
    pub fn quoted(&self, span: &Range<usize>) -> Option<Source> {
        let Origin::At(start) = self.origin else { return None };
        let range = span.start.checked_sub(start)?..span.end.checked_sub(start)?;
        let written = self.text.get(range.clone())?;
        let is_plain = match written.chars().next()? {
            '\'' => written.matches('\'').count() == 2 && written.ends_with('\''),
            '"' => written.matches('"').count() == 2 && written.ends_with('"') && !written.contains(['$', '`', '\\']),
            _ => false,
        };
        is_plain.then(|| self.part(range.start + 1..range.end - 1))
    }

    /// Where a part of the text stands in the Dockerfile.
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        match &self.origin {
            Origin::At(start) => start + range.start..start + range.end,
            Origin::Of(words) => words.clone(),
        }
    }
}
