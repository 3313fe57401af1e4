//! Bulks: many creates and deletes asked for at once.
//!
//! ```text
//!  request ─> items, resolved ─> record, ONE transaction ─> the caller knows its id
//!                                  │ bell
//!                                  ▼
//!        runner    pending ─> accepted    each as a single request would be, so many at once
//!                          └> refused
//!        outcomes  accepted ─> done, failed    by the instances' events; holds no turn
//! ```
//! # Guarantees
//! * Nothing is done before the record is durable, and all of it is done after that: the runner finds
//!   unfinished bulks in the store, at a start as at any other time.
//! * No item is done twice, and none is refused because of another or because too much is under way.
//!
//! Items wait for nobody: what is deleted is what had the name when the request came, and a create
//! whose name is still held is refused, as a single one would be.

mod outcomes;
mod runner;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::repeat::{Meaning, Turn};
use super::{Error, Reference, Service};
use crate::domain::{
    Bulk, BulkId, BulkItem, BulkOp, IdempotencyKey, InstanceId, ItemStep, Order, Progress, Refusal, shown,
};
use crate::lifecycle::Made;
use crate::runtime::Activator;

/// Puts a refusal into the words that a single request would have got. Given by whoever speaks to
/// users: nobody else knows these words.
pub type Explain = fn(Error) -> Refusal;

/// What is asked for.
pub struct BulkRequest {
    /// What to make, or why it was not understood; no deletes.
    pub create: Vec<Order>,
    /// Ids or names.
    pub delete: Vec<String>,
    /// And all of these.
    pub delete_where: Option<Selection>,
}

/// Instances by their labels.
pub struct Selection {
    /// All of them; at least one.
    pub labels: BTreeMap<String, String>,
    /// How many there are, as far as the sender knows.
    pub expect_count: usize,
}

/// How a bulk is asked for.
#[derive(Debug, Default)]
pub struct BulkOptions {
    /// How long to wait until it is finished; none: as configured.
    pub wait: Option<Duration>,
    /// By which it may be sent again.
    pub key: Option<IdempotencyKey>,
}

/// What a request for a bulk came to.
#[derive(Debug)]
pub struct BulkOutcome {
    /// As it was when the wait ended.
    pub bulk: Bulk,
    /// It was accepted with an earlier request of the same key.
    pub replayed: bool,
}

/// What those who work on bulks share.
#[derive(Default)]
pub(super) struct Bulks {
    /// There is a new one.
    bell: Activator,
    /// One is finished.
    finished: watch::Sender<()>,
    /// Items that were just accepted, for those who wait for their outcome.
    accepted: Mutex<Vec<AcceptedItem>>,
    /// There are some.
    outcome_bell: Activator,
}

/// An item whose instance is under way.
#[derive(Debug, Clone, Copy)]
struct AcceptedItem {
    bulk: BulkId,
    index: u32,
    op: BulkOp,
    instance: InstanceId,
}

impl Service {
    /// Stores the bulk and waits until it is finished. The repeat of one that was accepted stores
    /// nothing, and waits for the same.
    pub async fn bulk(
        &self,
        request: BulkRequest,
        options: BulkOptions,
        explain: Explain,
    ) -> Result<BulkOutcome, Error> {
        let BulkOptions { wait, key } = options;
        self.check(&request)?;
        let turn = key.map(|key| self.turn(&key, &meaning(&request))).transpose()?;
        let replayed = matches!(turn, Some(Turn::Repeated(_)));
        let claim = match turn {
            Some(Turn::Repeated(Made::Bulk(id))) => {
                let bulk = self.finished(id, wait).await?.ok_or(Error::RepeatedBulkGone(id))?;
                return Ok(BulkOutcome { bulk, replayed });
            }
            Some(Turn::Repeated(Made::Instance(_))) => return Err(Error::KeyReused),
            Some(Turn::First(claim)) => Some(claim),
            None => None,
        };
        let orders = self.orders(request, explain).await?;
        let (id, items) = (BulkId::from_u128(uuid::Uuid::now_v7().as_u128()), orders.len());
        let accepted = self.inner.lifecycle.accept_bulk(id, orders, claim).await;
        accepted.map_err(|error| Error::of(error, "", "created", None))?;
        tracing::info!(bulk = %id, items, "a bulk was accepted");
        self.inner.bulks.bell.ring();
        let bulk = self.finished(id, wait).await?.ok_or_else(|| Error::BulkNotFound(id.to_string()))?;
        Ok(BulkOutcome { bulk, replayed })
    }

