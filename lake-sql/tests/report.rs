//! How findings look.

#![allow(clippy::unwrap_used)]

use lake_sql::finding::report::{Colour, Place, Source};
use lake_sql::finding::{Finding, Severity};
use lake_sql::span::Span;
use lake_sql::syntax::{Templates, parse_query};

const TEXT: &str = "\
select o.id,
    custmer_id, 'ü' as \"ü\", sum(o.net
from {orders} o";

fn unknown_column() -> Finding {
    let start = TEXT.find("custmer_id").unwrap();
    Finding::error("unknown-column", Span::new(start, start + 10), "no column `custmer_id` in `orders`")
        .label("unknown column")
        .note("`orders` has the columns id, customer_id, net")
        .help("a column with a similar name exists: `customer_id`")
}

fn source(text: &'static str) -> Source<'static> {
    Source::new(text, "models/src/orders.rs", 8, 14)
}

#[test]
fn on_a_terminal() {
    let unclosed = parse_query(TEXT, Templates::Yes).findings.remove(0);
    let mut lint = unknown_column();
    lint.severity = Severity::Lint;
    let mended = unknown_column().suggest(lint.span, "customer_id");
    let all = [unknown_column(), lint, mended, unclosed];
    let plain = all.map(|finding| source(TEXT).terminal(&finding, Colour::No));
    insta::assert_snapshot!(plain.join("\n\n"));
}

#[test]
fn in_colour() {
    let coloured = source(TEXT).terminal(&unknown_column(), Colour::Yes);
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    insta::assert_snapshot!(coloured.replace('\u{1b}', "ESC"));
}

#[test]
fn for_rustc() {
    let unclosed = parse_query(TEXT, Templates::Yes).findings.remove(0);
    let one_line = "select a from t where b == 'x'";
    let operator = parse_query(one_line, Templates::Yes).findings.remove(0);
    let texts = [
        source(TEXT).compile_error(&unknown_column()),
        source(TEXT).compile_error(&unclosed),
        source(one_line).compile_error(&operator),
    ];
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn on_one_line_and_as_json() {
    let finding = unknown_column().context(Span::new(0, 6), "the \"query\"").suggest(Span::new(0, 0), "a\\\n\u{1}");
    assert_eq!(
        source(TEXT).one_line(&finding),
        "models/src/orders.rs:9:5: error[unknown-column]: no column `custmer_id` in `orders`"
    );
    let json: serde_json::Value = serde_json::from_str(&source(TEXT).json(&finding)).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn places_count_characters() {
    let source = source(TEXT);
    assert_eq!(source.place(0), Place { line: 8, column: 14 });
    assert_eq!(source.place(TEXT.find(" as").unwrap()), Place { line: 9, column: 20 });
    assert_eq!(source.place(usize::MAX / 2), Place { line: 10, column: 16 });
}

#[test]
fn odd_spans_do_not_break_it() {
    for (start, end) in [(0, 0), (0, 500), (500, 700), (38, 39), (39, 40), (12, 13), (80, 20)] {
        let finding = Finding::error("x", Span::new(start, end), "m").context(Span::new(end, start), "c");
        source(TEXT).terminal(&finding, Colour::No);
        source(TEXT).compile_error(&finding);
        source("").compile_error(&finding);
        source(TEXT).json(&finding);
    }
}
