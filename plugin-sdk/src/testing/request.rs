//! What a plugin is asked, made in one line.

use std::time::Duration;

use crate::{
    CreateCall, DestroyCall, InspectCall, InstanceRequest, LogsQuery, OwnedQuery, Pairs, ReviewCall, Target,
    Template, Workload,
};

/// One instance, and everything that can be asked about it: all of it speaks of the same workload.
///
/// ```
/// use wharfinger_plugin_sdk::testing;
///
/// let asked = testing::request("files").image("files:1.4").environment("ROOT", "/srv").secret("TOKEN", "x");
/// assert_eq!(asked.review().secret_names, ["TOKEN"]);
/// assert_eq!(asked.create().secrets["TOKEN"], "x");
/// assert_eq!(asked.inspect().target, asked.create().target);
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    request: InstanceRequest,
    secrets: Pairs,
    attempt: u32,
    last_known: Option<Workload>,
}

/// A request for an instance of this name, from a template of the name `template` with port 8080.
pub fn request(name: &str) -> Request {
    let template = Template { name: "template".into(), port: 8_080, ..Template::default() };
    let id = "01900000-0000-7000-8000-000000000001".to_owned();
    let request = InstanceRequest { id, name: name.to_owned(), template, ..InstanceRequest::default() };
    Request { request, secrets: Pairs::new(), attempt: 0, last_known: None }
}

impl Request {
    /// The template's image.
    #[must_use]
    pub fn image(mut self, image: &str) -> Self {
        self.request.template.image = Some(image.to_owned());
        self
    }

    /// The template's command.
    #[must_use]
    pub fn command<'a>(mut self, command: impl IntoIterator<Item = &'a str>) -> Self {
        self.request.template.command = command.into_iter().map(str::to_owned).collect();
        self
    }

    /// Another template.
    #[must_use]
    pub fn template(mut self, template: Template) -> Self {
        self.request.template = template;
        self
    }

    /// A variable.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.request.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A label.
    #[must_use]
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.request.labels.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A secret. A hook sees its name, and a `create` its value.
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.to_owned(), value.to_owned());
        self
    }

    /// How often the workload was made anew.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// What the last answer said of the workload.
    #[must_use]
    pub fn last_known(mut self, workload: Workload) -> Self {
        self.last_known = Some(workload);
        self
    }

    /// Which workload is meant.
    pub fn target(&self) -> Target {
        Target {
            workload_name: "wf-0a070000-01900000000070008000000000000001".to_owned(),
            instance_id: self.request.id.clone(),
            owner: "0a070000000000000000000000000001".to_owned(),
            attempt: self.attempt,
            last_known: self.last_known.clone(),
            extra: Pairs::new(),
        }
    }

    /// A hook is asked whether this may be.
    pub fn review(&self) -> ReviewCall {
        ReviewCall {
            operation: "create".to_owned(),
            request: self.request.clone(),
            provisioner: "provisioner".to_owned(),
            secret_names: self.secrets.keys().cloned().collect(),
            dry_run: false,
            extra: Pairs::new(),
        }
    }

    /// A provisioner is asked to make this, and has half a minute.
    pub fn create(&self) -> CreateCall {
        CreateCall {
            request: self.request.clone(),
            target: self.target(),
            secrets: self.secrets.clone(),
            deadline: Duration::from_secs(30),
            extra: Pairs::new(),
        }
    }

    /// A provisioner is asked how its workload is.
    pub fn inspect(&self) -> InspectCall {
        InspectCall { target: self.target(), extra: Pairs::new() }
    }

    /// A provisioner is asked to remove its workload.
    pub fn destroy(&self) -> DestroyCall {
        DestroyCall { target: self.target(), extra: Pairs::new() }
    }

    /// A provisioner is asked for the output of its workload.
    pub fn logs(&self) -> LogsQuery {
        LogsQuery { target: self.target(), cursor: None, max_bytes: 64 << 10, extra: Pairs::new() }
    }

    /// A provisioner is asked for everything that carries this owner's mark.
    pub fn owned(&self) -> OwnedQuery {
        OwnedQuery { owner: self.target().owner, ..OwnedQuery::default() }
    }
}
