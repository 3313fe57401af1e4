//! How figures are printed, and how many a run's samples come to.

use std::time::Duration;

/// One line: a name, its value, and what it is to be held against.
pub(crate) fn line(name: &str, value: impl std::fmt::Display, beside: impl std::fmt::Display) {
    println!("  {name:<46} {value:>14}   {beside}");
}

/// A heading.
pub(crate) fn heading(text: &str) {
    println!("\n{text}");
}

/// Samples, to be asked for percentiles.
#[derive(Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The sample that `percent` of all do not exceed; zero of none.
    pub(crate) fn percentile(&mut self, percent: usize) -> Duration {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        self.0.get((last * percent).div_ceil(100)).copied().unwrap_or_default()
    }
}

/// `a` as a multiple of `b`.
pub(crate) fn ratio(a: Duration, b: Duration) -> String {
    format!("{:.2} x", a.as_secs_f64() / b.as_secs_f64().max(1e-9))
}
