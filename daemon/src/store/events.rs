//! Events by revision: one log for everything, bounded.

use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable as _};

use super::record::{EventRecord, OriginRecord, decode, encode, origin_of_spec};
use super::tables::{EVENT, EVENT_OF, SPEC, Tables, last_revision};
use super::writer::{Batch, WhenFull};
use super::{Committed, Error, EventDraft, Store};
use crate::domain::{Event, Filter, InstanceId, Origin, Revision, Timestamp};
use crate::runtime::ErrorChain;

/// Events that are looked at for one page: a read transaction is short.
const PAGE: usize = 256;

/// Events in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPage {
    /// Those that pass the filter, oldest first.
    pub events: Vec<Event>,
    /// The last event that was looked at: the next page starts after it.
    pub reached: Revision,
    /// The last event there is.
    pub last: Revision,
    /// The events after this revision are all there; of those before some are forgotten.
    pub horizon: Revision,
}

impl Store {
    /// Some events after `since` that pass `filter`; none if `since` is before the horizon or after
    /// the last. Blocks: to be called where blocking is allowed.
    pub fn events_after(&self, since: Revision, filter: &Filter) -> Result<EventsPage, Error> {
        let transaction = self.database.begin_read()?;
        let all = transaction.open_table(EVENT)?;
        let first = all.first()?.map_or(1, |(key, _)| key.value());
        let mut page = EventsPage {
            events: Vec::new(),
            reached: since,
            last: last_revision(&all)?,
            horizon: Revision(first.saturating_sub(1)),
        };
        if !(page.horizon..=page.last).contains(&since) {
            return Ok(page);
        }
        for row in all.range(since.0 + 1..)?.take(PAGE) {
            let (revision, bytes) = row?;
            page.reached = Revision(revision.value());
            match read(page.reached, bytes.value()) {
                Ok(event) => {
                    if filter.tells(&event, |id| origin(&transaction, id))? {
                        page.events.push(event);
                    }
                }
                // One that cannot be read must not hide all that come after it.
                Err(error) => tracing::error!(error = %ErrorChain(&error), "an event is left out"),
            }
        }
        Ok(page)
    }

    /// Whether an event that was just committed passes.
    pub fn tells(&self, event: &Event, filter: &Filter) -> Result<bool, Error> {
        filter.tells(event, |id| origin(&self.database.begin_read()?, id))
    }

    /// The newest `limit` events of one instance, oldest first; also of a deleted one.
    pub fn events_of(&self, id: InstanceId, limit: usize) -> Result<Vec<Event>, Error> {
        let transaction = self.database.begin_read()?;
        let (of, all) = (transaction.open_table(EVENT_OF)?, transaction.open_table(EVENT)?);
        let mut events = Vec::new();
        for row in of.range((id.as_u128(), 0)..=(id.as_u128(), u64::MAX))?.rev().take(limit) {
            let revision = row?.0.value().1;
            let Some(bytes) = all.get(revision)? else { break };
            events.push(read(Revision(revision), bytes.value())?);
        }
        events.reverse();
        Ok(events)
    }

    /// Writes down an event that is about no instance.
    pub async fn note(&self, draft: EventDraft) -> Result<Revision, Error> {
        self.writer.submit(WhenFull::Wait, move |batch| batch.note(draft)).await
    }

    /// Forgets events beyond the bounds, oldest first. A part at a time, so that no writer waits
    /// long; true if there is more.
    pub async fn prune(&self, now: Timestamp) -> Result<bool, Error> {
        const PART: usize = 1_000;
        let (keep, keep_for) = (self.options.events, self.options.events_for);
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let tables = &mut batch.tables;
                let horizon = batch.revision.0.saturating_sub(keep);
                let aged = |bytes: &[u8]| {
                    decode::<EventRecord>(bytes)
                        .map_or(true, |record| now.since(Timestamp(record.at)) >= keep_for)
                };
                let mut old = Vec::new();
                // Never the last one: the next takes its number from it.
                for row in tables.event.range(..batch.revision.0)?.take(PART) {
                    let (revision, bytes) = row?;
                    if revision.value() > horizon && !aged(bytes.value()) {
                        break;
                    }
                    old.push(revision.value());
                }
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
        append(&mut self.tables, &event, None)?;
        self.committed.push(Committed { event: Arc::new(event), instance: None });
        Ok(revision)
    }
}

/// Writes it down. `last_of`: what its instance was made from, if it is the last of it.
pub(super) fn append(tables: &mut Tables<'_>, event: &Event, last_of: Option<Origin>) -> Result<(), Error> {
    let record = encode(&EventRecord::new(event, last_of.map(OriginRecord::from)))
        .map_err(|source| Error::record(format!("event {}", event.revision), source))?;
    tables.event.insert(event.revision.0, record.as_slice())?;
    if let Some(subject) = &event.subject {
        tables.event_of.insert((subject.id.as_u128(), event.revision.0), ())?;
    }
    Ok(())
}

pub(super) fn read(revision: Revision, bytes: &[u8]) -> Result<Event, Error> {
    let record = decode::<EventRecord>(bytes).and_then(|record| record.into_event(revision));
    record.map_err(|source| Error::record(format!("event {revision}"), source))
}

/// What an instance was made from: by its record, or by its last event when it is gone.
fn origin(transaction: &ReadTransaction, id: InstanceId) -> Result<Option<Origin>, Error> {
    if let Some(bytes) = transaction.open_table(SPEC)?.get(id.as_u128())? {
        return Ok(origin_of_spec(bytes.value()));
    }
    let of = transaction.open_table(EVENT_OF)?;
    let Some(row) = of.range((id.as_u128(), 0)..=(id.as_u128(), u64::MAX))?.next_back() else {
        return Ok(None);
    };
    let last = transaction.open_table(EVENT)?.get(row?.0.value().1)?;
    let record = last.and_then(|bytes| decode::<EventRecord>(bytes.value()).ok());
    Ok(record.and_then(|record| record.origin).map(Origin::from))
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
