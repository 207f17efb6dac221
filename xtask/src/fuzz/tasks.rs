//! tasks.toml: a valid file can be planned, and every mistake of another has its place.

use crate::cli::commands;
use crate::system::os::Os;
use crate::tasks::config::{Config, hidden};
use crate::tasks::plan;
use crate::tasks::typed::Typed;
use crate::ui::report::Report;
use crate::ui::source::Source;

pub const TEXTS: &[&str] = &[
    "#:schema x\n[compose]\nfiles = [\"a.yaml\"]\nwait = 1_20\n[env]\nA = \"\u{e9}\"\n[tasks.dev]\nabout = \"Start \\\"it\\\"\"\n\
     steps = [\"task build {no-cache} -- {args}\", 'compose up {tail} \"b c\"']\nneeds = [\"c\"]\n[tasks.dev.flags]\n\
     no-cache = { words = [\"--no-cache\"] }\n\
     tail = { value = \"N\", default = \"3\", choices = [\"3\"], words = [\"--tail={value}\"], env = \"T\" }\n\
     [tasks.build]\nsteps = [\"compose build {no-cache} {args}\"]\nflags.no-cache = { words = [\"--no-cache\"] }\n\
     windows = { steps = [\"x {no-cache} {args}\"], env = { B = \"1\" } }\n\
     [tasks.check]\naliases = [\"c\"]\ndir = \"a/b\"\nconfirm = \"Sure?\"\nhidden = true\nsteps = [\"cargo test\"]\n\
     [tasks.help]\nbuiltin = \"help\"\n",
    "[cache]\nnamespace = \"project\"\n[tasks]\na.steps = ['b']\nb = { needs = ['a'], steps = [\"\"\"docker ps --format '{{.Names}}'\"\"\"] }\n",
    "[tasks.a]\nsteps = [\n  'task a',\n]\n[tasks.a]\n",
    "xtask = '0.1'\n[words]\napp = '{run} compose run app'\nrun = ''\n[tasks.setup]\ngroup = 'G'\nunless = 'a/../.env'\ndir = 'b'\n\
     needs = ['a']\nsteps = ['{app} x {m} {l}', { sh = '''\n  \u{e9} | \"$@\"\n ''' }, { say = 'Open' }]\n\
     flags.m = { value = 'T', words = ['-m', '{value}'], required = true }\n\
     flags.l = { value = 'L', words = ['{value}'], from-env = 'L' }\n\
     [tasks.a]\nsteps = [{ run = 'task setup --m x', may-fail = true }, { run = 'y', dir = 'c', env = { A = '1' } }]\n",
    "env-files = ['.env', { path = '.b', required = false }]\n[env]\nA = { from = 'user' }\nB = { output = 'git x' }\n\
     C = { value = 'c', override = true }\n[words]\nrun = ''\n[modes.e]\nwhen = { env = 'CI', is = '1' }\n\
     compose.files = ['a.yaml']\nenv = { C = 'd' }\nenv-files = ['.e']\nwords.run = 'uv run'\n\
     [tasks.t]\nmode = 'e'\nsteps = ['{run} x', 'cp -r a b', 'task u']\n[tasks.u]\nsteps = ['{run} y']\n",
];

pub fn read(text: &str) -> bool {
    let mut good = true;
    for os in [Os::Linux, Os::Windows] {
        let found = match Config::parse(text, commands::known(), os) {
            Ok(config) => {
                for task in &config.tasks {
                    let _ = plan::plan(&config, task, &Typed::anything(&task.body), None);
                }
                continue;
            }
            Err(found) => found,
        };
        good = false;
        assert!(!found.is_empty());
        for finding in &found {
            assert!(text.get(finding.span()).is_some(), "{finding:?}");
        }
        let shown = Report::new(Source::new("tasks.toml", text), found, &hidden::flags_in(text)).render(false);
        assert!(shown.starts_with("error: "));
    }
    good
}
