//! Why a mount does not work, each cause made for real: with an index that allows keeping its files, so that it is never the
//! index; and what is said where nothing explains it.

use serde_json::Value;

use crate::harness::Engine;
use crate::index::Index;
use crate::verify::{assert_verdict, project, verdicts, with_step};

on_each_engine!(
    what_stands_in_a_step_of_pip,
    what_stands_in_a_script,
    what_stands_in_a_step_of_uv,
    a_target_with_a_variable,
    use_that_nobody_saw,
    an_index_is_asked,
    what_an_index_sends_decides,
    the_reason_of_a_step_that_fails,
);

const MOUNT: &str = "RUN --mount=type=cache,target=/root/.cache/pip";

fn what_stands_in_a_step_of_pip(engine: &Engine) {
    let index = Index::start(engine, 1, true);
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let pip = format!("pip install {} -r /r.txt", index.options());
    let check = |command: &str, cause: &str, fix: &str| {
        project
            .write("Dockerfile", &with_step(&format!("RUN useradd --create-home --uid 4711 dev\n{MOUNT} {command}")));
        assert_verdict(project.run(&["verify", "--json"]), "empty", cause, fix);
    };
    let off = "remove PIP_NO_CACHE_DIR from line 4 of `Dockerfile`";
    check(&format!("PIP_NO_CACHE_DIR=1 {pip}"), "PIP_NO_CACHE_DIR=1 is set in the step", off);
    check(&format!("export PIP_NO_CACHE_DIR=off && {pip}"), "PIP_NO_CACHE_DIR=off is set in the step", off);
    let cause = "pip keeps its downloads in `/tmp/h/.cache/pip` (the home of user 0 is `/tmp/h`)";
    check(&format!("HOME=/tmp/h {pip}"), cause, "target=/tmp/h/.cache/pip ");
    check(
        &format!("PIP_CACHE_DIR=/tmp/c {pip}"),
        "pip keeps its downloads in `/tmp/c` (PIP_CACHE_DIR)",
        "target=/tmp/c ",
    );
    for (removal, shown) in [
        ("rm -rf $HOME/.cache/pip/*", "rm -rf /root/.cache/pip/*"),
        ("rm -rf ~/.cache/pip/*", "rm -rf /root/.cache/pip/*"),
        ("find /root/.cache -type f -delete", "find /root/.cache -type f -delete"),
    ] {
        let cause = format!("the step empties it itself, with `{shown}`");
        check(&format!("{pip} && {removal}"), &cause, &format!("remove `{shown}` from line 4"));
    }
    let cause = "pip keeps its downloads in `/home/dev/.cache/pip` (the home of user 4711 is `/home/dev`)";
    check(&format!("su dev -c \"{pip} --user\""), cause, "target=/home/dev/.cache/pip,uid=4711 ");
}

fn what_stands_in_a_script(engine: &Engine) {
    let index = Index::start(engine, 1, true);
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let pip = format!("pip install {} -r /r.txt", index.options());
    let check = |command: &str, cause: &str| {
        let dockerfile =
            with_step(&format!("ENV OPTIONS=--no-cache-dir\nCOPY install.sh /in/\nWORKDIR /in\n{command}"));
        project.write("Dockerfile", &dockerfile);
        assert_verdict(project.run(&["verify", "--json"]), "empty", cause, "line 6 of `Dockerfile`");
    };
    // A script that was copied, and one that it reads in.
    project.write("install.sh", &format!("set -eu\nexport PIP_NO_CACHE_DIR=1\n{pip}\n"));
    check(&format!("{MOUNT} sh install.sh"), "PIP_NO_CACHE_DIR=1 is set in the step");
    project.write("install.sh", "PIP_CACHE_DIR=/tmp/c; export PIP_CACHE_DIR");
    let cause = "pip keeps its downloads in `/tmp/c` (PIP_CACHE_DIR), and the mount is at `/root/.cache/pip`";
    check(&format!("{MOUNT} . ./install.sh && {pip}"), cause);
    // What a variable of the image says.
    check(&format!("{MOUNT} {pip} $OPTIONS"), "pip is told to keep nothing, by `--no-cache-dir`");
    // Engine 20's frontend knows no here-documents.
    if engine.tier != 20 {
        check(&format!("{MOUNT} <<EOF\n{pip}\nrm -rf /root/.cache/*/*\nEOF"), "with `rm -rf /root/.cache/*/*`");
    }
    // One that the step makes itself can't be read before.
    let made = format!("{MOUNT} echo 'PIP_NO_CACHE_DIR=1 {pip}' > made.sh && sh made.sh");
    check_not_known(engine, &project, &made, "runs the script `made.sh`, which isn't read; looked at: ");
}

