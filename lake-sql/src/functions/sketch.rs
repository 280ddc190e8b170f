//! Approximations: aggregates over sketches, and functions on sketches.

use super::{Function, aggregate, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    aggregate(
        "approx_distinct",
        &[
            "(T) -> bigint where T comparable",
            "(T, double) -> bigint where T comparable",
            "(boolean) -> bigint",
            "(boolean, double) -> bigint",
            "(unknown) -> bigint",
            "(unknown, double) -> bigint",
        ],
    )
    .never_null(),
    aggregate(
        "approx_most_frequent",
        &["(bigint, bigint, bigint) -> map(bigint, bigint)", "(bigint, varchar, bigint) -> map(varchar, bigint)"],
    )
    .nondeterministic(),
    aggregate(
        "approx_percentile",
        &[
            "(bigint, array(double)) -> array(bigint)",
            "(bigint, double) -> bigint",
            "(bigint, double, array(double)) -> array(bigint)",
            "(bigint, double, double) -> bigint",
            "(bigint, double, double, double) -> bigint",
            "(double, array(double)) -> array(double)",
            "(double, double) -> double",
            "(double, double, array(double)) -> array(double)",
            "(double, double, double) -> double",
            "(double, double, double, double) -> double",
            "(real, array(double)) -> array(real)",
            "(real, double) -> real",
            "(real, double, array(double)) -> array(real)",
            "(real, double, double) -> real",
            "(real, double, double, double) -> real",
        ],
    )
    .nondeterministic(),
    aggregate("approx_set", &["(bigint) -> hyperloglog", "(double) -> hyperloglog", "(varchar(x)) -> hyperloglog"]),
    scalar("empty_approx_set", &["() -> hyperloglog"]).never_null().total(),
    scalar("hash_counts", &["(setdigest) -> map(bigint, smallint)"]).may_be_null(),
    scalar("intersection_cardinality", &["(setdigest, setdigest) -> bigint"]).may_be_null(),
    scalar("jaccard_index", &["(setdigest, setdigest) -> double"]).may_be_null(),
    aggregate("make_set_digest", &["(T) -> setdigest where T comparable"]),
    aggregate(
        "merge",
        &[
            "(hyperloglog) -> hyperloglog",
            "(qdigest(bigint)) -> qdigest(bigint)",
            "(qdigest(double)) -> qdigest(double)",
            "(qdigest(real)) -> qdigest(real)",
            "(tdigest) -> tdigest",
        ],
    )
    .nondeterministic(),
    aggregate("merge_set_digest", &["(setdigest) -> setdigest"]),
    aggregate(
        "numeric_histogram",
        &[
            "(bigint, double) -> map(double, double)",
            "(bigint, double, double) -> map(double, double)",
            "(bigint, real) -> map(real, real)",
            "(bigint, real, double) -> map(real, real)",
        ],
    )
    .nondeterministic(),
    aggregate(
        "qdigest_agg",
        &[
            "(bigint) -> qdigest(bigint)",
            "(bigint, bigint) -> qdigest(bigint)",
            "(bigint, bigint, double) -> qdigest(bigint)",
            "(double) -> qdigest(double)",
            "(double, bigint) -> qdigest(double)",
            "(double, bigint, double) -> qdigest(double)",
            "(real) -> qdigest(real)",
            "(real, bigint) -> qdigest(real)",
            "(real, bigint, double) -> qdigest(real)",
        ],
    )
    .nondeterministic(),
    scalar(
        "quantile_at_value",
        &[
            "(qdigest(bigint), bigint) -> double",
            "(qdigest(double), double) -> double",
            "(qdigest(real), real) -> double",
        ],
    )
    .may_be_null(),
    aggregate("tdigest_agg", &["(double) -> tdigest", "(double, double) -> tdigest"]).nondeterministic(),
    scalar(
        "value_at_quantile",
        &[
            "(qdigest(bigint), double) -> bigint",
            "(qdigest(double), double) -> double",
            "(qdigest(real), double) -> real",
            "(tdigest, double) -> double",
        ],
    )
    .may_be_null(),
    scalar(
        "values_at_quantiles",
        &[
            "(qdigest(bigint), array(double)) -> array(bigint)",
            "(qdigest(double), array(double)) -> array(double)",
            "(qdigest(real), array(double)) -> array(real)",
            "(tdigest, array(double)) -> array(double)",
        ],
    )
    .may_be_null(),
];
