//! JSON_TABLE.

use super::json::JsonPath;
use super::{Parser, Rule};
use crate::finding::syntax;
use crate::syntax::token::{Keyword, Symbol};
use crate::syntax::tree::{JsonColumn, JsonColumnKind, JsonPlan, JsonPlanNode, JsonTable, RelationKind};

impl Parser<'_> {
    pub(super) fn json_table(&mut self) -> Rule<RelationKind> {
        self.bump();
        let table = self.parens(|p| {
            let JsonPath { args, formats, passed, name: path_name } = p.json_path()?;
            let columns = p.json_columns()?;
            let plan = if p.is_word("plan") { Some(p.json_plan()?) } else { None };
            if p.eat_word(Keyword::Error) || p.eat_word(Keyword::Empty) {
                p.on(Keyword::Error)?;
            }
            Ok(JsonTable { args, formats, passed, path_name, columns, plan })
        })?;
        Ok(RelationKind::JsonTable(Box::new(table)))
    }

    /// `COLUMNS (column, …)`
    fn json_columns(&mut self) -> Rule<Vec<JsonColumn>> {
        self.expect_word(Keyword::Columns, "`columns (…)`")?;
        self.parens(|p| Ok(p.comma_list(Self::json_column)))
    }

    fn json_column(&mut self) -> Rule<JsonColumn> {
        let start = self.start();
        if self.is_word("nested") && !self.kind_at(1).is(Keyword::For) {
            return self.nested(|p| p.nested_columns(start));
        }
        let name = self.ident()?;
        if self.eat_words(&[Keyword::For, Keyword::Ordinality]) {
            return Ok(JsonColumn { name: Some(name), kind: JsonColumnKind::Ordinality, span: self.since(start) });
        }
        let ty = self.type_name()?;
        let query = self.is(Keyword::Format);
        self.json_format()?;
        let path = if self.eat_plain("path") { Some(self.string_expr()?) } else { None };
        let kind = match query {
            true => {
                self.wrapper_and_quotes()?;
                self.query_behaviours()?;
                JsonColumnKind::Query { ty, path }
            }
            false => JsonColumnKind::Value { ty, path, defaults: self.value_behaviours()? },
        };
        Ok(JsonColumn { name: Some(name), kind, span: self.since(start) })
    }

    fn nested_columns(&mut self, start: usize) -> Rule<JsonColumn> {
        self.bump();
        self.eat_plain("path");
        let path = self.string_expr()?;
        let name = if self.eat_word(Keyword::As) { Some(self.ident()?) } else { None };
        let columns = self.json_columns()?;
        Ok(JsonColumn { name, kind: JsonColumnKind::Nested { path, columns }, span: self.since(start) })
    }

    fn json_plan(&mut self) -> Rule<JsonPlan> {
        self.bump();
        if !self.eat_word(Keyword::Default) {
            return self.parens(Self::json_plan_node).map(JsonPlan::Specific);
        }
        self.parens(|p| {
            let nesting = |p: &mut Self| p.eat_word(Keyword::Outer) || p.eat_word(Keyword::Inner);
            let siblings = |p: &mut Self| p.eat_word(Keyword::Union) || p.eat_word(Keyword::Cross);
            let first_nesting = nesting(p);
            if !first_nesting && !siblings(p) {
                return Err(p.unexpected("`outer`, `inner`, `union` or `cross`"));
            }
            if p.eat(Symbol::Comma) && !(if first_nesting { siblings(p) } else { nesting(p) }) {
                let expected = if first_nesting { "`union` or `cross`" } else { "`outer` or `inner`" };
                return Err(p.unexpected(expected));
            }
            Ok(JsonPlan::Default)
        })
    }

    fn json_plan_node(&mut self) -> Rule<JsonPlanNode> {
        let start = self.start();
        let first = self.json_plan_primary()?;
        if self.eat_word(Keyword::Outer) || self.eat_word(Keyword::Inner) {
            let JsonPlanNode::Path(parent) = first else {
                let finding = syntax::expected(first.span(), "the name of a path", "a plan in parentheses");
                return Err(self.report(finding));
            };
            return Ok(JsonPlanNode::Nested(parent, Box::new(self.json_plan_primary()?)));
        }
        let operator = match (self.is(Keyword::Union), self.is(Keyword::Cross)) {
            (true, _) => Keyword::Union,
            (_, true) => Keyword::Cross,
            _ => return Ok(first),
        };
        let mut siblings = vec![first];
        while self.eat_word(operator) {
            siblings.push(self.json_plan_primary()?);
        }
        Ok(JsonPlanNode::Siblings(siblings, self.since(start)))
    }

    /// The name of a path, or a plan in parentheses.
    fn json_plan_primary(&mut self) -> Rule<JsonPlanNode> {
        match self.is_symbol(Symbol::LeftParen) {
            true => self.nested(|p| p.parens(Self::json_plan_node)),
            false => self.ident().map(JsonPlanNode::Path),
        }
    }
}
