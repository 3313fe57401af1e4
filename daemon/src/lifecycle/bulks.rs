//! Bulks and idempotency keys: the same door, for requests rather than for instances.

use std::collections::BTreeMap;

use super::{Error, Lifecycle};
use crate::domain::{
    Bulk, BulkId, BulkItem, CreateRequest, IdempotencyKey, InstanceId, InstanceName, ItemStep, Order,
};
use crate::store::{Claim, Claimed};

impl Lifecycle {
    /// Claims `key` for a request. `canonical`: everything that the request means, and nothing else.
    pub fn claim(&self, key: &IdempotencyKey, canonical: &[u8]) -> Result<Claimed, Error> {
        Ok(self.store.claim(key, canonical, self.clock.now())?)
    }

    /// Makes the record of a new bulk. When this returns it is durable.
    pub async fn accept_bulk(
        &self,
        id: BulkId,
        orders: Vec<Order>,
        claim: Option<Claim>,
    ) -> Result<(), Error> {
        Ok(self.store.insert_bulk(id, orders, claim, self.clock.now()).await?)
    }

    /// A bulk with all of its items.
    pub fn bulk(&self, id: BulkId) -> Result<Option<Bulk>, Error> {
        Ok(self.store.bulk(id)?)
    }

    /// Bulks with items that have not ended.
    pub fn unfinished_bulks(&self) -> Result<Vec<BulkId>, Error> {
        Ok(self.store.unfinished_bulks()?)
    }

    /// One item of a bulk.
    pub fn bulk_item(&self, bulk: BulkId, index: u32) -> Result<Option<BulkItem>, Error> {
        Ok(self.store.bulk_item(bulk, index)?)
    }

    /// What a pending item is to make.
    pub fn bulk_request(&self, bulk: BulkId, index: u32) -> Result<Option<CreateRequest>, Error> {
        Ok(self.store.bulk_request(bulk, index)?)
    }

    /// Writes down where items came to. The answer: the bulks that are finished with it.
    pub async fn advance(&self, steps: Vec<ItemStep>) -> Result<Vec<BulkId>, Error> {
        Ok(self.store.advance(steps, self.clock.now()).await?)
    }

    /// Every instance with all of these labels, in creation order.
    pub async fn select(
        &self,
        labels: BTreeMap<String, String>,
    ) -> Result<Vec<(InstanceId, InstanceName)>, Error> {
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || store.select(labels));
        Ok(read.await.expect("reading records does not panic")?)
    }
}
