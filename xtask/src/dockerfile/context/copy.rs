//! Copies what a build would send, so that it can be changed without touching the project.

use std::fs;
use std::io;
use std::path::Path;

use crate::compose::services::Build;
use crate::dockerfile::context::View;
use crate::dockerfile::dockerignore::{Ignore, Matched};
use crate::system::{paths, process};

/// Copies the context of a build into the folder `to`, without what its ignore file excludes. Returns the sorted paths of
/// the files below it, with `/`. The context must be a folder on this machine.
pub fn copy(build: &Build, root: &Path, to: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    fs::create_dir_all(to)?;
    if let Some(context) = &build.context {
        let folder = paths::absolute(root, context);
        let (_, text) = View::of(root).ignore_file(build, &folder);
        let ignore = Ignore::parse(&text.unwrap_or_default());
        folder_into(&folder, to, "", &ignore, &ignore.root(), false, &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn folder_into(
    from: &Path,
    to: &Path,
    inside: &str,
    ignore: &Ignore,
    above: &Matched,
    left_out: bool,
    files: &mut Vec<String>,
) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        if process::stopped().is_some() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let entry = entry?;
        let name = entry.file_name();
        let target = to.join(&name);
        let name = name.to_string_lossy();
        let path = if inside.is_empty() { name.into_owned() } else { format!("{inside}/{name}") };
        let kind = entry.file_type()?;
        let (out, matched) = ignore.look(&path, above);
        if kind.is_dir() {
            // An excluded folder is made only when a file in it is included again.
            if !out && !left_out {
                fs::create_dir_all(&target)?;
            }
            if !out || ignore.may_take_in() {
                folder_into(&entry.path(), &target, &path, ignore, &matched, out, files)?;
            }
        } else if !out {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            if kind.is_file() {
                let named = |error: io::Error| io::Error::new(error.kind(), format!("`{path}`: {error}"));
                fs::copy(entry.path(), &target).map_err(named)?;
                files.push(path);
            } else if kind.is_symlink() {
                link(&entry.path(), &target)?;
            }
        }
    }
    Ok(())
}

/// Links are sent as they are.
#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    // Few users are allowed to create links there.
    fs::copy(from, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excluded_files_are_not_copied() {
        let root = std::env::temp_dir().join(format!("xtask-copy-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (name, text) in [
            ("in/.dockerignore", "*.log\nvendor\n!vendor/kept\n"),
            ("in/app/main.py", "x"),
            ("in/app/x.log", "x"),
            ("in/a.log", "x"),
            ("in/vendor/kept", "x"),
            ("in/vendor/other", "x"),
        ] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let build = Build { context: Some("in".into()), dockerfile: "Dockerfile".into(), ..Build::default() };
        let files = copy(&build, &root, &root.join("out")).unwrap();
        assert_eq!(files, [".dockerignore", "app/main.py", "app/x.log", "vendor/kept"]);
        assert!(root.join("out/vendor/kept").is_file() && !root.join("out/a.log").exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
