//! Where an installer keeps its downloads, for a user and the variables that a step has.

use crate::installers::command::{has_option, values};
use crate::installers::fact::Fact;
use crate::installers::installer::{Installer, Place};

/// What a step runs in, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    pub uid: Option<u32>,
    pub home: Option<&'a str>,
    pub variables: &'a [(String, String)],
    /// Lines `key = value` of the installer's configuration files.
    pub settings: &'a [String],
}

/// A folder of downloads, and what decides that it is this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    pub path: String,
    pub by: String,
}

impl<'a> Surroundings<'a> {
    /// The value of a variable that is set.
    pub fn variable(&self, name: &str) -> Option<&'a str> {
        self.variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The values of a key, in the order of the files.
    pub fn settings<'k>(&self, key: &'k str) -> impl Iterator<Item = &'a str> + use<'a, 'k> {
        self.settings.iter().filter_map(move |line| {
            let (name, value) = line.split_once(['=', ':'])?;
            (name.trim() == key).then(|| value.trim())
        })
    }
}

/// The folder that an installer with these arguments keeps its downloads in; none where that is not known.
pub fn of(installer: &Installer, arguments: &[Option<&str>], around: &Surroundings<'_>) -> Option<Folder> {
    first(installer, installer.keeps, arguments, around)
}

/// The folder that it keeps what it compiled in.
pub fn of_compiled(installer: &Installer, arguments: &[Option<&str>], around: &Surroundings<'_>) -> Option<Folder> {
    first(installer, installer.compiles_to, arguments, around)
}

fn first(
    installer: &Installer,
    places: &[Fact<Place>],
    arguments: &[Option<&str>],
    around: &Surroundings<'_>,
) -> Option<Folder> {
    for place in places {
        let found = match place.is {
            Place::Option(name) if has_option(arguments, name) => {
                // A relative one, or one that only the build knows, is some folder that can't be named here.
                let folder = values(arguments, &[name]).into_iter().find(|folder| folder.starts_with('/'))?;
                Some((folder.to_owned(), name.to_owned()))
            }
            Place::Option(_) => None,
            Place::Variable(name, below) => around.variable(name).map(|base| (joined(base, below), name.to_owned())),
            Place::Setting(key) => {
                let by = format!("{}'s own file in the image", installer.name);
                around.settings(key).next().map(|folder| (folder.to_owned(), by))
            }
            Place::Root(folder) => (around.uid == Some(0)).then(|| (folder.to_owned(), "where root has it".to_owned())),
            Place::Home(below) => around.home.map(|home| {
                let of_user = around.uid.map_or(String::new(), |uid| format!(" of user {uid}"));
                (joined(home, below), format!("the home{of_user} is `{home}`"))
            }),
            Place::Fixed(folder) => Some((folder.to_owned(), "for every user".to_owned())),
        };
        if let Some((path, by)) = found {
            return Some(Folder { path: path.trim_end_matches('/').to_owned(), by });
        }
    }
    None
}

fn joined(base: &str, below: &str) -> String {
    match below {
        "" => base.to_owned(),
        below => format!("{}/{below}", base.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installers::table::by_name;

    fn folder(name: &str, command: &str, uid: u32, variables: &[(&str, &str)], settings: &[&str]) -> Option<String> {
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings: Vec<String> = settings.iter().map(|line| (*line).to_owned()).collect();
        let home = if uid == 0 { "/root" } else { "/home/app" };
        let around = Surroundings { uid: Some(uid), home: Some(home), variables: &variables, settings: &settings };
        let arguments: Vec<Option<&str>> =
            command.split(' ').map(|word| Some(word).filter(|word| *word != "?")).collect();
        of(by_name(name).expect("a row"), &arguments, &around).map(|folder| folder.path)
    }

    /// What the programs themselves answered to `pip cache dir`, `npm config get cache` and the like.
    #[test]
    fn the_folders_that_the_programs_name_themselves() {
        const X: &[(&str, &str)] = &[("XDG_CACHE_HOME", "/x")];
        type Row = (&'static str, &'static str, u32, &'static [(&'static str, &'static str)], &'static str);
        let rows: [Row; 20] = [
            ("pip", "install", 0, &[], "/root/.cache/pip"),
            ("pip", "install", 0, X, "/x/pip"),
            ("pip", "install", 0, &[("PIP_CACHE_DIR", "/p"), ("XDG_CACHE_HOME", "/x")], "/p"),
            ("pip", "--cache-dir /q install", 0, &[("PIP_CACHE_DIR", "/p")], "/q"),
            ("uv", "sync", 1000, &[], "/home/app/.cache/uv"),
            ("uv", "sync --cache-dir=/q", 0, &[("UV_CACHE_DIR", "/p")], "/q"),
            ("uv", "sync", 0, X, "/x/uv"),
            ("poetry", "install", 0, &[], "/root/.cache/pypoetry"),
            ("poetry", "install", 0, &[("POETRY_CACHE_DIR", "/p")], "/p"),
            ("npm", "ci", 0, X, "/root/.npm"),
            ("npm", "ci", 0, &[("NPM_CONFIG_CACHE", "/p")], "/p"),
            ("yarn", "install", 0, &[], "/usr/local/share/.cache/yarn"),
            ("yarn", "install", 1000, &[], "/home/app/.cache/yarn"),
            ("yarn", "install", 0, X, "/x/yarn"),
            ("pnpm", "install", 0, &[("PNPM_HOME", "/pnpm")], "/pnpm/store"),
            ("pnpm", "install", 0, &[("XDG_DATA_HOME", "/x")], "/x/pnpm/store"),
            ("bun", "install", 0, &[("BUN_INSTALL", "/b")], "/b/install/cache"),
            ("bun", "install", 0, X, "/x/.bun/install/cache"),
            ("go", "mod download", 0, &[("GOPATH", "/g")], "/g/pkg/mod"),
            ("go", "mod download", 0, X, "/root/go/pkg/mod"),
        ];
        for (name, command, uid, variables, expected) in rows {
            assert_eq!(folder(name, command, uid, variables, &[]).as_deref(), Some(expected), "{name} {variables:?}");
        }
    }

    #[test]
    fn a_folder_that_only_the_build_knows_is_not_guessed() {
        assert_eq!(folder("pip", "install --cache-dir ?", 0, &[("PIP_CACHE_DIR", "/p")], &[]), None);
        assert_eq!(folder("pip", "install --cache-dir here", 0, &[], &[]), None);
        assert_eq!(folder("pip", "install", 0, &[], &["cache-dir = /var/pip"]).as_deref(), Some("/var/pip"));
    }
}
