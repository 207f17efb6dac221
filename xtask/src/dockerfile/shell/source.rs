//! The text that a shell reads, and where it is in the instruction.

use std::ops::Range;
use std::rc::Rc;

/// The text of one shell.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub text: Rc<str>,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
enum Origin {
    /// It is in the instruction as it is, from this offset.
    At(usize),
    /// It was expanded from the words here.
    Of(Range<usize>),
}

impl Source {
    /// The words of an instruction.
    pub fn new(text: &str) -> Source {
        Source { text: text.into(), origin: Origin::At(0) }
    }

    /// A text that words expand to.
    pub fn of_words(text: &str, words: Range<usize>) -> Source {
        Source { text: text.into(), origin: Origin::Of(words) }
    }

    /// A part of the text.
    pub fn part(&self, range: Range<usize>) -> Source {
        let origin = match &self.origin {
            Origin::At(start) => Origin::At(start + range.start),
            of_words => of_words.clone(),
        };
        Source { text: self.text[range].into(), origin }
    }

    /// The text of a word that is one quoted string without anything to expand.
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

    /// Where a part of the text is in the instruction.
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        match &self.origin {
            Origin::At(start) => start + range.start..start + range.end,
            Origin::Of(words) => words.clone(),
        }
    }
}
