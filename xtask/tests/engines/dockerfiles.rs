//! Dockerfiles of every form, and the advice of doctor's rules: applied, it builds.

use crate::harness::Engine;
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(commands_that_read_unusual_instructions);

/// Instructions that a reader may stumble over, in a stage that nobody builds.
fn commands_that_read_unusual_instructions(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("compose.yaml", "services:\n  api:\n    build: { context: ., target: dev }\n");
    if engine.tier == 20 {
        project.edit("compose.yaml", "services:", "version: \"3.8\"\nservices:");
    }
    let target = format!("/root/.cache/{}", engine.name);
    for (number, unusual) in ["ENTRYPOINT []", "ONBUILD ENTRYPOINT []", "RUN []", "ONBUILD RUN []"].iter().enumerate() {
        let run = format!("mkdir -p {target} && echo {number} > {target}/x");
        let base = "FROM debian-python:local AS dev";
        project.write(
            "Dockerfile",
            &format!("{base}\nRUN --mount=type=cache,target={target} {run}\nFROM dev AS ci\n{unusual}\n"),
        );
        let doctor = project.run(&["doctor"]).expect(0);
        assert!(doctor.stdout.contains("RUN --mount in `Dockerfile` (line 2) needs it"), "{}", doctor.all());
        let verify = project.run(&["verify"]).expect(0);
        let verdict = format!("kept, use not seen  `{target}` of `Dockerfile`, line 2");
        assert_eq!(verify.stdout.lines().next(), Some(verdict.as_str()), "{}", verify.all());
        project.run(&["bench", "--runs", "1"]).expect(0).says("\nfirst build\n  without cache mounts ");
        let emptied = format!("`--no-cache` also empties the cache mounts of these builds: `{target}`; ");
        project.run(&["build", "--no-cache"]).expect(0).says(&emptied);
        let cache = project.run(&["cache"]).expect(0);
        let is_row = |line: &&str| line.contains(&format!(" {target} ")) && line.contains(" api ");
        assert!(cache.stdout.lines().any(|line| is_row(&line)), "{}", cache.all());
        project.run(&["build-fresh"]).expect(0).says("1 step ran again");
    }
}
