//! Fixes that move instructions.

use super::*;

/// A Dockerfile after all fixes of what runs steps again.
fn reordered(build: &BuildFacts) -> String {
    let mut build = build.clone();
    for _ in 0..10 {
        let mut found = code_before_dependencies::look(&build);
        found.extend(argument_before_dependencies::look(&build));
        let text = build.dockerfile.as_ref().expect("a Dockerfile").text.clone();
        let Some(fix) = found.into_iter().find_map(|found| found.fix) else { return text };
        let changed = crate::dockerfile::edit::apply(&text, &fix.edits);
        build.dockerfile = crate::dockerfile::model::Dockerfile::parse(&changed).map(std::sync::Arc::new);
    }
    panic!("it does not settle: {build:?}");
}

#[test]
fn code_moves_below_the_install() {
    const PIP: [(&str, &str); 1] = [("requirements.txt", "flask\n")];
    for (files, before, after) in [
        (
            &PIP[..],
            "FROM python:3.12\nWORKDIR /app\n# All of it\nCOPY . .\nRUN pip install -r requirements.txt\nCMD x\n",
            "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n# All of it\nCOPY . .\nCMD x\n",
        ),
        (
            &OF_NODE[..],
            "FROM node:22\nCOPY --chown=node . /app\nRUN npm ci && npm cache clean --force\n",
            "FROM node:22\nCOPY --chown=node package.json package-lock.json /app/\nRUN npm ci && npm cache clean --force\n\
             COPY --chown=node . /app\n",
        ),
        (
            &OF_WEB[..],
            "FROM node:22\nCOPY . ./\nRUN cd web && npm ci",
            "FROM node:22\nCOPY web/package.json web/package-lock.json ./web/\nRUN cd web && npm ci\nCOPY . ./",
        ),
        (
            &PIP[..],
            "FROM python:3.12\nCOPY . .\nRUN apt-get update && apt-get install -y curl\nRUN pip install -r requirements.txt\n",
            "FROM python:3.12\nRUN apt-get update && apt-get install -y curl\nCOPY requirements.txt .\n\
             RUN pip install -r requirements.txt\nCOPY . .\n",
        ),
    ] {
        assert_eq!(reordered(&with_files(before, files)), after);
    }
    for left in [
        "FROM python:3.12\nCOPY . .\nENV A=1\nRUN pip install -r requirements.txt\n",
        "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt && ./build\n",
        "FROM python:3.12\nCOPY . .\nRUN pip install -r other.txt\n",
        "FROM python:3.12\nCOPY [\".\", \"/a b\"]\nRUN pip install -r requirements.txt\n",
        "FROM python:3.12 AS a\nCOPY . .\nFROM a\nRUN pip install -r requirements.txt\n",
    ] {
        assert_eq!(reordered(&with_files(left, &PIP)), left);
    }
}

#[test]
fn an_argument_moves_below_the_install() {
    let of = |text: &str| {
        let mut build = build(text);
        build.variable_args = vec!["V".to_owned()];
        reordered(&build)
    };
    let text = "FROM python:3.12\nARG V\nRUN pip install a\nRUN pip install b\nRUN echo $V\n";
    assert_eq!(of(text), "FROM python:3.12\nRUN pip install a\nRUN pip install b\nARG V\nRUN echo $V\n");
    for left in [
        "FROM python:3.12\nARG V\nRUN ./configure\nRUN pip install b\n",
        "FROM a AS b\nARG V\nFROM b\nRUN pip install b\n",
    ] {
        assert_eq!(of(left), left);
    }
}
