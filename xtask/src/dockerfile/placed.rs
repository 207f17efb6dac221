//! Text taken from a Dockerfile that remembers where each byte came from.

use std::ops::Range;

/// Text joined from pieces of a file: an instruction without its line ends, a flag without its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    pub text: String,
    /// Where each piece begins: in `text`, and in the file.
    pieces: Vec<(usize, usize)>,
}

impl Placed {
    /// An empty text at byte `at` of the file.
    pub fn at(at: usize) -> Placed {
        Placed { text: String::new(), pieces: vec![(0, at)] }
    }

    /// Appends `text`, found at byte `at` of the file.
    pub fn push(&mut self, text: &str, at: usize) {
        let follows = self.pieces.last().is_some_and(|(start, place)| place + (self.text.len() - start) == at);
        if !follows && !text.is_empty() {
            self.pieces.push((self.text.len(), at));
        }
        self.text.push_str(text);
    }

    /// The place in the file of byte `at` of the text.
    fn place(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.pieces.get(piece).map_or(0, |(start, place)| place + (at - start))
    }

    /// The span of a part in the file, including what lies between its pieces. For an empty part: the place right after
    /// the byte before it.
    pub fn span(&self, part: Range<usize>) -> Range<usize> {
        let end = part.end.checked_sub(1).map_or_else(|| self.place(0), |last| self.place(last) + 1);
        if part.is_empty() { end..end } else { self.place(part.start)..end }
    }

    /// The span of all of it in the file.
    pub fn whole(&self) -> Range<usize> {
        self.span(0..self.text.len())
    }

    /// A part of the text, with its places.
    pub fn slice(&self, part: Range<usize>) -> Placed {
        if part.is_empty() {
            return Placed::at(self.span(part).start);
        }
        let mut slice = Placed::default();
        let first = self.pieces.partition_point(|(start, _)| *start <= part.start).saturating_sub(1);
        for (at, (start, place)) in self.pieces.iter().enumerate().skip(first) {
            let end = self.pieces.get(at + 1).map_or(self.text.len(), |(next, _)| *next).min(part.end);
            let from = part.start.max(*start);
            if from >= end {
                break;
            }
            slice.push(&self.text[from..end], place + (from - start));
        }
        slice
    }

    /// A part, trimmed of white space.
    pub fn trimmed(&self, part: Range<usize>) -> Placed {
        let text = &self.text[part.clone()];
        let start = part.start + (text.len() - text.trim_start().len());
        self.slice(start..(start + text.trim().len()))
    }
}

impl std::ops::Deref for Placed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_remembers_its_place() {
        let file = "RUN a \\\n  b c\n";
        let mut joined = Placed::default();
        joined.push("RUN a ", 0);
        joined.push("  b c", 8);
        let part = joined.slice(4..joined.text.len());
        assert_eq!((part.text.as_str(), &file[part.whole()]), ("a   b c", "a \\\n  b c"));
        let word = part.slice(4..5);
        assert_eq!((&*word, &file[word.whole()]), ("b", "b"));
        assert_eq!(part.trimmed(1..4).whole(), 10..10);
        assert_eq!((joined.span(4..6), joined.span(6..6), Placed::default().whole()), (4..6, 6..6, 0..0));
    }
}
