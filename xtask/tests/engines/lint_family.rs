//! What `lint` says of a mount is what `verify` sees, over a family of steps.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::Engine;
use crate::index::Index;
use crate::lint::SERVICE;
use crate::verify::{project, verdicts};

checks!(&["28"], lint_and_verify_agree);

/// A step of the family: who runs it, what it sees, and where its mount is.
struct Member {
    before: &'static str,
    variables: &'static str,
    options: &'static str,
    mount: &'static str,
}

impl Member {
    fn all() -> Vec<Member> {
        const USERS: [&str; 3] = [
            "",
            "RUN useradd --create-home --uid 4711 dev\nUSER dev\n",
            "RUN useradd --create-home --uid 4711 dev && mkdir /h && chown dev /h\nENV HOME=/h\nUSER dev\n",
        ];
        const VARIABLES: [&str; 5] = [
            "",
            "ENV PIP_NO_CACHE_DIR=1\n",
            "ENV PIP_NO_CACHE_DIR=\n",
            "ENV PIP_CACHE_DIR=/tmp/c\n",
            "ENV XDG_CACHE_HOME=/x\n",
        ];
        const OPTIONS: [&str; 3] = ["", "--no-cache-dir ", "--cache-dir /tmp/d "];
        const MOUNTS: [&str; 9] = [
            "/root/.cache/pip",
            "/root/.cache",
            "/home/dev/.cache/pip",
            "/home/dev/.cache/pip,uid=4711",
            "/h/.cache/pip,uid=4711,gid=4711",
            "/tmp/c,mode=0777",
            "/tmp/d,uid=4711",
            "/x/pip,mode=0777",
            "/elsewhere",
        ];
        let mut all = Vec::new();
        for before in USERS {
            for variables in VARIABLES {
                for options in OPTIONS {
                    all.extend(MOUNTS.map(|mount| Member { before, variables, options, mount }));
                }
            }
        }
        all
    }

    fn stage(&self, number: usize, index: &Index) -> String {
        let Member { before, variables, options, mount } = self;
        format!(
            "FROM python:3.12-slim AS s{number}\nCOPY requirements.txt /r.txt\n{before}{variables}\
             RUN --mount=type=cache,id=xt-family-{number},target={mount} \
             pip install {options}--target /tmp/t {} -r /r.txt\n",
            index.options()
        )
    }
}

/// A family of steps, all of them in one Dockerfile: what lint calls dead, verify finds dead; what lint has nothing to say
/// about works. It takes every thirteenth; `XTASK_FAMILY=1` to `12` take the others.
fn lint_and_verify_agree(engine: &Engine) {
    let index = Index::start(engine, 1, true);
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let first = std::env::var("XTASK_FAMILY").map_or(0, |first| first.parse().expect("a number below 13"));
    let members: Vec<Member> = Member::all().into_iter().skip(first).step_by(13).collect();
    let mut text: String = members.iter().enumerate().map(|(number, member)| member.stage(number, &index)).collect();
    text.push_str("FROM python:3.12-slim\n");
    for number in 0..members.len() {
        text.push_str(&format!("COPY --from=s{number} /r.txt /{number}\n"));
    }
    text.push_str(SERVICE);
    project.write("Dockerfile", &text);
    let linted = project.run(&["lint", "--output", "json"]);
    let linted: Value =
        serde_json::from_str(&linted.stdout).unwrap_or_else(|error| panic!("{error}: {}", linted.all()));
    // The rules of mounts, by the stage that a finding is in.
    let starts: Vec<usize> = text.match_indices("FROM ").map(|(at, _)| text[..at].matches('\n').count() + 1).collect();
    let mut said: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for finding in linted["findings"].as_array().into_iter().flatten() {
        let rule = finding["rule"].as_str().unwrap_or_default();
        let line = finding["line"].as_u64().unwrap_or_default() as usize;
        if rule.ends_with("cache-mount") && finding["severity"] == "warning" {
            said.entry(starts.partition_point(|start| *start <= line) - 1).or_default().push(rule);
        }
    }
    let verified = project.run(&["verify", "--json"]);
    let mut counts: BTreeMap<(bool, bool), usize> = BTreeMap::new();
    let mut apart = Vec::new();
    for mount in verdicts(&verified) {
        let id = mount["id"].as_str().unwrap_or_default();
        let Some(number) = id.strip_prefix("xt-family-").and_then(|number| number.parse::<usize>().ok()) else {
            continue;
        };
        let (is_called_dead, works) = (said.contains_key(&number), mount["verdict"] == "works");
        *counts.entry((is_called_dead, works)).or_default() += 1;
        if is_called_dead == works {
            apart.push(format!(
                "{}lint: {:?}, verify: {} ({})",
                members[number].stage(number, &index),
                said.get(&number),
                mount["verdict"],
                mount["cause"]
            ));
        }
    }
    eprintln!("FAMILY {} of {}: {counts:?} (called dead, works)", counts.values().sum::<usize>(), members.len());
    assert_eq!(counts.values().sum::<usize>(), members.len(), "{}", verified.all());
    assert!(apart.is_empty(), "{} disagree:\n{}", apart.len(), apart.join("\n"));
    assert!(counts.len() == 2, "both kinds are in it: {counts:?}");
}
