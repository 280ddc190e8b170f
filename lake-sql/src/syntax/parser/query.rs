//! Queries: WITH, set operations, SELECT and its clauses.

use super::{Failed, Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{
    Expr, ExprKind, GroupBy, GroupingElement, Limit, Literal, NamedQuery, Query, QueryBody, Select, SelectItem, SetOp,
    SortItem, With,
};

impl Parser<'_> {
    pub(in crate::syntax) fn query(&mut self) -> Rule<Query> {
        self.nested(|p| {
            let start = p.start();
            let with = if p.is(Keyword::With) { Some(p.with()?) } else { None };
            let body = p.query_term(0)?;
            p.query_tail(start, with, body)
        })
    }

    pub(super) fn boxed_query(&mut self) -> Rule<Box<Query>> {
        self.query().map(Box::new)
    }

    fn with(&mut self) -> Rule<With> {
        let start = self.bump().span.start;
        let recursive = self.eat_word(Keyword::Recursive);
        let mut queries = vec![];
        loop {
            queries.extend(self.element(Self::named_query));
            let comma = self.span();
            let another = self.kind().is_name() && self.kind_at(1).is(Keyword::As);
            if another {
                let finding = syntax::expected(comma, "a comma between the queries of `with`", &self.found());
                self.report(finding);
            } else if !self.eat(Symbol::Comma) {
                break;
            } else if self.kind().starts_query() {
                let finding = syntax::trailing_comma(comma, &self.found());
                self.report(finding);
                break;
            }
        }
        Ok(With { recursive, queries, span: self.since(start) })
    }

    fn named_query(&mut self) -> Rule<NamedQuery> {
        let name = self.ident()?;
        let columns = self.optional_column_names()?;
        self.expect_word(Keyword::As, "`as`")?;
        if self.is(Keyword::Materialized) || self.are(&[Keyword::Not, Keyword::Materialized]) {
            let finding = syntax::mistake(self.span(), "Trino has no `materialized` here").label("remove it");
            self.report(finding);
            self.eat_word(Keyword::Not);
            self.bump();
        }
        let query = self.parens(Self::query)?;
        let span = self.since(name.span.start);
        Ok(NamedQuery { name, columns, query, span })
    }

    /// ORDER BY, OFFSET, LIMIT or FETCH behind a body.
    pub(super) fn query_tail(&mut self, start: usize, with: Option<With>, body: QueryBody) -> Rule<Query> {
        let order_by = self.order_by()?;
        let mut offset = self.offset();
        let limit = self.limit()?;
        if limit.is_some() && self.is(Keyword::Offset) && self.at_soft_clause() {
            let finding = syntax::mistake(self.span(), "`offset` stands in front of `limit`")
                .label("after `limit`")
                .help("write `offset m limit n`");
            self.report(finding);
            offset = self.offset();
        }
        if limit.is_some() && self.is_symbol(Symbol::Comma) && self.kind_at(1) == Kind::Integer {
            self.limit_with_comma();
        }
        if self.is_set_operator() && (!order_by.is_empty() || limit.is_some()) {
            let finding = syntax::mistake(self.span(), "a query with `order by` or `limit` needs parentheses here")
                .label("cannot go on behind `order by` or `limit`")
                .help("write `(select … order by …) union …`");
            self.report(finding);
            self.bump();
            self.eat_word(Keyword::All);
            self.query_term(0)?;
        }
        Ok(Query { with, body, order_by, offset, limit, span: self.since(start) })
    }

    pub(super) fn order_by(&mut self) -> Rule<Vec<SortItem>> {
        match self.eat_words(&[Keyword::Order, Keyword::By]) {
            true => Ok(self.comma_list(Self::sort_item)),
            false if self.is(Keyword::Order) => {
                self.bump();
                Err(self.unexpected("`by`"))
            }
            false => Ok(vec![]),
        }
    }

    pub(super) fn sort_item(&mut self) -> Rule<SortItem> {
        let expr = self.try_expr()?;
        let descending = self.eat_word(Keyword::Desc);
        if !descending {
            self.eat_word(Keyword::Asc);
        }
        let nulls_first = match self.eat_word(Keyword::Nulls) {
            true if self.eat_word(Keyword::First) => Some(true),
            true if self.eat_word(Keyword::Last) => Some(false),
            true => return Err(self.unexpected("`first` or `last`")),
            false => None,
        };
        let span = self.since(expr.span.start);
        Ok(SortItem { expr, descending, nulls_first, span })
    }

    fn offset(&mut self) -> Option<Expr> {
        if !self.is(Keyword::Offset) {
            return None;
        }
        self.bump();
        let count = self.element(Self::row_count);
        if !self.eat_word(Keyword::Row) {
            self.eat_word(Keyword::Rows);
        }
        count
    }

    fn limit(&mut self) -> Rule<Option<Limit>> {
        let start = self.start();
        if self.eat_word(Keyword::Limit) {
            if self.is(Keyword::All) {
                return Ok(Some(Limit::All(self.bump().span)));
            }
            return Ok(self.element(Self::row_count).map(Limit::Limit));
        }
        if !self.eat_word(Keyword::Fetch) {
            return Ok(None);
        }
        if !self.eat_word(Keyword::First) && !self.eat_word(Keyword::Next) {
            return Err(self.unexpected("`first` or `next`"));
        }
        let is_row = self.is(Keyword::Row) || self.is(Keyword::Rows);
        let count = if is_row { None } else { Some(self.row_count()?) };
        if !self.eat_word(Keyword::Row) && !self.eat_word(Keyword::Rows) {
            return Err(self.unexpected("`row` or `rows`"));
        }
        let with_ties = self.eat_words(&[Keyword::With, Keyword::Ties]);
        if !with_ties && !self.eat_word(Keyword::Only) {
            return Err(self.unexpected("`only` or `with ties`"));
        }
        Ok(Some(Limit::Fetch { count, with_ties, span: self.since(start) }))
    }

    fn row_count(&mut self) -> Rule<Expr> {
        let span = self.span();
        let kind = match self.kind() {
            Kind::Integer => ExprKind::Literal(Literal::Integer(self.text_of(span).to_owned())),
            Kind::Symbol(Symbol::Question) => ExprKind::Parameter,
            _ => return Err(self.unexpected("a whole number")),
        };
        self.bump();
        Ok(Expr { kind, span })
    }

    fn limit_with_comma(&mut self) {
        let first = self.previous();
        let second = self.tokens[self.at + 1].span;
        let finding = syntax::limit_with_comma(first.to(second), self.text_of(first), self.text_of(second));
        self.report(finding);
        self.bump();
        self.bump();
    }

    fn is_set_operator(&self) -> bool {
        matches!(self.kind(), Kind::Word(Keyword::Union | Keyword::Intersect | Keyword::Except))
    }

    /// Set operations: INTERSECT binds more tightly than UNION and EXCEPT.
    fn query_term(&mut self, binding: u8) -> Rule<QueryBody> {
        let left = self.query_primary()?;
        self.set_operations(left, binding)
    }

    /// Set operations behind their first operand.
    pub(super) fn set_operations(&mut self, left: QueryBody, binding: u8) -> Rule<QueryBody> {
        self.chain(|p| {
            let mut left = left;
            loop {
                let (op, operator_binding) = match p.kind() {
                    Kind::Word(Keyword::Union) => (SetOp::Union, 1),
                    Kind::Word(Keyword::Except) => (SetOp::Except, 1),
                    Kind::Word(Keyword::Intersect) => (SetOp::Intersect, 2),
                    _ => return Ok(left),
                };
                if operator_binding <= binding {
                    return Ok(left);
                }
                p.link()?;
                p.bump();
                let all = p.eat_word(Keyword::All);
                if !all {
                    p.eat_word(Keyword::Distinct);
                }
                let right = p.query_term(operator_binding)?;
                let span = left.span().to(right.span());
                left = QueryBody::SetOp { op, all, left: Box::new(left), right: Box::new(right), span };
            }
        })
    }

    fn query_primary(&mut self) -> Rule<QueryBody> {
        let start = self.start();
        match self.kind() {
            Kind::Word(Keyword::Select) => self.select().map(QueryBody::Select),
            Kind::Word(Keyword::Values) => {
                self.bump();
                let rows = self.comma_list(Self::expr_element);
                Ok(QueryBody::Values { rows, span: self.since(start) })
            }
            Kind::Word(Keyword::Table) => {
                self.bump();
                let name = self.name()?;
                Ok(QueryBody::Table { name, span: self.since(start) })
            }
            Kind::Symbol(Symbol::LeftParen) => match self.parens(Self::parenthesized_query) {
                Ok(query) => Ok(QueryBody::Parenthesized(query, self.since(start))),
                Err(Failed) => Ok(QueryBody::Error(self.since(start))),
            },
            Kind::Word(Keyword::From) => {
                let finding = syntax::mistake(self.span(), "a query starts with `select`")
                    .label("`select …` is missing in front")
                    .help("write `select * from …`");
                Err(self.report(finding))
            }
            _ => Err(self.unexpected("a query: `select`, `with`, `values` or `table`")),
        }
    }

    fn parenthesized_query(&mut self) -> Rule<Box<Query>> {
        if self.is(Keyword::With) {
            let finding = syntax::mistake(self.span(), "`with` stands in front of the whole query")
                .label("inside parentheses")
                .help("move it in front of the first parenthesis");
            self.report(finding);
        }
        self.boxed_query()
    }

    fn select(&mut self) -> Rule<Box<Select>> {
        let start = self.bump().span.start;
        let distinct = self.eat_word(Keyword::Distinct);
        if distinct && self.is(Keyword::On) {
            self.distinct_on();
        } else if !distinct {
            self.eat_word(Keyword::All);
        }
        if self.is_word("top") && self.kind_at(1) == Kind::Integer {
            self.top();
        }
        let items = self.comma_list(Self::select_item);
        let from = match self.eat_word(Keyword::From) {
            true => self.comma_list(Self::source_relation),
            false => vec![],
        };
        let filter = self.condition(Keyword::Where);
        let group_by = self.group_by()?;
        let having = self.condition(Keyword::Having);
        let windows = match self.is(Keyword::Window) && self.at_soft_clause() {
            true => {
                self.bump();
                self.comma_list(Self::window_definition)
            }
            false => vec![],
        };
        self.misplaced_clause();
        let span = self.since(start);
        Ok(Box::new(Select { distinct, items, from, filter, group_by, having, windows, span }))
    }

    fn distinct_on(&mut self) {
        let start = self.bump().span.start;
        if self.is_symbol(Symbol::LeftParen) {
            self.skip_group();
        }
        self.findings.push(syntax::distinct_on(self.since(start)));
    }

    fn top(&mut self) {
        let start = self.bump().span.start;
        let count = self.bump_text();
        self.findings.push(syntax::top(self.since(start), count));
    }

    /// A clause that stands in the wrong order: reported, read, and left out.
    fn misplaced_clause(&mut self) {
        use Keyword::{From, Group, Having, Where};
        while let Kind::Word(word @ (Where | From | Group | Having)) = self.kind() {
            let written = self.text_of(self.span()).to_lowercase();
            let finding = syntax::mistake(self.span(), format!("`{written}` stands too late, or twice"))
                .label("out of order")
                .help("the order is select, from, where, group by, having, window, order by, offset, limit");
            self.report(finding);
            match word {
                From => {
                    self.bump();
                    self.comma_list(Self::source_relation);
                }
                Group => {
                    let group_by = self.group_by();
                    if group_by.is_err() {
                        self.recover();
                    }
                }
                _ => {
                    self.condition(word);
                }
            }
        }
    }

    /// `WHERE condition`, `HAVING condition`
    fn condition(&mut self, keyword: Keyword) -> Option<Expr> {
        if !self.eat_word(keyword) {
            return None;
        }
        let condition = self.expr();
        self.end_of_element("`and`, `or`, an operator or the next clause");
        Some(condition)
    }

    fn select_item(&mut self) -> Rule<SelectItem> {
        let start = self.start();
        if self.is_symbol(Symbol::Star) {
            let star = self.bump().span;
            self.foreign_star();
            self.end_of_element("a comma or `from`");
            return Ok(SelectItem::Star(star));
        }
        let expr = self.try_expr()?;
        if self.is_symbol(Symbol::Dot) && self.symbol_at(1, Symbol::Star) {
            self.bump();
            self.bump();
            self.foreign_star();
            let aliases = match self.eat_word(Keyword::As) {
                true => self.column_names()?,
                false => vec![],
            };
            let span = self.since(start);
            self.end_of_element("a comma or `from`");
            return Ok(SelectItem::QualifiedStar { base: expr, aliases, span });
        }
        let alias = self.alias()?;
        self.end_of_element("a comma, `as` or `from`");
        Ok(SelectItem::Expr { expr, alias })
    }

    /// `* except (a)` of other databases.
    fn foreign_star(&mut self) {
        let foreign = self.is(Keyword::Except) || self.is(Keyword::Replace) || self.is_word("exclude");
        if !foreign || !self.symbol_at(1, Symbol::LeftParen) || !self.kind_at(2).is_name() {
            return;
        }
        let start = self.bump().span.start;
        self.skip_group();
        let finding = syntax::mistake(self.since(start), "Trino's `*` takes all columns")
            .label("not in Trino")
            .help("list the columns");
        self.findings.push(finding);
    }

    fn group_by(&mut self) -> Rule<Option<GroupBy>> {
        let start = self.start();
        if !self.eat_word(Keyword::Group) {
            return Ok(None);
        }
        self.expect_word(Keyword::By, "`by`")?;
        let distinct = self.eat_word(Keyword::Distinct);
        let column_named_all = self.is_boundary_at(self.at + 1);
        if !distinct && !column_named_all {
            self.eat_word(Keyword::All);
        }
        let elements = self.comma_list(Self::grouping_element);
        Ok(Some(GroupBy { distinct, auto: false, elements, span: self.since(start) }))
    }

    fn grouping_element(&mut self) -> Rule<GroupingElement> {
        let start = self.start();
        let element = match self.kind() {
            Kind::Word(Keyword::Rollup) => {
                let sets = self.grouping_sets(1)?;
                GroupingElement::Rollup(sets, self.since(start))
            }
            Kind::Word(Keyword::Cube) => {
                let sets = self.grouping_sets(1)?;
                GroupingElement::Cube(sets, self.since(start))
            }
            Kind::Word(Keyword::Grouping) if self.kind_at(1).is(Keyword::Sets) => {
                let sets = self.grouping_sets(2)?;
                GroupingElement::Sets(sets, self.since(start))
            }
            _ => {
                let set = self.grouping_set()?;
                GroupingElement::Simple(set, self.since(start))
            }
        };
        self.end_of_element("a comma or the next clause");
        Ok(element)
    }

    fn grouping_sets(&mut self, words: usize) -> Rule<Vec<Vec<Expr>>> {
        for _ in 0..words {
            self.bump();
        }
        self.parens(|p| match p.is_symbol(Symbol::RightParen) {
            true => Ok(vec![]),
            false => Ok(p.comma_list(Self::grouping_set)),
        })
    }

    /// `(a, b)` is a set unless something follows its parenthesis, as in `(a + b) * 2`.
    fn grouping_set(&mut self) -> Rule<Vec<Expr>> {
        let is_set = self.is_symbol(Symbol::LeftParen)
            && !self.kind_at(1).starts_query()
            && self.closing[self.at].is_some_and(|close| self.is_boundary_at(close + 1));
        if !is_set {
            return Ok(vec![self.try_expr()?]);
        }
        self.parens(Self::arguments)
    }

    pub(super) fn is_boundary_at(&mut self, index: usize) -> bool {
        let at = std::mem::replace(&mut self.at, index);
        let boundary = self.at_boundary();
        self.at = at;
        boundary
    }
}
