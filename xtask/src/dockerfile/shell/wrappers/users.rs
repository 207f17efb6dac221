//! Programs that run another one as another user.

use super::{Changes, Found, Inner, Reader, assignment, is_shell};
use crate::dockerfile::shell::{Value, Word};

/// What another user has.
fn of_user(user: Value) -> Changes {
    let home = match user.known() {
        Some("root" | "0" | "#0") => Value::Known("/root".to_owned()),
        _ => Value::Unknown,
    };
    Changes { user: Some(user), sets: vec![("HOME".to_owned(), home)], ..Changes::default() }
}

/// `su [OPTIONS] [-] [USER [ARGUMENTS]]`; `runuser -u USER [--] COMMAND` (util-linux).
pub fn su(words: &[Word], is_runuser: bool) -> Found {
    let mut reader = Reader::new(words);
    let (mut user, mut script, mut is_login, mut keeps, mut shell) = (None, None, false, false, None);
    while let Some(word) = reader.peek() {
        let text = match word {
            Ok(text) => text,
            Err(_) if user.is_none() => "",
            Err(_) => break,
        };
        reader.at += 1;
        match text {
            "-" | "-l" | "--login" => is_login = true,
            "-m" | "-p" | "--preserve-environment" => keeps = true,
            "-P" | "--pty" | "-f" | "--fast" => {}
            "-c" | "--command" | "--session-command" => {
                script = Some(reader.at);
                reader.value()?;
            }
            "-s" | "--shell" => shell = Some(reader.value()?),
            "-u" | "--user" if is_runuser => {
                let changes = of_user(reader.value()?);
                if reader.peek() == Some(Ok("--")) {
                    reader.at += 1;
                }
                return Ok((reader.program(), changes));
            }
            "-g" | "-G" | "-w" | "--group" | "--supp-group" | "--whitelist-environment" => {
                reader.value()?;
            }
            "--" => {}
            option if option.starts_with("--shell=") => {
                shell = option.split_once('=').map(|(_, name)| Value::Known(name.to_owned()))
            }
            option if option.starts_with('-') => return Err(reader.unknown(option)),
            _ if user.is_none() => user = Some(words[reader.at - 1].value()),
            // What follows the user are words for the shell.
            _ => {
                reader.at -= 1;
                break;
            }
        }
    }
    if let Some(shell) = shell.filter(|shell| !shell.known().is_some_and(is_shell)) {
        let name = shell.known().unwrap_or("one that isn't known");
        return Err(format!("`{}` uses the shell {name}, whose scripts aren't read", reader.name()));
    }
    let mut changes = of_user(user.unwrap_or_else(|| Value::Known("root".to_owned())));
    if keeps {
        changes.sets.clear();
    }
    if is_login {
        changes.clears = Some(Vec::new());
        changes.folder = Some(changes.sets.first().map_or(Value::Unknown, |(_, home)| home.clone()));
    }
    let inner = match script {
        Some(at) => Inner::Script(at),
        None if reader.at < words.len() => Inner::File(reader.at),
        None => Inner::Input,
    };
    Ok((inner, changes))
}

pub fn sudo(words: &[Word]) -> Found {
    let mut reader = Reader::new(words);
    let mut user = Value::Known("root".to_owned());
    let (mut keeps_all, mut keeps, mut sets_home, mut is_login) = (false, Vec::new(), false, false);
    let (mut folder, mut sets) = (None, Vec::new());
    while let Some(word) = reader.peek() {
        let text = match word {
            Ok(text) => text,
            Err(word) => match assignment(word) {
                Some(set) => {
                    sets.push(set);
                    reader.at += 1;
                    continue;
                }
                None => break,
            },
        };
        if let Some(long) = text.strip_prefix("--").filter(|long| !long.is_empty()) {
            reader.at += 1;
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let value = |reader: &mut Reader<'_>| match value {
                Some(value) => Ok(Value::Known(value.to_owned())),
                None => reader.value(),
            };
            match name {
                "user" => user = value(&mut reader)?,
                "chdir" => folder = Some(value(&mut reader)?),
                "group" | "prompt" | "host" | "role" | "type" | "close-from" | "chroot" => {
                    value(&mut reader)?;
                }
                "preserve-env" => match long.split_once('=') {
                    Some((_, list)) => keeps.extend(list.split(',').map(str::to_owned)),
                    None => keeps_all = true,
                },
                "set-home" => sets_home = true,
                "login" => is_login = true,
                "non-interactive" | "stdin" | "shell" | "background" | "preserve-groups" => {}
                _ => return Err(reader.unknown(text)),
            }
            continue;
        }
        let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            match words.get(reader.at).and_then(assignment) {
                Some(set) => sets.push(set),
                None => break,
            }
            reader.at += 1;
            continue;
        };
        reader.at += 1;
        if text == "--" {
            break;
        }
        for (at, letter) in letters.char_indices() {
            let behind = &letters[at + letter.len_utf8()..];
            match letter {
                'E' => keeps_all = true,
                'H' => sets_home = true,
                'i' => is_login = true,
                'n' | 'S' | 's' | 'b' | 'A' | 'k' | 'P' => {}
                'u' | 'g' | 'p' | 'D' | 'h' | 'r' | 't' | 'C' | 'R' | 'T' | 'U' => {
                    let value = if behind.is_empty() { reader.value()? } else { Value::Known(behind.to_owned()) };
                    match letter {
                        'u' => user = value,
                        'D' => folder = Some(value),
                        _ => {}
                    }
                    break;
                }
                _ => return Err(reader.unknown(text)),
            }
        }
    }
    let mut changes = of_user(user);
    if keeps_all && !sets_home {
        changes.sets.clear();
    }
    if is_login {
        folder = folder.or_else(|| changes.sets.first().map(|(_, home)| home.clone()));
    }
    changes.clears = (!keeps_all || is_login).then_some(keeps);
    changes.sets.append(&mut sets);
    changes.folder = folder;
    Ok((reader.program(), changes))
}

/// `gosu USER[:GROUP] COMMAND`
pub fn as_user(words: &[Word]) -> Found {
    let mut reader = Reader::new(words);
    let user = match reader.value()? {
        Value::Known(user) => Value::Known(user.split(':').next().unwrap_or_default().to_owned()),
        Value::Unknown => Value::Unknown,
    };
    Ok((reader.program(), of_user(user)))
}
