//! Dates, times and timestamps among themselves and from text.

use arrow::array::ArrayRef;
use lake_sql::types::Type;

use super::{Convert, parse, plain};
use crate::error::{Fault, Result};
use crate::eval::Args;
use crate::functions::calendar::{self, MICROS_IN_DAY};
use crate::functions::columns::{Days, Int, map1};
use crate::functions::{datetime, format};
use crate::types::is_text;

pub(super) fn find(from: &Type, to: &Type) -> Option<Convert> {
    use Type::{Date, Time, Timestamp, TimestampTz};
    Some(match (from, to) {
        (Date, Timestamp(_) | TimestampTz(_)) => |args| map1::<Days, _>(args, |v| i64::from(v) * MICROS_IN_DAY),
        (Timestamp(_), Date) => |args| map1::<Int, _>(args, calendar::day_of),
        (Timestamp(p), Timestamp(q)) | (TimestampTz(p), TimestampTz(q)) if p <= q => plain,
        (Timestamp(_), Timestamp(_)) | (TimestampTz(_), TimestampTz(_)) => {
            |args| map1::<Int, _>(args, |v| round(v, precision(args.ty)))
        }
        (Time(p), Time(q)) if p <= q => plain,
        (Time(_), Time(_)) => |args| map1::<Int, _>(args, |v| round(v, precision(args.ty)) % MICROS_IN_DAY),
        (Timestamp(_), TimestampTz(_)) => |args| map1::<Int, _>(args, |v| round(v, precision(args.ty))),
        (TimestampTz(_), Timestamp(_)) => |args| local(args, |v, args| Ok(round(v, precision(args.ty)))),
        (TimestampTz(_), Date) => |args| local(args, |v, _| Ok(i64::from(calendar::day_of(v)))),
        (TimestampTz(_), Time(_)) => |args| local(args, time_of),
        (Timestamp(_), Time(_)) => |args| map1::<Int, _>(args, |v| time_of(v, args)),
        (a, Date) if is_text(a) => text_to_date,
        (a, Timestamp(_)) if is_text(a) => text_to_timestamp,
        (a, TimestampTz(_)) if is_text(a) => text_to_instant,
        (a, Time(_)) if is_text(a) => text_to_time,
        _ => return None,
    })
}

pub(in crate::functions) fn precision(ty: &Type) -> u8 {
    match ty {
        Type::Time(p) | Type::Timestamp(p) | Type::TimestampTz(p) => *p,
        _ => 6,
    }
}

/// Microseconds rounded half up to so many digits of a second.
pub(in crate::functions) fn round(micros: i64, precision: u8) -> i64 {
    let unit = 10_i64.pow(u32::from(6 - precision.min(6)));
    (micros + unit / 2).div_euclid(unit) * unit
}

fn time_of(micros: i64, args: &Args<'_>) -> Result<i64> {
    Ok(round(micros.rem_euclid(MICROS_IN_DAY), precision(args.ty)) % MICROS_IN_DAY)
}

/// A function of the local time of each instant.
fn local(args: &Args<'_>, f: fn(i64, &Args<'_>) -> Result<i64>) -> Result<ArrayRef> {
    let zone = datetime::zone(args.zone.name()?)?;
    map1::<Int, _>(args, |instant| f(zone.local(instant)?, args))
}

fn text_to_date(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| {
        format::parse_date(text.trim()).ok_or_else(|| Fault::data(format!("Value cannot be cast to date: {text}")))
    })
}

fn text_to_timestamp(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| {
        let refused = || Fault::data(format!("Value cannot be cast to timestamp: {text}"));
        let (micros, zone) = format::parse_timestamp(text.trim()).ok_or_else(refused)?;
        if zone.is_some() {
            return Err(refused());
        }
        Ok(round(micros, precision(args.ty)))
    })
}

fn text_to_instant(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| {
        let refused = || Fault::data(format!("Value cannot be cast to timestamp with time zone: {text}"));
        let (micros, zone) = format::parse_timestamp(text.trim()).ok_or_else(refused)?;
        let zone = datetime::zone(zone.unwrap_or(crate::types::UTC)).map_err(|_| refused())?;
        Ok(round(zone.instant(micros)?, precision(args.ty)))
    })
}

fn text_to_time(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| {
        let micros = format::parse_time(text.trim());
        let micros = micros.ok_or_else(|| Fault::data(format!("Value cannot be cast to time: {text}")))?;
        Ok(round(micros, precision(args.ty)) % MICROS_IN_DAY)
    })
}
