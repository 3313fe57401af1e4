//! Orphans: workloads that carry our mark and have no record. A person adopts or purges them.

use std::sync::Arc;

use super::{Error, InstanceView, Service};
use crate::domain::{CreateRequest, Orphan, ProvisionerName, Spec, shown};
use crate::extension::Review;

/// Which orphan is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanReference {
    /// Its name outside.
    pub workload: String,
    /// Whose; needed only where two provisioners show the same name.
    pub provisioner: Option<ProvisionerName>,
}

impl Service {
    /// Every orphan the last sweeps saw, by provisioner and name. Asks nobody.
    pub fn orphans(&self) -> Vec<Orphan> {
        self.inner.lifecycle.orphans()
    }

    /// Makes a record for the orphan, as the request says and the hooks allow. Its workload is
    /// left as it is; the next look says whether it answers.
    pub async fn adopt(
        &self,
        reference: &OrphanReference,
        mut request: CreateRequest,
    ) -> Result<InstanceView, Error> {
        let _permit = self.review_turn()?;
        let orphan = self.orphan(reference)?;
        let other = request.provisioner.replace(orphan.provisioner.clone());
        if let Some(other) = other.filter(|other| *other != orphan.provisioner) {
            let message =
                format!("the workload is {}'s: an instance of {other} cannot have it", orphan.provisioner);
            return Err(Error::invalid("/provisioner", "foreign_workload", message));
        }
        let (Some(id), Ok(name), Some(workload)) =
            (orphan.instance, orphan.workload.parse(), orphan.observation.workload.clone())
        else {
            return Err(Error::OrphanUnmarked(orphan.workload));
        };
        let set = self.inner.extensions.current();
        let (spec, secrets) = self.specify(&request, &set)?;
        let review = Review { id, spec: Arc::new(spec), dry_run: false };
        let admission = self.admit(&set, &review).await?;
        let spec = Arc::new(Spec { admission: admission.verdicts, ..Arc::unwrap_or_clone(review.spec) });
        let adopted = self.inner.lifecycle.adopt(id, spec, secrets, &orphan, workload, name).await;
        let adopted = adopted.map_err(|error| Error::of(error, request.name.as_str(), "adopted", None))?;
        Ok(self.view(adopted))
    }

    /// Has the orphan's workload destroyed. Answers when that is durable; the workload goes soon after.
    pub async fn purge(&self, reference: &OrphanReference) -> Result<Orphan, Error> {
        let orphan = self.orphan(reference)?;
        let Some(id) =
            orphan.instance.filter(|_| orphan.workload.parse::<crate::domain::WorkloadName>().is_ok())
        else {
            return Err(Error::OrphanUnmarked(orphan.workload));
        };
        let purged = self.inner.lifecycle.purge(id, &orphan).await;
        // A record was made for it meanwhile: it is none any more.
        purged.map_err(|error| match error {
            crate::lifecycle::Error::NotFound => Error::OrphanNotFound(orphan.workload.clone()),
            error => Error::of(error, &orphan.workload, "purged", None),
        })?;
        Ok(orphan)
    }

    fn orphan(&self, reference: &OrphanReference) -> Result<Orphan, Error> {
        let OrphanReference { workload, provisioner } = reference;
        let mut found: Vec<Orphan> = self.orphans();
        found.retain(|orphan| {
            orphan.workload == *workload
                && provisioner.as_ref().is_none_or(|name| orphan.provisioner == *name)
        });
        match (found.pop(), found.pop()) {
            (Some(orphan), None) => Ok(orphan),
            (Some(one), Some(other)) => Err(Error::OrphanAmbiguous {
                workload: workload.clone(),
                provisioners: [other.provisioner, one.provisioner],
            }),
            (None, _) => Err(Error::OrphanNotFound(shown(workload))),
        }
    }
}
