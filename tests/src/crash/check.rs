//! While no client asks for anything: everything must come to be as it was asked for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::MAX_ATTEMPTS;
use super::census::{Census, plain};
use super::client::{Client, Http};
use super::ledger::{Belief, Receipt};
use super::watcher::Seen;
use super::wrong::{Kind, Wrong};
use crate::daemon::TestDaemon;

/// Far longer than it takes; a machine may be slow.
const PATIENCE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(25);
/// So many of those that are gone are asked for.
const GRAVES_VISITED: usize = 8;

/// What is at rest.
pub(super) struct Rest {
    /// Instances that run.
    pub(super) running: usize,
    /// When it was.
    pub(super) at: Instant,
}

/// Waits for the rest, and judges it.
pub(super) async fn check(
    daemon: &TestDaemon,
    clients: &mut [&mut Client],
    seen: &Seen,
) -> Result<Rest, Wrong> {
    let base = daemon.url("");
    let http = Http::new();
    for client in clients.iter_mut() {
        client.make_sure(&base).await?;
    }
    let wanted: BTreeMap<String, &'static str> = clients
        .iter()
        .flat_map(|client| &client.ledger.entries)
        .filter_map(|entry| match &entry.belief {
            Belief::Lives { id } => Some((id.clone(), entry.template)),
            _ => None,
        })
        .collect();
    let rest = come_to_rest(daemon, &http, &wanted).await?;
    for client in clients.iter_mut() {
        client.look_at_all(&base).await?;
        for receipt in std::mem::take(&mut client.ledger.receipts) {
            find(&http, &base, &receipt).await?;
        }
        for grave in client.ledger.graves.iter().rev().take(GRAVES_VISITED) {
            let answer = answered(&http, &base, &format!("/mcp/instances/{grave}")).await?;
            if answer.status.as_u16() != 404 {
                return Err(Wrong::new(Kind::Returned, format!("{grave} was gone, and now: {answer}")));
            }
        }
    }
    watched_to_the_end(&http, &base, seen).await?;
    Ok(rest)
}

