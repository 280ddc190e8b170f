//! What names an expression sees, and how a name finds its column.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::binder::Binder;
use crate::bound::{Column, ColumnId, Expr, ExprKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::Ident;
use crate::types::Type;

/// A column of a relation in FROM.
#[derive(Clone)]
pub(super) struct Field {
    /// Parts of the relation's name; empty if it has none (joined columns of USING).
    pub qualifier: Arc<[String]>,
    /// The column.
    pub column: Column,
}

/// A relation in FROM, for messages and for `t.*`.
#[derive(Clone)]
pub(super) struct Source {
    /// Parts of its name; empty for an unnamed subquery.
    pub qualifier: Arc<[String]>,
    /// False if some of its columns are unknown.
    pub complete: bool,
}

impl Source {
    /// The name that qualifies its columns.
    pub fn name(&self) -> Option<&str> {
        self.qualifier.last().map(String::as_str)
    }
}

/// The names of one level and of those around it.
#[derive(Clone, Default)]
pub(super) struct Scope<'s> {
    /// The level around this one.
    pub parent: Option<&'s Scope<'s>>,
    /// Columns.
    pub fields: Vec<Field>,
    /// Relations.
    pub sources: Vec<Source>,
    /// Number of subqueries around this level.
    pub depth: usize,
    /// Relations to the left of a LATERAL or UNNEST.
    pub is_lateral: bool,
    /// Output columns of a select, as ORDER BY sees them: arguments of aggregates do not.
    pub is_output: bool,
}

impl<'s> Scope<'s> {
    /// The scope of a query that is in no other.
    pub fn root() -> Self {
        Self::default()
    }

    /// This level and those around it, innermost first.
    pub fn levels(&self) -> impl Iterator<Item = &Scope<'s>> {
        let mut next = Some(self);
        std::iter::from_fn(move || {
            let level = next?;
            next = level.parent;
            Some(level)
        })
    }

    /// Marks columns as not null.
    pub fn narrow(&mut self, columns: &BTreeSet<ColumnId>) {
        for field in &mut self.fields {
            if columns.contains(&field.column.id) {
                field.column.nullable = false;
            }
        }
    }

    /// Whether a qualifier means a relation of this level or of one around it.
    fn has_source(&self, qualifier: &[Ident]) -> bool {
        self.levels().any(|level| level.sources.iter().any(|source| qualifies(&source.qualifier, qualifier)))
    }

    /// Whether USING made a column of this name, which belongs to no relation.
    fn has_joined(&self, name: &Ident) -> bool {
        self.sources.len() > 1 && self.matches(&[], name).iter().any(|field| field.qualifier.is_empty())
    }

    /// Fields that a qualified name means at this level.
    fn matches(&self, qualifier: &[Ident], name: &Ident) -> Vec<&Field> {
        let mut found: Vec<&Field> = vec![];
        for field in &self.fields {
            let named = field.column.name.as_deref().is_some_and(|own| same_name(own, &name.value));
            if named && qualifies(&field.qualifier, qualifier) {
                found.push(field);
            }
        }
        found
    }

    /// Whether an unknown name may be a column of an incomplete relation of this level.
    fn may_hide(&self, qualifier: &[Ident]) -> bool {
        self.sources.iter().any(|source| !source.complete && qualifies(&source.qualifier, qualifier))
    }
}

/// Names are compared without case, even quoted ones.
pub(super) fn same_name(left: &str, right: &str) -> bool {
    match (left.as_bytes(), right.as_bytes()) {
        // Most names differ in their first letter.
        ([a, ..], [b, ..]) if a.is_ascii() && b.is_ascii() && !a.eq_ignore_ascii_case(b) => false,
        _ if left.is_ascii() && right.is_ascii() => left.eq_ignore_ascii_case(right),
        _ => left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase)),
    }
}

/// Whether `written` (such as `raw.orders`) means the relation `own`.
pub(super) fn qualifies(own: &[String], written: &[Ident]) -> bool {
    written.len() <= own.len()
        && own[own.len() - written.len()..].iter().zip(written).all(|(own, written)| same_name(own, &written.value))
}

/// What a name turned out to be at one level.
enum Found {
    Column { field: Field, rest: usize, depth: usize },
    Ambiguous { candidates: Vec<Field>, position: usize },
    Hidden,
}

