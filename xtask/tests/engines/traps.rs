//! A repository full of traps, and xtask looking at it below strace.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::Engine;
use crate::seen::Seen;

const TASKS: &str = r#"
[env]
DOCKER_CONFIG = "evil-config"
DOCKER_HOST = "unix:///evil.sock"
DOCKER_CONTEXT = "evil"
LD_PRELOAD = "FOLDER/evil.so"
PATH = "FOLDER/evil-bin"
BASH_ENV = "FOLDER/evil"
ENV = "FOLDER/evil"
HOME = "FOLDER/evil-home"
XDG_STATE_HOME = "FOLDER/evil-state"
XDG_CONFIG_HOME = "FOLDER/evil-config"
TMPDIR = "FOLDER/evil-tmp"
BUILDX_CONFIG = "FOLDER/evil-config"
BUILDX_BUILDER = "evil"
GIT_SSH_COMMAND = "FOLDER/evil"
GIT_CONFIG_GLOBAL = "FOLDER/evil"
PYTHONPATH = "FOLDER/evil-python"
PYTHONSTARTUP = "FOLDER/evil"
HTTPS_PROXY = "http://evil:1"
OTEL_EXPORTER_OTLP_ENDPOINT = "http://evil:1"
COMPOSE_EXPERIMENTAL_GIT_REMOTE = "evil"
OPENSSL_CONF = "FOLDER/evil"
OPENSSL_MODULES = "FOLDER/evil"
SSLKEYLOGFILE = "FOLDER/evil"
SSL_CERT_FILE = "FOLDER/evil"
RANDFILE = "FOLDER/evil"
CTLOG_FILE = "FOLDER/evil"
CURL_CA_BUNDLE = "FOLDER/evil"
WEBSOCKET_CLIENT_CA_BUNDLE = "FOLDER/evil"
NETRC = "FOLDER/evil"
METRICS_SOCKET_FILE = "http+unix://FOLDER/evil.sock"
GRPC_XDS_BOOTSTRAP = "FOLDER/evil"
GRPC_GCP_OBSERVABILITY_CONFIG_FILE = "FOLDER/evil"
KUBECONFIG = "FOLDER/evil"
KUBERNETES_MASTER = "http://evil:1"
ROOTLESSKIT_STATE_DIR = "FOLDER/evil"
GCONV_PATH = "FOLDER/evil"
LOCALDOMAIN = "evil"
NIS_PATH = "FOLDER/evil"
NLSPATH = "FOLDER/evil"
RESOLV_ADD_TRIM_DOMAINS = "evil"
TERMINFO_DIRS = "FOLDER/evil"
__PYVENV_LAUNCHER__ = "FOLDER/evil"
_PYTHON_PROJECT_BASE = "FOLDER/evil"
XT_UNUSED = "evil"
XT_TAG = "used-by-compose"

[tasks.up]
about = "names with ' \" $(./evil) `./evil` traps"
steps = ["compose build {args}", "compose up"]

[tasks.evil]
steps = ["./evil", "docker ps", "git status", "cargo build"]
"#;

