//! A time zone that no engine knows.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-time-zone",
    text: "A zone is a name of the time zone database in its own case, such as Europe/Berlin, or an offset of at most 14 \
           hours, such as +01:00. Most abbreviations are neither.",
    wrong: Example::Query("select order_id, ordered_at at time zone 'Europe/Lndon' as ordered_at from {orders}"),
    right: Example::Query("select order_id, ordered_at at time zone 'Europe/London' as ordered_at from {orders}"),
};

/// The zone as written, among the names of all. It stands at `place`, within the constant at `span`.
pub fn new(zone: &str, known: &[String], span: Span, place: Option<Span>) -> Finding {
    let found = Finding::error(DOC.id, span, format!("'{zone}' is not a valid time zone")).label("unknown time zone");
    match (meant(zone, known), place) {
        (Some(name), Some(place)) => {
            found.help(format!("a zone with a similar name exists: `{name}`")).suggest(place, name)
        }
        _ => found.help("write a name such as 'America/New_York', or an offset such as '-05:00'"),
    }
}

/// The name in another case, the name of the city alone, or one that is like it.
fn meant<'n>(zone: &str, known: &'n [String]) -> Option<&'n str> {
    let city = |name: &str| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(zone));
    let same = known.iter().find(|name| name.eq_ignore_ascii_case(zone));
    let same = same.or_else(|| known.iter().find(|name| city(name)).filter(|_| zone.len() > 3));
    // Abbreviations are like each other, and mean something else.
    let like = || nearest(zone, known).filter(|_| zone.len() > 4);
    same.map(String::as_str).or_else(like)
}
