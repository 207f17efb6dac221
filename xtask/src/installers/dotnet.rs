//! NuGet, by dotnet.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};

const FOLDERS: &str =
    "https://learn.microsoft.com/en-us/nuget/consume-packages/managing-the-global-packages-and-cache-folders";

pub const ROW: Installer = Installer {
    keeps: &[read(Place::Variable("NUGET_PACKAGES", ""), FOLDERS), read(Place::Home(".nuget/packages"), FOLDERS)],
    builds: Some(read(
        &[&["build"], &["publish"], &["test"], &["pack"]],
        "https://learn.microsoft.com/en-us/dotnet/core/tools/dotnet-restore#implicit-restore",
    )),
    mounted_at: &[".nuget"],
    // Answers of the server, which hold for 30 minutes.
    keeps_besides: &[".local/share/NuGet/v3-cache", ".local/share/NuGet"],
    offline: &["--no-restore"],
    tools: &[&["tool", "install"]],
    reads_in_place: true,
    ..Installer::named(
        "nuget",
        &["dotnet", "nuget"],
        read(
            &[&["restore"], &["tool", "install"], &["tool", "restore"]],
            "https://learn.microsoft.com/en-us/dotnet/core/tools/dotnet-restore",
        ),
        read(&[&["nuget", "locals"], &["locals"]], FOLDERS),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements {
                besides,
                ..Requirements::of(
                    "the project files and packages.lock.json",
                    &[
                        "*.csproj",
                        "*.fsproj",
                        "*.sln",
                        "packages.lock.json",
                        "Directory.Packages.props",
                        "NuGet.config",
                    ],
                )
            },
            "https://learn.microsoft.com/en-us/nuget/consume-packages/package-references-in-project-files",
        ),
    )
};

fn besides(_: &str, text: &str) -> Option<&'static str> {
    text.contains("<ProjectReference").then_some("the project files it refers to")
}
