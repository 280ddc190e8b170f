//! What holds for every text: no panic, spans that nest, and spans that are exact.

#![allow(clippy::unwrap_used)]

use std::fmt::Debug;

use lake_sql::span::Span;
use lake_sql::syntax::{
    Templates, parse_declarations, parse_expression, parse_query, parse_script, parse_statement, parse_type,
};
use proptest::prelude::*;

/// A block of a tree's pretty-printed form, which shows all nodes without a visitor for each.
#[derive(Default)]
struct Node {
    name: String,
    span: Option<Span>,
    children: Vec<Node>,
}

fn span_in(line: &str) -> Option<Span> {
    let value = line.rsplit(": ").next()?.trim_end_matches(',');
    let (start, end) = value.split_once("..")?;
    Some(Span::new(start.parse().ok()?, end.parse().ok()?))
}

fn node(name: &str, lines: &mut std::iter::Peekable<std::str::Lines<'_>>) -> Node {
    let mut node = Node { name: name.to_owned(), ..Node::default() };
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.starts_with(['}', ')', ']']) {
            break;
        }
        if let Some(head) = line.strip_suffix(['{', '(', '[']) {
            let name = head.rsplit(": ").next().unwrap().trim().to_owned();
            node.children.push(self::node(&name, lines));
        } else if line.starts_with("span: ") {
            node.span = span_in(line);
        } else if let Some(span) = span_in(line) {
            node.children.push(Node { name: "place".into(), span: Some(span), children: vec![] });
        }
    }
    node
}

fn nodes(tree: &impl Debug) -> Node {
    let printed = format!("{tree:#?}");
    node("", &mut printed.lines().peekable())
}

fn check_nesting(node: &Node, parent: Span, text: &str) {
    let span = node.span.unwrap_or(parent);
    assert!(parent.start <= span.start && span.end <= parent.end, "{} {span:?} in {parent:?}: {text}", node.name);
    assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
    node.children.iter().for_each(|child| check_nesting(child, span, text));
}

/// The text of an expression's span is that expression, and nothing but it.
fn check_exactness(node: &Node, text: &str, templates: Templates) {
    if let (true, Some(span)) = (node.name == "Expr" || node.name == "TypeName", node.span) {
        let part = span.text(text);
        let whole = Span::new(0, part.len());
        if node.name == "Expr" {
            let parsed = parse_expression(part, templates);
            assert!(parsed.findings.is_empty(), "{part}: {:?}\n{text}", parsed.findings);
            assert_eq!(parsed.tree.unwrap().span, whole, "{text}");
        } else if !node.children.is_empty() {
            let parsed = parse_type(part);
            assert!(parsed.findings.is_empty(), "{part}: {:?}\n{text}", parsed.findings);
            assert_eq!(parsed.tree.unwrap().span, whole, "{text}");
        }
    }
    node.children.iter().for_each(|child| check_exactness(child, text, templates));
}

#[test]
fn spans_nest_and_are_exact() {
    let lines = include_str!("data/syntax.txt").lines().filter_map(|line| line.strip_prefix("ok|"));
    for sql in lines {
        let sql = sql.replace("\\n", "\n").replace("\\\\", "\\");
        let tree = parse_statement(&sql).tree.unwrap();
        let tree = nodes(&tree);
        check_nesting(&tree, Span::new(0, sql.len()), &sql);
        check_exactness(&tree, &sql, Templates::No);
    }
}

#[test]
fn spans_of_templates_are_exact() {
    let sql = "with c as (select {tax(o.net, '{{')} as t from {raw.orders} for version as of 1 o)\n\
               select c.*, (t)[1] at time zone 'UTC', {now} from c join {x} on {first_run} or not exists (table y)";
    let parsed = parse_query(sql, Templates::Yes);
    assert!(parsed.findings.is_empty(), "{:?}", parsed.findings);
    let tree = nodes(&parsed.tree.unwrap());
    check_nesting(&tree, Span::new(0, sql.len()), sql);
    check_exactness(&tree, sql, Templates::Yes);
}

