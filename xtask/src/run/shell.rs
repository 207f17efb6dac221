//! Steps for a shell, which is `sh` on every system, and what they find in their environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::process;
use crate::tasks::config::setting::MODE;

/// The variable with the path of this program, for a script that runs other tasks.
pub const XTASK: &str = "XTASK";
/// The variable that stands for `--file`.
pub const FILE: &str = "XTASK_FILE";

/// The words after `sh` that run a script with what was typed after `--`. It ends at the first command that fails.
pub fn words(script: &str, args: Vec<OsString>) -> Vec<OsString> {
    let name = (!args.is_empty()).then(|| "sh".into());
    ["-e".into(), "-c".into(), script.into()].into_iter().chain(name).chain(args).collect()
}

/// The variables with which `"$XTASK" NAME` in a script runs a task of this tasks.toml, in this mode, or in none.
pub fn of_this_run(file: &Path, mode: Option<&str>) -> [(&'static str, OsString); 3] {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("xtask"));
    [(XTASK, program.into()), (FILE, file.into()), (MODE, mode.unwrap_or_default().into())]
}

/// The words that print a text in the shell that people use on `os`. The `echo` of some shells reads backslashes and options, and
/// a line break in a word can't be pasted everywhere.
pub fn printing(text: &str, os: Os) -> Vec<OsString> {
    if os == Os::Windows || !text.contains(['\\', '\n']) && !text.starts_with('-') {
        return vec!["echo".into(), text.into()];
    }
    ["printf", r"%s\n"].into_iter().chain(text.split('\n')).map(OsString::from).collect()
}

/// The `sh` of this machine. On Windows that is Git's, which is on PATH only in Git's own shell, so it is looked for beside
/// `git` first: `Git\cmd\git.exe` and `Git\bin\sh.exe`.
pub fn find(dir: &Path, environment: &Environment) -> Option<PathBuf> {
    let on_path = || process::find("sh".as_ref(), dir, environment);
    if cfg!(windows) { beside_git(dir, environment).or_else(on_path) } else { on_path() }
}

/// How to get one.
pub const HOW_TO_GET: &str = match cfg!(windows) {
    true => "Git for Windows brings it along: install it, and have `git` on PATH",
    false => "install it, or add its folder to PATH",
};

fn beside_git(dir: &Path, environment: &Environment) -> Option<PathBuf> {
    let git = process::find("git".as_ref(), dir, environment)?;
    let places = ["bin/sh.exe", "usr/bin/sh.exe"];
    git.ancestors().skip(2).take(3).find_map(|folder| places.iter().map(|sh| folder.join(sh)).find(|sh| sh.is_file()))
}
