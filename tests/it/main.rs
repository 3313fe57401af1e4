//! The integration tests: one binary, one file per resource.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it stands, helpers included")]

mod author;
mod bulk;
mod configuration;
mod console;
mod contract;
mod crash_points;
mod daemon;
mod demo_server;
mod events;
mod everything;
mod fake_manager;
mod floors;
mod go_mcp_manager;
mod hooks;
mod idempotency;
mod instances;
mod languages;
mod last_output;
mod logs;
mod metrics;
mod orphans;
mod plugins;
mod recovery;
mod reloading;
mod sandbox;
mod scaffold;
mod simulation;
mod store;
mod tools;
