//! Athena's client over its protocol on loopback.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use athena_local::{AthenaLocal, Config};
use lake_athena::{Athena, AthenaConfig, Keys};
use lake_core::engine::Engine;
use tempfile::TempDir;

fn engine() -> Option<Arc<dyn Engine>> {
    static ENGINE: OnceLock<(Arc<Athena>, TempDir)> = OnceLock::new();
    let open = || {
        let folder = tempfile::tempdir().unwrap();
        let server = AthenaLocal::start(Config::new(folder.path())).unwrap();
        let config = AthenaConfig {
            region: Some("eu-west-1".into()),
            endpoint: Some(server.url()),
            keys: Some(Keys { id: "local".into(), secret: "local".into() }),
            poll: Duration::from_millis(2),
            ..AthenaConfig::new("s3://behaviour/warehouse")
        };
        (Arc::new(Athena::open(config).unwrap().keeping(server)), folder)
    };
    Some(ENGINE.get_or_init(open).0.clone())
}

lake_behaviour::behaviours!(engine);
