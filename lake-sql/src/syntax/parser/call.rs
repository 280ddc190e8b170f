//! Function calls, and the functions with words of their own inside the parentheses.

use super::{Failed, Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{Call, Expr, ExprKind, Ident, Listagg, Name, SortItem, TrimSide};

/// What EXTRACT takes.
const FIELDS: &[&str] = &[
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "day_of_month",
    "day_of_week",
    "dow",
    "day_of_year",
    "doy",
    "year_of_week",
    "yow",
    "hour",
    "minute",
    "second",
    "timezone_hour",
    "timezone_minute",
];

impl Parser<'_> {
    /// Zero or more expressions in front of a closing parenthesis.
    pub(super) fn arguments(&mut self) -> Rule<Vec<Expr>> {
        match self.is_symbol(Symbol::RightParen) {
            true => Ok(vec![]),
            false => Ok(self.comma_list(Self::argument)),
        }
    }

    fn argument(&mut self) -> Rule<Expr> {
        if self.kind().is_name() && self.symbol_at(1, Symbol::FatArrow) {
            let finding = syntax::mistake(self.tokens[self.at + 1].span, "arguments of functions have no names")
                .label("not here")
                .help("give them in order; `name => value` is for `table(f(…))` and procedures");
            self.report(finding);
            self.at += 2;
        }
        self.expr_element()
    }

    pub(super) fn call(&mut self) -> Rule<ExprKind> {
        let name = self.name()?;
        let (distinct, star, args, order_by) = self.parens(Self::inside_call)?;
        self.check_arity(&name, args.len());
        let within_group = self.within_group()?;
        if !within_group.is_empty() {
            let place = self.since(name.span.start);
            let finding = syntax::mistake(place, "only `listagg` takes `within group`")
                .label("not `listagg`")
                .help(format!("write `{}(… order by …)`", self.text_of(name.span)));
            self.findings.push(finding);
        }
        let filter = self.filter()?.map(Box::new);
        let ignore_nulls = self.null_treatment();
        let over = self.over()?;
        let call = Call { name, distinct, star, args, order_by, within_group, filter, ignore_nulls, over };
        Ok(ExprKind::Call(Box::new(call)))
    }

    fn inside_call(&mut self) -> Rule<(bool, bool, Vec<Expr>, Vec<SortItem>)> {
        if self.eat(Symbol::Star) {
            return Ok((false, true, vec![], vec![]));
        }
        if self.pattern && self.kind().is_name() && self.symbol_at(1, Symbol::Dot) && self.symbol_at(2, Symbol::Star) {
            let variable = self.ident()?;
            self.at += 2;
            let span = variable.span;
            return Ok((false, true, vec![Expr { kind: ExprKind::Column(variable), span }], vec![]));
        }
        let distinct = self.eat_word(Keyword::Distinct);
        if !distinct && self.is(Keyword::All) && !self.symbol_at(1, Symbol::RightParen) {
            self.bump();
        }
        let args = match self.are(&[Keyword::Order, Keyword::By]) {
            true => vec![],
            false => self.arguments()?,
        };
        if self.is_symbol(Symbol::Dot) && self.symbol_at(1, Symbol::Star) {
            let star = self.span().to(self.tokens[self.at + 1].span);
            let span = args.last().map_or(star, |arg| arg.span.to(star));
            let finding = syntax::mistake(span, "a function takes no `t.*`")
                .label("not an argument")
                .help("rows are counted with `count(*)`");
            self.report(finding);
            self.at += 2;
        }
        Ok((distinct, false, args, self.order_by()?))
    }

    /// The arguments of GROUPING: dotted names.
    pub(super) fn grouped_names(&mut self) -> Rule<Vec<Expr>> {
        if self.is_symbol(Symbol::RightParen) {
            return Ok(vec![]);
        }
        Ok(self.comma_list(|p| {
            let name = p.name()?;
            let mut parts = name.parts.into_iter();
            let first = parts.next().expect("a name has at least one part");
            let start = first.span;
            let first = Expr { span: start, kind: ExprKind::Column(first) };
            Ok(parts.fold(first, |base, part| {
                let span = start.to(part.span);
                Expr { kind: ExprKind::Field(Box::new(base), part), span }
            }))
        }))
    }

    /// Trino's grammar itself refuses these.
    fn check_arity(&mut self, name: &Name, count: usize) {
        let [only] = name.parts.as_slice() else { return };
        let wanted = match only.value.to_ascii_lowercase().as_str() {
            "coalesce" if count < 2 => "at least two arguments",
            "if" if !(2..=3).contains(&count) => "two or three arguments",
            "nullif" if count != 2 => "two arguments",
            "try" if count != 1 => "one argument",
            _ => return,
        };
        let message = format!("`{}` takes {wanted}, found {count}", only.value);
        self.findings.push(syntax::mistake(self.since(name.span.start), message).label(format!("takes {wanted}")));
    }

    fn within_group(&mut self) -> Rule<Vec<SortItem>> {
        match self.eat_words(&[Keyword::Within, Keyword::Group]) {
            true => self.parens(Self::order_by),
            false => Ok(vec![]),
        }
    }

    fn filter(&mut self) -> Rule<Option<Expr>> {
        if !self.is(Keyword::Filter) || !self.symbol_at(1, Symbol::LeftParen) {
            return Ok(None);
        }
        self.bump();
        self.parens(|p| {
            p.expect_word(Keyword::Where, "`where`")?;
            p.try_expr().map(Some)
        })
    }

    fn null_treatment(&mut self) -> Option<bool> {
        if self.eat_words(&[Keyword::Ignore, Keyword::Nulls]) {
            return Some(true);
        }
        self.eat_words(&[Keyword::Respect, Keyword::Nulls]).then_some(false)
    }

    pub(super) fn position(&mut self) -> Rule<ExprKind> {
        self.bump();
        self.parens(|p| {
            let part = p.value()?;
            p.expect_word(Keyword::In, "`in`")?;
            Ok(ExprKind::Position(Box::new(part), Box::new(p.value()?)))
        })
    }

    pub(super) fn substring(&mut self) -> Rule<ExprKind> {
        self.bump();
        self.parens(|p| {
            let text = Box::new(p.value()?);
            p.expect_word(Keyword::From, "`from`")?;
            let from = Box::new(p.value()?);
            let length = if p.eat_word(Keyword::For) { Some(Box::new(p.value()?)) } else { None };
            Ok(ExprKind::Substring(text, from, length))
        })
    }

    pub(super) fn extract(&mut self) -> Rule<ExprKind> {
        let start = self.bump().span.start;
        let (field, value) = self.parens(|p| {
            let field = p.ident()?;
            p.expect_word(Keyword::From, "`from`")?;
            Ok((field, p.value()?))
        })?;
        if !FIELDS.iter().any(|known| known.eq_ignore_ascii_case(&field.value)) {
            self.unknown_field(start, &field);
        }
        Ok(ExprKind::Extract(field, Box::new(value)))
    }

    fn unknown_field(&mut self, start: usize, field: &Ident) {
        let message = format!("`extract` has no field `{}`", field.value);
        let mut finding = syntax::mistake(self.since(start), message).label("unknown field");
        finding = match field.value.to_ascii_lowercase().as_str() {
            "epoch" => finding.help("write `to_unixtime(timestamp)`"),
            "millisecond" | "milliseconds" => finding.help("write `millisecond(timestamp)`"),
            other => match FIELDS
                .iter()
                .max_by(|a, b| strsim::jaro_winkler(a, other).total_cmp(&strsim::jaro_winkler(b, other)))
            {
                Some(near) if strsim::jaro_winkler(near, other) > 0.8 => finding.help(format!("write `{near}`")),
                _ => finding,
            },
        };
        self.findings.push(finding.note(format!("the fields are {}", FIELDS.join(", "))));
    }

    pub(super) fn trim(&mut self) -> Rule<ExprKind> {
        self.bump();
        self.parens(|p| {
            let side = match p.kind() {
                Kind::Word(Keyword::Leading) => Some(TrimSide::Leading),
                Kind::Word(Keyword::Trailing) => Some(TrimSide::Trailing),
                Kind::Word(Keyword::Both) => Some(TrimSide::Both),
                _ => None,
            };
            let side = side.filter(|_| !matches!(p.kind_at(1), Kind::Symbol(_)) || p.symbol_at(1, Symbol::LeftParen));
            if side.is_some() {
                p.bump();
            }
            if p.eat_word(Keyword::From) {
                return Ok(ExprKind::Trim { side, characters: None, value: Box::new(p.value()?) });
            }
            let first = Box::new(p.value()?);
            if p.eat_word(Keyword::From) {
                return Ok(ExprKind::Trim { side, characters: Some(first), value: Box::new(p.value()?) });
            }
            if side.is_some() {
                return Err(p.unexpected("`from`"));
            }
            let characters = if p.eat(Symbol::Comma) { Some(Box::new(p.value()?)) } else { None };
            Ok(ExprKind::Trim { side, characters, value: first })
        })
    }

    pub(super) fn normalize(&mut self) -> Rule<ExprKind> {
        self.bump();
        self.parens(|p| {
            let value = Box::new(p.value()?);
            if !p.eat(Symbol::Comma) {
                return Ok(ExprKind::Normalize(value, None));
            }
            let form = matches!(p.kind(), Kind::Word(Keyword::Nfc | Keyword::Nfd | Keyword::Nfkc | Keyword::Nfkd));
            match form {
                true => Ok(ExprKind::Normalize(value, Some(p.ident()?))),
                false => Err(p.unexpected("`nfc`, `nfd`, `nfkc` or `nfkd`")),
            }
        })
    }

    pub(super) fn listagg(&mut self) -> Rule<ExprKind> {
        self.bump();
        let (distinct, value, separator, truncate) = self.parens(|p| {
            let distinct = p.eat_word(Keyword::Distinct);
            if !distinct {
                p.eat_word(Keyword::All);
            }
            let value = p.try_expr()?;
            let separator = if p.eat(Symbol::Comma) { Some(p.string_expr()?) } else { None };
            Ok((distinct, value, separator, p.overflow()?))
        })?;
        if !self.eat_words(&[Keyword::Within, Keyword::Group]) {
            let finding = syntax::expected(self.span(), "`within group`", &self.found())
                .help("write `listagg(value, ',') within group (order by …)`");
            return Err(self.report(finding));
        }
        let order_by = self.parens(Self::order_by)?;
        let filter = self.filter()?;
        let over = self.over()?;
        Ok(ExprKind::Listagg(Box::new(Listagg { distinct, value, separator, truncate, order_by, filter, over })))
    }

    /// ON OVERFLOW ERROR | TRUNCATE [filler] WITH | WITHOUT COUNT
    fn overflow(&mut self) -> Rule<Option<(Option<Expr>, bool)>> {
        if !self.eat_words(&[Keyword::On, Keyword::Overflow]) || self.eat_word(Keyword::Error) {
            return Ok(None);
        }
        self.expect_word(Keyword::Truncate, "`error` or `truncate`")?;
        let filler = match self.kind() {
            Kind::Text | Kind::Unicode => Some(self.string_expr()?),
            _ => None,
        };
        let count = self.eat_words(&[Keyword::With, Keyword::Count]);
        match count || self.eat_words(&[Keyword::Without, Keyword::Count]) {
            true => Ok(Some((filler, count))),
            false => Err(self.unexpected("`with count` or `without count`")),
        }
    }

    /// A string, and nothing else, as an expression.
    pub(super) fn string_expr(&mut self) -> Rule<Expr> {
        let span = self.span();
        match self.kind() {
            Kind::Text | Kind::Unicode => {
                let kind = self.literal()?;
                Ok(Expr { kind, span: self.since(span.start) })
            }
            _ => Err::<Expr, Failed>(self.unexpected("a string")),
        }
    }
}
