//! Thirteen faults; one `cargo check` reports each of them once.

use lakehouse::prelude::*;

#[derive(Row)]
pub struct Order {
    pub order_id: i64,
    pub customer_id: i64,
    pub amount: Decimal<12, 2>,
    pub note: Option<String>,
}

#[derive(Row)]
pub struct Customer {
    pub customer_id: i64,
    pub country: Option<String>,
}

#[derive(Row)]
pub struct Country {
    pub country: String,
    pub orders: i64,
}

#[derive(Row)]
pub struct Number {
    pub number: i64,
}

#[source(schema = "raw")]
pub fn orders() -> Source<Order>;

#[source(schema = "raw")]
pub fn customers() -> Source<Customer>;

#[model(schema = "marts")]
pub fn misspelt_upstream(orders: Ref<orders>) -> View<Order> {
    sql!("select * from {ordrs}")
}

#[model(schema = "marts")]
pub fn misspelt_column(orders: Ref<orders>) -> Table<Number> {
    sql!("select custmer_id as number from {orders}")
}

#[model(schema = "marts")]
pub fn ambiguous_column(orders: Ref<orders>, customers: Ref<customers>) -> Table<Number> {
    sql!(
        "select customer_id as number
         from {orders} o
         join {customers} c on c.customer_id = o.customer_id"
    )
}

#[model(schema = "marts")]
pub fn varchar_against_bigint(orders: Ref<orders>) -> Table<Order> {
    sql!("select * from {orders} where order_id = note")
}

#[model(schema = "marts")]
pub fn aggregate_without_group_by(orders: Ref<orders>) -> Table<Number> {
    sql!("select order_id as number from {orders} where amount > max(amount)")
}

#[model(schema = "marts")]
pub fn column_missing(customers: Ref<customers>) -> Table<Country> {
    sql!("select coalesce(country, '?') as country from {customers}")
}

#[model(schema = "marts")]
pub fn wrong_type(customers: Ref<customers>) -> Table<Country> {
    sql!(
        "select coalesce(country, '?') as country, cast(count(*) as varchar) as orders
         from {customers}
         group by 1"
    )
}

#[model(schema = "marts")]
pub fn null_where_not_allowed(customers: Ref<customers>) -> Table<Country> {
    sql!("select country, count(*) as orders from {customers} group by country")
}

#[model(schema = "marts")]
pub fn chicken(egg: Ref<egg>) -> Table<Number> {
    sql!("select number from {egg}")
}

#[model(schema = "marts")]
pub fn egg(chicken: Ref<chicken>) -> Table<Number> {
    sql!("select number from {chicken}")
}

#[model(schema = "marts")]
pub fn duplicate_output_column(orders: Ref<orders>) -> Table<Number> {
    sql!("select order_id as number, customer_id as number from {orders}")
}

#[model(schema = "marts")]
pub fn syntax_error(orders: Ref<orders>) -> Table<Number> {
    sql!("select order_id as number form {orders}")
}

#[model(schema = "marts")]
pub fn union_of_different_widths(orders: Ref<orders>, customers: Ref<customers>) -> Table<Number> {
    sql!(
        "select order_id as number from {orders}
         union all
         select customer_id, country from {customers}"
    )
}

#[model(schema = "marts")]
pub fn ungrouped_column(orders: Ref<orders>) -> Table<Number> {
    sql!("select customer_id + count(*) as number from {orders} group by order_id")
}

fn main() {}
