//! The tables that a query may read.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use lake_sql::bind::{Names, Reference, Relation};
use lake_sql::types::TypeRules;

use super::file::{self, Lints};

/// Tables by name. Trino's `tpch` and `tpcds` are always there.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Names in lower case, from the schema or catalog to the table.
    tables: BTreeMap<Vec<String>, Arc<Relation>>,
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
        Self { tables: BTreeMap::new(), default_schema: default_schema.map(str::to_lowercase) }
    }

    /// Adds a table or replaces the one of that name.
    pub fn insert(&mut self, parts: &[String], relation: Relation) {
        self.tables.insert(lower(parts), Arc::new(relation));
    }

    /// The table of exactly that name, or the only one whose name ends so, or that has no catalog where the name has one.
    fn find(&self, name: &[String]) -> Option<Arc<Relation>> {
        if let Some(found) = self.tables.get(name) {
            return Some(found.clone());
        }
        let mut like = self.tables.iter().filter(|(known, _)| known.ends_with(name) || name.ends_with(known));
        like.next().filter(|_| like.next().is_none()).map(|(_, relation)| relation.clone())
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
        if let (Some(schema), [_]) = (&self.default_schema, &name[..]) {
            let full: Vec<String> = schema.split('.').map(str::to_owned).chain(name.clone()).collect();
            if let Some(found) = self.find(&full).or_else(|| connector_table(&full)) {
                return Some(found);
            }
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
