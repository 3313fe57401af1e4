//! A file of every format that was ever released opens, and nothing in it is lost.
//!
//! `fixtures/format-N.redb` was written by the code of that format: an instance in every phase, one
//! with a secret, and two that were deleted. A new format adds the fixture of the one before.

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

use super::{CACHE, open_in};
use crate::domain::{ConditionKind, InstanceId, Phase, PhaseKind, Query, Revision};
use crate::store::medium::FileMedium;
use crate::store::migrations::SCHEMA;
use crate::store::{Store, backup, fsck, open, restore};

fn fixture(format: u32) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/store/fixtures/format-{format}.redb"))
}

fn copy_of(format: u32) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(fixture(format), open::path(dir.path())).unwrap();
    dir
}

fn number(number: u128) -> InstanceId {
    InstanceId::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + number)
}

fn everything_is_there(store: &Store) {
    let page = store.list(&Query { limit: 100, ..Query::default() }).unwrap();
    let phases: BTreeMap<String, PhaseKind> = page
        .instances
        .iter()
        .map(|instance| (instance.spec.name.to_string(), instance.status.phase.kind()))
        .collect();
    let expected = [
        ("requested", PhaseKind::Requested),
        ("creating", PhaseKind::Creating),
        ("doubted", PhaseKind::Creating),
        ("created", PhaseKind::Created),
        ("running", PhaseKind::Running),
        ("unhealthy", PhaseKind::Unhealthy),
        ("recovering", PhaseKind::Recovering),
        ("failed", PhaseKind::Failed),
        ("deleting", PhaseKind::Deleting),
    ];
    assert_eq!(phases, expected.into_iter().map(|(name, phase)| (name.to_owned(), phase)).collect());
    assert_eq!(page.revision, Revision(37));

    let doubted = store.find(&"doubted".parse().unwrap()).unwrap().unwrap();
    assert_eq!(doubted.id, number(2));
    let Phase::Creating { doubt: Some(doubt), .. } = &doubted.status.phase else { panic!("{doubted:?}") };
    assert!(doubt.interrupted);
    let running = store.find(&"running".parse().unwrap()).unwrap().unwrap();
    assert_eq!(running.spec.template.resources["memory"], "256m");
    assert_eq!(running.spec.labels["stage"], "test");
    assert_eq!(running.status.phase.workload().unwrap().id, "w-running");
    assert!(running.status.condition(ConditionKind::TemplateHonoured).is_some());
    assert_eq!(store.secrets(running.id).unwrap().0["API_KEY"].expose(), "not-a-real-key");
    assert_eq!(store.events_of(running.id, 100).unwrap().len(), 4);
    assert_eq!(store.generation().unwrap(), 3);
    for gone in [number(9), number(10)] {
        assert!(store.get(gone).unwrap().is_none());
        assert_eq!(store.events_of(gone, 100).unwrap().last().unwrap().kind, "delete-succeeded");
    }
    let mut outlines = 0;
    store
        .outlines(|outline| {
            let instance = store.get(outline.id).unwrap().unwrap();
            assert_eq!(outline, instance.outline());
            outlines += 1;
        })
        .unwrap();
    assert_eq!(outlines, expected.len());
}

#[test]
fn every_earlier_format_has_its_fixture_and_opens_with_every_record() {
    for format in 1..SCHEMA {
        let dir = copy_of(format);
        for _ in 0..2 {
            everything_is_there(&open_in(dir.path()).unwrap());
        }
        while crate::store::lock::Lock::take(dir.path()).is_err() {}
        let findings = fsck::fsck(&super::options(dir.path())).unwrap();
        assert!(findings.are_fine(), "{findings:#?}");
        let rows: BTreeMap<&str, u64> =
            findings.rows.iter().map(|(table, rows)| (table.as_str(), *rows)).collect();
        assert_eq!((rows["status"], rows["tombstone"], rows["secret"], rows["event"]), (9, 2, 1, 37));
    }
}

#[test]
fn an_earlier_format_is_checked_copied_and_restored_without_being_changed() {
    for format in 1..SCHEMA {
        let findings = fsck::check(&FileMedium::new(&fixture(format)), CACHE, Path::new("it")).unwrap();
        assert!(findings.are_fine() && findings.format == format, "{findings:#?}");
        let (dir, elsewhere) = (copy_of(format), tempfile::tempdir().unwrap());
        let copy = elsewhere.path().join("copy");
        backup(&super::options(dir.path()), &copy, false).unwrap();
        let original = std::fs::read(fixture(format)).unwrap();
        assert!(std::fs::read(open::path(dir.path())).unwrap() == original);
        let new = elsewhere.path().join("data");
        restore(&super::options(&new), &copy, false, crate::domain::Timestamp(1)).unwrap();
        everything_is_there(&open_in(&new).unwrap());
    }
}
