//! The only door to the records.
//!
//! # Flow
//! ```text
//!  accept, record ──> store (record + event, one transaction, fsync)
//!                       └──> agenda ──> subscribers ──> the caller ──> the bell
//! ```
//! # Guarantees
//! * Nothing else changes a phase, and only as [`Phase::apply`](crate::domain::Phase::apply) says.
//! * A fact that carries the revision its plan saw has no effect on a record that moved on since.
//! * Subscribers see every committed event once, in order of revision, or are told that they lag.
//!
//! Knows neither provisioners nor HTTP.

mod agenda;
mod bulks;
mod decision;
mod error;
mod history;
mod orphans;
mod outlooks;
mod past_requests;
mod sightings;
mod upkeep;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;

pub use error::Error;

pub use crate::store::{Backup, Claim, Claimed, Made, Occasion};

use crate::domain::{
    Event, Fact, FactKind, Instance, InstanceId, InstanceName, Notice, Outlook, OwnerId, PhaseKind,
    ProvisionerName, Query, Revision, Secrets, Sighting, Spec, Status, Subject, Timestamp, WorkloadName,
};
use crate::runtime::{Activator, Clock, Metrics};
use crate::store::{self, Committed, EventDraft, Page, Store, WhenFull};
use agenda::Agenda;
use decision::decide;
use orphans::Orphans;
use outlooks::Outlooks;
use sightings::Sightings;

/// Events a slow subscriber may be behind before it is told that it lags.
const EVENTS_KEPT_FOR_SUBSCRIBERS: usize = 1_024;
/// Events of one instance that are shown.
const EVENTS_SHOWN: usize = 1_000;

/// Handle to the records. Cheap to clone.
#[derive(Clone)]
pub struct Lifecycle {
    store: Store,
    clock: Arc<dyn Clock>,
    bell: Activator,
    agenda: Arc<Mutex<Agenda>>,
    sightings: Arc<Sightings>,
    outlooks: Arc<Outlooks>,
    orphans: Arc<Orphans>,
    sweep: Activator,
    refused: Activator,
    events: broadcast::Sender<Arc<Event>>,
}

impl Lifecycle {
    /// Opens the store and plans to look at every record in it. `bell` rings whenever there may
    /// be work. Blocks while it reads.
    pub fn open(
        options: store::Options,
        clock: Arc<dyn Clock>,
        bell: Activator,
        metrics: Metrics,
    ) -> Result<Self, store::Error> {
        let agenda = Arc::new(Mutex::new(Agenda::default()));
        let sightings = Arc::new(Sightings::default());
        let events = broadcast::Sender::new(EVENTS_KEPT_FOR_SUBSCRIBERS);
        let observer = {
            let (agenda, sightings, events, bell, metrics) =
                (Arc::clone(&agenda), Arc::clone(&sightings), events.clone(), bell.clone(), metrics.clone());
            Box::new(move |committed: &[Committed]| {
                let mut agenda = agenda.lock().unwrap_or_else(PoisonError::into_inner);
                for Committed { event, instance } in committed {
                    log(event);
                    metrics.event(event);
                    match (instance, &event.subject) {
                        (Some(instance), _) => agenda.enter(instance.outline()),
                        (None, Some(gone)) => {
                            agenda.remove(gone.id);
                            sightings.forget(gone.id);
                        }
                        (None, None) => {}
                    }
                    // Nobody may be listening.
                    let _ = events.send(Arc::clone(event));
                }
                drop(agenda);
                bell.ring();
            })
        };
        let draw = || OwnerId::from_u128(uuid::Uuid::new_v4().as_u128());
        let store = Store::open(options, draw, observer, metrics)?;
        let mut found = agenda.lock().unwrap_or_else(PoisonError::into_inner);
        store.outlines(|outline| found.found(outline))?;
        found.plan_all(clock.now());
        drop(found);
        Ok(Self {
            store,
            clock,
            bell,
            agenda,
            sightings,
            outlooks: Arc::default(),
            orphans: Arc::default(),
            sweep: Activator::new(),
            refused: Activator::new(),
            events,
        })
    }

