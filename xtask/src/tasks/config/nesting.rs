//! Whether a TOML text is nested too deep for its parser, which calls itself for each level. The parser's own bound counts
//! beginnings and ends, and after a mistake it can see more ends than there are: then nothing bounds it (toml_parser 1.1.5).

use std::ops::Range;

use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, Source, Span};

/// How much stack the parser may take: a hundred levels without optimisation. A thread has one or two MB.
const MOST: usize = 400 << 10;

/// Where a text is nested too deep, if it is.
pub fn too_deep(text: &str) -> Option<Range<usize>> {
    let tokens = Source::new(text).lex().into_vec();
    let mut watch = Watch { start: stack(), deep: None };
    parse_document(&tokens, &mut watch, &mut ());
    watch.deep
}

/// Lets the parser into a list or table, unless it has taken too much stack.
struct Watch {
    start: usize,
    deep: Option<Range<usize>>,
}

impl Watch {
    fn lets_in(&mut self, span: Span) -> bool {
        let is_deep = self.start.abs_diff(stack()) > MOST;
        if is_deep {
            self.deep.get_or_insert(span.start()..span.end());
        }
        !is_deep
    }
}

impl EventReceiver for Watch {
    fn inline_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.lets_in(span)
    }

    fn array_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.lets_in(span)
    }
}

/// Where the stack ends at the moment.
#[inline(never)]
fn stack() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_without_end_is_too_deep() {
        // The second has the form that the parser's own bound does not see.
        for (start, part) in [("x = ", "["), ("x = [\"--ta[\"c\"]\n", "no-cache = { wor[\"c\"]\n[tasks.dev.flags]\n")] {
            assert!(too_deep(&format!("{start}{}", part.repeat(20_000))).is_some(), "{part}");
        }
        for text in ["", "a = { b = [[[1]]] }\n", "a = [", &format!("x = {}", "[".repeat(100))] {
            assert_eq!(too_deep(text), None, "{text}");
        }
    }
}
