//! Reviews a request before it is accepted.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::{Failure, InstanceId, Spec, Verdict};

/// What is to be reviewed. Holds no secret value, only names.
#[derive(Debug, Clone)]
pub struct Review {
    /// The id the instance will have.
    pub id: InstanceId,
    /// Everything that will be stored, but for the verdicts.
    pub spec: Arc<Spec>,
    /// Nothing will be created.
    pub dry_run: bool,
}

/// A policy.
#[async_trait]
pub trait Hook: Send + Sync {
    /// The verdict. Bounded by the hook's timeout.
    async fn review(&self, review: &Review) -> Result<Verdict, Failure>;
}