/// The verdict is "empty", and no cause is given, but what was looked at.
#[track_caller]
fn check_not_known(engine: &Engine, project: &crate::project::Project<'_>, step: &str, part: &str) {
    project.write("Dockerfile", &with_step(step));
    let ended = project.run(&["verify", "--json"]).expect(1);
    let mount = &verdicts(&ended)[0];
    let cause = mount["cause"].as_str().unwrap_or_default();
    assert!(cause.starts_with("pip kept nothing there; the cause is not known"), "{}", ended.all());
    assert!(cause.contains(part), "no `{part}` in `{cause}`");
    let allows = ", which allows keeping its files (`Cache-Control: public, max-age=86400`)";
    assert!(cause.contains(allows), "{}: no `{allows}` in `{cause}`", engine.name);
}

fn what_stands_in_a_step_of_uv(engine: &Engine) {
    let index = Index::start(engine, 1, true);
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let options = format!("--system --break-system-packages --link-mode copy --default-index {}", index.url());
    let uv = format!("/uv/bin/uv pip install {options} -r /r.txt");
    let check = |command: &str, verdict: &str, cause: &str| {
        let before = "RUN pip install --quiet --no-cache-dir --target /uv uv\n";
        let mount = "RUN --mount=type=cache,target=/root/.cache/uv";
        project.write("Dockerfile", &with_step(&format!("{before}{mount} {command}")));
        assert_verdict(project.run(&["verify", "--json"]), verdict, cause, "");
    };
    check(&format!("UV_CACHE_DIR=/x {uv}"), "empty", "uv keeps its downloads in `/x` (UV_CACHE_DIR)");
    check(&format!("UV_NO_CACHE=1 {uv}"), "empty", "UV_NO_CACHE=1 is set in the step");
    let cause = "the step empties it itself, with `uv cache prune --ci`";
    check(&format!("{uv} && /uv/bin/uv cache prune --ci"), "not reused", cause);
    // This alone keeps what was just downloaded.
    check(&format!("{uv} && /uv/bin/uv cache prune"), "works", "");
    // Its error comes before the causes and hints.
    let fails = format!("/uv/bin/uv pip install {options} xt-package-9");
    check(&fails, "not reached", "the step itself fails: error: ");
}

fn a_target_with_a_variable(engine: &Engine) {
    let index = Index::start(engine, 1, true);
    let without_headers = Index::start(engine, 1, false);
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let check = |target: &str, index: &Index, verdict: &str, cause: &str, path: &str| {
        let pip = format!("pip install {} -r /r.txt", index.options());
        let step =
            format!("ENV PIP_CACHE_DIR=/app/cache/pip\nWORKDIR /app\nRUN --mount=type=cache,target={target} {pip}");
        project.write("Dockerfile", &with_step(&step));
        let ended = project.run(&["verify", "--json"]);
        assert_eq!(verdicts(&ended)[0]["path"], path, "{}", ended.all());
        assert_verdict(ended, verdict, cause, "");
    };
    let sent = "does not allow keeping its files: asked for one, it sent no `Cache-Control`";
    check("cache/pip", &index, "works", "", "/app/cache/pip");
    check("cache/pip", &without_headers, "empty", sent, "/app/cache/pip");
    // Engine 20 fills in no variable there.
    if engine.tier == 20 {
        let cause =
            "pip keeps its downloads in `/app/cache/pip` (PIP_CACHE_DIR), and the mount is at `/app/$PIP_CACHE_DIR`";
        check("$PIP_CACHE_DIR", &index, "empty", cause, "/app/$PIP_CACHE_DIR");
    } else {
        check("$PIP_CACHE_DIR", &index, "works", "", "/app/cache/pip");
        check("${PIP_CACHE_DIR}", &without_headers, "empty", sent, "/app/cache/pip");
    }
}

