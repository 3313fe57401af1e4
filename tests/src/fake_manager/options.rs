//! How a fake is set up: its dialect, its pace, its templates.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::FakeManager;

/// Which of its two REST surfaces the manager has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The older one: `POST /containers` takes a template, `GET /templates` lists them.
    Templates,
    /// Today's: `POST /containers` takes an image and a port; `/templates` is unknown.
    Image,
}

/// A template of the manager (templates dialect). Every one runs `demo-server`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The name a request asks for.
    pub name: String,
    /// Shown in the list.
    pub description: String,
    /// Shown in records; starting with `missing`, it cannot be pulled.
    pub image: String,
    /// Shown in records; the process really listens on another, free one.
    pub port: u16,
    /// Given to the process; the request's own keys win.
    pub environment: BTreeMap<String, String>,
    /// Kept in the record; the request's own keys win.
    pub labels: BTreeMap<String, String>,
}

impl Template {
    /// A template with a name and otherwise ordinary values.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: format!("The template {name}"),
            image: format!("registry.example/{name}:1"),
            port: 8000,
            environment: BTreeMap::new(),
            labels: BTreeMap::new(),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "name": self.name, "description": self.description, "image": self.image, "port": self.port,
            "environment": self.environment, "labels": self.labels, "command": [], "volumes": [],
            "memory_limit": "256m", "cpu_limit": "0.5",
        })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) dialect: Dialect,
    pub(crate) templates: BTreeMap<String, Template>,
    pub(crate) create_time: Duration,
    pub(crate) stop_grace: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) max_containers: usize,
    pub(crate) container_prefix: String,
    pub(crate) exclusive_ports: bool,
    pub(crate) behind_proxy: bool,
}

/// Sets up a [`FakeManager`]. The defaults are the real service's, except that a create
/// takes 50 ms instead of 2.5 s.
#[derive(Debug, Clone)]
#[must_use = "nothing runs until `start` is called"]
pub struct Builder {
    options: Options,
}

impl Builder {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let demo = Template::named("demo");
        Self {
            options: Options {
                dialect,
                templates: BTreeMap::from([(demo.name.clone(), demo)]),
                create_time: Duration::from_millis(50),
                stop_grace: Duration::from_secs(10),
                write_timeout: Duration::from_secs(30),
                max_containers: 50,
                container_prefix: "mcp-".to_owned(),
                exclusive_ports: false,
                behind_proxy: false,
            },
        }
    }

    /// How long a create holds the lock after its container was started.
    pub fn create_time(mut self, time: Duration) -> Self {
        self.options.create_time = time;
        self
    }

    /// How long a delete waits between SIGTERM and SIGKILL.
    pub fn stop_grace(mut self, grace: Duration) -> Self {
        self.options.stop_grace = grace;
        self
    }

    /// After this an answer is thrown away and the connection closed, when the work is done.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.options.write_timeout = timeout;
        self
    }

    /// How many records there may be.
    pub fn max_containers(mut self, limit: usize) -> Self {
        self.options.max_containers = limit;
        self
    }

    /// Adds a template beside the one called `demo`.
    pub fn template(mut self, template: Template) -> Self {
        self.options.templates.insert(template.name.clone(), template);
        self
    }

    /// A template's port is taken on the host, so that only one of its instances can run at
    /// a time; the second fails with `exit status 126` and leaves a dead container behind.
    pub fn exclusive_ports(mut self) -> Self {
        self.options.exclusive_ports = true;
        self
    }

    /// Puts the workloads behind a reverse proxy, as today's service does: `url` is then
    /// `http://PROXY/mcp/SLUG`, with a path that the workload never sees.
    pub fn behind_proxy(mut self) -> Self {
        self.options.behind_proxy = true;
        self
    }

    /// Starts it on a free loopback port.
    ///
    /// # Panics
    /// When it cannot listen, or when `demo-server` has not been built.
    pub fn start(self) -> FakeManager {
        FakeManager::start(self.options)
    }
}
