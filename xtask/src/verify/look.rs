//! Looks around inside a build step: shell words inserted before the step's own command, and what they print. This way
//! causes are seen rather than guessed.

use crate::dockerfile::commands::Commands;
use crate::installers::installer::Installer;
use crate::installers::table;

/// What a step saw before its own command began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub uid: Option<u32>,
    pub home: Option<String>,
    /// The variables that its installers read, as far as they are set.
    pub variables: Vec<(String, String)>,
    /// The installers whose configuration files were read, each with a line of them.
    pub settings: Vec<(String, String)>,
    /// Which files exist of those that turn an installer's cache off or on.
    pub files: Vec<String>,
    pub mounts: Vec<MountLook>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountLook {
    pub writable: Option<bool>,
    /// How many files it held when the step began. Empty ones, such as locks, don't count.
    pub files: Option<u64>,
}

/// The installers whose settings matter to a step: those that its mounts are for, and the one it calls.
pub fn installers(targets: &[&str], command: &str) -> Vec<&'static Installer> {
    let called = Commands::read(command).installer();
    let mut found: Vec<&'static Installer> = Vec::new();
    for installer in targets.iter().filter_map(|target| table::of_mount(target, called)).chain(called) {
        if !found.contains(&installer) {
            found.push(installer);
        }
    }
    found
}

/// The words for a step with cache mounts at `targets`. They work in any shell like sh, also with `-e`, `-u` and
/// `pipefail`, and print lines that begin with `mark`.
pub fn words(mark: &str, targets: &[&str], installers: &[&Installer]) -> String {
    let mut words = format!("echo \"{mark} user $(id -u 2>/dev/null) ${{HOME-}}\"; ");
    for (at, target) in targets.iter().enumerate() {
        let target = quoted(target);
        words.push_str(&format!(
            "echo \"{mark} mount {at} $([ -w {target} ] && echo yes || echo no) \
             $(find {target} -type f -size +0 2>/dev/null | wc -l)\"; "
        ));
    }
    for installer in installers {
        words_for(&mut words, mark, installer);
    }
    words.truncate(words.trim_end().len());
    words
}

/// What decides where one installer keeps its downloads, and whether it keeps them.
fn words_for(words: &mut String, mark: &str, installer: &Installer) {
    for name in installer.variables() {
        words.push_str(&format!("[ -z \"${{{name}-}}\" ] || echo \"{mark} variable {name}=${{{name}-}}\"; "));
    }
    // Addresses may contain a password: only the scheme, and what follows the password, are printed.
    for name in installer.obeys_headers.iter().flat_map(|index| index.is.variables) {
        words.push_str(&format!(
            "[ -z \"${{{name}-}}\" ] || {{ _x=${{{name}#*://}}; echo \"{mark} variable {name}=${{{name}%%:*}}://${{_x##*@}}\"; }}; "
        ));
    }
    if let Some(settings) = installer.settings {
        let keys = settings.is.keys.join("\\|");
        let files: Vec<String> =
            settings.is.files.iter().map(|file| format!("\"{}\"", file.replace('~', "${HOME-}"))).collect();
        words.push_str(&format!(
            "sed -n -e 's#//[^/ ]*@#//#' -e 's/^ *\\({keys}\\) *[=:]/{mark} setting {} &/p' {} 2>/dev/null || :; ",
            installer.name,
            files.join(" ")
        ));
    }
    for file in installer.files() {
        words.push_str(&format!("[ ! -e {file} ] || echo \"{mark} file {file}\"; "));
    }
}

/// In double quotes, since a target may contain build args, which the step has as variables.
fn quoted(target: &str) -> String {
    let escaped: String =
        target.chars().flat_map(|c| matches!(c, '"' | '\\' | '`').then_some('\\').into_iter().chain([c])).collect();
    format!("\"{escaped}\"")
}

