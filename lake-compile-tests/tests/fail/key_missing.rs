//! A history without a key.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .sequence_by(Customer::extracted_at)
        .full_extract(deletes::close())
}

fn main() {}
