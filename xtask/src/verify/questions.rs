//! What a build step is asked before its own command begins: shell words inserted in front of it. `look.rs` reads the
//! answers.

use crate::dockerfile::commands::Commands;
use crate::dockerfile::model::Run;
use crate::installers::installer::Installer;
use crate::installers::table;
use crate::ui::secret;

/// A script file that is longer isn't printed, in bytes.
const LONGEST: usize = 20_000;

/// Prints how many files are in `$_x`, and `-` if that can't be told: the image has no `find`, or `find` could not look
/// everywhere and saw none.
const COUNT: &str = "if _f=$(find \"$_x\" -type f -size +0 2>/dev/null) || [ -n \"$_f\" ]; then \
                     [ -z \"$_f\" ] && echo 0 || echo \"$_f\" | wc -l | tr -d ' '; else echo -; fi";

/// What to ask.
#[derive(Debug, Default)]
pub struct Questions<'a> {
    /// Where the cache mounts of the step are, as written.
    targets: Vec<&'a str>,
    installers: Vec<&'static Installer>,
    /// The variables that its command uses.
    variables: Vec<&'a str>,
    /// The files that it runs and that may be scripts.
    scripts: Vec<String>,
    /// The other users that it runs something as.
    users: Vec<String>,
}

impl<'a> Questions<'a> {
    pub fn of(run: &'a Run) -> Questions<'a> {
        let commands = Commands::read(&run.script);
        let targets: Vec<&str> = run.cache_mounts().map(|mount| mount.target.as_str()).collect();
        let installers = installers(&targets, &commands);
        let asked: Vec<&str> = installers.iter().flat_map(|installer| installer.variables()).collect();
        let is_new = |name: &&str| !asked.contains(name) && *name != "HOME" && !secret::is_secret(name);
        let variables = variables(&run.script).into_iter().filter(is_new).collect();
        let is_plain = |text: &String| !text.contains(|c: char| c.is_control() || c == ':');
        let scripts = commands.files().iter().filter(|path| is_plain(path)).cloned().collect();
        let mut users: Vec<String> = Vec::new();
        for user in commands.iter().filter_map(|command| command.read.user.as_ref()?.known().map(str::to_owned)) {
            let is_name = user.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if is_name && !users.contains(&user) {
                users.push(user);
            }
        }
        Questions { targets, installers, variables, scripts, users }
    }

    /// The words. They work in any shell like sh, also with `-e`, `-u` and `pipefail`, and print lines that begin with
    /// `mark`.
    pub fn words(&self, mark: &str) -> String {
        let mut words = format!("echo \"{mark} user $(id -u 2>/dev/null) ${{HOME-}}\"; ");
        words.push_str(&format!("echo \"{mark} folder ${{PWD-}}\"; "));
        for (at, target) in self.targets.iter().enumerate() {
            words.push_str(&format!(
                "{}echo \"{mark} mount {at} $([ -w \"$_x\" ] && echo yes || echo no) \
                 $({COUNT}) $_x\"; ",
                path_of(target)
            ));
        }
        for installer in &self.installers {
            words_for(&mut words, mark, installer);
        }
        for name in &self.variables {
            // Only paths and options: anything else may be secret, and doesn't matter here.
            words.push_str(&format!(
                "case \"${{{name}-}}\" in *@*|*://*) ;; /*|-*|~*) echo \"{mark} variable {name}=${{{name}-}}\";; esac; "
            ));
        }
        for path in &self.scripts {
            let file = single_quoted(path);
            let shown = path.replace(['\\', '&', '#'], ".");
            words.push_str(&format!(
                "[ ! -f {file} ] || [ \"$(cat {file} 2>/dev/null | wc -c)\" -gt {LONGEST} ] || \
                 {{ sed 's#^#{mark} script {}: #' {file} 2>/dev/null; echo; }}; ",
                shown.replace('\'', ".")
            ));
        }
        for user in &self.users {
            words.push_str(&format!(
                "sed -n 's#^{user}:[^:]*:\\([0-9]*\\):[^:]*:[^:]*:\\([^:]*\\):.*#{mark} account {user} \\1 \\2#p' \
                 /etc/passwd 2>/dev/null || :; "
            ));
        }
        words.truncate(words.trim_end().len());
        words
    }
}

/// The installers whose settings matter to a step: those that its mounts are for, and the one it calls.
fn installers(targets: &[&str], commands: &Commands) -> Vec<&'static Installer> {
    let called = commands.installer();
    let mut found: Vec<&'static Installer> = Vec::new();
    for installer in targets.iter().filter_map(|target| table::of_mount(target, called)).chain(called) {
        if !found.contains(&installer) {
            found.push(installer);
        }
    }
    found
}

