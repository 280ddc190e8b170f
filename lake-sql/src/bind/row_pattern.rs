//! Row patterns: MATCH_RECOGNIZE and the patterns that cut the frames of windows.
//!
//! Which rows match is the engine's to find. Here are the names that the clauses see, the types of the measures and what
//! Trino refuses.

use std::sync::Arc;

use super::binder::{Binder, Clause, Inside};
use super::build::rel;
use super::relation::FromItem;
use super::scope::{Field, Scope, Source, error_expr, same_name};
use crate::bound::{Column, Expr, ExprKind, Opaque, RelKind};
use crate::finding::{self, row_pattern as found};
use crate::functions::{Function, FunctionKind};
use crate::span::Span;
use crate::syntax::tree::{self, Call, Ident, RowPattern, RowsPerMatch};
use crate::types::Type;

/// What an expression of MEASURES or DEFINE may name beside columns, and what it has named.
#[derive(Clone)]
pub(super) struct Variables {
    /// Variables and subsets of the pattern.
    labels: Vec<String>,
    /// Whether the pattern cuts the frame of a window.
    in_window: bool,
    /// Whether this is DEFINE, which knows no FINAL.
    is_definition: bool,
    /// Whose rows the columns and classifiers so far are of; None is any row.
    used: Vec<Option<String>>,
    /// The navigations and aggregates so far.
    calls: Vec<(PatternCall, Span)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PatternCall {
    /// FIRST, LAST
    Logical,
    /// PREV, NEXT
    Physical,
    Aggregate,
}

impl Variables {
    /// The label that a name is, if it is one.
    fn find(&self, name: &Ident) -> Option<String> {
        let label = name.canonical();
        self.labels.contains(&label).then_some(label)
    }
}

impl Binder<'_> {
    /// `relation MATCH_RECOGNIZE (…)`
    pub fn match_recognize(&mut self, written: &tree::MatchRecognize, scope: &Scope<'_>, span: Span) -> FromItem {
        let input = self.relation(&written.input, scope);
        let complete = input.sources.iter().all(|source| source.complete);
        self.check_names(&input, written.input.span);
        let inner = input.scope(scope, self.frames.len());
        let partition = self.pattern_columns(written.partition_by.iter(), &inner);
        let order = self.pattern_columns(written.order_by.iter().map(|item| &item.expr), &inner);
        for key in partition.iter().filter(|key| !key.ty.is_comparable() && key.ty != Type::Unknown) {
            self.report(finding::not_comparable::new("PARTITION BY", &key.ty, key.span));
        }
        for key in &order {
            self.require_orderable(key);
        }
        if let Some(search) = written.pattern.search {
            self.report(found::search(search));
        }
        let exclusion = written.pattern.pattern.as_ref().and_then(|pattern| pattern.exclusion);
        if let (RowsPerMatch::Unmatched, Some(exclusion)) = (written.rows, exclusion) {
            self.report(found::exclusion(exclusion));
        }
        let (definitions, measures) = self.pattern_expressions(&written.pattern, &inner, false);
        let columns = self.pattern_output(written, &input, [&partition, &order], &measures);
        if columns.is_empty() && complete {
            self.report(found::no_columns(span));
        }
        let args = partition.into_iter().chain(order).chain(definitions).chain(measures).collect();
        let fields = columns.iter().map(|column| Field { qualifier: Arc::default(), column: column.clone() }).collect();
        let opaque = Opaque { what: "MATCH_RECOGNIZE".to_owned(), inputs: vec![input.rel], args, columns };
        let sources = vec![Source { qualifier: Arc::default(), complete }];
        FromItem { rel: rel(RelKind::Opaque(Box::new(opaque)), span), fields, sources }
    }

    /// A pattern names columns without their relation, so that names must differ.
    fn check_names(&mut self, input: &FromItem, span: Span) {
        for (position, field) in input.fields.iter().enumerate() {
            let Some(name) = &field.column.name else { continue };
            let named = |other: &Field| other.column.name.as_deref().is_some_and(|other| same_name(other, name));
            if input.fields[..position].iter().any(named) {
                self.report(found::ambiguous(name, span));
                return;
            }
        }
    }

