//! A small shop that queries of tests read: `{orders}`, `{customers}`, `{with_tax(…)}`, `{now}`, `{first_run}`.

#![allow(clippy::unwrap_used, dead_code)]

use std::fmt::Write as _;
use std::sync::Arc;

use lake_sql::bind::{Helper, Names, Outcome, Reference, Relation, RelationColumn, bind};
use lake_sql::finding::Finding;
use lake_sql::finding::report::{Colour, Source};
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::{Type, TypeRules};

/// What the names of the shop mean.
#[derive(Clone, Default)]
pub struct Shop {
    /// The value of `{first_run}`, if it is known.
    pub first_run: Option<bool>,
    /// Whether `orders` and `customers` are also tables.
    pub tables: bool,
}

impl Names for Shop {
    fn reference(&self, name: &str) -> Option<Reference> {
        match name {
            "orders" | "shop.orders" => Some(Reference::Relation(orders())),
            "customers" => Some(Reference::Relation(customers())),
            "broken" => Some(Reference::Relation(broken())),
            "now" => Some(Reference::Now),
            "first_run" => Some(Reference::FirstRun(self.first_run)),
            "with_tax" => Some(Reference::Helper(Arc::new(with_tax()))),
            "twice" => Some(Reference::Helper(Arc::new(twice()))),
            _ => None,
        }
    }

    fn reference_names(&self) -> Vec<String> {
        ["customers", "first_run", "now", "orders", "twice", "with_tax"].map(str::to_owned).to_vec()
    }

    fn table(&self, parts: &[String]) -> Option<Arc<Relation>> {
        match parts.last()?.as_str() {
            "orders" if self.tables => Some(orders()),
            "customers" if self.tables => Some(customers()),
            _ => None,
        }
    }

    fn has_tables(&self) -> bool {
        self.tables
    }
}

/// One column: name, type, nullable, newtype.
pub fn column(name: &str, ty: &str, nullable: bool, brand: &str) -> RelationColumn {
    let brand = (!brand.is_empty()).then(|| Arc::from(brand));
    RelationColumn { name: name.into(), ty: ty.parse().unwrap(), nullable, brand }
}

fn orders() -> Arc<Relation> {
    let columns = vec![
        column("order_id", "bigint", false, "OrderId"),
        column("customer_id", "bigint", false, "CustomerId"),
        column("amount", "decimal(12,2)", false, ""),
        column("note", "varchar", true, ""),
        column("ordered_at", "timestamp(6)", false, ""),
        column("tags", "array(varchar)", false, ""),
        column("address", "row(city varchar, zip varchar)", true, ""),
    ];
    Arc::new(Relation { name: "shop.orders".into(), columns, complete: true })
}

fn customers() -> Arc<Relation> {
    let columns = vec![
        column("customer_id", "bigint", false, "CustomerId"),
        column("name", "varchar", false, ""),
        column("country", "varchar", true, ""),
        column("signed_up", "date", false, ""),
    ];
    Arc::new(Relation { name: "shop.customers".into(), columns, complete: true })
}

fn broken() -> Arc<Relation> {
    let mut columns = vec![column("id", "bigint", false, "")];
    columns.push(RelationColumn { name: "failed".into(), ty: Type::Error, nullable: false, brand: None });
    Arc::new(Relation { name: "shop.broken".into(), columns, complete: false })
}

fn with_tax() -> Helper {
    Helper {
        name: "with_tax".into(),
        parameters: vec![("net".into(), "decimal(12,2)".parse().unwrap(), false)],
        result: ("decimal(12,2)".parse().unwrap(), false),
        template: "cast({net} * decimal '1.2' as decimal(12,2))".into(),
    }
}

fn twice() -> Helper {
    Helper {
        name: "twice".into(),
        parameters: vec![("a".into(), Type::BigInt, true)],
        result: (Type::BigInt, true),
        template: "{a} + {a}".into(),
    }
}

/// Parses and binds; findings of the parser come first.
pub fn bound(sql: &str, shop: &Shop) -> Outcome {
    let parsed = parse_query(sql, Templates::Yes);
    let tree = parsed.tree.unwrap_or_else(|| panic!("{sql} has no tree"));
    let mut outcome = bind(&tree, sql, shop, TypeRules::New);
    outcome.findings.splice(0..0, parsed.findings);
    outcome
}

/// Findings as a terminal shows them.
pub fn rendered(sql: &str, findings: &[Finding]) -> String {
    let source = Source::new(sql, "model.sql", 1, 1);
    let all: Vec<String> = findings.iter().map(|finding| source.terminal(finding, Colour::No)).collect();
    all.join("\n\n")
}

/// The columns, one a line: name, type, `null` if it may be null, newtype; or the findings.
pub fn described(sql: &str) -> String {
    let outcome = bound(sql, &Shop::default());
    if !outcome.findings.is_empty() {
        return rendered(sql, &outcome.findings);
    }
    let mut out = String::new();
    for column in outcome.query.unwrap().columns {
        let name = column.name.as_deref().unwrap_or("-");
        let null = if column.nullable { " null" } else { "" };
        let brand = column.brand.map(|brand| format!(" {brand}")).unwrap_or_default();
        writeln!(out, "{name} {}{null}{brand}", column.ty).unwrap();
    }
    out
}
