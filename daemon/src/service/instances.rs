//! Instances: create, get, list, delete, retry, restart, history.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::SemaphorePermit;

use super::admission::AdmissionReport;
use super::repeat::{Meaning, Turn};
use super::resolve::{Resolved, resolve};
use super::wait::Until;
use super::{Error, Service};
use crate::domain::{
    CreateRequest, Event, Fact, Failure, FailureKind, IdempotencyKey, Instance, InstanceId, InstanceName,
    Query, Revision, Secrets, Sighting, Spec, Template, shown,
};
use crate::extension::{ExtensionSet, ProvisionerEntry, ProvisionerStanding, Review};
use crate::lifecycle::{Made, Occasion};

/// What stands in a path: an id or a name. A name never parses as an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// Of a living or deleted instance.
    Id(InstanceId),
    /// Of a living instance.
    Name(InstanceName),
}

impl Reference {
    /// Reads it; text that can be neither names nothing.
    pub fn parse(text: &str) -> Result<Self, Error> {
        text.parse()
            .map(Self::Id)
            .or_else(|_| text.parse().map(Self::Name))
            .map_err(|_| Error::InstanceNotFound(shown(text)))
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// An instance and what was last seen of it.
#[derive(Debug, Clone)]
pub struct InstanceView {
    /// The record.
    pub instance: Instance,
    /// None before the first look since the daemon's start.
    pub sighting: Option<Sighting>,
}

/// How a create is asked for.
#[derive(Debug, Default)]
pub struct CreateOptions {
    /// How long to wait for its outcome; none: as configured.
    pub wait: Option<Duration>,
    /// Checks it and stores nothing; a key means nothing then.
    pub dry_run: bool,
    /// By which it may be sent again.
    pub key: Option<IdempotencyKey>,
}

/// A request that passed.
pub(super) struct Admitted {
    pub(super) id: InstanceId,
    pub(super) spec: Arc<Spec>,
    pub(super) secrets: Secrets,
    pub(super) admission: AdmissionReport,
    /// What it was reviewed with. Held until the record exists: a provisioner is not let go before.
    pub(super) set: Arc<ExtensionSet>,
}

/// What a create came to.
#[derive(Debug)]
pub enum Created {
    /// The record exists.
    Accepted {
        /// With a wait: as it was when the wait ended.
        view: Box<InstanceView>,
        /// It was made by an earlier request with the same key.
        replayed: bool,
    },
    /// It would be accepted; nothing was stored.
    WouldBeAccepted {
        /// What would be stored.
        spec: Arc<Spec>,
        /// What every hook said.
        admission: AdmissionReport,
    },
}

/// What a delete came to.
#[derive(Debug)]
pub enum DeleteOutcome {
    /// It is gone.
    Gone,
    /// It is on its way.
    Deleting(Box<InstanceView>),
}

impl Service {
    /// Who made an instance, as it is in this set.
    pub(super) fn provisioner_of<'set>(
        set: &'set ExtensionSet,
        instance: &Instance,
    ) -> Result<&'set ProvisionerEntry, Error> {
        let name = &instance.spec.provisioner;
        set.provisioners.get(name).ok_or_else(|| {
            let message = format!("the provisioner {name} is not configured any more");
            let failure = Failure::new(FailureKind::NotApplied, message);
            Error::Provisioner(failure.with_code("provisioner_missing"))
        })
    }

    /// Checks the request, asks the hooks, stores the intent, and waits for its outcome. The repeat of
    /// one that was accepted stores nothing, and waits for the same outcome.
    pub async fn create(&self, request: CreateRequest, options: CreateOptions) -> Result<Created, Error> {
        let CreateOptions { wait, dry_run, key } = options;
        if dry_run {
            let Admitted { spec, admission, .. } = self.dry_run(request).await?;
            return Ok(Created::WouldBeAccepted { spec, admission });
        }
        let turn = key.map(|key| self.turn(&key, &Meaning::of("create").create(&request))).transpose()?;
        let replayed = matches!(turn, Some(Turn::Repeated(_)));
        let accepted = match turn {
            None => self.make(request, Occasion::Single).await?,
            Some(Turn::First(claim)) => self.make(request, Occasion::Keyed(claim)).await?,
            Some(Turn::Repeated(Made::Instance(id))) => {
                let made = self.inner.lifecycle.get(id).map_err(Error::reading)?;
                made.ok_or(Error::RepeatedInstanceGone(id))?
            }
            Some(Turn::Repeated(Made::Bulk(_))) => return Err(Error::KeyReused),
        };
        let instance = match self.bounded_wait(wait) {
            Duration::ZERO => accepted,
            wait => self.wait(accepted.id, Until::Settled, wait).await?.unwrap_or(accepted),
        };
        Ok(Created::Accepted { view: Box::new(self.view(instance)), replayed })
    }

