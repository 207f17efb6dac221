//! What only looks trusts no repository: with which variables it starts programs, and what it heeds of `[compose] cli`.
//! Steps trust theirs, as make does.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::system::environment::Environment;
use crate::tasks::variables::VARIABLES;

/// What a call of compose is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A step, or a build of ours.
    Step,
    /// Only to look.
    Looking,
}

/// The variables of programs that are started just to look: the person's own, and BuildKit's two. A relative folder of PATH
/// would be one of the project's.
pub fn environment(persons: &Environment, of_steps: &[(String, OsString)]) -> Environment {
    let is_buildkits = |(name, _): &&(String, OsString)| VARIABLES.iter().any(|(known, _)| known == name);
    let mut added: Vec<(String, OsString)> = of_steps.iter().filter(is_buildkits).cloned().collect();
    // Programs that look there themselves take an empty folder for the one they run in.
    let path = persons.get("PATH").map(std::env::split_paths);
    if path.is_some_and(|mut folders| folders.any(|folder| !folder.is_absolute())) {
        let absolute = std::env::join_paths(persons.path().into_iter().filter(|folder| folder.is_absolute()));
        added.push(("PATH".to_owned(), absolute.unwrap_or_default()));
    }
    if has_relative_config(persons) {
        // Docker takes an empty value for none.
        added.push((DOCKER_CONFIG.to_owned(), OsString::new()));
    }
    persons.with(&added)
}

/// Docker's plugins lie there, too.
const DOCKER_CONFIG: &str = "DOCKER_CONFIG";

fn has_relative_config(persons: &Environment) -> bool {
    persons.get(DOCKER_CONFIG).is_some_and(|folder| !folder.is_empty() && !Path::new(folder).is_absolute())
}

/// Those of `[env]` that compose gets: it finds its files with them, or its files use them (`used`).
pub fn of_compose(of_steps: &[(String, OsString)], used: &BTreeSet<String>) -> Vec<(String, OsString)> {
    let is_fixed = |name: &str| VARIABLES.iter().chain(&FETCHES_NOTHING).any(|(known, _)| *known == name);
    let is_known = |name: &str| FINDS_FILES.contains(&name) || is_fixed(name);
    let goes = |(name, _): &&(String, OsString)| is_known(name) || (used.contains(name) && !changes_programs(name));
    of_steps.iter().filter(goes).cloned().collect()
}

/// With these compose itself refuses files from elsewhere, also where `.env` turns that on (measured with 2.26 and 2.40).
pub const FETCHES_NOTHING: [(&str, &str); 2] =
    [("COMPOSE_EXPERIMENTAL_GIT_REMOTE", "0"), ("COMPOSE_EXPERIMENTAL_OCI_REMOTE", "0")];

/// With these compose finds its files and names its project.
const FINDS_FILES: [&str; 6] = [
    "COMPOSE_FILE",
    "COMPOSE_PATH_SEPARATOR",
    "COMPOSE_ENV_FILES",
    "COMPOSE_DISABLE_ENV_FILE",
    "COMPOSE_PROFILES",
    "COMPOSE_PROJECT_NAME",
];

/// Variables that change which program starts, what it loads, whom it talks to, or where it writes: of those that docker,
/// compose 1 and 2, buildx, git, ssh, Python, OpenSSL and glibc read. A list of what may go through can't be had, since
/// compose's files may use any name. And `--env-file` keeps nothing out: compose 2.26 takes all of such a file into its own
/// environment.
const CHANGES_PROGRAMS: [&str; 48] = [
    "ALL_PROXY",
    "APPDATA",
    "BASH_ENV",
    "BROWSER",
    "CDPATH",
    "COMSPEC",
    "CTLOG_FILE",
    "CURL_CA_BUNDLE",
    "EDITOR",
    "ENV",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "GODEBUG",
    "GOTRACEBACK",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "HOSTALIASES",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IFS",
    "KUBECONFIG",
    "LOCALAPPDATA",
    "LOCALDOMAIN",
    "LOCPATH",
    "METRICS_SOCKET_FILE",
    "NETRC",
    "NIS_PATH",
    "NLSPATH",
    "NO_PROXY",
    "PAGER",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PSMODULEPATH",
    "RANDFILE",
    "SHELL",
    "SSLKEYLOGFILE",
    "SYSTEMROOT",
    "TEMP",
    "TERMCAP",
    "TMP",
    "TMPDIR",
    "USERPROFILE",
    "VISUAL",
    "WEBSOCKET_CLIENT_CA_BUNDLE",
    "WINDIR",
];

