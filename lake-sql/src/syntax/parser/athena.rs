//! Athena's DDL, as Hive writes it: for statements of one's own beside models.
//!
//! Names and types are read; what says how data is stored (formats, serializers, properties) is read over.

use super::{Parser, Rule};
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{AlterAction, ColumnDefinition, Expr, Ident, StatementKind, TypeName, TypeNameKind};

/// What may follow the columns of a table in Hive's grammar.
const STORAGE: &[&str] = &["comment", "partitioned", "clustered", "row", "stored", "location", "tblproperties", "with"];

impl Parser<'_> {
    /// Applies a rule to text in Hive's grammar, in which names stand in back-ticks.
    pub(super) fn in_hive<T>(&mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Rule<T> {
        let before = std::mem::replace(&mut self.hive, true);
        let result = rule(self);
        self.hive = before;
        result
    }

    /// `CREATE EXTERNAL TABLE …`; the cursor is behind TABLE.
    pub(super) fn hive_table(&mut self) -> Rule<StatementKind> {
        let if_not_exists = self.eat_words(&[Keyword::If, Keyword::Not, Keyword::Exists]);
        let name = self.name()?;
        let mut columns = match self.is_symbol(Symbol::LeftParen) {
            true => self.hive_columns()?,
            false => vec![],
        };
        while self.kind() != Kind::End && !self.is_symbol(Symbol::Semicolon) {
            if self.eat_plain("partitioned") {
                self.expect_word(Keyword::By, "`by`")?;
                columns.extend(self.partition_columns()?);
            } else if STORAGE.iter().any(|word| self.is_word(word)) {
                self.bump();
                self.skip_storage();
            } else {
                return Err(
                    self.unexpected("`partitioned by`, `row format`, `stored as`, `location` or `tblproperties`")
                );
            }
        }
        Ok(StatementKind::CreateHiveTable { name, if_not_exists, columns })
    }

    /// Whether the parenthesis at the cursor holds the columns of a table in Hive's grammar.
    pub(super) fn is_hive_table(&self) -> bool {
        const HIVE: &[&str] = &["partitioned", "clustered", "row", "stored", "location", "tblproperties"];
        let behind = self.closing[self.at].map(|close| close + 1 - self.at);
        let word = behind.and_then(|ahead| self.word_at(ahead));
        word.is_some_and(|word| HIVE.iter().any(|known| known.eq_ignore_ascii_case(word)))
    }

    /// What belongs to one clause of the storage, up to the next.
    fn skip_storage(&mut self) {
        while self.kind() != Kind::End && !self.is_symbol(Symbol::Semicolon) {
            let next = STORAGE.iter().any(|word| self.is_word(word)) && !self.is_word("with");
            match self.is_symbol(Symbol::LeftParen) {
                _ if next => return,
                true => self.skip_group(),
                false => drop(self.bump()),
            }
        }
    }

    fn hive_columns(&mut self) -> Rule<Vec<ColumnDefinition>> {
        self.parens(|p| Ok(p.comma_list(Self::hive_column)))
    }

    fn hive_column(&mut self) -> Rule<ColumnDefinition> {
        let name = self.ident()?;
        let ty = self.hive_type()?;
        let comment = if self.eat_word(Keyword::Comment) { Some(self.string()?) } else { None };
        let span = self.since(name.span.start);
        Ok(ColumnDefinition { name, ty, default: None, not_null: false, comment, span })
    }

    /// `(day date, …)` adds columns; `(day(placed), bucket(16, id))` of Iceberg names those there are.
    fn partition_columns(&mut self) -> Rule<Vec<ColumnDefinition>> {
        let columns = self.parens(|p| {
            Ok(p.comma_list(|p| {
                let known =
                    matches!(p.kind_at(1), Kind::Symbol(Symbol::LeftParen | Symbol::Comma | Symbol::RightParen));
                if !known {
                    return p.hive_column().map(Some);
                }
                p.ident()?;
                if p.is_symbol(Symbol::LeftParen) {
                    p.skip_group();
                }
                Ok(None)
            }))
        })?;
        Ok(columns.into_iter().flatten().collect())
    }

    /// `string`, `struct<a: int>`, and what Trino writes the same.
    fn hive_type(&mut self) -> Rule<TypeName> {
        self.nested(|p| {
            let start = p.start();
            let lower = p.text_of(p.span()).to_ascii_lowercase();
            let angled = p.symbol_at(1, Symbol::Less);
            let kind = match (lower.as_str(), angled) {
                ("string", false) => {
                    p.bump();
                    TypeNameKind::Simple("varchar".to_owned(), vec![])
                }
                ("binary", false) => {
                    p.bump();
                    TypeNameKind::Simple("varbinary".to_owned(), vec![])
                }
                ("float", false) => {
                    p.bump();
                    TypeNameKind::Simple("real".to_owned(), vec![])
                }
                ("array", true) => TypeNameKind::Array(Box::new(p.angles(Self::hive_type)?)),
                ("map", true) => {
                    let (key, value) = p.angles(|p| {
                        let key = p.hive_type()?;
                        p.expect(Symbol::Comma, "`,`")?;
                        Ok((key, p.hive_type()?))
                    })?;
                    TypeNameKind::Map(Box::new(key), Box::new(value))
                }
                ("struct", true) => TypeNameKind::Row(p.angles(|p| Ok(p.comma_list(Self::hive_field)))?),
                _ => return p.type_name(),
            };
            Ok(TypeName { kind, span: p.since(start) })
        })
    }

    /// `name: type`
    fn hive_field(&mut self) -> Rule<(Option<Ident>, TypeName)> {
        let name = self.ident()?;
        self.expect(Symbol::Colon, "`:` and the type of the field")?;
        Ok((Some(name), self.hive_type()?))
    }

    /// `name<…>`
    fn angles<T>(&mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Rule<T> {
        self.at += 2;
        let inside = rule(self)?;
        self.expect(Symbol::Greater, "`>`")?;
        Ok(inside)
    }

    /// Changes of tables that Hive's grammar has and Trino's has not.
    pub(super) fn hive_alter(&mut self) -> Rule<Option<AlterAction>> {
        let second = |word: &str| self.word_at(1).is_some_and(|found| found.eq_ignore_ascii_case(word));
        let third = |word: &str| self.word_at(2).is_some_and(|found| found.eq_ignore_ascii_case(word));
        let storage = (self.is(Keyword::Set) && (second("tblproperties") || second("location")))
            || (self.is(Keyword::Add) || self.is(Keyword::Drop))
                && (second("partition") || second("if") && !third("column"))
            || self.is(Keyword::Partition);
        if storage {
            self.skip_statement();
            return Ok(Some(AlterAction::Storage));
        }
        if self.is(Keyword::Add) && second("columns") {
            self.at += 2;
            return self.hive_columns().map(|columns| Some(AlterAction::AddColumns(columns)));
        }
        if self.is(Keyword::Replace) && second("columns") {
            self.at += 2;
            return self.hive_columns().map(|columns| Some(AlterAction::ReplaceColumns(columns)));
        }
        if self.is_word("change") {
            self.bump();
            self.eat_word(Keyword::Column);
            let name = self.ident()?;
            return Ok(Some(AlterAction::ChangeColumn(name, self.hive_column()?)));
        }
        Ok(None)
    }

    /// MSCK REPAIR TABLE, OPTIMIZE, VACUUM and UNLOAD.
    pub(super) fn athena_statement(&mut self) -> Rule<Option<StatementKind>> {
        if self.eat_plain("msck") {
            self.expect_plain(&["repair", "table"])?;
            return Ok(Some(StatementKind::Maintain { what: "MSCK REPAIR TABLE", name: self.name()?, filter: None }));
        }
        if self.eat_plain("vacuum") {
            return Ok(Some(StatementKind::Maintain { what: "VACUUM", name: self.name()?, filter: None }));
        }
        if self.eat_plain("optimize") {
            let name = self.name()?;
            self.expect_plain(&["rewrite", "data", "using", "bin_pack"])?;
            let filter: Option<Expr> = if self.eat_word(Keyword::Where) { Some(self.try_expr()?) } else { None };
            return Ok(Some(StatementKind::Maintain { what: "OPTIMIZE", name, filter }));
        }
        if self.is_word("unload") && self.symbol_at(1, Symbol::LeftParen) {
            self.bump();
            let query = self.parens(Self::query)?;
            self.expect_word(Keyword::To, "`to` and a location")?;
            let location = self.string()?;
            self.expect_word(Keyword::With, "`with (format = '…')`")?;
            let properties = self.properties_in_parens()?;
            return Ok(Some(StatementKind::Unload { query, location, properties }));
        }
        Ok(None)
    }
}
