//! The embedded engine.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, OnceLock};

use lake_core::engine::Engine;
use lake_embedded::{Embedded, EmbeddedConfig};
use tempfile::TempDir;

fn engine() -> Option<Arc<dyn Engine>> {
    static ENGINE: OnceLock<(Arc<Embedded>, TempDir)> = OnceLock::new();
    let open = || {
        let folder = tempfile::tempdir().unwrap();
        let config = EmbeddedConfig { warehouse: folder.path().to_owned(), threads: 2, memory_bytes: 1 << 30 };
        (Arc::new(Embedded::open(config).unwrap()), folder)
    };
    Some(ENGINE.get_or_init(open).0.clone())
}

lake_behaviour::behaviours!(engine);
lake_behaviour::statements_of_trino!(engine);
