//! A helper that does not exist.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[sql_fn]
pub fn with_tax(net: Expr<Decimal<12, 2>>) -> Expr<Decimal<38, 4>> {
    sql!("{net} * decimal '1.22'")
}

#[model(schema = "marts")]
pub fn gross(orders: Ref<orders>) -> Table<_> {
    sql!("select {with_tx(amount)} as gross from {orders}")
}

fn main() {}
