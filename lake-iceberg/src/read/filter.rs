//! Filters that the iceberg crate evaluates rightly.

use std::collections::BTreeSet;

use iceberg::expr::Predicate;
use iceberg::spec::{Schema, TableMetadata};

/// The filter without conditions on columns whose type was ever promoted: the crate compares an int with a long as if
/// neither were less, equal or greater, and so loses the rows of files that were written before the promotion.
pub(super) fn safe(filter: &Predicate, metadata: &TableMetadata, schema: &Schema) -> Predicate {
    let promoted = promoted_columns(metadata, schema);
    match promoted.is_empty() {
        true => filter.clone(),
        false => weaken(filter.clone().rewrite_not(), &promoted),
    }
}

fn promoted_columns(metadata: &TableMetadata, schema: &Schema) -> BTreeSet<String> {
    let fields = schema.as_struct().fields().iter();
    fields
        .filter(|field| {
            let other_type =
                |other: &Schema| other.field_by_id(field.id).is_some_and(|other| other.field_type != field.field_type);
            metadata.schemas_iter().any(|other| other_type(other))
        })
        .map(|field| field.name.clone())
        .collect()
}

/// A predicate without NOT that is true wherever the given one is, and says nothing of `columns`.
fn weaken(predicate: Predicate, columns: &BTreeSet<String>) -> Predicate {
    let unsafe_name = |name: &str| columns.contains(name);
    match predicate {
        Predicate::And(both) => {
            let [left, right] = both.inputs();
            weaken(left.clone(), columns).and(weaken(right.clone(), columns))
        }
        Predicate::Or(either) => {
            let [left, right] = either.inputs();
            weaken(left.clone(), columns).or(weaken(right.clone(), columns))
        }
        Predicate::Unary(unary) if unsafe_name(unary.term().name()) => Predicate::AlwaysTrue,
        Predicate::Binary(binary) if unsafe_name(binary.term().name()) => Predicate::AlwaysTrue,
        Predicate::Set(set) if unsafe_name(set.term().name()) => Predicate::AlwaysTrue,
        Predicate::Not(_) => Predicate::AlwaysTrue,
        other => other,
    }
}
