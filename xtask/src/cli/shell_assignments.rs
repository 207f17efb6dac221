//! Assignments that a person's shell can evaluate.

use crate::system::command_line::always_quoted;

/// A shell, by its syntax for setting variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
// PowerShell has that name.
#[allow(clippy::enum_variant_names)]
pub enum Shell {
    /// POSIX: sh, dash, bash, zsh, ksh.
    Sh,
    Fish,
    PowerShell,
    /// Windows' cmd.exe, at the prompt and in a batch file by `for /f`.
    Cmd,
}

impl Shell {
    pub const ALL: [Shell; 4] = [Shell::Sh, Shell::Fish, Shell::PowerShell, Shell::Cmd];

    pub fn name(self) -> &'static str {
        match self {
            Shell::Sh => "sh",
            Shell::Fish => "fish",
            Shell::PowerShell => "powershell",
            Shell::Cmd => "cmd",
        }
    }

    /// The shell that a program of this name is: `/usr/bin/zsh`, `pwsh.exe`, `-bash`. None for any other program.
    pub fn of_program(program: &str) -> Option<Shell> {
        let name = program.rsplit(['/', '\\']).next().unwrap_or(program).trim_start_matches('-').to_ascii_lowercase();
        match name.strip_suffix(".exe").unwrap_or(&name) {
            "sh" | "bash" | "dash" | "zsh" | "ksh" | "mksh" | "ash" | "busybox" => Some(Shell::Sh),
            "fish" => Some(Shell::Fish),
            "powershell" | "pwsh" => Some(Shell::PowerShell),
            "cmd" => Some(Shell::Cmd),
            _ => None,
        }
    }

    /// A line that sets a variable for programs that are started later. The error says why this shell can't.
    pub fn assign(self, name: &str, value: &str) -> Result<String, &'static str> {
        let is_plain = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if value.contains('\0') {
            return Err("no variable can hold a zero byte");
        }
        match self {
            Shell::Sh | Shell::Fish if !is_plain => Err("this shell can't set a variable of that name"),
            Shell::Sh => Ok(format!("export {name}='{}'", value.replace('\'', r"'\''"))),
            // In fish's single quotes a backslash stays one, unless it stands before a quote or another.
            Shell::Fish => Ok(format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'"))),
            Shell::PowerShell => {
                let variable = if is_plain { format!("$env:{name}") } else { format!("${{env:{name}}}") };
                Ok(format!("{variable} = {}", always_quoted(value.as_ref())))
            }
            Shell::Cmd if value.contains(['\r', '\n']) => Err("cmd can't set a value with a line break"),
            // cmd has no way to write a percent sign or a quote that means itself at the prompt and in a file alike.
            Shell::Cmd if value.contains(['%', '"']) => Err("cmd can't set a value with `%` or `\"`"),
            Shell::Cmd if name.contains(['%', '"', '=']) => Err("cmd can't set a variable of that name"),
            Shell::Cmd => Ok(format!("set \"{name}={value}\"")),
        }
    }

    /// How its lines are used; `command` prints them. A comment of the shell.
    pub fn usage(self, command: &str) -> String {
        match self {
            Shell::Sh => format!("# eval \"$({command})\""),
            Shell::Fish => format!("# {command} | source"),
            Shell::PowerShell => format!("# {command} | Out-String | Invoke-Expression"),
            Shell::Cmd => format!("rem for /f \"delims=\" %i in ('{command}') do @%i"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_has_its_own_quotes() {
        let value = "it's $a \\ \"b\"";
        assert_eq!(Shell::Sh.assign("A", value).unwrap(), "export A='it'\\''s $a \\ \"b\"'");
        assert_eq!(Shell::Fish.assign("A", value).unwrap(), "set -gx A 'it\\'s $a \\\\ \"b\"'");
        assert_eq!(Shell::PowerShell.assign("A", value).unwrap(), "$env:A = 'it''s $a \\ \"b\"'");
        assert_eq!(Shell::PowerShell.assign("a.b", "\u{2019}").unwrap(), "${env:a.b} = '\u{2019}\u{2019}'");
        assert_eq!(Shell::Cmd.assign("A", "a b & c").unwrap(), "set \"A=a b & c\"");
        assert!(Shell::Cmd.assign("A", "50%").is_err());
        assert!(Shell::Cmd.assign("A", "a\nb").is_err());
        assert!(Shell::Sh.assign("a.b", "x").is_err());
        assert!(Shell::Fish.assign("1a", "x").is_err());
    }

    #[test]
    fn shells_are_known_by_their_programs() {
        assert_eq!(Shell::of_program("/usr/bin/zsh"), Some(Shell::Sh));
        assert_eq!(Shell::of_program("-bash"), Some(Shell::Sh));
        assert_eq!(Shell::of_program(r"C:\Program Files\PowerShell\7\pwsh.exe"), Some(Shell::PowerShell));
        assert_eq!(Shell::of_program("cargo"), None);
    }
}
