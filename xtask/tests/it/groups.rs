//! The headings of the list, and the version that a file needs.

use crate::harness::Sandbox;

#[test]
fn tasks_are_listed_by_their_group_in_the_order_of_the_file() {
    let sandbox = Sandbox::with(
        "[tasks.up]\ngroup = 'Stack'\nsteps = ['x']\n[tasks.check]\ngroup = 'Code'\nsteps = ['x']\n[tasks.free]\nsteps = ['x']\n\
         [tasks.down]\ngroup = 'Stack'\nsteps = ['x']\n[tasks.test]\ngroup = 'Code'\nhidden = true\nsteps = ['x']\n",
    );
    let list = sandbox.run("").stdout;
    let tasks = "\n\nTasks:\n  free         x\n\nStack:\n  up           x\n  down         x\n\nCode:\n  check        x\n\nBuilt in:\n";
    assert!(list.contains(tasks), "{list}");
    let json = sandbox.run("help down --json").stdout;
    assert!(json.contains("\"group\": \"Stack\""), "{json}");
}

#[test]
fn a_file_for_a_newer_program_has_that_one_mistake() {
    let ours = env!("CARGO_PKG_VERSION");
    let sandbox = Sandbox::with("xtask = '99.1'\nkey-to-come = 1\n[tasks.t]\nsteps = ['x']\n");
    let error = format!(
        "error: this file needs xtask 99.1 or newer\n --> tasks.toml:1:9\n  |\n1 | xtask = '99.1'\n  |         ^^^^^^ \
         this is {ours}\n  |\n  = hint: update xtask\n"
    );
    sandbox.run("t").is(2, "", &error);
    // So it is where the rest is no TOML yet.
    sandbox.file("tasks.toml", "xtask = '99.1'\n[tasks.t\n");
    sandbox.run("t").is(2, "", &error);
    sandbox.file("tasks.toml", format!("xtask = '{ours}'\n[tasks.t]\nsteps = ['x']\n"));
    sandbox.program("x");
    sandbox.on("x").exit(0);
    sandbox.run("t").is(0, "", "$ x\n");
    sandbox.file("tasks.toml", "xtask = 'new'\n[tasks.t]\nsteps = ['x']\n");
    let error = format!(
        "error: `new` is no version\n --> tasks.toml:1:9\n  |\n1 | xtask = 'new'\n  |         ^^^^^\n  |\n  = hint: this \
         program's: `{ours}`\n"
    );
    sandbox.run("t").is(2, "", &error);
}

#[test]
fn a_key_of_the_whole_file_below_a_table_is_told_where_it_belongs() {
    for (text, message, place) in [
        ("[compose]\nxtask = '0.1'\n", "unknown key `xtask` in [compose]", "2 | xtask = '0.1'\n  | ^^^^^"),
        ("[env]\nxtask = '0.1'\n", "`xtask` is no variable here", "2 | xtask = '0.1'\n  | ^^^^^"),
        ("[words]\nxtask = '0.1'\n", "`xtask` stands for no words", "2 | xtask = '0.1'\n  | ^^^^^"),
    ] {
        let sandbox = Sandbox::with(&format!("{text}[tasks.t]\nsteps = ['x']\n"));
        let hint = "`xtask` is a key of the whole file: move it up, above the first [table]";
        let error = format!("error: {message}\n --> tasks.toml:2:1\n  |\n{place}\n  |\n  = hint: {hint}\n");
        sandbox.run("t").is(2, "", &error);
    }
}

#[test]
fn a_name_may_have_folders() {
    let sandbox = Sandbox::with(
        "[tasks.'build/front']\naliases = ['b/f']\nsteps = ['one']\n[tasks.all]\nneeds = ['build/front']\n",
    );
    sandbox.program("one");
    sandbox.on("one").exit(0);
    for name in ["build/front", "b/f", "all"] {
        sandbox.run(name).is(0, "", "$ one\n");
    }
    for name in ["/a", "a/", "a//b", "/"] {
        let sandbox = Sandbox::with(&format!("[tasks.'{name}']\nsteps = ['one']\n"));
        let message = format!("error: `{name}` can't be the name of a task\n");
        assert!(sandbox.run("help").stderr.starts_with(&message), "{name}");
    }
}
