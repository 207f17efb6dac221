//! Two texts that libyaml-safer 0.3 panics at, and libyaml reads. A test fails when the crate reads them.

/// The text without what the crate can't read: it ends in a line break, and has a tab between a tag and a comma (`[!x, y]`).
pub fn before(text: &str) -> String {
    let mut whole = String::with_capacity(text.len() + 1);
    let mut in_tag = false;
    for c in text.chars() {
        if c == ',' && in_tag {
            whole.push('\t');
        }
        in_tag = c == '!' || (in_tag && !(c.is_whitespace() || matches!(c, ',' | '\0')));
        whole.push(c);
    }
    if !whole.ends_with('\n') {
        whole.push('\n');
    }
    whole
}

/// A scalar without the tabs that `before` put into it.
pub fn after(text: String) -> String {
    if !text.contains("\t,") {
        return text;
    }
    let mut whole = String::with_capacity(text.len());
    let mut in_tag = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !(in_tag && c == '\t' && chars.peek() == Some(&',')) {
            whole.push(c);
        }
        in_tag = c == '!' || (in_tag && !(c.is_whitespace() || matches!(c, ',' | '\0')));
    }
    whole
}

#[cfg(test)]
mod tests {
    use libyaml_safer::{EventData, Parser};

    #[test]
    fn the_crate_still_panics_at_these() {
        for text in ["[!x, y]\n", "a: |\n  b", "a: \"b\\"] {
            let read = std::panic::catch_unwind(|| {
                let mut parser = Parser::<&[u8]>::new();
                parser.set_input(text.as_bytes());
                while !matches!(parser.parse().map(|event| event.data), Ok(EventData::StreamEnd) | Err(_)) {}
            });
            assert!(read.is_err(), "{text:?} is read now: take its work-around away");
        }
    }

    #[test]
    fn what_is_put_in_is_taken_out_again() {
        for text in ["a: \"hi!, you\"\n", "[ ! -f x ], !x,y,\tz", "!a!b,c!d,,", "x\t,y\n"] {
            assert_eq!(super::after(super::before(text)).trim_end_matches('\n'), text.trim_end_matches('\n'));
        }
    }
}
