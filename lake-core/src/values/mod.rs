//! Values as texts write them → Arrow arrays of a declared type, exactly or not at all; and back, for programs.
//!
//! Files and engines that answer in text are read with it. It opens nothing.

pub mod column;
pub mod error;
pub mod json;
pub mod protocol;
pub mod text;
pub mod types;

pub use column::Builder;
pub use error::{Result, ValueError};
