//! Users: those of the base image, and those that a step adds.

use crate::dockerfile::commands::Command;
use crate::lint::image::bases::{self, Family};

/// A user. What is not known is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub home: Option<String>,
}

impl Account {
    pub fn root() -> Account {
        Account::of(&bases::ROOT)
    }

    pub fn of(account: &bases::Account) -> Account {
        let bases::Account { name, uid, gid, home } = account;
        Account { name: (*name).to_owned(), uid: Some(*uid), gid: Some(*gid), home: Some((*home).to_owned()) }
    }

    /// Somebody of whom only the name, or the number, is known.
    pub fn named(name: &str) -> Account {
        Account { name: name.to_owned(), uid: name.parse().ok(), gid: None, home: None }
    }
}

/// The first number that is given to a person (`UID_MIN` of login.defs, and busybox's adduser).
const FIRST: u32 = 1000;

/// The account that `useradd` or `adduser` adds. `others` are the ones that are there; `family` says whose `adduser` it is.
pub fn added(
    command: &Command<'_>,
    others: &[Account],
    is_base_known: bool,
    family: Option<Family>,
) -> Option<Account> {
    let words: Vec<&str> = command.words.iter().copied().collect::<Option<_>>()?;
    let (program, words) = words.split_first()?;
    let is_useradd = match program.rsplit('/').next()? {
        "useradd" => true,
        "adduser" => false,
        _ => return None,
    };
    let value = |names: &[&str]| {
        let joined =
            words.iter().find_map(|word| names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('=')));
        let next = || words.iter().position(|word| names.contains(word)).and_then(|at| words.get(at + 1).copied());
        joined.or_else(next)
    };
    // Values of options that take one, for both programs.
    const VALUED: [&str; 20] = [
        "-u",
        "--uid",
        "-g",
        "--gid",
        "-G",
        "--groups",
        "-d",
        "--home",
        "--home-dir",
        "-h",
        "-s",
        "--shell",
        "-c",
        "--comment",
        "--gecos",
        "-k",
        "-b",
        "-K",
        "-p",
        "--ingroup",
    ];
    let takes_value = |word: &str| (is_useradd || word != "-p") && VALUED.contains(&word);
    let mut operands = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match words[at] {
            word if takes_value(word) => at += 1,
            word if word.starts_with('-') => {}
            word => operands.push(word),
        }
        at += 1;
    }
    // `adduser USER GROUP` adds nobody.
    let name = match (operands.as_slice(), is_useradd) {
        ([name], _) => *name,
        _ => return None,
    };
    let short = |letter: char| {
        words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    let is_system = words.contains(&"--system") || short(if is_useradd { 'r' } else { 'S' });
    let home = match value(if is_useradd { &["-d", "--home-dir"] } else { &["-h", "--home"] }) {
        Some(home) => Some(home.to_owned()),
        // Debian's adduser gives a system user no home, or one below /home, by its version.
        None if !is_useradd && is_system && family != Some(Family::Alpine) => None,
        None => Some(format!("/home/{name}")),
    };
    let uid = match value(&["-u", "--uid"]) {
        Some(uid) => uid.parse().ok(),
        None if is_system || !is_base_known => None,
        None => next(others, family),
    };
    Some(Account { name: name.to_owned(), uid, gid: None, home })
}

/// Takes what is known from the accounts that `usermod` or `userdel` names.
pub fn change(command: &Command<'_>, accounts: &mut [Account]) {
    const PROGRAMS: [&str; 4] = ["usermod", "groupmod", "userdel", "deluser"];
    let program = command.words[0].and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    if !PROGRAMS.contains(&program) {
        return;
    }
    for account in accounts {
        if command.words.iter().any(|word| word.is_none_or(|word| word == account.name)) {
            *account = Account { uid: None, gid: None, home: None, name: account.name.clone() };
        }
    }
}

/// The number of the next person, where all others are known.
fn next(others: &[Account], family: Option<Family>) -> Option<u32> {
    // Images of Ubuntu have a user 1000 from 24.04 on.
    if !matches!(family, Some(Family::Debian | Family::Alpine)) {
        return None;
    }
    let uids: Vec<u32> = others.iter().map(|account| account.uid).collect::<Option<_>>()?;
    Some(uids.into_iter().filter(|uid| (FIRST..60_000).contains(uid)).max().map_or(FIRST, |most| most + 1))
}
