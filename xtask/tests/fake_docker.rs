//! A strict stand-in for docker, docker-compose or any other program: it logs each call and answers as scripted.
//!
//! Copied under a name into a folder, it reads `script.txt` beside itself and appends to `calls.txt`. A call that the
//! script does not know fails loudly: exit code 97. `harness.rs` writes the one and reads the other. A script:
//!
//! ```text
//! call docker compose version
//! err docker:%20'compose'%20is%20not%20a%20docker%20command.%0A
//! exit 1
//! call tool *
//! ```
//!
//! The words are escaped (`%20`; `''` is an empty word); a last `*` takes any further ones. Each `call` begins an
//! answer. Several answers for the same words are used in order, and the last one again and again.

// The floors are the program's own.
#![allow(clippy::disallowed_methods)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::exit;
use std::time::{Duration, Instant};

/// The exit code of an unscripted call.
const UNSCRIPTED: i32 = 97;
/// The exit code when something that a test promised did not come.
const GAVE_UP: i32 = 98;
const PATIENCE: Duration = Duration::from_secs(60);

struct Answer {
    pattern: String,
    actions: Vec<(String, String)>,
}

fn main() {
    let exe = env::current_exe().expect("own path");
    let here = exe.parent().expect("own folder").to_owned();
    let mut words: Vec<OsString> = env::args_os().collect();
    words[0] = exe.file_stem().expect("own name").to_owned();
    // The interpreter of a script: it is the script that was called.
    if words[0] == "python3" {
        words.remove(0);
        words[0] = Path::new(&words[0]).file_stem().expect("the script's name").to_owned();
    }
    let words: Vec<String> = words.iter().map(|word| escape(word)).collect();
    let call = words.join(" ");
    let answers = script(&here.join("script.txt"));
    let matching: Vec<&Answer> = answers.iter().filter(|answer| matches(&answer.pattern, &words)).collect();
    let log = here.join("calls.txt");
    let Some(first) = matching.first() else {
        record(&log, "unscripted", "-", &call);
        eprintln!("fake: unscripted call: {call}");
        exit(UNSCRIPTED);
    };
    // The first of the patterns that match counts, with all of its answers.
    let pattern = first.pattern.replace(' ', "+");
    let used = uses(&log, &pattern);
    let same: Vec<&&Answer> = matching.iter().filter(|answer| answer.pattern == first.pattern).collect();
    let answer = same[used.min(same.len() - 1)];
    record(&log, "call", &pattern, &call);
    for (action, text) in &answer.actions {
        act(action, text);
    }
}

fn script(path: &Path) -> Vec<Answer> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut answers: Vec<Answer> = Vec::new();
    for line in text.lines() {
        let (action, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (action, answers.last_mut()) {
            ("call", _) => answers.push(Answer { pattern: rest.to_owned(), actions: Vec::new() }),
            (_, Some(answer)) => answer.actions.push((action.to_owned(), unescape(rest))),
            (_, None) => panic!("fake: an action before any call: {line}"),
        }
    }
    answers
}

fn matches(pattern: &str, words: &[String]) -> bool {
    let expected: Vec<&str> = pattern.split(' ').collect();
    match expected.split_last() {
        Some((&"*", fixed)) => words.len() >= fixed.len() && words.iter().zip(fixed).all(|(word, fixed)| word == fixed),
        _ => words.len() == expected.len() && words.iter().zip(&expected).all(|(word, expected)| word == expected),
    }
}

fn uses(log: &Path, pattern: &str) -> usize {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().filter(|line| line.split('\t').nth(1) == Some(pattern)).count()
}

/// One line a call: how it went, the pattern, the words, the folder, the environment.
fn record(log: &Path, kind: &str, pattern: &str, call: &str) {
    let dir = env::current_dir().unwrap_or_default();
    let variables: Vec<String> = env::vars_os()
        .map(|(name, value)| {
            let mut pair = name;
            pair.push("=");
            pair.push(value);
            escape(&pair)
        })
        .collect();
    let line = format!("{kind}\t{pattern}\t{call}\t{}\t{}\n", escape(dir.as_os_str()), variables.join(" "));
    append(log).write_all(line.as_bytes()).expect("log");
}

#[cfg(unix)]
fn append(log: &Path) -> fs::File {
    fs::OpenOptions::new().create(true).append(true).open(log).expect("log")
}

