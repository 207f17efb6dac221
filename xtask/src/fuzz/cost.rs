//! What twice the text costs a reader: `cargo test --lib -- --ignored --nocapture twice_the_text` prints it, for the readers
//! that `XTASK_COST_OF` names (`redaction,secrets`), or for all.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::fuzz::cases::variable;
use crate::fuzz::readers::{ALL, Reader};

/// Texts that grow by a part: `{n}` is its number. What comes before, the part, and what comes after, per reader.
const GROWING: &[(&str, &str, &str, &str)] = &[
    ("tasks.toml", "", "[tasks.t{n}]\nsteps = [\"task t{n} x\"]\n", ""),
    ("tasks.toml", "", "[tasks.t{n}]\nneeds = [\"t{n}1\"]\nsteps = [\"a {b}\"]\n", ""),
    ("tasks.toml", "tasks.a.steps = [", "\"b {c} $d\", ", "]\n"),
    ("tasks.toml", "tasks.a.steps = ['", "{b} | ", "']\n"),
    ("tasks.toml", "[tasks.a]\nsteps = ['b']\n[tasks.a.flags]\n", "f{n} = { words = ['x'] }\n", ""),
    ("tasks.toml", "[tasks.a]\nsteps = ['b']\n", "k{n} = 1\n", ""),
    ("tasks.toml", "tasks.a.steps = [", "{ run = 'b', may-fail = true }, { sh = 'c' }, ", "]\n"),
    ("tasks.toml", "tasks.a.steps = ['{w0}']\n[words]\n", "w{n} = '{w{n}1} x'\n", ""),
    ("tasks.toml", "tasks.a.steps = ['{w}']\nwords.w = '", "x {v} ", "'\n"),
    ("tasks.toml", "", "[tasks.t{n}]\nunless = 'a'\nneeds = ['t{n}1']\nsteps = [{ run = 'a', may-fail = true }]\n", ""),
    ("tasks.toml", "tasks.a.steps = ['b']\n", "[modes.m{n}]\nwords.w = 'x'\nenv = { A{n} = { output = 'b' } }\n", ""),
    ("tasks.toml", "x = ", "[", ""),
    ("tasks.toml", "x = [\"a[\"b\"]\n", "c = { d[\"e\"]\n[f]\n", ""),
    ("tasks.toml", "tasks.a.steps = ['b']\ntasks.a.aliases = [", "'c{n}', ", "]\n"),
    ("Makefile", "", "t{n}: t{n}1\n\ta $(B) | c\n", ""),
    ("Makefile", "", "A{n} = $(A{n}1) x\n", "t:\n\ta $(A0)\n"),
    ("Makefile", "A = x\n", "A += $(A)\n", "t:\n\ta $(A)\n"),
    ("Makefile", "A := x\n", "A := $(A)$(A)\n", "t:\n\ta $(A)\n"),
    ("Makefile", "", "ifdef A{n}\nB = x\nendif\n", "t:\n\ta $(B)\n"),
    ("Makefile", "", "ifdef A\n", "t:\n\ta\n"),
    ("Makefile", "", "t{n}: A = b\nt{n}: u\n\ta $(A)\n", "u:\n\tb $(A)\n"),
    ("Makefile", "t:\n", "\ta '$(B)' \\\n", "\tc\n"),
    ("Makefile", "t:\n\ta ", "$(if $(A),", "\n"),
    ("Makefile", "t:\n\ta $(foreach x,", "b ", ",$(x)$(x))\n"),
    ("Makefile", "", "t{n}:\n\t$(MAKE) t{n}1 X=$(X)\n", ""),
    ("compose", "services:\n", "  s{n}:\n    build: .\n    depends_on: [s{n}]\n", ""),
    ("compose", "services:\n", "  s{n}: { extends: base, image: x }\n", ""),
    ("compose", "services:\n  a:\n    environment:\n", "      V{n}: \"${A:-$B}\"\n", ""),
    ("compose", "services:\n  a:\n    ports:\n", "    - \"{n}:{n}\"\n", ""),
    ("compose", "services: ", "{a: ", ""),
    ("compose", "services:\n  a: ", "[", ""),
    ("compose", "a: &a [x]\nb:\n", "  c{n}: *a\n", ""),
    ("compose", "a: &a { x: 1 }\nb:\n", "  c{n}: { <<: *a }\n", ""),
    ("compose", "a: \"", "${B:-", "\""),
    (".env", "A=x\n", "A{n}=$A\n", ""),
    (".env", "A=x\n", "A=${A}y\n", ""),
    (".env", "A=", "${A:-", ""),
    (".env", "A=\"", "\\n", "\"\n"),
    ("Dockerfile", "FROM a AS s0\n", "FROM s{n} AS t{n}\n", ""),
    ("Dockerfile", "FROM a AS b\n", "FROM b AS b\nRUN pip install x\n", ""),
    ("Dockerfile", "FROM a\nCOPY . .\n", "RUN pip install x\n", ""),
    ("Dockerfile", "FROM a\n", "COPY f{n} .\nRUN pip install -r requirements.txt\n", ""),
    ("Dockerfile", "FROM a\n", "ARG A{n}=$A{n}\nRUN echo $A{n}\n", ""),
    ("Dockerfile", "FROM a\n", "ENV A{n}=b\nRUN npm ci\n", ""),
    ("Dockerfile", "FROM a\nRUN ", "--mount=type=cache,target=/m{n} ", "x\n"),
    ("Dockerfile", "FROM a\nRUN ", "pip install p{n} && ", "x\n"),
    ("Dockerfile", "FROM a\nRUN ", "export A{n}=b && ", "pip install x\n"),
    (".dockerignore", "", "a{n}/**/b\n!a{n}\n", ""),
    (".dockerignore", "", "*a", "\n"),
    (".dockerignore", "", "**/", "\n"),
    (".dockerignore", "", "[a-z]", "\n"),
    ("daemon.json", "{", "\"k{n}\": 1, ", "\"z\": 1}"),
    ("daemon.json", "{\"features\": {", "\"k{n}\": true, ", "\"z\": true}}"),
    ("daemon.json", "{\"a\": ", "[", ""),
    ("justfile", "", "a{n} b='c': a{n}\n  d {{b}}\n", ""),
    ("justfile", "x0 := 'a'\n", "x{n} := x{n} + x{n}\n", "a:\n  b {{x9}}\n"),
    ("justfile", "a:\n  b ", "{{c}} ", "\n"),
    ("justfile", "x := ", "(", ""),
    ("script", "case \"$1\" in\n", "b{n}) x ;;\n", "esac\n"),
    ("progress", "", "#{n} [a {n}/9] RUN x\n#{n} 0.1 y\n", ""),
    ("progress", "#1 a\n", "#1 0.1 x\n", ""),
    ("records", "[", "{\"ID\":\"{n}\",\"Parent\":\"{n},{n}\",\"Size\":\"1MB\"},", "{}]"),
    ("records", "", "ID:\t{n}\nParents:\n - {n}\nType:\tregular\nDescription:\tx\n\n", ""),
    ("compose config", "{\"services\":{", "\"s{n}\":{\"ports\":[{\"published\":\"{n}\",\"target\":1}]},", "\"z\":{}}}"),
    ("compose line", "up", " --scale a{n}=1 s{n}", ""),
    ("compose said", "", "level=warning msg=\"The \\\"V{n}\\\" variable is not set. x\"\n", ""),
    ("docker", "", "id{n};/n{n};s;False;running;0;0;;127.0.0.1:{n}:80/tcp,\n", ""),
    ("installers", "", "Collecting p{n}\n  Downloading p{n}.whl (1 kB)\n  Using cached q{n}.whl\n", ""),
    ("installers", "", "Get:{n} http://x a {n} amd64 1 [2 kB]\n", ""),
    ("manifests", "", "p{n}\np{n}==1\n", ""),
    ("manifests", "p ", "\\\n", ""),
    ("verify", "", "mark mount {n} yes 1 /x\nmark variable A{n} b\n", ""),
    ("state", "", "s{n} xtask-fresh-{n}-a\n", ""),
    ("secrets", "", "TOKEN{n}=abc{n} https://a:b{n}@c ", ""),
    ("secrets", "", "=", ""),
    ("secrets", "", "://", ""),
    ("secrets", "", "password: \"", ""),
    ("secrets", "", "_--a", ""),
    ("secrets", "", "_--key_", " x"),
    ("secrets", "", "TOKEN=$", ""),
    ("secrets", "", "TOKEN=", "/x.pem"),
    ("secrets", "", "TOKEN=\\n", ""),
    ("secrets", "", "TOKEN={", ""),
    ("secrets", "", "{TOKEN=\"\",", ""),
    ("secrets", "", "\\\"TOKEN=$", ""),
    ("secrets", "", "\\\"TOKEN=/", "x.pem"),
    ("secrets", "", "\"token\":\"/", "x.pem"),
    ("secrets", "", "\"token\":\\\"$", ""),
    ("secrets", "", "://a:b", ""),
    ("secrets", "", "://a:b/", "@c"),
    ("secrets", "", "a://b:c@d,", ""),
    ("secrets", "", "a:", ""),
    ("secrets", "", "key ", ""),
    ("secrets", "", "key: {", ""),
    ("secrets", "", "A_KEY =\n", ""),
    ("secrets", "", "A_KEY = \"\\\n", ""),
    ("secrets", "", "'", ""),
    ("secrets", "", "\"key\" ", ""),
    ("redaction", "", "TOKEN{n}=abc-{n}\n", ""),
    ("redaction", "FROM a\n", "ENV TOKEN{n}=abc-{n} B=\"c\" \\\n", ""),
    ("redaction", "TOKEN=", "a", "b-1\n"),
    ("redaction", "TOKEN=", "abcde:", "b-1\n"),
    ("redaction", "TOKEN=", "\"", "b-1\n"),
    ("redaction", "environment:\n", "  TOKEN{n}: a{n}\n", ""),
    ("redaction", "", "T{n}_KEY=aaaaaaaaaaaaaaaaaaaa{n}\n", ""),
    ("redaction", "", "${B_KEY:-x{", ""),
    ("redaction", "", "${B_KEY:-", "}"),
    ("redaction", "a: \"", "${A_KEY:-b{n}}", "\"\n"),
    ("redaction", "", "{", ""),
    ("secrets", "", "\"token\":\\\"", ""),
    ("secrets", "", "\"token\":[", ""),
];

