//! The parser on queries and statements whose answers from a Trino server are known: `data/syntax.txt`.

#![allow(clippy::unwrap_used)]

use lake_sql::syntax::parse_statement;

/// `ok|sql` or `error line:column|sql`, with `\n` for a line break.
fn cases() -> impl Iterator<Item = (&'static str, String)> {
    let lines = include_str!("data/syntax.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (outcome, sql) = line.split_once('|').unwrap();
        (outcome, sql.replace("\\n", "\n").replace("\\\\", "\\"))
    })
}

#[test]
fn what_trino_parses_parses() {
    let mut failures = vec![];
    for (outcome, sql) in cases().filter(|(outcome, _)| *outcome == "ok") {
        let parsed = parse_statement(&sql);
        if let Some(finding) = parsed.findings.first() {
            failures.push(format!("{outcome} {sql}\n    {:?} {}", finding.span, finding.message));
        }
        assert!(parsed.tree.is_some() || !parsed.findings.is_empty(), "{sql}");
    }
    assert!(failures.is_empty(), "{} failed\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn what_trino_refuses_is_refused_at_the_same_place() {
    let mut failures = vec![];
    for (outcome, sql) in cases().filter(|(outcome, _)| outcome.starts_with("error")) {
        let at = offset(&sql, outcome.trim_start_matches("error "));
        let findings = parse_statement(&sql).findings;
        if !findings.iter().any(|finding| finding.span.start <= at && at <= finding.span.end) {
            failures.push(format!("{outcome} {sql}\n    {findings:?}"));
        }
    }
    assert!(failures.is_empty(), "{} failed\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn statements_that_are_not_supported_say_so() {
    for (_, sql) in cases().filter(|(outcome, _)| *outcome == "other") {
        let findings = parse_statement(&sql).findings;
        assert_eq!(findings.len(), 1, "{sql}: {findings:?}");
    }
}

fn offset(sql: &str, place: &str) -> usize {
    let (line, column) = place.split_once(':').unwrap();
    let start: usize = sql.split_inclusive('\n').take(line.parse::<usize>().unwrap() - 1).map(str::len).sum();
    let column: usize = column.parse().unwrap();
    let line = &sql[start..];
    start + line.char_indices().nth(column - 1).map_or(line.len(), |(index, _)| index)
}

#[test]
fn what_people_nest_is_not_too_deep() {
    let nested = |open: &str, middle: &str, close: &str, n: usize| {
        let sql = format!("select {}{middle}{}", open.repeat(n), close.repeat(n));
        let findings = parse_statement(&sql).findings;
        assert!(findings.is_empty(), "{open}: {findings:?}");
    };
    nested("(", "1", ")", 55);
    nested("replace(", "a", ", 'x', 'y')", 55);
    nested("case when a then b else ", "c", " end", 55);
    nested("(select ", "1", ")", 25);
    nested("", "1", " + 1", 250);
    nested("", "a", " or b = 1", 250);
}

#[test]
fn depth_is_bounded() {
    let deep = |sql: String| {
        let run = move || parse_statement(&sql).findings.iter().map(|finding| finding.id).collect::<Vec<_>>();
        std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
    };
    let n = 100_000;
    assert_eq!(deep(format!("select {}1{}", "(".repeat(n), ")".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select {}1", "(".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select {}1", "- ".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select {}true", "not ".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select 1{}", " + 1".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select a{}", "[1]".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select a{}", ".b".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select a{}", "::bigint".repeat(n)))[1..2], ["syntax-error"]);
    assert_eq!(deep(format!("select {}1", "case when ".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select {}1", "array[".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select {}1", "x -> ".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select cast(1 as {}", "array(".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select * from {}t", "(".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select * from t{}", " cross join t".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("select 1{}", " union select 1".repeat(n))), ["too-deep"]);
    assert_eq!(deep(format!("{}select 1", "(".repeat(n))), ["too-deep"]);
}
