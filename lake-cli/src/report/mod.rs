//! What people and machines see of a run and of rows. Standard output is data, standard error is talk.

pub mod progress;
pub mod summary;