/// The longest text, which is about what a reader takes of a file at most.
const LARGEST: usize = 4 << 20;
/// Long enough to be measured, and short enough to be waited for.
const ENOUGH: Duration = Duration::from_millis(60);

fn text(start: &str, part: &str, end: &str, size: usize) -> String {
    let mut text = start.to_owned();
    for number in 0.. {
        if text.len() >= size {
            break;
        }
        match part.contains("{n}") {
            true => text.push_str(&part.replace("{n}", &number.to_string())),
            false => text.push_str(part),
        }
    }
    text + end
}

/// The fastest of three.
fn time(reader: &Reader, text: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        (reader.read)(text);
        start.elapsed()
    };
    let first = once();
    if first > 4 * ENOUGH { first } else { first.min(once()).min(once()) }
}

/// Prints a row for each text whose cost can be measured: the reader, the part, the size, the time, and how many times that twice
/// the size takes.
#[test]
#[ignore = "a benchmark, not a test"]
fn twice_the_text() {
    let mut most = 0.0_f64;
    println!("| reader | the text grows by | kB | ms | twice the size |\n|---|---|---:|---:|---:|");
    let only = variable("XTASK_COST_OF").unwrap_or_default();
    for reader in ALL.iter().filter(|reader| only.is_empty() || only.split(',').any(|name| name == reader.name)) {
        let lines: BTreeSet<&str> = reader.texts.iter().flat_map(|text| text.split_inclusive('\n')).collect();
        let own =
            GROWING.iter().filter(|(name, ..)| *name == reader.name).map(|(_, start, part, end)| (*start, *part, *end));
        let of_text = reader.texts.iter().map(|text| ("", *text, ""));
        let of_lines = lines.into_iter().filter(|line| line.len() > 1).map(|line| ("", line, ""));
        for (start, part, end) in own.chain(of_text).chain(of_lines) {
            let mut size = 8 << 10;
            let mut took = time(reader, &text(start, part, end, size));
            while took < ENOUGH && size < LARGEST / 2 {
                size *= 2;
                took = time(reader, &text(start, part, end, size));
            }
            if took < ENOUGH {
                continue;
            }
            let ratio = time(reader, &text(start, part, end, 2 * size)).as_secs_f64() / took.as_secs_f64();
            most = most.max(ratio);
            let part: String = part.escape_debug().to_string().chars().take(50).collect();
            println!(
                "| {} | `{}` | {} | {:.0} | {ratio:.1} |",
                reader.name,
                part.replace('|', "\\|"),
                size >> 10,
                took.as_secs_f64() * 1000.0
            );
        }
    }
    println!("\nat most {most:.1} times for twice the size");
}
