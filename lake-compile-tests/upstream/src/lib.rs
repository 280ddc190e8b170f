//! Models of another crate.

#[macro_use]
mod families;

pub mod shop;

use lakehouse::prelude::*;
use shop::orders;

/// What a customer ordered.
#[derive(Row)]
pub struct CustomerTotal {
    /// Who.
    pub customer_id: shop::CustomerId,
    /// How much.
    pub total: Decimal<38, 2>,
}

/// What each customer ordered.
#[model(schema = "shop")]
pub fn customer_totals(orders: Ref<orders>) -> Table<CustomerTotal> {
    sql!("select customer_id, sum(amount) as total from {orders} group by customer_id")
}

/// A model whose row is inferred.
#[model(schema = "shop")]
pub fn last_orders(o: Ref<shop::orders>) -> Table<_> {
    sql!("select customer_id, max(ordered_at) as last_order from {o} group by customer_id")
}

per_channel!(web, orders);
