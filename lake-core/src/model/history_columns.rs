//! The columns that a history adds to those of its query.

use super::spec::{ColumnSpec, Content, HistoryNames};
use super::sql_type::Ty;
use lake_sql::types::Type;

/// Names and types of a history's own columns; made by `#[derive(HistoryColumns)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a history's own columns",
    label = "write `#[derive(HistoryColumns)]` at this struct"
)]
pub trait HistoryColumns {
    /// The columns in order.
    const COLUMNS: &'static [OwnColumn];
    /// What an open end holds; None is null.
    const OPEN_END: Option<&'static str>;

    /// Their names by role.
    fn names() -> HistoryNames {
        let named = |role: Role| {
            let column = Self::COLUMNS.iter().find(|column| column.role == role);
            column.expect("the derive demands each role").name.to_owned()
        };
        HistoryNames {
            from: named(Role::From),
            to: named(Role::To),
            open_end: Self::OPEN_END.map(str::to_owned),
            current: named(Role::Current),
        }
    }
}

/// One of a history's own columns.
#[derive(Clone, Copy, Debug)]
pub struct OwnColumn {
    /// Name.
    pub name: &'static str,
    /// What it holds.
    pub role: Role,
    /// Declared type; None is the sequence's.
    pub ty: Option<Ty>,
    /// The doc comment.
    pub description: &'static str,
}

/// What one of a history's own columns holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Start of validity, inclusive.
    From,
    /// End of validity, exclusive.
    To,
    /// Whether it is the open version.
    Current,
}

/// The default: `valid_from`, `valid_to` (null while the version is open) and `is_current`; the bounds have the type of
/// the history's sequence.
pub struct Versions(());

impl HistoryColumns for Versions {
    const COLUMNS: &'static [OwnColumn] = &[
        OwnColumn { name: "valid_from", role: Role::From, ty: None, description: "Start of validity, inclusive." },
        OwnColumn { name: "valid_to", role: Role::To, ty: None, description: "End of validity, exclusive." },
        OwnColumn { name: "is_current", role: Role::Current, ty: None, description: "Whether the version is open." },
    ];
    const OPEN_END: Option<&'static str> = None;
}

/// The own columns of a history whose sequence has the type `sequence`.
pub(super) fn specs<N: HistoryColumns>(sequence: &Type) -> Vec<ColumnSpec> {
    let spec = |column: &OwnColumn| {
        let ty = match (column.role, column.ty) {
            (Role::Current, _) => Type::Boolean,
            (_, Some(ty)) => ty.to_type(),
            (_, None) => sequence.clone(),
        };
        ColumnSpec {
            name: column.name.to_owned(),
            ty,
            nullable: column.role == Role::To && N::OPEN_END.is_none(),
            brand: None,
            description: column.description.to_owned(),
            audits: vec![],
            content: Content::Value,
        }
    };
    N::COLUMNS.iter().map(spec).collect()
}
