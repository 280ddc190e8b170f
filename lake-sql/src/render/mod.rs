//! What is sent to an engine: the user's text with edits, and the spelling of a dialect.

pub mod dialect;
mod literal;
mod query;
mod types;

pub use query::{RelationName, RelationNames, RenderError, RunValues, render};
