//! The daemon's own plugin host, with a configuration as an operator writes it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use wharfinger::config::{self, Overrides};
use wharfinger::domain::Decision;
use wharfinger::extension::{Extensions as _, Hook, Review};
use wharfinger::plugin::{Host, PluginHost};
use wharfinger::process::Processes;
use wharfinger::runtime::{Activator, Metrics, SystemClock, Tasks};
use wharfinger_tests::bin_path;
use wharfinger_tests::daemon::TestDaemon;

use crate::request::SETTINGS;

/// A host with one hook.
pub(crate) struct Ours {
    hook: Arc<dyn Hook>,
    /// Where the hook's component is.
    pub(crate) plugin: PathBuf,
    // Its directory goes with it.
    _daemon: TestDaemon,
    _host: PluginHost,
}

impl Ours {
    pub(crate) async fn start() -> Result<Self> {
        let daemon = TestDaemon::builder().local().hook(&table("naming", "naming")).prepare();
        let loaded = config::load(&daemon.config_path(), std::iter::empty(), &Overrides::default())
            .map_err(|complaints| anyhow::anyhow!("{complaints}"))?;
        let mut options = loaded.options;
        options.process.program = bin_path::wharfinger();
        let host = Host {
            clock: Arc::new(SystemClock),
            tasks: Tasks::default(),
            processes: Processes::new(options.process)?,
            changed: Activator::new(),
            first_generation: 1,
            owned: Box::new(|_| 0),
            metrics: Metrics::default(),
        };
        let host = PluginHost::start(options.plugin, host).await?;
        let hook = host.current().hooks.first().context("the set has no hook")?.hook.clone();
        Ok(Self { hook, plugin: daemon.dir().join("plugins/naming.wasm"), _daemon: daemon, _host: host })
    }

    /// One review.
    pub(crate) async fn review(&self, review: &Review) -> Result<()> {
        let verdict = self.hook.review(review).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        ensure!(verdict.decision == Decision::Allow, "the hook refuses: {verdict:?}");
        Ok(())
    }
}

/// A hook of this name, in this file, with the bench's settings.
pub(crate) fn table(name: &str, file: &str) -> String {
    // JSON's strings and numbers are TOML's; the table is written anew.
    let settings: serde_json::Value = serde_json::from_str(SETTINGS).expect("the bench's own JSON");
    let settings: Vec<String> =
        settings.as_object().into_iter().flatten().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("name = \"{name}\"\nplugin = \"plugins/{file}.wasm\"\nsettings = {{ {} }}", settings.join(", "))
}
