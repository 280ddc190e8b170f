//! Names and placeholders.

use super::{Parser, Rule};
use crate::finding::syntax;
use crate::span::Span;
use crate::syntax::Templates;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{Ident, Name, Placeholder};

impl Parser<'_> {
    pub(super) fn ident(&mut self) -> Rule<Ident> {
        let span = self.span();
        let written = self.text_of(span);
        match self.kind() {
            Kind::Word(word) if !word.is_reserved() => {}
            Kind::Word(_) if !self.at_boundary() => return Err(self.report(syntax::reserved(span, written))),
            Kind::Quoted => {}
            Kind::Backquoted if self.hive => {}
            Kind::Backquoted => {
                let finding = self.backquoted();
                self.findings.push(finding);
            }
            Kind::DigitName => self.findings.push(syntax::digit_name(span, written)),
            _ => return Err(self.unexpected("a name")),
        }
        let quoted = matches!(self.kind(), Kind::Quoted | Kind::Backquoted);
        self.bump();
        let value = if quoted { self.unquote(span) } else { written.to_owned() };
        if value.is_empty() {
            self.findings.push(syntax::mistake(span, "a name has at least one character").label("empty"));
        }
        Ok(Ident { value, quoted, span })
    }

    /// The text between quotes: doubled quotes, and doubled braces of templates, are single.
    pub(super) fn unquote(&self, span: Span) -> String {
        let written = self.text_of(span);
        let quote = &written[..1];
        let inner = written[1..written.len() - 1].replace(&quote.repeat(2), quote);
        match self.templates {
            Templates::Yes => inner.replace("{{", "{").replace("}}", "}"),
            Templates::No => inner,
        }
    }

    pub(super) fn name(&mut self) -> Rule<Name> {
        let mut parts = vec![self.ident()?];
        while self.is_symbol(Symbol::Dot) && !self.symbol_at(1, Symbol::Star) {
            self.bump();
            parts.push(self.ident()?);
        }
        let span = self.since(parts[0].span.start);
        Ok(Name { parts, span })
    }

    /// `(a, b)`
    pub(super) fn column_names(&mut self) -> Rule<Vec<Ident>> {
        self.parens(|p| Ok(p.comma_list(Self::ident)))
    }

    /// `(a, b)` if there is a parenthesis.
    pub(super) fn optional_column_names(&mut self) -> Rule<Vec<Ident>> {
        match self.is_symbol(Symbol::LeftParen) {
            true => self.column_names(),
            false => Ok(vec![]),
        }
    }

    /// `AS name`, or a name alone, unless the word starts a clause here.
    pub(super) fn alias(&mut self) -> Rule<Option<Ident>> {
        if self.eat_word(Keyword::As) {
            return self.reserved_alias().map_or_else(|| self.ident().map(Some), |alias| Ok(Some(alias)));
        }
        if self.kind().is_name() && !self.at_soft_clause() && !self.is_word("qualify") {
            return self.ident().map(Some);
        }
        Ok(None)
    }

    /// A reserved word behind AS with an end behind it: reported, and taken as the name.
    fn reserved_alias(&mut self) -> Option<Ident> {
        let Kind::Word(word) = self.kind() else { return None };
        let ends = self.is_boundary_at(self.at + 1) || self.kind_at(1).is(Keyword::From);
        if !word.is_reserved() || !ends {
            return None;
        }
        let span = self.span();
        let value = self.text_of(span).to_owned();
        self.findings.push(syntax::reserved(span, &value));
        self.bump();
        Some(Ident { value, quoted: false, span })
    }

    /// `{name}`, `{schema.name}`, `{name(a, b)}`
    pub(super) fn placeholder(&mut self) -> Rule<Placeholder> {
        let start = self.expect(Symbol::PlaceholderOpen, "`{`")?.start;
        let first = self.span();
        self.placeholder_word()?;
        while self.eat(Symbol::Dot) {
            self.placeholder_word()?;
        }
        let name_span = self.since(first.start);
        let args = match self.is_symbol(Symbol::LeftParen) {
            true => Some(self.parens(Self::arguments)?),
            false => None,
        };
        self.expect(Symbol::PlaceholderClose, "`}`")?;
        let name = self.text_of(name_span).split_whitespace().collect();
        Ok(Placeholder { name, args, span: self.since(start), name_span })
    }

    fn placeholder_word(&mut self) -> Rule<()> {
        match self.kind() {
            Kind::Word(_) => {
                self.bump();
                Ok(())
            }
            _ => Err(self.unexpected("the name of a reference")),
        }
    }
}
