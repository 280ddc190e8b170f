//! Regular expressions over text.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("regexp_count", &["(varchar(x), varchar(n)) -> bigint"]),
    scalar(
        "regexp_extract",
        &["(varchar(x), varchar(n)) -> varchar(x)", "(varchar(x), varchar(n), bigint) -> varchar(x)"],
    )
    .may_be_null(),
    scalar(
        "regexp_extract_all",
        &["(varchar(x), varchar(n)) -> array(varchar(x))", "(varchar(x), varchar(n), bigint) -> array(varchar(x))"],
    ),
    scalar("regexp_like", &["(varchar(x), varchar(n)) -> boolean"]),
    scalar(
        "regexp_position",
        &[
            "(varchar(x), varchar(n)) -> integer",
            "(varchar(x), varchar(n), integer) -> integer",
            "(varchar(x), varchar(n), integer, integer) -> integer",
        ],
    ),
    scalar(
        "regexp_replace",
        &[
            "(varchar(x), varchar(n)) -> varchar(x)",
            "(varchar(x), varchar(n), varchar(y)) -> varchar(x + max(x * y / 2, y) * (x + 1))",
            "(varchar, varchar(n), function(array(varchar), varchar(x))) -> varchar",
        ],
    ),
    scalar("regexp_split", &["(varchar(x), varchar(n)) -> array(varchar(x))"]),
];
