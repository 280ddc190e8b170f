//! Dates, times, timestamps and intervals.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("at_timezone", &["(timestamp(p) with time zone, varchar(x)) -> timestamp(p) with time zone"]),
    scalar("current_timezone", &["() -> varchar"]).never_null().total().nondeterministic(),
    scalar("date", &["(timestamp(p)) -> date", "(timestamp(p) with time zone) -> date", "(varchar(x)) -> date"]),
    scalar(
        "date_add",
        &[
            "(varchar(x), bigint, date) -> date",
            "(varchar(x), bigint, time(p)) -> time(p)",
            "(varchar(x), bigint, time(p) with time zone) -> time(p) with time zone",
            "(varchar(x), bigint, timestamp(p)) -> timestamp(p)",
            "(varchar(x), bigint, timestamp(p) with time zone) -> timestamp(p) with time zone",
        ],
    ),
    scalar(
        "date_diff",
        &[
            "(varchar(x), date, date) -> bigint",
            "(varchar(x), time(p) with time zone, time(p) with time zone) -> bigint",
            "(varchar(x), time(p), time(p)) -> bigint",
            "(varchar(x), timestamp(p) with time zone, timestamp(p) with time zone) -> bigint",
            "(varchar(x), timestamp(p), timestamp(p)) -> bigint",
        ],
    ),
    scalar(
        "date_format",
        &["(timestamp(p) with time zone, varchar(x)) -> varchar", "(timestamp(p), varchar(x)) -> varchar"],
    ),
    scalar("date_parse", &["(varchar(x), varchar(y)) -> timestamp(3)"]),
    scalar(
        "date_trunc",
        &[
            "(varchar(x), date) -> date",
            "(varchar(x), time(p)) -> time(p)",
            "(varchar(x), time(p) with time zone) -> time(p) with time zone",
            "(varchar(x), timestamp(p)) -> timestamp(p)",
            "(varchar(x), timestamp(p) with time zone) -> timestamp(p) with time zone",
        ],
    ),
    scalar(
        "day",
        &[
            "(date) -> bigint",
            "(interval day to second) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar(
        "day_of_month",
        &[
            "(date) -> bigint",
            "(interval day to second) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar("day_of_week", &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"])
        .total(),
    scalar("day_of_year", &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"])
        .total(),
    scalar("dow", &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"]).total(),
    scalar("doy", &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"]).total(),
    scalar(
        "format_datetime",
        &["(timestamp(p) with time zone, varchar(x)) -> varchar", "(timestamp(p), varchar(x)) -> varchar"],
    ),
    scalar("from_iso8601_date", &["(varchar(x)) -> date"]),
    scalar("from_iso8601_timestamp", &["(varchar(x)) -> timestamp(3) with time zone"]),
    scalar("from_iso8601_timestamp_nanos", &["(varchar(x)) -> timestamp(9) with time zone"]),
    scalar(
        "from_unixtime",
        &[
            "(double) -> timestamp(3) with time zone",
            "(double, bigint, bigint) -> timestamp(3) with time zone",
            "(double, varchar(x)) -> timestamp(3) with time zone",
        ],
    ),
    scalar(
        "from_unixtime_nanos",
        &["(bigint) -> timestamp(9) with time zone", "(decimal(p, s)) -> timestamp(9) with time zone"],
    ),
    scalar(
        "hour",
        &[
            "(interval day to second) -> bigint",
            "(time(p)) -> bigint",
            "(time(p) with time zone) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar("human_readable_seconds", &["(double) -> varchar"]),
    scalar("last_day_of_month", &["(date) -> date", "(timestamp(p)) -> date", "(timestamp(p) with time zone) -> date"])
        .total(),
    scalar(
        "millisecond",
        &[
            "(interval day to second) -> bigint",
            "(time(p)) -> bigint",
            "(time(p) with time zone) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar(
        "minute",
        &[
            "(interval day to second) -> bigint",
            "(time(p)) -> bigint",
            "(time(p) with time zone) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar(
        "month",
        &[
            "(date) -> bigint",
            "(interval year to month) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar("now", &["() -> timestamp(3) with time zone"]).never_null().total().nondeterministic(),
    scalar("parse_datetime", &["(varchar(x), varchar(y)) -> timestamp(3) with time zone"]),
    scalar("parse_duration", &["(varchar(x)) -> interval day to second"]),
    scalar("quarter", &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"])
        .total(),
    scalar(
        "second",
        &[
            "(interval day to second) -> bigint",
            "(time(p)) -> bigint",
            "(time(p) with time zone) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar(
        "timezone",
        &["(time(p) with time zone) -> varchar only new", "(timestamp(p) with time zone) -> varchar only new"],
    )
    .total(),
    scalar("timezone_hour", &["(time(p) with time zone) -> bigint", "(timestamp(p) with time zone) -> bigint"]).total(),
    scalar("timezone_minute", &["(time(p) with time zone) -> bigint", "(timestamp(p) with time zone) -> bigint"])
        .total(),
    scalar(
        "to_iso8601",
        &[
            "(date) -> varchar(16)",
            "(timestamp(p)) -> varchar(22 + min(p, 1) + p)",
            "(timestamp(p) with time zone) -> varchar(28 + min(p, 1) + p)",
        ],
    )
    .total(),
    scalar("to_milliseconds", &["(interval day to second) -> bigint"]).total(),
    scalar("to_unixtime", &["(timestamp(p) with time zone) -> double"]).total(),
    scalar("week", &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"])
        .total(),
    scalar(
        "week_of_year",
        &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"],
    )
    .total(),
    scalar("with_timezone", &["(timestamp(p), varchar(x)) -> timestamp(p) with time zone"]),
    scalar(
        "year",
        &[
            "(date) -> bigint",
            "(interval year to month) -> bigint",
            "(timestamp(p)) -> bigint",
            "(timestamp(p) with time zone) -> bigint",
        ],
    )
    .total(),
    scalar(
        "year_of_week",
        &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"],
    )
    .total(),
    scalar("yow", &["(date) -> bigint", "(timestamp(p)) -> bigint", "(timestamp(p) with time zone) -> bigint"]).total(),
];
