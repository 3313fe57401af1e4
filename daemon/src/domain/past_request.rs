//! A request that hooks have judged, kept to try other hooks on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Decision, HookName, InstanceId, Secret, Secrets, Spec, pointer_path};

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

    /// To be kept. A value that may be a secret given in clear is not: that of a variable that a hook
    /// objected to, or whose name says so, whatever the hooks were asked.
    pub fn of(id: InstanceId, mut spec: Arc<Spec>, refused_by: Option<HookName>) -> Self {
        let objections = spec.admission.iter().filter(|admission| admission.decision == Decision::Deny);
        let pointers = objections.flat_map(|admission| &admission.violations);
        let names: Vec<String> = pointers
            .filter_map(|violation| {
                let mut path = pointer_path(&violation.pointer);
                path.next().filter(|member| member == "environment").and(path.next())
            })
            .filter(|name| spec.environment.contains_key(name))
            .chain(spec.environment.keys().filter(|name| sounds_secret(name)).cloned())
            .collect();
        if names.is_empty() {
            return Self { id, spec, refused_by };
        }
        let kept = Arc::make_mut(&mut spec);
        let mut withheld = BTreeMap::new();
        for name in names {
            if let Some(value) = kept.environment.insert(name.clone(), Self::WITHHELD.to_owned()) {
                withheld.entry(name).or_insert(Secret::new(value));
            }
        }
        // A hook may have repeated it.
        let withheld = Secrets(withheld);
        for admission in &mut kept.admission {
            let violations = admission.violations.iter_mut().map(|violation| &mut violation.message);
            for message in violations.chain(&mut admission.message) {
                *message = withheld.redact(message).into_owned();
            }
        }
        Self { id, spec, refused_by }
    }
}

/// Whether values of variables with such a name are often secrets.
fn sounds_secret(name: &str) -> bool {
    const ENDS: [&str; 7] = ["APIKEY", "CREDENTIAL", "CREDENTIALS", "PASSWD", "PASSWORD", "SECRET", "TOKEN"];
    let name = name.to_ascii_uppercase();
    let mut words = name.split(|character: char| !character.is_ascii_alphanumeric());
    words.any(|word| word == "KEY" || ENDS.iter().any(|end| word.ends_with(end)))
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

    #[test]
    fn what_sounds_like_a_secret_is_withheld_though_no_hook_objected_and_so_is_what_repeats_it() {
        let mut spec = Spec::example("one", "local");
        for name in ["API_TOKEN", "aws_secret", "GITHUBTOKEN", "SSH_KEY", "MONKEY", "KEYBOARD", "TOKENS_MAX"]
        {
            spec.environment.insert(name.to_owned(), "hunter2-long".to_owned());
        }
        let mut said = admission(Decision::Allow, "/name");
        said.message = Some("is hunter2-long a secret?".to_owned());
        said.violations[0].message = "hunter2-long".to_owned();
        spec.admission = vec![said];
        let past = PastRequest::of(InstanceId::from_u128(1), Arc::new(spec), None);
        let kept = past.spec.environment.iter().filter(|(_, value)| *value != PastRequest::WITHHELD);
        let kept: Vec<&str> = kept.map(|(name, _)| name.as_str()).collect();
        assert_eq!(kept, ["KEYBOARD", "MONKEY", "TOKENS_MAX"]);
        let said = &past.spec.admission[0];
        assert_eq!(said.message.as_deref(), Some("is [secret] a secret?"));
        assert_eq!(said.violations[0].message, "[secret]");
    }
}
