//! Rows and handles to their columns.

use std::marker::PhantomData;

use super::spec::{ColumnAudit, ColumnSpec, Content};
use super::sql_type::{NotNull, Ty};

/// A struct whose fields are columns; made by `#[derive(Row)]`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a row", label = "write `#[derive(Row)]` at this struct")]
pub trait Row: Sized {
    /// Its columns in the order of the fields.
    const COLUMNS: &'static [Column];
}

/// A column as the derive sees it.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Name in SQL.
    pub name: &'static str,
    /// Type.
    pub ty: Ty,
    /// Whether it may hold null.
    pub nullable: bool,
    /// The newtype's name.
    pub brand: Option<&'static str>,
    /// The doc comment.
    pub description: &'static str,
    /// Declared audits.
    pub audits: &'static [Audit],
    /// What fills it.
    pub content: Content,
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

impl Column {
    /// A plain column; no brand is an empty one.
    #[doc(hidden)]
    pub const fn __new(
        name: &'static str,
        ty: Ty,
        nullable: bool,
        brand: &'static str,
        description: &'static str,
    ) -> Self {
        let brand = if brand.is_empty() { None } else { Some(brand) };
        Self { name, ty, nullable, brand, description, audits: &[], content: Content::Value }
    }

    #[doc(hidden)]
    pub const fn __with(mut self, audits: &'static [Audit], content: Content) -> Self {
        self.audits = audits;
        self.content = content;
        self
    }

    /// The column as the planner reads it.
    pub fn spec(&self) -> ColumnSpec {
        ColumnSpec {
            name: self.name.to_owned(),
            ty: self.ty.to_type(),
            nullable: self.nullable,
            brand: self.brand.map(str::to_owned),
            description: self.description.to_owned(),
            audits: self.audits.iter().map(Audit::spec).collect(),
            content: self.content,
        }
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
