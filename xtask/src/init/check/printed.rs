//! What `make -n -w` prints, as lines of recipes: each whole, with its folder, and with what a make that it called printed.

/// A line of a recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    /// The folder that its make is in.
    pub dir: String,
    /// What the makes that it called printed; none: it called none.
    pub called: Option<Vec<Line>>,
}

/// What a message of make's own says.
enum Said<'a> {
    Enters(&'a str),
    Leaves,
    Nothing,
}

/// How deep makes call each other.
const DEEPEST: usize = 50;

/// The lines, without what make says for itself.
pub fn lines(text: &str) -> Vec<Line> {
    let mut levels: Vec<(String, Vec<Line>)> = vec![(String::new(), Vec::new())];
    let mut rest = text.lines();
    while let Some(line) = rest.next() {
        match of_make(line) {
            Some(Said::Enters(dir)) if levels.len() < DEEPEST => levels.push((dir.to_owned(), Vec::new())),
            Some(Said::Leaves) if levels.len() > 1 => {
                let Some((_, lines)) = levels.pop() else { break };
                close(&mut levels, lines);
            }
            Some(_) => {}
            None => {
                let mut text = line.to_owned();
                while ends_with_backslash(&text) {
                    let Some(next) = rest.next() else { break };
                    text.push('\n');
                    text.push_str(next);
                }
                if let Some((dir, lines)) = levels.last_mut() {
                    // What such a make prints follows, with nothing that says so.
                    let called = text.contains("--no-print-directory").then(Vec::new);
                    lines.push(Line { text, dir: dir.clone(), called });
                }
            }
        }
    }
    while levels.len() > 1 {
        let Some((_, lines)) = levels.pop() else { break };
        close(&mut levels, lines);
    }
    levels.pop().map(|(_, lines)| lines).unwrap_or_default()
}

/// Puts what a make printed below the line that called it; the first make was called by us.
fn close(levels: &mut [(String, Vec<Line>)], lines: Vec<Line>) {
    let is_outermost = levels.len() == 1;
    let Some((dir, above)) = levels.last_mut() else { return };
    match above.last_mut().filter(|_| !is_outermost) {
        Some(caller) => caller.called.get_or_insert_default().extend(lines),
        None if is_outermost => above.extend(lines),
        None => above.push(Line { text: String::new(), dir: dir.clone(), called: Some(lines) }),
    }
}

fn ends_with_backslash(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// `make[1]: Entering directory '/p'` and the like.
fn of_make(line: &str) -> Option<Said<'_>> {
    let (program, said) = line.split_once(": ")?;
    let program = program.split('[').next().unwrap_or(program);
    if !super::item::is_make(program) {
        return None;
    }
    if let Some(dir) = said.strip_prefix("Entering directory ") {
        let dir = dir.strip_prefix(['\'', '`'])?;
        return Some(Said::Enters(&dir[..dir.rfind('\'')?]));
    }
    if said.starts_with("Leaving directory ") {
        return Some(Said::Leaves);
    }
    let is_talk = said.starts_with("Nothing to be done for ") || said.ends_with(" is up to date.");
    is_talk.then_some(Said::Nothing)
}
