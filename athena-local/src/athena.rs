//! Athena's operations.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::account::{Account, Shared};
use crate::executions::{Asked, Execution, State, Task};
use crate::failure::Failure;
use crate::faults::Fault;
use crate::statement::Kind;
use crate::wire::{Reply, Request, Result};
use crate::{statement, text};

/// Most ids of one BatchGetQueryExecution.
const BATCH: usize = 50;

/// Rows of a page, the header's row among them.
const PAGE: i64 = 1000;

/// Most bytes of a statement.
const LONGEST: usize = 262_144;

/// Calls an operation.
pub(crate) fn call(account: &Shared, operation: &str, request: &Request, fault: Option<&Fault>) -> Result {
    match operation {
        "StartQueryExecution" => start(account, request, fault),
        "GetQueryExecution" => get(account, request),
        "BatchGetQueryExecution" => batch_get(account, request),
        "StopQueryExecution" => stop(account, request),
        "GetQueryResults" => results(account, request),
        "ListQueryExecutions" => Ok(json!({ "QueryExecutionIds": account.executions().ids().collect::<Vec<_>>() })),
        "GetWorkGroup" => work_group(account, request),
        "ListWorkGroups" => Ok(list_work_groups(account)),
        _ => Err(Reply { status: 400, body: json!({ "__type": "UnknownOperationException" }) }),
    }
}

fn start(account: &Shared, request: &Request, fault: Option<&Fault>) -> Result {
    let sql = request.required("QueryString")?;
    let token = request.text("ClientRequestToken").unwrap_or_default();
    if token.is_empty() {
        return Err(Reply::invalid("INVALID_INPUT", "clientRequestToken is null or empty"));
    }
    if token.chars().count() < 32 || token.len() > 128 {
        let message = "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member \
                       must have length between 32 and 128";
        return Err(Reply::invalid("INVALID_INPUT", message));
    }
    let group = request.text("WorkGroup").unwrap_or("primary");
    let found = account.config.workgroups.get(group).ok_or_else(|| no_work_group(group))?;
    if !found.enabled {
        return Err(Reply::invalid("INVALID_INPUT", format!("WorkGroup {group} is disabled.")));
    }
    let output = request.inner("ResultConfiguration", "OutputLocation").map(str::to_owned);
    output_location(output.as_deref().or(found.output_location.as_deref()))?;
    if sql.len() > LONGEST {
        let message = format!(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length \
             less than or equal to {LONGEST}"
        );
        return Err(Reply::invalid("INVALID_INPUT", message));
    }
    let statement = statement::read(sql).map_err(|message| Reply::invalid("MALFORMED_QUERY", message))?;
    let inner = |name: &str| request.inner("QueryExecutionContext", name).map(str::to_owned);
    let asked = Asked { sql: sql.to_owned(), catalog: inner("Catalog"), database: inner("Database"), output };
    let mut executions = account.executions();
    if let Some(known) = executions.by_token(token) {
        if known.asked != asked {
            return Err(Reply::invalid("IDEMPOTENT_PARAMETER_MISMATCH", "Idempotent parameters do not match"));
        }
        return Ok(json!({ "QueryExecutionId": known.id }));
    }
    if executions.active() >= account.config.quota {
        return Err(Reply::too_many_queries());
    }
    statement.kind.asks_glue_for().iter().for_each(|action| account.ask("glue", action));
    let execution = Execution::new(token, asked, group, statement, fault);
    let id = execution.id.clone();
    run(account, &execution);
    executions.add(execution);
    Ok(json!({ "QueryExecutionId": id }))
}

fn output_location(location: Option<&str>) -> Result<()> {
    match location {
        Some(location) if location.starts_with("s3://") && location.len() > 5 => Ok(()),
        Some(_) => Err(Reply::invalid("INVALID_INPUT", "outputLocation is not a valid S3 path.")),
        None => {
            let message = "No output location provided. An output location is required either through the Workgroup \
                           result configuration setting or as an API input.";
            Err(Reply::invalid("INVALID_INPUT", message))
        }
    }
}

