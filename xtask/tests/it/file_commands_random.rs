//! `cp`, `mv`, `rm`, `mkdir` and `touch` of steps beside those of coreutils: trees and lines made at random, and then everything
//! in the trees is compared, and whether the command succeeded. Half of the cases run as a user without rights, if we may.
//!
//! `XTASK_FILE_CASES` says how many, `XTASK_FILE_SEED` from which seed on; a case that differs prints its tree and its line.
//! One in some 20,000 differs by nothing but the order of a folder: a file of the target is another name of one of the source.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::xtask;
use crate::random::Random;

const NAMES: [&str; 9] = ["a", "b", "c", "d", "é ü", ".h", "-x", "[1]", "a"];
const NOBODY: u32 = 65_534;

/// What our command says where coreutils do otherwise.
const REFUSED: [&str; 3] = [
    // Theirs copies what it meets first.
    "into itself",
    // `rm -r link/` of theirs empties the folder and then fails.
    "is a link: write",
    // A pipe, to another file system.
    "is not a file, folder or link: it can't be copied",
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// A tree as it is made: a line each.
fn make_tree(top: &Path, random: &mut Random, owner: Option<u32>, has_pipes: bool) -> Vec<String> {
    let mut told = Vec::new();
    let mut folders = vec![PathBuf::from("in"), PathBuf::new()];
    let mut files: Vec<PathBuf> = Vec::new();
    let mut modes: Vec<(PathBuf, u32)> = Vec::new();
    fs::create_dir_all(top.join("in")).expect("a folder");
    for _ in 0..random.below(14) {
        let name = if random.one_in(40) { "l".repeat(200) } else { random.of(&NAMES).to_owned() };
        let path = folders[random.below(folders.len())].join(name);
        let whole = top.join(&path);
        if whole.symlink_metadata().is_ok() {
            continue;
        }
        match random.below(10) {
            0..=3 => {
                fs::create_dir(&whole).expect("a folder");
                let mode = random.of(&[0o755, 0o755, 0o755, 0o755, 0o700, 0o555, 0o000, 0o1777, 0o711]);
                modes.push((path.clone(), mode));
                told.push(format!("{} folder {mode:o}", path.display()));
                folders.push(path);
            }
            4..=6 => {
                let content = "x".repeat(random.below(20)) + &path.to_string_lossy();
                fs::write(&whole, content).expect("a file");
                let mode = random.of(&[0o644, 0o644, 0o644, 0o600, 0o444, 0o755, 0o000, 0o4755, 0o666]);
                modes.push((path.clone(), mode));
                told.push(format!("{} file {mode:o}", path.display()));
                files.push(path);
            }
            7 if has_pipes && random.one_in(3) => {
                let c_path = CString::new(whole.to_string_lossy().as_bytes()).expect("no NUL");
                // SAFETY: the path is a string with its NUL.
                assert_eq!(unsafe { libc::mkfifo(c_path.as_ptr(), 0o644) }, 0);
                told.push(format!("{} pipe", path.display()));
            }
            7 if !files.is_empty() => {
                let other = &files[random.below(files.len())];
                fs::hard_link(top.join(other), &whole).expect("a hard link");
                told.push(format!("{} = {}", path.display(), other.display()));
            }
            _ => {
                let name = random.of(&NAMES);
                let target = match random.below(6) {
                    0 => ".".to_owned(),
                    1 => format!("../{name}"),
                    2 => format!("{name}/{}", random.of(&NAMES)),
                    _ => name.to_owned(),
                };
                symlink(&target, &whole).expect("a link");
                told.push(format!("{} -> {target}", path.display()));
            }
        }
    }
    give(top, owner);
    for (path, mode) in modes.iter().rev() {
        fs::set_permissions(top.join(path), fs::Permissions::from_mode(*mode)).expect("a mode");
    }
    told
}

/// Makes everything the user's, and old.
fn give(path: &Path, owner: Option<u32>) {
    if path.symlink_metadata().expect("a file").is_dir() {
        for entry in fs::read_dir(path).expect("a folder").flatten() {
            give(&entry.path(), owner);
        }
    }
    if let Some(owner) = owner {
        std::os::unix::fs::lchown(path, Some(owner), Some(owner)).expect("gives it away");
    }
    let old = libc::timespec { tv_sec: 1_000_000_000 + path.as_os_str().len() as i64 % 7, tv_nsec: 123_000_000 };
    let c_path = CString::new(path.to_string_lossy().as_bytes()).expect("no NUL");
    // SAFETY: the path is a string with its NUL, and there are two times.
    let code =
        unsafe { libc::utimensat(libc::AT_FDCWD, c_path.as_ptr(), [old, old].as_ptr(), libc::AT_SYMLINK_NOFOLLOW) };
    assert_eq!(code, 0);
}

/// Every path below a folder, with all that can be compared.
fn tree(top: &Path, has_folder_times: bool) -> BTreeMap<PathBuf, String> {
    fn walk(top: &Path, folder: &Path, has_folder_times: bool, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let (path, data) = (entry.path(), entry.path().symlink_metadata().expect("a file"));
            let what = if data.is_dir() {
                walk(top, &path, has_folder_times, found);
                "folder".to_owned()
            } else if data.is_symlink() {
                format!("-> {}", fs::read_link(&path).expect("a link").display())
            } else if data.is_file() {
                let content = fs::read(&path).expect("a file");
                format!("{} names, {:?}", data.nlink(), String::from_utf8_lossy(&content))
            } else {
                "pipe".to_owned()
            };
            // A folder's tells of attempts, too.
            let is_told = data.mtime() < 1_100_000_000 && (!data.is_dir() || has_folder_times);
            let time = if is_told { data.mtime().to_string() } else { "now".to_owned() };
            let line = format!("{what} {:o} of {} at {time}", data.mode(), data.uid());
            found.insert(path.strip_prefix(top).expect("below").to_owned(), line);
        }
    }
    let mut found = BTreeMap::new();
    walk(top, top, has_folder_times, &mut found);
    found
}

