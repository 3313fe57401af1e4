//! What serves on though the configuration asks for something else, or is refused: what is retired, what
//! was rolled back to, what was last good.
//!
//! It keeps its version. It must not keep what was taken away from it, nor a token that is no longer the
//! one in its file: where one of the two differs it is built again.

use std::sync::Arc;

use super::built::{BuiltHook, BuiltProvisioner};
use super::draft::Draft;
use super::material::Material;
use super::options::{ProvisionerOptions, StoredTable};
use super::set::Parts;
use crate::domain::Taken;

impl Draft<'_> {
    /// What serves, with what is left to its plugins and the credentials of now; none if nothing differs.
    pub(super) async fn settled(&self) -> Option<Parts> {
        let active = self.serving();
        let hooks = active.hooks.iter().map(|old| self.hook_serves_on(old)).collect();
        let mut parts = Parts { hooks, ..active.clone() };
        for (name, old) in &active.provisioners {
            self.provisioner_serves_on(&mut parts, old).await;
            if parts.provisioners.get(name).is_some_and(|built| built.material.taken.enabled) {
                parts.disabled.insert(name.clone());
            }
            if self.allowances.lack(name) {
                parts.retired.insert(name.clone());
            }
        }
        (!parts.same_as(active)).then_some(parts)
    }

    /// Puts a provisioner that serves on into `parts`. What is disabled is called by nobody, and stays as
    /// it is; what cannot be built with what is left to it is denied everything.
    pub(super) async fn provisioner_serves_on(&self, parts: &mut Parts, old: &Arc<BuiltProvisioner>) {
        let taken = self.allowances.taken_from(&old.material.options, &old.material.taken);
        self.provisioner_is_left(parts, old, &old.material.options, taken).await;
    }

    /// The same in a set that is asked for: what was taken away before comes back, as far as its stored
    /// table had it and the configuration leaves it.
    pub(super) async fn provisioner_is_left_all(&self, parts: &mut Parts, old: &Arc<BuiltProvisioner>) {
        match (self.read_table)(&old.version()) {
            Ok(StoredTable::Provisioner(table)) => {
                let taken = self.allowances.taken_from(&table, &Taken::default());
                self.provisioner_is_left(parts, old, &table, taken).await;
            }
            // Nothing can be given back of a table that cannot be read.
            _ => self.provisioner_serves_on(parts, old).await,
        }
    }

    async fn provisioner_is_left(
        &self,
        parts: &mut Parts,
        old: &Arc<BuiltProvisioner>,
        table: &ProvisionerOptions,
        mut taken: Taken,
    ) {
        let name = old.material.options.name.clone();
        parts.provisioners.insert(name.clone(), old.clone());
        if parts.disabled.contains(&name) {
            return;
        }
        let options = table.clone().without(&taken);
        let stock = &self.workshop.stock;
        let (credentials, mut unusable) = stock.credentials(&options, &old.material.credentials).await;
        // What comes back comes with its credentials, or not at all.
        taken
            .upstreams
            .extend(options.upstreams.keys().filter(|name| !credentials.contains_key(*name)).cloned());
        let options = options.without(&taken);
        let is_less = taken.takes_more_than(&old.material.taken);
        if taken != old.material.taken || credentials != old.material.credentials {
            let material = Material { options, taken, credentials, ..old.material.clone() };
            match self.workshop.provisioner(material).await {
                Ok(mut built) => {
                    built.identities.clone_from(&old.identities);
                    built.complaints.clone_from(&old.complaints);
                    parts.provisioners.insert(name, Arc::new(built.serving_from(self.generation)));
                }
                Err(error) if is_less => {
                    tracing::error!(provisioner = %name, %error, "it cannot be built with what is left to it: it is denied everything");
                    parts.disabled.insert(name);
                }
                Err(error) => unusable.push(error.to_string()),
            }
        }
        old.complain(unusable);
    }

    /// A hook that serves on, with the say that is left to it.
    pub(super) fn hook_serves_on(&self, old: &Arc<BuiltHook>) -> Arc<BuiltHook> {
        let taken = self.allowances.taken_from_hook(&old.material.options, &old.material.taken);
        if taken == old.material.taken { old.clone() } else { Arc::new(old.without(taken)) }
    }
}
