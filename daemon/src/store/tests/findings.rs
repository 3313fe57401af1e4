//! What fsck finds: whatever does not fit together, each told with what it is about.

use redb::{Database, WriteTransaction};

use super::{id, insert, open_in, options, remove, runtime, touch};
use crate::store::lock::Lock;
use crate::store::tables::{
    BULK, BULK_ITEM, BULK_REQUEST, EVENT, EVENT_OF, IDEMPOTENCY, NAME, OUTLINE, OUTPUT, PAST_REQUEST, SECRET,
    SPEC, STATUS, TOMBSTONE,
};
use crate::store::{Error, fsck, open};

type Sabotage = fn(&WriteTransaction);

/// What is done to a sound database, and what is said of it.
const DEEDS: [(&str, Sabotage); 18] = [
    ("and that name is nothing's", |to| drop(to.open_table(NAME).unwrap().remove("i1").unwrap())),
    ("and that name is instance", |to| {
        drop(to.open_table(NAME).unwrap().insert("i1", id(2).as_u128()).unwrap())
    }),
    ("the name \"stray\" of instance", |to| drop(to.open_table(NAME).unwrap().insert("stray", 99).unwrap())),
    ("has no outline", |to| drop(to.open_table(OUTLINE).unwrap().remove(id(1).as_u128()).unwrap())),
    ("is not its status's", |to| {
        to.open_table(OUTLINE).unwrap().insert(id(1).as_u128(), ("failed", None, false, "p")).unwrap();
    }),
    ("has a status and no specification", |to| {
        drop(to.open_table(SPEC).unwrap().remove(id(1).as_u128()).unwrap())
    }),
    ("the specification of instance", |to| {
        to.open_table(STATUS).unwrap().remove(id(1).as_u128()).unwrap();
    }),
    ("it is no record of this version", |to| {
        to.open_table(STATUS).unwrap().insert(id(1).as_u128(), b"{}".as_slice()).unwrap();
    }),
    ("are not those its specification names", |to| {
        drop(to.open_table(SECRET).unwrap().remove(id(1).as_u128()).unwrap())
    }),
    ("there is no event before", |to| drop(to.open_table(EVENT).unwrap().remove(3).unwrap())),
    ("is not among those of", |to| {
        drop(to.open_table(EVENT_OF).unwrap().remove((id(1).as_u128(), 1)).unwrap())
    }),
    ("of which nothing else is left", |to| {
        let output = br#"{"at":1,"creation":1,"lines":[]}"#;
        to.open_table(OUTPUT).unwrap().insert(99, output.as_slice()).unwrap();
    }),
    ("lives and has a tombstone", |to| {
        let left = br#"{"deleted_at":1,"workload_name":"w","provisioner":"p"}"#;
        to.open_table(TOMBSTONE).unwrap().insert(id(1).as_u128(), left.as_slice()).unwrap();
    }),
    ("has 0 open items, and its record tells otherwise", |to| {
        to.open_table(BULK).unwrap().insert(9, br#"{"created_at":1,"open":2}"#.as_slice()).unwrap();
    }),
    ("which is not there", |to| {
        let item = br#"{"op":"create","progress":"done"}"#;
        to.open_table(BULK_ITEM).unwrap().insert((9, 0), item.as_slice()).unwrap();
    }),
    ("which needs none", |to| {
        let request = br#"{"name":"i","template":"t"}"#;
        to.open_table(BULK_REQUEST).unwrap().insert((9, 0), request.as_slice()).unwrap();
    }),
    ("an idempotency key will never be forgotten", |to| {
        to.open_table(IDEMPOTENCY).unwrap().insert([1; 32], (1, [2; 32], false, 3)).unwrap();
    }),
    ("past request 9 is no record of this version", |to| {
        to.open_table(PAST_REQUEST).unwrap().insert(9, br#"{"id":"1"}"#.as_slice()).unwrap();
    }),
];

#[test]
fn whatever_does_not_fit_together_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_in(dir.path()).unwrap();
    runtime().block_on(async {
        for number in 1..5 {
            insert(&store, number).await.unwrap();
            touch(&store, number).await.unwrap();
        }
        remove(&store, 4).await.unwrap();
    });
    assert!(matches!(fsck(&options(dir.path())), Err(Error::InUse { .. })), "a daemon may be writing");
    drop(store);
    while Lock::take(dir.path()).is_err() {}
    let sound = fsck(&options(dir.path())).unwrap();
    assert!(sound.are_fine(), "{sound:#?}");
    assert_eq!(
        sound.records(),
        3 * 4 + 3 + 9 + 9 + 1 + 3 + 4,
        "four of each instance, names, events twice, a tombstone, meta, past requests"
    );

    for (told, sabotage) in DEEDS {
        let copy = tempfile::tempdir().unwrap();
        let path = open::path(copy.path());
        std::fs::copy(open::path(dir.path()), &path).unwrap();
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        sabotage(&transaction);
        transaction.commit().unwrap();
        drop(database);
        let findings = fsck(&options(copy.path())).unwrap();
        assert_eq!(findings.broken, None);
        assert!(findings.troubles.iter().any(|trouble| trouble.contains(told)), "{told:?}: {findings:#?}");
        assert!(!findings.troubles.iter().any(|trouble| trouble.contains("secret 1")), "no value is told");
    }
}
