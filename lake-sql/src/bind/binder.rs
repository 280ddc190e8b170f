//! The state of one binding, and what every part of it shares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::correlation;
use super::scope::Scope;
use super::{Names, Outcome, Site, SiteKind};
use crate::bound::{AggregateCall, BoundQuery, Column, ColumnId, Cte, CteId, Expr, OutputColumn, Rel, WindowCall};
use crate::finding::{Finding, Severity};
use crate::span::Span;
use crate::syntax::tree;
use crate::types::{Type, TypeRules};

/// The state of one binding.
pub(super) struct Binder<'a> {
    /// The user's text.
    pub text: Arc<str>,
    /// What names mean.
    pub names: &'a dyn Names,
    /// Type rules.
    pub rules: TypeRules,
    /// The rules of the engine that the text is sent to; types are those of `rules` there too.
    pub target: TypeRules,
    /// What was found so far.
    pub findings: Vec<Finding>,
    /// What a renderer must edit.
    pub sites: Vec<Site>,
    /// Bound CTEs.
    pub ctes: Vec<Cte>,
    /// Relations to the left of subqueries that are not LATERAL, which do not see them.
    pub siblings: Vec<String>,
    /// CTE names that are visible, innermost last.
    pub visible: Vec<VisibleCte>,
    /// The recursive queries whose steps are being bound, and where they are read.
    pub recursions: Vec<(CteId, Vec<Span>)>,
    /// The selects that are being bound, innermost last.
    pub selects: Vec<SelectContext>,
    /// Outer columns used by the subqueries that are being bound, innermost last.
    pub frames: Vec<BTreeSet<ColumnId>>,
    /// Columns known not to be null where an expression stands.
    pub narrowed: Vec<BTreeSet<ColumnId>>,
    /// Null-extended sides of outer joins.
    pub extensions: Vec<NullExtension>,
    /// What an expression of a row pattern may name.
    pub variables: Option<super::row_pattern::Variables>,
    /// Newtypes of columns.
    pub brands: BTreeMap<ColumnId, Arc<str>>,
    /// Parameters of the helper that is being bound.
    pub parameters: BTreeMap<String, Expr>,
    /// Their arguments as SQL.
    pub written_parameters: BTreeMap<String, String>,
    /// Helpers that are being put in, outermost first.
    pub expanding: Vec<String>,
    /// Whether some subquery uses columns around it.
    pub correlated: bool,
    complete: bool,
    next_column: u32,
    next_cte: u32,
}

/// A CTE by its name.
#[derive(Clone)]
pub(super) struct VisibleCte {
    /// Name as written.
    pub name: String,
    /// Which; None if its binding failed: everything about it is accepted.
    pub id: Option<CteId>,
    /// Its columns with the CTE's own ids.
    pub columns: Vec<Column>,
}

/// Columns that an outer join makes null together.
pub(super) struct NullExtension {
    /// All columns of the side.
    pub columns: BTreeSet<ColumnId>,
    /// Those that are not null where the side has a row.
    pub present: BTreeSet<ColumnId>,
}

/// The clause that an expression stands in, for what is allowed there and for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// The select list.
    Select,
    /// FROM, with the arguments of UNNEST.
    From,
    /// ON of a join.
    On,
    /// WHERE
    Where,
    /// GROUP BY
    GroupBy,
    /// HAVING
    Having,
    /// ORDER BY
    OrderBy,
    /// LIMIT, OFFSET, FETCH, TABLESAMPLE, FOR VERSION: constants
    Constant,
    /// The clauses of a row pattern.
    RowPattern,
    /// ON and WHEN of a MERGE, SET of an UPDATE.
    Statement,
}

impl Clause {
    /// The clause as messages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => "the select list",
            Self::From => "FROM",
            Self::On => "a join's ON",
            Self::Where => "WHERE",
            Self::GroupBy => "GROUP BY",
            Self::Having => "HAVING",
            Self::OrderBy => "ORDER BY",
            Self::Constant => "a constant",
            Self::RowPattern => "a row pattern",
            Self::Statement => "this statement",
        }
    }
}

/// What an expression is nested in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Nothing special.
    Plain,
    /// The arguments of an aggregate.
    Aggregate,
    /// The arguments, keys or frame of a window function.
    Window,
    /// The body of a lambda.
    Lambda,
}

/// What is collected while the expressions of one SELECT are bound.
pub(super) struct SelectContext {
    /// Where the expression stands.
    pub clause: Clause,
    /// What it is nested in.
    pub inside: Inside,
    /// Aggregates of the select.
    pub aggregates: Vec<(ColumnId, AggregateCall)>,
    /// Where aggregates of equal arguments stand among them.
    pub aggregate_index: BTreeMap<u64, Vec<usize>>,
    /// `grouping(…)` calls with their bound arguments.
    pub groupings: Vec<(ColumnId, Vec<Expr>, Span)>,
    /// Window calls.
    pub windows: Vec<(ColumnId, WindowCall)>,
    /// WINDOW clause.
    pub named_windows: Vec<(tree::Ident, tree::WindowSpec)>,
    /// Aliases of the select list, which only ORDER BY sees.
    pub aliases: Vec<String>,
    /// Whether some group may have no rows: no GROUP BY, or an empty grouping set.
    pub may_be_empty: bool,
}

