//! A proxy on loopback before an HTTP server: what happens between a client and the server, as a test wants it.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request as it came.
pub struct Request {
    /// Such as `POST`.
    pub method: String,
    /// Such as `/v1/statement`.
    pub path: String,
    /// What is sent with it.
    pub body: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is passed on, and the answer back.
    Pass,
    /// The connection ends before the server has heard of it.
    LoseRequest,
    /// The server has answered, and the connection ends.
    LoseAnswer,
    /// The server has not heard of it; this is the status of the answer.
    Refuse(u16),
}

type Rule = Arc<Mutex<Box<dyn FnMut(&Request) -> Fate + Send>>>;

/// A proxy before one server; it ends with this value.
pub struct Proxy {
    address: SocketAddr,
    rule: Rule,
    closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts one before a server, such as `http://127.0.0.1:8080`, that passes everything on.
    pub fn start(server: &str) -> Self {
        let server = server.strip_prefix("http://").expect("the server is asked without TLS").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let rule: Rule = Arc::new(Mutex::new(Box::new(|_| Fate::Pass)));
        let closed = Arc::new(AtomicBool::new(false));
        let (rules, over) = (rule.clone(), closed.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), rules, server) = (stream, rules.clone(), server.clone()) else { continue };
                // A client that goes away ends its connection in the middle.
                std::thread::spawn(move || serve(stream, &server, &rules));
            }
        });
        Self { address, rule, closed, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this says what becomes of requests.
    pub fn meet(&self, rule: impl FnMut(&Request) -> Fate + Send + 'static) {
        *self.rule.lock().unwrap() = Box::new(rule);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One request; each has a connection of its own.
fn serve(mut client: TcpStream, server: &str, rule: &Rule) -> Result<()> {
    let Some((request, raw)) = read(&client)? else { return Ok(()) };
    let fate = (rule.lock().unwrap())(&request);
    match fate {
        Fate::LoseRequest => Ok(()),
        Fate::Refuse(status) => {
            write!(client, "HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Fate::Pass | Fate::LoseAnswer => {
            let answer = ask(server, &raw)?;
            match fate {
                Fate::Pass => client.write_all(&answer),
                _ => Ok(()),
            }
        }
    }
}

fn ask(server: &str, request: &[u8]) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(request)?;
    let mut answer = vec![];
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// A request, and its bytes as the server is sent them: with the same `Host`, so that the server's links lead through
/// the proxy, and without further ones on the same connection.
fn read(client: &TcpStream) -> Result<Option<(Request, Vec<u8>)>> {
    let mut reader = BufReader::new(client);
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace().map(ToOwned::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut headers, mut raw) = (vec![], first.clone().into_bytes());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_lowercase(), value.trim().to_owned());
        if name != "connection" {
            raw.extend(line.as_bytes());
        }
        headers.push((name, value));
    }
    raw.extend(b"Connection: close\r\n\r\n");
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    raw.extend(&body);
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some((Request { method, path, body, headers }, raw)))
}
