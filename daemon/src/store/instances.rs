//! Instances: insert, read, list, change, remove. Each change writes exactly one event, in the
//! same transaction.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable as _};

use super::record::{SpecRecord, StatusRecord, decode, encode};
use super::tables::{EVENT, NAME, SECRET, SPEC, STATUS, last_revision};
use super::writer::{Batch, WhenFull};
use super::{Claim, Committed, Error, Made, Options, Store, events, outlines, past_requests, tombstones};
use crate::domain::{
    BulkId, Event, Filter, Instance, InstanceId, InstanceName, Origin, PastRequest, PhaseKind, Query,
    Revision, Secret, Secrets, Spec, Status, Subject, Timestamp,
};
use crate::runtime::ErrorChain;

/// What a change says of itself; the store adds whose it is and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDraft {
    /// When it became known.
    pub at: Timestamp,
    /// As [`Event::kind`].
    pub kind: String,
    /// As [`Event::reason`].
    pub reason: Option<String>,
    /// As [`Event::message`].
    pub message: Option<String>,
}

/// What a request for a new instance was.
#[derive(Debug)]
pub enum Occasion {
    /// One by itself.
    Single,
    /// One that may be sent again.
    Keyed(Claim),
    /// An item of a bulk, pending until now.
    Item {
        /// Which bulk.
        bulk: BulkId,
        /// Which item.
        index: u32,
    },
}

/// What becomes of a record.
#[derive(Debug)]
pub enum Change {
    /// It stays, with this status.
    Write(Box<Status>, EventDraft),
    /// It goes, and leaves a tombstone.
    Remove(EventDraft),
    /// It is so already: nothing is written, and there is no event.
    Keep,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In creation order.
    pub instances: Vec<Instance>,
    /// Where the next page starts, if there may be one.
    pub next: Option<InstanceId>,
    /// The last event this page knows of.
    pub revision: Revision,
}

impl Store {
    /// Makes the record of a new instance. What its request was is written in the same transaction,
    /// and kept as one that was admitted.
    pub async fn insert(
        &self,
        id: InstanceId,
        spec: Arc<Spec>,
        secrets: Secrets,
        status: Status,
        draft: EventDraft,
        occasion: Occasion,
    ) -> Result<Instance, Error> {
        let options = Arc::clone(&self.options);
        let (inserted, _occasion) = self
            .writer
            .submit(WhenFull::Refuse, move |batch| {
                // Refused before the first write: what a job has written stays.
                if let Err(refusal) = batch.may_insert(id, &spec.name, &occasion, &options, draft.at)? {
                    return Ok((Err(refusal), occasion));
                }
                match &occasion {
                    Occasion::Single => {}
                    Occasion::Keyed(claim) => batch.remember(claim, Made::Instance(id), draft.at)?,
                    Occasion::Item { bulk, index } => batch.accept_item(*bulk, *index, id, draft.at)?,
                }
                let broken = |source| Error::record(format!("instance {id}"), source);
                let record = encode(&SpecRecord::from(&*spec)).map_err(broken)?;
                batch.tables.spec.insert(id.as_u128(), record.as_slice())?;
                batch.tables.name.insert(spec.name.as_str(), id.as_u128())?;
                if !secrets.0.is_empty() {
                    let values: BTreeMap<&str, &str> =
                        secrets.0.iter().map(|(key, value)| (key.as_str(), value.expose())).collect();
                    batch.tables.secret.insert(id.as_u128(), encode(&values).map_err(broken)?.as_slice())?;
                }
                let past = PastRequest::of(id, Arc::clone(&spec), None);
                past_requests::append(&mut batch.tables, &past, options.past_requests)?;
                let instance = Instance { id, spec, status, revision: Revision(0) };
                let instance = batch.write(instance, None, draft)?;
                // A claim in it ends when the answer does: after the fsync.
                Ok((Ok(instance), occasion))
            })
            .await?;
        inserted
    }

