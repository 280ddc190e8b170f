//! A view has nothing to audit.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[model(schema = "marts")]
pub fn all(orders: Ref<orders>) -> View<Order> {
    view(sql!("select * from {orders}")).publish(audited())
}

fn main() {}
