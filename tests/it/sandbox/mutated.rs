//! A real plugin whose bytes were damaged, through the loader that every plugin goes through.

use wharfinger::config::ByItself;
use wharfinger::plugin::{LoadingOptions, Workbench};
use wharfinger::process::Processes;
use wharfinger::runtime::Tasks;
use wharfinger_tests::bin_path;

/// Some compile, which takes a moment each.
const CASES: u64 = 48;

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
    let loading = LoadingOptions {
        compiler: Some(bin_path::wharfinger()),
        ..LoadingOptions::in_dir(folder.path().join("kept"))
    };
    let processes = Processes::new(processes).unwrap();
    let workbench = Workbench::open(&loading, Tasks::default(), processes, None).unwrap();
    let itself =
        ByItself { name: "naming".to_owned(), plugin: file.clone(), table: None, grants: Vec::new() };
    let mut table = itself.hook().unwrap();
    table.settings = "{\"pattern\": \"^[a-z]\"}".to_owned();
    assert!(workbench.hook(&table).await.is_ok());
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
        if let Err(error) = workbench.hook(&table).await {
            assert!(
                !["engine_failed", "component_not_compiled"].contains(&error.code()),
                "seed {seed}: {error}"
            );
            refused += 1;
        }
    }
    assert!(refused > CASES / 10, "some of it is damage: {refused}");
    std::fs::write(&file, &whole).unwrap();
    assert!(workbench.hook(&table).await.is_ok());
}
