//! What cargo and rustup put into the environment reaches no step, and nothing of the person's is lost.

use std::path::{Path, PathBuf};

use crate::harness::{Call, EXE, Sandbox, repository, xtask};

fn with_tool() -> Sandbox {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
    sandbox.program("tool");
    sandbox.on("tool");
    sandbox
}

fn environment(call: &Call) -> Vec<(String, String)> {
    let mut env = call.env.clone();
    // Windows keeps a folder for each drive in names that begin with `=`.
    env.retain(|(name, _)| !name.starts_with('='));
    env.sort();
    env
}

/// The variables that cargo 1.95 and rustup 1.28 were seen to add.
#[test]
fn cargos_variables_are_taken_out_again() {
    let sandbox = with_tool();
    for (name, value) in [("CARGO_TERM_COLOR", "always"), ("RUST_LOG", "debug"), ("CARGO_INCREMENTAL", "0")] {
        sandbox.set(name, value);
    }
    sandbox.run("-q t").is(0, "", "");
    for name in ["NAME", "VERSION", "VERSION_MAJOR", "VERSION_MINOR", "VERSION_PATCH", "AUTHORS", "DESCRIPTION"] {
        sandbox.set(&format!("CARGO_PKG_{name}"), if name == "NAME" { "compose-xtask" } else { "" });
    }
    sandbox.set("OUT_DIR", xtask().with_file_name("build").join("xtask-1").join("out"));
    sandbox.set("CARGO", sandbox.root().join("rust").join("bin").join("cargo"));
    sandbox.set("CARGO_MANIFEST_DIR", sandbox.root().join("xtask"));
    sandbox.set("CARGO_MANIFEST_PATH", sandbox.root().join("xtask").join("Cargo.toml"));
    sandbox.set("CARGO_HOME", sandbox.home().join(".cargo"));
    sandbox.set("RUSTUP_HOME", sandbox.home().join(".rustup"));
    sandbox.set("RUSTUP_TOOLCHAIN", "stable-x");
    sandbox.set("RUSTUP_TOOLCHAIN_SOURCE", "default");
    sandbox.set("RUST_RECURSION_COUNT", "1");
    sandbox.set("SSL_CERT_FILE", "/usr/lib/ssl/cert.pem");
    sandbox.set("SSL_CERT_DIR", "/usr/lib/ssl/certs");
    let target = xtask().parent().expect("a folder").to_owned();
    let mut folders = vec![target.clone(), target.join("deps"), sandbox.root().join("rust").join("lib")];
    if cfg!(windows) {
        folders[2] = sandbox.root().join("rust").join("bin");
        folders.push(sandbox.bin());
    }
    let name = if cfg!(windows) {
        "PATH"
    } else if cfg!(target_os = "macos") {
        "DYLD_FALLBACK_LIBRARY_PATH"
    } else {
        "LD_LIBRARY_PATH"
    };
    sandbox.set(name, std::env::join_paths(&folders).expect("folders"));
    sandbox.run("-q t").is(0, "", "");
    let calls = sandbox.calls();
    assert_eq!(environment(&calls[1]), environment(&calls[0]));
}

#[test]
fn what_the_person_set_stays() {
    let sandbox = with_tool();
    let persons = [
        ("CARGO_HOME", "/mine/cargo"),
        ("RUSTUP_HOME", "/mine/rustup"),
        ("RUSTUP_TOOLCHAIN", "nightly"),
        ("SSL_CERT_FILE", "/mine/cert.pem"),
        ("CARGO_TARGET_DIR", "/mine/target"),
        ("CARGO_REGISTRIES_X_TOKEN", "secret"),
    ];
    for (name, value) in persons {
        sandbox.set(name, value);
    }
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", sandbox.root());
    sandbox.set("RUSTUP_TOOLCHAIN_SOURCE", "env");
    sandbox.run("-q t").is(0, "", "");
    let call = &sandbox.calls()[0];
    for (name, value) in persons {
        assert_eq!(call.env(name), Some(value), "{name}");
    }
    assert_eq!(call.env("CARGO_PKG_NAME"), None);
}

