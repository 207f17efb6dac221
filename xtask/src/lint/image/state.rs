//! What an image holds after some of its instructions.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::dockerfile::commands::Command;
use crate::dockerfile::model::{Instruction, Kind, Mount, Variable};
use crate::dockerfile::shell::Value;
use crate::dockerfile::variables;
use crate::installers::command;
use crate::installers::installer::Installer;
use crate::installers::table::INSTALLERS;
use crate::lint::image::accounts::{self, Account};
use crate::lint::image::bases::{self, Family};
use std::ops::Range;

/// More variables than this are not followed. Real Dockerfiles set a few dozen.
const MOST_VARIABLES: usize = 500;
/// Nor more accounts and files.
const MOST: usize = 50;

/// What holds at a place of a Dockerfile.
#[derive(Clone, Debug)]
pub struct Image {
    /// The distribution; `None` if nothing tells it.
    pub family: Option<Family>,
    /// The table of bases knows the image.
    pub is_known: bool,
    /// Who runs the steps. Of a base that isn't known, root is the likeliest: `is_user_known` is false then.
    pub user: Account,
    pub is_user_known: bool,
    /// WORKDIR.
    pub folder: Option<String>,
    /// Shared by the stages that are based on each other, until one of them sets another.
    variables: Rc<BTreeMap<String, Set>>,
    accounts: Vec<Account>,
    /// Files and folders that a step named: it may have made or removed them.
    named: Vec<String>,
    /// Installers that a step configured, or whose configuration file was copied.
    configured: Vec<&'static Installer>,
}

/// A variable that is set.
#[derive(Clone, Debug)]
pub struct Set {
    pub value: Value,
    is_env: bool,
    /// Where: the whole `NAME=value`, and its instruction. `None` if the base image sets it.
    pub by: Option<By>,
    /// What set it before, each with the value: taken away, the one before it would count again.
    pub before: Vec<(By, Value)>,
}

/// An `ENV` or `ARG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub name: String,
    pub line: usize,
    pub pair: Range<usize>,
    pub instruction: Range<usize>,
    /// How many variables it sets.
    pub pairs: usize,
}

impl Image {
    /// What a base image holds.
    pub fn of_base(name: &str) -> Image {
        let known = bases::of(name);
        let of_base = |(name, value): &(&str, &str)| {
            (
                (*name).to_owned(),
                Set { value: Value::Known((*value).to_owned()), is_env: true, by: None, before: Vec::new() },
            )
        };
        let accounts = known.iter().flat_map(|known| known.base.accounts.iter().chain([&known.base.user]));
        Image {
            family: known.and_then(|known| known.family),
            is_known: known.is_some(),
            user: known.map_or_else(Account::root, |known| Account::of(&known.base.user)),
            is_user_known: known.is_some(),
            folder: None,
            variables: Rc::new(known.iter().flat_map(|known| known.base.variables).map(of_base).collect()),
            accounts: accounts.map(Account::of).collect(),
            named: Vec::new(),
            configured: Vec::new(),
        }
    }

