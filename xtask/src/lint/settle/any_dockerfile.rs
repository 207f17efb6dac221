//! Whatever the Dockerfile: its fixes settle, touch only what they edit, and leave nothing for a second run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::Texts;
use crate::dockerfile::model::Dockerfile;
use crate::lint::settle::{Disk, Settled, settle};
use crate::lint::{Judged, judge};
use crate::system::os::Os;
use crate::system::random::Random;

const FILE: &str = "Dockerfile";

/// What all rules find, with a context of which nothing is known.
fn look(text: &str) -> Vec<Judged> {
    let facts = BuildFacts::of_api(text);
    judge(&[BuildFacts { path: Some(PathBuf::from(FILE)), ..facts }], &[], Os::Linux)
}

fn settled(text: &str) -> Settled {
    let of = |texts: &Texts| look(texts.get(Path::new(FILE)).map_or(text, String::as_str));
    let disk = Disk { text: &|_| Ok(Some(text.to_owned())), shown: &|path| path.display().to_string() };
    settle(true, of, &disk)
}

/// Fails if the fixes of a Dockerfile find no end, break it, or are not done after one run.
pub fn assert_it_settles(text: &str) {
    let first = settled(text);
    assert!(first.refused.is_empty(), "{:?}\n{text}", first.refused);
    let Some(new) = first.texts.get(Path::new(FILE)) else { return };
    assert_ne!(new, text);
    assert!(Dockerfile::parse(new).is_ok(), "{text}\nbecame:\n{new}");
    let second = settled(new);
    assert!(second.texts.is_empty(), "{text}\nbecame:\n{new}\nand then:\n{:?}", second.texts);
    assert_ends_stay(text, new);
}

/// The byte order mark, and how lines end.
fn assert_ends_stay(old: &str, new: &str) {
    assert_eq!(old.starts_with('\u{feff}'), new.starts_with('\u{feff}'));
    let has_other_ends = |text: &str| text.replace("\r\n", "").contains('\n');
    if old.contains("\r\n") && !has_other_ends(old) {
        assert!(!has_other_ends(new), "{old:?}\nbecame:\n{new:?}");
    }
    if !old.contains('\r') {
        assert!(!new.contains('\r'), "{old:?}\nbecame:\n{new:?}");
    }
}

/// Dockerfiles of what rules find and of what may stand around it.
fn generated(random: &mut Random) -> String {
    const STARTS: [&str; 5] = ["", "\u{feff}", "# syntax=docker/dockerfile:1\n", "# escape=`\n", "# why\n\nARG A=1\n"];
    const BASES: [&str; 6] = ["python:3.12", "debian:12-slim", "alpine:3.20", "node:22", "x", "ubuntu:24.04 AS a"];
    const PARTS: [&str; 27] = [
        "# xtask: allow line-endings they are fine\n",
        "  #xtask:allow unpinned-base-image\n",
        "RUN pip install flask\n",
        "RUN pip install --no-cache-dir -r requirements.txt && \\\n  # xtask: allow context why\n    rm -rf /root/.cache\n",
        "RUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir x\n",
        "RUN --mount=type=cache,target=/x \\\n  pip install x\n",
        "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
        "RUN --mount=type=cache,target=/var/cache/apt apt-get update && \\\n\tapt-get install -y git \\\n\t&& apt-get clean\n",
        "RUN apk add --no-cache git\n",
        "RUN apk add git \\\n      curl\n",
        "RUN [\"npm\", \"ci\"]\n",
        "RUN npm ci && npm cache clean --force\n",
        "RUN <<EOF\nset -e\nnpm ci\n# xtask: allow no comment\nEOF\n",
        "RUN <<-EOF bash -e\n\tpip install x\n\tEOF\n",
        "run  cargo build --release  \n",
        "RUN go mod download; go build ./... \n",
        "RUN pip install \u{e9} \\\n\\\n  more \\  \n # end\n end\n",
        "COPY . .\n",
        "COPY requirements.txt ./\n",
        "COPY <<EOF /x\nRUN pip install x\nEOF\n",
        "ENV PIP_NO_CACHE_DIR=1 A=\"b c\"\n",
        "ENV NPM_CONFIG_CACHE=/c\n",
        "ARG UV_NO_CACHE=1\n",
        "USER 1000:1000\n",
        "WORKDIR /app\nRUN uv sync\n",
        "SHELL [\"/bin/bash\", \"-c\"]\n",
        "FROM a AS b\n",
    ];
    let mut text = format!("{}FROM {}\n", random.of(&STARTS), random.of(&BASES));
    for _ in 0..random.below(10) {
        text.push_str(random.of(&PARTS));
    }
    if text.starts_with("# escape") {
        text = text.replace('\\', "`");
    }
    match random.below(3) {
        0 => text.replace('\n', "\r\n"),
        1 => text.trim_end().to_owned(),
        _ => text,
    }
}

#[test]
fn the_fixes_of_any_dockerfile_settle() {
    for seed in 0..2000 {
        assert_it_settles(&generated(&mut Random::new(seed)));
    }
}

/// What is not in an edit of a round is in the text after it, byte by byte.
#[test]
fn a_round_changes_nothing_but_its_edits() {
    for seed in 0..500 {
        let text = generated(&mut Random::new(seed));
        let found = look(&text);
        let fixes: Vec<_> = found.iter().filter_map(|found| found.fix.as_ref()).collect();
        for fix in &fixes {
            let (new, count) = super::applied(&text, &[fix]);
            if count == 0 {
                assert_eq!(new, text);
                continue;
            }
            let mut rest = new.as_str();
            let mut from = 0;
            for edit in &fix.edits {
                let kept = &text[from..edit.span.start];
                assert!(rest.starts_with(kept), "{text:?} {fix:?}");
                rest = &rest[kept.len()..];
                let is_crlf = text.split('\n').next().is_some_and(|line| line.ends_with('\r'));
                let written =
                    if is_crlf { edit.text.replace("\r\n", "\n").replace('\n', "\r\n") } else { edit.text.clone() };
                assert!(rest.starts_with(&written), "{text:?} {fix:?}");
                rest = &rest[written.len()..];
                from = edit.span.end;
            }
            assert_eq!(rest, &text[from..]);
        }
    }
}

/// Two targets of one file have one text.
#[test]
fn builds_of_one_file_are_fixed_once() {
    let text = "FROM python:3.12 AS a\nRUN pip install x\nFROM a AS b\nRUN pip install y\n";
    let of = |target: Option<&str>, text: &str| BuildFacts {
        path: Some(PathBuf::from(FILE)),
        target: target.map(str::to_owned),
        dockerfile: Dockerfile::parse(text).map(Arc::new),
        ..BuildFacts::of_api("FROM x\n")
    };
    let look = |texts: &Texts| {
        let text = texts.get(Path::new(FILE)).map_or(text, String::as_str);
        judge(&[of(Some("a"), text), of(None, text)], &[], Os::Linux)
    };
    let disk = Disk { text: &|_| Ok(Some(text.to_owned())), shown: &|path| path.display().to_string() };
    let settled = settle(false, look, &disk);
    assert_eq!(settled.fixed, 2);
    assert_eq!(settled.texts[Path::new(FILE)].matches("--mount=type=cache").count(), 2);
}
