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

#[cfg(all(feature = "cli", feature = "athena"))]
mod athena;
#[cfg(all(feature = "cli", feature = "athena-local"))]
mod athena_local;
#[cfg(all(feature = "cli", feature = "embedded"))]
mod embedded;
#[cfg(all(feature = "cli", feature = "trino"))]
mod trino;

pub use lake_core::model;

// Plans are many small texts and trees, and batches come and go: planning takes two thirds of the time that it takes with
// glibc's allocator.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    pub use lake_macros::{HistoryColumns, Row, SqlType, col, for_each, model, source, sql, sql_fn};

    #[doc(hidden)]
    pub use crate::__lake_versions as Versions;
}

#[cfg(feature = "cli")]
pub use lake_cli::{Exit, Program};

/// The engines that the features of this crate bring.
#[cfg(feature = "cli")]
const ENGINES: &[lake_cli::EngineKind] = &[
    #[cfg(feature = "embedded")]
    lake_cli::EngineKind {
        name: "embedded",
        open: embedded::open,
        garbage: lake_cli::Garbage::Ours(embedded::collect_garbage),
    },
    #[cfg(feature = "athena")]
    lake_cli::EngineKind {
        name: "athena",
        open: athena::open,
        garbage: lake_cli::Garbage::Theirs("on Athena, run `VACUUM` for each table"),
    },
    #[cfg(feature = "athena-local")]
    lake_cli::EngineKind {
        name: "athena-local",
        open: athena_local::open,
        garbage: lake_cli::Garbage::Theirs("delete the target's folders: they hold what can be made anew"),
    },
    #[cfg(feature = "trino")]
    lake_cli::EngineKind {
        name: "trino",
        open: trino::open,
        garbage: lake_cli::Garbage::Theirs(
            "on the server, run `alter table … execute expire_snapshots` and `alter table … execute remove_orphan_files`",
        ),
    },
];

/// The command line over the models of these crates, with the engines that the features bring.
#[cfg(feature = "cli")]
pub const fn program<'a>(crates: &'a [&'a str]) -> Program<'a> {
    Program { crates, engines: ENGINES }
}

/// The whole `main.rs` of a project: `lakehouse::main!(models, other_models);`
///
/// It names the crates that declare models, because a crate that no source file names is not linked, and its models
/// would be missing in silence. Models of the program's own crate are always there.
#[cfg(feature = "cli")]
#[macro_export]
macro_rules! main {
    ($($krate:ident),* $(,)?) => {
        $(use $krate as _;)*

        fn main() -> ::std::process::ExitCode {
            $crate::program(&[::core::env!("CARGO_CRATE_NAME"), $(::core::stringify!($krate)),*]).main()
        }
    };
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
    pub use lake_core::model::column::{Audit, Col, Detail, Row, column};
    pub use lake_core::model::declare::{self, Acyclic, Built, Relation, SqlFn};
    pub use lake_core::model::history_columns::{HistoryColumns, OwnColumn, Role};
    pub use lake_core::model::query::{Expr, Sql};
    pub use lake_core::model::registry::Registration;
    pub use lake_core::model::spec::{BadRows, Content, FileFormat, HelperSpec};
    pub use lake_core::model::sql_type::{NotNull, Sequence, SqlType, Ty};
    pub use lake_core::model::value::{Date, Decimal, Other, Time, Timestamp, TimestampTz, Uuid};
    pub use lake_macros::{__check, __model, __row, __source, __sql_fn};
}
