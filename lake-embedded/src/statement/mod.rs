//! Statements: parsed and bound by `lake_sql`, and what is left to do then.

mod alter;
mod call;
mod change;
pub(crate) mod clock;
mod columns;
pub(crate) mod comment;
mod create;
mod explain;
mod maintain;
mod properties;
pub(crate) mod query;
mod show;
mod sorted;
pub(crate) mod views;
mod within;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::execution::SessionState;
use lake_core::engine::{Stats, Submission};
use lake_iceberg::{Change, CommitOptions, Committed, Guard, Isolation, Table, Warehouse};
use lake_sql::bind::bind_statement;
use lake_sql::bound::statement::BoundStatement;
use lake_sql::finding::{Finding, Severity};
use lake_sql::syntax::{parse_statement, tree};
use lake_sql::types::{Type, TypeRules};

use crate::cancel::Cancel;
use crate::engine::PinSource;
use crate::error::{Fault, Result};
use crate::names::Lookup;
use crate::sources::Files;
use crate::table::provider::Reads;

/// Key of a snapshot's summary and of a table's properties under which a statement leaves its token.
pub(crate) const TOKEN: &str = "lake.token";

/// What all statements of an engine work on.
pub(crate) struct Ground {
    pub warehouse: Warehouse,
    pub state: SessionState,
    pub rules: TypeRules,
    /// Where snapshots are asked for that must stay.
    pub pins: Option<PinSource>,
}

/// What a statement gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub columns: Vec<(String, Type)>,
    pub batches: Vec<RecordBatch>,
    pub stats: Stats,
}

impl Answer {
    /// The answer of a statement that changed rows.
    fn changed(rows: u64) -> Self {
        Self { stats: Stats { rows: Some(rows), bytes_scanned: None }, ..Self::default() }
    }
}

/// One statement with what it runs on.
pub(crate) struct Run<'a> {
    pub warehouse: &'a Warehouse,
    pub state: &'a SessionState,
    pub names: Lookup<'a>,
    pub text: &'a str,
    pub token: &'a str,
    pub cancel: &'a Cancel,
    pub rules: TypeRules,
    pub pins: Option<&'a PinSource>,
    /// The moment of the statement, in microseconds since 1970.
    pub now: i64,
}

/// Runs a statement to its end.
pub(crate) async fn run(
    ground: &Ground,
    submission: &Submission,
    files: &Files,
    cancel: &Cancel,
    reads: &Arc<Reads>,
) -> Result<Answer> {
    let Ground { warehouse, state, rules, pins } = ground;
    let now = chrono::Utc::now().timestamp_micros();
    let names = Lookup::new(warehouse, files, reads.clone(), now);
    let (text, token, rules) = (submission.sql.as_str(), submission.token.as_str(), *rules);
    let run = Run { warehouse, state, names, text, token, cancel, rules, pins: pins.as_ref(), now };
    let mut answer = run.statement().await?;
    answer.stats.bytes_scanned = Some(reads.planned_bytes());
    Ok(answer)
}

