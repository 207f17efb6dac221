//! The text that a shell sees, and where each byte of it stands in the Dockerfile.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::value::RawValue;

/// What stands in the text for something that is not known. The text may hold the same character by itself: only the
/// places in `holes` count.
pub const HOLE: char = '\u{fffc}';

/// The text of one shell.
pub struct Source {
    pub text: String,
    origin: Origin,
    /// What is not known of the text, as it is written, by its place.
    pub holes: BTreeMap<usize, String>,
    /// It stands in a string that another shell has read.
    pub is_nested: bool,
}

enum Origin {
    /// The pieces that the text is made of, in order.
    Pieces(Vec<Piece>),
    /// All of it comes from one word.
    Word(Range<usize>),
}

#[derive(Clone, Copy)]
struct Piece {
    /// Where it begins in the text.
    at: usize,
    /// Where it begins in the Dockerfile.
    from: usize,
}

impl Source {
    /// The words of an instruction: continued lines are one line, and what lies behind the first line that does not go
    /// on is left as it is (BuildKit, `parser.go`).
    pub fn of_instruction(written: &str, offset: usize, escape: char) -> Source {
        let mut text = String::with_capacity(written.len());
        let mut pieces = vec![Piece { at: 0, from: offset }];
        let (mut at, mut goes_on) = (0, false);
        for line in written.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let content = line.trim_end_matches(['\n', '\r']);
            let is_comment = content.trim_start().starts_with('#') || content.trim().is_empty();
            if goes_on && is_comment {
                continue;
            }
            pieces.push(Piece { at: text.len(), from: offset + start });
            let before = content.trim_end_matches([' ', '\t']).strip_suffix(escape);
            match before.filter(|before| !before.ends_with(escape)) {
                Some(before) => text.push_str(before),
                None => {
                    text.push_str(&written[start..]);
                    break;
                }
            }
            goes_on = true;
        }
        Source { text, origin: Origin::Pieces(pieces), holes: BTreeMap::new(), is_nested: false }
    }

    /// A part of a text as a text of its own. `without_tabs`: each line loses its leading tabs, as `<<-` says.
    pub fn part(&self, range: Range<usize>, without_tabs: bool, is_nested: bool) -> Source {
        let mut text = String::with_capacity(range.len());
        let mut pieces = Vec::new();
        let mut at = range.start;
        for line in self.text[range.clone()].split_inclusive('\n') {
            let kept = if without_tabs { line.trim_start_matches('\t') } else { line };
            self.copy_pieces(at + line.len() - kept.len()..at + line.len(), text.len(), &mut pieces);
            text.push_str(kept);
            at += line.len();
        }
        let origin = match &self.origin {
            Origin::Pieces(_) if !pieces.is_empty() => Origin::Pieces(pieces),
            _ => Origin::Word(self.span(range)),
        };
        Source { text, origin, holes: BTreeMap::new(), is_nested: is_nested || self.is_nested }
    }

    fn copy_pieces(&self, range: Range<usize>, to: usize, pieces: &mut Vec<Piece>) {
        let Origin::Pieces(own) = &self.origin else { return };
        pieces.push(Piece { at: to, from: self.place(own, range.start) });
        let first = own.partition_point(|piece| piece.at <= range.start);
        let inside = own[first..].iter().take_while(|piece| piece.at < range.end);
        pieces.extend(inside.map(|piece| Piece { at: piece.at - range.start + to, from: piece.from }));
    }

    /// A text that comes from a word.
    pub fn of_word(text: String, holes: BTreeMap<usize, String>, word: Range<usize>) -> Source {
        Source { text, origin: Origin::Word(word), holes, is_nested: true }
    }

    /// The text between backticks.
    pub fn of_backticks(text: String, span: Range<usize>, outer: &Source) -> Source {
        Source { text, origin: Origin::Word(span), holes: BTreeMap::new(), is_nested: outer.is_nested }
    }

    /// The script that all of an instruction is, if that is one here-document: `RUN <<EOF`.
    pub fn only_document(&self) -> Option<Source> {
        let (first, rest) = self.text.split_once('\n')?;
        let name = first.trim().trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
        let (without_tabs, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
        let name = name.trim().trim_matches(['"', '\'']);
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "<>|&;()".contains(c)) {
            return None;
        }
        let start = first.len() + 1;
        let mut end = start;
        for line in rest.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r']);
            let content = if without_tabs { content.trim_start_matches('\t') } else { content };
            if content == name {
                break;
            }
            end += line.len();
        }
        Some(self.part(start..end, without_tabs, false))
    }

    /// The words of an exec form, each with its place between the quotes; none for a shell script.
    pub fn exec_form(&self) -> Option<Vec<(String, Range<usize>)>> {
        if !self.text.trim_start().starts_with('[') {
            return None;
        }
        let words: Vec<&RawValue> = serde_json::from_str(&self.text).ok()?;
        let word = |raw: &&RawValue| {
            let start = raw.get().as_ptr() as usize - self.text.as_ptr() as usize;
            let text: String = serde_json::from_str(raw.get()).ok()?;
            Some((text, start + 1..start + raw.get().len() - 1))
        };
        words.iter().map(word).collect()
    }

    /// Where a part of the text stands in the Dockerfile.
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        match &self.origin {
            Origin::Word(word) => word.clone(),
            Origin::Pieces(pieces) => {
                let start = self.place(pieces, range.start);
                // The last byte: behind it may be a continued line.
                let end = if range.is_empty() { start } else { self.place(pieces, range.end - 1) + 1 };
                start..end
            }
        }
    }

    fn place(&self, pieces: &[Piece], at: usize) -> usize {
        let piece = pieces[pieces.partition_point(|piece| piece.at <= at).saturating_sub(1)];
        piece.from + (at - piece.at)
    }
}
