//! What the store promises when the disk does not.

mod backups;
mod damage;
mod disk;
mod faults;
mod findings;
mod formats;
mod ledger;
mod power_cuts;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::current::Current;
use super::{Change, Error, EventDraft, Observer, Occasion, Options, Planted, Store, WhenFull, open};
use crate::domain::{InstanceId, OwnerId, Revision, Secret, Secrets, Spec, Status, Timestamp, WorkloadName};
use crate::runtime::Metrics;
use disk::Disk;

const OWNER: OwnerId = OwnerId::from_u128(7);
const CACHE: usize = 4 << 20;

fn options(dir: &Path) -> Options {
    Options {
        data_dir: dir.to_owned(),
        cache: CACHE,
        queue: 64,
        batch: 16,
        tombstones: Duration::from_secs(86_400),
        events: 100_000,
        events_for: Duration::from_secs(86_400),
        idempotency: Duration::from_secs(86_400),
        max_idempotency_keys: 100,
        bulks: Duration::from_secs(86_400),
        max_unfinished_bulks: 10,
        past_requests: 5,
        retry: Duration::from_secs(5),
        planted: Planted::default(),
    }
}

fn nobody() -> Observer {
    Box::new(|_| {})
}

fn open_in(dir: &Path) -> Result<Store, Error> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match Store::open(options(dir), || OWNER, nobody(), Metrics::default()) {
            // The writer of the one before lets go of it a moment later.
            Err(Error::InUse { .. }) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1))
            }
            opened => return opened,
        }
    }
}

/// A store over a disk that holds a database already. Sees what its observer sees.
fn open_over(disk: &Disk, retry: Duration) -> Result<(Store, Seen), Error> {
    let seen = Seen::default();
    let path = Path::new("the disk");
    let opened = Current::open(Box::new(disk.clone()), path, CACHE, None)?;
    let options = Options { retry, ..options(path) };
    let store = Store::over(opened, options, seen.observer(), Metrics::default())?;
    Ok((store, seen))
}

fn formatted() -> Disk {
    let disk = Disk::default();
    open::initialise(&disk, CACHE, || OWNER).unwrap();
    disk
}

/// The revisions an observer was shown.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u64>>>);

impl Seen {
    fn observer(&self) -> Observer {
        let seen = self.clone();
        Box::new(move |committed| {
            seen.0.lock().unwrap().extend(committed.iter().map(|change| change.event.revision.0));
        })
    }

    fn revisions(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }
}

fn id(number: u64) -> InstanceId {
    InstanceId::from_u128(u128::from(number) << 64)
}

fn spec(number: u64) -> Spec {
    Spec { secret_names: vec!["KEY".to_owned()], ..Spec::example(&format!("i{number}"), "p") }
}

fn draft(kind: &str) -> EventDraft {
    EventDraft { at: Timestamp(1), kind: kind.to_owned(), reason: None, message: None }
}

async fn insert(store: &Store, number: u64) -> Result<Revision, Error> {
    let secrets = Secrets(BTreeMap::from([("KEY".to_owned(), Secret::new(format!("secret {number}")))]));
    let status = Status::requested(WorkloadName::of(OWNER, id(number)), Timestamp(1));
    let spec = Arc::new(spec(number));
    let inserted = store.insert(id(number), spec, secrets, status, draft("accepted"), Occasion::Single).await;
    inserted.map(|instance| instance.revision)
}

async fn touch(store: &Store, number: u64) -> Result<Revision, Error> {
    let changed = store
        .update(id(number), WhenFull::Wait, |instance| {
            let mut status = instance.status.clone();
            status.attempt += 1;
            Ok::<_, ()>(Change::Write(Box::new(status), draft("touched")))
        })
        .await?;
    Ok(changed.unwrap().unwrap().unwrap().revision)
}

async fn remove(store: &Store, number: u64) -> Result<(), Error> {
    let removed =
        store.update(id(number), WhenFull::Wait, |_| Ok::<_, ()>(Change::Remove(draft("removed")))).await?;
    assert_eq!(removed.unwrap(), Ok(None));
    Ok(())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// Waits until the disk takes writes, or takes none.
async fn until_writable(store: &Store, wanted: bool) {
    let mut writable = store.writable();
    let waited = tokio::time::timeout(Duration::from_secs(30), writable.wait_for(|now| *now == wanted)).await;
    waited.expect("it comes to that in time").unwrap();
}
