//! FROM: tables, placeholders, subqueries, joins, and what may stand around them.

use super::{Failed, Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{JoinCondition, JoinKind, QueryBody, Relation, RelationKind, TableVersion};

impl Parser<'_> {
    /// A relation of a FROM list; if it is broken a placeholder node stands for it, so that later names still count.
    pub(super) fn source_relation(&mut self) -> Rule<Relation> {
        let start = self.start();
        let relation = match self.relation() {
            Ok(relation) => relation,
            Err(Failed) => {
                self.recover();
                Relation { kind: RelationKind::Error, span: self.since(start) }
            }
        };
        self.end_of_element("a comma, `join`, `where` or the end of the query");
        Ok(relation)
    }

    pub(super) fn relation(&mut self) -> Rule<Relation> {
        let left = self.sampled()?;
        self.chain(|p| p.joins(left))
    }

    fn joins(&mut self, mut left: Relation) -> Rule<Relation> {
        while let Some((kind, natural)) = self.join_words()? {
            self.link()?;
            let plain = natural || kind == JoinKind::Cross;
            let right = if plain { self.sampled()? } else { self.nested(Self::relation)? };
            let condition = match (kind, natural) {
                (JoinKind::Cross, _) => JoinCondition::None,
                (_, true) => JoinCondition::Natural,
                _ => self.join_condition()?,
            };
            let span = self.since(left.span.start);
            left = Relation {
                kind: RelationKind::Join { kind, left: Box::new(left), right: Box::new(right), condition },
                span,
            };
        }
        Ok(left)
    }

    /// The words in front of and with JOIN: kind, NATURAL.
    fn join_words(&mut self) -> Rule<Option<(JoinKind, bool)>> {
        use Keyword::{Cross, Full, Inner, Join, Left, Natural, Outer, Right};
        if self.eat_word(Cross) {
            self.expect_word(Join, "`join`")?;
            return Ok(Some((JoinKind::Cross, false)));
        }
        let natural = self.eat_word(Natural);
        let kind = match self.kind() {
            Kind::Word(Join) => JoinKind::Inner,
            Kind::Word(Inner) => JoinKind::Inner,
            Kind::Word(Left) => JoinKind::Left,
            Kind::Word(Right) => JoinKind::Right,
            Kind::Word(Full) => JoinKind::Full,
            _ if natural => return Err(self.unexpected("`join`")),
            _ => return Ok(None),
        };
        if !self.is(Join) {
            self.bump();
            if kind != JoinKind::Inner {
                self.eat_word(Outer);
            }
        }
        if self.is_word("semi") || self.is_word("anti") {
            let not = if self.is_word("anti") { "not " } else { "" };
            let finding = syntax::mistake(self.span(), "Trino has no semi and anti joins")
                .label("not in Trino")
                .help(format!("write `where {not}exists (select 1 from … where …)`"));
            self.report(finding);
            self.bump();
        }
        self.expect_word(Join, "`join`")?;
        Ok(Some((kind, natural)))
    }

    fn join_condition(&mut self) -> Rule<JoinCondition> {
        if self.eat_word(Keyword::On) {
            return Ok(JoinCondition::On(self.expr()));
        }
        if self.eat_word(Keyword::Using) {
            return Ok(JoinCondition::Using(self.column_names()?));
        }
        let finding = syntax::expected(self.span(), "`on` or `using`", &self.found())
            .help("only `cross join` and `natural join` have no condition");
        self.report(finding);
        Ok(JoinCondition::None)
    }

    /// `relation [TABLESAMPLE method (percentage)]`
    fn sampled(&mut self) -> Rule<Relation> {
        let relation = self.row_pattern_relation()?;
        let method = matches!(self.kind_at(1), Kind::Word(Keyword::Bernoulli | Keyword::System));
        if !self.is(Keyword::Tablesample) || !method {
            return Ok(relation);
        }
        self.bump();
        let system = self.bump().kind.is(Keyword::System);
        let percentage = Box::new(self.parens(Self::expr_element)?);
        let span = self.since(relation.span.start);
        Ok(Relation { kind: RelationKind::Sample { relation: Box::new(relation), system, percentage }, span })
    }

    pub(super) fn aliased(&mut self) -> Rule<Relation> {
        let relation = self.relation_primary()?;
        self.aliases(relation)
    }

    pub(super) fn aliases(&mut self, relation: Relation) -> Rule<Relation> {
        let starts_more = self.is(Keyword::MatchRecognize) && self.symbol_at(1, Symbol::LeftParen)
            || self.is(Keyword::Tablesample)
                && matches!(self.kind_at(1), Kind::Word(Keyword::Bernoulli | Keyword::System));
        if starts_more {
            return Ok(relation);
        }
        let Some(alias) = self.alias()? else { return Ok(relation) };
        let columns = self.optional_column_names()?;
        let span = self.since(relation.span.start);
        Ok(Relation { kind: RelationKind::Aliased { relation: Box::new(relation), alias, columns }, span })
    }

    pub(super) fn relation_primary(&mut self) -> Rule<Relation> {
        let start = self.start();
        let kind = match self.kind() {
            Kind::Symbol(Symbol::PlaceholderOpen) => {
                let placeholder = self.placeholder()?;
                RelationKind::Placeholder { placeholder, version: self.table_version()? }
            }
            Kind::Symbol(Symbol::LeftParen) => self.parenthesized_relation()?,
            Kind::Word(Keyword::Unnest) => self.unnest()?,
            Kind::Word(Keyword::Lateral) if self.symbol_at(1, Symbol::LeftParen) => {
                self.bump();
                RelationKind::Lateral(self.parens(Self::boxed_query)?)
            }
            Kind::Word(Keyword::Table) if self.symbol_at(1, Symbol::LeftParen) => {
                self.bump();
                self.parens(Self::table_function)?
            }
            Kind::Word(Keyword::JsonTable) => self.json_table()?,
            Kind::Text => return Err(self.quoted_relation()),
            kind if kind.is_name() => {
                let name = self.name()?;
                RelationKind::Table { name, version: self.table_version()? }
            }
            Kind::Word(word) if word.is_reserved() && !self.at_boundary() => return Err(self.ident_error()),
            _ => return Err(self.unexpected("a table, a reference such as `{orders}`, or a subquery")),
        };
        Ok(Relation { kind, span: self.since(start) })
    }

    fn quoted_relation(&mut self) -> Failed {
        let written = self.text_of(self.span());
        let finding = syntax::expected(self.span(), "a table", &self.found())
            .help(format!("names are quoted with double quotes: `\"{}\"`", written.trim_matches('\'')));
        self.report(finding)
    }

    fn ident_error(&mut self) -> Failed {
        self.report(syntax::reserved(self.span(), self.text_of(self.span())))
    }

    /// `( query )` or `( relation )`. Which one `((select 1) …` is shows behind the inner parenthesis.
    fn parenthesized_relation(&mut self) -> Rule<RelationKind> {
        self.parens(|p| {
            if p.kind().starts_query() && !(p.is(Keyword::Table) && p.symbol_at(1, Symbol::LeftParen)) {
                return p.boxed_query().map(RelationKind::Subquery);
            }
            let start = p.start();
            let relation = p.nested(Self::relation)?;
            if !p.at_query_tail() {
                return Ok(RelationKind::Parenthesized(Box::new(relation)));
            }
            match relation.kind {
                RelationKind::Subquery(query) => {
                    let left = QueryBody::Parenthesized(query, relation.span);
                    let body = p.set_operations(left, 0)?;
                    Ok(RelationKind::Subquery(Box::new(p.query_tail(start, None, body)?)))
                }
                _ => Ok(RelationKind::Parenthesized(Box::new(relation))),
            }
        })
    }

    /// Whether a set operation, ORDER BY, OFFSET, LIMIT or FETCH is next.
    pub(super) fn at_query_tail(&self) -> bool {
        use Keyword::{Except, Fetch, Intersect, Limit, Offset, Order, Union};
        match self.kind() {
            Kind::Word(Union | Intersect | Except | Order) => true,
            Kind::Word(Limit | Offset | Fetch) => self.at_soft_clause(),
            _ => false,
        }
    }

    fn unnest(&mut self) -> Rule<RelationKind> {
        self.bump();
        let args = self.parens(|p| Ok(p.comma_list(Self::expr_element)))?;
        let ordinality = self.eat_words(&[Keyword::With, Keyword::Ordinality]);
        Ok(RelationKind::Unnest { args, ordinality })
    }

    fn table_version(&mut self) -> Rule<Option<Box<TableVersion>>> {
        let start = self.start();
        let kind = self.kind_at(1);
        if !self.is(Keyword::For) || !(kind.is(Keyword::Timestamp) || kind.is(Keyword::Version)) {
            return Ok(None);
        }
        self.bump();
        let timestamp = self.bump().kind.is(Keyword::Timestamp);
        self.expect_word(Keyword::As, "`as of`")?;
        self.expect_word(Keyword::Of, "`of`")?;
        let value = self.value()?;
        Ok(Some(Box::new(TableVersion { timestamp, value, span: self.since(start) })))
    }
}
