//! `init --check` with the real make: what is the same, and what differs.

use crate::harness::{Done, Sandbox};

const NOT_SEEN: &str = "not seen: `-` before a line of a recipe, and what depends on files that are not there now\n";

/// A project with both files. `None` where there is no make; `.ci/run` has it.
fn project(makefile: &str, tasks: &str) -> Option<Sandbox> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|dir| dir.join("make").is_file()) {
        eprintln!("stepping aside: there is no make on PATH");
        return None;
    }
    let sandbox = Sandbox::with(tasks);
    sandbox.set("PATH", path);
    sandbox.file("Makefile", makefile);
    Some(sandbox)
}

#[track_caller]
fn compared(makefile: &str, tasks: &str, code: i32, stdout: &str) {
    let Some(sandbox) = project(makefile, tasks) else { return };
    sandbox.run("init --check --yes").is(code, &format!("{stdout}{NOT_SEEN}"), "");
}

/// `t` is the same.
#[track_caller]
fn same(makefile: &str, tasks: &str) {
    compared(makefile, tasks, 0, "same          t\n\n1 the same\n");
}

/// `t` differs so.
#[track_caller]
fn differs(makefile: &str, tasks: &str, lines: &str) {
    compared(makefile, tasks, 1, &format!("different     t\n{lines}\n1 different\n"));
}

#[test]
fn words_are_compared_one_by_one() {
    let makefile = "C = docker compose -f a.yml\nt:\n\t$(C) up -d \"a b\"\n";
    same(makefile, "compose.files = ['a.yml']\ntasks.t.steps = ['compose up -d \"a b\"']");
    let lines = "  - docker compose -f a.yml up -d 'a b'\n  + docker compose -f a.yml up -d 'a c'\n";
    differs(makefile, "compose.files = ['a.yml']\ntasks.t.steps = ['compose up -d \"a c\"']", lines);
    let lines = "  - docker compose -f a.yml up -d 'a b'\n  + docker compose -f b.yml up -d 'a b'\n";
    differs(makefile, "compose.files = ['b.yml']\ntasks.t.steps = ['compose up -d \"a b\"']", lines);
}

#[test]
fn both_names_of_compose_and_both_forms_of_a_path_are_the_same() {
    same("t:\n\tdocker-compose --file=./a.yml -pdemo ps ./x\n", "tasks.t.steps = ['compose -p demo -f a.yml ps x']");
    same("t:\n\tcp $(CURDIR)/a b\n\trun -v $(CURDIR):/app\n", "tasks.t.steps = ['cp a b', 'run -v .:/app']");
}

#[test]
fn folders_variables_and_what_may_fail_are_compared() {
    let makefile = "t:\n\tcd sub/x && A=b yarn lint || true\n\t(cd sub; yarn test)\n";
    let lint = "{ run = 'yarn lint', dir = 'sub/x', env = { A = 'b' }";
    let test = "{ run = 'yarn test', dir = 'sub' }";
    let script = "{ sh = 'cd sub/x && A=b yarn lint || true' }";
    same(makefile, &format!("tasks.t.steps = [{script}, {test}]"));
    same(
        "t:\n\tA=b yarn lint || true\n",
        "tasks.t.steps = [{ run = 'yarn lint', env = { A = 'b' }, may-fail = true }]",
    );
    same("t:\n\tcd sub/x && A=b yarn lint\n", &format!("tasks.t.steps = [{lint} }}]"));
    let lines = "  - (cd sub/x && A=c yarn lint)\n  + (cd sub/x && A=b yarn lint)\n";
    differs("t:\n\tcd sub/x && A=c yarn lint\n", &format!("tasks.t.steps = [{lint} }}]"), lines);
    let lines = "  - yarn lint || true\n  + yarn lint\n";
    differs("t:\n\tyarn lint || true\n", "tasks.t.steps = ['yarn lint']", lines);
}

#[test]
fn exported_variables_are_compared() {
    let makefile = "export A = b\nt: export C := d\nt:\n\tshow\n";
    let tasks = "env.A = { value = 'b', override = true }\n[tasks.t]\nsteps = ['show']\nenv.C = { value = 'd', override = true }";
    same(makefile, tasks);
    differs(makefile, "tasks.t.steps = ['show']", "  - A=b C=d show\n  + show\n");
    // The person's own is weaker than a plain assignment of make's.
    let tasks = "env.A = 'b'\ntasks.t.steps = ['show']";
    let lines = "  with A=xtask-probe-A:\n  - A=b show\n  + show\n";
    differs("export A = b\nt:\n\tshow\n", tasks, lines);
    same("export A ?= b\nt:\n\tshow\n", tasks);
}

