//! Athena as a target of `lake.toml`.

use lake_athena::{Athena, AthenaConfig};
use lake_core::engine::{Engine, EngineError};
use lake_core::project::settings::Target;

/// Opens the engine for a target.
pub fn open(target: &Target) -> Result<Box<dyn Engine>, EngineError> {
    Ok(Box::new(Athena::open(AthenaConfig::of(target)?)?))
}
