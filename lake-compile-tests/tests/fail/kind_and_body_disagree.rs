//! The body is of another kind than the declaration.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<orders>) -> Table<Order> {
    incremental(sql!("select * from {orders}")).append()
}

fn main() {}
