//! UNNEST: a row for each element.

use std::sync::Arc;

use super::binder::{Binder, Clause};
use super::build::rel;
use super::relation::FromItem;
use super::scope::{Field, Scope, Source};
use crate::bound::{Column, RelKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree;
use crate::types::Type;

impl Binder<'_> {
    /// The elements of the collections beside the columns of `input`.
    pub fn unnest(
        &mut self,
        input: FromItem,
        args: &[tree::Expr],
        ordinality: bool,
        outer: bool,
        scope: &Scope<'_>,
        span: Span,
    ) -> FromItem {
        let mut collections = vec![];
        let mut columns = vec![];
        let mut complete = true;
        let padded = outer || args.len() > 1;
        for arg in args {
            let collection = self.in_context(Clause::From, |binder| binder.expr(arg, scope)).0;
            if let Some(elements) = self.elements(&collection.ty, padded, collection.span) {
                collections.push(collection);
                columns.push(elements);
            } else {
                complete = false;
            }
        }
        let mut fields: Vec<Column> = columns.iter().flatten().cloned().collect();
        let ordinality = ordinality.then(|| {
            let column = self.column(None, Type::BigInt, outer);
            let id = column.id;
            fields.push(column);
            id
        });
        let fields = fields.into_iter().map(|column| Field { qualifier: Arc::default(), column }).collect();
        let kind = RelKind::Unnest { input: Box::new(input.rel), collections, columns, ordinality, outer };
        FromItem { rel: rel(kind, span), fields, sources: vec![Source { qualifier: Arc::default(), complete }] }
    }

    /// The columns that a collection gives: one, or one for each field of a row, or key and value.
    ///
    /// A key of a map is never null, unless a shorter map is padded beside a longer collection.
    fn elements(&mut self, ty: &Type, padded: bool, span: Span) -> Option<Vec<Column>> {
        match ty {
            Type::Array(element) => Some(match element.as_ref() {
                Type::Row(fields) => {
                    fields.iter().map(|field| self.column(field.name.clone(), field.ty.clone(), true)).collect()
                }
                other => vec![self.column(None, other.clone(), true)],
            }),
            Type::Map(key, value) => Some(vec![
                self.column(None, key.as_ref().clone(), padded),
                self.column(None, value.as_ref().clone(), true),
            ]),
            Type::Error => None,
            other => {
                self.report(finding::not_unnestable::new(other, span));
                None
            }
        }
    }
}
