//! What users declare: sources, models, column handles, kinds and their builders.

pub mod spec;
