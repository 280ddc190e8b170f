//! Placeholder doc.
use lake_sql::types::Type;
use crate::eval::Kernel;
pub(super) fn find(_: &str, _: &[Type], _: &Type) -> Option<Kernel> { None }
pub(super) fn to_json(_: &Type) -> Option<Kernel> { None }
pub(super) fn from_json(_: &Type) -> Option<Kernel> { None }
