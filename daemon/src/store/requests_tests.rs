//! Idempotency keys, bulks and full queues, below everything that speaks to users.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use redb::ReadableTableMetadata as _;

use super::tables::{BULK_ITEM, BULK_REQUEST, IDEMPOTENCY, IDEMPOTENCY_AT};
use super::{Claim, Claimed, Error, EventDraft, Made, Observer, Occasion, Options, Planted, Store};
use crate::domain::{
    BulkId, BulkOp, CreateRequest, IdempotencyKey, InstanceId, ItemStep, Order, OwnerId, Progress, Refusal,
    Secret, Secrets, Spec, Status, Timestamp, WorkloadName,
};
use crate::runtime::Metrics;

const DAY: Duration = Duration::from_secs(86_400);
const NOW: Timestamp = Timestamp(1_000_000);
const BULK: BulkId = BulkId::from_u128(7);

fn options(dir: &tempfile::TempDir) -> Options {
    Options {
        data_dir: dir.path().to_owned(),
        cache: 1 << 20,
        queue: 2_048,
        batch: 512,
        tombstones: DAY,
        events: 1_000,
        events_for: DAY,
        idempotency: DAY,
        max_idempotency_keys: 2,
        bulks: DAY,
        max_unfinished_bulks: 2,
        past_requests: 5,
        retry: DAY,
        planted: Planted::default(),
    }
}

fn open_with(options: Options, observer: Observer) -> Store {
    Store::open(options, || OwnerId::from_u128(1), observer, Metrics::default()).unwrap()
}

/// Closes it and opens it again: the writer's thread lets go of the file a moment later.
async fn reopen(store: Store, dir: &tempfile::TempDir) -> Store {
    drop(store);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        match Store::open(options(dir), || OwnerId::from_u128(2), Box::new(|_| {}), Metrics::default()) {
            Err(Error::InUse { .. }) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            opened => return opened.unwrap(),
        }
    }
}

fn open(dir: &tempfile::TempDir) -> Store {
    open_with(options(dir), Box::new(|_| {}))
}

async fn insert(store: &Store, number: u128, at: Timestamp, occasion: Occasion) -> Result<InstanceId, Error> {
    let id = InstanceId::from_u128(number);
    let status = Status::requested(WorkloadName::of(store.owner(), id), at);
    let draft = EventDraft { at, kind: "accepted".to_owned(), reason: None, message: None };
    let name = format!("i{number}");
    store
        .insert(id, Arc::new(Spec::example(&name, "p")), Secrets::default(), status, draft, occasion)
        .await
        .map(|instance| instance.id)
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text.to_owned()).unwrap()
}

fn first(store: &Store, text: &str, now: Timestamp) -> Claim {
    match store.claim(&key(text), b"request", now).unwrap() {
        Claimed::First(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn create(name: &str) -> Order {
    Order::Create(Box::new(CreateRequest {
        name: name.parse().unwrap(),
        template: "t".parse().unwrap(),
        provisioner: Some("p".parse().unwrap()),
        environment: [("A".to_owned(), "b".to_owned())].into(),
        secrets: Secrets([("KEY".to_owned(), Secret::new("hunter2".to_owned()))].into()),
        labels: [("team".to_owned(), "red".to_owned())].into(),
        description: Some("d".to_owned()),
    }))
}

fn refusal() -> Box<Refusal> {
    Box::new(Refusal {
        code: "name_taken".to_owned(),
        message: "m".to_owned(),
        retryable: false,
        violations: Vec::new(),
        hook: None,
        admission: Vec::new(),
    })
}

fn step(index: u32, progress: Progress) -> Vec<ItemStep> {
    vec![ItemStep { bulk: BULK, index, progress }]
}

#[tokio::test]
async fn a_key_is_known_after_a_restart_and_its_request_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let claim = first(&store, "k", NOW);
    assert!(matches!(store.claim(&key("k"), b"request", NOW).unwrap(), Claimed::UnderWay));
    let id = insert(&store, 1, NOW, Occasion::Keyed(claim)).await.unwrap();
    let store = reopen(store, &dir).await;
    let again = store.claim(&key("k"), b"request", NOW).unwrap();
    assert!(matches!(again, Claimed::Repeated(Made::Instance(made)) if made == id));
    assert!(matches!(store.claim(&key("k"), b"another", NOW).unwrap(), Claimed::Other));
}

#[tokio::test]
async fn a_key_whose_request_was_refused_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    insert(&store, 1, NOW, Occasion::Single).await.unwrap();
    let refused = insert(&store, 1, NOW, Occasion::Keyed(first(&store, "k", NOW))).await;
    assert!(matches!(refused, Err(Error::IdTaken { .. } | Error::NameTaken { .. })));
    drop(first(&store, "k", NOW));
    drop(first(&store, "k", NOW));
}

/// The caller of a write may go away at any moment: the key is free when it is known what came of it.
#[tokio::test]
async fn a_key_is_under_way_until_its_transaction_is_through_whoever_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for number in 0..2 {
        let text = number.to_string();
        let mut write = Box::pin(insert(&store, number, NOW, Occasion::Keyed(first(&store, &text, NOW))));
        // Handed to the writer, and given up.
        let _ = futures_util::poll!(&mut write);
        drop(write);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        let made = loop {
            match store.claim(&key(&text), b"request", NOW).unwrap() {
                Claimed::UnderWay => tokio::task::yield_now().await,
                Claimed::Repeated(made) => break made,
                other => panic!("{other:?}"),
            }
            assert!(tokio::time::Instant::now() < deadline);
        };
        assert_eq!(made, Made::Instance(InstanceId::from_u128(number)));
    }
}

