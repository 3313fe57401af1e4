//! What one sandbox may take of the host's memory.

use wasmtime::ResourceLimiter;

/// Linear memories of one sandbox.
pub(super) const MAX_MEMORIES: u32 = 8;
/// Core instances of one sandbox.
pub(super) const MAX_CORE_INSTANCES: u32 = 64;
/// Tables of one sandbox.
pub(super) const MAX_TABLES: u32 = 32;
/// Entries of one table.
pub(super) const MAX_TABLE_ELEMENTS: usize = 65_536;
/// Host objects (streams, requests, answers) one sandbox may hold at the same time.
pub(super) const MAX_HANDLES: usize = 1_000;

/// Counts all memories of a sandbox together: a limit for each would be no limit for the sum.
#[derive(Debug)]
pub(super) struct Limiter {
    memory: usize,
    taken: usize,
    refused: bool,
}

impl Limiter {
    /// Allows `memory` bytes of linear memory.
    pub(super) const fn new(memory: usize) -> Self {
        Self { memory, taken: 0, refused: false }
    }

    /// Bytes of linear memory that were taken; it never goes back.
    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// Whether memory was asked for and refused.
    pub(super) const fn refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let taken = self.taken.saturating_add(desired.saturating_sub(current));
        if taken > self.memory {
            self.refused = true;
            return Ok(false);
        }
        self.taken = taken;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > MAX_TABLE_ELEMENTS {
            self.refused = true;
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        // Widening: u32 fits usize on every target wasmtime runs on.
        MAX_CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.refused());
        assert!(limiter.memory_growing(60, 100, None).unwrap());
    }
}
