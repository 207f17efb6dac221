//! Names and texts, with and without secrets.

use std::collections::HashSet;
use std::ffi::OsString;

use super::*;
use crate::ui::secret::names::{ENDINGS, PLACES, TRAITS, WORDS};

#[test]
fn a_name_means_a_secret_or_not() {
    for name in [
        "DB_PASSWORD",
        "PGPASSWORD",
        "db.password",
        "MYSQL_PWD",
        "SECRET_KEY_BASE",
        "API_KEY",
        "NPM_TOKEN",
        "authToken",
        "SENTRY_DSN",
        "GOOGLE_CREDENTIALS",
        "REDIS_AUTH",
        "AUTH",
        "SMTP_PASS",
        "Pwd",
        "XT_SECRET",
        "VAULT_SECRET_ID",
        "AWS_ACCESS_KEY_ID",
        "SOPS_AGE_KEY",
        "SECRET_AGE",
        "REDIS_AUTH2",
    ] {
        assert!(is_secret(name), "{name}");
    }
    for name in [
        "DB_HOST",
        "PORT",
        "STAGE",
        "AUTHOR",
        "AUTH_HOST",
        "KEYBOARD",
        "COMPASS",
        "PWD",
        "DB_PASSWORD_FILE",
        "TOKENIZER",
        "SECRET_DIR",
        "SSH_KEY_SOCKET",
        "TOKEN_TTL",
        "DB_PASSWORD_FILE2",
        "KEY_PATHS",
        "KEY_BITS",
        "PASSWORD_MIN_LENGTH",
        "CACHE_KEY_PREFIX",
        "key-size",
        "KEY_NAME",
        "MONKEY",
        "PASSENGER_HOST",
        "",
        "_",
    ] {
        assert!(!is_secret(name), "{name}");
    }
}

