//! Operations: the OpenAPI document, for people.
//!
//! Reads the document as it is served: what is in it is here, and nothing else. What it leaves out
//! is left out.

use maud::{Markup, html};
use serde_json::Value;

use super::prose::{line, paragraphs};
use super::types::{kind, types};
use super::{Page, Place};

/// Methods in the order they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// The media type of what is no success.
const PROBLEM: &str = "application/problem+json";

/// One operation of the document.
#[derive(Clone, Copy)]
struct Operation<'document> {
    method: &'static str,
    path: &'document str,
    value: &'document Value,
}

impl Operation<'_> {
    fn has_tag(&self, tag: &str) -> bool {
        items(&self.value["tags"]).any(|value| value == tag)
    }

    /// Where it is on the page.
    fn anchor(&self) -> &str {
        text(&self.value["operationId"])
    }
}

/// The page of `document`.
pub(crate) fn operations(document: &Value) -> Page {
    let operations = all(document);
    let info = &document["info"];
    let body = html! {
        h1 { "Operations" }
        (paragraphs(text(&info["description"])))
        @for tag in items(&document["tags"]) {
            section.contents {
                h3 { (text(&tag["description"])) }
                ul {
                    @for operation in operations.iter().filter(|operation| operation.has_tag(text(&tag["name"]))) {
                        li { a href={ "#" (operation.anchor()) } { (name(*operation)) } }
                    }
                }
            }
        }
        @for tag in items(&document["tags"]) {
            h2 { (text(&tag["description"])) }
            @for operation in operations.iter().filter(|operation| operation.has_tag(text(&tag["name"]))) {
                (article(*operation))
            }
        }
        h2 { "Types" }
        (types(&document["components"]["schemas"]))
    };
    Page::new(Place::Operations, "Operations", &body)
}

fn all(document: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, item) in members(&document["paths"]) {
        let there = METHODS.into_iter().filter_map(|method| Some((method, item.get(method)?)));
        operations.extend(there.map(|(method, value)| Operation { method, path, value }));
    }
    operations
}

fn article(operation: Operation<'_>) -> Markup {
    let Operation { value, .. } = operation;
    let responses = || members(&value["responses"]);
    let is_problem = |response: &Value| response["content"].get(PROBLEM).is_some();
    html! {
        article id=(operation.anchor()) {
            h3 { (name(operation)) }
            p.lead { (line(text(&value["summary"]))) }
            (paragraphs(text(&value["description"])))
            @if value.get("parameters").is_some() {
                h4 { "Parameters" }
                dl.entries { @for parameter in items(&value["parameters"]) { (described(parameter)) } }
            }
            @for (media, content) in members(&value["requestBody"]["content"]) {
                h4 { "Body" }
                p { code { (media) } " · " (kind(&content["schema"])) }
            }
            h4 { "Answers" }
            dl.entries {
                @for (status, response) in responses().filter(|(_, response)| !is_problem(response)) {
                    (answer(status, response))
                }
            }
            h4 { "Problems" }
            dl.problems {
                @for (status, response) in responses().filter(|(_, response)| is_problem(response)) {
                    dt { (status) }
                    dd { (codes(text(&response["description"]))) }
                }
            }
        }
    }
}

/// A parameter.
fn described(parameter: &Value) -> Markup {
    html! {
        dt {
            code { (text(&parameter["name"])) }
            " " span.badge { (text(&parameter["in"])) }
            @if parameter["required"] == true { " " span.badge { "required" } }
            " " span.quiet { (kind(&parameter["schema"])) }
        }
        dd { (paragraphs(text(&parameter["description"]))) }
    }
}

fn answer(status: &str, response: &Value) -> Markup {
    html! {
        dt { (status) }
        dd {
            p { (line(text(&response["description"]))) }
            @for (media, content) in members(&response["content"]) {
                p { code { (media) } " · " (kind(&content["schema"])) }
            }
            @for (header, value) in members(&response["headers"]) {
                p { "Header " code { (header) } ": " (line(text(&value["description"]))) }
            }
        }
    }
}

/// The codes that stand in backticks in the description of a problem.
fn codes(description: &str) -> Markup {
    let codes = description.split('`').skip(1).step_by(2);
    html! {
        ul { @for code in codes { li { a href={ "/docs/problems/" (code) } { code { (code) } } } } }
    }
}

fn name(operation: Operation<'_>) -> Markup {
    let Operation { method, path, .. } = operation;
    html! { span.method { (method.to_uppercase()) } " " code { (path) } }
}

/// A text, or none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The items of an array, or none.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The members of an object, or none.
pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
