//! Dates and times as texts of a pattern: MySQL's letters and Joda's, written and read.

use arrow::array::ArrayRef;
use lake_sql::types::Type;

use super::{Zone, invalid, zone_of};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::functions::calendar::{self, MICROS_IN_DAY};
use crate::functions::columns::{Days, Int, Reader, Text, map2, rows};

/// `date_format` (MySQL's letters) and `format_datetime` (Joda's).
pub(super) fn write(name: &str, types: &[Type]) -> Option<Kernel> {
    if !matches!(types[0], Type::Date | Type::Timestamp(_) | Type::TimestampTz(_)) {
        return None;
    }
    match name {
        "date_format" => Some(|args| formatted(args, mysql)),
        _ => Some(|args| formatted(args, joda)),
    }
}

fn formatted(args: &Args<'_>, write: fn(&str, i64) -> Result<String>) -> Result<ArrayRef> {
    let pattern = Reader::<Text>::new(&args.values[1])?;
    let zone = zone_of(args)?;
    let local = local_times(args, zone)?;
    rows(args, |row| match (local[row], pattern.get(row)) {
        (Some(local), Some(pattern)) => write(pattern, local).map(Some),
        _ => Ok(None),
    })
}

fn local_times(args: &Args<'_>, zone: Zone) -> Result<Vec<Option<i64>>> {
    if args.types[0] == Type::Date {
        let days = Reader::<Days>::new(&args.values[0])?;
        return Ok((0..args.rows).map(|row| days.get(row).map(|d| i64::from(d) * MICROS_IN_DAY)).collect());
    }
    let micros = Reader::<Int>::new(&args.values[0])?;
    // What is finer than a millisecond is rounded, halves up.
    let rounded = |micros: i64| (micros + 500).div_euclid(1000) * 1000;
    (0..args.rows).map(|row| micros.get(row).map(|v| zone.local(rounded(v))).transpose()).collect()
}

/// Words of Trino about an empty pattern.
const NO_PATTERN: &str = "Both printing and parsing not supported";

/// MySQL's format letters.
fn mysql(pattern: &str, local: i64) -> Result<String> {
    use std::fmt::Write as _;
    if matches!(pattern, "" | "%") {
        return Err(Fault::data(NO_PATTERN));
    }
    let at = calendar::datetime(local)?;
    let mut text = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let spec = match letters.next() {
            Some('a') => "%a",
            Some('b') => "%b",
            Some('c') => "%-m",
            Some('d') => "%d",
            Some('e') => "%-d",
            // Trino knows milliseconds here.
            Some('f') => "%3f000",
            Some('H') => "%H",
            Some('h' | 'I') => "%I",
            Some('i') => "%M",
            Some('j') => "%j",
            Some('k') => "%-H",
            Some('l') => "%-I",
            Some('M') => "%B",
            Some('m') => "%m",
            Some('p') => "%p",
            Some('r') => "%I:%M:%S %p",
            Some('S' | 's') => "%S",
            Some('T') => "%H:%M:%S",
            Some('v') => "%V",
            Some('W') => "%A",
            Some('x') => "%G",
            Some('Y') => "%Y",
            Some('y') => "%y",
            Some('%') => "%%",
            Some(c @ ('D' | 'U' | 'u' | 'V' | 'w' | 'X')) => {
                return Err(Fault::data(format!("%{c} not supported in date format string")));
            }
            Some(other) => {
                text.push(other);
                continue;
            }
            None => "%%",
        };
        write!(text, "{}", at.format(spec)).map_err(|_| Fault::internal("a date format that cannot be written"))?;
    }
    Ok(text)
}

