use crate::buildkit::daemon_json::*;
use serde_json::Value;

#[test]
fn an_empty_file_becomes_one_with_the_key() {
    let whole = "{\n  \"features\": {\"buildkit\": true}\n}\n";
    assert_eq!(enable("").unwrap(), whole);
    assert_eq!(enable(" \n").unwrap(), whole);
    assert_eq!(enable("\u{feff}").unwrap(), format!("\u{feff}{whole}"));
    assert_eq!(enable("{}").unwrap(), "{\"features\": {\"buildkit\": true}}");
}

#[test]
fn everything_else_stays_as_it_is() {
    let cases = [
        (
            "{\r\n\t\"big\": 12345678901234567890123,\r\n\t\"b\": 1.0,\r\n\t\"a\": 1e3\r\n}\r\n",
            "{\r\n\t\"features\": {\"buildkit\": true},\r\n\t\"big\": 12345678901234567890123,\r\n\t\"b\": 1.0,\r\n\t\"a\": 1e3\r\n}\r\n",
        ),
        ("{\"debug\":true}", "{\"features\": {\"buildkit\": true}, \"debug\":true}"),
        ("{\"features\":{\"x\":true},\"z\":1}", "{\"features\":{\"buildkit\": true, \"x\":true},\"z\":1}"),
        (
            "{\n    \"features\": {\n        \"x\": false\n    }\n}\n",
            "{\n    \"features\": {\n        \"buildkit\": true,\n        \"x\": false\n    }\n}\n",
        ),
        ("{\"features\": {\"buildkit\" : false }}", "{\"features\": {\"buildkit\" : true }}"),
        ("{\"features\": null}", "{\"features\": {\"buildkit\": true}}"),
        ("{\n  \"features\": {}\n}\n", "{\n  \"features\": {\"buildkit\": true}\n}\n"),
        ("{\"a\": \"}\\\"\", \"features\": {}}", "{\"a\": \"}\\\"\", \"features\": {\"buildkit\": true}}"),
    ];
    for (before, after) in cases {
        assert_eq!(enable(before).unwrap(), after);
        assert_eq!(buildkit(after).unwrap(), Some(true));
        assert_eq!(enable(after).unwrap(), after, "twice is once");
    }
}

#[test]
fn what_enable_wrote_is_taken_out_again() {
    for text in [
        "{\"debug\":true}",
        "{\n  \"a\": [1, {\"features\": 2}],\n  \"b\": {}\n}\n",
        "{\"features\":{\"x\":true},\"z\":1}",
    ] {
        assert_eq!(disable(&enable(text).unwrap()).unwrap(), text);
        assert_eq!(disable(text).unwrap(), text);
    }
    assert_eq!(disable("{\"features\":{\"buildkit\":true},\"z\":1}").unwrap(), "{\"z\":1}");
    assert_eq!(disable("{\"features\": {\"buildkit\":true, \"x\":false}}").unwrap(), "{\"features\": {\"x\":false}}");
    assert_eq!(disable("").unwrap(), "");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        ("{\"a\": 1,}", "this is not valid JSON: key must be a string", 8),
        ("{\n  // x\n}", "this is not valid JSON: key must be a string", 4),
        ("[]", "expected an object `{ … }` here", 0),
        ("{\"features\": 3}", "expected an object `{ … }` here", 13),
        ("{\"features\": {\"buildkit\": \"yes\"}}", "`features.buildkit` is neither true nor false", 26),
        ("{\"Features\": {}}", "docker does not know `Features`", 1),
        ("{\"features\": {}, \"features\": {}}", "`features` is here twice", 17),
        ("{\"a\": 1} x", "this is not valid JSON: trailing characters", 9),
    ];
    for (text, message, at) in cases {
        let finding = enable(text).unwrap_err();
        assert_eq!((finding.message.as_str(), finding.span().start), (message, at), "{text}");
        assert!(finding.span().end <= text.len() + 1);
    }
}

/// Objects of all kinds in all layouts: only the one value differs afterwards.
#[test]
fn of_any_file_only_the_one_key_changes() {
    let mut seed = 5_u64;
    for _ in 0..3000 {
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let text = object(&mut random, 3);
        let Ok(after) = enable(&text) else { panic!("{text}") };
        let mut wanted: Value = serde_json::from_str(&text).unwrap();
        if !wanted["features"].is_object() {
            wanted["features"] = Value::Object(Default::default());
        }
        wanted["features"]["buildkit"] = Value::Bool(true);
        let found: Value = serde_json::from_str(&after).unwrap_or_else(|error| panic!("{error}:\n{text}\n{after}"));
        assert_eq!(found, wanted, "{text}\n{after}");
        assert_eq!(enable(&after).unwrap(), after);
        if buildkit(&text).unwrap().is_none() && found["features"].as_object().is_some_and(|it| it.len() > 1) {
            assert_eq!(disable(&after).unwrap(), text);
        }
        assert_eq!(buildkit(&disable(&after).unwrap()).unwrap(), None);
    }
}

fn object(random: &mut impl FnMut(usize) -> usize, depth: usize) -> String {
    let mut text = String::from("{");
    let names = ["a", "features", "buildkit2", "x\\\"y", "b", "ü"];
    let first = random(names.len());
    let count = random(4);
    for index in 0..count {
        let name = names[(first + index) % names.len()];
        let comma = if index + 1 < count { "," } else { "" };
        let value = match (name, depth) {
            ("features", 3) => match random(4) {
                0 => "null".to_owned(),
                1 => "{ }".to_owned(),
                2 => "{\"buildkit\": false , \"y\": true}".to_owned(),
                _ => "{\n \"y\" : true\n}".to_owned(),
            },
            (_, 1..) if random(3) == 0 => object(random, depth - 1),
            _ => ["1.0", "\"}{\\\\\"", "[1, \"]\", {}]", "true", "-1e3"][random(5)].to_owned(),
        };
        let blanks = |random: &mut dyn FnMut(usize) -> usize| ["", " ", "\n  ", "\r\n\t"][random(4)];
        text.push_str(&format!(
            "{}\"{name}\"{}:{}{value}{}{comma}",
            blanks(random),
            blanks(random),
            blanks(random),
            blanks(random)
        ));
    }
    text + ["", " ", "\n"][random(3)] + "}"
}

#[test]
fn any_text_is_read_without_a_panic() {
    for text in ["{", "\"", "{\"", "{\"features\":", "nul", "\u{feff}{\u{e9}", "{\"a\":\"\u{e9}\",}", "{\n\u{e9}"] {
        let _ = (enable(text), disable(text), buildkit(text));
    }
}
