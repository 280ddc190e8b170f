//! Maintenance: files of a table that are better written anew, snapshots that nobody needs, files that nothing refers
//! to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use datafusion::common::Column as PlanColumn;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use lake_core::engine::{PhysicalName, Stats};
use lake_iceberg::{Change, Expiry, Isolation, Table};
use lake_sql::bound::statement::BoundStatement;
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::change::delete_query;
use super::properties::{refused, text};
use super::writer::Writer;
use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::table::provider::{IcebergTable, conformed};
use crate::table::schema;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Nothing younger is removed, so that statements that run, and who reads an older state, keep what they read.
const LEAST_RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Files from this size on are left alone.
const SMALL_FILE_BYTES: f64 = 100e6;

/// Table property of Athena: seconds after which VACUUM forgets a snapshot.
const VACUUM_AGE: &str = "vacuum_max_snapshot_age_seconds";
/// Table property of Athena: how many snapshots VACUUM keeps.
const VACUUM_KEEP: &str = "vacuum_min_snapshots_to_keep";

/// Arguments of a procedure by name, of which each may be given once.
struct Arguments<'a> {
    procedure: &'a str,
    given: BTreeMap<String, &'a tree::Expr>,
}

impl<'a> Arguments<'a> {
    /// Arguments without name stand in the order of `names`.
    fn read(procedure: &'a str, names: &[&str], arguments: &'a [(Option<tree::Ident>, tree::Expr)]) -> Result<Self> {
        let mut given = BTreeMap::new();
        for (position, (name, value)) in arguments.iter().enumerate() {
            let name = match name {
                Some(name) => name.value.to_lowercase(),
                None => names.get(position).map(|name| (*name).to_owned()).unwrap_or_default(),
            };
            if !names.contains(&name.as_str()) {
                let known = if names.is_empty() { "it has none".to_owned() } else { names.join(", ") };
                return Err(Fault::statement(format!("table procedure {procedure} has no property '{name}'"))
                    .help(format!("known: {known}")));
            }
            if given.insert(name.clone(), value).is_some() {
                return Err(Fault::statement(format!("Duplicate named argument: {name}")));
            }
        }
        Ok(Self { procedure, given })
    }

    fn retention(&self) -> Result<Duration> {
        let Some(value) = self.given.get("retention_threshold") else { return Ok(LEAST_RETENTION) };
        let written = text(value)?;
        let age = duration(&written).ok_or_else(|| {
            let procedure = self.procedure;
            Fault::statement(format!(
                "retention_threshold of {procedure} is not a valid data duration string: {written}"
            ))
            .help("write a number and a unit, such as `7d` or `36h`")
        })?;
        if age < LEAST_RETENTION {
            let (days, least) =
                (age.as_secs_f64() / DAY.as_secs_f64(), LEAST_RETENTION.as_secs_f64() / DAY.as_secs_f64());
            return Err(Fault::statement(format!(
                "Retention specified ({days:.2}d) is shorter than the minimum retention configured in the system \
                 ({least:.2}d)"
            )));
        }
        Ok(age)
    }

    fn bytes(&self, name: &str, default: f64) -> Result<f64> {
        let Some(value) = self.given.get(name) else { return Ok(default) };
        let written = text(value)?;
        data_size(&written).ok_or_else(|| {
            Fault::statement(format!("{name} of {} is not a valid data size string: {written}", self.procedure))
                .help("write a number and a unit, such as `100MB`")
        })
    }
}

