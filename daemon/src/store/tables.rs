//! Every table, and the set of them a writer holds open.

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};

use super::Error;
use super::idempotency::{Entry, Hash};
use super::outlines::OutlineValue;
use crate::domain::Revision;

/// What is known of the store itself, by the names below.
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Instance id → specification. Cold: written once.
pub(super) const SPEC: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("spec");
/// Instance id → status. Hot: written at every change.
pub(super) const STATUS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("status");
/// Instance id → the little of its status that a start reads. Since format 2.
pub(super) const OUTLINE: TableDefinition<'_, u128, OutlineValue> = TableDefinition::new("outline");
/// Instance id → secret values, apart from everything that is shown.
pub(super) const SECRET: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("secret");
/// Name of a living instance → its id.
pub(super) const NAME: TableDefinition<'_, &str, u128> = TableDefinition::new("name");
/// Revision → event.
pub(super) const EVENT: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("event");
/// Instance id and revision: which events are whose.
pub(super) const EVENT_OF: TableDefinition<'_, (u128, u64), ()> = TableDefinition::new("event_of");
/// Id of a deleted instance → what remains of it.
pub(super) const TOMBSTONE: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("tombstone");
/// Instance id → the last output of a workload that was given up or removed. Since format 2.
pub(super) const OUTPUT: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("output");

/// Hash of an idempotency key → the request it came with, and what that made.
pub(super) const IDEMPOTENCY: TableDefinition<'_, Hash, Entry> = TableDefinition::new("idempotency");
/// Time and hash of every idempotency key, the oldest first.
pub(super) const IDEMPOTENCY_AT: TableDefinition<'_, (i64, Hash), ()> =
    TableDefinition::new("idempotency_at");
/// Id of a bulk → how far it is as a whole.
pub(super) const BULK: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("bulk");
/// Bulk and index → one item, and its result.
pub(super) const BULK_ITEM: TableDefinition<'_, (u128, u32), &[u8]> = TableDefinition::new("bulk_item");
/// Bulk and index → what an item is still to make. Holds secrets: apart from everything that is
/// shown, and gone when the item is accepted or refused.
pub(super) const BULK_REQUEST: TableDefinition<'_, (u128, u32), &[u8]> = TableDefinition::new("bulk_request");

/// Format of the records in this file: a little-endian `u32`.
pub(super) const META_SCHEMA: &str = "schema";
/// This installation's id: 16 bytes, big-endian.
pub(super) const META_OWNER: &str = "owner";
/// What requests are hashed with: 32 random bytes.
pub(super) const META_SEAL: &str = "seal";
/// Number of swaps of the plugin set: a little-endian `u64`.
pub(super) const META_GENERATION: &str = "generation";

/// All tables, open in one write transaction.
pub(super) struct Tables<'txn> {
    pub(super) meta: Table<'txn, &'static str, &'static [u8]>,
    pub(super) spec: Table<'txn, u128, &'static [u8]>,
    pub(super) status: Table<'txn, u128, &'static [u8]>,
    pub(super) outline: Table<'txn, u128, OutlineValue>,
    pub(super) secret: Table<'txn, u128, &'static [u8]>,
    pub(super) name: Table<'txn, &'static str, u128>,
    pub(super) event: Table<'txn, u64, &'static [u8]>,
    pub(super) event_of: Table<'txn, (u128, u64), ()>,
    pub(super) tombstone: Table<'txn, u128, &'static [u8]>,
    pub(super) output: Table<'txn, u128, &'static [u8]>,
    pub(super) idempotency: Table<'txn, Hash, Entry>,
    pub(super) idempotency_at: Table<'txn, (i64, Hash), ()>,
    pub(super) bulk: Table<'txn, u128, &'static [u8]>,
    pub(super) bulk_item: Table<'txn, (u128, u32), &'static [u8]>,
    pub(super) bulk_request: Table<'txn, (u128, u32), &'static [u8]>,
}

impl<'txn> Tables<'txn> {
    /// Opens them all, and so makes those that are missing.
    pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Self, Error> {
        Ok(Self {
            meta: transaction.open_table(META)?,
            spec: transaction.open_table(SPEC)?,
            status: transaction.open_table(STATUS)?,
            outline: transaction.open_table(OUTLINE)?,
            secret: transaction.open_table(SECRET)?,
            name: transaction.open_table(NAME)?,
            event: transaction.open_table(EVENT)?,
            event_of: transaction.open_table(EVENT_OF)?,
            tombstone: transaction.open_table(TOMBSTONE)?,
            output: transaction.open_table(OUTPUT)?,
            idempotency: transaction.open_table(IDEMPOTENCY)?,
            idempotency_at: transaction.open_table(IDEMPOTENCY_AT)?,
            bulk: transaction.open_table(BULK)?,
            bulk_item: transaction.open_table(BULK_ITEM)?,
            bulk_request: transaction.open_table(BULK_REQUEST)?,
        })
    }

    /// The number of the last event, from which all revisions follow.
    pub(super) fn last_revision(&self) -> Result<Revision, Error> {
        last_revision(&self.event)
    }
}

/// The number of the last event.
pub(super) fn last_revision(events: &impl ReadableTable<u64, &'static [u8]>) -> Result<Revision, Error> {
    Ok(Revision(events.last()?.map_or(0, |(key, _)| key.value())))
}
