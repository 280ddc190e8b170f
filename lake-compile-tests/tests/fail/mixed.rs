//! SQL, types, circles and unknown names in one build.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn wrong_sql(orders: Ref<orders>) -> Table<_> {
    sql!("select order_id, max(amount) as amount from {orders}")
}

#[model(schema = "curated")]
pub fn wrong_key(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Customer::country)
        .sequence_by(Customer::extracted_at)
        .events()
}

#[model(schema = "marts")]
pub fn circle(circle: Ref<circle>) -> View<Order> {
    sql!("select * from {circle}")
}

#[model(schema = "marts")]
pub fn branches(orders: Ref<orders>, this: This) -> Table<Order> {
    if cfg!(debug_assertions) {
        sql!("select * from {orders}")
    } else {
        sql!("select order_id from {this}")
    }
}

fn main() {}
