//! The table of installers. Adding one is a file beside this one, and a line here.

use crate::installers::installer::{Installer, Place};
use crate::installers::{
    apk, apt, bun, bundler, cargo, composer, conda, dnf, dotnet, go, gradle, maven, npm, pdm, pins, pip, pipenv, pipx,
    pnpm, poetry, uv, yarn,
};

pub static INSTALLERS: [Installer; 21] = [
    // Python
    pip::ROW,
    uv::ROW,
    poetry::ROW,
    pdm::ROW,
    pipenv::ROW,
    pipx::ROW,
    conda::ROW,
    // distributions
    apt::ROW,
    apk::ROW,
    dnf::ROW,
    // JavaScript
    npm::ROW,
    yarn::ROW,
    pnpm::ROW,
    bun::ROW,
    // others
    cargo::ROW,
    go::ROW,
    bundler::ROW,
    composer::ROW,
    maven::ROW,
    gradle::ROW,
    dotnet::ROW,
];

/// Caches of programs that are no installers of a project's packages, or whose commands nobody has described yet: ends of
/// targets, and what they hold (each program's documentation).
const OTHERS: [(&str, &str); 14] = [
    // What lies below some folder `target` may be anything: this one counts only as the whole target.
    ("target", "build output"),
    ("var/cache/zypp", "zypper"),
    ("var/cache/pacman/pkg", "pacman"),
    (".cache/deno", "deno"),
    ("deno-dir", "deno"),
    (".ivy2", "ivy"),
    (".hex", "hex"),
    (".cache/ccache", "ccache"),
    (".ccache", "ccache"),
    (".cache/sccache", "sccache"),
    (".cache/bazel", "bazel"),
    (".cache/huggingface", "huggingface"),
    (".cache/ms-playwright", "playwright"),
    (".cache/Cypress", "cypress"),
];

/// What a mount holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holds {
    /// The downloads of an installer.
    Downloads(&'static Installer),
    /// Something else, by its name.
    Other(&'static str),
}

/// Whether a file, by its name, says what some installer has to install.
pub fn is_requirement(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    INSTALLERS.iter().any(|installer| installer.requirements.is.include(name))
}

/// What an installer that reads a file of requirements reads besides, each with that installer.
pub fn besides(name: &str, text: &str) -> Vec<(&'static Installer, &'static str)> {
    let reading = INSTALLERS.iter().filter(|installer| installer.requirements.is.include(name));
    reading.filter_map(|installer| Some((installer, (installer.requirements.is.besides)(name, text)?))).collect()
}

/// The packages that a file of requirements names without a version.
pub fn open(path: &str, text: &str) -> Vec<String> {
    pins::open_in_file(path.rsplit('/').next().unwrap_or(path), text)
}

/// Whether a folder of this name holds what others wrote, put there by an installer.
pub fn is_unpacked_into(name: &str) -> bool {
    INSTALLERS.iter().any(|installer| installer.unpacks_into.contains(&name))
}

/// An installer to name in an example, as in `cache prune pip`.
pub const EXAMPLE: &str = pip::ROW.name;

/// The row of a name.
#[cfg(test)]
pub fn by_name(name: &str) -> Option<&'static Installer> {
    INSTALLERS.iter().find(|installer| installer.name == name)
}

