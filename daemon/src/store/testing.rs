//! A store with things in it, for the tests of this folder.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Change, EventDraft, Occasion, Options, Planted, Store, WhenFull};
use crate::domain::{Instance, InstanceId, OwnerId, Secrets, Spec, Status, Timestamp, WorkloadName};
use crate::runtime::Metrics;

/// Requests that are kept.
pub(super) const KEPT_REQUESTS: u64 = 5;

/// A store in a directory of its own.
pub(super) struct Shelf {
    pub(super) store: Store,
    _dir: tempfile::TempDir,
}

impl Shelf {
    /// At most so many events are kept, none longer than a minute; so are tombstones.
    pub(super) fn new(events: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let minute = Duration::from_secs(60);
        let options = Options {
            data_dir: dir.path().to_owned(),
            cache: 1 << 20,
            queue: 64,
            batch: 16,
            tombstones: minute,
            events,
            events_for: minute,
            idempotency: minute,
            max_idempotency_keys: 10,
            bulks: minute,
            max_unfinished_bulks: 10,
            past_requests: KEPT_REQUESTS,
            retry: minute,
            planted: Planted::default(),
        };
        let store =
            Store::open(options, || OwnerId::from_u128(1), Box::new(|_| {}), Metrics::default()).unwrap();
        Self { store, _dir: dir }
    }

    /// An instance from this template, with this label `team`.
    pub(super) async fn insert(&self, number: u128, name: &str, template: &str, team: &str) -> Instance {
        let id = InstanceId::from_u128(number);
        let status = Status::requested(WorkloadName::of(self.store.owner(), id), Timestamp(0));
        let spec = Arc::new(spec(name, template, team));
        let draft = draft("accepted", 0);
        self.store.insert(id, spec, Secrets::default(), status, draft, Occasion::Single).await.unwrap()
    }

    /// Changes nothing but the revision.
    pub(super) async fn touch(&self, number: u128, kind: &str) {
        let kind = kind.to_owned();
        self.change(number, move |instance| {
            Change::Write(Box::new(instance.status.clone()), draft(&kind, 0))
        })
        .await;
    }

    pub(super) async fn remove(&self, number: u128) {
        self.change(number, |_| Change::Remove(draft("delete-succeeded", 0))).await;
    }

    /// So many events that are about no instance.
    pub(super) async fn note(&self, count: usize, at: i64) {
        for noted in join_all((0..count).map(|_| self.store.note(draft("swept", at)))).await {
            noted.unwrap();
        }
    }

    async fn change(&self, number: u128, change: impl FnOnce(&Instance) -> Change + Send + 'static) {
        let changed = self
            .store
            .update(InstanceId::from_u128(number), WhenFull::Wait, |instance| Ok::<_, ()>(change(instance)));
        changed.await.unwrap().unwrap().unwrap();
    }
}

fn draft(kind: &str, at: i64) -> EventDraft {
    EventDraft { at: Timestamp(at), kind: kind.to_owned(), reason: None, message: None }
}

fn spec(name: &str, template: &str, team: &str) -> Spec {
    let mut spec = Spec::example(name, "local");
    spec.template.name = template.parse().unwrap();
    spec.labels.insert("team".to_owned(), team.to_owned());
    spec
}