/// Both builds download, by programs whose output nobody reads.
fn use_that_nobody_saw(engine: &Engine) {
    let index = Index::start(engine, 1, true);
    let project = project(engine, "");
    project.write("requirements.txt", "");
    let wheel = format!("http://127.0.0.1:{}/packages/xt_package_0-1.0-py3-none-any.whl", index.port);
    let fetch =
        |target: &str| format!("python3 -c \"import urllib.request as u; u.urlretrieve('{wheel}', '{target}/x.whl')\"");
    let check = |target: &str, command: &str, cause: &str| {
        project.write("Dockerfile", &with_step(&format!("RUN --mount=type=cache,target={target} {command}")));
        assert_verdict(project.run(&["verify", "--json"]), "kept, use not seen", cause, "");
        assert_eq!(index.downloads(), 2, "both builds fetch");
    };
    let models = "/root/.cache/models";
    check(models, &fetch(models), "no installer is known whose output would show it");
    // Stands for poetry, whose folder it is.
    let poetry = "/root/.cache/pypoetry";
    let command = format!("rm -rf {poetry}/* && {}", fetch(poetry));
    check(poetry, &command, "the step empties it itself, with `rm -rf /root/.cache/pypoetry/*`");
    // Another program's download in a step whose installer has nothing to do.
    let pip = "/root/.cache/pip";
    check(pip, &format!("pip install pip && {}", fetch(pip)), "pip downloaded nothing in either build");
}

fn an_index_is_asked(engine: &Engine) {
    let [index, without_headers] = [true, false].map(|cached| Index::start(engine, 1, cached));
    let project = project(engine, "");
    project.write("requirements.txt", &index.requirements());
    let step = |index: &Index| format!("{MOUNT} pip install {} -r /r.txt", index.options());
    project.write("Dockerfile", &with_step(&step(&without_headers)));
    let ended = project.run(&["verify", "--json"]).expect(1);
    let mount = &verdicts(&ended)[0];
    let address = format!("127.0.0.1:{}", without_headers.port);
    let answer = &mount["index"];
    assert_eq!(
        (&answer["host"], &answer["status"], &answer["error"]),
        (&address.as_str().into(), &200.into(), &Value::Null)
    );
    assert!(answer["headers"].get("Cache-Control").is_none() && answer["headers"].get("Date").is_some(), "{answer}");
    let ended = project.run(&["verify"]).expect(1);
    let cause = format!(
        "the index `{address}`, or a proxy before it, does not allow keeping its files: asked for one, it sent no `Cache-Control`, `ETag` or `Expires`"
    );
    assert_eq!(ended.stdout.lines().nth(2).map(str::trim), Some(cause.as_str()), "{}", ended.all());
    let asked = format!("Dockerfile, asking the index: RUN pip install {} -r /r.txt", without_headers.options());
    assert_eq!(ended.stderr.lines().filter(|line| **line == asked).count(), 1, "{}", ended.all());

    // A newer pip prints the name of a file, not its address.
    let newer = "RUN pip install --quiet --no-cache-dir pip==26.1\n";
    project.write("Dockerfile", &with_step(&format!("{newer}{}", step(&without_headers))));
    let cause = "does not allow keeping its files: asked for one, it sent no `Cache-Control`, `ETag` or `Expires`";
    assert_verdict(project.run(&["verify", "--json"]), "empty", cause, "have the index send `Cache-Control");

    // One of two indexes forbids it: a part is used, and a part is not.
    let again = format!("pip install --force-reinstall {} -r /r.txt", without_headers.options());
    project.write("Dockerfile", &with_step(&format!("{} && {again}", step(&index))));
    assert_verdict(
        project.run(&["verify", "--json"]),
        "partly used",
        &format!("the index `{address}`, or a proxy"),
        "",
    );

    // An index that allows it is not blamed: here something unseen empties the mount.
    let hidden = "python3 -c \"import shutil; shutil.rmtree('/root/.cache/pip/http')\"";
    check_not_known(engine, &project, &format!("{} && {hidden}", step(&index)), "user 0 and its home `/root`");
}

