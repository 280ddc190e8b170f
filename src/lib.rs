//! Typed SQL pipelines for the data lake.
