//! The calls of a daemon: each is a place where it may die, before and after the effect.

use std::sync::Arc;

use async_trait::async_trait;
use wharfinger::domain::{
    ConditionKind, ConditionStatus, Failure, FailureKind, Observation, OwnerId, Secrets, Target, Template,
};
use wharfinger::extension::{
    Answer, CreateOrder, CreateOutcome, Creation, ExtensionSet, Extensions, LogsPage, LogsRequest, OwnedPage,
    Prober, Provisioner, Question, Reach, Rung,
};
use wharfinger_tests::extensions;

use super::World;
use super::backend::{Course, failure};
use crate::simulation::weather::Fault;

/// A call that waits for something other than the daemon.
struct Hanging<'world>(&'world World);

impl<'world> Hanging<'world> {
    fn at(world: &'world World) -> Self {
        world.state().hanging += 1;
        Self(world)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.state().hanging -= 1;
    }
}

#[async_trait]
impl Provisioner for World {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        Ok(Vec::new())
    }

    async fn create(&self, order: &CreateOrder) -> Result<Creation, Failure> {
        self.step().await;
        let course = {
            let mut state = self.state();
            let verdict = state.judge_create(&order.target);
            state.judge(verdict);
            state.answer()?;
            state.create(&order.target, order.spec.name.as_str() == Self::CURSED, self.clock.passed())
        };
        let answer = match course {
            Course::Answer(answer) => answer,
            Course::AnswerAt(at) => {
                let hanging = Hanging::at(self);
                self.clock.until(at).await;
                drop(hanging);
                let made =
                    self.state().workloads.get(order.target.name.as_str()).map(|made| made.workload.clone());
                made.map_or(Err(failure(FailureKind::OutcomeUnknown)), |workload| {
                    let outcome = CreateOutcome::Created;
                    Ok(Creation { outcome, workload: Some(workload), warnings: Vec::new() })
                })
            }
            Course::Never => {
                let _hanging = Hanging::at(self);
                std::future::pending().await
            }
        };
        self.step().await;
        answer
    }

    async fn inspect(&self, target: &Target, _: &Secrets) -> Result<Observation, Failure> {
        self.step().await;
        let answer = {
            let mut state = self.state();
            state.answer()?;
            match state.strikes(Fault::InspectFails) {
                true => Err(failure(FailureKind::NotApplied)),
                false => Ok(state.observe(target.name.as_str(), self.clock.passed())),
            }
        };
        self.step().await;
        answer
    }

    async fn destroy(&self, target: &Target, _: &Secrets) -> Result<bool, Failure> {
        self.step().await;
        let answer = {
            let mut state = self.state();
            let verdict = state.judge_destroy(target);
            state.judge(verdict);
            state.answer()?;
            state.destroy(target.name.as_str(), self.clock.passed())
        };
        self.step().await;
        answer
    }

    async fn owned(&self, _: OwnerId, cursor: Option<String>) -> Result<OwnedPage, Failure> {
        self.step().await;
        let page = {
            let mut state = self.state();
            state.answer()?;
            match state.strikes(Fault::InspectFails) {
                true => Err(failure(FailureKind::NotApplied)),
                false => Ok(state.page(&cursor.unwrap_or_default(), self.clock.passed())),
            }
        };
        self.step().await;
        page
    }

    async fn logs(&self, _: &Target, _: LogsRequest, _: &Secrets) -> Result<LogsPage, Failure> {
        Err(failure(FailureKind::Unsupported))
    }

    fn reach(&self) -> Reach {
        Reach { reachable: Some(!self.state().weather.away), since: None, in_flight: 0 }
    }
}

#[async_trait]
impl Prober for World {
    async fn probe(&self, question: &Question) -> Answer {
        self.step().await;
        let name = question.url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let (state, now) = (self.state(), self.clock.passed());
        let alive = !state.weather.blackout
            && state.workloads.get(&name).is_some_and(|made| {
                // Who is mute is mute only as long as the weather is rough.
                made.running && now >= made.answers && !(made.mute && state.weather.rough)
            });
        let (kind, status) = match alive {
            true => (ConditionKind::Handshake, ConditionStatus::True),
            false => (ConditionKind::PortOpen, ConditionStatus::False),
        };
        let rung = Rung { kind, status, reason: "Asked".to_owned(), message: String::new(), latency: None };
        Answer { rungs: vec![rung], era: None, tools: None }
    }
}

impl Extensions for World {
    fn current(&self) -> Arc<ExtensionSet> {
        extensions::only("world", &[], Arc::new(self.clone()))
    }
}
