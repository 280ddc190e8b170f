//! Two newtypes are not compared, whatever they wrap.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[derive(Row)]
pub struct Invoice {
    pub invoice_id: InvoiceId,
    pub customer_id: CustomerId,
}

#[source(schema = "raw")]
pub fn invoices() -> Source<Invoice>;

#[model(schema = "marts")]
pub fn joined(orders: Ref<orders>, invoices: Ref<invoices>) -> Table<_> {
    sql!("select o.order_id from {orders} o join {invoices} i on i.invoice_id = o.customer_id")
}

fn main() {}
