//! A small MCP server: the workload of the first template, and of most tests.
//!
//! It serves MCP over streamable HTTP at `/mcp`, in both eras: stateless
//! (revision 2026-07-28, `server/discover`) and with the older `initialize`
//! handshake and sessions. `rmcp` tells them apart per request.
//!
//! | tool | does |
//! |---|---|
//! | `echo(message)` | answers the message |
//! | `add(a, b)` | answers the sum of two whole numbers |
//! | `clock()` | answers the time, RFC 3339 in UTC |
//!
//! Everything is set by the environment: [`settings`] has the table.
//! One line on stdout says where it listens; stderr has one line per tool call.
//!
//! SIGTERM and SIGINT end it at once with exit code 0, whatever it is doing:
//! there is nothing worth draining. The handlers are installed before anything
//! else, because the first process of a container ignores signals it does not handle.
//! Exit codes: 0 told to stop, 1 could not listen, 3 `DEMO_EXIT_AFTER` is over, 64 bad settings.

mod access;
mod settings;
mod tools;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::settings::Settings;
use crate::tools::DemoServer;

/// `EX_USAGE` of sysexits: the person who started it must change something.
const EXIT_USAGE: u8 = 64;
const EXIT_PLANNED: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match Settings::from_environment(|key| std::env::var(key).ok()) {
        Ok(settings) => settings,
        Err(error) => {
            complain(&format!("demo-server: {error}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let (mut terminate, mut interrupt) =
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
            (Err(error), _) | (_, Err(error)) => {
                complain(&format!("demo-server: cannot listen for signals: {error}"));
                return ExitCode::FAILURE;
            }
        };
    let planned_exit = async {
        match settings.exit_after {
            Some(after) => tokio::time::sleep(after).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        () = planned_exit => ExitCode::from(EXIT_PLANNED),
        Err(error) = serve(&settings) => {
            complain(&format!("demo-server: cannot serve on {}:{}: {error}", settings.host, settings.port));
            ExitCode::FAILURE
        }
    }
}

/// Serves until the process ends; returns only with an error.
async fn serve(settings: &Settings) -> io::Result<()> {
    if let Some(text) = &settings.stderr {
        complain(text);
    }
    tokio::time::sleep(settings.start_delay).await;
    let listener = TcpListener::bind((settings.host.as_str(), settings.port)).await?;
    let address = listener.local_addr()?;
    let echo_delay = settings.echo_delay;
    let config = access::server_config(address.ip(), settings.allowed_hosts.as_deref());
    let service = StreamableHttpService::new(
        move || Ok(DemoServer::new(echo_delay)),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let router = axum::Router::new().route_service("/mcp", service);
    announce(&format!("demo-server listening on http://{address}/mcp"));
    axum::serve(listener, router).await
}

#[expect(clippy::print_stdout, reason = "the one line a person or a supervisor waits for")]
fn announce(line: &str) {
    println!("{line}");
}

#[expect(
    clippy::print_stderr,
    reason = "a demo's stderr is its log, which the daemon shows as the workload's"
)]
fn complain(line: &str) {
    eprintln!("{line}");
}
