//! Every finding has a wrong example that gives it and a right one that gives nothing.

#![allow(clippy::unwrap_used)]

mod shop;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lake_sql::bind::{Helper, Outcome, bind_helper, bind_statement, check_contract};
use lake_sql::bound::TableName;
use lake_sql::finding::doc::{ALL, Example, FindingDoc};
use lake_sql::finding::{Finding, Severity};
use lake_sql::lint;
use lake_sql::syntax::{Templates, parse_expression, parse_query, parse_statement};
use lake_sql::types::TypeRules;
use shop::Shop;

fn findings(example: Example) -> (String, Vec<Finding>) {
    match example {
        Example::Query(sql) => (sql.into(), with_lints(sql, shop::bound(sql, &Shop::default()))),
        Example::FullExtract(sql) => {
            (sql.into(), lint::full_extract(&shop::bound(sql, &Shop::default()).query.unwrap()))
        }
        Example::Portable(sql) => {
            let tree = parse_query(sql, Templates::Yes).tree.unwrap();
            (sql.into(), lint::portability(&tree, sql, &Shop::default()))
        }
        Example::Model { columns, sql } => {
            let outcome = shop::bound(sql, &Shop::default());
            let columns: Vec<_> =
                columns.iter().map(|(name, ty, nullable)| shop::column(name, ty, *nullable, "")).collect();
            let tree = parse_query(sql, Templates::Yes).tree.unwrap();
            let mut findings = outcome.findings;
            findings.extend(check_contract(&tree, &outcome.query.unwrap(), &columns, "Row"));
            (sql.into(), findings)
        }
        Example::Helper { parameter: (name, ty, nullable), result, sql } => {
            let helper = Helper {
                name: "helper".into(),
                parameters: vec![(name.into(), ty.parse().unwrap(), nullable)],
                result: (result.0.parse().unwrap(), result.1),
                template: sql.into(),
            };
            let tree = parse_expression(sql, Templates::Yes).tree.unwrap();
            (sql.into(), bind_helper(&helper, &tree, &Shop::default(), TypeRules::New))
        }
        Example::Statement(sql) => (sql.into(), of_statement(sql)),
    }
}

fn of_statement(sql: &str) -> Vec<Finding> {
    let parsed = parse_statement(sql);
    let Some(tree) = parsed.tree.filter(|_| parsed.findings.is_empty()) else { return parsed.findings };
    let shop = Shop { tables: true, ..Shop::default() };
    let outcome = bind_statement(&tree, sql, &shop, TypeRules::New);
    let lints = outcome.statement.map(|statement| lint::statement(&statement, sql, &|_| vec![]));
    [outcome.findings, lints.unwrap_or_default()].concat()
}

/// What is unique in the shop's tables.
fn keys(table: &TableName) -> Vec<Vec<String>> {
    match table {
        TableName::Reference(name) if name == "orders" => vec![vec!["order_id".into()]],
        TableName::Reference(name) if name == "customers" => vec![vec!["customer_id".into()]],
        _ => vec![],
    }
}

/// The errors; of a query without any the lints.
fn with_lints(sql: &str, outcome: Outcome) -> Vec<Finding> {
    let lints = outcome.query.filter(|_| outcome.findings.is_empty()).map(|query| lint::query(&query, sql, &keys));
    lint::without_allowed(sql, [outcome.findings, lints.unwrap_or_default()].concat())
}

#[test]
fn wrong_examples_give_their_finding_and_right_ones_none() {
    let mut pages = vec![];
    let mut mistaken = vec![];
    for doc in ALL {
        let (sql, wrong) = findings(doc.wrong);
        let ids: Vec<_> = wrong.iter().map(|finding| finding.id).collect();
        if ids != [doc.id] {
            mistaken.push(format!("{}: {sql}\n{}", doc.id, shop::rendered(&sql, &wrong)));
        }
        pages.push(format!("{}\n\n{}", doc.text, shop::rendered(&sql, &wrong)));
        let (sql, right) = findings(doc.right);
        let is_lint = wrong.iter().all(|finding| finding.severity == Severity::Lint);
        if right.iter().any(|finding| is_lint || finding.severity == Severity::Error) {
            mistaken.push(format!("{}: {sql}\n{}", doc.id, shop::rendered(&sql, &right)));
        }
    }
    assert!(mistaken.is_empty(), "{}", mistaken.join("\n\n"));
    insta::assert_snapshot!(pages.join("\n\n"));
}

/// What is shown of an example: its SQL, below the columns that its model declares.
fn written(example: Example) -> String {
    match example {
        Example::Query(sql) | Example::Statement(sql) | Example::Portable(sql) => sql.to_owned(),
        Example::FullExtract(sql) => format!("-- a history from full extracts\n{sql}"),
        Example::Model { columns, sql } => {
            let null = |nullable: bool| if nullable { "" } else { " not null" };
            let declared = columns.iter().map(|(name, ty, nullable)| format!("{name} {ty}{}", null(*nullable)));
            format!("-- a model of ({})\n{sql}", declared.collect::<Vec<_>>().join(", "))
        }
        Example::Helper { parameter: (name, ty, _), result: (result, _), sql } => {
            format!("-- a helper from {name} ({ty}) to {result}\n{sql}")
        }
    }
}

/// The page of a finding, as it stands in `docs/findings`.
fn page(doc: &FindingDoc) -> String {
    let (sql, wrong) = findings(doc.wrong);
    let shown = shop::rendered(&sql, &wrong);
    let (id, text) = (doc.id, doc.text);
    let (wrong, right) = (written(doc.wrong), written(doc.right));
    format!(
        "# {id}\n\n{text}\n\n## Wrong\n\n```sql\n{wrong}\n```\n\n```text\n{shown}\n```\n\n## Right\n\n```sql\n{right}\n```\n"
    )
}

/// What is said of queries here and by a Trino server (release 483), whose messages `data/beside-trino.jsonl` keeps.
fn beside_trino() -> String {
    let mut page = "# The same mistakes, here and on a server\n\nQueries over `orders` and `customers`, what this \
                    checker says of them, and what Trino 483 answers.\n"
        .to_owned();
    for line in include_str!("data/beside-trino.jsonl").lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let (sql, trino) = (case["sql"].as_str().unwrap(), case["trino"].as_str().unwrap());
        let found = of_statement(sql);
        assert!(found.iter().any(|finding| finding.severity == Severity::Error), "{sql} is not refused");
        page += &format!("\n```text\n{}\n```\n\n> {trino}\n", shop::rendered(sql, &found));
    }
    page
}

/// `LAKE_UPDATE_DOCS=1 cargo test -p lake-sql --test finding_examples` writes the pages.
#[test]
fn each_finding_has_its_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/findings");
    let mut pages: BTreeMap<String, String> = ALL.iter().map(|doc| (format!("{}.md", doc.id), page(doc))).collect();
    pages.insert("beside-trino.md".into(), beside_trino());
    let lines = ALL.iter().map(|doc| format!("- [{0}]({0}.md)", doc.id)).collect::<BTreeSet<_>>();
    let index = lines.into_iter().collect::<Vec<_>>().join("\n");
    pages.insert("README.md".into(), format!("# Findings\n\nWhat the checker says of SQL, a page each; and [the same mistakes on a Trino server](beside-trino.md).\n\n{index}\n"));
    if std::env::var_os("LAKE_UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let mut there = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        there.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap());
    }
    assert!(there == pages, "docs/findings is stale: run this test with LAKE_UPDATE_DOCS=1");
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = ALL.iter().map(|doc| doc.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), ALL.len());
}
