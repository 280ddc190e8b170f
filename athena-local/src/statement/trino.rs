//! Statements of Trino's parser: queries, DML, CTAS, views.

use lake_sql::finding::{Finding, Severity};
use lake_sql::syntax::tree::{ObjectKind, StatementKind};
use lake_sql::syntax::{decimal_spans, parse_statement};

use super::create::CreateTableAs;
use super::tokens::{Token, position};
use super::writers::Write;
use super::{Kind, Statement, Work};

/// Parses a statement of this family.
pub(super) fn read(text: &str, tokens: &[Token]) -> Result<Statement, String> {
    let words: Vec<String> = tokens.iter().take(4).map(|token| token.text(text).to_lowercase()).collect();
    if let [create, or, replace, table] = words.as_slice()
        && (create.as_str(), or.as_str(), replace.as_str(), table.as_str()) == ("create", "or", "replace", "table")
    {
        let place = position(text, tokens[3].start);
        return Err(format!("{place}: mismatched input '{}'. Expecting: 'VIEW'", tokens[3].text(text)));
    }
    let parsed = parse_statement(text);
    if let Some(finding) = parsed.findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(words_of(finding, text));
    }
    let tree = parsed.tree.ok_or_else(|| format!("Empty sql statement: {text}"))?;
    let kind = match &tree.kind {
        StatementKind::Query(_) => Kind::Select,
        StatementKind::Explain { .. } => Kind::Explain,
        StatementKind::Insert { .. } => Kind::Insert,
        StatementKind::Update { .. } => Kind::Update,
        StatementKind::Delete { .. } => Kind::Delete,
        StatementKind::Merge { .. } => Kind::Merge,
        StatementKind::CreateView { .. } => Kind::CreateView,
        StatementKind::Drop { object: ObjectKind::View, .. } => Kind::DropView,
        StatementKind::CreateTableAs { .. } => {
            let work = Work::CreateTableAs(CreateTableAs::read(text, &tree.kind)?);
            return Ok(Statement { kind: Kind::CreateTableAs, text: text.to_owned(), work });
        }
        _ => {
            let (first, place) = (tokens[0].text(text), position(text, tokens[0].start));
            return Err(format!("{place}: mismatched input '{first}'. Expecting: a statement of Athena"));
        }
    };
    let work = Write::read(text, &tree.kind).map_or_else(|| Work::Engine(vec![doubles(text)]), Work::Write);
    Ok(Statement { kind, text: text.to_owned(), work })
}

/// `expected x, found y` in Trino's words.
fn words_of(finding: &Finding, text: &str) -> String {
    let place = position(text, finding.span.start);
    let Some((wanted, _)) = finding.message.strip_prefix("expected ").and_then(|rest| rest.split_once(", found "))
    else {
        return format!("{place}: {}", finding.message);
    };
    let found = match finding.span.text(text) {
        "" => "<EOF>",
        found => found,
    };
    format!("{place}: mismatched input '{found}'. Expecting: {wanted}")
}

/// `1.5` is a double on Athena: written so that every Trino takes it for one.
pub(super) fn doubles(text: &str) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for span in decimal_spans(text) {
        out.push_str(&text[at..span.end]);
        out.push_str("e0");
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_literals_are_doubles() {
        assert_eq!(doubles("select 1.5, decimal '1.5', '1.5', 2"), "select 1.5e0, decimal '1.5', '1.5', 2");
    }
}
