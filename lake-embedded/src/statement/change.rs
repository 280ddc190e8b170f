//! INSERT, UPDATE, DELETE, MERGE and TRUNCATE: a query that carries file and position of the rows it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, new_null_array};
use arrow::compute;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use lake_iceberg::{Change, NewFiles, Table};
use lake_sql::bound::statement::{Delete, Insert, Merge, MergeAction, Target, Update};
use lake_sql::bound::{
    BoundQuery, Column, ColumnId, CompareOp, Cte, Expr, ExprKind, JoinKind, Literal, OutputColumn, Rel, RelKind, Scan,
    TableName,
};
use lake_sql::span::Span;
use lake_sql::syntax::tree;
use lake_sql::types::Type;
use roaring::RoaringTreemap;

use super::sorted::sorted;
use super::writer::Writer;
use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::names::TARGET;
use crate::table::provider::{FILE, POSITION, conformed};
use crate::table::schema::{self, Column as TableColumn};
use crate::types;

/// A file that loses this share of its rows is written anew.
const REWRITTEN_SHARE: f64 = 0.5;

/// Rows that a statement removes and adds.
struct Delta {
    /// Positions by the number of the file.
    deletes: BTreeMap<i64, RoaringTreemap>,
    writer: Writer,
    rows: u64,
}

