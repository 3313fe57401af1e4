//! Assembly: makes the parts, joins them, and takes them down again.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use tokio::signal::unix::{SignalKind, signal};

use crate::api::{self, Server};
use crate::catalog::{self, Catalog};
use crate::config::{self, Loaded, Overrides};
use crate::control::Control;
use crate::domain::PublishedSet;
use crate::extension::{ConfigurationReport, Extensions};
use crate::lifecycle::Lifecycle;
use crate::plugin::{Ground, Ledger, PluginHost, ReloadRequests, Wiring};
use crate::probe::Ladder;
use crate::process::Processes;
use crate::reconciler::{Parts, Reconciler};
use crate::reload::Reload;
use crate::runtime::{Activator, Clock, Metrics, Readiness, Shutdown, SystemClock, Tasks};
use crate::service::Service;
use crate::store;

/// Requests to read the configuration again that may wait. More wait to be sent.
const RELOAD_REQUESTS: usize = 16;

/// Where the configuration came from, to load it again.
pub struct Source {
    /// The file.
    pub config: PathBuf,
    /// What won over it.
    pub overrides: Overrides,
}

/// Why the daemon ended other than by being told to.
pub enum Ended {
    /// What was configured cannot be used: a template or a plugin.
    Configuration(anyhow::Error),
    /// It could not start, or one of its tasks died.
    Failure(anyhow::Error),
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Failure(error)
    }
}

/// Runs until a signal says to stop. `Ok`: it was told to, and drained within its bound or said
/// that it did not.
pub async fn run(loaded: Loaded, source: Source) -> Result<(), Ended> {
    let Loaded { options, warnings, .. } = loaded.clone();
    options.telemetry.install();
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let tasks = Tasks::default();
    let shutdown = Shutdown::new();
    let readiness = Readiness::new();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Metrics::new(clock.now());
    let mut told_to_stop = Stop::listen()?;
    // Before anything that takes time: unheard, it would end the daemon.
    let hangup = signal(SignalKind::hangup()).context("SIGHUP cannot be heard")?;

    let drain = options.api.drain;
    // The port first: a second daemon fails before it touches anything.
    let server = Server::bind(options.api).context("cannot listen")?;
    let address = server.local_addr();

    let bell = Activator::new();
    let data_dir = options.store.data_dir.clone();
    let (data, at, rung, counted) = (options.store, Arc::clone(&clock), bell.clone(), metrics.clone());
    let lifecycle = tokio::task::spawn_blocking(move || open(&data, &at, &rung, &counted))
        .await
        .context("opening the database panicked")?
        .context("the database cannot be opened")?;
    readiness.done(Readiness::STORE);
    // Before plugins are compiled. A retired provisioner has no table, and may have a template.
    let published = lifecycle.published().context("the database cannot be read")?;
    let retired = published.into_iter().flat_map(|set| set.retired);
    let tables = options.plugin.provisioners.iter().map(|table| table.name.clone());
    let provisioners = tables.chain(retired).collect();
    catalog::read(&options.catalog, &provisioners).map_err(|error| Ended::Configuration(error.into()))?;

    tasks.spawn("store readiness", lifecycle.clone().keep_saying(readiness.clone(), shutdown.clone()));
    let _control = Control::start(&data_dir, lifecycle.clone(), &tasks, shutdown.clone())
        .context("data_dir/control.sock cannot be made: its path may be too long (107 bytes at most)")?;

    let pruned_every = options.reconciler.full_pass;
    tasks.spawn("prune", lifecycle.clone().keep_pruning(pruned_every, shutdown.clone()));
    tasks.spawn("past requests", lifecycle.clone().keep_writing_refused(shutdown.clone()));

    let processes = Processes::new(options.process).context("child processes cannot be managed")?;
    let swapped = Activator::new();
    let (reloads, requests) = tokio::sync::mpsc::channel(RELOAD_REQUESTS);
    let ground =
        Ground { clock: Arc::clone(&clock), tasks: tasks.clone(), processes, metrics: metrics.clone() };
    let wiring = wiring(ground, &lifecycle, &source, swapped.clone(), reloads)?;
    let plugins = PluginHost::start(options.plugin, loaded.allowances.clone(), wiring)
        .await
        .map_err(|error| Ended::Configuration(error.into()))?;
    let extensions: Arc<dyn Extensions> = Arc::new(plugins.clone());

    let catalog = Catalog::start(
        options.catalog,
        Arc::clone(&extensions),
        Arc::clone(&clock),
        &tasks,
        shutdown.clone(),
    )
    .map_err(|error| Ended::Configuration(error.into()))?;
    readiness.done(Readiness::PLUGINS);

    let reload = Reload {
        source,
        loaded,
        plugins: plugins.clone(),
        swapped,
        catalog: catalog.clone(),
        bell: bell.clone(),
        clock: Arc::clone(&clock),
        requests,
        hangup,
        report: ConfigurationReport::default(),
        suspicious: None,
    };
    reload.start(&tasks, shutdown.clone());

    let ladder = Arc::new(Ladder::new(options.probe));
    let parts = Parts {
        lifecycle: lifecycle.clone(),
        extensions: Arc::clone(&extensions),
        prober: ladder.clone(),
        clock: Arc::clone(&clock),
        tasks: tasks.clone(),
        bell,
        metrics: metrics.clone(),
    };
    let reconciler = Reconciler::new(options.reconciler, parts, fastrand::u64(..));
    tasks.spawn("reconciler", reconciler.clone().run(readiness.clone(), shutdown.clone()));
    tasks.spawn("sweep", reconciler.clone().keep_sweeping(shutdown.clone()));

    let plugins = Arc::new(plugins);
    let service = Service::new(options.service, lifecycle, catalog, plugins, ladder, clock, shutdown.clone());
    service.start_bulks(api::refusal, &tasks);
    let serving = server.serve(service, readiness, metrics, tasks.clone(), shutdown.clone());
    tokio::pin!(serving);
    announce(address);

    let failure = tokio::select! {
        drained = &mut serving => return Err(anyhow!("the server stopped by itself: {drained:?}").into()),
        failure = tasks.failure() => Some(failure),
        signal = told_to_stop.told() => {
            tracing::info!(signal, "stopping: no new requests; those under way may finish");
            None
        }
    };
    shutdown.cancel();
    let (drained, finished) = tokio::join!(serving, reconciler.finish(drain));
    match (drained.graceful, finished) {
        (true, true) => {
            tracing::info!(
                "stopped gracefully: every request was answered and every step ended; workloads go on"
            );
        }
        (answered, finished) => {
            tracing::warn!(
                answered,
                finished,
                "stopped at the end of the drain time: what was under way is taken up by the next start; workloads go on"
            );
        }
    }
    failure.map_or(Ok(()), |failure| Err(Ended::Failure(failure.into())))
}

