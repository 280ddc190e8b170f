//! The embedded engine over an object store.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, OnceLock};

use lake_core::engine::Engine;
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_iceberg::Warehouse;
use lake_sql::types::TypeRules;
use object_store::memory::InMemory;

fn engine() -> Option<Arc<dyn Engine>> {
    static ENGINE: OnceLock<Arc<Embedded>> = OnceLock::new();
    let open = || {
        let warehouse = Warehouse::in_objects(Arc::new(InMemory::new()), "s3://bucket", "s3://bucket/lake").unwrap();
        let config = EmbeddedConfig { warehouse: "s3://bucket/lake".into(), threads: 2, memory_bytes: 1 << 30 };
        Arc::new(Embedded::over(warehouse, config, TypeRules::New).unwrap())
    };
    Some(ENGINE.get_or_init(open).clone())
}

lake_behaviour::behaviours!(engine);
lake_behaviour::statements_of_trino!(engine);
