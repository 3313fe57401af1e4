//! What serves on though the configuration asks for something else, or is refused: what is retired, what
//! was rolled back to, what was last good.
//!
//! It keeps its version. It must not keep what was taken away from it, nor a token that is no longer the
//! one in its file: where one of the two differs it is built again.

use std::sync::Arc;

use super::built::{BuiltHook, BuiltProvisioner};
use super::draft::Draft;
use super::material::Material;
use super::set::Parts;
use crate::domain::HookMode;

impl Draft<'_> {
    /// What serves, with what is left to its plugins and the credentials of now; none if nothing differs.
    pub(super) async fn settled(&self) -> Option<Parts> {
        let active = self.serving();
        let mut parts = Parts { hooks: Vec::new(), ..active.clone() };
        for (name, old) in &active.provisioners {
            self.provisioner_serves_on(&mut parts, old).await;
            if parts.provisioners.get(name).is_some_and(|built| built.material.taken.enabled) {
                parts.disabled.insert(name.clone());
            }
        }
        for old in &active.hooks {
            parts.hooks.extend(self.hook_serves_on(old).await);
        }
        (!parts.same_as(active)).then_some(parts)
    }

    /// Puts a provisioner that serves on into `parts`. What is disabled is called by nobody, and stays as
    /// it is; what cannot be built with what is left to it is denied everything.
    pub(super) async fn provisioner_serves_on(&self, parts: &mut Parts, old: &Arc<BuiltProvisioner>) {
        let name = old.material.options.name.clone();
        parts.provisioners.insert(name.clone(), old.clone());
        if parts.disabled.contains(&name) {
            return;
        }
        let taken = self.allowances.taken_from(&old.material.options, &old.material.taken);
        let is_less = taken != old.material.taken;
        let options = old.material.options.clone().without(&taken);
        let stock = &self.workshop.stock;
        let (credentials, mut unusable) = stock.credentials(&options, &old.material.credentials).await;
        if is_less || credentials != old.material.credentials {
            let material = Material { options, taken, credentials, ..old.material.clone() };
            match self.workshop.provisioner(material).await {
                Ok(mut built) => {
                    built.identities.clone_from(&old.identities);
                    built.complaints.clone_from(&old.complaints);
                    parts.provisioners.insert(name, Arc::new(built.from_generation(self.generation)));
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

    /// A hook that serves on, with the say that is left to it; none if it has none and cannot be built so.
    pub(super) async fn hook_serves_on(&self, old: &Arc<BuiltHook>) -> Option<Arc<BuiltHook>> {
        let taken = self.allowances.taken_from_hook(&old.material.options, &old.material.taken);
        if taken == old.material.taken {
            return Some(old.clone());
        }
        let is_off = taken.mode == Some(HookMode::Off);
        let material = Material { taken, ..old.material.clone() };
        match self.workshop.hook(material).await {
            Ok(built) => Some(Arc::new(built.from_generation(self.generation))),
            Err(error) if is_off => {
                tracing::error!(hook = %old.material.options.name, %error, "it is off and cannot be built: it is gone");
                None
            }
            Err(error) => {
                tracing::error!(hook = %old.material.options.name, %error, "it cannot be built with the say that is left to it: it stays as it was");
                Some(old.clone())
            }
        }
    }
}
