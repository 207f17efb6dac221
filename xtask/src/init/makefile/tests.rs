//! What is read and evaluated of a Makefile.

use crate::init::makefile::evaluate::{Evaluated, World, evaluate};
use crate::init::makefile::lines::{find_outside, reference_end, split_outside};
use crate::init::makefile::piece;
use crate::system::os::Os;

fn evaluated(text: &str) -> Evaluated {
    evaluate(text, "Makefile", &World { os: Os::Linux, holds: Default::default() }, &|_| None)
}

/// What a text becomes behind the variables of a Makefile.
fn expanded(variables: &str, text: &str) -> String {
    let file = evaluated(variables);
    let pieces = file.scope.expand(text);
    piece::text(&pieces).unwrap_or_else(|| piece::shown(&piece::flat(&pieces)))
}

#[test]
fn references_end_where_their_bracket_is_closed() {
    assert_eq!(reference_end("$(a $(b) c) d", 0), Some(11));
    assert_eq!(reference_end("${a}", 0), Some(4));
    assert_eq!(reference_end("$@x", 0), Some(2));
    assert_eq!(reference_end("$(a", 0), None);
    assert_eq!(split_outside("a,$(b,c),(d,e),f", ','), ["a", "$(b,c)", "(d,e)", "f"]);
    assert_eq!(find_outside("$(a:b) c: d", |rest| rest.starts_with(':')), Some(8));
}

#[test]
fn functions_do_what_those_of_make_do() {
    for (text, result) in [
        ("$(subst ee,EE,feet on the street)", "fEEt on the strEEt"),
        ("$(patsubst %.c,%.o,x.c.c bar.c a)", "x.c.o bar.o a"),
        ("$(SOURCES:.c=.o)", "a.o b.o"),
        ("$(strip  a b c )", "a b c"),
        ("$(findstring a,a b c)", "a"),
        ("$(filter %.c %.s,foo.c bar.s baz.h)", "foo.c bar.s"),
        ("$(filter-out a c,a b c)", "b"),
        ("$(sort foo bar lose foo)", "bar foo lose"),
        ("$(word 2,foo bar baz)", "bar"),
        ("$(wordlist 2,3,foo bar baz)", "bar baz"),
        ("$(words a b c)", "3"),
        ("$(firstword a b)$(lastword c d)", "ad"),
        ("$(dir src/foo.c hacks)", "src/ ./"),
        ("$(notdir src/foo.c hacks)", "foo.c hacks"),
        ("$(suffix src/foo.c src-1.0/bar.c hacks)", ".c .c"),
        ("$(basename src/foo.c src-1.0/bar hacks)", "src/foo src-1.0/bar hacks"),
        ("$(addsuffix .c,foo bar)", "foo.c bar.c"),
        ("$(addprefix src/,foo bar)", "src/foo src/bar"),
        ("$(join a b,.c .o)", "a.c b.o"),
        ("$(foreach x,a b,$(x)$(x))", "aa bb"),
        ("$(if ,yes,no)$(if x,yes,no)", "noyes"),
        ("$(or ,,z)$(and a,b)", "zb"),
        ("$(call twice,a,b)", "a-b-a"),
    ] {
        assert_eq!(expanded("SOURCES = a.c b.c\ntwice = $(1)-$(2)-$(1)\n", text), result, "{text}");
    }
}

#[test]
fn variables_are_expanded_when_make_does() {
    let variables = "A = $(B)\nB = late\nC := $(D)\nD = not seen\nE = one\nE += two\nF ?= mine\n";
    assert_eq!(expanded(variables, "$(A)|$(E)"), "late|one two");
    // It was not set when it was looked at, and the file sets it itself.
    assert_eq!(expanded(variables, "$(C)"), "");
    // The person's own is stronger than a default.
    assert_eq!(expanded(variables, "$(F)"), "$(F)");
    assert_eq!(expanded("A := x\nB := $(A)\nA := y\n", "$(B)$(A)"), "xy");
    assert_eq!(expanded("define A\none\ntwo\nendef\n", "$(A)"), "one\ntwo");
    assert_eq!(expanded("A = a # comment\nB = \\# no comment\n", "$(A)|$(B)"), "a |# no comment");
    assert_eq!(expanded("A = 1 \\\n   2\n", "$(A)"), "1 2");
}

#[test]
fn what_only_a_run_knows_is_not_guessed() {
    assert!(piece::unknown(&evaluated("").scope.expand("$(wildcard *.c)")).is_some());
    assert!(piece::unknown(&evaluated("").scope.expand("$(eval A = b)")).is_some());
    assert!(piece::unknown(&evaluated("").scope.expand("$(A")).is_some());
    assert_eq!(expanded("", "$(shell git rev-parse HEAD)"), "$(shell git rev-parse HEAD)");
    assert_eq!(expanded("", "$(CURDIR)/x"), "$(CURDIR)/x");
    // A variable that stands in itself has no end.
    assert!(piece::unknown(&evaluated("A = $(A) b\n").scope.expand("$(A)")).is_some());
}

#[test]
fn rules_have_their_needs_comments_and_groups() {
    let file = evaluated(
        "##@ Stack\n.PHONY: up\nup: build | data ## Start it\n\tdocker compose up\n\n# Build the images\nbuild: ; docker build .\n\
         # ---- Other ----\n\n# a = b\nx y:\n\techo $@\ndata:\n\tmkdir data\n",
    );
    let rules: Vec<_> = file
        .targets
        .iter()
        .map(|target| (target.name.as_str(), target.about.as_deref(), target.group.as_deref(), target.needs.join(" ")))
        .collect();
    assert_eq!(
        rules,
        [
            ("up", Some("Start it"), Some("Stack"), "build".to_owned()),
            ("build", Some("Build the images"), Some("Stack"), String::new()),
            ("x", None, Some("Other"), String::new()),
            ("y", None, Some("Other"), String::new()),
            ("data", None, Some("Other"), String::new()),
        ]
    );
    assert_eq!(file.targets[0].order_only, ["data"]);
    assert!(file.phony.contains("up"));
}

#[test]
fn conditions_are_decided_or_noted() {
    let file =
        evaluated("A = 1\nifeq ($(A),1)\nB = yes\nelse ifdef C\nB = no\nendif\nifdef CI\nD = 1\nelse\nD = 2\nendif\n");
    assert_eq!(piece::text(&file.scope.expand("$(B)$(D)")).as_deref(), Some("yes2"));
    assert_eq!(file.assumed.into_iter().collect::<Vec<_>>(), [("CI is set".to_owned(), false)]);
}
