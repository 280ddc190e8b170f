//! The feed: brings the ECB's rates into the landing folder, one JSON document a working day, as a provider would.

use std::fmt::{self, Write as _};
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use flate2::read::GzDecoder;

/// The last day that the first delivery brings.
const BACKFILL_UNTIL: &str = "2021-12-31";

/// The rates as published: a header, then one line a day, newest first.
const RATES: &[u8] = include_bytes!("data/eurofxref-hist.csv.gz");

/// What a delivery brought.
pub struct Delivery {
    /// Number of new documents.
    pub documents: usize,
    /// The last day that is now in the landing folder.
    pub last_day: String,
    /// Days that are still to come.
    pub remaining: usize,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} new documents", self.documents)?;
        if !self.last_day.is_empty() {
            write!(f, ", the last of {}", self.last_day)?;
        }
        match self.remaining {
            0 => write!(f, "; no more to come"),
            days => write!(f, "; {days} days are still to come"),
        }
    }
}

/// Delivers the documents up to `until`, or the next step: a backfill at first, then a month each time.
///
/// A document appears under its name only when it is complete. Days that are there already are left alone.
pub fn deliver(landing: &Path, until: Option<&str>) -> io::Result<Delivery> {
    let folder = landing.join("fx");
    fs::create_dir_all(&folder)?;
    let days = days()?;
    let delivered = last_delivered(&folder)?;
    let until = match until {
        Some(day) => day.to_owned(),
        None => next_step(&days, delivered.as_deref()),
    };
    let is_new = |day: &Day| delivered.as_deref().is_none_or(|last| day.date.as_str() > last);
    let new: Vec<&Day> = days.iter().filter(|day| is_new(day) && day.date <= until).collect();
    for day in &new {
        let partial = folder.join(format!(".{}.partial", day.date));
        fs::write(&partial, day.document())?;
        fs::rename(&partial, folder.join(format!("{}.json", day.date)))?;
    }
    let last_day = new.last().map(|day| day.date.clone()).or(delivered.clone()).unwrap_or_default();
    let remaining = days.iter().filter(|day| day.date > last_day).count();
    Ok(Delivery { documents: new.len(), last_day, remaining })
}

/// One line of the published file.
struct Day {
    date: String,
    rates: Vec<(String, String)>,
}

impl Day {
    /// The day as the feed sends it; figures are spelt as the ECB spells them.
    fn document(&self) -> String {
        let mut text = format!("{{\"base\":\"EUR\",\"date\":\"{}\",\"rates\":{{", self.date);
        for (position, (currency, rate)) in self.rates.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(text, "{comma}\"{currency}\":{rate}").expect("writing to a string cannot fail");
        }
        text.push_str("}}\n");
        text
    }
}

/// All days, oldest first.
fn days() -> io::Result<Vec<Day>> {
    let mut text = String::new();
    GzDecoder::new(RATES).read_to_string(&mut text)?;
    let mut lines = text.lines();
    let currencies: Vec<&str> = lines.next().unwrap_or_default().split(',').skip(1).collect();
    let mut days: Vec<Day> = lines
        .map(|line| {
            let mut cells = line.split(',');
            let date = cells.next().unwrap_or_default().to_owned();
            let quoted = currencies.iter().zip(cells).filter(|(_, rate)| !rate.is_empty() && *rate != "N/A");
            Day { date, rates: quoted.map(|(currency, rate)| ((*currency).to_owned(), rate.to_owned())).collect() }
        })
        .collect();
    days.reverse();
    Ok(days)
}

fn last_delivered(folder: &Path) -> io::Result<Option<String>> {
    let mut last = None;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(day) = name.to_str().and_then(|name| name.strip_suffix(".json")) {
            last = last.max(Some(day.to_owned()));
        }
    }
    Ok(last)
}

/// The backfill's end, or the last day of the month of the next undelivered day.
fn next_step(days: &[Day], delivered: Option<&str>) -> String {
    let Some(last) = delivered else { return BACKFILL_UNTIL.to_owned() };
    match days.iter().find(|day| day.date.as_str() > last) {
        Some(next) => format!("{}-31", &next.date[..7]),
        None => last.to_owned(),
    }
}
