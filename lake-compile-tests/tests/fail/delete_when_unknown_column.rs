//! The condition that marks deletes is checked too.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Customer::customer_id)
        .sequence_by(Customer::extracted_at)
        .events()
        .delete_when("not actve")
}

fn main() {}
