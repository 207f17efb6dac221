//! What people see: results on stdout, talk on stderr, questions on a terminal. Secret values are hidden and control
//! characters escaped here, once for all.

use std::fmt::Display;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::OnceLock;

use serde_json::Value;

use crate::ui::escape::{self, one_line, shown};
use crate::ui::problem::Problem;
use crate::ui::report::Report;
use crate::ui::secret::hidden;
use crate::ui::style::{self, Paint as _, Styles};

/// The first failure to write a result.
static UNWRITTEN: OnceLock<String> = OnceLock::new();
/// How many characters of a live line are shown: the narrowest usual terminal has 80 columns.
const LIVE_WIDTH: usize = 78;

/// The two streams, and how much to say.
#[derive(Clone, Copy, Debug)]
pub struct Ui {
    pub out: Styles,
    pub err: Styles,
    pub quiet: bool,
    pub verbose: bool,
}

impl Ui {
    /// `color`: what `--color` was given; `variable`: the person's own variables.
    pub fn new(color: &str, variable: impl Fn(&str) -> Option<String>) -> Ui {
        let decide = |terminal: bool| Styles::new(style::is_coloured(color, &variable, terminal));
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Ui {
            out: decide(out && terminal_knows_colours()),
            err: decide(err && terminal_knows_colours()),
            quiet: false,
            verbose: false,
        }
    }

    /// A result. A reader that closed its end (`| head`) is not an error.
    pub fn result(&self, text: impl Display) {
        self.bare_result(shown(&hidden(&text.to_string())));
    }

    /// A result as JSON. What is hidden in a text ends with it, before its closing quote.
    pub fn json(&self, value: Value) {
        self.bare_json(&hidden_in(value));
    }

    /// The same with its secret values: the person asked for them.
    pub fn bare_json(&self, value: &Value) {
        self.bare_result(escape::json(&format!("{value:#}")));
    }

    /// A result for a shell, as it is.
    pub fn bare_result(&self, text: impl Display) {
        let mut stdout = io::stdout().lock();
        if let Err(error) = writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            if error.kind() != io::ErrorKind::BrokenPipe {
                let _ = UNWRITTEN.set(error.to_string());
            }
        }
    }

    /// Why a result could not be written, if one could not: a full disk, say.
    pub fn unwritten(&self) -> Option<&'static str> {
        UNWRITTEN.get().map(String::as_str)
    }

    /// The command that runs now; a script in it has several lines.
    pub fn echo(&self, command: &str) {
        let mut mark = "$ ";
        for line in command.split('\n').filter(|_| !self.quiet) {
            self.tell(format_args!("{}{}", mark.style(self.err.faint), one_line(line).style(self.err.command)));
            mark = "";
        }
    }

    /// Progress, unless quiet.
    pub fn note(&self, text: impl Display) {
        if !self.quiet {
            self.tell(one_line(text));
        }
    }

    /// Whether a line on stderr can be overwritten.
    pub fn is_live(&self) -> bool {
        !self.quiet && io::stderr().is_terminal() && terminal_knows_colours()
    }

    /// Progress on one line that the next call overwrites; an empty text clears it. Only where `is_live`.
    pub fn live(&self, text: &str) {
        // A line wider than the terminal would wrap, and stay.
        let text: String = shown(&hidden(&one_line(text))).chars().take(LIVE_WIDTH).collect();
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r\u{1b}[2K{text}").and_then(|()| stderr.flush());
    }

    /// Shown only with `-v`.
    pub fn detail(&self, text: impl Display) {
        if self.verbose {
            self.tell(format_args!("{}", one_line(text).style(self.err.faint)));
        }
    }

    pub fn warning(&self, text: impl Display, hint: &str) {
        self.tell(format_args!("{}: {}", "warning".style(self.err.warning), one_line(text)));
        self.hint(hint);
    }

    /// What to type. Prints nothing if it is empty.
    pub fn hint(&self, hint: &str) {
        if !hint.is_empty() {
            self.tell(format_args!("{}: {}", "hint".style(self.err.hint), one_line(hint)));
        }
    }

    pub fn problem(&self, message: impl Display) {
        self.tell(format_args!("{}: {}", "error".style(self.err.error), one_line(message)));
    }

    /// An error, in its own form.
    pub fn error(&self, error: &anyhow::Error) {
        if let Some(report) = error.downcast_ref::<Report>() {
            return self.tell(report.render(self.err.coloured));
        }
        let problem = error.downcast_ref::<Problem>();
        // The alternate form is the whole chain: what was tried, and why it failed.
        self.problem(format_args!("{error:#}"));
        for line in problem.iter().flat_map(|problem| &problem.lines) {
            self.tell(format_args!("  {}", one_line(line)));
        }
        self.hint(problem.and_then(|problem| problem.hint.as_deref()).unwrap_or_default());
    }

    /// Text from elsewhere, such as a container's last lines.
    pub fn quote(&self, text: &str) {
        for line in text.lines() {
            self.tell(format_args!("  {} {}", "|".style(self.err.faint), one_line(line)));
        }
    }

    /// A line on stderr, quiet or not.
    pub fn tell(&self, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{}", shown(&hidden(&text.to_string())));
    }

    /// Asks on the terminal; anything but yes is no. An error without a terminal.
    pub fn confirm(&self, question: &str) -> anyhow::Result<bool> {
        if !io::stdin().is_terminal() {
            return Err(Problem::new(format!("no terminal to ask on: \"{question}\""))
                .hint("answer with --yes")
                .into());
        }
        let _ = write!(io::stderr().lock(), "{} [y/N] ", shown(&hidden(&one_line(question))));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

/// What a panic says, before anybody has an `Ui`. With `RUST_BACKTRACE` there is a backtrace.
pub fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let backtrace = std::backtrace::Backtrace::capture();
    let text = match backtrace.status() {
        std::backtrace::BacktraceStatus::Captured => format!("{panic}\n{backtrace}"),
        _ => panic.to_string(),
    };
    let _ = writeln!(
        io::stderr().lock(),
        "error: this is a fault in the program, please report it: {}",
        shown(&hidden(&text))
    );
}

fn hidden_in(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(hidden(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(hidden_in).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (hidden(&key).into_owned(), hidden_in(value))).collect()
        }
        other => other,
    }
}

#[cfg(not(windows))]
fn terminal_knows_colours() -> bool {
    true
}

/// The console of Windows 10 and later understands colours once it is told to; an older one never does.
#[cfg(windows)]
fn terminal_knows_colours() -> bool {
    use std::os::windows::io::AsRawHandle as _;
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetConsoleMode(console: *mut std::ffi::c_void, mode: *mut u32) -> i32;
        fn SetConsoleMode(console: *mut std::ffi::c_void, mode: u32) -> i32;
    }
    const ENABLE_VIRTUAL_TERMINAL_PROCESSING: u32 = 4;
    let console = if io::stderr().is_terminal() { io::stderr().as_raw_handle() } else { io::stdout().as_raw_handle() };
    let mut mode = 0;
    // SAFETY: the handle is this process's own stream, open for as long as it lives; `mode` is ours to write to.
    unsafe {
        GetConsoleMode(console.cast(), &mut mode) != 0
            && SetConsoleMode(console.cast(), mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0
    }
}
