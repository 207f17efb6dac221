//! A command as a value: it can be run, printed and compared.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::system::os::Os;
use crate::ui::escape::is_control;
use crate::ui::secret::{hidden_words, is_script, shown};

/// One command, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program and its words, as the person would type them. Never empty.
    pub words: Vec<OsString>,
    /// Variables added to the person's own.
    pub env: Vec<(String, OsString)>,
    /// The folder it runs in; absolute.
    pub dir: PathBuf,
    /// Variables whose values are not known, each with the command that prints it: where it is only shown.
    pub asked: Vec<(String, Invocation)>,
}

impl Invocation {
    /// A command whose variables are all known.
    pub fn new(words: Vec<OsString>, env: Vec<(String, OsString)>, dir: PathBuf) -> Invocation {
        Invocation { words, env, dir, asked: Vec::new() }
    }

    pub fn program(&self) -> &OsStr {
        &self.words[0]
    }

    /// As it may be printed, without secret values.
    pub fn without_secrets(&self) -> Invocation {
        let hide = |(name, value): &(String, OsString)| {
            let text = value.to_string_lossy();
            let shown = shown(name, &text);
            (name.clone(), if shown == text { value.clone() } else { shown.into() })
        };
        let (words, env) = (hidden_words(&self.words), self.env.iter().map(hide).collect());
        Invocation { words, env, ..self.clone() }
    }

    /// The words alone, quoted for the shell that people use on `os`.
    pub fn command_line(&self, os: Os) -> String {
        command_line(&self.words, os)
    }

    /// The words with those of its variables that `is_shown` picks: how a step is announced.
    pub fn announcement(&self, os: Os, is_shown: impl Fn(&str) -> bool) -> String {
        let env = self.env.iter().filter(|(name, _)| is_shown(name)).cloned().collect();
        Invocation { env, asked: Vec::new(), ..self.clone() }.pasteable(os, &self.dir)
    }

    /// A line that does the same when it is pasted into a POSIX shell (on Windows: PowerShell 7) in `current_dir`.
    /// A secret value is left out: `…` stands for it.
    pub fn pasteable(&self, os: Os, current_dir: &Path) -> String {
        self.pasteable_as(&self.command_line(os), os, current_dir)
    }

    /// The same with another command than its own words.
    pub fn pasteable_as(&self, command: &str, os: Os, current_dir: &Path) -> String {
        let Invocation { env, .. } = self.without_secrets();
        let dir = (self.dir != current_dir).then(|| quote(self.dir.as_os_str(), os));
        match os {
            Os::Windows => {
                let values = env.iter().map(|(name, value)| (name.as_str(), pasted_in_powershell(value)));
                in_powershell(command, values.chain(self.answers(os, current_dir)).collect(), dir)
            }
            Os::Linux | Os::Mac => in_posix(command, &env, self.answers(os, &self.dir).collect(), dir, os),
        }
    }
}

impl Invocation {
    /// The variables that have to be asked for, with what asks for them in a shell that is in `folder`.
    fn answers(&self, os: Os, folder: &Path) -> impl Iterator<Item = (&str, String)> {
        self.asked.iter().map(move |(name, asked)| {
            let answer = match os {
                Os::Windows => format!("$({})", asked.pasteable(os, folder)),
                Os::Linux | Os::Mac if asked.dir == folder => format!("\"$({})\"", asked.command_line(os)),
                Os::Linux | Os::Mac => {
                    format!("\"$(cd {} && {})\"", quote(asked.dir.as_os_str(), os), asked.command_line(os))
                }
            };
            (name.as_str(), answer)
        })
    }
}

/// Leaves the session as it was: the folder and the variables are restored.
fn in_powershell(command: &str, env: Vec<(&str, String)>, dir: Option<String>) -> String {
    let (mut before, mut after) = (String::new(), String::new());
    for (index, (name, value)) in env.iter().enumerate() {
        before.push_str(&format!("$was{index} = ${{env:{name}}}; ${{env:{name}}} = {value}; "));
        after.push_str(&format!("${{env:{name}}} = $was{index}; "));
    }
    if let Some(dir) = dir {
        before.push_str(&format!("Push-Location -LiteralPath {dir}; "));
        after.push_str("Pop-Location; ");
    }
    if after.is_empty() { command.to_owned() } else { format!("{before}try {{ {command} }} finally {{ {after}}}") }
}