    /// This installation.
    pub fn owner(&self) -> OwnerId {
        self.store.owner()
    }

    /// Makes the record of a new instance. When this returns it is durable.
    pub async fn accept(&self, id: InstanceId, spec: Arc<Spec>, secrets: Secrets) -> Result<Instance, Error> {
        self.accept_from(Occasion::Single, id, spec, secrets).await
    }

    /// The same for a request that may be sent again, or is part of a bulk.
    pub async fn accept_from(
        &self,
        occasion: Occasion,
        id: InstanceId,
        spec: Arc<Spec>,
        secrets: Secrets,
    ) -> Result<Instance, Error> {
        let now = self.clock.now();
        let status = Status::requested(WorkloadName::of(self.owner(), id), now);
        let draft = EventDraft { at: now, kind: Event::ACCEPTED.to_owned(), reason: None, message: None };
        Ok(self.store.insert(id, spec, secrets, status, draft, occasion).await?)
    }

    /// Writes down what happened. `seen`: the revision it was decided by; a record that moved on
    /// since is left alone, unless the fact outlives its plan. The answer is the record after it,
    /// or `None` if it is gone.
    pub async fn record(
        &self,
        id: InstanceId,
        seen: Option<Revision>,
        fact: Fact,
    ) -> Result<Option<Instance>, Error> {
        self.write(id, seen, fact, WhenFull::Wait).await
    }

    /// The same for what somebody asks for, who can come again: refused when too many writes wait.
    pub async fn ask(
        &self,
        id: InstanceId,
        seen: Option<Revision>,
        fact: Fact,
    ) -> Result<Option<Instance>, Error> {
        self.write(id, seen, fact, WhenFull::Refuse).await
    }

    async fn write(
        &self,
        id: InstanceId,
        seen: Option<Revision>,
        fact: Fact,
        when_full: WhenFull,
    ) -> Result<Option<Instance>, Error> {
        let now = self.clock.now();
        self.store
            .update(id, when_full, move |instance| decide(instance, seen, &fact, now))
            .await?
            .ok_or(Error::NotFound)?
    }

    /// Writes down what is about no instance, or about many.
    pub async fn notice(&self, notice: Notice) -> Result<Revision, Error> {
        let Notice { kind, cause } = notice;
        let (reason, message) = (Some(cause.reason), Some(cause.message));
        let draft = EventDraft { at: self.clock.now(), kind: kind.as_str().to_owned(), reason, message };
        Ok(self.store.note(draft).await?)
    }

    /// The instance with this id.
    pub fn get(&self, id: InstanceId) -> Result<Option<Instance>, Error> {
        Ok(self.store.get(id)?)
    }

    /// The living instance with this name.
    pub fn find(&self, name: &InstanceName) -> Result<Option<Instance>, Error> {
        Ok(self.store.find(name)?)
    }

