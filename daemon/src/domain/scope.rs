//! Which requests a hook is asked about.

use super::{Spec, TemplateName};

/// A condition on the resolved request. What is empty does not matter; of what is not, one must be
/// true of the request, and so for each. The default holds for every request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// It is made from one of these.
    pub templates: Vec<TemplateName>,
    /// It has one of these labels, the template's own included, with this value.
    pub labels: Vec<(String, String)>,
}

impl Scope {
    /// Whether the hook is asked about it.
    pub fn holds(&self, spec: &Spec) -> bool {
        let labelled = |(key, value): &(String, String)| spec.labels.get(key) == Some(value);
        (self.templates.is_empty() || self.templates.contains(&spec.template.name))
            && (self.labels.is_empty() || self.labels.iter().any(labelled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(templates: &[&str], labels: &[(&str, &str)]) -> Scope {
        Scope {
            templates: templates.iter().map(|name| name.parse().unwrap()).collect(),
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn one_of_each_kind_must_be_true_and_what_is_empty_does_not_matter() {
        let mut spec = Spec::example("one", "local");
        spec.labels.insert("stage".to_owned(), "production".to_owned());
        let production = ("stage", "production");
        for (scope, holds) in [
            (Scope::default(), true),
            (scope(&["t"], &[]), true),
            (scope(&["other"], &[]), false),
            (scope(&["other", "t"], &[]), true),
            (scope(&[], &[production]), true),
            (scope(&[], &[("stage", "test")]), false),
            (scope(&[], &[("production", "stage")]), false),
            (scope(&[], &[("stage", "test"), production]), true),
            (scope(&["t"], &[production]), true),
            (scope(&["other"], &[production]), false),
            (scope(&["t"], &[("stage", "test")]), false),
        ] {
            assert_eq!(scope.holds(&spec), holds, "{scope:?}");
        }
    }
}