#[test]
fn variables_are_set_unset_and_typed() {
    let flag = "flags.n = { value = 'N', from-env = 'N', default = '5', words = ['-n', '{value}'] }";
    let tasks = format!("[tasks.t]\nsteps = ['show {{n}}']\n{flag}");
    same("N ?= 5\nt:\n\tshow -n $(N)\n", &tasks);
    let lines = "  with N=xtask-probe-N:\n  - N=5 show -n 5\n  + show -n xtask-probe-N\n";
    differs("N = 5\nt:\n\tshow -n $(N)\n", &tasks, lines);
    // Of several, it is said which one it is.
    let two = format!("[tasks.t]\nsteps = ['show {{n}} {{m}}']\n{flag}\n")
        + "flags.m = { value = 'M', from-env = 'M', words = ['{value}'] }";
    let lines = "  with M=xtask-probe-M:\n  - M='' show -n 5\n  + show -n 5 xtask-probe-M\n  \
                 and alike with 1 other value\n";
    differs("N ?= 5\nM =\nt:\n\tshow -n $(N)\n", &two, lines);
    let args = "tasks.t.steps = ['show a {args}']";
    same("t:\n\tshow a $(ARGS)\n", args);
    let lines = "  with make ARGS=\"xtask-probe-1 xtask-probe-2\", -- xtask-probe-1 xtask-probe-2:\n  \
                 - show xtask-probe-1 xtask-probe-2 a\n  + show a xtask-probe-1 xtask-probe-2\n";
    differs("t:\n\tshow $(ARGS) a\n", args, lines);
    same("t:\n\tshow a $(filter-out $@,$(MAKECMDGOALS))\n%:\n\t@:\n", args);
}

#[test]
fn what_has_to_be_given_is_asked_for_by_both() {
    let required = "flags.name = { value = 'NAME', from-env = 'NAME', required = true, words = ['{value}'] }";
    let tasks = format!("[tasks.t]\nsteps = ['show {{name}}']\n{required}");
    same("t:\n\t$(if $(NAME),,$(error NAME is missing))\n\tshow $(NAME)\n", &tasks);
    same("t:\n\t@test -n \"$(NAME)\" || (echo \"NAME is missing\"; exit 1)\n\tshow $(NAME)\n", &tasks);
    same("t:\n\t@if [ -z \"$(NAME)\" ]; then echo NAME is missing; exit 1; fi\n\tshow $(NAME)\n", &tasks);
    let lines = "  - show\n  + # the task does not begin: task `t` needs `--name <NAME>`\n";
    differs("t:\n\tshow $(NAME)\n", &tasks, lines);
}

#[test]
fn scripts_are_compared_as_lists_of_words() {
    let makefile = "X = 1\nt:\n\t@for f in a b; do \\\n\t\tshow \"$$f\" $(X) | cat; \\\n\tdone\n";
    same(
        makefile,
        "tasks.t.steps = [{ sh = '''\n# each\nset +e\nfor f in a b\ndo\n  show \"$f\" 1 | cat\ndone\n''' }]",
    );
    let lines =
        "  - set +e; for f in a b; do show \"${f}\" 1 | cat; done\n  + for f in a b; do show \"${f}\" 1 | cat; done\n";
    differs(makefile, "tasks.t.steps = [{ sh = 'for f in a b; do show \"$f\" 1 | cat; done' }]", lines);
    let flag = "flags.x = { value = 'X', env = 'X', from-env = 'X', default = '1' }";
    same("X ?= 1\nt:\n\tshow $(X) | cat\n", &format!("[tasks.t]\nsteps = [{{ sh = 'show $X | cat' }}]\n{flag}"));
    same("t:\n\tshow a; show b\n", "tasks.t.steps = [{ run = 'show a', may-fail = true }, 'show b']");
    same("t:\n\tshow a; show b\n", "tasks.t.steps = [{ sh = 'set +e; show a; show b' }]");
    let lines = "  - show a || true\n  + show a\n    show b\n";
    differs("t:\n\tshow a; show b\n", "tasks.t.steps = [{ sh = 'show a; show b' }]", lines);
}

#[test]
fn texts_calls_and_needs_are_followed() {
    let makefile = ".PHONY: t a b\nt: a\n\t@echo \"Ready: *\"\n\t$(MAKE) b X=1\na:\n\tshow a\nb:\n\tshow b $(X)\n\
                    w:\n\tcomplicated\n";
    let tasks = "[tasks.a]\nsteps = ['show a']\n[tasks.b]\nsteps = ['show b {x}']\n\
                 flags.x = { value = 'X', from-env = 'X', words = ['{value}'] }\n\
                 [tasks.t]\nneeds = ['a']\nsteps = [{ say = 'Ready: *' }, 'task b --x 1']\n\
                 [tasks.w]\nsteps = ['make w {args}']\n[tasks.own]\nsteps = ['show']";
    let stdout = "same          a, b, t\nwrapped       w\nno target     own\n\n3 the same and 1 wrapped\n";
    compared(makefile, tasks, 0, stdout);
}

