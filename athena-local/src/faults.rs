//! What a script lets happen, and to which calls.
//!
//! A script is JSON:
//!
//! ```json
//! {
//!   "rules": [
//!     { "sql": "merge into", "nth": 1, "fault": "lose_answer" },
//!     { "operation": "BatchGetQueryExecution", "times": 3, "fault": "throttle" },
//!     { "sql": "create table", "fault": { "fail": {
//!         "category": 1, "type": 235, "message": "GENERIC_INTERNAL_ERROR: worker lost", "leaves_table": true } } },
//!     { "sql": "select", "fault": { "states": ["QUEUED", "RUNNING", "QUEUED"] } }
//!   ]
//! }
//! ```
//!
//! A rule is for `operation` (StartQueryExecution if it says nothing), for statements that contain `sql` in whatever
//! case, and for the `nth` such call (1) and the `times` (1) from there. With `"each": "token"` calls are counted for each
//! request token apart, with `"each": "text"` for each statement's text apart, in which all numbers are as one. The first
//! rule that applies is taken.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// Rules in order.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// What happens to some calls.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The call.
    #[serde(default = "start")]
    pub operation: String,
    /// Part of the statement; empty for any.
    #[serde(default)]
    pub sql: String,
    /// From which matching call on, from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// To how many.
    #[serde(default = "one")]
    pub times: u64,
    /// Which calls are counted together.
    #[serde(default)]
    pub each: Each,
    /// What happens.
    pub fault: Fault,
    /// Matching calls so far, by what they are counted by.
    #[serde(skip)]
    seen: BTreeMap<String, u64>,
}

/// Which calls a rule counts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// All that match.
    #[default]
    All,
    /// Those with one request token.
    Token,
    /// Those with one text, whatever the numbers in it are.
    Text,
}

/// What may happen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// ThrottlingException.
    Throttle,
    /// TooManyRequestsException: too many statements at once.
    TooManyQueries,
    /// It is refused with an error of this code.
    Refuse(Refusing),
    /// InternalServerException; nothing is done.
    InternalError,
    /// The connection ends before anything is done.
    LoseRequest,
    /// It is done, and the connection ends without an answer.
    LoseAnswer,
    /// These states are shown, one a look, before what really is.
    States(Vec<Shown>),
    /// The statement fails.
    Fail(Failing),
    /// A wish to stop it is taken and comes too late.
    IgnoreStop,
    /// It runs until it is stopped.
    Hang,
}

/// How a call is refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusing {
    /// Such as `AccessDeniedException`.
    pub code: String,
    /// The words.
    pub message: String,
}

/// A state that is not an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Shown {
    /// Waiting.
    Queued,
    /// Running.
    Running,
}

/// How a statement fails.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// 1 system, 2 user, 3 other.
    pub category: i32,
    /// Athena's number.
    #[serde(rename = "type")]
    pub number: i32,
    /// Reason and message.
    pub message: String,
    /// What Athena says of it.
    #[serde(default)]
    pub retryable: bool,
    /// It fails after its commit.
    #[serde(default)]
    pub took_effect: bool,
    /// A create leaves files, and an entry in the catalog.
    #[serde(default)]
    pub leaves_table: bool,
}