    /// What would come of it, item by item: all checks and every hook. Stores nothing.
    pub async fn dry_run_bulk(&self, request: BulkRequest, explain: Explain) -> Result<Vec<BulkItem>, Error> {
        self.check(&request)?;
        let orders = self.orders(request, explain).await?;
        let items = stream::iter(orders).map(|order| self.dry_run_order(order, explain));
        items.buffered(self.inner.options.max_bulk_concurrent).try_collect().await
    }

    /// How far a bulk is.
    pub fn bulk_status(&self, id: &str) -> Result<Bulk, Error> {
        let missing = || Error::BulkNotFound(shown(id));
        let known: BulkId = id.parse().map_err(|_| missing())?;
        self.inner.lifecycle.bulk(known).map_err(Error::reading)?.ok_or_else(missing)
    }

    fn check(&self, request: &BulkRequest) -> Result<(), Error> {
        let BulkRequest { create, delete, delete_where } = request;
        if create.is_empty() && delete.is_empty() && delete_where.is_none() {
            let message = "nothing is asked for: give create, delete or delete_where".to_owned();
            return Err(Error::invalid("", "empty_bulk", message));
        }
        if delete_where.as_ref().is_some_and(|selection| selection.labels.is_empty()) {
            let message = "at least one label is needed: none would select every instance".to_owned();
            return Err(Error::invalid("/delete_where/label", "empty_selector", message));
        }
        self.check_number(create.len() + delete.len())
    }

    fn check_number(&self, items: usize) -> Result<(), Error> {
        let max = self.inner.options.max_bulk_items;
        if items <= max {
            return Ok(());
        }
        let message = format!("these are {items} items, and at most {max} are allowed: send several bulks");
        Err(Error::invalid("", "too_many_items", message))
    }

    /// The items, each delete with the instance it is about.
    async fn orders(&self, request: BulkRequest, explain: Explain) -> Result<Vec<Order>, Error> {
        let BulkRequest { create, delete, delete_where } = request;
        let mut orders = unique(create, explain);
        let service = self.clone();
        let resolved = tokio::task::spawn_blocking(move || {
            delete
                .into_iter()
                .map(|reference| service.resolve(reference, explain))
                .collect::<Result<Vec<_>, _>>()
        });
        orders.extend(resolved.await.expect("reading records does not panic")?);
        if let Some(Selection { labels, expect_count }) = delete_where {
            let found = self.inner.lifecycle.select(labels).await.map_err(Error::reading)?;
            if found.len() != expect_count {
                return Err(Error::SelectionDiffers { found: found.len(), expected: expect_count });
            }
            orders.extend(found.into_iter().map(|(id, name)| Order::Delete(id, name)));
        }
        self.check_number(orders.len())?;
        Ok(orders)
    }

    fn resolve(&self, reference: String, explain: Explain) -> Result<Order, Error> {
        match Reference::parse(&reference).and_then(|reference| self.instance(&reference)) {
            Ok(instance) => Ok(Order::Delete(instance.id, instance.spec.name.clone())),
            Err(error @ Error::InstanceNotFound(_)) => {
                let name = Some(shown(&reference));
                Ok(Order::Refused { op: BulkOp::Delete, name, refusal: Box::new(explain(error)) })
            }
            Err(error) => Err(error),
        }
    }

