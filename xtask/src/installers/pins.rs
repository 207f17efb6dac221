//! What fixes the versions that an install gets, and which packages nothing fixes.

use std::collections::HashSet;

use crate::installers::command::{Install, has_option};
use crate::installers::installer::{List, Text};
use crate::installers::pip;

/// What fixes the versions of packages.
#[derive(Clone, Copy, Debug)]
pub struct Pins {
    /// The words behind the program that take names of packages, and how a version stands there.
    pub by_name: List<List<Text>>,
    pub form: Form,
    /// Options that fix versions in another way, and variables that do.
    pub otherwise: List<Text>,
    pub variables: List<Text>,
    /// The words behind the program that install what the project's own file names.
    pub by_project: List<List<Text>>,
    /// That file.
    pub project: Text,
    /// The files that hold all versions. The first is its own.
    pub locks: List<Text>,
    /// Options with which it refuses to go on without.
    pub strict: List<Text>,
    /// How to make such a file, and to install by it.
    pub lock_with: Text,
}

/// How a version is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `flask==3.0.3`
    Python,
    /// `typescript@5.4.2`
    At,
    /// `ripgrep@14.1.0`, or with `--version`.
    Option,
    /// `golang.org/x/tools/gopls@v0.16.0`; without an `@`, a file of the project says which.
    Module,
}

impl Pins {
    /// Nothing but names in commands.
    pub const fn named(by_name: List<List<Text>>, form: Form) -> Pins {
        let (by_project, project, locks, strict, lock_with): (List<List<Text>>, _, List<Text>, List<Text>, _) =
            (&[], "", &[], &[], "");
        Pins { by_name, form, otherwise: &[], variables: &[], by_project, project, locks, strict, lock_with }
    }
}

impl Form {
    /// A package with a version, for a message.
    pub fn pinned(self, name: &str) -> String {
        match self {
            Form::Python => format!("{name}==VERSION"),
            Form::At | Form::Option | Form::Module => format!("{name}@VERSION"),
        }
    }
}

/// The packages that a command names without a version.
pub fn open_packages(install: &Install<'_>) -> Vec<String> {
    let Some(pins) = install.installer.pins.map(|pins| pins.is).filter(|pins| install.is_one_of(pins.by_name)) else {
        return Vec::new();
    };
    let is_otherwise = pins.otherwise.iter().any(|option| has_option(install.arguments, option));
    if is_otherwise || install.reads_by_option() || install.is_offline() {
        return Vec::new();
    }
    let names = names(install).into_iter().filter(|word| !install.is_installer(word));
    let open = names.filter_map(|word| match pins.form {
        Form::Python => open_in_python(word),
        Form::At | Form::Option => open_at(word),
        Form::Module => word
            .split_once('@')
            .filter(|(_, version)| *version == "latest" || BRANCHES.contains(version))
            .map(|it| it.0),
    });
    open.map(str::to_owned).collect()
}

/// What fixes the versions of a command that installs what the project's own file names; `None` for another one, or if it
/// fails without its lock file.
pub fn by_project(install: &Install<'_>) -> Option<Pins> {
    let pins = install.installer.pins?.is;
    let is_strict = || pins.strict.iter().any(|option| has_option(install.arguments, option));
    let is_global = || ["-g", "--global"].iter().any(|option| install.arguments.contains(&Some(option)));
    let names_nothing = names(install).is_empty() && !install.arguments.contains(&None) && !install.is_by_file();
    let is_it = install.is_one_of(pins.by_project) && names_nothing && !install.is_offline();
    (is_it && !is_strict() && !is_global()).then_some(pins)
}

/// Options that take no value. What stands behind another one may be its value, and is no package then.
const FLAGS: [&str; 33] = [
    "-U",
    "--upgrade",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "-I",
    "--ignore-installed",
    "--user",
    "--pre",
    "--prefer-binary",
    "--force-reinstall",
    "--break-system-packages",
    "--disable-pip-version-check",
    "--system",
    "--compile-bytecode",
    "-g",
    "--global",
    "-D",
    "-E",
    "-S",
    "--save",
    "--save-dev",
    "--save-exact",
    "--dev",
    "--force",
    "--unsafe-perm",
    "--legacy-peer-deps",
    "--silent",
    "--production",
    "-y",
    "--yes",
    "--locked",
];
/// Those that begin with `--no-` take no value, but for these.
const NO_FLAGS: [&str; 3] = ["--no-binary", "--no-binary-package", "--no-build-package"];

