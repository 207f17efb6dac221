//! The values of `.env` files, taken out of what others say: compose quotes them in its own sentences. Nobody's values
//! are printed here; their names are.

/// Shorter values hide nothing, and would be found everywhere.
const SHORTEST: usize = 3;
/// A shorter one is a value only where it stands alone: `dev` is no part of `devices`.
const SHORT: usize = 6;
/// A part of a value (the password of an address) that is shorter could be any word.
const SHORTEST_PART: usize = 5;

/// What must not be shown, each with what is shown in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The longest first.
    values: Vec<(String, String)>,
}

impl Secrets {
    /// Every value that these texts of `.env` files set, and every line in them that sets none: compose quotes such a
    /// line whole.
    pub fn of<T: AsRef<str>>(texts: &[T]) -> Secrets {
        let mut secrets = Secrets::default();
        for text in texts {
            secrets.read(text.as_ref());
        }
        secrets.values.sort_by(|left, right| right.0.len().cmp(&left.0.len()).then_with(|| left.cmp(right)));
        secrets.values.dedup_by(|left, right| left.0 == right.0);
        secrets
    }

    /// A text without them: `${NAME}` stands where the value of `NAME` was.
    pub fn redact(&self, text: &str) -> String {
        let mut whole = String::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let is_here = |value: &&(String, String)| text[at..].starts_with(&value.0) && stands(text, at, &value.0);
            match self.values.iter().find(is_here) {
                Some((value, shown)) => {
                    whole.push_str(shown);
                    at += value.len();
                }
                None => {
                    whole.push(c);
                    at += c.len_utf8();
                }
            }
        }
        whole
    }

    fn read(&mut self, text: &str) {
        let mut open: Option<(char, String)> = None;
        for line in text.lines() {
            let line = line.trim();
            // The further lines of a value in quotes.
            if let Some((mark, name)) = open.take() {
                self.add(line.trim_end_matches(mark), &name);
                self.add(line, &name);
                if !line.ends_with(mark) {
                    open = Some((mark, name));
                }
                continue;
            }
            let inner = line.strip_prefix("export ").unwrap_or(line).trim_start();
            if inner.is_empty() || inner.starts_with('#') {
                continue;
            }
            let Some((name, value)) = inner.split_once(['=', ':']).filter(|(name, _)| is_name(name.trim())) else {
                self.add(line, "");
                self.add(inner, "");
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            self.add(value, name);
            self.add(value.split(" #").next().unwrap_or(value).trim_end(), name);
            if let Some(mark) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
                let rest = &value[1..];
                match rest.split_once(mark) {
                    Some((quoted, _)) => self.add(quoted, name),
                    None => open = Some((mark, name.to_owned())),
                }
                self.add(rest.trim_end_matches(mark), name);
            }
        }
    }

    /// A value, as it is and as Go quotes it, and its parts.
    fn add(&mut self, value: &str, name: &str) {
        let shown = if name.is_empty() { "…".to_owned() } else { format!("${{{name}}}") };
        let mut push = |value: &str, shortest: usize| {
            if value.chars().count() >= shortest {
                self.values.push((value.to_owned(), shown.clone()));
            }
        };
        push(value, SHORTEST);
        let quoted = format!("{value:?}");
        push(&quoted[1..quoted.len() - 1], SHORTEST);
        let between = |c: char| c.is_whitespace() || ":/@,;&=?#|$(){}[]<>\"'".contains(c);
        value.split(between).filter(|part| *part != "https").for_each(|part| push(part, SHORTEST_PART));
    }
}

/// Whether a value that was found at a place of a text is one there, and not a part of a longer word.
fn stands(text: &str, at: usize, value: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    value.chars().count() >= SHORT
        || !(is_word(text[..at].chars().next_back()) || is_word(text[at + value.len()..].chars().next()))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sentences of compose 1.29, 2.26 and 2.40 with a value in them.
    #[test]
    fn values_are_taken_out_of_sentences() {
        let secrets =
            Secrets::of(&["DB_PASSWORD=hunter2\nexport Q='it is \"x\"' # why\nURL: postgres://me:geheim@db/x\n"]);
        for (said, shown) in [
            ("services.api.ports: Invalid hostPort: hunter2", "services.api.ports: Invalid hostPort: ${DB_PASSWORD}"),
            (r#"parsing "hunter2": invalid syntax"#, r#"parsing "${DB_PASSWORD}": invalid syntax"#),
            (r#"invalid reference format "it is \"x\"""#, r#"invalid reference format "${Q}""#),
            ("no such host: geheim", "no such host: ${URL}"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(secrets.redact(said), shown);
        }
    }

    #[test]
    fn lines_that_set_nothing_are_secrets_too() {
        let secrets = Secrets::of(&["SECRET=\"hunter2\nh!nter3=1\nMULTI='first one\nsecond one\n'\nA=1\n"]);
        assert_eq!(
            secrets.redact(r#"line 1: unterminated quoted value "hunter2"#),
            "line 1: unterminated quoted value ${SECRET}"
        );
        // The quotes were never closed: all that follows could be the value.
        assert_eq!(secrets.redact(r#"in variable name "h!nter3=1""#), r#"in variable name "${SECRET}""#);
        assert!(!secrets.redact("second one").contains("second"));
        let broken = Secrets::of(&["h!nter3=1\nB=2\n"]);
        assert_eq!(broken.redact(r#"in variable name "h!nter3=1""#), r#"in variable name "…""#);
    }

    #[test]
    fn a_short_value_is_one_only_where_it_stands_alone() {
        let secrets = Secrets::of(&["STAGE=dev\nN=1\nX=ab\n"]);
        assert_eq!(secrets.redact("dev devices /dev/x 1 ab"), "${STAGE} devices /${STAGE}/x 1 ab");
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in
            ["", "=", "A=\"", "A='\\", "\u{e9}=\u{e9}\u{e9}\u{e9}", "A=\u{e9}\u{fc}\"\u{e9}", "\"\n\"\n", "export "]
        {
            let secrets = Secrets::of(&[text]);
            for said in ["", "\u{e9}\u{e9}\u{e9}\u{fc}", text] {
                let _ = secrets.redact(said);
            }
        }
    }
}
