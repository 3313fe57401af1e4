//! Metrics: what `/metrics` tells.

use maud::html;

use super::prose::paragraphs;
use super::{Page, Place};
use crate::runtime::MetricEntry;

/// Every metric there is.
pub(crate) fn metrics(entries: &[MetricEntry]) -> Page {
    let body = html! {
        h1 { "Metrics" }
        (paragraphs(
            "`GET /metrics` answers in the text format of Prometheus, or in OpenMetrics for those that accept it. \
             Durations are in seconds and sizes in bytes. A metric with labels has a sample once something \
             happened that it counts.\n\n\
             The values of labels are words of the daemon, patterns of routes, and names from the configuration. \
             Instances, ids and whatever a client wrote are never among them: the number of samples does not \
             grow with their number."
        ))
        dl.entries {
            @for entry in entries {
                dt {
                    code { (entry.name) }
                    " " span.badge { (entry.kind) }
                }
                dd {
                    p { (entry.help) "." }
                    @if !entry.labels.is_empty() {
                        p.quiet {
                            "by "
                            @for (index, label) in entry.labels.iter().enumerate() {
                                @if index > 0 { ", " }
                                code { (label) }
                            }
                        }
                    }
                }
            }
        }
    };
    Page::new(Place::Metrics, "Metrics", &body)
}
