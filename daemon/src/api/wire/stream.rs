//! What streams say beside events.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::api::problem::Problem;
use crate::domain::{self, WorkloadName};
use crate::service;

/// The first frame of the event stream: `start`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamStart {
    /// Every event after this one follows, but for those the filters leave out.
    pub(crate) revision: u64,
}

/// The last frame of any stream that the daemon ends: `end`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamEnd {
    /// `stopping`, `lagged`, `gone`, or the code of a problem such as `revision_compacted`. New ones
    /// may come.
    pub(crate) reason: String,
    /// For people.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) remedy: String,
}

/// Whose lines follow, in a stream of output: `workload`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogWorkload {
    /// What it is called outside; null if the instance is deleted.
    #[schema(required)]
    pub(crate) name: Option<String>,
    /// Which workload of the instance it is, counted from 1; 0: none was begun yet.
    pub(crate) creation: u32,
    pub(crate) source: LogSource,
    /// When the lines were read, if they were kept.
    #[schema(required)]
    pub(crate) kept_at: Option<Time>,
    /// How the workload ended, if the lines were kept and its backend told it.
    #[schema(required)]
    pub(crate) exit_code: Option<i32>,
}

/// Who had the lines: the provisioner just now, or the daemon, which kept them when the workload was
/// given up or removed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogSource {
    Live,
    Kept,
}

/// One line of output: `line`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogLine {
    /// RFC 3339, if the backend knows.
    #[schema(required)]
    pub(crate) at: Option<String>,
    /// `stdout`, `stderr`, or another word of the backend.
    pub(crate) source: String,
    pub(crate) text: String,
}

/// The provisioner has no answer for now; it is asked again: `interrupted`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogInterruption {
    /// One word for machines.
    pub(crate) code: String,
    /// For people.
    pub(crate) message: String,
}

impl StreamEnd {
    /// The reader did not take what it was given.
    pub(crate) fn lagged() -> Self {
        Self {
            reason: "lagged".to_owned(),
            message: "what was sent was not read in time".to_owned(),
            remedy:
                "read faster, or ask for less; connect again: events go on where they were with Last-Event-ID"
                    .to_owned(),
        }
    }
}

impl From<service::StreamEnd> for StreamEnd {
    fn from(end: service::StreamEnd) -> Self {
        let (reason, message, remedy) = match end {
            service::StreamEnd::Stopping => (
                "stopping",
                "the daemon stops",
                "connect again: events go on where they were with Last-Event-ID",
            ),
            service::StreamEnd::Gone => ("gone", "the instance is gone", "there is nothing more to come"),
            service::StreamEnd::Failed(error) => {
                let super::Problem { code, detail, remedy, .. } = Problem::from(error).body("");
                return Self { reason: code.entry().code.to_owned(), message: detail, remedy };
            }
        };
        Self { reason: reason.to_owned(), message: message.to_owned(), remedy: remedy.to_owned() }
    }
}

impl LogWorkload {
    /// Of the workload with this name and number.
    pub(crate) fn new(name: Option<WorkloadName>, creation: u32, source: service::LogSource) -> Self {
        let (kept_at, exit_code) = match source {
            service::LogSource::Live => (None, None),
            service::LogSource::Kept { at, exit_code } => (Some(at.into()), exit_code),
        };
        Self { name: name.map(|name| name.to_string()), creation, source: source.into(), kept_at, exit_code }
    }
}

impl From<service::LogSource> for LogSource {
    fn from(source: service::LogSource) -> Self {
        match source {
            service::LogSource::Live => Self::Live,
            service::LogSource::Kept { .. } => Self::Kept,
        }
    }
}

impl LogSource {
    /// As in JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Kept => "kept",
        }
    }
}

impl From<domain::LogLine> for LogLine {
    fn from(line: domain::LogLine) -> Self {
        let domain::LogLine { at, source, text } = line;
        Self { at, source, text }
    }
}
