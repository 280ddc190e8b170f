//! Statements: what one returns, and what it changes once it commits.

use lake_core::engine::PhysicalName;
use lake_sql::bound::BoundQuery;
use lake_sql::syntax::tree::{
    AlterAction, ColumnDefinition, ColumnPlace, Expr, Ident, MergeAction, Name, ObjectKind, Query, Statement,
    StatementKind,
};
use lake_sql::types::{Assignment, Type, can_assign};

use crate::catalog::{Base, Change, Entry, View, shown};
use crate::error::{Result, data, statement, unsupported};
use crate::relation::{self, Row};
use crate::session::{Session, physical};
use crate::table::{Table, TableColumn, stored_type};
use crate::value::Value;
use crate::{cast, rewrite};

/// What a statement comes to.
pub struct Computed {
    /// What it changes.
    pub change: Change,
    /// What it returns.
    pub output: Option<Output>,
    /// Rows returned or changed.
    pub count: Option<u64>,
}

/// A result.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Names and types.
    pub columns: Vec<(String, Type)>,
    /// Rows.
    pub rows: Vec<Row>,
}

impl Computed {
    fn change(change: Change) -> Self {
        Self { change, output: None, count: None }
    }

    fn counted(change: Change, count: usize) -> Self {
        Self { change, output: None, count: Some(count as u64) }
    }
}

/// One statement over a catalog.
pub struct Interpreter<'a> {
    /// What it sees.
    pub session: &'a Session<'a>,
    /// Its text.
    pub text: &'a str,
    /// The uuid of a table that it makes.
    pub uuid: u64,
}

/// WITH of a CREATE.
type Properties = [(Ident, Expr)];

