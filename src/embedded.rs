//! The embedded engine as a target of `lake.toml`.

use std::path::{Path, PathBuf};

use lake_cli::{Sweep, Swept};
use lake_core::engine::{Effect, Engine, EngineError, ErrorKind};
use lake_core::journal::{Journal, JournalError, Pins};
use lake_core::project::settings::Target;
use lake_embedded::{Embedded, EmbeddedConfig};

/// Memory of a target that does not say how much, in MiB.
const MEMORY_MIB: usize = 2048;

/// Opens the engine for a target. Its only option is `memory_mib`.
pub fn open(target: &Target) -> Result<Box<dyn Engine>, EngineError> {
    Ok(Box::new(embedded(target)?))
}

/// Removes files of the target's warehouse that no table refers to.
pub fn collect_garbage(target: &Target, sweep: &Sweep) -> Result<Swept, EngineError> {
    let removed = embedded(target)?.collect_garbage(sweep.older_than, sweep.dry_run)?;
    let plain = |location: String| location.strip_prefix("file://").map_or(location.clone(), str::to_owned);
    Ok(Swept { files: removed.files.into_iter().map(plain).collect(), bytes: removed.bytes })
}

fn embedded(target: &Target) -> Result<Embedded, EngineError> {
    let mut memory_mib = MEMORY_MIB;
    for (name, value) in &target.options {
        memory_mib = match (name.as_str(), value.parse()) {
            ("memory_mib", Ok(mib)) => mib,
            ("memory_mib", Err(_)) => {
                return Err(wrong(target, format!("`memory_mib` is `{value}`, expected a number of MiB")));
            }
            _ => return Err(wrong(target, format!("unknown option `{name}` (the embedded engine has `memory_mib`)"))),
        };
    }
    let config = EmbeddedConfig {
        warehouse: PathBuf::from(&target.warehouse),
        threads: target.threads,
        memory_bytes: memory_mib << 20,
    };
    let state = PathBuf::from(&target.state);
    Ok(Embedded::open(config)?.keeping(move || pins(&state).map_err(|error| error.to_string())))
}

/// The snapshots that runs of the target read and that have not ended.
fn pins(state: &Path) -> Result<Pins, JournalError> {
    match state.exists() {
        true => Journal::folder(state)?.pins(),
        false => Ok(Pins::new()),
    }
}

fn wrong(target: &Target, message: String) -> EngineError {
    EngineError {
        kind: ErrorKind::Statement,
        effect: Effect::None,
        message: format!("in `targets.{}.options`: {message}", target.name),
        query: None,
        help: None,
    }
}
