//! The readers, each with texts as they are in the world, and what holds for any text.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::buildkit::daemon_json;
use crate::compose::redact::Secrets;
use crate::compose::services::{Port, Services};
use crate::compose::{env_file, files as compose_files, line::Line, said, yaml};
use crate::docker::facts::Record;
use crate::docker::output::{self, cache, engine, progress::Progress};
use crate::docker::version::Version;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::dockerignore::{self, Ignore};
use crate::dockerfile::{edit, model::Dockerfile};
use crate::fresh::kept_values::Fresh;
use crate::fuzz::{check, init, redaction, tasks};
use crate::installers::mounts::{self, Mount};
use crate::installers::table;
use crate::lint;
use crate::system::environment::Environment;
use crate::system::files::Scratch;
use crate::system::os::Os;
use crate::tasks::config::step_line;
use crate::ui::secret;
use crate::verify::questions::Questions;
use crate::verify::{index, look};

/// A reader of text that others wrote.
pub struct Reader {
    pub name: &'static str,
    /// What such texts look like.
    pub texts: &'static [&'static str],
    /// Reads a text, asserts what has to hold, and says whether the text is what it should be.
    pub read: fn(&str) -> bool,
}

pub const ALL: &[Reader] = &[
    Reader { name: "tasks.toml", texts: tasks::TEXTS, read: tasks::read },
    Reader { name: "step", texts: STEPS, read: a_step },
    Reader { name: "compose", texts: COMPOSE, read: compose },
    Reader { name: "compose config", texts: CONFIG, read: compose_config },
    Reader { name: "compose line", texts: LINES, read: compose_line },
    Reader { name: "compose said", texts: SAID, read: compose_said },
    Reader { name: ".env", texts: ENV, read: env },
    Reader { name: "Dockerfile", texts: DOCKERFILES, read: dockerfile },
    Reader { name: ".dockerignore", texts: IGNORE, read: ignore },
    Reader { name: "daemon.json", texts: DAEMON, read: daemon },
    Reader { name: "script", texts: check::SCRIPTS, read: check::script },
    Reader { name: "make -n", texts: check::MAKE, read: check::make },
    Reader { name: "progress", texts: PROGRESS, read: progress },
    Reader { name: "records", texts: RECORDS, read: records },
    Reader { name: "docker", texts: DOCKER, read: docker },
    Reader { name: "installers", texts: INSTALLERS, read: installers },
    Reader { name: "manifests", texts: MANIFESTS, read: manifests },
    Reader { name: "verify", texts: VERIFY, read: verify },
    Reader { name: "state", texts: STATE, read: state },
    Reader { name: "secrets", texts: SECRETS, read: secrets },
    Reader { name: "Makefile", texts: init::MAKEFILES, read: init::makefile },
    Reader { name: "justfile", texts: init::JUSTFILES, read: init::justfile },
    Reader { name: "script", texts: init::SCRIPTS, read: init::script },
    Reader { name: "redaction", texts: redaction::TEXTS, read: redaction::read },
];

const STEPS: &[&str] = &[
    "compose up {detached} {args}",
    "cargo fmt --check",
    "docker ps --format '{{.Names}}' \"a b\" c\\ d",
    "sh -c 'a | b && $c > d'",
    "task build {no-cache} -- --x=1",
];

fn a_step(text: &str) -> bool {
    match step_line::split(text) {
        Ok(_) => true,
        Err(found) => {
            assert!(found.iter().all(|finding| text.get(finding.span()).is_some()), "{found:?}");
            false
        }
    }
}

const COMPOSE: &[&str] = &[
    "name: demo\nx-build: &build { context: ., args: { A: \"${A:-b}\" } }\nservices:\n  api:\n    build:\n      <<: *build\n\
     \x20     target: dev\n      additional_contexts: [base=service:db]\n    ports: [\"8000:80\", \"127.0.0.1::9/udp\", \"1-3:4-6\"]\n\
     \x20   env_file: [{ path: .env, required: false }]\n    environment: [A=1, B]\n  db:\n    image: postgres:${TAG-16}\n\
     \x20   healthcheck: { test: [CMD, \"true\"] }\n",
    "services:\n  web:\n    extends: { file: base.yaml, service: base }\n    build: ${X:?needed}\n    secrets: [s]\n\
     secrets:\n  s: { file: ./s.txt }\n",
    "include: [base.yaml]\nservices:\n  a: !override { image: a, volumes: !reset [] }\n",
    "version: '3'\nservices:\n  w:\n    build:\n      dockerfile_inline: |\n        FROM a\n        RUN b\n---\nservices: {}\n",
];

