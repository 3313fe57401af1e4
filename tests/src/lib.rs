//! The harness of the integration tests.
//!
//! The tests run the release binaries as a user would: [`TestDaemon`](daemon::TestDaemon)
//! starts the daemon in a directory of its own, [`FakeManager`](fake_manager::FakeManager)
//! stands in for go-mcp-manager with all its habits, [`McpClient`](mcp::McpClient) is a
//! real MCP client, and the workloads are real `demo-server` processes.
//!
//! Nothing here outlives a test: what a test started is killed when its handle is dropped.
//! A helper that cannot go on panics with what it wanted and what it found, because in a
//! test that is the most readable error there is.

pub mod bin_path;
pub mod crash;
pub mod daemon;
pub mod extensions;
pub mod fake_manager;
pub mod fleet;
pub mod languages;
pub mod mcp;
pub mod options;
pub mod spec;
