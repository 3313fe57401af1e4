//! Which instances a list shows.

use std::collections::BTreeMap;

use super::{Instance, InstanceId, PhaseKind};

/// A page of instances in creation order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Only ids after this one.
    pub after: Option<InstanceId>,
    /// At most so many; never 0.
    pub limit: usize,
    /// Only in this phase.
    pub phase: Option<PhaseKind>,
    /// Only from this template.
    pub template: Option<String>,
    /// Only by this provisioner.
    pub provisioner: Option<String>,
    /// Only with all of these labels.
    pub labels: BTreeMap<String, String>,
    /// Only names that start so.
    pub name_prefix: Option<String>,
}

impl Query {
    /// Whether `instance` passes every filter (`after` and `limit` are the reader's business).
    pub fn matches(&self, instance: &Instance) -> bool {
        let spec = &instance.spec;
        let label = |(key, value): (&String, &String)| spec.labels.get(key) == Some(value);
        self.phase.is_none_or(|phase| instance.status.phase.kind() == phase)
            && self.template.as_deref().is_none_or(|name| spec.template.name.as_str() == name)
            && self.provisioner.as_deref().is_none_or(|name| spec.provisioner.as_str() == name)
            && self.name_prefix.as_deref().is_none_or(|prefix| spec.name.as_str().starts_with(prefix))
            && self.labels.iter().all(label)
    }
}
