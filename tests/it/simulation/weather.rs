//! How often which things go wrong.

use std::collections::BTreeMap;

/// Something that goes wrong with a call or with what it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// A create is refused before it has any effect.
    Refused,
    /// It has its effect, and nobody hears of it.
    AnswerLost,
    /// It is said to have failed, and has its effect a little later.
    AnswerLate,
    /// It takes a while.
    Slow,
    /// It has its effect and never comes back: the daemon is about to be killed.
    Stuck,
    /// It is said to be under way.
    Pending,
    /// Its name is held by something that can be neither inspected nor destroyed.
    NameHeld,
    /// As [`AnswerLate`](Self::AnswerLate), long after anybody would believe it.
    Zombie,
    /// What it makes is dead from the start.
    Stillborn,
    /// What it makes lives and never answers.
    Mute,
    /// What it makes needs a while to answer.
    SlowStart,
    /// A destroy has no effect.
    DestroyFails,
    /// It has its effect, and nobody hears of it.
    DestroyLost,
    /// It is said to be under way.
    DestroyLingers,
    /// A workload cannot be looked at.
    InspectFails,
}

impl Fault {
    pub(crate) const ALL: [Self; 15] = [
        Self::Refused,
        Self::AnswerLost,
        Self::AnswerLate,
        Self::Slow,
        Self::Stuck,
        Self::Pending,
        Self::NameHeld,
        Self::Zombie,
        Self::Stillborn,
        Self::Mute,
        Self::SlowStart,
        Self::DestroyFails,
        Self::DestroyLost,
        Self::DestroyLingers,
        Self::InspectFails,
    ];

    /// So many calls of 100, when the weather is rough.
    const fn percent(self) -> u8 {
        match self {
            Self::NameHeld | Self::Mute => 2,
            Self::Zombie | Self::Stuck | Self::Pending | Self::Stillborn => 3,
            Self::SlowStart | Self::DestroyLost => 5,
            Self::AnswerLate | Self::Slow | Self::DestroyLingers => 7,
            Self::Refused | Self::InspectFails => 10,
            Self::AnswerLost | Self::DestroyFails => 12,
        }
    }
}

/// What it is like outside.
#[derive(Default)]
pub(crate) struct Weather {
    pub(crate) rough: bool,
    /// The whole backend is away.
    pub(crate) away: bool,
    /// No workload can be reached from the daemon.
    pub(crate) blackout: bool,
    /// How often what went wrong.
    pub(crate) happened: BTreeMap<Fault, u64>,
}

impl Weather {
    /// Whether it happens now.
    pub(crate) fn strikes(&mut self, fault: Fault, random: &mut fastrand::Rng) -> bool {
        let strikes = random.u8(..100) < fault.percent() && self.rough;
        if strikes {
            *self.happened.entry(fault).or_default() += 1;
        }
        strikes
    }
}
