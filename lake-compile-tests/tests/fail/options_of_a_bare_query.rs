//! A bare query takes no options.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<orders>) -> Table<Order> {
    sql!("select * from {orders}").publish(direct())
}

fn main() {}