/// Reads the lines of a step: what it saw (`None` if it printed nothing of ours), and its other lines.
pub fn read(mark: &str, lines: &[String]) -> (Option<Look>, Vec<String>) {
    let mut look: Option<Look> = None;
    let mut others = Vec::new();
    for line in lines {
        match line.strip_prefix(mark).and_then(|rest| rest.strip_prefix(' ')) {
            Some(rest) => look.get_or_insert_default().line(rest),
            // A shell with `-x` shows the words before it runs them.
            None if line.contains(mark) => {}
            None => others.push(line.clone()),
        }
    }
    (look, others)
}

impl Look {
    fn line(&mut self, line: &str) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "user" => {
                let (uid, home) = rest.split_once(' ').unwrap_or((rest, ""));
                self.uid = uid.parse().ok();
                self.home = Some(home.to_owned()).filter(|home| !home.is_empty());
            }
            "mount" => {
                let mut words = rest.split_whitespace().skip(1);
                let writable = words.next().map(|word| word == "yes");
                self.mounts.push(MountLook { writable, files: words.next().and_then(|word| word.parse().ok()) });
            }
            "variable" => {
                if let Some((name, value)) = rest.split_once('=') {
                    self.variables.push((name.to_owned(), value.to_owned()));
                }
            }
            "setting" => {
                if let Some((installer, line)) = rest.split_once(' ') {
                    self.settings.push((installer.to_owned(), line.trim().to_owned()));
                }
            }
            "file" => self.files.push(rest.to_owned()),
            _ => {}
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::disallowed_methods, reason = "a test may start a shell")]
mod tests {
    use super::*;
    use std::process::Command;

    fn run(shell: &str, variables: &[(&str, &str)], targets: &[&str]) -> (Option<Look>, Vec<String>, String) {
        let script = format!(
            "{} echo own command",
            words("m:3", targets, &["pip", "uv", "apt"].map(|name| table::by_name(name).expect("a row")))
        );
        let mut command = Command::new(shell);
        command.args(["-euc", &script]).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/no/home");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let lines: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
        let (look, others) = read("m:3", &lines);
        (look, others, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[test]
    fn a_real_shell_prints_what_is_read() {
        for shell in ["sh", "bash"] {
            let variables = [
                ("PIP_NO_CACHE_DIR", "1"),
                ("PIP_INDEX_URL", "https://me:secret@example.org:81/simple/"),
                ("PIP_EXTRA_INDEX_URL", "http://example.net/x"),
                ("T", "/"),
            ];
            let (look, others, said) = run(shell, &variables, &["/no/such \"folder", "${T}usr/bin"]);
            assert_eq!(said, "");
            assert_eq!(others, ["own command"]);
            let look = look.unwrap();
            let variable =
                |name: &str| look.variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
            assert_eq!(look.home.as_deref(), Some("/no/home"));
            assert_eq!(variable("PIP_NO_CACHE_DIR").as_deref(), Some("1"));
            assert_eq!(look.mounts[0].writable, Some(false));
            assert_eq!(look.mounts[0].files, Some(0));
            assert!(look.mounts[1].files.is_some_and(|files| files > 10), "{look:?}");
            assert_eq!(variable("UV_NO_CACHE"), None);
            assert!(!look.variables.iter().any(|(_, value)| value.contains("secret")), "{look:?}");
            assert_eq!(variable("PIP_INDEX_URL").as_deref(), Some("https://example.org:81/simple/"), "{look:?}");
            assert_eq!(variable("PIP_EXTRA_INDEX_URL").as_deref(), Some("http://example.net/x"), "{look:?}");
        }
    }

    #[test]
    fn other_lines_stay_and_odd_ones_do_no_harm() {
        let lines = [
            "m:3",
            "m:3 ",
            "m:3 mount",
            "m:3 mount 0 yes x",
            "m:3 user",
            "m:3 variable",
            "+ echo 'm:3 user 0 /'",
            "m:30 user 0 /x",
            "else",
        ];
        let (look, others) = read("m:3", &lines.map(str::to_owned));
        let look = look.unwrap();
        assert_eq!((look.uid, look.home, look.mounts.len()), (None, None, 2));
        assert_eq!(others, ["else"]);
        assert_eq!(read("m:3", &["plain".to_owned()]).0, None);
    }
}
