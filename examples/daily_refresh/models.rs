//! The pipeline: from the documents of the feed to rates, their history, months and volatility.

use lakehouse::prelude::*;

/// One document of the feed: the euro's rates of one working day.
#[derive(Row)]
pub struct FxDocument {
    /// The currency whose one unit is priced; always EUR.
    pub base: String,
    /// The day of the rates.
    pub date: Date,
    /// Units of each currency for one unit of the base. Currencies that were not quoted are absent.
    pub rates: BTreeMap<String, Decimal<18, 6>>,
    /// The file it came in.
    #[col(file)]
    pub file: String,
    /// When the file arrived.
    #[col(arrival)]
    pub arrived_at: TimestampTz,
}

/// The documents as they came.
#[source(schema = "raw", files = "fx/*.json", format = "json")]
pub fn fx_documents() -> Source<FxDocument>;

/// The rate of one currency on one day.
#[derive(Row)]
pub struct FxRate {
    /// The day.
    pub rate_date: Date,
    /// ISO 4217 code.
    pub currency: String,
    /// Units of the currency for one euro.
    #[col(condition = "{column} > 0")]
    pub rate: Decimal<18, 6>,
}

/// Every rate that was ever published, one row per day and currency.
#[model(schema = "fx", tags = ["daily"])]
pub fn rates(documents: Ref<fx_documents>) -> Incremental<FxRate> {
    incremental(sql!(
        "select d.date as rate_date, r.currency, r.rate
         from {documents} d
         cross join unnest(d.rates) as r(currency, rate)
         where r.rate is not null"
    ))
    .merge_on((FxRate::rate_date, FxRate::currency))
}

/// A currency that was quoted on a day.
#[derive(Row)]
pub struct Quoted {
    /// ISO 4217 code.
    pub currency: String,
    /// The day.
    pub quoted_on: Date,
}

/// From when to when each currency was quoted: every document lists them all, so a missing one has left.
#[model(schema = "fx", tags = ["daily"])]
pub fn currency_history(documents: Ref<fx_documents>) -> History<Quoted> {
    history(sql!(
        "select r.currency, d.date as quoted_on
         from {documents} d
         cross join unnest(d.rates) as r(currency, rate)"
    ))
    .key(Quoted::currency)
    .sequence_by(Quoted::quoted_on)
    .full_extract(deletes::close())
}

/// What a currency did in one month.
#[derive(Row)]
pub struct MonthlyRate {
    /// First day of the month.
    pub month: Date,
    /// ISO 4217 code.
    pub currency: String,
    /// The first rate of the month.
    pub first: Decimal<18, 6>,
    /// The last rate of the month.
    pub last: Decimal<18, 6>,
    /// The lowest.
    pub low: Decimal<18, 6>,
    /// The highest.
    pub high: Decimal<18, 6>,
    /// The mean, rounded to six digits.
    pub average: Decimal<18, 6>,
    /// Number of days with a rate.
    #[col(condition = "{column} between 1 and 31")]
    pub observations: i64,
}

/// Rates by month, with the first, last, lowest and highest of each.
#[model(schema = "fx", tags = ["monthly"])]
pub fn monthly_rates(rates: Ref<rates>) -> Table<MonthlyRate> {
    sql!(
        "select
             date_trunc('month', rate_date) as month,
             currency,
             min_by(rate, rate_date) as first,
             max_by(rate, rate_date) as last,
             min(rate) as low,
             max(rate) as high,
             cast(avg(rate) as decimal(18, 6)) as average,
             count(*) as observations
         from {rates}
         group by 1, 2"
    )
}

/// How much a currency moved of late.
#[derive(Row)]
pub struct Volatility {
    /// The day.
    pub rate_date: Date,
    /// ISO 4217 code.
    pub currency: String,
    /// Standard deviation of the last 30 daily log returns; null before the third rate.
    pub volatility: Option<f64>,
}

/// The standard deviation of the last 30 daily log returns of each currency.
#[model(schema = "fx")]
pub fn volatility(rates: Ref<rates>) -> View<Volatility> {
    sql!(
        "with returns as (
             select
                 rate_date,
                 currency,
                 ln(cast(rate as double) / lag(cast(rate as double)) over (partition by currency order by rate_date))
                     as log_return
             from {rates}
         )
         select
             rate_date,
             currency,
             stddev(log_return) over (
                 partition by currency order by rate_date rows between 29 preceding and current row
             ) as volatility
         from returns"
    )
}

for_each!("examples/daily_refresh/groups.txt", {
    /// The monthly rates of the __name__ currencies.
    #[model(schema = "fx", tags = ["groups"])]
    pub fn __name___rates(monthly: Ref<monthly_rates>) -> Table<_> {
        sql!(
            "select month, currency, average, average / lag(average) over (partition by currency order by month) - 1 as change
             from {monthly}
             where contains(split('__value__', ','), currency)"
        )
    }
});
