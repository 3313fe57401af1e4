//! What the manager remembers of a container, and how it writes it as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Dialect;
use super::podman::{Inspection, unique};

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) container: String,
    pub(crate) service_name: String,
    pub(crate) slug: String,
    pub(crate) image: String,
    /// The cache: nothing but the monitor and a health request brings it up to date.
    pub(crate) status: &'static str,
    pub(crate) port: i64,
    pub(crate) url: String,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

impl Record {
    /// A fresh record; its slug, and so a proxied URL, is new each time.
    pub(crate) fn new(service_name: &str, port: i64, container: &Inspection) -> Self {
        let now = now();
        Self {
            id: container.id.clone(),
            container: container.name.clone(),
            service_name: service_name.to_owned(),
            slug: format!("{}-{:08x}", sanitise(service_name), unique()),
            image: container.image.clone(),
            status: "running",
            port,
            url: format!("http://127.0.0.1:{}", container.port),
            environment: BTreeMap::new(),
            labels: BTreeMap::new(),
            created_at: now.clone(),
            updated_at: now,
        }
    }

    pub(crate) fn set_status(&mut self, status: &'static str) {
        self.status = status;
        self.updated_at = now();
    }

    /// The environment is in it in clear, secrets included, as in the real one.
    pub(crate) fn to_json(&self, dialect: Dialect) -> Value {
        let mut json = json!({
            "id": self.id,
            "name": self.container,
            "service_name": self.service_name,
            "image": self.image,
            "status": self.status,
            "port": self.port,
            "url": self.url,
            "host": match dialect {
                Dialect::Templates => format!("{}.localhost", self.service_name),
                Dialect::Image => "http://127.0.0.1".to_owned(),
            },
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        });
        if dialect == Dialect::Image {
            json["slug"] = json!(self.slug);
        }
        for (key, map) in [("environment", &self.environment), ("labels", &self.labels)] {
            if !map.is_empty() {
                json[key] = json!(map);
            }
        }
        json
    }
}

/// The image dialect's container names: lower case, every run of anything else one `-`.
pub(crate) fn sanitise(name: &str) -> String {
    let mut clean = String::new();
    for character in name.to_ascii_lowercase().chars() {
        if character.is_ascii_alphanumeric() {
            clean.push(character);
        } else if !clean.ends_with('-') {
            clean.push('-');
        }
    }
    match clean.trim_matches('-') {
        "" => "container-".to_owned(),
        clean => clean.to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the real manager tells the real time too")]
pub(crate) fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_for_people_are_the_same_for_podman() {
        assert_eq!(sanitise("Foo Bar"), "foo-bar");
        assert_eq!(sanitise("foo__bar"), "foo-bar");
        assert_eq!(sanitise("日本"), "container-");
        assert_eq!(sanitise("  "), "container-");
    }
}
