//! What docker has of the stack: containers with their ports, and images.

use std::ffi::OsString;

use crate::compose::services::{Service, Services};
use crate::doctor::gather::Stack;
use crate::doctor::stack_facts::{self as stack, Published};
use crate::system::command_line::Invocation;
use crate::system::process;

/// What docker said of its containers.
pub enum Containers {
    Known(Vec<Published>),
    /// Without an engine there are none.
    None,
    NoAnswer,
}

impl Containers {
    /// Those that are known.
    pub fn known(&self) -> &[Published] {
        match self {
            Containers::Known(published) => published,
            Containers::None | Containers::NoAnswer => &[],
        }
    }
}

impl Stack<'_> {
    /// The ports that docker's containers have.
    pub fn containers(&self) -> Containers {
        let ps = self.docker(&["ps", "--format", stack::PUBLISHED_FORMAT]);
        match process::output_until(&ps, self.asked.environment, self.asked.deadline) {
            Ok(Some(output)) if output.status.success() => {
                Containers::Known(stack::containers(&String::from_utf8_lossy(&output.stdout)))
            }
            Ok(None) => Containers::NoAnswer,
            Ok(Some(_)) | Err(_) => Containers::None,
        }
    }

    /// Whether compose has to build one of these before it starts them. Only where that is not certain anyway.
    pub fn image_is_missing(&self, started: &Services) -> bool {
        let project = self.project(started).unwrap_or_default();
        // Compose 1 names them otherwise.
        let dash = if self.compose.cli.is_1() { '_' } else { '-' };
        let image =
            |service: &Service| service.image.clone().unwrap_or_else(|| format!("{project}{dash}{}", service.name));
        let built = started.services.iter().filter(|service| service.build.is_some());
        let images: Vec<OsString> = built.map(|service| image(service).into()).collect();
        if images.is_empty() || self.asked.started.builds {
            return false;
        }
        let mut inspect = self.docker(&["image", "inspect", "--format", "{{.Id}}"]);
        inspect.words.extend(images);
        let output = process::output_until(&inspect, self.asked.environment, self.asked.deadline).ok().flatten();
        output.is_some_and(|output| String::from_utf8_lossy(&output.stderr).to_lowercase().contains("no such image"))
    }

    /// Docker itself, at the engine that compose is pointed at. As every question to docker it has no bad value of the
    /// variable, with which it refuses to answer.
    fn docker(&self, words: &[&str]) -> Invocation {
        let engine = self.asked.engine.iter().cloned();
        let words = std::iter::once("docker".into()).chain(engine).chain(words.iter().map(OsString::from)).collect();
        let mut docker = Invocation { words, env: self.compose.env.clone(), dir: self.compose.dir.clone() };
        docker.env.retain(|(name, _)| name != "DOCKER_BUILDKIT");
        docker.env.push(("DOCKER_BUILDKIT".to_owned(), OsString::new()));
        docker
    }
}
