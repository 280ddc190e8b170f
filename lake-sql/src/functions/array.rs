//! Arrays.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("array_distinct", &["(array(E)) -> array(E) where E comparable"]).total(),
    scalar("array_except", &["(array(E), array(E)) -> array(E) where E comparable"]),
    scalar("array_histogram", &["(array(T)) -> map(T, bigint) where T comparable"]).may_be_null(),
    scalar("array_intersect", &["(array(E), array(E)) -> array(E) where E comparable"]),
    scalar("array_join", &["(array(E), varchar) -> varchar", "(array(E), varchar, varchar) -> varchar"]),
    scalar("array_last", &["(array(E)) -> E only new"]).may_be_null().total(),
    scalar("array_max", &["(array(T)) -> T where T orderable"]).may_be_null(),
    scalar("array_min", &["(array(T)) -> T where T orderable"]).may_be_null(),
    scalar("array_position", &["(array(T), T) -> bigint where T comparable"]),
    scalar("array_remove", &["(array(E), E) -> array(E) where E comparable"]),
    scalar("array_union", &["(array(E), array(E)) -> array(E) where E comparable"]),
    scalar("arrays_overlap", &["(array(E), array(E)) -> boolean where E comparable"]).may_be_null(),
    scalar(
        "cardinality",
        &["(array(E)) -> bigint", "(hyperloglog) -> bigint", "(map(K, V)) -> bigint", "(setdigest) -> bigint"],
    )
    .total(),
    scalar("combinations", &["(array(T), integer) -> array(array(T))"]),
    scalar("contains", &["(array(T), T) -> boolean where T comparable", "(varchar, ipaddress) -> boolean"])
        .may_be_null(),
    scalar("contains_sequence", &["(array(T), array(T)) -> boolean where T comparable"]).may_be_null(),
    scalar(
        "cosine_distance",
        &[
            "(array(double), array(double)) -> double only new",
            "(map(varchar, double), map(varchar, double)) -> double only new",
        ],
    )
    .may_be_null(),
    scalar(
        "cosine_similarity",
        &[
            "(array(double), array(double)) -> double only new",
            "(map(varchar, double), map(varchar, double)) -> double",
        ],
    )
    .may_be_null(),
    scalar("dot_product", &["(array(double), array(double)) -> double only new"]).may_be_null(),
    scalar("element_at", &["(array(E), bigint) -> E", "(map(K, V), K) -> V where K comparable"]).may_be_null().total(),
    scalar("euclidean_distance", &["(array(double), array(double)) -> double only new"]).may_be_null(),
    scalar("flatten", &["(array(array(E))) -> array(E)"]).total(),
    scalar("ngrams", &["(array(T), integer) -> array(array(T))"]),
    scalar("repeat", &["(T, bigint) -> array(T) only new", "(T, integer) -> array(T) only old"]).may_be_null(),
    scalar(
        "sequence",
        &[
            "(bigint, bigint) -> array(bigint)",
            "(bigint, bigint, bigint) -> array(bigint)",
            "(date, date) -> array(date)",
            "(date, date, interval day to second) -> array(date)",
            "(date, date, interval year to month) -> array(date)",
            "(timestamp(p), timestamp(p), interval day to second) -> array(timestamp(p))",
            "(timestamp(p), timestamp(p), interval year to month) -> array(timestamp(p))",
        ],
    ),
    scalar("shuffle", &["(array(E)) -> array(E)"]).nondeterministic(),
    scalar("slice", &["(array(E), bigint, bigint) -> array(E)"]),
    scalar("trim_array", &["(array(E), bigint) -> array(E)"]),
    scalar(
        "zip",
        &[
            "(array(T1), array(T2)) -> array(row(T1, T2))",
            "(array(T1), array(T2), array(T3)) -> array(row(T1, T2, T3))",
            "(array(T1), array(T2), array(T3), array(T4)) -> array(row(T1, T2, T3, T4))",
            "(array(T1), array(T2), array(T3), array(T4), array(T5)) -> array(row(T1, T2, T3, T4, T5))",
        ],
    )
    .total(),
];
