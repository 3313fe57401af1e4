//! What can be set about the prober.

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Probes at the same time; more wait.
    pub max_concurrent: usize,
    /// Bytes of one answer.
    pub max_answer: usize,
    /// Tools of one server that are kept.
    pub max_tools: usize,
}
