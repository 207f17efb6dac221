//! The commands of a build that download packages: where each keeps its downloads, which mount covers that, what defeats it,
//! and the edits that would change it. The rules of cache mounts only read this.

pub mod changes;
pub mod defeats;
pub mod later;
pub mod mounting;
pub mod mounts;
pub mod options;
pub mod site;

mod cut;