/// Nobody else writes while the file is open: Wine appends in two steps, and two calls at once would lose one's line.
#[cfg(windows)]
fn append(log: &Path) -> fs::File {
    use std::os::windows::fs::OpenOptionsExt;
    const SHARE_READ: u32 = 1;
    const SHARING_VIOLATION: i32 = 32;
    loop {
        match fs::OpenOptions::new().create(true).append(true).share_mode(SHARE_READ).open(log) {
            Err(error) if error.raw_os_error() == Some(SHARING_VIOLATION) => {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            opened => return opened.expect("log"),
        }
    }
}

fn act(action: &str, text: &str) {
    match action {
        "out" => print_all(io::stdout(), text.as_bytes()),
        "err" => print_all(io::stderr(), text.as_bytes()),
        // It ends when nobody reads any more.
        "forever" => while io::stdout().write_all(text.repeat(10_000).as_bytes()).is_ok() {},
        "exit" => exit(text.parse().expect("a code")),
        "file" => fs::write(PathBuf::from(text), "").expect("a file"),
        "until" => wait(|| Path::new(text).exists()),
        "env" => print_all(io::stdout(), format!("{text}={:?}\n", env::var_os(text)).as_bytes()),
        "dir" => print_all(io::stdout(), format!("{}\n", env::current_dir().expect("dir").display()).as_bytes()),
        "stdin" => {
            let mut input = Vec::new();
            io::stdin().read_to_end(&mut input).expect("stdin");
            print_all(io::stdout(), &input);
        }
        "streams" => {
            let is = |terminal: bool| if terminal { "terminal" } else { "other" };
            let (stdin, stdout, stderr) =
                (io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal());
            let line = format!("stdin={} stdout={} stderr={}\n", is(stdin), is(stdout), is(stderr));
            print_all(io::stdout(), line.as_bytes());
        }
        "catch" => signals::catch(),
        "await" => wait(|| signals::count(text) > 0),
        "die-at-next" => signals::die_at_next(),
        "signals" => {
            let counts: Vec<String> =
                signals::NAMES.iter().map(|name| format!("{name}={}", signals::count(name))).collect();
            fs::write(PathBuf::from(text), counts.join(" ")).expect("a file");
        }
        "die" => signals::die(text),
        other => panic!("fake: no such action: {other}"),
    }
}

fn print_all(mut stream: impl Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes).and_then(|()| stream.flush());
}

/// Waits for what the test or the program under test will do. It gives up in the end, so that no test hangs.
fn wait(mut there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !there() {
        if start.elapsed() > PATIENCE {
            eprintln!("fake: gave up waiting");
            exit(GAVE_UP);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn escape(word: &std::ffi::OsStr) -> String {
    let bytes = word.to_string_lossy().into_owned().into_bytes();
    #[cfg(unix)]
    let bytes = {
        let _ = bytes;
        std::os::unix::ffi::OsStrExt::as_bytes(word).to_vec()
    };
    if bytes.is_empty() {
        return "''".to_owned();
    }
    bytes
        .into_iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b',' | b'@' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        match (byte, behind) {
            (b'%', [high, low, ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    OsString::from(String::from_utf8(bytes).expect("UTF-8")).into_string().expect("UTF-8")
}

mod signals {
    use std::sync::atomic::{AtomicUsize, Ordering};

    pub const NAMES: [&str; 3] = ["INT", "TERM", "HUP"];
    static COUNTS: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

    pub fn count(name: &str) -> usize {
        let at = NAMES.iter().position(|known| *known == name).expect("a signal");
        COUNTS[at].load(Ordering::SeqCst)
    }

    #[cfg(unix)]
    const NUMBERS: [i32; 3] = [2, 15, 1];

    #[cfg(unix)]
    unsafe extern "C" {
        fn signal(number: i32, handler: usize) -> usize;
        fn raise(number: i32) -> i32;
    }

    #[cfg(unix)]
    extern "C" fn note(number: i32) {
        if let Some(at) = NUMBERS.iter().position(|known| *known == number) {
            COUNTS[at].fetch_add(1, Ordering::SeqCst);
        }
    }

    /// From now on the signals are counted and do not end this process.
    #[cfg(unix)]
    pub fn catch() {
        for number in NUMBERS {
            // SAFETY: the handler touches an atomic alone.
            unsafe { signal(number, note as extern "C" fn(i32) as usize) };
        }
    }

    /// Ends by the next SIGINT, as compose does by the second Ctrl-C.
    #[cfg(unix)]
    pub fn die_at_next() {
        super::wait(|| count("INT") > 1);
        die("2");
    }

    #[cfg(windows)]
    pub fn die_at_next() {
        super::wait(|| count("INT") > 1);
        die("");
    }

    /// Ends by a signal, as if nothing had caught it.
    #[cfg(unix)]
    pub fn die(number: &str) {
        // SAFETY: 0 is SIG_DFL; raise has no preconditions.
        unsafe {
            let number = number.parse().expect("a number");
            signal(number, 0);
            raise(number);
        }
    }

    #[cfg(windows)]
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn SetConsoleCtrlHandler(handler: extern "system" fn(u32) -> i32, add: i32) -> i32;
    }

    #[cfg(windows)]
    extern "system" fn note(_event: u32) -> i32 {
        COUNTS[0].fetch_add(1, Ordering::SeqCst);
        1
    }

    #[cfg(windows)]
    pub fn catch() {
        // SAFETY: the handler touches an atomic alone.
        unsafe { SetConsoleCtrlHandler(note, 1) };
    }

    /// There are no signals: the code that Windows gives a program that Ctrl-C ended.
    #[cfg(windows)]
    pub fn die(_number: &str) {
        std::process::exit(0xC000_013A_u32 as i32);
    }
}