impl Run<'_> {
    pub(super) fn writer(&self, table: &Table, columns: &[TableColumn]) -> Result<Writer> {
        Writer::new(table, columns, self.state.config().target_partitions())
    }

    pub(super) async fn insert(&self, insert: &Insert) -> Result<Answer> {
        let table = self.names.table(&insert.target.table)?;
        if self.is_done(&table) {
            return Ok(Answer::changed(0));
        }
        let columns = schema::columns(table.metadata().current_schema())?;
        let mut writer = self.writer(&table, &columns)?;
        let at = |name: &str| columns.iter().position(|(column, ..)| column == name);
        let position = |name: &str| insert.positions.iter().position(|given| Some(*given) == at(name));
        let query = sorted(&insert.query, &table.ordering(), position);
        let mut found = self.execute(&query).await?;
        let mut rows = 0;
        while let Some(batch) = self.next(&mut found).await? {
            let arrays = columns
                .iter()
                .enumerate()
                .map(|(at, (_, ty, _))| match insert.positions.iter().position(|position| *position == at) {
                    Some(given) => Ok(batch.column(given).clone()),
                    None => Ok(new_null_array(&types::arrow(ty)?, batch.num_rows())),
                })
                .collect::<Result<Vec<_>>>()?;
            rows += batch.num_rows() as u64;
            writer.write(&arrays, batch.num_rows()).await?;
        }
        let files = writer.finish().await?;
        self.commit(&table, Change::append(files), &insert.target.table).await?;
        Ok(Answer::changed(rows))
    }

    pub(super) async fn update(&self, update: &Update) -> Result<Answer> {
        let table = self.names.set_target(&update.target.table)?;
        if self.is_done(&table) {
            return Ok(Answer::changed(0));
        }
        self.apply(&table, &update.target, &update_query(update)).await
    }

    pub(super) async fn delete(&self, delete: &Delete) -> Result<Answer> {
        let table = self.names.set_target(&delete.target.table)?;
        if self.is_done(&table) {
            return Ok(Answer::changed(0));
        }
        if delete.filter.is_none() {
            return self.clear(&table, &delete.target.table).await;
        }
        self.apply(&table, &delete.target, &delete_query(delete)).await
    }

    pub(super) async fn truncate(&self, name: &tree::Name) -> Result<Answer> {
        let parts = parts(name);
        let table = self.names.table(&parts)?;
        if self.is_done(&table) {
            return Ok(Answer::default());
        }
        self.clear(&table, &parts).await?;
        Ok(Answer::default())
    }

    /// Removes all rows.
    async fn clear(&self, table: &Table, name: &[String]) -> Result<Answer> {
        let scan = table.scan();
        let rows = scan.count().await?;
        let files: Vec<String> = scan.plan().await?.into_iter().map(|task| task.data_file_path.clone()).collect();
        let change = Change::row_delta(BTreeMap::new(), NewFiles::none()).and_remove(files);
        self.commit(table, change, name).await?;
        Ok(Answer::changed(rows))
    }

    pub(super) async fn merge(&self, merge: &Merge) -> Result<Answer> {
        let table = self.names.set_target(&merge.target.table)?;
        if self.is_done(&table) {
            return Ok(Answer::changed(0));
        }
        let mut made = Made::of_merge(merge);
        // `on false` is an append that is compared with the head: of the target nothing needs to be read.
        let within = if is_false(&merge.on) { Some(merge.on.clone()) } else { self.within(merge, &mut made).await? };
        let query = merge_query(merge, within.as_ref(), &mut made);
        self.apply(&table, &merge.target, &query).await
    }

    /// Runs a query of (kind, file, position, new values) and commits what it says. Kind 0 removes a row, 1 replaces
    /// it, 2 adds one.
    async fn apply(&self, table: &Arc<Table>, target: &Target, query: &BoundQuery) -> Result<Answer> {
        let columns = schema::columns(table.metadata().current_schema())?;
        let writer = self.writer(table, &columns)?;
        let mut delta = Delta { deletes: BTreeMap::new(), writer, rows: 0 };
        // Kind, file and position come before the values; a delete has none.
        let at = |name: &str| columns.iter().position(|(column, ..)| column == name).map(|at| at + 3);
        let query = sorted(query, &table.ordering(), at);
        let mut found = self.execute(&query).await?;
        while let Some(batch) = self.next(&mut found).await? {
            delta.take(&batch).await?;
        }
        let mut deletes = self.by_name(std::mem::take(&mut delta.deletes))?;
        let whole = self.rewrite_files(table, &deletes, &mut delta.writer).await?;
        deletes.retain(|file, _| !whole.contains(file));
        let Delta { writer, rows, .. } = delta;
        let added = writer.finish().await?;
        let deletes = deletes.into_iter().map(|(file, rows)| (file, rows.iter().collect())).collect();
        let mut change = Change::row_delta(deletes, added).and_remove(whole);
        if let Some(rows) = self.names.computed_from(&target.table) {
            change = change.computed_from(rows);
        }
        self.commit(table, change, &target.table).await?;
        Ok(Answer::changed(rows))
    }

    /// The files by their names instead of their numbers.
    fn by_name(&self, deletes: BTreeMap<i64, RoaringTreemap>) -> Result<BTreeMap<String, RoaringTreemap>> {
        let files = self.names.changed_files();
        let name = |number| files.name(number).ok_or_else(|| Fault::internal("a row came from no file"));
        deletes.into_iter().map(|(number, rows)| Ok((name(number)?.to_string(), rows))).collect()
    }

    /// The files of which so many rows go that they are given up: the rows that stay are written anew. Of the others,
    /// the places of the rows are written, which costs less now and a little at each read.
    async fn rewrite_files(
        &self,
        table: &Arc<Table>,
        deletes: &BTreeMap<String, RoaringTreemap>,
        writer: &mut Writer,
    ) -> Result<BTreeSet<String>> {
        if deletes.is_empty() {
            return Ok(BTreeSet::new());
        }
        let scan = table.scan();
        // Rows that are added to a file behind the others would not be in its order.
        let share = if table.ordering().is_empty() { REWRITTEN_SHARE } else { 1.0 };
        let mut given_up = BTreeMap::new();
        for task in scan.plan().await? {
            let removed = deletes.get(task.data_file_path.as_str()).map_or(0, RoaringTreemap::len);
            let all = task.record_count.unwrap_or(u64::MAX);
            if removed > 0 && removed as f64 >= all as f64 * share {
                given_up.insert(task.data_file_path.clone(), (task, removed == all));
            }
        }
        let some_left: Vec<_> = given_up.values().filter(|(_, none)| !none).map(|(task, _)| task.clone()).collect();
        let schema = writer.schema().clone();
        let mut rows = scan.positions_of(some_left).await?;
        while let Some(found) = self.unless_cancelled(rows.next()).await? {
            let found = found?;
            let gone = &deletes[&*found.file];
            let stays: BooleanArray =
                found.positions.values().iter().map(|at| Some(!gone.contains(*at as u64))).collect();
            let batch = compute::filter_record_batch(&conformed(&found.batch, &schema)?, &stays)?;
            writer.write(batch.columns(), batch.num_rows()).await?;
        }
        Ok(given_up.into_keys().collect())
    }
}

/// The rows that an update replaces, with their places and new values.
pub(super) fn update_query(update: &Update) -> BoundQuery {
    let mut made = Made::new(&update.target, &[]);
    let (target, file, position) = made.target(&update.target);
    let filtered = filtered(target, update.filter.as_ref());
    let values = (0..update.target.columns.len()).map(|at| {
        let given = update.assignments.iter().find(|(position, _)| *position == at);
        given.map_or_else(|| column(&update.target.columns[at]), |(_, value)| value.clone())
    });
    let kind = integer(1);
    let exprs = [kind, file, position].into_iter().chain(values).collect();
    made.query(filtered, exprs, update.ctes.clone())
}