/// On disk, as compose finds them: `extends` and `include` read other files.
fn compose(text: &str) -> bool {
    let bounded = yaml::documents(text).is_ok_and(|documents| !documents.is_empty());
    // Neither a process's number nor a thread's is new for ever, and a run that was killed leaves its folder.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_nanos();
    let folder = Scratch::new(&format!("xtask-fuzz-{}-{:?}-{now}", std::process::id(), std::thread::current().id()));
    let folder = folder.expect("a folder");
    folder.write("base.yaml", b"services:\n  base: { image: b, build: { context: b } }\n").expect("a file");
    folder.write(".env", b"TAG=17\nX=$TAG\n").expect("a file");
    let file = folder.write("compose.yaml", text.as_bytes()).expect("a file");
    let read = compose_files::read(&[file], &folder.path, &Environment::read("none"));
    let _ = read.as_ref().map_err(ToString::to_string);
    bounded && read.is_ok()
}

const CONFIG: &[&str] = &[
    r#"{"name":"odd","services":{"api":{"build":{"context":"/p","dockerfile":"Dockerfile","args":{"A":"one"},"target":"dev"},"ports":[{"mode":"ingress","host_ip":"::1","target":80,"published":"8000","protocol":"tcp"}]},"db":{"image":"x"}}}"#,
    "services:\n  api:\n    build:\n      args:\n        A: one\n      context: /p\n    ports:\n    - 127.0.0.1:9000:9000/udp\n    - target: 5000\nversion: '3.8'\n",
    r#"{"services":{"api":{"ports":["1-65535:1-65535"],"build":null,"profiles":["a"],"environment":{"A":null}}}}"#,
];

fn compose_config(text: &str) -> bool {
    let both = [Services::from_json(text), Services::from_yaml(text).ok()];
    for services in both.iter().flatten() {
        let ports: Vec<&Port> = services.services.iter().flat_map(|service| &service.ports).collect();
        for port in ports.iter().take(20) {
            let _ = (port.each().take(3).count(), port.overlaps(ports[0]));
        }
    }
    both.iter().any(Option::is_some)
}

const LINES: &[&str] = &[
    "-f a.yaml --profile=x up -d --build api db",
    "--context far run --rm -p 80:80 --service-ports web sh -c ls",
    "build --no-cache --build-arg A=b",
    "-p",
];

fn compose_line(text: &str) -> bool {
    let line = Line::parse(text.split(' ').map(Into::into).collect());
    let _ = (line.needs_engine(), line.may_build(), line.needs_files(false), line.is_build_without_cache());
    let _ = (line.built_services(), line.is_attached_up(), line.detached_services());
    let _ = Port::short(text);
    line.command.is_some()
}

const SAID: &[&str] = &[
    "time=\"2026-01-01T00:00:00Z\" level=warning msg=\"The \\\"FOO\\\" variable is not set. Defaulting to a blank string.\"\n\
     services.api Additional property x is not allowed\n",
    "WARNING: The BAR variable is not set. Defaulting to a blank string.\nThe Compose file './compose.yaml' is invalid because:\nservices.x: no\n",
];

fn compose_said(text: &str) -> bool {
    let names = said::unset_variables(text);
    let sentence = said::last_sentence(text).unwrap_or_default();
    assert!(!sentence.contains('\n') && !sentence.contains("level=warning"));
    let hide = Secrets::of_variables([("DB_PASSWORD".to_owned(), "hunter2hunter".to_owned())]);
    let shown = hide.redact(&format!("{text} hunter2hunter {text}"));
    assert!(!shown.contains(" hunter2hunter "), "{shown}");
    names.len() == 1
}

