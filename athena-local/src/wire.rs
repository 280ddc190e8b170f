//! Bodies of answers and errors, as the service writes them.

use serde_json::{Map, Value, json};

/// Content type of requests and answers.
pub(crate) const JSON: &str = "application/x-amz-json-1.1";

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub body: Value,
}

/// What becomes of a call.
#[derive(Debug)]
pub(crate) enum Answer {
    Reply(Reply),
    /// The connection ends without a word.
    Silence,
}

pub(crate) type Result<T = Value> = std::result::Result<T, Reply>;

impl Reply {
    pub fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    /// 400 with a code of Athena's own.
    pub fn invalid(code: &str, message: impl Into<String>) -> Self {
        let body = json!({
            "__type": "InvalidRequestException",
            "AthenaErrorCode": code,
            "ErrorCode": code,
            "Message": message.into(),
        });
        Self { status: 400, body }
    }

    /// 400 of some other kind; Athena and Glue spell the message differently.
    pub fn refused(kind: &str, message: impl Into<String>) -> Self {
        Self { status: 400, body: json!({ "__type": kind, "Message": message.into() }) }
    }

    pub fn throttled() -> Self {
        Self { status: 400, body: json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }) }
    }

    pub fn too_many_queries() -> Self {
        let message = "You have exceeded the limit for the number of queries you can run concurrently. Reduce the \
                       number of concurrent queries submitted by this account. Contact customer support to request a \
                       concurrent query limit increase.";
        let body = json!({
            "__type": "TooManyRequestsException",
            "Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED",
            "Message": message,
        });
        Self { status: 400, body }
    }

    pub fn internal() -> Self {
        let body = json!({ "__type": "InternalServerException", "Message": "Internal service error" });
        Self { status: 500, body }
    }
}

/// Members of a request; unknown ones are not looked at.
pub(crate) struct Request {
    members: Map<String, Value>,
}

impl Request {
    pub fn read(body: &[u8]) -> Result<Self> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members }),
            _ => Err(Reply { status: 400, body: json!({ "__type": "SerializationException" }) }),
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// A member of a member, such as `QueryExecutionContext` / `Catalog`.
    pub fn inner(&self, outer: &str, name: &str) -> Option<&str> {
        self.members.get(outer).and_then(|outer| outer.get(name)).and_then(Value::as_str)
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.members.get(name).and_then(Value::as_i64)
    }

    pub fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.members.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A member that must be there.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| missing(name))
    }
}

fn missing(name: &str) -> Reply {
    let mut lower = name.to_owned();
    lower[..1].make_ascii_lowercase();
    let message = format!(
        "1 validation error detected: Value null at '{lower}' failed to satisfy constraint: Member must not be null"
    );
    Reply::invalid("INVALID_INPUT", message)
}
