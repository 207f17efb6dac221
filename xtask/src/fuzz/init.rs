//! What `init` reads: whatever stands in it, what is written is a valid tasks.toml.

use std::path::Path;

use crate::cli::commands;
use crate::init::draft::Draft;
use crate::init::script;
use crate::init::settle::settle;

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
