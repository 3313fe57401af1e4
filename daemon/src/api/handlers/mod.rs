//! One file per resource. A handler reads the request, calls the service once, and says what it
//! came to; it decides nothing.

pub(crate) mod bulk;
pub(crate) mod docs;
pub(crate) mod document;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod hooks;
pub(crate) mod instances;
pub(crate) mod metrics;
pub(crate) mod orphans;
pub(crate) mod plugins;
pub(crate) mod provisioners;
pub(crate) mod templates;
pub(crate) mod tools;

use std::time::Duration;

use http::HeaderName;

use super::problem::problems;

/// The longest `wait`.
const MAX_WAIT: Duration = Duration::from_secs(300);

/// On the answer to a repeat: nothing was done again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

problems! {
    /// Of a read that takes no parameter.
    PlainProblems: InvalidQuery
}
