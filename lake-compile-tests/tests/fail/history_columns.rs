//! Names of own columns that do not make sense.

use lakehouse::prelude::*;

#[derive(HistoryColumns)]
pub struct NoRole {
    pub start: Timestamp,
    #[history(to)]
    pub end: Option<Timestamp>,
    #[history(current)]
    pub current: bool,
}

#[derive(HistoryColumns)]
pub struct NoCurrent {
    #[history(from)]
    pub start: Timestamp,
    #[history(to)]
    pub end: Option<Timestamp>,
}

#[derive(HistoryColumns)]
pub struct WrongTypes {
    #[history(from)]
    pub start: Option<Timestamp>,
    #[history(to)]
    pub end: Date,
    #[history(current)]
    pub current: i64,
}

#[derive(HistoryColumns)]
pub struct WrongEnd {
    #[history(from)]
    pub start: Date,
    #[history(to, open = "the end of time")]
    pub end: Date,
    #[history(curent)]
    pub current: bool,
}

fn main() {}
