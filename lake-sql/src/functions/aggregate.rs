//! Aggregates.

use super::{Function, aggregate};

pub(super) static FUNCTIONS: &[Function] = &[
    aggregate("any_value", &["(T) -> T"]).total().nondeterministic(),
    aggregate("arbitrary", &["(T) -> T"]).total().nondeterministic(),
    aggregate("array_agg", &["(T) -> array(T)"]).total().nondeterministic(),
    aggregate(
        "avg",
        &[
            "(bigint) -> double",
            "(decimal(p, s)) -> decimal(p, s)",
            "(double) -> double",
            "(interval day to second) -> interval day to second",
            "(interval year to month) -> interval year to month",
            "(real) -> real",
        ],
    ),
    aggregate("bitwise_and_agg", &["(bigint) -> bigint"]).total(),
    aggregate("bitwise_or_agg", &["(bigint) -> bigint"]).total(),
    aggregate("bitwise_xor_agg", &["(bigint) -> bigint only new"]).total(),
    aggregate("bool_and", &["(boolean) -> boolean"]).total(),
    aggregate("bool_or", &["(boolean) -> boolean"]).total(),
    aggregate("checksum", &["(T) -> varbinary where T comparable"]).total(),
    aggregate("count", &["() -> bigint", "(T) -> bigint"]).never_null().total(),
    aggregate("count_if", &["(boolean) -> bigint"]).never_null().total(),
    aggregate("every", &["(boolean) -> boolean"]).total(),
    aggregate("histogram", &["(T) -> map(T, bigint) where T comparable"]),
    aggregate("listagg", &["(varchar, varchar, boolean, varchar, boolean) -> varchar"])
        .may_be_null()
        .nondeterministic(),
    aggregate("map_agg", &["(K, V) -> map(K, V) where K comparable"]).nondeterministic(),
    aggregate("map_union", &["(map(K, V)) -> map(K, V) where K comparable"]).nondeterministic(),
    aggregate("max", &["(E, bigint) -> array(E) where E orderable", "(T) -> T where T orderable"]),
    aggregate("max_by", &["(V, K) -> V where K orderable", "(V, K, bigint) -> array(V) where K orderable"])
        .nondeterministic(),
    aggregate("min", &["(E, bigint) -> array(E) where E orderable", "(T) -> T where T orderable"]),
    aggregate("min_by", &["(V, K) -> V where K orderable", "(V, K, bigint) -> array(V) where K orderable"])
        .nondeterministic(),
    aggregate("multimap_agg", &["(K, V) -> map(K, array(V)) where K comparable"]).nondeterministic(),
    aggregate("reduce_agg", &["(T, S, function(S, T, S), function(S, S, S)) -> S"]).may_be_null().nondeterministic(),
    aggregate(
        "sum",
        &[
            "(bigint) -> bigint",
            "(decimal(p, s)) -> decimal(38, s)",
            "(double) -> double",
            "(interval day to second) -> interval day to second",
            "(interval year to month) -> interval year to month",
            "(real) -> real",
        ],
    ),
];
