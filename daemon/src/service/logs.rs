//! Output of an instance's workload: what its provisioner has, or what was kept of it.

use std::sync::Arc;

use super::{Error, Reference, Service};
use crate::domain::{Instance, InstanceId, LastOutput, LogLine, Timestamp};
use crate::extension::{LogsPage, LogsRequest};

/// Bytes of output that are asked for at once; the provisioner may know less.
const MAX_BYTES: u32 = 1 << 20;

/// The newest lines, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// Who had them.
    pub source: LogSource,
    /// Secrets are replaced.
    pub lines: Vec<LogLine>,
}

/// Where lines come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSource {
    /// The provisioner, just now.
    Live,
    /// They were read before the workload was given up or removed.
    Kept {
        /// When.
        at: Timestamp,
        /// How the workload ended, if its backend told it.
        exit_code: Option<i32>,
    },
}

/// Who can be asked for output.
pub(super) enum Speaker {
    /// Its provisioner may know.
    Living(Box<Instance>),
    /// What was kept of a deleted instance.
    Deleted(InstanceId, LastOutput),
}

/// The newest lines, and where to go on.
pub(super) struct Newest {
    pub(super) logs: Logs,
    pub(super) cursor: Option<String>,
}

impl Service {
    /// The newest `tail` lines; also of a deleted instance, by its id, while its deletion is
    /// remembered.
    pub async fn logs(&self, reference: &Reference, tail: usize) -> Result<Logs, Error> {
        match self.speaker(reference)? {
            Speaker::Living(instance) => Ok(self.newest_logs(&instance, tail).await?.logs),
            Speaker::Deleted(_, output) => Ok(kept(output, tail)),
        }
    }

    pub(super) fn speaker(&self, reference: &Reference) -> Result<Speaker, Error> {
        match (self.instance(reference), reference) {
            (Err(missing @ Error::InstanceNotFound(_)), Reference::Id(id)) => {
                self.last_output(*id)?.map(|output| Speaker::Deleted(*id, output)).ok_or(missing)
            }
            (found, _) => found.map(|instance| Speaker::Living(Box::new(instance))),
        }
    }

    /// What lives is asked. What was kept is the answer where there is nobody who could know more:
    /// no workload any more, or no word from its provisioner about the very one that was given up.
    pub(super) async fn newest_logs(&self, instance: &Instance, tail: usize) -> Result<Newest, Error> {
        if instance.status.creations == 0 {
            // Nothing was made yet that could have said something.
            let logs = Logs { source: LogSource::Live, lines: Vec::new() };
            return Ok(Newest { logs, cursor: None });
        }
        let request = LogsRequest { cursor: None, max_bytes: MAX_BYTES };
        let live = self.ask_for_logs(instance, request).await;
        if !live.as_ref().is_ok_and(|page| !page.lines.is_empty())
            && let Some(output) = self.last_output(instance.id)?
            && (output.creation == instance.status.creations || instance.status.phase.workload().is_none())
        {
            return Ok(Newest { logs: kept(output, tail), cursor: None });
        }
        let LogsPage { lines, next_cursor } = live?;
        let logs = Logs { source: LogSource::Live, lines: newest(lines, tail) };
        Ok(Newest { logs, cursor: next_cursor })
    }

    /// One page of the provisioner's.
    pub(super) async fn ask_for_logs(
        &self,
        instance: &Instance,
        request: LogsRequest,
    ) -> Result<LogsPage, Error> {
        let set = self.inner.extensions.current();
        let provisioner = Arc::clone(&Self::provisioner_of(&set, instance)?.provisioner);
        let secrets = self.inner.lifecycle.secrets(instance).map_err(Error::reading)?;
        let target = instance.target(self.inner.lifecycle.owner());
        provisioner.logs(&target, request, &secrets).await.map_err(Error::Provisioner)
    }

    fn last_output(&self, id: InstanceId) -> Result<Option<LastOutput>, Error> {
        self.inner.lifecycle.last_output(id).map_err(Error::reading)
    }
}

/// As an answer.
pub(super) fn kept(output: LastOutput, tail: usize) -> Logs {
    let LastOutput { at, exit_code, lines, .. } = output;
    Logs { source: LogSource::Kept { at, exit_code }, lines: newest(lines, tail) }
}

fn newest(mut lines: Vec<LogLine>, tail: usize) -> Vec<LogLine> {
    lines.split_off(lines.len().saturating_sub(tail))
}
