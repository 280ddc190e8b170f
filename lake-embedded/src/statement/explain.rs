//! EXPLAIN: what would be done, without doing it.

use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::record_batch::RecordBatch;
use lake_core::engine::Stats;
use lake_sql::bound::BoundQuery;
use lake_sql::bound::statement::BoundStatement;
use lake_sql::syntax::tree::{self, Explanation};
use lake_sql::types::Type;

use super::show::texts;
use super::{Answer, Run};
use crate::error::{Fault, Result};

impl Run<'_> {
    /// The plan as DataFusion will run it, one operator a line, what it reads below it; of a statement that writes, a
    /// line with what it does to which table and the plan of the rows that it writes or changes.
    pub(super) fn explain(&self, inner: &tree::Statement, result: Explanation) -> Result<Answer> {
        if result == Explanation::Analyze {
            return Err(Fault::unsupported("EXPLAIN ANALYZE"));
        }
        let (what, query) = self.explained(&self.bound(inner, self.text)?)?;
        if result == Explanation::Validate {
            self.plan(&query)?;
            return valid();
        }
        let plan = self.state.optimize(&self.plan(&query)?.plan)?;
        let plan = plan.display_indent().to_string();
        texts(
            "Query Plan",
            vec![match what {
                Some(what) => {
                    format!("{what}\n{}", plan.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
                }
                None => plan,
            }],
        )
    }

    /// What a statement does beside its query, and the query.
    fn explained(&self, bound: &BoundStatement) -> Result<(Option<String>, BoundQuery)> {
        let on = |word: &str, parts: &[String]| Some(format!("{word} {}", parts.join(".")));
        Ok(match bound {
            BoundStatement::Query(query) => (None, query.clone()),
            BoundStatement::CreateTableAs(create) => (on("CreateTable", &create.table), create.query.clone()),
            BoundStatement::CreateView(create) => (on("CreateView", &create.view), create.query.clone()),
            BoundStatement::Insert(insert) => (on("Insert", &insert.target.table), insert.query.clone()),
            BoundStatement::Update(update) => {
                self.names.set_target(&update.target.table)?;
                (on("Update", &update.target.table), super::change::update_query(update))
            }
            BoundStatement::Delete(delete) => {
                self.names.set_target(&delete.target.table)?;
                (on("Delete", &delete.target.table), super::change::delete_query(delete))
            }
            BoundStatement::Merge(merge) => {
                self.names.set_target(&merge.target.table)?;
                let mut made = super::change::Made::of_merge(merge);
                (on("Merge", &merge.target.table), super::change::merge_query(merge, None, &mut made))
            }
        })
    }
}

/// The answer of EXPLAIN (TYPE VALIDATE): what is wrong is a failure.
fn valid() -> Result<Answer> {
    let batch = RecordBatch::try_from_iter([("Valid", Arc::new(BooleanArray::from(vec![true])) as _)])?;
    let columns = vec![("Valid".to_owned(), Type::Boolean)];
    Ok(Answer { columns, batches: vec![batch], stats: Stats { rows: Some(1), bytes_scanned: None } })
}