fn operand(random: &mut Random, paths: &[PathBuf]) -> String {
    let mut path = match random.below(10) {
        0..=6 if !paths.is_empty() => {
            let path = &paths[random.below(paths.len())];
            // The tree begins a folder above.
            path.strip_prefix("in").map_or_else(|_| Path::new("..").join(path), Path::to_owned).display().to_string()
        }
        7 => format!("{}/{}", random.of(&NAMES), random.of(&NAMES)),
        8 => format!("{}/{}/{}", random.of(&NAMES), random.of(&["..", "."]), random.of(&NAMES)),
        _ => random.of(&NAMES).to_owned(),
    };
    match random.below(40) {
        0..=3 => path.push('/'),
        4 => path.push_str("/."),
        5 => path.push_str("/.."),
        6 => path = ".".to_owned(),
        7 => path = String::new(),
        8 => path = "/dev/null".to_owned(),
        _ => {}
    }
    // Nothing above the tree, and nothing that is no file of ours to change.
    let is_elsewhere = path.starts_with("../..") || (path.starts_with('/') && path != "/dev/null");
    if is_elsewhere { ".".to_owned() } else { path }
}

fn words(name: &str, random: &mut Random, paths: &[PathBuf]) -> Vec<String> {
    let flags: &[&str] = match name {
        "cp" => &["-r", "-r", "-R", "-f", "-p", "-rp", "-rf", "-v", "--recursive", "--force"],
        "mv" => &["-f", "-v", "--force"],
        "rm" => &["-r", "-r", "-f", "-rf", "-fR", "-v", "--recursive", "--force"],
        "mkdir" => &["-p", "-p", "-pv", "--parents"],
        _ => &["-c", "--no-create"],
    };
    let mut words: Vec<String> = Vec::new();
    for _ in 0..random.below(3) {
        words.push(random.of(flags).to_owned());
    }
    words.push("--".to_owned());
    let most = random.of(&[2, 2, 2, 3, 4]);
    let count = if ["cp", "mv"].contains(&name) { most } else { 1 + random.below(3) };
    for at in 0..count {
        let word = operand(random, paths);
        // It would be removed, or replaced, for everybody; and with -r theirs makes another device.
        let is_recursive = words.iter().any(|word| ["-r", "-R", "-rp", "-rf", "--recursive"].contains(&word.as_str()));
        let harms = word == "/dev/null" && (name != "cp" || is_recursive || at == count - 1);
        words.push(if harms { "a".to_owned() } else { word });
    }
    words
}