/// The words that can only be names of packages.
fn names<'a>(install: &Install<'a>) -> Vec<&'a str> {
    let mut is_value = false;
    let mut words = Vec::new();
    for word in install.behind() {
        let Some(word) = word else {
            is_value = false;
            continue;
        };
        if word.starts_with('-') {
            let is_flag = FLAGS.contains(word) || (word.starts_with("--no-") && !NO_FLAGS.contains(word));
            is_value = !is_flag && !word.contains('=');
        } else if !std::mem::take(&mut is_value) {
            words.push(*word);
        }
    }
    words
}

/// The name of a package of Python, if what stands there fixes no version: `flask[async]>=3`.
fn open_in_python(word: &str) -> Option<&str> {
    let word = word.split(';').next().unwrap_or(word).trim();
    if let Some((before, address)) = word.split_once("git+") {
        let path = address.split('#').next().unwrap_or(address).rsplit('/').next().unwrap_or(address);
        let (name, version) = path.split_once('@').map_or((path, None), |(name, version)| (name, Some(version)));
        let name = before.trim_end().strip_suffix('@').map_or(name.trim_end_matches(".git"), str::trim);
        return version.is_none_or(|version| BRANCHES.contains(&version)).then_some(name);
    }
    let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !is_file(name);
    let rest = rest.split_once(']').filter(|_| rest.starts_with('[')).map_or(rest, |(_, rest)| rest).trim_start();
    // Behind an `@` stands an address, or a version.
    let is_open =
        rest.is_empty() || rest == "@latest" || (rest.starts_with(['<', '>', '~', '!']) && !rest.contains("=="));
    (is_name && is_open).then_some(name)
}

/// Names of branches.
const BRANCHES: [&str; 7] = ["main", "master", "develop", "dev", "trunk", "HEAD", ""];

/// The name of a package whose version stands behind an `@`, if it fixes none: `@angular/cli@latest`.
fn open_at(word: &str) -> Option<&str> {
    let at = word.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let (name, version) = at.map_or((word, ""), |at| (&word[..at], &word[at + 1..]));
    let is_scoped = name.starts_with('@') && name.matches('/').count() == 1;
    let is_name = !name.contains([':', '*', '\\']) && !name.starts_with(['.', '/']) && !is_file(name);
    let is_open = !version.trim_start_matches(['v', '=']).starts_with(|c: char| c.is_ascii_digit());
    (is_name && (is_scoped || !name.contains('/')) && is_open && !name.is_empty() && !version.contains(['/', ':']))
        .then_some(name)
}

fn is_file(word: &str) -> bool {
    [".whl", ".gz", ".tgz", ".zip", ".txt", ".toml"].iter().any(|end| word.ends_with(end))
}

/// Packages of one file that are named.
const MOST: usize = 100;

