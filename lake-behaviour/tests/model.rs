//! The engine in memory.

use std::sync::Arc;

use lake_core::engine::Engine;
use lake_model_engine::ModelEngine;

fn engine() -> Option<Arc<dyn Engine>> {
    Some(Arc::new(ModelEngine::new()))
}

lake_behaviour::behaviours!(engine);

mod without_files {
    use super::*;

    fn engine() -> Option<Arc<dyn Engine>> {
        let mut engine = ModelEngine::new();
        engine.capabilities_mut().files = false;
        Some(Arc::new(engine))
    }

    lake_behaviour::behaviours!(engine);
}

mod without_rename_and_guard {
    use super::*;

    fn engine() -> Option<Arc<dyn Engine>> {
        let mut engine = ModelEngine::new();
        engine.capabilities_mut().rename_table = false;
        engine.capabilities_mut().guard_by_refs = false;
        Some(Arc::new(engine))
    }

    lake_behaviour::behaviours!(engine);
}
