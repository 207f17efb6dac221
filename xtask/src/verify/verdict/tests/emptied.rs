//! Commands that throw away what is in a mount.

use super::*;

#[test]
fn a_step_that_empties_its_mount() {
    for command in [
        "pip cache purge",
        "rm -rf /root/.cache/pip",
        "rm /root/.cache/pip/*",
        "rm -rf /root/.cache",
        "find /root/.cache -type f -delete",
        "find -L /root/.cache/pip -exec rm {} +",
    ] {
        let mount = empty(&format!("pip install x && {command}"));
        assert_judged(&mount, Verdict::Empty, &format!("with `{command}`"), "from line 5");
    }
    for (command, shown) in [
        ("rm -rf $HOME/.cache/pip/*", "rm -rf /root/.cache/pip/*"),
        ("rm -rf ~/.cache/pip", "rm -rf /root/.cache/pip"),
        ("cd /root && rm -rf .cache", "rm -rf .cache"),
        ("rm -rf .cache/*", "rm -rf .cache/*"),
    ] {
        let mut mount = empty(&format!("pip install x && {command}"));
        mount.steps[0].runs[0].look.as_mut().unwrap().folder = Some("/root".to_owned());
        assert_judged(&mount, Verdict::Empty, &format!("with `{shown}`"), "");
    }
    for command in [
        "rm -f /root/.cache/pip/lock",
        "rm -rf $X/.cache/pip",
        "find /root/.cache -name '*.pyc' -delete",
        "find /root/.cache -type f",
        "find / -delete",
        "uv cache prune",
    ] {
        assert_judged(&empty(&format!("pip install x && {command}")), Verdict::Empty, "the cause is not known", "");
    }
    let mut uv = empty("uv sync && uv cache prune --ci");
    uv.target = "/root/.cache/uv".to_owned();
    assert_judged(&uv, Verdict::Empty, "with `uv cache prune --ci`", "from line 5");
    // It stands there also where the output shows nothing.
    let mut poetry = pip("rm -rf /root/.cache/pypoetry/* && poetry install", 0);
    poetry.target = "/root/.cache/pypoetry".to_owned();
    poetry.steps[0].runs.iter_mut().for_each(|run| run.said = Said::default());
    assert_judged(&poetry, Verdict::Kept, "with `rm -rf /root/.cache/pypoetry/*`", "");
    let mut apt = empty("apt-get install x && apt-get clean");
    apt.target = "/var/cache/apt".to_owned();
    assert_judged(&apt, Verdict::Empty, "with `apt-get clean`", "from line 5");
    // Another installer's cleaning leaves it alone.
    assert_judged(&empty("pip install x && apt-get clean"), Verdict::Empty, "the cause is not known", "");
    assert_judged(&empty("pip install x && rm -rf /tmp/x"), Verdict::Empty, "the cause is not known", "");
}

#[test]
fn a_command_that_may_not_have_run_is_no_sure_cause() {
    for command in [
        "[ \"$DEV\" ] && rm -rf /root/.cache/pip; pip install x",
        "test -n \"$DEV\" && echo && rm -rf /root/.cache/pip; pip install x",
        "if [ \"$DEV\" ]; then rm -rf /root/.cache/pip; fi; pip install x",
        "pip install x || rm -rf /root/.cache/pip",
    ] {
        let why = "the step empties it itself, with `rm -rf /root/.cache/pip`; whether that command ran was not seen";
        assert_judged(&empty(command), Verdict::Empty, why, "");
        // Kept files are no fault.
        let mut silent = pip(command, 0);
        silent.steps[0].runs.iter_mut().for_each(|run| run.said = Said::default());
        assert_judged(&silent, Verdict::Kept, "pip did not print what it downloads", "");
    }
    let install = "if [ \"$DEV\" ]; then pip install --no-cache-dir x; else pip install x; fi";
    let why = "pip is told to keep nothing, by `--no-cache-dir`; whether that command ran was not seen";
    assert_judged(&empty(install), Verdict::Empty, why, "");
    // What is sure comes before it.
    assert_judged(
        &empty("[ \"$DEV\" ] && rm -rf /root/.cache/pip; pip install --no-cache-dir x"),
        Verdict::Empty,
        "by `--no-cache-dir`",
        "",
    );
}

#[test]
fn a_command_that_removes_a_part_of_the_mount() {
    let apt = |command: &str, again: u64| {
        let mut mount = pip(&format!("apt-get install x && {command}"), again);
        mount.target = "/var/cache/apt".to_owned();
        mount
    };
    for command in ["rm -rf /var/cache/apt/archives/partial", "rm -f /var/cache/apt/archives/*.deb"] {
        let why = format!("the step removes a part of it, with `{command}`; whether that is the cause was not seen");
        for (again, verdict) in [(3, Verdict::NotReused), (1, Verdict::Partly)] {
            assert_judged(&apt(command, again), verdict, &why, &format!("try it without `{command}`, in line 5"));
        }
        // The image's own file is the sure cause.
        let mut mount = apt(command, 3);
        mount.steps[0].runs[0].look.as_mut().unwrap().files = vec!["/etc/apt/apt.conf.d/docker-clean".to_owned()];
        assert_judged(&mount, Verdict::NotReused, "docker-clean", "");
    }
}
