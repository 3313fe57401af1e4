//! `plugin run`: one call after the other, each as the daemon makes it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde_json::{Value, json};

use super::given::{Given, Plugin};
use super::redaction::redacted;
use super::request::Surroundings;
use super::{Error, Outcome, Report, answer, fixture};
use crate::plugin::Asked;
use crate::runtime::Telemetry;

/// See the module.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    given: Given,
    /// What to ask, as JSON: one call, or a list of calls made one after the other.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Ask this function, whatever the request says.
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Upstreams answer from this file, as JSON, instead of from a network.
    #[arg(long, value_name = "FILE")]
    upstreams: Option<PathBuf>,
    /// A configuration of the daemon, where templates are found by their name.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Run {
    pub(super) async fn run(self) -> Result<Report, Error> {
        Telemetry { filter: "warn,wharfinger::plugin=debug".to_owned(), ..Telemetry::default() }.install();
        let script = self.upstreams.as_deref().map(fixture::read).transpose()?;
        let surroundings = Surroundings::of(self.config.as_deref())?;
        let subject = self.given.load(script).await?;
        let hook = matches!(subject.plugin, Plugin::Hook(_));
        let questions = surroundings.read(&self.request, self.function.as_deref(), hook)?;
        let mut outcome = Outcome::Good;
        let mut texts = Vec::new();
        for question in &questions {
            let began = Instant::now();
            let (ended, answer) = answer::ask(&subject.plugin, question).await;
            let took = began.elapsed();
            outcome = outcome.max(ended);
            let mut told = json!({
                "function": question.function(),
                "outcome": match ended {
                    Outcome::Good if hook => "allowed",
                    Outcome::Good => "answered",
                    Outcome::Denied => "denied",
                    Outcome::Failed => "failed",
                },
                "answer": answer,
                "took_ms": took.as_secs_f64() * 1_000.0,
                "memory_bytes": subject.peak_memory(),
            });
            if let Some(script) = &subject.script {
                told["upstreams_asked"] = script.take_asked().iter().map(asked).collect();
            }
            texts.push(format!("{:#}", redacted(told, question)));
        }
        subject.finish().await;
        Ok(Report { text: texts.join("\n"), outcome })
    }
}

fn asked(asked: &Asked) -> Value {
    let body = match serde_json::from_slice(&asked.body) {
        Ok(json) => json,
        Err(_) if asked.body.is_empty() => Value::Null,
        Err(_) => Value::String(String::from_utf8_lossy(&asked.body).into_owned()),
    };
    json!({ "method": asked.method, "url": asked.url, "body": body, "status": asked.status })
}
