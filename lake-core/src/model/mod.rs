//! What users declare: sources, models, column handles, kinds and their builders.
//!
//! The builders that users write (`history(..).key(..)`) end in the values of [`spec`], which all else reads.

pub mod column;
pub mod declare;
pub mod history_columns;
pub mod kind;
pub mod query;
pub mod registry;
pub mod spec;
pub mod sql_type;
pub mod value;
