//! Statements of Hive's parser: DDL and utilities.

use super::tokens::{Token, TokenKind, position};
use super::{Kind, Statement, Work, types};
use crate::account::LOCATION;
use crate::failure::Failure;

type Read<T> = Result<T, String>;

/// Parses a statement of this family.
pub(super) fn read(text: &str, tokens: &[Token], block_comment: bool) -> Read<Statement> {
    let mut parser = Parser { text, tokens, at: 0 };
    let (kind, work) = parser.statement()?;
    if let Some(token) = parser.peek() {
        return Err(parser.mismatch(token));
    }
    if block_comment && matches!(kind, Kind::AlterTable | Kind::Describe | Kind::Show) {
        return Err(format!(
            "{}: mismatched input '/'. Expecting: <EOF>",
            position(text, text.find("/*").unwrap_or(0))
        ));
    }
    Ok(Statement { kind, text: text.to_owned(), work })
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

fn run(sql: String) -> Work {
    Work::Engine(vec![sql])
}

fn unsupported(what: &str) -> Work {
    Work::Fail(Failure::user(1200, format!("NOT_SUPPORTED: {what} is not supported by athena-local")))
}

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn mismatch(&self, token: Token) -> String {
        let place = position(self.text, token.start);
        format!("{place}: mismatched input '{}'. Expecting: <EOF>", token.text(self.text))
    }

    fn missing(&self, wanted: &str) -> String {
        match self.peek() {
            Some(token) => {
                let place = position(self.text, token.start);
                format!("{place}: mismatched input '{}'. Expecting: {wanted}", token.text(self.text))
            }
            None => format!("{}: mismatched input '<EOF>'. Expecting: {wanted}", position(self.text, self.text.len())),
        }
    }

    /// Takes these words if they are next.
    fn takes(&mut self, words: &str) -> bool {
        let words: Vec<&str> = words.split(' ').collect();
        let next = self.tokens[self.at..].iter().map(|token| token.text(self.text));
        let taken =
            next.take(words.len()).zip(&words).filter(|(a, b)| a.eq_ignore_ascii_case(b)).count() == words.len();
        if taken {
            self.at += words.len();
        }
        taken
    }

    fn expect(&mut self, words: &str) -> Read<()> {
        if self.takes(words) { Ok(()) } else { Err(self.missing(&format!("'{}'", words.to_uppercase()))) }
    }

    fn identifier(&mut self) -> Read<String> {
        match self.peek() {
            Some(token @ Token { kind: TokenKind::Word | TokenKind::Quoted('`'), .. })
                if !token.text(self.text).starts_with('_') =>
            {
                self.at += 1;
                Ok(token.value(self.text).to_lowercase())
            }
            _ => Err(self.missing("<identifier>")),
        }
    }

    fn string(&mut self) -> Read<String> {
        match self.peek() {
            Some(token @ Token { kind: TokenKind::Text, .. }) => {
                self.at += 1;
                Ok(token.value(self.text))
            }
            _ => Err(self.missing("<string>")),
        }
    }

    /// A table as the engine writes it; at most three parts.
    fn table(&mut self) -> Read<String> {
        let mut parts = vec![self.identifier()?];
        while self.takes(".") {
            parts.push(self.identifier()?);
        }
        if parts.len() > 3 {
            return Err(format!("Invalid table name {}", parts.join(".")));
        }
        Ok(parts.iter().map(|part| quoted(part)).collect::<Vec<_>>().join("."))
    }

    fn statement(&mut self) -> Read<(Kind, Work)> {
        if self.takes("create database") || self.takes("create schema") {
            let exists = if self.takes("if not exists") { "if not exists " } else { "" };
            let name = self.identifier()?;
            if self.takes("comment") {
                self.string()?;
            }
            if self.takes("location") {
                self.string()?;
            }
            return Ok((Kind::CreateDatabase, run(format!("create schema {exists}{}", quoted(&name)))));
        }
        if self.takes("drop database") || self.takes("drop schema") {
            let exists = if self.takes("if exists") { "if exists " } else { "" };
            let name = self.identifier()?;
            let _ = self.takes("restrict") || self.takes("cascade");
            return Ok((Kind::DropDatabase, run(format!("drop schema {exists}{}", quoted(&name)))));
        }
        if self.takes("create external table") {
            return Err("External table is not supported for Iceberg table".into());
        }
        if self.takes("create table") {
            return Ok((Kind::CreateTable, self.create_table()?));
        }
        if self.takes("drop table") {
            let exists = if self.takes("if exists") { "if exists " } else { "" };
            let table = self.table()?;
            return Ok((Kind::DropTable, run(format!("drop table {exists}{table}"))));
        }
        if self.takes("alter table") {
            return Ok((Kind::AlterTable, self.alter_table()?));
        }
        if self.takes("describe") || self.takes("desc") {
            let _ = self.takes("formatted") || self.takes("extended");
            let table = self.table()?;
            return Ok((Kind::Describe, run(format!("describe {table}"))));
        }
        if self.takes("show") {
            return Ok((Kind::Show, self.show()?));
        }
        let (kind, word) = match self.takes("optimize") {
            true => (Kind::Optimize, "OPTIMIZE"),
            false if self.takes("vacuum") => (Kind::Vacuum, "VACUUM"),
            false => return Err(self.missing("a statement")),
        };
        self.at = self.tokens.len();
        Ok((kind, unsupported(word)))
    }

    fn show(&mut self) -> Read<Work> {
        if self.takes("databases") || self.takes("schemas") {
            return Ok(run("show schemas".into()));
        }
        if self.takes("tables") {
            return Ok(match self.takes("in") || self.takes("from") {
                true => run(format!("show tables from {}", quoted(&self.identifier()?))),
                false => run("show tables".into()),
            });
        }
        if self.takes("columns in") || self.takes("columns from") {
            let table = self.table()?;
            return Ok(run(format!("describe {table}")));
        }
        self.at = self.tokens.len();
        Ok(unsupported("this SHOW"))
    }

    fn alter_table(&mut self) -> Read<Work> {
        let table = self.table()?;
        if self.takes("rename to") {
            let to = self.table()?;
            return Ok(run(format!("alter table {table} rename to {to}")));
        }
        if self.takes("add columns") {
            let columns = self.columns()?;
            let add = |(name, ty): &(String, String)| format!("alter table {table} add column {} {ty}", quoted(name));
            return Ok(Work::Engine(columns.iter().map(add).collect()));
        }
        if self.takes("drop column") {
            let column = self.identifier()?;
            return Ok(run(format!("alter table {table} drop column {}", quoted(&column))));
        }
        if self.takes("change column") || self.takes("change") {
            let (from, to) = (self.identifier()?, self.identifier()?);
            let ty = self.ty(&[])?;
            let mut statements = vec![format!("alter table {table} alter column {} set data type {ty}", quoted(&from))];
            if from != to {
                statements.push(format!("alter table {table} rename column {} to {}", quoted(&from), quoted(&to)));
            }
            return Ok(Work::Engine(statements));
        }
        Err(self.missing("'RENAME', 'ADD', 'DROP', 'CHANGE'"))
    }

    fn create_table(&mut self) -> Read<Work> {
        let exists = if self.takes("if not exists") { "if not exists " } else { "" };
        let table = self.table()?;
        let columns = self.columns()?;
        let mut partitioning = vec![];
        if self.takes("partitioned by") {
            partitioning = self.transforms()?;
        }
        let location = if self.takes("location") { Some(self.string()?) } else { None };
        let mut iceberg = false;
        if self.takes("tblproperties") {
            for (key, value) in self.properties()? {
                iceberg |= key.eq_ignore_ascii_case("table_type") && value.eq_ignore_ascii_case("iceberg");
            }
        }
        let Some(location) = location.filter(|location| location.starts_with("s3://")) else {
            return Ok(Work::Fail(Failure::user(
                1100,
                "No location was specified for table. An S3 location must be specified",
            )));
        };
        if !iceberg {
            return Ok(unsupported("a table that is not Iceberg"));
        }
        let columns: Vec<String> = columns.iter().map(|(name, ty)| format!("{} {ty}", quoted(name))).collect();
        let properties = properties(&location, &partitioning);
        Ok(run(format!("create table {exists}{table} ({}) with ({properties})", columns.join(", "))))
    }

    fn columns(&mut self) -> Read<Vec<(String, String)>> {
        self.expect("(")?;
        let mut columns = vec![];
        loop {
            let name = self.identifier()?;
            let ty = self.ty(&[",", ")", "comment"])?;
            if self.takes("comment") {
                self.string()?;
            }
            columns.push((name, ty));
            if !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(columns)
    }

    /// A type up to one of these words, outside of brackets.
    fn ty(&mut self, ends: &[&str]) -> Read<String> {
        let (mut written, mut depth, began) = (String::new(), 0, self.at);
        while let Some(token) = self.peek() {
            let text = token.text(self.text);
            if depth == 0 && ends.iter().any(|end| text.eq_ignore_ascii_case(end)) {
                break;
            }
            depth += i32::from(matches!(text, "<" | "(")) - i32::from(matches!(text, ">" | ")"));
            written.push_str(text);
            self.at += 1;
        }
        types::trino(&written).ok_or_else(|| {
            self.at = began;
            self.missing("a type of Iceberg tables")
        })
    }

    /// `day(ts), bucket(16, id), c`, where the number comes first.
    fn transforms(&mut self) -> Read<Vec<String>> {
        self.expect("(")?;
        let mut transforms = vec![];
        loop {
            let name = self.identifier()?;
            if self.takes("(") {
                let first = self.identifier()?;
                transforms.push(match self.takes(",") {
                    true => format!("{name}({}, {first})", self.identifier()?),
                    false => format!("{name}({first})"),
                });
                self.expect(")")?;
            } else {
                transforms.push(name);
            }
            if !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(transforms)
    }

    fn properties(&mut self) -> Read<Vec<(String, String)>> {
        self.expect("(")?;
        let mut properties = vec![];
        loop {
            let key = self.string()?;
            self.expect("=")?;
            properties.push((key, self.string()?));
            if !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(properties)
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The engine's properties of a table at a location.
pub(super) fn properties(location: &str, partitioning: &[String]) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut properties = format!("extra_properties = map(array[{}], array[{}])", text(LOCATION), text(location));
    if !partitioning.is_empty() {
        let fields: Vec<String> = partitioning.iter().map(|field| text(field)).collect();
        properties.push_str(&format!(", partitioning = array[{}]", fields.join(", ")));
    }
    properties
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::read;
    use super::*;

    fn engine(sql: &str) -> Vec<String> {
        match read(sql).unwrap().work {
            Work::Engine(statements) => statements,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ddl_becomes_the_engines() {
        let create = "CREATE TABLE IF NOT EXISTS a.b (id bigint COMMENT 'key', tags map<string,int>) PARTITIONED BY \
                      (bucket(16, id), day(at)) LOCATION 's3://x/b/' TBLPROPERTIES ('table_type'='ICEBERG')";
        assert_eq!(
            engine(create),
            ["create table if not exists \"a\".\"b\" (\"id\" bigint, \"tags\" map(varchar, integer)) with \
              (extra_properties = map(array['athena.location'], array['s3://x/b/']), partitioning = \
              array['bucket(id, 16)', 'day(at)'])"]
        );
        assert_eq!(engine("alter table `a`.`b` rename to `a`.`c`"), ["alter table \"a\".\"b\" rename to \"a\".\"c\""]);
        assert_eq!(
            engine("alter table a.b change x y bigint"),
            [
                "alter table \"a\".\"b\" alter column \"x\" set data type bigint",
                "alter table \"a\".\"b\" rename column \"x\" to \"y\""
            ]
        );
        assert_eq!(engine("SHOW TABLES IN a"), ["show tables from \"a\""]);
    }

    #[test]
    fn what_hive_does_not_parse_is_refused() {
        for (sql, message) in [
            ("drop table", "line 1:11: mismatched input '<EOF>'. Expecting: <identifier>"),
            ("drop table a.b.c.d", "Invalid table name a.b.c.d"),
            ("drop table _x", "line 1:12: mismatched input '_x'. Expecting: <identifier>"),
            (
                "alter table a.b add column (x int)",
                "line 1:17: mismatched input 'add'. Expecting: 'RENAME', 'ADD', 'DROP', 'CHANGE'",
            ),
            (
                "create table a.b (x smallint)",
                "line 1:21: mismatched input 'smallint'. Expecting: a type of Iceberg tables",
            ),
            ("describe /* x */ a.b", "line 1:10: mismatched input '/'. Expecting: <EOF>"),
        ] {
            assert_eq!(read(sql).unwrap_err(), message, "{sql}");
        }
    }
}