impl Interpreter<'_> {
    /// Computes a statement.
    pub fn run(&self, statement: &Statement) -> Result<Computed> {
        match &statement.kind {
            StatementKind::Query(query) => self.query(query),
            StatementKind::CreateTableAs {
                name,
                replace,
                if_not_exists,
                columns,
                properties,
                query,
                with_data,
                ..
            } => {
                let new = NewTable { name, replace: *replace, if_not_exists: *if_not_exists, properties };
                self.create_table_as(&new, columns, query, *with_data)
            }
            StatementKind::CreateTable { name, replace, if_not_exists, columns, properties, .. } => {
                let new = NewTable { name, replace: *replace, if_not_exists: *if_not_exists, properties };
                let columns = columns.iter().map(definition).collect::<Result<Vec<_>>>()?;
                self.create_table(&new, columns, vec![])
            }
            StatementKind::CreateView { name, replace, query, .. } => self.create_view(name, *replace, query),
            StatementKind::CreateSchema { name, if_not_exists } => self.create_schema(name, *if_not_exists),
            StatementKind::Drop { object, if_exists, name, .. } => self.drop(*object, *if_exists, name),
            StatementKind::AlterTable { if_exists, name, action } => self.alter(*if_exists, name, action),
            StatementKind::Insert { name, columns, query } => self.insert(name, columns, query),
            StatementKind::Update { name, assignments, filter } => {
                self.update(name, assignments, filter.as_ref(), statement)
            }
            StatementKind::Delete { name, filter } => self.delete(name, filter.as_ref(), statement),
            StatementKind::Truncate { name } => self.delete(name, None, statement),
            StatementKind::Merge { name, alias, source, on, clauses } => {
                let span = statement.span;
                self.merge(&rewrite::Merge { name, alias: alias.as_ref(), source, on, clauses, span })
            }
            StatementKind::Explain { .. }
            | StatementKind::Show { .. }
            | StatementKind::ShowStats(_)
            | StatementKind::Describe(_)
            | StatementKind::DescribePrepared { .. } => Err(unsupported("EXPLAIN, SHOW and DESCRIBE")),
            StatementKind::Prepare { .. } | StatementKind::Execute { .. } => Err(unsupported("PREPARE and EXECUTE")),
            StatementKind::Maintain { what, .. } => Err(unsupported(*what)),
            StatementKind::RenameView { .. } => Err(unsupported("ALTER VIEW")),
            StatementKind::Comment { .. } => Err(unsupported("COMMENT")),
            StatementKind::Unload { .. } => Err(unsupported("UNLOAD")),
            StatementKind::CreateHiveTable { .. } => Err(unsupported("CREATE TABLE in Hive's grammar")),
            StatementKind::Call { .. } => Err(unsupported("CALL")),
            StatementKind::Other(word) => Err(unsupported(word.to_uppercase())),
        }
    }

    fn name(&self, name: &Name) -> Result<PhysicalName> {
        physical(&name.parts.iter().map(|part| part.value.clone()).collect::<Vec<_>>())
    }

    fn bound_rows(&self, query: &Query) -> Result<(BoundQuery, Vec<Row>)> {
        let bound = self.session.bind(query, self.text)?;
        let rows = relation::query(self.session, &bound)?;
        Ok((bound, rows))
    }

    fn query(&self, query: &Query) -> Result<Computed> {
        let (bound, rows) = self.bound_rows(query)?;
        let name = |(at, column): (usize, &lake_sql::bound::OutputColumn)| {
            (column.name.clone().unwrap_or_else(|| format!("_col{at}")), column.ty.clone())
        };
        let columns = bound.columns.iter().enumerate().map(name).collect();
        let count = Some(rows.len() as u64);
        Ok(Computed { change: Change::None, output: Some(Output { columns, rows }), count })
    }

    fn create_table_as(&self, new: &NewTable<'_>, names: &[Ident], query: &Query, with_data: bool) -> Result<Computed> {
        if let Some(done) = self.already_there(new)? {
            return Ok(done);
        }
        let (bound, rows) = self.bound_rows(query)?;
        if !names.is_empty() && names.len() != bound.columns.len() {
            return Err(statement(
                "MISMATCHED_COLUMN_ALIASES: Column alias list has another number of entries than the query has columns",
            ));
        }
        let mut columns = vec![];
        for (at, column) in bound.columns.iter().enumerate() {
            let alias = names.get(at).map(|name| name.value.clone()).or_else(|| column.name.clone());
            let name = alias.ok_or_else(|| {
                statement(format!("MISSING_COLUMN_NAME: Column name not specified at position {}", at + 1))
            })?;
            columns.push((name, stored_type(&column.ty)?, true));
        }
        let to_stored = |row: &Row| {
            let values = row.iter().zip(&bound.columns).zip(&columns);
            values.map(|((value, from), (_, to, _))| cast::cast(value, &from.ty, to)).collect::<Result<Row>>()
        };
        let rows = if with_data { rows.iter().map(to_stored).collect::<Result<Vec<_>>>()? } else { vec![] };
        self.create_table(new, columns, rows)
    }

    fn already_there(&self, new: &NewTable<'_>) -> Result<Option<Computed>> {
        let name = self.name(new.name)?;
        match self.session.catalog.get(&name) {
            Some(_) if new.if_not_exists => Ok(Some(Computed::counted(Change::None, 0))),
            Some(Entry::View(_)) => Err(statement(format!("TABLE_ALREADY_EXISTS: '{}' is a view", shown(&name)))),
            Some(Entry::Table(_)) if !new.replace => {
                Err(statement(format!("TABLE_ALREADY_EXISTS: Destination table '{}' already exists", shown(&name))))
            }
            _ => Ok(None),
        }
    }

    fn create_table(&self, new: &NewTable<'_>, columns: Vec<(String, Type, bool)>, rows: Vec<Row>) -> Result<Computed> {
        if let Some(done) = self.already_there(new)? {
            return Ok(done);
        }
        let name = self.name(new.name)?;
        let table = Table::new(self.uuid, columns, self.properties(new.properties)?);
        let old = self.session.catalog.table(&name).ok().map(Base::of);
        let count = rows.len();
        Ok(Computed::counted(Change::Create(name, table, new.replace.then_some(old), rows), count))
    }

    /// Property values as text; a map becomes an entry for each key.
    fn properties(&self, properties: &Properties) -> Result<Vec<(String, String)>> {
        let mut all = vec![];
        for (name, expr) in properties {
            let (bound, rows) = self.bound_rows(&rewrite::constant(expr))?;
            match (&rows[0][0], &bound.columns[0].ty) {
                (Value::Map(entries), Type::Map(key, value)) => {
                    for (k, v) in entries.iter() {
                        all.push((cast::display(k, key)?, cast::display(v, value)?));
                    }
                }
                (Value::Array(elements), Type::Array(element)) => {
                    let parts =
                        elements.iter().map(|value| cast::display(value, element)).collect::<Result<Vec<_>>>()?;
                    all.push((name.value.clone(), parts.join(", ")));
                }
                (value, ty) => all.push((name.value.clone(), cast::display(value, ty)?)),
            }
        }
        Ok(all)
    }

    fn create_view(&self, name: &Name, replace: bool, query: &Query) -> Result<Computed> {
        let name = self.name(name)?;
        let bound = self.session.bind(query, self.text)?;
        let mut columns = vec![];
        for (at, column) in bound.columns.iter().enumerate() {
            let missing =
                || statement(format!("MISSING_COLUMN_NAME: Column name not specified at position {}", at + 1));
            if column.ty == Type::Unknown {
                return Err(statement(format!("COLUMN_TYPE_UNKNOWN: Column type is unknown at position {}", at + 1)));
            }
            columns.push((column.name.clone().ok_or_else(missing)?, column.ty.clone(), column.nullable));
        }
        let view = View { sql: query.span.text(self.text).to_owned(), columns };
        Ok(Computed::change(Change::CreateView(name, view, replace)))
    }

    fn create_schema(&self, name: &Name, if_not_exists: bool) -> Result<Computed> {
        let schema = schema_name(name);
        let exists = self.session.catalog.has_schema(&schema);
        match (exists, if_not_exists) {
            (true, false) => Err(statement(format!("SCHEMA_ALREADY_EXISTS: Schema '{schema}' already exists"))),
            (true, true) => Ok(Computed::change(Change::None)),
            (false, _) => Ok(Computed::change(Change::CreateSchema(schema))),
        }
    }

    fn drop(&self, object: ObjectKind, if_exists: bool, name: &Name) -> Result<Computed> {
        if object == ObjectKind::Schema {
            let schema = schema_name(name);
            return match (self.session.catalog.has_schema(&schema), if_exists) {
                (true, _) => Ok(Computed::change(Change::DropSchema(schema))),
                (false, true) => Ok(Computed::change(Change::None)),
                (false, false) => Err(statement(format!("SCHEMA_NOT_FOUND: Schema '{schema}' does not exist"))),
            };
        }
        let name = self.name(name)?;
        match (self.session.catalog.get(&name), object) {
            (Some(Entry::Table(_)), ObjectKind::Table) | (Some(Entry::View(_)), ObjectKind::View) => {
                Ok(Computed::change(Change::Drop(name)))
            }
            (Some(_), _) => Err(statement(format!("GENERIC_USER_ERROR: '{}' is not a {object:?}", shown(&name)))),
            (None, _) if if_exists => Ok(Computed::change(Change::None)),
            (None, _) => Err(statement(format!("TABLE_NOT_FOUND: {object:?} '{}' does not exist", shown(&name)))),
        }
    }

    fn alter(&self, if_exists: bool, name: &Name, action: &AlterAction) -> Result<Computed> {
        let name = self.name(name)?;
        if if_exists && self.session.catalog.get(&name).is_none() {
            return Ok(Computed::change(Change::None));
        }
        if let AlterAction::RenameTo(to) = action {
            let mut to: Vec<String> = to.parts.iter().map(|part| part.value.clone()).collect();
            if to.len() == 1 {
                to.insert(0, name.schema.clone());
            }
            return Ok(Computed::change(Change::Rename(name, physical(&to)?)));
        }
        let old = self.session.catalog.table(&name)?;
        let mut table = old.clone();
        self.alter_table(&mut table, action)?;
        Ok(Computed::change(Change::Alter(name, Base::of(old), table)))
    }

    fn alter_table(&self, table: &mut Table, action: &AlterAction) -> Result<()> {
        match action {
            AlterAction::AddColumn { within, column, place, .. } => {
                if !within.is_empty() || *place != ColumnPlace::Last {
                    return Err(unsupported("a column within another, or at a place"));
                }
                let (name, ty, nullable) = definition(column)?;
                if table.position(&name).is_some() {
                    return Err(statement(format!("COLUMN_ALREADY_EXISTS: Column '{name}' already exists")));
                }
                table.columns.push(TableColumn { field: table.next_field, name, ty, nullable });
                table.next_field += 1;
            }
            AlterAction::DropColumn { column, .. } => {
                let at = position(table, single(column)?)?;
                table.columns.remove(at);
            }
            AlterAction::RenameColumn { from, to, .. } => {
                let at = position(table, single(from)?)?;
                table.columns[at].name = to.value.clone();
            }
            AlterAction::DropNotNull(column) => {
                let at = position(table, &column.value)?;
                table.columns[at].nullable = true;
            }
            AlterAction::SetProperties(properties) => {
                for (name, value) in self.properties(properties)? {
                    table.properties.retain(|(other, _)| *other != name);
                    table.properties.push((name, value));
                }
            }
            AlterAction::SetColumnType(..) => return Err(unsupported("SET DATA TYPE")),
            AlterAction::Execute(procedure, _) => match procedure.value.to_lowercase().as_str() {
                "optimize" | "expire_snapshots" | "remove_orphan_files" => {}
                other => return Err(unsupported(format!("procedure {other}"))),
            },
            AlterAction::AddColumns(_)
            | AlterAction::ReplaceColumns(_)
            | AlterAction::ChangeColumn(..)
            | AlterAction::Storage => return Err(unsupported("ALTER TABLE in Hive's grammar")),
            AlterAction::RenameTo(_) => return Err(statement("a rename is not a change of the table itself")),
        }
        Ok(())
    }

    fn insert(&self, name: &Name, columns: &[Ident], query: &Query) -> Result<Computed> {
        let name = self.name(name)?;
        let table = self.session.catalog.table(&name)?;
        let at =
            if columns.is_empty() { (0..table.columns.len()).collect() } else { positions(table, columns.iter())? };
        let (bound, rows) = self.bound_rows(query)?;
        let from: Vec<&Type> = bound.columns.iter().map(|column| &column.ty).collect();
        assignable("Insert query has mismatched column types", table, &at, &from)?;
        let empty = vec![Value::Null; table.columns.len()];
        let rows = rows.iter().map(|row| assigned(table, &empty, &at, &from, row)).collect::<Result<Vec<_>>>()?;
        let count = rows.len();
        let change = if rows.is_empty() { Change::None } else { Change::Append(name, rows) };
        Ok(Computed::counted(change, count))
    }

    fn update(
        &self,
        name: &Name,
        assignments: &[(Ident, Expr)],
        filter: Option<&Expr>,
        statement: &Statement,
    ) -> Result<Computed> {
        let physical = self.name(name)?;
        let table = self.session.catalog.table(&physical)?;
        let at = positions(table, assignments.iter().map(|(column, _)| column))?;
        let values: Vec<Expr> = assignments.iter().map(|(_, value)| value.clone()).collect();
        let (bound, changed) = self.bound_rows(&rewrite::changed_rows(name, &values, filter, statement.span))?;
        let from: Vec<&Type> = bound.columns.iter().skip(1).map(|column| &column.ty).collect();
        assignable("UPDATE table column types don't match SET expressions", table, &at, &from)?;
        let mut rows = table.rows();
        for row in &changed {
            let number = row_number(&row[0]).expect("each row has a number");
            rows[number] = assigned(table, &rows[number], &at, &from, &row[1..])?;
        }
        Ok(overwrite(physical, table, "overwrite", rows, changed.len()))
    }

    fn delete(&self, name: &Name, filter: Option<&Expr>, statement: &Statement) -> Result<Computed> {
        let physical = self.name(name)?;
        let table = self.session.catalog.table(&physical)?;
        let (_, deleted) = self.bound_rows(&rewrite::changed_rows(name, &[], filter, statement.span))?;
        let mut rows: Vec<Option<Row>> = table.rows().into_iter().map(Some).collect();
        for row in &deleted {
            rows[row_number(&row[0]).expect("each row has a number")] = None;
        }
        Ok(overwrite(physical, table, "delete", rows.into_iter().flatten().collect(), deleted.len()))
    }

    fn merge(&self, merge: &rewrite::Merge<'_>) -> Result<Computed> {
        let physical = self.name(merge.name)?;
        let table = self.session.catalog.table(&physical)?;
        let (bound, pairs) = self.bound_rows(&merge.query())?;
        let types: Vec<&Type> = bound.columns.iter().map(|column| &column.ty).collect();
        let actions = self.merge_actions(merge, table, &types)?;
        let mut rows: Vec<Option<Row>> = table.rows().into_iter().map(Some).collect();
        let mut touched = vec![false; rows.len()];
        let (mut inserted, mut count) = (vec![], 0);
        for pair in &pairs {
            let Some(clause) = row_number(&pair[1]) else { continue };
            let action = &actions[clause];
            let values = &pair[action.values.clone()];
            count += 1;
            let Some(number) = row_number(&pair[0]) else {
                let empty = vec![Value::Null; table.columns.len()];
                inserted.push(assigned(table, &empty, &action.at, &action.types, values)?);
                continue;
            };
            if std::mem::replace(&mut touched[number], true) {
                return Err(data(
                    "MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row",
                ));
            }
            let old = rows[number].take().expect("a row is touched once");
            if !action.delete {
                rows[number] = Some(assigned(table, &old, &action.at, &action.types, values)?);
            }
        }
        let rows = rows.into_iter().flatten().chain(inserted).collect();
        Ok(overwrite(physical, table, "overwrite", rows, count))
    }

    fn merge_actions<'t>(
        &self,
        merge: &rewrite::Merge<'_>,
        table: &Table,
        types: &[&'t Type],
    ) -> Result<Vec<Action<'t>>> {
        let mut actions = vec![];
        let mut start = 2;
        for (case, clause) in merge.clauses.iter().enumerate() {
            let at = match &clause.action {
                MergeAction::Update(assignments) => positions(table, assignments.iter().map(|(column, _)| column))?,
                MergeAction::Insert(columns, _) if columns.is_empty() => (0..table.columns.len()).collect(),
                MergeAction::Insert(columns, _) => positions(table, columns.iter())?,
                MergeAction::Delete => vec![],
            };
            let width = rewrite::values(&clause.action).count();
            let values = start..start + width;
            let types = types[values.clone()].to_vec();
            assignable(
                &format!("MERGE table column types don't match for MERGE case {case}, SET expressions"),
                table,
                &at,
                &types,
            )?;
            let delete = matches!(clause.action, MergeAction::Delete);
            start += width;
            actions.push(Action { at, types, values, delete });
        }
        Ok(actions)
    }
}

