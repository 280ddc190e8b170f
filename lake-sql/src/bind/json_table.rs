//! JSON_TABLE: the types of its columns, its names and its plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::binder::{Binder, Clause};
use super::build::rel;
use super::relation::FromItem;
use super::scope::{Field, Scope, Source};
use crate::bound::{Column, Expr, Opaque, RelKind};
use crate::finding::json_table as found;
use crate::span::Span;
use crate::syntax::tree::{Ident, JsonColumn, JsonColumnKind, JsonPlan, JsonPlanNode, JsonTable};
use crate::types::Type;

/// What is gathered from the columns of all levels.
struct Gathered {
    columns: Vec<Column>,
    args: Vec<Expr>,
    /// Names of columns and paths.
    names: BTreeSet<String>,
}

impl Binder<'_> {
    /// `JSON_TABLE(…)`; its input may refer to relations to the left.
    pub fn json_table(&mut self, written: &JsonTable, scope: &Scope<'_>, span: Span) -> FromItem {
        let args = self.in_context(Clause::From, |binder| {
            let args: Vec<Expr> = written.args.iter().map(|arg| binder.expr(arg, scope)).collect();
            binder.check_json_operands("json_table", &args, &written.formats);
            binder.check_json_path(&written.args, &written.passed);
            args
        });
        let names = written.path_name.iter().map(Ident::canonical).collect();
        let mut gathered = Gathered { columns: vec![], args: args.0, names };
        self.json_columns(&written.columns, scope, &mut gathered);
        match &written.plan {
            Some(JsonPlan::Default) => self.require_path_names(&written.columns),
            Some(JsonPlan::Specific(plan)) => self.check_plan(written, plan, span),
            None => {}
        }
        let Gathered { columns, args, .. } = gathered;
        let fields = columns.iter().map(|column| Field { qualifier: Arc::default(), column: column.clone() }).collect();
        let opaque = Opaque { what: "JSON_TABLE".to_owned(), inputs: vec![], args, columns };
        let sources = vec![Source { qualifier: Arc::default(), complete: true }];
        FromItem { rel: rel(RelKind::Opaque(Box::new(opaque)), span), fields, sources }
    }

    fn json_columns(&mut self, written: &[JsonColumn], scope: &Scope<'_>, gathered: &mut Gathered) {
        for column in written {
            if let Some(name) = column.name.as_ref().filter(|name| !gathered.names.insert(name.canonical())) {
                self.report(found::duplicate(name));
            }
            let (ty, nullable) = match &column.kind {
                JsonColumnKind::Ordinality => (Type::BigInt, true),
                JsonColumnKind::Nested { path, columns } => {
                    self.check_json_path_text(path, &[]);
                    self.json_columns(columns, scope, gathered);
                    continue;
                }
                JsonColumnKind::Query { ty, path } => {
                    path.iter().for_each(|path| self.check_json_path_text(path, &[]));
                    (self.json_result("a column of JSON_TABLE", false, Some(ty)), true)
                }
                JsonColumnKind::Value { ty, path, defaults } => {
                    path.iter().for_each(|path| self.check_json_path_text(path, &[]));
                    let ty = self.json_result("a column of JSON_TABLE", true, Some(ty));
                    for default in defaults {
                        let default = self.in_context(Clause::From, |binder| binder.expr(default, scope)).0;
                        let default = self.json_default(default, &ty);
                        gathered.args.push(default);
                    }
                    (ty, true)
                }
            };
            let name = column.name.as_ref().map(Ident::canonical);
            let column = self.column(name, ty, nullable);
            gathered.columns.push(column);
        }
    }

    fn require_path_names(&mut self, columns: &[JsonColumn]) {
        for column in columns {
            let JsonColumnKind::Nested { path, columns } = &column.kind else { continue };
            if column.name.is_none() {
                self.report(found::unnamed_path(path.span));
            }
            self.require_path_names(columns);
        }
    }

    /// Compares a plan with the paths.
    fn check_plan(&mut self, written: &JsonTable, plan: &JsonPlanNode, span: Span) {
        let Some(root) = &written.path_name else {
            let path = written.args.get(1).map_or(span, |path| path.span);
            self.report(found::unnamed_path(path));
            return;
        };
        if let JsonPlanNode::Siblings(_, place) = plan {
            let message = "a PLAN is one path, with those below it behind OUTER or INNER".to_owned();
            self.report(found::plan(message, *place));
            return;
        }
        let before = self.findings.len();
        self.require_path_names(&written.columns);
        if self.findings.len() > before {
            return;
        }
        let paths = BTreeMap::from([(root.canonical(), &written.columns[..])]);
        if let Err(message) = fits(&paths, plan) {
            self.report(found::plan(message, plan.span()));
        }
    }
}

/// Whether a plan names exactly the paths of a level, and so below.
fn fits(paths: &BTreeMap<String, &[JsonColumn]>, plan: &JsonPlanNode) -> Result<(), String> {
    let mut parts = BTreeMap::new();
    siblings(plan, &mut parts)?;
    if let Some(missing) = paths.keys().find(|name| !parts.contains_key(*name)) {
        return Err(format!("the PLAN leaves out the path `{missing}`"));
    }
    if let Some(unknown) = parts.keys().find(|name| !paths.contains_key(*name)) {
        return Err(format!("there is no path `{unknown}` at this level"));
    }
    for (name, columns) in paths {
        let below: BTreeMap<String, &[JsonColumn]> = columns
            .iter()
            .filter_map(|column| match (&column.kind, &column.name) {
                (JsonColumnKind::Nested { columns, .. }, Some(name)) => Some((name.canonical(), &columns[..])),
                _ => None,
            })
            .collect();
        match parts.get(name).copied().flatten() {
            Some(plan) => fits(&below, plan)?,
            None if below.is_empty() => {}
            None => return Err(format!("the PLAN leaves out the paths below `{name}`")),
        }
    }
    Ok(())
}

/// The paths of one level of a plan, each with what is below it.
fn siblings<'p>(plan: &'p JsonPlanNode, parts: &mut BTreeMap<String, Option<&'p JsonPlanNode>>) -> Result<(), String> {
    let (name, below) = match plan {
        JsonPlanNode::Path(name) => (name, None),
        JsonPlanNode::Nested(name, below) => (name, Some(below.as_ref())),
        JsonPlanNode::Siblings(all, _) => return all.iter().try_for_each(|plan| siblings(plan, parts)),
    };
    match parts.insert(name.canonical(), below) {
        Some(_) => Err(format!("the PLAN names the path `{}` twice", name.value)),
        None => Ok(()),
    }
}
