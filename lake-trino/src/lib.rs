//! The engine of a Trino server, over its REST protocol.
//!
//! ```text
//! submit ──POST /v1/statement──> registered ──first GET of nextUri──> runs ──GET nextUri …──> rows, end
//!                                                └ a thread for each statement keeps asking: Trino gives up a query
//!                                                  that nobody asks for
//! ```
//!
//! What is sent once is executed once. A statement that was posted runs only when somebody asks for its results, and
//! only whoever has the answer to the post knows where to ask: so a post whose answer is lost can be repeated. A
//! statement carries its token as its source, under which `system.runtime.queries` finds what a process that is gone
//! has left; it is stopped or has done its work before anybody asks whether it took effect. Planning and strategies are
//! not in here.

mod catalog;
mod check;
mod client;
mod config;
mod engine;
mod error;
mod execution;
mod left;
mod page;
mod rows;

pub use config::{OPTIONS, TrinoConfig};
pub use engine::Trino;
