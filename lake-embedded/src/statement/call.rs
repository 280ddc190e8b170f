//! CALL: procedures of the catalog, as Trino's Iceberg connector has them.

use lake_iceberg::{Entry, TableName};
use lake_sql::syntax::tree;

use super::properties::refused;
use super::{Answer, Run};
use crate::error::{Fault, Result};

/// A procedure's argument: its name, and whether it may be left out.
type Parameter = (&'static str, bool);

const REGISTER: [Parameter; 4] =
    [("schema_name", false), ("table_name", false), ("table_location", false), ("metadata_file_name", true)];
const UNREGISTER: [Parameter; 2] = [("schema_name", false), ("table_name", false)];

impl Run<'_> {
    pub(super) async fn call(
        &self,
        procedure: &tree::Name,
        arguments: &[(Option<tree::Ident>, tree::Expr)],
    ) -> Result<Answer> {
        let parts: Vec<String> = procedure.parts.iter().map(|part| part.value.to_lowercase()).collect();
        let (schema, name) = match parts.as_slice() {
            [.., schema, name] => (schema.as_str(), name.as_str()),
            [name] => ("default", name.as_str()),
            [] => ("", ""),
        };
        match (schema, name) {
            ("system", "register_table") => self.register_table(texts(&REGISTER, arguments)?).await,
            ("system", "unregister_table") => self.unregister_table(texts(&UNREGISTER, arguments)?),
            _ => Err(Fault::statement(format!("Procedure not registered: {schema}.{name}"))
                .help("there are system.register_table and system.unregister_table")),
        }
    }

    /// Gives a name to a table that is there already, wherever it is.
    async fn register_table(&self, [schema, table, location, file]: [Option<String>; 4]) -> Result<Answer> {
        let (namespace, name) = (given("schema_name", schema)?, given("table_name", table)?);
        let location = given("table_location", location)?;
        if let Some(name) = &file
            && (name.trim().is_empty() || name.contains('/'))
        {
            return Err(Fault::statement(format!("{name} is not a valid metadata file"))
                .help("write the name of a file in the folder `metadata` of the table's location"));
        }
        if !self.warehouse.catalog().has_namespace(&namespace)? {
            return Err(Fault::statement(format!("Schema '{namespace}' does not exist")));
        }
        if let Some(found) = self.warehouse.catalog().kind(&TableName::new(namespace.as_str(), name.as_str()))? {
            return Err(Fault::statement(format!("{found} '{namespace}.{name}' already exists")));
        }
        let registered = self.warehouse.register_table(&namespace, &name, &location, file.as_deref()).await;
        registered.map(|_| Answer::default()).map_err(refused)
    }

    /// Forgets a table's name. Its files stay.
    fn unregister_table(&self, [schema, table]: [Option<String>; 2]) -> Result<Answer> {
        let (namespace, name) = (given("schema_name", schema)?, given("table_name", table)?);
        let catalog = self.warehouse.catalog();
        if !catalog.has_namespace(&namespace)? {
            return Err(Fault::statement(format!("Schema {namespace} not found")));
        }
        let entry = TableName::new(namespace, name);
        match catalog.kind(&entry)? {
            Some(Entry::Table) => Ok(catalog.remove(&entry, Entry::Table).map(|()| Answer::default())?),
            Some(_) => Err(Fault::statement(format!("{entry} is a view, expected a table"))),
            None => Err(Fault::statement(format!("Table '{entry}' not found"))),
        }
    }
}

/// An argument that may not be empty.
fn given(parameter: &str, value: Option<String>) -> Result<String> {
    match value {
        // Names are in lower case everywhere; a location is as it is.
        Some(text) if !text.is_empty() && parameter != "table_location" => Ok(text.to_lowercase()),
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(Fault::statement(format!("{parameter} cannot be null or empty"))),
    }
}

/// The arguments of a procedure, all texts, in the order of its parameters.
fn texts<const N: usize>(
    parameters: &[Parameter; N],
    arguments: &[(Option<tree::Ident>, tree::Expr)],
) -> Result<[Option<String>; N]> {
    let named = arguments.iter().filter(|(name, _)| name.is_some()).count();
    if named != 0 && named != arguments.len() {
        return Err(Fault::statement("Named and positional arguments cannot be mixed"));
    }
    let mut values = [const { None }; N];
    let mut seen = [false; N];
    for (position, (name, value)) in arguments.iter().enumerate() {
        let at = match name {
            None => position,
            Some(name) => parameter(parameters, &name.value)?,
        };
        if at >= N {
            return Err(Fault::statement("Too many arguments for procedure").help(known(parameters)));
        }
        if std::mem::replace(&mut seen[at], true) {
            return Err(Fault::statement(format!("Duplicate procedure argument: {}", parameters[at].0)));
        }
        values[at] = text(parameters[at].0, value)?;
    }
    match parameters.iter().zip(seen).find(|((_, optional), seen)| !optional && !seen) {
        Some(((name, _), _)) => {
            Err(Fault::statement(format!("Required procedure argument '{name}' is missing")).help(known(parameters)))
        }
        None => Ok(values),
    }
}

fn parameter(parameters: &[Parameter], name: &str) -> Result<usize> {
    let found = parameters.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
    found.ok_or_else(|| Fault::statement(format!("Unknown argument name: {name}")).help(known(parameters)))
}

fn known(parameters: &[Parameter]) -> String {
    let names: Vec<&str> = parameters.iter().map(|(name, _)| *name).collect();
    format!("its arguments are {}", names.join(", "))
}

fn text(parameter: &str, value: &tree::Expr) -> Result<Option<String>> {
    match &value.kind {
        tree::ExprKind::Literal(tree::Literal::Text(text) | tree::Literal::Unicode(text)) => Ok(Some(text.clone())),
        tree::ExprKind::Literal(tree::Literal::Null) => Ok(None),
        tree::ExprKind::Parenthesized(inner) => text(parameter, inner),
        _ => Err(Fault::statement(format!("{parameter} is to be a text, such as 'orders'"))),
    }
}
