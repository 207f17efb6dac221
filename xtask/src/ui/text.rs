//! Small things that messages are made of.

/// `items` as a list for a sentence: "a, b and c".
pub fn and_list<T: AsRef<str>>(items: &[T], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., end] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", most.join(", "), end.as_ref())
        }
    }
}

/// A number of bytes as docker prints it, in powers of 1000.
pub fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
}

/// How long ago something was, from seconds: "5 minutes ago". Hours go up to two days, as docker counts them.
pub fn ago(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0 => return "just now".to_owned(),
        1..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", count(number as usize, unit))
}

/// A text without its line breaks, and one blank where there are several.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// "1 step", "2 steps".
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_for_people() {
        assert_eq!((size(999).as_str(), size(33_500_000).as_str()), ("999 B", "33.5 MB"));
        assert_eq!(size(2_500_000_000_000), "2.5 TB");
        let ages: Vec<String> = [0, 1, 59, 60, 7200, 172_799, 172_800].map(ago).into();
        let expected =
            ["just now", "1 second ago", "59 seconds ago", "1 minute ago", "2 hours ago", "47 hours ago", "2 days ago"];
        assert_eq!(ages, expected);
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        assert_eq!(and_list(&["a"], "and"), "a");
        assert_eq!(and_list(&["a", "b", "c"], "or"), "a, b or c");
    }
}
