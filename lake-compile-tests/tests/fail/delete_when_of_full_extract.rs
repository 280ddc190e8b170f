//! Full extracts have no rows that mark deletes.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "curated")]
pub fn versions(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Customer::customer_id)
        .sequence_by(Customer::extracted_at)
        .full_extract(deletes::close())
        .delete_when("not active")
}

fn main() {}
