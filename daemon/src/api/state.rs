//! What every handler may use.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Options;
use super::console::Console;
use super::middleware::AllowedHosts;
use super::openapi::Document;
use super::pages::Page;
use crate::runtime::{Metrics, Readiness};
use crate::service::Service;

/// Handle to the API's parts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) service: Service,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    pub(crate) hosts: AllowedHosts,
    pub(crate) max_body: usize,
    pub(crate) max_bulk_body: usize,
    pub(crate) body_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) heartbeat: Duration,
    /// The rendered OpenAPI document, and the page made of it.
    pub(crate) document: Bytes,
    pub(crate) operations: Page,
    pub(crate) console: Console,
}

impl Api {
    /// `listen`: the address really bound.
    pub(crate) fn new(
        service: Service,
        readiness: Readiness,
        metrics: Metrics,
        options: &Options,
        listen: SocketAddr,
        document: &Document,
        console: Console,
    ) -> Self {
        Self(Arc::new(Inner {
            service,
            readiness,
            metrics,
            hosts: AllowedHosts::new(listen.ip(), &options.allowed_hosts),
            max_body: options.max_body,
            max_bulk_body: options.max_bulk_body,
            body_timeout: options.body_timeout,
            write_timeout: options.write_timeout,
            heartbeat: options.heartbeat,
            document: document.json(),
            operations: document.page(),
            console,
        }))
    }
}

impl std::ops::Deref for Api {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
