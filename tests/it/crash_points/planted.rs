//! The disk fails once, at any commit: whoever asked hears so and asks again, the daemon calls
//! nobody meanwhile, and the story ends as it always does.

use wharfinger::domain::Revision;
use wharfinger::runtime::{Readings, TextFormat};
use wharfinger::store;

use super::script::Point;
use super::{Story, directory, tell};

#[test]
fn a_write_that_fails_once_at_any_commit_loses_nothing_and_leaves_nothing_over() {
    let (_, revisions, _) = tell(Point::Nowhere);
    assert!(revisions > 10);
    for revision in 1..=revisions {
        eprintln!("revision {revision} cannot be written");
        let dir = directory();
        let mut story = Story::new(dir.path(), Point::Nowhere, store::Planted::unwritten(Revision(revision)));
        story.tell();
        let metrics = story.life().metrics.text(TextFormat::Prometheus, &Readings::default());
        let failed = "\nwharfinger_store_commit_failures_total 1\n";
        assert!(metrics.contains(failed), "revision {revision} was to be unwritten once: {metrics}");
        story.life.take().unwrap().kill();
    }
}
