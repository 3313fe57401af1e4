//! What a request says: its body, query, path and conditions. Refuses what it does not
//! understand, all complaints at once where that is cheap.

mod body;
mod idempotency_key;
mod if_match;
mod last_event_id;
mod members;
mod path;
mod query;
mod request_id;

pub(crate) use body::{FromBody, Nothing, Payload};
pub(crate) use idempotency_key::RepeatKey;
pub(crate) use if_match::IfMatch;
pub(crate) use last_event_id::{LastEventId, read_revision};
pub(crate) use members::Members;
pub(crate) use path::{
    BulkPath, HookPath, InstancePath, OrphanPath, PluginPath, ProblemPath, TemplatePath, ToolPath,
};
pub(crate) use query::{FromQuery, NoParameters, Parameters, QueryReader};
pub(crate) use request_id::RequestId;
