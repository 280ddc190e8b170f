//! What a model's columns promise: not null, accepted values, conditions, uniqueness.

use super::{Audits, blocking};
use crate::model::spec::{ColumnAudit, ColumnSpec};
use crate::strategy::sql::{ident, list, literal};

/// Rows that readers would see besides those of the relation: none, or `(select …)` without the touched keys.
pub(crate) type Others<'a> = Option<&'a str>;

/// Adds what the columns promise about `relation`. Uniqueness also looks at the `others`.
pub(crate) fn promises(audits: &mut Audits, columns: &[ColumnSpec], relation: &str, others: Others) {
    for column in columns {
        if !column.nullable {
            not_null(audits, column, relation);
        }
        for audit in &column.audits {
            declared(audits, column, audit, relation, others);
        }
    }
}

fn not_null(audits: &mut Audits, column: &ColumnSpec, relation: &str) {
    let failing = format!("{} is null", ident(&column.name));
    let check = blocking(
        format!("not_null({})", column.name),
        format!("{{row has|rows have}} no `{}`, which is declared as never null", column.name),
        sample(relation, &failing),
    );
    audits.rows(check, failing);
}

fn declared(audits: &mut Audits, column: &ColumnSpec, audit: &ColumnAudit, relation: &str, others: Others) {
    let name = ident(&column.name);
    match audit {
        ColumnAudit::Unique => unique(audits, std::slice::from_ref(&column.name), relation, others),
        ColumnAudit::Accepted(values) => {
            let accepted: Vec<String> = values.iter().map(|value| literal(value)).collect();
            let failing = format!("cast({name} as varchar) not in ({})", accepted.join(", "));
            let check = blocking(
                format!("accepted({})", column.name),
                format!("{{row has|rows have}} a `{}` that is none of {}", column.name, accepted.join(", ")),
                sample(relation, &failing),
            );
            audits.rows(check, failing);
        }
        ColumnAudit::Condition(condition) => {
            let written = condition.replace("{column}", &column.name);
            let failing = format!("not ({})", condition.replace("{column}", &name));
            let check = blocking(
                format!("condition({})", column.name),
                format!("{{row does|rows do}} not meet `{written}`"),
                sample(relation, &failing),
            );
            audits.rows(check, failing);
        }
    }
}

/// Adds that no two rows agree in all of these columns.
pub(crate) fn unique(audits: &mut Audits, columns: &[String], relation: &str, others: Others) {
    let names = list(columns);
    let rows = match others {
        Some(others) => {
            format!("(select {names} from {relation}\nunion all\nselect {names} from {others} o) u")
        }
        None => relation.to_owned(),
    };
    let some = columns.iter().map(|c| format!("{} is not null", ident(c))).collect::<Vec<_>>().join(" and ");
    let query = format!("select {names}\nfrom {rows}\nwhere {some}\ngroup by {names}\nhaving count(*) > 1");
    let shown = columns.join(", ");
    let check = blocking(
        format!("unique({shown})"),
        format!("{{value of `{shown}` occurs|values of `{shown}` occur}} more than once"),
        Some(format!("{query}\nlimit 5")),
    );
    audits.set(check, &query);
}

fn sample(relation: &str, failing: &str) -> Option<String> {
    Some(format!("select *\nfrom {relation}\nwhere {failing}\nlimit 5"))
}
