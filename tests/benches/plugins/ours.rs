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

/// Hooks of another rule, in other languages; asked when they are built.
const OTHERS: [&str; 2] = ["javascript-hook", "python-hook"];

/// A host with the hook `naming`, and others.
pub(crate) struct Ours {
    hook: Arc<dyn Hook>,
    /// With their names.
    pub(crate) others: Vec<(String, Arc<dyn Hook>)>,
    /// Where the hook's component is.
    pub(crate) plugin: PathBuf,
    // Its directory goes with it.
    _daemon: TestDaemon,
    _host: PluginHost,
}

impl Ours {
    pub(crate) async fn start() -> Result<Self> {
        let mut builder = TestDaemon::builder().local().hook(&table("naming", "naming"));
        for name in others() {
            let lines = format!("name = \"{name}\"\nplugin = \"plugins/{name}.wasm\"");
            builder = builder.guest(name).hook(&lines);
        }
        let daemon = builder.prepare();
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
        let set = host.current();
        let mut hooks = set.hooks.iter().map(|entry| (entry.name.to_string(), entry.hook.clone()));
        let (_, hook) = hooks.next().context("the set has no hook")?;
        let others = hooks.collect();
        let plugin = daemon.dir().join("plugins/naming.wasm");
        Ok(Self { hook, others, plugin, _daemon: daemon, _host: host })
    }

    /// One review by `naming`.
    pub(crate) async fn review(&self, request: &Review) -> Result<()> {
        review(self.hook.as_ref(), request).await
    }
}

/// One review.
pub(crate) async fn review(hook: &dyn Hook, request: &Review) -> Result<()> {
    let verdict = hook.review(request).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
    ensure!(verdict.decision == Decision::Allow, "the hook refuses: {verdict:?}");
    Ok(())
}

/// Those of the hooks in other languages that are built.
pub(crate) fn others() -> impl Iterator<Item = &'static str> {
    OTHERS.into_iter().filter(|name| bin_path::test_plugin(name).is_file())
}

/// A hook of this name, in this file, with the bench's settings.
pub(crate) fn table(name: &str, file: &str) -> String {
    // JSON's strings and numbers are TOML's; the table is written anew.
    let settings: serde_json::Value = serde_json::from_str(SETTINGS).expect("the bench's own JSON");
    let settings: Vec<String> =
        settings.as_object().into_iter().flatten().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("name = \"{name}\"\nplugin = \"plugins/{file}.wasm\"\nsettings = {{ {} }}", settings.join(", "))
}
