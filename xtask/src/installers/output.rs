//! What installers print in a build step, read: how much they fetched, and how much they had.

use crate::docker::output::cache::bytes;

/// Who fetches packages in a step, as far as it is told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Pip,
    Uv,
    Apt,
    Npm,
    Pnpm,
    Cargo,
    Go,
}

/// What a step said of its packages. None: it did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Packages that came over the network.
    pub fetched: Option<u64>,
    /// Their bytes; none when the size of one was not printed.
    pub fetched_bytes: Option<u64>,
    /// The bytes of those whose size was printed.
    pub at_least: u64,
    /// Packages that were in the cache.
    pub cached: Option<u64>,
}

impl Said {
    /// Both together; what only one of them said counts. A sum of bytes is known only when both are.
    pub fn and(self, other: Said) -> Said {
        let add = |left: Option<u64>, right: Option<u64>| match (left, right) {
            (Some(left), Some(right)) => Some(left + right),
            (left, right) => left.or(right),
        };
        Said {
            fetched: add(self.fetched, other.fetched),
            fetched_bytes: self.fetched_bytes.zip(other.fetched_bytes).map(|(left, right)| left + right),
            at_least: self.at_least + other.at_least,
            cached: add(self.cached, other.cached),
        }
    }
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Tool::Pip => "pip",
            Tool::Uv => "uv",
            Tool::Apt => "apt",
            Tool::Npm => "npm",
            Tool::Pnpm => "pnpm",
            Tool::Cargo => "cargo",
            Tool::Go => "go",
        }
    }

    /// The tool that keeps its downloads in a cache mount: by the mount's folder, else by the command. None for what is
    /// kept of something else: apt's lists, what a compiler has made.
    pub fn of(target: &str, command: &str) -> Option<Tool> {
        let parts: Vec<&str> = target.split('/').filter(|part| !part.is_empty()).collect();
        let has = |name: &str| parts.iter().any(|part| part.trim_start_matches('.') == name);
        if target.starts_with("/var/lib/apt") || has("go-build") || has("target") {
            return None;
        }
        let by_target = [
            (has("pip"), Tool::Pip),
            (has("uv"), Tool::Uv),
            (has("apt"), Tool::Apt),
            (has("pnpm") || has("pnpm-store"), Tool::Pnpm),
            (has("npm"), Tool::Npm),
            (has("cargo"), Tool::Cargo),
            (has("go") && has("mod"), Tool::Go),
        ];
        let by_command = || {
            let keeps_anywhere = |tool: &Tool| matches!(tool, Tool::Pip | Tool::Uv | Tool::Npm | Tool::Pnpm);
            Tool::of_command(command).filter(keeps_anywhere)
        };
        by_target.into_iter().find(|(is, _)| *is).map(|(_, tool)| tool).or_else(by_command)
    }

    /// The first one that a command calls.
    pub fn of_command(command: &str) -> Option<Tool> {
        let words: Vec<&str> = command.split(|c: char| c.is_whitespace() || ";&|()".contains(c)).collect();
        words.iter().find_map(|word| {
            let name = word.rsplit('/').next().unwrap_or(word);
            match name {
                "pip" | "pip3" => Some(Tool::Pip),
                "uv" => Some(Tool::Uv),
                "apt" | "apt-get" => Some(Tool::Apt),
                "npm" => Some(Tool::Npm),
                "pnpm" => Some(Tool::Pnpm),
                "cargo" => Some(Tool::Cargo),
                "go" => Some(Tool::Go),
                _ => None,
            }
        })
    }

    /// Reads the lines of a step.
    pub fn read<T: AsRef<str>>(self, lines: &[T]) -> Said {
        let lines = || lines.iter().map(|line| line.as_ref().trim());
        match self {
            Tool::Pip => of_pip(lines()),
            Tool::Uv => of_uv(lines()),
            Tool::Apt => of_apt(lines()),
            Tool::Npm => counted(lines(), "(cache miss)", "(cache hit)"),
            Tool::Pnpm => of_pnpm(lines()),
            Tool::Cargo => started(lines(), "Downloaded ", "Compiling "),
            Tool::Go => started(lines(), "go: downloading ", "go: "),
        }
    }
}

/// `Downloading click-8.1.7-py3-none-any.whl (97 kB)`, `Using cached …`; with another index the name is a whole address.
/// What ends in `.metadata` is no package yet.
fn of_pip<'a>(lines: impl Iterator<Item = &'a str>) -> Said {
    let mut said = Said::default();
    let (mut fetched, mut size, mut sizes_known, mut cached, mut installed) = (0, 0, true, 0, false);
    for line in lines {
        let package = |start: &str| {
            let rest = line.strip_prefix(start)?;
            let (name, size) =
                rest.rsplit_once(" (").map_or((rest, None), |(name, size)| (name, size.strip_suffix(')')));
            let name = name.split('#').next().unwrap_or(name);
            let endings = [".whl", ".tar.gz", ".zip", ".tar.bz2"];
            endings.iter().any(|ending| name.ends_with(ending)).then(|| size.and_then(bytes))
        };
        if let Some(bytes) = package("Downloading ") {
            fetched += 1;
            sizes_known &= bytes.is_some();
            size += bytes.unwrap_or(0);
        } else if package("Using cached ").is_some() {
            cached += 1;
        }
        installed |= line.starts_with("Successfully installed") || line.starts_with("Requirement already satisfied");
    }
    // `pip -q` says nothing at all.
    if installed || fetched + cached > 0 {
        said.fetched = Some(fetched);
        said.cached = Some(cached);
        said.fetched_bytes = sizes_known.then_some(size);
        said.at_least = size;
    }
    said
}

