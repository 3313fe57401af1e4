//! What one client was promised, and whether what it hears agrees with that. Pure.

use std::mem;

use serde_json::Value;

use super::MAX_ATTEMPTS;
use super::wrong::{Kind, Wrong};
use crate::daemon::Answer;

/// What a client asks about a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Create,
    Read,
    Delete,
    Restart,
    Retry,
}

/// What a client believes about a name, and must find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Belief {
    /// Nobody has it.
    Free,
    /// It was asked for, and no answer came.
    MaybeMade,
    /// It was accepted.
    Lives { id: String },
    /// Its end was asked for, and no answer came.
    MaybeDeleted { id: String },
    /// Its end was accepted.
    Leaves { id: String },
}

/// Something that was accepted, and has to have an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) id: String,
    /// The type of its event.
    pub(super) kind: &'static str,
    /// The event's number, where the answer told it.
    pub(super) revision: Option<u64>,
}

/// One name.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) template: &'static str,
    pub(super) belief: Belief,
    /// The newest that was seen of it.
    revision: u64,
    /// Instances that were asked for under this name before.
    earlier: usize,
}

/// Everything one client knows.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) entries: Vec<Entry>,
    /// Not held against the events yet.
    pub(super) receipts: Vec<Receipt>,
    /// Ids that must never be seen again.
    pub(super) graves: Vec<String>,
    /// Requests that were accepted, and answers that did not come.
    pub(super) accepted: u64,
    pub(super) unanswered: u64,
}

impl Entry {
    pub(super) fn new(name: String, template: &'static str) -> Self {
        Self { name, template, belief: Belief::Free, revision: 0, earlier: 0 }
    }

    /// Of the create that is asked for, as often as it takes to hear of it.
    pub(super) fn idempotency_key(&self) -> String {
        format!("{}-{}", self.name, self.earlier)
    }

    /// What is asked about it: by its id as soon as that is known.
    pub(super) fn reference(&self) -> &str {
        match &self.belief {
            Belief::Free | Belief::MaybeMade => &self.name,
            Belief::Lives { id } | Belief::MaybeDeleted { id } | Belief::Leaves { id } => id,
        }
    }

    /// Nobody has the name; the next one is another instance.
    fn rest(&mut self) {
        (self.belief, self.revision) = (Belief::Free, 0);
        self.earlier += 1;
    }

    /// Whether only another look can tell how it stands.
    pub(super) fn is_uncertain(&self) -> bool {
        matches!(self.belief, Belief::MaybeMade | Belief::MaybeDeleted { .. })
    }

    /// The instance as it is shown must be the one that is meant, and may not go back.
    fn look(&mut self, shown: &Value) -> Result<(), Wrong> {
        let wrong = |kind, what: &str| Err(Wrong::new(kind, format!("{}: {what}: {shown:#}", self.name)));
        if shown["name"] != self.name.as_str() {
            return wrong(Kind::Answer, "another instance was shown");
        }
        match shown["revision"].as_u64() {
            Some(revision) if revision >= self.revision => self.revision = revision,
            _ => return wrong(Kind::Lost, "its revision went back"),
        }
        if shown["attempt"].as_u64().is_none_or(|attempt| attempt > MAX_ATTEMPTS) {
            return wrong(Kind::Attempts, "it was tried too often");
        }
        Ok(())
    }
}

impl Ledger {
    /// Hears what came of a request; `None`: no answer came.
    pub(super) fn heard(&mut self, index: usize, asked: Asked, answer: Option<&Answer>) -> Result<(), Wrong> {
        use Asked as A;
        use Belief as B;

        let entry = &mut self.entries[index];
        let Some(answer) = answer else {
            self.unanswered += 1;
            let belief = mem::replace(&mut entry.belief, B::Free);
            entry.belief = match (asked, belief) {
                (A::Create, B::Free) => B::MaybeMade,
                (A::Delete, B::Lives { id }) => B::MaybeDeleted { id },
                (_, belief) => belief,
            };
            return Ok(());
        };
        let status = answer.status.as_u16();
        if status == 503 && answer.code() == "busy" {
            return Ok(());
        }
        let shown = &answer.body;
        let id = shown["id"].as_str().unwrap_or_default().to_owned();
        let deleting = shown["status"] == "deleting";
        let revision = shown["revision"].as_u64();
        if shown["id"].is_string() {
            entry.look(shown)?;
        }
        let wrong = |kind| Err(Wrong::new(kind, format!("{asked:?} of {entry:?} was answered {answer}")));
        let mut receipt = |id: &str, kind, revision| {
            self.receipts.push(Receipt { id: id.to_owned(), kind, revision });
        };
        match (asked, entry.belief.clone(), status) {
            // A repeated request makes what was not made, and tells of what was.
            (A::Create, B::Free | B::MaybeMade, 201) => {
                receipt(&id, "accepted", None);
                self.accepted += 1;
                entry.belief = B::Lives { id };
            }
            (A::Read, B::MaybeMade, 200) => {
                receipt(&id, "accepted", None);
                entry.belief = B::Lives { id };
            }
            (A::Read, B::MaybeMade, 404) => entry.rest(),

            (A::Read | A::Restart | A::Retry | A::Delete, B::Lives { .. }, 404) => return wrong(Kind::Lost),
            (A::Read, B::Lives { .. }, 200) if deleting => return wrong(Kind::Lost),
            (A::Read, B::Lives { id: known }, 200) if id == known => {}
            (A::Restart, B::Lives { id }, 202) => {
                receipt(&id, "restart-requested", revision);
                self.accepted += 1;
            }
            (A::Retry, B::Lives { id }, 202) => {
                receipt(&id, "retry-requested", revision);
                self.accepted += 1;
            }
            // It cannot be done where it stands.
            (A::Restart | A::Retry, B::Lives { .. }, 409) => {}
            (A::Delete, B::Lives { id }, 202) => {
                receipt(&id, "delete-requested", None);
                self.accepted += 1;
                entry.belief = B::Leaves { id };
            }
            (A::Delete, B::Lives { id }, 204) => {
                receipt(&id, "delete-requested", None);
                receipt(&id, "delete-succeeded", None);
                self.accepted += 1;
                self.bury(index, id);
            }

            (A::Read, B::MaybeDeleted { id }, 200) if deleting => entry.belief = B::Leaves { id },
            (A::Read, B::MaybeDeleted { id }, 200) => entry.belief = B::Lives { id },
            (A::Read, B::Leaves { .. }, 200) if deleting => {}
            (A::Read, B::Leaves { .. }, 200) => return wrong(Kind::Returned),
            (A::Read, B::MaybeDeleted { id } | B::Leaves { id }, 404) => self.bury(index, id),
            _ => return wrong(Kind::Answer),
        }
        Ok(())
    }