impl Run<'_> {
    /// ALTER TABLE .. EXECUTE.
    pub(super) async fn procedure(
        &self,
        table: &Table,
        name: &[String],
        procedure: &tree::Ident,
        arguments: &[(Option<tree::Ident>, tree::Expr)],
    ) -> Result<Answer> {
        let procedure = procedure.value.to_lowercase();
        let arguments = |names: &[&str]| Arguments::read(&procedure, names, arguments);
        match procedure.as_str() {
            "optimize" => {
                let threshold = arguments(&["file_size_threshold"])?.bytes("file_size_threshold", SMALL_FILE_BYTES)?;
                self.optimize(table, name, threshold, None).await
            }
            "expire_snapshots" => {
                let age = arguments(&["retention_threshold"])?.retention()?;
                self.expire(table, age, 1).await?;
                metrics(&[])
            }
            "remove_orphan_files" => {
                let age = arguments(&["retention_threshold"])?.retention()?;
                let orphans = table.remove_orphans(self.moment(), age).await?;
                metrics(&[
                    ("processed_manifests_count", orphans.manifests),
                    ("active_files_count", orphans.active),
                    ("scanned_files_count", orphans.scanned),
                    ("deleted_files_count", orphans.removed.files.len() as u64),
                    ("deleted_bytes", orphans.removed.bytes),
                ])
            }
            "rollback_to_snapshot" => {
                let read = arguments(&["snapshot_id"])?;
                let id = read
                    .given
                    .get("snapshot_id")
                    .ok_or_else(|| Fault::statement("Required procedure argument 'snapshot_id' is missing"))?;
                table.roll_back(snapshot_id(id)?).await.map_err(refused)?;
                metrics(&[])
            }
            other => Err(Fault::statement(format!("Table procedure not registered: {}", other.to_uppercase()))
                .help("there are optimize, expire_snapshots, remove_orphan_files and rollback_to_snapshot")),
        }
    }

    /// OPTIMIZE and VACUUM, as Athena has them.
    pub(super) async fn maintain(&self, what: &str, name: &tree::Name, filter: Option<&tree::Expr>) -> Result<Answer> {
        let written = parts(name);
        let table = self.names.table(&written)?;
        match what {
            "OPTIMIZE" => {
                let within = match filter {
                    Some(filter) => Some(self.files_with(&table, name, filter).await?),
                    None => None,
                };
                self.optimize(&table, &written, SMALL_FILE_BYTES, within).await.map(|_| Answer::default())
            }
            "VACUUM" => {
                let properties = table.properties();
                let number = |key: &str, default: u64| match properties.get(key) {
                    Some(text) => text
                        .parse()
                        .map_err(|_| Fault::statement(format!("table property {key} is {text}, expected a number"))),
                    None => Ok(default),
                };
                let age = Duration::from_secs(number(VACUUM_AGE, 5 * DAY.as_secs())?);
                self.expire(&table, age, number(VACUUM_KEEP, 1)? as usize).await?;
                // Files of statements that run now are of no snapshot yet.
                table.remove_orphans(self.moment(), age.max(DAY)).await?;
                Ok(Answer::default())
            }
            other => Err(Fault::unsupported(other)),
        }
    }

    /// Forgets snapshots that are older, and removes the files that only they had. Branches and tags keep theirs, and
    /// so do runs that have not ended.
    async fn expire(&self, table: &Table, age: Duration, keep_last: usize) -> Result<()> {
        let older_than = self.moment().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        let expiry = Expiry { older_than, keep_last, pinned: self.pinned(table)? };
        table.expire_and_remove(&expiry).await?;
        Ok(())
    }

    /// The snapshots of a table that runs still read.
    fn pinned(&self, table: &Table) -> Result<BTreeSet<i64>> {
        let Some(pins) = self.pins else { return Ok(BTreeSet::new()) };
        // The journal blocks.
        let pins = tokio::task::block_in_place(pins).map_err(|error| {
            Fault::unavailable(format!("no snapshot may go without knowing which ones runs still read: {error}"))
        })?;
        let name = table.name();
        let is_it = |pinned: &PhysicalName| {
            pinned.schema.eq_ignore_ascii_case(&name.namespace) && pinned.table.eq_ignore_ascii_case(&name.name)
        };
        Ok(pins.into_iter().filter(|(pinned, _)| is_it(pinned)).flat_map(|(_, snapshots)| snapshots).collect())
    }

    fn moment(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(self.now.max(0) as u64)
    }

    /// The files that may have rows for which a condition holds.
    async fn files_with(&self, table: &Table, name: &tree::Name, filter: &tree::Expr) -> Result<BTreeSet<String>> {
        let kind = tree::StatementKind::Delete { name: name.clone(), filter: Some(filter.clone()) };
        let bound = self.bound(&tree::Statement { kind, span: filter.span }, self.text)?;
        let BoundStatement::Delete(delete) = bound else {
            return Err(Fault::internal("a condition on rows was bound as something else"));
        };
        self.names.set_target(&delete.target.table)?;
        let lowered = self.plan(&delete_query(&delete))?;
        // Planning a scan leaves word of what it asks for.
        self.unless_cancelled(self.state.create_physical_plan(&lowered.plan)).await??;
        let rows = self.names.computed_from(&delete.target.table).ok_or_else(|| {
            Fault::unsupported("OPTIMIZE with a condition by which no file can be left out")
                .help("compare columns by which the table is partitioned with constants")
        })?;
        let tasks = table.scan().filter(rows).plan().await?;
        Ok(tasks.into_iter().map(|task| task.data_file_path.clone()).collect())
    }

    /// Writes small files, files of another partitioning and files with deleted rows anew; only those `within`, if
    /// that is said.
    async fn optimize(
        &self,
        table: &Table,
        name: &[String],
        threshold: f64,
        within: Option<BTreeSet<String>>,
    ) -> Result<Answer> {
        let mut files = table.worth_rewriting(threshold as u64).await?;
        if let Some(within) = within {
            files.retain(|file| within.contains(file));
        }
        if files.is_empty() {
            return rewritten(0, 0, 0);
        }
        let columns = schema::columns(table.metadata().current_schema())?;
        let mut writer = Writer::new(table, &columns, 1)?;
        let scan = IcebergTable::of_files(Arc::new(table.clone()), &columns, files.clone(), self.names.reads())?;
        let mut plan = LogicalPlanBuilder::scan("files", provider_as_source(Arc::new(scan)), None)?;
        let order: Vec<_> = table.ordering();
        if !order.is_empty() {
            let key = |name: &str| Expr::Column(PlanColumn::new(Some("files"), name));
            plan = plan.sort(order.iter().map(|by| key(&by.column).sort(!by.descending, by.nulls_first)))?;
        }
        let physical = self.unless_cancelled(self.state.create_physical_plan(&plan.build()?)).await??;
        let mut rows = execute_stream(physical, self.state.task_ctx())?;
        while let Some(batch) = self.unless_cancelled(rows.next()).await? {
            let batch = conformed(&batch?, writer.schema())?;
            writer.write(batch.columns(), batch.num_rows()).await?;
        }
        let added = writer.finish().await?;
        let count = (files.len() as u64, added.len() as u64);
        let change = Change::rewrite(files, added);
        let committed = self.commit_as(table, change, name, Isolation::Snapshot).await?;
        let deletes = committed.table.snapshot().map_or(0, |snapshot| {
            let summary = &snapshot.summary().additional_properties;
            summary.get("removed-delete-files").and_then(|count| count.parse().ok()).unwrap_or(0)
        });
        rewritten(count.0, deletes, count.1)
    }
}

