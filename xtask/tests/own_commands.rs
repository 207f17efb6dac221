//! The xtask of another repository: the library, and commands of its own in Rust. `tests/it/rust.rs` runs it.

use std::ffi::OsString;

use compose_xtask::anyhow::Context as _;
use compose_xtask::xshell::cmd;
use compose_xtask::{Cx, Exit, Result};

fn main() -> std::process::ExitCode {
    compose_xtask::runner!()
        .command("hello", "Say hello, with code 3", hello)
        .command("seed", "Fill the database", seed)
        .command("shell", "Run tool by xshell", shell)
        .command("broken", "", |_, _| Err(std::io::Error::other("the disk is full").into()))
        .command("doctor", "Ours, and no built-in one", |cx, _| cx.task("hello", []).map(|()| Exit::DONE))
        .main()
}

fn hello(cx: &Cx, words: &[OsString]) -> Result<Exit> {
    println!("hello {words:?} in {}", cx.root().file_name().unwrap_or_default().to_string_lossy());
    Ok(Exit::with_code(3))
}

fn seed(cx: &Cx, words: &[OsString]) -> Result<Exit> {
    cx.compose(["exec", "-T", "db", "psql"])?.run()?;
    let mut after: Vec<OsString> = vec!["--".into()];
    after.extend_from_slice(words);
    cx.task("after", after).context("the seed is there, and unchecked")?;
    Ok(Exit::DONE)
}

fn shell(cx: &Cx, words: &[OsString]) -> Result<Exit> {
    let sh = cx.shell()?;
    cmd!(sh, "tool {words...}").quiet().run()?;
    Ok(Exit::DONE)
}