const ENV: &[&str] = &[
    "A=a\nexport B='b $A'\nCTX: \"c\\t${X:-x}\" # why\nOPEN\nD=d#d #d\nE='over\nlines'\nF=$$x\\$y\n",
    "\u{feff}A = \"${B:?no}\"\r\n",
    "A=x\nA=${A}${A}\nA=${A}${A}\nA=${A}${A}\n",
];

fn env(text: &str) -> bool {
    let own = |name: &str| (name == "HOST").then(|| "h".to_owned());
    let read = env_file::read(text, own, BTreeMap::new());
    match &read {
        Ok(set) => {
            let names = env_file::names(text);
            assert!(names.iter().all(|name| set.contains_key(name)), "{names:?} {set:?}");
        }
        Err(mistake) => {
            let line = mistake.line.expect("a line");
            assert!(line >= 1 && line <= text.split('\n').count() && !mistake.why.is_empty(), "{mistake:?}");
        }
    }
    read.is_ok()
}

const DOCKERFILES: &[&str] = &[
    "# syntax=docker/dockerfile:1\nARG V=3.12\nFROM python:${V}-slim AS base\nENV PIP_NO_CACHE_DIR=1 A=\"b c\"\nWORKDIR /app\n\
     COPY requirements.txt .\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    # why\n    pip install -r requirements.txt && \\\n\
     \x20   rm -rf /x\nCOPY . .\nRUN <<EOF\nset -e\nnpm ci\nEOF\nFROM base\nCOPY --from=base [\"/a b\", \"/c\"]\nCMD [\"x\"]\n",
    "FROM node:22\nSHELL [\"/bin/bash\", \"-c\"]\nCOPY . .\nARG DATE\nRUN npm install && yarn && [ -f x ] || echo $DATE\nONBUILD RUN x\n",
    "# escape=`\r\nFROM a\r\nRUN one `\r\n  two\r\n",
    "FROM a\nCOPY <<-A <<'B' /x\n\tone\n\tA\ntwo\nB\nRUN --mount=type=bind,from=x,target=/y,ro --network=none [\"pip\", \"install\", \"x\"]\n",
];

fn dockerfile(text: &str) -> bool {
    let build = BuildFacts::of_api(text);
    let findings = lint::judge(std::slice::from_ref(&build), &[], Os::Linux);
    let _ = (lint::refused(&build), build.needs_buildkit());
    let Ok(file) = &build.dockerfile else { return false };
    for found in &findings {
        assert!(file.text.get(found.finding.span()).is_some(), "{found:?}");
    }
    lint::settle::any_dockerfile::assert_it_settles(text);
    for (_, run) in file.runs() {
        let _ = Questions::of(run).words("mark");
    }
    let without = edit::apply(&file.text, &file.without_cache_mounts());
    let with_words = edit::apply(&file.text, &file.with_words(|_, _| Some(":;".to_owned())));
    let count = |text: &str| Dockerfile::parse(text).map(|file| file.runs().count());
    for changed in [&without, &with_words] {
        assert_eq!(count(changed), Ok(file.runs().count()), "{changed:?}");
    }
    file.runs().count() > 0
}

const IGNORE: &[&str] = &[
    "# why\n.git\n**/__pycache__\n!keep\n*.py[cod]\n/a/b?\n  x  \n",
    "*\n!src/**\nsrc/**/[!a-z]\n\\#x\n",
    "a/**/b/**/c*d*e*f\n",
];

fn ignore(text: &str) -> bool {
    let ignore = Ignore::parse(text);
    for path in ["a", "a/b", ".git", "src/x/y.py", "a/a/a/b/b/b/c/c/d/d/e/e/f", "\u{e9}"] {
        let (_, matched) = ignore.look(path, &ignore.root());
        let _ = (ignore.look(&format!("{path}/x"), &matched), ignore.takes_in(path));
    }
    dockerignore::bad_pattern(text).is_none()
}

