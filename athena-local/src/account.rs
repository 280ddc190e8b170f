//! What one server knows: its tables, its executions, its script.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lake_core::engine::PhysicalName;
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_iceberg::{Table, Warehouse};
use lake_sql::types::TypeRules;
use tokio::runtime::Handle;

use crate::executions::{Counted, Executions};
use crate::faults::Script;
use crate::wire::{Reply, Request};
use crate::{Config, StartError};

/// Table property that keeps the location of a table.
pub(crate) const LOCATION: &str = "athena.location";

/// Everything behind the protocol.
pub(crate) struct Account {
    pub config: Config,
    pub engine: Embedded,
    pub warehouse: Warehouse,
    pub threads: Handle,
    executions: Mutex<Executions>,
    script: Mutex<Script>,
    /// Locations that failed statements have left files at.
    leftovers: Mutex<BTreeSet<String>>,
    calls: Mutex<BTreeMap<String, u64>>,
    /// What callers need to be allowed, such as `athena:StartQueryExecution`.
    actions: Mutex<BTreeSet<String>>,
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Account {
    pub fn open(config: Config, threads: Handle) -> Result<Self, StartError> {
        let failed = |what: String| StartError(format!("the folder {}: {what}", config.warehouse.display()));
        let embedded = EmbeddedConfig {
            warehouse: config.warehouse.clone(),
            threads: config.threads,
            memory_bytes: config.memory_bytes,
        };
        let engine = Embedded::open_with_rules(embedded, TypeRules::Old).map_err(|error| failed(error.message))?;
        let warehouse = Warehouse::open(&config.warehouse).map_err(|error| failed(error.to_string()))?;
        let script = Mutex::new(config.script.clone());
        Ok(Self {
            config,
            engine,
            warehouse,
            threads,
            executions: Mutex::default(),
            script,
            leftovers: Mutex::default(),
            calls: Mutex::default(),
            actions: Mutex::default(),
        })
    }

    pub fn executions(&self) -> MutexGuard<'_, Executions> {
        lock(&self.executions)
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    pub fn counted(&self) -> Vec<Counted> {
        self.executions().counted()
    }

    pub fn count(&self, operation: &str) {
        *lock(&self.calls).entry(operation.to_owned()).or_default() += 1;
    }

    /// Keeps what a call asks for.
    pub fn ask(&self, service: &str, action: &str) {
        lock(&self.actions).insert(format!("{service}:{action}"));
    }

    pub fn actions(&self) -> BTreeSet<String> {
        lock(&self.actions).clone()
    }

    pub fn calls(&self, operation: &str) -> u64 {
        lock(&self.calls).get(operation).copied().unwrap_or(0)
    }

    pub fn stop_all(&self) {
        self.executions().stop_all(&self.engine);
    }

    /// Why a request's signature is not taken. Only the key and the region in it are looked at.
    pub fn refusal(&self, authorization: &str) -> Option<Reply> {
        let scope = authorization.split_once("Credential=").map_or("", |(_, rest)| rest);
        let mut scope = scope.split([',', ' ']).next().unwrap_or_default().split('/');
        let (key, region) = (scope.next().unwrap_or_default(), scope.nth(1).unwrap_or_default());
        let is_wrong = |wanted: &Option<String>, found: &str| wanted.as_ref().is_some_and(|wanted| wanted != found);
        if is_wrong(&self.config.access_key, key) {
            let message = "The security token included in the request is invalid.";
            return Some(Reply::refused("UnrecognizedClientException", message));
        }
        if is_wrong(&self.config.region, region) {
            let message = "Credential should be scoped to a valid region.";
            return Some(Reply::refused("InvalidSignatureException", message));
        }
        None
    }

    /// The statement that a call is about: for rules.
    pub fn statement_of(&self, request: &Request) -> String {
        match (request.text("QueryString"), request.text("QueryExecutionId")) {
            (Some(sql), _) => sql.to_owned(),
            (None, Some(id)) => self.executions().sql(id).unwrap_or_default(),
            (None, None) => {
                request.texts("QueryExecutionIds").iter().filter_map(|id| self.executions().sql(id)).collect()
            }
        }
    }

    /// An Iceberg table; None if there is none of that name.
    pub fn table(&self, schema: &str, name: &str) -> Option<Table> {
        self.threads.block_on(self.warehouse.table(schema, name)).ok()
    }

    /// All names of a database; None if there is no such database.
    pub fn names(&self, schema: &str) -> Option<Vec<PhysicalName>> {
        let catalog = self.warehouse.catalog();
        if !catalog.has_namespace(schema).ok()? {
            return None;
        }
        let names = catalog.list(schema).ok()?;
        Some(names.into_iter().map(|(table, _)| PhysicalName { schema: schema.to_owned(), table }).collect())
    }

    /// Databases, in order.
    pub fn schemas(&self) -> Vec<String> {
        self.warehouse.catalog().namespaces().unwrap_or_default()
    }

    /// Files are left at a location.
    pub fn leave(&self, location: &str) {
        lock(&self.leftovers).insert(folder(location));
    }

    /// Whether there is anything at or below a location.
    pub fn is_occupied(&self, location: &str) -> bool {
        let wanted = folder(location);
        if lock(&self.leftovers).iter().any(|left| left.starts_with(&wanted)) {
            return true;
        }
        let schemas = self.schemas();
        let names = schemas.iter().filter_map(|schema| self.names(schema)).flatten();
        let mut tables = names.filter_map(|name| self.table(&name.schema, &name.table));
        tables.any(|table| location_of(&table).is_some_and(|there| folder(&there).starts_with(&wanted)))
    }
}

/// Where a table is said to be.
pub(crate) fn location_of(table: &Table) -> Option<String> {
    table.properties().get(LOCATION).cloned()
}

fn folder(location: &str) -> String {
    format!("{}/", location.trim_end_matches('/'))
}

/// What tasks hold.
pub(crate) type Shared = Arc<Account>;
