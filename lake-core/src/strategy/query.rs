//! A model's text as it is sent: references become relations, run parameters become values.

use std::collections::BTreeMap;

use super::PlanError;
use crate::model::spec::{Binding, QuerySpec};

/// What the placeholders of one statement stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryText {
    /// SQL of each relation, by the name of its placeholder.
    pub relations: BTreeMap<String, String>,
    /// `{now}`; None where the moment of the run may not be used.
    pub now: Option<String>,
    /// `{first_run}`
    pub first_run: bool,
}

/// The text with everything put in.
pub fn render(query: &QuerySpec, text: &QueryText) -> Result<String, PlanError> {
    let mut sql = query.template.clone();
    for (name, binding) in &query.bindings {
        let value = match binding {
            Binding::Ref(_) | Binding::This => text.relations.get(name).cloned().unwrap_or_default(),
            Binding::Now => text.now.clone().ok_or(PlanError::NotAView("it uses the time of the run"))?,
            Binding::FirstRun => text.first_run.to_string(),
            Binding::Helper(_) => continue,
        };
        sql = sql.replace(&format!("{{{name}}}"), &value);
    }
    Ok(sql)
}

/// The text without its layout.
pub(super) fn normalised(template: &str) -> String {
    template.split_whitespace().collect::<Vec<_>>().join(" ")
}
