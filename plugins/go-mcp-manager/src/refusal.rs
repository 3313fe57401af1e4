//! What the manager's refusals mean. Nearly all of them are status 500, told apart by their text.

use wharfinger_plugin_sdk::http::Response;

use crate::manager::Problem;

/// The most of the manager's own words that is passed on.
const LONGEST_QUOTE: usize = 300;

/// Why there is no new container.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CreateRefusal {
    /// It never will be accepted.
    Invalid(String),
    /// The manager has no such template.
    UnknownTemplate,
    /// The manager tracks as many containers as it may. Nothing was made.
    Full(String),
    /// This is no manager, or one without containers.
    NoSuchRoute,
    /// The manager has a record of that name.
    NameTaken,
    /// Podman failed, and a container of that name may be there: before, or because of it.
    MayHoldName(String),
    /// Anything else: nobody knows.
    Unclear(String),
}

impl CreateRefusal {
    pub(crate) fn of(response: &Response) -> Self {
        let Some(problem) = Problem::of(response) else {
            return match response.status {
                404 => Self::NoSuchRoute,
                _ => Self::Unclear(said(response)),
            };
        };
        let text = problem.message.as_str();
        let has = |words: &str| text.contains(words);
        match response.status {
            400 => Self::Invalid(said(response)),
            500 if has("already exists") => Self::NameTaken,
            500 if has("maximum container limit reached") => Self::Full(said(response)),
            500 if has("template") && has("not found") => Self::UnknownTemplate,
            500 if has("exited unexpectedly") => Self::MayHoldName(
                "the container ended while it started: its image or its environment is not right".into(),
            ),
            500 if has("timeout waiting") || has("context canceled") => {
                Self::MayHoldName("the container did not start in the manager's time".into())
            }
            500 => match exit_status(text) {
                Some(status @ 125..=127) => {
                    Self::MayHoldName(format!("podman failed with exit status {status}"))
                }
                _ => Self::Unclear(said(response)),
            },
            _ => Self::Unclear(said(response)),
        }
    }
}

/// Why a container was not removed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DeleteRefusal {
    /// There is none.
    Gone,
    /// It was stopped, not removed, and the manager will neither use nor remove its record.
    StuckRecord,
    /// Anything else.
    Unclear(String),
}

impl DeleteRefusal {
    pub(crate) fn of(response: &Response) -> Self {
        match Problem::of(response) {
            Some(problem) if problem.message.contains("failed to remove container") => Self::StuckRecord,
            Some(problem) if problem.message.contains("not found") => Self::Gone,
            _ => Self::Unclear(said(response)),
        }
    }
}

/// The number after `exit status`.
fn exit_status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("exit status ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What the manager said, for people: its message and status. A body of another shape is not quoted,
/// for it may be a record with an environment.
pub(crate) fn said(response: &Response) -> String {
    match Problem::of(response) {
        Some(problem) => {
            let quote: String = problem.message.chars().take(LONGEST_QUOTE).collect();
            format!("{quote} ({} {})", response.status, problem.error)
        }
        None => format!("status {} in words that are not the manager's", response.status),
    }
}
