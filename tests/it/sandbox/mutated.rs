//! A real plugin whose bytes were damaged, through the loader that every plugin goes through.

use std::sync::Arc;
use std::time::Duration;

use wharfinger::domain::{BreakerPolicy, Decision, HookMode};
use wharfinger::extension::Extensions as _;
use wharfinger::plugin::{HookOptions, Host, Limits, Options, PluginHost, ProvisionerOptions, Timeouts};
use wharfinger::process::Processes;
use wharfinger::runtime::{Activator, Metrics, SystemClock, Tasks};
use wharfinger_tests::bin_path;

/// Some compile, which takes a moment each.
const CASES: u64 = 48;

fn options(folder: &std::path::Path) -> Options {
    let second = Duration::from_secs(1);
    let provisioner = ProvisionerOptions {
        name: "local".parse().unwrap(),
        plugin: bin_path::workspace_root().join("config/plugins/local.wasm"),
        max_concurrent: 1,
        max_inspects: 1,
        timeouts: Timeouts { create: second, inspect: second, destroy: second },
        upstreams: [].into(),
        process: true,
        settings: "{}".to_owned(),
        endpoints: Vec::new(),
        limits: Limits::default(),
    };
    let hook = HookOptions {
        name: "naming".parse().unwrap(),
        plugin: folder.join("naming.wasm"),
        mode: HookMode::Enforce,
        on_error: Decision::Deny,
        timeout: second,
        max_concurrent: 1,
        settings: "{\"pattern\": \"^[a-z]\"}".to_owned(),
        limits: Limits::default(),
    };
    Options {
        default_provisioner: provisioner.name.clone(),
        provisioners: vec![provisioner],
        hooks: vec![hook],
        quarantine: BreakerPolicy::default(),
    }
}

#[tokio::test]
async fn a_damaged_plugin_is_refused_or_serves_and_the_loader_does_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(bin_path::workspace_root().join("config/plugins/naming.wasm")).unwrap();
    let file = folder.path().join("naming.wasm");
    std::fs::write(&file, &whole).unwrap();
    let processes = wharfinger::process::Options {
        dir: folder.path().join("processes"),
        program: "/nowhere".into(),
        max_output: 4_096,
        max_children: 1,
    };
    let host = Host {
        clock: Arc::new(SystemClock),
        tasks: Tasks::default(),
        processes: Processes::new(processes).unwrap(),
        changed: Activator::new(),
        first_generation: 1,
        owned: Box::new(|_| 0),
        metrics: Metrics::default(),
    };
    let host = PluginHost::start(options(folder.path()), host).await.unwrap();
    let mut refused = 0;
    for seed in 0..CASES {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut bytes = whole.clone();
        for _ in 0..=dice.usize(..4) {
            let at = dice.usize(8..bytes.len());
            match dice.u8(..6) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..(at + dice.usize(1..64)).min(bytes.len()))),
                _ => bytes[at] ^= 1 << dice.u8(..8),
            }
        }
        std::fs::write(&file, &bytes).unwrap();
        match host.reload(options(folder.path())).await {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.code(), "plugins_refused", "seed {seed}");
                refused += 1;
            }
        }
        assert_eq!(host.current().hooks.len(), 1, "seed {seed}: one serves");
    }
    assert!(refused > CASES / 10, "some of it is damage: {refused}");
    std::fs::write(&file, &whole).unwrap();
    host.reload(options(folder.path())).await.unwrap();
}