struct Base {
    top: PathBuf,
    /// On another file system, where there is one.
    elsewhere: Option<PathBuf>,
    program: PathBuf,
}

impl Base {
    /// Runs a program in a tree. The code, and what it said.
    fn run(&self, program: &Path, words: &[String], dir: &Path, as_nobody: bool, umask: &str) -> (bool, String) {
        let script = format!("umask {umask}; cd \"$0\" && exec \"$@\"");
        let shell = ["/bin/sh", "-c", &script];
        let mut command = Command::new(if as_nobody { "setpriv" } else { shell[0] });
        if as_nobody {
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(shell[0]);
        }
        command.args(&shell[1..]).arg(dir).arg(program).args(words);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.top.join("home")).env("LC_ALL", "C.UTF-8");
        let output = command.stdin(Stdio::null()).output().expect("a program");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn case(&self, seed: u64, may_be_nobody: bool) -> (Option<String>, bool) {
        let mut random = Random::new(seed);
        let name = random.of(&["cp", "cp", "cp", "mv", "mv", "rm", "mkdir", "touch"]);
        let as_nobody = may_be_nobody && random.one_in(2);
        let owner = may_be_nobody.then_some(if as_nobody { NOBODY } else { 0 });
        let umask = random.of(&["022", "022", "077", "002"]);
        let tree_seed = random.below(usize::MAX) as u64;
        let mut sides: Vec<PathBuf> = Vec::new();
        let mut told = Vec::new();
        for side in ["ours", "them"] {
            let top = self.top.join(side).join("w").join("x");
            make_removable(&self.top.join(side).join("w"));
            let _ = fs::remove_dir_all(self.top.join(side).join("w"));
            fs::create_dir_all(&top).expect("a folder");
            // The paths have one length, and so files get the same times.
            told = make_tree(&top, &mut Random::new(tree_seed), owner, name != "cp");
            if let Some(owner) = owner {
                chown(top.parent().expect("a folder"), Some(owner), Some(owner)).expect("gives it away");
            }
            sides.push(top);
        }
        let paths: Vec<PathBuf> = tree(&sides[0], true).into_keys().collect();
        let mut words = words(name, &mut random, &paths);
        let elsewhere = self.elsewhere.as_ref().filter(|_| name == "mv" && random.one_in(3));
        if let Some(elsewhere) = elsewhere {
            let seed = random.below(usize::MAX) as u64;
            for side in ["ours", "them"] {
                make_removable(&elsewhere.join(side));
                let _ = fs::remove_dir_all(elsewhere.join(side));
                told.extend(make_tree(&elsewhere.join(side), &mut Random::new(seed), owner, false));
            }
            let paths: Vec<PathBuf> = tree(&elsewhere.join("ours"), true).into_keys().collect();
            for word in words.iter_mut().filter(|word| !word.starts_with('-')) {
                if random.one_in(2) {
                    *word = format!("@/{}", paths[random.below(paths.len())].display());
                }
            }
        }
        let words_of = |side: &str| {
            let place = elsewhere.map_or(String::new(), |elsewhere| elsewhere.join(side).display().to_string());
            words.iter().map(|word| word.replace('@', &place)).collect::<Vec<_>>()
        };
        let mut ours: Vec<String> = vec!["-q".into(), "--file".into()];
        ours.push(self.top.join("ours/tasks.toml").display().to_string());
        ours.extend([name.to_owned(), "--".to_owned()]);
        ours.extend(words_of("ours"));
        let before = tree(&sides[0], true);
        let (is_done, said) = self.run(&self.program, &ours, &sides[0], as_nobody, umask);
        let (they_did, they_said) =
            self.run(Path::new(name), &words_of("them"), &sides[1].join("in"), as_nobody, umask);
        let describe = |why: String| {
            format!(
                "seed {seed}, umask {umask}, {}: {name} {words:?}\n{}\nours: {is_done} {said}\ntheirs: {they_did} {they_said}\n{why}",
                if as_nobody { "nobody" } else { "as we are" },
                told.join("\n")
            )
        };
        // A folder that they copied before, by another name, they do not copy again.
        if they_said.contains("will not create hard link") {
            return (None, false);
        }
        if !is_done && REFUSED.iter().any(|refused| said.contains(refused)) {
            return (None, false);
        }
        // A link that is moved onto what it leads to: theirs does it where the file has another name still.
        if name == "mv" && they_did && said.contains("are the same file") {
            return (None, false);
        }
        if is_done != they_did {
            return (Some(describe("one succeeded".to_owned())), true);
        }
        let [ours, theirs] = ["ours", "them"].map(|side| {
            let mut found = tree(&self.top.join(side).join("w"), is_done);
            if let Some(elsewhere) = elsewhere {
                found.extend(
                    tree(&elsewhere.join(side), is_done)
                        .into_iter()
                        .map(|(path, what)| (Path::new("@").join(path), what)),
                );
                // Copies of two names of one file are two files.
                found.values_mut().for_each(|what| {
                    *what = what.split_once(" names, ").map_or(what.clone(), |(_, rest)| rest.to_owned());
                });
            }
            // Where the file system has access lists, theirs takes no sticky and no setuid bit of the target away.
            if words.iter().any(|word| ["-p", "-rp"].contains(&word.as_str())) {
                found
                    .values_mut()
                    .for_each(|what| *what = what.replace("folder 41", "folder 40").replace(" 104", " 100"));
            }
            found
        });
        if elsewhere.is_some() && !is_done {
            // Theirs leaves what it has copied.
            let left = ours.keys().find(|path| path.to_string_lossy().contains(".xtask-move"));
            return (left.map(|path| describe(format!("left: {}", path.display()))), true);
        }
        let changed = before != tree(&sides[0], true);
        let mut lines = Vec::new();
        for path in ours.keys().chain(theirs.keys().filter(|path| !ours.contains_key(*path))) {
            if ours.get(path) != theirs.get(path) {
                lines.push(format!("{}: {:?} and theirs {:?}", path.display(), ours.get(path), theirs.get(path)));
            }
        }
        ((!lines.is_empty()).then(|| describe(lines.join("\n"))), changed)
    }
}

