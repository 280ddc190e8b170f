//! Fields that no column can be.

#![allow(non_snake_case)]

use lakehouse::prelude::*;

#[derive(Row)]
pub struct Wrong {
    pub unsigned: u64,
    pub reference: &'static str,
    pub too_wide: Decimal<40, 2>,
    #[col(sql = "decimal(12,")]
    pub unreadable: String,
    #[col(uniqe)]
    pub misspelt: String,
    #[col(accepted = "a")]
    pub mistyped: String,
    #[col(condition = "rate > 0")]
    pub rate: f64,
    #[col(condition = "{column} > 'a'")]
    pub compared: i64,
    pub Same: i64,
    pub same: i64,
}

#[derive(Row)]
pub struct Newtype(i64);

#[derive(SqlType)]
pub struct TwoFields(i64, i64);

fn main() {}
