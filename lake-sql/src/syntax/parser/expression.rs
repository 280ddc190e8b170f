//! Expressions, from OR down to the operators of arithmetic; what binds more tightly is in `primary`.

use super::{Failed, Parser, Rule};
use crate::finding::{Finding, syntax};
use crate::span::Span;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};

impl Parser<'_> {
    /// An expression; after a mistake a node of kind `Error` stands for it.
    pub(super) fn expr(&mut self) -> Expr {
        let start = self.start();
        match self.try_expr() {
            Ok(expr) => expr,
            Err(Failed) => {
                self.recover();
                Expr { kind: ExprKind::Error, span: self.since(start) }
            }
        }
    }

    /// An expression of a list in parentheses, which a comma or the closing parenthesis must follow.
    pub(super) fn expr_element(&mut self) -> Rule<Expr> {
        Ok(self.expr())
    }

    pub(in crate::syntax) fn try_expr(&mut self) -> Rule<Expr> {
        self.nested(|p| p.chain(Self::disjunction))
    }

    /// a OR b
    fn disjunction(&mut self) -> Rule<Expr> {
        let left = self.conjunction()?;
        match self.is(Keyword::Or) {
            true => self.more_disjuncts(left),
            false => Ok(left),
        }
    }

    fn more_disjuncts(&mut self, mut left: Expr) -> Rule<Expr> {
        while self.is(Keyword::Or) {
            self.link()?;
            let operator = self.bump().span;
            let right = self.conjunction()?;
            left = binary(left, BinaryOp::Or, operator, right);
        }
        Ok(left)
    }

    /// a AND b
    fn conjunction(&mut self) -> Rule<Expr> {
        let left = self.negation()?;
        match self.kind() {
            Kind::Word(Keyword::And) | Kind::Symbol(Symbol::DoubleAmpersand) => self.more_conjuncts(left),
            _ => Ok(left),
        }
    }

    fn more_conjuncts(&mut self, mut left: Expr) -> Rule<Expr> {
        loop {
            if self.is_symbol(Symbol::DoubleAmpersand) {
                let finding = syntax::foreign_operator(self.span(), "&&", "write `and`").suggest(self.span(), "and");
                self.findings.push(finding);
            } else if !self.is(Keyword::And) {
                return Ok(left);
            }
            self.link()?;
            let operator = self.bump().span;
            let right = self.negation()?;
            left = binary(left, BinaryOp::And, operator, right);
        }
    }

    /// NOT a
    fn negation(&mut self) -> Rule<Expr> {
        if self.is_symbol(Symbol::Bang) {
            self.findings.push(syntax::bang(self.span()));
        } else if !self.is(Keyword::Not) {
            return self.predicate();
        }
        let start = self.bump().span.start;
        let operand = self.nested(Self::negation)?;
        Ok(Expr { kind: ExprKind::Not(Box::new(operand)), span: self.since(start) })
    }

    /// A value with at most one comparison behind it, and any number of IS TRUE and the like.
    fn predicate(&mut self) -> Rule<Expr> {
        let value = self.chain(|p| p.operators(0))?;
        let expr = match self.comparison_operator() {
            Some(op) => self.comparison(value, op)?,
            None => self.word_predicate(value)?,
        };
        self.end_of_predicate(expr)
    }

    fn end_of_predicate(&mut self, mut expr: Expr) -> Rule<Expr> {
        while let Some((truth, negated)) = self.truth_words() {
            self.link()?;
            let span = self.since(expr.span.start);
            expr = Expr { kind: ExprKind::IsTruth(Box::new(expr), truth, negated), span };
        }
        if self.comparison_operator().is_some() {
            let finding = syntax::mistake(self.span(), "comparisons do not chain")
                .label("second comparison")
                .help("write `a < b and b < c`, or put the first one in parentheses");
            return Err(self.report(finding));
        }
        Ok(expr)
    }

    fn comparison_operator(&self) -> Option<BinaryOp> {
        let Kind::Symbol(symbol) = self.kind() else { return None };
        Some(match symbol {
            Symbol::Equal | Symbol::DoubleEqual | Symbol::NullSafeEqual => BinaryOp::Equal,
            Symbol::NotEqual => BinaryOp::NotEqual,
            Symbol::Less => BinaryOp::Less,
            Symbol::LessOrEqual => BinaryOp::LessOrEqual,
            Symbol::Greater => BinaryOp::Greater,
            Symbol::GreaterOrEqual => BinaryOp::GreaterOrEqual,
            _ => return None,
        })
    }

    fn comparison(&mut self, value: Expr, op: BinaryOp) -> Rule<Expr> {
        let token = self.bump();
        match token.kind {
            Kind::Symbol(Symbol::DoubleEqual) => self.findings.push(syntax::double_equal(token.span)),
            Kind::Symbol(Symbol::NullSafeEqual) => {
                self.findings.push(syntax::foreign_operator(token.span, "<=>", "write `is not distinct from`"));
            }
            _ => {}
        }
        let quantifier = matches!(self.kind(), Kind::Word(Keyword::All | Keyword::Any | Keyword::Some));
        if quantifier && self.symbol_at(1, Symbol::LeftParen) && self.subquery_at(2) {
            let all = self.bump().kind.is(Keyword::All);
            let query = self.parens(Self::boxed_query)?;
            let span = self.since(value.span.start);
            return Ok(Expr { kind: ExprKind::Quantified { value: Box::new(value), op, all, query }, span });
        }
        let right = self.chain(|p| p.operators(0))?;
        Ok(binary(value, op, token.span, right))
    }

    /// Whether a query starts at that distance, also in parentheses.
    fn subquery_at(&self, mut ahead: usize) -> bool {
        while self.symbol_at(ahead, Symbol::LeftParen) {
            ahead += 1;
        }
        self.kind_at(ahead).starts_query()
    }

    /// IS …, [NOT] BETWEEN, IN, LIKE behind a value.
    fn word_predicate(&mut self, value: Expr) -> Rule<Expr> {
        let start = value.span.start;
        let negated = self.is(Keyword::Not) && self.predicate_word(1);
        if negated {
            self.bump();
        }
        let value = Box::new(value);
        let kind = match self.kind() {
            Kind::Word(Keyword::Between) => self.between(value, negated)?,
            Kind::Word(Keyword::In) => self.in_predicate(value, negated)?,
            Kind::Word(Keyword::Like) => self.like(value, negated)?,
            Kind::Word(Keyword::Is) if !negated => return self.is_predicate(*value),
            _ if self.foreign_like_word(0).is_some() => {
                let span = self.span();
                self.findings.push(syntax::foreign_like(span, &self.text_of(span).to_lowercase()));
                if self.is_word("similar") {
                    self.bump();
                }
                self.like(value, negated)?
            }
            _ => return Ok(*value),
        };
        Ok(Expr { kind, span: self.since(start) })
    }

    fn predicate_word(&self, ahead: usize) -> bool {
        matches!(self.kind_at(ahead), Kind::Word(Keyword::Between | Keyword::In | Keyword::Like))
            || self.foreign_like_word(ahead).is_some()
    }

    /// A word such as ILIKE in front of a string or a name, where it cannot be an alias.
    fn foreign_like_word(&self, ahead: usize) -> Option<()> {
        let word = self.tokens.get(self.at + ahead)?;
        if word.kind != Kind::Word(Keyword::Other) {
            return None;
        }
        let written = self.text_of(word.span);
        let next = self.kind_at(ahead + 1);
        let operand = matches!(next, Kind::Text | Kind::Unicode | Kind::Symbol(Symbol::LeftParen)) || next.is_name();
        let known = ["ilike", "rlike", "regexp", "glob"].iter().any(|known| written.eq_ignore_ascii_case(known))
            || written.eq_ignore_ascii_case("similar") && next.is(Keyword::To);
        (known && operand).then_some(())
    }

    fn between(&mut self, value: Box<Expr>, negated: bool) -> Rule<ExprKind> {
        self.bump();
        let symmetric = self.eat_word(Keyword::Symmetric);
        if !symmetric {
            self.eat_word(Keyword::Asymmetric);
        }
        let low = Box::new(self.value()?);
        self.expect_word(Keyword::And, "`and` of `between`")?;
        let high = Box::new(self.value()?);
        Ok(ExprKind::Between { value, low, high, negated, symmetric })
    }

    fn in_predicate(&mut self, value: Box<Expr>, negated: bool) -> Rule<ExprKind> {
        let word = self.bump().span;
        let open = self.at;
        if self.is_symbol(Symbol::PlaceholderOpen) {
            let finding =
                syntax::expected(self.span(), "`(`", &self.found()).help("write `in (select column from {reference})`");
            return Err(self.report(finding));
        }
        self.open_paren()?;
        if self.is_symbol(Symbol::RightParen) {
            let empty = word.to(self.span());
            self.findings.push(syntax::mistake(empty, "the list of `in` is empty").label("needs a value"));
            self.bump();
            return Ok(ExprKind::InList { value, list: vec![], negated });
        }
        self.rest_of_parens(open, |p| {
            if p.kind().starts_query() {
                let query = p.boxed_query()?;
                return Ok(ExprKind::InQuery { value, query, negated });
            }
            let first_start = p.start();
            let mut list = p.comma_list(Self::expr_element);
            if p.at_query_tail() && list.len() == 1 {
                let first = list.pop().expect("one element");
                let query = p.query_from(first, first_start)?;
                return Ok(ExprKind::InQuery { value, query, negated });
            }
            Ok(ExprKind::InList { value, list, negated })
        })
    }

    fn like(&mut self, value: Box<Expr>, negated: bool) -> Rule<ExprKind> {
        self.bump();
        let pattern = Box::new(self.value()?);
        let escape = match self.eat_word(Keyword::Escape) {
            true => Some(Box::new(self.value()?)),
            false => None,
        };
        Ok(ExprKind::Like { value, pattern, escape, negated })
    }

    /// IS [NOT] NULL, IS [NOT] DISTINCT FROM; IS TRUE is left to the caller.
    fn is_predicate(&mut self, value: Expr) -> Rule<Expr> {
        let not = usize::from(self.kind_at(1).is(Keyword::Not));
        let start = value.span.start;
        let kind = match self.kind_at(1 + not) {
            Kind::Word(Keyword::True | Keyword::False | Keyword::Unknown) => return Ok(value),
            Kind::Word(Keyword::Null) => {
                self.at += 2 + not;
                ExprKind::IsNull(Box::new(value), not == 1)
            }
            Kind::Word(Keyword::Distinct) => {
                self.at += 2 + not;
                self.expect_word(Keyword::From, "`from`")?;
                let right = self.value()?;
                ExprKind::IsDistinct(Box::new(value), Box::new(right), not == 1)
            }
            _ => {
                self.at += 1 + not;
                return Err(self.unexpected("`null`, `true`, `false`, `unknown` or `distinct from`"));
            }
        };
        Ok(Expr { kind, span: self.since(start) })
    }

    /// IS [NOT] TRUE | FALSE | UNKNOWN: which, NOT.
    fn truth_words(&mut self) -> Option<(Option<bool>, bool)> {
        if !self.is(Keyword::Is) {
            return None;
        }
        let not = usize::from(self.kind_at(1).is(Keyword::Not));
        let truth = match self.kind_at(1 + not) {
            Kind::Word(Keyword::True) => Some(true),
            Kind::Word(Keyword::False) => Some(false),
            Kind::Word(Keyword::Unknown) => None,
            _ => return None,
        };
        self.at += 2 + not;
        Some((truth, not == 1))
    }

    /// What may stand on either side of a comparison.
    pub(super) fn value(&mut self) -> Rule<Expr> {
        self.nested(|p| p.chain(|p| p.operators(0)))
    }

    /// Arithmetic by precedence: `||`, then `+ -`, then `* / %`; all associate to the left.
    fn operators(&mut self, binding: u8) -> Rule<Expr> {
        let left = self.signed()?;
        match self.value_operator() {
            Some(_) => self.more_operands(left, binding),
            None => Ok(left),
        }
    }

    fn more_operands(&mut self, mut left: Expr, binding: u8) -> Rule<Expr> {
        while let Some((op, operator_binding)) = self.value_operator() {
            if operator_binding <= binding {
                break;
            }
            self.link()?;
            let operator = self.bump().span;
            let right = self.operators(operator_binding)?;
            left = binary(left, op, operator, right);
        }
        Ok(left)
    }

    fn value_operator(&self) -> Option<(BinaryOp, u8)> {
        let Kind::Symbol(symbol) = self.kind() else { return None };
        Some(match symbol {
            Symbol::Concat => (BinaryOp::Concat, 1),
            Symbol::Plus => (BinaryOp::Add, 2),
            Symbol::Minus => (BinaryOp::Subtract, 2),
            Symbol::Star => (BinaryOp::Multiply, 3),
            Symbol::Slash => (BinaryOp::Divide, 3),
            Symbol::Percent => (BinaryOp::Modulus, 3),
            _ => return None,
        })
    }

    /// A sign binds more tightly than `*`, and less than AT TIME ZONE. `-1` is a number.
    fn signed(&mut self) -> Rule<Expr> {
        let op = match self.kind() {
            Kind::Symbol(Symbol::Minus) if self.kind_at(1) != Kind::Integer => UnaryOp::Minus,
            Kind::Symbol(Symbol::Plus) => UnaryOp::Plus,
            _ => return self.zoned(),
        };
        let start = self.bump().span.start;
        let operand = self.nested(Self::signed)?;
        Ok(Expr { kind: ExprKind::Unary(op, Box::new(operand)), span: self.since(start) })
    }

    /// a AT TIME ZONE b, a AT LOCAL
    fn zoned(&mut self) -> Rule<Expr> {
        let expr = self.primary()?;
        match self.is(Keyword::At) {
            true => self.zones(expr),
            false => Ok(expr),
        }
    }

    /// Trino's grammar has no other zones than those that are written out.
    fn check_zone(&mut self, zone: &Expr) {
        let known = matches!(
            zone.kind,
            ExprKind::Literal(Literal::Text(_) | Literal::Unicode(_) | Literal::Interval { .. })
                | ExprKind::Placeholder(_)
                | ExprKind::Error
        );
        if !known {
            let finding = syntax::mistake(zone.span, "the zone of `at time zone` is a string or an interval")
                .label("not written out")
                .help("write `at_timezone(moment, zone)`, or `with_timezone(timestamp, zone)`");
            self.findings.push(finding);
        }
    }

    fn zones(&mut self, mut expr: Expr) -> Rule<Expr> {
        while self.is(Keyword::At) {
            let start = expr.span.start;
            if self.kind_at(1).is(Keyword::Local) {
                self.at += 2;
                expr = Expr { kind: ExprKind::AtLocal(Box::new(expr)), span: self.since(start) };
            } else if self.kind_at(1).is(Keyword::Time) {
                self.at += 2;
                self.expect_word(Keyword::Zone, "`zone`")?;
                let zone = self.primary()?;
                self.check_zone(&zone);
                expr = Expr { kind: ExprKind::AtTimeZone(Box::new(expr), Box::new(zone)), span: self.since(start) };
            } else {
                break;
            }
            self.link()?;
        }
        Ok(expr)
    }

    /// `::` behind an operand: reported, and read as a cast.
    pub(super) fn foreign_cast(&mut self, operand: Expr) -> Rule<Expr> {
        let span = self.bump().span;
        let ty = self.type_name()?;
        let finding: Finding = syntax::double_colon(span, self.text_of(operand.span), self.text_of(ty.span));
        self.findings.push(finding);
        let span = self.since(operand.span.start);
        Ok(Expr { kind: ExprKind::Cast { expr: Box::new(operand), ty, safe: false }, span })
    }
}

fn binary(left: Expr, op: BinaryOp, operator: Span, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary(Box::new(left), op, operator, Box::new(right)), span }
}
