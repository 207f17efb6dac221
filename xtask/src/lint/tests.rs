mod mounts;
mod order;

use crate::dockerfile::builds::Manifest;
use crate::dockerfile::context::facts::{Taken, Unwanted};
use crate::installers::table;
use crate::lint::rules::*;
use crate::lint::*;

fn build(text: &str) -> BuildFacts {
    BuildFacts::of_api(text)
}

fn findings_of(found: Vec<Found>) -> Vec<Finding> {
    found.into_iter().map(|found| found.finding).collect()
}

/// What is found that runs a step again, with its line.
fn reruns(build: &BuildFacts) -> Vec<(usize, Finding)> {
    let code = |build: &BuildFacts| findings_of(code_before_dependencies::look(build));
    let looks: [fn(&BuildFacts) -> Vec<Finding>; 3] =
        [unpinned_base_image::look, code, |build| findings_of(argument_before_dependencies::look(build))];
    let text = &build.dockerfile.as_ref().unwrap().text;
    let line = |finding: &Finding| {
        text[..finding.span().start].lines().count().max(1) + usize::from(text[..finding.span().start].ends_with('\n'))
    };
    looks.iter().flat_map(|look| look(build)).map(|finding| (line(&finding), finding)).collect()
}

fn rerun_lines(text: &str) -> Vec<String> {
    reruns(&build(text)).into_iter().map(|(line, finding)| format!("{line}: {}", finding.message)).collect()
}

#[test]
fn an_install_behind_the_whole_context_is_told() {
    let seen = rerun_lines("FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n");
    assert_eq!(seen, ["3: `pip install` runs again at every change of the code"]);
    for (command, files) in [
        ("uv pip install -r requirements.txt", "the requirements file alone before line 3, and"),
        ("uv sync", "pyproject.toml and uv.lock alone before line 3 (uv sync --no-install-project), and"),
    ] {
        let findings = reruns(&build(&format!("FROM python:3.12\nCOPY . .\nRUN {command}\n")));
        assert_eq!(findings[0].1.fix.as_deref(), Some(format!("copy {files} the rest after it").as_str()), "{command}");
    }
    let from_base = "FROM python:3.12 AS base\nCOPY . /app\nFROM base\nRUN apt-get update && apt-get -y install curl\n";
    assert_eq!(rerun_lines(from_base).len(), 1);
    assert_eq!(rerun_lines("FROM node:22\nADD ./ /app/\nRUN [\"npm\", \"ci\"]\n").len(), 1);
}

/// A build whose context has these files, each with its text.
fn with_files(text: &str, files: &[(&str, &str)]) -> BuildFacts {
    let manifest = |(path, text): &(&str, &str)| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (besides, open) = (table::besides(name, text), table::open(name, text));
        Manifest { path: (*path).to_owned(), besides, open }
    };
    BuildFacts { manifests: Some(files.iter().map(manifest).collect()), ..build(text) }
}

const OF_NODE: [(&str, &str); 3] = [("package.json", "{}"), ("yarn.lock", ""), ("package-lock.json", "")];
const BOTH: [(&str, &str); 3] = [("package.json", "{}"), ("web/package.json", "{}"), ("main.tf", "")];
const OF_WEB: [(&str, &str); 3] = [("web/package.json", "{}"), ("web/package-lock.json", ""), ("requirements.txt", "")];

