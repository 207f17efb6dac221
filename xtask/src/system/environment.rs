//! The person's own variables, without those that cargo and rustup added.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::system::os::Os;

/// The variables as the person has them, and what differs from those of this process.
#[derive(Clone, Debug)]
pub struct Environment {
    variables: Arc<Vec<(OsString, OsString)>>,
    /// Variables that override these.
    added: Vec<(OsString, OsString)>,
    /// Names of those that are taken away.
    removed: Vec<OsString>,
    /// The package folder that `cargo run` built from, if it started us.
    pub manifest_dir: Option<PathBuf>,
}

/// What cargo added: each variable with the value that the person has, `None` for none.
type Cargos = Vec<(OsString, Option<OsString>)>;

impl Environment {
    /// Reads this process's environment, and takes out of it what cargo added, so that no child gets it, whoever
    /// starts that: `package` is the one whose `main` this is. Called before there is a second thread.
    pub fn read(package: &str) -> Environment {
        let exe = env::current_exe().unwrap_or_default();
        let exe_dir = exe.parent().unwrap_or(Path::new(""));
        let (environment, cargos) = Environment::without_cargo(env::vars_os().collect(), exe_dir, package);
        for (name, value) in cargos {
            // SAFETY: there is only one thread, so nothing reads variables meanwhile.
            unsafe {
                match value {
                    Some(value) => env::set_var(name, value),
                    None => env::remove_var(name),
                }
            }
        }
        environment
    }

    /// `exe_dir` is the folder of this program: cargo names it in the library path.
    ///
    /// Measured with cargo 1.95 and rustup 1.28: `cargo run` sets CARGO, CARGO_MANIFEST_*, CARGO_PKG_* and puts its
    /// folders before the library path; the rustup proxy sets RUSTUP_HOME, CARGO_HOME, RUSTUP_TOOLCHAIN,
    /// RUSTUP_TOOLCHAIN_SOURCE and RUST_RECURSION_COUNT; cargo on Linux sets SSL_CERT_FILE and SSL_CERT_DIR to OpenSSL's
    /// own folder when they were not set.
    fn without_cargo(mut variables: Vec<(OsString, OsString)>, exe_dir: &Path, package: &str) -> (Environment, Cargos) {
        let get = |name: &str| find(&variables, name).map(OsStr::to_owned);
        let ours = get("CARGO_PKG_NAME").is_some_and(|name| name == package);
        let manifest_dir = get("CARGO_MANIFEST_DIR").filter(|_| ours).map(PathBuf::from);
        let mut cargos = Cargos::new();
        if ours {
            let home = get(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from).unwrap_or_default();
            let is_default =
                |name: &str, folder: &str| get(name).is_some_and(|value| Path::new(&value) == home.join(folder));
            // Debian's cargo, for example, runs without rustup.
            let by_rustup = get("RUST_RECURSION_COUNT").is_some();
            let from_person = get("RUSTUP_TOOLCHAIN_SOURCE").is_some_and(|source| source == "env");
            let is_openssls = |name: &str| {
                get(name).is_some_and(|value| {
                    Path::new(&value).parent().is_some_and(|dir| OPENSSL_DIRS.iter().any(|own| dir == Path::new(own)))
                })
            };
            for (name, _) in &variables {
                let text = name.to_string_lossy();
                let gone = match text.as_ref() {
                    "CARGO" | "RUSTUP_TOOLCHAIN_SOURCE" | "RUST_RECURSION_COUNT" => true,
                    // Set by our own build script. A value of the person's is lost.
                    "OUT_DIR" => get("OUT_DIR").is_some_and(|dir| Path::new(&dir).starts_with(exe_dir.join("build"))),
                    "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "CARGO_MANIFEST_LINKS" => true,
                    "RUSTUP_TOOLCHAIN" => by_rustup && !from_person,
                    "CARGO_HOME" => by_rustup && is_default("CARGO_HOME", ".cargo"),
                    "RUSTUP_HOME" => by_rustup && is_default("RUSTUP_HOME", ".rustup"),
                    "SSL_CERT_FILE" | "SSL_CERT_DIR" => is_openssls(&text),
                    name => name.starts_with("CARGO_PKG_"),
                };
                cargos.extend(gone.then(|| (name.clone(), None)));
            }
            if let Some(path) = get(LIBRARY_PATH) {
                let rest = without_cargos_folders(&path, exe_dir, get("CARGO").as_deref());
                if rest.as_ref() != Some(&path) {
                    cargos.push((LIBRARY_PATH.into(), rest));
                }
            }
        }
        for (name, value) in &cargos {
            // Ignoring case: on Windows cargo changes the person's `Path`.
            variables.retain(|(other, _)| !same(other, name));
            variables.extend(value.clone().map(|value| (name.clone(), value)));
        }
        let environment =
            Environment { variables: Arc::new(variables), added: Vec::new(), removed: Vec::new(), manifest_dir };
        (environment, cargos)
    }

