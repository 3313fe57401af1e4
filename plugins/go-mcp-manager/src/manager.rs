//! The manager's HTTP interface, as far as it is used: `/templates` and `/containers`.
//!
//! Reads change nothing, so a read that fails was `not-applied` whatever became of it. Writes hand
//! their answer to the caller.

use std::time::Duration;

use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;

use crate::CreateBody;

/// Two reads make an inspection, and the host waits 10 s for one.
const READ: Duration = Duration::from_secs(4);
/// A create may take minutes, so may the looks that belong to it.
const PATIENT: Duration = Duration::from_secs(30);
/// Podman gives a container 10 s to end, and other work of the manager comes first.
const DELETE: Duration = Duration::from_secs(55);
/// What a busy manager needs at least.
const BUSY: Duration = Duration::from_secs(5);

pub(crate) struct Manager {
    client: http::Client,
}

/// What the manager says of one container. What else it says is not read; the environment is read for
/// our marks alone.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    id: String,
    name: String,
    pub(crate) service_name: String,
    pub(crate) image: String,
    pub(crate) status: String,
    port: Option<i64>,
    url: Option<String>,
    host: Option<String>,
    created_at: Option<String>,
    labels: Option<Pairs>,
    environment: Option<Pairs>,
}

/// Whether a container's process is alive.
pub(crate) enum Health {
    /// It is.
    Alive,
    /// It is not; the status that podman gives.
    Dead(String),
    /// The manager has a record, podman no container.
    Lost,
    /// The manager has no record (any more).
    Forgotten,
    /// This manager is older than the route.
    NoSuchRoute,
}

/// A template of the templates dialect.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct OfferedTemplate {
    pub(crate) name: String,
    description: String,
    image: String,
    port: i64,
    environment: Option<Pairs>,
    labels: Option<Pairs>,
    command: Option<Vec<String>>,
    memory_limit: Option<String>,
    cpu_limit: Option<String>,
}

/// Every error the manager words itself.
#[derive(Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) error: String,
    #[serde(default)]
    pub(crate) message: String,
}

impl Problem {
    /// `None`: not the manager's own words, but its router's or a proxy's.
    pub(crate) fn of(response: &http::Response) -> Option<Self> {
        response.json::<Self>().ok().filter(|problem| !problem.error.is_empty())
    }
}

impl Manager {
    /// For looks that someone waits for: a manager that does not answer soon is busy.
    pub(crate) fn new() -> Self {
        Self { client: http::Client::upstream("manager").timeout(READ) }
    }

    /// For looks within a create: other creates come first, and this one has time.
    pub(crate) fn patient() -> Self {
        Self { client: http::Client::upstream("manager").timeout(PATIENT) }
    }

    /// The manager's own templates; `None` if it speaks the image dialect.
    pub(crate) fn templates(&self) -> Result<Option<Vec<OfferedTemplate>>, Failure> {
        #[derive(Deserialize)]
        struct Answer {
            templates: Option<Vec<OfferedTemplate>>,
        }
        let response =
            self.client.get("/templates").send().map_err(|error| unread("its templates", &error))?;
        match response.status {
            200 => {
                let answer: Answer = response.json().map_err(|error| unread("its templates", &error))?;
                Ok(Some(answer.templates.unwrap_or_default()))
            }
            404 => Ok(None),
            _ => Err(unexpected("its templates", &response)),
        }
    }

