//! Secret values in what builds and services print, and in what we show of it.

use crate::harness::{Ended, Engine};
use crate::project::Project;

on_each_engine!(the_last_lines_of_a_service, what_a_build_printed);

#[track_caller]
fn has_none(ended: &Ended) {
    // What docker and compose print live is their own; a line of ours begins otherwise.
    let text = ended.all();
    let found = text.lines().find(|line| line.contains("plant"));
    assert_eq!(found, None, "{text}");
}

fn the_last_lines_of_a_service(engine: &Engine) {
    let script = "echo \"$POSTGRES_PASSWORD and $SVC_SECRET, $OTHER_SECRET and $URL in $STAGE\"; exit 7\n";
    let project = Project::small(engine, script);
    project.write("service.env", "SVC_SECRET=plant-service\n");
    project.write("other.env", "OTHER_SECRET=plant-other\n");
    project.write(".env", "URL=redis://:plant-url@cache/0\nWHICH=other\n");
    let more = "    build: .\n    env_file: [service.env, \"${WHICH}.env\"]\n    environment:\n      POSTGRES_PASSWORD: plant-environment\n      URL: ${URL}\n      STAGE: production\n";
    project.edit("compose.yaml", "    build: .\n", more);
    let ended = project.run(&["dev", "-d"]).expect(1);
    let shown =
        "its last lines:\n  | ${POSTGRES_PASSWORD} and ${SVC_SECRET}, ${OTHER_SECRET} and ${URL} in production\n";
    assert!(ended.stderr.ends_with(shown), "{}", ended.all());
    has_none(&ended);
}

fn what_a_build_printed(engine: &Engine) {
    let project = Project::small(engine, "");
    let build = "    build:\n      context: .\n      args: { NPM_TOKEN: plant-arg, STAGE: production }\n";
    project.edit("compose.yaml", "    build: .\n", build);
    let step = "ARG NPM_TOKEN\nARG STAGE\nRUN --mount=type=cache,target=/x API_KEY=plant-run; echo \"$NPM_TOKEN in $STAGE\"; exit 4\nCMD";
    project.edit("Dockerfile", "CMD", step);
    for words in [&["verify"][..], &["verify", "--json"], &["bench"]] {
        let ended = project.run(words).says("${NPM_TOKEN} in production");
        has_none(&ended);
    }
}
