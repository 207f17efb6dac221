//! What a check found: what was seen, why it matters for this repository, and what to type.

/// How bad it is. Its order is that of badness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Ok,
    /// It works, and will disappoint.
    Warning,
    /// It does not work, or will not on the next build.
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One line of `doctor`. All texts are lower-case phrases without a full stop, the thing in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check's name, one word: `engine`, `ports`.
    pub check: &'static str,
    pub severity: Severity,
    /// What was seen on this machine.
    pub seen: String,
    /// Why it matters here. None where it is ok.
    pub why: Option<String>,
    /// What to do; ends in something to type where that is possible.
    pub fix: Option<String>,
}

impl Finding {
    pub fn ok(check: &'static str, seen: impl Into<String>) -> Finding {
        Finding { check, severity: Severity::Ok, seen: seen.into(), why: None, fix: None }
    }

    pub fn warning(check: &'static str, seen: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::ok(check, seen) }
    }

    pub fn error(check: &'static str, seen: impl Into<String>) -> Finding {
        Finding { severity: Severity::Error, ..Finding::ok(check, seen) }
    }

    pub fn why(mut self, why: impl Into<String>) -> Finding {
        self.why = Some(why.into());
        self
    }

    pub fn fix(mut self, fix: impl Into<String>) -> Finding {
        self.fix = Some(fix.into());
        self
    }
}
