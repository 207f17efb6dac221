//! What a check or a rule found: what was seen, where, why it matters, and what to type. The mistakes of tasks.toml,
//! doctor's checks, the hint below a failed step and lint's rules are all this one type; `report` renders it.

use std::ops::Range;
use std::sync::Arc;

use crate::ui::source::Source;

/// How bad it is, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Ok,
    /// It could be better, or it can't be told from here whether it is right.
    Advice,
    /// It works, but not as expected.
    Warning,
    /// It does not work, or will not on the next build.
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `None` while the text is read by code that does not know its file.
    pub source: Option<Arc<Source>>,
    pub span: Range<usize>,
    /// The text beside the caret: what was expected there.
    pub label: Option<String>,
}

/// One finding. All texts are lower-case phrases without a full stop, the thing in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check or rule: `engine`, `ports`.
    pub rule: &'static str,
    pub severity: Severity,
    pub place: Option<Box<Place>>,
    /// What was seen.
    pub message: String,
    /// Why it matters here. None where it is ok, or plain.
    pub why: Option<String>,
    /// What to do; ends in something to type where that is possible.
    pub fix: Option<String>,
}

impl Finding {
    /// Its place and the text that it is in, if it has a place.
    pub fn placed(&self) -> Option<(&Place, &Arc<Source>)> {
        let place = self.place.as_ref()?;
        Some((place, place.source.as_ref()?))
    }

    fn new(rule: &'static str, severity: Severity, message: impl Into<String>) -> Finding {
        Finding { rule, severity, place: None, message: message.into(), why: None, fix: None }
    }

    pub fn ok(rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(rule, Severity::Ok, message)
    }

    pub fn warning(rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(rule, Severity::Warning, message)
    }

    pub fn advice(rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(rule, Severity::Advice, message)
    }

    pub fn error(rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(rule, Severity::Error, message)
    }

    /// Where it is, in the text that is read at the moment.
    pub fn at(mut self, span: Range<usize>) -> Finding {
        match &mut self.place {
            Some(place) => place.span = span,
            None => self.place = Some(Box::new(Place { source: None, span, label: None })),
        }
        self
    }

    /// Which file its place is in.
    pub fn of(mut self, source: &Arc<Source>) -> Finding {
        if let Some(place) = &mut self.place {
            place.source = Some(Arc::clone(source));
        }
        self
    }

    /// Sets the text beside the caret; does nothing without a place.
    pub fn label(mut self, label: impl Into<String>) -> Finding {
        if let Some(place) = &mut self.place {
            place.label = Some(label.into());
        }
        self
    }

    pub fn why(mut self, why: impl Into<String>) -> Finding {
        self.why = Some(why.into());
        self
    }

    pub fn fix(self, fix: impl Into<String>) -> Finding {
        self.fix_if(Some(fix.into()))
    }

    /// The same where a fix may not be known.
    pub fn fix_if(self, fix: Option<String>) -> Finding {
        Finding { fix, ..self }
    }

    /// Its bytes; an empty range without a place.
    pub fn span(&self) -> Range<usize> {
        self.place.as_ref().map_or(0..0, |place| place.span.clone())
    }
}
