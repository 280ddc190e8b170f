//! Maps.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("map", &["() -> map(unknown, unknown)", "(array(K), array(V)) -> map(K, V) where K comparable"]),
    scalar("map_concat", &["(map(K, V)...) -> map(K, V) where K comparable"]),
    scalar("map_entries", &["(map(K, V)) -> array(row(K, V))"]).total(),
    scalar("map_from_entries", &["(array(row(K, V))) -> map(K, V) where K comparable"]).may_be_null(),
    scalar("map_keys", &["(map(K, V)) -> array(K)"]).total(),
    scalar("map_values", &["(map(K, V)) -> array(V)"]).total(),
    scalar("multimap_from_entries", &["(array(row(K, V))) -> map(K, array(V)) where K comparable"]).may_be_null(),
];
