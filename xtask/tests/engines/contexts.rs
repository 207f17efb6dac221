//! Nothing of ours is ever in a build context: however a service names its context, `build-fresh` adds no file to the image.

use std::fs;

use crate::harness::Engine;
use crate::project::Project;

on_each_engine!(build_fresh_puts_nothing_into_an_image);

const DOCKERFILE: &str =
    "FROM debian-python:local\nCOPY . /ctx\nRUN echo files; cd /ctx && find . | sort | sed 's/^/file /'\n";

fn build_fresh_puts_nothing_into_an_image(engine: &Engine) {
    let version = engine.pick("version: \"2.4\"\n", "", "");
    let service = |build: &str| format!("{version}services:\n  api: {{ {build} }}\n");
    let mut ways = vec![
        ("build: .", service("build: ."), ""),
        ("extends", service("extends: { file: sub.yaml, service: api }"), ""),
        ("a link to the folder", service("build: ./ctx"), ""),
    ];
    // Compose 1 has neither of them.
    if engine.tier != 20 {
        ways.push(("include", "include: [sub.yaml]\n".to_owned(), ""));
        let contexts = "build: { context: ./src, additional_contexts: { root: . } }";
        ways.push(("additional_contexts", service(contexts), "COPY --from=root . /ctx"));
    }
    for (way, compose, copy) in ways {
        let project = Project::small(engine, "");
        let tasks = project.read("tasks.toml") + "[tasks.build-fresh]\nbuiltin = \"build-fresh\"\n";
        project.write("tasks.toml", &tasks);
        project.write("Dockerfile", DOCKERFILE);
        project.write("sub.yaml", &service("build: ."));
        project.write("compose.yaml", &compose);
        std::os::unix::fs::symlink(".", project.dir.join("ctx")).expect("a link");
        fs::create_dir(project.dir.join("src")).expect("a folder");
        let of_src = DOCKERFILE.replace("COPY . /ctx", if copy.is_empty() { "COPY . /ctx" } else { copy });
        project.write("src/Dockerfile", &of_src);
        let before = listing(&project);
        for _ in 0..2 {
            project.run(&["build-fresh"]).expect(0);
        }
        assert_eq!(listing(&project), before, "{way}");
        // A build after it has the same context: nothing was added that would change it.
        let ended = project.run(&["build"]).expect(0);
        let image = project.of_service("api");
        let list =
            ["run", "--rm", "--network", "none", &image, "sh", "-c", "cd /ctx && find . -mindepth 1 | LC_ALL=C sort"];
        let inside = engine.docker(&list);
        let inside: Vec<&str> = inside.lines().collect();
        assert_eq!(inside, before, "{way}\n{}", ended.all());
    }
}

/// The files of the project, as `find . | sort` names them.
fn listing(project: &Project<'_>) -> Vec<String> {
    let output = project.command("find").args([".", "-mindepth", "1"]).output().expect("runs find");
    let mut names: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    names.sort();
    names
}
