//! A query alone does not say how it is kept.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<orders>) -> Incremental<Order> {
    sql!("select * from {orders}")
}

fn main() {}
