//! Whether the steps of a build ran again: a `RUN` that ran leaves a record in the build cache that was not there before.
//!
//! Neither exit code 0 nor a line of the log shows that. A record names the command that made it, in every stage, in the
//! image or not (measured on 20.10, 26.1 and 28.5).

use std::collections::HashSet;

use crate::docker::facts::Record;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::model::Stage;
use crate::ui::text::on_one_line;

/// A `RUN` of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `Dockerfile` and line, as a person finds it.
    pub place: String,
    /// Without its mounts, on one line.
    pub command: String,
}

/// What the records say of the steps of some builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub ran: Vec<Step>,
    /// Those that left no new record.
    pub did_not: Vec<Step>,
}

/// Compares the records before and after the builds.
pub fn compare(builds: &[&BuildFacts], before: &[Record], after: &[Record]) -> Rebuilt {
    let old: HashSet<&str> = before.iter().map(|record| record.id.as_str()).collect();
    let new: Vec<String> = after
        .iter()
        .filter(|record| record.kind == "regular" && !old.contains(record.id.as_str()))
        .filter_map(|record| record.description.strip_prefix("mount / from exec "))
        .map(on_one_line)
        .collect();
    let mut rebuilt = Rebuilt::default();
    for build in builds {
        for (step, run) in build.stages().into_iter().flat_map(Stage::runs) {
            let wanted = on_one_line(&run.command);
            let place = format!("{}:{}", build.shown, step.line);
            let shown = Step { place, command: on_one_line(&step.arguments) };
            let list =
                if new.iter().any(|ran| ran.contains(&wanted)) { &mut rebuilt.ran } else { &mut rebuilt.did_not };
            if !list.contains(&shown) {
                list.push(shown);
            }
        }
    }
    rebuilt
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "FROM a AS one\nRUN --mount=type=cache,target=/x echo   two  \\\n  # why\n    && echo lines\n\
        FROM a\nCOPY --from=one /x /x\nRUN <<EOT\necho here\necho there\nEOT\nRUN [\"sh\",\"-c\",\"echo exec form\"]\n";

    fn record(id: &str, description: &str) -> Record {
        let kind = "regular".to_owned();
        Record { id: id.to_owned(), kind, description: format!("mount / from exec {description}"), ..Record::default() }
    }

    /// As engine 28.5 describes these steps.
    fn records(mark: &str) -> Vec<Record> {
        let described =
            ["/bin/sh -c echo   two     && echo lines", "/bin/sh -c echo here\necho there", "sh -c echo exec form"];
        described.iter().enumerate().map(|(at, text)| record(&format!("{mark}{at}"), text)).collect()
    }

    #[test]
    fn a_step_ran_when_there_is_a_new_record_of_it() {
        let build = BuildFacts::of_api(TEXT);
        assert_eq!(build.dockerfile.as_ref().err(), None);
        let all = [records("old"), records("new")].concat();
        let rebuilt = compare(&[&build], &records("old"), &all);
        assert_eq!((rebuilt.ran.len(), rebuilt.did_not.as_slice()), (3, [].as_slice()));
    }

    #[test]
    fn a_step_without_a_new_record_is_named() {
        let build = BuildFacts::of_api(TEXT);
        let all = [records("old"), records("new")[1..].to_vec()].concat();
        let step = Step { place: "Dockerfile:2".into(), command: "echo two && echo lines".into() };
        assert_eq!(compare(&[&build], &records("old"), &all).did_not, [step]);
        assert_eq!(compare(&[&build], &records("old"), &records("old")).did_not.len(), 3);
    }
}
