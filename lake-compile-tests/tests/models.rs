//! Models that compile, and what the program knows of them.
#![allow(missing_docs, clippy::unwrap_used)]

use lakehouse::model::registry::declarations;

use lakehouse::prelude::*;

#[derive(SqlType)]
pub struct CustomerId(i64);

/// One customer.
#[derive(Row)]
pub struct Customer {
    /// Key in the shop's system.
    #[col(unique)]
    pub customer_id: CustomerId,
    #[col(accepted("SI", "HR"))]
    pub country: Option<String>,
    #[col(condition = "{column} >= 0")]
    pub r#type: Decimal<12, 2>,
    pub tags: Vec<String>,
    pub extracted_at: Timestamp,
}

/// As the shop exports them.
#[source(schema = "raw")]
pub fn customers() -> Source<Customer>;

#[source(schema = "raw", files = "fx/*.json", format = "json", name = "landing")]
pub fn landing_files() -> Source<Customer>;

#[model(schema = "marts", tags = ["daily", "crm"], owner = "data")]
pub fn all_customers(customers: Ref<customers>) -> Table<Customer> {
    table(sql!("select * from {customers}")).publish(direct())
}

/// Every version.
#[model(schema = "curated")]
pub fn customer_history(customers: Ref<customers>) -> History<Customer> {
    history(sql!("select * from {customers}"))
        .key(Customer::customer_id)
        .sequence_by(Customer::extracted_at)
        .full_extract(deletes::close())
}

#[model(schema = "curated")]
fn recent(customers: Ref<customers>, this: This, first_run: FirstRun, now: Now) -> Incremental<Customer> {
    incremental(sql!(
        "select * from {customers}
         where {first_run} or extracted_at > (select max(extracted_at) from {this}) and {now} > now()"
    ))
    .merge_on((Customer::customer_id, Customer::extracted_at))
}

#[test]
fn declarations_are_found_in_order() {
    let found = declarations().unwrap();
    let names: Vec<_> = found.models.iter().map(|model| model.id.to_string()).collect();
    assert_eq!(names, ["curated.customer_history", "curated.recent", "marts.all_customers"]);
}
