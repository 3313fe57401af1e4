//! What a configuration leaves to each plugin, even where it is refused.
//!
//! Last-good keeps what served; it must not keep what was taken away. So what a refused configuration
//! only removes (a grant, an upstream, credentials, a hook's say) is removed from what serves.

use std::collections::BTreeMap;

use super::options::{ClientCertificate, CredentialSource, HookOptions, ProvisionerOptions, Upstream};
use crate::domain::{HookMode, ProvisionerName, Taken};

/// What is left to each plugin that the configuration speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowances {
    /// By the table's name.
    pub provisioners: BTreeMap<String, Allowance>,
    /// A provisioner that is not among them has no table any more, so it makes nothing new.
    pub names_every_provisioner: bool,
    /// What a hook's verdict may do at most.
    pub hooks: BTreeMap<String, HookMode>,
}

/// What is left to a provisioner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// It may be called.
    pub enabled: bool,
    /// It may start processes.
    pub process: bool,
    /// What it may reach, and what is shown there. None: the table does not say.
    pub upstreams: Option<BTreeMap<String, Shown>>,
}

/// What the daemon shows of itself to an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// A token.
    pub token: Left<CredentialSource>,
    /// A certificate.
    pub certificate: Left<ClientCertificate>,
}

/// What a table leaves of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left<T> {
    /// The table has none.
    Nothing,
    /// The table has one that cannot be read: that takes nothing away.
    Unclear,
    /// The table has this one, and so no other.
    This(T),
}

impl<T: PartialEq> Left<T> {
    fn allows(&self, serving: Option<&T>) -> bool {
        match (self, serving) {
            (_, None) | (Self::Unclear, _) => true,
            (Self::Nothing, _) => false,
            (Self::This(left), Some(serving)) => left == serving,
        }
    }
}

impl Shown {
    /// Whether all that `upstream` shows may be shown still.
    fn allows(&self, upstream: &Upstream) -> bool {
        self.token.allows(upstream.bearer_token.as_ref())
            && self.certificate.allows(upstream.client_certificate.as_ref())
    }
}

impl Allowances {
    /// What a provisioner that serves with `options` loses beside what it lost before.
    pub(super) fn taken_from(&self, options: &ProvisionerOptions, before: &Taken) -> Taken {
        let mut taken = before.clone();
        let Some(left) = self.provisioners.get(options.name.as_str()) else { return taken };
        taken.enabled |= !left.enabled;
        taken.process |= options.process && !left.process;
        for (name, upstream) in &options.upstreams {
            let Some(upstreams) = &left.upstreams else { break };
            if !upstreams.get(name).is_some_and(|left| left.allows(upstream)) {
                taken.upstreams.insert(name.clone());
            }
        }
        taken
    }

    /// Whether a provisioner has lost its table.
    pub(super) fn lack(&self, name: &ProvisionerName) -> bool {
        self.names_every_provisioner && !self.provisioners.contains_key(name.as_str())
    }

    /// What a hook loses: its say, which comes back with the file, up to what its table says: to hold it
    /// back would let through what both of them refuse.
    pub(super) fn taken_from_hook(&self, options: &HookOptions, before: &Taken) -> Taken {
        let Some(left) = self.hooks.get(options.name.as_str()).copied() else { return before.clone() };
        let is_less = strength(left) < strength(options.mode);
        Taken { mode: is_less.then_some(left), ..before.clone() }
    }
}

const fn strength(mode: HookMode) -> u8 {
    match mode {
        HookMode::Off => 0,
        HookMode::Audit => 1,
        HookMode::Enforce => 2,
    }
}

impl ProvisionerOptions {
    /// What is left of the table after `taken`.
    pub(super) fn without(mut self, taken: &Taken) -> Self {
        self.enabled &= !taken.enabled;
        self.process &= !taken.process;
        self.upstreams.retain(|name, _| !taken.upstreams.contains(name));
        self
    }
}
