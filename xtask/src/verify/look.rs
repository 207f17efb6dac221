//! A look around from inside a build step: words for the shell, put before the step's own command, and what they
//! print. So the causes are seen where they are, and not guessed from outside.

/// What a step saw before its own command began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub uid: Option<u32>,
    pub home: Option<String>,
    /// The variables that installers read, as far as they are set.
    pub variables: Vec<(String, String)>,
    /// Lines of pip's own files.
    pub pip_conf: Vec<String>,
    /// Debian's images have it: apt then deletes what it downloads.
    pub docker_clean: bool,
    pub mounts: Vec<MountLook>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountLook {
    pub writable: Option<bool>,
    /// What lay in it when the step began.
    pub files: Option<u64>,
    pub kilobytes: Option<u64>,
}

impl Look {
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The variables that decide where installers keep what they fetch, and whether they do.
const VARIABLES: [&str; 11] = [
    "PIP_NO_CACHE_DIR",
    "PIP_CACHE_DIR",
    "PIP_TRUSTED_HOST",
    "UV_NO_CACHE",
    "UV_CACHE_DIR",
    "XDG_CACHE_HOME",
    "npm_config_cache",
    "NPM_CONFIG_CACHE",
    "CARGO_HOME",
    "GOMODCACHE",
    "GOCACHE",
];

/// Addresses, which may hold a password: only their scheme and what stands behind it are printed.
const ADDRESSES: [&str; 2] = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"];

/// The words for a step with cache mounts at `targets`. They work in every shell that is like sh, with `-e`, `-u` and
/// `pipefail` too, and print lines that begin with `mark`.
pub fn words(mark: &str, targets: &[&str]) -> String {
    let mut words = format!("echo \"{mark} user $(id -u 2>/dev/null) ${{HOME-}}\"; ");
    for (at, target) in targets.iter().enumerate() {
        let target = quoted(target);
        words.push_str(&format!(
            "echo \"{mark} mount {at} $([ -w {target} ] && echo yes || echo no) \
             $(find {target} -type f 2>/dev/null | wc -l) $(du -sk {target} 2>/dev/null | cut -f1)\"; "
        ));
    }
    for name in VARIABLES {
        words.push_str(&format!("[ -z \"${{{name}-}}\" ] || echo \"{mark} variable {name}=${{{name}-}}\"; "));
    }
    for name in ADDRESSES {
        words.push_str(&format!(
            "[ -z \"${{{name}-}}\" ] || {{ _x=${{{name}#*://}}; echo \"{mark} variable {name}=${{{name}%%:*}}://${{_x##*@}}\"; }}; "
        ));
    }
    words.push_str(&format!(
        "sed -n -e 's#//[^/ ]*@#//#' -e 's/^ *\\(no-cache-dir\\|cache-dir\\|index-url\\|extra-index-url\\|trusted-host\\)/{mark} pip \\1/p' \
         /etc/pip.conf \"${{HOME-}}/.config/pip/pip.conf\" \"${{HOME-}}/.pip/pip.conf\" 2>/dev/null || :; "
    ));
    words.push_str(&format!("[ ! -e /etc/apt/apt.conf.d/docker-clean ] || echo \"{mark} docker-clean\";"));
    words
}

/// In double quotes, since a target may be made of build args, which the step has as variables.
fn quoted(target: &str) -> String {
    let escaped: String =
        target.chars().flat_map(|c| matches!(c, '"' | '\\' | '`').then_some('\\').into_iter().chain([c])).collect();
    format!("\"{escaped}\"")
}

/// Reads the lines of a step: what it saw, and its other lines. None when it printed nothing of ours.
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
                let mut number = || words.next().and_then(|word| word.parse().ok());
                self.mounts.push(MountLook { writable, files: number(), kilobytes: number() });
            }
            "variable" => {
                if let Some((name, value)) = rest.split_once('=') {
                    self.variables.push((name.to_owned(), value.to_owned()));
                }
            }
            "pip" => self.pip_conf.push(rest.to_owned()),
            "docker-clean" => self.docker_clean = true,
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
        let script = format!("{} echo own command", words("m:3", targets));
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
            assert_eq!(look.home.as_deref(), Some("/no/home"));
            assert_eq!(look.variable("PIP_NO_CACHE_DIR"), Some("1"));
            assert_eq!(look.mounts[0].writable, Some(false));
            assert_eq!(look.mounts[0].files, Some(0));
            assert!(look.mounts[1].files.is_some_and(|files| files > 10), "{look:?}");
            assert_eq!(look.variable("UV_NO_CACHE"), None);
            assert!(!look.variables.iter().any(|(_, value)| value.contains("secret")), "{look:?}");
            assert_eq!(look.variable("PIP_INDEX_URL"), Some("https://example.org:81/simple/"), "{look:?}");
            assert_eq!(look.variable("PIP_EXTRA_INDEX_URL"), Some("http://example.net/x"), "{look:?}");
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
