//! Queries over a small shop, bound, for the tests of the analyses.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crate::bind::{Names, Reference, Relation, RelationColumn, bind};
use crate::bound::{BoundQuery, TableName};
use crate::syntax::{Templates, parse_query};
use crate::types::TypeRules;

struct Shop;

const ORDERS: &[(&str, &str)] = &[
    ("order_id", "bigint"),
    ("customer_id", "bigint"),
    ("placed", "date"),
    ("amount", "decimal(12,2)"),
    ("weight", "double"),
    ("tags", "array(varchar)"),
];
const CUSTOMERS: &[(&str, &str)] = &[("customer_id", "bigint"), ("country", "varchar"), ("parent_id", "bigint")];

impl Names for Shop {
    fn reference(&self, name: &str) -> Option<Reference> {
        if name == "now" {
            return Some(Reference::Now);
        }
        self.table(&[name.to_owned()]).map(Reference::Relation)
    }

    fn reference_names(&self) -> Vec<String> {
        vec!["now".to_owned(), "orders".to_owned(), "customers".to_owned()]
    }

    fn table(&self, parts: &[String]) -> Option<Arc<Relation>> {
        let columns = match parts.last()?.as_str() {
            "orders" => ORDERS,
            "customers" => CUSTOMERS,
            _ => return None,
        };
        let column = |(name, ty): &(&str, &str)| RelationColumn {
            name: (*name).to_owned(),
            ty: ty.parse().unwrap(),
            nullable: true,
            brand: None,
        };
        let columns = columns.iter().map(column).collect();
        Some(Arc::new(Relation { name: parts.join("."), columns, complete: true }))
    }

    fn has_tables(&self) -> bool {
        true
    }
}

/// Binds a query that has no mistake.
#[track_caller]
pub(super) fn bound(sql: &str) -> BoundQuery {
    let parsed = parse_query(sql, Templates::Yes);
    assert_eq!(parsed.findings, [], "{sql}");
    let outcome = bind(&parsed.tree.unwrap(), sql, &Shop, TypeRules::New);
    assert_eq!(outcome.findings, [], "{sql}");
    outcome.query.unwrap()
}

/// The keys of the shop's tables: an order's and a customer's number.
pub(super) fn shop_keys(table: &TableName) -> Vec<Vec<String>> {
    let name = match table {
        TableName::Reference(name) => name,
        TableName::Named(parts) => parts.last().unwrap(),
    };
    let key = if name == "orders" { "order_id" } else { "customer_id" };
    vec![vec![key.to_owned()]]
}

/// No known keys.
pub(super) fn no_keys(_: &TableName) -> Vec<Vec<String>> {
    vec![]
}