#[test]
fn an_install_is_seen_in_any_form() {
    let rest = "alone before line 3, and the rest after it";
    for (run, files, what, fix) in [
        ("yarn", &OF_NODE, "yarn", "copy package.json and yarn.lock "),
        ("yarn --frozen-lockfile", &OF_NODE, "yarn", "copy package.json and yarn.lock "),
        ("corepack enable && yarn", &OF_NODE, "yarn", "copy package.json and yarn.lock "),
        ("(cd web && npm ci)", &OF_WEB, "npm ci", "copy web/package.json and web/package-lock.json "),
        ("npm --prefix web ci", &OF_WEB, "npm ci", "copy web/package.json and web/package-lock.json "),
        ("npm --prefix=./web/ ci", &OF_WEB, "npm ci", "copy web/package.json and web/package-lock.json "),
        ("npm ci", &OF_WEB, "npm ci", "copy web/package.json and web/package-lock.json "),
        ("bash -c \"pip install -r requirements.txt\"", &OF_WEB, "pip install", "copy requirements.txt "),
        ("pip install -r /app/requirements.txt", &OF_WEB, "pip install", "copy requirements.txt "),
        ("pip install -r lists/other.txt", &OF_WEB, "pip install", "copy the requirements file that it reads "),
        ("npm --prefix web ci", &BOTH, "npm ci", "copy web/package.json "),
        ("npm --prefix . ci", &BOTH, "npm ci", "copy package.json "),
        ("npm --prefix $X ci", &BOTH, "npm ci", "copy the package.json and package-lock.json that it reads "),
        ("cd $X && npm ci", &BOTH, "npm ci", "copy the package.json and package-lock.json that it reads "),
    ] {
        let findings = reruns(&with_files(&format!("FROM python:3.12\nCOPY . .\nRUN {run}\n"), files));
        assert_eq!(findings.len(), 1, "{run}");
        assert_eq!(findings[0].1.message, format!("`{what}` runs again at every change of the code"), "{run}");
        assert_eq!(findings[0].1.fix.as_deref(), Some(format!("{fix}{rest}").as_str()), "{run}");
    }
    let fix = |run: &str, files: &[(&str, &str)]| {
        let findings = reruns(&with_files(&format!("FROM python:3.12\nCOPY . .\nRUN {run}\n"), files));
        assert_eq!(findings.len(), 1, "{run}");
        findings[0].1.fix.clone().unwrap_or_default()
    };
    let poetry = [("pyproject.toml", ""), ("poetry.lock", "")];
    assert_eq!(
        fix("poetry sync", &poetry),
        "copy pyproject.toml and poetry.lock alone before line 3 (poetry sync --no-root), and the rest after it"
    );
    // What is not in the context comes from elsewhere.
    for run in ["[ ! -s requirements.txt ] || pip install -r requirements.txt", "npm ci", "go mod download"] {
        assert_eq!(reruns(&with_files(&format!("FROM python:3.12\nCOPY . .\nRUN {run}\n"), &[])), [], "{run}");
    }
    assert_eq!(fix("pipx install ruff", &[]), "move line 3 above line 2");
    assert_eq!(fix("dotnet restore", &[("a/A.csproj", "")]), format!("copy a/A.csproj {rest}"));
    assert_eq!(
        fix("apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*", &[]),
        "move line 3 above line 2"
    );
    assert_eq!(
        fix("npm install -g serve && npx serve --version", &[]),
        "run `npm install` in a step of its own above line 2"
    );
    assert_eq!(fix("apt-get install -y $PACKAGES", &[]), format!("copy what it reads {rest}"));
}

