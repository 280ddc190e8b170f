//! PyIceberg reads the example's tables, before and after refreshes, and finds what the ECB's file says.
//!
//! Needs a Python with PyIceberg and PyArrow, named by `LAKE_PYTHON`; without it the test says so and checks nothing.

use std::process::Command;

use crate::ecb;
use crate::lake::Lake;
use lake_iceberg::Warehouse;

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
    let output = Command::new(python).args(["-c", ROWS]).arg(table.metadata_location()).arg(columns).output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().map(ToOwned::to_owned).collect())
}

fn assert_read_the_same(lake: &Lake, until: &str) {
    let days = ecb::days(until);
    let Some(rates) = read(lake, "rates", "rate_date,currency,rate") else { return };
    assert_eq!(rates, ecb::rate_lines(&days));
    assert_eq!(rates, lake.query("select rate_date, currency, rate from fx.rates order by 1, 2"));

    let Some(versions) = read(lake, "currency_history", "currency,valid_from,valid_to,is_current") else { return };
    assert_eq!(versions, ecb::version_lines(&days, |current| if current { "True" } else { "False" }));
}

#[test]
fn pyiceberg_reads_what_we_wrote() {
    let lake = Lake::new();
    for until in ["2008-12-31", "2009-03-31", "2018-02-28"] {
        lake.succeed(&["--until", until]);
        assert_read_the_same(&lake, until);
    }
}