#[tokio::test]
async fn a_key_is_forgotten_in_its_time_and_counts_until_then() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    insert(&store, 1, NOW, Occasion::Keyed(first(&store, "one", NOW))).await.unwrap();
    let later = NOW.plus(DAY / 2);
    insert(&store, 2, later, Occasion::Keyed(first(&store, "two", later))).await.unwrap();
    match insert(&store, 3, later, Occasion::Keyed(first(&store, "three", later))).await {
        Err(Error::KeysFull { kept: 2, free_in }) => assert_eq!(free_in, DAY / 2),
        other => panic!("{other:?}"),
    }
    assert!(store.get(InstanceId::from_u128(3)).unwrap().is_none());

    // Expired, whether somebody forgot it already or not; it can be used anew in either case.
    let tomorrow = NOW.plus(DAY);
    drop(first(&store, "one", tomorrow));
    while store.forget_keys(tomorrow).await.unwrap() {}
    let rows = || {
        let read = store.database.begin_read().unwrap();
        let (keys, times) = (read.open_table(IDEMPOTENCY).unwrap(), read.open_table(IDEMPOTENCY_AT).unwrap());
        (keys.len().unwrap(), times.len().unwrap())
    };
    assert_eq!(rows(), (1, 1));
    insert(&store, 4, tomorrow, Occasion::Keyed(first(&store, "one", tomorrow))).await.unwrap();
    assert!(matches!(store.claim(&key("two"), b"request", tomorrow).unwrap(), Claimed::Repeated(_)));
    assert_eq!(rows(), (2, 2));
}

#[tokio::test]
async fn an_expired_key_is_used_anew_before_anybody_forgot_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_with(Options { max_idempotency_keys: 9, ..options(&dir) }, Box::new(|_| {}));
    insert(&store, 1, NOW, Occasion::Keyed(first(&store, "k", NOW))).await.unwrap();
    let tomorrow = NOW.plus(DAY);
    let id = insert(&store, 2, tomorrow, Occasion::Keyed(first(&store, "k", tomorrow))).await.unwrap();
    // Only the old time is over.
    while store.forget_keys(tomorrow).await.unwrap() {}
    let again = store.claim(&key("k"), b"request", tomorrow).unwrap();
    assert!(matches!(again, Claimed::Repeated(Made::Instance(made)) if made == id));
}

#[tokio::test]
async fn an_item_and_its_instance_are_one_transaction() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let orders = vec![create("i1"), create("i2")];
    store.insert_bulk(BULK, orders, Some(first(&store, "k", NOW)), NOW).await.unwrap();
    let repeated = store.claim(&key("k"), b"request", NOW).unwrap();
    assert!(matches!(repeated, Claimed::Repeated(Made::Bulk(BULK))));
    let request = store.bulk_request(BULK, 0).unwrap().unwrap();
    assert_eq!(Order::Create(Box::new(request)), create("i1"));

    let item = Occasion::Item { bulk: BULK, index: 0 };
    let id = insert(&store, 1, NOW, item).await.unwrap();
    let stored = store.bulk_item(BULK, 0).unwrap().unwrap();
    assert_eq!((stored.id, stored.progress), (Some(id), Progress::Accepted));
    assert_eq!(store.bulk_request(BULK, 0).unwrap(), None);
    // Whoever does it again, for whatever reason, makes nothing.
    let again = insert(&store, 2, NOW, Occasion::Item { bulk: BULK, index: 0 }).await;
    assert!(matches!(again, Err(Error::ItemEnded)), "{again:?}");
    assert!(store.get(InstanceId::from_u128(2)).unwrap().is_none());
    // A refusal of the record leaves the item as it was.
    let taken = insert(&store, 1, NOW, Occasion::Item { bulk: BULK, index: 1 }).await;
    assert!(taken.is_err());
    assert_eq!(store.bulk_item(BULK, 1).unwrap().unwrap().progress, Progress::Pending);
    assert!(store.bulk_request(BULK, 1).unwrap().is_some());
}

