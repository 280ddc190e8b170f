//! The binder against a server's answers: names and types of the result, or that the query is refused.
//!
//! `data/corpus.jsonl` holds queries with what a server answers under the new rules and, where it differs, under the
//! old ones; `data/corpus-new-rules.jsonl` holds more of them, with answers under the new rules alone. A query that fails only when it runs (overflow, a bad cast) must bind. `data/corpus-differences.txt` lists
//! the answers that are known to differ; it is there to shrink.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use lake_sql::bind::{Names, Reference, Relation, RelationColumn, bind};
use lake_sql::finding::{Finding, Severity};
use lake_sql::span::Span;
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::{Type, TypeRules};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    sql: String,
    new: Answer,
    old: Option<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    columns: Vec<(String, String)>,
    /// Columns in which the server's rows hold a null.
    #[serde(default)]
    nulls: Vec<usize>,
    error: Option<String>,
    /// Line and column of the error, from 1.
    at: Option<(usize, usize)>,
}

/// The tables that the queries read: `tpch.tiny`, whose columns a server does not declare as not null.
struct Server;

impl Names for Server {
    fn reference(&self, _name: &str) -> Option<Reference> {
        None
    }

    fn reference_names(&self) -> Vec<String> {
        vec![]
    }

    fn table(&self, parts: &[String]) -> Option<Arc<Relation>> {
        let [catalog, schema, table] = parts else { return None };
        if catalog != "tpch" || schema != "tiny" {
            return None;
        }
        let columns: &[(&str, &str)] = match table.as_str() {
            "nation" => &[
                ("nationkey", "bigint"),
                ("name", "varchar(25)"),
                ("regionkey", "bigint"),
                ("comment", "varchar(152)"),
            ],
            "region" => &[("regionkey", "bigint"), ("name", "varchar(25)"), ("comment", "varchar(152)")],
            "orders" => &[
                ("orderkey", "bigint"),
                ("custkey", "bigint"),
                ("orderstatus", "varchar(1)"),
                ("totalprice", "double"),
                ("orderdate", "date"),
                ("orderpriority", "varchar(15)"),
                ("clerk", "varchar(15)"),
                ("shippriority", "integer"),
                ("comment", "varchar(79)"),
            ],
            _ => return None,
        };
        let column = |(name, ty): &(&str, &str)| RelationColumn {
            name: (*name).to_owned(),
            ty: ty.parse().unwrap(),
            nullable: true,
            brand: None,
        };
        Some(Arc::new(Relation {
            name: parts.join("."),
            columns: columns.iter().map(column).collect(),
            complete: true,
        }))
    }

    fn has_tables(&self) -> bool {
        true
    }
}

/// A result column: name, type, whether it may be null.
type Column = (String, String, bool);

/// What we answer: the columns, or the errors.
fn ours(sql: &str, rules: TypeRules) -> Result<Vec<Column>, Vec<Finding>> {
    let parsed = parse_query(sql, Templates::No);
    let Some(tree) = parsed.tree.filter(|_| parsed.findings.is_empty()) else { return Err(parsed.findings) };
    let mut outcome = bind(&tree, sql, &Server, rules);
    outcome.findings.retain(|finding| finding.severity == Severity::Error);
    let errors = outcome.findings;
    match outcome.query {
        Some(query) if errors.is_empty() => {
            let name = |(index, name): (usize, &Option<String>)| name.clone().unwrap_or_else(|| format!("_col{index}"));
            let columns = query.columns.iter();
            Ok(columns.enumerate().map(|(index, c)| (name((index, &c.name)), c.ty.to_string(), c.nullable)).collect())
        }
        _ => Err(errors),
    }
}

