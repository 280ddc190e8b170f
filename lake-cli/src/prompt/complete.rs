//! What may follow where the cursor is: keywords, functions, schemas, tables, columns.

use std::collections::BTreeSet;

use lake_sql::functions;
use lake_sql::render::dialect::Dialect;
use lake_sql::span::Span;
use lake_sql::syntax::{is_reserved, keywords, token_spans};

use super::catalog::Catalog;
use super::input::unquoted;

/// Words behind which a table stands.
const BEFORE_TABLE: [&str; 7] = ["from", "join", "into", "update", "table", "describe", "using"];

/// Completes the word that ends at byte `at`: where it starts, and what it may become.
pub fn complete(text: &str, at: usize, catalog: &dyn Catalog) -> (usize, Vec<String>) {
    let nothing = (at, vec![]);
    let Some(before) = text.get(..at) else { return nothing };
    let tokens = token_spans(before);
    let gap = &before[tokens.last().map_or(0, |last| last.end)..];
    if gap.contains("--") && !gap.contains('\n') || tokens.last().is_some_and(|last| is_open_text(last.text(text))) {
        return nothing;
    }
    let (word, path) = match tokens.split_last() {
        Some((last, path)) if last.end == at && is_word(last.text(text)) => (*last, path),
        _ => (Span::new(at, at), tokens.as_slice()),
    };
    let prefix = Prefix::of(word.text(text));
    let (qualifier, path) = qualifier(text, path);
    let statement = Statement::around(text, at);
    let found = match qualifier.as_slice() {
        [] if stands_for_table(text, path) => tables(&prefix, &statement, catalog),
        [] => words(&prefix, &statement, catalog),
        [one] => members(one, &prefix, &statement, catalog),
        [.., schema, table] => prefix.names(catalog.columns(schema, table)),
    };
    (word.start, found.into_iter().collect())
}

/// What is typed of a word.
struct Prefix {
    /// In lower case.
    text: String,
    quoted: bool,
    upper: bool,
}

impl Prefix {
    fn of(word: &str) -> Self {
        let quoted = word.starts_with('"');
        let upper = !quoted && word.contains(char::is_alphabetic) && word == word.to_uppercase();
        Self { text: word.trim_start_matches('"').to_lowercase(), quoted, upper }
    }

    fn fits(&self, name: &str) -> bool {
        name.to_lowercase().starts_with(&self.text)
    }

    /// Names of the catalog as they are written.
    fn names(&self, names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        names.into_iter().filter(|name| self.fits(name)).map(|name| self.written(&name)).collect()
    }

    fn written(&self, name: &str) -> String {
        if self.quoted { Dialect::TRINO.ident(name) } else { written(name) }
    }

    /// Words of the language in the case that is being typed.
    fn words(&self, words: impl IntoIterator<Item = &'static str>) -> impl Iterator<Item = String> {
        let spelt = |word: &str| if self.upper { word.to_uppercase() } else { word.to_owned() };
        words.into_iter().filter(|word| self.fits(word)).map(spelt)
    }
}

/// A name, in quotes where it needs them.
fn written(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let starts = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    match plain && starts && !is_reserved(name) {
        true => name.to_owned(),
        false => Dialect::TRINO.ident(name),
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"')) && !is_closed(token, '"')
}

fn is_closed(token: &str, quote: char) -> bool {
    token.len() > 1 && token.starts_with(quote) && token.matches(quote).count().is_multiple_of(2)
}

/// Text or a comment that has not ended.
fn is_open_text(token: &str) -> bool {
    token.starts_with("/*") || token.starts_with('\'') && !is_closed(token, '\'')
}

/// The names before the dots that end a path, and what is before them.
fn qualifier<'t>(text: &str, mut path: &'t [Span]) -> (Vec<String>, &'t [Span]) {
    let mut names = vec![];
    while let [rest @ .., name, dot] = path
        && dot.text(text) == "."
    {
        names.push(unquoted(name.text(text)));
        path = rest;
    }
    names.reverse();
    (names, path)
}

