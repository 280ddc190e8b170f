//! Aggregates of statistics. They add up floating point, so that the order of the rows shows in the last digits.

use super::{Function, aggregate};

pub(super) static FUNCTIONS: &[Function] = &[
    aggregate("corr", &["(double, double) -> double", "(real, real) -> real"]).may_be_null().total().nondeterministic(),
    aggregate("covar_pop", &["(double, double) -> double", "(real, real) -> real"])
        .may_be_null()
        .total()
        .nondeterministic(),
    aggregate("covar_samp", &["(double, double) -> double", "(real, real) -> real"])
        .may_be_null()
        .total()
        .nondeterministic(),
    aggregate("geometric_mean", &["(bigint) -> double", "(double) -> double", "(real) -> real"])
        .total()
        .nondeterministic(),
    aggregate("kurtosis", &["(bigint) -> double", "(double) -> double"]).may_be_null().total().nondeterministic(),
    aggregate("regr_intercept", &["(double, double) -> double", "(real, real) -> real"])
        .may_be_null()
        .total()
        .nondeterministic(),
    aggregate("regr_slope", &["(double, double) -> double", "(real, real) -> real"])
        .may_be_null()
        .total()
        .nondeterministic(),
    aggregate("skewness", &["(bigint) -> double", "(double) -> double"]).may_be_null().total().nondeterministic(),
    aggregate("stddev", &["(bigint) -> double", "(double) -> double"]).may_be_null().total().nondeterministic(),
    aggregate("stddev_pop", &["(bigint) -> double", "(double) -> double"]).total().nondeterministic(),
    aggregate("stddev_samp", &["(bigint) -> double", "(double) -> double"]).may_be_null().total().nondeterministic(),
    aggregate("var_pop", &["(bigint) -> double", "(double) -> double"]).total().nondeterministic(),
    aggregate("var_samp", &["(bigint) -> double", "(double) -> double"]).may_be_null().total().nondeterministic(),
    aggregate("variance", &["(bigint) -> double", "(double) -> double"]).may_be_null().total().nondeterministic(),
];
