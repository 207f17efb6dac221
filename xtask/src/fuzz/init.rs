//! What `init` reads: whatever stands in it, what is written is a valid tasks.toml.

use std::path::Path;

use crate::cli::commands;
use crate::init::draft::Draft;
use crate::init::justfile;
use crate::init::script;
use crate::init::settle::settle;
use crate::init::translate;

pub const SCRIPTS: &[&str] = &[
    "#!/bin/sh\nset -e\ncase \"${1:-help}\" in\n  # Start it\n  up|start)\n    docker compose up\n    case \"$2\" in\n      x) y;;\n    esac\n    ;;\n\
     \x20 test) shift; pytest \"$@\" ;;\n  down) # Stop it\n    docker compose down ;;\n  -h|--help) usage ;;\n  *)\n    exit 1\nesac\n",
    "case $1 in a) b;; esac\n",
    "case \"$1\" in\n(a.b) x ;&\n'c') y ;; # why\nesac\n",
];

pub fn script(text: &str) -> bool {
    is_valid(script::draft(Path::new("run.sh"), text, None));
    !script::branches(text).is_empty()
}

fn is_valid(draft: Draft) {
    match settle(draft, commands::known()) {
        Ok(settled) => assert!(settled.draft.tasks.iter().all(|task| settled.text.contains(&task.source))),
        Err(problem) => assert!(problem.message.ends_with("there is no task in this file"), "{problem}"),
    }
}

pub const JUSTFILES: &[&str] = &[
    "set dotenv-load\nset shell := [\"bash\", \"-uc\"]\nexport APP := \"demo\"\ncompose := \"docker compose -f dev.yml\"\n# List\ndefault:\n  @just --list\n\
     # Build it\n[group('dev')]\nbuild *args:\n  {{compose}} build {{args}}\n\n[confirm(\"Really?\")]\ndeploy env +rest: (up env) && clean\n\
     \x20 cd web && yarn build {{rest}}\nup env=\"dev\": build\n  @echo \"Open http://x\"\n  -docker network create lan\nalias d := deploy\n\
     [private]\nclean:\n  rm -rf build\n",
    "x := 'a' / `b c` + env_var_or_default(\"C\", '''\n  d\n''')\ny := if x == 'a' { \"b\\n\" } else if x =~ 'c' { f(x, y) } else { (x) }\na x='b' $y=(x + 'c'):\n\
     \x20 #!/usr/bin/env bash\n  set -euo pipefail\n  b {{x}} '{{{{'\n[linux, group: 'g']\nb:\n  c \\\n    d {{quote(x)}} | e\n",
    "import 'x.just'\nmod y\nset export\nset positional-arguments := true\n_a *b=\"c\":\n\techo \"{{b}}\" $1 ${HOME}\nb:\n\tc\n",
];

pub fn justfile(text: &str) -> bool {
    let draft = justfile::draft(text, &|name| (name == "x.just").then(|| text.to_owned()), vec!["file", "quiet"]);
    let is_one = draft.tasks.iter().any(|task| task.wrapped.is_none());
    is_valid(draft);
    is_one
}

pub const MAKEFILES: &[&str] = &[
    "SHELL := /bin/bash\nCOMPOSE = docker compose -f a.yaml\nAPP = $(COMPOSE) run --rm app\nLINES ?= 100\nexport STAGE = test\nexport TAG ?= $(shell git rev-parse HEAD)\n\
     ##@ Stack\n.PHONY: up down\nup: .env | data ## Start it\n\t@echo \"Open it\"\n\t-docker network create lan\n\t$(COMPOSE) up -d $(service)\ndown:\n\tcd web && $(COMPOSE) down -v || true\n\
     logs: ; $(COMPOSE) logs --tail=$(LINES) $(ARGS)\n.env:\n\tcp .env.example .env\ndata:\n\tmkdir -p $@\n%:\n\t@:\n",
    "ifneq (,$(wildcard .env))\ninclude .env\nexport\nendif\nifeq ($(OS),Windows_NT)\nRM = del\nelse ifdef CI\nT = -T\nendif\ndefine say\n@echo $(1)\nendef\n\
     test: guard-NAME\nifdef ONLY\n\tpytest $(ONLY)\nelse\n\tpytest $(T) # all\nendif\n\t$(call say,done)\n\t$(MAKE) clean X=$(X)\nguard-%:\n\t@test -n \"${${*}}\" || exit 1\n\
     clean:\n\tfor i in a b; do rm -f $$i.o; done\n\trm -rf $(patsubst %.c,%.o,a.c b.c) \\\n\t  build\nmigrate-%: clean\n\tpython manage.py migrate $*\n",
    "A := $(if $(B),$(B),c)\nB += d\nx y:: z\n\t@$(A) '$(C)' \"$(D)\" $$HOME `date`\nx: E = f\nx: export G ?= h\n-include x.mk\n$(eval a: b)\nhelp:\n\t@grep '##' $(MAKEFILE_LIST)\n",
];

pub fn makefile(text: &str) -> bool {
    let draft =
        translate::of_text(text, "Makefile", &|path| path == "data", &|path| (path == "x.mk").then(|| text.to_owned()));
    let is_one = draft.tasks.iter().any(|task| task.wrapped.is_none());
    if let Err(problem) = settle(draft, commands::known()) {
        assert!(problem.message.ends_with("there is no task in this file"), "{problem}");
    }
    is_one
}
