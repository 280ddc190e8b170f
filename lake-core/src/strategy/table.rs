//! Table: a draft under a fresh name is audited, the journal releases it, and the model's view is pointed to it.
//!
//! The journal's record is the release: if the process dies behind it, the next run points the view to the draft, and
//! a view that a late runner pointed elsewhere is repaired to the record.

use super::build::{Builder, ROWS, ReleaseOf};
use super::{PlanError, sql};
use crate::audit::{Audits, columns};
use crate::plan::Plan;

pub(super) fn plan(mut builder: Builder) -> Result<Plan, PlanError> {
    let draft = builder.fresh("");
    let relation = sql::table(&draft);
    let query = builder.stored_query()?;
    builder.entry_checks();
    builder.create("draft", &draft, &query);
    let mut audits = Audits::default();
    audits.count(ROWS, "true");
    columns::promises(&mut audits, &builder.model.columns, &relation, None);
    let direct = !builder.audited();
    if !direct {
        builder.audit("audit", audits.clone(), &relation);
    }
    builder.release();
    let names = sql::list(builder.model.columns.iter().map(|c| &c.name));
    builder.repoint(&format!("select {names} from {relation}"))?;
    if let Some(superseded) = builder.facts.published.as_ref().and_then(|p| p.table.clone()) {
        builder.drop("drop superseded", &superseded);
    }
    if direct {
        builder.audit("audit", audits, &relation);
    }
    builder.finish(ReleaseOf { table: Some(draft), rows: Some(ROWS), ..ReleaseOf::default() })
}
