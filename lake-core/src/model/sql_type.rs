//! Which SQL type a Rust type stands for.

use std::collections::BTreeMap;

use lake_sql::types::{Field, Type};

use super::column::{self, Detail, Row};
use super::value::{Date, Decimal, Other, Time, Timestamp, TimestampTz, Uuid};

/// A Rust type that a column can have.
///
/// A newtype gets it by `#[derive(SqlType)]`, a nested row by `#[derive(Row)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of a column",
    label = "no SQL type belongs to this",
    note = "a newtype gets one by `#[derive(SqlType)]`; any other column by `#[col(sql = \"decimal(12,2)\")]`"
)]
pub trait SqlType {
    /// The SQL type.
    const TY: Ty;
    /// Whether it may be null.
    const NULLABLE: bool = false;
}

/// An SQL type as a constant.
#[derive(Clone, Copy, Debug)]
pub enum Ty {
    /// A type without parameters, in Trino's spelling.
    Plain(&'static str),
    /// `decimal(precision, scale)`
    Decimal(u8, u8),
    /// `array(element)`
    Array(&'static Ty),
    /// `map(key, value)`
    Map(&'static Ty, &'static Ty),
    /// `row(name type, …)`
    Row(&'static str, &'static [Detail]),
}

impl Ty {
    /// The type as a value.
    pub fn to_type(&self) -> Type {
        match self {
            Ty::Plain(text) => text.parse().expect("the spelling was checked where it was written"),
            Ty::Decimal(precision, scale) => Type::Decimal { precision: *precision, scale: *scale },
            Ty::Array(element) => Type::Array(Box::new(element.to_type())),
            Ty::Map(key, value) => Type::Map(Box::new(key.to_type()), Box::new(value.to_type())),
            Ty::Row(columns, details) => {
                let field = |(name, ty): (&str, Type)| Field { name: Some(name.to_owned()), ty };
                Type::Row(column::fields(columns, details).into_iter().map(field).collect())
            }
        }
    }
}

macro_rules! plain {
    ($($rust:ty => $sql:literal,)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl SqlType for $rust {
                const TY: Ty = Ty::Plain($sql);
            }
            #[diagnostic::do_not_recommend]
            impl NotNull for $rust {}
        )*
    };
}

plain! {
    bool => "boolean",
    i8 => "tinyint",
    i16 => "smallint",
    i32 => "integer",
    i64 => "bigint",
    f32 => "real",
    f64 => "double",
    String => "varchar",
    Vec<u8> => "varbinary",
    Date => "date",
    Time => "time(6)",
    Timestamp => "timestamp(6)",
    TimestampTz => "timestamp(6) with time zone",
    Uuid => "uuid",
}

/// A row nested in another.
#[diagnostic::do_not_recommend]
impl<R: Row> SqlType for R {
    const TY: Ty = Ty::Row(R::COLUMNS, R::DETAILS);
}

#[diagnostic::do_not_recommend]
impl<const P: u8, const S: u8> SqlType for Decimal<P, S> {
    const TY: Ty = Ty::Decimal(P, S);
}

#[diagnostic::do_not_recommend]
impl<T: SqlType> SqlType for Option<T> {
    const TY: Ty = T::TY;
    const NULLABLE: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: SqlType> SqlType for Vec<T> {
    const TY: Ty = Ty::Array(&T::TY);
}

#[diagnostic::do_not_recommend]
impl<K: SqlType, V: SqlType> SqlType for BTreeMap<K, V> {
    const TY: Ty = Ty::Map(&K::TY, &V::TY);
}

/// A column that cannot be null.
#[diagnostic::on_unimplemented(
    message = "a key column must not be nullable, but this one is `{Self}`",
    label = "this key can be NULL",
    note = "declare the field without `Option`; if the query can return NULL there, filter it: `where <column> is not null`"
)]
pub trait NotNull {}

#[diagnostic::do_not_recommend]
impl<const P: u8, const S: u8> NotNull for Decimal<P, S> {}

/// A column that can order the versions of a key.
#[diagnostic::on_unimplemented(
    message = "versions cannot be ordered by a column of type `{Self}`",
    label = "not a sequence",
    note = "a sequence is a `Timestamp`, `TimestampTz`, `Date`, an integer or a `Decimal`, and never null"
)]
pub trait Sequence: NotNull {}

macro_rules! sequences {
    ($($rust:ty),*) => { $(#[diagnostic::do_not_recommend] impl Sequence for $rust {})* };
}

sequences!(i8, i16, i32, i64, Date, Timestamp, TimestampTz);

#[diagnostic::do_not_recommend]
impl<const P: u8, const S: u8> Sequence for Decimal<P, S> {}

/// Stands where the type is not known because of an error elsewhere, or has no Rust type: everything accepts it.
#[diagnostic::do_not_recommend]
impl SqlType for Other {
    const TY: Ty = Ty::Plain("unknown");
}
#[diagnostic::do_not_recommend]
impl NotNull for Other {}
#[diagnostic::do_not_recommend]
impl Sequence for Other {}
