//! Time zones by name: which an engine knows, and what somebody may have meant.

use crate::finding::{Finding, unknown_time_zone};
use crate::span::Span;

use super::binder::Binder;
use crate::bound::{Expr, ExprKind, Literal};

/// The zones of a server, a line an area: `Europe: Amsterdam Andorra …`. Names without an area stand behind `: `.
const ZONES: &str = include_str!("zones.txt");
/// No zone is further from UTC.
const MAX_MINUTES: i32 = 14 * 60;
const UTC: [&str; 3] = ["UTC", "GMT", "UT"];

/// What the text of a zone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// So many minutes east of UTC.
    Offset(i32),
    /// A name whose rules only an engine has.
    Named,
    /// None that an engine knows.
    Unknown,
}

/// The zone of a timestamp literal: a name, `+1`, `+01`, `+01:00`, `+0100`, with seconds of 00, or `UTC+1`, `UTC+01:00`.
/// Case matters.
pub(super) fn of_timestamp(text: &str) -> Zone {
    if text == "Z" || UTC.contains(&text) {
        return Zone::Offset(0);
    }
    let behind_utc = UTC.iter().find_map(|utc| text.strip_prefix(utc));
    let minutes = match behind_utc {
        Some(offset) if !matches!(offset.len(), 2 | 3 | 6) => None,
        Some(offset) => minutes(offset),
        None => minutes(text),
    };
    match minutes {
        Some(minutes) => Zone::Offset(minutes),
        None if is_name(text) => Zone::Named,
        None => Zone::Unknown,
    }
}

/// The offset of a time literal: `+01:00` alone.
pub(super) fn of_time(text: &str) -> Option<i32> {
    minutes(text).filter(|_| text.len() == 6)
}

/// An offset as engines print it.
pub(super) fn written(minutes: i32) -> String {
    match minutes {
        0 => "UTC".to_owned(),
        _ => {
            let (sign, minutes) = if minutes < 0 { ('-', -minutes) } else { ('+', minutes) };
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}

fn minutes(offset: &str) -> Option<i32> {
    let (sign, digits) = match offset.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, offset.strip_prefix('+')?),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b':') {
        return None;
    }
    let (hours, minutes, seconds) = match (digits.len(), digits.matches(':').count()) {
        (1 | 2, 0) => (digits, "00", "00"),
        (4, 0) => (&digits[..2], &digits[2..], "00"),
        (6, 0) => (&digits[..2], &digits[2..4], &digits[4..]),
        (5, 1) => (digits.get(..2)?, digits.get(3..)?, "00"),
        (8, 2) => (digits.get(..2)?, digits.get(3..5)?, digits.get(6..)?),
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && seconds == "00" && all <= MAX_MINUTES).then_some(sign * all)
}

fn is_name(zone: &str) -> bool {
    let (area, city) = zone.rsplit_once('/').unwrap_or(("", zone));
    let line = ZONES.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == area);
    line.is_some_and(|(_, cities)| cities.split(' ').any(|name| name == city))
}

/// All names.
fn names() -> Vec<String> {
    let areas = ZONES.lines().filter_map(|line| line.split_once(": "));
    let full = |area: &str, city: &str| if area.is_empty() { city.to_owned() } else { format!("{area}/{city}") };
    areas.flat_map(|(area, cities)| cities.split(' ').map(move |city| full(area, city))).collect()
}

/// The finding about a zone that stands somewhere within the constant at `span`.
pub(super) fn unknown(zone: &str, text: &str, span: Span) -> Finding {
    let place = span.text(text).rfind(zone).map(|at| Span::new(span.start + at, span.start + at + zone.len()));
    unknown_time_zone::new(zone, &names(), span, place.filter(|_| !zone.trim().is_empty()))
}

impl Binder<'_> {
    /// Reports a constant that is no zone. A function takes more spellings than a literal does: offsets behind any name of
    /// UTC, whatever their digits. Those are left to the engine.
    pub fn check_zone(&mut self, zone: &Expr) {
        let ExprKind::Literal(Literal::Text(name)) = &zone.kind else { return };
        let has_offset = name.split_once(['+', '-']).is_some_and(|(base, offset)| {
            (UTC.contains(&base) || is_name(base)) && offset.starts_with(|c: char| c.is_ascii_digit())
        });
        let in_etc = name.starts_with("Etc/") && has_offset;
        let utc = UTC.iter().any(|utc| name.starts_with(utc)) && has_offset;
        if of_timestamp(name) == Zone::Unknown && !in_etc && !utc {
            let finding = unknown(name, &self.text, zone.span);
            self.report(finding);
        }
    }

    /// Looks at the constant zones among the arguments of a call.
    pub fn check_zone_argument(&mut self, function: &str, args: &[Expr]) {
        if let ("at_timezone" | "with_timezone" | "from_unixtime", [_, zone]) = (function, args) {
            self.check_zone(zone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_their_case() {
        for zone in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "EST5EDT", "Etc/GMT+5", "Zulu", "PRC", "GMT0"] {
            assert_eq!(of_timestamp(zone), Zone::Named, "{zone}");
        }
        for zone in
            ["europe/berlin", "Berlin", "Europe/", "Europe", "", "utc", "EST", "Mars/Base", "Etc/GMT+15", ": CET"]
        {
            assert_eq!(of_timestamp(zone), Zone::Unknown, "{zone}");
        }
    }

    #[test]
    fn offsets() {
        for zone in ["+1", "+01", "+0100", "+01:00", "+01:00:00", "+010000", "UTC+1", "GMT+01", "UT+01:00"] {
            assert_eq!(of_timestamp(zone), Zone::Offset(60), "{zone}");
        }
        let wrong =
            ["+1:00", "+01:0", "+100", "+14:01", "-15", "+13:60", "01:00", "+01:00:30", "UTC+0100", "UTC+1:00", "+ä"];
        for zone in wrong {
            assert_eq!(of_timestamp(zone), Zone::Unknown, "{zone}");
        }
        assert_eq!((of_timestamp("Z"), of_timestamp("-14:00")), (Zone::Offset(0), Zone::Offset(-840)));
        assert_eq!((of_time("+01:00"), of_time("+01"), of_time("UTC")), (Some(60), None, None));
        assert_eq!([0, 90, -840].map(written), ["UTC", "+01:30", "-14:00"]);
    }
}