    /// Checks the request and asks every hook; stores nothing.
    pub(super) async fn dry_run(&self, request: CreateRequest) -> Result<Admitted, Error> {
        let _permit = self.review_turn()?;
        self.review(request, true).await
    }

    /// Checks the request, asks the hooks and stores the intent.
    pub(super) async fn make(&self, request: CreateRequest, occasion: Occasion) -> Result<Instance, Error> {
        let _permit = self.review_turn()?;
        let Admitted { id, spec, secrets, admission, set: _set } = self.review(request, false).await?;
        let spec = Arc::new(Spec { admission: admission.verdicts, ..Arc::unwrap_or_clone(spec) });
        let name = spec.name.clone();
        let accepted = self.inner.lifecycle.accept_from(occasion, id, spec, secrets).await;
        accepted.map_err(|error| Error::of(error, name.as_str(), "created", None))
    }

    async fn review(&self, request: CreateRequest, dry_run: bool) -> Result<Admitted, Error> {
        // One set from start to end: a request never mixes two generations.
        let set = self.inner.extensions.current();
        let (spec, secrets) = self.specify(&request, &set)?;
        if let Some(holder) = self.inner.lifecycle.find(&request.name).map_err(Error::reading)? {
            // Said before the hooks are asked; the store has the last word.
            let (name, deleting) =
                (request.name, holder.status.phase.kind() == crate::domain::PhaseKind::Deleting);
            return Err(crate::store::Error::NameTaken { name, holder: holder.id, deleting }.into());
        }
        let id = InstanceId::from_u128(uuid::Uuid::now_v7().as_u128());
        let review = Review { id, spec: Arc::new(spec), dry_run };
        let admission = self.admit(&set, &review).await?;
        Ok(Admitted { id, spec: review.spec, secrets, admission, set })
    }

    /// One instance.
    pub fn get(&self, reference: &Reference) -> Result<InstanceView, Error> {
        Ok(self.view(self.instance(reference)?))
    }

    /// One page, in creation order, with where the next one starts and the store's revision.
    pub async fn list(
        &self,
        query: Query,
    ) -> Result<(Vec<InstanceView>, Option<InstanceId>, Revision), Error> {
        let page = self.inner.lifecycle.list(query).await.map_err(Error::reading)?;
        let views = page.instances.into_iter().map(|instance| self.view(instance)).collect();
        Ok((views, page.next, page.revision))
    }

    /// Asks for the end of an instance, and waits for it.
    pub async fn delete(
        &self,
        reference: &Reference,
        seen: Option<Revision>,
        wait: Option<Duration>,
    ) -> Result<DeleteOutcome, Error> {
        let id = self.instance(reference)?.id;
        let recorded = self.inner.lifecycle.ask(id, seen, Fact::DeleteRequested).await;
        let Some(deleting) =
            recorded.map_err(|error| Error::of(error, &reference.to_string(), "deleted", seen))?
        else {
            return Ok(DeleteOutcome::Gone);
        };
        let left = match self.bounded_wait(wait) {
            Duration::ZERO => Some(deleting),
            wait => self.wait(id, Until::Gone, wait).await?,
        };
        Ok(match left {
            None => DeleteOutcome::Gone,
            Some(instance) => DeleteOutcome::Deleting(Box::new(self.view(instance))),
        })
    }

    /// Forgets the record at once, whatever may remain outside: for a backend that is gone for good.
    /// The answer is the record as it was. What is left is destroyed, should it be seen again.
    pub async fn forget(&self, reference: &Reference, seen: Option<Revision>) -> Result<InstanceView, Error> {
        let instance = self.instance(reference)?;
        let forgotten = self.inner.lifecycle.ask(instance.id, seen, Fact::ForgetRequested).await;
        forgotten.map_err(|error| Error::of(error, &reference.to_string(), "forgotten", seen))?;
        self.inner.lifecycle.ask_for_sweep();
        Ok(self.view(instance))
    }

    /// Asks for another try of a failed instance.
    pub async fn retry(&self, reference: &Reference, seen: Option<Revision>) -> Result<InstanceView, Error> {
        self.ask(reference, seen, Fact::RetryRequested, "retried").await
    }

