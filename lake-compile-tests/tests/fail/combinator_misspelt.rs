//! A misspelt combinator.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<orders>) -> Incremental<Order> {
    incremental(sql!("select * from {orders}")).merge_onn(Order::order_id)
}

fn main() {}
