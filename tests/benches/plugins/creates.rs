//! What three hooks add to a create.

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use wharfinger_tests::daemon::TestDaemon;

use crate::report::{Samples, heading, line, ratio};
use crate::{load, ours};

const BLOCKS: usize = 20;
const CALLS: usize = 100;

pub(crate) async fn measure() -> Result<()> {
    heading("a create over HTTP, reviewed and not made (dry_run)");
    let without = TestDaemon::builder().local().start().await;
    let mut builder = TestDaemon::builder().local();
    for name in ["first", "second", "third"] {
        builder = builder.hook(&ours::table(name, "naming"));
    }
    let with = builder.start().await;
    let client = load::client()?;
    let [mut of_without, mut of_with] = [(); 2].map(|()| Samples::default());
    for block in 0..=BLOCKS {
        for (daemon, samples) in [(&without, &mut of_without), (&with, &mut of_with)] {
            for _ in 0..CALLS {
                let (took, status, answer) = load::dry_run(&client, daemon).await?;
                ensure!(status == StatusCode::OK, "{status}: {answer}");
                // The first block warms.
                if block > 0 {
                    samples.add(took);
                }
            }
        }
    }
    let (bare, hooked) = (of_without.percentile(50), of_with.percentile(50));
    line("without hooks", format!("{bare:.1?}"), format!("p99 {:.1?}", of_without.percentile(99)));
    line(
        "with three",
        format!("{hooked:.1?}"),
        format!("p99 {:.1?}, {}", of_with.percentile(99), ratio(hooked, bare)),
    );
    let added = hooked.saturating_sub(bare);
    line("three hooks add", format!("{added:.1?}"), "at the median (goal: less than 100 µs)");
    Ok(())
}
