//! What tasks need of this machine beside docker, and the names that they take.

use crate::project::context::Context;
use crate::run::shell;
use crate::tasks::config::Task;
use crate::tasks::config::step::Does;
use crate::ui::finding::Finding;
use crate::ui::text::{and_list, count};

/// The name of these checks.
const TASKS: &str = "tasks";

/// Env files that are not there, scripts without a shell, and built-in commands that can't be typed by their names.
pub fn findings(context: &Context) -> Vec<Finding> {
    let Some(project) = &context.project else { return Vec::new() };
    let (config, root) = (&project.config, project.file.root());
    let mut found = Vec::new();
    let missing =
        config.here().env_files.iter().filter(|file| file.required && !root.join(file.path.get_ref()).exists());
    for file in missing {
        let path = file.path.get_ref();
        let finding = Finding::warning(TASKS, format!("there is no env file `{path}`")).at(file.path.span());
        let makes =
            |task: &&Task| task.body.unless.as_ref().is_some_and(|made| task.body.below_dir(made.get_ref()) == *path);
        let fix = match config.tasks.iter().find(makes) {
            Some(task) => format!("{} {}", context.program(), task.name),
            None => "write it; if it need not be there: required = false".to_owned(),
        };
        found.push(finding.why("a task fails at its first step that gets these variables").fix(fix));
    }
    let scripts = config.tasks.iter().flat_map(|task| task.body.steps());
    let scripts = scripts.filter(|step| matches!(step.does, Does::Sh(_))).count();
    if scripts > 0 {
        let steps = count(scripts, "step");
        found.push(match shell::find(root, &context.environment) {
            Some(_) => Finding::ok(TASKS, format!("`sh` is there for {steps}")),
            None => Finding::warning(TASKS, format!("there is no `sh` for {steps}"))
                .why("it is the shell that their scripts need")
                .fix(shell::HOW_TO_GET),
        });
    }
    let takes = config.tasks.iter().filter(|task| config.takes_a_builtins_name(task));
    let names: Vec<String> = takes.map(|task| format!("`{}`", task.name)).collect();
    if !names.is_empty() {
        let message = format!("in place of built-in commands: {}", and_list(&names, "and"));
        found.push(Finding::ok(TASKS, message));
    }
    found
}
