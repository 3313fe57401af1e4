//! Makes many healthy instances, quickly and durably.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use wharfinger::domain::{Event, InstanceId, OwnerId, Phase, Secrets, Status, Timestamp, WorkloadName};
use wharfinger::runtime::{Clock as _, Metrics, SystemClock};
use wharfinger::store::{EventDraft, Occasion, Store};
use wharfinger_tests::options;

use crate::calm;

/// Writes that are under way together: what fills a commit.
const TOGETHER: usize = 2_048;

/// Fills the store below `dir` and ends.
pub(crate) fn fill(dir: &Path, records: u64) -> Result<()> {
    let store = Store::open(
        wharfinger::store::Options { queue: 2 * TOGETHER, batch: TOGETHER, ..options::store(dir) },
        || OwnerId::from_u128(1),
        Box::new(|_| {}),
        Metrics::default(),
    )?;
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    runtime.block_on(async {
        let mut writes = JoinSet::new();
        for number in 0..records {
            if writes.len() >= TOGETHER {
                writes.join_next().await.transpose()?.transpose()?;
            }
            let store = store.clone();
            writes.spawn(async move { insert(&store, number).await });
        }
        while let Some(written) = writes.join_next().await {
            written??;
        }
        anyhow::Ok(())
    })
}

/// As a daemon that is killed: nothing is closed.
pub(crate) fn and_die(dir: &Path, records: u64) -> Result<()> {
    fill(dir, records)?;
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
    Ok(())
}

async fn insert(store: &Store, number: u64) -> Result<(), wharfinger::store::Error> {
    // Time-ordered as real ids are, with random-looking last bits.
    let bits = (u128::from(number) << 64) | u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let id = InstanceId::from_u128(bits);
    let now = SystemClock.now();
    let name = WorkloadName::of(store.owner(), id);
    let workload = calm::workload(name.as_str());
    let mut status = Status::requested(name, now);
    status.creations = 1;
    status.last_known = Some(workload.clone());
    status.phase = Phase::Running { workload, since: now };
    status.conditions = conditions(now);
    let draft = EventDraft { at: now, kind: Event::ACCEPTED.to_owned(), reason: None, message: None };
    let spec = Arc::new(calm::spec(&format!("instance-{number}")));
    store.insert(id, spec, Secrets::default(), status, draft, Occasion::Single).await.map(drop)
}

/// Those of a healthy instance.
fn conditions(now: Timestamp) -> Vec<wharfinger::domain::Condition> {
    use wharfinger::domain::{Condition, ConditionKind as Kind, ConditionStatus};
    [Kind::WorkloadObserved, Kind::PortOpen, Kind::HttpAnswers, Kind::Handshake, Kind::ToolsListed]
        .into_iter()
        .map(|kind| Condition {
            kind,
            status: ConditionStatus::True,
            reason: "Answered".to_owned(),
            message: "it answered in time".to_owned(),
            since: now,
            latency: Some(std::time::Duration::from_micros(800)),
        })
        .collect()
}
