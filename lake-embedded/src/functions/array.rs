//! Placeholder doc.
use crate::eval::{HigherKernel, Kernel};
use lake_sql::types::Type;
pub(super) fn find(_: &str, _: &[Type], _: &Type) -> Option<Kernel> {
    None
}
pub(super) fn higher(_: &str) -> Option<HigherKernel> {
    None
}
