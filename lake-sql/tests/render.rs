//! What is sent to each engine, for edits given by hand.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use lake_sql::bind::{Helper, Names, Reference, Relation, RelationColumn, Site, SiteKind, bind};
use lake_sql::render::dialect::Dialect;
use lake_sql::render::{RelationName, RelationNames, RenderError, RunValues, render};
use lake_sql::span::Span;
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::{Type, TypeRules};

struct Target;

impl RelationNames for Target {
    fn relation(&self, reference: &str) -> Option<RelationName> {
        let (schema, table, snapshot) = match reference {
            "orders" => ("raw", "orders", None),
            "customers" => ("dev_curated", "customers", Some(7_174_894_850_644_776_781)),
            "odd" => ("raw", "Odd \"name\"", Some(7)),
            _ => return None,
        };
        Some(RelationName { schema: schema.into(), table: table.into(), snapshot, columns: None })
    }
}

const RUN: RunValues = RunValues { now_micros: 1_709_200_800_123_456 };

/// A site at the `nth` place where `part` stands.
fn site_at(text: &str, part: &str, nth: usize, kind: SiteKind) -> Site {
    let start = text.match_indices(part).nth(nth).unwrap().0;
    Site { span: Span::new(start, start + part.len()), kind }
}

fn site(text: &str, part: &str, kind: SiteKind) -> Site {
    site_at(text, part, 0, kind)
}

fn relation(reference: &str, alias: Option<&str>) -> SiteKind {
    SiteKind::Relation { reference: reference.into(), alias: alias.map(str::to_owned) }
}

fn on_all(text: &str, sites: &[Site]) -> String {
    let dialects = [Dialect::EMBEDDED, Dialect::ATHENA, Dialect::TRINO];
    let rendered = dialects.map(|dialect| {
        let sql = render(text, sites, &Target, &dialect, RUN).unwrap();
        format!("-- {}\n{sql}", dialect.name)
    });
    rendered.join("\n\n")
}

#[test]
fn a_query_on_every_engine() {
    let text = "\
select *, 1.5 as rate, {now} as loaded_at, /* {not a reference} */ '{{braces}}' as text, -- {{x}}
    {with_tax(o.net * 1.5)} as gross, sum(a / 3) over () + 1.5 as share
from {orders} o join {customers} on o.id = customers.id
    join {odd} for version as of 9 as odd2 on true
where {first_run} or o.at > {now} -- the end";
    let sites = [
        site(text, "*", SiteKind::Star(vec!["o.id".into(), "o.net".into(), "customers.id as id_2".into()])),
        site(text, "1.5", SiteKind::DecimalLiteral),
        site(text, "{now}", SiteKind::Now),
        site(
            text,
            "{with_tax(o.net * 1.5)}",
            SiteKind::Helper("cast(('{{' || o.net * 1.5 || {now}) as varchar)".into()),
        ),
        site_at(text, "1.5", 1, SiteKind::DecimalLiteral),
        site(text, "sum(a / 3) over () + 1.5", SiteKind::Cast(Type::Decimal { precision: 38, scale: 6 })),
        site_at(text, "1.5", 2, SiteKind::DecimalLiteral),
        site(text, "{orders}", relation("orders", None)),
        site(text, "{customers}", relation("customers", Some("customers"))),
        site(text, "{odd}", relation("odd", None)),
        site(text, "{first_run} or o.at > {now}", SiteKind::Boolean(true)),
        site_at(text, "{now}", 1, SiteKind::Now),
    ];
    insta::assert_snapshot!(on_all(text, &sites));
}

#[test]
fn a_cast_goes_around_a_literal_of_its_own_span() {
    let text = "select 1_0.5, {now}";
    let sites = [
        site(text, "1_0.5", SiteKind::DecimalLiteral),
        site(text, "1_0.5", SiteKind::Cast(Type::Double)),
        site(text, "{now}", SiteKind::Cast(Type::TimestampTz(3))),
        site(text, "{now}", SiteKind::Now),
    ];
    insta::assert_snapshot!(on_all(text, &sites));
}

#[test]
fn a_pinned_table_travels_once() {
    let text = "select 1 from {odd} cross join {odd} as x";
    let sites = [site(text, "{odd}", relation("odd", Some("odd"))), site_at(text, "{odd}", 1, relation("odd", None))];
    insta::assert_snapshot!(on_all(text, &sites));
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |text: &str, sites: &[Site]| render(text, sites, &Target, &Dialect::TRINO, RUN).unwrap_err();
    let text = "select a + b from {nowhere}";
    assert_eq!(refused(text, &[]), RenderError::Unbound("{nowhere}".into()));
    let unknown = refused(text, &[site(text, "{nowhere}", relation("nowhere", None))]);
    assert_eq!(unknown.to_string(), "the target has no name for `{nowhere}`");
    let crossing = [
        site(text, "a + b", SiteKind::Cast(Type::Double)),
        site(text, "b from", SiteKind::Cast(Type::Double)),
        site(text, "{nowhere}", relation("orders", None)),
    ];
    assert_eq!(refused(text, &crossing), RenderError::Crossing(Span::new(7, 12), Span::new(11, 17)));
}

#[test]
fn names_are_quoted_by_path() {
    let names = |dialect: Dialect| (dialect.table("a", "b\"c"), dialect.ddl_table("a", "b`c"));
    assert_eq!(names(Dialect::TRINO), ("\"a\".\"b\"\"c\"".into(), "\"a\".\"b`c\"".into()));
    assert_eq!(names(Dialect::ATHENA), ("\"a\".\"b\"\"c\"".into(), "`a`.`b``c`".into()));
}

/// `orders`, two helpers of which one calls the other, and the values of a run.
struct Model;

impl Names for Model {
    fn reference(&self, name: &str) -> Option<Reference> {
        let column = |name: &str, ty| RelationColumn { name: name.into(), ty, nullable: false, brand: None };
        let amount = Type::Decimal { precision: 10, scale: 2 };
        let helper = |parameter: &str, template: &str| {
            Reference::Helper(Arc::new(Helper {
                name: name.to_owned(),
                parameters: vec![(parameter.to_owned(), amount.clone(), false)],
                result: (amount.clone(), false),
                template: template.into(),
            }))
        };
        Some(match name {
            "orders" => Reference::Relation(Arc::new(Relation {
                name: "raw.orders".into(),
                columns: vec![column("id", Type::BigInt), column("Net", amount), column("at", Type::TimestampTz(6))],
                complete: true,
            })),
            "now" => Reference::Now,
            "first_run" => Reference::FirstRun(Some(true)),
            "gross" => helper("net", "cast({net} * 1.19 as decimal(10, 2)) -- with tax"),
            "rounded" => helper("n", "{gross(cast({n} + 1.5 as decimal(10, 2)))}"),
            _ => return None,
        })
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

#[test]
fn a_bound_template_on_every_engine() {
    let text = "\
select orders.*, {rounded(cast(net - 2.5 as decimal(10, 2)))} as rounded, '{{' as brace
from {orders}
where {first_run} or at > {now}";
    let query = parse_query(text, Templates::Yes).tree.unwrap();
    let outcome = bind(&query, text, &Model, TypeRules::New);
    assert!(outcome.findings.is_empty(), "{:?}", outcome.findings);
    let rendered = on_all(text, &outcome.sites);
    for sql in rendered.split("-- ").skip(1) {
        let sql = sql.split_once('\n').unwrap().1;
        let findings = parse_query(sql, Templates::No).findings;
        assert!(findings.is_empty(), "{sql}: {findings:?}");
    }
    insta::assert_snapshot!(rendered);
}
