//! Functions that take a lambda.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("all_match", &["(array(T), function(T, boolean)) -> boolean"]).may_be_null(),
    scalar("any_match", &["(array(T), function(T, boolean)) -> boolean"]).may_be_null(),
    scalar("array_first", &["(array(E)) -> E only new", "(array(E), function(E, boolean)) -> E only new"])
        .may_be_null(),
    scalar(
        "array_sort",
        &["(array(E)) -> array(E) where E orderable", "(array(T), function(T, T, integer)) -> array(T)"],
    )
    .may_be_null(),
    scalar("filter", &["(array(T), function(T, boolean)) -> array(T)"]),
    scalar("map_filter", &["(map(K, V), function(K, V, boolean)) -> map(K, V) where K comparable"]).may_be_null(),
    scalar("map_zip_with", &["(map(K, V1), map(K, V2), function(K, V1, V2, V3)) -> map(K, V3)"]),
    scalar("none_match", &["(array(T), function(T, boolean)) -> boolean"]).may_be_null(),
    scalar("reduce", &["(array(T), S, function(S, T, S), function(S, R)) -> R"]).may_be_null(),
    scalar("transform", &["(array(T), function(T, U)) -> array(U)"]),
    scalar("transform_keys", &["(map(K1, V), function(K1, V, K2)) -> map(K2, V) where K2 comparable"]),
    scalar("transform_values", &["(map(K, V1), function(K, V1, V2)) -> map(K, V2)"]),
    scalar("zip_with", &["(array(T), array(U), function(T, U, R)) -> array(R)"]),
];
