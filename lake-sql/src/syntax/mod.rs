//! Text to tree: lexer, tree and a recursive-descent parser for Trino's grammar.
//!
//! Every node has its exact span. The tree keeps what the user wrote; nothing downstream prints SQL that it can quote.

pub mod tree;