/// Whether a table is what comes next: behind `from` and the like, and in the prompt's own commands.
fn stands_for_table(text: &str, path: &[Span]) -> bool {
    let word = |at: usize| path.get(at).map(|span| span.text(text).to_lowercase());
    let last = path.len().checked_sub(1).and_then(word);
    let command = word(0).as_deref() == Some("\\");
    command || last.is_some_and(|last| BEFORE_TABLE.contains(&last.as_str()))
}

/// The tables that a statement names.
struct Statement {
    relations: Vec<Relation>,
}

struct Relation {
    /// Schema and table, or a table alone.
    name: Vec<String>,
    /// By what its columns are called.
    alias: String,
}

impl Statement {
    /// The statement that the cursor is in, also what follows it.
    fn around(text: &str, at: usize) -> Self {
        let tokens = token_spans(text);
        let ends = |span: &&Span| span.text(text) == ";";
        let start = tokens.iter().filter(ends).filter(|span| span.end <= at).map(|span| span.end).max().unwrap_or(0);
        let end = tokens.iter().filter(ends).filter(|span| span.start >= at).map(|span| span.start).min();
        let inside = |span: &&Span| span.start >= start && end.is_none_or(|end| span.end <= end);
        let words: Vec<&str> = tokens.iter().filter(inside).map(|span| span.text(text)).collect();
        let mut relations = vec![];
        let mut at = 0;
        while at < words.len() {
            at += 1;
            if BEFORE_TABLE.contains(&words[at - 1].to_lowercase().as_str()) {
                while let Some((relation, next)) = Relation::at(&words, at) {
                    relations.push(relation);
                    // `from a, b` goes on behind the comma.
                    at = next + usize::from(words.get(next) == Some(&","));
                    if at == next {
                        break;
                    }
                }
            }
        }
        Self { relations }
    }

    fn columns(&self, of: &Relation, catalog: &dyn Catalog) -> Vec<String> {
        match of.name.as_slice() {
            [.., schema, table] => catalog.columns(schema, table),
            _ => vec![],
        }
    }
}

impl Relation {
    /// A relation among words, and the place behind it.
    fn at(words: &[&str], mut at: usize) -> Option<(Self, usize)> {
        let is_name = |word: &&&str| {
            word.starts_with('"') || word.starts_with(|c: char| c.is_alphabetic() || c == '_') && !is_reserved(word)
        };
        let mut name = vec![unquoted(words.get(at).filter(is_name)?)];
        at += 1;
        while words.get(at) == Some(&".")
            && let Some(part) = words.get(at + 1).filter(is_name)
        {
            name.push(unquoted(part));
            at += 2;
        }
        at += usize::from(words.get(at).is_some_and(|word| word.eq_ignore_ascii_case("as")));
        let alias = words.get(at).filter(is_name).map(|word| unquoted(word));
        at += usize::from(alias.is_some());
        let alias = alias.or_else(|| name.last().cloned())?;
        Some((Self { name, alias }, at))
    }
}

/// Schemas, and tables with them.
fn tables(prefix: &Prefix, statement: &Statement, catalog: &dyn Catalog) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for schema in catalog.schemas() {
        let whole = prefix.fits(&schema);
        for table in catalog.tables(&schema) {
            if whole || prefix.fits(&table) {
                found.insert(format!("{}.{}", written(&schema), written(&table)));
            }
        }
    }
    // Common table expressions, and tables of the statement.
    let short =
        statement.relations.iter().filter(|relation| relation.name.len() == 1 && relation.name[0] != prefix.text);
    found.extend(prefix.names(short.map(|relation| relation.name[0].clone())));
    found
}

/// Columns and aliases of the statement; once a letter is typed also functions, keywords and schemas.
fn words(prefix: &Prefix, statement: &Statement, catalog: &dyn Catalog) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for relation in &statement.relations {
        found.extend(prefix.names(statement.columns(relation, catalog)));
        found.extend(prefix.names([relation.alias.clone()]).into_iter().filter(|alias| *alias != prefix.text));
    }
    if !prefix.text.is_empty() && !prefix.quoted {
        found.extend(prefix.words(functions::names()).map(|name| format!("{name}(")));
        found.extend(prefix.words(keywords()));
    }
    if !prefix.text.is_empty() {
        found.extend(prefix.names(catalog.schemas()).into_iter().map(|schema| format!("{schema}.")));
    }
    found
}