    /// The variables that a step starts with: those that its script names, and those that installers read.
    pub fn given(&self, script: &str) -> BTreeMap<String, Value> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let named = script.split('$').skip(1).map(|rest| {
            let rest = rest.trim_start_matches(['{', '#', '!']);
            &rest[..rest.find(|c: char| !is_part(c)).unwrap_or(rest.len())]
        });
        let of_installers = INSTALLERS.iter().flat_map(|installer| installer.variables().map(|name| name as &str));
        let names = named.chain(of_installers).chain(["HOME"]);
        let mut given: BTreeMap<String, Value> =
            names.filter_map(|name| Some((name.to_owned(), self.variables.get(name)?.value.clone()))).collect();
        given.entry("HOME".to_owned()).or_insert_with(|| self.user.home.clone().map_or(Value::Unknown, Value::Known));
        given
    }

    /// The absolute target of a mount; `None` if only the build knows it.
    pub fn target(&self, mount: &Mount) -> Option<String> {
        let target = self.filled(&mount.target)?;
        let target = target.trim_end_matches('/');
        if target.starts_with('/') || target.is_empty() {
            return Some(target.to_owned());
        }
        let folder = self.folder.as_deref()?;
        Some(format!("{}/{}", folder.trim_end_matches('/'), target.trim_start_matches("./")))
    }

    /// Who sets a variable.
    pub fn set(&self, name: &str) -> Option<&Set> {
        self.variables.get(name)
    }

    /// The home of a step: HOME, else that of its user.
    pub fn home(&self) -> Option<&str> {
        match self.variables.get("HOME") {
            Some(set) => set.value.known(),
            None => self.user.home.as_deref(),
        }
    }

    /// The account of this name or number.
    pub fn account(&self, name: &str) -> Option<&Account> {
        let uid = name.parse::<u32>().ok();
        self.accounts.iter().rev().find(|account| account.name == name || (uid.is_some() && account.uid == uid))
    }

    /// Whether a step before named this path, or a part of it.
    pub fn is_named(&self, path: &str) -> bool {
        self.named.iter().any(|named| named.contains(path))
    }

    /// Whether some variable has this path as its value.
    pub fn is_in_variable(&self, path: &str) -> bool {
        let values = self.variables.values().filter_map(|set| set.value.known());
        values.into_iter().any(|value| value.trim_end_matches('/') == path)
    }

    /// Whether something before may have told an installer where to keep its downloads.
    pub fn is_configured(&self, installer: &Installer) -> bool {
        self.configured.contains(&installer)
    }

    /// A text with its variables filled in; `None` if one isn't known.
    pub fn filled(&self, text: &str) -> Option<String> {
        variables::filled(text, &|name| match self.variables.get(name) {
            Some(set) => set.value.known().map(str::to_owned),
            None if name == "HOME" => self.user.home.clone(),
            None => None,
        })
    }

    /// Goes on over an instruction. `args`: what compose passes; `globals`: `ARG` before the first `FROM`.
    pub fn go_over(&mut self, step: &Instruction, args: &[(String, String)], globals: &[Variable]) {
        match &step.kind {
            Kind::Env(pairs) => pairs.iter().for_each(|pair| self.set_variable(step, pair, pairs.len(), None)),
            Kind::Arg(pairs) => {
                for pair in pairs {
                    let given = args.iter().find(|(name, _)| *name == pair.name).map(|(_, value)| value.clone());
                    let global = || globals.iter().rev().find(|global| global.name == pair.name)?.value.clone();
                    let value =
                        given.or_else(|| pair.value.as_ref().and_then(|value| self.filled(value))).or_else(global);
                    self.set_variable(step, pair, pairs.len(), Some(value));
                }
            }
            Kind::User(user) => self.set_user(user),
            Kind::Workdir(folder) => {
                let folder = self.filled(folder);
                self.folder = match (folder, &self.folder) {
                    (Some(folder), _) if folder.starts_with('/') => Some(folder),
                    (Some(folder), Some(above)) => Some(format!("{}/{folder}", above.trim_end_matches('/'))),
                    _ => None,
                };
            }
            Kind::Copy { .. } => self.go_over_copy(&step.arguments),
            _ => {}
        }
    }

    /// `arg`: the value of an `ARG`, which an `ENV` of that name beats.
    fn set_variable(&mut self, step: &Instruction, pair: &Variable, pairs: usize, arg: Option<Option<String>>) {
        let is_env = arg.is_none();
        let known = self.variables.get(&pair.name);
        if (known.is_none() && self.variables.len() >= MOST_VARIABLES)
            || (!is_env && known.is_some_and(|set| set.is_env))
        {
            return;
        }
        let value = arg.unwrap_or_else(|| pair.value.as_ref().and_then(|value| self.filled(value)));
        // An `ARG` without a value is not set.
        if !is_env && value.is_none() && pair.value.is_none() {
            return;
        }
        let (name, line) = (pair.name.clone(), step.line);
        let by = By { name, line, pair: pair.span.clone(), instruction: step.span.clone(), pairs };
        let value = value.map_or(Value::Unknown, Value::Known);
        let variables = Rc::make_mut(&mut self.variables);
        let (mut before, last) = variables.remove(&pair.name).map_or((Vec::new(), None), |old| {
            let last = old.by.map(|by| (by, old.value));
            (old.before, last)
        });
        before.extend(last.filter(|_| before.len() < MOST));
        variables.insert(pair.name.clone(), Set { value, is_env, by: Some(by), before });
    }

    fn set_user(&mut self, user: &str) {
        self.is_user_known = true;
        let filled = self.filled(user);
        let Some(user) = &filled else {
            self.user = Account { name: user.to_owned(), uid: None, gid: None, home: None };
            return;
        };
        let (name, group) = user.split_once(':').map_or((user.as_str(), None), |(name, group)| (name, Some(group)));
        let mut account = match name {
            "root" | "0" => Account::root(),
            name => self.account(name).cloned().unwrap_or_else(|| Account::named(name)),
        };
        account.gid = group.and_then(|group| group.parse().ok()).or(account.gid);
        self.user = account;
    }

    /// Goes on over a command of a `RUN`.
    pub fn go_over_command(&mut self, command: &Command<'_>) {
        accounts::change(command, &mut self.accounts);
        if let Some(account) = accounts::added(command, &self.accounts, self.is_known, self.family) {
            if self.accounts.len() < MOST {
                self.accounts.push(account);
            }
        }
        for word in command.words.iter().flatten().filter(|word| word.contains("/etc/")) {
            if self.named.len() < MOST {
                self.named.push((*word).to_owned());
            }
        }
        let configured = command::configures(&command.words).filter(|installer| !self.is_configured(installer));
        self.configured.extend(configured);
    }

    fn go_over_copy(&mut self, arguments: &str) {
        for word in arguments.split_whitespace() {
            let word = word.trim_matches(['"', '[', ']', ',']);
            if word.contains("/etc/") && self.named.len() < MOST {
                self.named.push(word.to_owned());
            }
        }
    }
}
