//! What was made for an instance, and how it is known again: its name and its marks.

use crate::Pairs;

/// What a provisioner made for one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// The backend's own identifier.
    pub id: String,
    /// The backend's own name for it.
    pub name: String,
    /// Where its MCP endpoint answers, as far as the backend knows. Without the template's `path`:
    /// the host joins it.
    pub url: Option<String>,
    /// The port the server listens on, as far as the backend knows.
    pub port: Option<u16>,
    /// Shown to users as details. **Never secrets.**
    pub extra: Pairs,
}

/// Which workload is meant. The name is chosen by the host before anything is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// `[a-z0-9-]`, at most 52 characters, no doubled dash.
    pub workload_name: String,
    /// Id of the instance the workload belongs to.
    pub instance_id: String,
    /// The installation's id: the mark that tells our workloads from others'.
    pub owner: String,
    /// How often the workload was made anew, from 0.
    pub attempt: u32,
    /// What the last successful answer said, if there was one.
    pub last_known: Option<Workload>,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

impl Target {
    /// Name of the mark (label or environment variable) that holds [`Target::owner`].
    pub const OWNER: &'static str = "WHARFINGER_OWNER";
    /// Name of the mark that holds [`Target::instance_id`].
    pub const INSTANCE: &'static str = "WHARFINGER_INSTANCE";
    /// Name of the mark that holds [`Target::attempt`].
    pub const ATTEMPT: &'static str = "WHARFINGER_ATTEMPT";

    /// The marks that every workload carries, as labels or environment.
    ///
    /// ```
    /// use wharfinger_plugin_sdk::{Target, testing};
    ///
    /// let target = testing::request("files").target();
    /// assert_eq!(Target::from_marks(&target.workload_name, &target.marks()), Some(target));
    /// ```
    pub fn marks(&self) -> Pairs {
        Pairs::from([
            (Self::OWNER.to_owned(), self.owner.clone()),
            (Self::INSTANCE.to_owned(), self.instance_id.clone()),
            (Self::ATTEMPT.to_owned(), self.attempt.to_string()),
        ])
    }

    /// Reads the marks that a workload carries. `None` if it carries no owner and instance, for then
    /// it is nobody's that we know. A missing or unreadable attempt counts as the first.
    pub fn from_marks(workload_name: &str, marks: &Pairs) -> Option<Self> {
        Some(Self {
            workload_name: workload_name.to_owned(),
            owner: marks.get(Self::OWNER)?.clone(),
            instance_id: marks.get(Self::INSTANCE)?.clone(),
            attempt: marks.get(Self::ATTEMPT).and_then(|attempt| attempt.parse().ok()).unwrap_or(0),
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back_as_they_were_written() {
        let target = Target {
            workload_name: "wf-1".into(),
            instance_id: "i".into(),
            owner: "o".into(),
            attempt: 3,
            ..Target::default()
        };
        assert_eq!(Target::from_marks("wf-1", &target.marks()), Some(target));
    }

    #[test]
    fn a_workload_without_an_owner_is_nobodys() {
        assert_eq!(Target::from_marks("wf-1", &Pairs::from([(Target::INSTANCE.into(), "i".into())])), None);
    }
}
