//! A sequence of another row.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Customer::customer_id)
        .sequence_by(Order::ordered_at)
        .full_extract(deletes::close())
}

fn main() {}
