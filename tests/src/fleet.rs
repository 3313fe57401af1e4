//! A fleet: the backend of the provisioners in `examples/plugins`. Its machines are real `demo-server`
//! processes.
//!
//! The interface is written at the head of `examples/plugins/python/provisioner/app.py`. Where the fake
//! of go-mcp-manager has every habit of the real one, this one is as a plugin's author would wish for;
//! what goes wrong is planned by the test.

mod machine;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::machine::Machine;
use crate::bin_path;

/// Machines on one page of a listing: few, so that there is a second page.
const PAGE: usize = 2;

/// What goes wrong with the next request for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is made, and the answer breaks off.
    AnswerLost,
    /// There is no room: nothing is made, and the fleet says when to come again.
    NoRoom,
    /// It is made, and the fleet says that it failed.
    Failed,
    /// Somebody else took the name a moment before.
    Taken,
}

/// A fleet on loopback; everything it runs ends with it.
#[derive(Debug)]
pub struct Fleet {
    url: String,
    yard: Yard,
    /// Ends with the fleet.
    _server: JoinSet<()>,
}

#[derive(Debug, Clone, Default)]
struct Yard {
    machines: Arc<Mutex<BTreeMap<String, Machine>>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    orders: Arc<Mutex<Vec<Value>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fleet {
    /// Opens it on a free port.
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let yard = Yard::default();
        let router = Router::new()
            .route("/images", get(images))
            .route("/machines", get(list))
            .route("/machines/{name}", get(find).put(make).delete(remove))
            .route("/machines/{name}/output", get(output))
            .with_state(yard.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.expect("an open listener is served");
        });
        Self { url, yard, _server: server }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next request for a machine meets this.
    pub fn plan(&self, fault: Fault) {
        locked(&self.yard.faults).push_back(fault);
    }

    /// Makes a machine as somebody else would, under this name and with these labels.
    pub fn make(&self, name: &str, labels: &Value) {
        let order = json!({ "environment": {}, "labels": labels });
        locked(&self.yard.machines).insert(name.to_owned(), Machine::start(name, &order));
    }

    /// Takes a machine away.
    pub fn remove(&self, name: &str) {
        drop(locked(&self.yard.machines).remove(name));
    }

    /// Ends a machine's process behind everybody's back.
    pub fn kill(&self, name: &str) {
        let mut machines = locked(&self.yard.machines);
        machines.get_mut(name).unwrap_or_else(|| panic!("there is no machine {name}")).kill();
    }

    /// The names of its machines, dead ones included.
    pub fn machines(&self) -> Vec<String> {
        locked(&self.yard.machines).keys().cloned().collect()
    }

    /// Every request for a machine so far.
    pub fn orders(&self) -> Vec<Value> {
        locked(&self.yard.orders).clone()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // Its server may hold the yard a moment longer.
        locked(&self.yard.machines).clear();
    }
}

async fn images() -> Json<Value> {
    let demo = json!({
        "name": "demo", "description": "The demo server", "image": "fleet/demo:1", "port": 8000,
    });
    Json(json!({ "images": [demo] }))
}

async fn make(State(yard): State<Yard>, Path(name): Path<String>, Json(order): Json<Value>) -> Response {
    locked(&yard.orders).push(order.clone());
    let fault = locked(&yard.faults).pop_front();
    if order["image"].as_str().unwrap_or_default().starts_with("missing/") {
        return error(StatusCode::BAD_REQUEST, "no such image");
    }
    if fault == Some(Fault::NoRoom) {
        let refused = error(StatusCode::SERVICE_UNAVAILABLE, "every place is taken");
        return ([("retry-after", "1")], refused).into_response();
    }
    let mut machines = locked(&yard.machines);
    if fault == Some(Fault::Taken) {
        let order = json!({ "environment": {}, "labels": { "WHARFINGER_OWNER": "somebody-else" } });
        machines.insert(name.clone(), Machine::start(&name, &order));
    }
    let status = if machines.contains_key(&name) { StatusCode::OK } else { StatusCode::CREATED };
    let machine = machines.entry(name.clone()).or_insert_with(|| Machine::start(&name, &order));
    match fault {
        Some(Fault::AnswerLost) => broken_off(),
        Some(Fault::Failed) => error(StatusCode::INTERNAL_SERVER_ERROR, "the yard is on fire"),
        _ => (status, Json(machine.shown())).into_response(),
    }
}

async fn find(State(yard): State<Yard>, Path(name): Path<String>) -> Response {
    match locked(&yard.machines).get_mut(&name) {
        Some(machine) => Json(machine.shown()).into_response(),
        None => error(StatusCode::NOT_FOUND, "no such machine"),
    }
}

async fn remove(State(yard): State<Yard>, Path(name): Path<String>) -> Response {
    match locked(&yard.machines).remove(&name) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => error(StatusCode::NOT_FOUND, "no such machine"),
    }
}

async fn list(State(yard): State<Yard>, Query(query): Query<BTreeMap<String, String>>) -> Json<Value> {
    let after = query.get("after").map_or("", String::as_str);
    let mut machines = locked(&yard.machines);
    let mut shown: Vec<Value> = machines
        .iter_mut()
        .filter(|(name, machine)| name.as_str() > after && machine.owner() == query.get("owner"))
        .map(|(_, machine)| machine.shown())
        .collect();
    let more = shown.len() > PAGE;
    shown.truncate(PAGE);
    let next = if more { shown.last().map(|machine| machine["name"].clone()) } else { None };
    Json(json!({ "machines": shown, "next": next }))
}

async fn output(
    State(yard): State<Yard>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let number = |key: &str| query.get(key).and_then(|text| text.parse::<usize>().ok());
    match locked(&yard.machines).get(&name) {
        Some(machine) => {
            let (lines, next) = machine.output(number("after"), number("bytes").unwrap_or(usize::MAX));
            Json(json!({ "lines": lines, "next": next.to_string() })).into_response()
        }
        None => error(StatusCode::NOT_FOUND, "no such machine"),
    }
}

fn error(status: StatusCode, words: &str) -> Response {
    (status, Json(json!({ "error": words }))).into_response()
}

/// A status and the beginning of a body, and then the connection is gone.
fn broken_off() -> Response {
    let body = axum::body::Bytes::from_static(b"{\"id\":");
    let pieces = futures_util::stream::iter([Ok(body), Err(std::io::Error::other("lost on purpose"))]);
    (StatusCode::CREATED, Body::from_stream(pieces)).into_response()
}
