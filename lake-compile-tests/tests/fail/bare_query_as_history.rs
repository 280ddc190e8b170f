//! A query alone does not say how its versions are made.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    sql!("select * from {customers}")
}

fn main() {}