async fn come_to_rest(
    daemon: &TestDaemon,
    http: &Http,
    wanted: &BTreeMap<String, &'static str>,
) -> Result<Rest, Wrong> {
    let begun = Instant::now();
    loop {
        let listed = answered(http, &daemon.url(""), "/mcp/instances?limit=500").await?.body;
        let census = Census::take(daemon);
        census.judge()?;
        match at_rest(&listed, &census, wanted) {
            Ok(running) => return Ok(Rest { running, at: Instant::now() }),
            Err(wrong) if wrong.kind == Kind::Attempts || begun.elapsed() > PATIENCE => {
                let what = format!("after {:?} without a request: {}", begun.elapsed(), wrong.what);
                return Err(Wrong { what, ..wrong });
            }
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// Whether the records and the processes are what is wanted; how many run.
fn at_rest(listed: &Value, census: &Census, wanted: &BTreeMap<String, &'static str>) -> Result<usize, Wrong> {
    let none = Vec::new();
    let instances = listed["instances"].as_array().unwrap_or(&none);
    let shown: BTreeMap<&str, &Value> =
        instances.iter().filter_map(|instance| Some((instance["id"].as_str()?, instance))).collect();
    if let Some(tried) = instances.iter().find(|instance| instance["attempt"].as_u64() > Some(MAX_ATTEMPTS)) {
        return Err(Wrong::new(Kind::Attempts, format!("{tried:#}")));
    }
    if let Some(missing) = wanted.keys().find(|id| !shown.contains_key(id.as_str())) {
        return Err(Wrong::new(Kind::Lost, format!("{missing} was accepted, and is not in the list")));
    }
    if let Some((_, more)) = shown.iter().find(|(id, _)| !wanted.contains_key(**id)) {
        return Err(Wrong::new(Kind::Returned, format!("nobody wants {more:#}")));
    }
    let mut running = Vec::new();
    for (id, template) in wanted {
        let (status, processes) = match *template {
            "quick" => ("running", 1),
            _ => ("failed", 0),
        };
        let found = census.servers.get(&plain(id)).map_or(0, Vec::len);
        if shown[id.as_str()]["status"] != status || found != processes {
            let what = format!(
                "{id} should be {status} with {processes} processes, has {found}, and is {:#}",
                shown[id.as_str()]
            );
            return Err(Wrong::new(Kind::Unrest, what));
        }
        if processes > 0 {
            running.push(plain(id));
        }
    }
    if let Some(orphan) = census.spoken_of.iter().find(|id| !running.contains(id)) {
        return Err(Wrong::new(
            Kind::Orphan,
            format!("processes stand for {orphan}, which runs by no record"),
        ));
    }
    Ok(running.len())
}

/// What was accepted has its event.
async fn find(http: &Http, base: &str, receipt: &Receipt) -> Result<(), Wrong> {
    let answer = answered(http, base, &format!("/mcp/instances/{}/events", receipt.id)).await?;
    let found = answer.body["events"].as_array().is_some_and(|events| {
        events.iter().any(|event| {
            event["type"] == receipt.kind
                && receipt.revision.is_none_or(|revision| event["revision"].as_u64() == Some(revision))
        })
    });
    if found { Ok(()) } else { Err(Wrong::new(Kind::Lost, format!("{receipt:?} has no event: {answer}"))) }
}

/// The stream comes to the newest event of the list.
async fn watched_to_the_end(http: &Http, base: &str, seen: &Seen) -> Result<(), Wrong> {
    let before = seen.last();
    let newest = answered(http, base, "/mcp/instances?limit=1").await?.body["revision"].as_u64();
    if newest < Some(before) {
        return Err(Wrong::new(Kind::Lost, format!("event {before} was seen, and the newest is {newest:?}")));
    }
    let begun = Instant::now();
    while Some(seen.last()) < newest {
        if begun.elapsed() > PATIENCE {
            let what = format!("the stream is at {}, and the list at {newest:?}", seen.last());
            return Err(Wrong::new(Kind::History, what));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

async fn answered(http: &Http, base: &str, path: &str) -> Result<crate::daemon::Answer, Wrong> {
    let answer = http.get(format!("{base}{path}")).await;
    answer.ok_or_else(|| Wrong::new(Kind::Answer, format!("a running daemon gave no answer to GET {path}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listed(status: &str) -> Value {
        json!({"instances": [{"id": "a-1", "status": status, "attempt": 0}]})
    }

    fn census(ids: &[(&str, &[u32])]) -> Census {
        Census {
            servers: ids.iter().map(|(id, pids)| ((*id).to_owned(), pids.to_vec())).collect(),
            spoken_of: ids.iter().map(|(id, _)| (*id).to_owned()).collect(),
            ..Census::default()
        }
    }

    fn judged(listed: &Value, census: &Census) -> Result<usize, Kind> {
        at_rest(listed, census, &[("a-1".to_owned(), "quick")].into()).map_err(|wrong| wrong.kind)
    }

    #[test]
    fn each_wanted_instance_runs_with_one_process_and_nothing_else_does() {
        assert_eq!(judged(&listed("running"), &census(&[("a1", &[7])])), Ok(1));
        assert_eq!(judged(&listed("created"), &census(&[("a1", &[7])])), Err(Kind::Unrest));
        assert_eq!(judged(&listed("running"), &census(&[])), Err(Kind::Unrest));
        assert_eq!(judged(&json!({"instances": []}), &census(&[])), Err(Kind::Lost));
        assert_eq!(judged(&listed("running"), &census(&[("a1", &[7]), ("b1", &[8])])), Err(Kind::Orphan));
        assert_eq!(census(&[("a1", &[7, 8])]).judge().unwrap_err().kind, Kind::Duplicate);
    }
}
