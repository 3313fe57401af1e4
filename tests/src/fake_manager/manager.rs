//! The manager's behaviour, quirks and all.
//!
//! **One lock for everything**, as in the real one: a create holds it from its first check
//! until podman is done, so creates run one after another and every read waits for them.
//!
//! **Orphans need no code of their own.** A create starts the container first and writes
//! its record last. When the client hangs up, this future is dropped between the two, and
//! what is left is a container without a record: reads say 404, delete says `not found`,
//! and the next create of that name fails with podman's `exit status 125`.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;
use tokio::sync::RwLock;

use super::Dialect;
use super::fault::{Fault, FaultQueue, Operation};
use super::journal::Journal;
use super::options::{Options, Template};
use super::podman::{Podman, Run};
use super::record::{Record, now, sanitise};
use super::reply::Reply;
use super::request::CreateRequest;

/// Where nothing listens: the URL of a container whose port or route was forgotten.
const NOWHERE: &str = "http://127.0.0.1:1";

#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) options: Options,
    pub(crate) podman: Podman,
    pub(crate) faults: FaultQueue,
    pub(crate) journal: Journal,
    /// The reverse proxy's base URL; empty when workloads are reached directly.
    proxy: String,
    records: RwLock<BTreeMap<String, Record>>,
}

/// What a create becomes once template and request are merged.
struct Plan {
    run: Run,
    port: i64,
    environment: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
}

impl Manager {
    pub(crate) fn new(options: Options, podman: Podman, proxy: String) -> Self {
        Self {
            options,
            podman,
            faults: FaultQueue::default(),
            journal: Journal::default(),
            proxy,
            records: RwLock::default(),
        }
    }

    pub(crate) async fn create(&self, request: CreateRequest) -> Reply {
        let mut records = self.records.write().await;
        let mut fault = self.faults.next(Operation::Create);
        if let Some(Fault::CreateHangs(time)) = fault {
            tokio::time::sleep(time).await;
            fault = self.faults.next(Operation::Create);
        }
        if let Some(Fault::CreateFails(message)) = &fault {
            return Reply::create_failed(message);
        }
        let container = self.container_name(&request.service_name);
        if records.contains_key(&request.service_name) {
            return Reply::create_failed(&format!("container {container} already exists"));
        }
        if records.len() >= self.options.max_containers {
            let limit = self.options.max_containers;
            return Reply::create_failed(&format!("maximum container limit reached ({limit})"));
        }
        let Some(plan) = self.plan(&request, container.clone()) else {
            return Reply::create_failed(&format!("template {} not found", request.origin));
        };
        if let Err(status) = self.podman.run(plan.run) {
            return Reply::create_failed(&format!("failed to create container: exit status {status}"));
        }
        // The wait for the container to be up. A hang-up ends it here and leaves an orphan.
        tokio::time::sleep(self.options.create_time).await;
        match fault {
            Some(Fault::CreateFailsLeavingOrphan(message)) => return Reply::create_failed(&message),
            Some(Fault::CreateAnswerLostLeavingOrphan) => return Reply::Lost,
            _ => {}
        }
        let Some(inspection) = self.podman.inspect(&container).filter(|container| container.running) else {
            return Reply::create_failed("container failed to start: container exited unexpectedly");
        };
        let mut record = Record::new(&request.service_name, plan.port, &inspection);
        record.environment = plan.environment;
        record.labels = plan.labels;
        self.podman.set_route(&container, &record.slug);
        record.url = self.url_of(&record);
        let body = record.to_json(self.options.dialect);
        records.insert(record.service_name.clone(), record);
        self.podman.set_service(&container, Some(&request.service_name));
        match fault {
            Some(Fault::CreateAnswerLost) => Reply::Lost,
            _ => Reply::Json(StatusCode::CREATED, body),
        }
    }

    fn plan(&self, request: &CreateRequest, container: String) -> Option<Plan> {
        match self.options.dialect {
            Dialect::Image => Some(Plan {
                run: Run {
                    name: container,
                    image: request.origin.clone(),
                    environment: request.environment.clone(),
                    exclusive_port: None,
                },
                port: request.port,
                environment: request.environment.clone(),
                labels: request.labels.clone(),
            }),
            Dialect::Templates => {
                let template = self.options.templates.get(&request.origin)?;
                let merged = |base: &BTreeMap<String, String>, over: &BTreeMap<String, String>| {
                    let mut merged = base.clone();
                    merged.extend(over.clone());
                    merged
                };
                let environment = merged(&template.environment, &request.environment);
                Some(Plan {
                    run: Run {
                        name: container,
                        image: template.image.clone(),
                        environment: environment.clone(),
                        exclusive_port: self.options.exclusive_ports.then_some(template.port),
                    },
                    port: i64::from(template.port),
                    environment,
                    labels: merged(&template.labels, &request.labels),
                })
            }
        }
    }

