//! Table functions: `TABLE(f(…))`.

use std::sync::Arc;

use super::binder::{Binder, Clause};
use super::build::rel;
use super::relation::FromItem;
use super::scope::{Field, Scope, Source, same_name};
use crate::bound::{Column, Expr, ExprKind, Literal, Opaque, Rel, RelKind};
use crate::finding::table_function as found;
use crate::span::Span;
use crate::syntax::tree::{Ident, Name, TableArgument, TypeName};
use crate::types::{Type, can_coerce};

/// What an argument must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    BigInt,
    Text,
    Table,
    Descriptor,
}

/// A parameter: name, what it takes, whether it may be left out.
type Parameter = (&'static str, Wanted, bool);

/// Functions by name with their parameters.
const FUNCTIONS: &[(&str, &[Parameter])] = &[
    ("sequence", &[("start", Wanted::BigInt, true), ("stop", Wanted::BigInt, false), ("step", Wanted::BigInt, true)]),
    ("exclude_columns", &[("input", Wanted::Table, false), ("columns", Wanted::Descriptor, false)]),
    (
        "table_changes",
        &[
            ("schema_name", Wanted::Text, false),
            ("table_name", Wanted::Text, false),
            ("start_snapshot_id", Wanted::BigInt, false),
            ("end_snapshot_id", Wanted::BigInt, false),
        ],
    ),
];

/// Arguments by parameter.
#[derive(Default)]
struct Bound<'t> {
    values: Vec<Option<Expr>>,
    table: Option<FromItem>,
    descriptor: Option<&'t [(Ident, Option<TypeName>)]>,
    failed: bool,
}

