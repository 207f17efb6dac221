//! Reads `.dockerignore` as docker does (moby/patternmatcher): the last pattern that matches a path, or a folder above it,
//! decides.

/// The patterns of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// `!`: what it matches is included again.
    takes_in: bool,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `*`
    Some,
    /// `**` at the end, or before a plain ending (`**.pyc`: measured on 28.5; engine 20.10 knows that only of `**/`).
    All,
    /// `**/`: any number of folders.
    Folders,
    /// `[a-z]`, `[^a-z]`; `?` is any but a slash.
    Class {
        not: bool,
        ranges: Vec<(char, char)>,
    },
}

/// Which patterns match a folder, and with it everything inside.
pub type Matched = Vec<bool>;

impl Ignore {
    pub fn parse(text: &str) -> Ignore {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ignore { patterns: text.lines().filter_map(pattern).collect() }
    }

    /// For the context itself.
    pub fn root(&self) -> Matched {
        vec![false; self.patterns.len()]
    }

    /// Whether `path` (within the context, with `/`) is excluded, and which patterns match it. `above` are those that match
    /// its folder.
    pub fn look(&self, path: &str, above: &Matched) -> (bool, Matched) {
        let mut left_out = false;
        let mut matched = Vec::with_capacity(self.patterns.len());
        for (pattern, above) in self.patterns.iter().zip(above) {
            let matches = *above || is_match(&pattern.parts, path);
            if matches {
                left_out = !pattern.takes_in;
            }
            matched.push(matches);
        }
        (left_out, matched)
    }

    /// Whether a line takes exactly this path in again: somebody wants it.
    pub fn takes_in(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.takes_in && is_match(&pattern.parts, path))
    }

    /// Whether something inside an excluded folder could be included again.
    pub fn may_take_in(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.takes_in)
    }
}

/// A line that docker refuses, and with it every build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern {
    /// From 1.
    pub line: usize,
    pub text: String,
    pub why: &'static str,
}

/// The first line that docker refuses (`filepath.Match`, and the regular expression that patternmatcher makes of it).
pub fn bad_pattern(text: &str) -> Option<BadPattern> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate();
    lines.filter(|(_, line)| !line.starts_with('#')).find_map(|(at, line)| {
        let text = line.trim();
        let why = match text.strip_prefix('!').map(str::trim) {
            Some("") => "`!` stands alone",
            pattern => mistake(&clean(pattern.unwrap_or(text)))?,
        };
        Some(BadPattern { line: at + 1, text: text.to_owned(), why })
    })
}

fn mistake(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let mistake = match c {
            '\\' if rest.next().is_none() => Some("`\\` stands at its end"),
            '[' => check_class(&mut rest).err(),
            _ => None,
        };
        if mistake.is_some() {
            return mistake;
        }
    }
    None
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Reads a class behind its `[`: at least one character or range, then `]`.
fn check_class(rest: &mut Chars<'_>) -> Result<(), &'static str> {
    rest.next_if_eq(&'^');
    loop {
        let first = class_char(rest)?;
        if rest.next_if_eq(&'-').is_some() && class_char(rest)? < first {
            return Err("a range in `[…]` runs backwards");
        }
        if rest.next_if_eq(&']').is_some() {
            return Ok(());
        }
    }
}

fn class_char(rest: &mut Chars<'_>) -> Result<char, &'static str> {
    const OPEN: &str = "`[` is not closed";
    match rest.next().ok_or(OPEN)? {
        ']' | '-' => Err("a character is missing in `[…]`"),
        '\\' => rest.next().ok_or(OPEN),
        c => Ok(c),
    }
}

/// Reads one line. A comment has `#` in the first column.
fn pattern(line: &str) -> Option<Pattern> {
    if line.starts_with('#') {
        return None;
    }
    let line = line.trim();
    let (takes_in, text) = match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    let clean = clean(text);
    (!clean.is_empty()).then(|| Pattern { takes_in, parts: parts(&clean) })
}

/// Removes `.`, `..`, repeated slashes, and slashes at both ends (Go's `filepath.Clean`).
fn clean(text: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.peek() == Some(&'*') => {
                rest.next();
                if rest.peek() == Some(&'/') {
                    rest.next();
                }
                let is_ending = |rest: &str| !rest.contains(['*', '?', '[', '/', '\\']);
                let all =
                    rest.peek().is_none() || (parts.is_empty() && !text.starts_with("**/") && is_ending(&text[2..]));
                parts.push(if all { Part::All } else { Part::Folders });
            }
            '*' => parts.push(Part::Some),
            '?' => parts.push(Part::Class { not: true, ranges: vec![('/', '/')] }),
            '[' => parts.push(class(&mut rest)),
            '\\' => push(&mut parts, rest.next().unwrap_or('\\')),
            c => push(&mut parts, c),
        }
    }
    parts
}

