//! Primary expressions: names, literals, parentheses, CASE, CAST, lambdas, and fields and subscripts behind them.

use super::{Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{Expr, ExprKind, Query, QueryBody};

impl Parser<'_> {
    /// A primary with `.field`, `[index]` and the like behind it.
    pub(super) fn primary(&mut self) -> Rule<Expr> {
        let expr = self.primary_head()?;
        match self.kind() {
            Kind::Symbol(Symbol::Dot | Symbol::LeftBracket | Symbol::DoubleColon) => self.postfix(expr),
            _ => Ok(expr),
        }
    }

    fn postfix(&mut self, mut expr: Expr) -> Rule<Expr> {
        self.chain(|p| {
            loop {
                let start = expr.span.start;
                match p.kind() {
                    Kind::Symbol(Symbol::Dot) if !p.symbol_at(1, Symbol::Star) => {
                        p.bump();
                        let field = p.ident()?;
                        expr = Expr { kind: ExprKind::Field(Box::new(expr), field), span: p.since(start) };
                    }
                    Kind::Symbol(Symbol::LeftBracket) => {
                        p.bump();
                        let index = p.rest_of_parens(p.at - 1, Self::value)?;
                        let kind = ExprKind::Subscript(Box::new(expr), Box::new(index));
                        expr = Expr { kind, span: p.since(start) };
                    }
                    Kind::Symbol(Symbol::DoubleColon) => expr = p.foreign_cast(expr)?,
                    _ => return Ok(expr),
                }
                p.link()?;
            }
        })
    }

    fn primary_head(&mut self) -> Rule<Expr> {
        let start = self.start();
        let kind = self.primary_kind()?;
        Ok(Expr { kind, span: self.since(start) })
    }

    fn primary_kind(&mut self) -> Rule<ExprKind> {
        match self.kind() {
            Kind::Symbol(Symbol::LeftParen) => self.parenthesized(),
            Kind::Symbol(Symbol::PlaceholderOpen) => self.placeholder().map(ExprKind::Placeholder),
            Kind::Symbol(Symbol::Question) => {
                self.bump();
                Ok(ExprKind::Parameter)
            }
            Kind::Word(word) if word.is_reserved() => self.reserved_primary(word),
            Kind::Word(word) => self.word_primary(word),
            Kind::Quoted | Kind::Backquoted | Kind::DigitName => self.name_primary(),
            Kind::Bad => {
                self.bump();
                self.hush();
                Ok(ExprKind::Error)
            }
            _ => self.literal(),
        }
    }

    /// A name: typed literal, lambda, call or column.
    fn name_primary(&mut self) -> Rule<ExprKind> {
        if matches!(self.kind_at(1), Kind::Text | Kind::Unicode) {
            return self.typed_literal();
        }
        if self.symbol_at(1, Symbol::Arrow) {
            let parameter = self.ident()?;
            return self.lambda_body(vec![parameter]);
        }
        if self.is_call() {
            return self.call();
        }
        let name = self.ident()?;
        match self.over()? {
            Some(window) => Ok(ExprKind::Measure(Box::new((name, window)))),
            None => Ok(ExprKind::Column(name)),
        }
    }

    /// Whether a dotted name with a parenthesis behind it is next.
    fn is_call(&self) -> bool {
        let mut ahead = 1;
        while self.symbol_at(ahead, Symbol::Dot) && self.kind_at(ahead + 1).is_name() {
            ahead += 2;
        }
        self.symbol_at(ahead, Symbol::LeftParen)
    }

    /// A word that may be a name, but means something of its own in front of certain tokens.
    fn word_primary(&mut self, word: Keyword) -> Rule<ExprKind> {
        let next = self.kind_at(1);
        let paren = next == Kind::Symbol(Symbol::LeftParen);
        match word {
            Keyword::Interval if self.is_interval() => self.interval(),
            Keyword::Double if next.is(Keyword::Precision) && matches!(self.kind_at(2), Kind::Text | Kind::Unicode) => {
                self.double_precision()
            }
            Keyword::Array if next == Kind::Symbol(Symbol::LeftBracket) => {
                self.bump();
                self.array()
            }
            Keyword::Row if paren => self.row(),
            Keyword::TryCast if paren => self.cast(true),
            Keyword::Position if paren && self.has_inside(Keyword::In) => self.position(),
            Keyword::Substring if paren && self.has_inside(Keyword::From) => self.substring(),
            Keyword::Running | Keyword::Final
                if next.is_name() && self.kind_at(2) == Kind::Symbol(Symbol::LeftParen) =>
            {
                self.semantics(word == Keyword::Final)
            }
            _ => self.name_primary(),
        }
    }

    /// `RUNNING f(a)`, `FINAL f(a)`
    fn semantics(&mut self, last: bool) -> Rule<ExprKind> {
        let word = self.bump().span;
        let start = self.start();
        let kind = self.call()?;
        Ok(ExprKind::Semantics(last, word, Box::new(Expr { kind, span: self.since(start) })))
    }

    fn reserved_primary(&mut self, word: Keyword) -> Rule<ExprKind> {
        use Keyword::*;
        match word {
            Null | True | False => self.literal(),
            Case => self.case(),
            Cast => self.cast(false),
            Exists => {
                self.bump();
                Ok(ExprKind::Exists(self.parens(Self::boxed_query)?))
            }
            Extract => self.extract(),
            Trim => self.trim(),
            Normalize => self.normalize(),
            Listagg => self.listagg(),
            Grouping => {
                self.bump();
                Ok(ExprKind::Grouping(self.parens(Self::grouped_names)?))
            }
            JsonExists | JsonValue | JsonQuery | JsonObject | JsonArray => self.json_call(word),
            CurrentDate | CurrentTime | CurrentTimestamp | CurrentUser | CurrentCatalog | CurrentSchema
            | CurrentPath | Localtime | Localtimestamp => self.current(word),
            Left | Right if self.symbol_at(1, Symbol::LeftParen) => Err(self.left_or_right()),
            Select => {
                let finding = syntax::subquery_without_parens(self.span(), "`select`");
                Err(self.report(finding))
            }
            _ if self.at_boundary() => Err(self.unexpected("an expression")),
            Not | And | Or | Between | In | Like | Is | As | Then | Else | End | By | Join | Into | Escape => {
                Err(self.unexpected("an expression"))
            }
            _ => Err(self.report(syntax::reserved(self.span(), self.text_of(self.span())))),
        }
    }

    fn left_or_right(&mut self) -> super::Failed {
        let help = match self.is(Keyword::Left) {
            true => "write `substr(text, 1, n)`",
            false => "write `substr(text, -n)`",
        };
        let name = self.text_of(self.span());
        let finding = syntax::mistake(self.span(), format!("Trino has no function `{name}`, a reserved word"))
            .label("not a function")
            .help(help);
        self.report(finding)
    }

    /// Lambda, subquery, tuple, or just parentheses.
    fn parenthesized(&mut self) -> Rule<ExprKind> {
        match self.lambda_parameters_end() {
            Some(arrow) => self.lambda(arrow),
            None => self.parens(Self::inside_parens),
        }
    }

    fn inside_parens(&mut self) -> Rule<ExprKind> {
        if self.kind().starts_query() {
            return self.boxed_query().map(ExprKind::Subquery);
        }
        let start = self.start();
        let mut elements = self.comma_list(Self::expr_element);
        match (elements.pop(), elements.is_empty()) {
            (Some(only), true) if self.at_query_tail() => self.query_from(only, start).map(ExprKind::Subquery),
            (Some(only), true) => Ok(ExprKind::Parenthesized(Box::new(only))),
            (Some(last), false) => {
                elements.push(last);
                Ok(ExprKind::Tuple(elements))
            }
            (None, _) => Ok(ExprKind::Error),
        }
    }

    /// The query whose first operand was read as the expression `(select …)`.
    pub(super) fn query_from(&mut self, first: Expr, start: usize) -> Rule<Box<Query>> {
        let ExprKind::Subquery(query) = first.kind else {
            return Err(self.unexpected("`)`"));
        };
        let body = self.set_operations(QueryBody::Parenthesized(query, first.span), 0)?;
        self.query_tail(start, None, body).map(Box::new)
    }

    /// The index of the arrow if the parenthesis at the cursor holds the parameters of a lambda.
    fn lambda_parameters_end(&self) -> Option<usize> {
        let close = self.closing[self.at]?;
        let arrow = self.tokens.get(close + 1)?.kind == Kind::Symbol(Symbol::Arrow);
        let names = self.tokens[self.at + 1..close].iter().enumerate().all(|(index, token)| match index % 2 {
            0 => token.kind.is_name(),
            _ => token.kind == Kind::Symbol(Symbol::Comma),
        });
        (arrow && names).then_some(close + 1)
    }

    fn lambda(&mut self, arrow: usize) -> Rule<ExprKind> {
        self.bump();
        let mut parameters = vec![];
        while self.at + 1 < arrow {
            parameters.push(self.ident()?);
            self.eat(Symbol::Comma);
        }
        self.at = arrow;
        self.lambda_body(parameters)
    }

    fn lambda_body(&mut self, parameters: Vec<crate::syntax::tree::Ident>) -> Rule<ExprKind> {
        self.expect(Symbol::Arrow, "`->`")?;
        let body = self.try_expr()?;
        Ok(ExprKind::Lambda(parameters, Box::new(body)))
    }

    fn array(&mut self) -> Rule<ExprKind> {
        let open = self.at;
        self.bump();
        let elements = self.rest_of_parens(open, |p| match p.is_symbol(Symbol::RightBracket) {
            true => Ok(vec![]),
            false => Ok(p.comma_list(Self::expr_element)),
        })?;
        Ok(ExprKind::Array(elements))
    }

    fn row(&mut self) -> Rule<ExprKind> {
        self.bump();
        let fields = self.parens(|p| {
            Ok(p.comma_list(|p| {
                let value = p.expr();
                let name = if p.eat_word(Keyword::As) { Some(p.ident()?) } else { None };
                Ok((value, name))
            }))
        })?;
        Ok(ExprKind::Row(fields))
    }

    fn case(&mut self) -> Rule<ExprKind> {
        let case = self.bump().span;
        let operand = if self.is(Keyword::When) { None } else { Some(Box::new(self.expr())) };
        let mut branches = vec![];
        while self.eat_word(Keyword::When) {
            let condition = self.case_part();
            self.expect_word(Keyword::Then, "`then`")?;
            branches.push((condition, self.case_part()));
        }
        if branches.is_empty() {
            return Err(self.unexpected("`when`"));
        }
        let otherwise = if self.eat_word(Keyword::Else) { Some(Box::new(self.case_part())) } else { None };
        if !self.eat_word(Keyword::End) {
            let found = self.found();
            let finding = syntax::unclosed(self.span(), case, "end", &found).help("a `case` is closed with `end`");
            self.report(finding);
        }
        Ok(ExprKind::Case { operand, branches, otherwise })
    }

    /// An expression of CASE; after a mistake the next word of CASE is looked for.
    fn case_part(&mut self) -> Expr {
        let start = self.start();
        if let Ok(expr) = self.try_expr() {
            return expr;
        }
        use Keyword::{Else, End, Then, When};
        while !matches!(self.kind(), Kind::Word(When | Then | Else | End)) && !self.at_boundary() {
            match self.is_symbol(Symbol::LeftParen) || self.is_symbol(Symbol::LeftBracket) {
                true => self.skip_group(),
                false => drop(self.bump()),
            }
        }
        self.hush();
        Expr { kind: ExprKind::Error, span: self.since(start) }
    }

    fn cast(&mut self, safe: bool) -> Rule<ExprKind> {
        self.bump();
        self.parens(|p| {
            let expr = Box::new(p.try_expr()?);
            p.expect_word(Keyword::As, "`as` and a type")?;
            let ty = p.type_name()?;
            Ok(ExprKind::Cast { expr, ty, safe })
        })
    }

    /// current_date, current_timestamp(3) and the like.
    fn current(&mut self, word: Keyword) -> Rule<ExprKind> {
        let name = match word {
            Keyword::CurrentDate => "current_date",
            Keyword::CurrentTime => "current_time",
            Keyword::CurrentTimestamp => "current_timestamp",
            Keyword::CurrentUser => "current_user",
            Keyword::CurrentCatalog => "current_catalog",
            Keyword::CurrentSchema => "current_schema",
            Keyword::CurrentPath => "current_path",
            Keyword::Localtime => "localtime",
            _ => "localtimestamp",
        };
        self.bump();
        let takes_precision = name.ends_with("time") || name.ends_with("timestamp");
        if !self.is_symbol(Symbol::LeftParen) || !takes_precision {
            return Ok(ExprKind::Current(name, None));
        }
        let precision = self.parens(|p| match p.kind() {
            Kind::Integer => {
                let written = p.bump().span;
                Ok(p.text_of(written).parse().unwrap_or(u32::MAX))
            }
            _ => Err(p.unexpected("a precision")),
        })?;
        Ok(ExprKind::Current(name, Some(precision)))
    }

    /// Whether the parenthesis behind the word at the cursor holds `keyword` at its own level.
    pub(super) fn has_inside(&self, keyword: Keyword) -> bool {
        let open = self.at + 1;
        let end = self.closing[open].unwrap_or(self.tokens.len());
        let mut at = open + 1;
        while at < end {
            if self.tokens[at].kind.is(keyword) {
                return true;
            }
            at = self.closing[at].unwrap_or(at) + 1;
        }
        false
    }
}