/// A repository in which everything that could be started by mistake is a trap, beside a home folder and what lies outside.
pub struct Traps {
    pub folder: PathBuf,
    pub project: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Traps {
    pub fn new(engine: &Engine) -> Traps {
        let folder = std::env::temp_dir().join(&engine.name);
        let _ = fs::remove_dir_all(&folder);
        let project = folder.join("project");
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes a folder");
            fs::write(path, text).expect("writes a file");
        };
        // Compose uses them all: what is left out is so by its name.
        let names = TASKS
            .lines()
            .filter_map(|line| Some(line.split_once(" = ")?.0))
            .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && *name != "XT_UNUSED");
        let used: String = names.map(|name| format!("${{{name}:-}}")).collect();
        write(
            "project/compose.yaml",
            &format!(
                "services:\n  odd:\n    build: \"we\\e[31mi'r\\\"d\\nname\"\n  web:\n    image: \"x:${{XT_TAG:-}}\"\n    \
                 build: linked\n    labels:\n      used: \"{used}\"\n"
            ),
        );
        fs::copy(project.join("compose.yaml"), project.join("docker-compose.yml")).expect("copies a file");
        write("outside/context/Dockerfile", "FROM scratch\n# planted-outside\nplanted-outside in a Dockerfile\n");
        write(
            "outside/env",
            "XT_FILE=planted-outside\nDOCKER_HOST=unix:///evil.sock\nCOMPOSE_EXPERIMENTAL_GIT_REMOTE=1\n",
        );
        write("project/sub/here", "");
        let makefile = "X := $(shell ./evil)\ninclude .env outside.mk\n-include evil.mk\nexport X\nevil.mk:\n\t./evil\nup: ## Up\n\t+./evil $(X)\n";
        let justfile = "set dotenv-load\nimport 'outside.mk'\nx := `./evil`\nexport Y := `./evil y`\nbuild z=x:\n  ./evil {{x}} {{z}}\n";
        for dir in ["", "sub/"] {
            write(&format!("project/{dir}Makefile"), makefile);
            write(&format!("project/{dir}justfile"), justfile);
        }
        write("project/we\x1b[31mi'r\"d\nname/Dockerfile", "FROM scratch\nRUN --mount=type=cache,target=/x true\n");
        let link = |to: &str, from: &str| symlink(folder.join(to), project.join(from)).expect("makes a link");
        link("outside/context", "linked");
        link("outside/env", ".env");
        link("outside/env", "outside.mk");
        link("outside/env", "sub/outside.mk");
        write(
            "project/.git/config",
            "[core]\nfsmonitor = ./evil\npager = ./evil\nsshCommand = ./evil\n[alias]\nstatus = !./evil\n",
        );
        write(
            "project/.cargo/config.toml",
            "[build]\nrustc = './evil'\nrustc-wrapper = './evil'\n[target.'cfg(all())']\nrunner = './evil'\n",
        );
        let names = [
            "docker",
            "docker-compose",
            "docker-buildx",
            "git",
            "sh",
            "cargo",
            "dockerd",
            "python3",
            "evil",
            "build.sh",
        ];
        let mut traps: Vec<String> =
            ["", "sub/", "evil-bin/"].iter().flat_map(|dir| names.map(|name| format!("{dir}{name}"))).collect();
        traps.extend(["docker-compose", "docker-buildx"].map(|name| format!("evil-config/cli-plugins/{name}")));
        traps.extend(["post-checkout", "fsmonitor-watchman"].map(|name| format!(".git/hooks/{name}")));
        for trap in &traps {
            write(&format!("project/{trap}"), &format!("#!/bin/sh\necho {trap} >> '{}/ran'\n", folder.display()));
            fs::set_permissions(project.join(trap), fs::Permissions::from_mode(0o755)).expect("executable");
        }
        // The person's own: a context for the engine, so that DOCKER_HOST of the project would count, and the plugins.
        let home = folder.join("home");
        fs::create_dir_all(home.join(".docker/cli-plugins")).expect("makes a folder");
        for plugin in fs::read_dir(format!("{}/cli-plugins", engine.variable("DOCKER_CONFIG"))).into_iter().flatten() {
            let plugin = plugin.expect("a plugin");
            let file = plugin.path().canonicalize().expect("a file");
            symlink(file, home.join(".docker/cli-plugins").join(plugin.file_name())).expect("makes a link");
        }
        let home = home.display().to_string();
        let host = format!("host={}", engine.variable("DOCKER_HOST"));
        for words in [&["context", "create", "mine", "--docker", &host][..], &["context", "use", "mine"]] {
            let mut docker = engine.command("docker");
            docker.args(words).env("HOME", &home).env_remove("DOCKER_CONFIG").env_remove("DOCKER_HOST");
            let output = docker.output().expect("runs docker");
            assert!(output.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let path = format!(".:{}::sub", engine.variable("PATH"));
        let variables = [("HOME", home.as_str()), ("PATH", &path), ("LANG", "C.UTF-8"), ("TERM", "xterm")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Traps { folder, project, variables }
    }

    pub fn tasks(&self, compose: &str) {
        let text = format!("{compose}{}", TASKS.replace("FOLDER", &self.project.display().to_string()));
        fs::write(self.project.join("tasks.toml"), text).expect("writes tasks.toml");
    }

    /// Runs xtask under strace.
    pub fn look(&self, dir: &Path, words: &[&str], more: &[(&str, &str)]) -> Seen {
        let trace = self.folder.join("trace");
        let mut strace = Command::new("/usr/bin/strace");
        let calls = "trace=execve,execveat,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,\
mkdirat,rmdir,link,linkat,symlink,symlinkat,chmod,fchmodat,chown,fchownat,lchown,truncate,utimensat,mknod,mknodat,connect";
        strace.args(["-f", "-y", "-v", "-qq", "-s", "8192", "-e", calls, "-o"]).arg(&trace);
        strace.arg(env!("CARGO_BIN_EXE_xtask")).args(words).current_dir(dir).env_clear().envs(&self.variables);
        strace.envs(more.iter().copied()).stdin(std::process::Stdio::null());
        let output = strace.output().expect("strace is installed: apt-get install strace");
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        // One Dockerfile of the traps is none, which is a 2 of `lint`'s.
        let worst = if words[0] == "lint" { 2 } else { 1 };
        let works = output.status.code().is_some_and(|code| code <= worst);
        assert!(works, "{words:?} in {}: {}\n{printed}", dir.display(), output.status);
        Seen::read(&fs::read_to_string(&trace).expect("a trace"), printed)
    }
}

impl Drop for Traps {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
