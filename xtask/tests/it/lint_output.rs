//! `lint --output`: what programs read.

use serde_json::{Value, json};

use crate::harness::Sandbox;

/// One finding with a fix, one without, and a file that can't be read.
fn project() -> Sandbox {
    let sandbox = Sandbox::bare();
    sandbox.file("api/Dockerfile", "FROM python:3\n# xtask: allow line-endings é\nRUN x\n");
    sandbox.file("bad/Dockerfile", "FROM\n");
    sandbox
}

const UNREAD: &str = "error: can't read `bad/Dockerfile`: line 1: `FROM` needs one word, or three: IMAGE AS NAME\n";

fn of(sandbox: &Sandbox, line: &str) -> Value {
    let done = sandbox.run(line);
    assert_eq!((done.code, done.stderr.as_str()), (2, UNREAD));
    serde_json::from_str(&done.stdout).expect("JSON")
}

#[test]
fn json_has_the_findings_with_their_edits() {
    let sandbox = project();
    // As a person types them.
    let [api, bad] = ["api", "bad"].map(|folder| std::path::Path::new(folder).join("Dockerfile"));
    let expected = json!({
        "findings": [
            {
                "rule": "unpinned-base-image", "severity": "advice", "file": api,
                "message": "`python:3` is any version of that major release",
                "why": "every newer image that is pulled runs all steps again, on some machines and not on others",
                "hint": "pin more of it: FROM python:3.N", "fix": null,
                "line": 1, "column": 1, "end_line": 1, "end_column": 14, "span": [0, 13],
            },
            {
                "rule": "unused-allow", "severity": "warning", "file": api,
                "message": "`line-endings` finds nothing here", "why": "the comment would hide what comes later",
                "hint": "remove the comment, or put it on the line before the instruction that it is for",
                "fix": { "safety": "safe", "edits": [{ "start": 14, "end": 45, "text": "" }] },
                "line": 2, "column": 1, "end_line": 2, "end_column": 30, "span": [14, 44],
            },
        ],
        "unread": [{ "file": bad, "why": "line 1: `FROM` needs one word, or three: IMAGE AS NAME" }],
    });
    assert_eq!(of(&sandbox, "lint --output json"), expected);
    let left = of(&sandbox, "lint --output json --fix");
    assert_eq!(left["fixed"], json!({ "problems": 1, "files": 1 }));
    assert_eq!(left["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn github_gets_annotations() {
    project().run("lint --output github").is(
        2,
        "::notice file=api/Dockerfile,line=1,col=1,endLine=1,endColumn=14,title=unpinned-base-image::`python:3` is any version of that \
         major release%0Aevery newer image that is pulled runs all steps again, on some machines and not on others%0Ahint: pin more of \
         it: FROM python:3.N\n\
         ::warning file=api/Dockerfile,line=2,col=1,endLine=2,endColumn=30,title=unused-allow::`line-endings` finds nothing \
         here%0Athe comment would hide what comes later%0Ahint: remove the comment, or put it on the line before the instruction that \
         it is for\n",
        UNREAD,
    );
    let sandbox = Sandbox::bare();
    sandbox.file("Dockerfile", "FROM python:3.12\n");
    sandbox.run("lint --output github").is(0, "", "");
}

#[test]
fn sarif_has_results_rules_and_fixes() {
    let sarif = of(&project(), "lint --output sarif");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|help| help.contains("**Instead.**")), "{rule}");
    }
    let levels: Vec<&Value> = results.iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["note", "warning"]);
    let place = json!({ "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 30 });
    assert_eq!(
        results[1]["locations"],
        json!([{ "physicalLocation": { "artifactLocation": { "uri": "api/Dockerfile" }, "region": place } }])
    );
    let line = json!({ "startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 1 });
    assert_eq!(
        results[1]["fixes"][0]["artifactChanges"],
        json!([{
            "artifactLocation": { "uri": "api/Dockerfile" },
            "replacements": [{ "deletedRegion": line, "insertedContent": { "text": "" } }],
        }])
    );
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(1));
}
