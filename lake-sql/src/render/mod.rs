//! What is sent to an engine: the user's text with edits, and the spelling of a dialect.
pub mod dialect;
