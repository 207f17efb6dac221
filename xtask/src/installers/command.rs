//! Which installer a command calls, and what for. Works on the words of one simple command: a word is `None` where only
//! the build knows it.

use crate::installers::installer::{Installer, List, Place, Text};
use crate::installers::table::INSTALLERS;

/// A command that downloads packages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Install<'a> {
    pub installer: &'static Installer,
    /// The words that say so, for a message: `pip install`.
    words: List<Text>,
    /// It builds the project's own code as well, and therefore has to run when that changes.
    pub builds: bool,
    program: &'a str,
    /// What stands behind the program, options among it.
    pub arguments: &'a [Option<&'a str>],
}

/// The install command that these words are.
pub fn install<'a>(words: &'a [Option<&'a str>]) -> Option<Install<'a>> {
    let (installer, program, arguments) = called(words)?;
    let find = |forms: List<List<Text>>| forms.iter().copied().find(|form| begins_with(arguments, form));
    let install = |words, builds| Install { installer, words, builds, program, arguments };
    let builds = || find(installer.builds?.is).map(|words| install(words, true));
    find(installer.installs.is).map(|words| install(words, false)).or_else(builds)
}

/// Whether these words call the installer of a system: it reads no file of a project, and keeps its downloads for everybody.
pub fn is_of_system(words: &[Option<&str>]) -> bool {
    let is_it = |installer: &Installer| {
        let is_kept_by_system = installer.keeps.iter().any(|place| matches!(place.is, Place::Fixed(_)));
        is_kept_by_system && installer.requirements.is.files.is_empty()
    };
    called(words).is_some_and(|(installer, ..)| is_it(installer))
}

/// The installer that these words call, for whatever.
pub fn installer(words: &[Option<&str>]) -> Option<&'static Installer> {
    Some(called(words)?.0)
}

/// The installer that these words configure, if that may be about where it keeps its downloads: `npm config set cache /x`.
pub fn configures(words: &[Option<&str>]) -> Option<&'static Installer> {
    const OF_DOWNLOADS: [&str; 6] = ["cache", "store", "pkgs", "path", "folder", "home"];
    let (installer, _, arguments) = called(words)?;
    let is_config = |word: &&Option<&str>| word.is_none_or(|word| ["config", "set", "env"].contains(&word));
    let is_of_downloads = |word: &Option<&str>| {
        word.is_none_or(|word| OF_DOWNLOADS.iter().any(|part| word.to_ascii_lowercase().contains(part)))
    };
    let mut rest = arguments.iter().skip_while(|word| !is_config(word)).skip(1).peekable();
    (rest.peek().is_some() && rest.any(is_of_downloads) && install(words).is_none()).then_some(installer)
}

/// The cleaning command that these words are: the installer, and the words for a message.
pub fn cleaning(words: &[Option<&str>]) -> Option<(&'static Installer, String)> {
    let (installer, program, arguments) = called(words)?;
    let mut forms = installer.cleans.is.iter().copied();
    let words = forms.find(|form| begins_with(arguments, form))?;
    Some((installer, shown(program, words)))
}

impl<'a> Install<'a> {
    /// The words that say so, as a message shows them: `pip install`, `python3 -m pip install` is `pip install`, too.
    pub fn what(&self) -> String {
        shown(self.program, self.words)
    }

    /// The name of the program that was called: `apt`, `apt-get`.
    pub fn program(&self) -> &str {
        self.program
    }

    /// Its arguments without options, behind the words that install. The value of an option is taken for one of them.
    fn operands(&self) -> impl Iterator<Item = &str> {
        let operands = self.arguments.iter().copied().flatten().filter(|word| !word.starts_with('-'));
        operands.skip(self.words.len())
    }

    /// Whether the words that install are among these.
    pub fn is_one_of(&self, words: List<List<Text>>) -> bool {
        words.contains(&self.words)
    }

