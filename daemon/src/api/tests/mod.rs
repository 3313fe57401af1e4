//! Tests of the whole API without a socket: the real router, service, catalogue and store over a
//! faked provisioner and hook. Every answer is checked for what all answers must have, see
//! [`Wharf::call`].

mod answer;
mod bulk;
mod console;
mod docs;
mod document;
mod events;
mod fakes;
mod frames;
mod guard;
mod health;
mod hooks;
mod idempotency;
mod instances;
mod instances_create;
mod instances_list;
mod logs;
mod metrics;
mod orphans;
mod plugins;
mod provisioners;
mod server;
mod templates;
mod tools;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::future::join_all;
use http::{Request, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::console::{Files, testing};
use super::router::router;
use super::{Options, refusal};
use crate::catalog::{self, Catalog};
use crate::domain::{Cause, Fact, InstanceId, Notice, NoticeKind, Timestamp, Workload};
use crate::lifecycle::Lifecycle;
use crate::runtime::{Activator, Metrics, Readiness, Shutdown, SystemClock, Tasks};
use crate::service::{self, Service};
use crate::store;
use answer::Answer;
use fakes::Fakes;
use frames::Frames;

/// The value of every secret in these tests: no answer may hold it.
pub(super) const SECRET: &str = "hunter2-and-more";

/// Streams at the same time.
pub(super) const MAX_STREAMS: usize = 3;

const PLAIN: &str = r#"
name = "plain"
description = "A plain one"
port = 8000
command = ["server"]
environment = { LEVEL = "info" }
labels = { kind = "example" }
icon = "data:image/png;base64,iVBORw0KGgo="
"#;

const KEYED: &str = r#"
name = "keyed"
port = 8000
image = "keyed:1"
[[inputs]]
name = "API_KEY"
required = true
secret = true
"#;

/// Everything below the API, and the router over it.
pub(super) struct Wharf {
    pub(super) router: axum::Router,
    pub(super) document: Value,
    pub(super) service: Service,
    pub(super) lifecycle: Lifecycle,
    pub(super) fakes: Arc<Fakes>,
    pub(super) readiness: Readiness,
    /// Ends what waits in the service.
    pub(super) stop: Shutdown,
    pub(super) metrics: Metrics,
    _shutdown: tokio_util::sync::DropGuard,
    _dir: tempfile::TempDir,
}

pub(super) fn options() -> Options {
    Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        allowed_hosts: vec!["wharf.example".to_owned()],
        max_connections: 16,
        header_timeout: Duration::from_secs(5),
        body_timeout: Duration::from_secs(5),
        write_timeout: Duration::from_secs(60),
        heartbeat: Duration::from_secs(15),
        max_body: 256 << 10,
        max_bulk_body: 1 << 20,
        drain: Duration::from_secs(5),
    }
}

impl Wharf {
    pub(super) fn new() -> Self {
        Self::with(Fakes::default(), 8)
    }

    pub(super) fn with(fakes: Fakes, max_admissions: usize) -> Self {
        Self::serving(fakes, max_admissions, &options())
    }

    pub(super) fn serving(fakes: Fakes, max_admissions: usize, options: &Options) -> Self {
        Self::showing(testing::built(), fakes, max_admissions, options)
    }

    pub(super) fn showing(files: Files, fakes: Fakes, max_admissions: usize, options: &Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let templates = dir.path().join("templates");
        std::fs::create_dir(&templates).unwrap();
        std::fs::write(templates.join("plain.toml"), PLAIN).unwrap();
        std::fs::write(templates.join("keyed.toml"), KEYED).unwrap();
        let fakes = Arc::new(fakes);
        let clock = Arc::new(SystemClock);
        let shutdown = Shutdown::new();
        let store = store::Options {
            data_dir: dir.path().join("data"),
            cache: 1 << 20,
            queue: 64,
            batch: 16,
            tombstones: Duration::from_secs(3600),
            events: 1_000,
            events_for: Duration::from_secs(3600),
            idempotency: Duration::from_secs(3600),
            max_idempotency_keys: 5,
            bulks: Duration::from_secs(3600),
            max_unfinished_bulks: 4,
            past_requests: 10,
            retry: Duration::from_secs(5),
            planted: store::Planted::default(),
        };
        let metrics = Metrics::default();
        let lifecycle = Lifecycle::open(store, clock.clone(), Activator::new(), metrics.clone()).unwrap();
        let catalog = catalog::Options {
            dir: templates,
            refresh: Duration::from_secs(3600),
            max_file: 1 << 16,
            max_templates: 10,
        };
        let tasks = Tasks::default();
        let catalog =
            Catalog::start(catalog, fakes.clone(), clock.clone(), &tasks, shutdown.clone()).unwrap();
        let service = service::Options {
            default_wait: Duration::ZERO,
            max_wait: Duration::from_secs(300),
            max_admissions,
            max_bulk_items: 20,
            max_bulk_concurrent: 2,
            max_streams: MAX_STREAMS,
            rehearsal_timeout: Duration::from_secs(2),
        };
        let stop = Shutdown::new();
        let (plugins, caller) = (fakes.clone(), fakes.clone());
        let service = Service::new(service, lifecycle.clone(), catalog, plugins, caller, clock, stop.clone());
        service.start_bulks(refusal, &tasks);
        let readiness = Readiness::new();
        let listen = SocketAddr::from(([127, 0, 0, 1], 7180));
        let (router, document) =
            router(service.clone(), readiness.clone(), metrics.clone(), options, listen, files);
        Self {
            router,
            document: serde_json::from_slice(&document.json()).unwrap(),
            service,
            lifecycle,
            fakes,
            readiness,
            stop,
            metrics,
            _shutdown: shutdown.drop_guard(),
            _dir: dir,
        }
    }

