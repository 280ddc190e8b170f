//! Table functions: `TABLE(f(…))`.

use super::{Parser, Rule};
use crate::syntax::token::{Keyword, Symbol};
use crate::syntax::tree::{Ident, InputTable, Relation, RelationKind, TableArgument, TypeName};

impl Parser<'_> {
    /// `f(a => 1, b => table(t))` inside TABLE( )
    pub(super) fn table_function(&mut self) -> Rule<RelationKind> {
        let name = self.name()?;
        let args = self.parens(|p| {
            let args = match p.is_symbol(Symbol::RightParen) || p.is(Keyword::Copartition) {
                true => vec![],
                false => p.comma_list(Self::table_argument),
            };
            if p.is(Keyword::Copartition) && p.symbol_at(1, Symbol::LeftParen) {
                p.bump();
                p.comma_list(|p| p.parens(|p| Ok(p.comma_list(Self::name))));
            }
            Ok(args)
        })?;
        Ok(RelationKind::TableFunction { name, args })
    }

    fn table_argument(&mut self) -> Rule<(Option<Ident>, TableArgument)> {
        let name = match self.kind().is_name() && self.symbol_at(1, Symbol::FatArrow) {
            true => {
                let name = self.ident()?;
                self.bump();
                Some(name)
            }
            false => None,
        };
        let start = self.start();
        let descriptor = self.is(Keyword::Descriptor) && self.symbol_at(1, Symbol::LeftParen);
        let value = if self.is(Keyword::Table) {
            TableArgument::Table(Box::new(self.input_table()?))
        } else if descriptor {
            self.bump();
            let fields = self.parens(|p| Ok(p.comma_list(Self::descriptor_field)))?;
            TableArgument::Descriptor(fields, self.since(start))
        } else {
            TableArgument::Expr(self.expr_element()?)
        };
        Ok((name, value))
    }

    fn descriptor_field(&mut self) -> Rule<(Ident, Option<TypeName>)> {
        let name = self.ident()?;
        let ty = if self.at_boundary() { None } else { Some(self.type_name()?) };
        Ok((name, ty))
    }

    /// `TABLE(t) [alias] [PARTITION BY …] [PRUNE | KEEP WHEN EMPTY] [ORDER BY …]`
    fn input_table(&mut self) -> Rule<InputTable> {
        let start = self.bump().span.start;
        let kind = self.parens(|p| match p.kind().starts_query() {
            true => p.boxed_query().map(RelationKind::Subquery),
            false => Ok(p.relation_primary()?.kind),
        })?;
        let relation = Relation { kind, span: self.since(start) };
        let properties = self.are(&[Keyword::Partition, Keyword::By])
            || self.are(&[Keyword::Prune, Keyword::When])
            || self.are(&[Keyword::Keep, Keyword::When]);
        let relation = if properties { relation } else { self.aliases(relation)? };
        let partition_by = match self.eat_words(&[Keyword::Partition, Keyword::By]) {
            true => self.one_or_parens(Self::try_expr)?,
            false => vec![],
        };
        let _ = self.eat_words(&[Keyword::Prune, Keyword::When, Keyword::Empty])
            || self.eat_words(&[Keyword::Keep, Keyword::When, Keyword::Empty]);
        let order_by = match self.eat_words(&[Keyword::Order, Keyword::By]) {
            true => self.one_or_parens(Self::sort_item)?,
            false => vec![],
        };
        Ok(InputTable { relation, partition_by, order_by, span: self.since(start) })
    }

    /// `a` or `(a, b)`, also `()`.
    fn one_or_parens<T>(&mut self, mut rule: impl FnMut(&mut Self) -> Rule<T>) -> Rule<Vec<T>> {
        if !self.is_symbol(Symbol::LeftParen) {
            return Ok(vec![rule(self)?]);
        }
        self.parens(|p| match p.is_symbol(Symbol::RightParen) {
            true => Ok(vec![]),
            false => Ok(p.comma_list(rule)),
        })
    }
}
