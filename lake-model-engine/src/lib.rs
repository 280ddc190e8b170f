//! An in-memory engine with scheduled faults, for tests.