    /// These variables, overridden by others: what a command gets.
    pub fn with(&self, added: &[(String, OsString)]) -> Environment {
        let mut environment = self.clone();
        for (name, value) in added {
            environment.removed.retain(|other| !same(other, name));
            environment.added.retain(|(other, _)| !same(other, name));
            environment.added.push((name.into(), value.clone()));
        }
        environment
    }

    /// These variables without some of them.
    pub fn without<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Environment {
        let mut environment = self.clone();
        for name in names {
            environment.added.retain(|(other, _)| !same(other, name));
            environment.removed.push(name.into());
        }
        environment.variables = Arc::new(
            self.variables
                .iter()
                .filter(|(name, _)| !environment.removed.iter().any(|removed| same(name, removed)))
                .cloned()
                .collect(),
        );
        environment
    }

    /// What a command gets that runs in a folder. A shell that is there says so in PWD, which compose reads, and tools that
    /// want the folder as the person sees it: one that is another folder's would be wrong.
    pub fn in_folder(&self, dir: &Path, added: &[(String, OsString)]) -> Environment {
        let mut environment = self.with(added);
        let is_that = |pwd: &OsStr| {
            let real = |path: &Path| path.canonicalize().ok();
            Path::new(pwd) == dir || real(Path::new(pwd)).is_some_and(|pwd| Some(pwd) == real(dir))
        };
        let is_added = added.iter().any(|(name, _)| name == PWD);
        if cfg!(unix) && !is_added && environment.get(PWD).is_some_and(|pwd| !is_that(pwd)) {
            environment.added.retain(|(name, _)| name != PWD);
            environment.added.push((PWD.into(), dir.into()));
        }
        environment
    }

    /// These variables, without those that override them.
    pub fn persons(&self) -> Environment {
        Environment { added: Vec::new(), ..self.clone() }
    }

    /// What differs from the variables of this process: a child inherits the rest.
    pub fn added(&self) -> &[(OsString, OsString)] {
        &self.added
    }

    /// The variables of this process that a child does not get.
    pub fn removed(&self) -> &[OsString] {
        &self.removed
    }

    pub fn get(&self, name: &str) -> Option<&OsStr> {
        find(&self.added, name).or_else(|| find(&self.variables, name))
    }

    /// A variable as text; what is not UTF-8 becomes replacement characters.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// All variables, each once, as text.
    pub fn all(&self) -> Vec<(String, String)> {
        let text = |value: &OsStr| value.to_string_lossy().into_owned();
        let own = self.variables.iter().filter(|(name, _)| find(&self.added, &name.to_string_lossy()).is_none());
        own.chain(&self.added).map(|(name, value)| (text(name), text(value))).collect()
    }

    pub fn home(&self) -> Option<PathBuf> {
        let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        self.get(name).filter(|home| !home.is_empty()).map(PathBuf::from)
    }

    /// The folders in which programs are looked for.
    pub fn path(&self) -> Vec<PathBuf> {
        self.get("PATH")
            .map(|path| env::split_paths(path).filter(|dir| !dir.as_os_str().is_empty()).collect())
            .unwrap_or_default()
    }
}

/// Where OpenSSL itself looks, on Debian and on Fedora: cargo sets these folders where none are set.
const OPENSSL_DIRS: [&str; 2] = ["/usr/lib/ssl", "/etc/pki/tls"];

/// The folder that a shell is in.
const PWD: &str = "PWD";

/// The variable that cargo puts its folders into (cargo's `dylib_path_envvar`).
const LIBRARY_PATH: &str = if cfg!(windows) {
    "PATH"
} else if cfg!(target_os = "macos") {
    "DYLD_FALLBACK_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// The library path without the folders that cargo put before it, each taken out once: what the person has behind
/// them stays. None when nothing is left of it.
fn without_cargos_folders(path: &OsStr, exe_dir: &Path, cargo: Option<&OsStr>) -> Option<OsString> {
    let sysroot = cargo.and_then(|cargo| Path::new(cargo).parent()?.parent());
    let mut taken: Vec<PathBuf> = Vec::new();
    let is_cargos = |dir: &Path| {
        let of_target = dir == exe_dir || dir == exe_dir.join("deps") || dir.starts_with(exe_dir.join("build"));
        let of_sysroot = sysroot.is_some_and(|root| {
            dir == root.join("lib")
                || dir == root.join("bin")
                || (dir.starts_with(root.join("lib").join("rustlib")) && dir.ends_with("lib"))
        });
        of_target || of_sysroot
    };
    let rest: Vec<PathBuf> = env::split_paths(path)
        .skip_while(|dir| {
            let cargos = is_cargos(dir) && !taken.contains(dir);
            taken.push(dir.clone());
            cargos
        })
        .collect();
    // Where the variable was not set, cargo on macOS adds what the system would have used.
    let fallback = [PathBuf::from("/usr/local/lib"), PathBuf::from("/usr/lib")];
    let only_fallback = Os::HERE == Os::Mac && rest.ends_with(&fallback) && rest.len() <= 3;
    if rest.iter().all(|dir| dir.as_os_str().is_empty()) || only_fallback {
        return None;
    }
    env::join_paths(rest).ok()
}

fn find<'a>(variables: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    variables.iter().find(|(other, _)| same(other, name)).map(|(_, value)| value.as_os_str())
}

