//! A row is not a source.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<Order>) -> View<Order> {
    sql!("select * from {orders}")
}

fn main() {}
