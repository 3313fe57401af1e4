//! Problems: all of them, and each on a page of its own, to which its `type` leads.

use maud::html;

use super::prose::{line, paragraphs};
use super::{Page, Place};
use crate::api::problem::{Code, Entry};

/// Every problem, by status.
pub(crate) fn problems() -> Page {
    let body = html! {
        h1 { "Problems" }
        (paragraphs(
            "A request that gets no success gets a problem (RFC 9457): a JSON document with a stable `code`, a \
             `detail` about this occurrence, a `remedy`, and a `type` that leads to the page of its code.\n\n\
             Decide by `code`, and treat one that you do not know by its status. `retryable` says whether the \
             same request may go well another time; with `Retry-After`, wait as long as it says."
        ))
        dl.entries {
            @for code in Code::ALL {
                @let Entry { code: name, title, retryable, .. } = code.entry();
                dt {
                    a href={ "/docs/problems/" (name) } { code { (name) } }
                    " " span.badge { (code.status()) }
                    @if retryable { " " span.badge { "may be repeated" } }
                }
                dd { p { (title) "." } }
            }
        }
    };
    Page::new(Place::Problems, "Problems", &body)
}

/// One of them.
pub(crate) fn problem(code: Code) -> Page {
    let (Entry { code: name, retryable, title, remedy, .. }, guide) = (code.entry(), code.guide());
    let body = html! {
        h1 { (title) }
        p.facts {
            code { (name) }
            span.badge { "HTTP " (code.status()) }
            span.badge { @if retryable { "may be repeated" } @else { "repeating does not help" } }
        }
        h2 { "What it means" }
        (paragraphs(guide.meaning))
        h2 { "What a client should do" }
        p { (line(remedy)) }
        p {
            @if retryable {
                "The same request may go well another time. If there is a "
                code { "Retry-After" } " header, wait as long as it says; else wait a little longer each time."
            } @else {
                "The same request will get the same answer until something else changes: do not repeat it by itself."
            }
        }
        h2 { "What an operator should do" }
        (paragraphs(guide.operator))
    };
    Page::new(Place::Problems, title, &body)
}
