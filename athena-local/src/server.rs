//! HTTP on loopback: one call a request, the operation in `X-Amz-Target`.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::account::Account;
use crate::executions::Counted;
use crate::faults::{Fault, Rule};
use crate::wire::{Answer, JSON, Reply, Request as Members};
use crate::{Config, StartError, athena, glue};

/// Threads that read and write connections.
const THREADS: usize = 2;

/// The server.
pub struct AthenaLocal;

/// A server that runs; it ends when this is dropped.
pub struct Handle {
    address: SocketAddr,
    account: Arc<Account>,
    threads: Option<tokio::runtime::Runtime>,
}

impl AthenaLocal {
    /// Starts a server in this process.
    ///
    /// # Errors
    /// If the folder or the port cannot be had.
    pub fn start(config: Config) -> Result<Handle, StartError> {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("athena-local")
            .enable_all()
            .build()
            .map_err(|error| StartError(format!("cannot start threads: {error}")))?;
        let port = config.port;
        let listener = threads
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))
            .map_err(|error| StartError(format!("cannot listen on port {port} of 127.0.0.1: {error}")))?;
        let address = listener.local_addr().map_err(|error| StartError(error.to_string()))?;
        let account = Arc::new(Account::open(config, threads.handle().clone())?);
        threads.spawn(accept(listener, account.clone()));
        Ok(Handle { address, account, threads: Some(threads) })
    }
}

impl Handle {
    /// Its address, for clients' `endpoint`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every execution so far, in order. A token that is sent again makes no new one.
    pub fn executions(&self) -> Vec<Counted> {
        self.account.counted()
    }

    /// Calls so far of an operation.
    pub fn calls(&self, operation: &str) -> u64 {
        self.account.calls(operation)
    }

    /// What the callers so far needed to be allowed, such as `athena:StartQueryExecution`: their calls, and what Athena asks
    /// Glue in their name for the statements.
    pub fn actions(&self) -> BTreeSet<String> {
        self.account.actions()
    }

    /// Adds a rule.
    pub fn meet(&self, rule: Rule) {
        self.account.script().rules.push(rule);
    }

    /// Whether a rule has not been met yet.
    pub fn is_fault_pending(&self) -> bool {
        self.account.script().is_pending()
    }

    /// Waits for ever.
    pub fn serve(&self) -> ! {
        loop {
            std::thread::park();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.account.stop_all();
        if let Some(threads) = self.threads.take() {
            threads.shutdown_timeout(std::time::Duration::from_secs(5));
        }
    }
}

async fn accept(listener: TcpListener, account: Arc<Account>) {
    loop {
        // A connection that fails while it is made is its client's loss.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, account.clone()));
        }
    }
}

async fn connection(stream: TcpStream, account: Arc<Account>) {
    let service = service_fn(move |request| respond(request, account.clone()));
    // What goes wrong on one connection ends that connection, which is what a script may ask for.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The end of a connection without an answer.
#[derive(Debug)]
struct Silence;

impl std::fmt::Display for Silence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection ends here, as the script says")
    }
}

impl std::error::Error for Silence {}

async fn respond(request: Request<Incoming>, account: Arc<Account>) -> Result<Response<Full<Bytes>>, Silence> {
    let (head, body) = request.into_parts();
    if head.method == hyper::Method::GET && head.uri.path() == "/executions" {
        return Ok(respond_with(Reply::ok(json!({ "executions": account.counted() }))));
    }
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (kind, target, authorization) = (header("content-type"), header("x-amz-target"), header("authorization"));
    if kind != JSON {
        return Ok(not_found());
    }
    let body = body.collect().await.map_err(|_| Silence)?.to_bytes();
    // Statements are looked up and started on threads that may wait.
    let work = tokio::task::spawn_blocking(move || call(&account, &target, &authorization, &body));
    match work.await {
        Ok(Answer::Reply(reply)) => Ok(respond_with(reply)),
        Ok(Answer::Silence) => Err(Silence),
        Err(_) => Ok(respond_with(Reply::internal())),
    }
}

/// One call: faults, credentials, the operation.
fn call(account: &Arc<Account>, target: &str, authorization: &str, body: &[u8]) -> Answer {
    let (service, operation) = target.split_once('.').unwrap_or_default();
    account.count(operation);
    let members = match Members::read(body) {
        Ok(members) => members,
        Err(reply) => return Answer::Reply(reply),
    };
    if let Some(refusal) = account.refusal(authorization) {
        return Answer::Reply(refusal);
    }
    let (statement, token) = (account.statement_of(&members), members.text("ClientRequestToken").unwrap_or_default());
    let fault = account.script().meet(operation, &statement, token);
    match &fault {
        Some(Fault::Throttle) => return Answer::Reply(Reply::throttled()),
        Some(Fault::TooManyQueries) => return Answer::Reply(Reply::too_many_queries()),
        Some(Fault::InternalError) => return Answer::Reply(Reply::internal()),
        Some(Fault::LoseRequest) => return Answer::Silence,
        Some(Fault::Refuse(with)) => return Answer::Reply(Reply::refused(&with.code, with.message.clone())),
        _ => {}
    }
    match service {
        "AmazonAthena" => account.ask("athena", operation),
        "AWSGlue" => account.ask("glue", operation),
        _ => {}
    }
    let done = match service {
        "AmazonAthena" => athena::call(account, operation, &members, fault.as_ref()),
        "AWSGlue" => glue::call(account, operation, &members),
        _ => Err(Reply { status: 400, body: json!({ "__type": "UnknownOperationException" }) }),
    };
    match fault {
        Some(Fault::LoseAnswer) => Answer::Silence,
        _ => Answer::Reply(done.map_or_else(|refusal| refusal, Reply::ok)),
    }
}

fn respond_with(reply: Reply) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(&reply.body).unwrap_or_default();
    Response::builder()
        .status(reply.status)
        .header("Content-Type", JSON)
        .header("x-amzn-RequestId", uuid::Uuid::new_v4().to_string())
        .body(Full::new(Bytes::from(body)))
        .expect("these headers are valid")
}

/// Anything but the protocol: XML, as the service's front answers it.
fn not_found() -> Response<Full<Bytes>> {
    let body = "<UnknownOperationException/>\n";
    Response::builder()
        .status(404)
        .header("Content-Type", "application/xml")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("these headers are valid")
}
