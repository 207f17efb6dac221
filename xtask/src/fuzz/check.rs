//! What `init --check` reads: scripts, and what make prints.

use crate::init::check::shell::{fill::Values, script};
use crate::init::check::{item, ours, printed, shown};
use crate::system::environment::Environment;

pub const SCRIPTS: &[&str] = &[
    "set -e; cd sub && A=\"b $C\" docker-compose -f x up -d || true # why\nfor f in *.x; do echo $f | cat > \"$f.y\"; done",
    "if [ -z \"$(X)\" ] && test ! -f a; then echo no; exit 1; elif true; then :; else { a; b & }; fi 2>&1 >/dev/null",
    "x=`docker ps -q \\`a\\``; while ! (ping -c1 ${H:-db:$P} \\\n  ); do sleep 1; done; export A=b; exec env -u B rm -rf /x/{a,b} '~'",
];

/// What is read is shown as a script that reads the same.
pub fn script(text: &str) -> bool {
    let place = item::Place { dir: "/p".to_owned(), ..item::Place::default() };
    let environment = Environment::read("none");
    for ends in [true, false] {
        let items = ours::of_script(text, &place, &Values::default(), &environment, ends);
        assert!(items.iter().all(|item| item::Item::is_same(item, item)), "{items:?}");
        items.iter().for_each(|item| assert!(!shown::item(item, "/p").is_empty()));
    }
    script::parse(text).is_some()
}

pub const MAKE: &[&str] = &[
    "make: Entering directory '/p'\ncp a b\nmake up X=1\nmake[1]: Entering directory '/p/sub'\ndocker compose up \\\n\t-d\n\
     make[1]: Leaving directory '/p/sub'\nmake: Leaving directory '/p'\n",
    "make: Nothing to be done for 'a'.\nmake: 'b' is up to date.\n# comment\n\\\\\n\\",
];

/// Every line of make's is there once.
pub fn make(text: &str) -> bool {
    fn count(lines: &[printed::Line]) -> usize {
        lines.iter().map(|line| line.text.lines().count() + count(line.called.as_deref().unwrap_or_default())).sum()
    }
    let lines = printed::lines(text);
    assert!(count(&lines) <= text.lines().count(), "{lines:?}");
    !lines.is_empty()
}
