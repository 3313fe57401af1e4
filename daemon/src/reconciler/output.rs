//! Keeps the last output of a workload that is given up or about to be removed.
//!
//! Best effort, once for each workload, bounded in time and bytes: a removal waits for it a moment
//! and never depends on it.

use std::time::Duration;

use super::step::Run;
use crate::domain::{BreakerState, InstanceError, LastOutput, Phase};
use crate::extension::LogsRequest;
use crate::runtime::ErrorChain;

/// A provisioner that does not say within this what a workload wrote is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes that are asked for: there are more in a line than its text.
const MAX_BYTES: u32 = 128 << 10;

impl Run<'_> {
    /// Before a provisioner is told to remove the workload, or when it is `given_up`.
    pub(super) async fn keep_output(&mut self, given_up: Option<&InstanceError>) {
        let creation = self.instance.status.creations;
        let Ok((entry, secrets)) = self.prepare() else { return };
        let has_logs = entry.capabilities.iter().any(|capability| capability == "logs");
        let away = self.guards.outlook(&entry.name).breaker != BreakerState::Closed;
        if creation == 0 || self.knowledge.output_is_kept || !has_logs || away {
            return;
        }
        let target = self.instance.target(self.parts.lifecycle.owner());
        let request = LogsRequest { cursor: None, max_bytes: MAX_BYTES };
        let asked = entry.provisioner.logs(&target, request, &secrets);
        let Ok(Ok(page)) = tokio::time::timeout(PATIENCE, asked).await else {
            tracing::debug!(instance = %self.instance.id, "the workload's last output could not be read");
            return;
        };
        let exit_code = match (given_up, &self.instance.status.phase) {
            (Some(error), _) => error.causes.last().and_then(|cause| cause.exit_code),
            (None, Phase::Recovering { cause, .. }) => cause.exit_code,
            (None, _) => None,
        };
        let output = LastOutput::new(self.parts.clock.now(), creation, exit_code, page.lines);
        match self.parts.lifecycle.keep_output(self.instance.id, output).await {
            Ok(()) => self.knowledge.output_is_kept = true,
            Err(error) => {
                tracing::warn!(instance = %self.instance.id, error = %ErrorChain(&error), "the workload's last output could not be kept");
            }
        }
    }
}
