//! Fuzzing of every reader of text that others wrote, in tests alone: whatever stands in it, a reader ends, with a value or with
//! a mistake that has its place in the text.
//!
//! `readers.rs` is the list: what each is called, texts to begin with, and what has to hold. `cases.rs` makes cases of them, the
//! same ones for the same seed, and `cost.rs` measures what twice the text costs.

mod cases;
mod check;
mod cost;
mod init;
mod readers;
mod redaction;
mod tasks;
