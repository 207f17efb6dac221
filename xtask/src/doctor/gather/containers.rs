//! What docker has of the stack: containers with their ports, and images.

use crate::compose::services::{Service, Services};
use crate::docker::answer::{self, Answer, Unanswered};
use crate::docker::programs::question;
use crate::doctor::gather::Stack;
use crate::doctor::stack_facts::{self as stack, Published};

impl Stack<'_> {
    /// The containers with their ports.
    ///
    /// # Errors
    ///
    /// Docker can't list them. Without an engine there are none.
    pub fn containers(&self) -> Result<Vec<Published>, Unanswered> {
        let answer = self.ask(&["ps", "--format", stack::PUBLISHED_FORMAT]).and_then(Answer::on_success);
        let containers = answer.and_then(|answer| answer.read(stack::containers));
        containers.map_err(|why| why.redacted(|said| self.secrets.redact(said)))
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
        let answer = self.ask(&inspect.collect::<Vec<_>>());
        answer.is_ok_and(|answer| answer.stderr.to_lowercase().contains("no such image"))
    }

    /// Asks docker itself, at the engine that compose is pointed at.
    fn ask(&self, words: &[&str]) -> Result<Answer, Unanswered> {
        let question = question(&self.asked.engine, words, &self.compose.dir);
        answer::ask(&question, self.environment, self.asked.deadline)
    }
}
