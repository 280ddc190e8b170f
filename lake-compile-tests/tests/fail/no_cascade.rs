//! One mistake in a model with an inferred row is one error, whatever reads it.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn first(orders: Ref<orders>) -> Incremental<_> {
    incremental(sql!("select order_id, amout, count(*) over () as n from {orders}")).merge_on(first::order_id)
}

#[model(schema = "marts")]
pub fn unreadable(orders: Ref<orders>) -> Incremental<_> {
    incremental(sql!("select order_id form {orders}")).merge_on(unreadable::order_id)
}

#[model(schema = "marts")]
pub fn second(first: Ref<first>, unreadable: Ref<unreadable>) -> Table<_> {
    sql!("select f.order_id, f.amount + u.anything as total from {first} f join {unreadable} u on f.order_id = u.order_id")
}

fn main() {}
