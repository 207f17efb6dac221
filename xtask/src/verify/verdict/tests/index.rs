//! When the index is asked, and what follows from its answer.

use super::*;
use crate::verify::index;

/// What the index answered to a question from the step.
fn answered(mut mount: Mount, lines: &[&str]) -> Mount {
    let lines: Vec<String> = lines.iter().map(|line| format!("m:5 {line}")).collect();
    mount.steps[0].answer = Some(Answer::read("m:5", &lines));
    mount
}

#[test]
fn the_index_is_blamed_for_what_it_answered_only() {
    const DATE: &str = "header Date: Sat, 28 Nov 2026 23:00:00 GMT";
    let not_known = "pip kept nothing there; the cause is not known; looked at: the step's commands, pip's variables \
                     and `/etc/pip.conf` or `~/.config/pip/pip.conf` or `~/.pip/pip.conf`, user 0 and its home `/root`, whether `/root/.cache/pip` can be written to";
    assert_judged(&empty("pip install x"), Verdict::Empty, not_known, "--add-host again:127.0.0.1");
    let forbids = |lines: &[&str], sent: &str| {
        let why = format!(
            "the index `a:1`, or a proxy before it, does not allow keeping its files: asked for one, it sent {sent}"
        );
        let lines = [&["answer 200 a:1"], lines].concat();
        assert_judged(&answered(empty("pip install x"), &lines), Verdict::Empty, &why, "Cache-Control");
        // Small answers of the index are kept all the same.
        assert_judged(&answered(pip("pip install x", 3), &lines), Verdict::NotReused, &why, "uv");
    };
    forbids(&[DATE], "no `Cache-Control`, `ETag` or `Expires`");
    forbids(&["header Cache-Control: max-age=60"], "`Cache-Control: max-age=60`");
    forbids(&["header Cache-Control: max-age=0", DATE], "`Cache-Control: max-age=0`");
    forbids(
        &["header ETag: \"x\"", "header Cache-Control: private, no-store"],
        "`ETag: \"x\"`, `Cache-Control: private, no-store`",
    );
    forbids(&["header ETag: x", "again 200"], "`ETag: x`, and answers 200 and not 304 when asked with the `ETag`");
    forbids(&["header Cache-Control: Max-Age=60", DATE], "`Cache-Control: Max-Age=60`");
    forbids(
        &["header Expires: Thu, 01 Jan 1970 00:00:00 GMT", DATE, "lasts -9"],
        "`Expires: Thu, 01 Jan 1970 00:00:00 GMT`",
    );
    for headers in [
        vec!["header ETag: x", "again 304"],
        vec!["header Cache-Control: public, max-age=60", DATE],
        vec!["header Expires: Sun, 29 Nov 2026 23:00:00 GMT", DATE, "lasts 86400"],
    ] {
        let lines = [vec!["answer 200 a"], headers].concat();
        let allows = "the index `a`, which allows keeping its files (`";
        let found = answered(empty("pip install x"), &lines);
        assert_judged(&found, Verdict::Empty, not_known, "");
        assert_judged(&found, Verdict::Empty, allows, "");
        let again = answered(pip("pip install x", 3), &lines);
        let why = "pip downloaded most of it again; the cause is not known; looked at: the step's commands";
        assert_judged(&again, Verdict::NotReused, why, "");
    }
    let secrets = Secrets::of_variables([("A_TOKEN".to_owned(), "plant-arg".to_owned())]);
    let lines = ["answer 200 plant-arg:1", "header ETag: plant-arg", "failed plant-arg"];
    let hidden = answered(empty("pip install x"), &lines).steps[0].answer.clone().unwrap().redacted(&secrets);
    assert!(!format!("{hidden:?}").contains("plant"), "{hidden:?}");
    assert_eq!(hidden.failed, "${A_TOKEN}");
    let silent = answered(empty("pip install x"), &["failed HTTP Error 401: Unauthorized"]);
    let asked = "not the index, which could not be asked (HTTP Error 401: Unauthorized)";
    assert_judged(&silent, Verdict::Empty, asked, "");
    // What stands in the step comes first.
    let off = answered(empty("pip install --no-cache-dir x"), &["answer 200 a"]);
    assert_judged(&off, Verdict::Empty, "--no-cache-dir", "");
}