/// The same by their beginnings: of the loader, of docker and its plugins, of what they call, and of the languages that they
/// are written in.
const BEGINNINGS: [&str; 30] = [
    "AWS_",
    "BUILDKIT_",
    "BUILDX_",
    "CONTAINERS_",
    "CONTAINER_",
    "DOCKER_",
    "DYLD_",
    "GIT_",
    "GRPC_",
    "KUBERNETES_",
    "LD_",
    "MALLOC_",
    "OPENSSL_",
    "OTEL_",
    "PODMAN_",
    "PYENV",
    "PYTHON",
    "REQUESTS_",
    "RESOLV_",
    "RES_",
    "ROOTLESSKIT_",
    "SSH_",
    "SSL_",
    "TERMINFO",
    "VIRTUAL_ENV",
    "XDG_",
    "_MEIPASS",
    "_PYI_",
    "_PYTHON",
    "__PYVENV_",
];

/// Whether a variable changes what programs do. Windows ignores the case, and of the proxies so does everything.
pub fn changes_programs(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    if VARIABLES.iter().any(|(known, _)| *known == name) || FINDS_FILES.contains(&name) {
        return false;
    }
    CHANGES_PROGRAMS.contains(&upper.as_str())
        || upper.starts_with("COMPOSE_")
        || BEGINNINGS.iter().any(|start| upper.starts_with(start))
}

/// What to say of the variables: those that only steps get, and folders of PATH in which nothing is looked for.
pub fn left_out_variables(persons: &Environment, of_steps: &[(String, OsString)]) -> Vec<String> {
    let names: Vec<String> =
        of_steps.iter().filter(|(name, _)| changes_programs(name)).map(|(name, _)| format!("`{name}`")).collect();
    let mut left_out = Vec::new();
    if !names.is_empty() {
        let it = if names.len() == 1 { "it" } else { "them" };
        let names = crate::ui::text::and_list(&names, "and");
        left_out.push(format!("what {names} of `[env]` changes (only a step gets {it})"));
    }
    let is_relative = |folder: &std::path::PathBuf| !folder.is_absolute();
    if persons.path().iter().any(is_relative) {
        left_out.push("programs in relative folders of PATH (only a step looks there)".to_owned());
    }
    if has_relative_config(persons) {
        left_out.push("the relative folder in DOCKER_CONFIG (only a step looks there)".to_owned());
    }
    left_out
}

/// `[compose] cli`, or `--compose`, as far as it is heeded just to look.
#[derive(Debug, PartialEq, Eq)]
pub struct Cli {
    pub words: Vec<OsString>,
    /// The options that were left out.
    pub left_out: Vec<String>,
}

/// Options of docker's and of compose's before a command that take no value, and choose neither a program nor a folder of
/// docker's.
const FLAGS: [&str; 12] = [
    "-D",
    "--debug",
    "--tls",
    "--tlsverify",
    "--verbose",
    "--compatibility",
    "--no-ansi",
    "--skip-hostname-check",
    "--all-resources",
    "--tls=true",
    "--tlsverify=true",
    "--dry-run",
];

/// Docker's and compose's options before a command that take a value as the next word (compose 1.29, 2.40).
pub const VALUED: [&str; 20] = [
    "-c",
    "--context",
    "-H",
    "--host",
    "-l",
    "--log-level",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
    "-f",
    "--file",
    "-p",
    "--project-name",
    "--profile",
    "--env-file",
    "--project-directory",
    "--ansi",
    "--progress",
    "--parallel",
    CONFIG,
];

/// Docker's folder of configuration, which has its plugins in it.
const CONFIG: &str = "--config";

