//! OVER of a name that WINDOW does not define.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::{listed_names, nearest};
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-window",
    text: "The WINDOW clause defines no window of this name, or only behind the place where it is used.",
    wrong: Example::Query("select sum(amount) over w as s from {orders}"),
    right: Example::Query("select sum(amount) over w as s from {orders} window w as (order by order_id)"),
};

/// `names`: windows that exist.
pub fn new(name: &Ident, names: &[String]) -> Finding {
    let found = Finding::error(DOC.id, name.span, format!("no window `{}`", name.value)).label("unknown window");
    let found = if names.is_empty() { found } else { found.note(format!("windows: {}", listed_names(names))) };
    match nearest(&name.value, names) {
        Some(near) => found.help(format!("did you mean `{near}`?")).suggest(name.span, near),
        None => found.help("define it: … window w as (partition by … order by …)"),
    }
}
