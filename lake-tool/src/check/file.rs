//! One file: its statements in order, each seeing what those before it created.

use lake_sql::bind::{Names as _, Relation, RelationColumn, bind_statement};
use lake_sql::bound::statement::BoundStatement;
use lake_sql::finding::{Finding, unknown_column};
use lake_sql::lint;
use lake_sql::syntax::tree::{
    AlterAction, ColumnDefinition, ColumnPlace, Ident, Key, Name, ObjectKind, Query, Statement, StatementKind,
};
use lake_sql::syntax::{Parsed, parse_declarations, parse_script};
use lake_sql::types::{Field, Type, TypeRules};

use super::catalog::Catalog;

/// What is looked for beside errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lints {
    /// Nothing.
    None,
    /// What runs, but probably not as meant.
    Usual,
    /// And what means something else on another engine.
    Portable,
}

/// The findings of a file, in order. What its statements create is in the catalog afterwards.
pub fn check(text: &str, catalog: &mut Catalog, rules: TypeRules, lints: Lints) -> Vec<Finding> {
    let findings = script_findings(parse_script(text), text, catalog, rules, lints);
    match lints {
        Lints::None => findings,
        Lints::Usual | Lints::Portable => lint::without_allowed(text, findings),
    }
}

/// The findings of a file that says which tables exist, and which columns are unique in them.
pub fn declare(text: &str, catalog: &mut Catalog, rules: TypeRules) -> Vec<Finding> {
    script_findings(parse_declarations(text), text, catalog, rules, Lints::None)
}

fn script_findings(
    parsed: Parsed<Vec<Statement>>,
    text: &str,
    catalog: &mut Catalog,
    rules: TypeRules,
    lints: Lints,
) -> Vec<Finding> {
    let mut findings = parsed.findings;
    for statement in parsed.tree.iter().flatten() {
        let misread = findings
            .iter()
            .any(|finding| statement.span.start <= finding.span.start && finding.span.start <= statement.span.end);
        if misread {
            continue;
        }
        findings.extend(statement_findings(statement, text, catalog, rules, lints));
    }
    findings
}

fn statement_findings(
    statement: &Statement,
    text: &str,
    catalog: &mut Catalog,
    rules: TypeRules,
    lints: Lints,
) -> Vec<Finding> {
    match &statement.kind {
        StatementKind::Explain { statement, .. } => return statement_findings(statement, text, catalog, rules, lints),
        StatementKind::CreateTable { name, columns, keys, .. } => return add_table(name, columns, keys, catalog),
        StatementKind::CreateHiveTable { name, columns, .. } => return add_table(name, columns, &[], catalog),
        _ => {}
    }
    let outcome = bind_statement(statement, text, catalog, rules);
    let mut findings = outcome.findings;
    if let (Some(bound), true) = (&outcome.statement, lints != Lints::None) {
        findings.extend(lint::statement(bound, text, &|table| catalog.keys(table)));
    }
    if let (Some(query), Lints::Portable) = (query_of(statement).filter(|_| outcome.statement.is_some()), lints) {
        findings.extend(lint::portability(query, text, catalog));
    }
    match outcome.statement {
        Some(BoundStatement::CreateTableAs(created)) => catalog.add(&created.table, relation_columns(created.columns)),
        Some(BoundStatement::CreateView(created)) => catalog.add(&created.view, relation_columns(created.columns)),
        _ => findings.extend(change(statement, catalog)),
    }
    findings
}

/// The query that a statement is made of.
fn query_of(statement: &Statement) -> Option<&Query> {
    match &statement.kind {
        StatementKind::Query(query)
        | StatementKind::CreateTableAs { query, .. }
        | StatementKind::CreateView { query, .. }
        | StatementKind::Insert { query, .. }
        | StatementKind::Unload { query, .. } => Some(query),
        _ => None,
    }
}

/// Adds a table to the catalog.
fn add_table(name: &Name, columns: &[ColumnDefinition], keys: &[Key], catalog: &mut Catalog) -> Vec<Finding> {
    let mut findings = vec![];
    let declared: Vec<RelationColumn> = columns.iter().map(|column| relation_column(column, &mut findings)).collect();
    let names: Vec<String> = columns.iter().map(|column| column.name.value.clone()).collect();
    for column in keys.iter().flat_map(|key| &key.columns) {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(&column.value)) {
            findings.push(unknown_column::new(column, None, &names));
        }
    }
    let parts = parts(name);
    let unique = keys.iter().map(|key| key.columns.iter().map(|column| column.value.clone()).collect()).collect();
    catalog.add(&parts, declared);
    catalog.add_keys(&parts, unique);
    findings
}

fn relation_column(column: &ColumnDefinition, findings: &mut Vec<Finding>) -> RelationColumn {
    let ty = Type::from_syntax(&column.ty).unwrap_or_else(|finding| {
        findings.push(*finding);
        Type::Error
    });
    RelationColumn { name: column.name.value.clone(), ty, nullable: !column.not_null, brand: None }
}

fn parts(name: &Name) -> Vec<String> {
    name.parts.iter().map(|part| part.value.clone()).collect()
}

