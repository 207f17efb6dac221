//! What a row of the table states about one installer.

use crate::installers::fact::Fact;
use crate::installers::pins::Pins;
use crate::installers::said::Said;

/// Shorthand for the lists of a row.
pub type List<T> = &'static [T];
pub type Text = &'static str;

/// One installer. Rows begin with [`Installer::named`], and state what is known.
#[derive(Clone, Copy, Debug)]
pub struct Installer {
    /// As messages name it, and `cache prune NAME` takes it.
    pub name: Text,
    /// The names of its program. A version behind them does not matter: `pip` is `pip3.12`, too.
    pub programs: List<Text>,
    /// Python runs it as a module as well: `python -m pip`.
    pub is_module: bool,
    /// The words behind the program that download packages. An empty list is the program alone: `yarn`.
    pub installs: Fact<List<List<Text>>>,
    /// The words behind the program that build the project's own code, and download on the way what is missing.
    pub builds: Option<Fact<List<List<Text>>>>,
    /// Where it keeps its downloads. The first that applies counts.
    pub keeps: List<Fact<Place>>,
    /// How the target of a mount for its downloads can end besides: folders above or beside those of `keeps`, and what
    /// images set.
    pub mounted_at: List<Text>,
    /// How the target of a mount can end that keeps something else of it: lists of packages, what a compiler made.
    pub keeps_besides: List<Text>,
    /// What keeps it from keeping anything.
    pub turned_off: List<Fact<Off>>,
    /// It keeps nothing in a folder that belongs to somebody else, not even as root.
    pub wants_own_folder: bool,
    /// Options that beat a variable of `turned_off`: each with the variable.
    pub beats: List<(Text, Text)>,
    /// Options with which it downloads nothing.
    pub offline: List<Text>,
    /// What to mount of the folder of `keeps`, seen from there: all of it, the folder above it, or only some of its own
    /// folders, where the others hold what the image needs.
    pub mounts: List<Text>,
    /// Steps that build keep something else worth a mount, which is no download.
    pub compiles_to: List<Fact<Place>>,
    /// Those words of `installs` and `builds` that install a program, which holds all that it needs.
    pub tools: List<List<Text>>,
    /// Later steps, and programs in the image, read what it downloaded where it lies.
    pub reads_in_place: bool,
    /// The words behind the program that empty the folder.
    pub cleans: Fact<List<List<Text>>>,
    /// Whether several builds can use one mount at the same time.
    pub sharing: Fact<Sharing>,
    /// Its configuration files, and the keys in them that matter here.
    pub settings: Option<Fact<Settings>>,
    /// It keeps a download only if the server's answer allows that.
    pub obeys_headers: Option<Fact<Index>>,
    /// How to read what it prints. Only for output that was recorded from a real run, in `recorded/`.
    pub output: Option<Fact<Output>>,
    /// The files that say what to install.
    pub requirements: Fact<Requirements>,
    /// What fixes the versions that it installs; `None` where that is not looked at.
    pub pins: Option<Fact<Pins>>,
    /// Packages that install the installer: `pip install uv` installs nothing of the project's own.
    pub packages: List<Text>,
    /// Folders of a project that hold what others wrote.
    pub unpacks_into: List<Text>,
    /// What to try when downloads are not the time that a step takes.
    pub faster: Option<Text>,
}

/// Where downloads are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The value of an option: `--cache-dir DIR`, `--cache-dir=DIR`.
    Option(Text),
    /// A folder below the value of a variable; an empty one is the value itself.
    Variable(Text, Text),
    /// The value of a key of its configuration files.
    Setting(Text),
    /// A folder of the home.
    Home(Text),
    /// An absolute folder that root has in place of one of its home.
    Root(Text),
    /// An absolute folder that is the same for everybody.
    Fixed(Text),
}

/// What makes an installer keep nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    Option(Text),
    /// A variable that is set to anything at all.
    Variable(Text),
    /// A variable, unless it is set to `0`, `false`, `no`, `off`, `n`, `f` or nothing.
    TrueVariable(Text),
    /// A key of its configuration files, whatever the value.
    Setting(Text),
    /// A file of the image: while it is there, packages are deleted as soon as they are installed.
    File(Text),
    /// A file or folder of the image without which nothing is kept.
    WithoutFile(Text),
    /// Nothing is kept unless this word stands in the command, or as a key in its configuration files; and the option that
    /// sets it.
    Unless(Text, Text),
    /// One of its programs that keeps nothing, and the one that does.
    Program(Text, Text),
}

/// Whether builds can share a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// It locks what it writes to: the default, `sharing=shared`, is safe.
    Shared,
    /// One at a time: `sharing=locked`.
    Locked,
}

/// Configuration files. `~` is the home.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub files: List<Text>,
    pub keys: List<Text>,
}

/// The server an installer asks, and how it is told about one over plain HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    pub options: List<Text>,
    pub variables: List<Text>,
    pub settings: List<Text>,
    /// What a line begins with that names the indexes, separated by commas.
    pub said: Text,
    /// The option, variable and setting that make it trust a host over plain HTTP. Without trust it keeps nothing.
    pub trust: (Text, Text, Text),
    /// The file that a line says is downloaded: its name, or its address.
    pub file: fn(&str) -> Option<&str>,
    /// What it says of a host that it does not trust and therefore does not ask.
    pub refused: Text,
    /// What to do when the server's answers do not allow keeping.
    pub fix: Text,
}

