//! `init` with small Makefiles that are easy to get wrong: what they become, or why they stay make's.

use crate::harness::Sandbox;

/// The tasks.toml that is made of it, without its first line.
fn made(makefile: &str, files: &[(&str, &str)]) -> String {
    let sandbox = Sandbox::bare();
    sandbox.folder(".git");
    sandbox.file("Makefile", makefile);
    for (path, text) in files {
        sandbox.file(path, text);
    }
    let done = sandbox.run("init -n -q");
    assert_eq!(done.code, 0, "{makefile}\n{}", done.stderr);
    done.stdout.split_once("\n\n").map(|(_, tasks)| tasks.to_owned()).unwrap_or_default()
}

#[track_caller]
fn becomes(makefile: &str, tasks: &str) {
    assert_eq!(made(makefile, &[]).trim_end(), tasks, "{makefile}");
}

#[track_caller]
fn stays(makefile: &str, files: &[(&str, &str)], name: &str, why: &str) {
    let made = made(makefile, files);
    let expected = format!("# make still runs this: {why}\nsteps = [\"make {name} {{args}}\"]");
    assert!(made.contains(&expected), "{makefile}\n{made}");
}

#[test]
fn an_exported_variable_of_one_target_is_that_of_its_steps() {
    becomes(
        "ENV = dev\nexport ENV\n.PHONY: a\na: ENV = prod\na:\n\ttool a\n",
        "[env]\nENV = { value = \"dev\", override = true }\n\n[tasks.a]\nsteps = [{ run = \"tool a\", env = { ENV = \"prod\" } }]",
    );
    stays(
        "ENV ?= dev\nexport ENV\nprod: ENV = prod\nprod: deploy\ndeploy:\n\tpython deploy.py\n",
        &[],
        "prod",
        "its variable `ENV` is for `deploy`, too",
    );
}

#[test]
fn a_flag_that_is_a_part_of_an_exported_value_stays_with_make() {
    let makefile = "TAG ?= latest\nIMG ?= repo/app:$(TAG)\nexport IMG\npush:\n\ttool push $(TAG)\n";
    stays(makefile, &[], "push", "`TAG` is a part of a variable that its programs get");
}

#[test]
fn a_condition_on_a_file_of_variables_is_no_mode() {
    let makefile =
        "include .env\nexport\nifeq ($(ENV),prod)\nFLAG = --prod\nelse\nFLAG = --dev\nendif\na:\n\ttool $(FLAG)\n";
    stays(makefile, &[(".env", "ENV=prod\n")], "a", "it depends on whether ENV is `prod`");
}

#[test]
fn what_bash_reads_differently_stays_with_make() {
    let bash = |line: &str| format!("SHELL := /bin/bash\na:\n\t{line}\n");
    for (line, why) in [
        ("pushd sub; tool x; popd", "`pushd` is bash's, and `sh` may not have it"),
        ("for d in {build,dist}; do tool $$d; done", "`{a,b}` is bash's, and `sh` leaves it as it is"),
        ("if [ \"$$X\" == \"1\" ]; then tool yes; fi", "`==` is bash's, and `sh` may not have it"),
        ("tool \"a\" | tool $${X/a/b}", "bash reads this differently than `sh`"),
        ("echo \"a\\tb\"", "bash reads this differently than `sh`"),
        ("tool {a,b}", "`{a,b}` is bash's, and `sh` leaves it as it is"),
    ] {
        stays(&bash(line), &[], "a", why);
    }
    becomes("a:\n\ttool {a,b}\n", "[tasks.a]\nsteps = [{ sh = \"tool {a,b}\" }]");
    let nounset = "SHELL := /bin/bash -euo pipefail\na:\n\ttool $$X\n";
    stays(nounset, &[], "a", "its shell ends where a variable is not set (`-u`), and `sh` does not");
}

#[test]
fn what_changes_how_make_runs_is_seen() {
    stays("MAKEFLAGS += --ignore-errors\na:\n\ttool\n", &[], "a", "`MAKEFLAGS` has `--ignore-errors`");
    becomes("MAKEFLAGS += --no-print-directory -j4\na:\n\ttool\n", "[tasks.a]\nsteps = [\"tool\"]");
    stays(".ONESHELL:\na:\n\t-tool a\n\ttool b\n", &[], "a", "its one shell may fail");
    stays("a:\n\t$(info hello)\n\ttool\n", &[], "a", "make says something while it reads `$(info hello)`");
    stays("a: b\n\t@$(MAKE) b > log\nb:\n\ttool\n", &[], "a", "it calls make itself in a way that no step can");
}

#[test]
fn a_make_in_another_folder_is_not_for_the_tasks_of_this_one() {
    becomes(
        "up:\n\tcd sub && $(MAKE) down; tool a\ndown:\n\ttool b\n",
        "[tasks.up]\nsteps = [\n  { sh = '''\n    set +e\n    cd sub && make down; tool a\n  ''' },\n]\n\n[tasks.down]\nsteps = [\"tool b\"]",
    );
}

#[test]
fn a_makefile_that_a_script_calls_can_not_go() {
    let sandbox = Sandbox::bare();
    sandbox.folder(".git");
    sandbox.file("Makefile", "up:\n\ttool a || make b\nb:\n\ttool b\n");
    let done = sandbox.run("init -n");
    assert!(done.stderr.contains("`Makefile` can go when `up` no longer calls it\n"), "{}", done.stderr);
}

#[test]
fn needs_come_in_the_order_of_make() {
    becomes(
        "p: a\np: b\n\ttool p\na:\n\ttool a\nb:\n\ttool b\n",
        "[tasks.p]\nneeds = [\"b\", \"a\"]\nsteps = [\"tool p\"]\n\n[tasks.a]\nsteps = [\"tool a\"]\n\n[tasks.b]\nsteps = [\"tool b\"]",
    );
    let venv = "venv: requirements.txt\n\tpython -m venv venv\n";
    let why = "make looks whether `venv` is older than what it needs";
    stays(venv, &[("requirements.txt", "")], "venv", why);
}

#[test]
fn names_that_a_task_can_not_have_make_room_for_those_that_it_can() {
    becomes(
        ".test:\n\ttool a\ntest-file:\n\ttool b\n",
        "[tasks.test-file-2]\nunless = \".test\"\nsteps = [\"tool a\"]\n\n[tasks.test-file]\nsteps = [\"tool b\"]",
    );
}

#[test]
fn a_makefile_without_targets_is_one_error() {
    let sandbox = Sandbox::bare();
    sandbox.folder(".git");
    sandbox.file("Makefile", "A = b\n");
    sandbox.run("init").is(
        2,
        "",
        "error: there is no target in what was found, or none that can be read\nhint: what make itself says of it: make -n\n",
    );
}
