//! Options of parts that tests and benches build themselves, as the configuration's defaults have
//! them.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use wharfinger::domain::{BreakerPolicy, RecoveryPolicy};
use wharfinger::{api, catalog, probe, reconciler, service, store};

/// Of a store below `dir`.
pub fn store(dir: &Path) -> store::Options {
    store::Options {
        data_dir: dir.to_owned(),
        cache: 64 << 20,
        queue: 4_096,
        batch: 512,
        retry: Duration::from_secs(5),
        planted: store::Planted::default(),
        tombstones: Duration::from_secs(86_400),
        events: 100_000,
        events_for: Duration::from_secs(7 * 86_400),
        idempotency: Duration::from_secs(86_400),
        max_idempotency_keys: 1_000_000,
        bulks: Duration::from_secs(86_400),
        max_unfinished_bulks: 16,
        past_requests: 200,
    }
}

/// Of a reconciler.
pub fn reconciler() -> reconciler::Options {
    reconciler::Options {
        settle: Duration::from_secs(3),
        full_pass: Duration::from_secs(60),
        max_steps: 64,
        create_deadline: Duration::from_secs(600),
        inspect_interval: Duration::from_secs(30),
        sweep: Duration::from_secs(300),
        recovery: RecoveryPolicy::default(),
        freeze_period: Duration::from_secs(30),
        breaker: BreakerPolicy::default(),
        planted: reconciler::Planted::default(),
    }
}

/// Of a catalogue over the templates in `dir`.
pub fn catalog(dir: &Path) -> catalog::Options {
    catalog::Options {
        dir: dir.to_owned(),
        refresh: Duration::from_secs(60),
        max_file: 64 << 10,
        max_templates: 1_000,
    }
}

/// Of probes and calls.
pub fn probe() -> probe::Options {
    let calls =
        probe::CallOptions { timeout: Duration::from_secs(60), max_concurrent: 16, max_answer: 1 << 20 };
    probe::Options { max_concurrent: 64, max_answer: 1 << 20, max_tools: 512, calls }
}

/// Of a service.
pub fn service() -> service::Options {
    service::Options {
        default_wait: Duration::from_secs(30),
        max_wait: Duration::from_secs(300),
        max_admissions: 64,
        max_bulk_items: 1_000,
        max_bulk_concurrent: 8,
        max_streams: 256,
        rehearsal_timeout: Duration::from_secs(30),
    }
}

/// Of a server on any free loopback port.
pub fn api() -> api::Options {
    api::Options {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        allowed_hosts: Vec::new(),
        max_connections: 1_024,
        header_timeout: Duration::from_secs(10),
        body_timeout: Duration::from_secs(15),
        write_timeout: Duration::from_secs(30),
        heartbeat: Duration::from_secs(15),
        max_body: 256 << 10,
        max_bulk_body: 4 << 20,
        drain: Duration::from_secs(10),
    }
}
