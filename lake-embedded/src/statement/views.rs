//! A view is replaced by its query, bound at the moment of use.

use lake_sql::bound::statement::BoundStatement;
use lake_sql::bound::{BoundQuery, ColumnId, Rel, RelKind, Scan, TableName};
use lake_sql::syntax::parse_statement;

use super::{Run, refuse};
use crate::error::{Fault, Result};
use crate::names::{Meaning, split};
use crate::rewrite::{Columns, walk};

/// Views in views in views: more is a circle.
const DEEPEST: usize = 64;

/// Room for the ids of one view's CTEs.
const CTES_OF_A_VIEW: u32 = 100_000;

/// Replaces the views that a query reads; `inside` is the view whose query it is to become.
pub(crate) fn replace(query: &mut BoundQuery, run: &Run<'_>, inside: Option<(String, String)>) -> Result<()> {
    let mut columns = Columns::of(query);
    let mut replacer =
        Replacer { run, columns: &mut columns, open: inside.into_iter().collect(), ctes: vec![], imports: 0 };
    let mut ctes = std::mem::take(&mut query.ctes);
    for cte in &mut ctes {
        replacer.rel(&mut cte.rel)?;
        if let Some(arm) = &mut cte.recursive {
            replacer.rel(&mut arm.rel)?;
        }
    }
    replacer.rel(&mut query.root)?;
    // The ones of views come first: nothing of a view refers to the query's own.
    query.ctes = replacer.ctes;
    query.ctes.extend(ctes);
    Ok(())
}

struct Replacer<'a> {
    run: &'a Run<'a>,
    columns: &'a mut Columns,
    /// The views that are being replaced, outermost first.
    open: Vec<(String, String)>,
    ctes: Vec<lake_sql::bound::Cte>,
    imports: u32,
}

impl Replacer<'_> {
    fn rel(&mut self, rel: &mut Rel) -> Result<()> {
        if let RelKind::Scan(scan) = &rel.kind
            && let TableName::Named(parts) = &scan.table
            && let Some(Meaning::View { sql, .. }) = self.run.names.find(parts)?
        {
            rel.kind = self.view(scan, parts, &sql)?;
            return Ok(());
        }
        for input in walk::inputs_mut(rel) {
            self.rel(input)?;
        }
        for expr in walk::exprs_mut(rel) {
            self.expr(expr)?;
        }
        Ok(())
    }

    fn expr(&mut self, expr: &mut lake_sql::bound::Expr) -> Result<()> {
        if let Some(query) = walk::subquery_mut(expr) {
            self.rel(&mut query.rel)?;
        }
        expr.children_mut().into_iter().try_for_each(|child| self.expr(child))
    }

    fn view(&mut self, scan: &Scan, parts: &[String], sql: &str) -> Result<RelKind> {
        let key = split(parts);
        let name = format!("{}.{}", key.0, key.1);
        if scan.version.is_some() {
            return Err(Fault::statement(format!("view {name} has no versions")));
        }
        if self.open.contains(&key) || self.open.len() > DEEPEST {
            return Err(Fault::statement(format!("view {name} reads itself")));
        }
        let parsed = parse_statement(sql);
        let broken = |fault: Fault| Fault { message: format!("view {name}: {}", fault.message), ..fault };
        refuse(&parsed.findings, sql).map_err(broken)?;
        let tree = parsed.tree.ok_or_else(|| Fault::internal(format!("view {name} is empty")))?;
        let BoundStatement::Query(query) = self.run.bound(&tree, sql).map_err(broken)? else {
            return Err(Fault::internal(format!("view {name} is no query")));
        };
        let stale = query.columns.len() != scan.columns.len()
            || query.columns.iter().zip(&scan.columns).any(|(found, stored)| found.ty != stored.ty);
        if stale {
            return Err(Fault::statement(format!(
                "view {name} is stale: its query gives other columns now than when it was made"
            ))
            .help("create the view anew"));
        }
        self.open.push(key);
        let (query, made) = self.imported(query)?;
        self.open.pop();
        let renamed = scan.columns.iter().zip(made).map(|(to, from)| (to.id, self.columns.column(from))).collect();
        Ok(RelKind::Project { input: Box::new(query), columns: renamed })
    }

    /// The relation of another query under ids that are free here; its CTEs are added to the query's.
    fn imported(&mut self, query: BoundQuery) -> Result<(Rel, Vec<ColumnId>)> {
        self.imports += 1;
        let mut query = self.columns.import(query, self.imports * CTES_OF_A_VIEW);
        for mut cte in std::mem::take(&mut query.ctes) {
            self.rel(&mut cte.rel)?;
            if let Some(arm) = &mut cte.recursive {
                self.rel(&mut arm.rel)?;
            }
            self.ctes.push(cte);
        }
        self.rel(&mut query.root)?;
        Ok((query.root, query.columns.iter().map(|column| column.id).collect()))
    }
}
