//! What is kept of requests: idempotency keys, bulks with their items, and those hooks have judged.

use std::collections::BTreeMap;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _, ReadableTableMetadata as _};

use super::Findings;
use crate::domain::{BulkId, PastRequest, Progress};
use crate::runtime::ErrorChain;
use crate::store::idempotency::{Entry, Hash};
use crate::store::record::{BulkRecord, PastRequestRecord, RequestRecord, decode};
use crate::store::tables::{BULK, BULK_ITEM, BULK_REQUEST, IDEMPOTENCY, IDEMPOTENCY_AT, PAST_REQUEST};
use crate::store::{Error, bulks};

pub(super) fn check(transaction: &ReadTransaction, findings: &mut Findings) -> Result<(), Error> {
    keys(transaction, findings)?;
    past(transaction, findings)?;
    let open = items(transaction, findings)?;
    for row in transaction.open_table(BULK)?.iter()? {
        let (id, bytes) = row?;
        let bulk = BulkId::from_u128(id.value());
        let Ok(record) = decode::<BulkRecord>(bytes.value()) else {
            findings.trouble(format!("bulk {bulk} is no record of this version"));
            continue;
        };
        let items = open.get(&id.value()).copied().unwrap_or_default();
        if record.open != items || (items == 0) != record.finished_at.is_some() {
            findings.trouble(format!("bulk {bulk} has {items} open items, and its record tells otherwise"));
        }
    }
    Ok(())
}

/// Open items of each bulk.
fn items(transaction: &ReadTransaction, findings: &mut Findings) -> Result<BTreeMap<u128, usize>, Error> {
    let (bulks, items) = (transaction.open_table(BULK)?, transaction.open_table(BULK_ITEM)?);
    let requests = transaction.open_table(BULK_REQUEST)?;
    let mut open = BTreeMap::new();
    for row in items.iter()? {
        let (key, bytes) = row?;
        let (id, index) = key.value();
        let bulk = BulkId::from_u128(id);
        if bulks.get(id)?.is_none() {
            findings.trouble(format!("item {index} of bulk {bulk}, which is not there"));
        }
        match bulks::item(bulk, bytes.value()) {
            Ok(item) => *open.entry(id).or_default() += usize::from(!item.progress.is_end()),
            Err(error) => findings.trouble(ErrorChain(&error).to_string()),
        }
    }
    for row in requests.iter()? {
        let (key, bytes) = row?;
        let (id, index) = key.value();
        let bulk = BulkId::from_u128(id);
        let item = items.get((id, index))?.and_then(|bytes| bulks::item(bulk, bytes.value()).ok());
        if item.is_none_or(|item| item.progress != Progress::Pending) {
            findings.trouble(format!("a request for item {index} of bulk {bulk}, which needs none"));
        }
        // What it says is nobody's business: it holds secrets.
        if decode::<RequestRecord>(bytes.value()).is_err() {
            findings.trouble(format!("request {index} of bulk {bulk} is no record of this version"));
        }
    }
    Ok(open)
}

fn past(transaction: &ReadTransaction, findings: &mut Findings) -> Result<(), Error> {
    for row in transaction.open_table(PAST_REQUEST)?.iter()? {
        let (number, bytes) = row?;
        if decode::<PastRequestRecord>(bytes.value()).and_then(PastRequest::try_from).is_err() {
            findings.trouble(format!("past request {} is no record of this version", number.value()));
        }
    }
    Ok(())
}

fn keys(transaction: &ReadTransaction, findings: &mut Findings) -> Result<(), Error> {
    let by_key: ReadOnlyTable<Hash, Entry> = transaction.open_table(IDEMPOTENCY)?;
    let by_time = transaction.open_table(IDEMPOTENCY_AT)?;
    for row in by_key.iter()? {
        let (key, entry) = row?;
        if by_time.get((entry.value().0, key.value()))?.is_none() {
            findings.trouble("an idempotency key will never be forgotten");
        }
    }
    let (keys, times) = (by_key.len()?, by_time.len()?);
    if keys != times {
        findings.trouble(format!("{keys} idempotency keys have {times} times at which they are forgotten"));
    }
    Ok(())
}