impl Run<'_> {
    async fn statement(&self) -> Result<Answer> {
        let parsed = parse_statement(self.text);
        refuse(&parsed.findings, self.text)?;
        let tree = parsed.tree.ok_or_else(|| Fault::statement("there is no statement"))?;
        if let Some(answer) = self.unbound(&tree).await? {
            return Ok(answer);
        }
        match self.bound(&tree, self.text)? {
            BoundStatement::Query(query) => self.query(&query).await,
            BoundStatement::CreateTableAs(create) => self.create_table_as(&create, &tree).await,
            BoundStatement::CreateView(create) => self.create_view(&create, &tree),
            BoundStatement::Insert(insert) => self.insert(&insert).await,
            BoundStatement::Update(update) => self.update(&update).await,
            BoundStatement::Delete(delete) => self.delete(&delete).await,
            BoundStatement::Merge(merge) => self.merge(&merge).await,
        }
    }

    /// Binds a statement; its first error is the failure.
    fn bound(&self, tree: &tree::Statement, text: &str) -> Result<BoundStatement> {
        let outcome = bind_statement(tree, text, &self.names, self.rules);
        if let Some(fault) = self.names.failure() {
            return Err(fault);
        }
        refuse(&outcome.findings, text)?;
        outcome.statement.ok_or_else(|| Fault::unsupported("this kind of statement"))
    }

    /// Statements that name no columns.
    async fn unbound(&self, tree: &tree::Statement) -> Result<Option<Answer>> {
        use tree::StatementKind as Kind;
        Ok(Some(match &tree.kind {
            Kind::CreateTable { name, replace, if_not_exists, columns, properties, comment, .. } => {
                let exists = create::Existing { replace: *replace, keep: *if_not_exists };
                let described = create::Described { properties, comment: comment.as_deref() };
                self.create_table(name, exists, columns, described).await?
            }
            Kind::CreateSchema { name, if_not_exists } => self.create_schema(name, *if_not_exists)?,
            Kind::Drop { object: tree::ObjectKind::Schema, if_exists, name, cascade } => {
                self.drop_schema(*if_exists, name, *cascade)?
            }
            Kind::Drop { object, if_exists, name, .. } => self.drop(*object, *if_exists, name)?,
            Kind::RenameView { from, to } => self.rename(&parts(from), &parts(to), lake_iceberg::Entry::View)?,
            Kind::Comment { on, name, text } => self.comment(*on, name, text.as_deref()).await?,
            Kind::AlterTable { if_exists, name, action } => self.alter(*if_exists, name, action).await?,
            Kind::Maintain { what, name, filter } => self.maintain(what, name, filter.as_ref()).await?,
            Kind::Truncate { name } => self.truncate(name).await?,
            Kind::Show { words, name, like } => self.show(words, name.as_ref(), like.as_ref())?,
            Kind::Describe(name) => self.describe(name)?,
            Kind::Explain { statement, result } => self.explain(statement, *result)?,
            Kind::Prepare { .. } | Kind::Execute { .. } | Kind::DescribePrepared { .. } => {
                return Err(Fault::unsupported("PREPARE and EXECUTE"));
            }
            Kind::Unload { .. } => return Err(Fault::unsupported("UNLOAD")),
            Kind::ShowStats(_) => return Err(Fault::unsupported("SHOW STATS")),
            Kind::CreateHiveTable { .. } => return Err(Fault::unsupported("CREATE TABLE in Hive's grammar")),
            Kind::Call { procedure, arguments } => self.call(procedure, arguments).await?,
            Kind::Other(word) => return Err(Fault::unsupported(word.to_uppercase())),
            _ => return Ok(None),
        }))
    }

    /// Commits a change of a table under the statement's token.
    async fn commit(&self, table: &Table, change: Change, parts: &[String]) -> Result<()> {
        self.commit_as(table, change, parts, Isolation::Serializable).await.map(drop)
    }

    async fn commit_as(
        &self,
        table: &Table,
        change: Change,
        parts: &[String],
        isolation: Isolation,
    ) -> Result<Committed> {
        let guarded = self.names.is_guarded(parts);
        let options = CommitOptions {
            guard: if guarded { Guard::Snapshot(table.snapshot_id()) } else { Guard::Any },
            isolation,
            summary: BTreeMap::from([(TOKEN.to_owned(), self.token.to_owned())]),
            ..CommitOptions::default()
        };
        match table.commit(change, options).await {
            Ok(committed) => Ok(committed),
            // Storage that fails in the middle does not say whether the last step was made.
            Err(
                error @ (lake_iceberg::Error::Io { .. }
                | lake_iceberg::Error::Store { .. }
                | lake_iceberg::Error::Format(_)),
            ) => Err(Fault::from(error).unsure()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether this very statement has changed the table already.
    fn is_done(&self, table: &Table) -> bool {
        table.find_commit(TOKEN, self.token).is_some()
    }
}

/// The first error among findings, with its place.
fn refuse(findings: &[Finding], text: &str) -> Result<()> {
    let Some(finding) = findings.iter().find(|finding| finding.severity == Severity::Error) else { return Ok(()) };
    let before = text.get(..finding.span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let mut fault = Fault::statement(format!("line {line}:{column}: {}", finding.message));
    fault.help = finding.help.clone();
    Err(fault)
}

/// The parts of a name.
pub(crate) fn parts(name: &tree::Name) -> Vec<String> {
    name.parts.iter().map(|part| part.value.clone()).collect()
}