/// How our answer differs, if it does.
fn difference(case: &Case, rules: TypeRules) -> Option<String> {
    let expected = match rules {
        TypeRules::New => &case.new,
        TypeRules::Old => case.old.as_ref().unwrap_or(&case.new),
    };
    let told =
        |findings: Vec<Finding>| findings.iter().map(|found| format!("{}: {}", found.id, found.message)).collect();
    let found: Result<_, Vec<String>> = ours(&case.sql, rules).map_err(told);
    match (expected.error.as_deref(), found) {
        (Some("RUNTIME"), Ok(_)) => None,
        (Some("RUNTIME"), Err(findings)) => Some(format!("fails when it runs, found {findings:?}")),
        (Some(_), Err(findings)) if !findings.is_empty() => None,
        (Some(error), found) => Some(format!("expected {error}, found {found:?}")),
        (None, Ok(columns)) => {
            let canonical = |ty: &String| ty.parse::<Type>().unwrap().to_string();
            let wanted: Vec<_> = expected.columns.iter().map(|(name, ty)| (name.clone(), canonical(ty))).collect();
            let found: Vec<_> = columns.iter().map(|(name, ty, _)| (name.clone(), ty.clone())).collect();
            if wanted != found {
                return Some(format!("expected {wanted:?}, found {found:?}"));
            }
            let unsound = expected.nulls.iter().find(|index| !columns[**index].2);
            unsound.map(|index| format!("column {index} holds a null, and was bound as never null"))
        }
        (None, Err(findings)) => Some(format!("expected {:?}, found {findings:?}", expected.columns)),
    }
}

/// The known differences in groups: the reason, and what differs.
fn known_differences() -> Vec<(String, Vec<&'static str>)> {
    reasons(include_str!("data/corpus-differences.txt"))
}

/// The errors whose place is known to be another one.
fn known_places() -> Vec<(String, Vec<&'static str>)> {
    reasons(include_str!("data/corpus-places.txt"))
}

fn reasons(list: &'static str) -> Vec<(String, Vec<&'static str>)> {
    let blocks = list.split("\n\n").skip(1);
    blocks
        .map(|block| {
            let (reason, keys): (Vec<_>, Vec<_>) = block.lines().partition(|line| line.starts_with('#'));
            let reason: Vec<&str> = reason.iter().map(|line| line.trim_start_matches(['#', ' '])).collect();
            (reason.join(" "), keys)
        })
        .collect()
}

/// All queries with the rules under which they are compared.
fn cases() -> impl Iterator<Item = (Case, TypeRules)> {
    let both =
        include_str!("data/corpus.jsonl").lines().flat_map(|line| [(line, TypeRules::New), (line, TypeRules::Old)]);
    let new = include_str!("data/corpus-new-rules.jsonl").lines().map(|line| (line, TypeRules::New));
    both.chain(new).map(|(line, rules)| (serde_json::from_str(line).unwrap(), rules))
}

fn key(case: &Case, rules: TypeRules) -> String {
    format!("{rules:?} {}", case.id).to_lowercase()
}

#[test]
fn binds_as_a_server_does() {
    let known: BTreeSet<&str> = known_differences().into_iter().flat_map(|(_, keys)| keys).collect();
    let mut differing = BTreeSet::new();
    let mut told = vec![];
    let mut checked = 0;
    for (case, rules) in cases() {
        checked += 1;
        if let Some(difference) = difference(&case, rules) {
            let key = key(&case, rules);
            if !known.contains(key.as_str()) {
                told.push(format!("{key}\n  {}\n  {difference}", case.sql));
            }
            differing.insert(key);
        }
    }
    assert!(told.is_empty(), "{} of {checked} answers differ anew:\n{}", told.len(), told.join("\n"));
    let mended: Vec<_> = known.iter().filter(|key| !differing.contains(**key)).collect();
    assert!(mended.is_empty(), "these agree now, remove them from the list: {mended:#?}");
}

/// The section about places.
fn places_of_errors() -> String {
    let known = known_places();
    let (all, other) = (places().count(), known.iter().map(|(_, ids)| ids.len()).sum::<usize>());
    let mut section = format!(
        "\n## Where an error is shown\n\nOf {all} errors that Trino gives a place, {} are shown there: the place lies \
         in what the finding underlines. The other {other} are shown at a smaller part, which is the one that is wrong:\n\n",
        all - other
    );
    for (reason, ids) in known {
        section += &format!("- {reason} ({}).\n", ids.len());
    }
    section
}

