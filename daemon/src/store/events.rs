//! Events by revision: one log for everything, bounded.

use std::sync::Arc;

use redb::ReadableTable as _;

use super::record::{EventRecord, decode, encode};
use super::tables::{EVENT, EVENT_OF, Tables};
use super::writer::{Batch, WhenFull};
use super::{Committed, Error, EventDraft, Store};
use crate::domain::{Event, InstanceId, Revision};

impl Store {
    /// The newest `limit` events of one instance, oldest first; also of a deleted one.
    pub fn events_of(&self, id: InstanceId, limit: usize) -> Result<Vec<Event>, Error> {
        let transaction = self.database.begin_read()?;
        let (of, all) = (transaction.open_table(EVENT_OF)?, transaction.open_table(EVENT)?);
        let mut events = Vec::new();
        for row in of.range((id.as_u128(), 0)..=(id.as_u128(), u64::MAX))?.rev().take(limit) {
            let revision = row?.0.value().1;
            let Some(bytes) = all.get(revision)? else { break };
            let broken = |source| Error::record(format!("event {revision}"), source);
            let record: EventRecord = decode(bytes.value()).map_err(broken)?;
            events.push(record.into_event(Revision(revision)).map_err(broken)?);
        }
        events.reverse();
        Ok(events)
    }

    /// Writes down an event that is about no instance.
    pub async fn note(&self, draft: EventDraft) -> Result<Revision, Error> {
        self.writer.submit(WhenFull::Wait, move |batch| batch.note(draft)).await
    }

    /// Forgets events beyond the bound, oldest first. A part at a time, so that no writer waits
    /// long; true if there is more.
    pub async fn prune(&self) -> Result<bool, Error> {
        const PART: usize = 1_000;
        let keep = self.options.events;
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let tables = &mut batch.tables;
                let horizon = batch.revision.0.saturating_sub(keep);
                let old: Vec<u64> = tables
                    .event
                    .range(..=horizon)?
                    .take(PART)
                    .map(|row| Ok(row?.0.value()))
                    .collect::<Result<_, Error>>()?;
                for revision in &old {
                    let removed =
                        tables.event.remove(revision)?.map(|bytes| decode::<EventRecord>(bytes.value()));
                    if let Some(Ok(record)) = removed
                        && let Ok(Event { subject: Some(subject), .. }) =
                            record.into_event(Revision(*revision))
                    {
                        tables.event_of.remove((subject.id.as_u128(), *revision))?;
                    }
                }
                Ok(old.len() == PART)
            })
            .await
    }
}

impl Batch<'_> {
    /// Adds an event that is about no instance.
    pub(super) fn note(&mut self, draft: EventDraft) -> Result<Revision, Error> {
        let EventDraft { at, kind, reason, message } = draft;
        let revision = self.next_revision();
        let event = Event { revision, at, subject: None, kind, reason, message };
        append(&mut self.tables, &event)?;
        self.committed.push(Committed { event: Arc::new(event), instance: None });
        Ok(revision)
    }
}

pub(super) fn append(tables: &mut Tables<'_>, event: &Event) -> Result<(), Error> {
    let record = encode(&EventRecord::from(event))
        .map_err(|source| Error::record(format!("event {}", event.revision), source))?;
    tables.event.insert(event.revision.0, record.as_slice())?;
    if let Some(subject) = &event.subject {
        tables.event_of.insert((subject.id.as_u128(), event.revision.0), ())?;
    }
    Ok(())
}
