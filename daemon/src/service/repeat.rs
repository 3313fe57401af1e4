//! Requests that can be repeated: what makes two of them the same, and whose turn it is.

use std::time::Duration;

use super::{Error, Service};
use crate::domain::{CreateRequest, IdempotencyKey, Secret};
use crate::lifecycle::{Claim, Claimed, Made};

/// When it may be known what came of a request that is under way: its hooks and one commit.
const SOON: Duration = Duration::from_secs(1);

/// Whether a request with a key goes on.
pub(super) enum Turn {
    /// It does; with this it keeps others from it.
    First(Claim),
    /// It was accepted before, and made this.
    Repeated(Made),
}

impl Service {
    /// Whose turn it is. `meaning`: the whole request, in the one form that all its spellings share.
    pub(super) fn turn(&self, key: &IdempotencyKey, meaning: &Meaning) -> Result<Turn, Error> {
        match self.inner.lifecycle.claim(key, &meaning.0).map_err(Error::reading)? {
            Claimed::First(claim) => Ok(Turn::First(claim)),
            Claimed::Repeated(made) => Ok(Turn::Repeated(made)),
            Claimed::Other => Err(Error::KeyReused),
            Claimed::UnderWay => Err(Error::KeyInFlight { retry_after: SOON }),
        }
    }
}

/// What a request means, secrets included. Order of members, white space and absent members make no
/// difference; no two requests of different meaning have the same, since every part has its length
/// before it. Stays within the daemon: only its HMAC is stored.
pub(super) struct Meaning(Vec<u8>);

impl Meaning {
    /// Of a request for `operation`, and nothing else yet.
    pub(super) fn of(operation: &str) -> Self {
        Self(Vec::new()).text(operation)
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self = self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn number(mut self, number: usize) -> Self {
        self.0.extend_from_slice(&(number as u64).to_le_bytes());
        self
    }

    pub(super) fn optional(self, text: Option<&str>) -> Self {
        let this = self.number(usize::from(text.is_some()));
        text.into_iter().fold(this, Self::text)
    }

    /// `entries` in an order that does not depend on how they were sent.
    pub(super) fn entries<'text>(
        self,
        entries: impl ExactSizeIterator<Item = (&'text String, &'text str)>,
    ) -> Self {
        let this = self.number(entries.len());
        entries.fold(this, |this, (key, value)| this.text(key).text(value))
    }

    pub(super) fn create(self, request: &CreateRequest) -> Self {
        let CreateRequest { name, template, provisioner, environment, secrets, labels, description } =
            request;
        self.text(name.as_str())
            .text(template.as_str())
            .optional(provisioner.as_ref().map(|name| name.as_str()))
            .entries(environment.iter().map(|(key, value)| (key, value.as_str())))
            .entries(secrets.0.iter().map(|(key, value)| (key, Secret::expose(value))))
            .entries(labels.iter().map(|(key, value)| (key, value.as_str())))
            .optional(description.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(environment: &[(&str, &str)], labels: &[(&str, &str)], description: Option<&str>) -> Vec<u8> {
        let owned = |entries: &[(&str, &str)]| {
            entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let request = CreateRequest {
            name: "n".parse().unwrap(),
            template: "t".parse().unwrap(),
            provisioner: None,
            environment: owned(environment),
            secrets: crate::domain::Secrets::default(),
            labels: owned(labels),
            description: description.map(str::to_owned),
        };
        Meaning::of("create").create(&request).0
    }

    #[test]
    fn what_differs_in_meaning_differs_and_nothing_else_does() {
        let all = [
            meaning(&[], &[], None),
            meaning(&[], &[], Some("")),
            meaning(&[("a", "b")], &[], None),
            meaning(&[], &[("a", "b")], None),
            meaning(&[("a", "bc")], &[], None),
            meaning(&[("ab", "c")], &[], None),
            meaning(&[("a", "b"), ("c", "d")], &[], None),
            meaning(&[("a", "b")], &[("c", "d")], None),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().enumerate().all(|(other, two)| (at == other) == (one == two)), "{at}");
        }
        assert_eq!(
            meaning(&[("a", "b"), ("c", "d")], &[], None),
            meaning(&[("c", "d"), ("a", "b")], &[], None)
        );
    }
}
