//! Compose files at random: every form of what we read, in several files that include, extend and override one another.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Way;
use crate::system::random::Random;

/// What a value may be, as it stands in YAML.
const VALUES: [&str; 40] = [
    "one",
    "\"two three\"",
    "'it''s'",
    "010",
    "0x1F",
    "1_000",
    "1.10",
    "1e3",
    "1e21",
    "-0.5",
    "true",
    "False",
    "yes",
    "off",
    "~",
    "null",
    "\"\"",
    "''",
    "\"08\"",
    "08",
    "12:30",
    "\"a\\tb\\u00e9\"",
    "$A",
    "\"${B:-b}\"",
    "${B-}",
    "x${A}y",
    "\"${C:-${D:-d}}\"",
    "\"${A:+set}\"",
    "\"${EMPTY:+set}${EMPTY+there}\"",
    "\"${EMPTY:-was empty}\"",
    "\"$$A $${A}\"",
    "\"100$\"",
    "\"${A:?needed}\"",
    "'${B:-a}${C-${A}}'",
    "|\n          two\n          lines",
    ">-\n          folded\n          text",
    "\"over\n          lines\"",
    "a#b",
    "a:b",
    "+5",
];

/// One that is text in any place.
const WORDS: [&str; 12] = [
    "app",
    "./app",
    "'../x'",
    "\"${CTX}\"",
    "${CTX:-here}",
    "sub/${A}",
    ".",
    "\"a b\"",
    "https://example.org/x.git#main",
    "~/there",
    "/abs/./x/..",
    "${B:-${CTX}}",
];

const NAMES: [&str; 4] = ["api", "db", "job", "web"];

