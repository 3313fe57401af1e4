//! Many workloads of one provisioner that go silent at once: more likely the way to them is broken
//! than all of them. Recovery of what is only silent freezes then.
//!
//! It freezes when, of five workloads or more, over half *began* to fail their probes within one
//! period. It thaws when at most half are silent; or after a period, once the backend has answered
//! an inspection since: whoever can be asked about the workloads says which of them are gone, and
//! what is there and, asked once more, stays silent is made anew, a few at a time.
//!
//! Pure; knows no provisioner. Bounded by the number of instances.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use crate::domain::{InstanceId, Timestamp};

/// Fewer workloads say nothing together.
const ENOUGH: usize = 5;

/// A change that is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Frozen,
    Thawed,
}

/// Who is silent, of one provisioner.
#[derive(Debug, Default)]
pub(super) struct Silence {
    silent: HashMap<InstanceId, Spell>,
    /// One fell silent since it was judged last.
    joined: bool,
    frozen: Option<Timestamp>,
    /// When the backend last answered an inspection.
    answered: Option<Timestamp>,
}

/// Of one workload.
#[derive(Debug)]
struct Spell {
    began: Timestamp,
    /// It was not asked again since the thaw: it may well speak by now.
    unasked: bool,
}

impl Silence {
    /// Whether the silence of this workload is no reason to make it anew.
    pub(super) fn excuses(&self, id: InstanceId) -> bool {
        self.frozen.is_some() || self.silent.get(&id).is_some_and(|spell| spell.unasked)
    }

    /// Since when recovery is frozen.
    pub(super) fn frozen(&self) -> Option<Timestamp> {
        self.frozen
    }

    /// Its probe said this.
    pub(super) fn probed(&mut self, id: InstanceId, silent: bool, now: Timestamp) {
        if silent {
            match self.silent.entry(id) {
                Entry::Occupied(mut spell) => spell.get_mut().unasked = false,
                Entry::Vacant(new) => {
                    new.insert(Spell { began: now, unasked: false });
                    self.joined = true;
                }
            }
        } else {
            self.silent.remove(&id);
        }
    }

    /// It is gone, or made anew.
    pub(super) fn forget(&mut self, id: InstanceId) {
        self.silent.remove(&id);
    }

    /// The backend answered an inspection.
    pub(super) fn inspected(&mut self, now: Timestamp) {
        self.answered = Some(now);
    }

    /// Judges anew. `workloads`: how many there are.
    pub(super) fn judge(&mut self, workloads: usize, now: Timestamp, period: Duration) -> Option<Turn> {
        let most = |count: usize| count * 2 > workloads;
        match self.frozen {
            None => {
                // Counted only when it can matter: a hundred thousand may be silent, each asked every
                // few seconds.
                if workloads < ENOUGH || !self.joined || !most(self.silent.len()) {
                    return None;
                }
                self.joined = false;
                let lately = self.silent.values().filter(|spell| now.since(spell.began) <= period).count();
                if !most(lately) {
                    return None;
                }
                self.frozen = Some(now);
                Some(Turn::Frozen)
            }
            Some(since) => {
                let confirmed =
                    now.since(since) >= period && self.answered.is_some_and(|answered| answered > since);
                if most(self.silent.len()) && !confirmed {
                    return None;
                }
                self.frozen = None;
                // Who is silent now was spoken of: only who joins them can freeze it again.
                for spell in self.silent.values_mut() {
                    *spell = Spell { began: Timestamp(i64::MIN), unasked: true };
                }
                Some(Turn::Thawed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(30);

    fn second(second: i64) -> Timestamp {
        Timestamp(second * 1_000)
    }

    fn silenced(count: u128, at: Timestamp) -> Silence {
        let mut silence = Silence::default();
        (0..count).for_each(|id| silence.probed(InstanceId::from_u128(id), true, at));
        silence
    }

    #[test]
    fn more_than_half_at_once_freezes_and_fewer_than_five_never_do() {
        assert_eq!(silenced(3, second(0)).judge(5, second(1), PERIOD), Some(Turn::Frozen));
        assert_eq!(silenced(3, second(0)).judge(6, second(1), PERIOD), None);
        assert_eq!(silenced(4, second(0)).judge(4, second(1), PERIOD), None);
    }

    #[test]
    fn those_that_were_silent_for_long_are_not_at_once() {
        let mut silence = silenced(2, second(0));
        silence.probed(InstanceId::from_u128(9), true, second(100));
        assert_eq!(silence.judge(5, second(101), PERIOD), None);
    }

    #[test]
    fn it_thaws_when_they_speak_again() {
        let mut silence = silenced(3, second(0));
        silence.judge(5, second(1), PERIOD);
        silence.probed(InstanceId::from_u128(0), false, second(2));
        assert_eq!(silence.judge(5, second(2), PERIOD), Some(Turn::Thawed));
        assert_eq!(silence.frozen(), None);
    }

    #[test]
    fn it_thaws_after_a_period_once_the_backend_answers_and_stays_so() {
        let mut silence = silenced(5, second(0));
        silence.inspected(second(0));
        assert_eq!(silence.judge(5, second(1), PERIOD), Some(Turn::Frozen));
        assert_eq!(silence.judge(5, second(100), PERIOD), None, "nobody answered since");
        silence.inspected(second(101));
        assert_eq!(silence.judge(5, second(101), PERIOD), Some(Turn::Thawed));
        assert_eq!(silence.judge(5, second(102), PERIOD), None, "the same silence does not freeze it again");
    }

    #[test]
    fn after_a_thaw_each_is_asked_once_more() {
        let mut silence = silenced(5, second(0));
        silence.judge(5, second(1), PERIOD);
        silence.inspected(second(50));
        assert_eq!(silence.judge(5, second(50), PERIOD), Some(Turn::Thawed));
        let one = InstanceId::from_u128(1);
        assert!(silence.excuses(one));
        silence.probed(one, true, second(51));
        assert!(!silence.excuses(one));
    }
}
