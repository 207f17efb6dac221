//! What the official images bring that a Dockerfile does not say: who runs its steps, variables, and the distribution.
//! `bases/` has the rows.

mod languages;
mod services;
mod systems;
mod tools;

use crate::dockerfile::dockerignore::glob;
use crate::installers::fact::Known;

/// What an official image brings that a Dockerfile does not say.
#[derive(Debug)]
pub struct Base {
    /// Names without registry, `library/` and tag: `python`; with the registry for others: `ghcr.io/astral-sh/uv`. A `*`
    /// stands for any characters but `/`.
    pub names: &'static [&'static str],
    /// Only images with one of these in their tag; all if there are none. Of several rows the first counts.
    only: &'static [&'static str],
    /// Who runs its steps.
    pub user: Account,
    /// Other accounts that a `USER` may name.
    pub accounts: &'static [Account],
    /// Variables that it sets and that decide where downloads go.
    pub variables: &'static [(&'static str, &'static str)],
    family: Made,
    /// What parts of a tag mean for this image, beyond what they mean for all.
    tags: &'static [(&'static str, Family)],
    /// The address of the Dockerfile that this was read in.
    #[allow(dead_code, reason = "for readers, and for the test that every row states it")]
    pub known: Known,
}

/// An account of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: &'static str,
    pub uid: u32,
    pub gid: u32,
    pub home: &'static str,
}

/// The distribution an image is made of. It decides which package managers there are, and how they are set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Debian,
    Ubuntu,
    Alpine,
    /// From 41 on, with dnf 5.
    Fedora,
    /// dnf 4: Red Hat's UBI, Rocky Linux, AlmaLinux, and Fedora up to 40.
    RedHat,
    /// One that nothing more is known of, or none: a program alone.
    Other,
}

/// An image that is known.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    pub base: &'static Base,
    /// `None` if the tag does not tell.
    pub family: Option<Family>,
}

/// How the distribution shows.
#[derive(Debug)]
enum Made {
    /// All of them are made of this one.
    Of(Family),
    /// Those whose tag says nothing else.
    Usually(Family),
    /// Only a tag that says so.
    ByTag,
}

pub const ROOT: Account = Account { name: "root", uid: 0, gid: 0, home: "/root" };

impl Base {
    /// A row with what most images are: root runs the steps, and nothing else is set.
    const fn of(names: &'static [&'static str], family: Made, source: &'static str) -> Base {
        let known = Known::Read(source);
        Base { names, only: &[], user: ROOT, accounts: &[], variables: &[], family, tags: &[], known }
    }
}

fn all() -> impl Iterator<Item = &'static Base> {
    languages::ROWS.iter().chain(systems::ROWS).chain(tools::ROWS).chain(services::ROWS)
}

/// What is known of an image; `None` for one that nobody here knows. `image` is a name with registry, tag and digest, as
/// resolved.
pub fn of(image: &str) -> Option<Image> {
    let (name, tag) = parts(image);
    let tag: Option<Vec<&str>> = tag.map(|tag| tag.split('-').collect());
    let has = |wanted: &str| tag.iter().flatten().any(|part| means(part, wanted));
    if UNLIKE_THE_OTHERS.iter().any(|other| has(other)) {
        return None;
    }
    let is_it = |base: &&Base| {
        base.names.iter().any(|own| glob(own, name)) && (base.only.is_empty() || base.only.iter().any(|part| has(part)))
    };
    let base = all().find(is_it)?;
    let by_tag = || TAGS.iter().chain(base.tags).find(|(part, _)| has(part)).map(|(_, family)| *family);
    let family = match base.family {
        Made::Of(family) => Some(base.tags.iter().find(|(part, _)| has(part)).map_or(family, |(_, family)| *family)),
        Made::Usually(family) => by_tag().or_else(|| tag.is_some().then_some(family)),
        Made::ByTag => by_tag(),
    };
    Some(Image { base, family })
}

/// Whether some image sets a variable.
pub fn is_set_by_some(name: &str) -> bool {
    all().any(|base| base.variables.iter().any(|(own, _)| *own == name))
}

/// The name as in a row, and the tag: `None` if only a digest, or a variable, says which image it is.
fn parts(image: &str) -> (&str, Option<&str>) {
    /// Where the same images lie, each with what stands before the name in an official one.
    const REGISTRIES: [&str; 5] =
        ["docker.io/", "index.docker.io/", "registry-1.docker.io/", "mirror.gcr.io/", "public.ecr.aws/docker/"];
    let (image, has_digest) = image.split_once('@').map_or((image, false), |(image, _)| (image, true));
    let at = image.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match image[at..].split_once(':') {
        Some((name, tag)) => (&image[..at + name.len()], Some(tag).filter(|tag| !tag.contains('$'))),
        None => (image, (!has_digest).then_some("latest")),
    };
    let name = REGISTRIES.iter().find_map(|registry| name.strip_prefix(registry)).unwrap_or(name);
    (name.strip_prefix("library/").unwrap_or(name), tag)
}

/// Whether a part of a tag is this one, whatever version follows: `alpine3.20` is `alpine`, `9.0.1` is `9` and `9.0`.
fn means(part: &str, wanted: &str) -> bool {
    let without_version = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    part == wanted
        || (!without_version.is_empty() && without_version == wanted)
        || part.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
}

/// Windows, images without a shell, and Docker's hardened ones, which have other users.
const UNLIKE_THE_OTHERS: [&str; 8] =
    ["windowsservercore", "nanoserver", "windows", "distroless", "chiseled", "bin", "dhi", "scratch"];

/// What parts of a tag mean in all images. The names of releases are those of Debian, Ubuntu and Alpine in the lists of
/// https://github.com/docker-library/official-images/tree/master/library.
const TAGS: &[(&str, Family)] = &[
    ("alpine", Family::Alpine),
    ("jessie", Family::Debian),
    ("stretch", Family::Debian),
    ("buster", Family::Debian),
    ("bullseye", Family::Debian),
    ("bookworm", Family::Debian),
    ("trixie", Family::Debian),
    ("forky", Family::Debian),
    ("sid", Family::Debian),
    ("debian", Family::Debian),
    ("xenial", Family::Ubuntu),
    ("bionic", Family::Ubuntu),
    ("focal", Family::Ubuntu),
    ("jammy", Family::Ubuntu),
    ("noble", Family::Ubuntu),
    ("resolute", Family::Ubuntu),
    ("ubuntu", Family::Ubuntu),
    ("ubi", Family::RedHat),
    ("rockylinux", Family::RedHat),
    // Amazon's, Oracle's and Microsoft's.
    ("al", Family::Other),
    ("amazonlinux", Family::Other),
    ("corretto", Family::Other),
    ("amazoncorretto", Family::Other),
    ("oracle", Family::Other),
    ("oraclelinux", Family::Other),
    ("azurelinux", Family::Other),
    ("cbl", Family::Other),
    ("mariner", Family::Other),
];

#[cfg(test)]
mod tests;
