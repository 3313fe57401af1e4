//! How the daemon stands at the moment: what other parts know anyway, read when somebody asks.

use super::catalogue::{Catalogue, gauge};
use super::labels::{Build, InstanceStatus, Plugin, Provisioner, ProvisionerState};
use super::{PREFIX, number};
use crate::domain::{BreakerState, PhaseKind, ProvisionerName, Revision};

/// Numbers that are not counted here.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Living instances; what is not there is none.
    pub instances: Vec<(ProvisionerName, PhaseKind, usize)>,
    /// Those that are configured.
    pub provisioners: Vec<ProvisionerReadings>,
    /// Those that are configured or serve: name, kind, and whether it is in quarantine.
    pub plugins: Vec<(String, &'static str, bool)>,
    /// Of the active plugin set.
    pub generation: u64,
    /// Of the last committed event; none if the database cannot be read.
    pub revision: Option<Revision>,
    /// Writes that wait for the store's writer, and how many may.
    pub writes: (u64, u64),
    /// Who listens to events.
    pub subscribers: u64,
    /// Events that the slowest of them has not taken yet.
    pub event_lag: u64,
}

/// One provisioner.
#[derive(Debug, Clone)]
pub struct ProvisionerReadings {
    /// As its table in the configuration.
    pub name: ProvisionerName,
    /// Whether calls are made.
    pub breaker: BreakerState,
    /// Whether recovery is frozen.
    pub frozen: bool,
    /// Instances whose workload is being made anew.
    pub recovering: usize,
    /// So many may be.
    pub recovering_limit: usize,
    /// Whether its backend answered the last call; none before the first.
    pub reachable: Option<bool>,
    /// Calls that are out.
    pub in_flight: usize,
    /// Workloads that carry our mark and have no record.
    pub orphans: usize,
}

/// The gauges of it.
pub(super) fn gauges(readings: &Readings) -> Catalogue {
    let mut catalogue = Catalogue::new(PREFIX);
    let build = catalogue.gauges("build_info", "1 for the version that runs");
    build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);

    let instances = catalogue.gauges("instances", "Living instances");
    for provisioner in &readings.provisioners {
        for status in PhaseKind::SEEN {
            instances.get_or_create(&instance_status(&provisioner.name, status)).set(0);
        }
    }
    for (provisioner, status, count) in &readings.instances {
        instances.get_or_create(&instance_status(provisioner, *status)).set(number(*count));
    }
    provisioner_gauges(&mut catalogue, &readings.provisioners);
    let quarantined = catalogue.gauges(
        "plugin_quarantined",
        "1 while the plugin is left alone, because it ended badly several times in a row",
    );
    for (plugin, kind, is) in &readings.plugins {
        quarantined.get_or_create(&Plugin { plugin: plugin.clone(), kind }).set(i64::from(*is));
    }

    let mut reading = |name, help, count: Option<u64>| {
        catalogue.reading(name, None, "gauge", help, count.map(gauge));
    };
    let Readings { generation, revision, writes, subscribers, event_lag, .. } = readings;
    reading("plugin_generation", "Number of the active plugin set", Some(*generation));
    reading("revision", "Number of the last committed event", revision.map(|revision| revision.0));
    let (waiting, limit) = *writes;
    reading("store_writes_waiting", "Writes that wait for the store's writer", Some(waiting));
    reading("store_writes_limit", "Writes that may wait; more are refused", Some(limit));
    let help = "Who listens to events: requests that wait, and streams";
    reading("event_subscribers", help, Some(*subscribers));
    let help = "Events that the slowest subscriber has not taken yet";
    reading("event_lag", help, Some(*event_lag));
    catalogue
}

fn provisioner_gauges(catalogue: &mut Catalogue, provisioners: &[ProvisionerReadings]) {
    let breaker = catalogue.gauges(
        "provisioner_breaker",
        "1 for the state of the provisioner's circuit breaker: closed (it is called), paused, half_open",
    );
    let frozen = catalogue.gauges(
        "provisioner_frozen",
        "1 while recovery of its instances is frozen, because too many went silent at once",
    );
    let reachable =
        catalogue.gauges("provisioner_reachable", "1 if its backend answered the last call, else 0");
    let recovering =
        catalogue.gauges("provisioner_recovering", "Instances whose workload is being made anew");
    let limit = catalogue.gauges("provisioner_recovering_limit", "Workloads that may be made anew at once");
    let in_flight = catalogue.gauges("provisioner_calls_in_flight", "Calls of the plugin that are out");
    let orphans = catalogue.gauges(
        "provisioner_orphans",
        "Workloads that carry our mark and have no record, at the last listing",
    );
    for readings in provisioners {
        let provisioner = Provisioner { provisioner: readings.name.to_string() };
        for state in BreakerState::WORDS {
            let labels = ProvisionerState { provisioner: readings.name.to_string(), state };
            breaker.get_or_create(&labels).set(i64::from(state == readings.breaker.as_str()));
        }
        frozen.get_or_create(&provisioner).set(i64::from(readings.frozen));
        if let Some(answers) = readings.reachable {
            reachable.get_or_create(&provisioner).set(i64::from(answers));
        }
        recovering.get_or_create(&provisioner).set(number(readings.recovering));
        limit.get_or_create(&provisioner).set(number(readings.recovering_limit));
        orphans.get_or_create(&provisioner).set(number(readings.orphans));
        in_flight.get_or_create(&provisioner).set(number(readings.in_flight));
    }
}

fn instance_status(provisioner: &ProvisionerName, status: PhaseKind) -> InstanceStatus {
    InstanceStatus { provisioner: provisioner.to_string(), status: status.as_str() }
}
