//! Literals.

use super::{Parser, Rule};
use crate::finding::syntax;
use crate::span::Span;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{ExprKind, IntervalField, Literal, TypeName, TypeNameKind};

impl Parser<'_> {
    pub(super) fn literal(&mut self) -> Rule<ExprKind> {
        let literal = match self.kind() {
            Kind::Word(Keyword::Null) => Literal::Null,
            Kind::Word(Keyword::True) => Literal::Boolean(true),
            Kind::Word(Keyword::False) => Literal::Boolean(false),
            Kind::Decimal => Literal::Decimal(self.text_of(self.span()).to_owned()),
            Kind::Double => Literal::Double(self.text_of(self.span()).to_owned()),
            Kind::Integer | Kind::Symbol(Symbol::Minus) => return self.integer(),
            Kind::Text => return Ok(ExprKind::Literal(Literal::Text(self.string()?))),
            Kind::Unicode => return Ok(ExprKind::Literal(Literal::Unicode(self.string()?))),
            Kind::Binary => return self.binary_literal(),
            _ => return Err(self.unexpected("an expression")),
        };
        self.bump();
        Ok(ExprKind::Literal(literal))
    }

    fn integer(&mut self) -> Rule<ExprKind> {
        let negative = self.eat(Symbol::Minus);
        if self.kind() != Kind::Integer {
            return Err(self.unexpected("an expression"));
        }
        let digits = self.bump_text();
        let written = if negative { format!("-{digits}") } else { digits.to_owned() };
        Ok(ExprKind::Literal(Literal::Integer(written)))
    }

    /// `'text'` or `U&'text' [UESCAPE 'c']`: its value.
    pub(super) fn string(&mut self) -> Rule<String> {
        let span = self.span();
        match self.kind() {
            Kind::Text => {
                self.bump();
                Ok(self.unquote(span))
            }
            Kind::Unicode => {
                self.bump();
                let escape = self.unicode_escape()?;
                let written = self.unquote(Span::new(span.start + 2, span.end));
                decode_unicode(&written, escape).ok_or_else(|| {
                    let finding = syntax::mistake(span, "this string has a broken Unicode escape")
                        .label("broken escape")
                        .help("an escape is `\\00e9` or `\\+01F600`; the sign itself is doubled");
                    self.report(finding)
                })
            }
            _ => Err(self.unexpected("a string")),
        }
    }

    fn unicode_escape(&mut self) -> Rule<char> {
        if !self.eat_word(Keyword::Uescape) {
            return Ok('\\');
        }
        let span = self.span();
        if self.kind() != Kind::Text {
            return Err(self.unexpected("a string of one character"));
        }
        self.bump();
        let escape = self.unquote(span);
        let mut characters = escape.chars();
        match (characters.next(), characters.next()) {
            (Some(c), None) if !c.is_ascii_hexdigit() && !matches!(c, '+' | '"' | '\'' | ' ') => Ok(c),
            _ => Err(self.report(syntax::mistake(span, "an escape character is one character, no digit or quote"))),
        }
    }

    fn binary_literal(&mut self) -> Rule<ExprKind> {
        let span = self.bump().span;
        let written = self.text_of(Span::new(span.start + 2, span.end - 1));
        let digits: Option<Vec<u8>> = written
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let problem = match &digits {
            None => "a binary literal holds hexadecimal digits only",
            Some(digits) if digits.len() % 2 == 1 => "a binary literal needs an even number of digits",
            Some(digits) => {
                let bytes = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
                return Ok(ExprKind::Literal(Literal::Binary(bytes)));
            }
        };
        self.findings.push(syntax::mistake(span, problem).label("two digits a byte"));
        Ok(ExprKind::Error)
    }

    /// `date '…'`, `decimal '…'`: a name with a string behind it.
    pub(super) fn typed_literal(&mut self) -> Rule<ExprKind> {
        let name = self.ident()?;
        let kind = match name.value.to_ascii_lowercase().as_str() {
            "timestamp" => TypeNameKind::DateTime("timestamp", None, false),
            "time" => TypeNameKind::DateTime("time", None, false),
            other => TypeNameKind::Simple(other.to_owned(), vec![]),
        };
        let ty = TypeName { kind, span: name.span };
        Ok(ExprKind::Literal(Literal::Typed(ty, self.string()?)))
    }

    /// `double precision '…'`
    pub(super) fn double_precision(&mut self) -> Rule<ExprKind> {
        let start = self.bump().span.start;
        self.bump();
        let kind = TypeNameKind::Simple("double precision".to_owned(), vec![]);
        let ty = TypeName { kind, span: self.since(start) };
        Ok(ExprKind::Literal(Literal::Typed(ty, self.string()?)))
    }

    /// Whether INTERVAL at the cursor starts a literal; otherwise it is a name.
    pub(super) fn is_interval(&self) -> bool {
        let sign = usize::from(self.symbol_at(1, Symbol::Plus) || self.symbol_at(1, Symbol::Minus));
        let field = matches!(self.kind_at(2), Kind::Word(_)) && self.interval_field_at(2).is_some();
        matches!(self.kind_at(1 + sign), Kind::Text | Kind::Unicode)
            || matches!(self.kind_at(1), Kind::Integer) && (field || sign == 0)
    }

    pub(super) fn interval(&mut self) -> Rule<ExprKind> {
        self.bump();
        let negative = self.is_symbol(Symbol::Minus);
        if negative || self.is_symbol(Symbol::Plus) {
            self.bump();
        }
        let value = match self.kind() {
            Kind::Integer => self.interval_number(),
            _ => self.string()?,
        };
        let from = self.interval_field()?;
        let to = if self.eat_word(Keyword::To) { Some(self.interval_field()?) } else { None };
        Ok(ExprKind::Literal(Literal::Interval { negative, value, from, to }))
    }

    /// `interval 1 day`: reported, and read as if the number were quoted.
    fn interval_number(&mut self) -> String {
        let span = self.bump().span;
        let number = self.text_of(span);
        let field = match self.kind() {
            Kind::Word(_) => self.text_of(self.span()).to_owned(),
            _ => "day".to_owned(),
        };
        self.findings.push(syntax::interval_without_quotes(span, number, &field));
        number.to_owned()
    }

    pub(super) fn interval_field(&mut self) -> Rule<IntervalField> {
        match self.interval_field_at(0) {
            Some(field) => {
                self.bump();
                Ok(field)
            }
            None => Err(self.unknown_interval_field()),
        }
    }

    fn unknown_interval_field(&mut self) -> super::Failed {
        let written = self.text_of(self.span()).to_lowercase();
        let finding =
            syntax::expected(self.span(), "`year`, `month`, `day`, `hour`, `minute` or `second`", &self.found());
        let finding = match written.strip_suffix('s') {
            Some(singular) if ["year", "month", "day", "hour", "minute", "second"].contains(&singular) => {
                finding.help(format!("the field is singular: `{singular}`")).suggest(self.span(), singular)
            }
            _ if ["week", "weeks"].contains(&written.as_str()) => finding.help("a week is `interval '7' day`"),
            _ => finding,
        };
        self.report(finding)
    }

    pub(super) fn interval_field_at(&self, ahead: usize) -> Option<IntervalField> {
        let Kind::Word(word) = self.kind_at(ahead) else { return None };
        Some(match word {
            Keyword::Year => IntervalField::Year,
            Keyword::Month => IntervalField::Month,
            Keyword::Day => IntervalField::Day,
            Keyword::Hour => IntervalField::Hour,
            Keyword::Minute => IntervalField::Minute,
            Keyword::Second => IntervalField::Second,
            _ => return None,
        })
    }
}

fn decode_unicode(written: &str, escape: char) -> Option<String> {
    let mut decoded = String::with_capacity(written.len());
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        if c != escape {
            decoded.push(c);
            continue;
        }
        let mut ahead = rest.clone();
        let digits = match ahead.next()? {
            next if next == escape => {
                rest = ahead;
                decoded.push(escape);
                continue;
            }
            '+' => {
                rest = ahead;
                6
            }
            _ => 4,
        };
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + rest.next()?.to_digit(16)?;
        }
        decoded.push(char::from_u32(code)?);
    }
    Some(decoded)
}