/// The packages that a file of requirements names without a version. `name`: the file's, without folders.
pub fn open_in_file(name: &str, text: &str) -> Vec<String> {
    if !(name.starts_with("requirements") && pip::ROW.requirements.is.include(name)) {
        return Vec::new();
    }
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let lines = || text.lines().map(|line| line.trim()).filter(|line| !line.starts_with('#'));
    let lines = || lines().map(|line| line.split(" #").next().unwrap_or(line).trim()).filter(|line| !line.is_empty());
    let has = |options: [&str; 3]| lines().any(|line| options.iter().any(|option| line.starts_with(option)));
    if has(["-c ", "--constraint", "--require-hashes"]) {
        return Vec::new();
    }
    let named = || lines().filter(|line| !line.starts_with('-') && !line.contains("--hash"));
    // Another line may fix it.
    let fixed: HashSet<&str> = named().filter_map(|line| Some(line.split_once("==")?.0.trim())).collect();
    named().filter_map(open_in_python).filter(|name| !fixed.contains(name)).take(MOST).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installers::command::install;

    fn words(command: &str) -> Vec<Option<&str>> {
        command.split(' ').map(|word| Some(word).filter(|word| *word != "?")).collect()
    }

    fn open(command: &str) -> Vec<String> {
        open_packages(&install(&words(command)).unwrap_or_else(|| panic!("`{command}` installs")))
    }

    #[test]
    fn packages_without_a_version() {
        for (command, expected) in [
            ("pip install flask", "flask"),
            ("pip install --no-cache-dir -U flask gunicorn==22.0", "flask"),
            ("pip3 install uvicorn[standard] flask>=2,<3 django~=5.0 x!=1", "uvicorn flask django x"),
            ("pip install --index-url https://a.example/simple flask", "flask"),
            ("pip install git+https://github.com/a/b.git c@git+https://github.com/a/c@main", "b c"),
            ("uv pip install --system ruff", "ruff"),
            ("uv tool install ruff@latest", "ruff"),
            ("poetry add httpx", "httpx"),
            ("pipx install black", "black"),
            ("npm install -g typescript @angular/cli@latest eslint@^9", "typescript @angular/cli eslint"),
            ("pnpm add -g turbo", "turbo"),
            ("yarn add left-pad", "left-pad"),
            ("yarn global add @vue/cli serve@14", "@vue/cli"),
            ("go install golang.org/x/tools/gopls@latest", "golang.org/x/tools/gopls"),
            ("cargo install --locked ripgrep", "ripgrep"),
        ] {
            assert_eq!(open(command).join(" "), expected, "{command}");
        }
    }

    #[test]
    fn packages_with_a_version_and_what_is_none() {
        for command in [
            "pip install flask==3.0.3 x===1 y[z]==2;python_version<'3.9'",
            "pip install --upgrade pip setuptools wheel",
            "pip install -r requirements.txt",
            "pip install -e . .[dev] ./lib /src",
            "pip install -c constraints.txt flask",
            "pip install --target /deps --timeout 100 ?",
            "pip install x-1.0-py3-none-any.whl https://a.example/x-1.0.tar.gz",
            "pip install git+https://github.com/a/b@v1.2 b@git+https://x/b@0123456789abcdef0123456789abcdef01234567",
            "pip install --no-index --find-links=/wheels flask",
            "pip install --no-binary :all: flask==1.0",
            "uv pip install --exclude-newer 2025-01-01 flask",
            "uv sync",
            "uv tool install ruff@0.5.0",
            "npm install",
            "npm install -g typescript@5.4.2 npm pnpm@9 yarn corepack bun ./local x.tgz github:a/b a/b",
            "npm ci",
            "cargo install --version 14.1.0 ripgrep",
            "cargo install ripgrep@14",
            "cargo install --path . x",
            "go install golang.org/x/tools/gopls@v0.16.0 ./cmd/app example.org/app",
            "apt-get install -y curl",
        ] {
            assert_eq!(open(command), [""; 0], "{command}");
        }
    }

    #[test]
    fn commands_that_install_what_a_project_names() {
        let lock = |command: &str| {
            by_project(&install(&words(command)).unwrap_or_else(|| panic!("`{command}` installs")))
                .map(|it| it.locks[0])
        };
        for (command, expected) in [
            ("npm install --omit=dev", "package-lock.json"),
            ("npm --prefix web i", "package-lock.json"),
            ("yarn", "yarn.lock"),
            ("pnpm install", "pnpm-lock.yaml"),
            ("uv sync --no-dev", "uv.lock"),
            ("poetry install --no-root", "poetry.lock"),
            ("cargo build --release", "Cargo.lock"),
            ("bundle install", "Gemfile.lock"),
            ("composer install --no-dev", "composer.lock"),
        ] {
            assert_eq!(lock(command), Some(expected), "{command}");
        }
        for command in [
            "npm ci",
            "npm install express",
            "npm install -g",
            "npm install ?",
            "yarn install --frozen-lockfile",
            "pnpm install --frozen-lockfile",
            "uv sync --locked",
            "uv pip install -r requirements.txt",
            "cargo build --locked",
            "cargo build --offline",
            "cargo install ripgrep",
        ] {
            assert_eq!(lock(command), None, "{command}");
        }
    }

    #[test]
    fn a_file_of_requirements() {
        let open = |text: &str| open_in_file("requirements.txt", text).join(" ");
        let text = "# a\nflask\r\n  gunicorn==22.0 # why\nuvicorn[standard]>=0.30 \\\n  ; python_version > '3.8'\n-r other.txt\n\
                    -e .\n./lib\nx @ https://a.example/x.zip\n--extra-index-url https://b.example\n";
        assert_eq!(open(text), "flask uvicorn");
        assert_eq!(open(&format!("-c constraints.txt\n{text}")), "");
        assert_eq!(open("flask\nx\nflask==3.0\n"), "x");
        assert_eq!(open("flask==3.0 \\\n    --hash=sha256:0\n"), "");
        assert_eq!(open_in_file("constraints.txt", text), [""; 0]);
        assert_eq!(open_in_file("pyproject.toml", text), [""; 0]);
        assert_eq!(open_in_file("requirements.txt", &"a\n".repeat(1000)).len(), MOST);
        assert_eq!(open("\u{feff}\n;\n[\n]\n@\n==1\ngit+\n"), "");
    }
}
