//! Which instances a list shows, and whose events a stream.

use std::collections::BTreeMap;

use super::{Event, Instance, InstanceId, PhaseKind, Spec};

/// A page of instances in creation order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Only ids after this one.
    pub after: Option<InstanceId>,
    /// At most so many; never 0.
    pub limit: usize,
    /// Only these.
    pub filter: Filter,
}

/// What an instance must be like; what is not given does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// In this phase.
    pub phase: Option<PhaseKind>,
    /// From this template.
    pub template: Option<String>,
    /// By this provisioner.
    pub provisioner: Option<String>,
    /// With all of these labels.
    pub labels: BTreeMap<String, String>,
    /// With a name that starts so.
    pub name_prefix: Option<String>,
}

/// What an instance was made from: what filters ask for that no event says, and that never
/// changes. It outlives the instance, as long as its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The template's name.
    pub template: String,
    /// The provisioner's name.
    pub provisioner: String,
    /// All of its labels.
    pub labels: BTreeMap<String, String>,
}

impl From<&Spec> for Origin {
    fn from(spec: &Spec) -> Self {
        Self {
            template: spec.template.name.to_string(),
            provisioner: spec.provisioner.to_string(),
            labels: spec.labels.clone(),
        }
    }
}

impl Filter {
    /// Whether `instance` is like this.
    pub fn matches(&self, instance: &Instance) -> bool {
        let spec = &instance.spec;
        self.phase.is_none_or(|phase| instance.status.phase.kind() == phase)
            && self.has_name(spec.name.as_str())
            && self.comes_from(spec.template.name.as_str(), spec.provisioner.as_str(), &spec.labels)
    }

    /// Whether an event is of an instance that was like this before it, or is after it: whoever
    /// keeps a filtered list hears of all that comes in, changes and goes out. What is about no
    /// instance passes only where nothing is asked. `origin` is called if the event alone does not
    /// decide. An instance of which nothing is known any more passes: a deletion told to somebody
    /// who did not know of the instance does no harm, and one that is not told does.
    pub fn tells<E>(
        &self,
        event: &Event,
        origin: impl FnOnce(InstanceId) -> Result<Option<Origin>, E>,
    ) -> Result<bool, E> {
        let Some(subject) = &event.subject else { return Ok(*self == Self::default()) };
        let in_phase = |phase| subject.from == Some(phase) || subject.to == phase;
        if !self.phase.is_none_or(in_phase) || !self.has_name(subject.name.as_str()) {
            return Ok(false);
        }
        if self.template.is_none() && self.provisioner.is_none() && self.labels.is_empty() {
            return Ok(true);
        }
        let known = origin(subject.id)?;
        Ok(known.is_none_or(|origin| self.comes_from(&origin.template, &origin.provisioner, &origin.labels)))
    }

    fn has_name(&self, name: &str) -> bool {
        self.name_prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
    }

    fn comes_from(&self, template: &str, provisioner: &str, labels: &BTreeMap<String, String>) -> bool {
        self.template.as_deref().is_none_or(|name| name == template)
            && self.provisioner.as_deref().is_none_or(|name| name == provisioner)
            && self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Revision, Subject, Timestamp};
    use super::*;

    fn event(subject: Option<(Option<PhaseKind>, PhaseKind)>) -> Event {
        let subject = subject.map(|(from, to)| Subject {
            id: InstanceId::from_u128(1),
            name: "weather".parse().unwrap(),
            from,
            to,
        });
        let kind = "accepted".to_owned();
        Event { revision: Revision(1), at: Timestamp(0), subject, kind, reason: None, message: None }
    }

    fn tells(filter: &Filter, event: &Event, origin: Option<Origin>) -> bool {
        filter.tells(event, |_| Ok::<_, ()>(origin)).unwrap()
    }

    #[test]
    fn a_status_is_told_of_from_its_beginning_to_its_end() {
        use PhaseKind::{Created, Requested, Running, Unhealthy};
        let filter = Filter { phase: Some(Running), ..Filter::default() };
        for (from, to, expected) in [
            (Created, Running, true),
            (Running, Running, true),
            (Running, Unhealthy, true),
            (Requested, Created, false),
        ] {
            assert_eq!(tells(&filter, &event(Some((Some(from), to))), None), expected, "{from} {to}");
        }
        assert!(!tells(&filter, &event(Some((None, Requested))), None));
    }

    #[test]
    fn what_is_about_no_instance_passes_where_nothing_is_asked() {
        assert!(tells(&Filter::default(), &event(None), None));
        let filter = Filter { provisioner: Some("local".to_owned()), ..Filter::default() };
        assert!(!tells(&filter, &event(None), None));
    }

    #[test]
    fn an_instance_nobody_knows_any_more_passes_and_a_known_one_must_be_alike() {
        let gone = event(Some((Some(PhaseKind::Deleting), PhaseKind::Gone)));
        let origin = |template: &str| Origin {
            template: template.to_owned(),
            provisioner: "local".to_owned(),
            labels: BTreeMap::new(),
        };
        let filter = Filter { template: Some("plain".to_owned()), ..Filter::default() };
        assert!(tells(&filter, &gone, None));
        assert!(tells(&filter, &gone, Some(origin("plain"))));
        assert!(!tells(&filter, &gone, Some(origin("keyed"))));
        let labelled = Filter { labels: [("team".to_owned(), "a".to_owned())].into(), ..Filter::default() };
        assert!(!tells(&labelled, &gone, Some(origin("plain"))));
    }
}
