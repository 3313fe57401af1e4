//! What goes over the wire: one type per thing in an answer, made from the domain's words.
//!
//! serde and schemas live here and nowhere below. Members are only ever added.

mod admission;
mod bulk;
mod event;
mod health;
mod instance;
mod orphan;
mod plugin;
mod problem;
mod provisioner;
mod rehearsal;
mod request;
mod status;
mod stream;
mod template;
mod time;
mod tool;

pub(crate) use admission::Admission;
pub(crate) use bulk::{Bulk, BulkRequest};
pub(crate) use event::{Event, EventList};
pub(crate) use health::{Liveness, Readiness};
pub(crate) use instance::{Forgotten, Instance, InstanceList};
pub(crate) use orphan::{Orphan, OrphanList};
pub(crate) use plugin::PluginList;
pub(crate) use problem::{Problem, ProblemError};
pub(crate) use provisioner::{Provisioner, ProvisionerList};
pub(crate) use rehearsal::{Rehearsal, RehearsalRequest};
pub(crate) use request::{CreateRequest, DryRun};
pub(crate) use status::{ConditionStatus, Status};
pub(crate) use stream::{LogInterruption, LogLine, LogSource, LogWorkload, StreamEnd, StreamStart};
pub(crate) use template::{Template, TemplateList};
pub(crate) use time::Time;
pub(crate) use tool::{ToolCall, ToolList, ToolResult};

/// Microseconds, as far as they fit.
fn microseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