    /// The record of a container; `None` if the manager knows none of that name.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Record>, Failure> {
        let path = format!("/containers/{}", http::segment(name));
        let what = format!("the container {name}");
        let response = self.client.get(path).send().map_err(|error| unread(&what, &error))?;
        match response.status {
            200 => response.json().map(Some).map_err(|error| unread(&what, &error)),
            // A router's or proxy's 404 says nothing about the container.
            404 if Problem::of(&response).is_some() => Ok(None),
            404 => Err(crate::no_containers()),
            _ => Err(unexpected(&what, &response)),
        }
    }

    /// Asks whether a container's process is alive.
    pub(crate) fn health(&self, name: &str) -> Result<Health, Failure> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            status: String,
        }
        let path = format!("/containers/{}/health", http::segment(name));
        let what = format!("the health of the container {name}");
        let response = self.client.get(path).send().map_err(|error| unread(&what, &error))?;
        match (response.status, Problem::of(&response)) {
            (200, _) => Ok(Health::Alive),
            (404, Some(_)) => Ok(Health::Forgotten),
            (404, None) => Ok(Health::NoSuchRoute),
            (500, Some(problem)) if problem.error == "status_check_failed" => Ok(Health::Lost),
            // A 503 of a proxy in front has no such body: it says nothing about the container.
            (503, _) => match response.json::<Answer>() {
                Ok(answer) if !answer.status.is_empty() => Ok(Health::Dead(answer.status)),
                _ => Err(unexpected(&what, &response)),
            },
            _ => Err(unexpected(&what, &response)),
        }
    }

    /// Every container the manager tracks.
    pub(crate) fn list(&self) -> Result<Vec<Record>, Failure> {
        #[derive(Deserialize)]
        struct Answer {
            containers: Option<Vec<Record>>,
        }
        let request = self.client.clone().max_body(64 << 20).get("/containers").timeout(READ * 2);
        let response = request.send().map_err(|error| unread("its containers", &error))?;
        match response.status {
            200 => {
                let answer: Answer = response.json().map_err(|error| unread("its containers", &error))?;
                Ok(answer.containers.unwrap_or_default())
            }
            404 => Err(crate::no_containers()),
            _ => Err(unexpected("its containers", &response)),
        }
    }

    /// Asks for a container. Hanging up early would make an orphan of it, so this waits as long as the
    /// host does.
    pub(crate) fn create(
        &self,
        body: &CreateBody<'_>,
        deadline: Duration,
    ) -> Result<http::Response, http::Error> {
        self.client.post("/containers").json(body).timeout(deadline).send()
    }

    /// Asks for a container to be removed.
    pub(crate) fn delete(&self, name: &str) -> Result<http::Response, http::Error> {
        self.client.delete(format!("/containers/{}", http::segment(name))).timeout(DELETE).send()
    }
}

impl Record {
    /// What the host and its users may know: addresses and names, nothing of the environment.
    pub(crate) fn workload(&self) -> Workload {
        let mut extra = Pairs::new();
        for (name, value) in [
            ("image", Some(&self.image)),
            ("host", self.host.as_ref()),
            ("created_at", self.created_at.as_ref()),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                extra.insert(name.into(), value.clone());
            }
        }
        Workload {
            id: self.id.clone(),
            name: self.name.clone(),
            url: self.url.clone().filter(|url| !url.is_empty()),
            port: self.port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0),
            extra,
        }
    }

    /// Our marks, from the labels, else from the environment, and nothing else of either.
    pub(crate) fn marks(&self) -> Pairs {
        let mut marks = Pairs::new();
        for mark in [Target::OWNER, Target::INSTANCE, Target::ATTEMPT] {
            let found =
                [&self.labels, &self.environment].into_iter().flatten().find_map(|pairs| pairs.get(mark));
            if let Some(value) = found {
                marks.insert(mark.into(), value.clone());
            }
        }
        marks
    }

    pub(crate) fn is_marked(&self) -> bool {
        let marks = self.marks();
        marks.contains_key(Target::OWNER) || marks.contains_key(Target::INSTANCE)
    }

    /// Whose it is, by its marks.
    pub(crate) fn target(&self) -> Option<Target> {
        Target::from_marks(&self.service_name, &self.marks())
    }
}

impl OfferedTemplate {
    /// In the host's words. A port that is none becomes 0.
    pub(crate) fn template(self) -> Template {
        let quantities = [("memory", self.memory_limit), ("cpu", self.cpu_limit)];
        Template {
            name: self.name,
            description: self.description,
            image: Some(self.image).filter(|image| !image.is_empty()),
            command: self.command.unwrap_or_default(),
            port: u16::try_from(self.port).unwrap_or(0),
            environment: self.environment.unwrap_or_default(),
            labels: self.labels.unwrap_or_default(),
            resources: quantities
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value.filter(|value| !value.is_empty())?)))
                .collect(),
            ..Template::default()
        }
    }
}

fn unread(what: &str, error: &http::Error) -> Failure {
    match error {
        http::Error::Denied(_) => Failure::denied(format!("the manager cannot be asked for {what}: {error}")),
        http::Error::NotSent(_) => {
            Failure::not_applied(format!("the manager cannot be reached for {what}: {error}")).retry_after(BUSY)
        }
        http::Error::Lost(_) => Failure::not_applied(format!(
            "the manager did not answer about {what}: {error}. It answers nothing while it makes or removes a container"
        ))
        .retry_after(BUSY),
        _ => Failure::not_applied(format!("the manager's answer about {what} cannot be used: {error}")),
    }
}

fn unexpected(what: &str, response: &http::Response) -> Failure {
    let said = crate::refusal::said(response);
    Failure::not_applied(format!("the manager would not tell about {what}: {said}")).retry_after(BUSY)
}
