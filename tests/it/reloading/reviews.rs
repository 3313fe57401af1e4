//! Clients that ask for reviews all the time, and judge every answer by itself and by those before.
//!
//! What must hold of any answer, whatever the operator does to the files:
//! * It comes, unless the daemon was killed; it is never an error of the daemon's.
//! * Every hook was asked, in order, all of one generation; the gate is never open.
//! * One generation is one set: the same components with the same settings, all of them whole.
//! * Nothing goes back: not the generation once one was seen, nor what it is made of.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::components;

/// What a set is made of, by the numbers of the versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Set {
    /// The components of the hooks `one` and `two`.
    pub(super) one: u32,
    pub(super) two: u32,
    /// Of both.
    pub(super) settings: u32,
}

impl Set {
    /// Nothing in it is older than in `before`.
    const fn follows(self, before: Self) -> bool {
        self.one >= before.one && self.two >= before.two && self.settings >= before.settings
    }
}

/// What all clients know together.
#[derive(Default)]
pub(super) struct Reviews {
    /// Where the daemon is; none while it is down.
    base: RefCell<Option<String>>,
    /// How often it was killed.
    deaths: Cell<u32>,
    over: Cell<bool>,
    /// The components that were ever written whole, by their digests.
    whole: RefCell<BTreeMap<String, u32>>,
    seen: RefCell<BTreeMap<u64, Set>>,
    pub(super) answers: Cell<usize>,
}

impl Reviews {
    pub(super) fn is_up(&self, base: String) {
        *self.base.borrow_mut() = Some(base);
    }

    /// It is about to be killed.
    pub(super) fn goes_down(&self) {
        *self.base.borrow_mut() = None;
        self.deaths.set(self.deaths.get() + 1);
    }

    /// It is over, for the daemon too.
    pub(super) fn end(&self) {
        self.goes_down();
        self.over.set(true);
    }

    /// The component of this number, which may serve from now on.
    pub(super) fn component(&self, number: u32) -> Vec<u8> {
        let bytes = components::naming(number);
        self.whole.borrow_mut().insert(components::digest(&bytes), number);
        bytes
    }

    /// How many sets served.
    pub(super) fn sets(&self) -> usize {
        self.seen.borrow().len()
    }

    /// Asks until the end.
    pub(super) async fn client(&self, http: &reqwest::Client, name: &str) {
        while !self.over.get() {
            if self.base.borrow().is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            } else {
                self.ask(http, name).await;
            }
        }
    }

    /// One review; the set that made it, if it was not refused. None as well if the daemon was killed.
    pub(super) async fn ask(&self, http: &reqwest::Client, name: &str) -> Option<Set> {
        let base = self.base.borrow().clone()?;
        let deaths = self.deaths.get();
        let newest = self.seen.borrow().keys().next_back().copied();
        let body = json!({"name": name, "template": "demo"});
        let asked = http.post(format!("{base}/mcp/instances?dry_run=true")).json(&body).send();
        let answered = async {
            let response = asked.await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.json::<Value>().await?))
        };
        let (status, body) = match answered.await {
            Ok(answer) => answer,
            Err(_) if self.deaths.get() != deaths => return None,
            Err(error) => panic!("no answer, and nobody killed it: {error:?}"),
        };
        self.answers.set(self.answers.get() + 1);
        if !name.starts_with("good") {
            assert_eq!((status, &body["code"]), (422, &json!("hook_denied")), "{body:#}");
            assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("gate")), "{body:#}");
            return None;
        }
        assert_eq!(status, 200, "{body:#}");
        let admission = body["admission"].as_array().unwrap();
        let hooks: Vec<&Value> = admission.iter().map(|one| &one["hook"]).collect();
        assert_eq!(hooks, ["one", "gate", "two"], "{body:#}");
        let generation = admission[0]["generation"].as_u64().unwrap();
        assert!(admission.iter().all(|one| one["generation"] == generation), "a mixture: {body:#}");
        let (one, two) = (&admission[0], &admission[2]);
        assert_eq!(one["settings_hash"], two["settings_hash"], "{body:#}");
        assert_eq!(one["violations"][0]["message"], two["violations"][0]["message"], "{body:#}");
        let message = one["violations"][0]["message"].as_str().unwrap();
        let settings = message.strip_prefix("version ").unwrap().parse().unwrap();
        let number = |one: &Value| self.whole.borrow().get(one["digest"].as_str().unwrap()).copied();
        let number = |one| number(one).unwrap_or_else(|| panic!("nobody wrote that: {body:#}"));
        let set = Set { one: number(one), two: number(two), settings };
        self.judge(generation, set, newest);
        Some(set)
    }

    fn judge(&self, generation: u64, set: Set, newest: Option<u64>) {
        assert!(Some(generation) >= newest, "generation {generation} after {newest:?}");
        let mut seen = self.seen.borrow_mut();
        let known = *seen.entry(generation).or_insert(set);
        assert_eq!(set, known, "generation {generation} is two sets");
        let before = seen.range(..generation).next_back();
        assert!(
            before.is_none_or(|(_, before)| set.follows(*before)),
            "{set:?} of {generation} after {before:?}"
        );
        let after = seen.range(generation + 1..).next();
        assert!(
            after.is_none_or(|(_, after)| after.follows(set)),
            "{set:?} of {generation} before {after:?}"
        );
    }
}
