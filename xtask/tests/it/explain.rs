//! `doctor --explain`: what a message means.

use crate::harness::Sandbox;

/// As it is typed here.
fn port() -> String {
    "port is already allocated
  Another container uses the port: one of another stack, or an older one of this project.
  fix: `xtask doctor` names it. Stop it with `docker stop NAME`, or use another port: if the compose file has a variable \
for it, set it in the `.env` beside it.
"
    .to_owned()
}

#[test]
fn a_message_is_explained_without_docker_or_tasks() {
    let sandbox = Sandbox::bare();
    let message = "Bind for 0.0.0.0:8000 failed: port is already allocated";
    sandbox.run_words(&["doctor", "--explain", message]).is(0, &port(), "");
    sandbox.run_with_input("doctor --explain", message.as_bytes()).is(0, &port(), "");
    sandbox.run_with_input("doctor --explain -", message.as_bytes()).is(0, &port(), "");
    sandbox.file("tasks.toml", "[tasks\n");
    sandbox.run_words(&["doctor", "--explain", message]).is(0, &port(), "");
    assert_eq!(sandbox.called(), [""; 0]);
}

#[test]
fn a_message_may_begin_with_dashes_and_name_several_causes() {
    let sandbox = Sandbox::bare();
    let done = sandbox.run_words(&["doctor", "--explain", "--mount option requires BuildKit\nno space left on device"]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    let shown: Vec<&str> = done.stdout.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).collect();
    assert_eq!(shown, ["the --mount option requires BuildKit, unknown flag: --mount", "no space left on device"]);
}

#[test]
fn explanations_are_json_too() {
    let sandbox = Sandbox::bare();
    let done = sandbox.run_words(&["doctor", "--json", "--explain", "no space left on device"]);
    let value: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!((done.code, value["explanations"][0]["message"].as_str()), (0, Some("no space left on device")));
    let done = sandbox.run_words(&["doctor", "--json", "--explain", "the cat is on the keyboard"]);
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (1, "{\n  \"explanations\": []\n}\n", ""));
}

#[test]
fn what_nobody_knows_is_said_so() {
    let sandbox = Sandbox::bare();
    sandbox.run_words(&["doctor", "--explain", "the cat is on the keyboard"]).is(
        1,
        "",
        "error: no explanation is known for this message\nhint: check this machine: xtask doctor\n",
    );
    let empty = "error: there is no message to explain\nhint: for example: xtask doctor --explain 'port is already allocated'\n";
    sandbox.run_words(&["doctor", "--explain", " "]).is(2, "", empty);
    sandbox.run_with_input("doctor --explain", b"").is(2, "", empty);
}

#[test]
fn bytes_that_are_no_text_are_read() {
    let sandbox = Sandbox::bare();
    let done = sandbox.run_with_input("doctor --explain", b"\xff\xfe no space left on device \xff");
    assert!(done.code == 0 && done.stdout.starts_with("no space left on device\n"), "{done:?}");
}

#[test]
fn an_option_behind_explain_is_no_message() {
    let sandbox = Sandbox::bare();
    let message = "port is already allocated";
    let expected = sandbox.run_words(&["doctor", "--json", "--explain", message]);
    assert!(expected.code == 0 && expected.stdout.starts_with('{'), "{expected:?}");
    for words in [["doctor", "--explain", "--json", message], ["doctor", "--explain", message, "--json"]] {
        sandbox.run_words(&words).is(0, &expected.stdout, "");
    }
    sandbox.run_with_input("doctor --explain --json", message.as_bytes()).is(0, &expected.stdout, "");
    sandbox.run_words(&["doctor", "--explain=port is already allocated", "--json"]).is(0, &expected.stdout, "");
    let done = sandbox.run_words(&["doctor", message]);
    assert_eq!(done.code, 2, "{done:?}");
}
