//! Templates that provisioners bring, as they last gave them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{CatalogEntry, Source};
use crate::domain::{Failure, FailureKind, ProvisionerName, Template, Timestamp};

/// What each provisioner offers.
#[derive(Debug, Default)]
pub(super) struct Offers(BTreeMap<ProvisionerName, Offer>);

#[derive(Debug, Default)]
struct Offer {
    templates: Vec<Arc<Template>>,
    observed_at: Timestamp,
    error: Option<String>,
}

impl Offers {
    /// Forgets what is no longer configured.
    pub(super) fn keep_only<T>(&mut self, configured: &BTreeMap<ProvisionerName, T>) {
        self.0.retain(|name, _| configured.contains_key(name));
    }

    /// Takes a provisioner's answer. What cannot be used is left out; after a failure the last
    /// answer stays. Logs when that changed.
    pub(super) fn record(
        &mut self,
        name: ProvisionerName,
        answer: Result<Vec<Template>, Failure>,
        max: usize,
        now: Timestamp,
    ) {
        let offer = self.0.entry(name.clone()).or_default();
        let error = match answer {
            Ok(templates) => offer.accept(templates, &name, max, now),
            // It brings none, and says so.
            Err(failure) if failure.kind == FailureKind::Unsupported => {
                offer.accept(Vec::new(), &name, max, now)
            }
            Err(failure) => Some(failure.to_string()),
        };
        if error != offer.error {
            match &error {
                // An outage is warned of by whoever noticed it; that templates are old follows from it.
                Some(error) => {
                    tracing::info!(provisioner = %name, error, "the provisioner's templates are incomplete or old");
                }
                None => tracing::info!(provisioner = %name, "the provisioner's templates are there again"),
            }
        }
        offer.error = error;
    }

    /// Every template, the default provisioner's first.
    pub(super) fn entries(&self, default: &ProvisionerName) -> impl Iterator<Item = CatalogEntry> + '_ {
        let first = self.0.get_key_value(default);
        let default = default.clone();
        first.into_iter().chain(self.0.iter().filter(move |(name, _)| **name != default)).flat_map(
            |(name, offer)| {
                offer.templates.iter().map(|template| CatalogEntry {
                    template: Arc::clone(template),
                    source: Source::Provisioner(name.clone()),
                    observed_at: offer.observed_at,
                    error: offer.error.clone(),
                })
            },
        )
    }
}

impl Offer {
    fn accept(
        &mut self,
        templates: Vec<Template>,
        name: &ProvisionerName,
        max: usize,
        now: Timestamp,
    ) -> Option<String> {
        let count = templates.len();
        // A backend may list what nobody can use: go-mcp-manager takes `{}` for a template.
        let usable = |template: &Template| template.port != 0 && template.path.starts_with('/');
        self.templates = templates
            .into_iter()
            .filter(usable)
            .take(max)
            .map(|template| {
                let template = Template { provisioner: Some(name.clone()), ..template };
                // What did not change is not copied into every later snapshot.
                let old = self.templates.iter().find(|old| ***old == template).cloned();
                old.unwrap_or_else(|| Arc::new(template))
            })
            .collect();
        self.observed_at = now;
        let left_out = count - self.templates.len();
        (left_out > 0)
            .then(|| format!("{left_out} of {count} templates were left out: no port, no path, or too many"))
    }
}