#[test]
fn the_advice_names_all_that_an_installer_reads() {
    for (files, run, named) in [
        (
            &[("package.json", r#"{"workspaces": []}"#)][..],
            "npm ci",
            "package.json and the package.json of each workspace",
        ),
        (
            &[("package.json", r#"{"scripts": {"postinstall": "x"}}"#)],
            "npm ci",
            "package.json and what its install scripts read",
        ),
        (
            &[("requirements.txt", "-r base.txt\nx\n")],
            "pip install -r requirements.txt",
            "requirements.txt and the files that it includes",
        ),
        (
            &[("requirements.txt", "-e .\n")],
            "pip install -r requirements.txt",
            "requirements.txt and the packages that it names by path",
        ),
        (&[("go.mod", "replace a => ../a")], "go mod download", "go.mod and the folders that its `replace` lines name"),
        (&[("Cargo.toml", "")], "cargo fetch", "Cargo.toml and an empty source file for each target"),
    ] {
        let findings = reruns(&with_files(&format!("FROM python:3.12\nCOPY . .\nRUN {run}\n"), files));
        let fix = format!("copy {named} alone before line 3, and the rest after it");
        assert_eq!(findings[0].1.fix.as_deref(), Some(fix.as_str()), "{run}");
    }
    assert_eq!(rerun_lines("FROM golang:1.22\nCOPY . .\nRUN go mod tidy\n"), [""; 0]);
}

#[test]
fn what_stands_between_the_code_and_the_install_is_thought_of() {
    for (between, run, fix) in [
        ("ENV A=1\n", "pip install x", "move line 4 above line 2, with what it needs from the lines in between"),
        ("LABEL a=b\n", "pip install x", "move line 4 above line 2"),
        (
            "WORKDIR /app\n",
            "pip install -r r.txt",
            "copy the requirements file alone before line 4, and the rest after it",
        ),
        (
            "RUN ./configure\n",
            "pip install -r r.txt",
            "copy the requirements file alone and run `pip install` in a step of its own above line 2, with what it needs from the lines in between",
        ),
        (
            "",
            "./configure && pip install -r r.txt",
            "copy the requirements file alone and run `pip install` in a step of its own above line 2",
        ),
        (
            "FROM base\n",
            "pip install -r r.txt",
            "copy the requirements file alone and run `pip install` in a step of its own above line 2 of the stage it is based on",
        ),
    ] {
        let text = format!("FROM python:3.12 AS base\nCOPY . .\n{between}RUN {run}\n");
        assert_eq!(reruns(&build(&text))[0].1.fix.as_deref(), Some(fix), "{text}");
    }
    let mounted = |run: &str| {
        let text = format!("FROM python:3.12\nRUN --mount=type=bind,target=. {run}\n");
        reruns(&build(&text)).remove(0).1.fix.unwrap_or_default()
    };
    assert_eq!(mounted("pip install -r requirements.txt"), "mount only the requirements file into it");
    assert_eq!(mounted("apt-get install -y x"), "run `apt-get install` in a step of its own, without that mount");
}

#[test]
fn an_install_that_only_has_its_requirements_before_it_is_fine() {
    for text in [
        "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN pip install -e .\n",
        "FROM node:22\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n",
        "FROM node:22 AS build\nCOPY . .\nFROM python:3.12\nCOPY --from=build . .\nRUN pip install x\n",
        "FROM python:3.12\nCOPY . .\nRUN echo pip\n",
    ] {
        assert_eq!(rerun_lines(text), [""; 0], "{text}");
    }
}

/// `app`, `src` and `main.py` have code in them.
fn rerun_with_code(text: &str) -> Vec<(String, String)> {
    let mut build = build(text);
    build.code = ["app", "app/", "./src", "src", "main.py", "scripts/"].map(str::to_owned).into();
    reruns(&build).into_iter().map(|(_, finding)| (finding.message, finding.why.unwrap_or_default())).collect()
}

#[test]
fn an_install_behind_a_part_of_the_code_is_told() {
    for (before, what) in [
        ("COPY app/ requirements.txt ./", "`app/` is copied before it (line 2)"),
        ("COPY app ./app\nCOPY requirements.txt .", "`app` is copied before it (line 2)"),
        ("COPY requirements.txt .\nCOPY src ./src", "`src` is copied before it (line 3)"),
        ("COPY requirements.txt main.py ./", "`main.py` is copied before it (line 2)"),
        ("RUN pip install --upgrade pip\nCOPY app .", "`app` is copied before it (line 3)"),
        ("COPY app .\nCOPY . .", "the whole context is copied before it (line 3)"),
    ] {
        let found = rerun_with_code(&format!("FROM python:3.12\n{before}\nRUN pip install -r requirements.txt\n"));
        assert_eq!(found.len(), 1, "{before}: {found:?}");
        assert_eq!(found[0].1, what, "{before}");
    }
    let mounted = "FROM python:3.12\nRUN --mount=type=bind,target=/src pip install -r /src/requirements.txt\n";
    assert_eq!(rerun_with_code(mounted)[0].1, "the whole context is mounted into it");
}

#[test]
fn an_install_that_needs_what_is_copied_is_fine() {
    for text in [
        "FROM python:3.12\nCOPY pyproject.toml .\nCOPY src ./src\nRUN pip install .\n",
        "FROM python:3.12\nCOPY . .\nRUN pip install -e .[dev]\n",
        "FROM debian:12\nCOPY . /app\nRUN cp /app/my.list /etc/apt/sources.list.d/ && apt-get install -y x\n",
        "FROM python:3.12\nCOPY pyproject.toml src ./\nRUN pip install -e '.[dev]'\n",
        "FROM python:3.12\nCOPY scripts/ /scripts/\nRUN /scripts/before.py && pip install -r requirements.txt\n",
        "FROM python:3.12\nCOPY requirements/ requirements/\nRUN pip install -r requirements/dev.txt\n",
        "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY app ./app\nRUN pip install -e .\n",
        "FROM python:3.12\nRUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt\nCOPY app .\n",
        "FROM golang:1.22\nRUN --mount=type=bind,source=go.mod,target=go.mod go mod download -x\nRUN --mount=type=bind,target=. go build .\n",
        "FROM node:22\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY src ./src\n",
    ] {
        assert_eq!(rerun_with_code(text), [], "{text}");
    }
}

#[test]
fn a_base_without_a_version_is_told() {
    assert_eq!(rerun_lines("FROM python\n"), ["1: `python` names no version"]);
    assert_eq!(rerun_lines("FROM python:slim\n"), ["1: `python:slim` names no version"]);
    for base in ["python:3", "python:3-slim"] {
        assert_eq!(
            rerun_lines(&format!("FROM {base}\n")),
            [format!("1: `{base}` is any version of that major release")]
        );
    }
    assert_eq!(rerun_lines("ARG TAG=latest\nFROM host:5000/python:${TAG}\n").len(), 1);
    for text in [
        "FROM scratch\n",
        "FROM python:3.12-slim\n",
        "FROM host:5000/x/python@sha256:0\n",
        "ARG IMAGE\nFROM $IMAGE\n",
        "FROM python:3.12 AS base\nFROM base\n",
        "FROM node:22\n",
        "FROM debian:bookworm\n",
        "ARG TAG=3.12\nFROM python:$TAG\n",
    ] {
        assert_eq!(rerun_lines(text), [""; 0], "{text}");
    }
    let mut given = build("ARG IMAGE=python\nFROM ${IMAGE:-x}\n");
    assert_eq!(reruns(&given).len(), 1);
    given.args.push(("IMAGE".to_owned(), "python:3.12".to_owned()));
    assert_eq!(reruns(&given), []);
}

#[test]
fn a_target_that_is_not_there_is_told() {
    let mut missing = build("FROM x:1 AS dev\nFROM dev AS prod\n");
    missing.target = Some("gone".to_owned());
    let finding = dockerfile::look(&missing).remove(0);
    assert_eq!(finding.message, "`Dockerfile` has no stage `gone`");
    assert_eq!(finding.fix.as_deref(), Some("`target:` in the compose file can be `dev` or `prod`"));
    let mut nameless = build("FROM x:1.2\n");
    nameless.target = Some("dev".to_owned());
    let fix = "no stage has a name: remove `target:`, or name a stage: FROM … AS dev";
    assert_eq!(dockerfile::look(&nameless)[0].fix.as_deref(), Some(fix));
}

fn taken(source: &str, is_mount: bool) -> Taken {
    Taken { source: source.to_owned(), is_mount, dockerfile: "Dockerfile".to_owned(), line: 2 }
}

/// What the rules about ignore files and sizes find.
fn seen(facts: &ContextFacts) -> Option<Finding> {
    let rules = [missing_dockerignore::RULE, leaky_dockerignore::RULE, context::RULE];
    let look = |rule: &crate::lint::rule::Rule| match rule.look {
        Look::Context(look) => look(facts, Os::Linux),
        Look::Build(_) | Look::Comments => Vec::new(),
    };
    rules.iter().flat_map(look).map(|found| found.finding).next()
}

fn facts(source: &str) -> ContextFacts {
    ContextFacts {
        shown: ".".to_owned(),
        ignore_place: ".dockerignore".to_owned(),
        taken: vec![taken(source, false)],
        files: 3,
        bytes: 2_000,
        ..ContextFacts::default()
    }
}

#[test]
fn what_gets_into_the_image_is_told_with_the_line_that_keeps_it_out() {
    let git = Unwanted { line: "**/.git".to_owned(), secret: false, seen: ".git".to_owned() };
    let env = Unwanted { line: "**/.env*".to_owned(), secret: true, seen: ".env".to_owned() };
    let both = ContextFacts { unwanted: vec![git.clone(), env], ..facts(".") };
    let finding = seen(&both).unwrap();
    assert_eq!(finding.message, "`.git` and `.env` of `.` get into the image (3 files, 2.0 kB)");
    assert_eq!(
        finding.why.as_deref(),
        Some(
            "passwords may get into the image, and every change of them runs the steps from `Dockerfile` line 2 on again"
        )
    );
    assert_eq!(finding.fix.as_deref(), Some("add to `.dockerignore`: `**/.git`, `**/.env*`"));
    assert_eq!(finding.rule, "missing-dockerignore");
    let leaky = ContextFacts { ignore_file: Some("x.dockerignore".to_owned()), ..both };
    let finding = seen(&leaky).unwrap();
    assert_eq!(finding.rule, "leaky-dockerignore");
    assert_eq!(finding.fix.as_deref(), Some("add to `x.dockerignore`: `**/.git`, `**/.env*`"));
    let one = ContextFacts { unwanted: vec![git.clone()], files: 1, ..facts(".") };
    assert_eq!(seen(&one).unwrap().message, "`.git` of `.` gets into the image (1 file, 2.0 kB)");
    // A mount of everything sends it, and puts it into no image.
    let mounted = ContextFacts { unwanted: vec![git], taken: vec![taken(".", true)], ..facts(".") };
    assert_eq!(seen(&mounted).unwrap().message, "`.git` of `.` is mounted into a build (3 files, 2.0 kB)");
    assert_eq!(seen(&facts("app")).unwrap().message, "`.`: only what `COPY` names is sent (3 files, 2.0 kB)");
}

#[test]
fn a_large_context_names_its_largest_entries() {
    let largest = vec![("data".to_owned(), 734_000_000), ("app".to_owned(), 1_000)];
    for source in [".", "data"] {
        let large = ContextFacts { bytes: 734_001_000, largest: largest.clone(), ..facts(source) };
        let found = seen(&large).unwrap();
        assert_eq!(
            found.message, "the builds of `.` take 3 files, 734.0 MB: `data` 734.0 MB, `app` 1.0 kB",
            "{source}"
        );
    }
    let git = Unwanted { line: "**/.git".to_owned(), secret: false, seen: ".git".to_owned() };
    let large = ContextFacts { bytes: 734_001_000, largest, unwanted: vec![git], ..facts(".") };
    assert!(seen(&large).unwrap().message.ends_with("(3 files, 734.0 MB)"));
    assert!(context::look(&large).unwrap().message.contains("`data` 734.0 MB"));
}

#[test]
fn a_context_that_was_not_seen_whole_is_not_ok() {
    assert_eq!(seen(&ContextFacts { cut_short: true, ..facts(".") }), None);
}

#[test]
fn all_scripts_with_windows_lines_are_named() {
    let scripts = ["run.sh", "bin/start", "bin/my stop.sh"].map(str::to_owned).to_vec();
    let found = line_endings::look(&ContextFacts { scripts: scripts.clone(), ..facts(".") }, Os::Linux).unwrap();
    assert_eq!(found.message, "`run.sh`, `bin/start` and `bin/my stop.sh` in `.` end their lines with `\\r\\n`");
    let fix = "`*.sh text eol=lf` and `start text eol=lf` in .gitattributes for git, and now: sed -i 's/\\r$//' run.sh bin/start 'bin/my stop.sh'";
    assert_eq!(found.fix.as_deref(), Some(fix));
    let one = ContextFacts { scripts: scripts[..1].to_vec(), shown: "api".to_owned(), ..facts(".") };
    let found = line_endings::look(&one, Os::Mac).unwrap();
    assert!(
        found.message.starts_with("`run.sh` in `api` ends its lines") && found.fix.unwrap().ends_with(" api/run.sh")
    );
    assert_eq!(line_endings::look(&ContextFacts { fixes_line_ends: true, scripts, ..facts(".") }, Os::Linux), None);
}
