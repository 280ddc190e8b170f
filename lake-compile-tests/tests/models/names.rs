//! Names: renames, globs, paths, modules in any order, names of Rust's own macros, raw names.

use lake_upstream_models::{customer_totals as totals, last_orders};
use lakehouse::prelude::*;

/// Used before it is defined, by another name than its own.
#[model(schema = "names")]
pub fn renamed(t: Ref<totals>, l: Ref<last_orders>, later: Ref<inner::deep::later>) -> Table<_> {
    sql!(
        "select t.customer_id, t.total, l.last_order, x.one
         from {t} t join {l} l on l.customer_id = t.customer_id cross join {later} x"
    )
}

#[model(schema = "names")]
pub fn through_a_facade(t: Ref<facade::totals_again>) -> View<lake_upstream_models::CustomerTotal> {
    sql!("select * from {t}")
}

mod facade {
    pub use lake_upstream_models::customer_totals as totals_again;
}

mod inner {
    pub mod deep {
        use lakehouse::prelude::*;

        #[derive(Row)]
        pub struct One {
            pub one: i32,
        }

        #[model(schema = "names")]
        pub fn later(globbed: Ref<super::globbed>) -> View<One> {
            sql!("select one from {globbed}")
        }
    }

    use deep::*;
    use lakehouse::prelude::*;

    #[model(schema = "names")]
    pub(crate) fn globbed() -> View<One> {
        sql!("select 1 as one")
    }
}

/// Rust has a macro of this name.
#[model(schema = "names")]
fn matches(renamed: Ref<renamed>) -> View<_> {
    sql!("select total from {renamed}")
}

#[model(schema = "names")]
fn line(matches: Ref<matches>) -> View<_> {
    sql!("select total as line from {matches}")
}

#[model(schema = "names")]
fn r#match(a: Ref<line>, b: Ref<line>) -> View<_> {
    sql!("select a.line, b.line as other from {a} a join {b} b on a.line = b.line join {a} c on true")
}

#[model(schema = "names", name = "called_otherwise")]
fn after_raw(m: Ref<r#match>) -> View<_> {
    sql!("select * from {m}")
}

/// Items inside a function.
#[test]
fn items_in_functions() {
    #[model(schema = "names")]
    fn local(after_raw: Ref<after_raw>) -> View<_> {
        sql!("select line from {after_raw}")
    }

    assert_eq!(super::model("names.local").columns.len(), 1);
    assert_eq!(super::columns(&super::model("names.called_otherwise").columns).len(), 2);
    assert_eq!(super::model("names.match").query.bindings.len(), 2);
}
