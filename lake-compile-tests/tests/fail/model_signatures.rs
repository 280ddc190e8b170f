//! Signatures that are not those of models.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn unknown_kind(orders: Ref<orders>) -> Tabel<Order> {
    sql!("select * from {orders}")
}

#[model(schema = "marts")]
pub fn reads_the_unknown_kind(orders: Ref<unknown_kind>) -> View<Order> {
    sql!("select * from {orders}")
}

#[model(schema = "marts")]
pub fn no_kind(orders: Ref<orders>) {
    sql!("select * from {orders}")
}

#[model(schema = "marts")]
pub fn no_ref(orders: orders) -> View<Order> {
    sql!("select 1")
}

#[model(schema = "marts")]
pub fn no_sql(orders: Ref<orders>) -> View<Order> {
    orders
}

#[model(schema = "marts")]
pub fn text_from_elsewhere(orders: Ref<orders>) -> View<Order> {
    sql!(TEXT)
}

#[model(schema = "marts")]
pub fn generic<T>(orders: Ref<T>) -> View<Order> {
    sql!("select * from {orders}")
}

#[model(schema = "marts")]
pub fn reads_itself(this: This) -> Table<_> {
    sql!("select * from {this}")
}

fn main() {}
