//! An incremental model that does not say how it is written.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<orders>) -> Incremental<Order> {
    incremental(sql!("select * from {orders}"))
}

fn main() {}
