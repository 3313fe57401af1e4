//! Sentences with code in backticks.

use maud::{Markup, html};

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
    let page = text.starts_with("/docs").then(|| text.to_owned());
    let target = page.or_else(|| Code::named(text).map(|_| format!("/docs/problems/{text}")));
    html! {
        @match target {
            Some(target) => a href=(target) { code { (text) } },
            None => code { (text) },
        }
    }
}
