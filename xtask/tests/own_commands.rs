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
        .command("code", "End with a code", |_, words| Ok(Exit::with_code(text(words, 0).parse()?)))
        .command("read", "Print a file of the project", |_, words| {
            println!("{}", std::fs::read_to_string(text(words, 0))?);
            Ok(Exit::DONE)
        })
        .command("again", "Call itself", |cx, words| cx.task("again", words).map(|()| Exit::DONE))
        .command("hang", "Run a task, then work until it is stopped", hang)
        .main()
}

fn text(words: &[OsString], at: usize) -> &str {
    words.get(at).and_then(|word| word.to_str()).unwrap_or_default()
}

/// Its first word says what it does after the task: work on its own, run `tool` by xshell, or nothing. The second is a
/// file that it makes before.
fn hang(cx: &Cx, words: &[OsString]) -> Result<Exit> {
    cx.task("after", [])?;
    std::fs::write(text(words, 1), "")?;
    let sh = cx.shell()?;
    match text(words, 0) {
        "work" => std::thread::sleep(std::time::Duration::from_secs(60)),
        "shell" => cmd!(sh, "tool by-xshell").quiet().run()?,
        _ => {}
    }
    println!("went on");
    Ok(Exit::DONE)
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
