//! Typed literals. All are written with their type in front, so that they mean the same on every engine.

use super::dialect::Dialect;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl Dialect {
    /// `'text'`
    pub fn text(&self, value: &str) -> String {
        format!("'{}'", value.replace('\'', "''"))
    }

    /// `date '2024-02-29'` from days since 1970-01-01.
    pub fn date(&self, days: i32) -> String {
        format!("date '{}'", civil(i64::from(days)))
    }

    /// `timestamp '2024-02-29 10:00:00.123456'` from microseconds since 1970-01-01.
    pub fn timestamp(&self, micros: i64) -> String {
        format!("timestamp '{}'", moment(micros))
    }

    /// `timestamp '2024-02-29 10:00:00.123456 UTC'` from microseconds since 1970-01-01 UTC.
    pub fn timestamp_tz(&self, micros: i64) -> String {
        format!("timestamp '{} UTC'", moment(micros))
    }

    /// `decimal '12.50'` from an unscaled value and the number of digits behind the point.
    pub fn decimal(&self, unscaled: i128, scale: u8) -> String {
        let scale = usize::from(scale);
        let sign = if unscaled < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if scale > 0 { "." } else { "" };
        format!("decimal '{sign}{whole}{point}{fraction}'")
    }

    /// `1.5` as written, with its type where the engine would take it for a double.
    pub fn decimal_literal(&self, written: &str) -> String {
        match self.decimal_literals_are_double {
            true => format!("decimal '{}'", written.replace('_', "")),
            false => written.to_owned(),
        }
    }

    /// `double '0.1'`; the value is read back exactly.
    pub fn double(&self, value: f64) -> String {
        match value {
            _ if value.is_nan() => "nan()".to_owned(),
            f64::INFINITY => "infinity()".to_owned(),
            f64::NEG_INFINITY => "-infinity()".to_owned(),
            _ => format!("double '{value:e}'"),
        }
    }
}

fn moment(micros: i64) -> String {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let date = civil(seconds.div_euclid(SECONDS_PER_DAY));
    format!("{date} {hour:02}:{minute:02}:{second:02}.{:06}", micros.rem_euclid(MICROS_PER_SECOND))
}

/// The Gregorian date of a day since 1970-01-01. Years are counted from March, so that the leap day comes last.
fn civil(days: i64) -> String {
    const DAYS_PER_ERA: i64 = 146_097;
    let shifted = days + 719_468;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_typed() {
        let dialect = Dialect::EMBEDDED;
        assert_eq!(dialect.text("it's"), "'it''s'");
        assert_eq!(dialect.date(0), "date '1970-01-01'");
        assert_eq!(dialect.date(19_782), "date '2024-02-29'");
        assert_eq!(dialect.date(-719_162), "date '0001-01-01'");
        assert_eq!(dialect.date(2_932_896), "date '9999-12-31'");
        assert_eq!(dialect.timestamp(-1), "timestamp '1969-12-31 23:59:59.999999'");
        assert_eq!(dialect.timestamp_tz(1_709_200_800_000_001), "timestamp '2024-02-29 10:00:00.000001 UTC'");
        assert_eq!(dialect.decimal(-5, 2), "decimal '-0.05'");
        assert_eq!(dialect.decimal(1250, 2), "decimal '12.50'");
        assert_eq!(dialect.decimal(7, 0), "decimal '7'");
        assert_eq!(dialect.decimal(i128::MIN, 38), "decimal '-1.70141183460469231731687303715884105728'");
        assert_eq!(dialect.double(0.1), "double '1e-1'");
        assert_eq!(dialect.double(f64::NAN), "nan()");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = (1600, 1, 1);
        for day in -135_140..200_000 {
            let (year, month, of_month) = expected;
            assert_eq!(civil(day), format!("{year:04}-{month:02}-{of_month:02}"));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + i32::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = match (month, of_month == length) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                _ => (year, month, of_month + 1),
            };
        }
    }
}
