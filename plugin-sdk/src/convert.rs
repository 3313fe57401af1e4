//! Between the generated types and the plain ones.
//!
//! Written out by hand, and only here: a change of the interface shows up in this file and nowhere
//! in a plugin.
#![cfg_attr(
    not(target_arch = "wasm32"),
    allow(
        dead_code,
        reason = "without a host, only the tests' types are needed; all of it still type-checks"
    )
)]

use std::time::Duration;

use crate::bindings::hook::exports::wharfinger::plugin::hook as review;
use crate::bindings::imports::wharfinger::plugin::types as wit;
use crate::bindings::provisioner::exports::wharfinger::plugin::provisioner as made;
use crate::{
    CreateCall, CreateOutcome, Creation, Decision, DestroyCall, Destruction, Failure, FailureKind,
    InspectCall, InstanceRequest, LogsPage, LogsQuery, Observation, OwnedPage, OwnedQuery, Pairs, ReviewCall,
    Target, Template, TemplatesPage, TemplatesQuery, Verdict, Violation, Workload, WorkloadState,
};

pub(crate) fn list(pairs: Pairs) -> wit::Pairs {
    pairs.into_iter().collect()
}

pub(crate) fn map(pairs: wit::Pairs) -> Pairs {
    pairs.into_iter().collect()
}

impl From<wit::Template> for Template {
    fn from(template: wit::Template) -> Self {
        Self {
            name: template.name,
            description: template.description,
            image: template.image,
            command: template.command,
            port: template.port,
            path: template.path,
            transport: template.transport,
            environment: map(template.environment),
            labels: map(template.labels),
            resources: map(template.resources),
            inputs: template.inputs,
            extra: map(template.extra),
        }
    }
}

impl From<Template> for wit::Template {
    fn from(template: Template) -> Self {
        Self {
            name: template.name,
            description: template.description,
            image: template.image,
            command: template.command,
            port: template.port,
            path: template.path,
            transport: template.transport,
            environment: list(template.environment),
            labels: list(template.labels),
            resources: list(template.resources),
            inputs: template.inputs,
            extra: list(template.extra),
        }
    }
}

impl From<wit::InstanceRequest> for InstanceRequest {
    fn from(request: wit::InstanceRequest) -> Self {
        Self {
            id: request.id,
            name: request.name,
            template: request.template.into(),
            environment: map(request.environment),
            labels: map(request.labels),
            extra: map(request.extra),
        }
    }
}

impl From<wit::Workload> for Workload {
    fn from(workload: wit::Workload) -> Self {
        Self {
            id: workload.id,
            name: workload.name,
            url: workload.url,
            port: workload.port,
            extra: map(workload.extra),
        }
    }
}

impl From<Workload> for wit::Workload {
    fn from(workload: Workload) -> Self {
        Self {
            id: workload.id,
            name: workload.name,
            url: workload.url,
            port: workload.port,
            extra: list(workload.extra),
        }
    }
}

impl From<wit::Target> for Target {
    fn from(target: wit::Target) -> Self {
        Self {
            workload_name: target.workload_name,
            instance_id: target.instance_id,
            owner: target.owner,
            attempt: target.attempt,
            last_known: target.last_known.map(Workload::from),
            extra: map(target.extra),
        }
    }
}

impl From<Target> for wit::Target {
    fn from(target: Target) -> Self {
        Self {
            workload_name: target.workload_name,
            instance_id: target.instance_id,
            owner: target.owner,
            attempt: target.attempt,
            last_known: target.last_known.map(wit::Workload::from),
            extra: list(target.extra),
        }
    }
}

impl From<wit::Violation> for Violation {
    fn from(violation: wit::Violation) -> Self {
        Self {
            pointer: violation.pointer,
            code: violation.code,
            message: violation.message,
            extra: map(violation.extra),
        }
    }
}

impl From<Violation> for wit::Violation {
    fn from(violation: Violation) -> Self {
        Self {
            pointer: violation.pointer,
            code: violation.code,
            message: violation.message,
            extra: list(violation.extra),
        }
    }
}

impl From<wit::Failure> for Failure {
    fn from(failure: wit::Failure) -> Self {
        Self {
            kind: match failure.kind {
                wit::FailureKind::Invalid => FailureKind::Invalid,
                wit::FailureKind::Foreign => FailureKind::Foreign,
                wit::FailureKind::NotFound => FailureKind::NotFound,
                wit::FailureKind::NotApplied => FailureKind::NotApplied,
                wit::FailureKind::OutcomeUnknown => FailureKind::OutcomeUnknown,
                wit::FailureKind::Unsupported => FailureKind::Unsupported,
                wit::FailureKind::Denied => FailureKind::Denied,
                wit::FailureKind::Other(kind) => FailureKind::Other(kind),
            },
            message: failure.message,
            retry_after: failure.retry_after_ms.map(Duration::from_millis),
            violations: failure.violations.into_iter().map(Violation::from).collect(),
            extra: map(failure.extra),
        }
    }
}

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        Self {
            kind: match failure.kind {
                FailureKind::Invalid => wit::FailureKind::Invalid,
                FailureKind::Foreign => wit::FailureKind::Foreign,
                FailureKind::NotFound => wit::FailureKind::NotFound,
                FailureKind::NotApplied => wit::FailureKind::NotApplied,
                FailureKind::OutcomeUnknown => wit::FailureKind::OutcomeUnknown,
                FailureKind::Unsupported => wit::FailureKind::Unsupported,
                FailureKind::Denied => wit::FailureKind::Denied,
                FailureKind::Other(kind) => wit::FailureKind::Other(kind),
            },
            message: failure.message,
            retry_after_ms: failure
                .retry_after
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            violations: failure.violations.into_iter().map(wit::Violation::from).collect(),
            extra: list(failure.extra),
        }
    }
}

