//! Cases: the readers' own texts with pieces cut, doubled, moved, swapped and put in.
//!
//! `cargo test fuzz` runs a few hundred for each reader. `XTASK_FUZZ_CASES` says how many, `XTASK_FUZZ_SEED` from which seed on; a
//! case that fails prints its text and its seed.

use crate::fuzz::readers::{ALL, Reader};
use crate::system::random::Random;

/// What a mistake, or somebody who means ill, puts into any text.
const PIECES: [&str; 56] = [
    "",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{7}",
    "\u{1b}[31m",
    "\u{9b}",
    "\u{202e}",
    "\u{feff}",
    "\u{2028}",
    "\u{e9}",
    "\u{1f600}",
    "\u{fffd}",
    "\"",
    "'",
    "`",
    "\\",
    "\\\n",
    "$",
    "${",
    "${A:-",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "#",
    "=",
    ":",
    ": ",
    "- ",
    ",",
    ".",
    "/",
    "../",
    "*",
    "**",
    "?",
    "!",
    "&a ",
    "*a",
    "<<: *a\n",
    "|",
    ">",
    "<<EOF\n",
    "--",
    "null",
    "-1",
    "18446744073709551616",
    "1e999",
    "0x7fffffffffffffff",
    "NaN",
    "é=",
];

/// How long a text may grow.
const LONGEST: usize = 64 << 10;

/// What was set for a run by hand.
#[allow(clippy::disallowed_methods, reason = "a test, which no user runs")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str, default: u64) -> u64 {
    variable(name).map_or(default, |value| value.parse().expect("a number"))
}

/// A text of a reader's own, changed in a few places.
fn case(reader: &Reader, random: &mut Random) -> String {
    let mut text = random.of(reader.texts).to_owned();
    for _ in 0..random.below(8) {
        let (from, to) = (random.boundary(&text), random.boundary(&text));
        let (from, to) = (from.min(to), from.max(to));
        let near = (from..=to.min(from + 40)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(from);
        match random.below(9) {
            0 => text.truncate(to),
            1 => text.replace_range(from..near, ""),
            2 => text.replace_range(from..to, ""),
            3 => {
                let part = text[from..near].to_owned();
                text.insert_str(to, &part);
            }
            4 => {
                let other = random.of(reader.texts);
                let (start, end) = (random.boundary(other), random.boundary(other));
                text.insert_str(to, &other[start.min(end)..start.max(end)]);
            }
            5 => {
                let count = [2, 20, 200][random.below(3)];
                let part = text[from..near].repeat(count);
                text.insert_str(to, &part);
            }
            6 => {
                // One character for another.
                let c = char::from_u32(random.below(0x250) as u32).unwrap_or('?');
                let end = text[from..].chars().next().map_or(from, |old| from + old.len_utf8());
                text.replace_range(from..end, c.encode_utf8(&mut [0; 4]));
            }
            _ => text.insert_str(to, random.of(&PIECES)),
        }
        let end = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

/// Says which case it was when a reader panics.
struct Said<'a>(&'a str, u64, &'a str);

impl Drop for Said<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("reader {}, XTASK_FUZZ_SEED={} XTASK_FUZZ_CASES=1, text {:?}", self.0, self.1, self.2);
        }
    }
}

#[test]
fn every_reader_ends_with_a_value_or_a_mistake() {
    let (first, cases) = (number("XTASK_FUZZ_SEED", 0), number("XTASK_FUZZ_CASES", 200));
    let only = variable("XTASK_FUZZ_READER");
    let readers: Vec<&Reader> =
        ALL.iter().filter(|reader| only.as_ref().is_none_or(|name| name == reader.name)).collect();
    assert!(!readers.is_empty(), "there is no reader {only:?}");
    // As many threads as there are readers would only take turns.
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(reader) = readers.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    for seed in first..first + cases {
                        let text = case(reader, &mut Random::new(seed));
                        let _said = Said(reader.name, seed, &text);
                        (reader.read)(&text);
                    }
                }
            });
        }
    });
}

/// Changed texts would hide it: each reader takes its own texts, and most as what they are.
#[test]
fn the_texts_that_cases_are_made_of_are_read() {
    for reader in ALL {
        let read = reader.texts.iter().filter(|text| (reader.read)(text)).count();
        assert!(2 * read >= reader.texts.len() && read > 0, "{}: {read} of {}", reader.name, reader.texts.len());
    }
}
