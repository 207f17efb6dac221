//! Tells the linker how to make a program that starts fast on Linux. `.ci/bench` measures the start beside make and just.
//!
//! Not in `.cargo/config.toml`: its flags would reach every crate of the repository, and xshell's macros do not link with them.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if is_static || (target("OS").as_str(), target("ENV").as_str()) != ("linux", "gnu") {
        return;
    }
    // Unwinding without a shared library that has to be found and loaded. It comes with gcc.
    println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    // A debug build calls through 28,000 pointers. At a fixed address they need no relocation, and 120 pages no writing.
    if var("PROFILE").is_ok_and(|profile| profile == "debug") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