/// Files, each with its path and its text, and how compose is called for them.
pub struct Project {
    pub files: Vec<(&'static str, String)>,
    pub way: Way,
}

impl Project {
    /// Puts other characters into some places of one file.
    pub fn spoil(&mut self, random: &mut Random) {
        const OTHERS: &str = ":-[]{}'\"#&*\n\t x|>%!?,\\$u0\r@`~.<=\u{e9}\u{feff}";
        let others: Vec<char> = OTHERS.chars().collect();
        let file = random.below(self.files.len());
        let mut text: Vec<char> = self.files[file].1.chars().collect();
        for _ in 0..=random.below(2) {
            if text.is_empty() {
                break;
            }
            let at = random.below(text.len());
            match random.below(3) {
                0 => text[at] = random.of(&others),
                1 => text.insert(at, random.of(&others)),
                _ => drop(text.remove(at)),
            }
        }
        self.files[file].1 = text.into_iter().collect();
    }
}

pub fn project(random: &mut Random) -> Project {
    let files = files(random);
    Project { files, way: way(random) }
}

fn files(random: &mut Random) -> Vec<(&'static str, String)> {
    let mut files = vec![(".env", env_file(random))];
    let mut top = String::new();
    if random.one_in(4) {
        top += "name: ${PROJECT:-Some_Name}\n";
    }
    if random.one_in(3) {
        top += random.of(&[
            "include: [inc/compose.yaml]\n",
            "include:\n  - path: inc/compose.yaml\n",
            "include:\n  - path: [inc/compose.yaml, inc/more.yaml]\n    project_directory: .\n",
            "include:\n  - path: inc/compose.yaml\n    env_file: inc/other.env\n",
        ]);
        files.push(("inc/compose.yaml", services(random, &["inner"], &[], Kind::Included)));
        files.push(("inc/more.yaml", services(random, &["inner"], &[], Kind::Over)));
        files.push(("inc/.env", env_file(random)));
        files.push(("inc/other.env", env_file(random)));
    }
    files.push(("base/base.yaml", services(random, &["base", "lower"], &[], Kind::Base)));
    top += "x-shared: &shared\n  restart: always\n  build: &build { context: shared, args: { S: 1 } }\n";
    top += &services(random, &NAMES, &["base"], Kind::First);
    files.push(("compose.yaml", top));
    files.push(("base/a.env", env_file(random)));
    files.push(("below/here/.env", env_file(random)));
    if random.one_in(2) {
        files.push(("compose.override.yaml", services(random, &NAMES[1..], &[], Kind::Over)));
    }
    files
}

/// How compose is called for such a project; its folder is from the project's.
fn way(random: &mut Random) -> Way {
    let options: &[&str] = random.of(&[
        &[],
        &[],
        &["-f", "compose.yaml"],
        &["-f", "compose.yaml", "--file=base/base.yaml"],
        &["--project-directory", "base"],
        &["-f", "compose.yaml", "--project-directory", ".."],
        &["-p", "given"],
        &["--env-file", "base/a.env"],
        &["--env-file=.env", "--env-file", "base/a.env"],
        &["-f", "base/base.yaml"],
    ]);
    let variables: &[(&str, &str)] = random.of(&[
        &[],
        &[],
        &[("A", "own"), ("CTX", "own/$A")],
        &[("EMPTY", ""), ("B", "")],
        &[("COMPOSE_FILE", "compose.yaml:base/base.yaml")],
        &[("COMPOSE_FILE", "base/base.yaml,compose.yaml"), ("COMPOSE_PATH_SEPARATOR", ",")],
        &[("COMPOSE_PROJECT_NAME", "by_variable")],
        &[("COMPOSE_ENV_FILES", "base/a.env,.env")],
        &[("COMPOSE_DISABLE_ENV_FILE", "true")],
    ]);
    // Compose looks upwards from a folder below.
    let is_below = options.is_empty() && variables.len() < 2 && random.one_in(3);
    let dir = PathBuf::from(if is_below { "below/here" } else { "" });
    Way { dir, options: options.to_vec(), variables: variables.to_vec() }
}

fn env_file(random: &mut Random) -> String {
    let mut text = String::new();
    let lines = [
        "A=a\n",
        "export B='b $A'\n",
        "CTX=ctx/${A:-none}\n",
        "CTX: \"c t x\"\n",
        "D=\"d\\n${B}\" # no\n",
        "EMPTY=\n",
        "C=c#c #c\n",
        "# A=x\n",
        "CTX=~/home\n",
        "A='over\nlines'\n",
        "B\n",
        "OPEN=$$x\\$y\n",
        "COMPOSE_PROJECT_NAME=of_env\n",
        "COMPOSE_FILE=compose.yaml:base/base.yaml\n",
    ];
    for _ in 0..random.below(8) {
        text += random.of(&lines);
    }
    text
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    First,
    Included,
    Over,
    Base,
}

fn services(random: &mut Random, names: &[&str], others: &[&str], kind: Kind) -> String {
    let mut text = "services:\n".to_owned();
    for (at, name) in names.iter().enumerate() {
        let _ = writeln!(text, "  {name}:");
        if kind == Kind::Over && random.one_in(8) {
            text.truncate(text.len() - 1);
            text += " !override\n";
        }
        service(random, &mut text, &names[..at], others, kind);
    }
    text
}

fn service(random: &mut Random, text: &mut String, earlier: &[&str], others: &[&str], kind: Kind) {
    let before = text.len();
    if kind == Kind::First && random.one_in(4) {
        *text += "    <<: *shared\n";
    }
    match (random.below(6), earlier.last(), others.first()) {
        (0, Some(earlier), _) => _ = writeln!(text, "    extends: {earlier}"),
        (1, Some(earlier), _) => _ = writeln!(text, "    extends: {{ service: {earlier} }}"),
        (2, _, Some(other)) => _ = writeln!(text, "    extends:\n      file: base/base.yaml\n      service: {other}"),
        _ => {}
    }
    // Compose wants one of the two.
    let is_built = random.below(3) > 0;
    if is_built {
        build(random, text, kind);
    }
    if !is_built || random.one_in(3) {
        let image = random.of(&["postgres", "\"python:${TAG:-3.12}\"", "'x/y'", "$A"]);
        let _ = writeln!(text, "    image: {image}");
    }
    if random.one_in(4) {
        *text += random.of(&[
            "    healthcheck:\n      test: [\n        \"CMD\", \"true\"\n      ]\n",
            "    command: [\"a\",\n      'b']\n",
            "    command: >\n      a ${A}\n      b\n",
            "    command: \"a\n    b\"\n",
            "    environment: { A: 1, B: ~, C: $A }\n",
            "    environment:\n      - A=1\n      - B\n",
            "    labels:\n    - a=b\n    - \"c=d\"\n",
            "    ports: [\"80:80\", 81]\n",
            "    profiles: [p, \"q\"]\n",
            "    profiles:\n    - r\n",
        ]);
    }
    if let (Some(earlier), true) = (earlier.first(), random.one_in(4)) {
        let list = random.one_in(2);
        let long = format!("\n      {earlier}: {{ condition: service_healthy }}");
        let short = format!(" [ {earlier} ]");
        let _ = writeln!(text, "    depends_on:{}", if list { short } else { long });
    }
    if text.len() == before {
        *text += "    image: nothing\n";
    }
}

fn build(random: &mut Random, text: &mut String, kind: Kind) {
    let tag = match (kind, random.below(8)) {
        (Kind::Over, 0) => " !override",
        (Kind::Over, 1) => {
            *text += "    build: !reset null\n    image: instead\n";
            return;
        }
        _ => "",
    };
    match random.below(5) {
        0 if tag.is_empty() => {
            let _ = writeln!(text, "    build: {}", random.of(&WORDS));
            return;
        }
        1 if kind == Kind::First => {
            *text += "    build:\n      <<: *build\n";
        }
        _ => _ = writeln!(text, "    build:{tag}"),
    }
    let before = text.len();
    if random.below(3) > 0 {
        let _ = writeln!(text, "      context: {}", random.of(&WORDS));
    }
    match random.below(6) {
        0 => *text += "      dockerfile: Dockerfile.${A:-dev}\n",
        1 => *text += "      dockerfile: \"../x/Dockerfile\"\n",
        2 => *text += "      dockerfile_inline: |\n        FROM x\n        RUN echo $${A} ${A}\n",
        _ => {}
    }
    if random.one_in(3) {
        let _ = writeln!(text, "      target: {}", random.of(&["dev", "\"${TARGET:-ci}\"", "'x'"]));
    }
    args(random, text);
    if random.one_in(4) {
        *text += random.of(&[
            "      additional_contexts:\n        root: .\n        img: docker-image://alpine:3\n",
            "      additional_contexts: [ \"root=../${A}\", other=https://example.org/y.git ]\n",
            "      extra_hosts: [\"h=1.2.3.4\"]\n",
            "      extra_hosts: { h: 1.2.3.4 }\n",
            "      network: host\n",
            "      shm_size: 67108864\n",
        ]);
    }
    if text.len() == before {
        *text += "      context: only\n";
    }
}

fn args(random: &mut Random, text: &mut String) {
    let names = ["ONE", "TWO", "A", "OPEN", "EMPTY", "S"];
    let count = random.below(4);
    let first = random.below(names.len());
    let names: Vec<&str> = names.iter().cycle().skip(first).take(count).copied().collect();
    match random.below(4) {
        0 => {}
        1 if count > 0 => {
            *text += "      args:\n";
            for name in names {
                let values = ["=1", "", "=${B:-x}", "=", "='q'", "=a=b", "=$$A"];
                let _ = writeln!(text, "        - {name}{}", random.of(&values));
            }
        }
        2 => {
            let values = ["1", "'2'", "$A", "\"${B:-{}}\"", "x y", "1.0"];
            let pairs: Vec<String> = names.iter().map(|name| format!("{name}: {}", random.of(&values))).collect();
            let _ = writeln!(text, "      args: {{ {}\n      }}", pairs.join(", "));
        }
        _ if count > 0 => {
            *text += "      args:\n";
            for name in names {
                let _ = writeln!(text, "        {name}: {}", random.of(&VALUES));
            }
        }
        _ => {}
    }
}
