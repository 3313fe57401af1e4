//! Other requests, while a hook does nothing but burn its time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::task::JoinSet;
use wharfinger_tests::daemon::TestDaemon;

use crate::load;
use crate::report::{heading, line, ratio};

/// Endless loops at the same time.
const LOOPS: usize = 4;
const LOOKS: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(3);

pub(crate) async fn measure() -> Result<()> {
    heading(&format!("a look at the instances, while {LOOPS} sandboxes loop until their timeout"));
    let table = "name = \"loop\"\nplugin = \"plugins/moody-hook.wasm\"\nsettings = { mood = \"loop\" }\n\
                 timeout = \"500ms\"\nmax_concurrent = 4";
    let daemon = Arc::new(TestDaemon::builder().local().guest("moody-hook").hook(table).start().await);
    let mut calm = load::looks(&daemon, LOOKS, PAUSE).await?;
    let mut loops = JoinSet::new();
    for number in 0..LOOPS {
        loops.spawn(endless(daemon.clone(), number));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut troubled = load::looks(&daemon, LOOKS, PAUSE).await?;
    if let Some(ended) = loops.try_join_next() {
        ended??;
    }
    loops.shutdown().await;
    for (name, samples) in [("calm", &mut calm), ("troubled", &mut troubled)] {
        line(name, format!("{:.1?}", samples.percentile(50)), format!("p99 {:.1?}", samples.percentile(99)));
    }
    line("p99", "", ratio(troubled.percentile(99), calm.percentile(99)));
    Ok(())
}

/// Asks for what the hook never allows, again and again.
async fn endless(daemon: Arc<TestDaemon>, number: usize) -> Result<()> {
    let body = json!({ "name": format!("x{number}"), "template": "demo" });
    loop {
        let answer = daemon.post("/mcp/instances?dry_run=true", &body).await;
        ensure!(answer.status == 422, "the loop was to be cut: {answer}");
    }
}