    pub(crate) async fn delete(&self, service: &str) -> Reply {
        let mut records = self.records.write().await;
        let Some(record) = records.get_mut(service) else {
            return Reply::delete_failed(&format!("container {service} not found"));
        };
        let fault = self.faults.next(Operation::Delete);
        match &fault {
            Some(Fault::DeleteFails(message)) => return Reply::delete_failed(message),
            Some(Fault::DeleteHangs(time)) => tokio::time::sleep(*time).await,
            Some(Fault::DeleteSticks) => {
                self.podman.remove(&record.container);
            }
            _ => {}
        }
        record.set_status("stopping");
        self.podman.stop(&record.container, self.options.stop_grace).await;
        if !self.podman.remove(&record.container) {
            // The record stays, and stays `stopping`: only a restart of the manager forgets it.
            return Reply::delete_failed("failed to remove container: exit status 1");
        }
        records.remove(service);
        match fault {
            Some(Fault::DeleteAnswerLost) => Reply::Lost,
            _ => Reply::ok(json!({"message": "Container deleted successfully", "service": service})),
        }
    }

    pub(crate) async fn get(&self, service: &str) -> Reply {
        match self.records.read().await.get(service) {
            Some(record) => Reply::ok(record.to_json(self.options.dialect)),
            None => Reply::container_not_found(service),
        }
    }

    pub(crate) async fn list(&self) -> Reply {
        let records = self.records.read().await;
        let containers: Vec<_> =
            records.values().map(|record| record.to_json(self.options.dialect)).collect();
        Reply::ok(json!({"total": containers.len(), "containers": containers}))
    }

    /// Whether the process runs; says nothing about its port. Refreshes the cache by the way.
    pub(crate) async fn container_health(&self, service: &str) -> Reply {
        let mut records = self.records.write().await;
        let Some(record) = records.get_mut(service) else {
            return Reply::container_not_found(service);
        };
        let Some(container) = self.podman.inspect(&record.container) else {
            let message = "failed to get container status: exit status 125";
            return Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "status_check_failed", message);
        };
        record.set_status(if container.running { "running" } else { "stopped" });
        let (status, health) = if container.running {
            (StatusCode::OK, "healthy")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "unhealthy")
        };
        let body = json!({
            "service": service, "status": record.status, "healthy": container.running, "health": health,
            "timestamp": now(), "container": record.to_json(self.options.dialect),
        });
        Reply::Json(status, body)
    }

    pub(crate) async fn health(&self) -> Reply {
        let records = self.records.read().await;
        let running = records.values().filter(|record| record.status == "running").count();
        Reply::ok(json!({
            "status": "healthy", "version": "0.1.0", "containers_running": running,
            "timestamp": now(), "uptime": "1m35.03s",
        }))
    }

    /// Read once at start in the real one, so no lock is needed here either.
    pub(crate) fn templates(&self) -> Reply {
        let templates: Vec<_> = self.options.templates.values().map(Template::to_json).collect();
        Reply::ok(json!({"total": templates.len(), "templates": templates}))
    }

    pub(crate) async fn caddy_status(&self) -> Reply {
        let services: Vec<_> = self.records.read().await.keys().cloned().collect();
        Reply::ok(json!({
            "status": "running", "routes_count": services.len(), "services": services,
            "api_url": "http://caddy:2019", "caddy_host": "caddy",
        }))
    }

    /// One round of the background monitor. It asks each server for `/` on a port it
    /// guesses; an MCP server answers 404 there, so what lives becomes `error`.
    pub(crate) async fn monitor(&self) {
        for record in self.records.write().await.values_mut() {
            match self.podman.inspect(&record.container) {
                Some(container) if !container.running => record.set_status("stopped"),
                _ => record.set_status("error"),
            }
        }
    }

    /// Writes into the cache without looking.
    pub(crate) async fn set_status(&self, service: &str, status: &'static str) -> bool {
        self.records.write().await.get_mut(service).map(|record| record.set_status(status)).is_some()
    }

    /// What a restart does: forgets all, starts what is stopped, and rebuilds the records
    /// from what podman shows, which is less than was known before.
    pub(crate) async fn rediscover(&self) {
        let mut records = self.records.write().await;
        records.clear();
        for container in self.podman.inspect_all() {
            self.podman.start(&container.name);
            let first_word = |value: &String| value.split_whitespace().next().unwrap_or_default().to_owned();
            let without_prefix = container.name.trim_start_matches(&self.options.container_prefix);
            let service = container
                .environment
                .get("MCP_SERVICE_NAME")
                .map_or_else(|| without_prefix.to_owned(), first_word);
            let known_port =
                container.environment.get("MCP_CONTAINER_PORT").and_then(|port| port.parse().ok());
            let mut record = Record::new(&service, known_port.unwrap_or(8000), &container);
            // The old route is looked for by the service's name; a name cut short finds a neighbour's.
            let old_slug = container.slug.clone().filter(|slug| slug.starts_with(&format!("{service}-")));
            let is_routed = old_slug.is_some();
            record.slug = old_slug.unwrap_or(record.slug);
            record.url = match known_port {
                Some(_) if is_routed || self.proxy.is_empty() => self.url_of(&record),
                _ => NOWHERE.to_owned(),
            };
            self.podman.set_service(&container.name, Some(&service));
            if let Some(hidden) = records.insert(service, record) {
                self.podman.set_service(&hidden.container, None);
            }
        }
    }

    fn url_of(&self, record: &Record) -> String {
        if self.proxy.is_empty() { record.url.clone() } else { format!("{}/mcp/{}", self.proxy, record.slug) }
    }

    pub(crate) fn container_name(&self, service: &str) -> String {
        let prefix = &self.options.container_prefix;
        match self.options.dialect {
            Dialect::Templates => format!("{prefix}{service}"),
            Dialect::Image => format!("{prefix}{}", sanitise(service)),
        }
    }
}