#[test]
fn files_are_as_they_are_now() {
    let Some(sandbox) = project(
        ".env:\n\tcp a .env\nt: .env\n\tshow\n",
        "[tasks.env-file]\nunless = '.env'\nsteps = ['cp a .env']\n[tasks.t]\nneeds = ['env-file']\nsteps = ['show']",
    ) else {
        return;
    };
    let stdout = format!("same          .env (env-file), t\n\n2 the same\n{NOT_SEEN}");
    sandbox.run("init --check --yes").is(0, &stdout, "");
    sandbox.file(".env", "");
    sandbox.run("init --check --yes").is(0, &stdout, "");
}

#[test]
fn what_removes_something_with_a_difference_is_an_error() {
    let makefile = "t:\n\tdocker compose -f prod.yml down -v\n";
    let stdout = "error         t\n  - docker compose -f prod.yml down -v\n  + docker compose down -v\n\n\
                  1 that removes something, with a difference\n";
    compared(makefile, "tasks.t.steps = ['compose down -v']", 1, stdout);
    let stdout = "error         t\n  - rm -rf a\n  + rm -rf b\n\n1 that removes something, with a difference\n";
    compared("t:\n\trm -rf a\n", "tasks.t.steps = ['rm -rf b']", 1, stdout);
}

#[test]
fn what_commands_print_is_asked_by_both() {
    let tasks =
        "[env]\nV = { output = 'printf 7' }\nU = { from = 'uid', override = true }\n[tasks.t]\nsteps = ['show']";
    same("export V ?= $(shell printf 7)\nexport U := $(shell id -u)\nt:\n\tshow\n", tasks);
    let tasks = "[tasks.t]\nsteps = ['show']\nenv.V = { output = 'printf 7', override = true }";
    same("t:\n\tV=$$(printf 7) show\n", tasks);
}

#[test]
fn what_make_asked_a_shell_is_asked_for_a_script_too() {
    same("t:\n\tshow $(shell echo 1 2) | cat\n", "tasks.t.steps = [{ sh = 'show $(echo 1 2) | cat' }]");
    let lines = "  - show 1 2 | cat\n  + show $(echo 1 3) | cat\n";
    differs("t:\n\tshow $(shell echo 1 2) | cat\n", "tasks.t.steps = [{ sh = 'show $(echo 1 3) | cat' }]", lines);
}

#[test]
fn a_target_that_make_refuses_is_said() {
    let stdout = "make failed   t: No rule to make target 'missing', needed by 't'.\n\n1 make failed\n";
    compared("t: missing\n\tshow\n", "tasks.t.steps = ['show']", 1, stdout);
}

#[test]
fn secret_values_are_hidden() {
    let lines = "  - show --password … a\n  + show --password … b\n";
    differs("t:\n\tshow --password hunter22 a\n", "tasks.t.steps = ['show --password hunter22 b']", lines);
    // A variable's value in a word.
    let Some(sandbox) = project("t:\n\tshow $(API_TOKEN) a\n", "tasks.t.steps = ['show b']") else { return };
    sandbox.set("API_TOKEN", "geheim-geheim");
    let stdout = format!("different     t\n  - show … a\n  + show b\n\n1 different\n{NOT_SEEN}");
    sandbox.run("init --check --yes").is(1, &stdout, "");
}

#[test]
fn nothing_is_asked_without_a_yes() {
    let Some(sandbox) = project("X := $(shell touch ran)\nt:\n\t+rm x\n", "tasks.t.steps = ['rm x']") else { return };
    let stderr = "`make -n` runs line 3 of `Makefile`: +rm x\n\
        error: no terminal to ask on: \"`make -n` runs the `$(shell …)` of `Makefile`, its lines with `+` and `$(MAKE)`. Go on?\"\n\
        hint: answer with --yes\n";
    sandbox.run("init --check").is(2, "", stderr);
    assert!(!sandbox.project().join("ran").exists());
}

#[test]
fn what_is_missing_is_one_error() {
    let sandbox = Sandbox::bare();
    let done: Done = sandbox.run("init --check");
    done.is(2, "", "error: there is no Makefile in `.`\nhint: name it: --from FILE\n");
    sandbox.file("Makefile", "t:\n");
    sandbox.run("init --check").is(2, "", "error: there is no tasks.toml in `.`\nhint: write one: docs/from-make.md\n");
    sandbox.file("tasks.toml", "tasks.t.steps = ['show']");
    let stderr = "error: there is no `make`, which is asked what it would run\nhint: install make\n";
    sandbox.run("init --check").is(2, "", stderr);
}

#[test]
fn json_has_the_lines() {
    let Some(sandbox) = project("t:\n\tshow a\n", "tasks.t.steps = ['show b']") else { return };
    let stdout = r#"{
  "makefile": "Makefile",
  "targets": [
    {
      "differences": [
        {
          "lines": [
            {
              "line": "show a",
              "mark": "-"
            },
            {
              "line": "show b",
              "mark": "+"
            }
          ],
          "removes": false,
          "set": {},
          "typed": ""
        }
      ],
      "result": "different",
      "target": "t",
      "task": "t",
      "why": null
    }
  ]
}
"#;
    sandbox.run("init --check --yes --json").is(1, stdout, "");
}
