//! Whether what stands behind a plugin answers, by its last calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::Timestamp;
use crate::runtime::Clock;

/// Hears of every attempt to reach an upstream. An upstream that answers anything over HTTP is
/// reachable; one that cannot be connected to is not. A lost or late answer proves neither: a slow
/// backend is busy, not down.
pub(in crate::plugin) struct Reachability {
    plugin: String,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    upstreams: BTreeMap<String, bool>,
    reachable: Option<bool>,
    since: Option<Timestamp>,
}

impl Reachability {
    /// Nothing is known yet.
    pub(in crate::plugin) fn new(plugin: &str, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { plugin: plugin.to_owned(), clock, seen: Mutex::default() })
    }

    /// `upstream` answered, or could not be reached. The plugin counts as reachable when every
    /// upstream that was ever asked is.
    pub(in crate::plugin) fn saw(&self, upstream: &str, answers: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.upstreams.insert(upstream.to_owned(), answers);
        match (before, answers) {
            _ if before == Some(answers) => return,
            (Some(false), true) => {
                tracing::info!(plugin = self.plugin, upstream, "the backend answers again")
            }
            (_, true) => {}
            (_, false) => tracing::warn!(plugin = self.plugin, upstream, "the backend cannot be reached"),
        }
        let reachable = Some(seen.upstreams.values().all(|&answers| answers));
        if seen.reachable != reachable {
            seen.reachable = reachable;
            seen.since = Some(self.clock.now());
        }
    }

    /// Whether it answers, and since when that is so.
    pub(in crate::plugin) fn now(&self) -> (Option<bool>, Option<Timestamp>) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.reachable, seen.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp(7)
        }
    }

    #[test]
    fn one_upstream_that_is_down_is_enough() {
        let reach = Reachability::new("p", Arc::new(Fixed));
        assert_eq!(reach.now(), (None, None));
        reach.saw("a", true);
        assert_eq!(reach.now(), (Some(true), Some(Timestamp(7))));
        reach.saw("b", false);
        reach.saw("a", true);
        assert_eq!(reach.now().0, Some(false));
        reach.saw("b", true);
        assert_eq!(reach.now().0, Some(true));
    }
}