/// pip itself shows that the rule is right: where the headers allow it, its mount works.
fn what_an_index_sends_decides(engine: &Engine) {
    let project = project(engine, "");
    project.write("requirements.txt", "xt-package-0==1.0\n");
    let check = |login: &str, headers: &[&str], verdict: &str, cause: &str| {
        let index = Index::answering(engine, login, headers);
        // With its login in a variable, as a person has it.
        let at = if login.is_empty() { String::new() } else { format!("{login}@") };
        let url = format!("http://{at}127.0.0.1:{}/simple/", index.port);
        let step = format!("ENV PIP_INDEX_URL={url}\n{MOUNT} pip install --trusted-host 127.0.0.1 -r /r.txt");
        project.write("Dockerfile", &with_step(&step));
        let ended = project.run(&["verify", "--json"]);
        assert!(!ended.all().contains("pass-word"), "{}", ended.all());
        assert_verdict(ended, verdict, cause, "");
    };
    check("", &["Cache-Control: private, max-age=600"], "works", "");
    check("", &["ETag: \"same\""], "works", "");
    check("", &["Expires: Tue, 29 Nov 2050 23:00:00 GMT"], "works", "");
    let sent = "asked for one, it sent ";
    check(
        "",
        &["Cache-Control: no-store", "ETag: \"same\""],
        "empty",
        &format!("{sent}`Cache-Control: no-store`, `ETag: \"same\"`"),
    );
    let changing = format!("{sent}`ETag: \"changing\"`, and answers 200 and not 304 when asked with the `ETag`");
    check("", &["ETag: \"changing\""], "not reused", &changing);
    check(
        "",
        &["Expires: Sat, 29 Nov 2025 23:00:00 GMT"],
        "not reused",
        &format!("{sent}`Expires: Sat, 29 Nov 2025 23:00:00 GMT`"),
    );
    check("me:pass-word", &["Cache-Control: max-age=600"], "works", "");
    check("me:pass-word", &[], "empty", &format!("{sent}no `Cache-Control`, `ETag` or `Expires`"));
}

fn the_reason_of_a_step_that_fails(engine: &Engine) {
    let project = project(engine, "");
    project.write("requirements.txt", "");
    let check = |step: &str, cause: &str, lines: &[&str]| {
        project.write("Dockerfile", &with_step(step));
        let ended = project.run(&["verify", "--json"]).expect(1);
        let mount = &verdicts(&ended)[0];
        assert_eq!(
            (mount["verdict"].as_str(), mount["cause"].as_str()),
            (Some("not reached"), Some(cause)),
            "{}",
            ended.all()
        );
        assert_eq!(mount["last_lines"], Value::from(lines), "{}", ended.all());
    };
    let said = "Package six (9.9) not found.";
    let before = format!("RUN echo one && echo \"{said}\" && exit 1");
    let cause = format!("the build stops before it: `{before}`: exit code 1: {said}");
    check(&format!("{before}\n{MOUNT} pip install six"), &cause, &["one", said]);
    // The same on the screen.
    let ended = project.run(&["verify"]).expect(1);
    let screen = format!(
        "not reached  `/root/.cache/pip` of `Dockerfile`, line 4\n             the first build did not get to line 4\n             {cause}\n             \
         | one\n             | {said}\n             fix: fix line 3 of `Dockerfile` first\n\nnothing is known about the cache mount: its step did not run to its end\n"
    );
    assert_eq!(ended.stdout, screen, "{}", ended.all());
    // A secret that the step was given, and prints.
    let args = "context: ., network: host, args: { PIP_TOKEN: se-cret-1, HOST: pypi.local }";
    project.edit("compose.yaml", "context: ., network: host", args);
    let leaks = format!("ARG PIP_TOKEN\nARG HOST\n{MOUNT} echo \"no $PIP_TOKEN at $HOST\"; exit 1");
    check(&leaks, "the step itself fails: no ${PIP_TOKEN} at pypi.local", &["no ${PIP_TOKEN} at pypi.local"]);
    project.edit("compose.yaml", args, "context: ., network: host");
    // The mount's own step, whose error is not its last line: uv's.
    let uv = "printf '%s\\n' 'Resolved 1 package' 'error: Failed to fetch x' 'hint: check your network' >&2; exit 2";
    let lines = ["Resolved 1 package", "error: Failed to fetch x", "hint: check your network"];
    check(&format!("{MOUNT} {uv}"), "the step itself fails: error: Failed to fetch x", &lines);
}