impl SelectContext {
    /// A context that starts in `clause`.
    pub fn new(clause: Clause) -> Self {
        Self {
            clause,
            inside: Inside::Plain,
            aggregates: vec![],
            aggregate_index: BTreeMap::new(),
            groupings: vec![],
            windows: vec![],
            named_windows: vec![],
            aliases: vec![],
            may_be_empty: true,
        }
    }
}

/// A bound query before it is put somewhere.
pub(super) struct Bound {
    /// The relation; it may have more columns than are put out.
    pub rel: Rel,
    /// The result in order.
    pub columns: Vec<OutputColumn>,
    /// Whether it gives exactly one row, whatever the data.
    pub single_row: bool,
    /// False if columns are missing because of an error that was reported.
    pub complete: bool,
}

impl<'a> Binder<'a> {
    /// A binder for one text.
    pub fn new(text: &str, names: &'a dyn Names, rules: TypeRules) -> Self {
        Self {
            text: Arc::from(text),
            names,
            rules,
            target: rules,
            findings: vec![],
            sites: vec![],
            ctes: vec![],
            siblings: vec![],
            visible: vec![],
            recursions: vec![],
            selects: vec![],
            frames: vec![],
            narrowed: vec![],
            extensions: vec![],
            variables: None,
            brands: BTreeMap::new(),
            parameters: BTreeMap::new(),
            written_parameters: BTreeMap::new(),
            expanding: vec![],
            correlated: false,
            complete: true,
            next_column: 0,
            next_cte: 0,
        }
    }

    /// Binds the query of the whole text.
    pub fn top_query(&mut self, query: &tree::Query) -> BoundQuery {
        let bound = self.query(query, &Scope::root());
        self.complete = bound.complete;
        let query = BoundQuery { ctes: std::mem::take(&mut self.ctes), root: bound.rel, columns: bound.columns };
        if self.correlated && self.findings.iter().all(|finding| finding.severity == Severity::Lint) {
            self.findings.extend(correlation::check(&query));
        }
        query
    }

    /// The outcome, findings and sites in the order of their places.
    pub fn finish(mut self, query: BoundQuery) -> Outcome {
        self.sites.sort_by_key(|site| site.span);
        let sites = std::mem::take(&mut self.sites);
        Outcome { query: Some(query), complete: self.complete, findings: self.sorted_findings(), sites }
    }

    /// All findings in the order of their places.
    pub fn sorted_findings(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| (finding.span, finding.id));
        self.findings.dedup();
        self.findings
    }

    /// A fresh column id.
    pub fn fresh(&mut self) -> ColumnId {
        self.next_column += 1;
        ColumnId(self.next_column - 1)
    }

    /// A fresh CTE id.
    pub fn fresh_cte(&mut self) -> CteId {
        self.next_cte += 1;
        CteId(self.next_cte - 1)
    }

    /// A fresh column.
    pub fn column(&mut self, name: Option<String>, ty: Type, nullable: bool) -> Column {
        Column { id: self.fresh(), name, ty, nullable, brand: None }
    }

    /// Records a finding.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Records a place to edit. Text of helpers is no place of the user's text.
    pub fn site(&mut self, span: Span, kind: SiteKind) {
        self.sites.push(Site { span, kind });
    }

    /// The innermost select.
    pub fn select_context(&mut self) -> &mut SelectContext {
        self.selects.last_mut().expect("every expression is bound within a select context")
    }

    /// Runs `work` in a context of its own and gives the context back.
    pub fn in_context<T>(&mut self, clause: Clause, work: impl FnOnce(&mut Self) -> T) -> (T, SelectContext) {
        self.selects.push(SelectContext::new(clause));
        let result = work(self);
        let context = self.selects.pop().expect("the context was pushed above");
        (result, context)
    }

    /// Runs `work` with these columns known not to be null.
    pub fn narrowing<T>(&mut self, columns: BTreeSet<ColumnId>, work: impl FnOnce(&mut Self) -> T) -> T {
        self.narrowed.push(self.close_narrowing(columns));
        let result = work(self);
        self.narrowed.pop();
        result
    }

    /// Whether a column is known not to be null here.
    pub fn is_narrowed(&self, id: ColumnId) -> bool {
        self.narrowed.iter().any(|set| set.contains(&id))
    }

    /// Adds what follows from the columns: if one column of a null-extended side has a value, the side has a row.
    pub fn close_narrowing(&self, mut columns: BTreeSet<ColumnId>) -> BTreeSet<ColumnId> {
        loop {
            let before = columns.len();
            for extension in &self.extensions {
                if !extension.columns.is_disjoint(&columns) {
                    columns.extend(extension.present.iter().copied());
                }
            }
            if columns.len() == before {
                return columns;
            }
        }
    }
}
