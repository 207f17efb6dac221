//! The rules of cache mounts, on small Dockerfiles.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::edit::{Edit, apply};
use crate::lint::build::Build;
use crate::lint::fix::Safety;
use crate::lint::rule::{Found, Look};
use crate::lint::rules;

const RULES: [&str; 4] =
    ["missing-cache-mount", "defeated-cache-mount", "misplaced-cache-mount", "unsafe-cache-sharing"];

fn found(text: &str) -> Vec<Found> {
    let facts = BuildFacts::of_api(text);
    assert!(facts.dockerfile.is_ok(), "{text}: {:?}", facts.dockerfile);
    let build = Build::of(&facts);
    let rules = rules::ALL.iter().filter(|rule| RULES.contains(&rule.name));
    rules.flat_map(|rule| if let Look::Build(look) = rule.look { look(&build) } else { Vec::new() }).collect()
}

/// A line a finding: its line, severity, rule, and whether it has a fix.
fn shown(text: &str) -> Vec<String> {
    let of = |found: Found| {
        let line = text[..found.finding.span().start].matches('\n').count() + 1;
        let fix = found.fix.map_or("", |fix| if fix.safety == Safety::Safe { " safe" } else { " unsafe" });
        format!("{line} {} {}{fix}", found.finding.severity.name(), found.finding.rule)
    };
    found(text).into_iter().map(of).collect()
}

/// The text after all safe fixes, or all of them.
fn fixed(text: &str, with_unsafe: bool) -> String {
    let mut text = text.to_owned();
    for _ in 0..20 {
        let fixes = found(&text).into_iter().filter_map(|found| found.fix);
        let mut edits: Vec<Edit> = Vec::new();
        for fix in fixes.filter(|fix| with_unsafe || fix.safety == Safety::Safe) {
            let is_free = |edit: &Edit| {
                edits.iter().all(|other| edit.span.end < other.span.start || other.span.end < edit.span.start)
            };
            if fix.edits.iter().all(is_free) {
                edits.extend(fix.edits);
            }
        }
        if edits.is_empty() {
            return text;
        }
        edits.sort_by_key(|edit| edit.span.start);
        text = apply(&text, &edits);
    }
    panic!("it does not settle: {text}");
}

#[test]
fn examples_become_what_they_say() {
    for rule in rules::ALL.iter().filter(|rule| RULES.contains(&rule.name)) {
        for example in rule.examples {
            assert_eq!(fixed(example.bad, true), example.good, "{}", rule.name);
            assert_eq!(shown(example.good), [""; 0], "{}", example.good);
        }
    }
}

/// What is found in each of these, a line a finding.
#[track_caller]
fn check(rows: &[(&str, &[&str])]) {
    for (text, expected) in rows {
        assert_eq!(shown(text), *expected, "{text}");
    }
}

#[test]
fn an_install_in_any_form_is_missing_its_mount() {
    for command in [
        "pip install x",
        "pip3 install --upgrade pip",
        "python -m pip wheel -w /wheels -r r.txt",
        "pipx install ruff",
        "poetry install --no-root",
        "cargo chef cook --release",
        "cargo install ripgrep",
        "cargo fetch",
        "go install example.org/x@latest",
        "mvn -B package",
        "yarn",
        "yarn global add serve",
        "npm install -g x",
        "if true; then npm ci; fi",
        "cd web && npm ci || true",
        "sh -c 'npm ci'",
    ] {
        let base = if command.starts_with("cargo") { "rust:1" } else { "golang:1" };
        let text = format!("FROM {base} AS build\nRUN {command}\nFROM scratch\nCOPY --from=build /x /x\n");
        assert_eq!(shown(&text).len(), 1, "{command}: {:?}", shown(&text));
    }
}

#[test]
fn what_downloads_nothing_needs_no_mount() {
    for command in [
        "pip install --no-index --find-links=/wheels x",
        "pip install /wheels/*",
        "pip install dist/app-1-py3-none-any.whl",
        "npm run build",
        "yarn build",
        "cargo build --offline",
        "cargo fmt",
        "go build -mod=vendor ./...",
        "dotnet publish --no-restore",
        "apt-get update",
        "apt-get purge -y x",
        "mvn -o package",
        "pip freeze",
        "echo pip install x",
    ] {
        assert_eq!(shown(&format!("FROM python:3.12\nRUN {command}\n")), [""; 0], "{command}");
    }
}

