//! Hooks that eat, loop and panic, many at once: the daemon goes on, and has its memory back.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use wharfinger_tests::daemon::TestDaemon;

/// Rounds of bad reviews, and how many come at once.
const ROUNDS: usize = 3;
const AT_ONCE: usize = 8;
/// What allocators keep, with room. Two sandboxes of a round that were kept would be more.
const TOLERANCE: u64 = 96 << 20;

/// Bytes of memory that the daemon holds.
fn resident(daemon: &TestDaemon) -> u64 {
    let pid = daemon.pid().as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Creates that the hook reviews, all refused with this word, and other requests meanwhile.
async fn round(daemon: &TestDaemon, word: &'static str) {
    let mut reviews = JoinSet::new();
    for _ in 0..AT_ONCE {
        let body = json!({"name": "one", "template": "demo"});
        let request = daemon.request(reqwest::Method::POST, "/mcp/instances").json(&body);
        reviews.spawn(async move { request.send().await.unwrap().text().await.unwrap() });
    }
    let mut slowest = Duration::ZERO;
    while !reviews.is_empty() {
        let asked = Instant::now();
        daemon.get("/mcp/plugins").await.expect(200);
        slowest = slowest.max(asked.elapsed());
        while let Some(said) = reviews.try_join_next() {
            let said = said.unwrap();
            assert!(said.contains("hook_failed") && said.contains(word), "{said}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(slowest < Duration::from_secs(10), "others waited {slowest:?}");
}

#[tokio::test]
async fn memory_returns_to_where_it_was_and_others_are_answered_meanwhile() {
    for (mood, word) in
        [("eat-memory", "plugin_out_of_memory"), ("loop", "plugin_timed_out"), ("panic", "plugin_trapped")]
    {
        let hook = format!(
            "name = \"moody\"\nplugin = \"plugins/moody-hook.wasm\"\nsettings = {{ mood = \"{mood}\" }}\n\
             timeout = \"20s\""
        );
        let hook = if mood == "loop" { hook.replace("20s", "300ms") } else { hook };
        let daemon = TestDaemon::builder()
            .local()
            .guest("moody-hook")
            .hook(&hook)
            .toml("[quarantine]\nfailures = 1000000\n")
            .start()
            .await;
        round(&daemon, word).await;
        let before = resident(&daemon);
        for _ in 0..ROUNDS {
            round(&daemon, word).await;
        }
        let after = resident(&daemon);
        assert!(after < before + TOLERANCE, "{mood}: {before} bytes before, {after} after");
    }
}
