//! Statements about a session and about other statements: EXPLAIN, PREPARE, EXECUTE, SHOW, DESCRIBE, SET and their kin.

use super::{Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{Explanation, StatementKind};

/// First words of statements that are passed on as they are.
const OTHERS: &[&str] = &[
    "analyze",
    "commit",
    "deallocate",
    "deny",
    "grant",
    "refresh",
    "reset",
    "revoke",
    "rollback",
    "set",
    "start",
    "use",
];

/// What SHOW shows.
const SHOWN: &[&str] = &[
    "branches",
    "catalogs",
    "columns",
    "create",
    "current",
    "databases",
    "functions",
    "grants",
    "partitions",
    "role",
    "roles",
    "schemas",
    "session",
    "stats",
    "tables",
    "tblproperties",
    "views",
];

impl Parser<'_> {
    pub(super) fn explain(&mut self) -> Rule<StatementKind> {
        self.bump();
        let mut result = Explanation::Plan;
        if self.eat_word(Keyword::Analyze) {
            self.eat_plain("verbose");
            result = Explanation::Analyze;
        } else if self.is_symbol(Symbol::LeftParen)
            && matches!(self.kind_at(1), Kind::Word(Keyword::Format | Keyword::Type))
        {
            let options = self.parens(|p| Ok(p.comma_list(Self::explain_option)))?;
            if options.contains(&true) {
                result = Explanation::Validate;
            }
        }
        let statement = Box::new(self.nested(Self::inner_statement)?);
        Ok(StatementKind::Explain { statement, result })
    }

    /// `FORMAT TEXT`, `TYPE VALIDATE`: whether it is the latter.
    fn explain_option(&mut self) -> Rule<bool> {
        let (known, expected): (&[&str], _) = match self.bump().kind {
            Kind::Word(Keyword::Format) => (&["text", "graphviz", "json"], "`text`, `graphviz` or `json`"),
            Kind::Word(Keyword::Type) => {
                (&["logical", "distributed", "validate", "io"], "`logical`, `distributed`, `validate` or `io`")
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected("`format` or `type`"));
            }
        };
        if !known.iter().any(|word| self.is_word(word)) {
            return Err(self.unexpected(expected));
        }
        Ok(self.bump_text().eq_ignore_ascii_case("validate"))
    }

    /// `PREPARE name FROM statement`
    pub(super) fn prepare(&mut self) -> Rule<StatementKind> {
        self.bump();
        let name = self.ident()?;
        self.expect_word(Keyword::From, "`from` and a statement")?;
        let statement = Box::new(self.nested(Self::inner_statement)?);
        Ok(StatementKind::Prepare { name, statement })
    }

    /// `EXECUTE name | IMMEDIATE 'text' [USING a, b]`
    pub(super) fn execute(&mut self) -> Rule<StatementKind> {
        self.bump();
        let immediate = self.is_word("immediate") && self.kind_at(1) == Kind::Text;
        let text = match immediate {
            true => {
                self.bump();
                Some(self.string()?)
            }
            false => {
                self.ident()?;
                None
            }
        };
        let args = match self.eat_word(Keyword::Using) {
            true => self.comma_list(Self::try_expr),
            false => vec![],
        };
        Ok(StatementKind::Execute { text, args })
    }

    /// A statement that says nothing of columns; it only has to end.
    pub(super) fn other_statement(&mut self) -> Option<StatementKind> {
        let word = self.word_at(0)?.to_ascii_lowercase();
        let what = OTHERS.iter().find(|known| **known == word)?;
        self.skip_statement();
        Some(StatementKind::Other(what))
    }

    /// Goes to the end of the statement, whatever it says.
    pub(super) fn skip_statement(&mut self) {
        while self.kind() != Kind::End && !self.is_symbol(Symbol::Semicolon) {
            self.bump();
        }
    }

    /// SHOW and its words, up to a name.
    pub(super) fn show(&mut self) -> Rule<StatementKind> {
        self.bump();
        let mut words: Vec<String> = vec![];
        while let Kind::Word(word) = self.kind() {
            let last = words.last().map(String::as_str);
            let object = matches!(
                last,
                Some("table" | "view" | "schema" | "for" | "from" | "in" | "partitions" | "tblproperties")
            );
            if object || word == Keyword::Like {
                break;
            }
            if words.is_empty() && !SHOWN.iter().any(|shown| self.is_word(shown)) {
                return Err(self.unexpected("`tables`, `schemas`, `columns`, `create table` or another thing to show"));
            }
            words.push(self.bump_text().to_lowercase());
        }
        if words.is_empty() {
            return Err(self.unexpected("`tables`, `schemas`, `columns` or `create table`"));
        }
        if self.is_symbol(Symbol::LeftParen) && words == ["stats", "for"] {
            let query = self.parens(Self::query)?;
            return Ok(StatementKind::ShowStats(query));
        }
        let name = if self.kind().is_name() { Some(self.name()?) } else { None };
        let mut like = None;
        if self.eat_word(Keyword::Like) {
            let pattern = self.string()?;
            let escape = if self.eat_word(Keyword::Escape) { Some(self.string()?) } else { None };
            like = Some((pattern, escape));
        }
        words.retain(|word| !matches!(word.as_str(), "from" | "in" | "for"));
        Ok(StatementKind::Show { words, name, like })
    }

    /// `DESCRIBE table`, `DESCRIBE INPUT | OUTPUT statement`
    pub(super) fn describe(&mut self) -> Rule<StatementKind> {
        self.bump();
        let prepared = (self.is_word("input") || self.is_word("output")) && self.kind_at(1).is_name();
        if prepared {
            let input = self.bump_text().eq_ignore_ascii_case("input");
            self.ident()?;
            return Ok(StatementKind::DescribePrepared { input });
        }
        if (self.is_word("formatted") || self.is_word("extended")) && self.kind_at(1).is_name() {
            self.bump();
        }
        Ok(StatementKind::Describe(self.name()?))
    }

    /// A key in the definition of a table, which Trino does not know.
    pub(super) fn no_keys(&mut self, start: usize) {
        if !self.declarations {
            let finding = syntax::mistake(self.since(start), "tables of Trino have no keys")
                .label("not in Trino")
                .help("keys belong into the file that is given as `--schema`");
            self.findings.push(finding);
        }
    }
}