    /// One page, in creation order.
    pub async fn list(&self, query: Query) -> Result<Page, Error> {
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || store.list(&query));
        Ok(read.await.expect("reading a page does not panic")?)
    }

    /// What happened to an instance, oldest first; also to a deleted one.
    pub fn events_of(&self, id: InstanceId) -> Result<Vec<Event>, Error> {
        Ok(self.store.events_of(id, EVENTS_SHOWN)?)
    }

    /// The values of an instance's secrets.
    pub fn secrets(&self, instance: &Instance) -> Result<Secrets, Error> {
        if instance.spec.secret_names.is_empty() {
            return Ok(Secrets::default());
        }
        Ok(self.store.secrets(instance.id)?)
    }

    /// Who subscribed, and how many events the slowest of them has not taken yet.
    pub fn subscribers(&self) -> (usize, usize) {
        (self.events.receiver_count(), self.events.len())
    }

    /// Writes that wait for the store, and how many may.
    pub fn writes_waiting(&self) -> (usize, usize) {
        self.store.waiting()
    }

    /// Takes every instance off the agenda that is due by `now`. Whoever takes one must
    /// [`schedule`](Self::schedule) it again.
    pub fn take_due(&self, now: Timestamp) -> Vec<InstanceId> {
        self.agenda().take_due(now)
    }

    /// When the next instance is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.agenda().next_due()
    }

    /// Looks at this instance again at `at`, or earlier if that was planned already.
    pub fn schedule(&self, id: InstanceId, at: Timestamp) {
        self.agenda().schedule(id, at);
        self.bell.ring();
    }

    /// Looks at every record that is not at rest and was forgotten, or that waits longer than
    /// `longest`: the clock was set back. The net below the agenda.
    pub fn schedule_forgotten(&self, longest: Duration) {
        self.agenda().schedule_forgotten(self.clock.now(), longest);
    }

    /// Living instances by provisioner and phase.
    pub fn counts(&self) -> Vec<(ProvisionerName, PhaseKind, usize)> {
        self.agenda().counts()
    }

    /// Living instances of a provisioner by phase.
    pub fn phases_of(&self, provisioner: &ProvisionerName) -> BTreeMap<PhaseKind, usize> {
        self.agenda().phases_of(provisioner)
    }

    /// Living instances of a provisioner.
    pub fn owned_by(&self, provisioner: &ProvisionerName) -> usize {
        self.agenda().owned_by(provisioner)
    }

    /// Instances of a provisioner whose workload is being made anew.
    pub fn recovering(&self, provisioner: &ProvisionerName) -> usize {
        self.agenda().recovering(provisioner)
    }

    /// What the reconciler makes of a provisioner.
    pub fn outlook(&self, provisioner: &ProvisionerName) -> Outlook {
        self.outlooks.get(provisioner)
    }

    /// The reconciler makes this of it.
    pub fn set_outlook(&self, provisioner: ProvisionerName, outlook: Outlook) {
        self.outlooks.put(provisioner, outlook);
    }

    /// Living instances by phase.
    pub fn phases(&self) -> BTreeMap<PhaseKind, usize> {
        self.agenda().phases()
    }

    /// Living instances in this phase, by any provisioner.
    pub fn ids_in(&self, phase: PhaseKind) -> Vec<InstanceId> {
        self.agenda().ids(None, phase)
    }

    /// Living instances of a provisioner in this phase.
    pub fn ids_of(&self, provisioner: &ProvisionerName, phase: PhaseKind) -> Vec<InstanceId> {
        self.agenda().ids(Some(provisioner), phase)
    }

    /// The number of the last event.
    pub fn revision(&self) -> Result<Revision, Error> {
        Ok(self.store.revision()?)
    }

    /// What was last seen of an instance.
    pub fn sighting(&self, id: InstanceId) -> Option<Sighting> {
        self.sightings.get(id)
    }

    /// Somebody saw it. Tools stay what they were if they were not asked for.
    pub fn sighted(&self, id: InstanceId, sighting: Sighting) {
        self.sightings.put(id, sighting);
    }

    fn agenda(&self) -> std::sync::MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(event: &Event) {
    let Event { kind, revision, .. } = event;
    // The field `message` is the log's own.
    let (reason, detail) = (event.reason.as_deref(), event.message.as_deref());
    let Some(Subject { id, name, from, to }) = &event.subject else {
        tracing::warn!(kind, reason, detail, %revision, "noticed");
        return;
    };
    let from = from.map_or("", PhaseKind::as_str);
    if kind == FactKind::GaveUp.as_str() {
        tracing::warn!(instance = %id, %name, kind, from, %to, reason, detail, %revision, "an instance failed");
    } else {
        tracing::info!(instance = %id, %name, kind, from, %to, reason, detail, %revision, "an instance changed");
    }
}
