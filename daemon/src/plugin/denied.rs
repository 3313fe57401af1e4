//! A provisioner that was taken away, in the place of the one whose instances are still there.

use async_trait::async_trait;

use crate::domain::{Failure, FailureKind, Observation, OwnerId, ProvisionerName, Secrets, Target, Template};
use crate::extension::{CreateOrder, Creation, LogsPage, LogsRequest, OwnedPage, Provisioner, Reach};

/// Denies every call.
pub(super) struct Denied {
    message: String,
}

impl Denied {
    /// In the place of `name`.
    pub(super) fn new(name: &ProvisionerName) -> Self {
        let message = format!(
            "the provisioner {name} is disabled: its table says enabled = false, or what is left to it is not \
             enough to build it, of which the log has the reason"
        );
        Self { message }
    }

    fn failure(&self) -> Failure {
        Failure::new(FailureKind::Denied, self.message.clone()).with_code("provisioner_disabled")
    }
}

#[async_trait]
impl Provisioner for Denied {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        // It offers none, which is no failure to complain of at every refresh.
        Ok(Vec::new())
    }

    async fn create(&self, _order: &CreateOrder) -> Result<Creation, Failure> {
        Err(self.failure())
    }

    async fn inspect(&self, _target: &Target, _secrets: &Secrets) -> Result<Observation, Failure> {
        Err(self.failure())
    }

    async fn destroy(&self, _target: &Target, _secrets: &Secrets) -> Result<bool, Failure> {
        Err(self.failure())
    }

    async fn owned(&self, _owner: OwnerId, _cursor: Option<String>) -> Result<OwnedPage, Failure> {
        Err(self.failure())
    }

    async fn logs(
        &self,
        _target: &Target,
        _request: LogsRequest,
        _secrets: &Secrets,
    ) -> Result<LogsPage, Failure> {
        Err(self.failure())
    }

    fn reach(&self) -> Reach {
        Reach { reachable: None, since: None, in_flight: 0 }
    }
}
