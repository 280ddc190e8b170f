//! The example end to end: its tables hold what the ECB's file says, after every refresh.

use crate::ecb::{self, decimal};
use crate::lake::Lake;

/// Compares every table of the example with what plain Rust computes.
fn assert_tables(lake: &Lake, until: &str) {
    let days = ecb::days(until);
    assert_eq!(lake.query("select rate_date, currency, rate from fx.rates order by 1, 2"), ecb::rate_lines(&days));

    let history = "select currency, valid_from, valid_to, is_current from fx.currency_history order by 1, 2";
    assert_eq!(lake.query(history), ecb::version_lines(&days, |current| if current { "true" } else { "false" }));

    let months: Vec<String> = ecb::months(&days)
        .into_iter()
        .map(|((month, currency), values)| {
            let rates: Vec<String> = values.rates.iter().map(|rate| decimal(*rate)).collect();
            format!("{month},{currency},{},{}", rates.join(","), values.observations)
        })
        .collect();
    assert_eq!(lake.query("select * from fx.monthly_rates order by 1, 2"), months);
}

/// Sample standard deviations of the last 30 log returns of the last day, from the same rates.
fn assert_volatility(lake: &Lake, until: &str) {
    let days = ecb::days(until);
    let (last, rates) = days.last_key_value().expect("there are days");
    let sql = format!("select currency, volatility from fx.volatility where rate_date = date '{last}' order by 1");
    let found = lake.query(&sql);
    assert_eq!(found.len(), rates.len());
    for line in found {
        let (currency, volatility) = line.split_once(',').expect("two columns");
        let series: Vec<f64> =
            days.values().filter_map(|day| day.get(currency)).map(|rate| *rate as f64 / 1e6).collect();
        let returns: Vec<f64> = series.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
        let window = &returns[returns.len().saturating_sub(30)..];
        let mean = window.iter().sum::<f64>() / window.len() as f64;
        let squares: f64 = window.iter().map(|value| (value - mean).powi(2)).sum();
        let expected = (squares / (window.len() as f64 - 1.0)).sqrt();
        let volatility: f64 = volatility.parse().expect("a number");
        assert!((volatility - expected).abs() < 1e-9, "{currency}: {volatility} instead of {expected}");
    }
}

#[test]
fn every_refresh_ends_in_what_the_file_says() {
    let lake = Lake::new();
    lake.succeed(&["--until", "2008-12-31"]);
    assert_tables(&lake, "2008-12-31");

    // The rouble leaves on 2022-03-02 and the Icelandic króna is back since 2018-02-01.
    lake.succeed(&["--until", "2022-03-31"]);
    assert_tables(&lake, "2022-03-31");
    assert_volatility(&lake, "2022-03-31");

    lake.succeed(&[]);
    assert_tables(&lake, "2022-04-30");

    let nordic = "select count(*), count(distinct currency) from fx.nordic_rates";
    let months = ecb::months(&ecb::days("2022-04-30"));
    let expected = months.keys().filter(|(_, currency)| ["DKK", "ISK", "NOK", "SEK"].contains(&currency.as_str()));
    assert_eq!(lake.query(nordic), [format!("{},4", expected.count())]);
}

#[test]
fn a_run_with_nothing_new_writes_nothing_and_says_so() {
    let lake = Lake::new();
    let first = lake.succeed(&["--until", "1999-03-31"]);
    assert!(first.out().contains("published"), "{}", first.all());
    let before = lake.files("warehouse");
    let second = lake.succeed(&["--until", "1999-03-31"]);
    assert!(second.out().contains("nothing new"), "{}", second.all());
    assert_eq!(lake.files("warehouse"), before);
}