#[test]
fn a_cache_that_was_moved_is_covered_where_it_is() {
    check(&[
        ("FROM node:22\nRUN --mount=type=cache,target=/c npm_config_cache=/c npm ci\n", &[]),
        ("FROM node:22\nENV YARN_CACHE_FOLDER=/y\nRUN --mount=type=cache,target=/y,sharing=locked yarn\n", &[]),
        ("FROM node:22\nRUN npm config set cache /c\nRUN --mount=type=cache,target=/c npm ci\n", &[]),
        ("FROM node:22\nRUN --mount=type=cache,target=/s pnpm install --store-dir=/s\n", &[]),
        (
            "FROM golang:1 AS a\nENV GOCACHE=/b\nRUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/b go build\n",
            &[],
        ),
        ("FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache pip install x\n", &[]),
        ("FROM python:3.12\nENV HOME=/h\nRUN --mount=type=cache,target=/h/.cache/pip pip install x\n", &[]),
        ("FROM python:3.12\nARG C=/c\nENV PIP_CACHE_DIR=$C\nRUN --mount=type=cache,target=$C pip install x\n", &[]),
        ("FROM python:3.12\nARG C\nRUN --mount=type=cache,target=$C pip install x\n", &[]),
        (
            "FROM python:3.12 AS a\nENV PIP_CACHE_DIR=/c\nFROM a AS b\nFROM b\nRUN --mount=type=cache,target=/c pip install x\n",
            &[],
        ),
        ("FROM rust:1 AS a\nRUN --mount=type=cache,target=/usr/local/cargo/registry cargo build\n", &[]),
        (
            "FROM golang:1 AS a\nRUN --mount=type=cache,target=/go/pkg/mod/cache --mount=type=cache,target=/go-build go build\n",
            &["2 warning misplaced-cache-mount safe"],
        ),
    ]);
}

#[test]
fn users_have_their_own_folder() {
    check(&[
        (
            "FROM python:3.12\nRUN useradd -m -u 1001 app\nUSER app\nRUN pip install x\n",
            &["4 warning missing-cache-mount safe"],
        ),
        ("FROM python:3.12\nUSER app\nRUN pip install x\n", &["3 advice missing-cache-mount"]),
        (
            "FROM python:3.12\nUSER 1000\nRUN --mount=type=cache,target=/root/.cache/pip pip install x\n",
            &["3 warning misplaced-cache-mount safe"],
        ),
        ("FROM unknown/python\nRUN pip install x\n", &["2 advice missing-cache-mount unsafe"]),
        (
            "FROM unknown/python\nRUN apt-get install -y x\nRUN pip install x\n",
            &["2 warning missing-cache-mount safe", "3 warning missing-cache-mount safe"],
        ),
        (
            "FROM node:22\nUSER node\nRUN --mount=type=cache,target=/home/node/.npm npm ci\n",
            &["3 warning misplaced-cache-mount safe"],
        ),
        ("FROM node:22\nUSER node\nRUN --mount=type=cache,target=/home/node/.npm,uid=1000 npm ci\n", &[]),
        (
            "FROM node:22\nUSER node\nRUN --mount=type=cache,target=/home/node/.npm,mode=0777 npm ci\n",
            &["3 warning misplaced-cache-mount safe"],
        ),
        (
            "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip,uid=1000,gid=1000 pip install x\n",
            &["2 warning misplaced-cache-mount safe"],
        ),
        ("FROM node:22\nRUN --mount=type=cache,target=/root/.npm,uid=1000,gid=1000 npm ci\n", &[]),
    ]);
    let text = "FROM python:3.12\nRUN useradd -m -u 1001 app\nUSER app\nRUN pip install x\n";
    let good = "target=/home/app/.cache/pip,uid=1001 \\\n    pip install x\n";
    assert!(fixed(text, false).ends_with(good), "{}", fixed(text, false));
}

#[test]
fn what_defeats_a_mount_is_found_and_taken_away() {
    const PIP: &str = "--mount=type=cache,target=/root/.cache/pip";
    for (before, behind) in [
        ("pip install --no-cache-dir x", "pip install x"),
        ("pip --no-cache-dir install x", "pip install x"),
        ("PIP_NO_CACHE_DIR=1 pip install x", "pip install x"),
        ("export PIP_NO_CACHE_DIR=off && pip install x", "pip install x"),
        ("pip install x && pip cache purge", "pip install x"),
        ("pip install x && rm -rf /root/.cache", "pip install x"),
        ("pip install x && rm -rf ~/.cache/pip/* /tmp/x", "pip install x && rm -rf /tmp/x"),
        ("pip install x; rm -rf /root/.cache/pip; echo", "pip install x; echo"),
        ("set -e; if true; then pip install x; rm -r /root/.cache; fi", "set -e; if true; then pip install x; fi"),
    ] {
        let text = |command: &str| format!("FROM python:3.12\nRUN {PIP} {command}\n");
        assert_eq!(shown(&text(before)), ["2 warning defeated-cache-mount safe"], "{before}");
        assert_eq!(fixed(&text(before), false), text(behind), "{before}");
    }
    let apt = "FROM debian:12\nRUN apt-get install -y x && rm -rf /var/cache/apt/lists/* && rm -f /var/cache/apt/archives/*.deb\n";
    assert!(fixed(apt, false).ends_with(" && rm -rf /var/cache/apt/lists/*\n"), "{}", fixed(apt, false));
    // Taken away, these would change what runs, or whether.
    for left in ["pip install x && rm -rf /root/.cache || true", "pip install x | rm -rf /root/.cache"] {
        let text = format!("FROM python:3.12\nRUN {PIP} {left}\n");
        assert_eq!(fixed(&text, true), text);
    }
    check(&[
        (
            "FROM python:3.12\nENV PIP_NO_CACHE_DIR=\nRUN --mount=type=cache,target=/root/.cache/pip pip install x\n",
            &[],
        ),
        (
            "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip pip install x\nRUN rm -rf /root/.cache\n",
            &[],
        ),
        (
            "FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\nRUN --mount=type=cache,target=/c pip install --cache-dir /c x\n",
            &[],
        ),
        ("FROM python:3.12\nENV UV_NO_CACHE=0\nRUN --mount=type=cache,target=/root/.cache/uv uv sync\n", &[]),
    ]);
}

