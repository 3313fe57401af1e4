//! One client: asks one thing after the other, and keeps its ledger.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::ledger::{Asked, Belief, Entry, Ledger};
use super::wrong::Wrong;
use crate::daemon::Answer;

/// Names of one client. The last one is for an instance that never stays up.
const NAMES: usize = 5;
/// Longer than any answer takes: only a killed daemon gives none.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks without a daemon's help: an answer that does not come is an outcome.
#[derive(Debug, Clone)]
pub(super) struct Http(reqwest::Client);

impl Http {
    pub(super) fn new() -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
        Self(client.expect("a client without TLS settings can be built"))
    }

    fn request(&self, method: Method, url: String) -> reqwest::RequestBuilder {
        self.0.request(method, url)
    }

    pub(super) async fn get(&self, url: String) -> Option<Answer> {
        answer(self.request(Method::GET, url)).await
    }

    /// As [`get`](Self::get), for an answer that is read as it comes.
    pub(super) async fn open(&self, url: String) -> Option<reqwest::Response> {
        self.0.get(url).send().await.ok()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<Answer> {
    Answer::receive(request.send().await.ok()?).await.ok()
}

/// One client.
pub(super) struct Client {
    http: Http,
    random: fastrand::Rng,
    pub(super) ledger: Ledger,
}

impl Client {
    pub(super) fn new(number: usize, seed: u64) -> Self {
        let name = |nth| {
            let template = if nth + 1 == NAMES { "broken" } else { "quick" };
            Entry::new(format!("c{number}-{nth}"), template)
        };
        let ledger = Ledger { entries: (0..NAMES).map(name).collect(), ..Ledger::default() };
        Self { http: Http::new(), random: fastrand::Rng::with_seed(seed), ledger }
    }

    /// Asks one thing about one name.
    pub(super) async fn turn(&mut self, base: &str) -> Result<(), Wrong> {
        let index = self.random.usize(..NAMES);
        let asked = match self.ledger.entries[index].belief {
            Belief::Free => Asked::Create,
            Belief::MaybeMade if self.random.bool() => Asked::Create,
            Belief::MaybeMade | Belief::MaybeDeleted { .. } | Belief::Leaves { .. } => Asked::Read,
            Belief::Lives { .. } => match self.random.u8(..10) {
                0..4 => Asked::Read,
                4..6 => Asked::Restart,
                6..8 => Asked::Retry,
                _ => Asked::Delete,
            },
        };
        self.ask(index, asked, base).await
    }

    /// Looks at every name whose state only a look can tell.
    pub(super) async fn make_sure(&mut self, base: &str) -> Result<(), Wrong> {
        for index in 0..NAMES {
            if self.ledger.entries[index].is_uncertain() {
                self.ask(index, Asked::Read, base).await?;
            }
        }
        Ok(())
    }

    /// Looks at every name it knows an instance of.
    pub(super) async fn look_at_all(&mut self, base: &str) -> Result<(), Wrong> {
        for index in 0..NAMES {
            if self.ledger.entries[index].belief != Belief::Free {
                self.ask(index, Asked::Read, base).await?;
            }
        }
        Ok(())
    }

    async fn ask(&mut self, index: usize, asked: Asked, base: &str) -> Result<(), Wrong> {
        let entry = &self.ledger.entries[index];
        // Some wait for the outcome, and are cut off while they do.
        let wait = if self.random.u8(..4) == 0 { "2s" } else { "0s" };
        let one = format!("{base}/mcp/instances/{}", entry.reference());
        let request = match asked {
            Asked::Create => {
                let body = json!({"name": entry.name, "template": entry.template});
                let request = self.http.request(Method::POST, format!("{base}/mcp/instances?wait={wait}"));
                request.header("Idempotency-Key", entry.idempotency_key()).json(&body)
            }
            Asked::Read => self.http.request(Method::GET, one),
            Asked::Delete => self.http.request(Method::DELETE, format!("{one}?wait={wait}")),
            Asked::Restart => self.http.request(Method::POST, format!("{one}/restart")),
            Asked::Retry => self.http.request(Method::POST, format!("{one}/retry")),
        };
        let answer = answer(request).await;
        self.ledger.heard(index, asked, answer.as_ref())
    }
}
