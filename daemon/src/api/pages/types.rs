//! Types of the OpenAPI document: what a body or a member may be.

use maud::{Markup, html};
use serde_json::Value;

use super::operations::{items, members, text};
use super::prose::paragraphs;

/// Every named type with its members.
pub(super) fn types(schemas: &Value) -> Markup {
    html! {
        @for (name, schema) in members(schemas) {
            article id={ "type-" (name) } {
                h3 { (name) }
                (paragraphs(text(&schema["description"])))
                @if schema.get("properties").is_some() {
                    dl.entries {
                        @for (member, value) in members(&schema["properties"]) {
                            dt {
                                code { (member) }
                                @if items(&schema["required"]).all(|required| required != member) {
                                    " " span.badge { "optional" }
                                }
                                " " span.quiet { (kind(value)) }
                            }
                            dd { (paragraphs(description(value))) }
                        }
                    }
                } @else {
                    p.quiet { (kind(schema)) }
                }
            }
        }
    }
}

/// Of a member, also where it stands beside a reference.
fn description(schema: &Value) -> &str {
    let own = text(&schema["description"]);
    let inner =
        || items(&schema["oneOf"]).map(|part| text(&part["description"])).find(|text| !text.is_empty());
    if own.is_empty() { inner().unwrap_or_default() } else { own }
}

/// What it may be, in a few words; a named type leads to where it is described.
pub(super) fn kind(schema: &Value) -> Markup {
    if let Some(name) = text(&schema["$ref"]).rsplit('/').next().filter(|name| !name.is_empty()) {
        return html! { a href={ "#type-" (name) } { (name) } };
    }
    let alternatives: Vec<Markup> =
        items(&schema["oneOf"]).chain(items(&schema["anyOf"])).map(kind).collect();
    if !alternatives.is_empty() {
        return either(&alternatives);
    }
    if schema.get("enum").is_some() {
        let values: Vec<Markup> =
            items(&schema["enum"]).map(|value| html! { code { (text(value)) } }).collect();
        return either(&values);
    }
    match &schema["type"] {
        Value::Array(words) => {
            let words: Vec<Markup> = words.iter().map(|word| html! { (text(word)) }).collect();
            either(&words)
        }
        Value::String(word) if word == "array" => html! { "array of " (kind(&schema["items"])) },
        Value::String(word)
            if word == "object" && schema.get("additionalProperties").is_some_and(Value::is_object) =>
        {
            html! { "object of " (kind(&schema["additionalProperties"])) }
        }
        Value::String(word) => html! {
            (word)
            @if let (Some(least), Some(most)) = (schema.get("minimum"), schema.get("maximum")) {
                ", " (least) " to " (most)
            }
            @if let Some(pattern) = schema["pattern"].as_str() { ", " code { (pattern) } }
        },
        _ => html! { "anything" },
    }
}

fn either(alternatives: &[Markup]) -> Markup {
    html! {
        @for (index, alternative) in alternatives.iter().enumerate() {
            @if index > 0 { @if index + 1 == alternatives.len() { " or " } @else { ", " } }
            (alternative)
        }
    }
}
