//! A line of a shell as commands without a shell, where it can be that.

/// Something of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    And,
    Or,
}

/// A command: what a step can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simple {
    pub words: Vec<String>,
    pub dir: Option<String>,
    pub env: Vec<(String, String)>,
    pub may_fail: bool,
}

/// What a shell has built in, and no program does: `true` and `test` are both.
const BUILT_IN: [&str; 34] = [
    "cd", "export", "set", "unset", "source", ".", "alias", "eval", "if", "for", "while", "until", "case", "exit",
    "exec", "trap", "wait", "ulimit", "umask", "type", "command", "read", "return", "shift", "local", "readonly",
    "function", "select", "{", "!", ":", "pushd", "popd", "[",
];

/// The commands of a line that needs no shell: `cd x && a && b`, `A=b c`, `d || true`. `None`: it needs one.
pub fn commands(line: &str) -> Option<Vec<Simple>> {
    let tokens = tokens(line)?;
    let mut dir: Option<String> = None;
    let mut commands: Vec<Simple> = Vec::new();
    let mut rest = &tokens[..];
    loop {
        let end = rest.iter().position(|token| !matches!(token, Token::Word(_))).unwrap_or(rest.len());
        let words: Vec<String> = rest[..end]
            .iter()
            .filter_map(|token| if let Token::Word(word) = token { Some(word.clone()) } else { None })
            .collect();
        let next = rest.get(end);
        if let ([cd, folder], Some(Token::And), true) = (&words[..], next, commands.is_empty()) {
            if cd == "cd" {
                dir = Some(below(dir.as_deref(), folder)?);
                rest = &rest[end + 1..];
                continue;
            }
        }
        commands.push(one(words, dir.clone())?);
        match next {
            None => return Some(commands),
            Some(Token::And) => rest = &rest[end + 1..],
            Some(_) => {
                // Behind several, the others would not be left out.
                let ends_well = matches!(&rest[end + 1..], [Token::Word(word)] if word == "true" || word == ":");
                let [only] = &mut commands[..] else { return None };
                only.may_fail = true;
                return ends_well.then_some(commands);
            }
        }
    }
}

/// A folder from another one, where both are below the project's.
fn below(dir: Option<&str>, folder: &str) -> Option<String> {
    let is_odd =
        |folder: &str| folder.is_empty() || folder.starts_with(['/', '-', '~']) || folder.contains(['\\', ':']);
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    let folder = if folder.is_empty() { "." } else { folder };
    (!is_odd(folder)).then(|| dir.map_or_else(|| folder.to_owned(), |dir| format!("{dir}/{folder}")))
}

fn one(mut words: Vec<String>, dir: Option<String>) -> Option<Simple> {
    let is_variable = |word: &String| {
        word.split_once('=').is_some_and(|(name, _)| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    let count = words.iter().take_while(|word| is_variable(word)).count();
    let env = words
        .drain(..count)
        .filter_map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
    let env: Vec<(String, String)> = env.collect();
    let first = words.first()?;
    (!BUILT_IN.contains(&first.as_str())).then_some(Simple { words, dir, env, may_fail: false })
}

/// The words and operators of a line. `None` for what only a shell can do.
fn tokens(line: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = line.trim().chars().peekable();
    let mut word: Option<String> = None;
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => tokens.extend(word.take().map(Token::Word)),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '$' | '`' => return None,
                        '\\' => match chars.next()? {
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().filter(|c| *c != '\n')?),
            '&' | '|' if chars.next_if_eq(&c).is_some() => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(if c == '&' { Token::And } else { Token::Or });
            }
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '[' | '\n' => return None,
            '#' | '~' if word.is_none() => return None,
            // A shell other than `sh` would make several words of it.
            '{' | '}' if word.is_some() || chars.peek().is_some_and(|next| *next != '}') => return None,
            c => word.get_or_insert_default().push(c),
        }
    }
    tokens.extend(word.map(Token::Word));
    Some(tokens).filter(|tokens| !tokens.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Option<String> {
        let one = |simple: Simple| {
            let env: String = simple.env.iter().map(|(name, value)| format!("{name}={value} ")).collect();
            let dir = simple.dir.map(|dir| format!("({dir}) ")).unwrap_or_default();
            format!("{dir}{env}{}{}", simple.words.join("|"), if simple.may_fail { " ?" } else { "" })
        };
        Some(commands(line)?.into_iter().map(one).collect::<Vec<_>>().join(" && "))
    }

    #[test]
    fn a_line_is_commands_or_needs_a_shell() {
        for (line, expected) in [
            ("docker compose up -d", "docker|compose|up|-d"),
            ("a 'b c' \"d \\\" e\" f\\ g '' x=y", "a|b c|d \" e|f g||x=y"),
            ("cd web && A=b yarn build && yarn test", "(web) A=b yarn|build && (web) yarn|test"),
            ("cd ./a/ && cd b && c", "(a/b) c"),
            ("docker network create lan || true", "docker|network|create|lan ?"),
        ] {
            assert_eq!(shown(line).as_deref(), Some(expected), "{line}");
        }
        let shells = [
            "a | b",
            "a; b",
            "a > b",
            "a $B",
            "a \"$B\"",
            "a `b`",
            "a *.py",
            "[ -f x ]",
            "export A=b",
            "A=b",
            "a && b || true",
            "a &",
            "(a)",
            "~/x",
            "a # b",
            "cd x",
            "cd /x && a",
            "a || b",
            "a {b,c}",
            "'a",
            "",
            "a &&",
            "if a; then b; fi",
        ];
        for line in shells {
            assert_eq!(shown(line), None, "{line}");
        }
    }
}
