//! Sentences of compose's with secrets in them.

use super::*;

fn of(text: &str) -> Secrets {
    Secrets::default().and(&[text], |_| None)
}

/// Those of a project with these files; its `secrets` are not read.
fn of_files(compose: &str, env: &str, dockerfile: &str) -> Secrets {
    let [compose, env, dockerfiles] = [compose, env, dockerfile].map(|text| vec![text.to_owned()]);
    Secrets::of_texts(&Texts { compose, env, dockerfiles }, &[], [], |_| None)
}

#[track_caller]
fn shows(secrets: &Secrets, said: &str, shown: &str) {
    assert_eq!(secrets.redact(said), shown);
}

/// Sentences of compose 1.29, 2.26 and 2.40 with a value in them.
#[test]
fn values_are_taken_out_of_sentences() {
    let secrets = of("DB_PASSWORD=hunter2\nexport Q_KEY='it is \"x\"' # why\nURL: postgres://me:geheim@db/x\n");
    for (said, shown) in [
        ("services.api.ports: Invalid hostPort: hunter2", "services.api.ports: Invalid hostPort: ${DB_PASSWORD}"),
        (r#"parsing "hunter2": invalid syntax"#, r#"parsing "${DB_PASSWORD}": invalid syntax"#),
        (r#"invalid reference format "it is \"x\"""#, r#"invalid reference format "${Q_KEY}""#),
        ("no such host: geheim", "no such host: ${URL}"),
        ("invalid reference: repo:vhunter2x", "invalid reference: repo:v${DB_PASSWORD}x"),
        ("nothing of it", "nothing of it"),
    ] {
        assert_eq!(secrets.redact(said), shown);
    }
}

#[test]
fn values_of_env_files_are_known_as_compose_reads_them() {
    for (text, said, shown) in [
        ("Q_TOKEN=\"zz\\\"q\\\"1\"\n", "zz\"q\"1", "${Q_TOKEN}"),
        ("D_TOKEN=\"zz\\$a\\$9\"\n", "zz$a$9", "${D_TOKEN}"),
        ("A=zz\nB=con1\nC_TOKEN=${A}.${B}\n", "zz.con1", "${C_TOKEN}"),
        ("C_TOKEN=$HOST.1\n", "h.1", "${C_TOKEN}"),
        ("P_KEY=\"-----BEGIN-----\\nzzline1\\nzz9\\n\"\n", "zzline1\nzz9", "${P_KEY}\n${P_KEY}"),
        ("\u{feff}B_TOKEN=zz-bom-1\n", "B_TOKEN=zz-bom-1", "B_TOKEN=${B_TOKEN}"),
        ("export\tT_TOKEN=zz-tab-1\n", "zz-tab-1", "${T_TOKEN}"),
        // As it is written, too: one that compose refuses is quoted so.
        ("A_TOKEN=zz.$HOST.9\nB C=1\n", "zz.$HOST.9 zz.h.9", "${A_TOKEN} zz.h.9"),
    ] {
        let secrets = Secrets::default().and(&[text], |name| (name == "HOST").then(|| "h".to_owned()));
        assert_eq!(secrets.redact(said), shown, "{text}");
    }
    // The later files know the variables of the earlier ones.
    let secrets = Secrets::default().and(&["A=zz\n", "A B\n", "C_TOKEN=$A.9\n"], |_| None);
    assert_eq!(secrets.redact("zz.9"), "${C_TOKEN}");
    assert!(!Secrets::default().harmless_words("export\tA_TOKEN=geheim\n").contains("geheim"));
}

#[test]
fn each_line_of_a_value_is_a_secret() {
    let of = |name: &str, value: &str| Secrets::of_variables([(name.to_owned(), value.to_owned())]);
    assert_eq!(of("PIN_SECRET", "zz 9q\n").redact("it is zz 9q"), "it is ${PIN_SECRET}");
    let secrets = of("A_KEY", "zz one 1\n  zz two 2\nx\ntrue\n");
    assert_eq!(secrets.redact("zz two 2\nzz one 1\nx true"), "${A_KEY}\n${A_KEY}\nx true");
    assert_eq!(of("URLS", "http://a/\nhttp://me:zz-2@b/\n").redact("http://a/ zz-2"), "http://a/ ${URLS}");
}

#[test]
fn harmless_values_stay_readable() {
    let secrets = of(
        "DB_HOST=database\nSTAGE=production\nPORT=8000\nDATABASE_URL=postgres://me:geheim@database/x\nDSN=mysql://me:geheim@database/x\nAUTH_HOST=keycloak\nDB_PASSWORD_FILE=./secrets/db\n",
    );
    for said in [
        "service \"web\" depends on undefined service \"database\"",
        "no such file: /srv/production/secrets/db",
        "port 8000 of keycloak: me, mysql",
    ] {
        assert_eq!(secrets.redact(said), said);
    }
    assert_eq!(secrets.redact("postgres://me:geheim@database/x"), "${DATABASE_URL}");
}

#[test]
fn lines_that_set_nothing_are_secrets_too() {
    let secrets = of("SECRET=\"hunter2\nh!nter3=1\nMULTI='first one\nsecond one\n'\nA=1\n");
    assert_eq!(
        secrets.redact(r#"line 1: unterminated quoted value "hunter2"#),
        "line 1: unterminated quoted value ${SECRET}"
    );
    // The quotes were never closed: all that follows could be the value.
    assert_eq!(secrets.redact(r#"in variable name "h!nter3=1""#), r#"in variable name "${SECRET}""#);
    assert!(!secrets.redact("second one").contains("second"));
    let broken = of("h!nter3=1\nB=2\n");
    assert_eq!(broken.redact(r#"in variable name "h!nter3=1""#), r#"in variable name "…""#);
    let within = of("TEXT=\"first\nTOKEN=geheim\n\"\n");
    assert_eq!(within.redact("first geheim"), "first ${TEXT}");
}

#[test]
fn a_value_that_may_be_a_word_is_one_only_where_it_stands_alone() {
    let secrets = of("TOKEN=dev\nN_KEY=1\nX_KEY=ab\nPOSTGRES_PASSWORD=postgres\n");
    assert_eq!(secrets.redact("dev devices /dev/x 1 ab"), "${TOKEN} devices /${TOKEN}/x 1 ab");
    assert_eq!(secrets.redact("postgresql: postgres"), "postgresql: ${POSTGRES_PASSWORD}");
}

#[test]
fn compose_files_have_variables_of_their_own() {
    let text = "services:\n  a:\n    environment:\n      DB_PASSWORD: geheim-1 # why\n      STAGE: production\n    labels:\n      my.token: label-1\n\
        \n  b:\n    environment:\n    - \"API_KEY=geheim-2\"\n    - URL=$URL\n    image: x\n    build:\n      args: { NPM_TOKEN: geheim-3, A: b }\n\
        \x20 c: { build: { context: ., args: [\"D_TOKEN=geheim-4\"] } }\n\
        x-key: elsewhere\nx-block:\n  E_KEY: |\n    geheim-5\n\n    geheim-6\n  secrets: [name-1]\nx-a: zz\n";
    let said = "geheim-1 production geheim-2 geheim-3 geheim-4 label-1 elsewhere geheim-5 geheim-6 name-1 zz";
    let shown =
        "${DB_PASSWORD} production ${API_KEY} ${NPM_TOKEN} ${D_TOKEN} ${my.token} ${x-key} ${E_KEY} ${E_KEY} name-1 zz";
    shows(&of_files(text, "", ""), said, shown);
    // One that can't be read is known by its lines.
    shows(&of_files(&format!("{text}\tbroken: [\n"), "", ""), said, shown);
    for text in
        ["environment", "args:", "environment: {", "  - =", "environment:\n  \u{e9}: \u{e9}\n-", "A_KEY: |", "- "]
    {
        let _ = (of_files(text, "", ""), of_files(&format!("{text}\n\t["), "", ""));
    }
}

/// The commonest passwords of development are names of what they are for.
#[test]
fn a_word_of_the_project_stays_readable() {
    let text = "services:\n  postgres:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: postgres\n      POSTGRES_DB: app\n\
                \x20     API_TOKEN: geheim\n      B_KEY: my-app\n      NAME: my-app\n      URL: redis://:wort@cache/0\n      MY_KEY: |\n        zeile\n    args: { A_SECRET: flow, B: c }\n";
    let secrets = of_files(text, "ADMIN_PASSWORD=app\nMULTI_KEY=zeile\n", "");
    for (said, shown) in [
        ("service \"postgres\" of app: role \"postgres\"", "service \"postgres\" of app: role \"postgres\""),
        ("no my-app", "no my-app"),
        ("geheim wort zeile flow", "${API_TOKEN} ${URL} ${MULTI_KEY} ${A_SECRET}"),
    ] {
        assert_eq!(secrets.redact(said), shown);
    }
}

#[test]
fn switches_and_paths_are_no_secrets() {
    let secrets = of("BASIC_AUTH=false\nSSL_KEY=\"/certs/local.key\"\nTOKEN=falsetto\n");
    assert_eq!(secrets.redact("invalid boolean: false, /certs/local.key"), "invalid boolean: false, /certs/local.key");
    assert_eq!(secrets.redact("falsetto"), "${TOKEN}");
}

#[test]
fn variables_are_secrets_as_lines_are() {
    let secrets =
        Secrets::of_variables([("TOKEN".to_owned(), "s3cret".to_owned()), ("A".to_owned(), "web".to_owned())]);
    assert_eq!(secrets.redact("web s3cret"), "web ${TOKEN}");
}

#[test]
fn any_text_is_read_without_a_panic() {
    for text in [
        "",
        "=",
        "A=\"",
        "TOKEN='\\",
        "KEY=\u{e9}\u{e9}\u{e9}",
        "KEY=\u{e9}\u{fc}\"\u{e9}",
        "\"\n\"\n",
        "export ",
        "KEY=\"\u{e9}\nA=\u{e9}\n",
    ] {
        let secrets = of(text);
        for said in ["", "\u{e9}\u{e9}\u{e9}\u{fc}", text] {
            let _ = secrets.redact(said);
        }
    }
}

#[test]
fn words_of_secret_values_and_of_comments_are_not_words_of_the_project() {
    for (text, not) in [
        ("TOKEN=\"eins\ngeheimwort\"\nNAME=web\n", "geheimwort"),
        ("TOKEN='eins\nzwei\ngeheimwort'\nNAME=web\n", "geheimwort"),
        ("TOKEN=\"eins \\\" x\ngeheimwort\"\nNAME=web\n", "geheimwort"),
        ("environment:\n- \"TOKEN=eins\n  \n geheimwort\"\n- NAME=web\n", "geheimwort"),
        ("args: { TOKEN: \"eins, geheimwort\", NAME: web }\n", "geheimwort"),
        ("TOKEN=eins,geheimwort\nNAME=web\n", "geheimwort"),
        ("TOKEN: eins, geheimwort\nNAME: web\n", "geheimwort"),
        ("# was geheimwort\nNAME=web\n", "geheimwort"),
        ("NAME=web # was, geheimwort\n", "geheimwort"),
        ("TOKEN=\"eins # x\ngeheimwort\"\nNAME=web # \"\n", "geheimwort"),
        ("args: { NAME: web, TOKEN: eins } # was, geheimwort\n", "geheimwort"),
        ("MY_KEY: |\n  eins\n# why\n  geheimwort\nNAME: web\n", "geheimwort"),
    ] {
        let words = Secrets::default().harmless_words(text);
        assert!(words.contains("web") && !words.contains(not), "{text}: {words:?}");
    }
    // Neither ends a line nor opens a quote.
    let words = Secrets::default().harmless_words("image: a#b\ncommand: echo it's\nname: web\n");
    assert!(["a", "b", "it", "web"].iter().all(|word| words.contains(*word)), "{words:?}");
}

#[test]
fn the_longest_value_that_begins_somewhere_is_taken_out() {
    let secrets =
        of("A_KEY=abc123\nB_KEY=abc123cd2\nC_KEY=abc123cd2ef3\nD_KEY=\u{e9}12345\u{e9}2\nE_KEY=\u{e9}12345\u{ea}\n");
    for (said, shown) in [
        ("abc123cd2ef3 abc123cd2ef4 abc123cd3 abc124", "${C_KEY} ${B_KEY}ef4 ${A_KEY}cd3 abc124"),
        ("abc123cd2ef", "${B_KEY}ef"),
        ("\u{e9}12345\u{e9}2 \u{e9}12345\u{e9}3 \u{e9}12345\u{ea}", "${D_KEY} \u{e9}12345\u{e9}3 ${E_KEY}"),
        ("ab", "ab"),
    ] {
        assert_eq!(secrets.redact(said), shown);
    }
    // One that may be a word stands alone; a shorter one may begin at the same place.
    let secrets = of("A_KEY=develo-1\nB_KEY=develo\nC_KEY=developer\n");
    assert_eq!(secrets.redact("developers develo-2 developer develo-1x"), "developers ${B_KEY}-2 ${C_KEY} ${A_KEY}x");
}

#[test]
fn what_a_dockerfile_sets_is_known() {
    let text = "# syntax=x\nFROM a\nARG NPM_TOKEN=eins-1 B=b\nenv A_KEY=\"zwei 2\" \\\n  # why\n  B_KEY=drei\\ 3 C=d\nENV C_KEY vier 4\n\
        ENV D_KEY=`\nRUN E_KEY=fuenf true\nARG F_KEY\nENV G_KEY=$F_KEY\nARG URL='https://me:sechs-6@x/'\nENV";
    let secrets = of_files("", "", text);
    assert_eq!(
        secrets.redact("eins-1 b zwei 2 drei 3 d vier 4 fuenf sechs-6"),
        "${NPM_TOKEN} b ${A_KEY} ${B_KEY} d ${C_KEY} fuenf ${URL}"
    );
    for text in ["", "ENV", "ENV ", "ARG =", "ENV \\", "ENV '", "ENV A=\"\\", "ARG \u{e9}=\u{e9} \\", "ENV a b=c"] {
        let _ = variables::set_by(text);
    }
}

#[test]
fn the_rest_of_a_long_value_is_no_value_of_its_own() {
    for length in [126, 128, 142, 144, 146, 2100] {
        let token = format!("{}=", "a1".repeat(length / 2));
        let secrets = of(&format!("TOKEN={token}\n"));
        let said = secrets.redact(&format!("a = b: {token}"));
        assert!(said.starts_with("a = b: ${TOKEN}") && !said.contains("a1"), "{length}: {said}");
    }
}

#[test]
fn words_of_a_dockerfile_are_those_of_its_images_and_harmless_variables() {
    let words = Secrets::default()
        .words_of_dockerfile("FROM postgres:16 AS base\nENV TOKEN eins\nENV DB=app A_KEY='zwei drei'\nRUN vier\n");
    assert!(["postgres", "base", "app"].iter().all(|word| words.contains(*word)), "{words:?}");
    assert!(!["eins", "zwei", "drei", "vier"].iter().any(|word| words.contains(*word)), "{words:?}");
}

#[test]
fn what_secrets_hold_is_taken_apart_only_where_it_has_parts() {
    let json = r#"{"type": "service_account", "private_key": "-----BEGIN KEY-----\nMIIabc\n", "tokens": ["eins-1", 1234],
        "auth_uri": "https://accounts.google.com/", "url": "https://me:zwei-2@host/"}"#;
    let pretty = "{\n  \"password\": \"geheim-1\",\n  \"host\": \"database\"\n}\n";
    let key = "-----BEGIN KEY-----\nMIIabc/def+1\n}\n";
    for (content, said, shown) in [
        // A value as it is, and not its words.
        ("correct horse-7\n", "it is correct horse-7, horse-7", "it is ${app}, horse-7"),
        ("true\n", "true", "true"),
        ("'geheim-1'\n", "geheim-1", "${app}"),
        ("//registry.npmjs.org/:_authToken=npm_x", "npm_x of registry.npmjs.org", "${app} of registry.npmjs.org"),
        (
            "machine github.com login me password ghp_x",
            "machine github.com: ghp_x, password",
            "machine github.com: ${app}, password",
        ),
        ("https://me:ghp_x@github.com", "ghp_x of github.com", "${app} of github.com"),
        ("machine github.com\nlogin me\npassword ghp_x\n", "ghp_x of github.com", "${app} of github.com"),
        ("admin:hunter2\nyou:$apr1$x/y\n", "hunter2 $apr1$x/y admin", "${app} ${app} admin"),
        ("localhost:5432:app:me:geheim\n*:*:*:*:wort-1\n", "geheim wort-1 localhost", "${app} ${app} localhost"),
        (
            "[global]\nfalse\npassword = geheim\nDB_HOST=database\n",
            "[global] false geheim database",
            "[global] false ${app} database",
        ),
        (key, "-----BEGIN KEY----- MIIabc/def+1 } def+1", "-----BEGIN KEY----- ${app} } def+1"),
        (pretty, "geheim-1 at database", "${app} at database"),
        (json, "service_account accounts.google.com host", "service_account accounts.google.com host"),
        (json, "MIIabc eins-1 1234 zwei-2", "${app} ${app} ${app} ${app}"),
    ] {
        let mut secrets = Secrets::default();
        secrets.hold(&Held { name: "app".to_owned(), content: Some(content.to_owned()), ..Held::default() });
        assert_eq!(secrets.redact(said), shown, "{content}");
        assert_eq!(secrets.redact(content.trim()) == content.trim(), content == "true\n", "{content}");
    }
}

#[test]
fn what_stands_in_and_beside_variables_is_known() {
    let compose = "services:\n  a:\n    image: x\n    command: [sh, -c, \"echo ${A_TOKEN:-eins-1} ${B:-zwei-2} ${URL-https://me:drei-3@host/}\"]\n\
        \x20   environment:\n      C_KEY: ${D:-vier-4${E:-fuenf}}\n      F_KEY: \"${G}-sechs-6\"\n      H_KEY: ${I}\n      J: ${K_SECRET:+it's \\\"so\\\"}\n";
    let compose = compose.replace("\"${G}", "'${G}").replace("sechs-6\"", "sechs-6'");
    for compose in [compose.clone(), compose + "\t[\n"] {
        let secrets = of_files(
            &compose,
            "Z_URL=$Y_TOKEN${X_TOKEN-acht}\n",
            "FROM a\nARG L_KEY=\"$M\" N_KEY=\\$zz O=${P_KEY:-neun}\nENV Q_KEY=$R-elf-11 S_KEY='$a$b'\n",
        );
        shows(&secrets, "eins-1 zwei-2 drei-3 at host", "${A_TOKEN} zwei-2 ${URL} at host");
        shows(&secrets, "vier-4fuenf 1-sechs-6 ${I}", "${C_KEY} 1${F_KEY} ${I}");
        shows(&secrets, "acht neun $zz $M 1-elf-11 $a$b", "${X_TOKEN} ${P_KEY} ${N_KEY} $M 1${Q_KEY} ${S_KEY}");
    }
}

/// A word that is nothing but a default of a secret is no word of the project, nor the value of one of `secrets`.
#[test]
fn a_plain_word_can_be_a_secret() {
    let secrets = of_files(
        "services: { a: { image: x, command: 'a ${DB_PASSWORD:-swordfish} b' } }\nsecrets: { by: { environment: APP_CODE } }\n",
        "APP_CODE=seahorse\nB=jellyfish\n",
        "FROM ${BASE_TOKEN:-starfish}\nARG APP_CODE=catfish\n",
    );
    shows(&secrets, "swordfish seahorse jellyfish", "${DB_PASSWORD} ${APP_CODE} jellyfish");
    shows(&secrets, "starfish catfish", "${BASE_TOKEN} ${APP_CODE}");
}

/// What is secret by its form and what is by its value may overlap.
#[test]
fn no_rest_of_one_secret_stays_beside_another() {
    let secrets = of("APP_KEY='plant of image'\nB_KEY=geheim-1\nC_KEY=geheim-12\n");
    for (said, shown) in [
        ("API_TOKEN=plant-run", "API_TOKEN=…"),
        ("API_TOKEN=geheim-1 B=geheim-1", "API_TOKEN=${B_KEY} B=${B_KEY}"),
        ("--password 'a geheim-1 b'", "--password '…'"),
        ("https://me:xgeheim-1@host", "https://me:…@host"),
        ("C_TOKEN=x plant of image", "C_TOKEN=x ${APP_KEY}"),
        ("plant of image", "${APP_KEY}"),
        ("A_TOKEN=xplant of image", "A_TOKEN=…"),
    ] {
        shows(&secrets, said, shown);
    }
    // Two values, too.
    let secrets = of("A_KEY=abc-12 def\nB_KEY=def-ghi-99\nC_TOKEN=a1a1a1\nD_TOKEN=a1a1-geheim-9\n");
    shows(&secrets, "abc-12 def-ghi-99 abc-12 def a1a1a1a1-geheim-9 a1a1a1a1", "… ${A_KEY} … ${C_TOKEN}");
}

#[test]
fn the_host_of_a_url_stays_though_all_of_it_is_secret() {
    let secrets = of("SENTRY_DSN=https://public@sentry.example.org/12345\nD_KEY=amqp://dbhost2/vhost1\n");
    shows(
        &secrets,
        "no such host: sentry.example.org, dbhost2: 12345 vhost1 public",
        "no such host: sentry.example.org, dbhost2: ${SENTRY_DSN} ${D_KEY} ${SENTRY_DSN}",
    );
}

/// A name that a person chose for a host, a folder or a service is no variable's.
#[test]
fn names_of_other_things_are_no_secret_variables() {
    let compose = "services:\n  auth:\n    image: keycloak\n    extra_hosts: { token: 10.0.0.7 }\n    environment: { KC_PASSWORD: keycloak }\n\
        \x20   build: { context: ., additional_contexts: { private: ../shared-lib, far: 'https://me:geheim-1@git.example/x.git' } }\n\
        \x20   x-a:\n      API_KEYS:\n      - geheim-2\n      - wort\n";
    let secrets = of_files(compose, "A_TOKEN=wort\n", "");
    shows(&secrets, "image keycloak 10.0.0.7 ../shared-lib", "image keycloak 10.0.0.7 ../shared-lib");
    shows(&secrets, "geheim-1 geheim-2 wort", "… ${API_KEYS} ${API_KEYS}");
    let secrets = of_files("a: 'postgres://me:${P:-dogfish}@db/x'\n", "", "");
    shows(&secrets, "dogfish at db", "${a} at db");
}
