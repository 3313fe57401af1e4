//! A request that hooks have judged, kept to try other hooks on.

use std::collections::{BTreeMap, BTreeSet};
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
    /// objected to, or whose name says so, whatever the hooks were asked. It may have come with the
    /// request, with the template, or as an input's default: it is withheld in each of these places.
    pub fn of(id: InstanceId, mut spec: Arc<Spec>, refused_by: Option<HookName>) -> Self {
        let objected: BTreeSet<String> = objected(&spec).collect();
        let hides = |name: &str| objected.contains(name) || sounds_secret(name);
        let template = &spec.template;
        let inputs = template.inputs.iter().map(|input| &input.name);
        let mut names = spec.environment.keys().chain(template.environment.keys()).chain(inputs);
        if !names.any(|name| hides(name)) {
            return Self { id, spec, refused_by };
        }
        let kept = Arc::make_mut(&mut spec);
        let mut withheld = BTreeMap::new();
        let mut withhold = |value: &mut String| {
            let value = std::mem::replace(value, Self::WITHHELD.to_owned());
            // By number: one name may have another value in another place.
            withheld.insert(withheld.len().to_string(), Secret::new(value));
        };
        for (name, value) in kept.environment.iter_mut().chain(&mut kept.template.environment) {
            if hides(name) {
                withhold(value);
            }
        }
        for input in kept.template.inputs.iter_mut().filter(|input| hides(&input.name)) {
            // Its default is one of its choices.
            input.default.iter_mut().chain(&mut input.choices).for_each(&mut withhold);
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

/// The variables that a hook objected to.
fn objected(spec: &Spec) -> impl Iterator<Item = String> {
    let objections = spec.admission.iter().filter(|admission| admission.decision == Decision::Deny);
    objections.flat_map(|admission| &admission.violations).filter_map(|violation| {
        let mut path = pointer_path(&violation.pointer);
        path.next().filter(|member| member == "environment").and(path.next())
    })
}

/// A variable is often a secret if one of these is a word of its name. The shipped hook `environment` calls
/// no more than these secrets.
const SECRET_WORDS: [&str; 14] = [
    "APIKEY",
    "AUTH",
    "CREDENTIAL",
    "CREDENTIALS",
    "KEY",
    "PASS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PAT",
    "PRIVATE",
    "PWD",
    "SECRET",
    "TOKEN",
];
/// Or if a word of its name ends like this: `GITHUBTOKEN`.
const SECRET_ENDS: [&str; 7] =
    ["APIKEY", "CREDENTIAL", "CREDENTIALS", "PASSWD", "PASSWORD", "SECRET", "TOKEN"];

/// Whether values of variables with such a name are often secrets. It goes by whole words, so that `PATH`
/// and `MONKEY` are kept. Unlike that hook it has no exceptions, such as `TOKEN_FILE`: nothing is refused
/// here, and a value that is missing in a rehearsal costs less than a secret on the disk.
fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| SECRET_WORDS.contains(&word) || SECRET_ENDS.iter().any(|end| word.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Admission, HookCode, HookMode, Input, Timestamp, Violation};

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

    #[test]
    fn a_name_is_taken_by_its_words_alone() {
        for name in
            ["DB_PASS", "PASSPHRASE", "GITHUB_PAT", "db.pwd", "BASIC_AUTH", "private-data", "TOKEN_FILE"]
        {
            assert!(sounds_secret(name), "{name}");
        }
        for name in ["PATH", "PATTERN", "AUTHOR", "PASSENGERS", "PRIVATEER", "MONKEY", "MAX_TOKENS", ""] {
            assert!(!sounds_secret(name), "{name}");
        }
    }

    #[test]
    fn what_the_shipped_hook_calls_a_secret_sounds_like_one() {
        let hook = include_str!("../../../plugins/environment/src/lib.rs");
        for list in ["const SECRET_WORDS", "const SECRET_ENDS"] {
            let (_, list) = hook.split_once(list).unwrap();
            let (_, list) = list.split_once("= [").unwrap();
            let (list, _) = list.split_once(']').unwrap();
            let words: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
            assert!(words.len() > 3, "{words:?}");
            for word in words {
                assert!(sounds_secret(word) && sounds_secret(&format!("MY_{word}_2")), "{word}");
            }
        }
    }

    #[test]
    fn a_secret_of_the_template_is_withheld_there_and_in_its_inputs() {
        let mut spec = Spec::example("one", "local");
        let input = |name: &str| Input {
            name: name.to_owned(),
            description: String::new(),
            required: false,
            secret: false,
            default: Some(format!("{name}-hunter2")),
            choices: vec![format!("{name}-hunter2"), format!("{name}-hunter3")],
            format: None,
            pattern: None,
        };
        spec.template.inputs = vec![input("GITHUB_PAT"), input("TEAM"), input("ODD")];
        for name in ["DB_PASS", "LEVEL"] {
            spec.template.environment.insert(name.to_owned(), format!("{name}-template"));
        }
        // The request's own value is another one than the template's.
        spec.environment.insert("DB_PASS".to_owned(), "DB_PASS-request".to_owned());
        let mut said = admission(Decision::Deny, "/environment/ODD");
        said.message = Some("DB_PASS-template, DB_PASS-request, ODD-hunter3, LEVEL-template".to_owned());
        spec.admission = vec![said];
        let past = PastRequest::of(InstanceId::from_u128(1), Arc::new(spec), None);
        let (template, withheld) = (&past.spec.template, PastRequest::WITHHELD);
        assert_eq!(past.spec.environment["DB_PASS"], withheld);
        assert_eq!(template.environment["DB_PASS"], withheld);
        assert_eq!(template.environment["LEVEL"], "LEVEL-template");
        for input in &template.inputs {
            let values: Vec<&str> = input.default.iter().chain(&input.choices).map(String::as_str).collect();
            let expected = match input.name.as_str() {
                "TEAM" => ["TEAM-hunter2", "TEAM-hunter2", "TEAM-hunter3"],
                _ => [withheld; 3],
            };
            assert_eq!(values, expected, "{}", input.name);
        }
        let said = past.spec.admission[0].message.as_deref();
        assert_eq!(said, Some("[secret], [secret], [secret], LEVEL-template"));
    }
}
