//! `lint` on real engines: what it fixes builds, and works.

use crate::harness::Engine;
use crate::index::Index;
use crate::verify::{DOCKER_CLEAN, REPOSITORY, assert_verdict, project};

on_each_engine!(the_guides_dockerfile_is_fixed, a_step_of_apt_is_fixed);

pub const SERVICE: &str = "COPY service.sh /\n";

/// The guide's "before", as a person has it: the code first, and the cache turned off twice.
fn the_guides_dockerfile_is_fixed(engine: &Engine) {
    let index = Index::start(engine, 2, true);
    let project = project(engine, "");
    let pip = format!("pip install --no-cache-dir --break-system-packages {} -r requirements.txt", index.options());
    let before = format!("FROM python:3.12-slim\nENV PIP_NO_CACHE_DIR=1\nWORKDIR /app\nCOPY . .\nRUN {pip}\n{SERVICE}");
    project.write("Dockerfile", &before);
    let requirements = index.requirements();
    let (first, _) = requirements.split_once('\n').expect("two packages");
    project.write("requirements.txt", &format!("{first}\n"));
    project.run(&["lint"]).expect(1).says("missing-cache-mount").says("code-before-dependencies");
    project.run(&["lint", "--fix", "--unsafe-fixes"]).expect(0);
    let fixed = format!(
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n\
         RUN --mount=type=cache,target=/root/.cache/pip \\\n    {}\nCOPY . .\n{SERVICE}",
        pip.replace("--no-cache-dir ", "")
    );
    assert_eq!(project.read("Dockerfile"), fixed);
    project.run(&["lint", "--diff"]).expect(0);
    assert_verdict(project.run(&["verify", "--json"]), "works", "", "");
    // The second install downloads what is new.
    project.run(&["build"]).expect(0);
    index.reset();
    project.write("requirements.txt", &requirements);
    project.run(&["build"]).expect(0);
    assert_eq!(index.downloads(), 1, "{}", engine.name);
}

fn a_step_of_apt_is_fixed(engine: &Engine) {
    let project = project(engine, "");
    project.write("requirements.txt", "");
    let before = "apt-get install -y xt-hello \\\n    # nothing else\n    && apt-get clean \\\n    && rm -rf /var/lib/apt/lists/*";
    let text = |step: &str| {
        format!("FROM python:3.12-slim\nCOPY requirements.txt /r.txt\n{REPOSITORY}{DOCKER_CLEAN}{step}\n{SERVICE}")
    };
    project.write("Dockerfile", &text(&format!("RUN {before}")));
    project.run(&["lint", "--fix"]);
    let after = "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n    rm -f /etc/apt/apt.conf.d/docker-clean && \\\n    \
                 apt-get install -y xt-hello \\\n    # nothing else\n    && rm -rf /var/lib/apt/lists/*";
    assert_eq!(project.read("Dockerfile"), text(after));
    assert_verdict(project.run(&["verify", "--json"]), "works", "", "");
}
