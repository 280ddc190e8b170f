//! Sources.

use lakehouse::prelude::*;

/// Key of a customer.
#[derive(SqlType)]
pub struct CustomerId(pub i64);

/// An address.
#[derive(Row)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// Town.
    pub town: Option<String>,
}

/// An order.
#[derive(Row)]
pub struct Order {
    /// Key.
    pub order_id: i64,
    /// Who ordered.
    pub customer_id: CustomerId,
    /// Sum.
    pub amount: Decimal<12, 2>,
    /// Where it came in.
    pub channel: String,
    /// Where it goes.
    pub address: Address,
    /// Rates of the day.
    pub rates: BTreeMap<String, Decimal<18, 6>>,
    /// Numbers of parcels.
    pub parcels: Vec<i64>,
    /// When.
    pub ordered_at: Timestamp,
}

/// Orders as the shop exports them.
#[source(schema = "raw")]
pub fn orders() -> Source<Order>;
