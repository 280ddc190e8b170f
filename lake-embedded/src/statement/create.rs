//! CREATE, DROP and what makes names.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use lake_iceberg::{Change, Entry, NewFiles, NewTable, NewView, PartitionBy, Table, TableName, WriteOptions};
use lake_sql::bound::statement::{CreateTableAs, CreateView};
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::change::Writer;
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
        let properties = match &tree.kind {
            tree::StatementKind::CreateTableAs { properties, .. } => properties.as_slice(),
            _ => &[],
        };
        let columns: Vec<Column> =
            create.columns.iter().map(|(name, ty, _)| (name.clone(), stored(ty), true)).collect();
        unique(&columns)?;
        let new = self.new_table(&columns, properties)?;
        let staged = self.stage(place, &namespace, &name, new)?;
        let mut rows = 0;
        let mut writer = Writer::new(staged.writer(WriteOptions::default())?, &columns)?;
        if create.with_data {
            let mut found = self.execute(&create.query).await?;
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
        properties: &[(tree::Ident, tree::Expr)],
    ) -> Result<Answer> {
        let (namespace, name) = split(&parts(name));
        let place = self.place(&namespace, &name, exists).await?;
        if matches!(place, Place::Kept) {
            return Ok(Answer::default());
        }
        let columns = definitions
            .iter()
            .map(|definition| {
                let ty = Type::from_syntax(&definition.ty).map_err(|finding| Fault::statement(finding.message))?;
                Ok((definition.name.value.to_lowercase(), stored(&ty), !definition.not_null))
            })
            .collect::<Result<Vec<Column>>>()?;
        unique(&columns)?;
        let new = self.new_table(&columns, properties)?;
        let staged = self.stage(place, &namespace, &name, new)?;
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
    fn stage(&self, place: Place, namespace: &str, name: &str, new: NewTable) -> Result<Table> {
        Ok(match place {
            Place::Replaced => self.warehouse.stage_replacement(namespace, name, new)?,
            Place::Free | Place::Kept => self.warehouse.stage_table(namespace, name, new)?,
        })
    }

    fn new_table(&self, columns: &[Column], properties: &[(tree::Ident, tree::Expr)]) -> Result<NewTable> {
        let mut new = NewTable::with_schema(schema::iceberg(columns)?).property(TOKEN, self.token);
        for (key, value) in properties {
            let name = key.value.to_lowercase();
            match name.as_str() {
                "partitioning" => {
                    for text in texts(value)? {
                        new =
                            new.partition_by([PartitionBy::parse(&text).map_err(|e| Fault::statement(e.to_string()))?]);
                    }
                }
                "format" => {
                    let format = text(value)?;
                    if !format.eq_ignore_ascii_case("parquet") {
                        return Err(Fault::unsupported(format!("table format {format}")));
                    }
                }
                "extra_properties" => {
                    for (key, value) in self.extra(value)? {
                        new = new.property(key, value);
                    }
                }
                _ => return Err(unknown_property(&name)),
            }
        }
        Ok(new)
    }

    /// `extra_properties = map(array['a'], array['b'])`
    fn extra(&self, value: &tree::Expr) -> Result<BTreeMap<String, String>> {
        let wrong = || Fault::statement("expected `extra_properties = map(array['key'], array['value'])`");
        let tree::ExprKind::Call(call) = &value.kind else { return Err(wrong()) };
        match (call.name.parts.as_slice(), call.args.as_slice()) {
            ([name], [keys, values]) if name.value.eq_ignore_ascii_case("map") => {
                Ok(texts(keys)?.into_iter().zip(texts(values)?).collect())
            }
            _ => Err(wrong()),
        }
    }

    pub(super) fn create_view(&self, create: &CreateView) -> Result<Answer> {
        let (namespace, name) = split(&create.view);
        let mut properties = BTreeMap::from([(TOKEN.to_owned(), self.token.to_owned())]);
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
            schema: Arc::new(Schema::new(fields)),
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
        if object == tree::ObjectKind::Schema {
            let name = last(name);
            if !self.warehouse.catalog().has_namespace(&name) {
                return gone(if_exists, format!("Schema '{name}' does not exist"));
            }
            self.warehouse.catalog().remove_namespace(&name)?;
            return Ok(Answer::default());
        }
        let (namespace, name) = split(&parts(name));
        let (wanted, word) = match object {
            tree::ObjectKind::View => (Entry::View, "View"),
            _ => (Entry::Table, "Table"),
        };
        match self.warehouse.catalog().kind(&TableName::new(namespace.as_str(), name.as_str()))? {
            None => gone(if_exists, format!("{word} '{namespace}.{name}' does not exist")),
            Some(found) if found != wanted => Err(Fault::statement(format!(
                "{word} '{namespace}.{name}' does not exist, but a {found} with that name exists"
            ))),
            Some(Entry::View) => {
                self.warehouse.drop_view(&namespace, &name).map(|()| Answer::default()).map_err(Fault::from)
            }
            Some(_) => self.warehouse.drop_table(&namespace, &name).map(|()| Answer::default()).map_err(Fault::from),
        }
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

fn unknown_property(name: &str) -> Fault {
    Fault::statement(format!("table property '{name}' does not exist"))
        .help("known are format, partitioning and extra_properties")
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

/// A text in a property.
pub(super) fn text(value: &tree::Expr) -> Result<String> {
    match &value.kind {
        tree::ExprKind::Literal(tree::Literal::Text(text) | tree::Literal::Unicode(text)) => Ok(text.clone()),
        tree::ExprKind::Parenthesized(inner) => text(inner),
        _ => Err(Fault::statement("expected a text as value of a property")),
    }
}

fn texts(value: &tree::Expr) -> Result<Vec<String>> {
    match &value.kind {
        tree::ExprKind::Array(items) => items.iter().map(text).collect(),
        tree::ExprKind::Parenthesized(inner) => texts(inner),
        _ => Err(Fault::statement("expected an array of texts as value of a property")),
    }
}
