//! Other requests, while a hook does nothing but burn its time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
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
    let loops: Vec<_> = (0..LOOPS)
        .map(|number| {
            let daemon = daemon.clone();
            tokio::spawn(async move {
                let mut refused = 0_usize;
                loop {
                    let body = json!({ "name": format!("x{number}"), "template": "demo" });
                    let answer = daemon.post("/mcp/instances?dry_run=true", &body).await;
                    // Each was refused for its own hook's sake.
                    assert_eq!(answer.status, 422, "{answer}");
                    refused += 1;
                    if refused > 10_000 {
                        return;
                    }
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut troubled = load::looks(&daemon, LOOKS, PAUSE).await?;
    for endless in loops {
        ensure!(!endless.is_finished(), "the loops ended\n{}", daemon.log());
        endless.abort();
    }
    for (name, samples) in [("calm", &mut calm), ("troubled", &mut troubled)] {
        line(name, format!("{:.1?}", samples.percentile(50)), format!("p99 {:.1?}", samples.percentile(99)));
    }
    line("p99", "", ratio(troubled.percentile(99), calm.percentile(99)));
    Ok(())
}
