//! SQL that nobody checks.

use lakehouse::prelude::*;

pub fn text() {
    sql!("select 1");
}

fn main() {}