#[tokio::test]
async fn an_item_ends_once_and_its_secrets_go_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let delete = Order::Delete(InstanceId::from_u128(9), "old".parse().unwrap());
    let refused = Order::Refused { op: BulkOp::Create, name: None, refusal: refusal() };
    store.insert_bulk(BULK, vec![create("i1"), delete, refused], None, NOW).await.unwrap();
    assert_eq!(store.unfinished_bulks().unwrap(), [BULK]);

    assert!(store.advance(step(0, Progress::Done), NOW).await.unwrap().is_empty(), "it was not accepted yet");
    assert!(store.advance(step(0, Progress::Refused(refusal())), NOW).await.unwrap().is_empty());
    assert!(store.advance(step(0, Progress::Accepted), NOW).await.unwrap().is_empty());
    let read = store.database.begin_read().unwrap();
    assert_eq!(read.open_table(BULK_REQUEST).unwrap().len().unwrap(), 0);
    drop(read);
    assert!(store.advance(step(1, Progress::Accepted), NOW).await.unwrap().is_empty());
    let later = NOW.plus(Duration::from_secs(1));
    assert_eq!(store.advance(step(1, Progress::Done), later).await.unwrap(), [BULK]);
    assert!(store.advance(step(1, Progress::Failed), later).await.unwrap().is_empty());

    let bulk = reopen(store, &dir).await.bulk(BULK).unwrap().unwrap();
    assert_eq!((bulk.created_at, bulk.finished_at), (NOW, Some(later)));
    let progress: Vec<_> = bulk.items.into_iter().map(|item| item.progress).collect();
    assert_eq!(progress, [Progress::Refused(refusal()), Progress::Done, Progress::Refused(refusal())]);
}

#[tokio::test]
async fn bulks_are_bounded_and_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let id = BulkId::from_u128;
    store.insert_bulk(id(1), vec![create("i1")], None, NOW).await.unwrap();
    store.insert_bulk(id(2), vec![create("i2")], None, NOW).await.unwrap();
    let full = store.insert_bulk(id(3), vec![create("i3")], None, NOW).await;
    assert!(matches!(full, Err(Error::BulksFull { unfinished: 2 })), "{full:?}");
    assert_eq!(store.bulk(id(3)).unwrap(), None);

    let ended = ItemStep { bulk: id(1), index: 0, progress: Progress::Refused(refusal()) };
    assert_eq!(store.advance(vec![ended], NOW).await.unwrap(), [id(1)]);
    assert!(!store.forget_bulks(NOW.plus(DAY / 2)).await.unwrap());
    while store.forget_bulks(NOW.plus(DAY)).await.unwrap() {}
    assert_eq!(store.bulk(id(1)).unwrap(), None);
    assert!(store.bulk(id(2)).unwrap().is_some(), "it is not finished");
    let read = store.database.begin_read().unwrap();
    assert_eq!(read.open_table(BULK_ITEM).unwrap().len().unwrap(), 1);
    drop(read);

    // Of finished ones the oldest go first when there are too many.
    let finished = || vec![Order::Refused { op: BulkOp::Delete, name: None, refusal: refusal() }];
    let many = (10..1_012).map(|number| store.insert_bulk(id(number), finished(), None, NOW));
    assert!(join_all(many).await.into_iter().all(|inserted| inserted.is_ok()));
    let there = |number| store.bulk(id(number)).unwrap().is_some();
    assert_eq!([2, 10, 11, 12, 1_011].map(there), [true, false, false, true, true]);
}

/// Whoever comes when as many writes wait as may hears so at once.
#[tokio::test]
async fn a_full_queue_refuses_users_and_keeps_what_happened_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let (open_gate, gate) = std::sync::mpsc::sync_channel::<()>(0);
    let gate = Mutex::new(gate);
    // The writer stands still after its first commit, until the gate is gone.
    let observer: Observer = Box::new(move |_| {
        let _ = gate.lock().unwrap().recv();
    });
    let store = open_with(Options { queue: 1, batch: 1, ..options(&dir) }, observer);
    let mut writes = Vec::new();
    let mut busy = false;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    for number in 0.. {
        let mut write = Box::pin(insert(&store, number, NOW, Occasion::Single));
        match futures_util::poll!(&mut write) {
            std::task::Poll::Ready(Err(Error::Busy)) => busy = true,
            std::task::Poll::Ready(other) => panic!("{other:?}"),
            std::task::Poll::Pending => writes.push(write),
        }
        // One is with the writer, one waits, and there is no room for a third.
        if busy && writes.len() == 2 {
            break;
        }
        assert!(writes.len() <= 2 && tokio::time::Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    let bulk = store.insert_bulk(BULK, vec![create("b")], None, NOW).await;
    assert!(matches!(bulk, Err(Error::Busy)), "{bulk:?}");
    let asked = store.update(InstanceId::from_u128(0), super::WhenFull::Refuse, |_| Err::<_, ()>(())).await;
    assert!(matches!(asked, Err(Error::Busy)), "{asked:?}");
    let mut happened =
        Box::pin(store.update(InstanceId::from_u128(0), super::WhenFull::Wait, |_| Err::<_, ()>(())));
    assert!(futures_util::poll!(&mut happened).is_pending());
    drop(open_gate);
    assert!(join_all(writes).await.into_iter().all(|written| written.is_ok()));
    assert!(matches!(happened.await, Ok(Some(Err(())))));
}
