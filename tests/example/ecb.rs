//! What the pipeline must end in, computed from the ECB's file in plain Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::GzDecoder;

const RATES: &[u8] = include_bytes!("../../examples/daily_refresh/data/eurofxref-hist.csv.gz");

/// Millionths, as `decimal(18,6)` holds them.
pub type Millionths = i128;

/// Rates by day and currency, days as `2022-03-01`.
pub type Days = BTreeMap<String, BTreeMap<String, Millionths>>;

/// A version of a currency: currency, first day, first day without it.
pub type Version = (String, String, Option<String>);

/// All days up to and with `until`.
pub fn days(until: &str) -> Days {
    let mut text = String::new();
    GzDecoder::new(RATES).read_to_string(&mut text).expect("the bundled file is readable");
    let mut lines = text.lines();
    let currencies: Vec<&str> = lines.next().expect("there is a header").split(',').skip(1).collect();
    let days = lines.map(|line| {
        let mut cells = line.split(',');
        let day = cells.next().expect("a line has a date").to_owned();
        let quoted = currencies.iter().zip(cells).filter(|(_, cell)| !cell.is_empty() && *cell != "N/A");
        (day, quoted.map(|(currency, cell)| ((*currency).to_owned(), millionths(cell))).collect())
    });
    days.filter(|(day, _): &(String, _)| day.as_str() <= until).collect()
}

/// `1.1172` → 1117200
pub fn millionths(text: &str) -> Millionths {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<6}");
    assert!(fraction.len() <= 6, "{text} has more than six digits");
    digits.parse().expect("digits")
}

/// `1117200` → `1.117200`
pub fn decimal(value: Millionths) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", value.abs() / 1_000_000, value.abs() % 1_000_000)
}

/// From when to when each currency was quoted, in order of currency and start.
pub fn versions(days: &Days) -> Vec<Version> {
    let mut open: BTreeMap<&str, &str> = BTreeMap::new();
    let mut versions = vec![];
    for (day, rates) in days {
        let gone: Vec<&str> = open.keys().copied().filter(|currency| !rates.contains_key(*currency)).collect();
        for currency in gone {
            let from = open.remove(currency).expect("it was open");
            versions.push((currency.to_owned(), from.to_owned(), Some(day.clone())));
        }
        for currency in rates.keys() {
            open.entry(currency).or_insert(day);
        }
    }
    versions.extend(open.into_iter().map(|(currency, from)| (currency.to_owned(), from.to_owned(), None)));
    versions.sort();
    versions
}

/// Rows of `fx.rates` as CSV, in order of day and currency.
pub fn rate_lines(days: &Days) -> Vec<String> {
    let line = |day: &str, currency: &str, rate: Millionths| format!("{day},{currency},{}", decimal(rate));
    days.iter().flat_map(|(day, rates)| rates.iter().map(move |(currency, rate)| line(day, currency, *rate))).collect()
}

/// Rows of `fx.currency_history` as CSV, in order of currency and start; how a boolean is spelt is the reader's.
pub fn version_lines(days: &Days, spell: fn(bool) -> &'static str) -> Vec<String> {
    let line = |(currency, from, to): Version| {
        let current = spell(to.is_none());
        format!("{currency},{from},{},{current}", to.unwrap_or_default())
    };
    versions(days).into_iter().map(line).collect()
}

/// One row of `fx.monthly_rates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// First, last, low, high, average.
    pub rates: [Millionths; 5],
    /// Days with a rate.
    pub observations: i64,
}

/// Months by first day and currency. `avg` of decimals rounds half away from zero.
pub fn months(days: &Days) -> BTreeMap<(String, String), Month> {
    let mut groups: BTreeMap<(String, String), Vec<Millionths>> = BTreeMap::new();
    for (day, rates) in days {
        for (currency, rate) in rates {
            groups.entry((format!("{}-01", &day[..7]), currency.clone())).or_default().push(*rate);
        }
    }
    groups.into_iter().map(|(key, rates)| (key, month(&rates))).collect()
}

fn month(rates: &[Millionths]) -> Month {
    let (first, last) = (rates[0], rates[rates.len() - 1]);
    let sorted: BTreeSet<_> = rates.iter().copied().collect();
    let (low, high) = (*sorted.first().expect("not empty"), *sorted.last().expect("not empty"));
    let count = rates.len() as Millionths;
    let average = (2 * rates.iter().sum::<Millionths>() + count) / (2 * count);
    Month { rates: [first, last, low, high, average], observations: rates.len() as i64 }
}
