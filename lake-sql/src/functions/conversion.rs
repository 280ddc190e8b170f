//! Values of any type, identifiers, colours and sizes.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("bar", &["(double, bigint) -> varchar", "(double, bigint, color, color) -> varchar"]),
    scalar(
        "color",
        &[
            "(double, color, color) -> color",
            "(double, double, double, color, color) -> color",
            "(varchar(x)) -> color",
        ],
    ),
    scalar("fail", &["(varchar) -> unknown"]),
    scalar(
        "format",
        &[
            "(varchar, T1) -> varchar",
            "(varchar, T1, T2) -> varchar",
            "(varchar, T1, T2, T3) -> varchar",
            "(varchar, T1, T2, T3, T4) -> varchar",
            "(varchar, T1, T2, T3, T4, T5) -> varchar",
            "(varchar, T1, T2, T3, T4, T5, T6) -> varchar",
            "(varchar, T1, T2, T3, T4, T5, T6, T7) -> varchar",
            "(varchar, T1, T2, T3, T4, T5, T6, T7, T8) -> varchar",
            "(varchar, T1, T2, T3, T4, T5, T6, T7, T8, T9) -> varchar",
            "(varchar, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10) -> varchar",
        ],
    )
    .may_be_null(),
    scalar("current_groups", &["() -> array(varchar)"]).never_null().total().nondeterministic(),
    scalar("format_number", &["(bigint) -> varchar", "(double) -> varchar"]),
    scalar("greatest", &["(E...) -> E where E orderable"]),
    scalar("least", &["(E...) -> E where E orderable"]),
    scalar("parse_data_size", &["(varchar(x)) -> decimal(38, 0)"]),
    scalar("parse_presto_data_size", &["(varchar(x)) -> decimal(38, 0)"]),
    scalar(
        "render",
        &[
            "(bigint, color) -> varchar(35)",
            "(boolean) -> varchar(16)",
            "(double, color) -> varchar(41)",
            "(varchar(x), color) -> varchar(x + 15)",
        ],
    ),
    scalar("rgb", &["(bigint, bigint, bigint) -> color"]),
    scalar("typeof", &["(T) -> varchar"]).never_null().total(),
    scalar("uuid", &["() -> uuid"]).never_null().total().nondeterministic(),
    scalar("version", &["() -> varchar"]).never_null().total().nondeterministic(),
];
