//! The tables that a query may read.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use lake_sql::bind::{Names, Reference, Relation};
use lake_sql::bound::TableName;
use lake_sql::types::TypeRules;

use super::file::{self, Lints};

/// Tables by name. Trino's `tpch` and `tpcds` are always there.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Names in lower case, from the schema or catalog to the table.
    tables: BTreeMap<Vec<String>, Arc<Relation>>,
    /// Sets of columns that are unique, by the name of the table.
    keys: BTreeMap<Vec<String>, Vec<Vec<String>>>,
    default_schema: Option<String>,
}

/// The tables of the connectors that every Trino brings.
static CONNECTORS: OnceLock<Catalog> = OnceLock::new();

fn connectors() -> &'static Catalog {
    CONNECTORS.get_or_init(|| {
        let mut catalog = Catalog::default();
        for text in [include_str!("catalogs/tpch.sql"), include_str!("catalogs/tpcds.sql")] {
            let findings = file::check(text, &mut catalog, TypeRules::New, Lints::None);
            assert!(findings.is_empty(), "the connectors' tables are right");
        }
        catalog
    })
}

impl Catalog {
    /// An empty one; names without a schema mean tables of `default_schema`, which may begin with a catalog.
    pub fn new(default_schema: Option<&str>) -> Self {
        Self { tables: BTreeMap::new(), keys: BTreeMap::new(), default_schema: default_schema.map(str::to_lowercase) }
    }

    /// Adds a table or replaces the one of that name.
    pub fn insert(&mut self, parts: &[String], relation: Relation) {
        self.keys.remove(&lower(parts));
        self.tables.insert(lower(parts), Arc::new(relation));
    }

    /// Says what is unique in a table.
    pub fn add_keys(&mut self, parts: &[String], keys: Vec<Vec<String>>) {
        self.keys.insert(lower(parts), keys);
    }

    /// Takes a table away.
    pub fn remove(&mut self, parts: &[String]) {
        self.tables.remove(&lower(parts));
        self.keys.remove(&lower(parts));
    }

    /// What is unique in a table.
    pub fn keys(&self, table: &TableName) -> Vec<Vec<String>> {
        let TableName::Named(parts) = table else { return vec![] };
        let name = lower(parts);
        let full = self.full(&name);
        let known = [full.as_deref(), Some(&name[..])].into_iter().flatten().find_map(|name| self.known(name));
        known.and_then(|name| self.keys.get(name)).cloned().unwrap_or_default()
    }

    /// A name without a schema with the default one in front.
    fn full(&self, name: &[String]) -> Option<Vec<String>> {
        let (Some(schema), [_]) = (&self.default_schema, name) else { return None };
        Some(schema.split('.').map(str::to_owned).chain(name.iter().cloned()).collect())
    }

    /// The table of exactly that name, or the only one whose name ends so, or that has no catalog where the name has one.
    fn find(&self, name: &[String]) -> Option<Arc<Relation>> {
        self.known(name).and_then(|name| self.tables.get(name)).cloned()
    }

    /// The name under which a table is known.
    fn known(&self, name: &[String]) -> Option<&[String]> {
        if let Some((known, _)) = self.tables.get_key_value(name) {
            return Some(known);
        }
        let mut like = self.tables.keys().filter(|known| known.ends_with(name) || name.ends_with(known));
        like.next().filter(|_| like.next().is_none()).map(Vec::as_slice)
    }
}

impl Names for Catalog {
    fn reference(&self, _name: &str) -> Option<Reference> {
        None
    }

    fn reference_names(&self) -> Vec<String> {
        self.tables.keys().map(|parts| parts.join(".")).collect()
    }

    fn table(&self, parts: &[String]) -> Option<Arc<Relation>> {
        let name = lower(parts);
        if let Some(full) = self.full(&name)
            && let Some(found) = self.find(&full).or_else(|| connector_table(&full))
        {
            return Some(found);
        }
        self.find(&name).or_else(|| connector_table(&name))
    }

    fn has_tables(&self) -> bool {
        true
    }
}

/// `tpch.sf10.orders`: the same columns at every scale.
fn connector_table(name: &[String]) -> Option<Arc<Relation>> {
    let [catalog, schema, table] = name else { return None };
    let scale = schema.strip_prefix("sf").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if !matches!(catalog.as_str(), "tpch" | "tpcds") || !(scale || schema == "tiny") {
        return None;
    }
    connectors().tables.get(&[catalog.clone(), "tiny".to_owned(), table.clone()][..]).cloned()
}

fn lower(parts: &[String]) -> Vec<String> {
    parts.iter().map(|part| part.to_lowercase()).collect()
}
