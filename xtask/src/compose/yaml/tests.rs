use serde_json::{Value, json};

use super::{Mistake, documents};

fn read(text: &str) -> Value {
    let mut documents = documents(text).unwrap_or_else(|mistake| panic!("{text:?}: {mistake:?}"));
    assert_eq!(documents.len(), 1, "{text:?}");
    documents.remove(0).value
}

fn mistake(text: &str) -> Mistake {
    documents(text).err().unwrap_or_else(|| panic!("{text:?} is read"))
}

#[test]
fn what_compose_takes_is_taken() {
    let cases = [
        ("a:\n  test: [\n    \"CMD\", \"true\"\n  ]\n", json!({"a": {"test": ["CMD", "true"]}})),
        ("a:\n  x: {\n    b: c\n  }\n", json!({"a": {"x": {"b": "c"}}})),
        ("a:\n  x: \"one\n  two\"\n  y: '3\n  '\n", json!({"a": {"x": "one two", "y": "3 "}})),
        ("x: 'one\n\ntwo'\n", json!({"x": "one\ntwo"})),
        ("\u{feff}a: 1\n", json!({"a": 1})),
        ("a: { A: $REV, B: \"${REV:-x}\" }\n", json!({"a": {"A": "$REV", "B": "${REV:-x}"}})),
        ("a:\t1\nb: 2\t# x\n", json!({"a": 1, "b": 2})),
        ("a: [b,]#c\n", json!({"a": ["b"]})),
        ("a: |\n  b\n  c", json!({"a": "b\nc\n"})),
        ("a:\r\n  - b\r\n", json!({"a": ["b"]})),
        ("a: [!x, hi!, b]\n", json!({"a": ["", "hi!", "b"]})),
    ];
    for (text, value) in cases {
        assert_eq!(read(text), value, "{text:?}");
    }
}

/// What a word is in YAML, and what compose writes into an argument for it. Compose is asked for each (`asked.rs`).
pub fn words() -> Vec<(&'static str, Value)> {
    vec![
        ("010", json!(8)),
        ("08", json!(8.0)),
        ("0o10", json!(8)),
        ("0x1F", json!(31)),
        ("-0b11", json!(-3)),
        ("1_000", json!(1000)),
        ("1.10", json!(1.1)),
        ("1e3", json!(1000.0)),
        (".5", json!(0.5)),
        ("1.2.3", json!("1.2.3")),
        ("yes", json!("yes")),
        ("True", json!(true)),
        ("~", json!(null)),
        ("", json!(null)),
        ("+1", json!(1)),
        ("1e", json!("1e")),
        ("0x", json!("0x")),
        ("12:30", json!("12:30")),
        ("1:30:00", json!("1:30:00")),
        ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("!!str 10", json!("10")),
        ("\"10\"", json!("10")),
    ]
}

#[test]
fn plain_words_mean_what_go_yaml_says() {
    for (text, value) in words() {
        assert_eq!(read(&format!("a: {text}\n"))["a"], value, "{text}");
    }
    let shown = |text: &str| super::shown(&read(&format!("a: {text}\n"))["a"]);
    let floats = ["1.0", "1.10", "1e21", "1e20", "0.00001", "-2.5e-7", "100000.0"];
    assert_eq!(floats.map(shown), ["1", "1.1", "1e+21", "100000000000000000000", "1e-05", "-2.5e-07", "100000"]);
}

#[test]
fn merged_maps_are_part_of_a_map() {
    let text = "b: &b { x: 1, y: 2 }\nc: &c { y: 3, z: 4 }\none: { <<: *b, x: own }\ntwo: { <<: [*b, *c] }\n\
                three: { \"<<\": x }\n";
    let value = read(text);
    assert_eq!(value["one"], json!({"x": "own", "y": 2}));
    assert_eq!(value["two"], json!({"x": 1, "y": 2, "z": 4}));
    assert_eq!(value["three"], json!({"<<": "x"}));
}

#[test]
fn what_is_reset_is_told() {
    let text =
        "x: &x { k: !reset null, l: 1 }\na:\n  b: !reset [1]\n  c: !override { d: 1 }\n  e:\n    <<: *x\n  f: *x\n";
    let document = documents(text).expect("YAML").remove(0);
    assert_eq!(document.value["a"], json!({"c": {"d": 1}, "e": {"l": 1}, "f": {"l": 1}}));
    let cleared: Vec<String> = document.cleared.iter().map(|path| path.join(".")).collect();
    assert_eq!(cleared, ["x.k", "a.b", "a.c", "a.e.k", "a.f.k"]);
    // As compose does, which takes no notice of it there.
    let document = documents("a: !override { b: !reset null }\n").expect("YAML").remove(0);
    assert_eq!((document.value, document.cleared), (json!({"a": {"b": "null"}}), vec![vec!["a".to_owned()]]));
}