fn in_posix(
    command: &str,
    env: &[(String, OsString)],
    asked: Vec<(&str, String)>,
    dir: Option<String>,
    os: Os,
) -> String {
    let is_plain = |name: &str| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let mut line = String::new();
    if env.iter().all(|(name, _)| is_plain(name)) && asked.iter().all(|(name, _)| is_plain(name)) {
        env.iter().for_each(|(name, value)| line.push_str(&format!("{name}={} ", quote(value, os))));
        asked.iter().for_each(|(name, answer)| line.push_str(&format!("{name}={answer} ")));
    } else {
        // A shell can't set these names, but `env` can.
        line.push_str("env ");
        for (name, value) in env {
            let mut word = OsString::from(format!("{name}="));
            word.push(value);
            line.push_str(&format!("{} ", quote(&word, os)));
        }
        asked
            .iter()
            .for_each(|(name, answer)| line.push_str(&format!("{}{answer} ", quote(format!("{name}=").as_ref(), os))));
    }
    line.push_str(command);
    match dir {
        Some(dir) => format!("(cd {dir} && {line})"),
        None => line,
    }
}

/// A line that writes a file, and its folder first, when it is pasted into the shell that people use on `os`.
pub fn writing(path: &Path, text: &str, os: Os) -> String {
    let folder = path.parent().unwrap_or(Path::new("."));
    let (folder, path) = (quote(folder.as_os_str(), os), quote(path.as_os_str(), os));
    match os {
        Os::Windows => {
            let lines: Vec<String> = text.lines().map(|line| pasted_in_powershell(OsStr::new(line))).collect();
            // `-Path` would take `[1]` in a name for a pattern. New-Item takes its path as it is.
            let write = format!("Set-Content -LiteralPath {path} -Value {}", lines.join(","));
            format!("New-Item -ItemType Directory -Force {folder} | Out-Null; {write}")
        }
        Os::Linux | Os::Mac => {
            let lines: Vec<String> = text.lines().map(|line| quote(OsStr::new(line), os)).collect();
            format!("mkdir -p {folder} && printf '%s\\n' {} > {path}", lines.join(" "))
        }
    }
}

/// `words` for the shell that people use on `os`, as they may be printed: what is secret is hidden before it is quoted.
pub fn command_line(words: &[OsString], os: Os) -> String {
    let hidden = hidden_words(words);
    let shown = |(at, word): (usize, &OsString)| match os {
        Os::Linux | Os::Mac if is_script(words, at) => script(word, os),
        _ => quote(word, os),
    };
    let mut quoted: Vec<String> = hidden.iter().enumerate().map(shown).collect();
    if os == Os::Windows && quoted[0].starts_with(['\'', '"']) {
        quoted.insert(0, "&".to_owned());
    }
    quoted.join(" ")
}

/// One word for the shell that people use on `os`.
pub fn quote(word: &OsStr, os: Os) -> String {
    let text = word.to_string_lossy();
    match os {
        // What is not text or obeyed by terminals can be read and pasted only as numbers.
        Os::Linux | Os::Mac if needs_numbers(word, &text) => {
            let of_byte = |byte: &u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'/' | b'.' | b' ' | b'=' => {
                    char::from(*byte).to_string()
                }
                byte => format!("\\{byte:03o}"),
            };
            let bytes: String = word.as_encoded_bytes().iter().map(of_byte).collect();
            // `$(…)` takes the line breaks at its end away. Older shells don't know `$'…'`: only where it must be.
            if bytes.ends_with("\\012") { format!("$'{bytes}'") } else { format!("\"$(printf '{bytes}')\"") }
        }
        // A word can't contain a NUL: no system could pass it on.
        Os::Linux | Os::Mac => shlex::try_quote(&text).map_or_else(|_| text.to_string(), |quoted| quoted.into_owned()),
        Os::Windows => {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '\\' | '.' | ':' | '=' | '+');
            // PowerShell splits `-name.rest` and `-name:rest` at the mark unless they are quoted.
            let splits = text.starts_with('-') && text.contains(['.', ':']);
            if !text.is_empty() && text.chars().all(plain) && !splits {
                text.into_owned()
            } else {
                pasted_in_powershell(word)
            }
        }
    }
}

/// A script for a shell in its own lines.
fn script(word: &OsStr, os: Os) -> String {
    let text = word.to_string_lossy();
    let is_text = word.to_str().is_some() && !text.chars().any(|c| is_control(c) && c != '\n' && c != '\t');
    if is_text && text.contains('\n') { format!("'{}'", text.replace('\'', r"'\''")) } else { quote(word, os) }
}

/// Whether a word has bytes that are not text, or characters that a terminal would obey.
fn needs_numbers(word: &OsStr, text: &str) -> bool {
    word.to_str().is_none() || text.chars().any(is_control)
}