/// `Prepared 5 packages in 1.20s` are those that were not there; `Installed 8 packages in 90ms` are all. Sizes stand
/// only at large ones: `Downloading numpy (15.8MiB)`.
fn of_uv<'a>(lines: impl Iterator<Item = &'a str>) -> Said {
    let (mut prepared, mut installed, mut named, mut size) = (0, None, 0, 0);
    for line in lines {
        let number = |start: &str| {
            let (number, unit) = line.strip_prefix(start)?.split_once(' ')?;
            number.parse::<u64>().ok().filter(|_| unit.starts_with("package"))
        };
        if let Some(number) = number("Prepared ") {
            prepared += number;
        } else if let Some(number) = number("Installed ") {
            installed = Some(installed.unwrap_or(0) + number);
        } else if let Some((_, bytes)) = line.strip_prefix("Downloading ").and_then(|rest| rest.rsplit_once(" (")) {
            named += 1;
            size += self::bytes(bytes.trim_end_matches(')')).unwrap_or(0);
        }
    }
    let Some(installed) = installed.or((prepared > 0).then_some(prepared)) else { return Said::default() };
    Said {
        fetched: Some(prepared),
        fetched_bytes: (prepared == named).then_some(size),
        at_least: size,
        cached: Some(installed.saturating_sub(prepared)),
    }
}

/// `Need to get 0 B/315 kB of archives.`
fn of_apt<'a>(lines: impl Iterator<Item = &'a str>) -> Said {
    let mut said = Said::default();
    for line in lines {
        let Some(rest) = line.strip_prefix("Need to get ").and_then(|rest| rest.split_once(" of archives")) else {
            continue;
        };
        let (needed, all) = rest.0.split_once('/').map_or((rest.0, None), |(needed, all)| (needed, Some(all)));
        // It counts by commas: `9,194 kB`.
        let number = |text: &str| bytes(&text.replace(',', ""));
        let needed = number(needed);
        said.fetched_bytes = Some(said.fetched_bytes.unwrap_or(0) + needed.unwrap_or(0));
        said.at_least += needed.unwrap_or(0);
        let had = all.and_then(number).unwrap_or(0).saturating_sub(if all.is_some() { needed.unwrap_or(0) } else { 0 });
        said.cached = Some(said.cached.unwrap_or(0) + u64::from(had > 0));
        said.fetched = Some(said.fetched.unwrap_or(0) + u64::from(needed.unwrap_or(0) > 0));
    }
    said
}

/// `Progress: resolved 5, reused 0, downloaded 5, added 5, done`; the last line counts.
fn of_pnpm<'a>(lines: impl Iterator<Item = &'a str>) -> Said {
    let last = lines.filter(|line| line.starts_with("Progress: ")).last().unwrap_or_default();
    let number = |word: &str| {
        let rest = last.split_once(&format!("{word} "))?.1;
        rest.split([',', ' ']).next()?.parse::<u64>().ok()
    };
    Said { fetched: number("downloaded"), cached: number("reused"), ..Said::default() }
}

fn counted<'a>(lines: impl Iterator<Item = &'a str>, miss: &str, hit: &str) -> Said {
    let mut said = Said::default();
    for line in lines {
        if line.contains(miss) || line.contains(hit) {
            said.fetched = Some(said.fetched.unwrap_or(0) + u64::from(line.contains(miss)));
            said.cached = Some(said.cached.unwrap_or(0) + u64::from(line.contains(hit)));
        }
    }
    said
}