    /// Asks for a new workload for the same instance.
    pub async fn restart(
        &self,
        reference: &Reference,
        seen: Option<Revision>,
    ) -> Result<InstanceView, Error> {
        self.ask(reference, seen, Fact::RestartRequested, "restarted").await
    }

    /// What happened to an instance, oldest first; also to a deleted one, by its id.
    pub fn events(&self, reference: &Reference) -> Result<Vec<Event>, Error> {
        let id = match reference {
            Reference::Id(id) => *id,
            Reference::Name(_) => self.instance(reference)?.id,
        };
        let events = self.inner.lifecycle.events_of(id).map_err(Error::reading)?;
        if events.is_empty() {
            // Every record has an event unless they were pruned.
            self.instance(reference)?;
        }
        Ok(events)
    }

    /// A turn to have a request reviewed.
    pub(super) fn review_turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        let permit = self.inner.admissions.try_acquire();
        permit.map_err(|_| Error::Busy { retry_after: Duration::from_secs(1) })
    }

    pub(super) fn instance(&self, reference: &Reference) -> Result<Instance, Error> {
        let found = match reference {
            Reference::Id(id) => self.inner.lifecycle.get(*id),
            Reference::Name(name) => self.inner.lifecycle.find(name),
        };
        found.map_err(Error::reading)?.ok_or_else(|| Error::InstanceNotFound(reference.to_string()))
    }

    async fn ask(
        &self,
        reference: &Reference,
        seen: Option<Revision>,
        fact: Fact,
        asked: &'static str,
    ) -> Result<InstanceView, Error> {
        let id = self.instance(reference)?.id;
        let recorded = self.inner.lifecycle.ask(id, seen, fact).await;
        let recorded = recorded.map_err(|error| Error::of(error, &reference.to_string(), asked, seen))?;
        recorded
            .map(|instance| self.view(instance))
            .ok_or_else(|| Error::InstanceNotFound(reference.to_string()))
    }

    pub(super) fn view(&self, instance: Instance) -> InstanceView {
        let sighting = self.inner.lifecycle.sighting(instance.id);
        InstanceView { instance, sighting }
    }

    /// The specification this request comes to, and its secrets apart from it.
    pub(super) fn specify(
        &self,
        request: &CreateRequest,
        set: &ExtensionSet,
    ) -> Result<(Spec, Secrets), Error> {
        let Some(entry) = self.inner.catalog.get(&request.template) else {
            let message = format!("there is no template {}: GET /mcp/templates lists them", request.template);
            return Err(Error::invalid("/template", "unknown_template", message));
        };
        // Its picture is the catalogue's to show.
        let template = Template { icon: None, ..(*entry.template).clone() };
        let provisioner = self.choose(request, &template, set)?;
        let Resolved { environment, labels, secrets } =
            resolve(request, &template).map_err(Error::Invalid)?;
        let spec = Spec {
            name: request.name.clone(),
            description: request.description.clone(),
            provisioner: provisioner.name.clone(),
            plugin: provisioner.plugin.clone(),
            template,
            environment,
            secret_names: secrets.names(),
            labels,
            admission: Vec::new(),
            created_at: self.inner.clock.now(),
        };
        Ok((spec, secrets))
    }

    /// The request's provisioner, else the template's, else the default.
    fn choose<'set>(
        &self,
        request: &CreateRequest,
        template: &crate::domain::Template,
        set: &'set ExtensionSet,
    ) -> Result<&'set ProvisionerEntry, Error> {
        let name = request
            .provisioner
            .as_ref()
            .or(template.provisioner.as_ref())
            .unwrap_or(&set.default_provisioner);
        let Some(entry) = set.provisioners.get(name) else {
            let serving = set.provisioners.values().filter(|entry| entry.takes_new());
            let known: Vec<&str> = serving.map(|entry| entry.name.as_str()).collect();
            let message = format!("there is no provisioner {name}: there are {}", known.join(", "));
            let pointer = if request.provisioner.is_some() { "/provisioner" } else { "/template" };
            return Err(Error::invalid(pointer, "unknown_provisioner", message));
        };
        match entry.standing {
            ProvisionerStanding::Serving => Ok(entry),
            ProvisionerStanding::Retired => Err(Error::ProvisionerRetired(name.clone())),
            ProvisionerStanding::Disabled => Err(Error::ProvisionerDisabled(name.clone())),
        }
    }
}