impl Binder<'_> {
    /// Resolves `a`, `t.a`, `s.t.a`, `a.field` …
    pub fn resolve(&mut self, path: &[Ident], scope: &Scope<'_>, span: Span) -> Expr {
        match self.resolve_variable(path, scope, span) {
            Some(expr) => expr,
            None => self.resolve_plain(path, scope, span),
        }
    }

    /// Resolves a name of columns alone.
    pub fn resolve_plain(&mut self, path: &[Ident], scope: &Scope<'_>, span: Span) -> Expr {
        match self.find(path, scope) {
            Some(Found::Column { field, rest, depth }) => {
                let name_span = path[0].span.to(path[rest - 1].span);
                let mut expr = self.resolve_field(&field, depth, name_span);
                for part in &path[rest..] {
                    expr = self.row_field(expr, part, span);
                }
                expr
            }
            Some(Found::Ambiguous { candidates, position }) => {
                let found = finding::ambiguous_column::new(&path[position], span, &names_of(&candidates));
                self.report(found);
                error_expr(span)
            }
            Some(Found::Hidden) => error_expr(span),
            None => {
                self.report_unknown(path, scope, span);
                error_expr(span)
            }
        }
    }

    /// An expression for a column, with what is known about it here.
    pub fn column_expr(&self, column: &Column, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Column(column.id),
            ty: column.ty.clone(),
            nullable: column.nullable && !self.is_narrowed(column.id),
            span,
        }
    }

    /// A field of a level that was found.
    pub fn resolve_field(&mut self, field: &Field, depth: usize, span: Span) -> Expr {
        self.use_outer(field.column.id, depth);
        self.column_expr(&field.column, span)
    }

    /// Notes that subqueries inside of `depth` use a column from outside.
    fn use_outer(&mut self, id: ColumnId, depth: usize) {
        for frame in self.frames.iter_mut().skip(depth) {
            frame.insert(id);
        }
    }

    fn find(&mut self, path: &[Ident], scope: &Scope<'_>) -> Option<Found> {
        let skip_output = self.select_context().inside == super::binder::Inside::Aggregate;
        for level in scope.levels().filter(|level| !(skip_output && level.is_output)) {
            for position in (0..path.len()).rev() {
                let candidates = level.matches(&path[..position], &path[position]);
                if candidates.len() > 1 {
                    return Some(Found::Ambiguous { candidates: candidates.into_iter().cloned().collect(), position });
                }
                if let Some(field) = candidates.first() {
                    return Some(Found::Column { field: (*field).clone(), rest: position + 1, depth: level.depth });
                }
            }
            if (0..path.len()).any(|position| level.may_hide(&path[..position])) {
                return Some(Found::Hidden);
            }
        }
        None
    }

    /// Says what a name could have meant.
    fn report_unknown(&mut self, path: &[Ident], scope: &Scope<'_>, span: Span) {
        let (name, qualifier) = path.split_last().expect("a name has at least one part");
        let found = match qualifier {
            [] => self.unknown_plain(name, scope),
            [.., relation] if scope.has_source(qualifier) => {
                if scope.levels().any(|level| level.has_joined(name)) {
                    finding::unknown_column::joined(name, relation)
                } else {
                    finding::unknown_column::new(name, Some(&relation.value), &visible_columns(scope, qualifier))
                }
            }
            [first, ..] if self.siblings.iter().any(|sibling| same_name(sibling, &first.value)) => {
                finding::unknown_qualifier::sibling(first, span)
            }
            [first, ..] => {
                let sources = scope.levels().flat_map(|level| &level.sources);
                let sources: Vec<String> = sources.filter_map(|source| source.name().map(str::to_owned)).collect();
                finding::unknown_qualifier::new(first, span, &sources)
            }
        };
        self.report(found);
    }

    fn unknown_plain(&mut self, name: &Ident, scope: &Scope<'_>) -> finding::Finding {
        let alias = self.select_context().aliases.iter().find(|alias| same_name(alias, &name.value)).cloned();
        if let Some(alias) = alias {
            return finding::alias_not_visible::new(&alias, name.span, self.select_context().clause.name());
        }
        let sources: Vec<&Source> = scope.levels().flat_map(|level| &level.sources).collect();
        let only = match &sources[..] {
            [only] => only.name(),
            _ => None,
        };
        finding::unknown_column::new(name, only, &visible_columns(scope, &[]))
    }
}

/// Columns that a message may offer.
fn visible_columns(scope: &Scope<'_>, qualifier: &[Ident]) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for field in scope.levels().flat_map(|level| &level.fields) {
        if let Some(name) = &field.column.name
            && qualifies(&field.qualifier, qualifier)
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

fn names_of(fields: &[Field]) -> Vec<String> {
    fields.iter().filter_map(|field| field.qualifier.last().cloned()).collect()
}

/// What stands for an expression whose error was reported.
pub(super) fn error_expr(span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(crate::bound::Literal::Null), ty: Type::Error, nullable: false, span }
}
