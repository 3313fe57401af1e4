//! The integration tests: one binary, one file per resource.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it stands, helpers included")]

mod daemon;
mod demo_server;
mod fake_manager;
mod floors;
mod simulation;
