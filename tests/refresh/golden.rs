//! Every model's query as it is sent to each dialect.

use lake_core::engine::Capabilities;
use lake_core::strategy::{Context, plain_sql};
use lake_sql::render::dialect::Dialect;

use crate::Refresh;

const CAPABILITIES: Capabilities = Capabilities { max_concurrency: 1, ..Capabilities::FULL };

/// 2022-03-02T00:00:00Z in microseconds.
const NOW: i64 = 1_646_179_200_000_000;

#[test]
fn every_model_in_every_dialect() {
    let (project, _) = Refresh::new(0).project();
    for dialect in [&Dialect::EMBEDDED, &Dialect::ATHENA, &Dialect::TRINO] {
        let context = Context { project: &project, dialect, capabilities: &CAPABILITIES };
        let texts = project.graph.models().map(|model| {
            let sql = plain_sql(&context, model, NOW).unwrap();
            format!("-- {}\n{}\n", model.id, sql.trim())
        });
        insta::assert_snapshot!(dialect.name, texts.collect::<Vec<_>>().join("\n"));
    }
}