    fn bury(&mut self, index: usize, id: String) {
        self.graves.push(id);
        self.entries[index].rest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    fn answer(status: u16, body: Value) -> Answer {
        Answer { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body }
    }

    fn shown(status: &str, revision: u64) -> Value {
        json!({"id": "1", "name": "a", "status": status, "revision": revision, "attempt": 0})
    }

    /// A ledger with one name, after these answers.
    fn after(heard: &[(Asked, Option<Answer>)]) -> Result<Ledger, Wrong> {
        let mut ledger = Ledger::default();
        ledger.entries.push(Entry::new("a".to_owned(), "demo"));
        for (asked, answer) in heard {
            ledger.heard(0, *asked, answer.as_ref())?;
        }
        Ok(ledger)
    }

    fn kind(heard: &[(Asked, Option<Answer>)]) -> Option<Kind> {
        after(heard).err().map(|wrong| wrong.kind)
    }

    fn created() -> (Asked, Option<Answer>) {
        (Asked::Create, Some(answer(201, shown("requested", 1))))
    }

    #[test]
    fn what_was_accepted_must_be_there_and_must_not_go_back() {
        let read = |status, body| (Asked::Read, Some(answer(status, body)));
        assert_eq!(kind(&[created(), read(200, shown("running", 4))]), None);
        assert_eq!(kind(&[created(), read(404, json!({}))]), Some(Kind::Lost));
        assert_eq!(
            kind(&[created(), read(200, shown("running", 4)), read(200, shown("created", 3))]),
            Some(Kind::Lost)
        );
        assert_eq!(kind(&[created(), read(200, shown("deleting", 4))]), Some(Kind::Lost));
        let mut tried = shown("recovering", 4);
        tried["attempt"] = json!(MAX_ATTEMPTS + 1);
        assert_eq!(kind(&[created(), read(200, tried)]), Some(Kind::Attempts));
    }

    #[test]
    fn what_was_deleted_must_not_return() {
        let deleted = || (Asked::Delete, Some(answer(202, shown("deleting", 5))));
        let read = |status, body| (Asked::Read, Some(answer(status, body)));
        assert_eq!(kind(&[created(), deleted(), read(200, shown("running", 6))]), Some(Kind::Returned));
        let ledger = after(&[created(), deleted(), read(404, json!({}))]).unwrap();
        assert_eq!((ledger.graves, ledger.receipts.len()), (vec!["1".to_owned()], 2));
    }

    #[test]
    fn a_lost_answer_leaves_both_possibilities_until_the_next_look() {
        let read = |status, body| (Asked::Read, Some(answer(status, body)));
        let belief = |heard: &[_]| after(heard).unwrap().entries[0].belief.clone();
        let lives = Belief::Lives { id: "1".to_owned() };
        assert_eq!(belief(&[(Asked::Create, None), read(404, json!({}))]), Belief::Free);
        assert_eq!(belief(&[(Asked::Create, None), read(200, shown("running", 4))]), lives);
        assert_eq!(belief(&[(Asked::Create, None), created()]), lives);
        assert_eq!(belief(&[created(), (Asked::Delete, None), read(200, shown("running", 4))]), lives);
        assert_eq!(belief(&[created(), (Asked::Delete, None), read(404, json!({}))]), Belief::Free);
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_wrong() {
        let taken = (Asked::Create, Some(answer(409, json!({"code": "name_taken"}))));
        assert_eq!(kind(&[taken]), Some(Kind::Answer));
        let broken = (Asked::Restart, Some(answer(500, json!({"code": "internal"}))));
        assert_eq!(kind(&[created(), broken]), Some(Kind::Answer));
        let busy = (Asked::Create, Some(answer(503, json!({"code": "busy"}))));
        assert_eq!(kind(&[busy]), None);
    }
}