/// What the plugins are connected to: the records, and the configuration they came from.
fn wiring(
    ground: Ground,
    lifecycle: &Lifecycle,
    source: &Source,
    changed: Activator,
    reloads: ReloadRequests,
) -> Result<Wiring, anyhow::Error> {
    let (owned, file) = (lifecycle.clone(), source.config.clone());
    let generation = lifecycle.generation().context("the database cannot be read")?;
    Ok(Wiring {
        ground,
        changed,
        ledger: Arc::new(Records(lifecycle.clone())),
        published: lifecycle.published().context("the database cannot be read")?,
        read_table: Box::new(move |version| {
            config::stored_table(&file, version).map_err(|error| error.to_string())
        }),
        first_generation: generation.saturating_add(1),
        instances: Box::new(move |provisioner| owned.owned_by(provisioner)),
        reloads,
    })
}

/// The records, as where published sets are stored.
struct Records(Lifecycle);

#[async_trait]
impl Ledger for Records {
    async fn publish(&self, set: PublishedSet) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.publish(set).await?)
    }
}

/// Opens the records. A daemon that was just killed lets go of its file a moment later: it is
/// waited for, and then it is another one that runs.
fn open(
    options: &store::Options,
    clock: &Arc<dyn Clock>,
    bell: &Activator,
    metrics: &Metrics,
) -> Result<Lifecycle, store::Error> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let begun = Instant::now();
    loop {
        match Lifecycle::open(options.clone(), Arc::clone(clock), bell.clone(), metrics.clone()) {
            Err(store::Error::InUse { .. }) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            opened => return opened,
        }
    }
}

/// Says where it listens, on standard output: scripts read it. Where none does, the log has it.
fn announce(address: std::net::SocketAddr) {
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    let _ = writeln!(std::io::stdout(), "wharfinger listening on http://{address}");
}

/// The signals that say to stop.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> Result<Self, anyhow::Error> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?,
        })
    }

    async fn told(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