/// What of these words may be started just to look: a bare `docker compose` or `docker-compose` with options that choose an
/// engine, files or a project. `None`: it is another program, or something else of docker's.
pub fn cli(words: &[OsString]) -> Option<Cli> {
    let (program, rest) = words.split_first()?;
    let is_plugin = program == "docker";
    if !is_plugin && program != "docker-compose" {
        return None;
    }
    let mut found = Cli { words: vec![program.clone()], left_out: Vec::new() };
    let mut has_compose = !is_plugin;
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        let text = word.to_str()?;
        if text == "compose" && !has_compose {
            has_compose = true;
            found.words.push(word.clone());
            continue;
        }
        if FLAGS.contains(&text) {
            found.words.push(word.clone());
            continue;
        }
        let (option, joined) = match VALUED.iter().find(|option| text == **option) {
            Some(option) => (*option, None),
            None => {
                let joined = |option: &&&str| match option.starts_with("--") {
                    true => text.strip_prefix(**option)?.strip_prefix('='),
                    false => text.strip_prefix(**option).map(|value| value.strip_prefix('=').unwrap_or(value)),
                };
                let (option, value) = VALUED.iter().find_map(|option| Some((*option, joined(&option)?)))?;
                (option, Some(value))
            }
        };
        let next = if joined.is_none() { Some(rest.next()?) } else { None };
        let value = joined.map(OsStr::new).or(next.map(OsString::as_os_str))?.to_string_lossy();
        // Docker starts ssh for such an engine.
        let is_by_ssh =
            matches!(option, "-H" | "--host") && value.trim_start().to_ascii_lowercase().starts_with("ssh:");
        if option == CONFIG || is_by_ssh {
            found.left_out.push(format!("`{option} {value}`"));
        } else {
            found.words.push(word.clone());
            found.words.extend(next.cloned());
        }
    }
    has_compose.then_some(found)
}

/// What to say of a program that isn't started just to look.
pub fn not_started(program: &OsStr) -> String {
    format!("`{}` is not started just to look", Path::new(program).display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn options_that_choose_an_engine_are_heeded() {
        for line in [
            "docker compose",
            "docker-compose",
            "docker --context far compose",
            "docker -cfar -H tcp://x:1 --tls --tlscacert=ca.pem compose --ansi never -f a.yaml",
            "docker-compose --host=unix:///x -p y",
        ] {
            assert_eq!(cli(&words(line)), Some(Cli { words: words(line), left_out: Vec::new() }), "{line}");
        }
    }

    #[test]
    fn a_folder_of_plugins_and_ssh_are_left_out() {
        let of = |line: &str| {
            let cli = cli(&words(line)).expect("docker's own");
            (cli.words, cli.left_out.join(", "))
        };
        assert_eq!(of("docker --config dc compose"), (words("docker compose"), "`--config dc`".to_owned()));
        assert_eq!(of("docker compose --config=dc -p x").0, words("docker compose -p x"));
        assert_eq!(of("docker -H ssh://-oProxyCommand=x compose").0, words("docker compose"));
        assert_eq!(of("docker-compose -Hssh://x").1, "`-H ssh://x`");
    }

    #[test]
    fn other_programs_and_commands_are_not_started() {
        for line in [
            "./evil.sh",
            "/usr/bin/docker compose",
            "podman compose",
            "docker",
            "docker run -v /:/h image compose",
            "docker --unknown x compose",
            "docker compose run",
            "docker buildx compose",
            "docker -c",
        ] {
            assert_eq!(cli(&words(line)), None, "{line}");
        }
    }

    #[test]
    fn what_changes_programs_never_reaches_one() {
        for name in [
            "PATH",
            "Path",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "DOCKER_HOST",
            "DOCKER_CONFIG",
            "BUILDX_BUILDER",
            "HOME",
            "https_proxy",
            "GIT_SSH_COMMAND",
            "BASH_ENV",
            "ENV",
            "PYTHONPATH",
            "COMPOSE_EXPERIMENTAL_GIT_REMOTE",
            "TMPDIR",
            "OPENSSL_CONF",
            "SSLKEYLOGFILE",
            "METRICS_SOCKET_FILE",
            "RES_OPTIONS",
            "TERMINFO",
            "__PYVENV_LAUNCHER__",
        ] {
            assert!(changes_programs(name), "{name}");
        }
        for name in ["DOCKER_BUILDKIT", "COMPOSE_FILE", "TAG", "ENVIRONMENT", "HOMEPAGE"] {
            assert!(!changes_programs(name), "{name}");
        }
    }

    #[test]
    fn compose_gets_what_its_files_use() {
        let set = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "x".into())).collect::<Vec<_>>();
        let of_steps = set(&["TAG", "UNUSED", "LD_PRELOAD", "COMPOSE_FILE", "DOCKER_BUILDKIT"]);
        let used = ["TAG", "LD_PRELOAD"].map(str::to_owned).into();
        assert_eq!(of_compose(&of_steps, &used), set(&["TAG", "COMPOSE_FILE", "DOCKER_BUILDKIT"]));
    }
}