const DAEMON: &[&str] = &[
    "{\n  \"log-driver\": \"json-file\",\n  \"features\": {\"buildkit\": false, \"x\": true}\n}\n",
    "{\"features\": {\"buildkit\": true}}",
    "\u{feff}{}",
    "{\"features\": null, \"a\": [1, {\"b\": \"\\\"}\"}]}",
];

fn daemon(text: &str) -> bool {
    match daemon_json::enable(text) {
        Ok(changed) => {
            assert_eq!(daemon_json::buildkit(&changed), Ok(Some(true)), "{changed}");
            let without = daemon_json::disable(&changed).expect("what was enabled can be disabled");
            assert_eq!(daemon_json::buildkit(&without), Ok(None), "{without}");
            true
        }
        Err(finding) => {
            assert!(text.get(finding.span()).is_some(), "{finding:?}");
            false
        }
    }
}

const PROGRESS: &[&str] = &[
    include_str!("../docker/output/logs/build-28.log"),
    include_str!("../docker/output/logs/compose-20.log"),
    include_str!("../docker/output/logs/pip-26.log"),
    "#1 [a 1/2] RUN x\n#1 0.1 no newline#1 DONE 0.4s\n#2 CACHED\nERROR: failed to solve: x\n",
];

fn progress(text: &str) -> bool {
    let progress = Progress::read(text);
    assert!(progress.steps.len() <= text.lines().count());
    for (at, step) in progress.steps.iter().enumerate() {
        assert!(progress.steps[..at].iter().all(|earlier| earlier.number != step.number));
        let _ = (step.command(), step.is_of_dockerfile(), step.seconds());
    }
    !progress.steps.is_empty()
}

const RECORDS: &[&str] = &[
    r#"[{"ID":"a","CacheType":"exec.cachemount","Description":"cached mount /root/.cache/pip from exec /bin/sh -c pip with id \"ns//root/.cache/pip\"","Size":"33.5MB","InUse":"false","Shared":"false","UsageCount":"3","LastUsedSince":"2 hours ago","Parent":"b, c"}]"#,
    "ID:\t\ta*\nParents:\n - b\nCreated at:\t2026-01-01\nMutable:\ttrue\nReclaimable:\tfalse\nShared:\tfalse\nSize:\t1.5GiB\nDescription:\tmount / from exec\nUsage count:\t2\nLast used:\t3 minutes ago\nType:\tregular\n\nShared:\t0B\nTotal:\t1GB\n",
    "[{\"ID\":\"a\",\"Size\":\"9999999PB\"},{\"ID\":\"b\",\"Size\":\"1B\",\"UsageCount\":\"18446744073709551615\"}]",
];

fn records(text: &str) -> bool {
    let df = cache::of_system_df(text);
    let du = cache::of_buildx_du(text);
    let all: Vec<&Record> = df.iter().flatten().chain(du.iter().flatten()).collect();
    let _ = Record::total_size(all.iter().copied());
    for record in &all {
        let mount = Mount::of(record);
        let _ = mount.map(|mount| (mount.to_string(), mount.shown_id(), mount.holds()));
    }
    let _ = (cache::bytes(text), cache::duration(text), mounts::named(text));
    !all.is_empty()
}

const DOCKER: &[&str] = &[
    r#"{"Client":{"Version":"28.5.2","ApiVersion":"1.51"},"Server":{"Version":"26.1.5+dfsg1","ApiVersion":"1.45","MinAPIVersion":"1.24","Components":[{"Name":"Engine"}]}}"#,
    r#"{"DockerRootDir":"/var/lib/docker","OperatingSystem":"Debian","OSType":"linux","SecurityOptions":["name=rootless"],"ClientInfo":{"Plugins":[{"Name":"buildx","Version":"v0.13.1","Path":"/x"}]}}"#,
    "Name:   default\nDriver: docker\n\nNodes:\nName:      default\nEndpoint:  default\nStatus:    running\nError: no\n",
    "abc;/demo-api-1;api;False;running;0;0;healthy;127.0.0.1:8000:80/tcp,:::9:9/udp,\n",
    "docker-compose version 1.29.2, build unknown",
];