#[test]
fn the_index_is_asked_only_where_nothing_else_explains_it() {
    let with_lines = |mut mount: Mount| {
        let lines = [
            "Looking in indexes: http://127.0.0.1:1/simple/, https://b/simple",
            "  Downloading x.metadata (1 kB)",
            "  Downloading x-1.whl (9 kB)",
        ];
        mount.steps[0].runs[1].lines = lines.map(str::to_owned).into();
        mount
    };
    let trusted = "pip install --trusted-host 127.0.0.1 x";
    let (at, question) = index::question(&with_lines(empty(trusted))).unwrap();
    let words = question.words("m:5");
    assert_eq!(at, 0);
    assert!(words.starts_with(": m:5; for _x in python3 python; do ") && words.ends_with(" exit 0;"), "{words}");
    let arguments =
        "| $_x - m:5 'x-1.whl' 'http://127.0.0.1:1/simple/' 'https://b/simple' 2>/dev/null && exit 0; done; ";
    assert!(words.contains(arguments) && !words.contains('\n'), "{words}");
    for other in [pip(trusted, 0), empty("pip install x"), empty("pip install --no-cache-dir x"), empty("npm ci")] {
        assert_eq!(index::question(&with_lines(other)), None);
    }
    assert_eq!(index::question(&empty(trusted)), None);
}

#[test]
fn a_plain_http_index_has_to_be_trusted() {
    let command = "pip install --index-url http://me:secret@pypi.local:8080/simple/ x";
    assert_judged(
        &empty(command),
        Verdict::Empty,
        "the index `pypi.local:8080` is plain http",
        "--trusted-host pypi.local ",
    );
    for trusted in ["--trusted-host pypi.local", "--trusted-host=pypi.local:8080"] {
        assert_judged(&empty(&format!("{command} {trusted}")), Verdict::Empty, "the cause is not known", "");
    }
    let of_six = "pip install --index-url http://[::1]:8080/simple/ x";
    assert_judged(&empty(of_six), Verdict::Empty, "the index `[::1]:8080` is plain http", "--trusted-host [::1] ");
    for trusted in ["[::1]", "::1", "[::1]:8080"] {
        let command = format!("{of_six} --trusted-host {trusted}");
        assert_judged(&empty(&command), Verdict::Empty, "the cause is not known", "");
    }
    let mut by_file = empty("pip install x");
    by_file.steps[0].runs[0].look.as_mut().unwrap().settings =
        vec![("pip".to_owned(), "index-url = http://a/simple".to_owned())];
    assert_judged(&by_file, Verdict::Empty, "the index `a` is plain http", "");
    let mut by_variable = empty("pip install x");
    by_variable.steps[0].runs[0].look.as_mut().unwrap().variables =
        vec![("PIP_INDEX_URL".to_owned(), "http://b/x".to_owned()), ("PIP_TRUSTED_HOST".to_owned(), "c".to_owned())];
    assert_judged(&by_variable, Verdict::Empty, "the index `b` is plain http", "");
    // Elsewhere than on loopback pip does not even ask it.
    let mut ignored = empty(command);
    let line = "WARNING: The repository located at pypi.local is not a trusted or secure host and is being ignored.";
    ignored.steps[0].runs[0].lines = vec![line.to_owned()];
    ignored.steps[0].runs[0].state = Some(State::Failed("exit code 1".to_owned()));
    assert_judged(&ignored, Verdict::NotReached, "pip ignores the index `pypi.local`", "--trusted-host pypi.local");
}

/// What an HTTP server was sent: it answers each of `answers` once, and ends.
#[cfg(unix)]
fn serve(answers: Vec<String>) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move |answer: String| {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        let asked: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        stream.write_all(answer.as_bytes()).unwrap();
        asked.join("\n")
    };
    (port, std::thread::spawn(move || answers.into_iter().map(serve).collect()))
}

#[cfg(unix)]
#[test]
#[allow(clippy::disallowed_methods, reason = "a test may start Python")]
fn the_login_goes_to_its_own_index_only() {
    use std::process::Command;
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "no python3");
        return;
    }
    let close = "Content-Length: 0\r\nConnection: close\r\n\r\n";
    let (other, asked_other) = serve(vec![format!("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n{close}")]);
    let redirect = |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\n{close}");
    let far = redirect(&format!("http://127.0.0.1:{other}/x-1.whl"));
    let (index, asked_index) = serve(vec![redirect("/moved"), far]);
    let mut command = Command::new("python3");
    command.args(["-c", include_str!("../../ask_index.py"), "m:5", &format!("http://127.0.0.1:{index}/x-1.whl")]);
    command.env("PIP_INDEX_URL", format!("http://me:secret@127.0.0.1:{index}/simple/"));
    let output = command.env_remove("http_proxy").env_remove("HTTP_PROXY").output().unwrap();
    let said = format!("m:5 answer 200 127.0.0.1:{other}\nm:5 header Cache-Control: no-store\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), said);
    let (of_index, of_other) = (asked_index.join().unwrap(), asked_other.join().unwrap());
    let login = "Authorization: Basic bWU6c2VjcmV0";
    assert!(of_index.iter().all(|asked| asked.contains(login)), "{of_index:?}");
    assert!(!of_other[0].to_ascii_lowercase().contains("authorization"), "{of_other:?}");
}
