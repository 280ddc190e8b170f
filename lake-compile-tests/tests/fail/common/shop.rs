//! What the wrong models read.

use lakehouse::prelude::*;

#[derive(SqlType)]
pub struct CustomerId(i64);

#[derive(SqlType)]
pub struct InvoiceId(i64);

#[derive(Row)]
pub struct Customer {
    pub customer_id: CustomerId,
    pub country: Option<String>,
    pub active: bool,
    pub extracted_at: Timestamp,
}

#[derive(Row)]
pub struct Order {
    pub order_id: i64,
    pub customer_id: CustomerId,
    pub amount: Decimal<12, 2>,
    pub ordered_at: Timestamp,
}

#[source(schema = "raw")]
pub fn customers() -> Source<Customer>;

#[source(schema = "raw")]
pub fn orders() -> Source<Order>;
