//! Placeholder doc.
use crate::eval::Kernel;
use lake_sql::types::Type;
pub(super) fn find(_: &str, _: &[Type], _: &Type) -> Option<Kernel> {
    None
}