#[test]
fn several_documents_are_read() {
    let documents = documents("a: 1\n---\nb: 2\n").expect("YAML");
    assert_eq!(
        documents.iter().map(|document| document.value.clone()).collect::<Vec<_>>(),
        [json!({"a": 1}), json!({"b": 2})]
    );
    assert!(super::documents("# nothing\n").expect("YAML").is_empty());
}

#[test]
fn a_mistake_has_its_line() {
    let cases = [
        ("a: 1\nb: [1, 2\n", 3, "did not find expected ',' or ']'"),
        ("a:\n\tb: 1\n", 2, "found character that cannot start any token"),
        ("a: 1\n\na: 2\n", 3, "the key `a` is there twice (first in line 1)"),
        ("a: 1\n1: 2\n", 2, "a key has to be text: 1"),
        ("a: *x\n", 1, "unknown anchor `x`"),
    ];
    for (text, line, why) in cases {
        let found = mistake(text);
        assert_eq!((found.line, found.why.as_str(), found.too_much), (Some(line), why, false), "{text:?}");
    }
}

/// Nothing that others wrote takes memory or time without a limit.
#[test]
fn what_is_past_the_bound_is_refused() {
    let mut bomb = "x0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n".to_owned();
    for level in 1..9 {
        let last = format!("*a{}", level - 1);
        bomb += &format!("x{level}: &a{level} [{}]\n", [last.as_str(); 9].join(","));
    }
    let tower = (1..500).map(|level| format!("x{level}: &a{level} [*a{}]\n", level - 1)).collect::<String>();
    let many = "x: &x ".to_owned() + &"y".repeat(100_000) + "\nz: [" + &"*x,".repeat(10_000) + "]\n";
    let cases = [
        bomb,
        format!("x0: &a0 [1]\n{tower}"),
        many,
        "[".repeat(100_000),
        "a: ".to_owned() + &"[".repeat(3000) + &"]".repeat(3000),
        "- ".repeat(3000),
        "a: ".repeat(700_000),
    ];
    for text in cases {
        let found = mistake(&text);
        assert!(found.too_much || !found.why.contains("more than"), "{found:?}");
    }
    assert!(mistake(&"a: [1]\n".repeat(400_000)).too_much);
    // Each anchor keeps a copy of what is below it.
    let anchors: String = (0..90).map(|level| format!("[&a{level} ")).collect();
    let nested = format!("a: {anchors}[{}]{}", "1,".repeat(50_000), "]".repeat(90));
    assert_eq!(mistake(&nested).why, "it has more than 200000 values once its aliases are followed");
}

#[test]
fn any_text_is_read_without_a_panic() {
    let seeds = [
        "services:\n  api:\n    build:\n      args:\n        A: one\n        B: \"x\\n\\u0041 y\"\n    ports: [80, {a: b}]\n",
        "%YAML 1.2\n%TAG ! tag:x,2000:\n---\na: &x !!str |2-\n    b\n  c\n...\n--- >+\n x\n",
        "? - a\n  - b\n: 'it''s'\n<<: *x\n!reset e: ~\n",
        "\u{feff}a: {b: [c, d], \"e\": 'f', ? g : h}\r\n# \u{e9}\u{85}x: y\u{2028}",
    ];
    let alphabet: Vec<char> = ":-[]{}'\"#&*\n\t x|>%!?,\\u0\r\0\u{e9}\u{85}\u{feff}@`~.<=".chars().collect();
    let mut seed = 7_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for round in 0..20_000 {
        let mut text: Vec<char> = seeds[round % seeds.len()].chars().collect();
        for _ in 0..=next() % 6 {
            let at = next() % text.len();
            match next() % 3 {
                0 => text[at] = alphabet[next() % alphabet.len()],
                1 => text.insert(at, alphabet[next() % alphabet.len()]),
                _ => text.truncate(at.max(1)),
            }
        }
        let _ = documents(&text.into_iter().collect::<String>());
    }
}
