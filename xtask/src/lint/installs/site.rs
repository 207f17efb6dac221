//! An install command, and what is known of its downloads.

use std::ops::Range;

use crate::dockerfile::commands::Command;
use crate::dockerfile::shell::Seen;
use crate::installers::command::{self, Install};
use crate::installers::folder::{self, Folder, Surroundings};
use crate::installers::installer::{Installer, Place};
use crate::lint::image::accounts::Account;
use crate::lint::image::bases;
use crate::lint::image::steps::Now;
use crate::lint::installs::defeats::{self, Defeat};
use crate::lint::installs::mounts::{self, Cover};

/// An install command of a step.
#[derive(Debug)]
pub struct Site {
    /// Its step, among those of the build.
    pub step: usize,
    /// Where the command stands in the file.
    pub span: Range<usize>,
    pub installer: &'static Installer,
    /// The words that install, for a message: `pip install`.
    pub what: String,
    /// It installs a program, and nothing of what it downloads is read again.
    pub is_of_tool: bool,
    /// It is told to download nothing, or finds everything on disk.
    pub is_offline: bool,
    /// Where it keeps its downloads; `None` if only the build knows.
    pub folder: Option<Folder>,
    /// Where it keeps what it compiles.
    pub compiled: Option<Folder>,
    /// Who runs it.
    pub user: Option<Account>,
    /// The Dockerfile, or a base image that is known, says who that is.
    pub is_user_known: bool,
    /// Nothing that isn't known here decides about its folder.
    pub is_sure: bool,
    pub cover: Cover,
    /// A mount that nothing writes to, while what it compiles has none. And its target.
    pub stray: Option<(usize, String)>,
    /// What keeps a mount from keeping anything.
    pub defeats: Vec<Defeat>,
}

/// The install commands of a step. `at`: its place among the steps of the build.
pub fn of(at: usize, now: &Now<'_>) -> Vec<Site> {
    (0..now.commands.len()).filter_map(|place| site(at, now, place)).collect()
}

fn site(at: usize, now: &Now<'_>, place: usize) -> Option<Site> {
    let command = &now.commands[place];
    let install = command::install(&command.words)?;
    let installer = install.installer;
    let around = Around::of(now, command, &install);
    let is_configured = now.image.is_configured(installer) || now.configures.contains(&installer);
    let surroundings = around.surroundings();
    let folder = (!is_configured).then(|| folder::of(installer, install.arguments, &surroundings)).flatten();
    let folder = folder.filter(|folder| folder.path.starts_with('/') && around.is_clear);
    let compiled = folder::of_compiled(installer, install.arguments, &surroundings).filter(|_| install.builds);
    let is_fixed = installer.keeps.iter().any(|place| matches!(place.is, Place::Fixed(_)));
    // Images of a language set such variables: GOPATH, CARGO_HOME.
    let by_base = installer.keeps.iter().any(|place| match place.is {
        Place::Variable(name, _) => !name.starts_with("XDG_") && bases::is_set_by_some(name),
        _ => false,
    });
    let is_told = folder.as_ref().is_some_and(|folder| around.says(&folder.by));
    let is_sure = folder.is_some()
        && now.script.unread().is_none()
        && (is_fixed || is_told || (around.is_user_sure && (now.image.is_known || !by_base)));
    let cover = mounts::cover(now, installer, folder.as_ref(), around.home.as_deref());
    let defeats = defeats::of(now, place, &install, folder.as_ref(), &cover);
    let stray = folder
        .as_ref()
        .zip(compiled.as_ref())
        .and_then(|(folder, compiled)| mounts::stray(now, installer, &[folder, compiled]));
    Some(Site {
        step: at,
        span: now.run.places.span(&command.read.span),
        installer,
        what: install.what(),
        is_of_tool: install.is_of_tool(),
        is_offline: install.is_offline(),
        folder,
        compiled,
        user: around.user,
        is_user_known: now.image.is_user_known,
        is_sure,
        cover,
        stray,
        defeats,
    })
}

/// Who runs a command, and the variables that it sees.
struct Around {
    user: Option<Account>,
    home: Option<String>,
    is_user_sure: bool,
    variables: Vec<(String, String)>,
    /// No variable of its installer has a value that only the build knows.
    is_clear: bool,
}

impl Around {
    fn of(now: &Now<'_>, command: &Command<'_>, install: &Install<'_>) -> Around {
        let image = now.image;
        let (mut variables, mut is_clear) = (Vec::new(), true);
        for name in install.installer.variables() {
            match command.read.variable(name) {
                Seen::Value(value) => variables.push((name.to_owned(), value.to_owned())),
                Seen::Unknown => is_clear = false,
                Seen::Unset | Seen::Nowhere => {}
            }
        }
        let user = match &command.read.user {
            None => Some(image.user.clone()),
            Some(name) => match name.known() {
                Some("root") => Some(Account::root()),
                Some(name) => image.account(name).cloned(),
                None => None,
            },
        };
        let home = match (command.read.variable("HOME"), &command.read.user) {
            (Seen::Value(home), _) => Some(home.to_owned()),
            (_, None) => image.home().map(str::to_owned),
            (_, Some(_)) => user.as_ref().and_then(|user| user.home.clone()),
        };
        let is_user_sure = match &command.read.user {
            None => image.is_user_known && image.user.uid.is_some(),
            Some(_) => user.as_ref().is_some_and(|user| user.uid.is_some()),
        };
        Around { user, home, is_user_sure, variables, is_clear }
    }

    fn surroundings(&self) -> Surroundings<'_> {
        let uid = self.user.as_ref().and_then(|user| user.uid);
        Surroundings { uid, home: self.home.as_deref(), variables: &self.variables, settings: &[] }
    }

    /// Whether an option or a variable that the Dockerfile sets decides about the folder.
    fn says(&self, by: &str) -> bool {
        by.starts_with('-') || self.variables.iter().any(|(name, _)| name == by)
    }
}
