//! Compiles components, each once.
//!
//! Flow: remembered → the machine code that an earlier run left → compiled, kept on the disk, remembered.
//!
//! Compiling takes seconds for large components and all cores, and hostile bytes can make it take far
//! more of both: it happens one at a time and in a [process of its own](super::compilation), so that
//! what serves goes on serving. What did not compile is remembered too: a watcher that finds the same
//! broken file again costs nothing.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::compilation::{Compilation, CompileError};
use super::digest::Digest;
use super::warehouse::Warehouse;

/// Files whose outcome is remembered, the last used first.
const KEPT: usize = 32;

type Outcome = Result<Component, CompileError>;

/// See the module.
pub(super) struct Compiler {
    engine: Engine,
    warehouse: Arc<Warehouse>,
    compilation: Compilation,
    one_at_a_time: Semaphore,
    kept: Mutex<VecDeque<(Digest, Outcome)>>,
}

impl Compiler {
    /// For `engine`.
    pub(super) const fn new(engine: Engine, warehouse: Arc<Warehouse>, compilation: Compilation) -> Self {
        let kept = Mutex::new(VecDeque::new());
        Self { engine, warehouse, compilation, one_at_a_time: Semaphore::const_new(1), kept }
    }

    /// The component of `bytes`, whose digest is `digest`.
    pub(super) async fn component(&self, digest: &Digest, bytes: Bytes) -> Outcome {
        if let Some(outcome) = self.kept(digest) {
            return outcome;
        }
        if let Some(component) = self.load(digest).await? {
            return Ok(component);
        }
        // The semaphore is never closed, and what was compiled without a turn is as good.
        let _turn = self.one_at_a_time.acquire().await;
        // Somebody else's turn may have been for the same bytes.
        if let Some(outcome) = self.kept(digest) {
            return outcome;
        }
        let outcome = self.compile(digest, bytes).await;
        self.remember(digest, outcome)
    }

    /// What an earlier run compiled, if it did.
    pub(super) async fn load(&self, digest: &Digest) -> Result<Option<Component>, CompileError> {
        if let Some(Ok(component)) = self.kept(digest) {
            return Ok(Some(component));
        }
        let (engine, warehouse, known) = (self.engine.clone(), self.warehouse.clone(), digest.clone());
        let load = move || {
            let code = warehouse.code(&known)?;
            deserialize(&engine, Code::File(&code))
                // Where no file may be executed (`noexec`), what was read may be.
                .or_else(|error| match warehouse.code_read(&known) {
                    Some(code) => deserialize(&engine, Code::Bytes(&code)),
                    None => Err(error),
                })
                .inspect_err(|error| tracing::warn!(digest = %known, %error, "compiled code is of no use"))
                .ok()
        };
        let loaded = spawn_blocking(load).await.map_err(CompileError::lost)?;
        loaded.map(|component| self.remember(digest, Ok(component))).transpose()
    }

    async fn compile(&self, digest: &Digest, bytes: Bytes) -> Outcome {
        let code = self.compilation.run(&self.engine, bytes).await?;
        let (engine, warehouse, made) = (self.engine.clone(), self.warehouse.clone(), digest.clone());
        let keep = move || {
            let component = deserialize(&engine, Code::Bytes(&code))?;
            if let Err(error) = warehouse.keep_code(&made, &code) {
                tracing::warn!(%error, "compiled code cannot be kept: the next start compiles again");
            }
            Ok(component)
        };
        spawn_blocking(keep).await.map_err(CompileError::lost)?
    }

    /// Forgets what took too much: the machine may have had little then.
    pub(super) fn forget_limits(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, outcome)| !matches!(outcome, Err(CompileError::Limit(_))));
    }

    /// What was remembered first stays: the same machine code must not be in memory twice.
    fn remember(&self, digest: &Digest, outcome: Outcome) -> Outcome {
        if outcome.as_ref().is_err_and(CompileError::may_pass) {
            return outcome;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = kept.iter().find(|(known, _)| known == digest) {
            return known.clone();
        }
        kept.push_front((digest.clone(), outcome.clone()));
        kept.truncate(KEPT);
        outcome
    }

    fn kept(&self, digest: &Digest) -> Option<Outcome> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == digest)?;
        let entry = kept.remove(at)?;
        let outcome = entry.1.clone();
        kept.push_front(entry);
        Some(outcome)
    }
}

/// Machine code.
enum Code<'a> {
    Bytes(&'a [u8]),
    /// Mapped, not read: what is damaged under us ends the daemon, as damage to its own program does.
    File(&'a Path),
}

#[expect(
    unsafe_code,
    reason = "the code comes from our own compiler, through a folder only we may enter, and its hash was \
              checked; code of another engine is refused by the library"
)]
fn deserialize(engine: &Engine, code: Code<'_>) -> Outcome {
    // SAFETY: see the reason above.
    let component = unsafe {
        match code {
            Code::Bytes(bytes) => Component::deserialize(engine, bytes),
            Code::File(path) => Component::deserialize_file(engine, path),
        }
    };
    component.map_err(|error| CompileError::Refused(format!("{error:#}")))
}
