//! Types as written.

use super::{Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{Ident, IntervalField, TypeName, TypeNameKind};

/// What may stand in the parentheses of a type.
enum Parameter {
    Number(u64),
    Type(TypeName),
}

impl Parser<'_> {
    pub(in crate::syntax) fn type_name(&mut self) -> Rule<TypeName> {
        self.nested(|p| {
            let start = p.start();
            let kind = p.type_head()?;
            let ty = TypeName { kind, span: p.since(start) };
            p.chain(|p| p.array_suffixes(ty))
        })
    }

    /// `integer array`, `integer array[3]`
    fn array_suffixes(&mut self, mut ty: TypeName) -> Rule<TypeName> {
        while self.is(Keyword::Array) {
            self.link()?;
            self.bump();
            if self.is_symbol(Symbol::LeftBracket) && self.kind_at(1) == Kind::Integer {
                self.bump();
                self.bump();
                self.expect(Symbol::RightBracket, "`]`")?;
            }
            let span = self.since(ty.span.start);
            ty = TypeName { kind: TypeNameKind::Array(Box::new(ty)), span };
        }
        Ok(ty)
    }

    fn type_head(&mut self) -> Rule<TypeNameKind> {
        let next = self.kind_at(1);
        match self.kind() {
            Kind::Word(Keyword::Row) if next == Kind::Symbol(Symbol::LeftParen) => {
                self.bump();
                let fields = self.parens(|p| Ok(p.comma_list(Self::row_field)))?;
                Ok(TypeNameKind::Row(fields))
            }
            Kind::Word(Keyword::Interval) if self.interval_field_at(1).is_some() => self.interval_type(),
            Kind::Word(Keyword::Timestamp) => self.date_time("timestamp"),
            Kind::Word(Keyword::Time) => self.date_time("time"),
            Kind::Word(Keyword::Double) if next.is(Keyword::Precision) => {
                self.at += 2;
                Ok(TypeNameKind::Simple("double precision".to_owned(), vec![]))
            }
            Kind::Word(Keyword::Array | Keyword::Map) if next == Kind::Symbol(Symbol::Less) => self.angled(),
            kind if kind.is_name() => self.generic_type(),
            _ => Err(self.unexpected("a type")),
        }
    }

    fn date_time(&mut self, name: &'static str) -> Rule<TypeNameKind> {
        self.bump();
        let precision = match self.is_symbol(Symbol::LeftParen) {
            true => Some(self.parens(Self::type_number)?),
            false => None,
        };
        let zone = self.are(&[Keyword::With, Keyword::Time]);
        if zone || self.are(&[Keyword::Without, Keyword::Time]) {
            self.at += 2;
            self.expect_word(Keyword::Zone, "`zone`")?;
        }
        Ok(TypeNameKind::DateTime(name, precision, zone))
    }

    fn type_number(&mut self) -> Rule<u64> {
        let span = self.span();
        let digits = self.text_of(span).replace('_', "");
        match (self.kind(), digits.parse()) {
            (Kind::Integer, Ok(number)) => {
                self.bump();
                Ok(number)
            }
            _ => Err(self.unexpected("a whole number")),
        }
    }

    /// INTERVAL field [TO field]
    fn interval_type(&mut self) -> Rule<TypeNameKind> {
        let start = self.bump().span.start;
        let from = self.interval_field()?;
        let to = if self.eat_word(Keyword::To) { self.interval_field()? } else { from };
        match (from, to) {
            (IntervalField::Year, IntervalField::Month) => Ok(TypeNameKind::Interval(true)),
            (IntervalField::Day, IntervalField::Second) => Ok(TypeNameKind::Interval(false)),
            _ => {
                let finding = syntax::mistake(self.since(start), "unknown interval type")
                    .help("write `interval year to month` or `interval day to second`");
                Err(self.report(finding))
            }
        }
    }

    /// `array<t>`, `map<k, v>`
    fn angled(&mut self) -> Rule<TypeNameKind> {
        let array = self.bump().kind.is(Keyword::Array);
        self.bump();
        let first = Box::new(self.type_name()?);
        let kind = if array {
            TypeNameKind::Array(first)
        } else {
            self.expect(Symbol::Comma, "`,`")?;
            TypeNameKind::Map(first, Box::new(self.type_name()?))
        };
        self.expect(Symbol::Greater, "`>`")?;
        Ok(kind)
    }

    fn generic_type(&mut self) -> Rule<TypeNameKind> {
        let name = self.ident()?;
        let lower = name.value.to_ascii_lowercase();
        if self.is_symbol(Symbol::Less) {
            let finding = syntax::expected(self.span(), "the end of the type, or `(`", "`<`")
                .help("write `row(name type)`, `array(type)`, `map(key, value)`");
            return Err(self.report(finding));
        }
        if !self.is_symbol(Symbol::LeftParen) {
            return Ok(TypeNameKind::Simple(lower, vec![]));
        }
        let parameters = self.parens(|p| Ok(p.comma_list(Self::type_parameter)))?;
        let mut numbers = vec![];
        let mut types = vec![];
        for parameter in parameters {
            match parameter {
                Parameter::Number(number) => numbers.push(number),
                Parameter::Type(ty) => types.push(ty),
            }
        }
        Ok(match (lower.as_str(), types.len()) {
            (_, 0) => TypeNameKind::Simple(lower, numbers),
            ("array", 1) => TypeNameKind::Array(Box::new(types.remove(0))),
            ("map", 2) => {
                let value = types.pop().expect("two types");
                TypeNameKind::Map(Box::new(types.remove(0)), Box::new(value))
            }
            _ => TypeNameKind::Generic(lower, types),
        })
    }

    fn type_parameter(&mut self) -> Rule<Parameter> {
        match self.kind() {
            Kind::Integer => self.type_number().map(Parameter::Number),
            _ => self.type_name().map(Parameter::Type),
        }
    }

    /// `type` or `name type`; the tokens behind the first word tell which.
    fn row_field(&mut self) -> Rule<(Option<Ident>, TypeName)> {
        let name = match self.kind().is_name() && self.is_field_name() {
            true => Some(self.ident()?),
            false => None,
        };
        Ok((name, self.type_name()?))
    }

    fn is_field_name(&self) -> bool {
        let ends = |kind: Kind| {
            matches!(kind, Kind::End | Kind::Symbol(Symbol::Comma | Symbol::RightParen | Symbol::LeftBracket))
        };
        let next = self.kind_at(1);
        let third = self.kind_at(2);
        match (self.kind(), next) {
            (Kind::Word(Keyword::Double), Kind::Word(Keyword::Precision)) => !(ends(third) || third.is(Keyword::Array)),
            (Kind::Word(Keyword::Time | Keyword::Timestamp), Kind::Word(Keyword::With | Keyword::Without)) => false,
            (Kind::Word(Keyword::Interval), Kind::Word(_)) if self.interval_field_at(1).is_some() => {
                !(ends(third) || third.is(Keyword::To) || third.is(Keyword::Array))
            }
            (_, Kind::Word(Keyword::Array)) => {
                matches!(third, Kind::Symbol(Symbol::LeftParen | Symbol::Less)) || third.is(Keyword::Array)
            }
            (_, next) => next.is_name(),
        }
    }
}
