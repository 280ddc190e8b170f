//! OVER, WINDOW and frames.

use super::{Parser, Rule};
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{Frame, FrameBound, FrameUnit, Ident, Window, WindowSpec};

impl Parser<'_> {
    /// `name AS (…)`
    pub(super) fn window_definition(&mut self) -> Rule<(Ident, WindowSpec)> {
        let name = self.ident()?;
        self.expect_word(Keyword::As, "`as`")?;
        Ok((name, self.window_spec()?))
    }

    pub(super) fn over(&mut self) -> Rule<Option<Window>> {
        let next = self.kind_at(1);
        if !self.is(Keyword::Over) || !(next == Kind::Symbol(Symbol::LeftParen) || next.is_name()) {
            return Ok(None);
        }
        self.bump();
        match self.is_symbol(Symbol::LeftParen) {
            true => Ok(Some(Window::Spec(self.window_spec()?))),
            false => Ok(Some(Window::Named(self.ident()?))),
        }
    }

    fn window_spec(&mut self) -> Rule<WindowSpec> {
        let start = self.start();
        let (base, partition_by, order_by, frame) = self.parens(|p| {
            let base = p.window_base()?;
            let partition_by = match p.eat_words(&[Keyword::Partition, Keyword::By]) {
                true => p.comma_list(Self::try_expr),
                false => vec![],
            };
            let order_by = p.order_by()?;
            let frame = p.frame()?;
            Ok((base, partition_by, order_by, frame))
        })?;
        Ok(WindowSpec { base, partition_by, order_by, frame, span: self.since(start) })
    }

    fn window_base(&mut self) -> Rule<Option<Ident>> {
        let measures = self.is(Keyword::Measures) && !self.symbol_at(1, Symbol::RightParen);
        let clause = self.are(&[Keyword::Partition, Keyword::By]) || self.frame_unit().is_some() || measures;
        match self.kind().is_name() && !clause {
            true => self.ident().map(Some),
            false => Ok(None),
        }
    }

    /// The unit of a frame if one starts here; otherwise the word is a name.
    fn frame_unit(&self) -> Option<FrameUnit> {
        let unit = match self.kind() {
            Kind::Word(Keyword::Rows) => FrameUnit::Rows,
            Kind::Word(Keyword::Range) => FrameUnit::Range,
            Kind::Word(Keyword::Groups) => FrameUnit::Groups,
            _ => return None,
        };
        let name = matches!(self.kind_at(1), Kind::Symbol(Symbol::RightParen) | Kind::Word(Keyword::Order))
            || self.kind_at(1).is(Keyword::Partition);
        (!name).then_some(unit)
    }

    /// `[MEASURES …] unit bounds [AFTER MATCH …] [PATTERN …] …`
    fn frame(&mut self) -> Rule<Option<Frame>> {
        let start = self.start();
        let measures = match self.is(Keyword::Measures) && !self.symbol_at(1, Symbol::RightParen) {
            true => self.measures()?,
            false => vec![],
        };
        let Some(unit) = self.frame_unit() else {
            return if measures.is_empty() { Ok(None) } else { Err(self.unexpected("a frame such as `rows …`")) };
        };
        self.bump();
        let (first, end) = self.frame_bounds()?;
        let skip_to = self.after_match()?;
        let more = ["initial", "seek", "pattern", "subset", "define"].into_iter().any(|word| self.is_word(word));
        let pattern = match more || skip_to.is_some() || !measures.is_empty() {
            true => Some(Box::new(self.pattern_clauses(measures, skip_to, false)?)),
            false => None,
        };
        Ok(Some(Frame { unit, start: first, end, pattern, span: self.since(start) }))
    }

    fn frame_bounds(&mut self) -> Rule<(FrameBound, Option<FrameBound>)> {
        if !self.eat_word(Keyword::Between) {
            return Ok((self.frame_bound()?, None));
        }
        let first = self.frame_bound()?;
        self.expect_word(Keyword::And, "`and`")?;
        Ok((first, Some(self.frame_bound()?)))
    }

    fn frame_bound(&mut self) -> Rule<FrameBound> {
        let start = self.start();
        if self.eat_words(&[Keyword::Current, Keyword::Row]) {
            return Ok(FrameBound::CurrentRow(self.since(start)));
        }
        if self.eat_words(&[Keyword::Unbounded, Keyword::Preceding]) {
            return Ok(FrameBound::UnboundedPreceding(self.since(start)));
        }
        if self.eat_words(&[Keyword::Unbounded, Keyword::Following]) {
            return Ok(FrameBound::UnboundedFollowing(self.since(start)));
        }
        let distance = Box::new(self.value()?);
        if self.eat_word(Keyword::Preceding) {
            return Ok(FrameBound::Preceding(distance));
        }
        match self.eat_word(Keyword::Following) {
            true => Ok(FrameBound::Following(distance)),
            false => Err(self.unexpected("`preceding` or `following`")),
        }
    }
}
