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

/// The first finding of a statement over the shop's tables, if there is one.
fn told(sql: &str) -> Option<String> {
    let parsed = parse_statement(sql);
    let shop = Shop { tables: true, ..Shop::default() };
    let bound = parsed.tree.map(|tree| bind_statement(&tree, sql, &shop, TypeRules::New).findings);
    let findings = [parsed.findings, bound.unwrap_or_default()].concat();
    findings.first().map(|finding| finding.message.clone())
}

#[test]
fn athenas_statements_are_read() {
    for sql in [
        "create external table if not exists `raw`.`events` (id bigint comment 'key', tags array<string>, \
         address struct<street: string, zip: int>, counts map<string, double>) comment 'x' \
         partitioned by (day date, region string) row format serde 'a.b' with serdeproperties ('a' = 'b') \
         stored as parquet location 's3://b/p/' tblproperties ('k' = 'v')",
        "create table raw.t (a int, b string) partitioned by (day(c), bucket(16, a)) location 's3://b/t/' \
         tblproperties ('table_type' = 'ICEBERG')",
        "create external table t (a int) stored as inputformat 'x' outputformat 'y' location 's3://b/t/'",
        "create database raw",
        "drop database if exists raw cascade",
        "alter table orders add columns (extra string, more decimal(5, 2))",
        "alter table orders replace columns (order_id bigint)",
        "alter table orders change column note remark string comment 'x'",
        "alter table orders add if not exists partition (day = '2020-01-01') location 's3://b/x/'",
        "alter table orders drop partition (day = '2020-01-01')",
        "alter table orders set tblproperties ('a' = 'b')",
        "alter table orders set location 's3://b/x/'",
        "msck repair table orders",
        "optimize orders rewrite data using bin_pack where order_id > 5",
        "vacuum orders",
        "unload (select order_id from orders) to 's3://b/x/' with (format = 'PARQUET', compression = 'SNAPPY')",
        "show partitions orders",
        "show tblproperties orders",
        "describe formatted orders",
    ] {
        assert_eq!(told(sql), None, "{sql}");
    }
}

#[test]
fn what_athenas_statements_name_is_looked_up() {
    for (sql, message) in [
        ("create external table t (a strng) location 'x'", "unknown type strng"),
        ("create external table t (a int, A string) location 'x'", "output column `A` appears twice"),
        ("create external table t (a int) from 'x'", ""),
        ("msck repair table oders", "no table `oders`"),
        ("optimize orders rewrite data using bin_pack where oder_id > 5", "no column `oder_id` in `orders`"),
        ("vacuum oders", "no table `oders`"),
        (
            "unload (select oder_id from orders) to 's3://b/x/' with (format = 'PARQUET')",
            "no column `oder_id` in `orders`",
        ),
        ("alter table oders add columns (a int)", "no table `oders`"),
        ("describe oders", "no table `oders`"),
        ("explain select oder_id from orders", "no column `oder_id` in `orders`"),
        ("explain (type validat) select 1", ""),
        ("show tabels", ""),
    ] {
        let found = told(sql);
        assert!(found.as_ref().is_some_and(|found| found.starts_with(message)), "{sql}: {found:?}");
    }
}

#[test]
fn statements_about_statements_and_sessions_are_read() {
    for sql in [
        "prepare p from select ? as a",
        "execute p using 1, 'a'",
        "execute immediate 'select 1'",
        "deallocate prepare p",
        "explain analyze verbose select 1",
        "explain (type io, format json) select order_id from orders",
        "show stats for orders",
        "show stats for (select order_id from orders)",
        "show functions like 'a%' escape '#'",
        "describe input p",
        "set session query_max_run_time = '1h'",
        "set time zone local",
        "use hive.raw",
        "start transaction isolation level serializable",
        "call system.flush(a => 1)",
        "comment on table orders is 'x'",
        "grant select on orders to someone",
        "alter view v rename to w",
    ] {
        assert_eq!(told(sql), None, "{sql}");
    }
}