struct NewTable<'a> {
    name: &'a Name,
    replace: bool,
    if_not_exists: bool,
    properties: &'a Properties,
}

/// What a clause of a MERGE does: where its values stand in the query's rows, and where they go.
struct Action<'t> {
    at: Vec<usize>,
    types: Vec<&'t Type>,
    values: std::ops::Range<usize>,
    delete: bool,
}

fn schema_name(name: &Name) -> String {
    name.parts.last().expect("a name has a part").value.to_lowercase()
}

fn definition(column: &ColumnDefinition) -> Result<(String, Type, bool)> {
    let ty = Type::from_syntax(&column.ty).map_err(|finding| statement(finding.message))?;
    Ok((column.name.value.clone(), stored_type(&ty)?, !column.not_null))
}

fn row_number(value: &Value) -> Option<usize> {
    match value {
        Value::Integer(number) => usize::try_from(*number).ok(),
        _ => None,
    }
}

/// Writing nothing makes no snapshot.
fn overwrite(name: PhysicalName, table: &Table, operation: &'static str, rows: Vec<Row>, count: usize) -> Computed {
    let change = if count == 0 { Change::None } else { Change::Overwrite(name, Base::of(table), operation, rows) };
    Computed::counted(change, count)
}

/// The name of a column that is none within another.
fn single(name: &Name) -> Result<&str> {
    match name.parts.as_slice() {
        [column] => Ok(&column.value),
        _ => Err(unsupported("a change of a field")),
    }
}

