//! How the daemon stands, in numbers, for whoever scrapes its metrics.

use super::Service;
use crate::runtime::{ProvisionerReadings, Readings};

impl Service {
    /// Asks nobody.
    pub fn readings(&self) -> Readings {
        let lifecycle = &self.inner.lifecycle;
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let orphans = lifecycle.orphans();
        let provisioners = self.provisioners().into_iter().map(|view| ProvisionerReadings {
            orphans: orphans.iter().filter(|orphan| orphan.provisioner == view.name).count(),
            name: view.name,
            breaker: view.outlook.breaker,
            frozen: view.outlook.frozen_since.is_some(),
            recovering: view.recovering.0,
            recovering_limit: view.recovering.1,
            reachable: view.reach.reachable,
            in_flight: view.reach.in_flight,
        });
        let plugins = self.inner.extensions.reports().into_iter();
        let plugins = plugins.map(|plugin| (plugin.name, plugin.kind.as_str(), plugin.quarantine.is_some()));
        let (waiting, limit) = lifecycle.writes_waiting();
        let (subscribers, event_lag) = lifecycle.subscribers();
        Readings {
            instances: lifecycle.counts(),
            provisioners: provisioners.collect(),
            plugins: plugins.collect(),
            generation: self.inner.extensions.current().generation,
            revision: lifecycle.revision().ok(),
            writes: (number(waiting), number(limit)),
            subscribers: number(subscribers),
            event_lag: number(event_lag),
        }
    }
}
