//! Statements over the shop's tables, and declared rows against queries.

#![allow(clippy::unwrap_used)]

mod shop;

use lake_sql::bind::{bind_statement, check_contract, contract_casts};
use lake_sql::bound::ExprKind;
use lake_sql::bound::statement::{BoundStatement, MergeAction};
use lake_sql::syntax::{Templates, parse_query, parse_statement};
use lake_sql::types::{Type, TypeRules};
use shop::Shop;

fn statement(sql: &str) -> Result<BoundStatement, String> {
    let tree = parse_statement(sql).tree.unwrap();
    let shop = Shop { tables: true, ..Shop::default() };
    let outcome = bind_statement(&tree, sql, &shop, TypeRules::New);
    if outcome.findings.is_empty() {
        Ok(outcome.statement.unwrap())
    } else {
        Err(shop::rendered(sql, &outcome.findings))
    }
}

#[test]
fn insert_casts_to_the_table() {
    let bound = statement("insert into orders (order_id, amount, note) select 1, 2.345, null").unwrap();
    let BoundStatement::Insert(insert) = bound else { panic!("{bound:?}") };
    assert_eq!(insert.positions, [0, 2, 3]);
    let types: Vec<String> = insert.query.columns.iter().map(|column| column.ty.to_string()).collect();
    assert_eq!(types, ["bigint", "decimal(12,2)", "varchar"]);
}

#[test]
fn update_and_delete_see_the_old_row() {
    let bound = statement("update orders set amount = amount + 1, note = 'x' where note is null").unwrap();
    let BoundStatement::Update(update) = bound else { panic!("{bound:?}") };
    assert_eq!(update.assignments.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [2, 3]);
    assert!(update.assignments.iter().all(|(_, value)| matches!(value.kind, ExprKind::Cast { implicit: true, .. })));
    let bound = statement("delete from orders where customer_id in (select customer_id from customers)").unwrap();
    assert!(matches!(bound, BoundStatement::Delete(delete) if delete.filter.is_some()));
}

#[test]
fn merge_binds_each_clause_over_what_it_sees() {
    let bound = statement(
        "merge into orders t using (select order_id, amount from orders) s on t.order_id = s.order_id \
         when matched and s.amount = 0 then delete \
         when matched then update set amount = s.amount, note = coalesce(t.note, 'none') \
         when not matched then insert (order_id, amount) values (s.order_id, s.amount)",
    )
    .unwrap();
    let BoundStatement::Merge(merge) = bound else { panic!("{bound:?}") };
    assert_eq!(merge.clauses.len(), 3);
    assert!(matches!(&merge.clauses[2].action, MergeAction::Insert(values) if values.len() == 2));
    assert!(
        statement(
            "merge into orders t using customers s on t.customer_id = s.customer_id \
         when not matched then insert (note) values (t.note)"
        )
        .is_err()
    );
}

#[test]
fn new_tables_have_named_typed_columns() {
    let bound = statement("create table t as select order_id, count(*) as n from orders group by 1").unwrap();
    let BoundStatement::CreateTableAs(table) = bound else { panic!("{bound:?}") };
    let expected = [("order_id", Type::BigInt, false), ("n", Type::BigInt, false)];
    assert_eq!(table.columns, expected.map(|(name, ty, nullable)| (name.to_owned(), ty, nullable)));
}

#[test]
fn mistakes_in_statements() {
    let statements = [
        "insert into orders (order_id, nope) select 1, 2",
        "insert into orders (order_id, note) select 1",
        "insert into orders (order_id) select 'a'",
        "update orders set note = 1, note = 'x' where max(amount) > 1",
        "delete from ordrs",
        "create view v as select 1, 2 as a, 3 as a",
    ];
    let pages = statements.map(|sql| format!("{sql}\n----\n{}", statement(sql).unwrap_err()));
    insta::assert_snapshot!(pages.join("\n\n"));
}

/// Findings and casts of a query against a declared row.
fn contract(sql: &str, columns: &[(&str, &str, bool, &str)]) -> String {
    let outcome = shop::bound(sql, &Shop::default());
    let declared: Vec<_> =
        columns.iter().map(|(name, ty, nullable, brand)| shop::column(name, ty, *nullable, brand)).collect();
    let tree = parse_query(sql, Templates::Yes).tree.unwrap();
    let query = outcome.query.unwrap();
    let mut findings = outcome.findings;
    findings.extend(check_contract(&tree, &query, &declared, "Row"));
    let casts = contract_casts(&tree, &query, &declared);
    let casts: Vec<String> = casts.iter().map(|site| format!("{} {:?}", site.span.text(sql), site.kind)).collect();
    format!("{sql}\n----\n{}\n{}", shop::rendered(sql, &findings), casts.join("\n"))
}

#[test]
fn declared_rows() {
    let pages = [
        contract(
            "select order_id as id, 1 as n, 'x' as kind from {orders}",
            &[("id", "bigint", false, "OrderId"), ("n", "bigint", false, ""), ("kind", "varchar", false, "")],
        ),
        contract("select 1 as n union all select 2", &[("n", "decimal(12,2)", false, "")]),
        contract(
            "select totl, note, order_id as id from (select amount as totl, note, order_id from {orders}) t",
            &[
                ("total", "decimal(12,2)", false, ""),
                ("note", "varchar", false, ""),
                ("id", "bigint", false, "CustomerId"),
            ],
        ),
        contract(
            "select amount, count(*) from {orders} group by amount",
            &[("amount", "decimal(10,2)", false, ""), ("n", "bigint", false, ""), ("late", "date", true, "")],
        ),
        contract(
            "select nope as a, order_id as b from {orders}",
            &[("a", "bigint", false, ""), ("b", "varchar", false, "")],
        ),
    ];
    insta::assert_snapshot!(pages.join("\n\n"));
}
