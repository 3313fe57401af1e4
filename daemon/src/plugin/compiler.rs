//! Compiles components, each once.
//!
//! Compiling takes seconds for large components and all cores; it happens one at a time and off the
//! runtime, so that what serves goes on serving. What did not compile is remembered too: a watcher
//! that finds the same broken file again costs nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::error::Cause;

/// Files whose outcome is remembered, the last used first.
const KEPT: usize = 32;

type Outcome = Result<Component, String>;

/// See the module.
pub(super) struct Compiler {
    engine: Engine,
    one_at_a_time: Semaphore,
    kept: Mutex<VecDeque<(String, Outcome)>>,
}

impl Compiler {
    /// For `engine`.
    pub(super) const fn new(engine: Engine) -> Self {
        Self { engine, one_at_a_time: Semaphore::const_new(1), kept: Mutex::new(VecDeque::new()) }
    }

    /// The component of `bytes`, whose digest is `digest`.
    pub(super) async fn component(&self, digest: &str, bytes: Arc<[u8]>) -> Result<Component, Cause> {
        // The semaphore is never closed.
        let _turn = self.one_at_a_time.acquire().await?;
        if let Some(outcome) = self.kept(digest) {
            return outcome.map_err(Into::into);
        }
        let engine = self.engine.clone();
        let compiled = spawn_blocking(move || Component::new(&engine, &bytes)).await?;
        let outcome = compiled.map_err(|error| format!("{error:#}"));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((digest.to_owned(), outcome.clone()));
        kept.truncate(KEPT);
        drop(kept);
        outcome.map_err(Into::into)
    }

    fn kept(&self, digest: &str) -> Option<Outcome> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == digest)?;
        let entry = kept.remove(at)?;
        let outcome = entry.1.clone();
        kept.push_front(entry);
        Some(outcome)
    }
}
