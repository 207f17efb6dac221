//! What was found, in the forms that `--output` names.

pub mod text;
