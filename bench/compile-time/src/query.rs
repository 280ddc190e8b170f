//! Parses and binds one query of a hundred lines, many times over.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use lake_sql::bind::{Names, Reference, Relation, RelationColumn, bind};
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::TypeRules;

const SQL: &str = include_str!("hundred_lines.sql");

/// Columns of every relation that the query reads.
const COLUMNS: [(&str, &str); 15] = [
    ("order_id", "bigint"),
    ("customer_id", "bigint"),
    ("amount", "decimal(12,2)"),
    ("quantity", "integer"),
    ("country", "varchar"),
    ("channel", "varchar"),
    ("ordered_at", "timestamp(6)"),
    ("shipped_on", "date"),
    ("discount", "decimal(5,4)"),
    ("weight", "double"),
    ("is_gift", "boolean"),
    ("note", "varchar"),
    ("position", "bigint"),
    ("running", "decimal(38,2)"),
    ("band", "varchar"),
];

const TIMES: u32 = 2000;

/// Every name in braces is the same relation.
struct OneRelation(Arc<Relation>);

impl Names for OneRelation {
    fn reference(&self, _name: &str) -> Option<Reference> {
        Some(Reference::Relation(self.0.clone()))
    }

    fn reference_names(&self) -> Vec<String> {
        vec![]
    }

    fn table(&self, _parts: &[String]) -> Option<Arc<Relation>> {
        None
    }

    fn has_tables(&self) -> bool {
        false
    }
}

/// Prints microseconds for parsing and for binding the query.
pub fn parse_and_bind() {
    let columns = COLUMNS.map(|(name, ty)| RelationColumn {
        name: name.into(),
        ty: ty.parse().expect("a type of Trino's"),
        nullable: true,
        brand: None,
    });
    let relation = Relation { name: "raw.orders".into(), complete: true, columns: columns.into() };
    let names = OneRelation(Arc::new(relation));
    let tree = parse_query(SQL, Templates::Yes).tree.expect("the query parses");
    let bound = || bind(&tree, SQL, &names, TypeRules::default());
    assert_eq!(bound().findings, [], "the query is right");
    let parse_us = mean_us(|| {
        black_box(parse_query(SQL, Templates::Yes));
    });
    let bind_us = mean_us(|| {
        black_box(bound());
    });
    println!("a query of {} lines: parsing {parse_us:.0} µs, binding {bind_us:.0} µs", SQL.lines().count());
}

fn mean_us(run: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..TIMES).for_each(|_| run());
    start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
}
