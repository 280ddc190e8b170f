//! The fold: from a plan and the outcomes so far to the next step. It knows no strategy.

use std::collections::BTreeMap;

use super::{FailedCheck, Plan, Step, StepOutcome};

/// Outcomes by the name of their step.
pub type Outcomes = BTreeMap<String, StepOutcome>;

/// What is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub enum Next<'a> {
    /// This step.
    Step(&'a Step),
    /// Nothing: an audit refuses the load.
    Refused(Vec<FailedCheck>),
    /// Nothing: all is done.
    Done,
}

/// Says what is to be done after the outcomes so far.
pub fn next<'a>(plan: &'a Plan, outcomes: &Outcomes) -> Next<'a> {
    for step in &plan.steps {
        match outcomes.get(&step.name) {
            Some(outcome) => {
                let refused: Vec<FailedCheck> = outcome.failing.iter().filter(|c| c.blocking).cloned().collect();
                if !refused.is_empty() {
                    return Next::Refused(refused);
                }
            }
            None if left_out(step, outcomes) => {}
            None => return Next::Step(step),
        }
    }
    Next::Done
}

fn left_out(step: &Step, outcomes: &Outcomes) -> bool {
    step.unless_zero.as_ref().is_some_and(|name| measure(outcomes, name) == Some("0"))
}

/// A measure of any step so far.
pub fn measure<'a>(outcomes: &'a Outcomes, name: &str) -> Option<&'a str> {
    outcomes.values().find_map(|outcome| outcome.measures.get(name)).map(String::as_str)
}