/// Whether two names mean the same variable: Windows ignores their case.
fn same(left: &OsStr, right: impl AsRef<OsStr>) -> bool {
    if cfg!(windows) { left.eq_ignore_ascii_case(right) } else { left == right.as_ref() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Environment {
        both_of(pairs).0
    }

    fn both_of(pairs: &[(&str, &str)]) -> (Environment, Cargos) {
        let pairs = pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Environment::without_cargo(pairs.collect(), Path::new("/p/target/debug"), "xtask")
    }

    fn names(environment: &Environment) -> Vec<String> {
        environment.variables.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }

    const STARTED: (&str, &str) = ("CARGO_PKG_NAME", "xtask");

    #[test]
    fn without_cargo_everything_is_the_persons() {
        let environment = of(&[("CARGO_PKG_NAME", "other"), ("RUSTUP_TOOLCHAIN", "nightly"), ("HOME", "/h")]);
        assert_eq!(names(&environment), ["CARGO_PKG_NAME", "RUSTUP_TOOLCHAIN", "HOME"]);
        assert_eq!(environment.manifest_dir, None);
    }

    #[cfg(unix)]
    #[test]
    fn what_cargo_and_rustup_add_is_taken_out() {
        let environment = of(&[
            STARTED,
            ("CARGO", "/r/bin/cargo"),
            ("CARGO_MANIFEST_DIR", "/p/xtask"),
            ("CARGO_HOME", "/h/.cargo"),
            ("CARGO_TERM_COLOR", "always"),
            ("HOME", "/h"),
            ("RUSTUP_HOME", "/mine"),
            ("RUSTUP_TOOLCHAIN", "stable-x"),
            ("RUSTUP_TOOLCHAIN_SOURCE", "default"),
            ("RUST_RECURSION_COUNT", "1"),
            ("SSL_CERT_DIR", "/etc/ssl/certs"),
            ("SSL_CERT_FILE", "/usr/lib/ssl/cert.pem"),
        ]);
        assert_eq!(names(&environment), ["CARGO_TERM_COLOR", "HOME", "RUSTUP_HOME", "SSL_CERT_DIR"]);
        assert_eq!(environment.manifest_dir, Some(PathBuf::from("/p/xtask")));
    }

    #[test]
    fn a_toolchain_that_the_person_set_stays() {
        let environment = of(&[
            STARTED,
            ("RUSTUP_TOOLCHAIN", "nightly"),
            ("RUSTUP_TOOLCHAIN_SOURCE", "env"),
            ("RUST_RECURSION_COUNT", "1"),
        ]);
        assert_eq!(names(&environment), ["RUSTUP_TOOLCHAIN"]);
        let without_rustup = of(&[STARTED, ("RUSTUP_TOOLCHAIN", "mine"), ("OUT_DIR", "/mine")]);
        assert_eq!(names(&without_rustup), ["RUSTUP_TOOLCHAIN", "OUT_DIR"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_library_path_keeps_the_persons_folders() {
        let cargos = "/p/target/debug:/p/target/debug/deps:/r/lib/rustlib/x86_64/lib:/r/lib";
        let cases = [
            (cargos.to_owned(), None),
            (format!("{cargos}:/opt:/r/lib"), Some("/opt:/r/lib")),
            (format!("{cargos}:/r/lib"), Some("/r/lib")),
        ];
        for (path, rest) in cases {
            let (environment, cargos) = both_of(&[STARTED, ("CARGO", "/r/bin/cargo"), ("LD_LIBRARY_PATH", &path)]);
            assert_eq!(environment.text("LD_LIBRARY_PATH").as_deref(), rest);
            assert_eq!(cargos.contains(&("LD_LIBRARY_PATH".into(), None)), rest.is_none());
        }
    }

    /// There the library path is PATH itself, by whatever name the person has it, and cargo puts its folders before it.
    #[cfg(windows)]
    #[test]
    fn the_path_of_windows_keeps_the_persons_folders() {
        let cargos = r"C:\p\target\debug;C:\p\target\debug\deps;C:\r\lib\rustlib\x86_64-pc-windows-msvc\lib;C:\r\bin";
        for (name, folders, rest) in [
            ("PATH", format!(r"{cargos};C:\tools;C:\r\bin"), Some(r"C:\tools;C:\r\bin")),
            ("Path", format!(r"{cargos};C:\tools"), Some(r"C:\tools")),
            ("Path", cargos.to_owned(), None),
        ] {
            let pairs = [STARTED, ("CARGO", r"C:\r\bin\cargo.exe"), (name, &folders)];
            let pairs = pairs.map(|(name, value)| (OsString::from(name), OsString::from(value)));
            let (environment, _) = Environment::without_cargo(pairs.to_vec(), Path::new(r"C:\p\target\debug"), "xtask");
            assert_eq!(environment.text("Path").as_deref(), rest, "{name}={folders}");
            assert_eq!(environment.variables.len(), usize::from(rest.is_some()), "{:?}", environment.variables);
        }
    }
}
