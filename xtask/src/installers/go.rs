//! Go.

use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};

const VERSION: &str = "go 1.27.3";
const CACHE: &str = "https://pkg.go.dev/cmd/go#hdr-Build_and_test_caching";
const MODULES: &str = "https://go.dev/ref/mod";

/// `go: downloading …` was never recorded here with a second run beside it: no `output`.
pub const ROW: Installer = Installer {
    keeps: &[
        measured(Place::Variable("GOMODCACHE", ""), VERSION),
        measured(Place::Variable("GOPATH", "pkg/mod"), VERSION),
        measured(Place::Home("go/pkg/mod"), VERSION),
    ],
    // `tidy` and `vendor` look for what the code imports.
    builds: Some(read(
        &[&["build"], &["install"], &["test"], &["run"], &["generate"], &["mod", "tidy"], &["mod", "vendor"]],
        MODULES,
    )),
    keeps_besides: &[".cache/go-build"],
    unpacks_into: &["vendor"],
    offline: &["-mod=vendor", "--mod=vendor"],
    compiles_to: &[read(Place::Variable("GOCACHE", ""), CACHE), read(Place::Home(".cache/go-build"), CACHE)],
    tools: &[&["install"]],
    reads_in_place: true,
    pins: Some(read(
        Pins::named(&[&["install"]], Form::Module),
        "https://pkg.go.dev/cmd/go#hdr-Compile_and_install_packages_and_dependencies",
    )),
    ..Installer::named(
        "go",
        &["go"],
        read(&[&["mod", "download"], &["get"]], MODULES),
        read(&[&["clean", "-modcache"]], "https://go.dev/ref/mod#go-clean-modcache"),
        // "The module cache may be shared by multiple Go projects", and the command locks it.
        read(Sharing::Shared, "https://go.dev/ref/mod#module-cache"),
        read(
            Requirements {
                besides,
                ..Requirements::of("go.mod and go.sum", &["go.mod", "go.sum", "go.work", "go.work.sum"])
            },
            MODULES,
        ),
    )
};

fn besides(name: &str, text: &str) -> Option<&'static str> {
    let is_local = text.contains("=> ./") || text.contains("=> ../");
    match name {
        "go.mod" if is_local => Some("the folders that its `replace` lines name"),
        "go.work" => Some("the go.mod of each of its folders"),
        _ => None,
    }
}
