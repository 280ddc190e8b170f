//! Text.

use super::{Function, scalar};
use crate::types::operators::CONCAT;

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("chr", &["(bigint) -> varchar(1)"]),
    scalar("codepoint", &["(varchar(1)) -> integer"]),
    scalar("concat", &CONCAT).total(),
    scalar("concat_ws", &["(varchar, array(varchar)) -> varchar", "(varchar, varchar...) -> varchar"]).may_be_null(),
    scalar("ends_with", &["(varchar(x), varchar(y)) -> boolean only new"]).total(),
    scalar("hamming_distance", &["(varchar(x), varchar(y)) -> bigint"]),
    scalar("length", &["(char(x)) -> bigint", "(varbinary) -> bigint", "(varchar(x)) -> bigint"]).total(),
    scalar("levenshtein_distance", &["(varchar(x), varchar(y)) -> bigint"]),
    scalar("lower", &["(char(x)) -> char(x)", "(varchar(x)) -> varchar(x)"]).total(),
    scalar(
        "lpad",
        &[
            "(char(x), bigint, varchar(y)) -> varchar only new",
            "(varbinary, bigint, varbinary) -> varbinary",
            "(varchar(x), bigint, varchar(y)) -> varchar",
        ],
    ),
    scalar(
        "ltrim",
        &[
            "(char(x)) -> varchar(x)",
            "(char(x), varchar(n)) -> varchar(x)",
            "(varchar(x)) -> varchar(x)",
            "(varchar(x), varchar(n)) -> varchar(x)",
        ],
    )
    .total(),
    scalar("luhn_check", &["(varchar) -> boolean"]),
    scalar("normalize", &["(varchar(x), varchar(y)) -> varchar"]),
    scalar(
        "replace",
        &["(varchar(x), varchar(y)) -> varchar(x)", "(varchar(x), varchar(y), varchar(z)) -> varchar(x + z * (x + 1))"],
    ),
    scalar(
        "reverse",
        &[
            "(array(E)) -> array(E)",
            "(char(x)) -> char(x) only new",
            "(varbinary) -> varbinary",
            "(varchar(x)) -> varchar(x)",
        ],
    )
    .total(),
    scalar("rpad", &["(varbinary, bigint, varbinary) -> varbinary", "(varchar(x), bigint, varchar(y)) -> varchar"]),
    scalar(
        "rtrim",
        &[
            "(char(x)) -> varchar(x)",
            "(char(x), varchar(n)) -> varchar(x)",
            "(varchar(x)) -> varchar(x)",
            "(varchar(x), varchar(n)) -> varchar(x)",
        ],
    )
    .total(),
    scalar("soundex", &["(varchar) -> varchar(4)"]).total(),
    scalar(
        "split",
        &["(varchar(x), varchar(y)) -> array(varchar(x))", "(varchar(x), varchar(y), bigint) -> array(varchar(x))"],
    ),
    scalar("split_part", &["(varchar(x), varchar(y), bigint) -> varchar(x)"]).may_be_null(),
    scalar("split_to_map", &["(varchar, varchar, varchar) -> map(varchar, varchar)"]),
    scalar("split_to_multimap", &["(varchar, varchar, varchar) -> map(varchar, array(varchar))"]),
    scalar("starts_with", &["(varchar(x), varchar(y)) -> boolean"]).total(),
    scalar("strpos", &["(varchar(x), varchar(y)) -> bigint", "(varchar(x), varchar(y), bigint) -> bigint"]),
    scalar(
        "substr",
        &[
            "(char(x), bigint) -> varchar(x)",
            "(char(x), bigint, bigint) -> varchar(x)",
            "(varbinary, bigint) -> varbinary",
            "(varbinary, bigint, bigint) -> varbinary",
            "(varchar(x), bigint) -> varchar(x)",
            "(varchar(x), bigint, bigint) -> varchar(x)",
        ],
    ),
    scalar(
        "substring",
        &[
            "(char(x), bigint) -> varchar(x)",
            "(char(x), bigint, bigint) -> varchar(x)",
            "(varchar(x), bigint) -> varchar(x)",
            "(varchar(x), bigint, bigint) -> varchar(x)",
        ],
    )
    .total(),
    scalar("title_case", &["(char(x)) -> char(x) only new", "(varchar(x)) -> varchar(x) only new"]).total(),
    scalar("translate", &["(varchar(x), varchar(y), varchar(z)) -> varchar"]),
    scalar(
        "trim",
        &[
            "(char(x)) -> varchar(x)",
            "(char(x), varchar(n)) -> varchar(x)",
            "(varchar(x)) -> varchar(x)",
            "(varchar(x), varchar(n)) -> varchar(x)",
        ],
    )
    .total(),
    scalar("upper", &["(char(x)) -> char(x)", "(varchar(x)) -> varchar(x)"]).total(),
    scalar("word_stem", &["(varchar(x)) -> varchar(x)", "(varchar(x), varchar(2)) -> varchar(x)"]).may_be_null(),
];
