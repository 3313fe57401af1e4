//! A file that is cut short, changed from outside, or somebody else's: refused, and left as it is
//! to the byte.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use redb::{Database, TableDefinition};
use tempfile::TempDir;

use super::ledger::{Known, Ledger};
use super::{CACHE, insert, open_in, remove, runtime, touch};
use crate::runtime::Metrics;
use crate::store::medium::FileMedium;
use crate::store::migrations::SCHEMA;
use crate::store::tables::{META, META_SCHEMA};
use crate::store::{Error, Store, fsck, open};

/// A data directory with some records, closed.
fn written() -> (TempDir, Ledger) {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path()).unwrap();
    let mut ledger = Ledger::default();
    runtime().block_on(async {
        for number in 0..40 {
            insert(&store, number).await.unwrap();
            ledger.acknowledge(number, Known::There(touch(&store, number).await.unwrap()));
        }
        for number in 0..10 {
            remove(&store, number).await.unwrap();
            ledger.acknowledge(number, Known::Gone);
        }
    });
    drop(store);
    closed(dir.path());
    (dir, ledger)
}

/// Waits until the writer has let go of the file, and closed it.
fn closed(dir: &Path) {
    drop(open_in(dir).unwrap());
    while crate::store::lock::Lock::take(dir).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn file(dir: &Path) -> PathBuf {
    open::path(dir)
}

/// Opens a data directory that holds `bytes`; a refusal must have left them alone.
fn opened(bytes: &[u8]) -> Result<(TempDir, Store), Error> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(file(dir.path()), bytes).unwrap();
    match open_in(dir.path()) {
        Ok(store) => Ok((dir, store)),
        Err(error) => {
            assert!(fs::read(file(dir.path())).unwrap() == bytes, "it was changed: {error}");
            let names: Vec<_> =
                fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(names.len(), 2, "beside the file there is the lock: {names:?}");
            Err(error)
        }
    }
}

#[test]
fn a_file_that_was_cut_short_at_any_length_is_refused_or_whole() {
    let (dir, ledger) = written();
    let bytes = fs::read(file(dir.path())).unwrap();
    let pages = (0..bytes.len()).step_by(4_096).flat_map(|page| [page, page + 1, page + 511]);
    let (mut refused, mut whole) = (0, 0);
    for length in
        pages.chain([1, 9, 64, 319, 320, 321, bytes.len() - 1]).filter(|length| *length < bytes.len())
    {
        match opened(&bytes[..length]) {
            Err(Error::Damaged { .. }) => refused += 1,
            Err(error) => panic!("{length}: {error}"),
            Ok((_dir, store)) => {
                ledger.holds_in(&store).unwrap_or_else(|lost| panic!("{length}: {lost}"));
                whole += 1;
            }
        }
    }
    assert!(refused > 30, "{refused} refused, {whole} whole");
}

#[test]
fn a_file_that_was_changed_from_outside_is_refused_or_opens_and_fsck_tells() {
    let (dir, ledger) = written();
    let bytes = fs::read(file(dir.path())).unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    let (mut refused, mut told, mut harmless) = (0, 0, 0);
    for round in 0..400 {
        let mut changed = bytes.clone();
        // The head of the file is small, and matters most.
        let at = if round % 4 == 0 { random.usize(..320) } else { random.usize(..bytes.len()) };
        let end = (at + random.usize(1..64)).min(changed.len());
        changed[at..end].fill_with(|| random.u8(..));
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("changed");
        fs::write(&path, &changed).unwrap();
        let sound =
            fsck::check(&FileMedium::new(&path), CACHE, &path).is_ok_and(|findings| findings.are_fine());
        assert!(fs::read(&path).unwrap() == changed, "fsck changes nothing");
        match opened(&changed) {
            Err(_) => refused += 1,
            Ok((_dir, store)) if sound => {
                ledger.holds_in(&store).unwrap_or_else(|lost| panic!("{at}..{end}: {lost}"));
                harmless += 1;
            }
            Ok(_) => told += 1,
        }
    }
    assert!(
        refused > 20 && told > 20 && harmless > 20,
        "{refused} refused, {told} told, {harmless} harmless"
    );
}

#[test]
fn an_empty_file_and_one_of_another_program_are_refused() {
    for bytes in [&b""[..], b"some notes\n", &[0; 8_192]] {
        let error = opened(bytes).map(drop).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("Restore a backup, or move it away"), "{error}");
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    const THEIRS: TableDefinition<'static, u64, u64> = TableDefinition::new("meta");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("theirs");
    for with_a_table_of_our_name in [false, true] {
        let database = Database::create(&path).unwrap();
        if with_a_table_of_our_name {
            let transaction = database.begin_write().unwrap();
            transaction.open_table(THEIRS).unwrap().insert(1, 1).unwrap();
            transaction.commit().unwrap();
        }
        drop(database);
        let error = opened(&fs::read(&path).unwrap()).map(drop).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_file_of_a_later_format_is_refused_with_both_numbers() {
    let (dir, _) = written();
    let path = file(dir.path());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let later = (SCHEMA + 1).to_le_bytes();
    transaction.open_table(META).unwrap().insert(META_SCHEMA, later.as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = opened(&fs::read(&path).unwrap()).map(drop).unwrap_err();
    assert!(matches!(error, Error::Newer { found, known, .. } if found == SCHEMA + 1 && known == SCHEMA));
    assert!(error.to_string().contains("use the version that wrote it; nothing was changed"), "{error}");
}

#[test]
fn what_cannot_be_opened_at_all_is_said_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(file(dir.path())).unwrap();
    let error = open_in(dir.path()).map(drop).unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error}");
    assert!(error.to_string().contains("wharfinger.redb"), "{error}");

    let no_folder = dir.path().join("a file");
    fs::write(&no_folder, "").unwrap();
    let error = open_in(&no_folder).map(drop).unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error}");
}

#[test]
fn a_read_only_file_and_a_folder_that_takes_none_are_said_with_their_path() {
    // Nobody may write to these, whoever runs the tests.
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/sys/kernel/notes", file(dir.path())).unwrap();
    for (dir, named) in [(dir.path(), "wharfinger.redb"), (Path::new("/sys"), "/sys")] {
        let error = open_in(dir).map(drop).unwrap_err();
        assert!(matches!(error, Error::Directory { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn a_second_store_on_the_same_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = open_in(dir.path()).unwrap();
    let second =
        Store::open(super::options(dir.path()), || super::OWNER, super::nobody(), Metrics::default());
    let error = second.map(drop).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(first);
    open_in(dir.path()).unwrap();
}

#[test]
fn a_start_that_was_cut_short_before_there_was_a_database_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(open::unborn(dir.path()), b"half of a database").unwrap();
    let store = open_in(dir.path()).unwrap();
    assert_eq!(store.owner(), super::OWNER);
    assert!(!open::unborn(dir.path()).exists());
}

#[test]
fn a_page_that_was_lost_is_told_by_fsck() {
    let (dir, _) = written();
    let path = file(dir.path());
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    let lost = (4_096..length).step_by(4_096).filter(|page| {
        let copy = tempfile::NamedTempFile::new().unwrap();
        fs::copy(&path, copy.path()).unwrap();
        copy.as_file().write_all_at(&[0; 4_096], *page).unwrap();
        let findings = fsck::check(&FileMedium::new(copy.path()), CACHE, copy.path()).unwrap();
        findings.broken.is_some()
    });
    assert!(lost.count() > 5);
}
