//! What stands in the console's place in a daemon that was built without it.

use maud::html;

use super::Page;
use super::prose::paragraphs;

/// How to get it.
pub(crate) fn no_console() -> Page {
    let body = html! {
        h1 { "The console is not built in" }
        (paragraphs(
            "This daemon does everything it should; only its page for browsers is missing, because it was built \
             on a machine without `npm`, or by `cargo build` alone."
        ))
        h2 { "How to get it" }
        (paragraphs(
            "Install Node.js 20.19 or newer with its `npm`, and run `cargo xtask up`: it builds the console, then \
             the daemon with the console in it, and starts it. `cargo xtask console` builds the console alone; the \
             next `cargo build --release --workspace` takes it in."
        ))
        h2 { "What can be done without it" }
        p {
            "All of it: the console is a client of the API like any other. "
            a href="/docs" { "The documentation of the API" }
            " has every operation, and "
            a href="/mcp/instances" { code { "/mcp/instances" } }
            " lists the instances."
        }
    };
    Page::new(None, "Console", &body)
}