    /// What stands behind the words that install, options among it.
    pub fn behind(&self) -> &'a [Option<&'a str>] {
        let last = self.words.last();
        let at = last.and_then(|last| self.arguments.iter().position(|word| word == &Some(*last)));
        &self.arguments[at.map_or(0, |at| at + 1)..]
    }

    /// Whether a package is an installer, or of one: `pip`, `setuptools>=70`.
    pub fn is_installer(&self, word: &str) -> bool {
        let name = word.split(['=', '<', '>', '~', '[', '@']).next().unwrap_or(word);
        INSTALLERS.iter().any(|installer| installer.packages.contains(&name))
    }

    /// It only brings an installer up to date: `pip install --upgrade pip setuptools`.
    pub fn is_of_installer(&self) -> bool {
        self.operands().next().is_some()
            && self.operands().all(|word| self.is_installer(word))
            && !self.arguments.contains(&None)
    }

    /// It reads a file of requirements: `-r`.
    pub fn is_by_file(&self) -> bool {
        self.installer.requirements.is.options.iter().any(|option| has_option(self.arguments, option))
    }

    /// It installs a program, which holds all that it needs.
    pub fn is_of_tool(&self) -> bool {
        self.installer.tools.contains(&self.words)
    }

    /// It downloads nothing: it is told to, or installs files that are there.
    pub fn is_offline(&self) -> bool {
        let is_told = self.installer.offline.iter().any(|option| self.arguments.contains(&Some(option)));
        let is_there = |word: &str| word.contains('*') || ENDINGS.iter().any(|end| word.ends_with(end));
        let is_local = |word: &str| is_there(word) && !word.contains("://");
        let takes_files = self.installer.requirements.is.installs_folders && !self.is_by_file();
        let are_local = || self.operands().next().is_some() && self.operands().all(is_local);
        is_told || (takes_files && !self.arguments.contains(&None) && are_local())
    }

    /// It reads no file of the project: packages of a system, or by name, or for everybody.
    pub fn reads_nothing(&self) -> bool {
        let requirements = &self.installer.requirements.is;
        let is_global = || ["-g", "--global"].iter().any(|option| has_option(self.arguments, option));
        let is_by_name = || !requirements.options.is_empty() && self.operands().next().is_some();
        let may_read = |word: &Option<&str>| word.is_none_or(may_be_a_file);
        let is_known = !self.is_by_file() && !self.reads_by_option() && !self.arguments.iter().any(may_read);
        is_known && (requirements.files.is_empty() || is_global() || is_by_name())
    }

    /// An option names files besides those of requirements: `pip install -c constraints.txt`.
    pub fn reads_by_option(&self) -> bool {
        const OPTIONS: [&str; 9] = [
            "-c",
            "--constraint",
            "-f",
            "--find-links",
            "--group",
            "--no-index",
            "--userconfig",
            "--config-file",
            "--build-constraint",
        ];
        let is_it = |word: &str| OPTIONS.iter().any(|name| word == *name || word.starts_with(&format!("{name}=")));
        self.installer.requirements.is.installs_folders && self.arguments.iter().flatten().any(|word| is_it(word))
    }

    /// The files of requirements that it names.
    pub fn named_files(&self) -> Vec<&str> {
        values(self.arguments, self.installer.requirements.is.options)
    }

    /// The folder that an option tells it to work in: `npm --prefix web ci`.
    pub fn folder(&self) -> Option<&str> {
        const OPTIONS: [&str; 8] =
            ["--prefix", "--cwd", "-C", "--dir", "--project", "--directory", "--working-dir", "-d"];
        values(self.arguments, &OPTIONS).first().copied()
    }

    /// It installs the project itself, whose code it needs: `pip install .`.
    pub fn is_of_project(&self) -> bool {
        let is_folder =
            |word: &str| word == "." || word.starts_with("./") || word.starts_with(".[") || word.starts_with('/');
        self.installer.requirements.is.installs_folders && !self.is_by_file() && self.operands().any(is_folder)
    }
}

