//! What a build step saw before its own command began: the answers to `questions.rs`, read from its output. This way causes
//! are seen rather than guessed.

use std::collections::BTreeMap;

use crate::dockerfile::shell::Value;

/// What a step saw before its own command began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub uid: Option<u32>,
    pub home: Option<String>,
    /// The variables that its installers read, and the paths and options in those that its command uses.
    pub variables: Vec<(String, String)>,
    /// The folder that it starts in.
    pub folder: Option<String>,
    /// The texts of the script files that it runs, by their path from that folder.
    pub scripts: BTreeMap<String, String>,
    /// The accounts of other users that it names.
    pub accounts: Vec<Account>,
    /// The installers whose configuration files were read, each with a line of them.
    pub settings: Vec<(String, String)>,
    /// Which files exist of those that turn an installer's cache off or on.
    pub files: Vec<String>,
    pub mounts: Vec<MountLook>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub home: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountLook {
    /// Where it is, once variables are filled in.
    pub path: Option<String>,
    pub writable: Option<bool>,
    /// How many files it held when the step began. Empty ones, such as locks, don't count.
    pub files: Option<u64>,
}

/// Reads the lines of a step: what it saw (`None` if it printed nothing of ours), and its other lines.
pub fn read(mark: &str, lines: &[String]) -> (Option<Look>, Vec<String>) {
    let mut look: Option<Look> = None;
    let mut others = Vec::new();
    for line in lines {
        match line.strip_prefix(mark).and_then(|rest| rest.strip_prefix(' ')) {
            Some(rest) => look.get_or_insert_default().line(rest),
            // A shell with `-x` shows the words before it runs them.
            None if line.contains(mark) => {}
            None => others.push(line.clone()),
        }
    }
    (look, others)
}

impl Look {
    /// The variables that its command starts with, as far as they were asked for.
    pub fn given(&self) -> BTreeMap<String, Value> {
        let home = self.home.iter().map(|home| ("HOME".to_owned(), home.clone()));
        home.chain(self.variables.iter().cloned()).map(|(name, value)| (name, Value::Known(value))).collect()
    }

    fn line(&mut self, line: &str) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "user" => {
                let (uid, home) = rest.split_once(' ').unwrap_or((rest, ""));
                self.uid = uid.parse().ok();
                self.home = Some(home.to_owned()).filter(|home| !home.is_empty());
            }
            "mount" => {
                let mut words = rest.splitn(4, ' ').skip(1);
                let writable = words.next().map(|word| word == "yes");
                let files = words.next().and_then(|word| word.trim().parse().ok());
                self.mounts.push(MountLook { path: words.next().map(str::to_owned), writable, files });
            }
            "folder" => self.folder = Some(rest.to_owned()),
            "script" => {
                let (path, line) = rest.split_once(": ").unwrap_or((rest.trim_end_matches(':'), ""));
                let text = self.scripts.entry(path.to_owned()).or_default();
                text.push_str(line);
                text.push('\n');
            }
            "account" => {
                let mut words = rest.splitn(3, ' ');
                if let (Some(name), Some(Ok(uid)), Some(home)) =
                    (words.next(), words.next().map(str::parse), words.next())
                {
                    self.accounts.push(Account { name: name.to_owned(), uid, home: home.to_owned() });
                }
            }
            "variable" => {
                if let Some((name, value)) = rest.split_once('=') {
                    self.variables.push((name.to_owned(), value.to_owned()));
                }
            }
            "setting" => {
                if let Some((installer, line)) = rest.split_once(' ') {
                    self.settings.push((installer.to_owned(), line.trim().to_owned()));
                }
            }
            "file" => self.files.push(rest.to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_stay_and_odd_ones_do_no_harm() {
        let lines = [
            "m:3",
            "m:3 ",
            "m:3 mount",
            "m:3 mount 0 yes x",
            "m:3 user",
            "m:3 variable",
            "+ echo 'm:3 user 0 /'",
            "m:30 user 0 /x",
            "else",
        ];
        let (look, others) = read("m:3", &lines.map(str::to_owned));
        let look = look.unwrap();
        assert_eq!((look.uid, look.home, look.mounts.len()), (None, None, 2));
        assert_eq!(others, ["else"]);
        assert_eq!(read("m:3", &["plain".to_owned()]).0, None);
    }
}