#[test]
fn secret_values_are_hidden_in_any_text() {
    for (text, shown) in [
        ("TOKEN=geheim docker compose up", "TOKEN=… docker compose up"),
        ("compose run -e 'TOKEN=ge heim' api", "compose run -e 'TOKEN=…' api"),
        ("compose run -eTOKEN=geheim api", "compose run -eTOKEN=… api"),
        ("build --build-arg=NPM_TOKEN=geheim --quiet", "build --build-arg=NPM_TOKEN=… --quiet"),
        (
            "RUN API_KEY=\"ge\\\"heim\" true && mysql --password=geheim;",
            "RUN API_KEY=\"…\" true && mysql --password=…;",
        ),
        ("at `tcp://me:ge@heim@host:1/x`, or", "at `tcp://me:…@host:1/x`, or"),
        ("db.password = \"geheim\" # why", "db.password = \"…\" # why"),
        (
            r#"{ "steps": ["x -e TOKEN=\"ge heim\" y", "A_TOKEN=ge heim"] }"#,
            r#"{ "steps": ["x -e TOKEN=\"…\" y", "A_TOKEN=…"] }"#,
        ),
        (r#""x TOKEN=geheim\nnext""#, r#""x TOKEN=…\nnext""#),
        ("mysql --password geheim --auth-token 'ge heim' x", "mysql --password … --auth-token '…' x"),
        (
            "x --api-key geheim --db-pass='ge heim' --private_key 'ge heim'",
            "x --api-key … --db-pass='…' --private_key '…'",
        ),
        ("x --client-secret geheim --access-key-id geheim", "x --client-secret … --access-key-id …"),
        // Docker's `--secret` says where one is, in fields; the word behind another program's is one.
        ("x --secret geheim --secret=geheim", "x --secret … --secret=…"),
        (
            r#"x ["run", "--password", "ge heim","--token" , 'geheim']"#,
            r#"x ["run", "--password", "…","--token" , '…']"#,
        ),
        (r"x --password ge\ heim --token=ge\ heim x", "x --password … --token=… x"),
        (
            "sort --key geheim --key 2,2nx --key=123 --key 1,2,3 --key=2,2nnnn",
            "sort --key … --key … --key=… --key … --key=…",
        ),
        (r#"{"tokens": ["geheim", "#, r#"{"tokens": …"#),
        (r#"x '{"password":"geheim", "a": 1}'"#, r#"x '{"password":"…", "a": 1}'"#),
        (r#""x {\"api_key\" : \"ge heim\"}""#, r#""x {\"api_key\" : \"…\"}""#),
        (r#"{"tokens": ["geheim", "x"], "pin_token":12345}"#, r#"{"tokens": …, "pin_token":…}"#),
        ("TOKEN=geheim, and PASSWORD=geheim.", "TOKEN=…, and PASSWORD=…."),
        ("\u{1b}[1mTOKEN=geheim\u{1b}[0m", "\u{1b}[1mTOKEN=…\u{1b}[0m"),
        ("DSN=postgres://me:geheim@db/x", "DSN=…"),
        ("TOKEN_URL=https://me:geheim@x/?key=geheim", "TOKEN_URL=https://me:…@x/?key=…"),
        ("KEY=/9j/4AAQSkZJRg KEY=/a.b/c.D", "KEY=… KEY=…"),
        ("Server=db;Uid=sa;Pwd=geheim;x", "Server=db;Uid=sa;Pwd=…;x"),
        ("x --auth me:ge-heim --private geheim12 --keys geheim", "x --auth … --private … --keys …"),
        ("x --auth 'basic dXNlcg' --private=geheim --pass-through=geheim", "x --auth '…' --private=… --pass-through=…"),
        ("A_KEY=/9j/4AAQ/abc KEY=/etc/aB3cD4 KEY=/home KEY=a+b/c.pem", "A_KEY=… KEY=… KEY=… KEY=…"),
        ("KEY=/home/0123456789abcdef0123456789abcdef0", "KEY=…"),
        ("UID=sa;PWD=geheim;PWD='geheim' PWD=/srv", "UID=sa;PWD=…;PWD='…' PWD=/srv"),
        ("host=db password='Ge heim-9' Password={Ge;heim-3};x", "host=db password='…' Password={…};x"),
        ("Uid=sa;Pwd={geheim} Pwd={geheim};x Pwd={geheim x}", "Uid=sa;Pwd={…} Pwd={…};x Pwd=…"),
        (r#"x \"A_TOKEN=$B\" \"A_TOKEN=geheim\""#, r#"x \"A_TOKEN=$B\" \"A_TOKEN=…"#),
        // What does not belong into a password, but is in one.
        ("postgres://app:Pa#ss-99@db/app, x", "postgres://app:…@db/app, x"),
        ("`redis://:p/redpw-1@h/0`", "`redis://:…@h/0`"),
        ("redis://:123/redpw@h postgres://me:a?b@db/x", "redis://:…@h postgres://me:…@db/x"),
        ("postgres://me:p@ss/w@db/x 'http://me:80x/y@h'", "postgres://me:…@db/x 'http://me:…@h'"),
        ("amqp://me:eins-1@a,amqp://me:zwei-22@b", "amqp://me:…@a,amqp://me:…@b"),
    ] {
        assert_eq!(hidden(text), shown, "{text}");
        assert_eq!(hidden(shown), shown, "twice: {shown}");
    }
    assert_eq!(starred("TOKEN = \"geheim\" # é", &HashSet::new()), "TOKEN = \"******\" # é");
    for (text, shown) in [
        ("A_TOKEN = [\"geheim\"]\nx = 1\n", "A_TOKEN = *\"******\"*\nx = 1\n"),
        ("TOKEN = geheim # x", "TOKEN = ****** * *"),
        ("\"A TOKEN\" = { a = 'geheim' }", "\"A TOKEN\" = * * * '******' *"),
        ("about = \"the key = value\"", "about = \"the key = value\""),
        // As in YAML, and other mistakes.
        ("DB_PASSWORD: \"geheim\"", "DB_PASSWORD: \"******\""),
        ("\"DB_PASSWORD\" : geheim x", "\"DB_PASSWORD\" : ****** *"),
        ("x = 1\n  DB_PASSWORD \"geheim\"\n", "x = 1\n  DB_PASSWORD \"******\"\n"),
        ("A_TOKEN =\n\"geheim\"\nx = 1", "A_TOKEN =\n\"******\"\nx = 1"),
        ("A_TOKEN =\n\n  geheim==\n[x]", "A_TOKEN =\n\n  ********\n[x]"),
        ("A_TOKEN =\nx = 1", "A_TOKEN =\nx = 1"),
        ("X = { password: \"geheim\", a: 'b', 'token': 12 }", "X = { password: \"******\", a: 'b', 'token': ** *"),
        ("A_TOKEN = \"a\\\n ge\\\nheim\"\nx = 1", "A_TOKEN = \"**\n ***\n****\"\nx = 1"),
        (
            "a = [\"key: x\", \"the token 'x'\"]\nb = 'a token: x'",
            "a = [\"key: x\", \"the token 'x'\"]\nb = 'a token: x'",
        ),
    ] {
        assert_eq!(starred(text, &HashSet::new()), shown);
    }
    assert_eq!(starred("TOKEN=\"ü\" TOKEN=\"üüü\"", &HashSet::new()).len(), "TOKEN=\"ü\" TOKEN=\"üüü\"".len());
}

#[test]
fn a_word_is_hidden_to_its_end_whatever_is_in_it() {
    let hidden = |words: &[&str]| -> Vec<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        hidden_words(&words).iter().map(|word| word.to_string_lossy().into_owned()).collect()
    };
    for value in ["geheim", "ge heim\nx", "ge\theim\n", "'ge'he\"im", "$geheim", "`geheim", "a\\b'c im", "{geheim}"] {
        for name in ["TOKEN", "--auth-token", "-eTOKEN", "--env=TOKEN", "--build-arg=A_KEY"] {
            assert_eq!(hidden(&[&format!("{name}={value}"), "x"]), [&format!("{name}=…"), "x"]);
        }
        for option in ["--password", "--api-key", "--db-pass", "--client-secret", "--secret", "--key"] {
            assert_eq!(hidden(&["x", option, value, "y"]), ["x", option, "…", "y"]);
        }
        let address = format!("tcp://me:ge{value}@host:1/x");
        assert_eq!(hidden(&[&address]), ["tcp://me:…@host:1/x"]);
        assert_eq!(hidden(&[&format!("{address},{address}")]), ["tcp://me:…@host:1/x,tcp://me:…@host:1/x"]);
    }
    assert_eq!(hidden(&["sh", "-c", "x --password 'ge heim'; echo"]), ["sh", "-c", "x --password '…'; echo"]);
    for words in [
        &["docker", "build", "--secret", "id=token,src=x", "--build-arg", "TOKEN", "--build-arg", "A=b c"][..],
        &["x", "--password", "-h", "db", "--token-url", "example.org", "--key-file", "x.pem", "--no-password", "app"],
        &["docker", "build", "--secret=id=token,src=x", "--secret", "type=env,id=token", "."],
        &["sort", "--key", "2", "--key=2", "-k", "2", "--key", "2,2n", "--key=1.3,4.5nr", "-t:"],
        &["rails", "--foreign-key", "user_id", "--public-key=a.b", "--token-type", "bearer", "--password=", "abc"],
        &["x", "--ssl-key", "/x/y.pem", "TOKEN=", "redis://:${PASSWORD}@cache", "=", "a=b", "--"],
        &["--api-key"],
    ] {
        assert_eq!(hidden(words), words);
    }
}

#[test]
fn harmless_texts_stay_as_they_are() {
    for text in [
        "docker login --password-stdin registry.example.org --token-file /x mysql --password -h db --password <PW>",
        "x --key-file /x y --token-url example.org --no-password app --private-key /x/y.pem --password-stdin app --keyboard de",
        r#"{"host": "example.org", "password": "", "secrets": {"a": {"file": "x.pem"}}, "token": "${TOKEN}", "key": "-1"}"#,
        "docker build --secret id=token,src=/run/token --secret=id=token,env=X --build-arg STAGE=production .",
        r#"docker build "--secret", "id=token,src=x", "--secret" , "--token-type", "bearer", "--password", "-h""#,
        "sort --key 2,2n, sort --key=1.3,4.5nr; --foreign-key user_id --sort-key=name 'sort --key 12,12'",
        "TOKEN=$TOKEN TOKEN=${TOKEN} TOKEN=$(cat /x) TOKEN={value} TOKEN=<VALUE> API_KEY=",
        "the key = value of TOKEN is set; sort --key=2 -k 2",
        "https://example.org:8000/a:b@c ssh://git@example.org redis://:${PASSWORD}@cache tcp://127.0.0.1:2375",
        "http://host:80/path@x http://host:80?x@y http://[::1]:80/x@y ssh://git@example.org:a/b@v1 http://host:${PORT}/x@y",
        "docker-image://alpine:3.19@sha256:0a1b oci://registry:5000/x@sha256:0a1b http://a:80/,mail me@host",
        "[ \"$TOKEN\" == yes ] && PWD=/srv OLDPWD=/x KEYBOARD=qwertz SSH_AUTH_SOCK=/run/agent",
        "TOKEN_URL=https://auth.example.com/oauth/token NODE_KEY_URL=https://deb.nodesource.com/x SECRET_HOST=db",
        "DB_PASSWORD_FILE=/run/secrets/db SSL_KEY_PATH=/x TOKEN_ENDPOINT=example.org",
        "SSH_KEY=/home/jonas/.ssh/id_rsa MY_KEY=/run/secrets TLS_KEY=certs/server.key SECRET_DIR=geheim KEY=/srv/a/",
        "TOKEN_TTL=300 KEY_BITS=2048 PASSWORD_MIN_LENGTH=12 CACHE_KEY_PREFIX=app- KEY_TYPE=rsa",
        "curl --key certs/client.key --key-size 2048 --auth basic --private my-repo --pass-through app",
        "BASIC_AUTH=false SECRET_UPLOAD=True SSL_KEY=/certs/local.key A_PASSWORD=/run/secrets/db TLS_KEY=./a.pem CREDENTIALS=~/x/key.json",
        "step 3: `POSTGRES_PASSWORD` is not set; ports: 5432:5432",
    ] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn any_text_is_hidden_without_a_panic() {
    for text in [
        "=",
        "TOKEN=",
        "éTOKEN=é",
        "TOKEN='",
        "TOKEN=\\\"",
        "TOKEN=\"\\",
        "://",
        "a://é:é@",
        "TOKEN= '",
        "}=x",
        "TOKEN=ééé\\",
    ] {
        let _ = (hidden(text), starred(text, &HashSet::new()));
    }
}

#[test]
fn an_address_has_a_password() {
    for (value, parts) in [
        ("postgres://me:geheim@db:5432/app", vec!["geheim"]),
        ("redis://:ge@heim@cache", vec!["ge@heim"]),
        ("jdbc:postgresql://db/app?user=me&password=geheim", vec!["geheim"]),
        ("Server=db;Password=geheim;Port=1", vec!["geheim"]),
        ("host=db password=geheim", vec!["geheim"]),
        ("Server=db;Uid=sa;Pwd=geheim", vec!["geheim"]),
        ("UID=sa;PWD=/geheim", vec!["/geheim"]),
        ("host=db password='Ge heim-9' x=1", vec!["Ge heim-9"]),
        ("Password={Ge;heim-3};Server=db", vec!["Ge;heim-3"]),
        ("user=x,password=geheim,x=y", vec!["geheim,x=y", "geheim"]),
        ("--password geheim --db x", vec!["geheim"]),
        ("amqp://me:eins-1@a,amqp://me:zwei-22@b", vec!["eins-1", "zwei-22"]),
        ("amqp://me:eins-1@a; amqp://me:zwei-22@b\nx://y:drei@c", vec!["eins-1", "zwei-22", "drei"]),
        ("postgres://app:Pa#ss-99@db/app", vec!["Pa#ss-99"]),
        ("redis://:p/redpw-1@h/0", vec!["p/redpw-1"]),
        // Either may be meant.
        ("postgres://me:p@ss/w@db/x", vec!["p@ss/w", "p"]),
        ("http://host:80/path@x", vec![]),
        // A field's name is no part of the value before it, and a value ends with its line.
        ("kind=token,level=info", vec![]),
        ("id=token,src=/run/x\nNAME=b", vec![]),
        ("password=geheim\nLEVEL=info", vec!["geheim"]),
        ("https://x/?auth=true&ssl_key=/certs/client.key", vec![]),
        (r#"{"host": "db", "password":"ge\"heim"}"#, vec![r#"ge\"heim"#]),
        (r#"{"key": "/x/y.pem", "secret": "false"}"#, vec![]),
        (r#"{"host": "db", "keys": "-"}"#, vec![]),
        ("https://example.org:8000/a:b@c", vec![]),
        ("ssh://git@example.org", vec![]),
        ("database", vec![]),
        ("://:@", vec![]),
    ] {
        assert_eq!(secret_parts(value), parts, "{value}");
    }
    assert_eq!(shown("URL", "postgres://me:geheim@db/x"), "postgres://me:…@db/x");
    assert_eq!(shown("TOKEN", "geheim?password=x"), "…");
    assert_eq!(shown("OPTS", "--password geheim --db geheim x=[geheim]"), "--password … --db … x=[…]");
    assert_eq!(shown("A", "postgres://me:p@ss/w@db/x"), "postgres://me:…@db/x");
    assert_eq!(shown("L", "user=x,password=geheim"), "user=x,password=…");
    assert_eq!(shown("L", &"password=abc;".repeat(65)), "…");
    assert_eq!((shown("TOKEN", "x").as_str(), shown("STAGE", "x").as_str()), ("…", "x"));
}

/// Texts made at random of what is hard to read. A number that is the same each time says which.
fn random_texts() -> impl Iterator<Item = String> {
    const PARTS: [&str; 24] = [
        "TOKEN",
        "A_KEY",
        "é",
        "x",
        "geheim",
        "=",
        " = ",
        ":",
        "\n",
        "\n",
        "\r\n",
        "\\",
        "\\\"",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "--password ",
        "://",
        "@",
        " # ",
        "[",
        "]",
        "{",
    ];
    let mut state: u64 = 1;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..20_000).map(move |_| (0..1 + next(16)).map(|_| PARTS[next(PARTS.len())]).collect())
}

#[test]
fn random_texts_are_hidden_without_a_panic_and_places_stay() {
    let lines = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
    for text in random_texts() {
        let _ = hidden(&text);
        let starred = starred(&text, &HashSet::new());
        assert_eq!((starred.len(), lines(&starred)), (text.len(), lines(&text)), "{text:?}");
    }
}

#[test]
fn a_mistake_ends_with_its_line_and_a_long_text_at_its_end() {
    for (text, shown) in [
        ("API_TOKEN = \"abc\\\nDB_PASSWORD = \"x\"\nA = 1\n", "API_TOKEN = \"****\nDB_PASSWORD = \"*\"\nA = 1\n"),
        ("\"x -e TOKEN=\\\"abc\"\nAPI_KEY = 5\nA = 1\n", "\"x -e TOKEN=*\"***\"\nAPI_KEY = *\nA = 1\n"),
        ("TOKEN = \"ge\"heim\"\nA = 1\n", "TOKEN = \"**\"****\"\nA = 1\n"),
        ("TOKEN = '''\ngeheim\n'''\nA = 1\n", "TOKEN = '''\n******\n'''\nA = 1\n"),
        (
            "A = { TOKEN = \"\"\"ge\nhe\\\"\"\"\nim\"\"\", B = 1 }\n",
            "A = { TOKEN = \"\"\"**\n***\"\"\"\n**\"\"\", B = 1 }\n",
        ),
        ("TOKEN=\"\"\"\nTOKEN = 'geheim'\nx", "TOKEN=\"\"\"\n***** * '******'\n*"),
        ("A_KEY = [\n  \"geheim\",\n]\nA = 1\n", "A_KEY = *\n  \"******\"*\n]\nA = 1\n"),
    ] {
        assert_eq!(starred(text, &HashSet::new()), shown, "{text}");
    }
    assert_eq!(hidden("TOKEN='abc\nnext\n"), "TOKEN='…\nnext\n");
    assert_eq!(hidden("x TOKEN=\\\"abc\nnext"), "x TOKEN=\\\"…\nnext");
}

/// The words between two phrases of docs/troubleshooting.md. Nothing where the package was copied into another repository.
#[allow(clippy::disallowed_methods)] // a test reads its own file
fn words_of_the_page(before: &str, after: &str) -> Option<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/troubleshooting.md");
    let page = std::fs::read_to_string(path).ok()?.split_whitespace().collect::<Vec<_>>().join(" ");
    let list = page.split_once(before).and_then(|(_, rest)| rest.split_once(after)).expect("the list is there").0;
    Some(list.replace(" or ", ", ").split(", ").map(str::to_owned).collect())
}

#[test]
fn the_page_on_troubleshooting_has_the_list() {
    let Some(words) = words_of_the_page("if a word of its name is one of ", ", or the plural") else { return };
    assert_eq!(words, WORDS);
    for word in words {
        let plural = if word.ends_with('S') { format!("{word}ES") } else { format!("{word}S") };
        for name in [&word, &format!("A_{word}_B"), &format!("{word}2"), &plural, &plural.to_lowercase()] {
            // The shell's own folder.
            assert!(is_secret(name) || name == "PWD", "{name}");
        }
    }
    let endings = words_of_the_page("if a word of its name ends in ", ": `PGPASSWORD`").expect("the page");
    assert_eq!(endings, ENDINGS);
    assert!(endings.iter().all(|word| is_secret(&format!("MY{word}")) && is_secret(&format!("MY{word}1"))));
    let places = words_of_the_page("says where a secret is: ", ", - or of").expect("the page");
    assert_eq!(places, PLACES);
    let traits = words_of_the_page("how large it is: ", ", - if its value").expect("the page");
    assert_eq!(traits, TRAITS);
    for name in [
        "COMPASS",
        "BYPASS",
        "COMPASSES",
        "BYPASS2",
        "MONKEYS",
        "KEYBOARDS",
        "PASSENGERS",
        "TOKENIZERS",
        "S",
        "2",
        "ES",
    ] {
        assert!(!is_secret(name), "{name}");
    }
}
