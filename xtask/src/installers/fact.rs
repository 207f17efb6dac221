//! A statement about an installer, with how it is known.

/// A statement, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Fact<T> {
    pub is: T,
    #[allow(dead_code, reason = "for readers, and for the test that every row states it")]
    pub known: Known,
}

/// How a statement is known.
#[allow(dead_code, reason = "for readers, and for the test that every row states it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Seen in a real run: the program and its version.
    Measured(&'static str),
    /// Read in the program's documentation or source: which page or file.
    Read(&'static str),
    /// No page says it: the choice that does no harm, and why it is that.
    Careful(&'static str),
}

/// What was seen in a real run of `version`, such as `pip 26.3`.
pub const fn measured<T: Copy>(is: T, version: &'static str) -> Fact<T> {
    Fact { is, known: Known::Measured(version) }
}

/// What stands in `source`: the address of a page, or a file of the program's repository.
pub const fn read<T: Copy>(is: T, source: &'static str) -> Fact<T> {
    Fact { is, known: Known::Read(source) }
}

/// What nobody states, chosen so that it does no harm; `why` says how that is so.
pub const fn careful<T: Copy>(is: T, why: &'static str) -> Fact<T> {
    Fact { is, known: Known::Careful(why) }
}
