use super::*;

fn family(image: &str) -> Option<Family> {
    of(image).unwrap_or_else(|| panic!("`{image}` is not known")).family
}

#[test]
fn an_image_is_known_however_its_name_is_written() {
    for image in [
        "python",
        "python:3.12-slim",
        "library/python:3.12",
        "docker.io/library/python:3.12-slim@sha256:0123456789abcdef",
        "docker.io/python",
        "public.ecr.aws/docker/library/python:3.12",
        "mirror.gcr.io/library/python:3",
    ] {
        assert_eq!(of(image).map(|image| image.base.names), Some(&["python"][..]), "{image}");
    }
    for unknown in ["mypython", "registry.example.com/python:3.12", "localhost:5000/python", "me/python", "", "scratch"]
    {
        assert!(of(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn the_tag_names_the_distribution() {
    use Family::*;
    for (image, expected) in [
        ("python:3.12", Debian),
        ("python:3.12-slim-bookworm", Debian),
        ("python:3.12-alpine", Alpine),
        ("python:3.12-alpine3.20", Alpine),
        ("python:alpine", Alpine),
        ("debian:12", Debian),
        ("ubuntu:24.04", Ubuntu),
        ("ubuntu@sha256:0123", Ubuntu),
        ("buildpack-deps:jammy", Ubuntu),
        ("golang:1.22-bookworm", Debian),
        ("node:22-alpine", Alpine),
        ("eclipse-temurin:21-jdk-alpine", Alpine),
        ("eclipse-temurin:21-jdk-alpine-3.22", Alpine),
        ("eclipse-temurin:21", Ubuntu),
        ("eclipse-temurin:21-jdk-ubi9-minimal", RedHat),
        ("maven:3.9-eclipse-temurin-21", Ubuntu),
        ("maven:3.9-eclipse-temurin-21-alpine", Alpine),
        ("maven:3.9-amazoncorretto-21-debian", Debian),
        ("maven:3.9-amazoncorretto-21", Other),
        ("openjdk:17-slim", Debian),
        ("amazoncorretto:21-alpine3.22", Alpine),
        ("amazoncorretto:21", Other),
        ("gradle:8-jdk21-corretto", Other),
        ("gradle:8-jdk21", Ubuntu),
        ("composer:2", Alpine),
        ("mcr.microsoft.com/dotnet/sdk:8.0", Debian),
        ("mcr.microsoft.com/dotnet/sdk:8.0-alpine", Alpine),
        ("mcr.microsoft.com/dotnet/sdk:8.0-jammy", Ubuntu),
        ("mcr.microsoft.com/dotnet/sdk:8.0.424-bookworm-slim-amd64", Debian),
        ("mcr.microsoft.com/dotnet/sdk:8.0-azurelinux3.0", Other),
        ("mcr.microsoft.com/dotnet/aspnet:10.0", Ubuntu),
        ("fedora:41", Fedora),
        ("fedora", Fedora),
        ("fedora:40", RedHat),
        ("registry.access.redhat.com/ubi9/ubi-minimal:9.4", RedHat),
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", Ubuntu),
        ("nvidia/cuda:12.4.1-base-rockylinux9", RedHat),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", Debian),
        ("ghcr.io/astral-sh/uv:0.8.3-python3.12-alpine", Alpine),
        ("ghcr.io/astral-sh/uv:debian-slim", Debian),
        ("ghcr.io/astral-sh/uv:0.8", Other),
        ("oven/bun:1-alpine", Alpine),
        ("postgres:16", Debian),
    ] {
        assert_eq!(family(image), Some(expected), "{image}");
    }
}

#[test]
fn a_distribution_that_the_tag_does_not_tell_is_not_guessed() {
    for image in [
        "python@sha256:0123",
        "python:$TAG",
        "openjdk:17",
        "maven:3-jdk-8",
        "mcr.microsoft.com/dotnet/sdk:3.1",
        "nvidia/cuda:12.4.1-devel",
    ] {
        assert_eq!(family(image), None, "{image}");
    }
}

#[test]
fn images_that_are_unlike_the_others_of_their_name_are_not_known() {
    for image in [
        "golang:1.26-windowsservercore-ltsc2022",
        "mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled",
        "ghcr.io/astral-sh/uv:python3.12-dhi",
        "denoland/deno:bin-2.0.0",
        "oven/bun:1-distroless",
        // Its user had another id then.
        "mambaorg/micromamba:1.4-jammy",
        "mambaorg/micromamba:bookworm-slim",
    ] {
        assert!(of(image).is_none(), "{image}");
    }
}

#[test]
fn users_accounts_and_variables() {
    let user = |image: &str| of(image).map(|image| (image.base.user.name, image.base.user.uid));
    assert_eq!(user("python:3.12"), Some(("root", 0)));
    assert_eq!(user("registry.access.redhat.com/ubi9/python-312:1"), Some(("default", 1001)));
    assert_eq!(user("registry.access.redhat.com/ubi9/ubi:9.4"), Some(("root", 0)));
    assert_eq!(user("mambaorg/micromamba:1.5.8"), Some(("mambauser", 57439)));
    assert_eq!(user("quay.io/jupyter/scipy-notebook:2025-03-14"), Some(("jovyan", 1000)));
    assert_eq!(user("cimg/python:3.12"), Some(("circleci", 1001)));

    let account = |image: &str| of(image).and_then(|image| image.base.accounts.first().map(|it| (it.name, it.uid)));
    assert_eq!(account("node:22"), Some(("node", 1000)));
    assert_eq!(account("ubuntu:24.04"), Some(("ubuntu", 1000)));
    assert_eq!(account("ubuntu:22.04"), None);
    assert_eq!(account("gradle:8-jdk21-ubi9"), Some(("gradle", 101)));
    assert_eq!(account("gradle:8-jdk21"), Some(("gradle", 1000)));
    assert_eq!(account("mcr.microsoft.com/dotnet/sdk:6.0"), None);
    assert_eq!(account("postgres:16-alpine"), Some(("postgres", 70)));

    let variable = |image: &str| of(image).and_then(|image| image.base.variables.last().copied());
    assert_eq!(variable("rust:1"), Some(("CARGO_HOME", "/usr/local/cargo")));
    assert_eq!(variable("golang"), Some(("GOPATH", "/go")));
    assert_eq!(variable("composer:2"), Some(("COMPOSER_HOME", "/tmp")));
}

#[test]
fn every_row_has_a_source_and_can_be_reached() {
    for base in all() {
        assert!(matches!(base.known, Known::Read(source) if source.starts_with("https://")), "{:?}", base.names);
        assert!(base.user.home.starts_with('/') && base.accounts.iter().all(|it| it.home.starts_with('/')));
        // One without conditions ends the rows of its name.
        for name in base.names {
            let rows: Vec<&Base> = all().filter(|other| other.names.contains(name)).collect();
            let last = rows.len() - 1;
            assert!(rows[..last].iter().all(|row| !row.only.is_empty()), "{name}");
        }
    }
}
