//! What people read: findings and how they look, colours, the terminal.

pub mod escape;
pub mod finding;
pub mod nearest;
pub mod problem;
pub mod report;
pub mod secret;
pub mod source;
pub mod style;
pub mod terminal;
pub mod text;

pub use terminal::Ui;
