//! PyIceberg reads the example's tables, before and after refreshes, and finds what the ECB's file says.
//!
//! Needs a Python with PyIceberg and PyArrow, named by `LAKE_PYTHON`; without it the test says so and checks nothing.

#![cfg(feature = "embedded")]

mod support;

use std::process::Command;

use lake_iceberg::Warehouse;
use support::Lake;
use support::ecb::{self, decimal};

/// Prints all rows as CSV, sorted.
const ROWS: &str = r#"
import sys
from pyiceberg.table import StaticTable
rows = StaticTable.from_metadata(sys.argv[1]).scan().to_arrow().select(sys.argv[2].split(",")).to_pylist()
for line in sorted(",".join("" if value is None else str(value) for value in row.values()) for row in rows):
    print(line)
"#;

/// Rows of a table as PyIceberg reads them; None where there is no Python for it.
fn read(lake: &Lake, table: &str, columns: &str) -> Option<Vec<String>> {
    let Some(python) = std::env::var_os("LAKE_PYTHON") else {
        println!("skipped: LAKE_PYTHON names no Python with PyIceberg");
        return None;
    };
    let warehouse = Warehouse::open(lake.path("warehouse")).expect("the warehouse opens");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    let table = runtime.block_on(warehouse.table("fx", table)).expect("the table is there");
    let output = Command::new(python).args(["-c", ROWS]).arg(table.metadata_file()).arg(columns).output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect())
}

fn assert_read_the_same(lake: &Lake, until: &str) {
    let days = ecb::days(until);
    let Some(rates) = read(lake, "rates", "rate_date,currency,rate") else { return };
    let expected: Vec<String> = days
        .iter()
        .flat_map(|(day, rates)| rates.iter().map(move |(name, rate)| format!("{day},{name},{}", decimal(*rate))))
        .collect();
    assert_eq!(rates, expected);
    assert_eq!(rates, lake.query("select rate_date, currency, rate from fx.rates order by 1, 2"));

    let Some(versions) = read(lake, "currency_history", "currency,valid_from,valid_to,is_current") else { return };
    let expected: Vec<String> = ecb::versions(&days)
        .into_iter()
        .map(|(currency, from, to)| {
            let current = if to.is_none() { "True" } else { "False" };
            format!("{currency},{from},{},{current}", to.unwrap_or_default())
        })
        .collect();
    assert_eq!(versions, expected);
}

#[test]
fn pyiceberg_reads_what_we_wrote() {
    let lake = Lake::new();
    for until in ["2008-12-31", "2009-03-31", "2018-02-28"] {
        lake.succeed(&["--until", until]);
        assert_read_the_same(&lake, until);
    }
}
