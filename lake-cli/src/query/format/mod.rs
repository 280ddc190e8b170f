//! The formats of rows, a file each.

pub mod columnar;
pub mod csv;
pub mod json;
pub mod table;

#[cfg(test)]
mod tests;