/// A text with one sign for every number in it, hexadecimal ones too.
fn without_numbers(sql: &str) -> String {
    let (mut out, mut inside) = (String::with_capacity(sql.len()), false);
    for c in sql.chars() {
        let goes_on = inside && matches!(c, 'a'..='f');
        inside = c.is_ascii_digit() || goes_on;
        if !inside {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

fn start() -> String {
    "StartQueryExecution".into()
}

fn one() -> u64 {
    1
}

impl Rule {
    /// A fault of the first start of a statement that contains `sql`.
    pub fn start(sql: &str, fault: Fault) -> Self {
        Self { operation: start(), sql: sql.into(), nth: 1, times: 1, each: Each::All, fault, seen: BTreeMap::new() }
    }

    /// A fault of the first such call.
    pub fn call(operation: &str, fault: Fault) -> Self {
        Self { operation: operation.into(), ..Self::start("", fault) }
    }

    /// The same from the nth call on.
    pub fn nth(self, nth: u64) -> Self {
        Self { nth, ..self }
    }

    /// The same for so many calls.
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// The same for each request token, or each text, apart.
    pub fn each(self, each: Each) -> Self {
        Self { each, ..self }
    }

    fn applies(&self, operation: &str, sql: &str) -> bool {
        self.operation == operation && sql.to_lowercase().contains(&self.sql.to_lowercase())
    }
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// What is wrong, with the file's name.
    pub fn read(path: &Path) -> Result<Self, crate::StartError> {
        let wrong = |what: String| crate::StartError(format!("the faults in {}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
    }

    /// What happens to this call. Every rule that is for such calls counts it.
    pub(crate) fn meet(&mut self, operation: &str, sql: &str, token: &str) -> Option<Fault> {
        let mut met = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.applies(operation, sql)) {
            let key = match rule.each {
                Each::All => String::new(),
                Each::Token => token.to_owned(),
                Each::Text => without_numbers(sql),
            };
            let seen = rule.seen.entry(key).or_default();
            *seen += 1;
            if met.is_none() && (rule.nth..rule.nth.saturating_add(rule.times)).contains(seen) {
                met = Some(rule.fault.clone());
            }
        }
        met
    }

    /// Whether something has not happened yet.
    pub fn is_pending(&self) -> bool {
        let left = |rule: &&Rule| {
            let seen = rule.seen.values().copied().max().unwrap_or(0);
            seen + 1 < rule.nth.saturating_add(rule.times)
        };
        self.rules.iter().any(|rule| left(&rule))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rules_are_for_calls_by_operation_number_and_text() {
        let text = r#"{"rules": [
            {"sql": "MERGE", "nth": 2, "fault": "lose_answer"},
            {"operation": "GetQueryResults", "times": 2, "fault": "throttle"},
            {"sql": "select", "fault": {"states": ["QUEUED", "RUNNING"]}},
            {"fault": {"fail": {"category": 1, "type": 235, "message": "x"}}, "sql": "create"}
        ]}"#;
        let mut script: Script = serde_json::from_str(text).unwrap();
        assert_eq!(script.meet("StartQueryExecution", "merge into a", ""), None);
        assert_eq!(script.meet("StartQueryExecution", "merge into b", ""), Some(Fault::LoseAnswer));
        assert_eq!(script.meet("StartQueryExecution", "merge into c", ""), None);
        assert_eq!(script.meet("GetQueryResults", "", ""), Some(Fault::Throttle));
        assert_eq!(script.meet("GetQueryResults", "", ""), Some(Fault::Throttle));
        assert_eq!(script.meet("GetQueryResults", "", ""), None);
        assert!(script.is_pending());
        let states = Fault::States(vec![Shown::Queued, Shown::Running]);
        assert_eq!(script.meet("StartQueryExecution", "Select 1", ""), Some(states));

        let mut each = Script { rules: vec![Rule::start("", Fault::Throttle).each(Each::Token)] };
        let met: Vec<bool> =
            ["a", "a", "b", "a", "b"].map(|token| each.meet("StartQueryExecution", "", token).is_some()).into();
        assert_eq!(met, [true, false, true, false, false]);
        let each = r#"{"rules": [{"each": "text", "fault": "throttle"}]}"#;
        let mut each: Script = serde_json::from_str(each).unwrap();
        let texts = ["drop a_r20ab_1", "drop a_r3f_2", "drop b_r20ab_1", "drop a_r9_1"];
        let met = texts.map(|sql| each.meet("StartQueryExecution", sql, sql).is_some());
        assert_eq!(met, [true, false, true, false]);
        assert!(serde_json::from_str::<Script>(r#"{"rules": [{"fault": "throtle"}]}"#).is_err());
    }
}
