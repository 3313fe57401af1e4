//! Bulks: the record of many requests that came as one, each item with its result.
//!
//! # Guarantees
//! * A bulk is stored with all of its items, and with its idempotency key, in one transaction.
//! * An item and the instance it makes are one transaction (see [`Occasion::Item`](super::Occasion)):
//!   an instance that was made is never made again, whenever the daemon dies.
//! * An item's result is written once; what it was to make goes with it, secrets included.

use std::sync::Arc;

use redb::ReadableTable;

use super::record::{BulkRecord, ItemRecord, RequestRecord, Unreadable, decode, encode};
use super::tables::{BULK, BULK_ITEM, BULK_REQUEST};
use super::writer::{Batch, WhenFull};
use super::{Claim, Error, Made, Store};
use crate::domain::{
    Bulk, BulkId, BulkItem, BulkOp, CreateRequest, InstanceId, ItemStep, Order, Progress, Timestamp,
};
use crate::runtime::ErrorChain;

/// Finished bulks that are remembered: with one more, the oldest is forgotten before its time.
const MAX_FINISHED: usize = 1_000;

impl Store {
    /// Stores a bulk, and that `claim`'s request made it.
    pub async fn insert_bulk(
        &self,
        id: BulkId,
        orders: Vec<Order>,
        claim: Option<Claim>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let options = Arc::clone(&self.options);
        let (inserted, _claim) = self
            .writer
            .submit(WhenFull::Refuse, move |batch| {
                let (finished, unfinished): (Vec<_>, Vec<_>) =
                    bulks(&batch.tables.bulk)?.into_iter().partition(|(_, bulk)| bulk.finished_at.is_some());
                if unfinished.len() >= options.max_unfinished_bulks {
                    return Ok((Err(Error::BulksFull { unfinished: unfinished.len() }), claim));
                }
                if claim.is_some()
                    && let Err(refusal) = batch.has_room(&options, now)?
                {
                    return Ok((Err(refusal), claim));
                }
                if let Some(claim) = &claim {
                    batch.remember(claim, Made::Bulk(id), now)?;
                }
                // In the order of their ids, which is that of their coming.
                for (old, _) in finished.iter().take((finished.len() + 1).saturating_sub(MAX_FINISHED)) {
                    batch.forget_bulk(*old)?;
                }
                let mut open = 0;
                for (index, order) in (0..).zip(orders) {
                    open += usize::from(batch.put_order(id, index, order)?);
                }
                let finished_at = (open == 0).then_some(now.0);
                batch.put_bulk(id, &BulkRecord { created_at: now.0, open, finished_at })?;
                // A claim in it ends when the answer does: after the fsync.
                Ok((Ok(()), claim))
            })
            .await?;
        inserted
    }

    /// A bulk with all of its items.
    pub fn bulk(&self, id: BulkId) -> Result<Option<Bulk>, Error> {
        let transaction = self.database.begin_read()?;
        let Some(bytes) = transaction.open_table(BULK)?.get(id.as_u128())? else { return Ok(None) };
        let BulkRecord { created_at, finished_at, .. } = whole(id, bytes.value())?;
        let mut items = Vec::new();
        for row in transaction.open_table(BULK_ITEM)?.range((id.as_u128(), 0)..=(id.as_u128(), u32::MAX))? {
            items.push(item(id, row?.1.value())?);
        }
        let finished_at = finished_at.map(Timestamp);
        Ok(Some(Bulk { id, created_at: Timestamp(created_at), finished_at, items }))
    }

    /// Bulks with items that have not ended.
    pub fn unfinished_bulks(&self) -> Result<Vec<BulkId>, Error> {
        let all = bulks(&self.database.begin_read()?.open_table(BULK)?)?;
        Ok(all.into_iter().filter(|(_, bulk)| bulk.finished_at.is_none()).map(|(id, _)| id).collect())
    }

    /// One item.
    pub fn bulk_item(&self, bulk: BulkId, index: u32) -> Result<Option<BulkItem>, Error> {
        let items = self.database.begin_read()?.open_table(BULK_ITEM)?;
        items.get((bulk.as_u128(), index))?.map(|bytes| item(bulk, bytes.value())).transpose()
    }

    /// What a pending item is to make.
    pub fn bulk_request(&self, bulk: BulkId, index: u32) -> Result<Option<CreateRequest>, Error> {
        let requests = self.database.begin_read()?.open_table(BULK_REQUEST)?;
        let Some(bytes) = requests.get((bulk.as_u128(), index))? else { return Ok(None) };
        let request = decode::<RequestRecord>(bytes.value()).and_then(CreateRequest::try_from);
        // The cause would quote a value.
        request.map(Some).map_err(|_| Error::Record {
            what: format!("request {index} of bulk {bulk}"),
            source: "it is no record of this version".into(),
        })
    }

    /// Writes down where items came to. A step that does not lead on from where its item is has no
    /// effect. The answer: the bulks that are finished with it.
    pub async fn advance(&self, steps: Vec<ItemStep>, now: Timestamp) -> Result<Vec<BulkId>, Error> {
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let mut finished = Vec::new();
                for ItemStep { bulk, index, progress } in steps {
                    if batch.step(bulk, index, progress, None, now)? {
                        finished.push(bulk);
                    }
                }
                Ok(finished)
            })
            .await
    }

    /// Forgets a bulk that was finished for long enough; true if there may be another.
    pub async fn forget_bulks(&self, now: Timestamp) -> Result<bool, Error> {
        let keep = self.options.bulks;
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let over = |(id, bulk): (BulkId, BulkRecord)| {
                    bulk.finished_at.filter(|at| now.since(Timestamp(*at)) >= keep).map(|_| id)
                };
                let old = bulks(&batch.tables.bulk)?.into_iter().find_map(over);
                old.map_or(Ok(()), |old| batch.forget_bulk(old))?;
                Ok(old.is_some())
            })
            .await
    }
}