/// The names of the variables in a script: `$NAME`, `${NAME…}`.
fn variables(script: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for rest in script.split('$').skip(1) {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        if !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Sets `_x` to the place of a mount: its target with the variables filled in, below the step's folder if it is relative.
/// Engine 20 fills in none, so what is mounted there decides.
fn path_of(target: &str) -> String {
    let absolute = "case $_x in /*) ;; *) _x=${PWD%/}/$_x;; esac; ";
    if !target.contains('$') {
        return format!("_x={}; {absolute}", single_quoted(target));
    }
    format!(
        "_x=$(echo {} 2>/dev/null) || :; {absolute}_y=; \
         while read -r _a _b _c; do [ \"$_b\" != \"$_x\" ] || _y=1; done </proc/self/mounts; \
         [ -n \"$_y\" ] || {{ _x={}; {absolute}}}; ",
        quoted(target),
        single_quoted(target)
    )
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

pub fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(all(test, unix))]
#[allow(clippy::disallowed_methods, reason = "a test may start a shell")]
mod tests {
    use super::*;
    use crate::verify::look::{Look, read};
    use std::process::Command;

    fn run(shell: &str, variables: &[(&str, &str)], targets: &[&str]) -> (Option<Look>, Vec<String>, String) {
        let installers = ["pip", "uv", "apt"].map(|name| table::by_name(name).expect("a row")).into();
        let questions = Questions { targets: targets.to_vec(), installers, ..Questions::default() };
        let script = format!("{} echo own command", questions.words("m:3"));
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
            let (look, others, said) = run(shell, &variables, &["/no/such \"folder", "${T}proc", "${T}usr", "x y"]);
            assert_eq!(said, "");
            assert_eq!(others, ["own command"]);
            let look = look.unwrap();
            let variable =
                |name: &str| look.variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
            assert_eq!(look.home.as_deref(), Some("/no/home"));
            assert_eq!(variable("PIP_NO_CACHE_DIR").as_deref(), Some("1"));
            assert_eq!(look.mounts[0].writable, Some(false));
            assert_eq!(look.mounts[0].files, None, "a folder that can't be listed");
            let here = std::env::current_dir().unwrap();
            let paths: Vec<&str> = look.mounts.iter().filter_map(|mount| mount.path.as_deref()).collect();
            let written = here.join("${T}usr").display().to_string();
            assert_eq!(paths, ["/no/such \"folder", "/proc", &written, &here.join("x y").display().to_string()]);
            assert_eq!(look.folder.as_deref(), here.to_str());
            assert_eq!(variable("UV_NO_CACHE"), None);
            assert!(!look.variables.iter().any(|(_, value)| value.contains("secret")), "{look:?}");
            assert_eq!(variable("PIP_INDEX_URL").as_deref(), Some("https://example.org:81/simple/"), "{look:?}");
            assert_eq!(variable("PIP_EXTRA_INDEX_URL").as_deref(), Some("http://example.net/x"), "{look:?}");
        }
    }

    #[test]
    fn files_are_counted_only_with_a_find_that_sees_them_all() {
        let folder = std::env::temp_dir().join(format!("xtask-count-{}", std::process::id()));
        let bin = folder.join("bin");
        for name in ["bin", "empty", "full"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        std::fs::write(folder.join("empty/lock"), "").unwrap();
        std::fs::write(folder.join("full/one"), "1").unwrap();
        std::fs::write(folder.join("full/two"), "2").unwrap();
        for tool in ["id", "wc", "tr", "sed", "cat"] {
            let path = ["/usr/bin", "/bin"].iter().map(|at| std::path::Path::new(at).join(tool)).find(|at| at.exists());
            std::os::unix::fs::symlink(path.expect(tool), bin.join(tool)).unwrap();
        }
        let [empty, full] = ["empty", "full"].map(|name| folder.join(name).display().to_string());
        let counts = |path: &str| {
            let (look, ..) = run("/bin/sh", &[("PATH", path)], &[&empty, &full]);
            look.unwrap().mounts.iter().map(|mount| mount.files).collect::<Vec<_>>()
        };
        assert_eq!(counts("/usr/bin:/bin"), [Some(0), Some(2)]);
        assert_eq!(counts(&bin.display().to_string()), [None, None]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_a_step_uses_is_asked_for() {
        let folder = std::env::temp_dir().join(format!("xtask-questions-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("in stall.sh"), "#!/bin/sh\nexport A='b'\n\npip install x").unwrap();
        let path = folder.join("in stall.sh").display().to_string();
        let text = format!(
            "FROM a\nRUN --mount=type=cache,target=/x sh '{path}' $OPTIONS ${{WHERE:-}} $URL $TOKEN $TEXT && su root -c x && su nobody -c y\n"
        );
        let file = crate::dockerfile::model::Dockerfile::parse(&text).unwrap();
        let (_, step) = file.runs().next().unwrap();
        let words = Questions::of(step).words("m:3");
        for shell in ["sh", "bash"] {
            let mut command = Command::new(shell);
            command.args(["-euc", &format!("{words} echo own")]).env_clear().env("PATH", "/usr/bin:/bin");
            command.envs([("OPTIONS", "--no-cache-dir -q"), ("WHERE", "/c"), ("URL", "https://me:secret@host")]);
            let output = command.envs([("TOKEN", "/secret"), ("TEXT", "some")]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
            let lines: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
            let (look, others) = read("m:3", &lines);
            let look = look.unwrap();
            let variables = [("OPTIONS", "--no-cache-dir -q"), ("WHERE", "/c")];
            assert_eq!(look.variables, variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
            assert_eq!(look.scripts[&path], "#!/bin/sh\nexport A='b'\n\npip install x\n");
            let accounts: Vec<&str> = look.accounts.iter().map(|account| account.name.as_str()).collect();
            assert_eq!((accounts, look.accounts[0].home.as_str()), (vec!["root", "nobody"], "/root"));
            assert_eq!(others, ["own"]);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
