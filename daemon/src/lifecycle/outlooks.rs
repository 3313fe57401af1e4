//! What the reconciler makes of each provisioner, for those who show it. In memory.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::domain::{Outlook, ProvisionerName};

#[derive(Debug, Default)]
pub(super) struct Outlooks(RwLock<BTreeMap<ProvisionerName, Outlook>>);

impl Outlooks {
    pub(super) fn get(&self, provisioner: &ProvisionerName) -> Outlook {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(provisioner).cloned().unwrap_or_default()
    }

    pub(super) fn put(&self, provisioner: ProvisionerName, outlook: Outlook) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(provisioner, outlook);
    }
}