/// Follows what a statement does to the tables that later ones see.
fn change(statement: &Statement, catalog: &mut Catalog) -> Vec<Finding> {
    let (name, action) = match &statement.kind {
        StatementKind::AlterTable { name, action, .. } => (name, action),
        StatementKind::RenameView { from, to } => {
            if let Some(relation) = catalog.table(&parts(from)) {
                catalog.remove(&parts(from));
                catalog.add(&parts(to), relation.columns.clone());
            }
            return vec![];
        }
        StatementKind::Drop { object: ObjectKind::Table | ObjectKind::View, name, .. } => {
            catalog.remove(&parts(name));
            return vec![];
        }
        _ => return vec![],
    };
    let Some(relation) = catalog.table(&parts(name)) else { return vec![] };
    let mut findings = vec![];
    let mut columns = relation.columns.clone();
    let at = |columns: &[RelationColumn], name: &Ident| {
        columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name.value))
    };
    let table = name.parts.last().map(|part| part.value.as_str());
    let known: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    match action {
        AlterAction::AddColumn { within, column, if_not_exists, place } => match within.split_first() {
            Some((first, rest)) => match at(&columns, first) {
                Some(position) => {
                    let field = relation_column(column, &mut findings);
                    let field = Field { name: Some(field.name), ty: field.ty };
                    change_field(&mut columns[position].ty, rest, &mut |fields| fields.push(field.clone()));
                }
                None => findings.push(unknown_column::new(first, table, &known)),
            },
            None if *if_not_exists && at(&columns, &column.name).is_some() => return findings,
            None => {
                let added = relation_column(column, &mut findings);
                match place {
                    ColumnPlace::First => columns.insert(0, added),
                    ColumnPlace::Last => columns.push(added),
                    ColumnPlace::After(name) => match at(&columns, name) {
                        Some(position) => columns.insert(position + 1, added),
                        None => findings.push(unknown_column::new(name, table, &known)),
                    },
                }
            }
        },
        AlterAction::AddColumns(added) => {
            columns.extend(added.iter().map(|column| relation_column(column, &mut findings)).collect::<Vec<_>>());
        }
        AlterAction::ReplaceColumns(new) => {
            columns = new.iter().map(|column| relation_column(column, &mut findings)).collect();
        }
        AlterAction::RenameTo(to) => {
            catalog.remove(&parts(name));
            catalog.add(&parts(to), columns);
            return findings;
        }
        AlterAction::DropColumn { column: Name { parts, .. }, .. }
        | AlterAction::RenameColumn { from: Name { parts, .. }, .. }
        | AlterAction::SetColumnType(Name { parts, .. }, _) => match at(&columns, &parts[0]) {
            Some(position) => alter_column(&mut columns, position, &parts[1..], action, &mut findings),
            None if tolerates_absence(action) => return findings,
            None => findings.push(unknown_column::new(&parts[0], table, &known)),
        },
        AlterAction::DropNotNull(column) | AlterAction::ChangeColumn(column, _) => match at(&columns, column) {
            Some(position) => alter_column(&mut columns, position, &[], action, &mut findings),
            None => findings.push(unknown_column::new(column, table, &known)),
        },
        AlterAction::SetProperties(_) | AlterAction::Execute(..) | AlterAction::Storage => return findings,
    }
    catalog.add(&parts(name), columns);
    findings
}

fn tolerates_absence(action: &AlterAction) -> bool {
    matches!(
        action,
        AlterAction::DropColumn { if_exists: true, .. } | AlterAction::RenameColumn { if_exists: true, .. }
    )
}

/// Changes a column, or the field of it that `field` leads to.
fn alter_column(
    columns: &mut Vec<RelationColumn>,
    position: usize,
    field: &[Ident],
    action: &AlterAction,
    findings: &mut Vec<Finding>,
) {
    if let Some((name, within)) = field.split_last() {
        let wanted = match action {
            AlterAction::SetColumnType(_, ty) => Type::from_syntax(ty).map_err(|finding| findings.push(*finding)).ok(),
            _ => None,
        };
        let change = &mut |fields: &mut Vec<Field>| {
            let Some(at) = fields.iter().position(|field| is_named(field, name)) else { return };
            match (action, &wanted) {
                (AlterAction::DropColumn { .. }, _) => drop(fields.remove(at)),
                (AlterAction::RenameColumn { to, .. }, _) => fields[at].name = Some(to.value.clone()),
                (_, Some(ty)) => fields[at].ty = ty.clone(),
                _ => {}
            }
        };
        return change_field(&mut columns[position].ty, within, change);
    }
    match action {
        AlterAction::DropColumn { .. } => drop(columns.remove(position)),
        AlterAction::DropNotNull(_) => columns[position].nullable = true,
        AlterAction::RenameColumn { to, .. } => columns[position].name.clone_from(&to.value),
        AlterAction::SetColumnType(_, ty) => match Type::from_syntax(ty) {
            Ok(ty) => columns[position].ty = ty,
            Err(finding) => findings.push(*finding),
        },
        AlterAction::ChangeColumn(_, column) => columns[position] = relation_column(column, findings),
        _ => {}
    }
}

fn is_named(field: &Field, name: &Ident) -> bool {
    field.name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(&name.value))
}

/// Changes the fields of the row that a path leads to, if there is one: engines say more.
fn change_field(ty: &mut Type, path: &[Ident], change: &mut dyn FnMut(&mut Vec<Field>)) {
    match (ty, path.split_first()) {
        (Type::Row(fields), None) => change(fields),
        (Type::Row(fields), Some((name, rest))) => {
            if let Some(field) = fields.iter_mut().find(|field| is_named(field, name)) {
                change_field(&mut field.ty, rest, change);
            }
        }
        (Type::Array(element), Some((name, rest))) if name.value.eq_ignore_ascii_case("element") => {
            change_field(element, rest, change);
        }
        _ => {}
    }
}

fn relation_columns(columns: Vec<(String, Type, bool)>) -> Vec<RelationColumn> {
    columns.into_iter().map(|(name, ty, nullable)| RelationColumn { name, ty, nullable, brand: None }).collect()
}

impl Catalog {
    /// Adds a table or replaces the one of that name.
    fn add(&mut self, parts: &[String], columns: Vec<RelationColumn>) {
        self.insert(parts, Relation { name: parts.join("."), columns, complete: true });
    }
}