/// What the target of a mount tells of what it holds, or lies in; none where that is not known.
pub fn holds(target: &str) -> Option<Holds> {
    let whole = target.trim_end_matches('/');
    let mut path = whole;
    while !path.is_empty() {
        let is_end =
            |end: &str| path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        let known = ends().filter(|(end, _)| is_end(end) && (path == whole || *end != OTHERS[0].0));
        // The first of the longest: a row may name another's folder in which it keeps its own downloads.
        let longest = known.reduce(|best, next| if next.0.len() > best.0.len() { next } else { best });
        if let Some((_, holds)) = longest {
            return Some(holds);
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    None
}

/// Whether a part of a path is the name of another installer: `/cache/uv` is for uv.
pub fn names_another(path: &str, own: &Installer) -> bool {
    let is_other = |part: &str| {
        INSTALLERS
            .iter()
            .filter(|other| *other != own)
            .any(|other| other.name == part || other.programs.contains(&part))
    };
    path.split(['/', '-', '_', '.']).any(is_other)
}

/// The installer whose downloads a mount is for: by its target, else the one that a step with it calls, if that can keep
/// them anywhere.
pub fn of_mount(target: &str, called: Option<&'static Installer>) -> Option<&'static Installer> {
    match holds(target) {
        Some(Holds::Downloads(installer)) => Some(installer),
        Some(Holds::Other(_)) => None,
        None => called.filter(|installer| installer.keeps_anywhere()),
    }
}

fn ends() -> impl Iterator<Item = (&'static str, Holds)> {
    let of_rows = INSTALLERS.iter().flat_map(|installer| {
        let downloads = installer.default_folders().chain(installer.mounted_at.iter().copied());
        let besides = installer.keeps_besides.iter().map(|end| (*end, Holds::Other(installer.name)));
        downloads.map(|end| (end, Holds::Downloads(installer))).chain(besides)
    });
    of_rows.chain(OTHERS.iter().map(|(end, name)| (*end, Holds::Other(name))))
}

impl Holds {
    pub fn name(self) -> &'static str {
        match self {
            Holds::Downloads(installer) => installer.name,
            Holds::Other(name) => name,
        }
    }
}

impl Installer {
    /// Its folders where nothing moves them, without what stands before: the home, the root.
    fn default_folders(&self) -> impl Iterator<Item = &'static str> + use<> {
        let keeps = self.keeps;
        keeps.iter().filter_map(|place| match place.is {
            Place::Home(folder) | Place::Root(folder) | Place::Fixed(folder) => Some(folder.trim_start_matches('/')),
            _ => None,
        })
    }

    /// Whether an option or a variable gives it any folder for nothing but its downloads.
    fn keeps_anywhere(&self) -> bool {
        self.keeps.iter().any(|place| matches!(place.is, Place::Option(_) | Place::Variable(_, "")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installers::fact::{Fact, Known};

    #[test]
    fn a_target_tells_what_it_holds() {
        let rows = [
            ("/root/.cache/pip", "pip"),
            ("/root/.cache/pip/", "pip"),
            ("/home/app/.cache/uv", "uv"),
            ("/var/cache/apt", "apt"),
            ("/var/lib/apt/lists", "apt"),
            ("/root/.npm", "npm"),
            ("/root/.npm/_cacache", "npm"),
            ("/usr/local/share/.cache/yarn", "yarn"),
            ("/usr/local/cargo/registry", "cargo"),
            ("/usr/local/cargo/registry/index", "cargo"),
            ("/app/target", "build output"),
            ("/go/pkg/mod", "go"),
            ("/root/.m2", "maven"),
            ("/root/.nuget/packages", "nuget"),
            ("/opt/conda/pkgs", "conda"),
            ("/app/target/x", ""),
            ("/data", ""),
            ("/", ""),
            ("", ""),
            ("/x.cache/pip", ""),
            ("pip", ""),
        ];
        for (target, expected) in rows {
            assert_eq!(holds(target).map_or("", Holds::name), expected, "{target}");
        }
    }

    #[test]
    fn a_mount_is_its_installers() {
        let of = |target: &str, called: &str| of_mount(target, by_name(called)).map(|installer| installer.name);
        assert_eq!(of("/root/.cache/pip", ""), Some("pip"));
        assert_eq!(of("/root/.cache/uv", "pip"), Some("uv"));
        assert_eq!(of("/root/.cache", "pip"), Some("pip"));
        assert_eq!(of("/var/cache/apt", ""), Some("apt"));
        assert_eq!(of("/go/pkg/mod", "go"), Some("go"));
        assert_eq!(of("/usr/local/cargo/registry", "cargo"), Some("cargo"));
        for (target, called) in [
            ("/data", ""),
            ("/var/lib/apt/lists", "apt"),
            ("/root/.cache/go-build", "go"),
            ("/app/target", "cargo"),
            ("/data", "cargo"),
        ] {
            assert_eq!(of(target, called), None, "{target}");
        }
    }

    #[test]
    fn every_statement_of_a_row_says_how_it_is_known() {
        fn check<T>(name: &str, what: &str, fact: &Fact<T>) {
            match fact.known {
                // A program and a version.
                Known::Measured(version) => {
                    let is_version = version.contains(' ') && version.contains(|c: char| c.is_ascii_digit());
                    assert!(is_version, "{name}, {what}: measured on `{version}`");
                }
                // A page, or a file of a named project.
                Known::Read(source) => {
                    assert!(
                        source.starts_with("https://") || source.contains(": "),
                        "{name}, {what}: read in `{source}`"
                    );
                }
                Known::Careful(why) => assert!(why.contains(' '), "{name}, {what}: `{why}`"),
            }
        }
        for row in &INSTALLERS {
            check(row.name, "installs", &row.installs);
            row.builds.iter().for_each(|fact| check(row.name, "builds", fact));
            check(row.name, "cleans", &row.cleans);
            check(row.name, "sharing", &row.sharing);
            check(row.name, "requirements", &row.requirements);
            row.pins.iter().for_each(|fact| check(row.name, "pins", fact));
            row.keeps.iter().for_each(|fact| check(row.name, "keeps", fact));
            row.turned_off.iter().for_each(|fact| check(row.name, "turned off", fact));
            row.settings.iter().for_each(|fact| check(row.name, "settings", fact));
            row.obeys_headers.iter().for_each(|fact| check(row.name, "obeys headers", fact));
            if let Some(output) = &row.output {
                check(row.name, "output", output);
                assert!(matches!(output.known, Known::Measured(_)), "{}: output that nobody recorded", row.name);
            }
            assert!(!row.programs.is_empty() && !row.installs.is.is_empty() && !row.keeps.is_empty(), "{}", row.name);
        }
    }

    #[test]
    fn a_name_and_a_program_are_in_one_row() {
        let mut names: Vec<&str> = INSTALLERS.iter().map(|row| row.name).collect();
        let mut programs: Vec<&str> = INSTALLERS.iter().flat_map(|row| row.programs).copied().collect();
        let counts = (names.len(), programs.len());
        names.sort_unstable();
        names.dedup();
        programs.sort_unstable();
        programs.dedup();
        assert_eq!((names.len(), programs.len()), counts);
    }

    /// Advice for the person's own machine, not for a Dockerfile.
    const OF_THE_MACHINE: [&str; 5] = [
        "docker/how_to_get.rs",
        "doctor/explain/table/docker.rs",
        "doctor/explain/table/project.rs",
        "init/onboarding.rs",
        "init/page.rs",
    ];
    /// Names that are words of English, or of this program: `go to the folder`, `cargo xtask`.
    const ALSO_WORDS: [&str; 3] = ["go", "cargo", "CARGO_HOME"];

    /// The string literals of the code of a file, without comments and tests.
    fn literals(source: &str) -> Vec<&str> {
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
        let code = code.split("#[cfg(all(test").next().unwrap_or(code);
        // The page of a rule shows installers at work.
        let (before, page) = code.split_once("pub const RULE: Rule = Rule {").unwrap_or((code, ""));
        let behind = page.split_once("\n};\n").map_or("", |(_, behind)| behind);
        let code = [before, behind];
        let lines = code
            .into_iter()
            .flat_map(str::lines)
            .map(|line| line.split("// ").next().unwrap_or(line))
            .filter(|line| !line.trim().starts_with("//"));
        lines.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
    }

    #[test]
    fn no_installer_is_named_outside_of_the_table() {
        let variables = |row: &'static Installer| row.variables().filter(|name| !name.starts_with("XDG_"));
        let names = INSTALLERS.iter().flat_map(|row| {
            std::iter::once(row.name).chain(row.programs.iter().copied()).chain(variables(row)).chain(row.files())
        });
        let names: Vec<&str> = names.filter(|name| !ALSO_WORDS.contains(name)).collect();
        let mut wrong = Vec::new();
        for (file, source) in sources() {
            let is_test = ["tests.rs", "any_dockerfile.rs"].iter().any(|end| file.ends_with(end))
                || file.contains("/tests/")
                || file.starts_with("fuzz/");
            // Images are named like what is in them.
            let is_of_images = file.starts_with("lint/image/bases");
            let is_ours = file.starts_with("installers/") || is_test || is_of_images;
            if is_ours || OF_THE_MACHINE.contains(&file.as_str()) {
                continue;
            }
            for literal in literals(&source) {
                let mut words = literal.split(|c: char| !(c.is_ascii_alphanumeric() || "_-/".contains(c)));
                if let Some(name) = words.find(|word| names.contains(word)) {
                    wrong.push(format!("{file}: `{name}` in \"{literal}\""));
                }
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    /// The source files, each with its path from `src`, with `/`.
    #[allow(clippy::disallowed_methods, reason = "the sources of this package, for a test")]
    fn sources() -> Vec<(String, String)> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let (mut folders, mut found) = (vec![root.clone()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let name = path.strip_prefix(&root).expect("below src").display().to_string().replace('\\', "/");
                    found.push((name, std::fs::read_to_string(&path).expect("a source file")));
                }
            }
        }
        found
    }

    #[test]
    fn any_line_is_read_without_a_panic() {
        for row in &INSTALLERS {
            for line in [
                "",
                "Downloading ",
                "Downloading  (",
                "Using cached x (",
                "Prepared ",
                "Prepared 99999999999999999999 packages",
                "Installed 1 package in",
                "Need to get / of archives",
                "Need to get \u{e9}/9 of archives",
                "Progress: downloaded ",
                "Downloaded ",
                "npm http fetch GET 200  (cache miss)",
            ] {
                let _ = row.said(&[line, line]);
            }
        }
    }
}