/// Joda's pattern letters, of which each run is one field.
fn joda(pattern: &str, local: i64) -> Result<String> {
    use std::fmt::Write as _;
    if pattern.is_empty() {
        return Err(Fault::data("Invalid pattern specification: Pattern is null or empty"));
    }
    let at = calendar::datetime(local)?;
    let field = |name| calendar::field(name, local).map(|value| value.unwrap_or_default());
    let letters: Vec<char> = pattern.chars().collect();
    let mut text = String::new();
    let mut position = 0;
    while position < letters.len() {
        let letter = letters[position];
        if letter == '\'' {
            let (literal, next) = quoted(&letters, position)?;
            text.push_str(&literal);
            position = next;
            continue;
        }
        let count = letters[position..].iter().take_while(|c| **c == letter).count();
        position += count;
        if !letter.is_ascii_alphabetic() {
            text.extend(std::iter::repeat_n(letter, count));
            continue;
        }
        let number = match letter {
            'y' | 'Y' if count == 2 => field("year")?.rem_euclid(100),
            'y' | 'Y' => field("year")?,
            'x' => field("year_of_week")?,
            'w' => field("week")?,
            'e' => field("day_of_week")?,
            'D' => field("day_of_year")?,
            'M' if count < 3 => field("month")?,
            'd' => field("day")?,
            'H' => field("hour")?,
            'h' => (field("hour")? + 11) % 12 + 1,
            'K' => field("hour")? % 12,
            'k' => (field("hour")? + 23) % 24 + 1,
            'm' => field("minute")?,
            's' => field("second")?,
            'S' => {
                let millis = format!("{:03}", field("millisecond")?);
                text.push_str(&format!("{millis:0<count$}")[..count]);
                continue;
            }
            'M' | 'E' | 'a' => {
                let spec = match (letter, count) {
                    ('M', 3) => "%b",
                    ('M', _) => "%B",
                    ('E', 1..=3) => "%a",
                    ('E', _) => "%A",
                    _ => "%p",
                };
                write!(text, "{}", at.format(spec)).map_err(|_| Fault::internal("a format that cannot be written"))?;
                continue;
            }
            other => return Err(Fault::unsupported(format!("letter {other} in a pattern of format_datetime"))),
        };
        write!(text, "{number:0count$}").map_err(|_| Fault::internal("a format that cannot be written"))?;
    }
    Ok(text)
}

/// Text in quotes from a position on, and the position behind it; two quotes are one.
fn quoted(letters: &[char], start: usize) -> Result<(String, usize)> {
    let mut text = String::new();
    let mut position = start + 1;
    if letters.get(position) == Some(&'\'') {
        return Ok(("'".into(), position + 1));
    }
    while let Some(letter) = letters.get(position) {
        position += 1;
        match letter {
            '\'' if letters.get(position) == Some(&'\'') => {
                text.push('\'');
                position += 1;
            }
            '\'' => return Ok((text, position)),
            plain => text.push(*plain),
        }
    }
    Ok((text, position))
}

/// Whether a pattern of Joda's leaves the zone to the session, which is UTC.
pub(crate) fn without_zone(pattern: &str) -> bool {
    pattern.split('\'').step_by(2).all(|part| !part.contains(['Z', 'z']))
}

/// Joda's pattern letters, read.
pub(super) fn parse_datetime(args: &Args<'_>) -> Result<ArrayRef> {
    map2::<Text, Text, _>(args, parse_joda)
}

/// What is missing is the start of the year 2000.
fn parse_joda(text: &str, pattern: &str) -> Result<i64> {
    let mut spec = String::new();
    let letters: Vec<char> = pattern.chars().collect();
    let mut position = 0;
    while position < letters.len() {
        let letter = letters[position];
        if letter == '\'' {
            let (literal, next) = quoted(&letters, position)?;
            spec.push_str(&literal.replace('%', "%%"));
            position = next;
            continue;
        }
        let count = letters[position..].iter().take_while(|c| **c == letter).count();
        position += count;
        spec.push_str(match (letter, count) {
            ('y' | 'Y', 2) => "%y",
            ('y' | 'Y', _) => "%Y",
            ('M', 1 | 2) => "%m",
            ('M', _) => "%b",
            ('d', _) => "%d",
            ('D', _) => "%j",
            ('E', _) => "%a",
            ('H', _) => "%H",
            ('h', _) => "%I",
            ('m', _) => "%M",
            ('s', _) => "%S",
            ('S', _) => "%f",
            ('a', _) => "%p",
            (other, _) if other.is_ascii_alphabetic() => {
                return Err(Fault::unsupported(format!("letter {other} in a pattern of parse_datetime")));
            }
            ('%', count) => {
                spec.push_str(&"%%".repeat(count));
                continue;
            }
            (other, count) => {
                spec.extend(std::iter::repeat_n(other, count));
                continue;
            }
        });
    }
    if pattern.is_empty() {
        return Err(Fault::data("Invalid pattern specification: Pattern is null or empty"));
    }
    // Without any field it is the start of 1970.
    let fields = spec.replace("%%", "").contains('%');
    parsed(text, &spec, if fields { 2000 } else { 1970 }).ok_or_else(|| invalid(text))
}

