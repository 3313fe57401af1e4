//! Every table. The list below is the only one there is: what opens, copies and counts them all
//! cannot forget one.

use redb::{Key, ReadableTable, Table, TableDefinition, Value, WriteTransaction};

use super::Error;
use super::idempotency::{Entry, Hash};
use super::outlines::OutlineValue;
use crate::domain::Revision;

/// Does one thing to each table, whatever its types.
pub(super) trait Visitor {
    /// Is shown one table.
    fn visit<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Error>;
}

macro_rules! tables {
    ($($(#[doc = $doc:literal])+ $NAME:ident $field:ident: $key:ty => $value:ty;)+) => {
        $(
            $(#[doc = $doc])+
            pub(super) const $NAME: TableDefinition<'static, $key, $value> =
                TableDefinition::new(stringify!($field));
        )+

        /// All tables, open in one write transaction.
        pub(super) struct Tables<'txn> {
            $(pub(super) $field: Table<'txn, $key, $value>,)+
        }

        impl<'txn> Tables<'txn> {
            /// Opens them all, and so makes those that are missing.
            pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Self, Error> {
                Ok(Self { $($field: transaction.open_table($NAME)?,)+ })
            }
        }

        /// Shows every table to `visitor`.
        pub(super) fn visit(visitor: &mut impl Visitor) -> Result<(), Error> {
            $(visitor.visit($NAME)?;)+
            Ok(())
        }
    };
}

tables! {
    /// What is known of the store itself, by the names below.
    META meta: &'static str => &'static [u8];
    /// Instance id → specification. Cold: written once.
    SPEC spec: u128 => &'static [u8];
    /// Instance id → status. Hot: written at every change.
    STATUS status: u128 => &'static [u8];
    /// Instance id → the little of its status that a start reads. Since format 2.
    OUTLINE outline: u128 => OutlineValue;
    /// Instance id → secret values, apart from everything that is shown.
    SECRET secret: u128 => &'static [u8];
    /// Name of a living instance → its id.
    NAME name: &'static str => u128;
    /// Revision → event.
    EVENT event: u64 => &'static [u8];
    /// Instance id and revision: which events are whose.
    EVENT_OF event_of: (u128, u64) => ();
    /// Id of a deleted instance → what remains of it.
    TOMBSTONE tombstone: u128 => &'static [u8];
    /// Instance id → the last output of a workload that was given up or removed. Since format 2.
    OUTPUT output: u128 => &'static [u8];
    /// Hash of an idempotency key → the request it came with, and what that made.
    IDEMPOTENCY idempotency: Hash => Entry;
    /// Time and hash of every idempotency key, the oldest first.
    IDEMPOTENCY_AT idempotency_at: (i64, Hash) => ();
    /// Id of a bulk → how far it is as a whole.
    BULK bulk: u128 => &'static [u8];
    /// Bulk and index → one item, and its result.
    BULK_ITEM bulk_item: (u128, u32) => &'static [u8];
    /// Bulk and index → what an item is still to make. Holds secrets: apart from everything that is
    /// shown, and gone when the item is accepted or refused.
    BULK_REQUEST bulk_request: (u128, u32) => &'static [u8];
    /// Number → a create request that the hooks have judged. The newest so many.
    PAST_REQUEST past_request: u64 => &'static [u8];
}

/// Format of the records in this file: a little-endian `u32`.
pub(super) const META_SCHEMA: &str = "schema";
/// This installation's id: 16 bytes, big-endian.
pub(super) const META_OWNER: &str = "owner";
/// What requests are hashed with: 32 random bytes.
pub(super) const META_SEAL: &str = "seal";
/// Number of swaps of the plugin set: a little-endian `u64`.
pub(super) const META_GENERATION: &str = "generation";
/// The plugin set last published.
pub(super) const META_PLUGINS: &str = "plugins";

impl Tables<'_> {
    /// The number of the last event, from which all revisions follow.
    pub(super) fn last_revision(&self) -> Result<Revision, Error> {
        last_revision(&self.event)
    }
}

/// The number of the last event.
pub(super) fn last_revision(events: &impl ReadableTable<u64, &'static [u8]>) -> Result<Revision, Error> {
    Ok(Revision(events.last()?.map_or(0, |(key, _)| key.value())))
}