/// The places of the rows that a delete removes.
pub(super) fn delete_query(delete: &Delete) -> BoundQuery {
    let mut made = Made::new(&delete.target, &[]);
    let (target, file, position) = made.target(&delete.target);
    let filtered = filtered(target, delete.filter.as_ref());
    made.query(filtered, vec![integer(0), file, position], delete.ctes.clone())
}

/// What a merge does to each row; of the target only the rows `within` are read.
pub(super) fn merge_query(merge: &Merge, within: Option<&Expr>, made: &mut Made) -> BoundQuery {
    let (target, file, position) = made.target(&merge.target);
    let inserts = merge.clauses.iter().any(|clause| !clause.matched);
    let kind = if inserts { JoinKind::Left } else { JoinKind::Inner };
    let joined = rel(RelKind::Join {
        kind,
        left: Box::new(merge.source.clone()),
        right: Box::new(filtered(target, within)),
        on: Some(merge.on.clone()),
        lateral: false,
    });
    let (rows, chosen) = made.clause(merge, joined, [&file, &position]);
    let rows = filtered(rows, Some(&not(is_null(chosen.clone()))));
    let mut exprs = vec![kind_of(merge, &chosen), file, position];
    for (at, to) in merge.target.columns.iter().enumerate() {
        exprs.push(new_value(merge, &chosen, at, to));
    }
    made.query(rows, exprs, merge.ctes.clone())
}

impl Delta {
    async fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let kinds = batch.column(0).as_primitive::<Int64Type>();
        let [files, positions] = [1, 2].map(|at| batch.column(at).as_primitive::<Int64Type>());
        for row in (0..batch.num_rows()).filter(|row| kinds.value(*row) != 2) {
            let rows = self.deletes.entry(files.value(row)).or_default();
            if !rows.insert(positions.value(row) as u64) {
                return Err(Fault::data("One MERGE target table row matched more than one source row"));
            }
        }
        self.rows += batch.num_rows() as u64;
        if batch.num_columns() == 3 {
            return Ok(());
        }
        let written: BooleanArray = kinds.iter().map(|kind| Some(kind != Some(0))).collect();
        let arrays = batch.columns()[3..]
            .iter()
            .map(|column| Ok(compute::filter(column, &written)?))
            .collect::<Result<Vec<_>>>()?;
        self.writer.write(&arrays, written.true_count()).await
    }
}

/// Makes the query of a change, with columns of its own.
pub(super) struct Made {
    next: u32,
}

impl Made {
    fn new(target: &Target, more: &[Column]) -> Self {
        let ids = target.columns.iter().chain(more).map(|column| column.id.0);
        Self { next: ids.max().map_or(0, |id| id + 1) }
    }

    /// For the query of a merge.
    pub(super) fn of_merge(merge: &Merge) -> Self {
        let mut made = Self::new(&merge.target, &merge.source_columns);
        made.reserve(&merge.source, &merge.ctes);
        made
    }

    /// Keeps clear of the ids of a source.
    fn reserve(&mut self, source: &Rel, ctes: &[Cte]) {
        let mut all = vec![source.clone()];
        for cte in ctes {
            all.push(cte.rel.clone());
            all.extend(cte.recursive.as_ref().map(|arm| arm.rel.clone()));
        }
        for mut rel in all {
            crate::rewrite::walk::each_id(&mut rel, &mut |id| self.next = self.next.max(id.0 + 1));
        }
    }

    pub(super) fn fresh(&mut self) -> ColumnId {
        // Far above what the binder hands out to subqueries of the statement's own expressions.
        self.next = self.next.max(1 << 24) + 1;
        ColumnId(self.next)
    }

    /// The target's rows with their places: file, position.
    fn target(&mut self, target: &Target) -> (Rel, Expr, Expr) {
        let place = |made: &mut Self, name: &str, ty| Column {
            id: made.fresh(),
            name: Some(name.into()),
            ty,
            nullable: true,
            brand: None,
        };
        let (file, position) = (place(self, FILE, Type::BigInt), place(self, POSITION, Type::BigInt));
        let (of_file, of_position) = (column(&file), column(&position));
        let mut columns = target.columns.clone();
        columns.extend([file, position]);
        let scan = Scan { table: TableName::Reference(TARGET.into()), columns, version: None };
        (rel(RelKind::Scan(scan)), of_file, of_position)
    }