/// Debian's cargo, say, has no rustup before it: what bears rustup's names is then the person's.
#[test]
fn without_rustup_its_variables_are_the_persons() {
    let sandbox = with_tool();
    let persons = [("RUSTUP_TOOLCHAIN", "mine".to_owned()), ("OUT_DIR", "/mine/out".to_owned())];
    let persons = persons.into_iter().chain(
        [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")]
            .map(|(name, folder)| (name, sandbox.home().join(folder).display().to_string())),
    );
    let persons: Vec<(&str, String)> = persons.collect();
    for (name, value) in &persons {
        sandbox.set(name, value);
    }
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", sandbox.root());
    sandbox.run("-q t").is(0, "", "");
    let call = &sandbox.calls()[0];
    for (name, value) in &persons {
        assert_eq!(call.env(name), Some(value.as_str()), "{name}");
    }
    // With rustup before it, no program that is run gets OUT_DIR: that one is the person's in any case.
    sandbox.set("RUST_RECURSION_COUNT", "1");
    sandbox.set("RUSTUP_TOOLCHAIN_SOURCE", "default");
    sandbox.run("-q t").is(0, "", "");
    let call = &sandbox.calls()[1];
    assert_eq!(["RUSTUP_TOOLCHAIN", "OUT_DIR"].map(|name| call.env(name)), [None, Some("/mine/out")]);
}

/// Without cargo everything is the person's, even what bears one of those names.
#[test]
fn without_cargo_nothing_is_taken_out() {
    let sandbox = with_tool();
    for (name, value) in [("CARGO", "x"), ("CARGO_MANIFEST_DIR", "y"), ("RUSTUP_TOOLCHAIN", "z"), ("OUT_DIR", "o")] {
        sandbox.set(name, value);
    }
    sandbox.run("-q t").is(0, "", "");
    let call = &sandbox.calls()[0];
    let found = ["CARGO", "CARGO_MANIFEST_DIR", "RUSTUP_TOOLCHAIN", "OUT_DIR"].map(|name| call.env(name));
    assert_eq!(found, [Some("x"), Some("y"), Some("z"), Some("o")]);
}

/// What the README says of a repository whose root is a package of its own.
#[test]
fn a_package_takes_xtask_in_by_two_lines() {
    if crate::harness::under_wine() {
        return eprintln!("stepping aside: under Wine the cargo that runs the tests is Linux's");
    }
    // Not in a sandbox: that lies in the target folder, which may be in this workspace.
    let root = std::env::temp_dir().join(format!("xtask-package-{}", std::process::id()));
    let file = |name: &str, text: &[u8]| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    file("src/main.rs", b"fn main() {}");
    file("xtask/src/main.rs", b"");
    file("xtask/Cargo.toml", &std::fs::read(repository().join("xtask").join("Cargo.toml")).expect("ours"));
    for name in
        ["src/lib.rs", "tests/fake_docker.rs", "tests/it/main.rs", "tests/engines/main.rs", "tests/docs/main.rs"]
    {
        file(&format!("xtask/{name}"), b"fn main() {}");
    }
    for (more, members) in [("", 1), ("[workspace]\nmembers = [\"xtask\"]\n", 2)] {
        file("Cargo.toml", format!("[package]\nname = \"app\"\nedition = \"2024\"\n{more}").as_bytes());
        let mut cargo = std::process::Command::new(env!("CARGO"));
        let cargo = cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
        let output = cargo.current_dir(&root).output().expect("cargo");
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(metadata["workspace_members"].as_array().map(Vec::len), Some(members), "{metadata}");
    }
    std::fs::remove_dir_all(&root).expect("removed");
}

/// The real cargo, as a person types it, against the same program run directly.
#[test]
fn cargo_run_and_the_program_itself_give_a_step_the_same_environment() {
    // Which cargo a person calls: rustup's proxy, where it is, adds variables too.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cargo: Option<PathBuf> =
        std::env::split_paths(&path).map(|dir| dir.join(format!("cargo{EXE}"))).find(|path| path.is_file());
    let Some(cargo) = cargo.filter(|_| !crate::harness::under_wine()) else {
        // Under Wine the cargo that runs the tests is Linux's.
        return eprintln!("stepping aside: there is no cargo on PATH that could be started");
    };
    let sandbox = with_tool();
    // As a person has it: what started these tests is cargo, too.
    let home =
        std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from).unwrap_or_default();
    let of_cargo = |name: &str, value: &std::ffi::OsStr| {
        let whole =
            ["CARGO", "OUT_DIR", "CARGO_TARGET_TMPDIR", "RUST_RECURSION_COUNT", "SSL_CERT_FILE", "SSL_CERT_DIR"];
        let starts = ["CARGO_PKG_", "CARGO_MANIFEST", "CARGO_BIN_EXE_", "RUSTUP_"];
        let library_path = ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];
        whole.contains(&name)
            || library_path.contains(&name)
            || starts.iter().any(|start| name.starts_with(start))
            || (name == "CARGO_HOME" && Path::new(value) == home.join(".cargo"))
    };
    for (name, value) in std::env::vars_os() {
        let text = name.to_string_lossy().into_owned();
        if !of_cargo(&text, &value) && !["PATH", "PWD", "OLDPWD", "_", "SHLVL"].contains(&text.as_str()) {
            sandbox.set(&text, value);
        }
    }
    let with_tools = std::env::join_paths([sandbox.bin()].into_iter().chain(std::env::split_paths(&path)));
    sandbox.set("PATH", with_tools.expect("folders"));
    // The build that is there already, and no other: it would take minutes.
    sandbox.set("CARGO_TARGET_DIR", xtask().ancestors().nth(2).expect("the target folder"));
    sandbox.set("CARGO_TERM_COLOR", "never");
    sandbox.run("-q t").is(0, "", "");
    let manifest = repository().join("Cargo.toml");
    let mut command = sandbox.command_of(Path::new(&cargo));
    command.args(["run", "--quiet", "--offline", "--manifest-path"]).arg(manifest).args([
        "-p",
        "compose-xtask",
        "--",
        "-q",
        "t",
    ]);
    sandbox.finish(&mut command).is(0, "", "");
    let calls = sandbox.calls();
    assert_eq!(environment(&calls[1]), environment(&calls[0]));
    assert_eq!(calls[1].dir, calls[0].dir);
}
