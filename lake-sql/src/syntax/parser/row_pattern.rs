//! MATCH_RECOGNIZE, and the clauses that it shares with the frames of windows.

use super::{Parser, Rule};
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{
    Expr, Ident, MatchRecognize, Pattern, Quantifier, Relation, RelationKind, RowPattern, RowsPerMatch,
};

impl Parser<'_> {
    /// `relation [MATCH_RECOGNIZE (…) [alias]]`
    pub(super) fn row_pattern_relation(&mut self) -> Rule<Relation> {
        let input = self.aliased()?;
        if !self.is(Keyword::MatchRecognize) || !self.symbol_at(1, Symbol::LeftParen) {
            return Ok(input);
        }
        self.bump();
        let start = input.span.start;
        let recognize = self.parens(|p| p.match_recognize(input))?;
        let kind = RelationKind::MatchRecognize(Box::new(recognize));
        let span = self.since(start);
        self.aliases(Relation { kind, span })
    }

    fn match_recognize(&mut self, input: Relation) -> Rule<MatchRecognize> {
        let partition_by = match self.eat_words(&[Keyword::Partition, Keyword::By]) {
            true => self.comma_list(Self::try_expr),
            false => vec![],
        };
        let order_by = self.order_by()?;
        let measures = self.measures()?;
        let rows = self.rows_per_match()?;
        let skip_to = self.after_match()?;
        let pattern = self.pattern_clauses(measures, skip_to, true)?;
        if pattern.definitions.is_empty() {
            return Err(self.unexpected("`define` with the condition of a variable"));
        }
        Ok(MatchRecognize { input, partition_by, order_by, rows, pattern })
    }

    /// `MEASURES expression AS name, …`
    pub(super) fn measures(&mut self) -> Rule<Vec<(Expr, Ident)>> {
        if !self.eat_word(Keyword::Measures) {
            return Ok(vec![]);
        }
        Ok(self.in_pattern(|p| {
            p.comma_list(|p| {
                let value = p.try_expr()?;
                p.expect_word(Keyword::As, "`as` and the measure's name")?;
                Ok((value, p.ident()?))
            })
        }))
    }

    /// Applies a rule to expressions that may name variables of a pattern.
    fn in_pattern<T>(&mut self, rule: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.pattern, true);
        let result = rule(self);
        self.pattern = before;
        result
    }

    fn rows_per_match(&mut self) -> Rule<RowsPerMatch> {
        if self.eat_plain("one") {
            self.expect_plain(&["row", "per", "match"])?;
            return Ok(RowsPerMatch::One);
        }
        if !self.eat_word(Keyword::All) {
            return Ok(RowsPerMatch::One);
        }
        self.expect_plain(&["rows", "per", "match"])?;
        if self.eat_word(Keyword::With) {
            self.expect_plain(&["unmatched", "rows"])?;
            return Ok(RowsPerMatch::Unmatched);
        }
        if self.eat_word(Keyword::Show) || self.eat_word(Keyword::Omit) {
            self.expect_plain(&["empty", "matches"])?;
        }
        Ok(RowsPerMatch::All)
    }

    /// `AFTER MATCH SKIP TO NEXT ROW | PAST LAST ROW | TO [FIRST | LAST] variable`: the variable.
    pub(super) fn after_match(&mut self) -> Rule<Option<Ident>> {
        if !self.eat_words(&[Keyword::After, Keyword::Match]) {
            return Ok(None);
        }
        self.expect_plain(&["skip"])?;
        if self.eat_plain("past") {
            self.expect_plain(&["last", "row"])?;
            return Ok(None);
        }
        self.expect_plain(&["to"])?;
        if self.are(&[Keyword::Next, Keyword::Row]) {
            self.at += 2;
            return Ok(None);
        }
        if (self.is(Keyword::First) || self.is(Keyword::Last)) && self.kind_at(1).is_name() && !self.at_clause(1) {
            self.bump();
        }
        self.ident().map(Some)
    }

    /// Whether a clause of a row pattern starts `ahead` tokens further.
    fn at_clause(&self, ahead: usize) -> bool {
        let word = |ahead: usize, text: &str| self.word_at(ahead).is_some_and(|word| word.eq_ignore_ascii_case(text));
        word(ahead, "pattern") && self.symbol_at(ahead + 1, Symbol::LeftParen)
            || word(ahead, "initial")
            || word(ahead, "seek")
    }

    /// `[INITIAL | SEEK] [PATTERN (…)] [SUBSET …] [DEFINE …]`, with or without the PATTERN.
    pub(super) fn pattern_clauses(
        &mut self,
        measures: Vec<(Expr, Ident)>,
        skip_to: Option<Ident>,
        required: bool,
    ) -> Rule<RowPattern> {
        let start = self.span();
        let search = (self.eat_word(Keyword::Initial) || self.eat_word(Keyword::Seek)).then_some(start);
        let pattern = match self.eat_word(Keyword::Pattern) {
            true => Some(self.parens(|p| {
                let mut pattern = Pattern::default();
                p.alternatives(&mut pattern)?;
                Ok(pattern)
            })?),
            false if required => return Err(self.unexpected("`pattern (…)`")),
            false => None,
        };
        let subsets = match self.eat_plain("subset") {
            true => self.comma_list(Self::subset),
            false => vec![],
        };
        let definitions = match self.eat_plain("define") {
            true => self.in_pattern(|p| {
                p.comma_list(|p| {
                    let variable = p.ident()?;
                    p.expect_word(Keyword::As, "`as` and a condition")?;
                    Ok((variable, p.try_expr()?))
                })
            }),
            false => vec![],
        };
        Ok(RowPattern { measures, skip_to, search, pattern, subsets, definitions })
    }

    /// `name = (a, b)`
    fn subset(&mut self) -> Rule<(Ident, Vec<Ident>)> {
        let name = self.ident()?;
        self.expect(Symbol::Equal, "`=` and the variables of the subset")?;
        Ok((name, self.column_names()?))
    }

    /// `a b | c`
    fn alternatives(&mut self, pattern: &mut Pattern) -> Rule<()> {
        self.nested(|p| {
            loop {
                p.quantified(pattern)?;
                while !p.at_pattern_end() && !p.is_symbol(Symbol::Pipe) {
                    p.quantified(pattern)?;
                }
                if !p.eat(Symbol::Pipe) {
                    return Ok(());
                }
            }
        })
    }

    fn at_pattern_end(&self) -> bool {
        let exclusion_end = self.is_symbol(Symbol::Minus) && self.symbol_at(1, Symbol::RightBrace);
        exclusion_end || matches!(self.kind(), Kind::End | Kind::Bad | Kind::Symbol(Symbol::RightParen | Symbol::Comma))
    }

    /// A part of a pattern with its `*`, `+`, `?` or `{n, m}`.
    fn quantified(&mut self, pattern: &mut Pattern) -> Rule<()> {
        self.pattern_primary(pattern)?;
        match self.kind() {
            Kind::Symbol(Symbol::Star | Symbol::Plus | Symbol::Question) => {
                self.bump();
            }
            Kind::Symbol(Symbol::LeftBrace) if !self.symbol_at(1, Symbol::Minus) => {
                let quantifier = self.quantifier()?;
                pattern.quantifiers.push(quantifier);
            }
            _ => return Ok(()),
        }
        self.eat(Symbol::Question);
        Ok(())
    }

    fn quantifier(&mut self) -> Rule<Quantifier> {
        let start = self.bump().span.start;
        let at_least = self.digits();
        let comma = self.eat(Symbol::Comma);
        let at_most = if comma { self.digits() } else { at_least.clone() };
        if !comma && at_least.is_none() {
            return Err(self.unexpected("how often the part is repeated, such as `{2, 3}`"));
        }
        self.expect(Symbol::RightBrace, "`}`")?;
        Ok(Quantifier { at_least, at_most, span: self.since(start) })
    }

    fn digits(&mut self) -> Option<String> {
        (self.kind() == Kind::Integer).then(|| self.bump_text().replace('_', ""))
    }

    fn pattern_primary(&mut self, pattern: &mut Pattern) -> Rule<()> {
        let start = self.span();
        match self.kind() {
            Kind::Symbol(Symbol::Caret | Symbol::Dollar) => {
                self.bump();
                pattern.anchor.get_or_insert(start);
                Ok(())
            }
            Kind::Symbol(Symbol::LeftParen) => self.parens(|p| match p.is_symbol(Symbol::RightParen) {
                true => Ok(()),
                false => p.alternatives(pattern),
            }),
            Kind::Symbol(Symbol::LeftBrace) if self.symbol_at(1, Symbol::Minus) => {
                self.at += 2;
                self.alternatives(pattern)?;
                self.expect(Symbol::Minus, "`-}`")?;
                self.expect(Symbol::RightBrace, "`-}`")?;
                let span = self.since(start.start);
                pattern.exclusion.get_or_insert(span);
                Ok(())
            }
            Kind::Word(_) if self.is_word("permute") && self.symbol_at(1, Symbol::LeftParen) => {
                self.bump();
                self.parens(|p| {
                    p.alternatives(pattern)?;
                    while p.eat(Symbol::Comma) {
                        p.alternatives(pattern)?;
                    }
                    Ok(())
                })
            }
            _ => {
                pattern.variables.push(self.ident()?);
                Ok(())
            }
        }
    }
}
