//! Bundler.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};

const SOURCE: &str = "bundler 2.5.5: lib/bundler.rb, user_bundle_path";

pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Variable("BUNDLE_USER_CACHE", ""), SOURCE),
        read(Place::Variable("BUNDLE_USER_HOME", "cache"), SOURCE),
        read(Place::Home(".bundle/cache"), SOURCE),
    ],
    // The images of Ruby set BUNDLE_PATH or GEM_HOME to /usr/local/bundle.
    mounted_at: &["bundle/cache", "vendor/cache"],
    unpacks_into: &["vendor"],
    // What it keeps there are lists of gems. The gems themselves lie in a folder of GEM_HOME.
    mounts: &[],
    offline: &["--local"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"], &[]],
            project: "Gemfile",
            locks: &["Gemfile.lock"],
            strict: &["--frozen", "--deployment"],
            lock_with: "`bundle lock` writes it",
            ..Pins::named(&[], Form::Option)
        },
        "https://bundler.io/man/bundle-install.1.html",
    )),
    ..Installer::named(
        "bundler",
        &["bundle", "bundler"],
        read(&[&["install"], &["update"], &[], &["cache"]], "https://bundler.io/man/bundle-install.1.html"),
        read(&[&["clean"]], "https://bundler.io/man/bundle-clean.1.html"),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements {
                besides,
                ..Requirements::of("Gemfile and Gemfile.lock", &["Gemfile", "Gemfile.lock", "*.gemspec"])
            },
            "https://bundler.io/man/gemfile.5.html",
        ),
    )
};

fn besides(name: &str, text: &str) -> Option<&'static str> {
    let is_local = |line: &str| line.trim_start().starts_with("gemspec") || line.contains("path:");
    (name == "Gemfile" && text.lines().any(is_local)).then_some("what its `gemspec` and `path:` name")
}