fn push(parts: &mut Vec<Part>, c: char) {
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push(c),
        _ => parts.push(Part::Text(c.to_string())),
    }
}

fn class(rest: &mut Chars<'_>) -> Part {
    // `!` is a character like others here (measured on 26.1 and 28.5).
    let not = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while let Some(first) = rest.next().filter(|c| *c != ']') {
        let first = if first == '\\' { rest.next().unwrap_or('\\') } else { first };
        let last = match rest.next_if_eq(&'-') {
            Some(_) => rest.next().unwrap_or(first),
            None => first,
        };
        ranges.push((first, last));
    }
    Part::Class { not, ranges }
}

/// Whether a pattern of `COPY` (Go's `filepath.Match`) matches a path.
pub fn glob(pattern: &str, path: &str) -> bool {
    is_match(&parts(&clean(pattern)), path)
}

/// The same for a path, or a folder above it: what `COPY` takes with that folder.
pub fn glob_or_above(pattern: &str, path: &str) -> bool {
    let parts = parts(&clean(pattern));
    let mut ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.any(|end| is_match(&parts, &path[..end]))
}

/// Whether the parts match the whole text. Tracking the set of places where the parts so far can end keeps the time linear
/// in their number, whatever the pattern.
fn is_match(parts: &[Part], text: &str) -> bool {
    // Most patterns are plain names and need no set.
    match parts {
        [Part::Text(whole)] => return whole == text,
        [Part::Text(start), ..] if !text.starts_with(start.as_str()) => return false,
        _ => {}
    }
    let mut places = vec![false; text.len() + 1];
    places[0] = true;
    for part in parts {
        let mut next = vec![false; text.len() + 1];
        for (at, _) in places.iter().enumerate().filter(|(_, is)| **is) {
            let rest = &text[at..];
            let first = rest.chars().next();
            match part {
                Part::Text(word) => {
                    if rest.starts_with(word.as_str()) {
                        next[at + word.len()] = true;
                    }
                }
                Part::Class { not, ranges } => {
                    let is_in = |c: &char| ranges.iter().any(|(from, to)| (from..=to).contains(&c)) != *not;
                    if let Some(c) = first.filter(is_in) {
                        next[at + c.len_utf8()] = true;
                    }
                }
                Part::Some => {
                    let end = rest.find('/').unwrap_or(rest.len());
                    let ends = rest[..end].char_indices().map(|(offset, _)| offset).chain([end]);
                    ends.for_each(|offset| next[at + offset] = true);
                }
                Part::All => {
                    rest.char_indices().chain([(rest.len(), ' ')]).for_each(|(offset, _)| next[at + offset] = true)
                }
                Part::Folders => {
                    next[at] = true;
                    rest.match_indices('/').for_each(|(offset, _)| next[at + offset + 1] = true);
                }
            }
        }
        places = next;
        // The rest of a long pattern is not looked at.
        if !places.contains(&true) {
            return false;
        }
    }
    places[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a path is left out, walking down to it as a build does.
    fn is_left_out(ignore: &Ignore, path: &str) -> bool {
        let (mut matched, mut left_out) = (ignore.root(), false);
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            (left_out, matched) = ignore.look(&path[..end], &matched);
        }
        left_out
    }

    /// Tried on engines 20.10.24 (both builders) and 28.5.2 with `COPY . /ctx` and `find`.
    #[test]
    fn patterns_as_docker_reads_them() {
        let cases: [(&str, &[&str], &[&str]); 13] = [
            ("*.log", &["a.log"], &["d/a.log", "a.logs"]),
            ("**/*.log", &["a.log", "d/a.log", "d/e/a.log"], &["a.txt"]),
            ("/d/", &["d", "d/x"], &["e/d"]),
            ("d/**", &["d/x", "d/e/x"], &["x"]),
            ("*/x", &["d/x"], &["x", "d/e/x"]),
            ("a?c", &["abc"], &["ac", "a/c"]),
            ("[a-c].txt", &["b.txt"], &["d.txt"]),
            ("d\n!d/keep", &["d/x"], &["d/keep"]),
            ("*\n!src\nsrc/tmp", &["a", "src/tmp/x"], &["src/a"]),
            ("# x\n\n ./e/../d ", &["d/x"], &["e/x", "x"]),
            ("a**b", &["a/b"], &["axb", "c"]),
            ("**.pyc", &["x.pyc", "d/.pyc"], &["z"]),
            ("d/\n!d/e/keep", &["d/x", "d/e/x"], &["d/e/keep"]),
        ];
        for (text, out, stays) in cases {
            let ignore = Ignore::parse(text);
            for path in out {
                assert!(is_left_out(&ignore, path), "{text:?} leaves out {path}");
            }
            for path in stays {
                assert!(!is_left_out(&ignore, path), "{text:?} keeps {path}");
            }
        }
    }

    /// Tried on engines 26.1.5 and 28.5.2; 20.10.24 says the same of the first.
    #[test]
    fn lines_that_docker_refuses() {
        let bad = |text: &str| bad_pattern(text).map(|bad| (bad.line, bad.why));
        for (pattern, why) in [
            ("[a", "`[` is not closed"),
            ("a[", "`[` is not closed"),
            ("**/[b", "`[` is not closed"),
            ("[a\\", "`[` is not closed"),
            ("!*[", "`[` is not closed"),
            ("[]", "a character is missing in `[…]`"),
            ("[]a]", "a character is missing in `[…]`"),
            ("[-]", "a character is missing in `[…]`"),
            ("[a-]", "a character is missing in `[…]`"),
            ("[z-a]", "a range in `[…]` runs backwards"),
            ("x\\", "`\\` stands at its end"),
            (" ! ", "`!` stands alone"),
        ] {
            assert_eq!(bad(&format!("# [\n\n{pattern}\n[\n")), Some((3, why)), "{pattern}");
        }
        for good in ["[!a]", "[^a]", "\\a", "[a-c]", "[\\]]", "[[]", "[a]]", "]", "{a", "(a", "a|b", "!!a", "/", ".."] {
            assert_eq!(bad(good), None, "{good}");
        }
        assert!(is_left_out(&Ignore::parse("[!a]"), "!") && !is_left_out(&Ignore::parse("[!a]"), "b"));
    }

    #[test]
    fn any_pattern_is_read_without_a_panic() {
        for text in ["[", "[^", "[a-", "\\", "!", "!!a", "**", "***", "/", "..", "a**b", "é[é-ü]*", "\u{feff}x"] {
            let _ = bad_pattern(text);
            let ignore = Ignore::parse(text);
            for path in ["a", "é/ü", "a/b/c", ""] {
                let _ = ignore.look(path, &ignore.root());
            }
        }
        let slow = Ignore::parse(&"*a".repeat(40));
        assert!(!is_left_out(&slow, &"a".repeat(300).replace("aaaaa", "aaaab")));
    }
}
