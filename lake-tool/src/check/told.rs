//! What Trino answers to statements about statements, tables and itself.

use lake_sql::syntax::tree::{Explanation, Statement, StatementKind};

/// Columns of text.
const TEXT: &str = "varchar";

/// The columns of a statement that is no query: name, type. None where the server decides by what it holds.
pub fn columns(statement: &Statement) -> Vec<(&'static str, &'static str)> {
    match &statement.kind {
        StatementKind::Explain { result: Explanation::Validate, .. } => vec![("Valid", "boolean")],
        // Plans without ANALYZE are varchar(n) of their length.
        StatementKind::Explain { .. } => vec![("Query Plan", TEXT)],
        StatementKind::Describe(_) => described(),
        StatementKind::DescribePrepared { input: true } => vec![("Position", "bigint"), ("Type", TEXT)],
        StatementKind::DescribePrepared { input: false } => vec![
            ("Column Name", TEXT),
            ("Catalog", TEXT),
            ("Schema", TEXT),
            ("Table", TEXT),
            ("Type", TEXT),
            ("Type Size", "bigint"),
            ("Aliased", "boolean"),
        ],
        StatementKind::ShowStats(_) => stats(),
        StatementKind::Show { words, .. } => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            shown(&words)
        }
        _ => vec![],
    }
}

fn described() -> Vec<(&'static str, &'static str)> {
    vec![("Column", TEXT), ("Type", TEXT), ("Extra", TEXT), ("Comment", TEXT)]
}

fn stats() -> Vec<(&'static str, &'static str)> {
    vec![
        ("column_name", TEXT),
        ("data_size", "double"),
        ("distinct_values_count", "double"),
        ("nulls_fraction", "double"),
        ("row_count", "double"),
        ("low_value", TEXT),
        ("high_value", TEXT),
    ]
}

/// The columns of SHOW. The widths of texts that are the server's own are those of release 483.
fn shown(words: &[&str]) -> Vec<(&'static str, &'static str)> {
    match words {
        ["schemas" | "databases", ..] => vec![("Schema", TEXT)],
        ["tables", ..] => vec![("Table", TEXT)],
        ["catalogs"] => vec![("Catalog", TEXT)],
        ["columns"] => described(),
        ["stats"] => stats(),
        ["roles", ..] | ["current", "roles", ..] => vec![("Role", TEXT)],
        ["role", "grants", ..] => vec![("Role Grants", TEXT)],
        ["create", "table"] => vec![("Create Table", TEXT)],
        ["create", "view"] => vec![("Create View", TEXT)],
        ["create", "schema"] => vec![("Create Schema", TEXT)],
        ["functions", ..] => vec![
            ("Function", "varchar(30)"),
            ("Return Type", "varchar(28)"),
            ("Argument Types", "varchar(68)"),
            ("Function Type", "varchar(9)"),
            ("Deterministic", "boolean"),
            ("Description", "varchar(131)"),
        ],
        ["session", ..] => vec![
            ("Name", "varchar(63)"),
            ("Value", "varchar(14)"),
            ("Default", "varchar(14)"),
            ("Type", "varchar(14)"),
            ("Description", "varchar(142)"),
        ],
        ["grants", ..] => {
            const NAMES: [&str; 10] = [
                "Grantor",
                "Grantor Type",
                "Grantee",
                "Grantee Type",
                "Catalog",
                "Schema",
                "Table",
                "Privilege",
                "Grantable",
                "With Hierarchy",
            ];
            NAMES.into_iter().map(|name| (name, TEXT)).collect()
        }
        _ => vec![],
    }
}
