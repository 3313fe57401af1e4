//! Sentences with code in backticks.

use maud::{Markup, html};

use super::Place;
use crate::api::problem::Code;

/// Paragraphs, which an empty line parts.
pub(super) fn paragraphs(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            p { (line(paragraph)) }
        }
    }
}

/// One run of text: what stands in backticks is code, and leads to its page if it names a problem
/// or is a path of the documentation.
pub(super) fn line(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 0 { (part) } @else { (code(part)) }
        }
    }
}

fn code(text: &str) -> Markup {
    let is_page = Place::ALL.iter().any(|(_, path, _)| *path == text);
    let target = match Code::named(text) {
        Some(_) => Some(format!("/docs/problems/{text}")),
        None => is_page.then(|| text.to_owned()),
    };
    html! {
        @match target {
            Some(target) => a href=(target) { code { (text) } },
            None => code { (text) },
        }
    }
}