fn rewritten(files: u64, deletes: u64, added: u64) -> Result<Answer> {
    metrics(&[
        ("rewritten_data_files_count", files),
        ("removed_delete_files_count", deletes),
        ("added_data_files_count", added),
    ])
}

fn metrics(rows: &[(&str, u64)]) -> Result<Answer> {
    let names = StringArray::from_iter_values(rows.iter().map(|(name, _)| name));
    let values = Int64Array::from_iter_values(rows.iter().map(|(_, value)| *value as i64));
    let batch =
        RecordBatch::try_from_iter([("metric_name", Arc::new(names) as ArrayRef), ("metric_value", Arc::new(values))])?;
    let columns = vec![("metric_name".to_owned(), Type::Varchar(None)), ("metric_value".to_owned(), Type::BigInt)];
    let stats = Stats { rows: Some(rows.len() as u64), bytes_scanned: None };
    Ok(Answer { columns, batches: vec![batch], stats })
}

fn snapshot_id(value: &tree::Expr) -> Result<i64> {
    let number = match &value.kind {
        tree::ExprKind::Literal(tree::Literal::Integer(digits)) => digits.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| Fault::statement("expected the id of a snapshot, a number"))
}

/// `7d`, `1.5 h`: a number and a unit.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = measured(text)?;
    let seconds = match unit {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * seconds).ok()
}

/// `100MB`
fn data_size(text: &str) -> Option<f64> {
    let (number, unit) = measured(text)?;
    let exponent = ["B", "kB", "MB", "GB", "TB", "PB"].iter().position(|known| *known == unit)?;
    Some(number * 1024f64.powi(exponent as i32))
}

fn measured(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let number = text[..unit].trim();
    let digits = number.starts_with(|c: char| c.is_ascii_digit());
    Some((number.parse().ok().filter(|_| digits)?, &text[unit..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes() {
        assert_eq!(duration("7d"), Some(LEAST_RETENTION));
        assert_eq!(duration(" 1.5 h "), Some(Duration::from_secs(5400)));
        assert_eq!(data_size("2kB"), Some(2048.0));
        for wrong in ["", "7", "d", "-7d", "7 weeks", "7D"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