/// MySQL's format letters, read.
pub(super) fn date_parse(args: &Args<'_>) -> Result<ArrayRef> {
    map2::<Text, Text, _>(args, |text, pattern| {
        if pattern.is_empty() {
            return Err(Fault::data(NO_PATTERN));
        }
        parse_mysql(text, pattern).ok_or_else(|| invalid(text))
    })
}

fn parse_mysql(text: &str, pattern: &str) -> Option<i64> {
    let mut spec = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            spec.push(letter);
            continue;
        }
        spec.push_str(match letters.next()? {
            'Y' => "%Y",
            'y' => "%y",
            'm' | 'c' => "%m",
            'd' | 'e' => "%d",
            'H' | 'k' => "%H",
            'h' | 'I' | 'l' => "%I",
            'i' => "%M",
            'S' | 's' => "%S",
            'f' => "%f",
            'p' => "%p",
            'T' => "%H:%M:%S",
            'M' => "%B",
            'b' => "%b",
            'a' => "%a",
            'W' => "%A",
            'j' => "%j",
            '%' => "%%",
            _ => return None,
        });
    }
    parsed(text, &spec, 1970)
}

/// Microseconds of a text, by chrono's letters; what is missing is the start of a year.
fn parsed(text: &str, spec: &str, year: i32) -> Option<i64> {
    if spec.contains("%f") {
        return parse_with_fraction(text, spec, year);
    }
    let mut parsed = chrono::format::Parsed::new();
    chrono::format::parse(&mut parsed, text, chrono::format::StrftimeItems::new(spec)).ok()?;
    moment(parsed, year)
}

/// chrono reads `%f` as nanoseconds; here it is a fraction. So it is cut out and added.
fn parse_with_fraction(text: &str, spec: &str, year: i32) -> Option<i64> {
    let before = spec.split_once("%f")?;
    if before.1.is_empty() {
        let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (rest, fraction) = text.split_at(text.len() - digits);
        let mut parsed = chrono::format::Parsed::new();
        chrono::format::parse(&mut parsed, rest, chrono::format::StrftimeItems::new(before.0)).ok()?;
        let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
        return Some(moment(parsed, year)? + micros);
    }
    None
}

/// What was parsed as microseconds; what is missing is the start of a year.
fn moment(mut parsed: chrono::format::Parsed, year: i32) -> Option<i64> {
    let date = parsed.to_naive_date().ok().or_else(|| {
        if parsed.ordinal().is_none() {
            parsed.year().is_none().then(|| parsed.set_year(year.into()).ok());
            parsed.month().is_none().then(|| parsed.set_month(1).ok());
            parsed.day().is_none().then(|| parsed.set_day(1).ok());
        }
        parsed.to_naive_date().ok()
    })?;
    if parsed.hour_div_12().is_none() && parsed.hour_mod_12().is_none() {
        parsed.set_hour(0).ok()?;
    }
    if parsed.hour_div_12().is_none() {
        parsed.set_ampm(false).ok()?;
    }
    if parsed.minute().is_none() {
        parsed.set_minute(0).ok()?;
    }
    let time = parsed.to_naive_time().ok()?;
    Some(calendar::micros(date.and_time(time)))
}
