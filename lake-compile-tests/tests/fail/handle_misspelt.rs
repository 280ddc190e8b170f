//! A misspelt column handle.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<orders>) -> Incremental<Order> {
    incremental(sql!("select * from {orders}")).merge_on(Order::order_idd)
}

fn main() {}
