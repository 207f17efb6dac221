//! Makefiles at random of the constructs in docs/init.md's table: their tasks run what make runs.

use crate::harness::Sandbox;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end.max(1)
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const VARIABLES: [&str; 13] = [
    "C = docker compose",
    "C = docker-compose -f a.yaml -f b.yaml",
    "APP := $(C) run --rm app",
    "APP = $(C) exec -T app python",
    "N ?= 5",
    "export S = 'a b'",
    "export T ?= t",
    "EMPTY =",
    "LIST = a.c b.c",
    "LIST += c.c",
    "OUT := $(LIST:.c=.o)",
    "ifdef QUIET\nFLAG = -q\nelse\nFLAG = -v\nendif",
    "U ?= $(shell id -u)",
];

const LINES: [&str; 33] = [
    "$(C) up -d",
    "$(C) logs --tail=$(N) $(S1)",
    "$(C) down --volumes",
    "$(APP) migrate $(ARGS)",
    "@$(APP) test \"$(NAME)\"",
    "-$(C) stop",
    "@echo \"Open it\"",
    "@echo 'a'; $(C) ps",
    "tool $(FLAG) $(OUT)",
    "A=b B='c d' tool x",
    "cd sub && tool a && tool b",
    "cd sub; tool $$HOME",
    "tool a || true",
    "tool a | tool b > c.txt",
    "for i in 1 2; do tool $$i $(N); done",
    "if [ -n \"$(NAME)\" ]; then tool '$(NAME)'; else tool none; fi",
    "rm -rf build/ 'a b'",
    "rm -f *.pyc",
    "mkdir -p a/b && touch a/b/c",
    "cp -r a b",
    "$(call hello,$@)",
    "$(MAKE) first",
    "$(MAKE) --no-print-directory first N=7",
    "@$(MAKE) first ARGS=\"-k x\"",
    "docker run -v $(PWD)/a:/a -u $(U) image",
    "tool --date `date +%Y` $(shell echo x)",
    "tool $(if $(DEBUG),--debug $(DEBUG),)",
    "tool $(or $(LEVEL),info)",
    "tool '{{.Name}}' \"it's\" {args}",
    "tool \\\n\t\t--one \\\n\t\t--two",
    "# nothing",
    "tool $(EMPTY) é \"\"",
    "@printf '%s\\n' $(N)",
];

fn makefile(random: &mut Random) -> String {
    let mut text = String::from(
        ".PHONY: first second third fourth\nC = docker compose\nAPP = $(C) run app\ndefine hello\n@echo hello $(1)\nendef\n",
    );
    for _ in 0..random.below(9) {
        text.push_str(random.one_of(&VARIABLES));
        text.push('\n');
    }
    for (at, name) in ["first", "second", "third", "fourth"].into_iter().enumerate() {
        let needs = ["", " first", " made", " first made"][random.below(if at == 0 { 1 } else { 4 })];
        text.push_str(&format!("{name}:{needs} ## {name}\n"));
        for _ in 0..=random.below(3) {
            // A target that calls itself has no end.
            let line = random.one_of(&LINES);
            let line = if at == 0 && line.contains("MAKE") { "tool" } else { line };
            text.push_str(&format!("\t{line}\n"));
        }
    }
    text.push_str("made:\n\tmkdir -p made\n");
    text
}

/// Whatever a Makefile has of the table's constructs, its tasks run what make would run.
#[test]
fn makefiles_at_random_run_the_same_as_tasks() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|dir| dir.join("make").is_file()) {
        eprintln!("stepping aside: there is no make on PATH");
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (count, seed) = (number("XTASK_MAKEFILES").unwrap_or(12), number("XTASK_MAKEFILES_SEED").unwrap_or(1));
    let (mut all, mut wrapped) = (0, 0);
    for seed in seed..seed + count {
        let text = makefile(&mut Random(seed));
        let sandbox = Sandbox::bare();
        sandbox.folder(".git");
        sandbox.folder("sub");
        sandbox.set("PATH", &path);
        sandbox.set("PWD", sandbox.project());
        sandbox.file("Makefile", &text);
        let written = sandbox.run("init -q");
        assert_eq!(written.code, 0, "seed {seed}\n{text}\n{}", written.stderr);
        let tasks = std::fs::read_to_string(sandbox.project().join("tasks.toml")).expect("a file");
        (all, wrapped) = (all + 5, wrapped + tasks.matches("# make still runs this").count());
        let done = sandbox.run("init --check --yes");
        assert_eq!(done.code, 0, "seed {seed}\n{text}\n---\n{tasks}\n---\n{}{}", done.stdout, done.stderr);
    }
    assert!(wrapped * 5 <= all, "{wrapped} of {all} are wrapped");
}
