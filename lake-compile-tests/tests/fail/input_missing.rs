//! A history that does not say what its query returns.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Customer::customer_id)
        .sequence_by(Customer::extracted_at)
}

fn main() {}