#[test]
fn a_variable_goes_from_where_it_is_set() {
    const RUN: &str = "RUN --mount=type=cache,target=/root/.cache/pip pip install x\n";
    for (before, behind) in [
        ("ENV PIP_NO_CACHE_DIR=1\n", ""),
        ("ENV PIP_NO_CACHE_DIR 1\n", ""),
        ("ENV A=1 PIP_NO_CACHE_DIR=1 B=2\n", "ENV A=1 B=2\n"),
        ("ENV A=1 \\\n    # why\n    PIP_NO_CACHE_DIR=1\n", "ENV A=1\n    # why\n"),
        ("ENV PIP_NO_CACHE_DIR=1 \\\n    A=1\n", "ENV \\\n    A=1\n"),
        ("ARG PIP_NO_CACHE_DIR=1\n", ""),
        ("ENV PIP_NO_CACHE_DIR=1\nENV PIP_NO_CACHE_DIR=on A=1\nENV PIP_NO_CACHE_DIR=1\n", "ENV A=1\n"),
        ("ENV PIP_NO_CACHE_DIR=\nENV PIP_NO_CACHE_DIR=on\n", "ENV PIP_NO_CACHE_DIR=\n"),
    ] {
        let text = |set: &str| format!("FROM python:3.12\n{set}{RUN}");
        assert_eq!(fixed(&text(before), false), text(behind), "{before}");
    }
}

#[test]
fn steps_of_the_system() {
    const APT: &str = "--mount=type=cache,target=/var/cache/apt,sharing=locked";
    check(&[
        (&format!("FROM debian:12\nRUN rm -f /etc/apt/apt.conf.d/docker-clean\nRUN {APT} apt-get install -y x\n"), &[]),
        (&format!("FROM debian:12\nRUN {APT} rm -f /etc/apt/apt.conf.d/docker-clean; apt-get install -y x\n"), &[]),
        (&format!("FROM debian:12\nRUN {APT} apt-get install -y x\n"), &["2 warning defeated-cache-mount safe"]),
        (&format!("FROM mine\nRUN {APT} apt-get install -y x\n"), &["2 advice defeated-cache-mount safe"]),
        (
            &format!("FROM debian:12\nRUN {APT} rm -f /etc/apt/apt.conf.d/docker-clean; apt install -y x\n"),
            &["2 warning defeated-cache-mount safe"],
        ),
        ("FROM alpine\nRUN apk add --no-cache x\n", &["2 warning missing-cache-mount safe"]),
        ("FROM alpine\nRUN --mount=type=cache,target=/etc/apk/cache apk add x\n", &[]),
        ("FROM alpine\nRUN --mount=type=cache,target=/var/cache/apk apk add x\n", &["2 warning defeated-cache-mount"]),
        (
            "FROM alpine\nRUN --mount=type=cache,target=/var/cache/apk ln -s /var/cache/apk /etc/apk/cache && apk add x\n",
            &[],
        ),
        (
            "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt --mount=type=cache,target=/var/lib/apt \
             rm -f /etc/apt/apt.conf.d/docker-clean; apt-get install -y x\n",
            &["2 warning unsafe-cache-sharing safe", "2 warning unsafe-cache-sharing safe"],
        ),
        (
            "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=private rm -f /etc/apt/apt.conf.d/docker-clean; apt-get install -y x\n",
            &[],
        ),
    ]);
}

#[test]
fn downloads_that_are_read_in_place_are_thought_of() {
    check(&[
        // The image may need the modules.
        ("FROM golang:1\nCOPY go.mod .\nRUN go mod download\n", &["3 warning missing-cache-mount unsafe"]),
        (
            "FROM golang:1 AS b\nRUN go mod download\nRUN make\nFROM scratch\nCOPY --from=b /x /x\n",
            &["2 warning missing-cache-mount unsafe"],
        ),
        (
            "FROM golang:1 AS b\nRUN go mod download\nFROM scratch\nCOPY --from=b /go/pkg/mod /m\n",
            &["2 warning missing-cache-mount unsafe"],
        ),
        // The program alone.
        ("FROM golang:1\nRUN go install example.org/x@latest\n", &["2 warning missing-cache-mount safe"]),
    ]);
    let text = "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nRUN dotnet restore\nRUN dotnet publish --no-restore\n\
                FROM scratch\nCOPY --from=b /x /x\n";
    let mount = "RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \\\n    dotnet";
    assert_eq!(fixed(text, false), text.replace("RUN dotnet", mount));
}