/// What follows `name.`: columns of a relation, tables of a schema.
fn members(of: &str, prefix: &Prefix, statement: &Statement, catalog: &dyn Catalog) -> BTreeSet<String> {
    let mut found = prefix.names(catalog.tables(of));
    for relation in statement.relations.iter().filter(|relation| relation.alias == of) {
        found.extend(prefix.names(statement.columns(relation, catalog)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shop;

    impl Catalog for Shop {
        fn schemas(&self) -> Vec<String> {
            vec!["raw".into(), "shop".into()]
        }

        fn tables(&self, schema: &str) -> Vec<String> {
            let tables: &[&str] = match schema {
                "raw" => &["orders"],
                "shop" => &["customers", "orders", "Odd"],
                _ => &[],
            };
            tables.iter().map(|table| (*table).to_owned()).collect()
        }

        fn columns(&self, schema: &str, table: &str) -> Vec<String> {
            let columns: &[&str] = match (schema, table) {
                ("shop", "orders") => &["order_id", "amount", "order"],
                ("shop", "customers") => &["customer_id", "Name"],
                _ => &[],
            };
            columns.iter().map(|column| (*column).to_owned()).collect()
        }
    }

    /// `|` is the cursor; found are the whole lines that may come of it.
    fn check(typed: &str, expected: &[&str]) {
        let at = typed.find('|').expect("a cursor");
        let text = typed.replacen('|', "", 1);
        let (start, found) = complete(&text, at, &Shop);
        let found: Vec<String> = found.iter().map(|word| format!("{}{word}", &text[..start])).collect();
        assert_eq!(found, expected, "{typed}");
    }

    #[test]
    fn tables_stand_behind_from() {
        check(
            "select * from sh|",
            &["select * from shop.\"Odd\"", "select * from shop.customers", "select * from shop.orders"],
        );
        check("select * from ord|", &["select * from raw.orders", "select * from shop.orders"]);
        check("select * from shop.c|", &["select * from shop.customers"]);
        check("select * from \"shop\".\"o|", &["select * from \"shop\".\"Odd\"", "select * from \"shop\".\"orders\""]);
        check(
            "with a as (select 1) select * from a join raw|",
            &["with a as (select 1) select * from a join raw.orders"],
        );
        check("\\d ra|", &["\\d raw.orders"]);
    }

    #[test]
    fn columns_are_those_of_the_statements_tables() {
        check("select am| from shop.orders", &["select amount"]);
        check("select o.| from shop.orders as o", &["select o.\"order\"", "select o.amount", "select o.order_id"]);
        check("select | from shop.customers c", &["select \"Name\"", "select c", "select customer_id"]);
        check(
            "select 1 from raw.orders; select cust| from shop.orders o, shop.customers",
            &["select 1 from raw.orders; select customer_id", "select 1 from raw.orders; select customers"],
        );
        check("select shop.orders.am| from shop.orders", &["select shop.orders.amount"]);
    }

    #[test]
    fn words_of_the_language_keep_their_case() {
        check("sel|", &["select"]);
        check("SEL|", &["SELECT"]);
        check("select approx_d|", &["select approx_distinct("]);
        check(
            "select rege|",
            &[
                "select regexp_count(",
                "select regexp_extract(",
                "select regexp_extract_all(",
                "select regexp_like(",
                "select regexp_position(",
                "select regexp_replace(",
                "select regexp_split(",
            ],
        );
    }

    #[test]
    fn text_and_comments_are_left_alone() {
        for typed in ["select 'sel|", "select 1 -- sel|", "select /* sel|", "|", "select 1 + |"] {
            check(typed, &[]);
        }
        check("select 1 -- one\n wher|", &["select 1 -- one\n where"]);
    }
}
