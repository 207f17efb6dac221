//! Go.

use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};

const VERSION: &str = "go 1.27.3";
const MODULES: &str = "https://go.dev/ref/mod";

/// `go: downloading …` was never recorded here with a second run beside it: no `output`.
pub const ROW: Installer = Installer {
    keeps: &[
        measured(Place::Variable("GOMODCACHE", ""), VERSION),
        measured(Place::Variable("GOPATH", "pkg/mod"), VERSION),
        measured(Place::Home("go/pkg/mod"), VERSION),
    ],
    builds: Some(read(&[&["build"], &["install"], &["test"], &["run"], &["generate"]], MODULES)),
    keeps_besides: &[".cache/go-build"],
    unpacks_into: &["vendor"],
    ..Installer::named(
        "go",
        &["go"],
        read(&[&["mod", "download"], &["mod", "tidy"], &["mod", "vendor"], &["get"]], MODULES),
        read(&[&["clean", "-modcache"]], "https://go.dev/ref/mod#go-clean-modcache"),
        // "The module cache may be shared by multiple Go projects", and the command locks it.
        read(Sharing::Shared, "https://go.dev/ref/mod#module-cache"),
        read(Requirements::of("go.mod and go.sum", &["go.mod", "go.sum", "go.work", "go.work.sum"]), MODULES),
    )
};
