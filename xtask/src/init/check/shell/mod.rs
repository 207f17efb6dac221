//! Scripts for a shell, read as far as two of them can be compared.

pub mod fill;
pub mod script;
pub mod test;
pub mod words;
