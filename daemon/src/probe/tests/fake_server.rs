//! A small HTTP server whose answers a test chooses, and which remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::runtime::Tasks;

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) verb: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) message: Value,
}

impl Asked {
    /// The JSON-RPC method.
    pub(super) fn method(&self) -> &str {
        self.message["method"].as_str().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// A JSON-RPC result for it.
    pub(super) fn result(&self, result: Value) -> Response<Body> {
        reply(
            200,
            "application/json",
            json!({"jsonrpc": "2.0", "id": self.message["id"], "result": result}).to_string(),
        )
    }

    pub(super) fn error(&self, status: u16, code: i64, data: Value) -> Response<Body> {
        let error = json!({"code": code, "message": "no", "data": data});
        let body = json!({"jsonrpc": "2.0", "id": self.message["id"], "error": error});
        reply(status, "application/json", body.to_string())
    }
}

pub(super) fn reply(status: u16, kind: &str, body: impl Into<Body>) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", kind.to_owned())], body.into()).into_response()
}

/// Serves until the test ends.
pub(super) struct FakeServer {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FakeServer {
    pub(super) async fn start(
        answer: impl Fn(&Asked) -> Response<Body> + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        let router = axum::Router::new().fallback(move |request: Request<Body>| {
            let (answer, log) = (answer.clone(), Arc::clone(&log));
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let asked = Asked {
                    verb: head.method,
                    path: head.uri.path().to_owned(),
                    headers: head.headers,
                    message: serde_json::from_slice(&body).unwrap_or_default(),
                };
                log.lock().unwrap().push(asked.clone());
                answer(&asked)
            }
        });
        let tasks = Tasks::default();
        let connections = tasks.clone();
        tasks.spawn("fake server", async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = TowerToHyperService::new(router.clone());
                connections.spawn("fake connection", async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    // A client that hangs up in the middle is what some tests are about.
                    let _ = connection.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { address, asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What it was asked, in order: JSON-RPC methods, or the HTTP one.
    pub(super) fn methods(&self) -> Vec<String> {
        let name = |asked: &Asked| match asked.method() {
            "" => asked.verb.to_string(),
            method => method.to_owned(),
        };
        self.asked().iter().map(name).collect()
    }
}

pub(super) fn tools(names: &[&str]) -> Value {
    let tool = |name: &&str| json!({"name": name, "description": "d", "inputSchema": {"type": "object"}});
    json!({"tools": names.iter().map(tool).collect::<Vec<_>>()})
}

/// As a server of 2026-07-28 answers.
pub(super) fn modern(asked: &Asked) -> Response<Body> {
    if asked.header("mcp-protocol-version") != "2026-07-28" || asked.header("mcp-method") != asked.method() {
        return asked.error(400, -32_020, Value::Null);
    }
    match asked.method() {
        "server/discover" => asked.result(json!({
            "resultType": "complete",
            "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}},
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "new", "version": "1"}},
        })),
        "tools/list" => asked.result(tools(&["echo", "add"])),
        "tools/call" => asked.result(json!({"content": [], "seen": asked.message["params"], "extra": 1})),
        _ => asked.error(404, -32_601, Value::Null),
    }
}

/// As a server of 2025-11-25 with sessions answers: in event streams.
pub(super) fn legacy(asked: &Asked) -> Response<Body> {
    let stream = |result: Value| {
        let other = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {}});
        let message = json!({"jsonrpc": "2.0", "id": asked.message["id"], "result": result});
        let text = format!("id: 1\ndata: \n\ndata: {other}\n\nevent: message\ndata: {message}\n\n");
        // It stays open, as it may.
        let chunk = futures_util::stream::iter([Ok::<_, std::io::Error>(text)]);
        let open = futures_util::StreamExt::chain(chunk, futures_util::stream::pending());
        let mut response = reply(200, "text/event-stream", Body::from_stream(open));
        response.headers_mut().insert("mcp-session-id", "s-1".parse().unwrap());
        response
    };
    let in_session =
        asked.header("mcp-session-id") == "s-1" && asked.header("mcp-protocol-version") == "2025-06-18";
    match (asked.verb.as_str(), asked.method(), in_session) {
        ("POST", "initialize", _) => stream(json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "old", "version": "2"},
        })),
        ("POST", "notifications/initialized", true) => reply(202, "text/plain", ""),
        ("POST", "tools/list", true) if asked.message["params"]["cursor"] == "2" => stream(tools(&["add"])),
        ("POST", "tools/list", true) => {
            let mut page = tools(&["echo"]);
            page["nextCursor"] = json!("2");
            stream(page)
        }
        ("POST", "tools/call", true) => stream(json!({"content": [{"type": "text", "text": "hi"}]})),
        ("DELETE", _, true) => reply(204, "text/plain", ""),
        _ => asked.error(400, -32_000, Value::Null),
    }
}