/// All entries on one text; findings must lie in it.
fn parse_all(text: &str) {
    let findings = [
        parse_query(text, Templates::Yes).findings,
        parse_query(text, Templates::No).findings,
        parse_statement(text).findings,
        parse_script(text).findings,
        parse_declarations(text).findings,
        parse_expression(text, Templates::Yes).findings,
        parse_type(text).findings,
    ];
    for finding in findings.iter().flatten() {
        assert!(finding.span.start <= finding.span.end && finding.span.end <= text.len(), "{finding:?}");
        assert!(text.is_char_boundary(finding.span.start) && text.is_char_boundary(finding.span.end), "{finding:?}");
    }
    if let Some(tree) = parse_statement(text).tree {
        check_nesting(&nodes(&tree), Span::new(0, text.len()), text);
    }
}

/// Words and signs of SQL.
const SOUP: &[&str] = &[
    "select",
    "from",
    "where",
    "group by",
    "order by",
    "having",
    "with",
    "as",
    "union all",
    "except",
    "limit",
    "1",
    "offset",
    "fetch first",
    "rows only",
    "join",
    "left join",
    "on",
    "using",
    "cross join",
    "unnest",
    "lateral",
    "table",
    "values",
    "case",
    "when",
    "then",
    "else",
    "end",
    "cast",
    "array",
    "row",
    "map",
    "interval",
    "'1'",
    "day",
    "not",
    "and",
    "or",
    "in",
    "between",
    "like",
    "is",
    "null",
    "distinct",
    "exists",
    "all",
    "over",
    "partition by",
    "filter",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "*",
    "=",
    "<",
    "->",
    "=>",
    "::",
    "==",
    "+",
    "-",
    "||",
    "a",
    "b",
    "\"q\"",
    "'s'",
    "1.5",
    "1e0",
    "date",
    "{",
    "}",
    "{a}",
    "{{",
    "}}",
    "{%",
    ";",
    "?",
    ":",
    "`b`",
    "1a",
    "insert into",
    "update",
    "set",
    "merge into",
    "matched",
    "create table",
    "extract",
    "trim",
    "listagg",
    "within group",
    "json_value",
    "json_object",
    "grouping sets",
    "rollup",
    "window",
    "match_recognize",
    "json_table",
    "measures",
    "one row per match",
    "after match skip to",
    "pattern",
    "permute",
    "subset",
    "define",
    "running",
    "final",
    "{-",
    "-}",
    "^",
    "$",
    "|",
    "columns",
    "nested path",
    "for ordinality",
    "format json",
    "default",
    "on empty",
    "plan",
    "passing",
    "'lax $'",
    "descriptor",
    "prepare",
    "execute immediate",
    "explain",
    "show",
    "describe",
    "create external table",
    "partitioned by",
    "struct<",
    ">",
    "alter table",
    "add columns",
    "unload",
    "optimize",
    "primary key",
    "unique",
    "tablesample",
    "system",
    "for version as of",
    "at time zone",
    "timestamp",
    "double precision",
    "--",
    "/*",
    "'",
    "\"",
    "é",
    "\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses(text in "\\PC{0,60}") {
        parse_all(&text);
    }

    #[test]
    fn any_bytes_parse(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        parse_all(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn token_soup_parses(words in proptest::collection::vec(proptest::sample::select(SOUP), 0..40)) {
        parse_all(&words.join(" "));
        parse_all(&words.concat());
    }

    #[test]
    fn mangled_queries_parse(
        words in proptest::collection::vec(proptest::sample::select(SOUP), 1..4),
        at in 0_usize..10_000,
        cut in 0_usize..30,
    ) {
        let queries: Vec<&str> =
            include_str!("data/syntax.txt").lines().filter_map(|line| line.strip_prefix("ok|")).collect();
        let query = queries[at % queries.len()];
        let start = query.floor_char_boundary(at / queries.len() * 7 % query.len());
        let end = query.ceil_char_boundary((start + cut).min(query.len()));
        parse_all(&format!("{} {} {}", &query[..start], words.join(" "), &query[end..]));
    }
}
