//! CREATE, DROP and what makes names.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::Field;
use iceberg::spec::Schema;
use lake_iceberg::{Change, Entry, NewFiles, NewTable, NewView, Table, TableName};
use lake_sql::bound::statement::{CreateTableAs, CreateView};
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::columns::no_default;
use super::comment::COMMENT;
use super::properties::{Properties, refused};
use super::sorted::sorted;
use super::{Answer, Run, TOKEN, parts};
use crate::error::{Fault, Result};
use crate::names::{split, type_property};
use crate::table::schema::{self, Column, stored};
use crate::types;

/// What to do if the name is taken.
#[derive(Clone, Copy)]
pub(super) struct Existing {
    /// OR REPLACE.
    pub replace: bool,
    /// IF NOT EXISTS.
    pub keep: bool,
}

/// What a statement says of a new table beside its columns.
#[derive(Clone, Copy)]
pub(super) struct Described<'a> {
    /// WITH.
    pub properties: &'a [(tree::Ident, tree::Expr)],
    /// COMMENT.
    pub comment: Option<&'a str>,
}

/// Whether something is to be made.
enum Place {
    /// The name is free.
    Free,
    /// It is taken, and stays as it is.
    Kept,
    /// A table of that name gives way.
    Replaced,
}

impl Run<'_> {
    pub(super) async fn create_table_as(&self, create: &CreateTableAs, tree: &tree::Statement) -> Result<Answer> {
        let (namespace, name) = split(&create.table);
        let exists = Existing { replace: create.replace, keep: create.if_not_exists };
        let place = self.place(&namespace, &name, exists).await?;
        if matches!(place, Place::Kept) {
            return Ok(Answer::changed(0));
        }
        let described = match &tree.kind {
            tree::StatementKind::CreateTableAs { properties, comment, .. } => {
                Described { properties, comment: comment.as_deref() }
            }
            _ => Described { properties: &[], comment: None },
        };
        let columns: Vec<Column> =
            create.columns.iter().map(|(name, ty, _)| (name.clone(), stored(ty), true)).collect();
        unique(&columns)?;
        let new = self.new_table(schema::iceberg(&columns, &[])?, described)?;
        let staged = self.stage(place, &namespace, &name, new).await?;
        let mut rows = 0;
        let mut writer = self.writer(&staged, &columns)?;
        if create.with_data {
            let position = |name: &str| columns.iter().position(|(column, ..)| column == name);
            let query = sorted(&create.query, &staged.ordering(), position);
            let mut found = self.execute(&query).await?;
            while let Some(batch) = self.next(&mut found).await? {
                rows += batch.num_rows() as u64;
                writer.write(batch.columns(), batch.num_rows()).await?;
            }
        }
        let files = writer.finish().await?;
        self.commit(&staged, Change::append(files), &create.table).await?;
        Ok(Answer::changed(rows))
    }

    pub(super) async fn create_table(
        &self,
        name: &tree::Name,
        exists: Existing,
        definitions: &[tree::ColumnDefinition],
        described: Described<'_>,
    ) -> Result<Answer> {
        let (namespace, name) = split(&parts(name));
        let place = self.place(&namespace, &name, exists).await?;
        if matches!(place, Place::Kept) {
            return Ok(Answer::default());
        }
        let columns = definitions
            .iter()
            .map(|definition| {
                no_default(definition)?;
                let ty = Type::from_syntax(&definition.ty).map_err(|finding| Fault::statement(finding.message))?;
                Ok((definition.name.value.to_lowercase(), stored(&ty), !definition.not_null))
            })
            .collect::<Result<Vec<Column>>>()?;
        unique(&columns)?;
        let comments: Vec<_> = definitions.iter().map(|definition| definition.comment.clone()).collect();
        let new = self.new_table(schema::iceberg(&columns, &comments)?, described)?;
        let staged = self.stage(place, &namespace, &name, new).await?;
        self.commit(&staged, Change::append(NewFiles::none()), &[namespace, name]).await?;
        Ok(Answer::default())
    }

    async fn place(&self, namespace: &str, name: &str, exists: Existing) -> Result<Place> {
        let entry = TableName::new(namespace, name);
        match self.warehouse.catalog().kind(&entry)? {
            None => Ok(Place::Free),
            Some(Entry::Table) => {
                let table = self.warehouse.table(namespace, name).await?;
                let mine = table.properties().get(TOKEN).is_some_and(|token| token == self.token);
                match exists {
                    _ if mine => Ok(Place::Kept),
                    Existing { replace: true, .. } => Ok(Place::Replaced),
                    Existing { keep: true, .. } => Ok(Place::Kept),
                    _ => Err(Fault::statement(format!("Table '{namespace}.{name}' already exists"))),
                }
            }
            Some(found) => Err(Fault::statement(format!("{found} '{namespace}.{name}' already exists"))),
        }
    }

    /// A table that appears with its first commit, in the place of another one if there is one.
    async fn stage(&self, place: Place, namespace: &str, name: &str, new: NewTable) -> Result<Table> {
        Ok(match place {
            Place::Replaced => self.warehouse.stage_replacement(namespace, name, new).await.map_err(refused)?,
            Place::Free | Place::Kept => self.warehouse.stage_table(namespace, name, new).map_err(refused)?,
        })
    }

    fn new_table(&self, schema: Schema, described: Described<'_>) -> Result<NewTable> {
        let properties = Properties::read(described.properties)?;
        let mut new = NewTable::with_schema(schema).property(TOKEN, self.token);
        if let Some(comment) = described.comment {
            new = new.property(COMMENT, comment);
        }
        for (key, value) in properties.extra {
            new = new.property(key, value);
        }
        Ok(new.partition_by(properties.partitioning.unwrap_or_default()).sort_by(properties.order.unwrap_or_default()))
    }

    pub(super) fn create_view(&self, create: &CreateView, tree: &tree::Statement) -> Result<Answer> {
        let (namespace, name) = split(&create.view);
        let mut properties = BTreeMap::from([(TOKEN.to_owned(), self.token.to_owned())]);
        if let tree::StatementKind::CreateView { comment: Some(comment), .. } = &tree.kind {
            properties.insert(COMMENT.to_owned(), comment.clone());
        }
        let mut fields = vec![];
        for (position, (name, ty, nullable)) in create.columns.iter().enumerate() {
            if *ty == Type::Unknown {
                return Err(Fault::statement(format!("Column type is unknown: {name}")));
            }
            properties.insert(type_property(position), ty.to_string());
            fields.push(Field::new(name, view_type(ty)?, *nullable));
        }
        // A view that reads what is not there, or itself, is refused when it is made.
        self.plan_inside(&create.query, Some((namespace.clone(), name.clone())))?;
        if let Some(found) = self.warehouse.catalog().kind(&TableName::new(namespace.as_str(), name.as_str()))? {
            if found != Entry::View {
                return Err(Fault::statement(format!("{found} already exists: '{namespace}.{name}'")));
            }
            let view = self.warehouse.view(&namespace, &name)?;
            if view.properties.get(TOKEN).is_some_and(|token| token == self.token) {
                return Ok(Answer::default());
            }
            if !create.replace {
                return Err(Fault::statement(format!("View already exists: '{namespace}.{name}'")));
            }
        }
        let new = NewView {
            sql: create.text.text(self.text).to_owned(),
            dialect: "trino".into(),
            schema: Arc::new(arrow::datatypes::Schema::new(fields)),
            properties,
        };
        self.warehouse.create_view(&namespace, &name, new, create.replace)?;
        Ok(Answer::default())
    }

    pub(super) fn create_schema(&self, name: &tree::Name, if_not_exists: bool) -> Result<Answer> {
        let name = last(name);
        let made = self.warehouse.catalog().make_namespace(&name)?;
        if !made && !if_not_exists {
            return Err(Fault::statement(format!("Schema '{name}' already exists")));
        }
        Ok(Answer::default())
    }

    pub(super) fn drop(&self, object: tree::ObjectKind, if_exists: bool, name: &tree::Name) -> Result<Answer> {
        let (namespace, name) = split(&parts(name));
        let (wanted, word) = match object {
            tree::ObjectKind::View => (Entry::View, "View"),
            _ => (Entry::Table, "Table"),
        };
        match self.warehouse.catalog().kind(&TableName::new(namespace.as_str(), name.as_str()))? {
            None => gone(if_exists, format!("{word} '{namespace}.{name}' does not exist")),
            Some(found) if found != wanted => {
                let meant = found.to_string().to_uppercase();
                Err(Fault::statement(format!(
                    "{word} '{namespace}.{name}' does not exist, but a {found} with that name exists. \
                     Did you mean DROP {meant} {namespace}.{name}?"
                )))
            }
            Some(Entry::View) => {
                self.warehouse.drop_view(&namespace, &name).map(|()| Answer::default()).map_err(Fault::from)
            }
            Some(_) => self.warehouse.drop_table(&namespace, &name).map(|()| Answer::default()).map_err(Fault::from),
        }
    }

    pub(super) fn drop_schema(&self, if_exists: bool, name: &tree::Name, cascade: bool) -> Result<Answer> {
        let name = last(name);
        let catalog = self.warehouse.catalog();
        if !catalog.has_namespace(&name)? {
            return gone(if_exists, format!("Schema '{name}' does not exist"));
        }
        for (table, kind) in catalog.list(&name)? {
            if !cascade {
                return Err(Fault::statement(format!("Cannot drop non-empty schema '{name}'")));
            }
            catalog.remove(&TableName::new(name.as_str(), table), kind)?;
        }
        catalog.remove_namespace(&name)?;
        Ok(Answer::default())
    }
}

fn gone(tolerated: bool, message: String) -> Result<Answer> {
    if tolerated { Ok(Answer::default()) } else { Err(Fault::statement(message)) }
}

/// A schema's name, without catalog.
pub(super) fn last(name: &tree::Name) -> String {
    name.parts.last().map(|part| part.value.to_lowercase()).unwrap_or_default()
}

fn unique(columns: &[Column]) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    match columns.iter().find(|(name, ..)| !seen.insert(name.to_lowercase())) {
        Some((name, ..)) => Err(Fault::statement(format!("Column name '{name}' specified more than once"))),
        None => Ok(()),
    }
}

/// What the catalog keeps of a view's column: the nearest type that Iceberg has.
fn view_type(ty: &Type) -> Result<arrow::datatypes::DataType> {
    Ok(match stored(ty) {
        Type::Json | Type::IntervalDayToSecond | Type::IntervalYearToMonth | Type::Uuid => {
            arrow::datatypes::DataType::Utf8
        }
        other => types::arrow(&other)?,
    })
}
