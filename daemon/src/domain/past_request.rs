//! A request that hooks have judged, kept to try other hooks on.

use std::sync::Arc;

use super::{Decision, HookName, InstanceId, Spec};

/// What was asked for and what became of it. Outlives its instance; holds no secret value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRequest {
    /// Of the instance it made, or would have made.
    pub id: InstanceId,
    /// As it was reviewed, with what every hook said then.
    pub spec: Arc<Spec>,
    /// The hook that refused it; none: it was admitted.
    pub refused_by: Option<HookName>,
}

impl PastRequest {
    /// Stands in the place of a value that is not kept.
    pub const WITHHELD: &str = "[withheld]";

    /// To be kept. The value of a variable that a hook objected to is not: what makes a hook object
    /// may be a secret that was given in clear.
    pub fn of(id: InstanceId, mut spec: Arc<Spec>, refused_by: Option<HookName>) -> Self {
        let objections = spec.admission.iter().filter(|admission| admission.decision == Decision::Deny);
        let pointers = objections.flat_map(|admission| &admission.violations);
        let names: Vec<String> = pointers
            .filter_map(|violation| violation.pointer.strip_prefix("/environment/"))
            .map(|name| name.replace("~1", "/").replace("~0", "~"))
            .filter(|name| spec.environment.contains_key(name))
            .collect();
        for name in names {
            Arc::make_mut(&mut spec).environment.insert(name, Self::WITHHELD.to_owned());
        }
        Self { id, spec, refused_by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Admission, HookCode, HookMode, Timestamp, Violation};

    fn admission(decision: Decision, pointer: &str) -> Admission {
        let message = String::new();
        Admission {
            hook: "environment".parse().unwrap(),
            decision,
            code: (decision == Decision::Deny).then_some(HookCode::Denied),
            mode: HookMode::Enforce,
            message: None,
            violations: vec![Violation { pointer: pointer.to_owned(), code: "x".to_owned(), message }],
            digest: String::new(),
            settings_hash: None,
            generation: 1,
            at: Timestamp(0),
            took: std::time::Duration::ZERO,
        }
    }

    #[test]
    fn the_value_a_hook_objected_to_is_withheld_and_every_other_is_kept() {
        let mut spec = Spec::example("one", "local");
        for name in ["API_TOKEN", "TEAM", "odd/na~me"] {
            spec.environment.insert(name.to_owned(), "hunter2".to_owned());
        }
        spec.admission = vec![
            admission(Decision::Deny, "/environment/API_TOKEN"),
            admission(Decision::Deny, "/environment/odd~1na~0me"),
            admission(Decision::Deny, "/environment/MISSING"),
            admission(Decision::Allow, "/environment/TEAM"),
        ];
        let past = PastRequest::of(InstanceId::from_u128(1), Arc::new(spec), None);
        let kept: Vec<(&str, &str)> =
            past.spec.environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let withheld = PastRequest::WITHHELD;
        assert_eq!(kept, [("API_TOKEN", withheld), ("TEAM", "hunter2"), ("odd/na~me", withheld)]);
    }
}