    /// Asks, and checks what every answer must have: its id and its headers, no secret, and, if it
    /// is a failure, a problem that the document lists for this operation and whose page is there.
    pub(super) async fn call(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path().to_owned());
        let answer = Answer::of(self.router.clone().oneshot(request).await.unwrap()).await;
        answer.check(&self.document, &method, &path);
        if let Some(page) = answer.json["type"].as_str() {
            let page = self::request("GET", page).body(Body::empty()).unwrap();
            assert_eq!(self.router.clone().oneshot(page).await.unwrap().status(), 200, "{}", answer.text);
        }
        answer
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.call(request("DELETE", path).body(Body::empty()).unwrap()).await
    }

    /// A POST without a body.
    pub(super) async fn ask(&self, path: &str) -> Answer {
        self.call(request("POST", path).body(Body::empty()).unwrap()).await
    }

    /// A POST with a JSON body.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string()).await
    }

    /// A POST with a JSON body that may be sent again.
    pub(super) async fn post_keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = request("POST", path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        self.call(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(super) async fn post_text(&self, path: &str, body: &str) -> Answer {
        let request = request("POST", path).header(header::CONTENT_TYPE, "application/json");
        self.call(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Opens a stream.
    pub(super) async fn stream(&self, path: &str) -> Frames {
        self.stream_with(request("GET", path)).await
    }

    pub(super) async fn stream_with(&self, request: http::request::Builder) -> Frames {
        let request = request.body(Body::empty()).unwrap();
        Frames::of(self.router.clone().oneshot(request).await.unwrap())
    }

    /// So many events that are about no instance.
    pub(super) async fn notices(&self, count: usize) {
        let notice = |_| {
            let cause = Cause::new("Tested", "something happened");
            self.lifecycle.notice(Notice { kind: NoticeKind::Swept, cause })
        };
        for noted in join_all((0..count).map(notice)).await {
            noted.unwrap();
        }
    }

    /// Creates an instance of `plain`, as it is right after that.
    pub(super) async fn create(&self, name: &str) -> Value {
        let answer = self.post("/mcp/instances", &json!({"name": name, "template": "plain"})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json
    }

    /// What the reconciler would find out.
    pub(super) async fn happened(&self, instance: &Value, facts: impl IntoIterator<Item = Fact>) {
        let id: InstanceId = instance["id"].as_str().unwrap().parse().unwrap();
        for fact in facts {
            self.lifecycle.record(id, None, fact).await.unwrap();
        }
    }

    /// A running instance of `plain`.
    pub(super) async fn running(&self, name: &str) -> Value {
        let instance = self.create(name).await;
        self.happened(&instance, became_running()).await;
        self.get(&format!("/mcp/instances/{name}")).await.json
    }
}

/// A request with what a client always sends.
pub(super) fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:7180")
}

/// From `requested` to `running`.
pub(super) fn became_running() -> [Fact; 3] {
    let workload = Workload {
        id: "w-1".to_owned(),
        name: "wf-1".to_owned(),
        url: Some("http://127.0.0.1:9000/".to_owned()),
        port: Some(9_000),
        details: [("pid".to_owned(), "7".to_owned())].into(),
    };
    [
        Fact::CreateStarted { deadline: Timestamp(i64::MAX) },
        Fact::CreateSucceeded { workload, adopted: false, warnings: Vec::new() },
        Fact::BecameHealthy { ladder: Vec::new() },
    ]
}
