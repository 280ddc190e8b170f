//! The example from outside: its program runs as a user would run it, in folders of the tests' own.

#![cfg(all(feature = "cli", feature = "embedded"))]

#[cfg(feature = "athena-local")]
mod athena;
mod bad_input;
mod ecb;
#[cfg(unix)]
mod kill;
mod lake;
mod pyiceberg;
mod refresh;
#[cfg(feature = "trino")]
mod trino;
#[cfg(all(unix, feature = "athena-local"))]
mod wire;
