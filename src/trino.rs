//! A Trino server as a target of `lake.toml`.

use lake_core::engine::{Engine, EngineError};
use lake_core::project::settings::Target;
use lake_trino::{Trino, TrinoConfig};

/// Opens the engine for a target.
pub fn open(target: &Target) -> Result<Box<dyn Engine>, EngineError> {
    let named = |error: EngineError| EngineError {
        message: format!("in `targets.{}.options`: {}", target.name, error.message),
        ..error
    };
    let config = TrinoConfig::from_options(&target.options, |name| std::env::var(name).ok()).map_err(named)?;
    Ok(Box::new(Trino::open(config)?))
}
