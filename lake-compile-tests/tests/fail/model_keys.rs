//! Keys of `#[model]`: all mistakes at once, each at its place.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(tag = "daily", schma = "marts")]
pub fn misspelt(orders: Ref<orders>) -> View<Order> {
    sql!("select * from {orders}")
}

#[model(schema = "marts", tags = "daily", owner = 1, schema = "again", frequency = "daily")]
pub fn mistyped(orders: Ref<orders>) -> View<Order> {
    sql!("select * from {orders}")
}

fn main() {}
