//! Merge: rows replace those of the same key. Only rows that differ from the table's are staged and written.

use super::build::{Builder, ROWS, ReleaseOf};
use super::{PlanError, sql};
use crate::audit::{Audits, blocking, columns};
use crate::model::spec::{ColumnAudit, ColumnSpec};
use crate::plan::{Effect, Plan};

/// Column of the stage: rows of the query with the same key.
const SAME_KEY: &str = "lake_same_key";

pub(super) fn plan(mut builder: Builder, key: &[String]) -> Result<Plan, PlanError> {
    let first = builder.facts.first_run();
    let stage = builder.fresh(if first { "draft" } else { "stage" });
    let relation = sql::table(&stage);
    let query = builder.stored_query()?;
    builder.entry_checks();
    let staged = if first { query } else { changed(&builder, key, &query) };
    builder.create("stage", &stage, &staged);

    let audits = audits(&builder, key, &relation, first);
    builder.audit("audit", audits, &relation);
    match first {
        true => builder.publish_first(&stage),
        false => apply(&mut builder, key, &relation),
    }
    builder.release();
    builder.audit_published(&relation);
    if !first || !builder.context.capabilities.rename_table {
        builder.drop("drop stage", &stage);
    }
    builder.finish(ReleaseOf { rows: Some(ROWS), ..ReleaseOf::default() })
}

fn names(builder: &Builder) -> Vec<String> {
    builder.model.columns.iter().map(|c| c.name.clone()).collect()
}

fn values(builder: &Builder, key: &[String]) -> Vec<String> {
    names(builder).into_iter().filter(|name| !key.contains(name)).collect()
}

/// The query's rows that are new or differ. Rows whose key comes twice stay in, so that the audit finds them.
fn changed(builder: &Builder, key: &[String], query: &str) -> String {
    let names = names(builder);
    let target = sql::table(&builder.target());
    let differs = sql::distinct("n", "t", &values(builder, key));
    format!(
        "select {columns}, n.{SAME_KEY}\n\
         from (\nselect {all}, count(*) over (partition by {keys}) as {SAME_KEY}\nfrom (\n{query}\n) r\n) n\n\
         left join {target} t on {on}\n\
         where t.{first} is null or n.{SAME_KEY} > 1 or {differs}",
        columns = sql::qualified("n", &names),
        all = sql::qualified("r", &names),
        keys = sql::qualified("r", key),
        on = sql::equal("n", "t", key),
        first = sql::ident(&key[0]),
    )
}

fn audits(builder: &Builder, key: &[String], relation: &str, first: bool) -> Audits {
    let mut audits = Audits::default();
    audits.count(ROWS, "true");
    if first {
        columns::unique(&mut audits, key, relation, None);
    } else {
        let shown = key.join(", ");
        let failing = format!("{SAME_KEY} > 1");
        let sample = format!("select *\nfrom {relation}\nwhere {failing}\norder by {}\nlimit 5", sql::list(key));
        let message = format!("{{row shares its|rows share their}} key `{shown}` with another row of this load");
        audits.rows(blocking(format!("unique({shown})"), message, Some(sample)), failing);
    }
    if builder.audited() {
        let target = sql::table(&builder.target());
        let all = sql::list(names(builder));
        let untouched = format!(
            "(\nselect {all} from {target} t\nwhere not exists (select 1 from {relation} s where {})\n)",
            sql::equal("s", "t", key)
        );
        let others = (!first).then_some(untouched.as_str());
        columns::promises(&mut audits, &unless_key(&builder.model.columns, key), relation, others);
    } else {
        // A row without its key would be added again by every load.
        let keys: Vec<ColumnSpec> = builder.model.columns.iter().filter(|c| key.contains(&c.name)).cloned().collect();
        columns::promises(&mut audits, &keys, relation, None);
    }
    audits
}

/// Columns without the promise that the key keeps: a column that is the whole key is unique because no key comes twice.
fn unless_key(columns: &[ColumnSpec], key: &[String]) -> Vec<ColumnSpec> {
    let mut columns = columns.to_vec();
    for column in columns.iter_mut().filter(|c| *key == [c.name.clone()]) {
        column.audits.retain(|audit| *audit != ColumnAudit::Unique);
    }
    columns
}

fn apply(builder: &mut Builder, key: &[String], stage: &str) {
    let names = names(builder);
    let values = values(builder, key);
    let target = sql::table(&builder.target());
    let on = sql::equal("t", "s", key);
    let update = match values.is_empty() {
        true => String::new(),
        false => {
            let sets: Vec<String> = values.iter().map(|c| format!("{0} = s.{0}", sql::ident(c))).collect();
            format!("\nwhen matched then update set {}", sets.join(", "))
        }
    };
    let statement = format!(
        "merge into {target} t\nusing (\nselect {all}\nfrom {stage}\nwhere {guard}\n) s\non {on}{update}\n\
         when not matched then insert ({all}) values ({new})",
        all = sql::list(&names),
        guard = builder.guard(),
        new = sql::qualified("s", &names),
    );
    let probe = format!(
        "select count(*) as n\nfrom {stage} s\nleft join {target} t on {on}\nwhere t.{} is null or {}",
        sql::ident(&key[0]),
        sql::distinct("s", "t", &values),
    );
    builder.apply(Effect::Merge, statement, probe);
}