/// How to read the lines of a step.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub read: fn(&[&str]) -> Said,
    /// What it says when it can't write to its folder.
    pub not_writable: Option<Text>,
    /// The option without which it prints nothing of that.
    pub verbose: Option<Text>,
}

/// The files that say what to install.
#[derive(Clone, Copy, Debug)]
pub struct Requirements {
    /// For a message: `package.json and package-lock.json`.
    pub shown: Text,
    /// Names of files; `*` is any text.
    pub files: List<Text>,
    /// Options that name such a file: then the project itself is not installed.
    pub options: List<Text>,
    /// It can be told to install a folder, whose code it then needs: `pip install .`.
    pub installs_folders: bool,
    /// Options that keep it from installing the project itself, which needs its code.
    pub without_project: Text,
    /// What it reads besides, by the name and the text of such a file.
    pub besides: fn(&str, &str) -> Option<Text>,
}

impl Requirements {
    /// `shown` and the names of files; nothing else.
    pub const fn of(shown: Text, files: List<Text>) -> Requirements {
        let besides = |_: &str, _: &str| None;
        Requirements { shown, files, options: &[], installs_folders: false, without_project: "", besides }
    }

    /// Whether a file of this name, without folders, is one of them.
    pub fn include(&self, name: &str) -> bool {
        self.files.iter().any(|pattern| match pattern.split_once('*') {
            Some((start, end)) => {
                name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
            }
            None => *pattern == name,
        })
    }
}

impl Installer {
    /// A row with what every row has to state; the rest is empty.
    pub const fn named(
        name: Text,
        programs: List<Text>,
        installs: Fact<List<List<Text>>>,
        cleans: Fact<List<List<Text>>>,
        sharing: Fact<Sharing>,
        requirements: Fact<Requirements>,
    ) -> Installer {
        Installer {
            name,
            programs,
            is_module: false,
            installs,
            builds: None,
            keeps: &[],
            mounted_at: &[],
            keeps_besides: &[],
            turned_off: &[],
            wants_own_folder: false,
            beats: &[],
            offline: &[],
            mounts: &[""],
            compiles_to: &[],
            tools: &[],
            reads_in_place: false,
            cleans,
            sharing,
            settings: None,
            obeys_headers: None,
            output: None,
            requirements,
            pins: None,
            packages: &[],
            unpacks_into: &[],
            faster: None,
        }
    }

    /// The variables that decide where it keeps its downloads, and whether it does.
    pub fn variables(&self) -> impl Iterator<Item = Text> + use<> {
        let (keeps, turned_off) = (self.keeps, self.turned_off);
        let trust = self.obeys_headers.map(|index| index.is.trust.1);
        let places = keeps.iter().filter_map(|place| match place.is {
            Place::Variable(name, _) => Some(name),
            _ => None,
        });
        let off = turned_off.iter().filter_map(|off| match off.is {
            Off::Variable(name) | Off::TrueVariable(name) => Some(name),
            _ => None,
        });
        places.chain(off).chain(trust)
    }

    /// Whether it may read a variable of this name: one that the row names, one that begins with a name of its own, or a
    /// proxy, which all of them know.
    pub fn may_read(&self, name: &str) -> bool {
        let name = name.to_ascii_uppercase();
        let indexes = self.obeys_headers.into_iter().flat_map(|index| index.is.variables).copied();
        let begins = |own: &str| name.strip_prefix(&own.to_ascii_uppercase()).is_some_and(|rest| rest.starts_with('_'));
        name.ends_with("_PROXY")
            || self.variables().chain(indexes).any(|own| own.eq_ignore_ascii_case(&name))
            || self.programs.iter().chain([&self.name]).any(|own| begins(own))
    }

    /// The files of an image that keep it from keeping anything, or let it.
    pub fn files(&self) -> impl Iterator<Item = Text> + use<> {
        let turned_off = self.turned_off;
        turned_off.iter().filter_map(|off| match off.is {
            Off::File(path) | Off::WithoutFile(path) => Some(path),
            _ => None,
        })
    }

    /// The names of files, and the settings, by which a step shows that it deals with what turns the cache off.
    pub fn deciding(&self) -> impl Iterator<Item = Text> + use<> {
        let turned_off = self.turned_off;
        turned_off.iter().filter_map(|off| match off.is {
            Off::File(path) | Off::WithoutFile(path) => Some(path.rsplit_once('/').map_or(path, |(_, name)| name)),
            Off::Unless(word, _) => Some(word),
            _ => None,
        })
    }

    /// What the lines of a step say of its packages; nothing where its output was never recorded.
    pub fn said<T: AsRef<str>>(&self, lines: &[T]) -> Said {
        let lines: Vec<&str> = lines.iter().map(|line| line.as_ref().trim()).collect();
        self.output.map(|output| (output.is.read)(&lines)).unwrap_or_default()
    }
}

impl PartialEq for Installer {
    fn eq(&self, other: &Installer) -> bool {
        self.name == other.name
    }
}
