//! What the fakes are told, and what they tell: the forms of `fake_docker.rs`.

use std::fs;
use std::io::Write;

use crate::harness::Sandbox;

/// A call that a fake got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The program's name first.
    pub words: Vec<String>,
    pub dir: String,
    pub env: Vec<(String, String)>,
}

/// Answers to one call, written to the script when dropped.
pub struct Answer<'a> {
    pub sandbox: &'a Sandbox,
    pub text: String,
}

impl Answer<'_> {
    pub fn out(self, text: &str) -> Self {
        self.act("out", text)
    }

    pub fn err(self, text: &str) -> Self {
        self.act("err", text)
    }

    pub fn exit(self, code: i32) -> Self {
        self.act("exit", &code.to_string())
    }

    /// One of the actions of `fake_docker.rs`.
    pub fn act(mut self, action: &str, text: &str) -> Self {
        self.text.push_str(&format!("{action} {}\n", if text.is_empty() { String::new() } else { escape(text) }));
        self
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        let path = self.sandbox.bin().join("script.txt");
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).expect("the script");
        file.write_all(self.text.as_bytes()).expect("the script");
    }
}

impl Call {
    pub fn line(&self) -> String {
        let plain = |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "\"'\\".contains(c));
        let words = self.words.iter().map(|word| if plain(word) { word.clone() } else { format!("{word:?}") });
        words.collect::<Vec<_>>().join(" ")
    }

    pub fn env(&self, name: &str) -> Option<&str> {
        let same = |other: &str| if cfg!(windows) { other.eq_ignore_ascii_case(name) } else { other == name };
        self.env.iter().find(|(other, _)| same(other)).map(|(_, value)| value.as_str())
    }
}

pub fn escape(word: &str) -> String {
    if word.is_empty() {
        return "''".to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@".contains(&byte);
    word.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Bytes that are no UTF-8 stay escaped.
pub fn unescape(word: &str) -> String {
    if word == "''" {
        return String::new();
    }
    let mut bytes = Vec::new();
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        match rest.get(1..3).filter(|_| c == '%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            None => {
                bytes.extend(c.to_string().bytes());
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| word.to_owned())
}