/// Lines that begin with what says "fetched"; where others of the tool's are there, none is an answer, too.
fn started<'a>(lines: impl Iterator<Item = &'a str>, fetched: &str, other: &str) -> Said {
    let mut said = Said::default();
    for line in lines {
        if line.starts_with(fetched) {
            said.fetched = Some(said.fetched.unwrap_or(0) + 1);
        } else if line.starts_with(other) {
            said.fetched = Some(said.fetched.unwrap_or(0));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tool: Tool, text: &str) -> (Option<u64>, Option<u64>, Option<u64>) {
        let said = tool.read(&text.lines().collect::<Vec<_>>());
        (said.fetched, said.fetched_bytes, said.cached)
    }

    #[test]
    fn pip_says_what_it_fetches_and_what_it_has() {
        // pip 23.0.1 and 25.1, shortened.
        let cold = "Collecting click==8.1.7\n  Downloading click-8.1.7-py3-none-any.whl (97 kB)\n\
                    Collecting numpy\n  Downloading numpy-2.2.6-cp311.whl.metadata (62 kB)\n\
                    Downloading numpy-2.2.6-cp311.whl (16.8 MB)\n     16.8/16.8 MB 2.3 MB/s eta 0:00:00\nSuccessfully installed click-8.1.7\n";
        assert_eq!(read(Tool::Pip, cold), (Some(2), Some(16_897_000), Some(0)));
        let warm = "  Using cached http://127.0.0.1:8080/packages/a-1.0-py3-none-any.whl (200 kB)\nSuccessfully installed a-1.0\n";
        assert_eq!(read(Tool::Pip, warm), (Some(0), Some(0), Some(1)));
        assert_eq!(read(Tool::Pip, ""), (None, None, None));
    }

    #[test]
    fn uv_says_how_many_were_not_there() {
        let cold = "Resolved 5 packages in 300ms\nDownloading numpy (15.8MiB)\nPrepared 5 packages in 2.00s\nInstalled 5 packages in 30ms\n + numpy==2.2.6\n";
        assert_eq!(read(Tool::Uv, cold), (Some(5), None, Some(0)));
        assert_eq!(
            read(Tool::Uv, "Resolved 5 packages in 3ms\nInstalled 5 packages in 30ms\n"),
            (Some(0), Some(0), Some(5))
        );
        assert_eq!(read(Tool::Uv, "Audited 5 packages in 3ms\n"), (None, None, None));
    }

    #[test]
    fn others_say_it_in_their_own_words() {
        assert_eq!(read(Tool::Apt, "Need to get 9,194 kB of archives.\n"), (Some(1), Some(9_194_000), Some(0)));
        assert_eq!(read(Tool::Apt, "Need to get 0 B/315 kB of archives.\n"), (Some(0), Some(0), Some(1)));
        let pnpm = "Progress: resolved 1, reused 0, downloaded 0, added 0\nProgress: resolved 5, reused 3, downloaded 2, added 5, done\n";
        assert_eq!(read(Tool::Pnpm, pnpm), (Some(2), None, Some(3)));
        let npm = "npm http fetch GET 200 x 12ms (cache miss)\nnpm http fetch GET 200 y 1ms (cache hit)\n";
        assert_eq!(read(Tool::Npm, npm), (Some(1), None, Some(1)));
        assert_eq!(read(Tool::Cargo, "Downloaded serde v1.0.1\nCompiling serde v1.0.1\n").0, Some(1));
        assert_eq!(read(Tool::Cargo, "Compiling serde v1.0.1\n").0, Some(0));
        assert_eq!(read(Tool::Go, "go: downloading a v1\n").0, Some(1));
    }

    #[test]
    fn an_unknown_part_makes_the_sum_of_bytes_unknown() {
        let known = Said { fetched: Some(1), fetched_bytes: Some(5), at_least: 5, cached: Some(0) };
        let part = Said { fetched: Some(12), fetched_bytes: None, at_least: 7, cached: None };
        let both = Said { fetched: Some(13), fetched_bytes: None, at_least: 12, cached: Some(0) };
        assert_eq!((known.and(part), part.and(known)), (both, both));
        assert_eq!(known.and(known).fetched_bytes, Some(10));
    }

    #[test]
    fn a_mount_is_its_tools() {
        assert_eq!(Tool::of("/root/.cache/pip", "make"), Some(Tool::Pip));
        assert_eq!(Tool::of("/root/.cache/uv", "uv pip install x"), Some(Tool::Uv));
        assert_eq!(Tool::of("/root/.cache", "cd /x && /venv/bin/pip install x"), Some(Tool::Pip));
        assert_eq!(Tool::of("/var/cache/apt", ""), Some(Tool::Apt));
        assert_eq!(Tool::of("/go/pkg/mod", "go build"), Some(Tool::Go));
        assert_eq!(Tool::of("/usr/local/cargo/registry", "cargo build"), Some(Tool::Cargo));
        for (target, command) in [
            ("/data", "make"),
            ("/var/lib/apt/lists", "apt-get install x"),
            ("/root/.cache/go-build", "go build"),
            ("/app/target", "cargo build"),
            ("/data", "cargo build"),
        ] {
            assert_eq!(Tool::of(target, command), None, "{target}");
        }
    }

    #[test]
    fn any_line_is_read_without_a_panic() {
        for tool in [Tool::Pip, Tool::Uv, Tool::Apt, Tool::Npm, Tool::Pnpm, Tool::Cargo, Tool::Go] {
            for line in [
                "",
                "Downloading ",
                "Downloading  (",
                "Using cached x (",
                "Prepared ",
                "Prepared 99999999999999999999 packages",
                "Installed 1 package in",
                "Need to get / of archives",
                "Need to get \u{e9}/9 of archives",
                "Progress: downloaded ",
            ] {
                let _ = tool.read(&[line, line]);
            }
        }
    }
}
