//! Which commands install packages, and which files they need.

/// The words that fetch packages, and the tool that they are of.
const INSTALLS: [(&[&str], &str); 30] = [
    (&["pip", "install"], "pip"),
    (&["pip3", "install"], "pip"),
    (&["uv", "sync"], "uv"),
    (&["uv", "pip"], "uv"),
    (&["poetry", "install"], "poetry"),
    (&["pdm", "install"], "pdm"),
    (&["pdm", "sync"], "pdm"),
    (&["pipenv", "install"], "pipenv"),
    (&["pipenv", "sync"], "pipenv"),
    (&["npm", "install"], "npm"),
    (&["npm", "ci"], "npm"),
    (&["npm", "i"], "npm"),
    (&["yarn", "install"], "yarn"),
    (&["pnpm", "install"], "pnpm"),
    (&["pnpm", "i"], "pnpm"),
    (&["bun", "install"], "bun"),
    (&["apt-get", "install"], "apt"),
    (&["apt", "install"], "apt"),
    (&["apk", "add"], "apk"),
    (&["dnf", "install"], "dnf"),
    (&["yum", "install"], "dnf"),
    (&["microdnf", "install"], "dnf"),
    (&["go", "mod"], "go"),
    (&["cargo", "fetch"], "cargo"),
    (&["bundle", "install"], "bundle"),
    (&["composer", "install"], "composer"),
    (&["mvn", "dependency:go-offline"], "mvn"),
    (&["mvn", "dependency:resolve"], "mvn"),
    (&["conda", "install"], "conda"),
    (&["mamba", "install"], "conda"),
];

/// Installers that are installed before they install what counts.
const INSTALLERS: [&str; 11] =
    ["pip", "setuptools", "wheel", "uv", "poetry", "pipenv", "pdm", "pip-tools", "hatch", "npm", "pnpm"];

/// One command that fetches packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// The words, for a message: `pip install`.
    pub what: String,
    pub tool: &'static str,
    /// It only brings an installer up to date.
    pub of_installer: bool,
    /// It reads a file of requirements: `-r`.
    pub by_file: bool,
    /// It installs the project itself, whose code it needs: `pip install .`.
    pub of_project: bool,
}

/// What of a shell command fetches packages.
pub fn installs(command: &str) -> Vec<Install> {
    let mut found: Vec<Install> = Vec::new();
    for part in command.split(['\n', ';', '&', '|']) {
        let all: Vec<&str> = part.split_whitespace().filter(|word| *word != "\\").collect();
        // Flags between the words (`apt-get -y install`) do not matter, nor does where the program lies.
        let words: Vec<&str> = all.iter().copied().filter(|word| !word.starts_with('-')).collect();
        let names: Vec<&str> = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
        for (wanted, tool) in INSTALLS {
            let Some(at) = names.windows(2).position(|pair| pair == wanted) else { continue };
            let behind = &words[at + 2..];
            let is_installer = |word: &&str| {
                let plain = word.trim_matches(['"', '\'']);
                INSTALLERS.contains(&plain.split(['=', '<', '>', '~', '[']).next().unwrap_or(plain))
            };
            let is_project = |word: &&str| {
                let plain = word.trim_matches(['"', '\'']);
                plain == "." || plain.starts_with("./") || plain.starts_with(".[") || plain.starts_with('/')
            };
            let by_file = all.iter().any(|word| {
                matches!(*word, "-r" | "--requirement") || word.starts_with("-r") || word.starts_with("--requirement=")
            });
            let install = Install {
                what: wanted.join(" "),
                tool,
                of_installer: !behind.is_empty() && behind.iter().all(is_installer),
                by_file,
                of_project: !by_file && matches!(tool, "pip" | "uv") && behind.iter().any(is_project),
            };
            if !found.contains(&install) {
                found.push(install);
            }
        }
    }
    found
}

/// The files that say what a tool installs.
pub fn requirements_of(tool: &str) -> &'static str {
    match tool {
        "pip" => "the requirements file",
        "uv" => "pyproject.toml and uv.lock",
        "poetry" => "pyproject.toml and poetry.lock",
        "pdm" => "pyproject.toml and pdm.lock",
        "pipenv" => "Pipfile and Pipfile.lock",
        "npm" => "package.json and package-lock.json",
        "yarn" => "package.json and yarn.lock",
        "pnpm" => "package.json and pnpm-lock.yaml",
        "bun" => "package.json and bun.lock",
        "go" => "go.mod and go.sum",
        "cargo" => "Cargo.toml and Cargo.lock",
        "bundle" => "Gemfile and Gemfile.lock",
        "composer" => "composer.json and composer.lock",
        "mvn" => "pom.xml",
        _ => "what it needs",
    }
}

/// What keeps a tool from installing the project itself, which needs its code.
pub fn without_project(tool: &str) -> &'static str {
    match tool {
        "uv" => " (uv sync --no-install-project)",
        "poetry" => " (poetry install --no-root)",
        "pdm" => " (pdm install --no-self)",
        _ => "",
    }
}
