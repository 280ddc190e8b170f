//! Typed SQL pipelines: models are Rust functions with SQL in them, checked by the compiler.
//!
//! ```
//! use lakehouse::prelude::*;
//!
//! /// An order as the shop exports it.
//! #[derive(Row)]
//! pub struct Order {
//!     pub order_id: i64,
//!     pub amount: Decimal<12, 2>,
//! }
//!
//! #[source(schema = "raw")]
//! pub fn orders() -> Source<Order>;
//!
//! /// Orders that somebody should look at.
//! #[model(schema = "marts")]
//! pub fn large_orders(orders: Ref<orders>) -> View<Order> {
//!     sql!("select * from {orders} where amount > 1000")
//! }
//! # fn main() {}
//! ```

pub use lake_core::model;

/// What a file with models imports: `use lakehouse::prelude::*;`
pub mod prelude {
    pub use std::collections::BTreeMap;

    pub use lake_core::model::column::Col;
    pub use lake_core::model::declare::Source;
    pub use lake_core::model::history_columns::Versions;
    pub use lake_core::model::kind::{
        History, Incremental, Table, View, audited, deletes, direct, history, incremental, table, ties, view,
    };
    pub use lake_core::model::query::{Expr, FirstRun, Now, Ref, This};
    pub use lake_core::model::value::{Date, Decimal, Time, Timestamp, TimestampTz, Uuid};
    pub use lake_macros::{HistoryColumns, Row, SqlType, for_each, model, source, sql, sql_fn};

    #[doc(hidden)]
    pub use crate::__lake_versions as Versions;
}

/// The columns that [`prelude::Versions`] adds, as `#[derive(HistoryColumns)]` would hand them on.
#[doc(hidden)]
#[macro_export]
macro_rules! __lake_versions {
    ([$($next:tt)*] $($state:tt)*) => {
        $($next)* ! { $($state)* {"lake 1\nhistory\nvalid_from\t\t0\nvalid_to\t\t1\nis_current\tboolean\t0"} }
    };
}

/// What generated code calls. Not for people.
#[doc(hidden)]
pub mod __private {
    pub use inventory;
    pub use lake_core::model::column::{Audit, Col, Column, Row};
    pub use lake_core::model::declare::{self, Built, Declared, Depth, ModelKeys, Relation, SqlFn, deepest};
    pub use lake_core::model::history_columns::{HistoryColumns, OwnColumn, Role};
    pub use lake_core::model::query::{Expr, FirstRun, Now, Ref, Sql, This};
    pub use lake_core::model::registry::Registration;
    pub use lake_core::model::spec::{Content, FileFormat, HelperSpec};
    pub use lake_core::model::sql_type::{NotNull, Sequence, SqlType, Ty, assert_types};
    pub use lake_core::model::value::{Date, Decimal, Other, Time, Timestamp, TimestampTz, Uuid};
    pub use lake_macros::{__check, __model, __row, __source, __sql_fn};
}
