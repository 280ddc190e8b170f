//! The example on a Trino server, as its user would run it.

use std::process::Command;
use std::sync::Arc;

use lake_behaviour::{Lab, server};
use lake_trino::{Trino, TrinoConfig};

use crate::ecb;
use crate::lake::{Lake, Ran};

const TARGET: [&str; 2] = ["--target", "trino"];

/// A lake whose tables are on a server, in a schema that goes in the end.
struct OnTrino {
    lake: Lake,
    url: String,
    lab: Lab,
}

impl OnTrino {
    /// None where no server can be had.
    fn new() -> Option<Self> {
        let url = server::trino()?;
        let engine = Trino::open(TrinoConfig::new(&url, "iceberg")).expect("the server answers");
        let schema = format!("{}fx", lake_behaviour::prefix());
        Some(Self { lake: Lake::new(), url, lab: Lab { engine: Arc::new(engine), schema } })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.lake.command(arguments);
        let prefix = self.lab.schema.strip_suffix("fx").expect("the schema is named so");
        command.args(TARGET).env("LAKE_TRINO_URL", &self.url).env("LAKE_SCHEMA_PREFIX", prefix);
        command
    }

    fn succeed(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::of(&mut self.command(arguments));
        assert_eq!(ran.code(), 0, "{}", ran.all());
        ran
    }

    /// All rows of a table, as CSV in order of the first two columns.
    fn table(&self, name: &str) -> Vec<String> {
        let sql = format!("select * from {}.{name} order by 1, 2", self.lab.schema);
        let ran = self.succeed(&["query", "--format", "csv", &sql]);
        ran.out().lines().skip(1).map(ToOwned::to_owned).collect()
    }

    /// Compares every table with the one of a lake on the embedded engine.
    fn assert_same(&self, embedded: &Lake) {
        for name in ["rates", "currency_history", "monthly_rates", "american_rates", "asian_rates", "nordic_rates"] {
            let expected = embedded.query(&format!("select * from fx.{name} order by 1, 2"));
            assert_eq!(self.table(name), expected, "{name}");
        }
        let expected = embedded.query("select * from fx.volatility order by 1, 2");
        assert_close(&self.table("volatility"), &expected);
    }
}

/// Compares rows that end in a double. Two mathematical libraries need not agree on the last digits of a logarithm.
fn assert_close(found: &[String], expected: &[String]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let split = |line: &str| {
            let (rest, last) = line.rsplit_once(',').expect("several columns");
            (rest.to_owned(), last.parse::<f64>().ok())
        };
        let ((key, left), (expected_key, right)) = (split(found), split(expected));
        assert_eq!(key, expected_key);
        let same = match (left, right) {
            (Some(left), Some(right)) => (left - right).abs() <= 1e-12 * right.abs(),
            (left, right) => left == right,
        };
        assert!(same, "{found} instead of {expected}");
    }
}

#[test]
fn the_example_ends_in_the_same_tables_as_on_the_embedded_engine() {
    let (Some(trino), embedded) = (OnTrino::new(), Lake::new()) else { return };
    for until in ["1999-02-31", "1999-04-31"] {
        trino.succeed(&["--until", until]);
        embedded.succeed(&["--until", until]);
    }
    assert_eq!(trino.table("rates"), ecb::rate_lines(&ecb::days("1999-04-31")));
    trino.assert_same(&embedded);

    let heads = || ["rates", "currency_history"].map(|table| trino.lab.head(table));
    let (before, names) = (heads(), trino.lab.names());
    let again = trino.succeed(&["--until", "1999-04-31"]);
    assert!(again.out().contains("nothing new"), "{}", again.all());
    assert_eq!((heads(), trino.lab.names()), (before, names));
}
