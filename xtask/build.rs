//! Tells the linker how to make a debug build that starts fast: the system maps and writes fewer pages before `main`.
//!
//! Here and not in `.cargo/config.toml`, whose flags would hold for every crate of the repository, release builds too.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    let links_libc_dynamically = !target("FEATURE").split(',').any(|feature| feature == "crt-static");
    let is_debug = var("PROFILE").is_ok_and(|profile| profile == "debug");
    if is_debug && links_libc_dynamically && (target("OS").as_str(), target("ENV").as_str()) == ("linux", "gnu") {
        // A fixed address: 15,000 pointers in the program need no relocation, and fifty pages no writing.
        println!("cargo::rustc-link-arg-bins=-no-pie");
        // What unwinds the stack, without loading a library for it. Where the compiler is, this file is, too.
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}