/// The installer that a command calls, the program by which it does, and what stands behind that.
fn called<'a>(words: &'a [Option<&'a str>]) -> Option<(&'static Installer, &'a str, &'a [Option<&'a str>])> {
    let (program, arguments) = words.split_first()?;
    let program = file_name((*program)?);
    // `python3 -m pip`, and the shim by which Node.js starts others.
    let (is_module, name, arguments) = match arguments {
        [Some("-m"), Some(module), rest @ ..] if without_version(program) == "python" => (true, *module, rest),
        [Some(name), rest @ ..] if program == "corepack" => (false, *name, rest),
        // `php composer.phar install`: a program that is a file of a language.
        [Some(name), rest @ ..] if INTERPRETERS.contains(&program) && !name.starts_with('-') => {
            (false, file_name(name), rest)
        }
        _ => (false, program, arguments),
    };
    let is_it = |installer: &&Installer| {
        let is_called = installer.programs.iter().any(|own| *own == name || *own == without_version(name));
        is_called && (installer.is_module || !is_module)
    };
    Some((INSTALLERS.iter().find(is_it)?, name, arguments))
}

/// Files that are packages.
const ENDINGS: [&str; 9] = [".whl", ".tar.gz", ".tgz", ".zip", ".apk", ".rpm", ".deb", ".gem", ".nupkg"];

/// What runs the programs of others by their files.
const INTERPRETERS: [&str; 1] = ["php"];

/// A word that may be the path of a file, and not the name of a package or an address.
fn may_be_a_file(word: &str) -> bool {
    let is_scoped = word.starts_with('@') && word.matches('/').count() == 1;
    let has_folder = word.contains(['/', '*']) && !word.contains("://") && !word.starts_with('-') && !is_scoped;
    word.starts_with('.')
        || word.contains("file:")
        || has_folder
        || ENDINGS.iter().any(|ending| word.ends_with(ending)) && !word.contains("://")
}

fn file_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// `pip3.12` is `pip`.
fn without_version(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

fn shown(program: &str, words: List<Text>) -> String {
    std::iter::once(program).chain(words.iter().copied()).collect::<Vec<_>>().join(" ")
}

/// Whether the arguments begin with these words, options and their values aside: `--prefix web ci` begins with `ci`. No
/// words at all: there is nothing but options.
fn begins_with(arguments: &[Option<&str>], words: &[&str]) -> bool {
    let mut wanted = words.iter();
    let mut next = wanted.next();
    let mut is_behind_option = false;
    for argument in arguments {
        if next.is_none() && !words.is_empty() {
            return true;
        }
        match argument {
            Some(word) if next == Some(word) => {
                next = wanted.next();
                is_behind_option = false;
            }
            Some(word) if word.starts_with(['-', '+']) => {
                is_behind_option = word.starts_with('-') && !word.contains('=')
            }
            _ if is_behind_option => is_behind_option = false,
            _ => return false,
        }
    }
    next.is_none()
}

/// Whether an option is there, alone, with its value behind `=`, or joined to a short one: `-rFILE`.
pub fn has_option(arguments: &[Option<&str>], name: &str) -> bool {
    arguments.iter().flatten().any(|word| {
        let rest = word.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('=') || !name.starts_with("--"))
    })
}

/// The values of an option by any of its names: `--name value`, `--name=value`.
pub fn values<'a>(arguments: &[Option<&'a str>], names: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (at, word) in arguments.iter().enumerate() {
        let Some(word) = word else { continue };
        let joined = names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('='));
        let next = || names.contains(word).then(|| arguments.get(at + 1).copied().flatten()).flatten();
        found.extend(joined.or_else(next));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<Option<&str>> {
        command.split(' ').map(|word| Some(word).filter(|word| *word != "?")).collect()
    }

    #[test]
    fn the_words_that_install() {
        let rows = [
            ("pip install -r requirements.txt", "pip", "pip install"),
            ("/venv/bin/pip3.12 --no-color install x", "pip", "pip3.12 install"),
            ("python3 -m pip install x", "pip", "pip install"),
            ("pip wheel -w out x", "pip", "pip wheel"),
            ("pip download x", "pip", "pip download"),
            ("uv pip install x", "uv", "uv pip install"),
            ("uv --project web sync", "uv", "uv sync"),
            ("yarn", "yarn", "yarn"),
            ("yarn --frozen-lockfile", "yarn", "yarn"),
            ("corepack yarn install", "yarn", "yarn install"),
            ("npm --prefix web ci", "npm", "npm ci"),
            ("cargo +nightly build --release", "cargo", "cargo build"),
            ("cargo chef cook --release", "cargo", "cargo chef cook"),
            ("go mod download", "go", "go mod download"),
            ("apt-get -y install x", "apt", "apt-get install"),
            ("apt-get -o Dir::Cache=/x install x", "apt", "apt-get install"),
            ("./gradlew --no-daemon build", "gradle", "gradlew build"),
            ("mvn -B clean package", "maven", "mvn clean package"),
        ];
        for (command, name, what) in rows {
            let words = words(command);
            let found = install(&words).unwrap_or_else(|| panic!("`{command}` installs"));
            assert_eq!((found.installer.name, found.what().as_str()), (name, what), "{command}");
        }
    }

    #[test]
    fn other_words_install_nothing() {
        for command in [
            "pip",
            "pip ? install x",
            "?",
            "? install",
            "pip freeze",
            "yarn build",
            "yarn --cwd web build",
            "npm run ci",
            "uv pip compile x",
            "uv run pip install",
            "go mod tidy ?x",
            "echo pip install x",
            "cargo fmt",
            "python -m http.server",
            "python -m npm ci",
            "apt-get update",
            "apt-get remove install",
        ] {
            let words = words(command);
            let found = install(&words).map(|found| found.what());
            // `go mod tidy` downloads, too: the word behind it is no part of it.
            assert_eq!(found, command.starts_with("go mod").then(|| "go mod tidy".to_owned()), "{command}");
        }
    }

    #[test]
    fn what_reads_no_file() {
        let reads_nothing = |command: &str| install(&words(command)).expect("installs").reads_nothing();
        for command in [
            "pip install flask==3.0 uvicorn[standard]",
            "pip install --index-url https://a.example/simple flask",
            "npm install -g @angular/cli",
            "apt-get install -y curl",
            "pipx install six",
        ] {
            assert!(reads_nothing(command), "{command}");
        }
        for command in [
            "pip install -c constraints.txt flask",
            "pip install --no-index --find-links=wheels flask",
            "pip install wheels/x-1-py3-none-any.whl",
            "pip install x-1-py3-none-any.whl",
            "pip install vendor/*",
            "pip install --group dev",
            "npm install -g x.tgz",
            "npm ci",
            "apk add --allow-untrusted x.apk",
            "dnf install -y rpms/x.rpm",
        ] {
            assert!(!reads_nothing(command), "{command}");
        }
    }

    #[test]
    fn what_an_install_is_of() {
        let of = |command: &str| {
            let words = words(command);
            let found = install(&words).unwrap_or_else(|| panic!("`{command}` installs"));
            (found.is_of_installer(), found.is_by_file(), found.is_of_project())
        };
        assert_eq!(of("pip install --upgrade pip setuptools>=70"), (true, false, false));
        assert_eq!(of("pip install uv==0.5"), (true, false, false));
        assert_eq!(of("npm install -g npm@10"), (true, false, false));
        assert_eq!(of("pip install"), (false, false, false));
        assert_eq!(of("pip install pip ?"), (false, false, false));
        assert_eq!(of("pip install -rreq.txt ."), (false, true, false));
        assert_eq!(of("pip install --requirement=req.txt"), (false, true, false));
        assert_eq!(of("pip install -e .[dev]"), (false, false, true));
        assert_eq!(of("npm install ."), (false, false, false));
    }

    #[test]
    fn cleaning_commands() {
        let of = |command: &str| cleaning(&words(command)).map(|(_, shown)| shown);
        assert_eq!(of("apt-get -y clean").as_deref(), Some("apt-get clean"));
        assert_eq!(of("python3 -m pip cache purge").as_deref(), Some("pip cache purge"));
        assert_eq!(of("apt-get install clean"), None);
    }

    #[test]
    fn values_of_options() {
        let words = words("install --cache-dir /a --cache-dir=/b -i ? -i");
        assert_eq!(values(&words, &["--cache-dir"]), ["/a", "/b"]);
        assert_eq!(values(&words, &["-i"]), [""; 0]);
    }
}
