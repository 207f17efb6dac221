//! What strace saw below xtask.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[derive(Debug)]
pub struct Seen {
    /// The file of each program that was started, with the text of its variables.
    pub started: Vec<(PathBuf, String)>,
    /// The paths of files that were written, made, moved or removed, as far as that succeeded.
    pub written: BTreeSet<PathBuf>,
    /// All paths that were opened or tried.
    pub opened: BTreeSet<PathBuf>,
    pub connected: Vec<String>,
    pub printed: String,
}

impl Seen {
    pub fn read(trace: &str, printed: String) -> Seen {
        let mut seen = Seen {
            started: Vec::new(),
            written: BTreeSet::new(),
            opened: BTreeSet::new(),
            connected: Vec::new(),
            printed,
        };
        // A call that another thread's line interrupted is put together again.
        let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
        for line in trace.lines() {
            let (pid, call) = line.split_once(' ').expect("a process and its call");
            let call = call.trim_start();
            if let Some(start) = call.strip_suffix(" <unfinished ...>") {
                begun.insert(pid, start);
            } else if let Some(rest) = call.strip_prefix("<... ") {
                let end = rest.split_once("resumed>").map_or("", |(_, end)| end);
                if let Some(start) = begun.remove(pid) {
                    seen.call(&format!("{start}{end}"));
                }
            } else if call.contains('(') {
                seen.call(call);
            }
        }
        // One that was killed in the middle of a call.
        begun.into_values().for_each(|start| seen.call(&format!("{start}) = 0")));
        seen.started.remove(0);
        seen
    }

    fn call(&mut self, call: &str) {
        let (name, words) = call.split_once('(').expect("a call");
        let failed = call.rsplit_once(") = ").is_some_and(|(_, result)| result.starts_with('-'));
        if name == "connect" {
            return self.connected.push(words.to_owned());
        }
        // Each path is from the folder that stands before it: AT_FDCWD</folder>, "path".
        let mut folder = PathBuf::from("/");
        let mut paths = Vec::new();
        for (at, part) in words.split('"').enumerate() {
            match at % 2 {
                0 => {
                    let before = part.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
                    folder = before.map_or(folder, |(path, _)| PathBuf::from(path));
                }
                _ => paths.push(folder.join(part)),
            }
        }
        let Some(first) = paths.first().cloned() else { return };
        if name.starts_with("execve") {
            // The variables are the last list.
            let variables = words.rsplit_once("], [").map_or("", |(_, rest)| rest);
            return if failed {
            } else {
                self.started.push((first, variables.to_owned()))
            };
        }
        let writes = !name.starts_with("open")
            || ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| words.contains(flag));
        self.opened.extend(paths.iter().cloned());
        if writes && !failed {
            self.written.extend(paths);
        }
    }
}
