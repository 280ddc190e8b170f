//! Placeholder doc.
use lake_sql::types::Type;
use crate::eval::{HigherKernel, Kernel};
pub(super) fn find(_: &str, _: &[Type], _: &Type) -> Option<Kernel> { None }
pub(super) fn higher(_: &str) -> Option<HigherKernel> { None }
