//! Which requests were accepted already, by the key their client gave them.
//!
//! ```text
//!  claim ──> First ──> insert ──> the key and what it made, ONE transaction ──> fsync ──> claim ends
//!        └─> Repeated, Other, UnderWay
//! ```
//! # Guarantees
//! * A key and what its request made are committed together or not at all.
//! * Nobody else gets the key while somebody holds its [`Claim`], and a claim that goes into a
//!   transaction ends after the fsync, whatever became of its caller.
//! * Keys and requests are stored as digests: a request's by HMAC with a key of this installation,
//!   so that secrets in it cannot be guessed from the file alone.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use redb::{ReadableTable as _, ReadableTableMetadata as _};
use sha2::{Digest as _, Sha256};

use super::current::Current;
use super::tables::{IDEMPOTENCY, META, META_SEAL, Tables};
use super::writer::{Batch, WhenFull};
use super::{Error, Options, Store};
use crate::domain::{BulkId, IdempotencyKey, InstanceId, Timestamp};

/// A key or a request, as it is stored.
pub(super) type Hash = [u8; 32];
/// When it was accepted, the request, whether it made a bulk, and the id of what it made.
pub(super) type Entry = (i64, Hash, bool, u128);

/// What a request made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// An instance.
    Instance(InstanceId),
    /// A bulk.
    Bulk(BulkId),
}

/// Whether a request may go on.
#[derive(Debug)]
pub enum Claimed {
    /// It is the first with its key.
    First(Claim),
    /// The same request was accepted before, and made this.
    Repeated(Made),
    /// Another request was accepted with its key.
    Other,
    /// A request with its key is under way.
    UnderWay,
}

/// The right to use a key. Ends when it is dropped.
#[derive(Debug)]
pub struct Claim {
    key: Hash,
    request: Hash,
    taken: Arc<Mutex<HashSet<Hash>>>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// What is needed to claim. One claim per request under way: as many as there may be of these.
#[derive(Clone)]
pub(super) struct Keys {
    seal: Hash,
    taken: Arc<Mutex<HashSet<Hash>>>,
}

impl Keys {
    /// Reads what requests of this installation are hashed with, or draws it.
    pub(super) fn open(database: &Current) -> Result<Self, Error> {
        let stored =
            database.begin_read()?.open_table(META)?.get(META_SEAL)?.map(|seal| seal.value().to_vec());
        let seal = match stored.map(Hash::try_from) {
            Some(Ok(seal)) => seal,
            // One that is damaged matches no request any more: a repeat is refused as another one.
            Some(Err(_)) | None => {
                let (one, two) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
                let mut seal = Hash::default();
                seal[..16].copy_from_slice(one.as_bytes());
                seal[16..].copy_from_slice(two.as_bytes());
                let transaction = database.begin_write()?;
                transaction.open_table(META)?.insert(META_SEAL, seal.as_slice())?;
                transaction.commit()?;
                seal
            }
        };
        Ok(Self { seal, taken: Arc::default() })
    }

    fn request(&self, canonical: &[u8]) -> Hash {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.seal).expect("a key of any length is one");
        mac.update(canonical);
        mac.finalize().into_bytes().into()
    }

    fn claim(&self, key: Hash, request: Hash) -> Option<Claim> {
        let free = self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        free.then(|| Claim { key, request, taken: Arc::clone(&self.taken) })
    }
}

impl Store {
    /// Claims `key` for a request. `canonical`: everything that the request means, and nothing else.
    pub fn claim(&self, key: &IdempotencyKey, canonical: &[u8], now: Timestamp) -> Result<Claimed, Error> {
        let hash: Hash = Sha256::digest(key.as_str()).into();
        let Some(claim) = self.keys.claim(hash, self.keys.request(canonical)) else {
            return Ok(Claimed::UnderWay);
        };
        // Looked up with the claim in hand: whoever had it before has committed or given up.
        let table = self.database.begin_read()?.open_table(IDEMPOTENCY)?;
        let Some((at, request, bulk, made)) = table.get(hash)?.map(|entry| entry.value()) else {
            return Ok(Claimed::First(claim));
        };
        Ok(if now.since(Timestamp(at)) >= self.options.idempotency {
            Claimed::First(claim)
        } else if request != claim.request {
            Claimed::Other
        } else if bulk {
            Claimed::Repeated(Made::Bulk(BulkId::from_u128(made)))
        } else {
            Claimed::Repeated(Made::Instance(InstanceId::from_u128(made)))
        })
    }

    /// Forgets keys beyond their time. A part at a time; true if there is more.
    pub async fn forget_keys(&self, now: Timestamp) -> Result<bool, Error> {
        const PART: usize = 1_000;
        let keep = self.options.idempotency;
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let tables = &mut batch.tables;
                let mut old = Vec::new();
                for row in tables.idempotency_at.iter()?.take(PART) {
                    let (at, key) = row?.0.value();
                    if now.since(Timestamp(at)) < keep {
                        break;
                    }
                    old.push((at, key));
                }
                for (at, key) in &old {
                    forget(tables, *at, *key)?;
                }
                Ok(old.len() == PART)
            })
            .await
    }
}

impl Batch<'_> {
    /// Whether one more key may be remembered.
    pub(super) fn has_room(&self, options: &Options, now: Timestamp) -> Result<Result<(), Error>, Error> {
        let kept = self.tables.idempotency.len()?;
        if kept < options.max_idempotency_keys {
            return Ok(Ok(()));
        }
        let oldest = self.tables.idempotency_at.first()?.map_or(0, |(row, _)| row.value().0);
        let free_in = options.idempotency.saturating_sub(now.since(Timestamp(oldest)));
        Ok(Err(Error::KeysFull { kept, free_in }))
    }

    /// Writes down what the holder of `claim` made.
    pub(super) fn remember(&mut self, claim: &Claim, made: Made, at: Timestamp) -> Result<(), Error> {
        let tables = &mut self.tables;
        // An expired one that nobody has forgotten yet.
        let old = tables.idempotency.get(claim.key)?.map(|entry| entry.value().0);
        if let Some(old) = old {
            forget(tables, old, claim.key)?;
        }
        let (bulk, id) = match made {
            Made::Instance(id) => (false, id.as_u128()),
            Made::Bulk(id) => (true, id.as_u128()),
        };
        tables.idempotency.insert(claim.key, (at.0, claim.request, bulk, id))?;
        tables.idempotency_at.insert((at.0, claim.key), ())?;
        Ok(())
    }
}

fn forget(tables: &mut Tables<'_>, at: i64, key: Hash) -> Result<(), Error> {
    tables.idempotency_at.remove((at, key))?;
    tables.idempotency.remove(key)?;
    Ok(())
}