    async fn dry_run_order(&self, order: Order, explain: Explain) -> Result<BulkItem, Error> {
        let item = |op, name, id, progress| BulkItem { op, name, id, progress };
        match order {
            Order::Refused { op, name, refusal } => Ok(item(op, name, None, Progress::Refused(refusal))),
            Order::Delete(id, name) => {
                Ok(item(BulkOp::Delete, Some(name.to_string()), Some(id), Progress::Accepted))
            }
            Order::Create(request) => {
                let name = Some(request.name.to_string());
                let progress = match self.dry_run(*request).await {
                    Ok(_) => Progress::Accepted,
                    Err(error) if error.passes() => return Err(error),
                    Err(error) => Progress::Refused(Box::new(explain(error))),
                };
                Ok(item(BulkOp::Create, name, None, progress))
            }
        }
    }

    /// Waits until the bulk is finished or the time is up; none: there is no such bulk.
    async fn finished(&self, id: BulkId, wait: Option<Duration>) -> Result<Option<Bulk>, Error> {
        let deadline = Instant::now() + self.bounded_wait(wait);
        // Subscribed before the first look: nothing that happens in between is missed.
        let mut finished = self.inner.bulks.finished.subscribe();
        loop {
            let bulk = self.inner.lifecycle.bulk(id).map_err(Error::reading)?;
            if bulk.as_ref().is_none_or(|bulk| bulk.finished_at.is_some()) {
                return Ok(bulk);
            }
            tokio::select! {
                () = self.inner.shutdown.cancelled() => return Ok(bulk),
                changed = timeout_at(deadline, finished.changed()) => match changed {
                    Ok(Ok(())) => {}
                    // The time is up; the sender lives as long as this.
                    Ok(Err(_)) | Err(_) => return Ok(bulk),
                },
            }
        }
    }

    /// Writes down where items came to, and tells those who wait for their bulks.
    async fn advance(&self, steps: Vec<ItemStep>) -> Result<(), Error> {
        let finished = self.inner.lifecycle.advance(steps).await.map_err(Error::reading)?;
        for bulk in &finished {
            tracing::info!(%bulk, "a bulk is finished");
        }
        if !finished.is_empty() {
            self.inner.bulks.finished.send_replace(());
        }
        Ok(())
    }
}

/// Only the first of those that want one name can have it: which one that is must not be chance.
fn unique(orders: Vec<Order>, explain: Explain) -> Vec<Order> {
    let mut first = HashMap::new();
    let one = |(index, order)| {
        let Order::Create(request) = &order else { return order };
        match first.get(&request.name) {
            None => {
                first.insert(request.name.clone(), index);
                order
            }
            Some(first) => {
                let message = format!("item {first} of this bulk has the name {} already", request.name);
                let refusal = Box::new(explain(Error::invalid("/name", "duplicate_name", message)));
                Order::Refused { op: BulkOp::Create, name: Some(request.name.to_string()), refusal }
            }
        }
    };
    orders.into_iter().enumerate().map(one).collect()
}

fn meaning(request: &BulkRequest) -> Meaning {
    let BulkRequest { create, delete, delete_where } = request;
    let meaning = Meaning::of("bulk").number(create.len());
    let meaning = create.iter().fold(meaning, |meaning, order| match order {
        Order::Create(request) => meaning.text("create").create(request),
        Order::Delete(id, _) => meaning.text("delete").text(&id.simple()),
        // What it was does not matter any more: it comes to the same.
        Order::Refused { name, refusal, .. } => {
            meaning.text("refused").optional(name.as_deref()).text(&refusal.message)
        }
    });
    let meaning = delete.iter().fold(meaning.number(delete.len()), |meaning, text| meaning.text(text));
    match delete_where {
        None => meaning.number(0),
        Some(Selection { labels, expect_count }) => meaning
            .number(1)
            .entries(labels.iter().map(|(key, value)| (key, value.as_str())))
            .number(*expect_count),
    }
}
