//! Metadata tables: `"t$snapshots"`, `"t$history"`, `"t$refs"`.

use lake_sql::types::Type;

use crate::relation::Row;
use crate::session::ColumnFact;
use crate::table::{Snapshot, Table};
use crate::value::Value;

/// The columns of a metadata table; None if there is no such one.
pub fn columns(suffix: &str) -> Option<Vec<ColumnFact>> {
    let text = Type::Varchar(None);
    let at = Type::TimestampTz(3);
    let columns: &[(&str, Type)] = match suffix {
        "$snapshots" => &[
            ("committed_at", at),
            ("snapshot_id", Type::BigInt),
            ("parent_id", Type::BigInt),
            ("operation", text.clone()),
            ("manifest_list", text.clone()),
            ("summary", Type::Map(Box::new(text.clone()), Box::new(text))),
        ],
        "$history" => &[
            ("made_current_at", at),
            ("snapshot_id", Type::BigInt),
            ("parent_id", Type::BigInt),
            ("is_current_ancestor", Type::Boolean),
        ],
        "$refs" => &[
            ("name", text.clone()),
            ("type", text),
            ("snapshot_id", Type::BigInt),
            ("max_reference_age_in_ms", Type::BigInt),
            ("min_snapshots_to_keep", Type::Integer),
            ("max_snapshot_age_in_ms", Type::BigInt),
        ],
        _ => return None,
    };
    Some(columns.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone(), true)).collect())
}

/// The rows of a metadata table.
pub fn rows(table: &Table, suffix: &str) -> Vec<Row> {
    match suffix {
        "$refs" => table.head().map(reference).into_iter().collect(),
        "$history" => table.snapshots.iter().map(history).collect(),
        _ => table.snapshots.iter().map(snapshot).collect(),
    }
}

fn parent(snapshot: &Snapshot) -> Value {
    snapshot.parent.map_or(Value::Null, Value::Integer)
}

fn reference(head: &Snapshot) -> Row {
    let kept = [Value::Null, Value::Null, Value::Null];
    [Value::text("main"), Value::text("BRANCH"), Value::Integer(head.id)].into_iter().chain(kept).collect()
}

fn history(snapshot: &Snapshot) -> Row {
    let at = Value::utc(snapshot.committed_at);
    [at, Value::Integer(snapshot.id), parent(snapshot), Value::Boolean(true)].into()
}

fn snapshot(snapshot: &Snapshot) -> Row {
    let summary = [(Value::text("total-records"), Value::text(snapshot.rows.len().to_string()))];
    [
        Value::utc(snapshot.committed_at),
        Value::Integer(snapshot.id),
        parent(snapshot),
        Value::text(snapshot.operation),
        Value::text(format!("memory:///snap-{}.avro", snapshot.id)),
        Value::Map(summary.into()),
    ]
    .into()
}
