//! Words and rules: what an instance is, how it may change, what may be said about it.
//!
//! Knows nothing of I/O, async, serialisation or the clock: standard library only, and every
//! function is pure. What time it is, and what randomness says, is always an argument.

mod address;
mod breaker;
mod bulk;
mod condition;
mod duration;
mod endpoint;
mod event;
mod fact;
mod failure;
mod health;
mod id;
mod idempotency;
mod instance;
mod name;
mod orphan;
mod outlook;
mod output;
mod phase;
mod query;
mod recovery;
mod request;
mod secret;
mod spec;
mod status;
mod template;
mod time;
mod tool;
mod verdict;
mod workload;

pub use address::refused_address;
pub use breaker::{Breaker, BreakerPolicy, BreakerState, BreakerTurn, Permit};
pub use bulk::{Bulk, BulkItem, BulkOp, ItemStep, Order, Progress, Refusal};
pub use condition::{Condition, ConditionKind, ConditionStatus};
pub use duration::{InvalidDuration, format_duration, parse_duration};
pub use endpoint::EndpointRule;
pub use event::{Event, Notice, NoticeKind, Subject};
pub use fact::{Cause, Fact, FactKind};
pub use failure::{Failure, FailureKind};
pub use health::{HealthPolicy, HealthTracker, HealthVerdict, ProbeOutcome};
pub use id::{BulkId, InstanceId, InvalidId, OwnerId, Revision};
pub use idempotency::{IdempotencyKey, InvalidKey};
pub use instance::{Instance, Outline, Sighting};
pub use name::{HookName, InstanceName, InvalidName, ProvisionerName, TemplateName, WorkloadName};
pub use orphan::Orphan;
pub use outlook::Outlook;
pub use output::{LastOutput, LogLine};
pub use phase::{Doubt, InvalidTransition, Phase, PhaseKind};
pub use query::{Filter, Origin, Query};
pub use recovery::RecoveryPolicy;
pub use request::CreateRequest;
pub use secret::{Secret, Secrets};
pub use spec::{PluginIdentity, Spec};
pub use status::{InstanceError, Status};
pub use template::{Input, Template};
pub use time::Timestamp;
pub use tool::Tool;
pub use verdict::{Admission, Decision, HookMode, Verdict, Violation};
pub use workload::{Observation, Target, Workload, WorkloadState};
