//! A restart with ten plugins.
//!
//! What loading takes is the difference to the restart of a daemon with one, so that it is measured the same
//! way whatever a daemon says about itself.

use std::time::{Duration, Instant};

use anyhow::Result;
use wharfinger_tests::daemon::{Builder, TestDaemon};

use crate::report::{Samples, heading, line};
use crate::{build, ours};

const STARTS: usize = 7;
/// One provisioner and nine hooks.
const HOOKS: usize = 9;

pub(crate) async fn measure() -> Result<()> {
    heading("a restart");
    let (mut one, _) = starts(TestDaemon::builder().local().prepare()).await;
    let others: Vec<&str> = ours::others().collect();
    let mut builder = TestDaemon::builder().local();
    for name in &others {
        builder = builder.guest(name).hook(&format!("name = \"{name}\"\nplugin = \"plugins/{name}.wasm\""));
    }
    let daemon = with_builds_of_naming(builder, HOOKS - others.len())?;
    let (mut ten, first) = starts(daemon).await;
    let (one, ten) = (one.percentile(50), ten.percentile(50));
    line("with one plugin", format!("{one:.0?}"), "from its start until it is ready");
    line("with ten, the first time", format!("{first:.0?}"), "each is compiled");
    line("with ten", format!("{ten:.0?}"), format!("{} of them in Python or JavaScript", others.len()));
    line("nine plugins more", format!("{:.0?}", ten.saturating_sub(one)), "(goal: at most 100 ms)");
    Ok(())
}

fn with_builds_of_naming(mut builder: Builder, count: usize) -> Result<TestDaemon> {
    for number in 0..count {
        builder = builder.hook(&ours::table(&format!("naming-{number}"), &format!("naming-{number}")));
    }
    let daemon = builder.prepare();
    let naming = daemon.dir().join("plugins/naming.wasm");
    for number in 0..count {
        daemon.write_file(&format!("plugins/naming-{number}.wasm"), build::another(&naming, number)?);
    }
    Ok(daemon)
}

/// The starts after the first one, and the first one.
async fn starts(mut daemon: TestDaemon) -> (Samples, Duration) {
    let mut samples = Samples::default();
    let mut first = None;
    for _ in 0..=STARTS {
        let begun = Instant::now();
        daemon.start().await;
        let took = begun.elapsed();
        match first {
            None => first = Some(took),
            Some(_) => samples.add(took),
        }
        daemon.terminate().await;
    }
    (samples, first.unwrap_or_default())
}
