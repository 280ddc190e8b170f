//! A function that does not exist.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::functions;
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-function",
    text: "Trino has no function of this name, or the catalogue does not know it yet.",
    wrong: Example::Query("select lenght(note) as n from {orders}"),
    right: Example::Query("select length(note) as n from {orders}"),
};

/// What other databases call functions that Trino has.
const ELSEWHERE: &[(&str, &str)] = &[
    ("ifnull", "coalesce(a, b)"),
    ("isnull", "coalesce(a, b), or a is null"),
    ("nvl", "coalesce(a, b)"),
    ("iif", "if(condition, a, b)"),
    ("getdate", "{now}"),
    ("sysdate", "{now}"),
    ("datediff", "date_diff('day', earlier, later)"),
    ("dateadd", "date_add('day', n, moment)"),
    ("datetrunc", "date_trunc('day', moment)"),
    ("to_date", "date_parse(text, '%Y-%m-%d'), or cast(text as date)"),
    ("to_varchar", "cast(value as varchar)"),
    ("string_agg", "listagg(text, ',') within group (order by …)"),
    ("group_concat", "listagg(text, ',') within group (order by …)"),
    ("len", "length(text)"),
    ("median", "approx_percentile(value, 0.5)"),
    ("collect_list", "array_agg(value)"),
    ("size", "cardinality(collection)"),
    ("array_length", "cardinality(array)"),
    ("charindex", "strpos(text, part)"),
    ("instr", "strpos(text, part)"),
    ("get_json_object", "json_extract_scalar(json, '$.path')"),
];

/// The name, in lower case.
pub fn new(name: &str, span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, format!("no function `{name}`")).label("unknown function");
    if let Some((_, instead)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
        return found.help(format!("Trino writes {instead}"));
    }
    let names = functions::names();
    match nearest(name, &names) {
        Some(near) => found.help(format!("a function with a similar name exists: `{near}`")).suggest(span, near),
        None => found,
    }
}
