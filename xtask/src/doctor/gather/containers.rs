//! What docker has of the stack: containers with their ports, and images.

use crate::compose::services::{Service, Services};
use crate::docker::programs::question;
use crate::doctor::gather::Stack;
use crate::doctor::stack_facts::{self as stack, Published};
use crate::system::process::{self, Output};

impl Stack<'_> {
    /// The containers with their ports; none without an engine, and `None` where docker does not answer.
    pub fn containers(&self) -> Option<Vec<Published>> {
        match self.ask(&["ps", "--format", stack::PUBLISHED_FORMAT]) {
            Ok(answer) => Some(stack::containers(&answer?.on_success().unwrap_or_default())),
            Err(_) => Some(Vec::new()),
        }
    }

    /// Whether compose has to build one of these before it starts them. Only where that is not certain anyway.
    pub fn image_is_missing(&self, started: &Services) -> bool {
        let project = self.project(started).unwrap_or_default();
        // Compose 1 names them otherwise.
        let dash = if self.compose.cli.is_1 { '_' } else { '-' };
        let image =
            |service: &Service| service.image.clone().unwrap_or_else(|| format!("{project}{dash}{}", service.name));
        let built = started.services.iter().filter(|service| service.build.is_some());
        let images: Vec<String> = built.map(image).collect();
        if images.is_empty() || self.asked.started.builds {
            return false;
        }
        let inspect = ["image", "inspect", "--format", "{{.Id}}"].into_iter().chain(images.iter().map(String::as_str));
        let output = self.ask(&inspect.collect::<Vec<_>>()).ok().flatten();
        output.is_some_and(|output| output.stderr.to_lowercase().contains("no such image"))
    }

    /// Asks docker itself, at the engine that compose is pointed at.
    fn ask(&self, words: &[&str]) -> anyhow::Result<Option<Output>> {
        let question = question(&self.asked.engine, words, &self.compose.dir);
        process::output_until(&question, self.environment, self.asked.deadline)
    }
}
