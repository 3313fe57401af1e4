//! Whether the daemon is ready: named things that must have happened, or must hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Told by each part when it is ready; asked by whoever serves `/readyz`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<[(&'static str, AtomicBool)]>);

impl Readiness {
    /// The first pass over all records was made, and every step it found due was started.
    pub const FIRST_PASS: &'static str = "first_pass";
    /// The configuration and its plugins are loaded.
    pub const PLUGINS: &'static str = "plugins";
    /// The database is open.
    pub const STORE: &'static str = "store";
    /// The database takes writes. If it does not, reads are answered all the same.
    pub const STORE_WRITABLE: &'static str = "store_writable";

    /// Nothing is ready.
    pub fn new() -> Self {
        let names = [Self::STORE, Self::STORE_WRITABLE, Self::PLUGINS, Self::FIRST_PASS];
        Self(names.into_iter().map(|name| (name, AtomicBool::new(false))).collect())
    }

    /// `name` is ready. A name that is not known is a mistake of the caller and changes nothing.
    pub fn done(&self, name: &str) {
        self.set(name, true);
    }

    /// `name` is ready, or is not any more.
    pub fn set(&self, name: &str, ready: bool) {
        if let Some((_, done)) = self.0.iter().find(|(known, _)| *known == name) {
            done.store(ready, Ordering::Release);
        }
    }

    /// Every check and whether it holds.
    pub fn checks(&self) -> Vec<(&'static str, bool)> {
        self.0.iter().map(|(name, done)| (*name, done.load(Ordering::Acquire))).collect()
    }

    /// Whether every check holds.
    pub fn is_ready(&self) -> bool {
        self.checks().iter().all(|(_, done)| *done)
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}