    /// The joined rows with the number of the clause that applies, null if none does.
    fn clause(&mut self, merge: &Merge, joined: Rel, places: [&Expr; 2]) -> (Rel, Expr) {
        let [file, _] = places;
        let mut branches = vec![];
        for (number, clause) in merge.clauses.iter().enumerate() {
            let side = if clause.matched { not(is_null(file.clone())) } else { is_null(file.clone()) };
            let condition = match &clause.condition {
                Some(more) => boolean(ExprKind::And(vec![side, more.clone()])),
                None => side,
            };
            branches.push((condition, integer(number as i64)));
        }
        let case = Expr { kind: ExprKind::Case { branches, otherwise: None }, nullable: true, ..integer(0) };
        let id = self.fresh();
        let mut columns: Vec<(ColumnId, Expr)> =
            merge.target.columns.iter().chain(&merge.source_columns).map(|found| (found.id, column(found))).collect();
        for place in places {
            if let ExprKind::Column(id) = place.kind {
                columns.push((id, place.clone()));
            }
        }
        columns.push((id, case));
        let chosen = Expr { kind: ExprKind::Column(id), nullable: true, ..integer(0) };
        (rel(RelKind::Project { input: Box::new(joined), columns }), chosen)
    }

    fn query(&mut self, input: Rel, exprs: Vec<Expr>, ctes: Vec<Cte>) -> BoundQuery {
        let columns: Vec<(ColumnId, Expr)> = exprs.into_iter().map(|expr| (self.fresh(), expr)).collect();
        let outputs = columns
            .iter()
            .map(|(id, expr)| OutputColumn {
                id: *id,
                name: None,
                ty: expr.ty.clone(),
                nullable: true,
                brand: None,
                span: Span::default(),
            })
            .collect();
        BoundQuery { ctes, root: rel(RelKind::Project { input: Box::new(input), columns }), columns: outputs }
    }
}

/// 0, 1 or 2 for the clause that was chosen.
fn kind_of(merge: &Merge, chosen: &Expr) -> Expr {
    let branches = merge.clauses.iter().enumerate().map(|(number, clause)| {
        let kind = match clause.action {
            MergeAction::Delete => 0,
            MergeAction::Update(_) => 1,
            MergeAction::Insert(_) => 2,
        };
        (is_clause(chosen, number), integer(kind))
    });
    Expr { kind: ExprKind::Case { branches: branches.collect(), otherwise: None }, ..integer(0) }
}

/// The new value of a column under the clause that was chosen.
fn new_value(merge: &Merge, chosen: &Expr, at: usize, to: &Column) -> Expr {
    let mut branches = vec![];
    for (number, clause) in merge.clauses.iter().enumerate() {
        let value = match &clause.action {
            MergeAction::Delete => continue,
            MergeAction::Update(values) => values
                .iter()
                .find(|(position, _)| *position == at)
                .map_or_else(|| column(to), |(_, value)| value.clone()),
            MergeAction::Insert(values) => match values.iter().find(|(position, _)| *position == at) {
                Some((_, value)) => value.clone(),
                None => continue,
            },
        };
        branches.push((is_clause(chosen, number), value));
    }
    let (ty, span) = (to.ty.clone(), Span::default());
    if branches.is_empty() {
        return Expr { kind: ExprKind::Literal(Literal::Null), ty, nullable: true, span };
    }
    Expr { kind: ExprKind::Case { branches, otherwise: None }, ty, nullable: true, span }
}

fn is_false(on: &Expr) -> bool {
    on.kind == ExprKind::Literal(Literal::Boolean(false))
}

fn is_clause(chosen: &Expr, number: usize) -> Expr {
    let (left, right) = (Box::new(chosen.clone()), Box::new(integer(number as i64)));
    boolean(ExprKind::Compare { op: CompareOp::Equal, left, right })
}

pub(super) fn rel(kind: RelKind) -> Rel {
    Rel { kind, span: Span::default() }
}

fn filtered(input: Rel, predicate: Option<&Expr>) -> Rel {
    match predicate {
        None => input,
        Some(predicate) => rel(RelKind::Filter { input: Box::new(input), predicate: predicate.clone() }),
    }
}

fn column(column: &Column) -> Expr {
    Expr { kind: ExprKind::Column(column.id), ty: column.ty.clone(), nullable: true, span: Span::default() }
}

pub(super) fn boolean(kind: ExprKind) -> Expr {
    Expr { kind, ty: Type::Boolean, nullable: true, span: Span::default() }
}

fn is_null(expr: Expr) -> Expr {
    boolean(ExprKind::IsNull(Box::new(expr)))
}

fn not(expr: Expr) -> Expr {
    boolean(ExprKind::Not(Box::new(expr)))
}

fn integer(value: i64) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Integer(value)), ty: Type::BigInt, nullable: false, span: Span::default() }
}
