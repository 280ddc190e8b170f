//! SQL types as Trino has them, coercion between them, and the arithmetic of decimals.
//!
//! Nothing here knows functions by name: the catalogue is in [`crate::functions`].

mod assign;
mod cast;
mod coercion;
pub mod decimal;
mod display;
#[cfg(feature = "check")]
pub mod operators;
mod parse;
#[cfg(feature = "check")]
pub mod signature;
#[cfg(feature = "check")]
mod written;

pub use assign::{Assignment, can_assign};
pub use cast::can_cast;
pub use coercion::{can_coerce, common_super_type};
pub use parse::ParseTypeError;

/// Which of Trino's two rule sets holds for decimal arithmetic and for char against varchar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum TypeRules {
    /// Before the change (Trino 435; Athena is taken to have it).
    Old,
    /// After the change (Trino 483).
    #[default]
    New,
}

/// A type of Trino.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `boolean`
    Boolean,
    /// `tinyint`, 8 bits
    TinyInt,
    /// `smallint`, 16 bits
    SmallInt,
    /// `integer`, 32 bits
    Integer,
    /// `bigint`, 64 bits
    BigInt,
    /// `real`, IEEE 754 single
    Real,
    /// `double`, IEEE 754 double
    Double,
    /// `decimal(precision, scale)`, precision at most 38
    Decimal {
        /// Number of digits.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `varchar` (None) or `varchar(n)`, n in code points
    Varchar(Option<u32>),
    /// `char(n)`
    Char(u32),
    /// `varbinary`
    Varbinary,
    /// `json`
    Json,
    /// `date`
    Date,
    /// `time(p)`
    Time(u8),
    /// `time(p) with time zone`
    TimeTz(u8),
    /// `timestamp(p)`
    Timestamp(u8),
    /// `timestamp(p) with time zone`
    TimestampTz(u8),
    /// `interval year to month`
    IntervalYearToMonth,
    /// `interval day to second`
    IntervalDayToSecond,
    /// `uuid`
    Uuid,
    /// `ipaddress`
    IpAddress,
    /// `array(element)`
    Array(Box<Type>),
    /// `map(key, value)`
    Map(Box<Type>, Box<Type>),
    /// `row(name type, …)`
    Row(Vec<Field>),
    /// `function(arguments…, result)`: a lambda as an argument
    Function(Vec<Type>, Box<Type>),
    /// A type that is only carried, such as `hyperloglog`, spelt as Trino spells it
    Opaque(String),
    /// `unknown`: the type of a bare `null`
    Unknown,
    /// The type of an expression whose error was already reported; everything accepts it
    Error,
}

/// One field of a row type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its type.
    pub ty: Type,
}

impl Type {
    /// Whether values can be compared by `=`, grouped and put into DISTINCT.
    pub fn is_comparable(&self) -> bool {
        match self {
            Type::Array(element) => element.is_comparable(),
            Type::Map(key, value) => key.is_comparable() && value.is_comparable(),
            Type::Row(fields) => fields.iter().all(|field| field.ty.is_comparable()),
            Type::Function(..) | Type::Opaque(_) => false,
            _ => true,
        }
    }

    /// Whether values have an order: `<`, ORDER BY, `max`.
    pub fn is_orderable(&self) -> bool {
        match self {
            Type::Array(element) => element.is_orderable(),
            Type::Row(fields) => fields.iter().all(|field| field.ty.is_orderable()),
            Type::Map(..) | Type::Json | Type::Function(..) | Type::Opaque(_) => false,
            _ => true,
        }
    }

    /// Whether it is one of the four integer types.
    pub fn is_integer(&self) -> bool {
        matches!(self, Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt)
    }

    /// Whether it is a number: integer, decimal or floating point.
    pub fn is_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Type::Real | Type::Double | Type::Decimal { .. })
    }

    /// Whether an error stands anywhere in it.
    pub fn has_error(&self) -> bool {
        match self {
            Type::Error => true,
            Type::Array(element) => element.has_error(),
            Type::Map(key, value) => key.has_error() || value.has_error(),
            Type::Row(fields) => fields.iter().any(|field| field.ty.has_error()),
            Type::Function(arguments, result) => result.has_error() || arguments.iter().any(Type::has_error),
            _ => false,
        }
    }
}