    /// Lets `decide` look at a record and changes it as it says, or not at all. `None`: there is
    /// no such record. The answer is the record after the change; `None` within: it is gone.
    pub async fn update<R: Send + 'static>(
        &self,
        id: InstanceId,
        when_full: WhenFull,
        decide: impl FnOnce(&Instance) -> Result<Change, R> + Send + 'static,
    ) -> Result<Option<Result<Option<Instance>, R>>, Error> {
        self.writer
            .submit(when_full, move |batch| {
                let Some(instance) = batch.read(id)? else { return Ok(None) };
                Ok(Some(match decide(&instance) {
                    Err(refusal) => Err(refusal),
                    Ok(Change::Write(status, draft)) => {
                        let from = instance.status.phase.kind();
                        let next = Instance { status: *status, ..instance };
                        Ok(Some(batch.write(next, Some(from), draft)?))
                    }
                    Ok(Change::Keep) => Ok(Some(instance)),
                    Ok(Change::Remove(draft)) => {
                        batch.remove(&instance, draft)?;
                        Ok(None)
                    }
                }))
            })
            .await
    }

    /// The instance with this id.
    pub fn get(&self, id: InstanceId) -> Result<Option<Instance>, Error> {
        let transaction = self.database.begin_read()?;
        let (spec, status) = (transaction.open_table(SPEC)?, transaction.open_table(STATUS)?);
        read(&spec, &status, id)
    }

    /// The living instance with this name.
    pub fn find(&self, name: &InstanceName) -> Result<Option<Instance>, Error> {
        let transaction = self.database.begin_read()?;
        let Some(id) = transaction.open_table(NAME)?.get(name.as_str())?.map(|id| id.value()) else {
            return Ok(None);
        };
        let (spec, status) = (transaction.open_table(SPEC)?, transaction.open_table(STATUS)?);
        read(&spec, &status, InstanceId::from_u128(id))
    }

    /// The values of an instance's secrets.
    pub fn secrets(&self, id: InstanceId) -> Result<Secrets, Error> {
        let transaction = self.database.begin_read()?;
        let Some(bytes) = transaction.open_table(SECRET)?.get(id.as_u128())? else {
            return Ok(Secrets::default());
        };
        let values: BTreeMap<String, String> = decode(bytes.value())
            // The cause would quote the value.
            .map_err(|_| Error::Record {
                what: format!("the secrets of instance {id}"),
                source: "it is no record of this version".into(),
            })?;
        Ok(Secrets(values.into_iter().map(|(key, value)| (key, Secret::new(value))).collect()))
    }

    /// One page, in creation order. Blocks: to be called where blocking is allowed.
    pub fn list(&self, query: &Query) -> Result<Page, Error> {
        let transaction = self.database.begin_read()?;
        let revision = last_revision(&transaction.open_table(EVENT)?)?;
        let mut page = Page { instances: Vec::new(), next: None, revision };
        for row in matching(&transaction, query)? {
            if page.instances.len() == query.limit {
                page.next = page.instances.last().map(|instance| instance.id);
                break;
            }
            page.instances.extend(row?);
        }
        Ok(page)
    }

    /// Every instance with all of these labels, in creation order. Blocks, and reads all records.
    pub fn select(&self, labels: BTreeMap<String, String>) -> Result<Vec<(InstanceId, InstanceName)>, Error> {
        let transaction = self.database.begin_read()?;
        let query = Query { filter: Filter { labels, ..Filter::default() }, ..Query::default() };
        let named = |instance: Instance| (instance.id, instance.spec.name.clone());
        matching(&transaction, &query)?
            .filter_map(|row| row.map(|found| found.map(named)).transpose())
            .collect()
    }
}

/// Every record in creation order; none in the place of one that `query` does not match.
fn matching(
    transaction: &ReadTransaction,
    query: &Query,
) -> Result<impl Iterator<Item = Result<Option<Instance>, Error>>, Error> {
    let (specs, statuses) = (transaction.open_table(SPEC)?, transaction.open_table(STATUS)?);
    let start = query.after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.as_u128()));
    let rows = statuses.range::<u128>((start, Bound::Unbounded))?;
    Ok(rows.map(move |row| match read(&specs, &statuses, InstanceId::from_u128(row?.0.value())) {
        Ok(found) => Ok(found.filter(|instance| query.filter.matches(instance))),
        // One record that cannot be read must not hide all the others.
        Err(error @ Error::Record { .. }) => {
            tracing::error!(error = %ErrorChain(&error), "a record is left out of the list");
            Ok(None)
        }
        Err(error) => Err(error),
    }))
}

