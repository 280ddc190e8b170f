//! Append: the rows of each load are staged, audited, and inserted in one statement.
//!
//! That statement is a MERGE that matches nothing. An INSERT would be committed on top of whatever another writer has
//! committed since it began, whatever its guard had read: two processes at one plan would both append (on Trino 483,
//! twelve races out of twelve). Of two MERGEs one is refused.

use super::build::{Builder, ROWS, ReleaseOf};
use super::{PlanError, sql};
use crate::audit::{Audits, columns};
use crate::plan::{Effect, Plan};

pub(super) fn plan(mut builder: Builder) -> Result<Plan, PlanError> {
    let first = builder.facts.first_run();
    let stage = builder.fresh(if first { "draft" } else { "stage" });
    let relation = sql::table(&stage);
    let target = sql::table(&builder.target());
    let query = builder.stored_query()?;
    builder.entry_checks();
    builder.create("stage", &stage, &query);

    let mut audits = Audits::default();
    audits.count(ROWS, "true");
    let others = (!first).then_some(target.as_str());
    if builder.audited() {
        columns::promises(&mut audits, &builder.model.columns, &relation, others);
    }
    builder.audit("audit", audits, &relation);
    match first {
        true => builder.publish_first(&stage),
        false => insert(&mut builder, &relation, &target),
    }
    builder.release();
    builder.audit_published(&relation);
    if !first || !builder.context.capabilities.rename_table {
        builder.drop("drop stage", &stage);
    }
    builder.finish(ReleaseOf { rows: Some(ROWS), ..ReleaseOf::default() })
}

fn insert(builder: &mut Builder, stage: &str, target: &str) {
    let names = sql::list(builder.model.columns.iter().map(|c| &c.name));
    let guard = builder.guard();
    let new = sql::qualified("s", builder.model.columns.iter().map(|c| &c.name));
    let statement = format!(
        "merge into {target} t\nusing (\nselect {names}\nfrom {stage}\nwhere {guard}\n) s\non false\n\
         when not matched then insert ({names}) values ({new})"
    );
    let before = match builder.facts.target.as_ref().and_then(|t| t.snapshot) {
        Some(id) => format!("\nexcept all\nselect {names} from {target} {}", sql::at_snapshot(id)),
        None => String::new(),
    };
    // Staged rows that are not among those that were added since the plan was made.
    let probe = format!(
        "select count(*) as n from (\nselect {names} from {stage}\nexcept all\n(\nselect {names} from {target}{before}\n)\n) d"
    );
    builder.apply(Effect::Append, statement, probe);
}
