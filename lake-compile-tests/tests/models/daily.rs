//! Kinds, run parameters, histories, inferred rows, helpers and a family.

use lake_upstream_models::shop::{CustomerId, Order, orders};
use lakehouse::prelude::*;

#[derive(Row)]
pub struct Document {
    #[col(unique, accepted("a", "b"))]
    pub r#type: Option<String>,
    #[col(sql = "decimal(9,3)", condition = "{column} > 0 and type is not null")]
    pub price: Money,
    pub blob: Option<Vec<u8>>,
    #[col(file)]
    pub path: String,
    #[col(arrival)]
    pub arrived_at: TimestampTz,
}

pub type Money = Decimal<9, 3>;

/// Documents as they land.
/// One a day.
#[source(schema = "raw", name = "landing", files = "fx/*.json", format = "json")]
pub fn documents() -> Source<Document>;

#[derive(Row)]
pub struct Customer {
    pub customer_id: CustomerId,
    pub country: Option<String>,
    pub extracted_on: Date,
}

impl Customer {
    /// A method may be called like a column.
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }
}

/// What tells one version of a customer from another, for all models that ask.
pub fn version() -> (Col<Customer, CustomerId>, Col<Customer, Date>) {
    col!((Customer::customer_id, self::Customer::extracted_on))
}

#[source(schema = "raw")]
pub fn customers() -> Source<Customer>;

#[model(schema = "daily")]
pub fn versions(customers: Ref<customers>) -> Incremental<Customer> {
    incremental(sql!("select * from {customers}")).merge_on(version())
}

#[model(schema = "daily", tags = ["daily"], owner = "sales")]
pub fn recent_orders(orders: Ref<orders>, this: This, first_run: FirstRun, now: Now) -> Incremental<Order> {
    incremental(sql!(
        "select o.* from {orders} o where {first_run} or o.ordered_at > (select max(ordered_at) from {this} t) \
         and o.ordered_at < {now}"
    ))
    .merge_on((Order::order_id, Order::ordered_at))
    .publish(direct())
}

#[model(schema = "daily")]
pub fn customer_history(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Customer::customer_id)
        .sequence_by(Customer::extracted_on)
        .full_extract(deletes::close().max_percent(10).allow_empty())
        .tracked(Customer::country)
        .ties(ties::last_by(Customer::country))
}

#[derive(HistoryColumns)]
pub struct OwnNames {
    #[history(from)]
    pub start_ts: Timestamp,
    #[history(to, open = "2999-01-01")]
    pub end_ts: Timestamp,
    #[history(current)]
    pub current_row: bool,
}

#[model(schema = "daily")]
pub fn order_history(orders: Ref<orders>) -> History<Order, OwnNames> {
    history(sql!("select * from {orders}"))
        .key(Order::order_id)
        .sequence_by(Order::ordered_at)
        .events()
        .delete_when("amount < 0")
}

/// Reads the own columns of two histories.
#[model(schema = "daily")]
pub fn at_the_time(c: Ref<customer_history>, o: Ref<order_history>) -> View<_> {
    sql!(
        "select o.order_id, c.country, o.start_ts, c.valid_to
         from {o} o
         left join {c} c on c.customer_id = o.customer_id and date(o.start_ts) between c.valid_from and c.valid_to
         where o.current_row"
    )
}

/// Net with 22 % tax.
#[sql_fn]
pub fn with_tax(net: Expr<Option<Decimal<38, 2>>>) -> Expr<Option<Decimal<38, 4>>> {
    sql!("{net} * decimal '1.22'")
}

/// Whether an order is a customer's.
#[sql_fn]
fn belongs(order: Expr<CustomerId>, customer: Expr<CustomerId>) -> Expr<bool> {
    sql!("{order} = {customer}")
}

#[model(schema = "daily")]
pub fn per_customer(orders: Ref<orders>, customers: Ref<customers>) -> Incremental<_> {
    incremental(sql!(
        "select o.customer_id, max(o.ordered_at) as last_order, count(*) as orders, {with_tax(sum(o.amount))} as gross
         from {orders} o
         join {customers} c on {belongs(o.customer_id, c.customer_id)}
         group by o.customer_id"
    ))
    .merge_on((per_customer::customer_id, per_customer::last_order))
}

for_each!("tests/lists/countries.txt", {
    /// The customers of __name__.
    #[model(schema = "daily")]
    pub fn __name___customers(customers: Ref<customers>) -> Table<_> {
        sql!("select * from {customers} where country = '__value__'")
    }
});
