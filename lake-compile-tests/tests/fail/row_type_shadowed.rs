//! A type that is not what its name says.

use lakehouse::prelude::*;

#[derive(SqlType)]
pub struct Timestamp(i64);

#[derive(Row)]
pub struct Event {
    pub happened_at: Timestamp,
}

fn main() {}
