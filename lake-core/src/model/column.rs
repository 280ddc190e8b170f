//! Rows and handles to their columns.

use std::marker::PhantomData;

use lake_sql::types::Type;

use super::spec::{ColumnAudit, ColumnSpec, Content};
use super::sql_type::{NotNull, Ty};

/// A struct whose fields are columns; made by `#[derive(Row)]`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a row", label = "write `#[derive(Row)]` at this struct")]
pub trait Row: Sized {
    /// Its columns in the order of the fields.
    const COLUMNS: &'static [Column];
    /// What else is known of some of them, in the same order.
    const DETAILS: &'static [Detail] = &[];
}

/// A column as the derive sees it: name, type in Trino's spelling, whether it may hold null, and the doc comment.
///
/// A tuple of literals, because columns are most of what the compiler reads of a project, and names and calls cost it
/// ten times as much.
pub type Column = (&'static str, &'static str, bool, &'static str);

/// What few columns have.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    position: usize,
    ty: Option<Ty>,
    brand: &'static str,
    audits: &'static [Audit],
    content: Content,
}

/// A declared audit as a constant; see [`ColumnAudit`].
#[derive(Clone, Copy, Debug)]
pub enum Audit {
    /// `#[col(unique)]`
    Unique,
    /// `#[col(accepted("a", "b"))]`
    Accepted(&'static [&'static str]),
    /// `#[col(condition = "{column} > 0")]`
    Condition(&'static str),
}

impl Detail {
    /// Of the column at a position: its type if only other types know it, and the newtype's name or nothing.
    #[doc(hidden)]
    pub const fn __new(
        position: usize,
        ty: Option<Ty>,
        brand: &'static str,
        audits: &'static [Audit],
        content: Content,
    ) -> Self {
        Self { position, ty, brand, audits, content }
    }
}

/// The columns as the planner reads them.
pub(super) fn specs<R: Row>() -> Vec<ColumnSpec> {
    let detailed = detailed(R::COLUMNS, R::DETAILS);
    detailed.map(|(column, detail)| spec(column, detail)).collect()
}

/// Names and types of the columns.
pub(super) fn fields(columns: &[Column], details: &[Detail]) -> Vec<(&'static str, Type)> {
    detailed(columns, details).map(|(column, detail)| (column.0, type_of(column, detail))).collect()
}

fn detailed<'a>(
    columns: &'a [Column],
    details: &'a [Detail],
) -> impl Iterator<Item = (&'a Column, Option<&'a Detail>)> {
    let mut details = details.iter().peekable();
    let columns = columns.iter().enumerate();
    columns.map(move |(position, column)| (column, details.next_if(|detail| detail.position == position)))
}

fn type_of((_, text, _, _): &Column, detail: Option<&Detail>) -> Type {
    match detail.and_then(|detail| detail.ty) {
        Some(ty) => ty.to_type(),
        None => Ty::Plain(text).to_type(),
    }
}

fn spec(column: &Column, detail: Option<&Detail>) -> ColumnSpec {
    let (name, _, nullable, description) = column;
    let brand = detail.map_or("", |detail| detail.brand);
    ColumnSpec {
        name: (*name).to_owned(),
        ty: type_of(column, detail),
        nullable: *nullable,
        brand: (!brand.is_empty()).then(|| brand.to_owned()),
        description: (*description).to_owned(),
        audits: detail.map_or(&[][..], |detail| detail.audits).iter().map(Audit::spec).collect(),
        content: detail.map_or_else(Content::default, |detail| detail.content),
    }
}

impl Audit {
    fn spec(&self) -> ColumnAudit {
        match self {
            Audit::Unique => ColumnAudit::Unique,
            Audit::Accepted(values) => ColumnAudit::Accepted(values.iter().map(|value| (*value).to_owned()).collect()),
            Audit::Condition(text) => ColumnAudit::Condition((*text).to_owned()),
        }
    }
}

/// A handle to the column of type `T` of the row `R`.
pub struct Col<R, T> {
    name: &'static str,
    of: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Col<R, T> {
    #[doc(hidden)]
    pub const fn __new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// Its name in SQL.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<R, T> Clone for Col<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Col<R, T> {}

impl<R, T> std::fmt::Debug for Col<R, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A column of `R`, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column of `{R}`",
    label = "not a column of this model's row",
    note = "write a column of `{R}`, or a tuple of them"
)]
pub trait Columns<R> {
    /// The names.
    fn names(self) -> Vec<String>;
}

/// A key of `R`: a column, or a tuple of columns, that cannot be null.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of `{R}`",
    label = "not a key of this model's row",
    note = "write a column of `{R}`, or a tuple of them: `.key(({R}::a, {R}::b))`"
)]
pub trait Key<R>: Columns<R> {}

#[diagnostic::do_not_recommend]
impl<R, T> Columns<R> for Col<R, T> {
    fn names(self) -> Vec<String> {
        vec![self.name.to_owned()]
    }
}

impl<R, T: NotNull> Key<R> for Col<R, T> {}

macro_rules! tuples {
    ($(($($ty:ident $position:tt),*),)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<R, $($ty),*> Columns<R> for ($(Col<R, $ty>,)*) {
                fn names(self) -> Vec<String> {
                    vec![$(self.$position.name.to_owned()),*]
                }
            }
            impl<R, $($ty: NotNull),*> Key<R> for ($(Col<R, $ty>,)*) {}
        )*
    };
}

tuples! {
    (A 0),
    (A 0, B 1),
    (A 0, B 1, C 2),
    (A 0, B 1, C 2, D 3),
    (A 0, B 1, C 2, D 3, E 4),
    (A 0, B 1, C 2, D 3, E 4, F 5),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7),
}
