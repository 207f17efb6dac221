//! The claims of docs/guide.md on cache mounts, shown on real engines with plain `docker build`.

use std::fs;
use std::path::PathBuf;

use crate::harness::Engine;

on_each_engine!(no_cache_empties_the_cache_mounts, two_projects_share_a_cache_mount, a_code_change_does_not_run_pip);

/// An image that is built again and again, and is gone in the end.
struct Image<'a> {
    engine: &'a Engine,
    name: String,
    dir: PathBuf,
}

impl<'a> Image<'a> {
    fn new(engine: &'a Engine, name: &str, dockerfile: &str) -> Image<'a> {
        let name = format!("{}-{name}", engine.name);
        let dir = std::env::temp_dir().join(&name);
        fs::create_dir_all(&dir).expect("makes the folder");
        fs::write(dir.join("Dockerfile"), dockerfile).expect("writes the Dockerfile");
        Image { engine, name, dir }
    }

    /// Whether the mount had something in it when the step ran. `again` makes the step run again.
    fn finds_its_mount_full(&self, again: &str, flags: &[&str]) -> bool {
        self.build(again, flags);
        match self.engine.docker(&["run", "--rm", "--network=none", &self.name, "cat", "/verdict"]).as_str() {
            "full" => true,
            "empty" => false,
            other => panic!("the verdict is {other:?}"),
        }
    }

    fn build(&self, again: &str, flags: &[&str]) -> String {
        // The new one takes the name, and the old one would stay without any.
        self.remove();
        let again = format!("AGAIN={again}");
        let mut build = self.engine.command("docker");
        build
            .args(["build", "--progress=plain", "--network=none", "-t", &self.name, "--build-arg", &again])
            .args(flags)
            .arg(&self.dir);
        let output = build.output().expect("runs docker");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    }

    fn remove(&self) {
        let _ = self.engine.command("docker").args(["rmi", "-f", &self.name]).output();
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        self.remove();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A step that says what it found in its mount, and leaves something there. The mount is of this test alone.
fn looks_into(target: &str) -> String {
    format!(
        "FROM debian-python:local\nARG AGAIN\nRUN --mount=type=cache,target={target} \
         if [ -e {target}/mark ]; then echo full; else echo empty; fi > /verdict; echo $AGAIN > {target}/mark\n"
    )
}

/// The guide's last row, "rebuild with `--no-cache`: uses the pip cache", and its "build twice to verify".
fn no_cache_empties_the_cache_mounts(engine: &Engine) {
    let image = Image::new(engine, "one", &looks_into("/xtask-guide/no-cache"));
    let run = std::process::id().to_string();
    assert!(!image.finds_its_mount_full(&format!("{run}-1"), &["--no-cache"]), "the first is empty");
    assert!(image.finds_its_mount_full(&format!("{run}-2"), &[]), "a changed build arg keeps the mount");
    assert!(!image.finds_its_mount_full(&format!("{run}-3"), &["--no-cache"]), "`--no-cache` empties it");
    assert!(image.finds_its_mount_full(&format!("{run}-4"), &[]), "and what that step left is kept");
}

/// A mount belongs to the builder: its default id is the target path.
fn two_projects_share_a_cache_mount(engine: &Engine) {
    let dockerfile = looks_into("/xtask-guide/shared");
    let (one, other) = (Image::new(engine, "one", &dockerfile), Image::new(engine, "other", &dockerfile));
    let run = std::process::id().to_string();
    assert!(!one.finds_its_mount_full(&format!("{run}-1"), &["--no-cache"]));
    assert!(other.finds_its_mount_full(&format!("{run}-2"), &[]), "the other finds what the first left");
    assert!(!other.finds_its_mount_full(&format!("{run}-3"), &["--no-cache"]), "and empties it");
}

/// Requirements that are copied before the code: then no download is at stake when the code changes, mounts or not.
fn a_code_change_does_not_run_pip(engine: &Engine) {
    let dockerfile = "FROM debian-python:local\nCOPY requirements.txt /r.txt\nRUN echo install > /installed\nCOPY code.py /code.py\n";
    let image = Image::new(engine, "order", dockerfile);
    let run = std::process::id().to_string();
    fs::write(image.dir.join("requirements.txt"), &run).expect("writes");
    fs::write(image.dir.join("code.py"), "1").expect("writes");
    let is_cached = |log: &str| {
        let step = log.lines().find(|line| line.contains("RUN echo install")).expect("the step is in the log");
        let number = step.split(' ').next().unwrap_or_default().to_owned();
        log.lines().any(|line| line == format!("{number} CACHED"))
    };
    assert!(!is_cached(&image.build("x", &[])), "the first build runs it");
    fs::write(image.dir.join("code.py"), "2").expect("writes");
    assert!(is_cached(&image.build("x", &[])), "a code change does not");
    fs::write(image.dir.join("requirements.txt"), format!("{run} more")).expect("writes");
    assert!(!is_cached(&image.build("x", &[])), "a change of the requirements does");
}