/// Folders that we may not enter can't be removed.
fn make_removable(folder: &Path) {
    if !folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        make_removable(&entry.path());
    }
}

#[test]
fn file_commands_do_what_those_of_coreutils_do() {
    let (first, cases) = (number("XTASK_FILE_SEED", 0), number("XTASK_FILE_CASES", 400));
    // SAFETY: geteuid has no preconditions.
    let is_root = unsafe { libc::geteuid() } == 0;
    // Where everybody may go, which is not said of the folder of the tests.
    let top = std::env::temp_dir().join(format!("xtask-file-commands-{}", std::process::id()));
    let _ = fs::remove_dir_all(&top);
    for folder in ["ours", "them", "home"] {
        fs::create_dir_all(top.join(folder)).expect("a folder");
    }
    let program = top.join("xtask");
    fs::copy(xtask(), &program).expect("the program");
    let mut tasks = String::new();
    for name in ["cp", "mv", "rm", "mkdir", "touch"] {
        tasks.push_str(&format!("[tasks.{name}]\ndir = 'w/x/in'\nsteps = ['{name} {{args}}']\n"));
    }
    fs::write(top.join("ours/tasks.toml"), tasks).expect("the tasks");
    let elsewhere = Path::new("/dev/shm").join(format!("xtask-file-commands-{}", std::process::id()));
    let device = |path: &Path| path.metadata().ok().map(|found| found.dev());
    let is_another = fs::create_dir(&elsewhere).is_ok() && device(&elsewhere) != device(&top);
    let base = Base { top, elsewhere: is_another.then_some(elsewhere), program };
    let (mut wrong, mut compared, mut changed) = (Vec::new(), 0, 0);
    for seed in first..first + cases {
        let (differs, has_changed) = base.case(seed, is_root);
        compared += u64::from(differs.is_some() || has_changed);
        changed += u64::from(has_changed);
        wrong.extend(differs);
        if wrong.len() == 10 {
            break;
        }
    }
    for side in ["ours", "them"] {
        make_removable(&base.top.join(side));
    }
    let _ = fs::remove_dir_all(&base.top);
    if let Some(elsewhere) = &base.elsewhere {
        make_removable(elsewhere);
        let _ = fs::remove_dir_all(elsewhere);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(
        cases < 100 || changed * 5 > cases,
        "of {cases} cases {changed} changed something, {compared} were compared"
    );
}
