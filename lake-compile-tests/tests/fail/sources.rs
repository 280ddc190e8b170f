//! Sources that are none.

use lakehouse::prelude::*;
#[path = "common/shop.rs"]
mod shop;
use shop::*;

#[source]
pub fn without_schema() -> Source<Order>;

#[source(schema = "raw", file = "orders/*.json")]
pub fn misspelt() -> Source<Order>;

#[source(schema = "raw", files = "orders/*.json")]
pub fn without_format() -> Source<Order>;

#[source(schema = "raw", files = "orders/*.json", format = "jsn")]
pub fn unknown_format() -> Source<Order>;

#[source(schema = "raw")]
pub fn with_parameter(x: i64) -> Source<Order>;

#[source(schema = "raw")]
pub fn no_source() -> Order;

#[source(schema = "raw", files = "orders/*.csv", format = "csv", bad_rows = "kept")]
pub fn unknown_choice() -> Source<Order>;

#[source(schema = "raw", bad_rows = "keep")]
pub fn bad_rows_of_no_files() -> Source<Order>;

fn main() {}
