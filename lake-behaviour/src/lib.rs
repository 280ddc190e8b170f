//! What every engine must do, as tests that any engine can be given to.
//!
//! A test binary names the engine once: `behaviours!(|| …)` makes a test of each behaviour, each in a schema of its own.
//! What an engine cannot do it says by its capabilities, and the planner's answer to that is part of the strategies.
#![allow(clippy::unwrap_used)]

pub mod ddl;
pub mod declare;
mod lab;
pub mod proxy;
pub mod server;
pub mod statements;
pub mod strategies;

pub use ddl::{about, columns, maintenance, names, partitions};
pub use lab::{Lab, prefix};

/// Makes a test of each statement that a Trino with Iceberg tables has and strategies do not need: for engines that
/// stand in for one.
#[macro_export]
macro_rules! statements_of_trino {
    ($engine:expr) => {
        $crate::behaviours!($engine, columns: [
            columns_come_and_go,
            columns_that_cannot_change,
            columns_get_wider,
            comments,
            fields_come_and_go,
            columns_stand_where_they_are_put,
            rows_get_another_type,
        ], names: [
            tables_and_views_are_renamed,
            schemas_and_what_is_in_them,
            tables_are_made_once_or_anew,
            a_replaced_table_keeps_its_history,
            wrong_properties,
        ], about: [
            tables_about_tables,
            tables_of_then,
            what_there_is,
        ], partitions: [
            rows_in_partitions,
            partitioned_anew,
            rows_are_sorted,
        ], maintenance: [
            small_files_become_few,
            what_is_young_stays,
            a_table_is_rolled_back,
        ]);
    };
}

/// Makes a test of each behaviour; the argument gives an engine, or None with words on standard error.
#[macro_export]
macro_rules! behaviours {
    ($engine:expr) => {
        $crate::behaviours!($engine, statements: [
            tables_appear_with_all_rows,
            names_are_given_once,
            views_are_replaced,
            appends_and_guards,
            one_of_two_guarded_writers_wins,
            heads_and_time_travel,
            rows_change_and_tables_go,
            a_token_is_one_execution,
            values_of_every_type,
            kinds_of_errors,
        ], strategies: [
            views,
            tables,
            appends,
            merges,
            histories_of_extracts,
            histories_of_events,
        ]);
    };
    ($engine:expr, $($module:ident: [$($name:ident),* $(,)?]),*) => {
        $($(
            #[test]
            fn $name() {
                if let Some(engine) = $engine() {
                    $crate::$module::$name(&$crate::Lab::new(engine));
                }
            }
        )*)*
    };
}
