//! Queries over the shop: their columns, types, nullability and newtypes, or their findings.

#![allow(clippy::unwrap_used)]

mod shop;

use lake_sql::bind::{Site, SiteKind, bind_for};
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::TypeRules;
use shop::{Shop, bound, described};

/// Each query with what binding it gives.
fn check(name: &str, queries: &str) {
    let pages: Vec<String> = queries
        .split("\n\n")
        .map(|sql| sql.trim())
        .filter(|sql| !sql.is_empty())
        .map(|sql| format!("{sql}\n----\n{}", described(sql)))
        .collect();
    insta::assert_snapshot!(name, pages.join("\n"));
}

macro_rules! checks {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            check(stringify!($name), include_str!(concat!("data/bind/", stringify!($name), ".sql")));
        }
    )*};
}

checks! { columns nullability joins grouping windows subqueries with unnest_and_lambdas mistakes brands }

/// The sites of a query: text, and what stands there.
fn sites(sql: &str, shop: &Shop) -> String {
    let outcome = bound(sql, shop);
    assert!(outcome.findings.is_empty(), "{}", shop::rendered(sql, &outcome.findings));
    let line = |site: &Site| format!("{}  =>  {:?}", site.span.text(sql), site.kind);
    outcome.sites.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn places_to_edit() {
    insta::assert_snapshot!(sites(
        "select *, {with_tax(o.amount)} as gross, 1.5 as rate from {orders} o \
         join {customers} using (customer_id) where ordered_at < {now}",
        &Shop::default(),
    ));
}

#[test]
fn first_run_folds_before_names_exist() {
    let sql = "select order_id from {orders} where {first_run} or ordered_at > (select max(gone) from {lost})";
    let first = Shop { first_run: Some(true), ..Shop::default() };
    insta::assert_snapshot!(sites(sql, &first));
    let later = Shop { first_run: Some(false), ..Shop::default() };
    assert_eq!(bound(sql, &later).findings.len(), 1);
    assert_eq!(bound(sql, &Shop::default()).findings.len(), 1);
}

#[test]
fn nothing_follows_from_what_is_unknown() {
    let sql = "select b.anything + 1 as x, failed || 'a' as y, upper(failed) as z, o.note \
               from {broken} b join {orders} o on o.order_id = b.failed where b.other = 'x'";
    assert_eq!(bound(sql, &Shop::default()).findings, vec![]);
}

#[test]
fn a_star_over_an_incomplete_relation_is_incomplete() {
    let complete = |sql| bound(sql, &Shop::default()).complete;
    assert!(complete("select * from {orders}"));
    assert!(!complete("select * from (select * from {broken} union all select * from {broken}) t"));
    assert!(complete("select id from {broken}"));
}

#[test]
fn sites_are_in_order() {
    let outcome = bound("select o.*, 1.5 as a from {orders} o where {first_run}", &Shop::default());
    let kinds: Vec<_> = outcome.sites.iter().map(|site| std::mem::discriminant(&site.kind)).collect();
    assert_eq!(kinds.len(), 3);
    assert!(matches!(outcome.sites[0].kind, SiteKind::Star(_)));
}

/// What must be cast so that an engine with the older rules gives the types and values that were checked.
fn sent_to_older_rules(sql: &str) -> String {
    let tree = parse_query(sql, Templates::Yes).tree.unwrap();
    let outcome = bind_for(&tree, sql, &Shop::default(), TypeRules::New, TypeRules::Old);
    let line = |site: &Site| match &site.kind {
        SiteKind::Cast(ty) => Some(format!("{}  =>  {ty}", site.span.text(sql))),
        SiteKind::Helper(helper) => Some(format!("{}  =>  {helper}", site.span.text(sql))),
        _ => None,
    };
    let lines: Vec<String> = outcome.sites.iter().filter_map(line).collect();
    format!("{sql}\n{}\n{}", lines.join("\n"), shop::rendered(sql, &outcome.findings))
}

#[test]
fn casts_for_older_rules() {
    let queries = [
        "select amount / 3 as third from {orders}",
        "select amount / 3 / 7 as part, (amount + 1) * 2 as more from {orders}",
        "select sum(amount) / count(*) as average, avg(amount) as mean from {orders}",
        "select cast(amount as decimal(30,10)) * cast(amount as decimal(30,10)) as square from {orders}",
        "select cast(amount as decimal(38,10)) / cast(amount as decimal(38,10)) as one from {orders}",
        "select {with_tax(cast(amount / 3 as decimal(12,2)))} as gross from {orders}",
        "select 5 / 2 as a, 1e0 / 3 as b, amount + amount as c from {orders}",
        "select cast('a' as char(3)) || note as a, (amount > 1) is true as b from {orders}",
        "select count(distinct note) over () as a, array_agg(note order by order_id) over () as b, \
         listagg(note, ',') within group (order by note) over () as c from {orders}",
        "select cast(cast('3' as char(1)) as integer) as a, ordered_at at local as b, \
         json_value(note, 'lax $.a' returning integer default '1' on error) as c from {orders}",
        "with recursive r(n) as (select 1 union select n + 1 from r where n < 3) select n from r",
    ];
    insta::assert_snapshot!(queries.map(sent_to_older_rules).join("\n\n"));
}
