//! Whether a build has its folder, and a Dockerfile that can be read, has the stage that is built, and may need BuildKit.

use crate::dockerfile::builds::{BuildFacts, Need};
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;
use crate::ui::text;

const NAME: &str = "dockerfile";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A build without its folder, its Dockerfile or its stage",
    why: "docker stops before the first step, and no service that uses the image starts.",
    instead: "Create what is missing, or correct its name in the compose file: `build` or `context` (the folder), \
          `dockerfile` and `target` (the stage). Where a Dockerfile can't be read, the message says why.",
    fix: "",
    examples: &[Example {
        bad: "\
COPY . /app
CMD /app/start
",
        good: "\
FROM debian:12.11
COPY . /app
CMD /app/start
",
    }],
    look: Look::Build(|build| look(build.facts).into_iter().map(Found::from).collect()),
};

pub fn look(build: &BuildFacts) -> Vec<Finding> {
    vec![finding(build)]
}

fn finding(build: &BuildFacts) -> Finding {
    let shown = &build.shown;
    let services = text::and_list(&build.services.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), "and");
    if let Some(folder) = &build.no_folder {
        return Finding::error(NAME, format!("there is no folder `{folder}`"))
            .why(format!("{services} can't be built"))
            .fix("create it, or name another folder under `build:` in the compose file");
    }
    let file = match &build.dockerfile {
        Ok(file) => file,
        Err(error) => {
            return Finding::error(NAME, format!("`{shown}` can't be read: {error}"))
                .why(format!("{services} can't be built"))
                .fix("fix it, or name another under `build:` in the compose file");
        }
    };
    if let Some(target) = build.target.as_deref().filter(|target| file.target(Some(target)).is_none()) {
        let names: Vec<String> =
            file.stages.iter().filter_map(|stage| stage.name.as_deref()).map(|it| format!("`{it}`")).collect();
        let fix = match names.as_slice() {
            [] => format!("no stage has a name: remove `target:`, or name a stage: FROM … AS {target}"),
            names => format!("`target:` in the compose file can be {}", text::and_list(names, "or")),
        };
        return Finding::error(NAME, format!("`{shown}` has no stage `{target}`"))
            .why(format!("{services} can't be built"))
            .fix(fix);
    }
    let target = build.target.as_deref().map(|target| format!(", stage `{target}`")).unwrap_or_default();
    Finding::ok(
        NAME,
        match build.needs_buildkit() {
            Some(Need { what, line: Some(line), .. }) => {
                format!("`{shown}`{target} needs BuildKit (`{what}`, line {line})")
            }
            Some(need) => format!("`{shown}`{target} needs BuildKit ({} in the compose file)", need.what),
            None => format!("`{shown}`{target} does not need BuildKit"),
        },
    )
}