impl Batch<'_> {
    fn may_insert(
        &self,
        id: InstanceId,
        name: &InstanceName,
        occasion: &Occasion,
        options: &Options,
        now: Timestamp,
    ) -> Result<Result<(), Error>, Error> {
        if self.tables.status.get(id.as_u128())?.is_some() {
            return Ok(Err(Error::IdTaken { id }));
        }
        if let Some(holder) = self.tables.name.get(name.as_str())?.map(|id| id.value()) {
            let holder = InstanceId::from_u128(holder);
            let deleting = match self.read(holder) {
                Ok(holder) => {
                    holder.is_some_and(|instance| instance.status.phase.kind() == PhaseKind::Deleting)
                }
                // One that cannot be read has the name all the same.
                Err(Error::Record { .. }) => false,
                Err(error) => return Err(error),
            };
            return Ok(Err(Error::NameTaken { name: name.clone(), holder, deleting }));
        }
        match occasion {
            Occasion::Single => Ok(Ok(())),
            Occasion::Keyed(_) => self.has_room(options, now),
            Occasion::Item { bulk, index } => self.is_pending(*bulk, *index),
        }
    }

    fn read(&self, id: InstanceId) -> Result<Option<Instance>, Error> {
        read(&self.tables.spec, &self.tables.status, id)
    }

    fn write(
        &mut self,
        mut instance: Instance,
        from: Option<PhaseKind>,
        draft: EventDraft,
    ) -> Result<Instance, Error> {
        instance.revision = self.next_revision();
        let record = encode(&StatusRecord::new(&instance.status, instance.revision))
            .map_err(|source| Error::record(format!("instance {}", instance.id), source))?;
        self.tables.status.insert(instance.id.as_u128(), record.as_slice())?;
        outlines::put(&mut self.tables, &instance.outline())?;
        let event = event(&instance, from, instance.status.phase.kind(), instance.revision, draft);
        events::append(&mut self.tables, &event, None)?;
        self.committed.push(Committed { event: Arc::new(event), instance: Some(instance.clone()) });
        Ok(instance)
    }

    fn remove(&mut self, instance: &Instance, draft: EventDraft) -> Result<(), Error> {
        let id = instance.id.as_u128();
        let (workload, provisioner) = (instance.status.workload_name.as_str(), &instance.spec.provisioner);
        tombstones::put(&mut self.tables, instance.id, draft.at, workload, provisioner)?;
        self.tables.spec.remove(id)?;
        self.tables.status.remove(id)?;
        self.tables.outline.remove(id)?;
        self.tables.secret.remove(id)?;
        self.tables.name.remove(instance.spec.name.as_str())?;
        let revision = self.next_revision();
        let event = event(instance, Some(instance.status.phase.kind()), PhaseKind::Gone, revision, draft);
        events::append(&mut self.tables, &event, Some(Origin::from(&*instance.spec)))?;
        self.committed.push(Committed { event: Arc::new(event), instance: None });
        Ok(())
    }
}

fn event(
    instance: &Instance,
    from: Option<PhaseKind>,
    to: PhaseKind,
    revision: Revision,
    draft: EventDraft,
) -> Event {
    let EventDraft { at, kind, reason, message } = draft;
    let subject = Subject { id: instance.id, name: instance.spec.name.clone(), from, to };
    Event { revision, at, subject: Some(subject), kind, reason, message }
}

pub(super) fn read(
    specs: &impl redb::ReadableTable<u128, &'static [u8]>,
    statuses: &impl redb::ReadableTable<u128, &'static [u8]>,
    id: InstanceId,
) -> Result<Option<Instance>, Error> {
    let Some(status) = statuses.get(id.as_u128())? else { return Ok(None) };
    let Some(spec) = specs.get(id.as_u128())? else { return Ok(None) };
    let broken = |source| Error::record(format!("instance {id}"), source);
    let spec: SpecRecord = decode(spec.value()).map_err(broken)?;
    let status: StatusRecord = decode(status.value()).map_err(broken)?;
    let (status, revision) = status.into_status().map_err(broken)?;
    Ok(Some(Instance { id, spec: Arc::new(spec.try_into().map_err(broken)?), status, revision }))
}
