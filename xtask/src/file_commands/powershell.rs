//! A line of a file command as PowerShell 7 has it, to be pasted there.

use std::ffi::{OsStr, OsString};

use crate::file_commands::FileCommand;
use crate::file_commands::line::Line;
use crate::system::command_line::pasted_in_powershell;

/// The line for a command and its words. `None` where the words are no line.
pub fn line(command: FileCommand, words: &[OsString]) -> Option<String> {
    let (line, _) = Line::parse(command, words).ok()?;
    let flags = line.flags;
    let names: Vec<String> = line.operands.iter().map(|operand| name(operand)).collect();
    let (last, sources) =
        names.split_last().map_or((String::new(), String::new()), |(last, sources)| (last.clone(), sources.join(", ")));
    let all = names.join(", ");
    let verbose = if flags.verbose { " -Verbose" } else { "" };
    let force = if flags.force { " -Force" } else { "" };
    let recurse = if flags.recursive { " -Recurse" } else { "" };
    Some(match command {
        FileCommand::Cp => format!("Copy-Item -LiteralPath {sources} -Destination {last}{recurse}{force}{verbose}"),
        // A target that is there is replaced either way.
        FileCommand::Mv => format!("Move-Item -LiteralPath {sources} -Destination {last} -Force{verbose}"),
        FileCommand::Rm if names.is_empty() => "Out-Null".to_owned(),
        // What is missing is no error with -f, and everything else is.
        FileCommand::Rm if flags.force => {
            format!("Get-Item -LiteralPath {all} -Force -ErrorAction Ignore | Remove-Item{recurse} -Force{verbose}")
        }
        FileCommand::Rm => format!("Remove-Item -LiteralPath {all}{recurse} -Force{verbose}"),
        // New-Item takes its path as it is.
        FileCommand::Mkdir => {
            let force = if flags.parents { " -Force" } else { "" };
            format!("New-Item -ItemType Directory -Path {all}{force}{verbose} | Out-Null")
        }
        FileCommand::Touch => {
            let set = "(Get-Item -LiteralPath $_ -Force).LastWriteTime = Get-Date";
            let make = if flags.no_create { "" } else { " else { New-Item -ItemType File -Path $_ | Out-Null }" };
            format!("{all} | ForEach-Object {{ if (Test-Path -LiteralPath $_) {{ {set} }}{make} }}")
        }
    })
}

/// A name in quotes. PowerShell would take a `~` at its start for the home folder.
fn name(operand: &OsStr) -> String {
    let mut path = OsString::from(if operand.as_encoded_bytes().starts_with(b"~") { "./" } else { "" });
    path.push(operand);
    pasted_in_powershell(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let mut words = text.split(' ');
        let command = words.next().and_then(FileCommand::from_name).expect("a command");
        line(command, &words.map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_line_does_the_same_in_powershell() {
        let lines = [
            ("cp .env.example .env", "Copy-Item -LiteralPath '.env.example' -Destination '.env'"),
            ("cp -rf a[1] it's b", "Copy-Item -LiteralPath 'a[1]', 'it''s' -Destination 'b' -Recurse -Force"),
            ("mv -v a b", "Move-Item -LiteralPath 'a' -Destination 'b' -Force -Verbose"),
            ("rm a b", "Remove-Item -LiteralPath 'a', 'b' -Force"),
            (
                "rm -rf build ~x",
                "Get-Item -LiteralPath 'build', './~x' -Force -ErrorAction Ignore | Remove-Item -Recurse -Force",
            ),
            ("rm -f", "Out-Null"),
            ("mkdir -p a/b", "New-Item -ItemType Directory -Path 'a/b' -Force | Out-Null"),
            (
                "touch a",
                "'a' | ForEach-Object { if (Test-Path -LiteralPath $_) { (Get-Item -LiteralPath $_ -Force).LastWriteTime = \
                 Get-Date } else { New-Item -ItemType File -Path $_ | Out-Null } }",
            ),
        ];
        for (text, expected) in lines {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(shown("cp a"), None);
    }
}