impl Batch<'_> {
    /// Whether an item may still make its instance.
    pub(super) fn is_pending(&self, bulk: BulkId, index: u32) -> Result<Result<(), Error>, Error> {
        let item = self.item(bulk, index)?;
        let pending = item.is_some_and(|item| item.progress == Progress::Pending);
        Ok(if pending { Ok(()) } else { Err(Error::ItemEnded) })
    }

    /// The item's instance is made in this transaction.
    pub(super) fn accept_item(
        &mut self,
        bulk: BulkId,
        index: u32,
        id: InstanceId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.step(bulk, index, Progress::Accepted, Some(id), now).map(drop)
    }

    fn item(&self, bulk: BulkId, index: u32) -> Result<Option<BulkItem>, Error> {
        let bytes = self.tables.bulk_item.get((bulk.as_u128(), index))?;
        Ok(bytes.and_then(|bytes| readable(item(bulk, bytes.value()))))
    }

    /// Moves an item on; true if its bulk is finished with it.
    fn step(
        &mut self,
        bulk: BulkId,
        index: u32,
        progress: Progress,
        id: Option<InstanceId>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Some(item) = self.item(bulk, index)?.filter(|item| item.progress.leads_to(&progress)) else {
            return Ok(false);
        };
        let item = BulkItem { progress, id: id.or(item.id), ..item };
        self.put_item(bulk, index, &item)?;
        self.tables.bulk_request.remove((bulk.as_u128(), index))?;
        if !item.progress.is_end() {
            return Ok(false);
        }
        let Some(mut whole) = self.whole(bulk)? else { return Ok(false) };
        whole.open = whole.open.saturating_sub(1);
        whole.finished_at = (whole.open == 0).then_some(now.0);
        self.put_bulk(bulk, &whole)?;
        Ok(whole.open == 0)
    }

    fn whole(&self, id: BulkId) -> Result<Option<BulkRecord>, Error> {
        let bytes = self.tables.bulk.get(id.as_u128())?;
        Ok(bytes.and_then(|bytes| readable(whole(id, bytes.value()))))
    }

    fn put_bulk(&mut self, id: BulkId, record: &BulkRecord) -> Result<(), Error> {
        let record = encode(record).map_err(|source| broken(id, source))?;
        self.tables.bulk.insert(id.as_u128(), record.as_slice())?;
        Ok(())
    }

    fn put_item(&mut self, bulk: BulkId, index: u32, item: &BulkItem) -> Result<(), Error> {
        let record = encode(&ItemRecord::from(item)).map_err(|source| broken(bulk, source))?;
        self.tables.bulk_item.insert((bulk.as_u128(), index), record.as_slice())?;
        Ok(())
    }

    /// A new item; true if there is something to do for it.
    fn put_order(&mut self, bulk: BulkId, index: u32, order: Order) -> Result<bool, Error> {
        let item = match order {
            Order::Create(request) => {
                let name = Some(request.name.to_string());
                let record = encode(&RequestRecord::from(*request)).map_err(|source| broken(bulk, source))?;
                self.tables.bulk_request.insert((bulk.as_u128(), index), record.as_slice())?;
                BulkItem { op: BulkOp::Create, name, id: None, progress: Progress::Pending }
            }
            Order::Delete(id, name) => BulkItem {
                op: BulkOp::Delete,
                name: Some(name.to_string()),
                id: Some(id),
                progress: Progress::Pending,
            },
            Order::Refused { op, name, refusal } => {
                BulkItem { op, name, id: None, progress: Progress::Refused(refusal) }
            }
        };
        self.put_item(bulk, index, &item)?;
        Ok(!item.progress.is_end())
    }

    fn forget_bulk(&mut self, id: BulkId) -> Result<(), Error> {
        let id = id.as_u128();
        self.tables.bulk.remove(id)?;
        // Its requests are gone already: it is finished.
        self.tables.bulk_item.retain_in((id, 0)..=(id, u32::MAX), |_, _| false)?;
        Ok(())
    }
}

fn bulks(table: &impl ReadableTable<u128, &'static [u8]>) -> Result<Vec<(BulkId, BulkRecord)>, Error> {
    let mut all = Vec::new();
    for row in table.iter()? {
        let (id, bytes) = row?;
        let id = BulkId::from_u128(id.value());
        all.extend(readable(whole(id, bytes.value())).map(|whole| (id, whole)));
    }
    Ok(all)
}

/// One record that cannot be read must not hold up the others.
fn readable<T>(read: Result<T, Error>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(error = %ErrorChain(error), "a record is left alone")).ok()
}

fn whole(id: BulkId, bytes: &[u8]) -> Result<BulkRecord, Error> {
    decode(bytes).map_err(|source| broken(id, source))
}

pub(super) fn item(bulk: BulkId, bytes: &[u8]) -> Result<BulkItem, Error> {
    decode::<ItemRecord>(bytes).and_then(BulkItem::try_from).map_err(|source| broken(bulk, source))
}

fn broken(id: BulkId, source: Unreadable) -> Error {
    Error::record(format!("bulk {id}"), source)
}
