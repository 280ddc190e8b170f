//! The limit of partitions that one statement writes. A CREATE TABLE AS says its partitions itself; an INSERT and a MERGE
//! write those of their table.

use iceberg::spec::Transform;
use lake_sql::syntax::tree::{Expr, Ident, MergeAction, Name, StatementKind};

use super::{execute, hive, trino};
use crate::account::Account;
use crate::executions::{Answer, Outcome, Task};
use crate::failure::Failure;

/// Most partitions that one statement writes.
const WRITERS: u64 = 100;

/// An INSERT or a MERGE.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Write {
    sql: String,
    /// Schema and table.
    table: (String, String),
    rows: Rows,
}

/// Which rows it writes, in the statement's words.
#[derive(Clone, Debug, PartialEq)]
enum Rows {
    Insert { columns: Vec<String>, query: String },
    Merge { target: String, name: String, source: String, on: String, parts: Vec<Part> },
}

/// A clause of a MERGE that writes rows: column and value.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    matched: bool,
    condition: String,
    values: Vec<(String, String)>,
}

impl Write {
    /// What an INSERT or a MERGE writes; None for other statements.
    pub fn read(text: &str, kind: &StatementKind) -> Option<Self> {
        let words = |expr: &Expr| expr.span.text(text).to_owned();
        let (name, rows) = match kind {
            StatementKind::Insert { name, columns, query } => {
                let columns = columns.iter().map(column).collect();
                (name, Rows::Insert { columns, query: query.span.text(text).to_owned() })
            }
            StatementKind::Merge { name, alias, source, on, clauses } => {
                let written = |values: &[(Ident, Expr)]| values.iter().map(|(c, v)| (column(c), words(v))).collect();
                let parts = clauses.iter().filter_map(|clause| {
                    let values = match &clause.action {
                        MergeAction::Update(set) => written(set),
                        MergeAction::Insert(columns, values) => {
                            columns.iter().map(column).zip(values.iter().map(words)).collect()
                        }
                        MergeAction::Delete => return None,
                    };
                    let condition = clause.condition.as_ref().map_or("true".into(), words);
                    Some(Part { matched: clause.matched, condition, values })
                });
                let (schema, table) = table(name);
                let target = format!("{}.{}", hive::quoted(&schema), hive::quoted(&table));
                let called = hive::quoted(alias.as_ref().map_or(&table, |alias| &alias.value));
                let source = source.span.text(text).to_owned();
                (name, Rows::Merge { target, name: called, source, on: words(on), parts: parts.collect() })
            }
            _ => return None,
        };
        Some(Self { sql: trino::doubles(text), table: table(name), rows })
    }

    pub fn run(&self, account: &Account, token: &str, task: &Task) -> Outcome {
        let keys = self.keys(account);
        if !keys.is_empty() {
            check(account, &keys, &trino::doubles(&self.written(account)), token, task)?;
        }
        execute(account, &self.sql, token, task)
    }

    /// What tells rows of different partitions of the table apart.
    fn keys(&self, account: &Account) -> Vec<String> {
        let Some(table) = account.table(&self.table.0, &self.table.1) else { return vec![] };
        let metadata = table.metadata();
        let fields = metadata.default_partition_spec().fields().iter().filter_map(|field| {
            let column = hive::quoted(&metadata.current_schema().field_by_id(field.source_id)?.name);
            match field.transform {
                Transform::Identity => Some(column),
                Transform::Year => Some(part_of("year", &column)),
                Transform::Month => Some(part_of("month", &column)),
                Transform::Day => Some(part_of("day", &column)),
                Transform::Hour => Some(part_of("hour", &column)),
                Transform::Truncate(width) => Some(start_of(&column, &width.to_string())),
                Transform::Bucket(_) | Transform::Void | Transform::Unknown => None,
            }
        });
        fields.collect()
    }

    /// A query of the rows that are written.
    fn written(&self, account: &Account) -> String {
        let table = account.table(&self.table.0, &self.table.1);
        let fields = table.iter().flat_map(|table| table.metadata().current_schema().as_struct().fields().to_vec());
        let all: Vec<String> = fields.map(|field| field.name.clone()).collect();
        match &self.rows {
            Rows::Insert { columns, query } => {
                let columns = if columns.is_empty() { &all } else { columns };
                let columns: Vec<String> = columns.iter().map(|name| hive::quoted(name)).collect();
                format!("select * from (\n{query}\n) w({})", columns.join(", "))
            }
            Rows::Merge { target, name, source, on, parts } => {
                let part = |part: &Part| {
                    let value = |column: &String| {
                        let given = part.values.iter().find(|(name, _)| name == column).map(|(_, value)| value.clone());
                        let kept =
                            if part.matched { format!("{name}.{}", hive::quoted(column)) } else { "null".into() };
                        format!("{} as {}", given.unwrap_or(kept), hive::quoted(column))
                    };
                    let (values, condition) = (all.iter().map(value).collect::<Vec<_>>().join(", "), &part.condition);
                    match part.matched {
                        true => format!("select {values} from {target} {name} join {source} on {on} where {condition}"),
                        false => format!(
                            "select {values} from {source} where not exists (select 1 from {target} {name} where {on}) and \
                             ({condition})"
                        ),
                    }
                };
                parts.iter().map(part).collect::<Vec<_>>().join("\nunion all\n")
            }
        }
    }
}

fn column(name: &Ident) -> String {
    name.value.to_lowercase()
}

/// Schema and table of a name.
pub(super) fn table(name: &Name) -> (String, String) {
    let parts: Vec<String> = name.parts.iter().map(column).collect();
    match parts.as_slice() {
        [.., schema, table] => (schema.clone(), table.clone()),
        [table] => ("default".to_owned(), table.clone()),
        [] => ("default".to_owned(), String::new()),
    }
}

/// What tells rows of different partitions apart. A bucket has a number of its own and is not counted.
pub(super) fn key(field: &str) -> Option<String> {
    let field = field.trim();
    let Some((transform, rest)) = field.split_once('(') else { return Some(hive::quoted(field)) };
    let arguments: Vec<&str> = rest.trim_end_matches(')').split(',').map(str::trim).collect();
    let column = hive::quoted(arguments.first()?);
    match transform.trim().to_lowercase().as_str() {
        unit @ ("year" | "month" | "day" | "hour") => Some(part_of(unit, &column)),
        "truncate" => Some(start_of(&column, arguments.get(1)?)),
        _ => None,
    }
}

fn part_of(unit: &str, column: &str) -> String {
    format!("date_trunc('{unit}', {column})")
}

fn start_of(column: &str, width: &str) -> String {
    format!("substr(cast({column} as varchar), 1, {width})")
}

/// Refuses rows of too many partitions. What cannot be counted is left to the statement itself.
pub(super) fn check(account: &Account, keys: &[String], rows: &str, token: &str, task: &Task) -> Result<(), Failure> {
    let keys = keys.join(", ");
    let sql = format!("select count(*) as n from (select distinct {keys} from (\n{rows}\n) q) d");
    match execute(account, &sql, &format!("{token}-partitions"), task) {
        Ok(found) if count(&found) > WRITERS => {
            let reason = format!(
                "ICEBERG_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {WRITERS} open writers for partitions/buckets"
            );
            Err(Failure::user(1100, reason))
        }
        Err(failure) if failure.is_cancelled() => Err(failure),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn count(answer: &Answer) -> u64 {
    let cells = crate::text::rows(answer);
    cells.first().and_then(|row| row.first().cloned().flatten()).and_then(|text| text.parse().ok()).unwrap_or(0)
}
