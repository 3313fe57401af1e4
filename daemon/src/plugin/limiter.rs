//! What one sandbox may take of the host's memory.

use wasmtime::ResourceLimiter;

use super::options::Limits;

/// Counts all memories of a sandbox together: a limit for each would be no limit for the sum.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    taken: usize,
    refused: Option<&'static str>,
}

impl Limiter {
    /// Allows `limits`.
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, taken: 0, refused: None }
    }

    /// Bytes of linear memory that were taken; it never goes back.
    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// The key of the limit that growth was refused for, if it was.
    pub(super) const fn refused(&self) -> Option<&'static str> {
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
        if taken > self.limits.memory {
            self.refused = Some("memory");
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
        if desired > self.limits.table_elements {
            self.refused = Some("table_elements");
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together() {
        let mut limiter = Limiter::new(Limits { memory: 100, ..Limits::default() });
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert_eq!(limiter.refused(), Some("memory"));
        assert!(limiter.memory_growing(60, 100, None).unwrap());
    }
}