/// Starts the statement's thread.
fn run(account: &Shared, execution: &Execution) {
    if execution.hangs {
        return;
    }
    let (account, task) = (account.clone(), execution.task.clone());
    let (statement, token) = (execution.statement.clone(), execution.token.clone());
    let failing = execution.failing.clone();
    let threads = account.threads.clone();
    threads.spawn_blocking(move || {
        // Whatever happens to the thread, the execution ends.
        let ending = Ending(task.clone());
        if let Some(failing) = failing {
            if failing.took_effect {
                // Nobody hears what it gave.
                let _ = statement::run(&account, &statement, &token, &task);
            }
            if failing.leaves_table {
                statement::leave(&account, &statement);
            }
            let number = (failing.category, failing.number);
            let failure = Failure::user(failing.number, failing.message);
            let failure = Failure { numbers: Some(number), retryable: failing.retryable, ..failure };
            ending.0.end(Err(failure));
            return;
        }
        let outcome = statement::run(&account, &statement, &token, &task);
        ending.0.end(outcome);
    });
}

struct Ending(Arc<Task>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end(Err(Failure::system(9999, "Internal service error")));
    }
}

fn not_found(id: &str) -> Reply {
    Reply::invalid("QUERY_EXECUTION_NOT_FOUND", format!("QueryExecution {id} was not found"))
}

fn get(account: &Account, request: &Request) -> Result {
    let id = request.required("QueryExecutionId")?;
    let mut executions = account.executions();
    let execution = executions.get(id).ok_or_else(|| not_found(id))?;
    Ok(json!({ "QueryExecution": described(account, execution) }))
}

fn batch_get(account: &Account, request: &Request) -> Result {
    let ids = request.texts("QueryExecutionIds");
    if ids.is_empty() || ids.len() > BATCH {
        let message = format!(
            "1 validation error detected: Value at 'queryExecutionIds' failed to satisfy constraint: Member must have \
             length between 1 and {BATCH}"
        );
        return Err(Reply::invalid("INVALID_INPUT", message));
    }
    let mut executions = account.executions();
    let (mut found, mut unprocessed) = (vec![], vec![]);
    for id in ids {
        match executions.get(id) {
            Some(execution) => found.push(described(account, execution)),
            None => unprocessed.push(json!({
                "QueryExecutionId": id,
                "ErrorCode": "QUERY_EXECUTION_NOT_FOUND",
                "ErrorMessage": format!("QueryExecution {id} was not found"),
            })),
        }
    }
    Ok(json!({ "QueryExecutions": found, "UnprocessedQueryExecutionIds": unprocessed }))
}

/// `<location><id>.csv` for rows, another ending for what gives none.
fn output(account: &Account, execution: &Execution) -> String {
    let group = account.config.workgroups.get(&execution.workgroup);
    let location = execution.asked.output.as_ref().or(group.and_then(|group| group.output_location.as_ref()));
    let location = location.map(|location| location.trim_end_matches('/')).unwrap_or_default();
    let id = &execution.id;
    match execution.statement.kind {
        Kind::Insert => format!("{location}/{id}"),
        Kind::CreateTableAs => format!("{location}/tables/{id}"),
        kind if kind.statement_type() == "DML" => format!("{location}/{id}.csv"),
        _ => format!("{location}/{id}.txt"),
    }
}

fn described(account: &Account, execution: &mut Execution) -> Value {
    let state = execution.look();
    let mut status = json!({ "State": state.name(), "SubmissionDateTime": execution.submitted });
    let mut bytes = 0;
    if let State::Ended(outcome) = &state {
        status["CompletionDateTime"] = json!(execution.completed);
        match outcome {
            Ok(answer) => bytes = answer.bytes,
            Err(failure) => {
                status["StateChangeReason"] = json!(failure.reason);
                if let Some((category, number)) = failure.numbers {
                    status["AthenaError"] = json!({
                        "ErrorCategory": category,
                        "ErrorType": number,
                        "Retryable": failure.retryable,
                        "ErrorMessage": failure.message.as_ref().unwrap_or(&failure.reason),
                    });
                }
            }
        }
    }
    let took = execution.completed.map_or(0.0, |end| (end - execution.submitted) * 1000.0) as u64;
    let mut context = json!({});
    if let Some(catalog) = &execution.asked.catalog {
        context["Catalog"] = json!(catalog.to_lowercase());
    }
    if let Some(database) = &execution.asked.database {
        context["Database"] = json!(database);
    }
    let version = json!({ "SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3" });
    json!({
        "QueryExecutionId": execution.id,
        "Query": execution.statement.text,
        "StatementType": execution.statement.kind.statement_type(),
        "SubstatementType": execution.statement.kind.name(),
        "ResultConfiguration": { "OutputLocation": output(account, execution) },
        "QueryExecutionContext": context,
        "Status": status,
        "Statistics": {
            "DataScannedInBytes": bytes,
            "EngineExecutionTimeInMillis": took,
            "TotalExecutionTimeInMillis": took,
            "QueryQueueTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": { "ReusedPreviousResult": false },
        },
        "WorkGroup": execution.workgroup,
        "EngineVersion": version,
    })
}