    /// Keys of PARTITION BY and ORDER BY, which are columns of the input.
    fn pattern_columns<'t>(&mut self, written: impl Iterator<Item = &'t tree::Expr>, scope: &Scope<'_>) -> Vec<Expr> {
        let mut keys = vec![];
        for written in written {
            let key = self.in_context(Clause::RowPattern, |binder| binder.expr(written, scope)).0;
            let local = key.as_column().is_some_and(|id| scope.fields.iter().any(|field| field.column.id == id));
            if !local && !key.ty.has_error() {
                self.report(found::not_a_column(written.span));
            } else {
                keys.push(key);
            }
        }
        keys
    }

    /// The columns of the result, under new ids: keys of partitions, keys of the order, measures, and what is left.
    fn pattern_output(
        &mut self,
        written: &tree::MatchRecognize,
        input: &FromItem,
        [partition, order]: [&[Expr]; 2],
        measures: &[Expr],
    ) -> Vec<Column> {
        let all = written.rows != RowsPerMatch::One;
        let shown = partition.iter().chain(order.iter().filter(|_| all));
        let keys: Vec<_> = shown.filter_map(Expr::as_column).collect();
        let mut columns: Vec<Column> = keys
            .iter()
            .filter_map(|id| input.fields.iter().find(|field| field.column.id == *id))
            .map(|field| self.renewed(&field.column))
            .collect();
        for (measure, (_, name)) in measures.iter().zip(&written.pattern.measures) {
            columns.push(self.column(Some(name.value.clone()), measure.ty.clone(), true));
        }
        let rest = input.fields.iter().filter(|field| all && !keys.contains(&field.column.id));
        columns.extend(rest.map(|field| self.renewed(&field.column)).collect::<Vec<_>>());
        columns
    }

    /// The same column under a new id.
    pub fn renewed(&mut self, column: &Column) -> Column {
        let new = Column { id: self.fresh(), ..column.clone() };
        if let Some(brand) = self.brands.get(&column.id).cloned() {
            self.brands.insert(new.id, brand);
        }
        new
    }

    /// Checks the clauses of a pattern and binds its expressions: the conditions, and the measures.
    pub fn pattern_expressions(
        &mut self,
        written: &RowPattern,
        scope: &Scope<'_>,
        in_window: bool,
    ) -> (Vec<Expr>, Vec<Expr>) {
        let labels = self.check_variables(written);
        let mut variables = Variables { labels, in_window, is_definition: true, used: vec![], calls: vec![] };
        let mut conditions = vec![];
        for (_, condition) in &written.definitions {
            let bound = self.pattern_expression(condition, variables.clone(), scope);
            if !matches!(bound.ty, Type::Boolean | Type::Error) {
                self.report(finding::not_boolean::new("DEFINE", &bound.ty, condition.span));
            }
            conditions.push(bound);
        }
        variables.is_definition = false;
        let measures = written
            .measures
            .iter()
            .map(|(measure, _)| self.pattern_expression(measure, variables.clone(), scope))
            .collect();
        (conditions, measures)
    }

    fn pattern_expression(&mut self, written: &tree::Expr, variables: Variables, scope: &Scope<'_>) -> Expr {
        let before = self.variables.replace(variables);
        let bound = self.in_context(Clause::RowPattern, |binder| binder.expr(written, scope)).0;
        self.variables = before;
        bound
    }

    /// The names that PATTERN and SUBSET declare; what is wrong with those of the other clauses is reported.
    fn check_variables(&mut self, written: &RowPattern) -> Vec<String> {
        let primary: Vec<String> = written.pattern.iter().flat_map(|p| &p.variables).map(Ident::canonical).collect();
        let mut subsets: Vec<String> = vec![];
        for (name, members) in &written.subsets {
            if primary.contains(&name.canonical()) || subsets.contains(&name.canonical()) {
                self.report(found::declared_twice(name));
            }
            subsets.push(name.canonical());
            for member in members.iter().filter(|member| !primary.contains(&member.canonical())) {
                self.report(found::unknown_variable(member, &primary));
            }
        }
        for (position, (name, _)) in written.definitions.iter().enumerate() {
            if !primary.contains(&name.canonical()) {
                self.report(found::unknown_variable(name, &primary));
            } else if written.definitions[..position].iter().any(|(other, _)| other.canonical() == name.canonical()) {
                self.report(found::declared_twice(name));
            }
        }
        for quantifier in written.pattern.iter().flat_map(|pattern| &pattern.quantifiers) {
            self.check_quantifier(quantifier);
        }
        let mut labels: Vec<String> = primary.into_iter().chain(subsets).collect();
        if let Some(name) = written.skip_to.as_ref().filter(|name| !labels.contains(&name.canonical())) {
            self.report(found::unknown_variable(name, &labels));
        }
        // What is defined without being in the pattern was reported; its uses are no further mistakes.
        labels.extend(written.definitions.iter().map(|(name, _)| name.canonical()));
        labels
    }

    fn check_quantifier(&mut self, quantifier: &tree::Quantifier) {
        const MOST: i64 = i32::MAX as i64;
        let bound = |digits: &Option<String>| digits.as_ref().map(|digits| digits.parse().unwrap_or(i64::MAX));
        let (low, high) = (bound(&quantifier.at_least), bound(&quantifier.at_most));
        let too_many = low.into_iter().chain(high).any(|bound| bound > MOST);
        if too_many || high == Some(0) || low.zip(high).is_some_and(|(low, high)| low > high) {
            self.report(found::quantifier(quantifier.span));
        }
    }

    /// A dotted name where a pattern's variables are known: `A.x`. Other qualifiers do not exist there.
    pub fn resolve_variable(&mut self, path: &[Ident], scope: &Scope<'_>, span: Span) -> Option<Expr> {
        let variables = self.variables.as_ref()?;
        let [first, rest @ ..] = path else { return None };
        if rest.is_empty() {
            self.use_rows_of(None);
            return None;
        }
        match (variables.find(first), rest) {
            (Some(label), [column]) => {
                self.use_rows_of(Some(label));
                Some(self.resolve_plain(std::slice::from_ref(column), scope, span))
            }
            _ => {
                let labels = variables.labels.clone();
                self.report(found::qualifier(first, span, &labels));
                Some(error_expr(span))
            }
        }
    }

    fn use_rows_of(&mut self, label: Option<String>) {
        if let Some(variables) = &mut self.variables {
            variables.used.push(label);
        }
    }

    /// `RUNNING f(a)`, `FINAL f(a)`
    pub fn semantics(&mut self, last: bool, word: Span, operand: &tree::Expr, scope: &Scope<'_>) -> Expr {
        let tree::ExprKind::Call(call) = &operand.kind else { return self.expr(operand, scope) };
        if self.variables.is_none() {
            self.report(found::semantics_outside(word));
            return error_expr(operand.span);
        }
        let name = call.name.parts.last().map(|name| name.value.to_lowercase()).unwrap_or_default();
        let aggregate =
            crate::functions::lookup(&name).is_some_and(|function| function.kind == FunctionKind::Aggregate);
        if last && self.variables.as_ref().is_some_and(|variables| variables.is_definition) {
            self.report(found::final_in_define(word));
        } else if !aggregate && !matches!(name.as_str(), "first" | "last") {
            self.report(found::semantics(&name, word));
        }
        self.expr(operand, scope)
    }

    /// A function that only row patterns have, or an aggregate over the rows of a match; None for any other call.
    pub fn pattern_call(&mut self, name: &str, call: &Call, scope: &Scope<'_>, span: Span) -> Option<Expr> {
        self.variables.as_ref()?;
        let kind = match name {
            _ if call.name.parts.len() > 1 => None,
            "match_number" | "classifier" => return Some(self.pattern_fact(name, call, span)),
            "first" | "last" => Some(PatternCall::Logical),
            "prev" | "next" => Some(PatternCall::Physical),
            _ => None,
        };
        if let Some(kind) = kind {
            return Some(self.navigation(name, kind, call, scope, span));
        }
        let function = crate::functions::lookup(name)?;
        let aggregate = function.kind == FunctionKind::Aggregate && call.over.is_none();
        aggregate.then(|| self.match_aggregate(function, call, scope, span))
    }

    /// MATCH_NUMBER() or CLASSIFIER([variable]).
    fn pattern_fact(&mut self, name: &str, call: &Call, span: Span) -> Expr {
        self.check_plain(name, call, span);
        let variables = self.variables.as_ref().expect("the caller saw them");
        if name == "match_number" {
            if variables.in_window || !call.args.is_empty() {
                let found = if variables.in_window { found::match_number(span) } else { found::no_arguments(span) };
                self.report(found);
            }
            return Expr { nullable: false, ..pattern_value("match_number", vec![], Type::BigInt, span) };
        }
        let label = match &call.args[..] {
            [] => None,
            [tree::Expr { kind: tree::ExprKind::Column(name), .. }] => match variables.find(name) {
                Some(label) => Some(label),
                None => {
                    let labels = variables.labels.clone();
                    self.report(found::unknown_variable(name, &labels));
                    None
                }
            },
            _ => {
                self.report(found::classifier(span));
                None
            }
        };
        self.use_rows_of(label);
        pattern_value("classifier", vec![], Type::Varchar(None), span)
    }

    /// FIRST, LAST, PREV or NEXT: the value of another row of the match.
    fn navigation(&mut self, name: &str, kind: PatternCall, call: &Call, scope: &Scope<'_>, span: Span) -> Expr {
        self.check_plain(name, call, span);
        let (value, offset) = match &call.args[..] {
            [value] => (value, None),
            [value, offset] => (value, Some(offset)),
            _ => {
                self.report(found::navigation_arguments(name, span));
                return error_expr(span);
            }
        };
        if let Some(offset) = offset.filter(|offset| !is_distance(offset)) {
            self.report(found::distance(name, offset.span));
        }
        let (bound, used, calls) = self.within_call(|binder| binder.expr(value, scope));
        match &calls[..] {
            [] => {}
            [(PatternCall::Logical, inner)] if kind == PatternCall::Physical && *inner == value.span => {}
            [(_, inner), ..] => self.report(found::nesting(name, *inner)),
        }
        self.check_labels(name, &used, span);
        if used.is_empty() && !bound.ty.has_error() {
            self.report(found::no_row(name, span));
        }
        self.note_call(kind, span);
        let function = if kind == PatternCall::Logical { "first" } else { "prev" };
        if bound.ty.has_error() {
            return error_expr(span);
        }
        let ty = bound.ty.clone();
        pattern_value(function, vec![bound], ty, span)
    }

    /// An aggregate over rows of the match.
    fn match_aggregate(&mut self, function: &'static Function, call: &Call, scope: &Scope<'_>, span: Span) -> Expr {
        self.check_plain(function.name, call, span);
        if let (true, [tree::Expr { kind: tree::ExprKind::Column(name), .. }]) = (call.star, &call.args[..]) {
            let variables = self.variables.as_ref().expect("the caller saw them");
            match variables.find(name) {
                _ if function.name != "count" => self.report(found::star(function.name, span)),
                Some(label) => self.use_rows_of(Some(label)),
                None => {
                    let labels = variables.labels.clone();
                    self.report(found::unknown_variable(name, &labels));
                }
            }
        }
        let (bound, used, calls) = self.within_call(|binder| {
            binder.inside(Inside::Aggregate, |binder| binder.aggregate_arguments(function, call, scope, span))
        });
        if let Some((_, inner)) = calls.first() {
            self.report(found::nesting(function.name, *inner));
        }
        self.check_labels(function.name, &used, span);
        self.note_call(PatternCall::Aggregate, span);
        match bound {
            Some((name, args, ty)) => pattern_value(name, args, ty, span),
            None => error_expr(span),
        }
    }

    /// Runs `work`, and tells which rows and calls it has named.
    fn within_call<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> T,
    ) -> (T, Vec<Option<String>>, Vec<(PatternCall, Span)>) {
        let marks = |binder: &Self| binder.variables.as_ref().map_or((0, 0), |v| (v.used.len(), v.calls.len()));
        let (used, calls) = marks(self);
        let result = work(self);
        let variables = self.variables.as_ref().expect("whoever replaces them puts them back");
        (result, variables.used[used..].to_vec(), variables.calls[calls..].to_vec())
    }

    fn note_call(&mut self, kind: PatternCall, span: Span) {
        if let Some(variables) = &mut self.variables {
            variables.calls.push((kind, span));
        }
    }

    /// All parts of one call are about rows of one variable.
    fn check_labels(&mut self, name: &str, used: &[Option<String>], span: Span) {
        if used.iter().any(|label| *label != used[0]) {
            self.report(found::labels(name, span));
        }
    }

    /// Nothing but arguments stands in or behind the call.
    fn check_plain(&mut self, name: &str, call: &Call, span: Span) {
        let extras = [
            (call.over.is_some(), "OVER"),
            (call.filter.is_some(), "FILTER"),
            (!call.order_by.is_empty(), "ORDER BY"),
            (call.distinct, "DISTINCT"),
        ];
        if let Some((_, what)) = extras.into_iter().find(|(written, _)| *written) {
            self.report(found::extra(name, what, span));
        }
    }
}

/// A value of a match. Empty matches have none, so it may be null.
fn pattern_value(function: &'static str, args: Vec<Expr>, ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Call { function, args }, ty, nullable: true, span }
}

fn is_distance(written: &tree::Expr) -> bool {
    match &written.kind {
        tree::ExprKind::Literal(tree::Literal::Integer(digits)) => digits.parse::<i32>().is_ok_and(|n| n >= 0),
        _ => false,
    }
}
