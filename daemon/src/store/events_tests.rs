use std::sync::Arc;

use super::*;
use crate::domain::PhaseKind;
use crate::store::testing::Shelf;

/// Every revision after `since` that passes, page by page.
fn read_all(shelf: &Shelf, since: u64, filter: &Filter) -> Vec<u64> {
    let mut reached = Revision(since);
    let mut found = Vec::new();
    loop {
        let page = shelf.store.events_after(reached, filter).unwrap();
        found.extend(page.events.iter().map(|event| event.revision.0));
        if page.reached == page.last {
            return found;
        }
        assert!(page.reached > reached, "a page goes on");
        reached = page.reached;
    }
}

#[tokio::test]
async fn pages_give_every_event_after_a_revision_once() {
    let shelf = Shelf::new(10_000);
    let count = 2 * PAGE + 10;
    shelf.note(count, 0).await;
    let all: Vec<u64> = (1..=u64::try_from(count).unwrap()).collect();
    assert_eq!(read_all(&shelf, 0, &Filter::default()), all);
    assert_eq!(read_all(&shelf, 300, &Filter::default()), all[300..]);
    assert!(read_all(&shelf, all[count - 1], &Filter::default()).is_empty());
    assert_eq!(shelf.store.revision().unwrap(), Revision(all[count - 1]));
}

#[tokio::test]
async fn of_what_is_forgotten_or_never_was_nothing_is_told_but_the_horizon() {
    let shelf = Shelf::new(5);
    let empty = shelf.store.events_after(Revision(0), &Filter::default()).unwrap();
    assert_eq!((empty.horizon, empty.last, empty.reached), (Revision(0), Revision(0), Revision(0)));
    shelf.note(12, 0).await;
    assert!(!shelf.store.prune(Timestamp(0)).await.unwrap());
    for since in [0, 6, 13, u64::MAX] {
        let page = shelf.store.events_after(Revision(since), &Filter::default()).unwrap();
        assert_eq!((page.horizon, page.last), (Revision(7), Revision(12)));
        assert_eq!((page.events, page.reached), (Vec::new(), Revision(since)));
    }
    assert_eq!(read_all(&shelf, 7, &Filter::default()), [8, 9, 10, 11, 12]);
}

#[tokio::test]
async fn events_go_by_count_and_by_age_and_the_last_one_stays() {
    let shelf = Shelf::new(8);
    shelf.note(4, 0).await;
    shelf.note(4, 30_000).await;
    let kept = |shelf: &Shelf| {
        let horizon = shelf.store.events_after(Revision(0), &Filter::default()).unwrap().horizon;
        read_all(shelf, horizon.0, &Filter::default())
    };
    assert!(!shelf.store.prune(Timestamp(59_999)).await.unwrap());
    assert_eq!(kept(&shelf), [1, 2, 3, 4, 5, 6, 7, 8], "neither too many nor too old");
    shelf.note(1, 30_000).await;
    assert!(!shelf.store.prune(Timestamp(59_999)).await.unwrap());
    assert_eq!(kept(&shelf), [2, 3, 4, 5, 6, 7, 8, 9], "one too many");
    assert!(!shelf.store.prune(Timestamp(60_000)).await.unwrap());
    assert_eq!(kept(&shelf), [5, 6, 7, 8, 9], "some are too old");
    assert!(!shelf.store.prune(Timestamp(i64::MAX)).await.unwrap());
    assert_eq!(kept(&shelf), [9], "the next takes its number from the last");
    shelf.note(1, 0).await;
    assert_eq!(shelf.store.revision().unwrap(), Revision(10));
}

#[tokio::test]
async fn what_is_forgotten_of_an_instance_is_no_longer_its_history() {
    let shelf = Shelf::new(2);
    shelf.insert(7, "one", "plain", "a").await;
    shelf.touch(7, "create-started").await;
    shelf.touch(7, "create-succeeded").await;
    shelf.store.prune(Timestamp(0)).await.unwrap();
    let events = shelf.store.events_of(InstanceId::from_u128(7), 10).unwrap();
    assert_eq!(events.iter().map(|event| event.revision.0).collect::<Vec<_>>(), [2, 3]);
}

#[tokio::test]
async fn the_events_of_a_deleted_instance_pass_the_filters_it_passed() {
    let shelf = Shelf::new(100);
    shelf.insert(1, "one", "plain", "a").await;
    shelf.insert(2, "two", "keyed", "b").await;
    shelf.note(1, 0).await;
    shelf.remove(1).await;
    shelf.touch(2, "create-started").await;
    let filter = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        filter
    };
    let passed = |filter: Filter| read_all(&shelf, 0, &filter);
    assert_eq!(passed(Filter::default()), [1, 2, 3, 4, 5]);
    assert_eq!(passed(filter(|filter| filter.template = Some("plain".to_owned()))), [1, 4]);
    assert_eq!(passed(filter(|filter| filter.template = Some("keyed".to_owned()))), [2, 5]);
    assert_eq!(passed(filter(|filter| filter.provisioner = Some("local".to_owned()))), [1, 2, 4, 5]);
    assert!(passed(filter(|filter| filter.provisioner = Some("other".to_owned()))).is_empty());
    assert_eq!(
        passed(filter(|filter| drop(filter.labels.insert("team".to_owned(), "a".to_owned())))),
        [1, 4]
    );
    assert_eq!(passed(filter(|filter| filter.name_prefix = Some("tw".to_owned()))), [2, 5]);
    assert_eq!(passed(filter(|filter| filter.phase = Some(PhaseKind::Gone))), [4]);
}

#[tokio::test]
async fn an_event_from_memory_is_judged_as_one_from_the_disk() {
    let shelf = Shelf::new(100);
    shelf.insert(1, "one", "plain", "a").await;
    shelf.insert(2, "two", "keyed", "b").await;
    shelf.remove(1).await;
    let filter = Filter { template: Some("plain".to_owned()), ..Filter::default() };
    let events = shelf.store.events_after(Revision(0), &Filter::default()).unwrap().events;
    let told = events.into_iter().map(Arc::new).filter(|event| shelf.store.tells(event, &filter).unwrap());
    assert_eq!(told.map(|event| event.revision.0).collect::<Vec<_>>(), [1, 3]);
}