fn stop(account: &Account, request: &Request) -> Result {
    let id = request.required("QueryExecutionId")?;
    let mut executions = account.executions();
    executions.get(id).ok_or_else(|| not_found(id))?.stop(&account.engine);
    Ok(json!({}))
}

fn results(account: &Account, request: &Request) -> Result {
    let id = request.required("QueryExecutionId")?;
    let most = request.number("MaxResults").unwrap_or(PAGE);
    if !(1..=PAGE).contains(&most) {
        return Err(Reply::invalid("INVALID_INPUT", format!("MaxResults is {most}, expected 1 to {PAGE}")));
    }
    let mut executions = account.executions();
    let execution = executions.get(id).ok_or_else(|| not_found(id))?;
    let kind = execution.statement.kind;
    let answer = match execution.state() {
        State::Ended(Ok(answer)) => answer,
        State::Ended(Err(failure)) if failure.is_cancelled() => {
            return Err(Reply::invalid("RESULT_NOT_FOUND", "Could not find results"));
        }
        State::Ended(Err(_)) if kind.is_hive() => return Ok(page(&[], vec![], None, None)),
        state => {
            let message = format!("Query has not yet finished. Current state: {}", state.name());
            return Err(Reply::invalid("INVALID_QUERY_EXECUTION_STATE", message));
        }
    };
    let update = match kind {
        Kind::Select | Kind::Show => Some(0),
        _ => answer.changed,
    };
    if answer.changed.is_some() {
        let columns = [("rows".to_owned(), lake_sql::types::Type::BigInt)];
        return Ok(page(&columns, vec![], update, None));
    }
    let mut rows = text::rows(&answer);
    if kind.has_header() {
        rows.insert(0, answer.columns.iter().map(|(name, _)| Some(name.clone())).collect());
    }
    let from = match request.text("NextToken") {
        Some(token) => token.parse().map_err(|_| Reply::invalid("INVALID_INPUT", "Invalid NextToken"))?,
        None => 0usize,
    };
    let shown: Vec<_> = rows.into_iter().skip(from).take(most as usize).collect();
    // A full page always says that there is another one, which may be empty.
    let next = (shown.len() == most as usize).then(|| (from + shown.len()).to_string());
    Ok(page(&answer.columns, shown, update, next))
}

type Cells = Vec<Option<String>>;

fn page(
    columns: &[(String, lake_sql::types::Type)],
    rows: Vec<Cells>,
    update: Option<u64>,
    next: Option<String>,
) -> Value {
    let datum = |cell: Option<String>| cell.map_or(json!({}), |text| json!({ "VarCharValue": text }));
    let rows: Vec<Value> =
        rows.into_iter().map(|row| json!({ "Data": row.into_iter().map(datum).collect::<Vec<_>>() })).collect();
    let info: Vec<Value> = columns.iter().map(|(name, ty)| text::column_info(name, ty)).collect();
    let mut page = json!({ "ResultSet": { "Rows": rows, "ResultSetMetadata": { "ColumnInfo": info } } });
    if let Some(update) = update {
        page["UpdateCount"] = json!(update);
    }
    if let Some(next) = next {
        page["NextToken"] = json!(next);
    }
    page
}

fn no_work_group(name: &str) -> Reply {
    Reply::invalid("INVALID_INPUT", format!("WorkGroup {name} is not found."))
}

fn work_group(account: &Account, request: &Request) -> Result {
    let name = request.required("WorkGroup")?;
    let group = account.config.workgroups.get(name).ok_or_else(|| no_work_group(name))?;
    let mut result = json!({});
    if let Some(location) = &group.output_location {
        result["OutputLocation"] = json!(location);
    }
    Ok(json!({ "WorkGroup": {
        "Name": name,
        "State": if group.enabled { "ENABLED" } else { "DISABLED" },
        "Configuration": {
            "ResultConfiguration": result,
            "EnforceWorkGroupConfiguration": false,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        },
    } }))
}

fn list_work_groups(account: &Account) -> Value {
    let groups: Vec<Value> = account.config.workgroups.keys().map(|name| json!({ "Name": name })).collect();
    json!({ "WorkGroups": groups })
}
