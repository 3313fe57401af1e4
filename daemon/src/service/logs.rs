//! Output of an instance's workload.

use super::{Error, Reference, Service};
use crate::domain::{Failure, FailureKind};
use crate::extension::{LogLine, LogsRequest};

/// Bytes of output that are asked for at once; the provisioner may know less.
const MAX_BYTES: u32 = 1 << 20;

/// The newest lines, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// Secrets are replaced.
    pub lines: Vec<LogLine>,
}

impl Service {
    /// The newest `tail` lines.
    pub async fn logs(&self, reference: &Reference, tail: usize) -> Result<Logs, Error> {
        let instance = self.instance(reference)?;
        if instance.status.creations == 0 {
            // Nothing was made yet that could have said something.
            return Ok(Logs { lines: Vec::new() });
        }
        let set = self.inner.extensions.current();
        let name = &instance.spec.provisioner;
        let entry = set.provisioners.get(name).ok_or_else(|| {
            let message = format!("the provisioner {name} is not configured any more");
            Error::Provisioner(
                Failure::new(FailureKind::NotApplied, message).with_code("provisioner_missing"),
            )
        })?;
        let secrets = self.inner.lifecycle.secrets(&instance).map_err(Error::reading)?;
        let target = instance.target(self.inner.lifecycle.owner());
        let request = LogsRequest { cursor: None, max_bytes: MAX_BYTES };
        let page = entry.provisioner.logs(&target, request, &secrets).await.map_err(Error::Provisioner)?;
        let skip = page.lines.len().saturating_sub(tail);
        Ok(Logs { lines: page.lines.into_iter().skip(skip).collect() })
    }
}