impl From<made::TemplatesQuery> for TemplatesQuery {
    fn from(query: made::TemplatesQuery) -> Self {
        Self { cursor: query.cursor, extra: map(query.extra) }
    }
}

impl From<TemplatesPage> for made::TemplatesPage {
    fn from(page: TemplatesPage) -> Self {
        Self {
            templates: page.templates.into_iter().map(wit::Template::from).collect(),
            next_cursor: page.next_cursor,
            extra: list(page.extra),
        }
    }
}

impl From<made::CreateCall> for CreateCall {
    fn from(call: made::CreateCall) -> Self {
        Self {
            request: call.request.into(),
            target: call.target.into(),
            secrets: map(call.secrets),
            deadline: Duration::from_millis(call.deadline_ms),
            extra: map(call.extra),
        }
    }
}

impl From<Creation> for made::Creation {
    fn from(creation: Creation) -> Self {
        Self {
            outcome: match creation.outcome {
                CreateOutcome::Created => made::CreateOutcome::Created,
                CreateOutcome::Adopted => made::CreateOutcome::Adopted,
                CreateOutcome::Pending => made::CreateOutcome::Pending,
                CreateOutcome::Other(outcome) => made::CreateOutcome::Other(outcome),
            },
            workload: creation.workload.map(wit::Workload::from),
            warnings: creation.warnings,
            extra: list(creation.extra),
        }
    }
}

impl From<made::Inspection> for InspectCall {
    fn from(call: made::Inspection) -> Self {
        Self { target: call.target.into(), extra: map(call.extra) }
    }
}

impl From<Observation> for made::Observation {
    fn from(observation: Observation) -> Self {
        Self {
            state: match observation.state {
                WorkloadState::Absent => made::WorkloadState::Absent,
                WorkloadState::Starting => made::WorkloadState::Starting,
                WorkloadState::Running => made::WorkloadState::Running,
                WorkloadState::Stopped => made::WorkloadState::Stopped,
                WorkloadState::Failed => made::WorkloadState::Failed,
                WorkloadState::Other(state) => made::WorkloadState::Other(state),
            },
            reason: observation.reason,
            exit_code: observation.exit_code,
            workload: observation.workload.map(wit::Workload::from),
            extra: list(observation.extra),
        }
    }
}

impl From<made::DestructionCall> for DestroyCall {
    fn from(call: made::DestructionCall) -> Self {
        Self { target: call.target.into(), extra: map(call.extra) }
    }
}

impl From<Destruction> for made::Destruction {
    fn from(destruction: Destruction) -> Self {
        Self { gone: destruction.gone, extra: list(destruction.extra) }
    }
}

impl From<made::OwnedQuery> for OwnedQuery {
    fn from(query: made::OwnedQuery) -> Self {
        Self { owner: query.owner, cursor: query.cursor, extra: map(query.extra) }
    }
}

impl From<OwnedPage> for made::OwnedPage {
    fn from(page: OwnedPage) -> Self {
        Self {
            workloads: page
                .workloads
                .into_iter()
                .map(|workload| made::OwnedWorkload {
                    target: workload.target.into(),
                    observation: workload.observation.into(),
                    extra: list(workload.extra),
                })
                .collect(),
            next_cursor: page.next_cursor,
            extra: list(page.extra),
        }
    }
}

impl From<made::LogsQuery> for LogsQuery {
    fn from(query: made::LogsQuery) -> Self {
        Self {
            target: query.target.into(),
            cursor: query.cursor,
            max_bytes: query.max_bytes,
            extra: map(query.extra),
        }
    }
}

impl From<LogsPage> for made::LogsPage {
    fn from(page: LogsPage) -> Self {
        Self {
            lines: page
                .lines
                .into_iter()
                .map(|line| made::LogLine {
                    at: line.at,
                    source: line.source,
                    text: line.text,
                    extra: list(line.extra),
                })
                .collect(),
            next_cursor: page.next_cursor,
            extra: list(page.extra),
        }
    }
}

impl From<review::ReviewCall> for ReviewCall {
    fn from(call: review::ReviewCall) -> Self {
        Self {
            operation: call.operation,
            request: call.request.into(),
            provisioner: call.provisioner,
            secret_names: call.secret_names,
            dry_run: call.dry_run,
            extra: map(call.extra),
        }
    }
}

impl From<Verdict> for review::Verdict {
    fn from(verdict: Verdict) -> Self {
        Self {
            decision: match verdict.decision {
                Decision::Allow => review::Decision::Allow,
                Decision::Deny => review::Decision::Deny,
                Decision::Other(decision) => review::Decision::Other(decision),
            },
            violations: verdict.violations.into_iter().map(wit::Violation::from).collect(),
            warnings: verdict.warnings,
            extra: list(verdict.extra),
        }
    }
}
