//! A member of a key that can be null.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key((Customer::customer_id, Customer::country))
        .sequence_by(Customer::extracted_at)
        .full_extract(deletes::close())
}

fn main() {}