fn position(table: &Table, column: &str) -> Result<usize> {
    table.position(column).ok_or_else(|| statement(format!("COLUMN_NOT_FOUND: column '{column}' does not exist")))
}

fn positions<'i>(table: &Table, columns: impl Iterator<Item = &'i Ident>) -> Result<Vec<usize>> {
    let at = columns.map(|column| position(table, &column.value)).collect::<Result<Vec<_>>>()?;
    match at.iter().enumerate().find(|(i, column)| at[..*i].contains(column)) {
        Some((_, twice)) => Err(statement(format!(
            "DUPLICATE_COLUMN_NAME: Column name '{}' specified more than once",
            table.columns[*twice].name
        ))),
        None => Ok(at),
    }
}

fn assignable(what: &str, table: &Table, at: &[usize], from: &[&Type]) -> Result<()> {
    let to: Vec<&Type> = at.iter().map(|at| &table.columns[*at].ty).collect();
    let fits = |(from, to): (&&Type, &&Type)| can_assign(from, to) != Assignment::Refused;
    if from.len() == to.len() && from.iter().zip(&to).all(fits) {
        return Ok(());
    }
    let shown = |types: &[&Type]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(statement(format!("TYPE_MISMATCH: {what}: Table: [{}], Expressions: [{}]", shown(&to), shown(from))))
}

/// A row with new values at some places.
fn assigned(table: &Table, old: &[Value], at: &[usize], from: &[&Type], values: &[Value]) -> Result<Row> {
    let mut row = old.to_vec();
    for ((at, from), value) in at.iter().zip(from).zip(values) {
        row[*at] = cast::assign(value, from, &table.columns[*at].ty)?;
    }
    let row = row.into();
    table.check(&row)?;
    Ok(row)
}
