//! A key of another row.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Order::order_id)
        .sequence_by(Customer::extracted_at)
        .full_extract(deletes::close())
}

fn main() {}
