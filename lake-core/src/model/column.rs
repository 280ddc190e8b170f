//! Rows and handles to their columns.

use std::marker::PhantomData;

use lake_sql::types::Type;

use super::spec::{ColumnAudit, ColumnSpec, Content};
use super::sql_type::{NotNull, Ty};

/// A struct whose fields are columns; made by `#[derive(Row)]`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a row", label = "write `#[derive(Row)]` at this struct")]
pub trait Row: Sized {
    /// Its columns in the order of the fields, a line each: name, type in Trino's spelling, `?` if it may hold null, and
    /// the doc comment, with tabs between them.
    ///
    /// One literal, because a constant of tuples or calls costs the compiler many times as much, in every project.
    const COLUMNS: &'static str;
    /// What else is known of some of them, in the same order.
    const DETAILS: &'static [Detail] = &[];
}

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
    let mut columns = Vec::with_capacity(R::COLUMNS.lines().count());
    columns.extend(detailed(R::COLUMNS, R::DETAILS).map(|(column, detail)| spec(column, detail)));
    columns
}

/// Names and types of the columns.
pub(super) fn fields(columns: &'static str, details: &[Detail]) -> Vec<(&'static str, Type)> {
    detailed(columns, details).map(|(column, detail)| (column.name, type_of(&column, detail))).collect()
}

/// A line of [`Row::COLUMNS`].
struct Line {
    name: &'static str,
    ty: &'static str,
    nullable: bool,
    description: String,
}

impl Line {
    fn read(line: &'static str) -> Self {
        let mut words = line.splitn(4, '\t');
        let mut word = || words.next().expect("the derive writes four words a column");
        Self { name: word(), ty: word(), nullable: word() == "?", description: unescaped(word()) }
    }
}

/// A text that may have lines of its own.
pub(super) fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    text.split("\\\\").map(|part| part.replace("\\n", "\n").replace("\\t", "\t")).collect::<Vec<_>>().join("\\")
}

fn detailed<'a>(columns: &'static str, details: &'a [Detail]) -> impl Iterator<Item = (Line, Option<&'a Detail>)> {
    let mut details = details.iter().peekable();
    let lines = columns.lines().map(Line::read).enumerate();
    lines.map(move |(position, line)| (line, details.next_if(|detail| detail.position == position)))
}

fn type_of(line: &Line, detail: Option<&Detail>) -> Type {
    match detail.and_then(|detail| detail.ty) {
        Some(ty) => ty.to_type(),
        None => Ty::Plain(line.ty).to_type(),
    }
}

fn spec(line: Line, detail: Option<&Detail>) -> ColumnSpec {
    let brand = detail.map_or("", |detail| detail.brand);
    ColumnSpec {
        name: line.name.to_owned(),
        ty: type_of(&line, detail),
        nullable: line.nullable,
        brand: (!brand.is_empty()).then(|| brand.to_owned()),
        description: line.description,
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

/// The handle to a field. What it takes of the field is its type.
#[doc(hidden)]
pub fn column<R, T>(_: fn(&R) -> &T, name: &'static str) -> Col<R, T> {
    Col { name, of: PhantomData }
}

impl<R, T> Col<R, T> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_column() {
        let line = Line::read("note\tvarchar\t?\tone\\ntwo, a \\\\n and a\ttab");
        assert_eq!((line.name, line.ty, line.nullable), ("note", "varchar", true));
        assert_eq!(line.description, "one\ntwo, a \\n and a\ttab");
        assert!(!Line::read("id\tbigint\t\t").nullable);
    }
}
