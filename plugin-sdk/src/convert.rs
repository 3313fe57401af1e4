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

use crate::bindings::hook::exports::wharfinger::plugin::hook as wit_hook;
use crate::bindings::imports::wharfinger::plugin::types as wit;
use crate::bindings::provisioner::exports::wharfinger::plugin::provisioner as wit_provisioner;
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

impl From<wit_provisioner::TemplatesQuery> for TemplatesQuery {
    fn from(query: wit_provisioner::TemplatesQuery) -> Self {
        Self { cursor: query.cursor, extra: map(query.extra) }
    }
}

impl From<TemplatesPage> for wit_provisioner::TemplatesPage {
    fn from(page: TemplatesPage) -> Self {
        Self {
            templates: page.templates.into_iter().map(wit::Template::from).collect(),
            next_cursor: page.next_cursor,
            extra: list(page.extra),
        }
    }
}

impl From<wit_provisioner::CreateCall> for CreateCall {
    fn from(call: wit_provisioner::CreateCall) -> Self {
        Self {
            request: call.request.into(),
            target: call.target.into(),
            secrets: map(call.secrets),
            deadline: Duration::from_millis(call.deadline_ms),
            extra: map(call.extra),
        }
    }
}

impl From<Creation> for wit_provisioner::Creation {
    fn from(creation: Creation) -> Self {
        Self {
            outcome: match creation.outcome {
                CreateOutcome::Created => wit_provisioner::CreateOutcome::Created,
                CreateOutcome::Adopted => wit_provisioner::CreateOutcome::Adopted,
                CreateOutcome::Pending => wit_provisioner::CreateOutcome::Pending,
                CreateOutcome::Other(outcome) => wit_provisioner::CreateOutcome::Other(outcome),
            },
            workload: creation.workload.map(wit::Workload::from),
            warnings: creation.warnings,
            extra: list(creation.extra),
        }
    }
}

impl From<wit_provisioner::Inspection> for InspectCall {
    fn from(call: wit_provisioner::Inspection) -> Self {
        Self { target: call.target.into(), extra: map(call.extra) }
    }
}

impl From<Observation> for wit_provisioner::Observation {
    fn from(observation: Observation) -> Self {
        Self {
            state: match observation.state {
                WorkloadState::Absent => wit_provisioner::WorkloadState::Absent,
                WorkloadState::Starting => wit_provisioner::WorkloadState::Starting,
                WorkloadState::Running => wit_provisioner::WorkloadState::Running,
                WorkloadState::Stopped => wit_provisioner::WorkloadState::Stopped,
                WorkloadState::Failed => wit_provisioner::WorkloadState::Failed,
                WorkloadState::Other(state) => wit_provisioner::WorkloadState::Other(state),
            },
            reason: observation.reason,
            exit_code: observation.exit_code,
            workload: observation.workload.map(wit::Workload::from),
            extra: list(observation.extra),
        }
    }
}

impl From<wit_provisioner::DestructionCall> for DestroyCall {
    fn from(call: wit_provisioner::DestructionCall) -> Self {
        Self { target: call.target.into(), extra: map(call.extra) }
    }
}

impl From<Destruction> for wit_provisioner::Destruction {
    fn from(destruction: Destruction) -> Self {
        Self { gone: destruction.gone, extra: list(destruction.extra) }
    }
}

impl From<wit_provisioner::OwnedQuery> for OwnedQuery {
    fn from(query: wit_provisioner::OwnedQuery) -> Self {
        Self { owner: query.owner, cursor: query.cursor, extra: map(query.extra) }
    }
}

impl From<OwnedPage> for wit_provisioner::OwnedPage {
    fn from(page: OwnedPage) -> Self {
        Self {
            workloads: page
                .workloads
                .into_iter()
                .map(|workload| wit_provisioner::OwnedWorkload {
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

impl From<wit_provisioner::LogsQuery> for LogsQuery {
    fn from(query: wit_provisioner::LogsQuery) -> Self {
        Self {
            target: query.target.into(),
            cursor: query.cursor,
            max_bytes: query.max_bytes,
            extra: map(query.extra),
        }
    }
}

impl From<LogsPage> for wit_provisioner::LogsPage {
    fn from(page: LogsPage) -> Self {
        Self {
            lines: page
                .lines
                .into_iter()
                .map(|line| wit_provisioner::LogLine {
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

impl From<wit_hook::ReviewCall> for ReviewCall {
    fn from(call: wit_hook::ReviewCall) -> Self {
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

impl From<Verdict> for wit_hook::Verdict {
    fn from(verdict: Verdict) -> Self {
        Self {
            decision: match verdict.decision {
                Decision::Allow => wit_hook::Decision::Allow,
                Decision::Deny => wit_hook::Decision::Deny,
                Decision::Other(decision) => wit_hook::Decision::Other(decision),
            },
            violations: verdict.violations.into_iter().map(wit::Violation::from).collect(),
            warnings: verdict.warnings,
            extra: list(verdict.extra),
        }
    }
}