/// One word in quotes for PowerShell 7, on one line: in double quotes, what a terminal would obey can stand as a number.
pub fn pasted_in_powershell(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    if !text.chars().any(is_control) {
        return always_quoted(word);
    }
    let of_char = |c: char| match c {
        // The quotes that end a text, curly ones included.
        '"' | '`' | '$' | '\u{201C}' | '\u{201D}' | '\u{201E}' => format!("`{c}"),
        c if is_control(c) => format!("`u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(of_char).collect::<String>())
}

/// PowerShell's single quotes: nothing in them is special but the quote itself, curly ones included.
pub fn always_quoted(word: &OsStr) -> String {
    let mut quoted = String::from("'");
    for c in word.to_string_lossy().chars() {
        quoted.push(c);
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}') {
            quoted.push(c);
        }
    }
    quoted.push('\'');
    quoted
}

/// The values of an option in a command line, each time it is given: as the next word, or joined: `--file=x`, `-fx`,
/// `-f=x`.
pub fn option_values<'a>(words: impl IntoIterator<Item = &'a OsString>, options: &[&str]) -> Vec<OsString> {
    let mut values = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let joined = |option: &&str| {
            let value = text.strip_prefix(*option)?;
            if option.starts_with("--") {
                value.strip_prefix('=')
            } else {
                Some(value.strip_prefix('=').unwrap_or(value))
            }
        };
        if options.contains(&text.as_ref()) {
            values.extend(words.next().cloned());
        } else if let Some(value) = options.iter().find_map(joined) {
            values.push(value.into());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation(words: &[&str], env: &[(&str, &str)], dir: &str) -> Invocation {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
        Invocation::new(words.iter().map(OsString::from).collect(), env, PathBuf::from(dir))
    }

    #[test]
    fn a_line_for_a_posix_shell() {
        let plain = invocation(&["docker", "compose", "up"], &[("A", "1")], "/p");
        assert_eq!(plain.pasteable(Os::Linux, Path::new("/p")), "A=1 docker compose up");
        let moved = invocation(&["a b", "", "it's", "$x"], &[("A", "b c")], "/p q");
        assert_eq!(moved.pasteable(Os::Mac, Path::new("/")), r#"(cd '/p q' && A='b c' 'a b' '' "it's" '$x')"#);
        let odd = invocation(&["x"], &[("a.b", "1")], "/p");
        assert_eq!(odd.pasteable(Os::Linux, Path::new("/p")), "env 'a.b=1' x");
    }

    #[test]
    fn a_line_for_powershell() {
        let plain = invocation(&["docker", "compose", "up"], &[("A", "1")], "/p");
        assert_eq!(
            plain.pasteable(Os::Windows, Path::new("/p")),
            "$was0 = ${env:A}; ${env:A} = '1'; try { docker compose up } finally { ${env:A} = $was0; }"
        );
        let moved = invocation(&[r"C:\a b\x.exe", "", "it's", "$x", "-f:x"], &[], r"C:\p");
        assert_eq!(
            moved.pasteable(Os::Windows, Path::new(r"C:\")),
            r"Push-Location -LiteralPath C:\p; try { & 'C:\a b\x.exe' '' 'it''s' '$x' '-f:x' } finally { Pop-Location; }"
        );
    }

    #[test]
    fn a_file_is_written_by_its_name_and_not_by_a_pattern() {
        let path = Path::new("/p[1]/x.yaml");
        assert_eq!(writing(path, "a\nb c\n", Os::Linux), "mkdir -p '/p[1]' && printf '%s\\n' a 'b c' > '/p[1]/x.yaml'");
        assert_eq!(
            writing(path, "a\nb c\n", Os::Windows),
            "New-Item -ItemType Directory -Force '/p[1]' | Out-Null; Set-Content -LiteralPath '/p[1]/x.yaml' -Value 'a','b c'"
        );
    }

    #[test]
    fn a_step_is_announced_as_its_system_would_have_it_typed() {
        let step = invocation(&["docker", "compose", "up"], &[("A", "1"), ("B", "2")], "/p");
        assert_eq!(step.announcement(Os::Linux, |name| name == "A"), "A=1 docker compose up");
        assert_eq!(step.announcement(Os::Windows, |_| false), "docker compose up");
        assert_eq!(
            step.announcement(Os::Windows, |name| name == "A"),
            "$was0 = ${env:A}; ${env:A} = '1'; try { docker compose up } finally { ${env:A} = $was0; }"
        );
    }
}