impl Binder<'_> {
    /// `TABLE(f(…))`
    pub fn table_function(
        &mut self,
        name: &Name,
        args: &[(Option<Ident>, TableArgument)],
        scope: &Scope<'_>,
        span: Span,
    ) -> FromItem {
        let own = name.parts.last().expect("a name has at least one part").value.to_lowercase();
        // Iceberg's function is in a schema of its catalog, the others are Trino's own.
        let known =
            FUNCTIONS.iter().find(|(known, _)| *known == own && (*known == "table_changes") == (name.parts.len() > 1));
        let Some((_, parameters)) = known else {
            let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).filter(|known| *known != own).collect();
            let written: Vec<&str> = name.parts.iter().map(|part| part.value.as_str()).collect();
            self.report(found::unknown(&written.join("."), &names, name.span));
            return FromItem::broken(span);
        };
        let bound = self.table_arguments(parameters, args, scope, span);
        if bound.failed {
            return FromItem::broken(span);
        }
        let columns = match own.as_str() {
            "sequence" => {
                self.check_sequence(&bound.values, span);
                Some(vec![self.column(Some("sequential_number".to_owned()), Type::BigInt, false)])
            }
            "exclude_columns" => self.excluded(&bound, span),
            _ => self.changes(&name.parts, &bound.values),
        };
        let Some(columns) = columns else { return FromItem::broken(span) };
        let inputs: Vec<Rel> = bound.table.into_iter().map(|table| table.rel).collect();
        let args = bound.values.into_iter().flatten().collect();
        let fields = columns.iter().map(|column| Field { qualifier: Arc::default(), column: column.clone() }).collect();
        let opaque = Opaque { what: format!("the table function `{own}`"), inputs, args, columns };
        let sources = vec![Source { qualifier: Arc::default(), complete: true }];
        FromItem { rel: rel(RelKind::Opaque(Box::new(opaque)), span), fields, sources }
    }

    fn table_arguments<'t>(
        &mut self,
        parameters: &[Parameter],
        args: &'t [(Option<Ident>, TableArgument)],
        scope: &Scope<'_>,
        span: Span,
    ) -> Bound<'t> {
        let mut bound = Bound { values: vec![None; parameters.len()], ..Bound::default() };
        let mut given = vec![false; parameters.len()];
        let before = self.findings.len();
        let names: Vec<&str> = parameters.iter().map(|(name, ..)| *name).collect();
        let place = args.first().map_or(span, |(_, arg)| arg.span());
        if args.len() > parameters.len() {
            let message = format!("the function takes {} arguments, found {}", parameters.len(), args.len());
            self.report(found::argument(message, place));
        } else if args.iter().any(|(name, _)| name.is_some()) && args.iter().any(|(name, _)| name.is_none()) {
            self.report(found::argument("arguments are given all by position or all by name", place));
        }
        for (position, (name, arg)) in args.iter().enumerate().take(parameters.len()) {
            let index = match name {
                None => position,
                Some(name) => match names.iter().position(|known| same_name(known, &name.value)) {
                    Some(index) => index,
                    None => {
                        self.report(found::unknown_argument(&name.value, &names, name.span));
                        continue;
                    }
                },
            };
            if std::mem::replace(&mut given[index], true) {
                self.report(found::argument(format!("`{}` is given twice", names[index]), arg.span()));
                continue;
            }
            self.table_function_argument(parameters[index], index, arg, scope, &mut bound);
        }
        for ((name, _, optional), given) in parameters.iter().zip(given) {
            if !given && !optional && self.findings.len() == before {
                self.report(found::argument(format!("the argument `{name}` is missing"), place));
            }
        }
        bound.failed = self.findings.len() > before;
        bound
    }

    fn table_function_argument<'t>(
        &mut self,
        (name, wanted, _): Parameter,
        index: usize,
        arg: &'t TableArgument,
        scope: &Scope<'_>,
        bound: &mut Bound<'t>,
    ) {
        match (wanted, arg) {
            (Wanted::Table, TableArgument::Table(table)) => {
                if let Some(key) = table.partition_by.first() {
                    let message = format!("`{name}` takes a table without PARTITION BY");
                    self.report(found::argument(message, key.span));
                } else if let Some(key) = table.order_by.first() {
                    let message = format!("`{name}` takes a table without ORDER BY");
                    self.report(found::argument(message, key.span));
                }
                bound.table = Some(self.relation(&table.relation, scope));
            }
            (Wanted::Descriptor, TableArgument::Descriptor(columns, _)) => bound.descriptor = Some(columns),
            (Wanted::BigInt | Wanted::Text, TableArgument::Expr(value)) => {
                let value = self.in_context(Clause::Constant, |binder| binder.expr(value, &Scope::root())).0;
                let ty = if wanted == Wanted::BigInt { Type::BigInt } else { Type::Varchar(None) };
                if value.ty.has_error() {
                    return;
                }
                if !can_coerce(&value.ty, &ty, self.rules) {
                    self.report(found::argument(format!("`{name}` is {ty}, found {}", value.ty), value.span));
                    return;
                }
                bound.values[index] = Some(self.coerce(value, &ty));
            }
            (wanted, other) => {
                let expected = match wanted {
                    Wanted::Table => "a table: `table(name)` or `table(select …)`",
                    Wanted::Descriptor => "columns: `descriptor(a, b)`",
                    Wanted::BigInt | Wanted::Text => "a value",
                };
                self.report(found::argument(format!("`{name}` takes {expected}"), other.span()));
            }
        }
    }

    /// The steps of a sequence lead from its start to its end.
    fn check_sequence(&mut self, values: &[Option<Expr>], span: Span) {
        if let Some(null) = values.iter().flatten().find(|value| value.kind == ExprKind::Literal(Literal::Null)) {
            self.report(found::argument("an argument of `sequence` is not null", null.span));
            return;
        }
        let constant = |value: &Option<Expr>, default: i64| match value {
            None => Some(default),
            Some(value) => integer(value),
        };
        let known = (constant(&values[0], 0), constant(&values[1], 0), constant(&values[2], 1));
        let (Some(start), Some(stop), Some(step)) = known else { return };
        if start < stop && step <= 0 || start > stop && step >= 0 {
            let direction = if start < stop { "positive" } else { "negative" };
            let message = format!("the step of a sequence from {start} to {stop} is {direction}, found {step}");
            let place = values[2].as_ref().map_or(span, |value| value.span);
            self.report(found::argument(message, place));
        }
    }

    /// The columns of the input but for those of the descriptor.
    fn excluded(&mut self, bound: &Bound<'_>, span: Span) -> Option<Vec<Column>> {
        let (table, excluded) = (bound.table.as_ref()?, bound.descriptor?);
        if table.sources.iter().any(|source| !source.complete) {
            return None;
        }
        let named =
            |column: &Column, name: &Ident| column.name.as_deref().is_some_and(|own| same_name(own, &name.value));
        for (name, ty) in excluded {
            if let Some(ty) = ty {
                self.report(found::argument("the columns to exclude have no types", ty.span));
                return None;
            }
            if !table.fields.iter().any(|field| named(&field.column, name)) {
                let message = format!("the input has no column `{}`", name.value);
                self.report(found::argument(message, name.span));
                return None;
            }
        }
        let kept = table.fields.iter().filter(|field| !excluded.iter().any(|(name, _)| named(&field.column, name)));
        let columns: Vec<Column> = kept.map(|field| self.renewed(&field.column)).collect();
        if columns.is_empty() {
            self.report(found::argument("all columns are excluded", span));
            return None;
        }
        Some(columns)
    }

    /// The columns of a table, and what Iceberg says of each change.
    fn changes(&mut self, function: &[Ident], values: &[Option<Expr>]) -> Option<Vec<Column>> {
        let (schema, table) = (text(values.first()?.as_ref()?)?, text(values.get(1)?.as_ref()?)?);
        let mut parts = vec![schema, table];
        if let [catalog, _, _] = function {
            parts.insert(0, catalog.value.clone());
        }
        let Some(relation) = self.names.table(&parts) else {
            let place = values[1].as_ref().map(|value| value.span).unwrap_or_default();
            self.report(found::argument(format!("there is no table `{}`", parts.join(".")), place));
            return None;
        };
        let mut columns = self.declared_columns(&relation);
        for (name, ty) in [
            ("_change_type", Type::Varchar(None)),
            ("_change_version_id", Type::BigInt),
            ("_change_timestamp", Type::TimestampTz(3)),
            ("_change_ordinal", Type::Integer),
        ] {
            columns.push(self.column(Some(name.to_owned()), ty, false));
        }
        Some(columns)
    }
}

fn integer(value: &Expr) -> Option<i64> {
    match &value.kind {
        ExprKind::Literal(Literal::Integer(value)) => Some(*value),
        ExprKind::Cast { expr, .. } => integer(expr),
        _ => None,
    }
}

fn text(value: &Expr) -> Option<String> {
    match &value.kind {
        ExprKind::Literal(Literal::Text(text)) => Some(text.to_string()),
        ExprKind::Cast { expr, .. } => text(expr),
        _ => None,
    }
}
