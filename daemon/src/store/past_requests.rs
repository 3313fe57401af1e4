//! The last create requests that the hooks have judged, to try other hooks on.
//!
//! One that was admitted is written in the transaction of its instance. One that was refused made no
//! transaction, and must not cost one: it waits in memory until somebody writes all that wait, which
//! [`lifecycle`](crate::lifecycle) does once a second. A crash loses what waited.

use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{ReadableTable as _, ReadableTableMetadata as _};

use super::record::{PastRequestRecord, decode, encode};
use super::tables::{PAST_REQUEST, Tables};
use super::writer::WhenFull;
use super::{Error, Store};
use crate::domain::PastRequest;
use crate::runtime::ErrorChain;

/// Refused requests that wait to be written; of more than these between two writes, the newest.
const WAITING: usize = 64;

/// Those that wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Refused(Arc<Mutex<VecDeque<PastRequest>>>);

impl Refused {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<PastRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some of them, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRequestsPage {
    /// Those that can be read.
    pub requests: Vec<PastRequest>,
    /// After which the next page starts, if there may be one.
    pub next: Option<u64>,
}

impl Store {
    /// Keeps it for the next [`write_refused`](Self::write_refused).
    pub fn remember_refused(&self, request: PastRequest) {
        if self.options.past_requests == 0 {
            return;
        }
        let mut waiting = self.refused.waiting();
        if waiting.len() == WAITING {
            waiting.pop_front();
        }
        waiting.push_back(request);
    }

    /// Writes all that wait, and forgets what is beyond the bound. Does nothing if there is neither.
    pub async fn write_refused(&self) -> Result<(), Error> {
        let keep = self.options.past_requests;
        let refused: Vec<PastRequest> = self.refused.waiting().drain(..).collect();
        if refused.is_empty() && self.database.begin_read()?.open_table(PAST_REQUEST)?.len()? <= keep {
            return Ok(());
        }
        let written = refused.clone();
        let write = self.writer.submit(WhenFull::Wait, move |batch| {
            written.iter().try_for_each(|request| append(&mut batch.tables, request, keep))?;
            trim(&mut batch.tables, keep)
        });
        let outcome = write.await;
        if outcome.is_err() {
            // They wait on, as far as there is room before those that came since.
            let mut waiting = self.refused.waiting();
            for request in refused.into_iter().rev().take(WAITING.saturating_sub(waiting.len())) {
                waiting.push_front(request);
            }
        }
        outcome
    }

    /// Some of the requests after number `after`, of those that are written. Blocks: to be called
    /// where blocking is allowed.
    pub fn past_requests(&self, after: Option<u64>, limit: usize) -> Result<PastRequestsPage, Error> {
        let table = self.database.begin_read()?.open_table(PAST_REQUEST)?;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut page = PastRequestsPage { requests: Vec::new(), next: None };
        let mut last = None;
        for (index, row) in table.range::<u64>((start, Bound::Unbounded))?.enumerate() {
            if index == limit {
                page.next = last;
                break;
            }
            let (number, bytes) = row?;
            last = Some(number.value());
            let record = decode::<PastRequestRecord>(bytes.value()).and_then(PastRequest::try_from);
            match record.map_err(|source| Error::record("a past request", source)) {
                Ok(request) => page.requests.push(request),
                Err(error) => tracing::error!(error = %ErrorChain(&error), "a record is left out"),
            }
        }
        Ok(page)
    }
}

/// Adds the newest one, and forgets the oldest beyond `keep`.
pub(super) fn append(tables: &mut Tables<'_>, request: &PastRequest, keep: u64) -> Result<(), Error> {
    if keep == 0 {
        return Ok(());
    }
    let record = encode(&PastRequestRecord::from(request))
        .map_err(|source| Error::record(format!("the request for instance {}", request.id), source))?;
    let number = tables.past_request.last()?.map_or(0, |(number, _)| number.value().saturating_add(1));
    tables.past_request.insert(number, record.as_slice())?;
    trim(tables, keep)
}

fn trim(tables: &mut Tables<'_>, keep: u64) -> Result<(), Error> {
    let beyond = tables.past_request.len()?.saturating_sub(keep);
    for _ in 0..beyond {
        tables.past_request.pop_first()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{InstanceId, Spec};
    use crate::store::testing::{KEPT_REQUESTS, Shelf};

    fn refused(number: u128) -> PastRequest {
        let spec = Arc::new(Spec::example(&format!("refused-{number}"), "local"));
        PastRequest::of(InstanceId::from_u128(number), spec, Some("naming".parse().unwrap()))
    }

    /// Names and whether they were admitted, by pages of two.
    fn kept(store: &Store) -> Vec<(String, bool)> {
        let (mut kept, mut after) = (Vec::new(), None);
        loop {
            let page = store.past_requests(after, 2).unwrap();
            assert!(page.requests.len() <= 2);
            kept.extend(
                page.requests.iter().map(|past| (past.spec.name.to_string(), past.refused_by.is_none())),
            );
            after = page.next;
            if after.is_none() {
                return kept;
            }
        }
    }

    #[tokio::test]
    async fn admitted_ones_are_there_at_once_and_refused_ones_when_they_are_written() {
        let shelf = Shelf::new(100);
        shelf.insert(1, "one", "plain", "a").await;
        shelf.store.remember_refused(refused(2));
        assert_eq!(kept(&shelf.store), [("one".to_owned(), true)]);
        shelf.store.write_refused().await.unwrap();
        shelf.insert(3, "three", "plain", "a").await;
        shelf.remove(1).await;
        let expected = [("one", true), ("refused-2", false), ("three", true)];
        let expected = expected.map(|(name, admitted)| (name.to_owned(), admitted));
        assert_eq!(kept(&shelf.store), expected, "they outlive their instances");
        assert_eq!(shelf.store.past_requests(None, 10).unwrap().requests[1], refused(2));
        assert_eq!(shelf.store.revision().unwrap().0, 3, "no event tells of them");
    }

    #[tokio::test]
    async fn the_newest_are_kept_and_no_more() {
        let shelf = Shelf::new(100);
        let keep = u128::from(KEPT_REQUESTS);
        for number in 1..=keep {
            shelf.insert(number, &format!("admitted-{number}"), "plain", "a").await;
        }
        for number in 1..=3 {
            shelf.store.remember_refused(refused(number));
        }
        shelf.store.write_refused().await.unwrap();
        let kept = kept(&shelf.store);
        assert_eq!(u128::try_from(kept.len()).unwrap(), keep);
        assert_eq!(kept[0].0, "admitted-4");
        assert_eq!(kept.last().unwrap().0, "refused-3");
    }

    #[tokio::test]
    async fn of_a_flood_of_refusals_the_last_wait_and_the_others_are_forgotten() {
        let shelf = Shelf::new(100);
        for number in 1..=500 {
            shelf.store.remember_refused(refused(number));
        }
        assert_eq!(shelf.store.refused.waiting().len(), WAITING);
        assert_eq!(shelf.store.refused.waiting().back(), Some(&refused(500)));
    }
}
