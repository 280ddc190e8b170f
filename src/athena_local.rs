//! A server that speaks Athena's protocol, started in the process over the target's folder, with Athena's own client.

use std::path::Path;
use std::time::Duration;

use athena_local::{AthenaLocal, Config, Script};
use lake_athena::{Athena, AthenaConfig, Keys};
use lake_core::engine::{Effect, Engine, EngineError, ErrorKind};
use lake_core::project::settings::Target;

/// Opens the engine for a target. Its only option is `faults`, a script for the server.
pub fn open(target: &Target) -> Result<Box<dyn Engine>, EngineError> {
    let mut config = Config { threads: target.threads, ..Config::new(&target.warehouse) };
    for (name, value) in &target.options {
        match name.as_str() {
            "faults" => config.script = Script::read(Path::new(value)).map_err(|error| wrong(error.to_string()))?,
            _ => {
                let place = format!("in `targets.{}.options`", target.name);
                return Err(wrong(format!("{place}: unknown option `{name}` (athena-local has `faults`)")));
            }
        }
    }
    let server = AthenaLocal::start(config).map_err(|error| wrong(format!("athena-local: {error}")))?;
    let client = AthenaConfig {
        region: Some("eu-west-1".into()),
        endpoint: Some(server.url()),
        keys: Some(Keys { id: "local".into(), secret: "local".into() }),
        max_concurrency: target.threads.max(1),
        poll: Duration::from_millis(2),
        ..AthenaConfig::new("s3://athena-local/warehouse")
    };
    Ok(Box::new(Athena::open(client)?.keeping(server)))
}

fn wrong(message: String) -> EngineError {
    EngineError { kind: ErrorKind::Statement, effect: Effect::None, message, query: None, help: None }
}
