//! A column of the row is called like one of the history.

use lakehouse::prelude::*;

#[derive(Row)]
pub struct Price {
    pub product: String,
    pub valid_from: Date,
}

#[source(schema = "raw")]
pub fn prices() -> Source<Price>;

#[model(schema = "curated")]
pub fn price_history(prices: Ref<prices>) -> History<Price> {
    history(sql!("select * from {prices}")).key(Price::product).sequence_by(Price::valid_from).events()
}

fn main() {}
