//! Functions that are only allowed over a window.

use super::{Function, window};

pub(super) static FUNCTIONS: &[Function] = &[
    window("cume_dist", &["() -> double"]).never_null().total(),
    window("dense_rank", &["() -> bigint"]).never_null().total(),
    window("first_value", &["(T) -> T"]).may_be_null().total(),
    window("lag", &["(T) -> T", "(T, bigint) -> T", "(T, bigint, T) -> T"]).may_be_null(),
    window("last_value", &["(T) -> T"]).may_be_null().total(),
    window("lead", &["(T) -> T", "(T, bigint) -> T", "(T, bigint, T) -> T"]).may_be_null(),
    window("nth_value", &["(T, bigint) -> T"]).may_be_null(),
    window("ntile", &["(bigint) -> bigint"]),
    window("percent_rank", &["() -> double"]).never_null().total(),
    window("rank", &["() -> bigint"]).never_null().total(),
    window("row_number", &["() -> bigint"]).never_null().total(),
];
