//! Here-documents behind other words of a `RUN`, such as `RUN cat <<EOF > /etc/motd`. The parser reads only those that are
//! all of a `RUN`, or of a `COPY`, and would take the lines of these for instructions.

use std::borrow::Cow;

/// The text with the lines of such documents turned into comments of the same length: every place stays what it is. A
/// document without an end is left as it is.
pub fn commented_out(text: &str) -> Cow<'_, str> {
    let mut whole = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n');
    let mut goes_on: Option<Run> = None;
    while let Some(line) = lines.next() {
        whole.push_str(line);
        let content = line.trim_end();
        let run = match goes_on.take() {
            // A comment between continued lines ends nothing.
            Some(run) if content.trim_start().starts_with('#') => {
                goes_on = Some(run);
                continue;
            }
            Some(run) => run,
            None => match arguments_of_run(content) {
                Some(arguments) => Run { is_whole: arguments.starts_with("<<"), ends: Vec::new() },
                None => continue,
            },
        };
        let mut run = run;
        run.ends.extend(content.split_whitespace().filter_map(end_of_document));
        if content.ends_with('\\') {
            goes_on = Some(run);
            continue;
        }
        if run.is_whole {
            continue;
        }
        for end in run.ends {
            loop {
                let Some(line) = lines.next() else { return Cow::Borrowed(text) };
                whole.push_str(&comment(line));
                let content = line.trim_end_matches(['\n', '\r']);
                if content == end.name || (end.may_be_indented && content.trim_start_matches('\t') == end.name) {
                    break;
                }
            }
        }
    }
    Cow::Owned(whole)
}

/// Whether a command has such a document.
pub fn has_one(command: &str) -> bool {
    command.split_whitespace().any(|word| end_of_document(word).is_some())
}

/// A `RUN` that is not read to its end.
struct Run {
    /// It is nothing but here-documents: the parser's own.
    is_whole: bool,
    ends: Vec<End>,
}

/// The line that ends a document.
struct End {
    name: String,
    /// `<<-`
    may_be_indented: bool,
}

/// What stands behind `RUN` and its flags.
fn arguments_of_run(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let mut rest = line.get(..3).filter(|word| word.eq_ignore_ascii_case("RUN")).and_then(|_| line.get(3..))?;
    if !rest.starts_with([' ', '\t']) {
        return None;
    }
    loop {
        rest = rest.trim_start();
        if !rest.starts_with("--") {
            return Some(rest);
        }
        rest = rest.find([' ', '\t']).map_or("", |end| &rest[end..]);
    }
}

/// A word `<<NAME`, `<<-NAME` or `<<"NAME"`, with the number of a stream before it or not (BuildKit, `parser`).
fn end_of_document(word: &str) -> Option<End> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (may_be_indented, name) = rest.strip_prefix('-').map_or((false, rest), |name| (true, name));
    let name = name.trim_matches(['"', '\'']);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    is_name.then(|| End { name: name.to_owned(), may_be_indented })
}

/// A line as a comment, with as many bytes.
fn comment(line: &str) -> String {
    let first = line.chars().next().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    format!("{}{}", "#".repeat(first), &line[first..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_document_become_comments_of_the_same_length() {
        let text = "FROM a\nRUN --mount=type=cache,target=/x cat <<EOF > /y && \\\n  # why\n  cat <<-\"B\" > /z\nRUN b\n\u{e9}\n\nEOF\n\tx\n\tB\nRUN c\n";
        let read = commented_out(text);
        assert_eq!(read.len(), text.len());
        let expected = "FROM a\nRUN --mount=type=cache,target=/x cat <<EOF > /y && \\\n  # why\n  cat <<-\"B\" > /z\n#UN b\n##\n\n#OF\n#x\n#B\nRUN c\n";
        assert_eq!(read, expected);
    }

    #[test]
    fn what_the_parser_reads_itself_and_what_is_no_document_stays() {
        for text in [
            "FROM a\nRUN <<EOF\necho x\nEOF\nRUN <<A <<B\na\nA\nb\nB\n",
            "FROM a\nCOPY <<EOF /x\nabc\nEOF\n",
            "FROM a\nRUN echo $((1<<2)) <<<word\nRUN x\n",
            "FROM a\nRUN cat <<EOF\nnever ends\n",
            "RUNNER x <<EOF\n",
            "",
        ] {
            assert_eq!(commented_out(text), text);
        }
    }
}
