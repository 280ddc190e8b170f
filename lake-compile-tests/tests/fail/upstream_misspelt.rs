//! An upstream that does not exist, in the signature.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<ordrs>) -> View<Order> {
    sql!("select * from {orders}")
}

fn main() {}
