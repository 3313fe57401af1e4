//! Does the endpoint speak MCP? And: call one of its tools.
//!
//! ```text
//!            ┌─ Authenticated   401 and 403 are an answer: it wants its user's credentials
//! ToolsListed│  tools/list, all pages, the expected tools among them
//! Handshake ─┘  server/discover (2026-07-28) or initialize (2025-11-25), by era
//! HttpAnswers   any status but a gateway's 502, 503, 504
//! PortOpen      a TCP connection to an address that was checked
//! ```
//!
//! [`Ladder`] climbs until a rung fails; `ping` is not among them, because the modern era has none.
//! The eras are told apart as the specification's `versioning` page says: ask in the modern way; a
//! modern result or a modern error is modern, anything else is answered with `initialize`. What was
//! found is the caller's to remember (`Question::era`): it is asked first the next time. A legacy
//! session that was opened here is closed again.
//!
//! **Why not `rmcp`'s client.** These are questions to addresses that users and backends choose, so
//! the rules come first: connect to the checked address only, follow nothing, read a bounded
//! answer, be done in time. `rmcp` 3.9 bounds one JSON answer at 16 MiB by a constant and an event
//! stream not at all; takes a 401 for a broken transport unless it has `WWW-Authenticate`; spawns
//! tasks of its own, which reconnect and close sessions after the caller is gone; and reads results
//! into its types, while a caller of a tool wants what the server said, unchanged. The part of the
//! protocol that is needed here, one request and its answer, is small ([`exchange`], `message`).
//!
//! Guarantees: no redirect, no proxy, no answer beyond `Options::max_answer`, no rung beyond
//! `Question::timeout`, no call beyond `CallOptions::timeout` once its session is open (each step of
//! that has `Question::timeout`), no more probes and calls than `max_concurrent` of each, no connection to
//! an address that is always refused, no call that is sent again after it may have had an effect, no
//! secret of the instance in what a call answers. Knows nothing of instances and their phases: what a
//! failed rung means is the reconciler's to say.

mod address;
mod caller;
mod event_stream;
mod exchange;
mod handshake;
mod headers;
mod ladder;
mod message;
mod options;
mod redaction;
mod route;
mod tools;

#[cfg(test)]
mod tests;

use tokio::sync::Semaphore;

pub use options::*;

/// Climbs the ladder and calls tools.
#[derive(Debug)]
pub struct Ladder {
    options: Options,
    probes: Semaphore,
    calls: Semaphore,
}

impl Ladder {
    /// A ladder that stands alone: it needs no other part.
    pub fn new(options: Options) -> Self {
        let permits = |most: usize| Semaphore::new(most.min(Semaphore::MAX_PERMITS));
        let (probes, calls) = (permits(options.max_concurrent), permits(options.calls.max_concurrent));
        Self { options, probes, calls }
    }
}
