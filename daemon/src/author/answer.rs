//! What a plugin answered, in the daemon's wire words.

use serde_json::{Value, json};

use super::given::Plugin;
use super::request::Question;
use super::request_file::OWNER;
use crate::domain::{Decision, Failure, LogLine, Observation, Template, Verdict, Violation, Workload};
use crate::extension::{Creation, LogsPage, OwnedPage};

use super::Outcome;

/// Asks once. The question is of the plugin's kind: whoever read it saw to that.
pub(super) async fn ask(plugin: &Plugin, question: &Question) -> (Outcome, Value) {
    let answer = match (plugin, question) {
        (Plugin::Hook(loaded), Question::Review(review)) => match loaded.extension.review(review).await {
            Ok(said) if said.decision == Decision::Deny => return (Outcome::Denied, verdict(&said)),
            other => other.map(|said| verdict(&said)),
        },
        (Plugin::Provisioner(loaded), question) => {
            let extension = &loaded.extension;
            match question {
                Question::Templates => {
                    extension.templates().await.map(|list| json!({ "templates": templates(&list) }))
                }
                Question::Create(order) => extension.create(order).await.map(|made| creation(&made)),
                Question::Inspect(target, secrets) => {
                    extension.inspect(target, secrets).await.map(|seen| observation(&seen))
                }
                Question::Destroy(target, secrets) => {
                    extension.destroy(target, secrets).await.map(|gone| json!({ "gone": gone }))
                }
                Question::Owned(cursor) => {
                    extension.owned(OWNER, cursor.clone()).await.map(|page| owned(&page))
                }
                Question::Logs(target, request, secrets) => {
                    extension.logs(target, request.clone(), secrets).await.map(|page| logs(&page))
                }
                Question::Review(_) => return (Outcome::Failed, json!("a provisioner reviews nothing")),
            }
        }
        (Plugin::Hook(_), _) => return (Outcome::Failed, json!("a hook only reviews")),
    };
    match answer {
        Ok(answer) => (Outcome::Good, answer),
        Err(failed) => (Outcome::Failed, failure(&failed)),
    }
}

fn violations(violations: &[Violation]) -> Vec<Value> {
    let member = |violation: &Violation| json!({ "pointer": violation.pointer, "code": violation.code, "message": violation.message });
    violations.iter().map(member).collect()
}

fn verdict(verdict: &Verdict) -> Value {
    let decision = if verdict.decision == Decision::Allow { "allow" } else { "deny" };
    json!({ "decision": decision, "violations": violations(&verdict.violations), "warnings": verdict.warnings })
}

fn failure(failure: &Failure) -> Value {
    json!({
        "kind": failure.kind.as_str(),
        "code": failure.code,
        "message": failure.message,
        "retry_after_ms": failure.retry_after.and_then(|wait| u64::try_from(wait.as_millis()).ok()),
        "violations": violations(&failure.violations),
    })
}

fn workload(workload: &Workload) -> Value {
    json!({
        "id": workload.id,
        "name": workload.name,
        "url": workload.url,
        "port": workload.port,
        "details": workload.details,
    })
}

fn creation(creation: &Creation) -> Value {
    json!({
        "outcome": creation.outcome.as_str(),
        "workload": creation.workload.as_ref().map(workload),
        "warnings": creation.warnings,
    })
}

fn observation(observation: &Observation) -> Value {
    json!({
        "state": observation.state.as_str(),
        "reason": observation.reason,
        "exit_code": observation.exit_code,
        "workload": observation.workload.as_ref().map(workload),
    })
}

fn owned(page: &OwnedPage) -> Value {
    let workloads = page.workloads.iter().map(|owned| {
        json!({
            "name": owned.name,
            "instance_id": owned.instance.map(|id| id.to_string()),
            "attempt": owned.incarnation,
            "observation": observation(&owned.observation),
        })
    });
    json!({ "workloads": workloads.collect::<Vec<_>>(), "next_cursor": page.next_cursor })
}

fn logs(page: &LogsPage) -> Value {
    let line = |line: &LogLine| json!({ "at": line.at, "source": line.source, "text": line.text });
    json!({ "lines": page.lines.iter().map(line).collect::<Vec<_>>(), "next_cursor": page.next_cursor })
}

fn templates(templates: &[Template]) -> Vec<Value> {
    let one = |template: &Template| {
        let inputs = template.inputs.iter().map(|input| {
            json!({
                "name": input.name,
                "description": input.description,
                "required": input.required,
                "secret": input.secret,
                "default": input.default,
                "choices": input.choices,
                "format": input.format,
                "pattern": input.pattern,
            })
        });
        json!({
            "name": template.name.as_str(),
            "description": template.description,
            "image": template.image,
            "command": template.command,
            "port": template.port,
            "path": template.path,
            "transport": template.transport,
            "environment": template.environment,
            "labels": template.labels,
            "resources": template.resources,
            "inputs": inputs.collect::<Vec<_>>(),
        })
    };
    templates.iter().map(one).collect()
}