fn docker(text: &str) -> bool {
    let value = engine::read(text).unwrap_or_default();
    let sides = ["Client", "Server"].map(|name| engine::side(&value, name));
    let _ = (engine::plugin(&value, "buildx"), engine::info(&value), engine::builder(text), output::containers(text));
    let _ = (engine::cli(text), engine::buildx(text), output::ids(text), output::names(text));
    let _ = (Version::find(text), Version::parse(text));
    sides.iter().any(Option::is_some) || Version::find(text).is_some() || text.contains("Driver") || text.contains(';')
}

const INSTALLERS: &[&str] = &[
    include_str!("../installers/recorded/apt-2.6.1-cold.txt"),
    include_str!("../installers/recorded/cargo-1.95.0-cold.txt"),
    include_str!("../installers/recorded/npm-11.19.1-ci-http-cold.txt"),
    include_str!("../installers/recorded/pip-26.3-cold.txt"),
    include_str!("../installers/recorded/pnpm-12.21.0-warm.txt"),
    include_str!("../installers/recorded/uv-0.13.9-cold.txt"),
];

fn installers(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let said = table::INSTALLERS.iter().filter(|installer| installer.said(&lines) != Default::default());
    said.count() > 0
}

const MANIFESTS: &[&str] = &[
    "-r base.txt\nflask==3 --hash=sha256:00\n-c x.txt\n./local\n",
    "{\"dependencies\":{\"a\":\"file:../a\"},\"workspaces\":[\"x\"]}",
    "[workspace]\nmembers = ['a']\n[dependencies]\nb = { path = '../b' }\n",
];

fn manifests(text: &str) -> bool {
    let names = ["requirements.txt", "package.json", "Cargo.toml", "pyproject.toml", "setup.py", "go.mod", "Gemfile"];
    let named = names.iter().map(|name| table::besides(name, text).len()).sum::<usize>();
    let open = table::open("a/requirements.txt", text);
    assert!(open.iter().all(|name| !name.is_empty() && text.contains(name.as_str())), "{open:?}");
    named + open.len() > 0
}

const VERIFY: &[&str] = &[
    "mark user 0 /root\nmark folder /app\nmark mount 0 yes 12 /root/.cache/pip\nmark variable A b\nother\n+ echo mark user\n",
    "mark answer 200 pypi.org\nmark header Cache-Control: max-age=600, public\nmark lasts 600\nmark again 304\n",
    "mark mount 99999999999999999999 no -1\nmark failed why\n",
];

fn verify(text: &str) -> bool {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (look, others) = look::read("mark", &lines);
    assert!(others.len() <= lines.len());
    let answer = index::Answer::read("mark", &lines);
    let _ = (answer.sentence(), answer.as_json());
    look.is_some()
}

const STATE: &[&str] = &["worker xtask-fresh-100-a1\napi xtask-fresh-160-2\n", "/home/me/project\n0123abcd\n"];

fn state(text: &str) -> bool {
    let fresh = Fresh::parse(text);
    let _ = fresh.ages(200);
    fresh.host("api").is_some()
}

const SECRETS: &[&str] = &[
    "DB_PASSWORD=hunter2 https://me:secret@pypi.example/simple --token abc \"API_KEY\": \"x\"",
    "postgres://user:p%40ss@db/x Authorization: Bearer abc.def Set-Cookie: a=b",
];

fn secrets(text: &str) -> bool {
    let (hidden, starred) =
        (secret::hidden(text), secret::starred(text, &HashSet::from(["--a".to_owned(), "-b".to_owned()])));
    // Places of findings stay right.
    assert_eq!(starred.len(), text.len());
    assert_eq!(starred.matches('\n').count(), text.matches('\n').count());
    assert!(secret::secret_parts(text).iter().take(20).all(|part| text.contains(part)));
    let _ = (secret::shown("A", text), secret::hidden_words(&[text.into()]));
    hidden != text
}

/// Whatever is read lies on disk as bytes: no path is made of what is not there.
#[test]
fn a_file_that_is_missing_is_a_mistake() {
    let read = compose_files::read(&[PathBuf::from("/nonexistent/x.yaml")], Path::new("/"), &Environment::read("none"));
    assert!(read.is_err());
}
