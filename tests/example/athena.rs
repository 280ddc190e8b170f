//! The example on Athena's client and protocol, as its user would run it.

use lake_iceberg::Warehouse;

use crate::ecb;
use crate::lake::Lake;

const TARGET: [&str; 2] = ["--target", "athena-local"];

fn query(lake: &Lake, sql: &str) -> Vec<String> {
    let ran = lake.succeed(&["query", TARGET[0], TARGET[1], "--format", "csv", sql]);
    ran.out().lines().skip(1).map(ToOwned::to_owned).collect()
}

#[test]
fn the_example_ends_in_the_same_tables_as_on_the_embedded_engine() {
    let (local, embedded) = (Lake::new(), Lake::new());
    for until in ["1999-02-31", "1999-04-31"] {
        local.succeed(&[TARGET[0], TARGET[1], "--until", until]);
        embedded.succeed(&["--until", until]);
    }
    let days = ecb::days("1999-04-31");
    assert_eq!(query(&local, "select * from fx.rates order by 1, 2"), ecb::rate_lines(&days));
    for table in ["rates", "currency_history", "monthly_rates", "volatility", "american_rates", "asian_rates"] {
        let sql = format!("select * from fx.{table} order by 1, 2");
        assert_eq!(query(&local, &sql), embedded.query(&sql), "{table}");
    }
    let again = local.succeed(&[TARGET[0], TARGET[1], "--until", "1999-04-31"]);
    assert!(again.out().contains("nothing new"), "{}", again.all());
    assert!(Warehouse::open(local.path("warehouse")).is_ok());
}
