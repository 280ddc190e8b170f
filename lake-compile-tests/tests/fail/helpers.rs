//! Helpers against their own signature, and calls of them.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

/// With tax.
#[sql_fn]
pub fn with_tax(net: Expr<Decimal<12, 2>>) -> Expr<Decimal<38, 4>> {
    sql!("{net} * decimal '1.22'")
}

#[sql_fn]
pub fn wrong_type(net: Expr<Decimal<12, 2>>) -> Expr<bool> {
    sql!("{net} * 2")
}

#[sql_fn]
pub fn unknown_parameter(net: Expr<Decimal<12, 2>>) -> Expr<Decimal<12, 2>> {
    sql!("{nett}")
}

#[model(schema = "marts")]
pub fn wrong_argument(orders: Ref<orders>) -> Table<_> {
    sql!("select {with_tax(ordered_at)} as gross from {orders}")
}

#[model(schema = "marts")]
pub fn wrong_count(orders: Ref<orders>) -> Table<_> {
    sql!("select {with_tax(amount, 1)} as gross from {orders}")
}

#[model(schema = "marts")]
pub fn not_called(orders: Ref<orders>) -> Table<_> {
    sql!("select {with_tax} as gross from {orders}")
}

fn main() {}