/// Whether the place that the server names lies in one of our findings, or in what one of them points at.
fn place_agrees(case: &Case, (line, column): (usize, usize)) -> bool {
    let start: usize = case.sql.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let at = case.sql[start..].char_indices().nth(column - 1).map_or(case.sql.len(), |(offset, _)| start + offset);
    let holds = |span: Span| (span.start..=span.end).contains(&at);
    let findings = ours(&case.sql, TypeRules::New).err().unwrap_or_default();
    findings.iter().any(|found| holds(found.span) || found.context.iter().any(|(span, _)| holds(*span)))
}

/// The errors of the newer rules that the server gives a place, and that are errors here.
fn places() -> impl Iterator<Item = (Case, (usize, usize))> {
    let cases = cases().filter(|(_, rules)| *rules == TypeRules::New);
    let placed = cases.filter_map(|(case, _)| case.new.at.map(|at| (case, at)));
    placed.filter(|(case, _)| ours(&case.sql, TypeRules::New).is_err())
}

#[test]
fn errors_stand_where_a_server_says() {
    let known: BTreeSet<&str> = known_places().into_iter().flat_map(|(_, ids)| ids).collect();
    let differing: Vec<Case> = places().filter(|(case, at)| !place_agrees(case, *at)).map(|(case, _)| case).collect();
    let line = |case: &Case| {
        let found = ours(&case.sql, TypeRules::New).unwrap_err();
        let found: Vec<String> = found.iter().map(|found| format!("{:?} {}", found.span, found.message)).collect();
        format!("{}  {:?}  {}\n    {}", case.id, case.new.at.unwrap(), case.sql, found.join("; "))
    };
    let anew: Vec<String> = differing.iter().filter(|case| !known.contains(case.id.as_str())).map(line).collect();
    assert!(anew.is_empty(), "{} places differ anew:\n{}", anew.len(), anew.join("\n"));
    let differing: BTreeSet<&str> = differing.iter().map(|case| case.id.as_str()).collect();
    let mended: Vec<_> = known.difference(&differing).collect();
    assert!(mended.is_empty(), "these agree now, remove them from the list: {mended:#?}");
}

const PREFACE: &str = "\
# Where the checker and Trino differ

`lake check` gives the names and types of Trino 483, and refuses what Trino refuses, before anything runs. The tests of \
lake-sql compare both on the queries of `lake-sql/tests/data/corpus*.jsonl`; this page lists every answer that differs, \
and is written by them.

Not counted as differences:

- **What fails only when it runs**: overflow, a cast of a text that is no number, an `error on error` of a JSON function. \
The checker speaks of it where no data can make it right: a negative frame, a recursion without an end, a zone that \
does not exist, a timestamp in a varchar that is too short for every one.
- **Statements of the other engine.** Athena's DDL is read whatever the engine, and so are the statements about sessions \
that only Trino has. `explain` gives a varchar whose length is that of the plan: the checker says varchar.
- **Older rules.** They are those of Athena, whose release does not have what newer ones have beside them: DISTINCT and \
ORDER BY in window functions, LISTAGG over windows, casts of char to numbers, `is true`, `at local`, names of the fields \
of VALUES.
- **What is sent to an engine with the older rules** has the same types and values there, or is a finding \
(`engine-rules`). Where the older rules leave a product no digit in front of the point, such as decimal(38,38) times \
decimal(1,0), the engine fails when it runs, and says so.
- **A semicolon at the end**, which files have and Trino's protocol does not.
";

#[test]
fn each_difference_is_listed_with_its_reason() {
    let all: Vec<(Case, TypeRules)> = cases().collect();
    let mut page = PREFACE.to_owned();
    for (reason, keys) in known_differences() {
        page += &format!("\n## {reason}\n\n");
        for wanted in keys {
            let (case, rules) = all.iter().find(|(case, rules)| key(case, *rules) == wanted).unwrap();
            let differs = difference(case, *rules).unwrap();
            let trino = case.new.error.as_deref().map_or("accepts it".to_owned(), |error| format!("`{error}`"));
            let ours = if differs.contains("found Ok") { "accepted" } else { "refused" };
            let older = if *rules == TypeRules::Old { ", older rules" } else { "" };
            page += &format!("- `{}` — Trino: {trino}; here: {ours}{older}\n", case.sql);
        }
    }
    page += &places_of_errors();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/differences.md");
    if std::env::var_os("LAKE_UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "write it anew with LAKE_UPDATE_DOCS=1");
}
