//! JSON documents. The forms with clauses of their own (`json_value`, `json_query`, …) are bound by the binder; they
//! stand here for their null behaviour.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("is_json_scalar", &["(json) -> boolean", "(varchar(x)) -> boolean"]).may_be_null(),
    scalar("json_array", &["(T...) -> varchar"]).never_null(),
    scalar(
        "json_array_contains",
        &[
            "(json, bigint) -> boolean",
            "(json, boolean) -> boolean",
            "(json, double) -> boolean",
            "(json, varchar(x)) -> boolean",
            "(varchar(x), bigint) -> boolean",
            "(varchar(x), boolean) -> boolean",
            "(varchar(x), double) -> boolean",
            "(varchar(x), varchar(y)) -> boolean",
        ],
    )
    .may_be_null(),
    scalar("json_array_get", &["(json, bigint) -> json", "(varchar(x), bigint) -> json"]).may_be_null(),
    scalar("json_array_length", &["(json) -> bigint", "(varchar(x)) -> bigint"]).may_be_null().total(),
    scalar("json_exists", &["(varchar, varchar) -> boolean"]).may_be_null(),
    scalar("json_extract", &["(json, varchar(n)) -> json", "(varchar(x), varchar(n)) -> json"]).may_be_null(),
    scalar("json_extract_scalar", &["(json, varchar(n)) -> varchar", "(varchar(x), varchar(n)) -> varchar(x)"])
        .may_be_null(),
    scalar("json_format", &["(json) -> varchar"]).may_be_null().total(),
    scalar("json_object", &["(varchar, T) -> varchar"]).never_null(),
    scalar("json_parse", &["(varchar(x)) -> json"]),
    scalar("json_query", &["(varchar, varchar) -> varchar"]).may_be_null(),
    scalar("json_size", &["(json, varchar(n)) -> bigint", "(varchar(x), varchar(n)) -> bigint"]).may_be_null(),
    scalar("json_value", &["(varchar, varchar) -> varchar"]).may_be_null(),
    scalar("variant_is_null", &["(variant) -> boolean only new"]).may_be_null(),
];
